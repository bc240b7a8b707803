//! What the caller is called: "меня зовут Пётр Иванович", "на Петра", "my name is John Smith".
//!
//! A nominative is restored only where one reading is possible; otherwise the name stays as said.
//!
//! **Never here:** whether that person is known.

use super::city::title;
use super::given::{ENGLISH, RUSSIAN};
use super::number::number;
use super::token::{Tokens, fold};
use super::{Context, Found, Person};
use crate::state::Awaiting;

/// A full name is family, given and patronymic; four words leave room for a double one.
const WORDS_MAX: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Given,
    Middle,
    Family,
    /// Nothing but the question makes it a name.
    Unknown,
}

#[derive(Debug, Clone, PartialEq)]
struct Word {
    shown: String,
    role: Role,
    at: usize,
}

/// A name as said, and its parts.
pub(super) type Named = (Found<String>, Person);

pub(super) fn name(tokens: &mut Tokens<'_>, context: &Context<'_>) -> Option<Named> {
    let asked = matches!(context.awaiting, Awaiting::Name | Awaiting::FullName);
    let start = super::correction::correction(tokens).unwrap_or(0);
    let introduced = introduced(tokens, start)
        .or_else(|| introduced(tokens, 0))
        .or_else(|| introduced_after(tokens));
    let words = match introduced {
        Some((at, firm, accusative)) => words(tokens, at, firm || asked, accusative),
        None if asked => whole(tokens, start)
            .or_else(|| whole(tokens, 0))
            .or_else(|| listed_inside(tokens, start))?,
        None if amends(tokens, context) => listed_inside(tokens, 0)?,
        None => return None,
    };
    let firm = introduced.is_none() || introduced.is_some_and(|(_, firm, _)| firm) || asked;
    let known = words.iter().any(|word| word.role == Role::Given || word.role == Role::Middle);
    if words.is_empty() || !firm && !known {
        return None;
    }
    Some(named(tokens, words, context.awaiting == Awaiting::FullName))
}

/// "Нет, Ольга Викторовна" after an order was read back.
fn amends(tokens: &Tokens<'_>, context: &Context<'_>) -> bool {
    const WORDS_BESIDE: usize = 3;

    context.awaiting == Awaiting::Confirmation
        && tokens.is(0, &["нет", "no", "не", "not"])
        && tokens.len() <= WORDS_MAX + WORDS_BESIDE
}

fn named(tokens: &mut Tokens<'_>, words: Vec<Word>, full: bool) -> Named {
    let (from, to) = (words[0].at, words[words.len() - 1].at + 1);
    tokens.take(from, to);
    let person = person(&words);
    let said: Vec<&str> = words.iter().map(|word| word.shown.as_str()).collect();
    let ordered: Vec<&str> = [&person.family, &person.given, &person.middle]
        .into_iter()
        .filter_map(|part| part.as_deref())
        .collect();
    let complete = ordered.iter().map(|part| part.split(' ').count()).sum::<usize>() == said.len();
    let value = if full && complete { ordered.join(" ") } else { said.join(" ") };
    (Found { value, span: tokens.span(from, to) }, person)
}

fn person(words: &[Word]) -> Person {
    let mut person = Person::default();
    let known = words.iter().any(|word| word.role == Role::Given);
    let english = words.iter().all(|word| word.shown.is_ascii());
    for (at, word) in words.iter().enumerate() {
        let role = match word.role {
            Role::Given if person.given.is_none() => Role::Given,
            Role::Middle if person.middle.is_none() => Role::Middle,
            Role::Unknown if at == 0 && !known => Role::Given,
            // "John James Smith": a second given name in the middle.
            Role::Given | Role::Unknown
                if english && at + 1 < words.len() && person.middle.is_none() =>
            {
                Role::Middle
            }
            Role::Given | Role::Middle | Role::Family | Role::Unknown => Role::Family,
        };
        let field = match role {
            Role::Given => &mut person.given,
            Role::Middle => &mut person.middle,
            Role::Family | Role::Unknown => &mut person.family,
        };
        *field =
            Some(field.take().map_or(word.shown.clone(), |held| format!("{held} {}", word.shown)));
    }
    person
}

