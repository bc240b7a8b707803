//! Short answers: yes and no in all colours, "repeat", "wait", "not that, this", "the second one".
//!
//! **Never here:** which question was answered; policy knows what it asked.

use super::Field;
use super::token::Tokens;
use crate::state::Awaiting;

/// The last of the offered choices, whatever their number.
pub const LAST_CHOICE: u8 = u8::MAX;

/// What a stretch of words says about the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tone {
    Yes,
    /// Yes only when little else is said: "можно", "давайте".
    Willing,
    /// Withdraws a bare "нет" before it: "нет-нет, всё верно".
    Agreed,
    No,
    /// A grumble at the price: no, unless assent follows.
    Dear,
    /// A "нет" with nothing after it that belongs to it.
    BareNo,
    /// Looks like yes or no and is neither: "не знаю", "нет света".
    Neither,
}

#[rustfmt::skip]
const NEITHER: &[&str] = &[
    "не знаю", "не помню", "не уверен", "не уверена", "не понял", "не поняла", "не понимаю",
    "не расслышал", "не расслышала", "не слышу", "не слышно", "не работает", "не срочно",
    "не очень срочно", "не так срочно", "не важно", "не имеет значения", "не совсем понял",
    "не совсем поняла", "не то что бы срочно", "да кто его знает", "да как сказать",
    "ни да ни нет", "может да а может нет", "может да может нет", "да или нет", "не скажу",
    "затрудняюсь", "нет ли", "нет света", "нет воды", "нет горячей", "нет холодной",
    "нет отопления", "нет электричества", "нет напряжения", "нет напора", "нет давления",
    "нет газа", "нет тепла", "нет связи", "нет интернета", "нет сигнала", "нет тока",
    "нет питания", "нет доступа", "нет домофона", "нет подъезда", "нет квартиры", "нет корпуса",
    "нет лифта", "нет номера", "нет этажа", "нет времени", "нет дома", "нет никого",
    "никого нет", "домофона нет", "квартиры нет", "подъезда нет", "лифта нет", "корпуса нет",
    "воды нет", "света нет", "этажа нет", "отопления нет", "газа нет", "напора нет", "меня нет",
    "нас нет", "его нет", "ее нет", "номера нет", "времени нет", "денег нет", "почты нет",
    "опыта нет", "улицы нет", "таких нет", "не надо ли", "не хочу ждать", "не буду дома",
    "да не работает", "так как", "так что", "так вот", "как так", "а то", "верно ли",
    "правильно ли", "точно ли", "почему так дорого", "почему дорого", "дорого ли",
    "дорого стоит", "правильно я", "да я", "да вы", "i don't know", "i do not know",
    "don't know", "dunno", "not sure", "i'm not sure", "no idea", "no hot water", "no water",
    "no power", "no light", "no lights", "no electricity", "no heating", "no heat",
    "no pressure", "no gas", "no signal", "no one", "no apartment", "no entrance", "no flat",
    "no lift", "no elevator", "no matter", "no number", "no building", "not urgent",
    "not very urgent", "not working", "not work", "does not work properly", "right now",
    "right away", "right side", "on the right", "i don't remember", "yes or no", "fine print",
    "no cold water", "no rush", "no hurry", "no preference", "ok google", "не горит", "не спешу",
    "не тороплюсь", "не к спеху", "нет разницы", "нет предпочтений", "разницы нет",
    "не принципиально", "не раньше", "не позже", "не ранее", "не позднее", "no earlier",
    "no later", "not earlier", "not later", "not before", "not sooner", "no sooner",
];

