//! Lengths of time: "полтора часа", "минут сорок", "два часа двадцать минут", "half an hour".
//!
//! **Never here:** moments counted from now ("через час"); those are times.

use super::quantity::quantity;
use crate::understand::token::Tokens;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Length {
    pub seconds: i64,
    /// Whole hours, as a time of day is said: "два часа".
    pub hours: bool,
    pub from: usize,
    pub to: usize,
}

pub(super) fn durations(tokens: &Tokens<'_>, sure: bool) -> Vec<Length> {
    let mut lengths = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let found = length(tokens, i).or_else(|| lone(tokens, i, sure));
        match found.filter(|found| (found.from..found.to).all(|j| tokens.free(j))) {
            Some(found) => {
                i = found.to;
                lengths.push(found);
            }
            None => i += 1,
        }
    }
    lengths
}

/// The words before it tell that a length is meant, not a moment.
pub(super) fn is_told(tokens: &Tokens<'_>, at: usize) -> bool {
    #[rustfmt::skip]
    const STEMS: &[&str] = &[
        "займ", "занима", "заня", "длит", "продлит", "длил", "жду", "ждал", "ждем", "ждать", "подожд",
        "прошло", "уже", "делать", "ушло", "уйдет", "потребу", "хватит", "работал", "опозда",
        "продолжит", "минимум", "максимум", "целых", "last", "take", "took", "wait", "spend",
        "spent", "duration", "already", "lasting", "need",
    ];
    let near = at.saturating_sub(4)..at;
    near.rev()
        .take_while(|&j| !tokens.marked(j + 1))
        .any(|j| STEMS.iter().any(|stem| tokens.at(j).starts_with(stem)))
        || tokens.is(at.wrapping_sub(1), &["for"])
}

fn length(tokens: &Tokens<'_>, i: usize) -> Option<Length> {
    let (mut seconds, mut len) = whole(tokens, i)
        .or_else(|| counted(tokens, i))
        .or_else(|| inverted(tokens, i))
        .or_else(|| hour_and(tokens, i))?;
    // "два часа двадцать минут", "an hour and twenty minutes".
    let and = usize::from(tokens.is(i + len, &["и", "and"]));
    let more = counted(tokens, i + len + and).filter(|(more, _)| *more < seconds);
    if let Some((more, taken)) = more {
        seconds += more;
        len += and + taken;
    } else if let Some((more, taken)) = minutes_left_out(tokens, i, len, seconds) {
        seconds += more;
        len += taken;
    }
    let hours = (i..i + len).any(|at| tokens.at(at).starts_with("час") || tokens.at(at) == "hours");
    let hours = hours && seconds % 3_600 == 0 && (3_600..=86_400).contains(&seconds);
    (!of_the_day(tokens, i + len)).then_some(Length { seconds, hours, from: i, to: i + len })
}

/// "два часа ночи", "5 hours ago": no length.
fn of_the_day(tokens: &Tokens<'_>, at: usize) -> bool {
    let hour = tokens.at(at.wrapping_sub(1)).starts_with("час");
    hour && tokens.is(at, &["ночи", "дня", "утра", "вечера"])
        || tokens.is(at, &["назад", "ago", "o'clock", "next", "later", "спустя"])
}

#[rustfmt::skip]
const WHOLE: &[(&str, i64)] = &[
    ("полчаса", 1_800), ("пол часа", 1_800), ("полчасика", 1_800), ("получаса", 1_800),
    ("пару минут", 120), ("пара минут", 120), ("пару часов", 7_200), ("пара часов", 7_200),
    ("пару дней", 172_800), ("пара дней", 172_800), ("пару недель", 1_209_600),
    ("пара недель", 1_209_600), ("полдня", 43_200), ("пол дня", 43_200), ("полгода", 15_768_000),
    ("полминуты", 30), ("четверть часа", 900), ("три четверти часа", 2_700),
    ("half an hour", 1_800), ("half hour", 1_800), ("a half hour", 1_800),
    ("a quarter of an hour", 900), ("quarter of an hour", 900),
    ("three quarters of an hour", 2_700), ("an hour and a half", 5_400),
    ("hour and a half", 5_400), ("a day and a half", 129_600), ("a couple of minutes", 120),
    ("a couple of hours", 7_200), ("couple of hours", 7_200), ("a couple hours", 7_200),
    ("a couple of days", 172_800), ("couple of days", 172_800), ("a couple of weeks", 1_209_600),
    ("half a day", 43_200), ("half a minute", 30), ("an hour", 3_600), ("a minute", 60),
    ("a day", 86_400), ("a week", 604_800), ("a month", 2_592_000), ("a year", 31_536_000),
    ("a fortnight", 1_209_600), ("час с половиной", 5_400), ("часа полтора", 5_400),
];

fn whole(tokens: &Tokens<'_>, i: usize) -> Option<(i64, usize)> {
    WHOLE
        .iter()
        .filter_map(|(phrase, seconds)| Some((*seconds, tokens.phrase(i, phrase)?)))
        .max_by_key(|(_, len)| *len)
}

fn unit(word: &str) -> Option<i64> {
    Some(match word {
        "секунда" | "секунду" | "секунды" | "секунд" | "сек" | "second" | "seconds" | "sec"
        | "secs" => 1,
        "минута" | "минуту" | "минуты" | "минут" | "мин" | "минуток" | "минутах" | "минутам"
        | "minute" | "minutes" | "min" | "mins" => 60,
        "час" | "часа" | "часов" | "часик" | "часика" | "часиков" | "ч" | "часам" | "часах"
        | "hour" | "hours" | "hr" | "hrs" | "h" => 3_600,
        "день" | "дня" | "дней" | "сутки" | "суток" | "денек" | "денька" | "day" | "days" => {
            86_400
        }
        "неделя" | "неделю" | "недели" | "недель" | "week" | "weeks" => {
            604_800
        }
        "месяц" | "месяца" | "месяцев" | "month" | "months" => 2_592_000,
        "год" | "года" | "лет" | "year" | "years" => 31_536_000,
        _ => return None,
    })
}