/// Phrases that lead up to a name; firm ones need no other proof, accusative ones bend it.
#[rustfmt::skip]
const LEADS: &[(&str, bool, bool)] = &[
    ("меня зовут", true, false), ("зовут меня", true, false), ("зовут", true, false),
    ("мое имя", true, false), ("имя мое", true, false), ("имя", true, false),
    ("моя фамилия", true, false), ("фамилия моя", true, false), ("фамилия", true, false),
    ("меня звать", true, false), ("звать меня", true, false), ("называйте меня", true, false),
    ("можно просто", true, false), ("просто", false, false), ("я", false, false),
    ("это", false, false), ("на имя", true, false), ("запишите на имя", true, false),
    ("запишите меня как", true, false), ("запишите как", true, false),
    ("запишите на", false, true), ("пишите на", false, true), ("оформите на", false, true),
    ("оформляйте на", false, true), ("на", false, true), ("с вами говорит", true, false),
    ("говорит", false, false), ("беспокоит", false, false), ("вас беспокоит", false, false),
    ("меня", false, false), ("моя фамилия имя отчество", true, false), ("фио", true, false),
    ("пишите", false, false), ("запишите", false, false), ("my name is", true, false),
    ("my name's", true, false), ("name is", true, false), ("the name is", true, false),
    ("name's", true, false), ("my full name is", true, false), ("first name", true, false),
    ("last name", true, false), ("surname", true, false), ("first name is", true, false),
    ("last name is", true, false), ("my surname is", true, false), ("this is", false, false),
    ("it is", false, false), ("it's", false, false), ("its", false, false), ("i'm", false, false),
    ("i am", false, false), ("im", false, false), ("call me", true, false),
    ("you can call me", true, false), ("they call me", true, false),
    ("people call me", true, false), ("put it under", true, false),
    ("put it under the name", true, false), ("under the name", true, false),
    ("under the name of", true, false), ("book it under", true, false),
    ("speaking with", false, false), ("name", true, false), ("i go by", true, false),
    ("here is", false, false), ("for", false, false),
];

/// Where the name begins, whether the phrase proves it, and whether it is bent.
fn introduced(tokens: &Tokens<'_>, start: usize) -> Option<(usize, bool, bool)> {
    let mut best: Option<(usize, bool, bool)> = None;
    for i in start..tokens.len() {
        let lead = LEADS
            .iter()
            .filter_map(|(phrase, firm, bent)| Some((tokens.phrase(i, phrase)?, *firm, *bent)))
            .max_by_key(|(len, ..)| *len);
        let Some((len, firm, bent)) = lead else {
            continue;
        };
        // "имя мастера", "как вас зовут": somebody else's.
        let others = tokens
            .is(i.wrapping_sub(1), &["вас", "тебя", "как", "его", "ее", "your", "his", "her"])
            || tokens.is(i + len, &["мастера", "is", "of"]) && len == 1;
        let at = i
            + len
            + tokens
                .any(i + len, &["а", "ну", "это", "э", "эм", "меня", "uh", "um", "is", "имя"])
                .unwrap_or(0);
        let found = words(tokens, at, firm, bent);
        let sure = found.iter().any(|word| matches!(word.role, Role::Given | Role::Middle));
        let better = best.is_none_or(|(_, held, _)| firm && !held);
        if !others && !found.is_empty() && (firm || sure) && better {
            best = Some((at, firm, bent));
        }
    }
    best
}

/// "Николай меня зовут", "Susan is my name": the name stands first.
fn introduced_after(tokens: &Tokens<'_>) -> Option<(usize, bool, bool)> {
    #[rustfmt::skip]
    const TRAILS: &[&str] = &[
        "меня зовут", "зовут меня", "зовут", "мое имя", "моя фамилия", "is my name", "is the name",
        "speaking", "here", "that's my name",
    ];
    let trail = (1..tokens.len()).find(|&i| tokens.any(i, TRAILS).is_some())?;
    let reaches = |from: usize| {
        let found = words(tokens, from, true, false);
        let known = found.iter().any(|word| matches!(word.role, Role::Given | Role::Middle));
        known && found.last().is_some_and(|last| last.at + 1 == trail)
    };
    (trail.saturating_sub(WORDS_MAX)..trail)
        .find(|from| reaches(*from))
        .map(|from| (from, true, false))
}