#[rustfmt::skip]
const NO: &[&str] = &[
    "так нет", "да нет конечно", "да нет наверное", "да нет спасибо", "нет конечно",
    "конечно нет", "нет спасибо", "спасибо нет", "точно нет", "точно не", "нет не", "скорее нет",
    "наверное нет", "наверно нет", "пожалуй нет", "думаю нет", "думаю что нет", "вряд ли",
    "врядли", "едва ли", "сомневаюсь", "лучше нет", "лучше не надо", "вообще нет", "вовсе нет",
    "совсем нет", "еще нет", "пока нет", "ну нет", "ой нет", "ах нет", "уже нет", "увы нет",
    "к сожалению нет", "не совсем", "не совсем так", "не совсем верно", "не совсем правильно",
    "не вполне", "не очень", "не очень удобно", "не особо", "не особенно", "не то чтобы",
    "не то что бы", "не надо", "не нужно", "не нужен", "не нужна", "не стоит", "не хочу",
    "не хотим", "не хочется", "не хотелось бы", "не буду", "не будем", "не согласен",
    "не согласна", "не согласны", "несогласен", "не верно", "неверно", "не правильно",
    "неправильно", "не так", "не то", "не тот", "не та", "не те", "не туда", "не там", "не он",
    "не она", "не мой", "не моя", "не мое", "не подходит", "не подойдет", "не устраивает",
    "не устроит", "не годится", "не пойдет", "не пройдет", "не могу", "не можем", "не смогу",
    "не сможем", "не получится", "не получается", "не выйдет", "не удобно", "неудобно",
    "не хорошо", "нехорошо", "не нравится", "не подтверждаю", "не записывайте", "не оформляйте",
    "не бронируйте", "не интересует", "не сейчас", "не сегодня", "не планирую", "не желаю",
    "не готов", "не готова", "не готовы", "не похоже", "не думаю", "не считаю", "не правда",
    "неправда", "ни в коем случае", "ни за что", "ни в какую", "ни при каких", "никак нет",
    "никак", "отнюдь", "ничего подобного", "нисколько", "исключено", "отказываюсь",
    "отказываемся", "я против", "мы против", "против", "передумал", "передумала", "ошибка",
    "ошибаетесь", "вы ошиблись", "вы ошибаетесь", "ошиблись", "перепутали", "вы перепутали",
    "вы не поняли", "вы неправильно", "вы меня не поняли", "неа", "не а", "нетушки", "нету", "нит", "нет уж", "ноу",
    "ни фига", "фиг", "отставить", "зачем", "незачем", "ни к чему", "без надобности", "обойдусь",
    "обойдемся", "откажусь", "воздержусь", "перебор", "ничего не", "nope", "nah", "naw",
    "no way", "not really", "not quite", "not exactly", "not at all", "not right", "not correct",
    "not true", "not good", "not okay", "not ok", "not that", "not now", "not today",
    "not necessary", "not needed", "not interested", "not convenient", "not for me", "not so",
    "not yet", "no thanks", "no thank you", "no i", "no it", "no that", "no not",
    "of course not", "certainly not", "absolutely not", "definitely not", "probably not",
    "i don't think so", "don't think so", "i think not", "i guess not", "i'd rather not",
    "rather not", "i'm afraid not", "afraid not", "negative", "incorrect", "wrong",
    "that's wrong", "it's wrong", "you're wrong", "never", "never mind", "nevermind",
    "doesn't work", "does not work", "won't work", "will not work", "doesn't suit",
    "does not suit", "can't", "cannot", "can not", "i don't want", "don't want", "do not want",
    "don't need", "do not need", "don't agree", "disagree", "i don't", "it isn't", "it's not",
    "it is not", "that's not", "that is not", "isn't right", "isn't correct", "isn't",
    "i refuse", "refuse", "no good", "no can do",
    "out of the question", "forget it", "hardly", "unlikely", "uh uh", "nuh uh", "yeah no",
    "yes no", "by no means", "none", "neither", "don't", "do not", "mistake", "that's a mistake",
    "i changed my mind", "i'll pass", "let's not",
];

const DEAR: &[&str] = &[
    "дорого",
    "слишком дорого",
    "дороговато",
    "очень дорого",
    "too expensive",
    "too much",
    "too pricey",
    "that's expensive",
    "expensive",
];

