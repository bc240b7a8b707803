//! Days as people name them: "послезавтра", "на той неделе во вторник", "тридцатого", "Nov 25th".
//!
//! **Never here:** hours, and which calendar day it comes to (resolve).

use jiff::civil::Weekday;

use super::{Piece, Said};
use crate::understand::number::{cardinal, number};
use crate::understand::token::Tokens;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    Today,
    /// So many days from today.
    In(i32),
    Weekday(Weekday, Which),
    Date {
        day: i8,
        month: Option<i8>,
        year: Option<i16>,
    },
    Weekend(Which),
    /// So many weeks from this one, and which third of it.
    Week(i32, Third),
    Workday,
    Month(i8, Third),
    NextMonth,
    ThisMonth(Third),
    /// From now over so many days: "на днях".
    Within(i32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Coming,
    This,
    Next,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Third {
    Whole,
    Beginning,
    Middle,
    End,
}

#[rustfmt::skip]
const PHRASES: &[(&str, Day)] = &[
    ("сегодня", Day::Today), ("сегодняшний день", Day::Today),
    ("на сегодняшний день", Day::Today), ("седня", Day::Today), ("сегодня же", Day::Today),
    ("севодня", Day::Today), ("today", Day::Today), ("tonight", Day::Today),
    ("завтра", Day::In(1)), ("завтрашний день", Day::In(1)), ("завтро", Day::In(1)),
    ("tomorrow", Day::In(1)), ("tomorow", Day::In(1)), ("tommorow", Day::In(1)),
    ("tommorrow", Day::In(1)), ("послезавтра", Day::In(2)), ("после завтра", Day::In(2)),
    ("послезавтро", Day::In(2)), ("the day after tomorrow", Day::In(2)),
    ("day after tomorrow", Day::In(2)), ("the day after", Day::In(2)),
    ("после послезавтра", Day::In(3)), ("послепослезавтра", Day::In(3)),
    ("выходные", Day::Weekend(Which::Coming)), ("выходных", Day::Weekend(Which::Coming)),
    ("выходной", Day::Weekend(Which::Coming)), ("эти выходные", Day::Weekend(Which::This)),
    ("этих выходных", Day::Weekend(Which::This)),
    ("ближайшие выходные", Day::Weekend(Which::This)),
    ("следующие выходные", Day::Weekend(Which::Next)),
    ("следующих выходных", Day::Weekend(Which::Next)),
    ("те выходные", Day::Weekend(Which::Next)), ("уикенд", Day::Weekend(Which::Coming)),
    ("weekend", Day::Weekend(Which::Coming)), ("weekends", Day::Weekend(Which::Coming)),
    ("the weekend", Day::Weekend(Which::Coming)), ("this weekend", Day::Weekend(Which::This)),
    ("next weekend", Day::Weekend(Which::Next)),
    ("следующей неделе", Day::Week(1, Third::Whole)),
    ("следующую неделю", Day::Week(1, Third::Whole)),
    ("следующей недели", Day::Week(1, Third::Whole)), ("той неделе", Day::Week(1, Third::Whole)),
    ("той недели", Day::Week(1, Third::Whole)), ("ту неделю", Day::Week(1, Third::Whole)),
    ("будущей неделе", Day::Week(1, Third::Whole)),
    ("другой неделе", Day::Week(1, Third::Whole)), ("next week", Day::Week(1, Third::Whole)),
    ("the following week", Day::Week(1, Third::Whole)),
    ("this week", Day::Week(0, Third::Whole)), ("этой неделе", Day::Week(0, Third::Whole)),
    ("этой недели", Day::Week(0, Third::Whole)), ("эту неделю", Day::Week(0, Third::Whole)),
    ("начале недели", Day::Week(0, Third::Beginning)),
    ("начало недели", Day::Week(0, Third::Beginning)),
    ("начале следующей недели", Day::Week(1, Third::Beginning)),
    ("начало следующей недели", Day::Week(1, Third::Beginning)),
    ("early next week", Day::Week(1, Third::Beginning)),
    ("beginning of the week", Day::Week(0, Third::Beginning)),
    ("beginning of next week", Day::Week(1, Third::Beginning)),
    ("первой половине недели", Day::Week(0, Third::Beginning)),
    ("первой половине следующей недели", Day::Week(1, Third::Beginning)),
    ("второй половине недели", Day::Week(0, Third::End)),
    ("второй половине следующей недели", Day::Week(1, Third::End)),
    ("the week after next", Day::Week(2, Third::Whole)),
    ("week after next", Day::Week(2, Third::Whole)),
    ("через неделю на следующей", Day::Week(2, Third::Whole)),
    ("выходным", Day::Weekend(Which::Coming)), ("середине недели", Day::Week(0, Third::Middle)),
    ("середине следующей недели", Day::Week(1, Third::Middle)),
    ("middle of the week", Day::Week(0, Third::Middle)),
    ("middle of next week", Day::Week(1, Third::Middle)),
    ("midweek", Day::Week(0, Third::Middle)), ("конце недели", Day::Week(0, Third::End)),
    ("концу недели", Day::Week(0, Third::End)), ("конец недели", Day::Week(0, Third::End)),
    ("конце следующей недели", Day::Week(1, Third::End)),
    ("концу следующей недели", Day::Week(1, Third::End)),
    ("end of the week", Day::Week(0, Third::End)),
    ("end of next week", Day::Week(1, Third::End)), ("late next week", Day::Week(1, Third::End)),
    ("будни", Day::Workday), ("будням", Day::Workday), ("будний день", Day::Workday),
    ("будние дни", Day::Workday), ("рабочий день", Day::Workday), ("рабочие дни", Day::Workday),
    ("weekday", Day::Workday), ("weekdays", Day::Workday), ("a working day", Day::Workday),
    ("следующем месяце", Day::NextMonth), ("next month", Day::NextMonth),
    ("на днях", Day::Within(3)), ("ближайшие дни", Day::Within(3)),
    ("ближайшие пару дней", Day::Within(2)), ("the next few days", Day::Within(3)),
    ("next few days", Day::Within(3)), ("the coming days", Day::Within(3)),
    ("next couple of days", Day::Within(2)), ("one of these days", Day::Within(5)),
    ("течение недели", Day::Within(7)), ("within a week", Day::Within(7)),
    ("within the week", Day::Within(7)), ("начале месяца", Day::NextMonth),
    ("конце месяца", Day::ThisMonth(Third::End)), ("концу месяца", Day::ThisMonth(Third::End)),
    ("конец месяца", Day::ThisMonth(Third::End)), ("этом месяце", Day::ThisMonth(Third::Whole)),
    ("конце этого месяца", Day::ThisMonth(Third::End)),
    ("середине месяца", Day::ThisMonth(Third::Middle)),
    ("end of the month", Day::ThisMonth(Third::End)),
    ("end of this month", Day::ThisMonth(Third::End)),
    ("this month", Day::ThisMonth(Third::Whole)), ("month's end", Day::ThisMonth(Third::End)),
    ("middle of the month", Day::ThisMonth(Third::Middle)),
];

pub(super) fn day(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    if let Some((day, len)) = phrase(tokens, i).filter(|(_, len)| *len > 1) {
        return Some(Said { piece: Piece::Day(day), from: i, to: i + len });
    }
    let at = i + lead(tokens, i);
    let (day, len) = date(tokens, at)
        .or_else(|| phrase(tokens, at))
        .or_else(|| weekday(tokens, at))
        .or_else(|| month(tokens, at))?;
    let piece = match lead_kind(tokens, i, at) {
        "from" => Piece::DayFrom(day),
        "after" => Piece::DayAfter(day),
        // "по будням" names days, "по среду" ends a stretch of them.
        "to" if matches!(day, Day::Workday | Day::Weekend(_)) && tokens.at(i) == "по" => {
            Piece::Day(day)
        }
        "to" => Piece::DayTo(day),
        _ => Piece::Day(day),
    };
    Some(Said { piece, from: i, to: at + len })
}

#[rustfmt::skip]
const LEADS: &[(&str, &str)] = &[
    ("в", ""), ("во", ""), ("на", ""), ("к", ""), ("ко", ""), ("on", ""), ("for", ""),
    ("by", ""), ("at", ""), ("in", ""), ("по", "to"), ("около", ""), ("с", "from"),
    ("со", "from"), ("начиная с", "from"), ("не раньше", "from"), ("не ранее", "from"),
    ("не раньше чем в", "from"), ("from", "from"), ("starting", "from"),
    ("starting from", "from"), ("not before", "from"), ("no earlier than", "from"),
    ("not earlier than", "from"), ("после", "after"), ("after", "after"), ("до", "to"),
    ("не позже", "to"), ("не позднее", "to"), ("before", "to"), ("until", "to"), ("till", "to"),
    ("no later than", "to"), ("to", "to"), ("through", "to"), ("on the", ""), ("at the", ""),
    ("over the", ""), ("by the", ""),
];

fn lead(tokens: &Tokens<'_>, i: usize) -> usize {
    LEADS.iter().filter_map(|(phrase, _)| tokens.phrase(i, phrase)).max().unwrap_or(0)
}

fn lead_kind(tokens: &Tokens<'_>, i: usize, at: usize) -> &'static str {
    LEADS
        .iter()
        .filter(|(phrase, _)| tokens.phrase(i, phrase) == Some(at - i))
        .map(|(_, kind)| *kind)
        .next()
        .filter(|_| at > i)
        .unwrap_or("")
}

fn phrase(tokens: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    PHRASES
        .iter()
        .filter_map(|(phrase, day)| Some((*day, tokens.phrase(i, phrase)?)))
        .max_by_key(|(_, len)| *len)
}

const WEEKDAYS: [(&[&str], Weekday); 7] = [
    (&["понедельник", "monday", "пн", "mon", "пон"], Weekday::Monday),
    (&["вторник", "tuesday", "вт", "tue", "tues"], Weekday::Tuesday),
    (&["сред", "wednesday", "ср", "wed"], Weekday::Wednesday),
    (&["четверг", "thursday", "чт", "thu", "thur", "thurs"], Weekday::Thursday),
    (&["пятниц", "friday", "пт", "fri"], Weekday::Friday),
    (&["суббот", "saturday", "сб", "sat"], Weekday::Saturday),
    (&["воскресен", "sunday", "вс", "sun"], Weekday::Sunday),
];

fn weekday(tokens: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    const NEXT: &[&str] =
        &["следующий", "следующую", "следующее", "следующей", "следующая", "следующего", "next"];
    #[rustfmt::skip]
    const THIS: &[&str] = &[
        "этот", "эту", "это", "этой", "this", "ближайший", "ближайшую", "ближайшее", "coming",
        "this coming", "the coming", "the",
    ];
    let (which, skip) = match (tokens.any(i, NEXT), tokens.any(i, THIS)) {
        (Some(len), _) => (Which::Next, len),
        (None, Some(len)) => (Which::This, len),
        (None, None) => (Which::Coming, 0),
    };
    let day = named(tokens.at(i + skip))?;
    let next = tokens.any(
        i + skip + 1,
        &["next week", "на следующей неделе", "на той неделе", "следующей недели", "той недели"],
    );
    let which = if next.is_some() { Which::Next } else { which };
    Some((Day::Weekday(day, which), skip + 1 + next.unwrap_or(0)))
}

pub(super) fn named(word: &str) -> Option<Weekday> {
    const ENDINGS: [&str; 13] =
        ["", "а", "у", "ом", "е", "ы", "ой", "ья", "ье", "ью", "ьем", "ие", "s"];
    let exact = WEEKDAYS.iter().find(|(names, _)| {
        names.iter().enumerate().any(|(n, name)| {
            let end = word.strip_prefix(name);
            end.is_some_and(|end| {
                if n == 0 { ENDINGS.contains(&end) } else { end.is_empty() || n == 1 && end == "s" }
            }) && !(n == 0 && matches!(*name, "сред" | "пятниц" | "суббот") && word == *name)
        })
    });
    exact.or_else(|| misspelled(word)).map(|(_, day)| *day)
}

fn misspelled(word: &str) -> Option<&'static (&'static [&'static str], Weekday)> {
    #[rustfmt::skip]
    const SPELLED: [&str; 14] = [
        "понедельник", "вторник", "", "четверг", "пятницу", "субботу", "воскресенье", "monday",
        "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ];
    let long = word.chars().count();
    if long < 6 {
        return None;
    }
    let slack = if long >= 9 { 2 } else { 1 };
    let near = SPELLED.iter().position(|name| {
        name.chars().next() == word.chars().next() && strsim::levenshtein(name, word) <= slack
    })?;
    WEEKDAYS.get(near % 7)
}

#[rustfmt::skip]
const MONTHS: [(&str, &str, &str); 12] = [
    ("январ", "january", "jan"), ("феврал", "february", "feb"), ("март", "march", "mar"),
    ("апрел", "april", "apr"), ("ма", "may", "may"), ("июн", "june", "jun"),
    ("июл", "july", "jul"), ("август", "august", "aug"), ("сентябр", "september", "sep"),
    ("октябр", "october", "oct"), ("ноябр", "november", "nov"), ("декабр", "december", "dec"),
];

pub(super) fn month_of(word: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|(ru, en, short)| {
        let ending = word.strip_prefix(ru);
        let russian = match *ru {
            "ма" => matches!(ending, Some("й" | "я" | "е")),
            "март" | "август" => matches!(ending, Some("" | "а" | "е" | "у")),
            _ => matches!(ending, Some("ь" | "я" | "е" | "ю")),
        };
        russian || word == *en || word == *short || word == "sept" && *short == "sep"
    })?;
    i8::try_from(at + 1).ok()
}

pub(super) fn is_month(word: &str) -> bool {
    month_of(word).is_some() && !matches!(word, "may" | "mar" | "march")
}

/// "25 ноября", "двадцать пятое", "25.11", "November 25", "the thirtieth".
fn date(tokens: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    if street_before(tokens, i) {
        return None;
    }
    dotted(tokens, i).or_else(|| day_first(tokens, i)).or_else(|| month_first(tokens, i))
}

fn dotted(tokens: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    let figures =
        |j: usize, most: usize| tokens.get(j).filter(|t| t.figures && t.fold.len() <= most);
    let day = figures(i, 2)?.fold.parse().ok().filter(|day| (1..=31).contains(day))?;
    let written = figures(i + 1, 2)?;
    let month = written.fold.parse().ok().filter(|month| (1..=12).contains(month))?;
    if !matches!(written.gap, "." | "/") || written.gap == "." && written.fold.len() != 2 {
        return None;
    }
    let year = figures(i + 2, 4).filter(|t| matches!(t.gap, "." | "/")).and_then(|t| {
        let year: i16 = t.fold.parse().ok()?;
        Some(if year < 100 { 2000 + year } else { year })
    });
    let clock =
        tokens.is(i.wrapping_sub(1), &["в", "к", "до", "после", "at", "by", "before", "after"]);
    let house = written.gap == "/" && year.is_none();
    let date = year.is_some() || !clock && !house;
    date.then_some((Day::Date { day, month: Some(month), year }, 2 + usize::from(year.is_some())))
}

fn day_first(tokens: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    let i = i + usize::from(tokens.at(i) == "the");
    let the = usize::from(tokens.before(i, 1) == "the");
    let found = number(tokens, i).filter(|n| (1..=31).contains(&n.value))?;
    let day = i8::try_from(found.value).ok()?;
    let next = i + found.len;
    let of = usize::from(tokens.at(next) == "of");
    if let Some(month) = month_of(tokens.at(next + of)).filter(|_| !tokens.marked(next)) {
        let year = cardinal(tokens, next + of + 1)
            .filter(|n| n.figures && (2020..2100).contains(&n.value));
        let len = found.len + of + 1 + year.map_or(0, |year| year.len) + the;
        let year = year.and_then(|year| i16::try_from(year.value).ok());
        return Some((Day::Date { day, month: Some(month), year }, len));
    }
    let date = Day::Date { day, month: None, year: None };
    if tokens.is(next, &["числа", "число", "числу", "го"]) {
        return Some((date, found.len + 1 + the));
    }
    let dated = found.ordinal && is_date_form(tokens, i, next, the > 0);
    dated.then_some((date, found.len + the))
}

/// "тридцатого", "25-го", "the thirtieth" and not "пятого этажа" or "the first one".
fn is_date_form(tokens: &Tokens<'_>, i: usize, next: usize, the: bool) -> bool {
    #[rustfmt::skip]
    const COUNTED: &[&str] = &[
        "этаж", "этажа", "этаже", "подъезд", "подъезда", "подъезде", "дом", "дома", "квартира",
        "вариант", "раза", "дня", "день", "числа", "floor", "entrance", "one", "option", "time",
        "apartment", "building", "house", "street", "half", "day", "половина", "половины",
        "половине", "улица", "блока", "корпуса", "года", "этажу", "час", "часу", "avenue", "st",
        "choice", "slot", "ave", "thing", "leak", "problem", "week",
    ];
    let last = tokens.at(next - 1);
    let russian = last.ends_with("ого") || last.ends_with("его") || last == "го";
    let high = number(tokens, i).is_some_and(|n| n.value >= 10);
    let wished = last.ends_with("ое") && (high || tokens.before(i, 1) == "на");
    let english = (last.is_ascii() && the) || matches!(last, "th" | "nd" | "rd" | "st");
    let of_hour = tokens.before(i, 1).starts_with("минут")
        || tokens.before(i, 1).starts_with("половин")
        || matches!(tokens.before(i, 1), "четверть" | "пол" | "начале" | "конце");
    (russian || wished || english) && !tokens.is(next, COUNTED) && !of_hour
}

fn month_first(tokens: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    let month = month_of(tokens.at(i)).filter(|_| tokens.at(i).is_ascii())?;
    let the = usize::from(tokens.at(i + 1) == "the");
    let found = number(tokens, i + 1 + the).filter(|n| (1..=31).contains(&n.value))?;
    let day = i8::try_from(found.value).ok()?;
    let verb = tokens.at(i) == "may" && !found.ordinal && !found.figures;
    (!verb).then_some((Day::Date { day, month: Some(month), year: None }, 1 + the + found.len))
}

/// "в декабре", "в начале декабря"
fn month(tokens: &Tokens<'_>, i: usize) -> Option<(Day, usize)> {
    let (third, skip) = match tokens.at(i) {
        "начале" | "началу" | "начало" | "early" => (Third::Beginning, 1),
        "середине" | "mid" => (Third::Middle, 1),
        "конце" | "концу" | "конец" | "late" => (Third::End, 1),
        _ => (Third::Whole, 0),
    };
    let month = month_of(tokens.at(i + skip)).filter(|_| is_month(tokens.at(i + skip)))?;
    let led = skip > 0 || tokens.is(i.wrapping_sub(1), &["в", "in", "к", "до", "after", "после"]);
    (led && !street_before(tokens, i)).then_some((Day::Month(month, third), skip + 1))
}

/// "улица 8 Марта": the date is the street's name.
pub(super) fn street_before(tokens: &Tokens<'_>, i: usize) -> bool {
    i > 0
        && crate::understand::street::is_type(tokens.at(i - 1))
        && (!tokens.marked(i) || tokens.gap(i).trim() == ".")
}