/// The words of a name from token `at` on.
fn words(tokens: &Tokens<'_>, at: usize, firm: bool, accusative: bool) -> Vec<Word> {
    let mut words = Vec::new();
    let mut i = at;
    while words.len() < WORDS_MAX {
        let Some(token) = tokens.get(i).filter(|_| tokens.free(i)) else {
            break;
        };
        let hyphen = token.gap == "-" && i > at;
        if token.after_mark()
            && i > at
            && !hyphen
            && !token.gap.trim().is_empty()
            && !label(tokens, i)
        {
            break;
        }
        if label(tokens, i) && i > at {
            i += label_len(tokens, i);
            continue;
        }
        let Some(word) = word(tokens, i, firm, accusative) else {
            break;
        };
        // A given name proves the words around it; a stranger after it must look like a name.
        let listed = words.iter().any(|word: &Word| word.role != Role::Unknown);
        let ends = i + 1 == tokens.len() || is_common(tokens.at(i + 1));
        let last = (firm || listed) && token.fold.is_ascii() && ends && believable(tokens, &word);
        let fits = if listed { last || token.capital() } else { firm };
        if word.role == Role::Unknown && !fits {
            break;
        }
        // "Michael, Michael Brown": a name said twice is one.
        if words.last().is_some_and(|last| last.shown == word.shown) && !hyphen {
            i += 1;
            continue;
        }
        if hyphen && let Some(last) = words.last_mut() {
            last.shown = format!("{}-{}", last.shown, word.shown);
            last.at = word.at;
        } else {
            words.push(word);
        }
        i += 1;
    }
    words
}

/// "Иванов, имя Пётр, отчество Ильич"
fn label(tokens: &Tokens<'_>, i: usize) -> bool {
    label_len(tokens, i) > 0
}

fn label_len(tokens: &Tokens<'_>, i: usize) -> usize {
    tokens
        .any(
            i,
            &[
                "фамилия",
                "а фамилия",
                "имя",
                "отчество",
                "а отчество",
                "по отчеству",
                "по фамилии",
                "по имени",
                "surname",
                "last name",
                "and last name",
                "and surname",
                "last name is",
                "surname is",
                "and my last name is",
            ],
        )
        .unwrap_or(0)
}

/// The whole answer is a name, with or without words of courtesy.
fn whole(tokens: &Tokens<'_>, start: usize) -> Option<Vec<Word>> {
    #[rustfmt::skip]
    const COURTESY: &[&str] = &[
        "да", "ага", "угу", "ну", "это", "я", "хорошо", "конечно", "пожалуйста", "так",
        "здравствуйте", "меня", "вот", "же", "будет", "а", "и", "ой", "нет", "не", "запишите",
        "пишите", "просто", "not", "mr", "mrs", "ms", "miss", "yes", "yeah", "sure", "ok",
        "okay", "well", "please", "it's", "hi", "hello", "uh", "um", "er", "oh", "of", "course",
        "no", "э", "ээ", "эм",
    ];
    let from = (start..tokens.len()).find(|&i| {
        let refused = tokens.is(i.wrapping_sub(1), &["не", "not"]);
        tokens.free(i) && !refused && !tokens.is(i, COURTESY)
    })?;
    let found = words(tokens, from, true, false);
    let end = found.last()?.at + 1;
    let rest = (end..tokens.len()).all(|i| {
        tokens.is(i, COURTESY)
            || tokens.is(
                i,
                &[
                    "зовут",
                    "спасибо",
                    "speaking",
                    "here",
                    "thanks",
                    "thank",
                    "you",
                    "моя",
                    "мое",
                    "имя",
                    "фамилия",
                ],
            )
            || !tokens.free(i)
    });
    let known = found.iter().any(|word| word.role != Role::Unknown);
    let strangers = found.len() <= 2 && rest && found.iter().all(|word| believable(tokens, word));
    (known && (rest || found.len() > 1 || tokens.len() <= 6) || strangers).then_some(found)
}

/// A name that is known stands somewhere among other words.
fn listed_inside(tokens: &Tokens<'_>, start: usize) -> Option<Vec<Word>> {
    (start..tokens.len())
        .filter(|&i| tokens.free(i) && !tokens.is(i.wrapping_sub(1), &["не", "not"]))
        .map(|i| words(tokens, i, true, false))
        .find(|found| {
            found.first().is_some_and(|word| matches!(word.role, Role::Given | Role::Middle))
        })
}

/// An unlisted word taken for a name must not look like speech.
fn believable(tokens: &Tokens<'_>, word: &Word) -> bool {
    const SPEECH: &[&str] = &[
        "ть", "ться", "те", "ете", "ите", "ает", "яет", "ует", "ит", "ишь", "ешь", "ого", "ому",
        "ется", "ится", "но", "ют", "ут", "ем", "им", "ую", "шь", "ing", "ly",
    ];
    let folded = fold(&word.shown);
    let capital = tokens.get(word.at).is_some_and(|t| t.capital());
    let long = folded.chars().count();
    (2..=20).contains(&long)
        && (capital || long >= 3 && !SPEECH.iter().any(|end| folded.ends_with(end)))
}