#[rustfmt::skip]
const YES: &[&str] = &[
    "да", "дада", "даа", "дааа", "ну да", "да да", "да конечно", "ага", "агась", "угу", "угум",
    "мгм", "ыгы", "йес", "уху", "да да да", "конечно", "конечно да", "конечно же", "разумеется",
    "естественно", "безусловно", "несомненно", "обязательно", "непременно", "само собой",
    "еще бы", "а как же", "как же", "так точно", "точно так", "точно", "именно", "именно так",
    "так и есть", "это так", "есть такое", "вроде да", "вроде так", "вроде верно", "вроде бы да",
    "наверное да", "наверно да", "думаю да", "думаю что да", "пожалуй", "пожалуй да",
    "скорее да", "скорее всего да", "в принципе да", "в общем да", "в целом да", "похоже на то",
    "похоже да", "получается да", "выходит да", "не против", "не возражаю", "я не против",
    "мы не против", "почему нет", "почему бы нет", "почему бы и нет", "нет проблем",
    "без проблем", "не вопрос", "никаких проблем", "нет возражений", "возражений нет",
    "нет возражений", "подтверждаю", "подтверждаем", "одобряю", "поддерживаю", "годится",
    "договорились", "по рукам", "заметано", "отлично", "прекрасно", "замечательно",
    "великолепно", "супер", "класс", "классно", "чудесно", "чудно", "идеально", "шикарно",
    "здорово", "норм", "сойдет", "пойдет", "окей", "ок", "окай", "о кей", "хоккей", "оке",
    "окейно", "добро", "лады", "ладушки", "ладненько", "хорошо", "ну хорошо", "хорошо да",
    "очень хорошо", "все хорошо", "устраивает", "устроит", "меня устраивает", "нас устраивает",
    "вполне", "вполне устраивает", "вполне подходит", "подходит", "подойдет", "мне подходит",
    "нам подходит", "это подходит", "это подойдет", "с удовольствием", "валяйте", "поехали",
    "буду ждать", "будем ждать", "жду мастера", "ждем мастера", "ждем", "записывайте",
    "запишите", "оформляйте", "бронируйте", "оформляем", "записывайте меня", "присылайте",
    "приезжайте", "пусть приезжает", "пусть приезжают", "абсолютно", "стопроцентно",
    "сто процентов", "так", "истинно", "аналогично", "есть", "рад", "будьте добры",
    "будьте любезны", "хотелось бы", "да хочу", "да надо", "да можно", "в точку", "совершенно",
    "плюс", "дп", "верно", "верна", "правда", "нет света да", "yes", "yeah", "yea", "yep", "yup",
    "yah", "ye", "ya", "aye", "uh huh", "uhuh", "uh-huh", "mhm", "mm hmm", "mmhmm", "mm",
    "hm hm", "sure", "sure thing", "for sure", "of course", "certainly", "definitely",
    "absolutely", "exactly", "precisely", "indeed", "totally", "affirmative", "right",
    "that's right", "that is right", "correct", "that's correct", "that is correct", "true",
    "that's true", "quite right", "quite so", "ok", "okay", "okey", "okie", "k", "kk",
    "okie dokie", "all right", "alright", "fine", "that's fine", "it's fine", "fine by me",
    "fine with me", "good", "sounds good", "sounds great", "sounds fine", "sounds right",
    "sounds perfect", "looks good", "looks right", "that's good", "that's great", "good enough",
    "great", "perfect", "perfectly", "excellent", "wonderful", "awesome", "lovely", "cool",
    "brilliant", "super", "no problem", "no problems", "no objection", "no objections",
    "not a problem", "why not", "i don't mind", "don't mind", "wouldn't mind", "i agree",
    "agreed", "agree", "deal", "done", "confirm", "confirmed", "i confirm", "go ahead", "do it",
    "book it", "please do", "works", "that works", "works for me", "that works for me",
    "it works", "that'll work", "that will work", "that would work", "would work", "that'd work", "that could work",
    "this works", "that would be fine", "that would be great", "that'd be great", "that'll do", "that will do", "it'll do",
    "suits me", "it suits me", "that suits me", "i do", "i am", "it is", "it does", "you bet",
    "you got it", "you got that right", "i think so", "i guess so", "i guess", "i suppose so",
    "i suppose", "i believe so", "probably", "probably yes", "by all means", "why yes", "oh yes",
    "happy with that", "i'm happy with that", "i'd love to", "let's do it", "let's do that",
    "let's go", "let's go with that", "let's go for it", "very well", "spot on", "you're right",
    "gladly", "with pleasure", "bingo", "yes please", "please yes",
];

#[rustfmt::skip]
const AGREED: &[&str] = &[
    "все верно", "все правильно", "все так", "все точно", "все в порядке", "все хорошо", "верно",
    "правильно", "совершенно верно", "абсолютно верно", "абсолютно правильно", "правильно все",
    "верно все", "ладно", "ну ладно", "ну хорошо ладно", "согласен", "согласна", "согласны",
    "хорошо ладно", "хорошо давайте", "ладно давайте", "ну давайте", "ну ладно давайте",
    "да все верно", "да все правильно", "да верно", "да правильно", "да ладно", "да согласен",
    "да подходит", "да хорошо", "it's right", "it's correct", "all correct", "all good",
    "everything is correct", "everything's correct", "everything is right", "everything is fine",
    "that's right", "that's correct", "it is correct", "all right then", "okay then", "ok then",
    "fine then", "well okay", "well all right",
];

