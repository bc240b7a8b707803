//! A master's day as a strip of bits, one for each quarter of an hour: set where work is not ruled out.
//!
//! It spares the exact rules the masters who cannot come anyway, so it may let through too many,
//! never too few.
//!
//! **Never here:** who is the better master (assign), holds, which come and go by the minute.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::schedule::{Clock, Minutes, Pace, Schedule, Span, Visit};

const QUARTER_MS: i64 = 15 * 60 * 1_000;
const QUARTERS: i64 = 96;

/// A strip that rules nothing out.
const ANYTHING: u128 = u128::MAX;

/// One day of the organisation's calendar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    pub(crate) date: Date,
    midnight: Timestamp,
    next: Timestamp,
    /// It has 24 hours, so that a wall clock is an hour hand.
    plain: bool,
}

impl Day {
    /// `None` at the end of representable time.
    pub(crate) fn new(date: Date, zone: &TimeZone) -> Option<Self> {
        let midnight = Clock::at(0, 0).on(date, zone)?;
        let next = Clock::at(24, 0).on(date, zone)?;

        Some(Self { date, midnight, next, plain: next.duration_since(midnight).as_hours() == 24 })
    }

    pub(crate) fn span(self) -> Span {
        Span { start: self.midnight, end: self.next }
    }

    pub(crate) fn holds(self, at: Timestamp) -> bool {
        self.midnight <= at && at < self.next
    }

    /// As `Schedule::covers`, for what begins on this day.
    pub(crate) fn covers(self, schedule: &Schedule, span: Span, zone: &TimeZone) -> bool {
        if !self.plain {
            return schedule.covers(span, zone);
        }
        let since = |at: Timestamp| at.as_millisecond() - self.midnight.as_millisecond();
        let (start, end) = (since(span.start), since(span.end));

        schedule
            .on(self.date)
            .iter()
            .any(|it| it.from.minutes() * 60_000 <= start && end <= it.to.minutes() * 60_000)
    }

    /// Every moment of the day at which a visit may begin, in order.
    pub(crate) fn starts(self, step: Minutes, zone: &TimeZone) -> Vec<Timestamp> {
        let step = step.0.clamp(1, 24 * 60) as usize;
        let moments = (0..24 * 60u16).step_by(step);
        if self.plain {
            let after = |minute| self.midnight + SignedDuration::from_mins(i64::from(minute));
            return moments.map(after).collect();
        }
        let mut starts: Vec<Timestamp> =
            moments.filter_map(|minute| Clock::at(0, minute).on(self.date, zone)).collect();
        starts.dedup();
        starts
    }

    /// The quarters that work of that length touches.
    pub(crate) fn needs(self, span: Span) -> u128 {
        let first = self.quarter(span.start);
        let after = self.quarter(span.end + SignedDuration::from_millis(QUARTER_MS - 1));

        bits(first, after)
    }

    /// What is not ruled out by the hours and the visits of a master.
    pub(crate) fn strip<'v>(
        self,
        schedule: &Schedule,
        visits: impl Iterator<Item = &'v Visit>,
        pace: &Pace,
    ) -> u128 {
        if !self.plain {
            return ANYTHING;
        }
        let hours = schedule.on(self.date).iter().map(|it| (it.from.minutes(), it.to.minutes()));
        let open = hours.fold(0, |open, (from, to)| open | bits(from / 15, (to + 14) / 15));
        let way = pace.same_district.min(pace.other_district).duration();

        visits.fold(open, |open, visit| {
            let first =
                self.quarter(visit.span.start - way + SignedDuration::from_millis(QUARTER_MS - 1));
            open & !bits(first, self.quarter(visit.span.end + way))
        })
    }

    /// Quarters since midnight, rounded down; outside the day its end.
    fn quarter(self, at: Timestamp) -> i64 {
        let since = at.as_millisecond() - self.midnight.as_millisecond();

        since.div_euclid(QUARTER_MS).clamp(0, QUARTERS + 1)
    }
}

/// Ones from `first` up to but without `after`.
fn bits(first: i64, after: i64) -> u128 {
    let below = |count: i64| (1u128 << count.clamp(0, 127)) - 1;

    below(after) & !below(first)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::{Hours, clash};

    proptest! {
        /// The one promise of a strip, against the exact rules.
        #[test]
        fn a_strip_never_rules_out_a_visit_that_fits(
            from in 0u16..1_300, length in 1u16..500, visits in prop::collection::vec((-200i64..1_600, 1i64..300), 0..6),
            minutes in 1i64..400, summer in any::<bool>(),
        ) {
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let date = if summer { date(2026, 3, 29) } else { date(2026, 2, 2) };
            let day = Day::new(date, &zone).unwrap();
            let at = |minute: i64| day.midnight + SignedDuration::from_mins(minute);
            let hours = Hours { from: Clock::at(0, from), to: Clock::at(0, from + length) };
            let schedule = Schedule::weekly(&[Weekday::Sunday, Weekday::Monday], &[hours]);
            let visits: Vec<Visit> = visits.iter().map(|(start, length)| Visit {
                span: Span::lasting(at(*start), Minutes(*length)).unwrap(),
                district: None,
            }).collect();
            let pace = Pace::default();

            let strip = day.strip(&schedule, visits.iter(), &pace);

            for start in day.starts(Minutes(5), &zone) {
                let span = Span::lasting(start, Minutes(minutes)).unwrap();
                let covered = schedule.covers(span, &zone);
                prop_assert_eq!(day.covers(&schedule, span, &zone), covered);
                if covered && clash(&visits, span, None, &pace).is_none() {
                    prop_assert_eq!(strip & day.needs(span), day.needs(span), "{:?}", span);
                }
            }
        }
    }

    #[test]
    fn hours_and_visits_leave_the_rest() {
        let zone = TimeZone::get("Europe/Kaliningrad").unwrap();
        let day = Day::new(date(2026, 11, 23), &zone).unwrap();
        let schedule = Schedule::weekly(&[Weekday::Monday], &[Hours::new(8, 10)]);
        let start = Clock::at(8, 30).on(day.date, &zone).unwrap();
        let visit = Visit { span: Span::lasting(start, Minutes(30)).unwrap(), district: None };

        assert_eq!(day.strip(&schedule, [].iter(), &Pace::default()), 0b1111_1111 << 32);
        assert_eq!(day.strip(&schedule, [visit].iter(), &Pace::default()), 0b1110_0001 << 32);
    }

    #[test]
    fn a_day_has_its_starts() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let count = |month, day| {
            Day::new(date(2026, month, day), &zone).unwrap().starts(Minutes(60), &zone).len()
        };

        assert_eq!((count(3, 28), count(3, 29), count(10, 25)), (24, 23, 24));
    }
}