fn word(tokens: &Tokens<'_>, i: usize, firm: bool, accusative: bool) -> Option<Word> {
    let token = tokens.get(i)?;
    let folded = token.fold.as_str();
    if token.figures || is_common(folded) && given(folded).is_none() || number(tokens, i).is_some()
    {
        return None;
    }
    let role_and_name = if accusative {
        bent(folded).or_else(|| listed(folded))
    } else {
        listed(folded).or_else(|| bent(folded))
    };
    if let Some((shown, role)) = role_and_name {
        return Some(Word { shown, role, at: i });
    }
    let role = if patronymic(folded) {
        Role::Middle
    } else if surname(folded) && (token.capital() || firm) {
        Role::Family
    } else {
        Role::Unknown
    };
    let letters =
        folded.chars().all(|c| c.is_alphabetic() || c == '\'') && folded.chars().count() > 1;
    letters.then(|| Word { shown: title(token.text), role, at: i })
}

fn listed(folded: &str) -> Option<(String, Role)> {
    given(folded).map(|name| (name.to_owned(), Role::Given))
}

/// The listed spelling of a given name.
fn given(folded: &str) -> Option<&'static str> {
    let list = if folded.is_ascii() { ENGLISH } else { RUSSIAN };
    list.split_ascii_whitespace().find(|name| same_letters(name, folded))
}

/// Equal once folded, without folding the whole list anew.
fn same_letters(name: &str, folded: &str) -> bool {
    let mut said = folded.chars();
    let same = name.chars().all(|c| {
        let lower = c.to_lowercase().next().unwrap_or(c);
        said.next() == Some(if lower == 'ё' { 'е' } else { lower })
    });
    same && said.next().is_none()
}

/// A listed name in another case, where only one nominative fits.
fn bent(folded: &str) -> Option<(String, Role)> {
    if folded.is_ascii() {
        return None;
    }
    let irregular = match folded {
        "петра" | "петру" | "петром" | "петре" => Some("Пётр"),
        "павла" | "павлу" | "павлом" | "павле" => Some("Павел"),
        "льва" | "льву" | "львом" => Some("Лев"),
        "любови" | "любовью" => Some("Любовь"),
        _ => None,
    };
    if let Some(name) = irregular {
        return Some((name.to_owned(), Role::Given));
    }
    #[rustfmt::skip]
    const FORMS: [(&str, &[&str]); 14] = [
        ("у", &["а", ""]), ("ю", &["я", "й", "ь"]), ("ой", &["а"]), ("ей", &["я", "а"]),
        ("ы", &["а"]), ("и", &["я", "а"]), ("е", &["а", "я"]), ("а", &[""]), ("я", &["й", "ь"]),
        ("ом", &[""]), ("ем", &["й", "ь"]), ("ию", &["ия", "ий"]), ("ии", &["ия"]),
        ("ью", &["ья"]),
    ];
    let found: Vec<&str> = FORMS
        .iter()
        .filter_map(|(ending, plain)| Some((folded.strip_suffix(ending)?, *plain)))
        .flat_map(|(stem, plain)| {
            plain.iter().filter_map(move |end| given(&format!("{stem}{end}")))
        })
        .collect();
    let first = *found.first()?;
    // "Александру" is a man's dative and a woman's accusative: after "на" the latter.
    let one = found.iter().all(|name| *name == first);
    (one || folded.ends_with(['у', 'ю'])).then(|| (first.to_owned(), Role::Given))
}

fn patronymic(folded: &str) -> bool {
    #[rustfmt::skip]
    const ENDINGS: [&str; 13] = [
        "ович", "евич", "овна", "евна", "ична", "инична", "ильич", "кузьмич", "лукич", "фомич",
        "ыч", "оглы", "кызы",
    ];
    folded.chars().count() > 4 && ENDINGS.iter().any(|end| folded.ends_with(end))
        || matches!(folded, "ильич" | "лукич" | "фомич")
}

fn surname(folded: &str) -> bool {
    #[rustfmt::skip]
    const ENDINGS: [&str; 34] = [
        "ов", "ова", "ев", "ева", "ин", "ина", "ын", "ына", "ский", "ская", "цкий", "цкая",
        "ской", "цкой", "енко", "ченко", "чук", "юк", "як", "ян", "швили", "дзе", "ых", "их",
        "ец", "вич", "ко", "ман", "берг", "штейн", "ук", "ик", "иди", "уков",
    ];
    folded.chars().count() > 3
        && ENDINGS.iter().any(|end| folded.ends_with(end))
        && !is_common(folded)
}

