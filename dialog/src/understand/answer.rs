//! Short answers beside yes and no: "repeat", "wait", "another time", "the second one", "goodbye".
//!
//! **Never here:** which question was answered; policy knows what it asked.

use super::Field;
use super::correction::correction;
use super::token::Tokens;
use crate::state::Awaiting;

/// The last of the offered choices, whatever their number.
pub const LAST_CHOICE: u8 = u8::MAX;

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
    "hard to hear", "you're breaking up", "плохо слышу", "плохо слышно", "не слышу вас",
    "вас не слышно", "hardly hear", "barely hear", "can't hear", "cannot hear",
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
    const BEFORE: &[&str] = &["вариант", "пункт", "option", "номер", "number", "choice", "слот"];
    let offered = awaiting == Awaiting::SlotChoice;
    if tokens.is(i, &["последний", "последнее", "последнюю", "последняя", "last", "latter"])
    {
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
            &["этаж", "подъезд", "floor", "entrance", "день", "half", "половина", "число", "of"],
        ) || super::time::is_month(tokens.at(next));
        return value.filter(|_| named || offered && !date && !counted);
    }
    let called = i > 0 && tokens.is(i - 1, BEFORE);
    value.filter(|_| {
        called && (offered || tokens.before(i, 1) != "номер" && tokens.before(i, 1) != "number")
    })
}