const WILLING: &[&str] = &[
    "можно",
    "давайте",
    "давай",
    "удобно",
    "мне удобно",
    "нормально",
    "хочу",
    "надо",
    "нужно",
    "идет",
    "будет удобно",
    "конечно можно",
    "да давайте",
    "хотим",
    "буду",
    "будем",
    "могу",
    "можем",
    "смогу",
    "сможем",
    "получится",
    "ну",
    "жду",
    "желательно",
    "пожалуйста",
    "устраивает",
    "please",
    "convenient",
    "i can",
    "i could",
    "i would",
    "i'd like",
    "i will",
    "we can",
    "let's",
];

/// Words that may surround a short answer without changing it.
const COLOUR: &[&str] = &[
    "ну",
    "так",
    "вот",
    "это",
    "все",
    "я",
    "мне",
    "меня",
    "нас",
    "нам",
    "мы",
    "вас",
    "вам",
    "вы",
    "спасибо",
    "пожалуйста",
    "же",
    "бы",
    "и",
    "а",
    "ой",
    "ах",
    "о",
    "в",
    "на",
    "с",
    "что",
    "мы",
    "уже",
    "тогда",
    "вполне",
    "очень",
    "тоже",
    "будет",
    "было",
    "такое",
    "время",
    "цена",
    "вариант",
    "большое",
    "it",
    "that",
    "this",
    "is",
    "the",
    "a",
    "i",
    "we",
    "you",
    "me",
    "us",
    "thanks",
    "thank",
    "please",
    "well",
    "oh",
    "then",
    "very",
    "much",
    "so",
    "just",
    "will",
    "be",
    "time",
    "to",
    "for",
    "with",
    "of",
    "do",
    "would",
];

/// A word of assent or doubt that may follow anything.
pub(super) fn is_short(word: &str) -> bool {
    matches!(
        word,
        "да" | "верно" | "правильно" | "пожалуйста" | "yes" | "please" | "right"
    )
}

/// Yes, no, or neither of them.
pub(super) fn yes_no(tokens: &Tokens<'_>, timed: bool) -> Option<bool> {
    if tokens.len() == 0 {
        return sign(tokens.text);
    }
    let mut verdict = None;
    let mut bare_no = false;
    let mut other = 0;
    let (mut willing, mut dear) = (false, false);
    let mut i = 0;
    while i < tokens.len() {
        let Some((tone, len)) = tone(tokens, i) else {
            other += usize::from(!tokens.is(i, COLOUR));
            i += 1;
            continue;
        };
        match tone {
            Tone::No => {
                verdict = Some(false);
                bare_no = false;
            }
            Tone::BareNo if verdict.is_none() || other == 0 => {
                bare_no = verdict.is_none() || bare_no;
                verdict = Some(false);
            }
            Tone::Agreed if bare_no && !timed => verdict = Some(true),
            Tone::Yes | Tone::Agreed if verdict.is_none() => verdict = Some(true),
            Tone::Willing => willing = true,
            Tone::Dear => dear = true,
            Tone::BareNo | Tone::Yes | Tone::Agreed | Tone::Neither => {}
        }
        if verdict == Some(false) && !bare_no {
            break;
        }
        i += len;
    }
    verdict
        .or_else(|| (willing && other <= 1 && !timed).then_some(true))
        .or(dear.then_some(false))
}

/// A message of nothing but a sign.
fn sign(text: &str) -> Option<bool> {
    match text.trim() {
        "+" | "++" | "👍" | "👌" | "✅" | "🙏" => Some(true),
        "-" | "👎" | "❌" => Some(false),
        _ => None,
    }
}

fn tone(tokens: &Tokens<'_>, i: usize) -> Option<(Tone, usize)> {
    let lists = [
        (Tone::Neither, NEITHER),
        (Tone::No, NO),
        (Tone::Dear, DEAR),
        (Tone::Agreed, AGREED),
        (Tone::Yes, YES),
        (Tone::Willing, WILLING),
    ];
    let mut best = bare_no(tokens, i);
    for (tone, phrases) in lists {
        let longer = tokens
            .any(i, phrases)
            .filter(|len| best.is_none_or(|(_, held)| *len > held));
        best = longer.map(|len| (tone, len)).or(best);
    }
    best.filter(|&(tone, len)| stands(tokens, i, tone, len))
}

