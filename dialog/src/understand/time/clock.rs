//! Hours of the day as people say them: "в половине восьмого", "часов в десять", "с 9 до 11".
//!
//! **Never here:** which day, and whether seven is morning or evening (resolve).

use super::day::{is_month, street_before};
use super::{Piece, Said};
use crate::understand::number::{cardinal, number};
use crate::understand::token::Tokens;

/// Minutes since midnight, as far as they were said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Face {
    pub minutes: i32,
    /// No doubt about the half of the day: "14:00", "семь вечера", "7 pm".
    pub sure: bool,
    /// Said so that it can be nothing but a time: "часов", minutes, a half of the day.
    pub plain: bool,
}

const NOON: i32 = 12 * 60;
const HALF_HOUR: i32 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lead {
    At,
    After,
    Before,
}

#[rustfmt::skip]
const AFTER: &[&str] = &[
    "после", "с", "со", "от", "начиная с", "не раньше", "не ранее", "не раньше чем в",
    "не раньше чем с", "позже", "попозже", "позднее", "только после", "after", "from",
    "not before", "no earlier than", "not earlier than", "later than", "starting at",
    "starting from", "any time after", "anytime after", "past",
];
#[rustfmt::skip]
const BEFORE: &[&str] = &[
    "до", "не позже", "не позднее", "не позже чем в", "раньше", "before", "until", "till",
    "no later than", "not later than", "earlier than", "up to", "прежде", "не позже чем до",
];
#[rustfmt::skip]
const AT: &[&str] = &[
    "в", "во", "к", "ко", "на", "около", "ближе к", "в районе", "at", "by", "around", "about",
    "for", "ровно в", "ровно к", "towards", "close to", "near",
];
#[rustfmt::skip]
const ABOUT: &[&str] = &[
    "примерно", "приблизительно", "где то", "где нибудь", "около", "часов", "часа", "часам",
    "часиков", "часика", "ровно", "так", "this", "around", "about", "roughly", "approximately",
    "exactly", "say", "something like", "ориентировочно", "плюс минус",
];
#[rustfmt::skip]
const HOUR_WORDS: &[&str] = &[
    "час", "часа", "часов", "часам", "часу", "часах", "ч", "o'clock", "oclock", "hours",
    "часиков", "часика", "past", "quarter", "half",
];
const JOIN: &[&str] = &["до", "по", "и до", "to", "till", "until", "and", "и", "through"];

/// A clock time with its preposition; `bare` admits one without.
pub(super) fn clock(tokens: &Tokens<'_>, i: usize, bare: bool) -> Option<Said> {
    if let Some(said) = running_hour(tokens, i) {
        return Some(said);
    }
    let (lead, at) = lead(tokens, i)?;
    let prefixed = at > i;
    let (face, len) = face(tokens, at, prefixed || bare)?;
    let figures = tokens.get(at).is_some_and(|t| t.figures) && tokens.gap(at + 1) == ":";
    let hours = (at..at + len).any(|j| tokens.is(j, HOUR_WORDS))
        || tokens.get(at).is_some_and(|t| t.atom.is_none() && !t.figures);
    // "Карла Маркса, 18-33": a house and a flat.
    let dashed = tokens.get(at + 1).is_some_and(|t| t.figures && t.gap == "-");
    if !prefixed && !bare && (dashed || !(face.plain && (face.sure || figures || hours))) {
        return None;
    }
    // "не работает уже три дня"
    let days =
        tokens.at(at + len - 1) == "дня" && !(at..at + len).any(|j| tokens.is(j, HOUR_WORDS));
    if days && !prefixed && !bare {
        return None;
    }
    let end = at + len;
    let second = second(tokens, i, end, face, lead);
    if let Some((to, until)) = second {
        return Some(Said { piece: Piece::Between(face, to), from: i, to: until });
    }
    let piece = match lead {
        Some(Lead::After) => Piece::After(face),
        Some(Lead::Before) => Piece::Before(face),
        Some(Lead::At) | None => Piece::At(face),
    };
    Some(Said { piece, from: i, to: end })
}

/// "в девятом часу": between eight and nine.
fn running_hour(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    let at = i + usize::from(tokens.at(i) == "в");
    let end = ordinal_hour(tokens, at).filter(|_| tokens.at(at + 1) == "часу")?;
    let face = |minutes| Face { minutes, sure: false, plain: true };
    let piece = Piece::Between(face((end - 1) * 60), face(end * 60));
    Some(Said { piece, from: i, to: at + 2 })
}

