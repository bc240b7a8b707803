//! Hours that come back: "по будням с девяти до шести, в субботу до обеда", "every day but Sunday".
//!
//! **Never here:** one visit's time (time), a master's calendar (the job core's).

use jiff::civil::Date;

use crate::understand::time::{Hours, hours};
use crate::understand::token::Tokens;

pub(super) const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Hours of some days; an open end is `None`, minutes since midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shift {
    /// Monday is 0; empty where `date` stands.
    pub days: Vec<usize>,
    pub date: Option<Date>,
    pub from: Option<i32>,
    pub to: Option<i32>,
    pub tokens: (usize, usize),
}

/// One thing said of a schedule.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Days(Vec<usize>),
    Date(Date),
    Except(Vec<usize>),
    Hours(Option<i32>, Option<i32>),
}

#[derive(Debug, Clone, PartialEq)]
struct Said {
    piece: Piece,
    from: usize,
    to: usize,
}

/// Something said here can be nothing but a habit.
pub(super) fn recurs(tokens: &Tokens<'_>) -> bool {
    #[rustfmt::skip]
    const HABITS: &[&str] = &[
        "по будням", "по будним", "по выходным", "каждый", "каждую", "каждое", "каждые",
        "ежедневно", "без выходных", "every", "everyday", "weekdays", "weekends", "daily", "each",
        "работаю", "могу работать", "готов работать", "график", "расписание", "i work",
        "my hours", "my schedule", "working hours", "рабочие часы", "круглосуточно", "по утрам",
        "по вечерам", "seven days a week", "all week", "всю неделю", "available",
    ];
    let plural = |word: &str| {
        let english =
            word.strip_suffix("days").is_some_and(|stem| stem.len() > 2) && weekday(word).is_some();
        english
            || word.ends_with("ам") && weekday(word).is_some()
            || word.ends_with("ям") && weekday(word).is_some()
    };
    let range = || {
        let days: Vec<usize> =
            (0..tokens.len()).filter(|&i| weekday(tokens.at(i)).is_some()).collect();
        let beside = days.windows(2).any(|pair| joins(tokens, pair[0], pair[1]));
        beside || days.len() > 2
    };
    tokens.has(HABITS) || (0..tokens.len()).any(|i| plural(tokens.at(i))) || range()
}

/// "пн-пт", "с понедельника по пятницу", "Monday to Friday".
fn joins(tokens: &Tokens<'_>, first: usize, second: usize) -> bool {
    let dash = second == first + 1 && tokens.gap(second).trim().starts_with(['-', '–', '—']);
    let word = second == first + 2
        && tokens.is(first + 1, &["по", "до", "to", "through", "till", "until", "thru"]);
    let dashed_word = second == first + 2 && tokens.is(first + 1, &["тире"]);
    dash || word || dashed_word
}

pub(crate) fn schedule(tokens: &Tokens<'_>, today: Date) -> Vec<Shift> {
    let said = pieces(tokens, today);
    let mut shifts = Vec::new();
    let mut held = Held::default();
    for one in said {
        held.take(one, &mut shifts);
    }
    held.close(&mut shifts);
    date_from_the_next(&mut shifts);
    shifts
}

/// "с 9 до 12 и с 14 до 18 по будням": hours without days share the next ones; else all the week's.
fn date_from_the_next(shifts: &mut [Shift]) {
    let mut next: Option<(Vec<usize>, Option<Date>)> = None;
    for shift in shifts.iter_mut().rev() {
        if shift.days.is_empty() && shift.date.is_none() {
            (shift.days, shift.date) = next.clone().unwrap_or(((0..7).collect(), None));
        }
        next = Some((shift.days.clone(), shift.date));
    }
}

/// Days and hours that wait for each other.
#[derive(Debug, Default)]
struct Held {
    days: Vec<usize>,
    date: Option<Date>,
    hours: Option<(Option<i32>, Option<i32>)>,
    span: Option<(usize, usize)>,
    hours_first: bool,
    /// Days of the shift before, for a second stretch of the same day.
    last: (Vec<usize>, Option<Date>),
}

impl Held {
    fn dated(&self) -> bool {
        !self.days.is_empty() || self.date.is_some()
    }

    fn take(&mut self, one: Said, shifts: &mut Vec<Shift>) {
        match one.piece {
            Piece::Days(days) => {
                if self.hours.is_some() && self.dated() {
                    self.close(shifts);
                }
                self.hours_first |= self.hours.is_some();
                self.days.extend(
                    days.into_iter().filter(|day| !self.days.contains(day)).collect::<Vec<_>>(),
                );
                self.days.sort_unstable();
            }
            Piece::Date(date) => {
                if self.dated() {
                    self.close(shifts);
                }
                self.date = Some(date);
            }
            Piece::Except(days) => {
                let all = self.days.is_empty() && self.date.is_none();
                if all {
                    self.days = (0..7).collect();
                }
                self.days.retain(|day| !days.contains(day));
            }
            Piece::Hours(from, to) => {
                if self.hours.is_some() {
                    self.close(shifts);
                }
                if !self.dated() && !self.hours_first {
                    (self.days, self.date) = self.last.clone();
                }
                self.hours = Some((from, to));
            }
        }
        let (from, to) = self.span.unwrap_or((one.from, one.to));
        self.span = Some((from.min(one.from), to.max(one.to)));
    }