fn counted(tokens: &Tokens<'_>, i: usize) -> Option<(i64, usize)> {
    let count = quantity(tokens, i).filter(|count| (0.0..1e6).contains(&count.value))?;
    let at = i + count.len;
    let more = usize::from(tokens.is(at, &["целых", "полных", "full", "whole"]));
    let unit = unit(tokens.at(at + more)).filter(|_| near(tokens, at + more))?;
    let half = tokens.any(at + more + 1, &["с половиной", "and a half"]);
    let value = count.value + if half.is_some() { 0.5 } else { 0.0 };
    Some((seconds(value, unit), count.len + more + 1 + half.unwrap_or(0)))
}

fn near(tokens: &Tokens<'_>, at: usize) -> bool {
    matches!(tokens.gap(at).trim(), "" | "-" | ".")
}

#[expect(clippy::cast_possible_truncation, reason = "a million years fit")]
#[expect(clippy::cast_precision_loss, reason = "units are small")]
fn seconds(count: f64, unit: i64) -> i64 {
    (count * unit as f64).round() as i64
}

/// "минут сорок", "часа два", "дня три": about so much.
fn inverted(tokens: &Tokens<'_>, i: usize) -> Option<(i64, usize)> {
    const ABOUT: &[&str] = &["минут", "часа", "часов", "часика", "дня", "дней", "недели", "месяца"];
    if !tokens.is(i, ABOUT) {
        return None;
    }
    let unit = unit(tokens.at(i))?;
    let and = usize::from(tokens.is(i + 1, &["на", "в", "этак", "так"]));
    let count = quantity(tokens, i + 1 + and).filter(|count| count.value < 1000.0 && and == 0)?;
    let counts_else = self::unit(tokens.at(i + 1 + count.len)).is_some();
    (!counts_else).then(|| (seconds(count.value, unit), 1 + count.len))
}

/// "час двадцать", "час десять минут", "hour and twenty minutes".
fn hour_and(tokens: &Tokens<'_>, i: usize) -> Option<(i64, usize)> {
    if !tokens.is(i, &["час", "часик", "hour"]) {
        return None;
    }
    let and = usize::from(tokens.is(i + 1, &["и", "and"]));
    let minutes = counted(tokens, i + 1 + and).filter(|(minutes, _)| *minutes < 3_600);
    minutes.map(|(minutes, len)| (3_600 + minutes, 1 + and + len))
}

/// "два часа сорок", "2ч 30".
fn minutes_left_out(
    tokens: &Tokens<'_>,
    i: usize,
    len: usize,
    seconds: i64,
) -> Option<(i64, usize)> {
    let hours = tokens.at(i + len - 1).starts_with("час") || tokens.at(i + len - 1) == "ч";
    let more = quantity(tokens, i + len)
        .filter(|more| hours && seconds % 3_600 == 0 && (5.0..60.0).contains(&more.value))?;
    let end = i + len + more.len;
    let ends = end >= tokens.len() || tokens.marked(end);
    (ends && !tokens.marked(i + len)).then(|| (self::seconds(more.value, 60), more.len))
}

/// "около часа", "на неделю", "уже месяц": one of a unit, where the words around say so.
fn lone(tokens: &Tokens<'_>, i: usize, sure: bool) -> Option<Length> {
    #[rustfmt::skip]
    const UNITS: &[&str] = &[
        "час", "часа", "часик", "сутки", "неделю", "неделя", "месяц", "минуту", "день", "год", "года",
    ];
    #[rustfmt::skip]
    const LED: &[&str] = &[
        "около", "целый", "целую", "целые", "примерно", "почти", "больше", "более", "меньше",
        "менее", "минимум", "максимум", "за", "уже", "еще",
    ];
    let unit = unit(tokens.at(i)).filter(|_| tokens.is(i, UNITS))?;
    let led = i > 0 && tokens.is(i - 1, LED);
    let alone = tokens.len() == 1 && sure;
    let said = alone || led && (sure || is_told(tokens, i) || unit >= 86_400) || sure && led;
    (said && !of_the_day(tokens, i + 1)).then_some(Length {
        seconds: unit,
        hours: unit == 3_600,
        from: i,
        to: i + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_words_and_figures() {
        for (said, seconds) in [
            ("полтора часа", 5_400),
            ("полчаса", 1_800),
            ("минут сорок", 2_400),
            ("часа два", 7_200),
            ("два часа двадцать минут", 8_400),
            ("два с половиной часа", 9_000),
            ("час сорок минут", 6_000),
            ("два часа сорок", 9_600),
            ("2ч 30м", 7_200),
            ("три дня", 259_200),
            ("сорок пять минут", 2_700),
            ("half an hour", 1_800),
            ("an hour and a half", 5_400),
            ("two and a half days", 216_000),
            ("an hour and twenty minutes", 4_800),
            ("a couple of hours", 7_200),
            ("90 minutes", 5_400),
            ("1.5 hours", 5_400),
            ("2 weeks", 1_209_600),
        ] {
            let found = durations(&Tokens::of(said), false);

            assert_eq!(found.first().map(|found| found.seconds), Some(seconds), "{said}");
        }
    }

    #[test]
    fn hours_of_the_day_and_lone_words_are_no_lengths() {
        for said in ["два часа ночи", "день рождения", "час", "пять кранов", "two hours ago"]
        {
            assert_eq!(durations(&Tokens::of(said), false), [], "{said}");
        }
    }
}