/// Words that are no name even when nothing else is said.
fn is_common(folded: &str) -> bool {
    #[rustfmt::skip]
    const COMMON: &[&str] = &[
        "я", "мы", "вы", "он", "она", "они", "оно", "это", "этот", "эта", "что", "кто", "как",
        "где", "когда", "куда", "зачем", "почему", "сколько", "какой", "какая", "какое", "меня",
        "мне", "мной", "моя", "мой", "мое", "вас", "вам", "ваш", "нас", "нам", "наш", "да",
        "нет", "не", "ни", "ну", "и", "а", "но", "или", "в", "во", "на", "с", "со", "к", "ко",
        "у", "о", "об", "от", "до", "из", "за", "по", "под", "для", "без", "при", "же", "ли",
        "бы", "вот", "так", "там", "тут", "здесь", "уже", "еще", "тоже", "только", "просто",
        "зовут", "звать", "имя", "фамилия", "отчество", "номер", "телефон", "адрес", "улица",
        "дом", "квартира", "кран", "вода", "мастер", "мастера", "сантехник", "электрик",
        "оператор", "человек", "робот", "спасибо", "пожалуйста", "здравствуйте", "алло",
        "привет", "хорошо", "ладно", "верно", "правильно", "конечно", "сегодня", "завтра",
        "послезавтра", "утром", "днем", "вечером", "час", "часов", "срочно", "сейчас", "потом",
        "можно", "нужно", "надо", "хочу", "могу", "буду", "есть", "был", "была", "было", "нужен",
        "нужна", "скажу", "знаю", "понял", "поняла", "слышу", "подождите", "минуту", "минутку",
        "секунду", "секундочку", "погодите", "повторите", "скажите", "давайте", "зачем",
        "ничего", "никак", "никто", "пока", "все", "всё", "всего", "стоит", "цена", "дорого",
        "деньги", "хозяин", "хозяйка", "жена", "муж", "сын", "дочь", "мама", "папа", "сосед",
        "соседка", "клиент", "жилец", "бабушка", "дедушка", "секрет", "аноним", "анонимно",
        "имени", "зовите", "будьте", "добры", "любезны", "девушка", "будь", "добр", "добра", "раз", "опять", "снова", "течет", "работает", "течь", "ремонт",
        "холодильник", "плита", "розетка", "труба", "унитаз", "частный", "один", "одна", "угу",
        "ага", "ок", "окей", "магазин", "офис", "дача", "квартиру", "другой", "другое",
        "какая-то", "насчет", "по-моему", "подходит", "устраивает", "неудобно", "зря", "вечер",
        "утро", "день", "добрый", "доброе", "живу", "записывайте", "пишите", "такой", "такая",
        "сам", "сама", "должен", "оглы", "the", "a", "an", "i", "you", "he", "she", "it", "we",
        "they", "my", "your", "his", "her", "our", "this", "that", "is", "am", "are", "was",
        "be", "what", "who", "how", "why", "when", "where", "which", "yes", "no", "not", "and",
        "or", "but", "of", "in", "on", "at", "to", "for", "from", "with", "about", "name",
        "surname", "last", "first", "number", "phone", "address", "street", "house", "flat",
        "apartment", "tap", "water", "leak", "master", "plumber", "electrician", "operator",
        "human", "robot", "thanks", "thank", "please", "hello", "hi", "hey", "ok", "okay",
        "good", "fine", "right", "sure", "today", "tomorrow", "morning", "evening", "afternoon",
        "now", "later", "wait", "second", "minute", "moment", "repeat", "sorry", "pardon",
        "want", "need", "can", "can't", "don't", "do", "does", "will", "would", "could",
        "should", "have", "has", "calling", "call", "speaking", "here", "there", "just", "so",
        "well", "very", "too", "also", "again", "broken", "leaking", "not", "correct", "wrong",
        "none", "nothing", "secret", "anonymous", "much", "cost", "price", "cheap", "expensive",
        "because", "if", "then", "me", "us", "him", "them", "whatever", "i'm", "it's", "i'd",
        "happy", "interested", "trying", "looking", "going", "home", "afraid", "glad", "ready",
        "busy", "private", "tenant", "owner", "urgent", "having", "mean", "said", "meant",
        "actually", "business", "old", "new", "some", "any", "all", "say", "tell", "think",
        "know", "let", "see",
    ];
    COMMON.contains(&folded)
}
