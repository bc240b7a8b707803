//! From what was said to moments: which day "в семь" is on, and which half of it.
//!
//! A moment is never in the past, and a visit prefers the working hours of a day.
//!
//! **Never here:** words.

use jiff::civil::{Date, Time, Weekday};
use jiff::{Span, Timestamp, ToSpan, Zoned};
use job_core::slot::Wish;

use super::clock::Face;
use super::day::{Day, Third, Which};
use super::part::Part;
use super::{Piece, Sayings, TimeWish};
use crate::understand::Grain;

const DAY: i32 = 24 * 60;
const NOON: i32 = 12 * 60;
/// Visits begin within these hours unless the caller says otherwise.
const FIRST_VISIT: i32 = 8 * 60;
const LAST_VISIT: i32 = 20 * 60;
/// A part of the day with less than this left means the next day's.
const PART_LEFT: i32 = 60;

/// Days from `first` up to and without `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Days {
    first: Date,
    end: Date,
}

/// `day`: what was said without a day is on that one, unless it is past by then.
pub(super) fn wish(all: &Sayings, now: &Zoned, day: Option<Date>) -> Option<TimeWish> {
    let today = all.days.iter().any(|piece| matches!(piece, Piece::Day(Day::Today)));
    let undated = all.days.is_empty() && all.from_now.is_none() && !all.any && !all.urgent;
    let ahead = day.filter(|_| undated).and_then(|day| now.date().until(day).ok());
    let on_day = ahead.and_then(|ahead| when(&all.on(ahead.get_days()), now));
    let ahead = on_day.filter(|wish| wish.to.is_none_or(|to| to > now.timestamp()));
    let wish = ahead.or_else(|| when(all, now))?;
    Some(TimeWish {
        wish,
        urgent: all.urgent,
        today,
        dated: !all.days.is_empty() || all.from_now.is_some(),
        grain: grain(all),
    })
}

/// The finest thing said decides.
fn grain(all: &Sayings) -> Grain {
    let round = |face: &Face| face.minutes % 60 == 0;
    if let Some(piece) = merged(&all.hours) {
        let whole = match &piece {
            Piece::At(face) | Piece::After(face) | Piece::Before(face) => round(face),
            Piece::Between(from, to) => round(from) && round(to),
            _ => false,
        };
        return if whole { Grain::Hour } else { Grain::Minute };
    }
    match all.from_now {
        Some(Piece::In(minutes) | Piece::Within(minutes)) if minutes % 60 != 0 => {
            return Grain::Minute;
        }
        Some(Piece::Within(minutes)) if i64::from(DAY) <= minutes => return Grain::Day,
        Some(_) => return Grain::Hour,
        None => {}
    }
    if !all.parts.is_empty() {
        return Grain::PartOfDay;
    }
    let coarse = all.days.iter().map(|piece| match piece {
        Piece::Day(day) | Piece::DayFrom(day) | Piece::DayAfter(day) | Piece::DayTo(day) => {
            day_grain(*day)
        }
        _ => Grain::Day,
    });
    coarse.min_by_key(|grain| *grain as u8).unwrap_or(Grain::Any)
}

fn day_grain(day: Day) -> Grain {
    match day {
        Day::Week(..) => Grain::Week,
        Day::Month(..) | Day::NextMonth | Day::ThisMonth(_) => Grain::Month,
        Day::Today | Day::In(_) | Day::Weekday(..) | Day::Date { .. } => Grain::Day,
        Day::Weekend(_) | Day::Workday | Day::Within(_) => Grain::Day,
    }
}