fn bare_no(tokens: &Tokens<'_>, i: usize) -> Option<(Tone, usize)> {
    let alone = tokens.len() == 1 || i + 1 == tokens.len() && tokens.before(i, 1) == "да";
    match tokens.at(i) {
        "да" if tokens.at(i + 1) == "нет" => Some((Tone::BareNo, 2)),
        "нет" | "no" | "not" if opens(tokens, i) => Some((Tone::BareNo, 1)),
        "не" if alone => Some((Tone::No, 1)),
        _ => None,
    }
}

/// "нет" at the start of a thought, not "воды нет".
fn opens(tokens: &Tokens<'_>, i: usize) -> bool {
    const BEFORE: &[&str] = &[
        "нет",
        "да",
        "ну",
        "ой",
        "а",
        "это",
        "я",
        "мне",
        "no",
        "but",
        "well",
        "oh",
        "um",
        "uh",
        "so",
        "и",
        "извините",
        "простите",
        "sorry",
        "слушайте",
        "наверное",
        "точно",
        "хм",
        "эм",
        "ээ",
        "спасибо",
        "все",
        "вот",
        "погодите",
        "подождите",
        "стоп",
        "actually",
        "wait",
        "yes",
        "yeah",
        "нет-нет",
    ];
    if tokens.at(i) == "not" {
        return i == 0;
    }
    i == 0 || tokens.marked(i) || tokens.is(i - 1, BEFORE)
}

/// Some words are an answer only in their place.
fn stands(tokens: &Tokens<'_>, i: usize, tone: Tone, len: usize) -> bool {
    let alone = len == tokens.len();
    let next = tokens.at(i + len);
    if tone == Tone::Neither || len > 1 {
        return true;
    }
    match tokens.at(i) {
        "так"
        | "есть"
        | "плюс"
        | "правда"
        | "класс"
        | "добро"
        | "рад"
        | "mm"
        | "ya"
        | "k"
        | "super"
        | "cool"
        | "none"
        | "neither"
        | "don't"
        | "mistake"
        | "ошибка"
        | "works"
        | "done"
        | "зачем"
        | "фиг"
        | "ну"
        | "совершенно"
        | "пожалуйста"
        | "please"
        | "присылайте"
        | "приезжайте"
        | "запишите"
        | "probably" => alone,
        "good" => !matches!(next, "morning" | "afternoon" | "evening" | "day" | "bye"),
        "дорого" | "против" => i + len == tokens.len() || tokens.len() <= 4,
        "right" | "fine" | "great" | "true" | "well" => i == 0 || alone || tokens.marked(i),
        "can't" | "cannot" | "never" => tokens.len() <= 8,
        "точно" => next != "не",
        "хорошо" => tokens.len() <= 6 || i == 0,
        "никак" => tokens.len() <= 3,
        "здорово" | "пойдет" | "идет" | "будет" => tokens.len() <= 4,
        "wrong" => tokens.len() <= 5 && !matches!(next, "number"),
        "ошиблись" => !tokens.has(&["номером"]),
        _ => true,
    }
}

#[rustfmt::skip]
const CORRECTIONS: &[&str] = &[
    "вернее", "точнее", "ошибся", "ошиблась", "оговорился", "оговорилась", "перепутал",
    "перепутала", "поправка", "исправьте", "поправьте", "исправить", "поменяйте", "то есть нет",
    "ой нет", "ой", "ах нет", "хотя нет", "а нет", "стоп", "в смысле", "не то", "неправильно",
    "неверно", "не так", "имел в виду", "имела в виду", "вместо", "лучше", "хотя", "хотя лучше",
    "извините не", "простите не", "i mean", "i meant", "actually", "or rather", "rather",
    "correction", "my mistake", "my bad", "scratch that", "sorry not", "no wait", "no sorry",
    "wait no", "oops", "make that", "make it", "change that to", "change it to", "not that",
    "instead", "i misspoke", "i was wrong", "let me correct",
];

/// Where what follows replaces what stood: the token after the last such marker.
pub(super) fn correction(tokens: &Tokens<'_>) -> Option<usize> {
    let mut last = None;
    for i in 0..tokens.len() {
        if let Some(len) = tokens.any(i, CORRECTIONS) {
            let opening_wish = tokens.before(i, 1) == "тем"
                || i == 0 && tokens.is(i, &["лучше", "make", "actually"]);
            last = if opening_wish { last } else { Some(i + len) };
        } else if let Some(after) = not_but(tokens, i) {
            last = Some(after);
        } else if refuses_then_says(tokens, i) {
            last = Some(i + 1);
        }
    }
    last
}

