//! The street: its type word, its name in any case, and the known street it is nearest to.
//!
//! **Never here:** house and flat (address).

use super::Places;
use super::city::{Spot, title};
use super::likeness::{EXACT_WORD, likeness};
use super::token::Tokens;
use crate::understand::number::number;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gender {
    He,
    She,
    It,
}

/// How a street is called in its line, with the word in full.
#[derive(Debug, Clone, Copy)]
struct Kind {
    full: &'static str,
    gender: Gender,
    forms: &'static [&'static str],
}

#[rustfmt::skip]
const KINDS: [Kind; 12] = [
    Kind { full: "улица", gender: Gender::She, forms: &[ "улица", "улице", "улицу", "улицы", "улицей", "ул", "улиц", "улеца", "ulitsa", "ulica", ], },
    Kind { full: "проспект", gender: Gender::He, forms: &[ "проспект", "проспекта", "проспекте", "проспекту", "просп", "пр", "пр-т", "пр-кт", "prospekt", "prospect", ], },
    Kind { full: "переулок", gender: Gender::He, forms: &[ "переулок", "переулка", "переулке", "переулку", "пер", "pereulok", ], },
    Kind { full: "бульвар", gender: Gender::He, forms: &["бульвар", "бульвара", "бульваре", "бульвару", "бул", "б-р"], },
    Kind { full: "набережная", gender: Gender::She, forms: &["набережная", "набережной", "набережную", "наб"], },
    Kind { full: "шоссе", gender: Gender::It, forms: &["шоссе", "ш"], },
    Kind { full: "проезд", gender: Gender::He, forms: &["проезд", "проезда", "проезде", "проезду", "пр-д"], },
    Kind { full: "аллея", gender: Gender::She, forms: &["аллея", "аллее", "аллеи", "аллею"], },
    Kind { full: "площадь", gender: Gender::She, forms: &["площадь", "площади", "пл"], },
    Kind { full: "тупик", gender: Gender::He, forms: &["тупик", "тупика", "тупике"], },
    Kind { full: "микрорайон", gender: Gender::He, forms: &["микрорайон", "микрорайоне", "мкр", "мкрн"], },
    Kind { full: GARDEN, gender: Gender::It, forms: &["снт", "днт", "тсн", "сднт"], },
];
#[rustfmt::skip]
const GARDENS: &[&str] = &[
    "садовое товарищество", "садовом товариществе", "садоводческое товарищество",
    "садовое общество", "садовом обществе", "дачное общество", "садоводство", "садоводстве",
    "товарищество", "товариществе", "garden society", "garden plot", "garden cooperative",
];
#[rustfmt::skip]
pub(super) const KINDS_EN: &[&str] = &[
    "street", "st", "avenue", "ave", "road", "rd", "lane", "boulevard", "blvd", "square",
    "drive", "highway", "embankment", "alley", "court", "place", "crescent", "terrace",
    "parkway", "passage",
];

const GARDEN: &str = "СНТ";

/// A word that says "this is a street".
pub(super) fn is_type(word: &str) -> bool {
    kind(word).is_some() || matches!(word, "street" | "avenue" | "ave" | "boulevard" | "blvd")
}

fn kind(word: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.forms.contains(&word))
}