fn when(all: &Sayings, now: &Zoned) -> Option<Wish> {
    if let Some(piece) = all.from_now {
        return from_now(piece, now);
    }
    let days = days(&all.days, now);
    if let Some(mut wish) = hours(all, days, now) {
        let begun = wish.from.is_some_and(|from| from < now.timestamp());
        if all.urgent && begun {
            wish.from = Some(now.timestamp());
        }
        return Some(wish);
    }
    match days {
        Some(days) => {
            let today = all.urgent && days.first == now.date();
            let from = if today { Some(now.timestamp()) } else { moment(days.first, 0, now) };
            Some(Wish { from, to: moment(days.end, 0, now) })
        }
        None if all.urgent => Some(Wish { from: Some(now.timestamp()), to: None }),
        None if all.any => Some(Wish { from: None, to: None }),
        None => None,
    }
}

fn from_now(piece: Piece, now: &Zoned) -> Option<Wish> {
    let later = |minutes: i64| {
        let minute = now.with().second(0).subsec_nanosecond(0).build().ok()?;
        minute.checked_add(Span::new().try_minutes(minutes).ok()?).ok().map(|at| at.timestamp())
    };
    Some(match piece {
        Piece::In(minutes) => Wish { from: later(minutes), to: later(minutes) },
        Piece::InRange(from, to) => Wish { from: later(from), to: later(to) },
        Piece::Within(minutes) => Wish { from: Some(now.timestamp()), to: later(minutes) },
        _ => return None,
    })
}

/// The moment so many minutes after that day's midnight; 24:00 is the next day's.
fn moment(date: Date, minutes: i32, now: &Zoned) -> Option<Timestamp> {
    let date = date.checked_add(minutes.div_euclid(DAY).days()).ok()?;
    let within = minutes.rem_euclid(DAY);
    let time =
        Time::new(i8::try_from(within / 60).ok()?, i8::try_from(within % 60).ok()?, 0, 0).ok()?;
    let zoned = date.to_datetime(time).to_zoned(now.time_zone().clone()).ok()?;
    Some(zoned.timestamp())
}

fn hours(all: &Sayings, days: Option<Days>, now: &Zoned) -> Option<Wish> {
    let part = all.parts.iter().copied().reduce(both);
    let clock = merged(&all.hours);
    let (from, to) = match (clock, part) {
        (Some(piece), part) => return clock_wish(piece, part, days, now),
        (None, Some(part)) => (part.from, part.to),
        (None, None) => return None,
    };
    let days = days.unwrap_or_else(|| {
        let late = if from == FIRST_VISIT { (from + to) / 2 } else { to - PART_LEFT };
        one_day(if minute_of(now) < late { now.date() } else { tomorrow(now) })
    });
    let last = days.end.yesterday().ok()?;
    Some(Wish { from: moment(days.first, from, now), to: moment(last, to, now) })
}

/// "first thing in the morning" narrows, "утром или днём" widens.
fn both(a: Part, b: Part) -> Part {
    let (from, to) = (a.from.max(b.from), a.to.min(b.to));
    if from < to {
        Part { from, to }
    } else {
        Part { from: a.from.min(b.from), to: a.to.max(b.to) }
    }
}

/// "после шести, до восьми" is one range; of several moments the last stands.
fn merged(hours: &[Piece]) -> Option<Piece> {
    let last = *hours.last()?;
    let after = hours.iter().find_map(|piece| match piece {
        Piece::After(face) => Some(*face),
        _ => None,
    });
    let before = hours.iter().find_map(|piece| match piece {
        Piece::Before(face) => Some(*face),
        _ => None,
    });
    match (after, before) {
        (Some(from), Some(to)) if from.minutes < to.minutes || !to.sure => {
            later_of(hours, from, to)
        }
        _ => Some(last),
    }
}

/// "работаю до пяти, после шести": what is after the other's end is no range.
fn later_of(hours: &[Piece], from: Face, to: Face) -> Option<Piece> {
    let told_last = matches!(hours.last(), Some(Piece::After(_)));
    if told_last && to.minutes <= from.minutes && !from.sure && !to.sure {
        return Some(Piece::After(from));
    }
    Some(Piece::Between(from, to))
}