/// The caller says outright that something is wrong, whatever follows.
pub(super) fn admits(tokens: &Tokens<'_>) -> bool {
    tokens.has(&[
        "ошибся",
        "ошиблась",
        "оговорился",
        "оговорилась",
        "неправильно",
        "неверно",
        "исправьте",
        "поправьте",
        "поправка",
        "поменяйте",
        "исправить",
        "не так",
        "my mistake",
        "my bad",
        "correction",
        "i was wrong",
        "i misspoke",
        "change that",
        "change it",
    ])
}

/// "не десять, а двенадцать", "not ten but twelve": the token after "а".
pub(super) fn not_but(tokens: &Tokens<'_>, i: usize) -> Option<usize> {
    if !tokens.is(i, &["не", "not"]) {
        return None;
    }
    let end = (i + 9).min(tokens.len());
    let but = (i + 2..end).find(|&j| tokens.is(j, &["а", "but"]))?;
    let content = |j: usize| {
        tokens
            .get(j)
            .is_some_and(|token| token.figures || token.atom.is_some())
    };
    let same_kind = (i + 1..but).any(content) == (but + 1..tokens.len()).any(content);
    (but + 1 < tokens.len() && same_kind).then_some(but + 1)
}

/// "нет, …" with something after it.
fn refuses_then_says(tokens: &Tokens<'_>, i: usize) -> bool {
    tokens.is(i, &["нет", "no"])
        && opens(tokens, i)
        && i + 2 < tokens.len() + 1
        && i + 1 < tokens.len()
        && tokens.any(i, NEITHER).is_none()
        && tokens.any(i + 1, AGREED).is_none()
        && !(tokens.is(i + 1, &["нет", "no"]) && i + 2 < tokens.len())
        && !tokens.is(
            i + 1,
            &[
                "спасибо",
                "конечно",
                "проблем",
                "thanks",
                "thank",
                "problem",
            ],
        )
}

#[rustfmt::skip]
const REPEATS: &[&str] = &[
    "повторите", "повтори", "повторить", "повторите пожалуйста", "повторяйте", "еще раз",
    "ещё разок", "еще разок", "не расслышал", "не расслышала", "не услышал", "не услышала",
    "не слышу", "плохо слышно", "вас не слышно", "не слышно", "вас плохо слышно", "плохо слышу",
    "не понял", "не поняла", "не поняли", "не понимаю", "что вы сказали", "что вы говорите",
    "как вы сказали", "что вы спросили", "что говорите", "что простите", "простите что",
    "извините что", "прошу прощения что", "в смысле что", "какой вопрос", "помедленнее",
    "медленнее", "погромче", "громче", "скажите громче", "можно громче", "недослышал",
    "прослушал", "прослушала", "не разобрал", "не разобрала", "что что", "чего чего", "а что",
    "как как", "алло не слышно", "повторно скажите", "скажите снова", "repeat", "say that again",
    "say it again", "come again", "once more", "one more time", "again please",
    "what did you say", "what was that", "i beg your pardon", "beg your pardon", "pardon me",
    "pardon", "didn't catch", "did not catch", "didn't hear", "did not hear", "can't hear",
    "cannot hear", "couldn't hear", "didn't get that", "didn't understand", "don't understand",
    "do not understand", "didn't quite", "speak up", "speak slower", "slow down", "more slowly",
    "louder", "sorry what", "excuse me what", "what's that", "say again", "what what",
    "hard to hear", "you're breaking up",
];
const REPEATS_ALONE: &[&str] = &[
    "что",
    "чего",
    "а",
    "как",
    "чё",
    "че",
    "шо",
    "простите",
    "извините",
    "э",
    "м",
    "what",
    "huh",
    "eh",
    "sorry",
    "excuse me",
    "алло",
    "ало",
    "hello",
    "вы что сказали",
    "не поняла вас",
    "pardon",
];

pub(super) fn repeat(tokens: &Tokens<'_>) -> bool {
    let another = tokens.has(&[
        "позвоните еще раз",
        "еще раз приехать",
        "сломалась еще раз",
        "еще раз сломал",
    ]);
    tokens.has(REPEATS) && !another || whole(tokens, REPEATS_ALONE)
}

/// The utterance is nothing but one of these.
fn whole(tokens: &Tokens<'_>, phrases: &[&str]) -> bool {
    tokens.len() > 0 && tokens.any(0, phrases) == Some(tokens.len())
}