    fn close(&mut self, shifts: &mut Vec<Shift>) {
        let Some(tokens) = self.span.take() else { return };
        let (from, to) = self.hours.take().unwrap_or_default();
        let days = std::mem::take(&mut self.days);
        let date = self.date.take();
        self.last = (days.clone(), date);
        shifts.push(Shift { days, date, from, to, tokens });
    }
}

fn pieces(tokens: &Tokens<'_>, today: Date) -> Vec<Said> {
    let mut said: Vec<Said> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let found = if tokens.free(i) { piece(tokens, i, today) } else { None };
        match found {
            Some(one) => {
                i = one.to.max(i + 1);
                said.push(one);
            }
            None => i += 1,
        }
    }
    said
}

fn piece(tokens: &Tokens<'_>, i: usize, today: Date) -> Option<Said> {
    if let Some(off) = day_off(tokens, i) {
        return Some(off);
    }
    if let Some(len) =
        tokens.any(i, &["кроме", "except", "except for", "but not", "but", "не считая"])
    {
        let (days, to) = days(tokens, i + len)?;
        return Some(Said { piece: Piece::Except(days), from: i, to });
    }
    if let Some((days, to)) = days(tokens, i) {
        return Some(Said { piece: Piece::Days(days), from: i, to });
    }
    if let Some((date, to)) = date(tokens, i, today) {
        return Some(Said { piece: Piece::Date(date), from: i, to });
    }
    working(tokens, i)
}

/// "воскресенье выходной", "Sunday off".
fn day_off(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    let (days, to) = days(tokens, i).filter(|(days, _)| days.len() < 6)?;
    let dash = usize::from(tokens.at(to) == "у" || tokens.at(to) == "is");
    let off = tokens.any(
        to + dash,
        &["выходной", "выходные", "не работаю", "нерабочий", "отдыхаю", "off", "i'm off", "closed"],
    )?;
    let weekly = days != [5, 6];
    weekly.then_some(Said { piece: Piece::Except(days), from: i, to: to + dash + off })
}

/// Days named at `i`: a group, a range, or one; joined by "и", "and" or a comma they are one set.
fn days(tokens: &Tokens<'_>, i: usize) -> Option<(Vec<usize>, usize)> {
    let at = i + tokens
        .any(i, &["с", "со", "from", "в", "во", "по", "on", "only", "только"])
        .unwrap_or(0);
    if let Some((group, len)) =
        group(tokens, i).or_else(|| group(tokens, at).map(|(g, l)| (g, l + at - i)))
    {
        return Some((group, i + len));
    }
    let at =
        at + tokens.any(at, &["каждый", "каждую", "каждое", "every", "each", "по"]).unwrap_or(0);
    let first = weekday(tokens.at(at))?;
    let mut named = vec![first];
    let mut end = at + 1;
    loop {
        let next = (end..(end + 3).min(tokens.len())).find(|&j| weekday(tokens.at(j)).is_some());
        let Some(next) = next else { break };
        let day = weekday(tokens.at(next)).unwrap_or_default();
        if joins(tokens, end - 1, next) {
            let from = named[named.len() - 1];
            named.extend(between(from, day));
        } else if next == end
            || (end..next).all(|j| tokens.is(j, &["и", "and", "в", "во", "по", "on"]))
        {
            named.push(day);
        } else {
            break;
        }
        end = next + 1;
    }
    named.sort_unstable();
    named.dedup();
    Some((named, end))
}

/// The days after `from` up to and with `to`, round the week's end.
fn between(from: usize, to: usize) -> Vec<usize> {
    (1..=7).map(|step| (from + step) % 7).take_while(|day| *day != (to + 1) % 7).collect()
}

fn group(tokens: &Tokens<'_>, i: usize) -> Option<(Vec<usize>, usize)> {
    #[rustfmt::skip]
    const GROUPS: &[(&str, usize, usize)] = &[
        ("будни", 0, 5), ("будням", 0, 5), ("будние дни", 0, 5), ("будним дням", 0, 5),
        ("будний день", 0, 5), ("рабочие дни", 0, 5), ("рабочим дням", 0, 5), ("weekdays", 0, 5),
        ("weekday", 0, 5), ("working days", 0, 5), ("every weekday", 0, 5), ("будни дни", 0, 5),
        ("выходные", 5, 7), ("выходным", 5, 7), ("выходных", 5, 7), ("weekends", 5, 7),
        ("weekend", 5, 7), ("the weekend", 5, 7), ("every weekend", 5, 7),
        ("каждый день", 0, 7), ("ежедневно", 0, 7), ("без выходных", 0, 7), ("всю неделю", 0, 7),
        ("все дни", 0, 7), ("любой день", 0, 7), ("every day", 0, 7), ("everyday", 0, 7),
        ("daily", 0, 7), ("all week", 0, 7), ("any day", 0, 7), ("seven days a week", 0, 7),
        ("семь дней в неделю", 0, 7), ("всегда", 0, 7), ("all days", 0, 7), ("7 days a week", 0, 7),
    ];
    let (from, to, len) = GROUPS
        .iter()
        .filter_map(|(phrase, from, to)| Some((*from, *to, tokens.phrase(i, phrase)?)))
        .max_by_key(|(.., len)| *len)?;
    Some(((from..to).collect(), len))
}

