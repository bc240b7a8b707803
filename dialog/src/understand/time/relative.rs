//! Times counted from now: "через два часа", "в течение часа", "in half an hour", "in three days".
//!
//! **Never here:** the clock itself.

use super::day::Day;
use super::{Piece, Said};
use crate::understand::number::cardinal;
use crate::understand::token::Tokens;

const DAY_MINUTES: i64 = 24 * 60;

/// A length of time in minutes, or in whole days.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Length {
    Minutes(i64),
    Days(i64),
}

pub(super) fn relative(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    if let Some(said) = from_now(tokens, i) {
        return Some(said);
    }
    let within = tokens.any(
        i,
        &[
            "в течение",
            "в течении",
            "втечение",
            "within",
            "within the next",
            "in the next",
            "over the next",
            "during the next",
            "в ближайшие",
            "ближайшие",
            "не позже чем через",
            "не позднее чем через",
            "в пределах",
        ],
    );
    let after = tokens.any(
        i,
        &[
            "через",
            "черезь",
            "спустя",
            "in",
            "in about",
            "через где то",
            "где то через",
            "примерно через",
            "in around",
            "минут через",
            "часа через",
            "часов через",
            "дня через",
            "дней через",
            "недели через",
        ],
    );
    let (start, open) = match (within, after) {
        (Some(len), _) => (i + len, true),
        (None, Some(len)) => (i + len, false),
        (None, None) => return None,
    };
    let unit_first = inverted(tokens, i);
    let skip = tokens
        .any(
            start,
            &[
                "примерно",
                "где то",
                "около",
                "about",
                "around",
                "буквально",
                "каких нибудь",
                "an about",
            ],
        )
        .unwrap_or(0);
    let (length, len) = match unit_first {
        Some(found) if !open => found,
        _ => length(tokens, start + skip)?,
    };
    let to = start + skip + len;
    let piece = match (length, open) {
        (Length::Minutes(minutes), true) => Piece::Within(minutes),
        (Length::Minutes(minutes), false) => {
            range(tokens, to, minutes).unwrap_or(Piece::In(minutes))
        }
        (Length::Days(days), true) => Piece::Within(days.checked_mul(DAY_MINUTES)?),
        (Length::Days(days), false) => Piece::Day(Day::In(i32::try_from(days).ok()?)),
    };
    Some(Said { piece, from: i, to })
}

/// "a week from today", "two hours from now"
fn from_now(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    let (length, len) = length(tokens, i)?;
    let end = i + len + tokens.any(i + len, &["from now", "from today"])?;
    let piece = match length {
        Length::Minutes(minutes) => Piece::In(minutes),
        Length::Days(days) => Piece::Day(Day::In(i32::try_from(days).ok()?)),
    };
    Some(Said { piece, from: i, to: end })
}

/// "через час-два"
fn range(tokens: &Tokens<'_>, to: usize, minutes: i64) -> Option<Piece> {
    let more = cardinal(tokens, to).filter(|n| n.value <= 12)?;
    let hours = i64::try_from(more.value).ok()? * 60;
    (minutes == 60 && hours > minutes && !tokens.marked(to))
        .then_some(Piece::InRange(minutes, hours))
}

/// "часа через два", "минут через сорок"
fn inverted(tokens: &Tokens<'_>, i: usize) -> Option<(Length, usize)> {
    if !tokens.is(i, &["минут", "часа", "часов", "дня", "дней", "недели"])
        || tokens.at(i + 1) != "через"
    {
        return None;
    }
    let count = cardinal(tokens, i + 2)?;
    let count_value = i64::try_from(count.value).ok().filter(|count| *count < 1000)?;
    Some((unit(tokens.at(i))?.times(count_value), count.len))
}

impl Length {
    fn times(self, count: i64) -> Self {
        match self {
            Self::Minutes(minutes) => Self::Minutes(minutes * count),
            Self::Days(days) => Self::Days(days * count),
        }
    }
}