#[rustfmt::skip]
const WAITS: &[&str] = &[
    "подождите", "подожди", "погодите", "погоди", "обождите", "минутку", "минуточку",
    "одну минуту", "одну минутку", "одну минуточку", "секунду", "секундочку", "одну секунду",
    "секунд", "одну секундочку", "сек", "один момент", "момент", "моментик", "сейчас посмотрю",
    "сейчас скажу", "щас посмотрю", "сейчас гляну", "сейчас узнаю", "сейчас спрошу",
    "сейчас проверю", "сейчас найду", "сейчас вспомню", "сейчас подумаю", "дайте подумать",
    "дай подумать", "дайте подумаю", "надо подумать", "я подумаю", "дайте посмотреть",
    "дайте минуту", "дайте минутку", "дайте секунду", "не вешайте трубку", "не кладите трубку",
    "не отключайтесь", "повисите", "стойте", "постойте", "сейчас сейчас", "щас щас", "hold on",
    "hang on", "hold the line", "one moment", "just a moment", "a moment", "one sec", "a sec",
    "just a sec", "just a second", "just one second", "one second", "a second", "one minute",
    "just a minute", "give me a minute", "give me a second", "give me a moment", "wait",
    "wait a minute", "let me check", "let me see", "let me think", "let me look", "let me ask",
    "bear with me", "i'm checking", "i need to think", "don't hang up",
];

/// "One moment" is no one o'clock.
pub(super) fn take_waits(tokens: &mut Tokens<'_>) {
    const COUNTED: &[&str] = &[
        "one moment",
        "one second",
        "one sec",
        "one minute",
        "just one second",
        "одну минуту",
        "одну минутку",
        "одну минуточку",
        "одну секунду",
        "одну секундочку",
        "один момент",
    ];
    for i in 0..tokens.len() {
        if let Some(len) = tokens.any(i, COUNTED) {
            tokens.take(i, i + len);
        }
    }
}

pub(super) fn wait(tokens: &Tokens<'_>) -> bool {
    const NOT: &[&str] = &[
        "сколько подождите",
        "через минуту",
        "через минутку",
        "через секунду",
        "second one",
        "can't wait",
        "cannot wait",
        "wait for",
        "the second",
        "wait no",
        "no wait",
        "в данный момент",
        "на данный момент",
        "в этот момент",
        "в один момент",
        "a second floor",
        "a second leak",
        "a second problem",
    ];
    let alone = whole(tokens, &["сейчас", "щас", "сейчас я", "ща", "ну сейчас"]);
    tokens.has(WAITS) && !tokens.has(NOT) || alone
}

#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "другое время", "в другое время", "другой день", "в другой день", "другое", "другой вариант",
    "другие варианты", "другого времени", "что нибудь другое", "что то другое",
    "чего нибудь другое", "еще варианты", "еще вариант", "какие еще", "что еще есть",
    "а еще есть", "еще какие", "есть еще", "еще что нибудь", "предложите другое",
    "предложите еще", "иное время", "иной день", "другие дни", "в другой раз", "не подходит",
    "не подойдет", "не устраивает", "не удобно", "неудобно", "не могу", "не смогу",
    "не получится", "не получается", "не годится", "ни один", "ни одно", "никакой",
    "ни то ни другое", "ничего не подходит", "попозже", "пораньше", "раньше нельзя",
    "позже нельзя", "а раньше", "а позже", "а пораньше", "а попозже", "можно раньше",
    "можно позже", "есть раньше", "есть пораньше", "есть попозже", "есть позже", "раньше можно",
    "позже можно", "another time", "other time", "different time", "another day",
    "different day", "other day", "other times", "other options", "another option",
    "something else", "anything else", "any other", "what else", "else do you have", "earlier",
    "later", "doesn't work", "does not work", "won't work", "doesn't suit", "can't make",
    "cannot make", "not convenient", "no good", "neither", "none of", "can't do", "not suitable",
];

/// "другое время", "не подходит": none of what was offered.
pub(super) fn other(tokens: &Tokens<'_>) -> bool {
    const NOT: &[&str] = &[
        "no later",
        "not later",
        "no earlier",
        "not earlier",
        "sooner or later",
        "не раньше",
        "не позже",
        "как можно раньше",
        "как можно пораньше",
        "чем раньше",
        "later today",
        "с утра пораньше",
        "утром пораньше",
        "пораньше утром",
        "пораньше с утра",
        "попозже вечером",
        "вечером попозже",
        "anything else broken",
    ];
    tokens.has(OTHERS) && !tokens.has(NOT)
}