/// What leads up to the hour, and the token where the hour itself starts.
fn lead(tokens: &Tokens<'_>, i: usize) -> Option<(Option<Lead>, usize)> {
    let at = i + about(tokens, i);
    let kinds = [(Lead::After, AFTER), (Lead::Before, BEFORE), (Lead::At, AT)];
    let found = kinds
        .into_iter()
        .filter_map(|(lead, phrases)| Some((lead, tokens.any(at, phrases)?)))
        .max_by_key(|(_, len)| *len);
    let Some((lead, len)) = found else {
        let hedged = at > i && !tokens.is(i, &["так", "this", "say", "часов", "часа", "часам"]);
        return Some((hedged.then_some(Lead::At), if hedged { at } else { i }));
    };
    let between = tokens.is(at, &["между", "between"]);
    (!between).then(|| (Some(lead), at + len + about(tokens, at + len)))
}

fn about(tokens: &Tokens<'_>, i: usize) -> usize {
    let mut len = 0;
    while let Some(more) = tokens.any(i + len, ABOUT) {
        if tokens.any(i + len, &["часа", "часов", "часам"]).is_some()
            && cardinal(tokens, i + len + 1).is_none()
            && !tokens.is(i + len + 1, &["в", "к", "до", "после", "с"])
        {
            break;
        }
        len += more;
    }
    len
}

/// "… до одиннадцати", "два-три", "в пять или в шесть".
fn second(
    tokens: &Tokens<'_>,
    start: usize,
    end: usize,
    first: Face,
    lead: Option<Lead>,
) -> Option<(Face, usize)> {
    if tokens.gap(end).trim().starts_with(['-', '–', '—']) && tokens.gap(end).trim().len() <= 3
    {
        let (to, len) = face(tokens, end, true)?;
        return (to.minutes != first.minutes).then_some((to, end + len));
    }
    if tokens.is(end, &["или", "либо", "or"]) {
        let at = end + 1 + tokens.any(end + 1, AT).unwrap_or(0);
        let (to, len) = face(tokens, at, true)?;
        return Some((to, at + len));
    }
    let opens =
        lead == Some(Lead::After) && tokens.is(start, &["с", "со", "от", "from", "начиная"]);
    let join = tokens.any(end, JOIN)?;
    let joins = match tokens.at(end) {
        "и" | "and" => false,
        "до" | "to" | "till" | "until" | "through" => opens || lead != Some(Lead::Before),
        _ => opens,
    };
    let (to, len) = face(tokens, end + join, true).filter(|_| joins)?;
    Some((to, end + join + len))
}

/// "9-18" where hours that come back are told: two hours, not an hour and its minutes.
pub(super) fn figures_range(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    let at = i + tokens.any(i, &["с", "from"]).unwrap_or(0);
    let whole = |j: usize| {
        let token = tokens.get(j).filter(|token| token.figures && token.fold.len() <= 2)?;
        let hour: i32 = token.fold.parse().ok().filter(|hour| *hour <= 24)?;
        Some(Face { minutes: hour * 60, sure: hour > 12 || hour == 0, plain: true })
    };
    let dash = tokens.gap(at + 1).trim().starts_with(['-', '–', '—']);
    let (from, to) = (whole(at)?, whole(at + 1).filter(|_| dash)?);
    (tokens.gap(at + 2) != ":").then_some(Said {
        piece: Piece::Between(from, to),
        from: i,
        to: at + 2,
    })
}

/// "ten to two" where hours that come back are told: from ten until two.
pub(super) fn ten_to_two(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    let hour = |at: usize| hour_number(tokens, at).filter(|(hour, _)| (1..=12).contains(hour));
    let (from, len) = hour(i)?;
    let join = i + len;
    let (to, more) = hour(join + 1).filter(|_| tokens.is(join, &["to", "till", "until"]))?;
    let face = |hour: i32| Face { minutes: hour * 60, sure: false, plain: true };
    let end = join + 1 + more;
    let plain =
        half_of_day(tokens, end, to * 60).is_none() && minutes(tokens, end, false).is_none();
    plain.then_some(Said { piece: Piece::Between(face(from), face(to)), from: i, to: end })
}

/// "между двумя и четырьмя", "between 2 and 4".
pub(super) fn between(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    if !tokens.is(i, &["между", "between"]) {
        return None;
    }
    let (first, len) = face(tokens, i + 1, true)?;
    let join = i + 1 + len;
    if !tokens.is(join, &["и", "and", "до", "to"]) {
        return None;
    }
    let (to, more) = face(tokens, join + 1, true)?;
    Some(Said { piece: Piece::Between(first, to), from: i, to: join + 1 + more })
}