/// Monday is 0.
fn weekday(word: &str) -> Option<usize> {
    crate::understand::time::weekday(word).or_else(|| {
        match word.strip_suffix("ам").or_else(|| word.strip_suffix("ям"))? {
            "понедельник" => Some(0),
            "вторник" => Some(1),
            "сред" => Some(2),
            "четверг" => Some(3),
            "пятниц" => Some(4),
            "суббот" => Some(5),
            "воскресень" => Some(6),
            _ => None,
        }
    })
}

fn date(tokens: &Tokens<'_>, i: usize, today: Date) -> Option<(Date, usize)> {
    let (ahead, len) =
        [("сегодня", 0), ("завтра", 1), ("послезавтра", 2), ("today", 0), ("tomorrow", 1)]
            .into_iter()
            .find_map(|(word, ahead)| Some((ahead, tokens.phrase(i, word)?)))?;
    let date = today.checked_add(jiff::Span::new().days(ahead)).ok()?;
    Some((date, i + len))
}

fn working(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    if let Some(len) = tokens.any(i, &["круглосуточно", "24 часа", "around the clock", "24 7"])
    {
        return Some(Said { piece: Piece::Hours(Some(0), Some(24 * 60)), from: i, to: i + len });
    }
    if let Some(len) =
        tokens.any(i, &["весь день", "целый день", "all day", "любое время", "any time", "anytime"])
    {
        return Some(Said { piece: Piece::Hours(None, None), from: i, to: i + len });
    }
    if let Some(len) = tokens.any(i, &["до обеда", "before lunch", "till lunch", "until lunch"])
    {
        return Some(Said { piece: Piece::Hours(None, Some(13 * 60)), from: i, to: i + len });
    }
    let Hours { from, to, len } = hours(tokens, i)?;
    Some(Said { piece: Piece::Hours(from, to), from: i, to: i + len })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(said: &str) -> String {
        let today = Date::constant(2026, 11, 20);
        let clock = |at: Option<i32>| {
            at.map_or_else(|| "…".to_owned(), |at| format!("{:02}:{:02}", at / 60, at % 60))
        };
        let shifts = schedule(&Tokens::of(said), today);
        let shown = shifts.iter().map(|shift| {
            let days: Vec<&str> = shift.days.iter().map(|day| WEEK[*day]).collect();
            let days = shift.date.map_or_else(|| days.join(" "), |date| date.to_string());
            format!("{days} {}-{}", clock(shift.from), clock(shift.to))
        });
        shown.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn hours_that_come_back_are_read_in_any_order() {
        for (said, meant) in [
            (
                "по будням с девяти до шести, в субботу до обеда",
                "mon tue wed thu fri 09:00-18:00; sat …-13:00",
            ),
            ("пн-пт 9-18", "mon tue wed thu fri 09:00-18:00"),
            ("с понедельника по пятницу с 10 до 19", "mon tue wed thu fri 10:00-19:00"),
            ("weekends only", "sat sun …-…"),
            ("every day except Sunday from 8 to 5", "mon tue wed thu fri sat 08:00-17:00"),
            ("завтра с 8 до 20", "2026-11-21 08:00-20:00"),
            (
                "monday to friday nine to six and saturday ten to two",
                "mon tue wed thu fri 09:00-18:00; sat 10:00-14:00",
            ),
            (
                "с 9 до 18 по будням, а в выходные с 10 до 16",
                "mon tue wed thu fri 09:00-18:00; sat sun 10:00-16:00",
            ),
            ("вторник четверг и суббота после шести", "tue thu sat 18:00-…"),
            (
                "каждый день с восьми утра до восьми вечера",
                "mon tue wed thu fri sat sun 08:00-20:00",
            ),
            ("по понедельникам и средам с двух до восьми", "mon wed 14:00-20:00"),
            ("ежедневно кроме воскресенья 10:00-19:30", "mon tue wed thu fri sat 10:00-19:30"),
            ("с 9 до 18, воскресенье выходной", "mon tue wed thu fri sat 09:00-18:00"),
            (
                "с 9 до 12 и с 14 до 18 по будням",
                "mon tue wed thu fri 09:00-12:00; mon tue wed thu fri 14:00-18:00",
            ),
            ("не знаю", ""),
        ] {
            assert_eq!(told(said), meant, "{said}");
        }
    }
}