/// Words that never belong to the name of a street.
pub(super) fn is_stop(word: &str) -> bool {
    #[rustfmt::skip]
    const STOPS: &[&str] = &[
        "я", "мы", "мне", "меня", "у", "нас", "на", "в", "во", "по", "с", "со", "к", "ко", "из",
        "от", "до", "за", "для", "и", "а", "но", "или", "да", "нет", "не", "это", "эта", "этот",
        "там", "тут", "здесь", "живу", "живем", "проживаю", "нахожусь", "находимся", "адрес",
        "мой", "моя", "наш", "наш", "пишите", "записывайте", "запишите", "записывай", "так",
        "ну", "вот", "пожалуйста", "город", "городе", "города", "дома", "здравствуйте", "добрый",
        "день", "вечер", "утро", "нужен", "нужна", "нужно", "надо", "мастер", "сантехник",
        "электрик", "приезжайте", "приехать", "завтра", "сегодня", "послезавтра", "после",
        "около", "рядом", "возле", "напротив", "напишите", "слушайте", "ой", "вернее", "точнее",
        "ошибся", "извините", "простите", "домофон", "код", "номер", "телефон", "без", "через",
        "частный", "частном", "срочно", "квартал", "район", "районе", "области", "область",
        "живет", "будет", "есть", "ага", "угу", "хорошо", "ладно", "конечно", "верно", "значит",
        "улица", "проспект", "the", "a", "an", "at", "on", "in", "my", "is", "it's", "its",
        "address", "i", "live", "we", "our", "and", "of", "to", "from", "it", "that", "this",
        "yes", "no", "please", "near", "by", "house", "number", "am", "i'm", "we're", "are",
        "not", "but", "sorry", "mean", "actually", "okay", "ok", "well", "so", "hello", "hi",
        "понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье",
        "утром", "вечером", "днем", "часов", "часа", "час", "минут", "руб", "рублей", "давайте",
        "можно", "лучше", "хочу", "зовут", "имя", "только", "еще", "потом", "сейчас", "кв",
        "под", "этаже", "линия", "линии", "located", "come", "need", "lives", "tomorrow",
        "today", "street's", "um", "uh", "э", "эм",
    ];
    STOPS.contains(&word)
}

/// The street named in the utterance.
pub(super) fn street(
    tokens: &Tokens<'_>,
    places: &Places,
    asked: bool,
    foreign: bool,
) -> Option<Spot> {
    let none = Places::default();
    let places = if foreign { &none } else { places };
    let typed = (0..tokens.len())
        .filter(|&i| tokens.free(i))
        .filter_map(|i| typed(tokens, i, places))
        .next_back();
    typed
        .or_else(|| known_alone(tokens, places, asked).filter(|spot| !is_all_numbers(tokens, spot)))
        .or_else(|| before_number(tokens, places, asked))
}

/// "Twelve" alone is a flat sooner than the street of 1812.
fn is_all_numbers(tokens: &Tokens<'_>, spot: &Spot) -> bool {
    (spot.from..spot.to)
        .all(|i| tokens.get(i).is_some_and(|token| token.figures || token.atom.is_some()))
}

/// The type word at `i`: its kind, and its length in tokens ("пр-т" is two).
fn kind_at(tokens: &Tokens<'_>, i: usize) -> Option<(&'static Kind, usize)> {
    if let Some(len) = tokens.any(i, GARDENS) {
        let tail =
            len == 1 && ["садов", "дачн"].iter().any(|stem| tokens.before(i, 1).starts_with(stem));
        return (!tail).then_some((&KINDS[11], len));
    }
    if tokens.gap(i + 1) == "-" && i + 1 < tokens.len() {
        let joined = format!("{}-{}", tokens.at(i), tokens.at(i + 1));
        if let Some(kind) = kind(&joined) {
            return Some((kind, 2));
        }
    }
    kind(tokens.at(i)).map(|kind| (kind, 1))
}

fn typed(tokens: &Tokens<'_>, i: usize, places: &Places) -> Option<Spot> {
    if KINDS_EN.contains(&tokens.at(i)) {
        return english(tokens, i, places);
    }
    let (kind, len) = kind_at(tokens, i)?;
    let after = words_after(tokens, i + len);
    let before = words_before(tokens, i);
    let known = known_around(tokens, kind, i, len, &before, &after, places);
    if known.is_some() && kind.full != GARDEN {
        return known;
    }
    if tokens.at(i).is_ascii() && after.is_empty() {
        return foreign(tokens, i, before);
    }
    let adjective = before.clone().last().is_some_and(|j| is_adjective(tokens.at(j)));
    let firm = before.clone().last().is_some_and(|j| tokens.at(j).contains("ск"));
    if adjective && (after.is_empty() || firm && kind.full != "улица") {
        let from = before.clone().find(|&j| {
            before.clone().skip_while(|k| *k < j).all(|k| {
                is_adjective(tokens.at(k))
                    || tokens.get(k).is_some_and(|t| t.figures || t.gap == "-")
            })
        })?;
        let names = spelled(tokens, from..i, |j| agreed(tokens, j, kind.gender));
        return Some(Spot { name: format!("{names} {}", kind.full), from, to: i + len });
    }
    if after.is_empty() {
        return None;
    }
    let oblique = !matches!(
        tokens.at(i),
        "улица"
            | "ул"
            | "проспект"
            | "переулок"
            | "бульвар"
            | "площадь"
            | "аллея"
            | "набережная"
    );
    let single = after.len() == 1 && oblique && kind.gender == Gender::She;
    let names =
        spelled(
            tokens,
            after.clone(),
            |j| {
                if single { restored(tokens, j) } else { shown(tokens, j) }
            },
        );
    Some(Spot { name: format!("{} {names}", kind.full), from: i, to: after.end })
}