/// The hour at token `i` with its minutes and its half of the day, and how many tokens that is.
pub(super) fn face(tokens: &Tokens<'_>, i: usize, led: bool) -> Option<(Face, usize)> {
    let (minutes, len, plain, sure) = special(tokens, i, led).or_else(|| hour(tokens, i))?;
    let end = i + len;
    if let Some((face, more)) = half_of_day(tokens, end, minutes) {
        return Some((face, len + more));
    }
    let counted = !plain && counts_something(tokens, end);
    let sure = sure || !(60..13 * 60).contains(&minutes);
    (!counted).then_some((Face { minutes, sure, plain }, len))
}

type Reading = (i32, usize, bool, bool);

fn special(tokens: &Tokens<'_>, i: usize, led: bool) -> Option<Reading> {
    let word = tokens.at(i);
    match word {
        "полдень" | "полудня" | "полудню" | "полдня" if led => {
            return Some((NOON, 1, true, true));
        }
        "noon" | "midday" => return Some((NOON, 1, true, true)),
        "полночь" | "полночи" | "полуночи" | "midnight" => {
            return Some((24 * 60, 1, true, true));
        }
        "час" | "часу" | "часа" if led || tokens.is(i + 1, &["дня", "ночи"]) => {
            let quarter = tokens.at(i + 1) == "с" && tokens.at(i + 2) == "половиной";
            return Some(if quarter { (90, 3, true, false) } else { one_o_clock(tokens, i) });
        }
        _ => {}
    }
    half_ru(tokens, i)
        .or_else(|| less_ru(tokens, i))
        .or_else(|| of_hour_ru(tokens, i))
        .or_else(|| past_en(tokens, i))
}

/// "в час тридцать"
fn one_o_clock(tokens: &Tokens<'_>, i: usize) -> Reading {
    match cardinal(tokens, i + 1).filter(|n| (10..60).contains(&n.value)) {
        Some(more) => (60 + signed(more.value), 1 + more.len, true, false),
        None => (60, 1, false, false),
    }
}

/// "половине восьмого", "полвосьмого"
fn half_ru(tokens: &Tokens<'_>, i: usize) -> Option<Reading> {
    if tokens.is(i, &["половина", "половине", "половину", "половины", "пол"])
    {
        let hour = ordinal_hour(tokens, i + 1)?;
        return Some((hour * 60 - HALF_HOUR, 2, true, false));
    }
    let rest = tokens.at(i).strip_prefix("пол")?;
    let atom =
        crate::understand::number::atom(rest).filter(|atom| atom.ordinal && !rest.is_empty())?;
    let hour = i32::try_from(atom.value).ok().filter(|hour| (1..=12).contains(hour))?;
    Some((hour_before(hour) * 60 + HALF_HOUR, 1, true, false))
}

/// The hour of "… девятого", counted so that the half before it is positive.
fn ordinal_hour(tokens: &Tokens<'_>, i: usize) -> Option<i32> {
    let ordinal = number(tokens, i).filter(|n| n.ordinal && (1..=12).contains(&n.value))?;
    Some(hour_before(signed(ordinal.value)) + 1)
}

/// The hour that runs while the `hour`th is not yet over: the first begins at twelve.
fn hour_before(hour: i32) -> i32 {
    if hour == 1 { 12 } else { hour - 1 }
}

/// "без пятнадцати девять", "без четверти час"
fn less_ru(tokens: &Tokens<'_>, i: usize) -> Option<Reading> {
    if tokens.at(i) != "без" {
        return None;
    }
    let (less, len) = match tokens.at(i + 1) {
        "четверти" => (15, 1),
        _ => {
            let less = cardinal(tokens, i + 1).filter(|n| (1..=30).contains(&n.value))?;
            (signed(less.value), less.len)
        }
    };
    let minutes_word = usize::from(tokens.at(i + 1 + len).starts_with("минут"));
    let at = i + 1 + len + minutes_word;
    if tokens.at(at) == "час" {
        return Some((13 * 60 - less, at + 1 - i, true, false));
    }
    if let Some(hour) = cardinal(tokens, at).filter(|n| (1..=24).contains(&n.value)) {
        return Some((signed(hour.value) * 60 - less, at + hour.len - i, true, false));
    }
    // "без двадцати два": twenty minutes, not twenty-two.
    let split = (21..=29).contains(&less) && minutes_word == 0;
    split.then_some((less % 10 * 60 - 20, at - i, true, false))
}