/// "а пораньше?": true; "попозже можно?": false.
pub(super) fn sooner(tokens: &Tokens<'_>) -> Option<bool> {
    const SOONER: &[&str] = &["пораньше", "раньше", "earlier", "sooner"];
    const LATER: &[&str] = &["попозже", "позже", "позднее", "later"];
    let said = |words: &[&str]| tokens.has(words);
    match (said(SOONER), said(LATER)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        (true, true) | (false, false) => None,
    }
}

/// What the caller wants corrected, by its name: "номер не тот", "the address is wrong".
pub(super) fn field(tokens: &Tokens<'_>) -> Option<Field> {
    #[rustfmt::skip]
    const NAMES: [(Field, &[&str]); 4] = [
        (Field::Phone, &["телефон", "телефона", "номер телефона", "номер", "phone", "number"]),
        (Field::Address, &["адрес", "адреса", "address"]),
        (Field::Time, &["время", "день", "дату", "дата", "time", "day", "date"]),
        (Field::Name, &["имя", "имени", "name"]),
    ];
    let named = NAMES.iter().find(|(_, words)| tokens.has(words));
    named.map(|(field, _)| *field)
}

/// "до свидания": nothing else is wanted.
pub(super) fn farewell(tokens: &Tokens<'_>) -> bool {
    const BYE: &[&str] = &[
        "до свидания",
        "досвидания",
        "всего доброго",
        "всего хорошего",
        "пока",
        "пока пока",
        "goodbye",
        "good bye",
        "bye",
        "bye bye",
        "have a good day",
        "have a nice day",
        "that's all",
        "that is all",
        "это все",
        "больше ничего",
        "на этом все",
    ];
    const LAST: usize = 6;
    tokens.len() <= LAST && tokens.has(BYE) && !tokens.has(&["пока не", "пока нет", "пока что"])
}

/// "спасибо".
pub(super) fn thanks(tokens: &Tokens<'_>) -> bool {
    tokens.has(&["спасибо", "благодарю", "thanks", "thank you"])
}

/// Which of the offered choices: 1 the first; [`LAST_CHOICE`] the last.
pub(super) fn choice(tokens: &Tokens<'_>, awaiting: Awaiting) -> Option<u8> {
    let start = correction(tokens).unwrap_or(0);
    let chosen = |from: usize| (from..tokens.len()).find_map(|i| choice_at(tokens, i, awaiting));
    chosen(start).or_else(|| chosen(0))
}

fn choice_at(tokens: &Tokens<'_>, i: usize, awaiting: Awaiting) -> Option<u8> {
    const NAMED: &[&str] = &[
        "вариант",
        "варианта",
        "варианте",
        "время",
        "окно",
        "окошко",
        "пункт",
        "слот",
        "one",
        "option",
        "choice",
        "slot",
        "time",
    ];
    const BEFORE: &[&str] = &[
        "вариант",
        "пункт",
        "option",
        "номер",
        "number",
        "choice",
        "слот",
    ];
    let offered = awaiting == Awaiting::SlotChoice;
    if tokens.is(
        i,
        &[
            "последний",
            "последнее",
            "последнюю",
            "последняя",
            "last",
            "latter",
        ],
    ) {
        return (offered || tokens.is(i + 1, NAMED)).then_some(LAST_CHOICE);
    }
    if tokens.at(i) == "former" && offered {
        return Some(1);
    }
    let number = super::number::number(tokens, i).filter(|n| (1..=9).contains(&n.value))?;
    let value = u8::try_from(number.value).ok();
    let next = i + number.len;
    if number.ordinal {
        let named = tokens.is(next, NAMED);
        let date = tokens.at(i).ends_with("ого") || tokens.at(i).ends_with("его");
        let counted = tokens.is(
            next,
            &[
                "этаж",
                "подъезд",
                "floor",
                "entrance",
                "день",
                "half",
                "половина",
                "число",
                "of",
            ],
        ) || super::time::is_month(tokens.at(next));
        return value.filter(|_| named || offered && !date && !counted);
    }
    let called = i > 0 && tokens.is(i - 1, BEFORE);
    value.filter(|_| {
        called && (offered || tokens.before(i, 1) != "номер" && tokens.before(i, 1) != "number")
    })
}