/// "Leninsky prospekt": a Russian type word in Latin letters.
fn foreign(tokens: &Tokens<'_>, i: usize, before: std::ops::Range<usize>) -> Option<Spot> {
    if before.is_empty() {
        return None;
    }
    let names = spelled(tokens, before.clone(), |j| shown(tokens, j));
    let name = format!("{names} {}", title(tokens.at(i)));
    Some(Spot { name, from: before.start, to: i + 1 })
}

/// The words joined as they were said: "1-я Парковая".
fn spelled(
    tokens: &Tokens<'_>,
    words: std::ops::Range<usize>,
    spell: impl Fn(usize) -> String,
) -> String {
    let mut name = String::new();
    for j in words.clone() {
        if j > words.start {
            name.push(if tokens.gap(j) == "-" { '-' } else { ' ' });
        }
        name.push_str(&spell(j));
    }
    name
}

/// A known street whose name stands on either side of the type word.
fn known_around(
    tokens: &Tokens<'_>,
    kind: &Kind,
    i: usize,
    len: usize,
    before: &std::ops::Range<usize>,
    after: &std::ops::Range<usize>,
    places: &Places,
) -> Option<Spot> {
    let mut best: Option<(u32, Spot)> = None;
    let starts = before.clone().map(|from| (from, i, from, i + len));
    let ends = (after.start + 1..=after.end).map(|to| (after.start, to, i, to));
    for (from, to, spot_from, spot_to) in starts.chain(ends) {
        for place in &places.streets {
            let Some(score) = likeness(tokens, from, to, place, Some(kind.full)) else {
                continue;
            };
            if best.as_ref().is_none_or(|(held, _)| score > *held) {
                best =
                    Some((score, Spot { name: place.name.clone(), from: spot_from, to: spot_to }));
            }
        }
    }
    best.map(|(_, spot)| spot)
}

fn words_after(tokens: &Tokens<'_>, start: usize) -> std::ops::Range<usize> {
    let mut to = start;
    while to < start + 5 {
        let Some(token) = tokens.get(to).filter(|_| tokens.free(to)) else {
            break;
        };
        let initial = to > start && tokens.at(to - 1).chars().count() == 1;
        let hyphen = token.gap == "-";
        if token.after_mark() && to > start && !initial {
            break;
        }
        if to == start && token.gap.contains(',') {
            break;
        }
        if let Some(len) = numbered_name(tokens, to, to == start) {
            to += len;
            continue;
        }
        let ends = token.figures
            || token.atom.is_some() && !hyphen
            || is_stop(&token.fold)
            || super::address::is_unit_here(tokens, to)
            || is_type(&token.fold) && to > start && token.fold != "аллея";
        if ends {
            break;
        }
        to += 1;
    }
    start..to
}

/// "8 Марта", "40 лет Победы", "1-я Парковая", "1812 года": numbers inside a name.
fn numbered_name(tokens: &Tokens<'_>, i: usize, first: bool) -> Option<usize> {
    let found = number(tokens, i).filter(|_| first)?;
    let next = i + found.len;
    let month = super::time::is_month(tokens.at(next))
        || tokens.is(next, &["марта", "мая", "лет", "года", "гвардейской", "линия", "армии"]);
    let name = found.ordinal
        && tokens
            .get(next)
            .is_some_and(|t| t.fold.chars().count() > 3 && t.atom.is_none() && !t.figures)
        && !super::address::is_unit(tokens.at(next))
        && !is_stop(tokens.at(next))
        && !is_type(tokens.at(next));
    (month && !tokens.marked(next) || name).then_some(found.len + 1)
}