/// "четверть девятого", "десять минут девятого"
fn of_hour_ru(tokens: &Tokens<'_>, i: usize) -> Option<Reading> {
    let (past, at) = if tokens.at(i) == "четверть" {
        (15, i + 1)
    } else {
        let past = cardinal(tokens, i).filter(|n| (1..60).contains(&n.value))?;
        let at = i + past.len;
        (signed(past.value), tokens.at(at).starts_with("минут").then_some(at + 1)?)
    };
    let hour = ordinal_hour(tokens, at)?;
    Some(((hour - 1) * 60 + past, at + 1 - i, true, false))
}

/// "half past seven", "quarter to nine", "ten past four", "half seven"
fn past_en(tokens: &Tokens<'_>, i: usize) -> Option<Reading> {
    let skip = usize::from(tokens.at(i) == "a");
    let (part, at) = match tokens.at(i + skip) {
        "half" => (30, i + skip + 1),
        "quarter" => (15, i + skip + 1),
        _ => {
            let part = cardinal(tokens, i).filter(|n| (1..30).contains(&n.value))?;
            let at = i + part.len;
            (signed(part.value), at + usize::from(tokens.at(at) == "minutes"))
        }
    };
    let sign = match tokens.at(at) {
        "past" | "after" => 1,
        "to" | "of" | "till" if part != 30 => -1,
        _ if part == 30 => {
            let hour = hour_number(tokens, at).filter(|n| n.0 <= 12)?;
            return Some((hour.0 * 60 + 30, at + hour.1 - i, true, false));
        }
        _ => return None,
    };
    // "ten to four" may as well be a range; only round quarters are read as minutes.
    if sign < 0 && part != 15 && tokens.at(at - 1) != "minutes" && !matches!(part, 5 | 10 | 20 | 25)
    {
        return None;
    }
    let (hour, len) = hour_number(tokens, at + 1).filter(|n| n.0 <= 12)?;
    let range =
        sign < 0 && matches!(part, 5 | 10) && part < hour + 12 && tokens.before(i, 1) == "from";
    (!range).then_some((hour * 60 + sign * part, at + 1 + len - i, true, false))
}

fn hour_number(tokens: &Tokens<'_>, i: usize) -> Option<(i32, usize)> {
    const FEMININE: &[&str] = &["одна", "одной", "одну", "одно", "одном", "одного", "две"];
    let hour = cardinal(tokens, i).filter(|n| n.value <= 24)?;
    let pronoun = tokens.at(i) == "one"
        && (tokens.is(
            i.wrapping_sub(1),
            &[
                "the", "that", "this", "another", "which", "any", "no", "other", "last", "each",
                "every", "earlier", "later",
            ],
        ) || i > 0
            && tokens.get(i - 1).is_some_and(|t| t.atom.is_some_and(|atom| atom.ordinal)));
    let odd = pronoun || !hour.figures && tokens.is(i, FEMININE);
    (!odd).then_some((signed(hour.value), hour.len))
}

/// "десять", "десять тридцать", "10:30", "10 часов 30 минут", "десять с половиной".
fn hour(tokens: &Tokens<'_>, i: usize) -> Option<Reading> {
    let (hour, mut len) = hour_number(tokens, i)?;
    if tokens.at(i).len() > 2 && tokens.get(i)?.figures {
        return None;
    }
    let zeroed = tokens.at(i).starts_with('0') && tokens.at(i).len() == 2;
    let hours = tokens.is(i + len, HOUR_WORDS) && !tokens.is(i + len, &["past", "quarter", "half"]);
    let clock_word =
        hours && !(tokens.at(i + len) == "ч" && tokens.gap(i + len + 1).starts_with("-"));
    len += usize::from(clock_word);
    if tokens.any(i + len, &["с половиной", "and a half"]).is_some() {
        let words = if tokens.at(i + len) == "с" { 2 } else { 3 };
        return Some((hour * 60 + HALF_HOUR, len + words, true, false));
    }
    if let Some((minutes, more)) = minutes(tokens, i + len, clock_word) {
        return Some((hour * 60 + minutes, len + more, true, zeroed));
    }
    Some((hour * 60, len, clock_word, zeroed))
}