fn unit(word: &str) -> Option<Length> {
    Some(match word {
        "минуту" | "минуты" | "минут" | "минутку" | "мин" | "минуток" | "minute" | "minutes"
        | "min" | "mins" => Length::Minutes(1),
        "час" | "часа" | "часов" | "часик" | "часика" | "часиков" | "ч" | "hour" | "hours"
        | "hr" | "hrs" => Length::Minutes(60),
        "день" | "дня" | "дней" | "денек" | "сутки" | "суток" | "day" | "days" => {
            Length::Days(1)
        }
        "неделю" | "недели" | "недель" | "недельку" | "week" | "weeks" => {
            Length::Days(7)
        }
        "месяц" | "месяца" | "month" | "months" => Length::Days(30),
        _ => return None,
    })
}

fn length(tokens: &Tokens<'_>, i: usize) -> Option<(Length, usize)> {
    #[rustfmt::skip]
    const WHOLE: &[(&str, Length)] = &[
        ("полчаса", Length::Minutes(30)), ("пол часа", Length::Minutes(30)),
        ("полчасика", Length::Minutes(30)), ("получаса", Length::Minutes(30)),
        ("half an hour", Length::Minutes(30)), ("half hour", Length::Minutes(30)),
        ("a half hour", Length::Minutes(30)), ("полтора часа", Length::Minutes(90)),
        ("полутора часов", Length::Minutes(90)), ("час с половиной", Length::Minutes(90)),
        ("an hour and a half", Length::Minutes(90)), ("пару часов", Length::Minutes(120)),
        ("пары часов", Length::Minutes(120)), ("парочку часов", Length::Minutes(120)),
        ("a couple of hours", Length::Minutes(120)), ("couple of hours", Length::Minutes(120)),
        ("couple hours", Length::Minutes(120)), ("a couple hours", Length::Minutes(120)),
        ("несколько часов", Length::Minutes(180)), ("a few hours", Length::Minutes(180)),
        ("few hours", Length::Minutes(180)), ("пару минут", Length::Minutes(10)),
        ("an hour", Length::Minutes(60)), ("a hour", Length::Minutes(60)),
        ("hour", Length::Minutes(60)), ("the hour", Length::Minutes(60)),
        ("часа", Length::Minutes(60)), ("час", Length::Minutes(60)),
        ("часик", Length::Minutes(60)), ("минуту", Length::Minutes(1)),
        ("минутку", Length::Minutes(1)), ("a minute", Length::Minutes(1)),
        ("четверть часа", Length::Minutes(15)), ("a quarter of an hour", Length::Minutes(15)),
        ("сорок минут", Length::Minutes(40)), ("день", Length::Days(1)),
        ("денек", Length::Days(1)), ("сутки", Length::Days(1)), ("суток", Length::Days(1)),
        ("a day", Length::Days(1)), ("пару дней", Length::Days(2)),
        ("парочку дней", Length::Days(2)), ("a couple of days", Length::Days(2)),
        ("couple of days", Length::Days(2)), ("несколько дней", Length::Days(3)),
        ("a few days", Length::Days(3)), ("неделю", Length::Days(7)),
        ("недельку", Length::Days(7)), ("недели", Length::Days(7)), ("a week", Length::Days(7)),
        ("пару недель", Length::Days(14)), ("a couple of weeks", Length::Days(14)),
        ("полторы недели", Length::Days(10)), ("месяц", Length::Days(30)),
        ("a month", Length::Days(30)),
    ];
    let whole = WHOLE
        .iter()
        .filter_map(|(phrase, length)| Some((*length, tokens.phrase(i, phrase)?)))
        .max_by_key(|(_, len)| *len);
    if whole.is_some() {
        return whole;
    }
    let count = cardinal(tokens, i).filter(|count| count.value <= 1000)?;
    let next = i + count.len;
    let value = i64::try_from(count.value).ok()?;
    if tokens.any(next, &["с половиной часа", "and a half hours"]).is_some() {
        return Some((
            Length::Minutes(value * 60 + 30),
            count.len + if tokens.at(next) == "с" { 3 } else { 4 },
        ));
    }
    let length = unit(tokens.at(next))?.times(value);
    Some((length, count.len + 1))
}