fn words_before(tokens: &Tokens<'_>, end: usize) -> std::ops::Range<usize> {
    let mut from = end;
    while from > 0 && end - from < 3 {
        let j = from - 1;
        let Some(token) = tokens.get(j).filter(|_| tokens.free(j)) else {
            break;
        };
        let marked = tokens.marked(from) && tokens.gap(from) != ".";
        // "5-я Подлесная": figure and ending belong to the name.
        let ending = token.gap == "-" && j > 0 && number(tokens, j - 1).is_some_and(|n| n.ordinal);
        if ending && !marked {
            from = j - 1;
            break;
        }
        let ordinal = token.atom.is_some_and(|atom| atom.ordinal);
        // "221B Baker Street": the letter is the house's.
        if token.glued() && token.letter().is_some() {
            break;
        }
        if marked
            || token.figures
            || token.atom.is_some() && !ordinal
            || is_stop(&token.fold)
            || super::address::is_unit(&token.fold)
            || is_type(&token.fold)
        {
            break;
        }
        from = j;
    }
    from..end
}

fn is_adjective(word: &str) -> bool {
    const ENDINGS: [&str; 16] = [
        "ий", "ый", "ой", "ая", "яя", "ое", "ого", "ому", "ом", "ую", "ем", "ему", "ей", "им",
        "ым", "его",
    ];
    word.chars().count() > 3 && ENDINGS.iter().any(|end| word.ends_with(end)) && !is_stop(word)
}

/// The adjective in the nominative, agreeing with the type word.
fn agreed(tokens: &Tokens<'_>, j: usize, gender: Gender) -> String {
    const HARD: [&str; 10] = ["ого", "ому", "ым", "ом", "ый", "ой", "ая", "ую", "ое", "ий"];
    const SOFT: [&str; 6] = ["его", "ему", "ем", "ей", "яя", "юю"];
    let text = tokens.get(j).map_or("", |t| t.text);
    if tokens.get(j).is_none_or(|t| t.figures || t.gap == "-") {
        return text.to_lowercase();
    }
    let lower = text.to_lowercase();
    let hard = HARD.iter().find_map(|end| lower.strip_suffix(end));
    let soft = SOFT.iter().find_map(|end| lower.strip_suffix(end));
    let Some(stem) = hard.or(soft) else {
        return title(&lower);
    };
    let velar = stem.ends_with(['к', 'г', 'х', 'ш', 'ж', 'щ', 'ч'])
        || hard.is_none()
        || lower.ends_with("ний");
    let stressed = lower.ends_with("ой") && gender == Gender::He && !stem.ends_with("ск");
    let ending = match (gender, velar) {
        (Gender::He, _) if stressed => "ой",
        (Gender::He, true) => "ий",
        (Gender::He, false) => "ый",
        (Gender::She, _) if hard.is_none() => "яя",
        (Gender::She, _) => "ая",
        (Gender::It, _) => "ое",
    };
    title(&format!("{stem}{ending}"))
}

/// "на улице Садовой": the name follows the case of the word "улица".
fn restored(tokens: &Tokens<'_>, j: usize) -> String {
    let lower = tokens.get(j).map_or("", |t| t.text).to_lowercase();
    let stem = lower.strip_suffix("ой").or_else(|| lower.strip_suffix("ую"));
    stem.map_or_else(|| shown(tokens, j), |stem| title(&format!("{stem}ая")))
}

fn shown(tokens: &Tokens<'_>, j: usize) -> String {
    let Some(token) = tokens.get(j) else {
        return String::new();
    };
    if token.figures {
        return token.text.to_owned();
    }
    if matches!(token.fold.as_str(), "лет" | "года" | "имени")
        || j > 0 && token.gap == "-" && tokens.get(j - 1).is_some_and(|t| t.figures)
    {
        return token.fold.clone();
    }
    let upper = token.text.chars().count() > 1 && token.text.chars().all(char::is_uppercase);
    if upper { token.text.to_owned() } else { title(token.text) }
}