fn minutes(tokens: &Tokens<'_>, i: usize, after_hours: bool) -> Option<(i32, usize)> {
    let gap = tokens.gap(i);
    let token = tokens.get(i)?;
    if token.figures {
        let two = token.fold.len() == 2;
        let joined = matches!(gap, ":" | ".")
            || gap == "-" && (token.fold.as_str() >= "13" || token.fold == "00")
            || gap == " ";
        let value = token.fold.parse::<i32>().ok().filter(|value| two && joined && *value < 60)?;
        let word = usize::from(tokens.at(i + 1).starts_with("мин"));
        let measured = counts_something(tokens, i + 1) || gap == " " && street_word(tokens, i + 1);
        return (word == 1 || !measured).then_some((value, 1 + word));
    }
    if gap.trim() != "" && gap.trim() != "-" {
        return None;
    }
    if tokens.is(i, &["ноль", "нуль", "oh", "o", "zero"]) {
        let next = cardinal(tokens, i + 1).filter(|n| n.value < 10)?;
        return Some((signed(next.value), 1 + next.len));
    }
    if tokens.at(i) == "hundred" {
        return Some((0, 1));
    }
    let found = cardinal(tokens, i).filter(|n| n.value < 60 && !n.figures)?;
    let word = usize::from(tokens.at(i + found.len).starts_with("мин"));
    let plain = found.value >= 10 || word == 1 || after_hours && found.value == 5;
    let other = word == 0
        && (counts_something(tokens, i + found.len)
            || tokens.is(i + found.len, &["час", "часа", "часов"]));
    (plain && !other).then_some((signed(found.value), found.len + word))
}

fn street_word(tokens: &Tokens<'_>, i: usize) -> bool {
    tokens.is(i, &["кв", "квартира", "подъезд", "этаж", "дом", "улица"])
}

/// "вечера", "утра", "pm": settles the half of the day.
fn half_of_day(tokens: &Tokens<'_>, i: usize, minutes: i32) -> Option<(Face, usize)> {
    #[rustfmt::skip]
    const HALVES: &[(&str, char)] = &[
        ("утра", 'a'), ("дня", 'd'), ("вечера", 'p'), ("ночи", 'n'), ("пополудни", 'd'),
        ("am", 'a'), ("a m", 'a'), ("pm", 'p'), ("p m", 'p'), ("in the morning", 'a'),
        ("in the afternoon", 'd'), ("in the evening", 'p'), ("at night", 'p'),
        ("o'clock in the morning", 'a'), ("o'clock in the afternoon", 'd'),
        ("o'clock in the evening", 'p'), ("o'clock pm", 'p'), ("o'clock am", 'a'),
    ];
    let (phrase, half) = HALVES.iter().find(|(phrase, _)| tokens.phrase(i, phrase).is_some())?;
    if tokens.marked(i) && !matches!(*phrase, "a m" | "p m") {
        return None;
    }
    let noonish = (NOON..NOON + 60).contains(&minutes);
    let minutes = match half {
        'a' | 'n' if noonish => minutes - NOON,
        'd' | 'p' if minutes < NOON && (*half == 'p' || minutes < 8 * 60) => minutes + NOON,
        'n' if (9 * 60..NOON).contains(&minutes) => minutes + NOON,
        _ => minutes,
    };
    let minutes = if phrase.starts_with("ноч") && minutes == 0 { 24 * 60 } else { minutes };
    Some((Face { minutes, sure: true, plain: true }, tokens.phrase(i, phrase)?))
}

/// What follows turns the number into an amount, a date or a place.
fn counts_something(tokens: &Tokens<'_>, i: usize) -> bool {
    #[rustfmt::skip]
    const NOUNS: &[&str] = &[
        "раз", "комнат", "этаж", "подъезд", "квартир", "дом", "мест", "розет", "кран", "штук",
        "человек", "слоя", "слоев", "метр", "литр", "рубл", "тысяч", "дня", "дней", "день",
        "лет", "год", "процент", "корпус", "минут", "недел", "месяц", "градус", "ванн", "люстр",
        "батаре", "числ", "секунд", "сантиметр", "киловатт", "точ", "полк", "шкаф", "двер",
        "замк", "выключател", "ламп", "вариант", "номер", "строен", "дробь", "квадрат", "труб",
        "ампер", "вольт", "дюйм", "конфор", "day", "week", "month", "year", "time", "room",
        "floor", "apartment", "flat", "minute", "percent", "rouble", "ruble", "dollar", "people",
        "outlet", "socket", "tap", "house", "street", "meter", "hour", "building", "entrance",
        "unit", "kilo", "thousand", "hundred", "litre",
    ];
    let word = tokens.at(i);
    if tokens.marked(i) || word.is_empty() {
        return false;
    }
    NOUNS.iter().any(|noun| word.starts_with(noun)) && word != "дома"
        || is_month(word)
        || tokens.gap(i).contains('%')
}

pub(super) fn signed(value: u64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// An hour without a preposition, where a time was asked for.
pub(super) fn is_free_hour(tokens: &Tokens<'_>, i: usize) -> bool {
    !street_before(tokens, i)
        && !tokens.is(
            i.wrapping_sub(1),
            &[
                "дом",
                "квартира",
                "подъезд",
                "этаж",
                "корпус",
                "кв",
                "номер",
                "house",
                "apartment",
                "flat",
            ],
        )
}