fn clock_wish(piece: Piece, part: Option<Part>, days: Option<Days>, now: &Zoned) -> Option<Wish> {
    match piece {
        Piece::At(face) => {
            let (date, at) = settle(face, part, days, now);
            Some(Wish { from: moment(date, at, now), to: moment(date, at, now) })
        }
        Piece::After(face) => {
            let (date, from) = settle(face, part, days, now);
            let last = days.and_then(|days| days.end.yesterday().ok()).unwrap_or(date).max(date);
            let end = part.map_or(DAY, |part| if part.to > from { part.to } else { DAY });
            Some(Wish { from: moment(date, from, now), to: moment(last, end, now) })
        }
        Piece::Before(face) => {
            let (date, to) = settle(face, part, days, now);
            let first = days.map_or(date, |days| days.first);
            let start = part.map_or(0, |part| if part.from < to { part.from } else { 0 });
            let last = days.and_then(|days| days.end.yesterday().ok()).unwrap_or(date).max(date);
            let from = moment(first, start, now).map(|from| from.max(now.timestamp()));
            Some(Wish { from, to: moment(last, to, now) })
        }
        Piece::Between(from, to) => {
            let (from, to) = range(from, to, part, days, now);
            let date = days
                .map(|days| days.first)
                .unwrap_or_else(|| if from > minute_of(now) { now.date() } else { tomorrow(now) });
            let last = days.and_then(|days| days.end.yesterday().ok()).unwrap_or(date).max(date);
            Some(Wish { from: moment(date, from, now), to: moment(last, to, now) })
        }
        _ => None,
    }
}

/// Both halves of the day an hour may mean.
fn halves(face: Face) -> Vec<i32> {
    let twice = !face.sure && face.minutes < NOON;
    std::iter::once(face.minutes).chain(twice.then_some(face.minutes + NOON)).collect()
}

/// "вечером в семь": only the half that belongs to the evening.
fn fitting(face: Face, part: Option<Part>) -> Vec<i32> {
    let all = halves(face);
    let Some(part) = part else { return all };
    let near = |minutes: &i32| part.from - 3 * 60 < *minutes && *minutes < part.to + 2 * 60;
    let inside = |minutes: &i32| {
        let small_hours = *minutes < part.to - DAY;
        part.from <= *minutes && *minutes <= part.to || small_hours
    };
    let pick =
        |test: &dyn Fn(&i32) -> bool| all.iter().copied().filter(|m| test(m)).collect::<Vec<_>>();
    let (within, around) = (pick(&inside), pick(&near));
    match (within.is_empty(), around.is_empty()) {
        (false, _) => within,
        (true, false) => around,
        (true, true) => all,
    }
}

fn worked(minutes: i32) -> bool {
    (FIRST_VISIT..=LAST_VISIT).contains(&minutes)
}

/// The day and the minute of it that an hour means.
fn settle(face: Face, part: Option<Part>, days: Option<Days>, now: &Zoned) -> (Date, i32) {
    let candidates = fitting(face, part);
    let minute = minute_of(now);
    let best = |from: i32| {
        let future = candidates.iter().copied().filter(|at| *at > from);
        future.min_by_key(|at| (!worked(*at), *at))
    };
    let any = best(-1).unwrap_or(face.minutes);
    match days {
        Some(days) if days.first == now.date() => match best(minute) {
            Some(at) => (days.first, at),
            None if days.end > tomorrow(now) => (tomorrow(now), any),
            None => (tomorrow(now), any),
        },
        Some(days) => (days.first, any),
        None => match best(minute).filter(|at| worked(*at) || face.sure || !worked(any)) {
            Some(at) => (now.date(), at),
            None => (tomorrow(now), any),
        },
    }
}