/// "Mira street", "Nelson Mandela avenue".
fn english(tokens: &Tokens<'_>, i: usize, places: &Places) -> Option<Spot> {
    let before = words_before(tokens, i);
    let short = matches!(
        tokens.at(i),
        "st" | "court" | "place" | "square" | "drive" | "road" | "passage" | "terrace"
    );
    if before.is_empty() {
        return None;
    }
    for from in before.clone() {
        let known = places
            .streets
            .iter()
            .filter_map(|place| Some((likeness(tokens, from, i, place, None)?, place)));
        if let Some((_, place)) = known.max_by_key(|(score, _)| *score) {
            return Some(Spot { name: place.name.clone(), from, to: i + 1 });
        }
    }
    let numbered = before.start > 0
        && tokens.get(before.start - 1).is_some_and(|t| t.figures || t.atom.is_some())
        || tokens
            .get(i + 1)
            .is_some_and(|t| t.figures || t.atom.is_some() || super::address::is_unit(&t.fold))
        || tokens.get(i - 1).is_some_and(|t| t.capital());
    if short && !numbered {
        return None;
    }
    let names: Vec<String> =
        before.clone().map(|j| title(tokens.get(j).map_or("", |t| t.text))).collect();
    let full = match tokens.at(i) {
        "st" => "Street",
        "ave" => "Avenue",
        "rd" => "Road",
        "blvd" => "Boulevard",
        other => {
            return Some(Spot {
                name: format!("{} {}", names.join(" "), title(other)),
                from: before.start,
                to: i + 1,
            });
        }
    };
    Some(Spot { name: format!("{} {full}", names.join(" ")), from: before.start, to: i + 1 })
}

/// A known street without its type word, where a house follows or an address was asked for.
fn known_alone(tokens: &Tokens<'_>, places: &Places, asked: bool) -> Option<Spot> {
    let mut best: Option<(u32, Spot)> = None;
    for from in 0..tokens.len() {
        for to in from + 1..=(from + 4).min(tokens.len()) {
            let word = |j: usize| {
                tokens.free(j) && (j == from || !tokens.marked(j)) && !is_stop(tokens.at(j))
            };
            if !(from..to).all(word) {
                break;
            }
            let housed = tokens.get(to).is_some_and(|t| t.figures || t.atom.is_some())
                || super::address::is_unit(tokens.at(to)) && number(tokens, to + 1).is_some();
            if !housed && !asked {
                continue;
            }
            for place in &places.streets {
                let Some(score) = likeness(tokens, from, to, place, None) else {
                    continue;
                };
                let sound = score >= EXACT_WORD || housed && asked;
                if sound && best.as_ref().is_none_or(|(held, _)| score > *held) {
                    best = Some((score, Spot { name: place.name.clone(), from, to }));
                }
            }
        }
    }
    best.map(|(_, spot)| spot)
}

/// Words right before the house number, when nothing else explains them.
fn before_number(tokens: &Tokens<'_>, places: &Places, asked: bool) -> Option<Spot> {
    let house = |i: &usize| {
        tokens.is(*i, &["дом", "house"]) && number(tokens, *i + 1).is_some()
            || asked
                && tokens.free(*i)
                && tokens
                    .get(*i)
                    .is_some_and(|t| t.figures || t.atom.is_some_and(|atom| !atom.ordinal))
    };
    let at = (1..tokens.len()).find(house)?;
    let before = words_before(tokens, at);
    let named = before.clone().next_back().is_some_and(|j| {
        let token = tokens.get(j);
        let long = token.is_some_and(|t| t.fold.chars().count() > 3);
        let capital = token.is_some_and(|t| t.capital() && t.start > 0);
        let genitive = ["а", "я", "ы", "и", "ого", "ой", "ая", "ский", "го", "ых"]
            .iter()
            .any(|end| tokens.at(j).ends_with(end));
        long && (asked || capital || genitive && tokens.at(at) == "дом")
    });
    if !named || !asked && places.streets.is_empty() && before.len() > 2 {
        return None;
    }
    let located = matches!(tokens.before(before.start, 1), "на" | "по") && before.len() == 1;
    let name = spelled(tokens, before.clone(), |j| {
        if located { restored(tokens, j) } else { shown(tokens, j) }
    });
    Some(Spot { name, from: before.start, to: at })
}
