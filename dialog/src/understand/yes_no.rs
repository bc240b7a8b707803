//! Yes and no in all colours, and what only looks like them.
//!
//! **Never here:** which question was answered; policy knows what it asked.

use super::token::Tokens;

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
pub(super) const NEITHER: &[&str] = &[
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
pub(super) const AGREED: &[&str] = &[
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
    matches!(word, "да" | "верно" | "правильно" | "пожалуйста" | "yes" | "please" | "right")
}

/// Yes, no, or neither of them.
pub(super) fn yes_no(tokens: &Tokens<'_>, timed: bool) -> Option<bool> {
    spot(tokens, timed).map(|(verdict, ..)| verdict)
}

/// Yes or no, and the tokens from the first word of it to past the last.
pub(super) fn spot(tokens: &Tokens<'_>, timed: bool) -> Option<(bool, usize, usize)> {
    if tokens.len() == 0 {
        return sign(tokens.text).map(|verdict| (verdict, 0, 0));
    }
    let mut verdict = None;
    let mut bare_no = false;
    let mut other = 0;
    let (mut willing, mut dear) = (None, None);
    let mut place: Option<(usize, usize)> = None;
    let mut i = 0;
    while i < tokens.len() {
        let Some((tone, len)) = tone(tokens, i) else {
            other += usize::from(!tokens.is(i, COLOUR));
            i += 1;
            continue;
        };
        let held = verdict;
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
            Tone::Willing => willing = willing.or(Some((i, i + len))),
            Tone::Dear => dear = dear.or(Some((i, i + len))),
            Tone::BareNo | Tone::Yes | Tone::Agreed | Tone::Neither => {}
        }
        if verdict != held {
            place = Some((i, i + len));
        }
        if verdict == Some(false) && !bare_no {
            break;
        }
        i += len;
    }
    let willing = willing.filter(|_| other <= 1 && !timed).map(|place| (true, place));
    let said = verdict.zip(place).or(willing).or(dear.map(|place| (false, place)));
    said.map(|(verdict, (from, to))| (verdict, from, to))
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
        let longer = tokens.any(i, phrases).filter(|len| best.is_none_or(|(_, held)| *len > held));
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
pub(super) fn opens(tokens: &Tokens<'_>, i: usize) -> bool {
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