/// The halves of the day in which a range lies best: nearest to the hours of work.
fn range(from: Face, to: Face, part: Option<Part>, days: Option<Days>, now: &Zoned) -> (i32, i32) {
    let today = days.is_some_and(|days| days.first == now.date());
    let outside = |at: i32| (FIRST_VISIT - at).max(0) + (at - 21 * 60).max(0);
    let gone = |at: i32| today && at <= minute_of(now);
    let from_sure = Face { sure: from.sure || to.sure && to.minutes < NOON, ..from };
    let firsts = fitting(from_sure, part);
    let ends: Vec<i32> =
        halves(to).into_iter().chain((to.minutes == NOON).then_some(DAY)).collect();
    let pairs = firsts.iter().flat_map(|from| ends.iter().map(move |to| (*from, *to)));
    pairs
        .filter(|(from, to)| to > from)
        .min_by_key(|(from, to)| (gone(*to), outside(*from) + outside(*to), to - from))
        .unwrap_or((from.minutes, to.minutes.max(from.minutes + 60)))
}

fn minute_of(now: &Zoned) -> i32 {
    i32::from(now.hour()) * 60 + i32::from(now.minute())
}

fn tomorrow(now: &Zoned) -> Date {
    now.date().tomorrow().unwrap_or(now.date())
}

fn one_day(first: Date) -> Days {
    span(first, 1)
}

fn span(first: Date, length: i32) -> Days {
    Days { first, end: after(first, length) }
}

fn after(date: Date, days: i32) -> Date {
    Span::new().try_days(days).and_then(|span| date.checked_add(span)).unwrap_or(date)
}

/// All days said, as one stretch.
fn days(said: &[Piece], now: &Zoned) -> Option<Days> {
    let week = said.iter().find_map(|piece| match piece {
        Piece::Day(Day::Week(weeks, _)) => Some(*weeks),
        Piece::Day(Day::In(days)) if days % 7 == 0 && *days > 0 => Some(days / 7),
        _ => None,
    });
    let month = said.iter().find_map(|piece| match piece {
        Piece::Day(Day::NextMonth) => Some(next_month(now.date())),
        _ => None,
    });
    let mut stretch: Option<Days> = None;
    let finer =
        said.iter().any(|piece| matches!(piece, Piece::Day(Day::Weekday(..) | Day::Date { .. })));
    let dated = said.iter().any(|piece| matches!(piece, Piece::Day(Day::Date { .. })));
    for piece in said {
        let found = match piece {
            Piece::Day(Day::Week(..) | Day::Weekend(_) | Day::NextMonth | Day::Workday)
                if finer =>
            {
                continue;
            }
            Piece::Day(Day::Weekday(..)) if dated => continue,
            Piece::Day(Day::In(days)) if finer && days % 7 == 0 => continue,
            Piece::Day(Day::Weekday(day, _)) if week.is_some() => {
                one_day(in_week(now.date(), week.unwrap_or(0), *day))
            }
            Piece::Day(Day::Date { day, month: None, .. }) if month.is_some() => {
                let first = month.unwrap_or(now.date());
                one_day(first.with().day(*day).build().unwrap_or(first))
            }
            Piece::Day(day) => place(*day, now),
            Piece::DayFrom(day) => {
                let first = place(*day, now).first;
                Days { first, end: first }
            }
            Piece::DayAfter(day) => {
                let first = place(*day, now).end;
                Days { first, end: first }
            }
            Piece::DayTo(day) => {
                let first = stretch.map_or(now.date(), |held| held.first);
                let last = place(*day, now);
                let end = if last.first < first { after(last.end, 7) } else { last.end };
                Days { first, end }
            }
            _ => continue,
        };
        stretch = Some(match stretch {
            None => found,
            Some(held) => joined(held, found),
        });
    }
    // "с понедельника" without an end leaves a week.
    stretch.map(|days| if days.end <= days.first { span(days.first, 7) } else { days })
}

/// Two days side by side are one stretch; of days far apart the earlier stands.
fn joined(held: Days, found: Days) -> Days {
    let open = held.end <= held.first;
    let near = found.first <= after(held.end, 1) && held.first <= after(found.end, 1);
    if open || near {
        return Days { first: held.first.min(found.first), end: held.end.max(found.end) };
    }
    held
}

fn place(day: Day, now: &Zoned) -> Days {
    let today = now.date();
    match day {
        Day::Today => one_day(today),
        Day::In(days) => one_day(after(today, days)),
        Day::Weekday(day, which) => one_day(weekday(today, day, which)),
        Day::Date { day, month, year } => one_day(date(today, day, month, year)),
        Day::Weekend(which) => weekend(today, which),
        Day::Week(weeks, third) => week(today, weeks, third),
        Day::Workday => workdays(today),
        Day::Month(month, third) => a_month(today, month, third),
        Day::ThisMonth(third) => a_month(today, today.month(), third),
        Day::NextMonth => {
            let first = next_month(today);
            Days { first, end: next_month(first) }
        }
        Day::Within(days) => span(today, days),
    }
}

fn monday(date: Date) -> Date {
    after(date, -i32::from(date.weekday().to_monday_zero_offset()))
}

fn in_week(today: Date, weeks: i32, day: Weekday) -> Date {
    let date = after(monday(today), weeks * 7 + i32::from(day.to_monday_zero_offset()));
    if date < today { after(date, 7) } else { date }
}

fn weekday(today: Date, day: Weekday, which: Which) -> Date {
    match which {
        Which::Next => in_week(today, 1, day),
        Which::Coming | Which::This => {
            let ahead = i32::from(today.weekday().until(day));
            after(today, if ahead == 0 { 7 } else { ahead })
        }
    }
}

fn date(today: Date, day: i8, month: Option<i8>, year: Option<i16>) -> Date {
    let made = |year: i16, month: i8| Date::new(year, month, day).ok();
    if let Some(year) = year {
        return made(year, month.unwrap_or(today.month())).unwrap_or(today);
    }
    let found = match month {
        Some(month) => {
            (0..5).filter_map(|ahead| made(today.year() + ahead, month)).find(|date| *date >= today)
        }
        None => {
            std::iter::successors(Some(today.first_of_month()), |first| Some(next_month(*first)))
                .take(4)
                .filter_map(|first| made(first.year(), first.month()))
                .find(|date| *date >= today)
        }
    };
    found.unwrap_or(today)
}

fn weekend(today: Date, which: Which) -> Days {
    let saturday = after(monday(today), 5);
    let begins = match which {
        Which::Next => after(saturday, 7),
        Which::Coming | Which::This => saturday,
    };
    let first = begins.max(if which == Which::Next { begins } else { today });
    Days { first, end: after(begins, 2) }
}

fn week(today: Date, weeks: i32, third: Third) -> Days {
    let monday = after(monday(today), weeks * 7);
    let (from, length) = match third {
        Third::Whole => (0, 7),
        Third::Beginning => (0, 2),
        Third::Middle => (2, 2),
        Third::End => (3, 3),
    };
    let found = span(after(monday, from), length);
    if found.end <= today {
        return week(today, weeks + 1, third);
    }
    Days { first: found.first.max(today), end: found.end }
}

fn workdays(today: Date) -> Days {
    let saturday = after(monday(today), 5);
    let tomorrow = after(today, 1);
    if tomorrow < saturday {
        return Days { first: tomorrow, end: saturday };
    }
    span(after(monday(today), 7), 5)
}

fn next_month(date: Date) -> Date {
    after(date.last_of_month(), 1)
}

fn a_month(today: Date, month: i8, third: Third) -> Days {
    let this_year = Date::new(today.year(), month, 1).unwrap_or(today);
    let first = if this_year.last_of_month() < today {
        Date::new(today.year() + 1, month, 1).unwrap_or(today)
    } else {
        this_year
    };
    let found = match third {
        Third::Whole => Days { first, end: next_month(first) },
        Third::Beginning => span(first, 10),
        Third::Middle => span(after(first, 10), 10),
        Third::End => Days { first: after(first, 20), end: next_month(first) },
    };
    Days { first: found.first.max(today.min(found.end)), ..found }
}
