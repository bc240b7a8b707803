//! A master's week: hours, exceptions by date, visits already promised, and the way between them.
//!
//! Hours are wall-clock time of the organisation's zone; visits are instants.
//!
//! **Never here:** SQL, who is the better master (assign).

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Minutes(pub i64);

impl Minutes {
    pub const fn duration(self) -> SignedDuration {
        SignedDuration::from_mins(self.0)
    }
}

/// A wall-clock time of a day, written "09:00"; "24:00" ends a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Clock(u16);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time of day such as \"09:00\"")]
pub struct NotAClock(pub String);

impl Clock {
    const MIDNIGHT: u16 = 24 * 60;

    /// `hour` 0..=24, `minute` 0..=59; what is beyond midnight is midnight.
    pub const fn at(hour: u16, minute: u16) -> Self {
        let minutes = hour * 60 + minute;

        Self(if minutes > Self::MIDNIGHT { Self::MIDNIGHT } else { minutes })
    }

    /// Minutes since midnight.
    pub fn minutes(self) -> i64 {
        i64::from(self.0)
    }

    /// That time on that date; where the clocks jump, the time they jump to.
    pub(crate) fn on(self, date: Date, zone: &TimeZone) -> Option<Timestamp> {
        if self.0 == Self::MIDNIGHT {
            return Self(0).on(date.tomorrow().ok()?, zone);
        }
        let (hour, minute) = ((self.0 / 60) as i8, (self.0 % 60) as i8);

        Some(date.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?.timestamp())
    }
}

impl TryFrom<String> for Clock {
    type Error = NotAClock;

    fn try_from(text: String) -> Result<Self, NotAClock> {
        let parsed = text
            .split_once(':')
            .and_then(|(hour, minute)| Some((hour.parse().ok()?, minute.parse().ok()?)))
            .filter(|(hour, minute): &(u16, u16)| {
                *hour < 24 && *minute < 60 || (*hour, *minute) == (24, 0)
            });

        parsed.map(|(hour, minute)| Self::at(hour, minute)).ok_or(NotAClock(text))
    }
}

impl From<Clock> for String {
    fn from(clock: Clock) -> Self {
        format!("{:02}:{:02}", clock.0 / 60, clock.0 % 60)
    }
}

/// One stretch of work; a break is the gap between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    pub from: Clock,
    pub to: Clock,
}

impl Hours {
    pub const fn new(from_hour: u16, to_hour: u16) -> Self {
        Self { from: Clock::at(from_hour, 0), to: Clock::at(to_hour, 0) }
    }
}

/// When a master works: the week from Monday, and dates that differ from it (empty: a day off).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Schedule {
    pub week: [Vec<Hours>; 7],
    pub dates: BTreeMap<Date, Vec<Hours>>,
}

/// A stretch of time; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Span {
    /// `None` past the end of representable time.
    pub fn lasting(start: Timestamp, minutes: Minutes) -> Option<Self> {
        Some(Self { start, end: start.checked_add(minutes.duration()).ok()? })
    }
}

/// Where and when a master is promised to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub span: Span,
    pub district: Option<String>,
}

/// The organisation's rules of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// Visits begin on multiples of this, counted from midnight.
    pub step: Minutes,
    /// Nobody is sent sooner than this.
    pub lead: Minutes,
    pub urgent_lead: Minutes,
    /// Way between two visits in one district, and in different or unknown ones.
    pub same_district: Minutes,
    pub other_district: Minutes,
    /// How many days ahead of the wish are searched.
    pub horizon_days: u16,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            step: Minutes(30),
            lead: Minutes(120),
            urgent_lead: Minutes(60),
            same_district: Minutes(15),
            other_district: Minutes(30),
            horizon_days: 14,
        }
    }
}

impl Pace {
    pub fn travel(&self, here: Option<&str>, there: Option<&str>) -> Minutes {
        match (here, there) {
            (Some(here), Some(there)) if here == there => self.same_district,
            (Some(_) | None, Some(_) | None) => self.other_district,
        }
    }

    pub fn lead(&self, urgent: bool) -> Minutes {
        if urgent { self.urgent_lead } else { self.lead }
    }
}

/// Why a master who works then cannot come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash {
    /// Another visit is going on.
    Busy,
    /// The visits do not overlap, but the way between them is longer than the gap.
    TooFar,
}

impl Schedule {
    /// The same hours on each of those days.
    pub fn weekly(days: &[Weekday], hours: &[Hours]) -> Self {
        let mut schedule = Self::default();
        for day in days {
            schedule.week[day.to_monday_zero_offset() as usize] = hours.to_vec();
        }
        schedule
    }

    pub fn on(&self, date: Date) -> &[Hours] {
        let weekly = &self.week[date.weekday().to_monday_zero_offset() as usize];

        self.dates.get(&date).unwrap_or(weekly)
    }

    /// Whether the whole stretch lies in working hours of the day it begins on.
    pub fn covers(&self, span: Span, zone: &TimeZone) -> bool {
        let date = span.start.to_zoned(zone.clone()).date();

        self.spans(date, zone).any(|(_, shift)| shift.start <= span.start && span.end <= shift.end)
    }

    /// Starts on the step at which work of that length fits into the hours of that date, in order.
    pub fn starts(
        &self,
        date: Date,
        work: Minutes,
        step: Minutes,
        zone: &TimeZone,
    ) -> Vec<Timestamp> {
        let step = step.0.clamp(1, 24 * 60) as u16;
        let fits = |start: &Timestamp, shift: Span| {
            *start >= shift.start
                && Span::lasting(*start, work).is_some_and(|it| it.end <= shift.end)
        };

        self.spans(date, zone)
            .flat_map(|(hours, shift)| {
                let first = hours.from.0.div_ceil(step) * step;
                (first..hours.to.0)
                    .step_by(usize::from(step))
                    .filter_map(|minute| Clock(minute).on(date, zone))
                    .filter(move |start| fits(start, shift))
            })
            .collect()
    }

    pub(crate) fn spans<'a>(
        &'a self,
        date: Date,
        zone: &'a TimeZone,
    ) -> impl Iterator<Item = (Hours, Span)> + 'a {
        self.on(date).iter().filter_map(move |hours| {
            let span = Span { start: hours.from.on(date, zone)?, end: hours.to.on(date, zone)? };
            Some((*hours, span))
        })
    }
}

/// What keeps a master with those visits from that stretch in that district.
pub fn clash<'v>(
    visits: impl IntoIterator<Item = &'v Visit>,
    span: Span,
    district: Option<&str>,
    pace: &Pace,
) -> Option<Clash> {
    let near = |visit: &&Visit| {
        let way = pace.travel(visit.district.as_deref(), district).duration();
        span.start < visit.span.end + way && visit.span.start < span.end + way
    };
    let overlaps = |visit: &Visit| span.start < visit.span.end && visit.span.start < span.end;
    let mut close = visits.into_iter().filter(near).peekable();

    close.peek()?;
    Some(if close.any(overlaps) { Clash::Busy } else { Clash::TooFar })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn work_fits_between_the_hours_and_around_the_break() {
        let split = Schedule::weekly(&[Weekday::Monday], &[Hours::new(9, 12), Hours::new(13, 15)]);

        let starts = split.starts(date(2026, 11, 23), Minutes(90), Minutes(30), &kaliningrad());

        assert_eq!(local(&starts), ["09:00", "09:30", "10:00", "10:30", "13:00", "13:30"]);
    }

    #[test]
    fn a_date_that_differs_wins_over_the_week() {
        let mut schedule = Schedule::weekly(&[Weekday::Monday], &[Hours::new(9, 18)]);
        schedule.dates.insert(date(2026, 11, 23), vec![Hours::new(12, 13)]);
        schedule.dates.insert(date(2026, 11, 30), Vec::new());
        let starts = |date| local(&schedule.starts(date, Minutes(60), Minutes(30), &kaliningrad()));

        assert_eq!(starts(date(2026, 11, 23)), ["12:00"]);
        assert!(starts(date(2026, 11, 30)).is_empty());
    }

    #[test]
    fn a_day_may_end_at_midnight() {
        let late = Schedule::weekly(&[Weekday::Monday], &[Hours::new(22, 24)]);

        let starts = late.starts(date(2026, 11, 23), Minutes(60), Minutes(30), &kaliningrad());

        assert_eq!(local(&starts), ["22:00", "22:30", "23:00"]);
    }

    #[test]
    fn an_hour_that_is_skipped_in_spring_is_not_offered_twice() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let night = Schedule::weekly(&[Weekday::Sunday], &[Hours::new(1, 5)]);

        let starts = night.starts(date(2026, 3, 29), Minutes(60), Minutes(60), &berlin);

        let local: Vec<_> = starts.iter().map(|it| it.to_zoned(berlin.clone()).hour()).collect();
        assert_eq!(local, [1, 3, 3, 4]); // 02:00 does not exist and reads as 03:00
    }

    #[test]
    fn the_way_between_districts_needs_its_time() {
        let visits = [visit("2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z", "north")];
        let after = |start: &str, district| {
            clash(
                &visits,
                Span::lasting(start.parse().unwrap(), Minutes(60)).unwrap(),
                Some(district),
                &Pace::default(),
            )
        };

        assert_eq!(after("2026-11-23T08:30:00Z", "north"), Some(Clash::Busy));
        assert_eq!(after("2026-11-23T09:15:00Z", "north"), None);
        assert_eq!(after("2026-11-23T09:15:00Z", "south"), Some(Clash::TooFar));
        assert_eq!(after("2026-11-23T09:30:00Z", "south"), None);
        assert_eq!(after("2026-11-23T06:45:00Z", "south"), Some(Clash::TooFar));
    }

    #[test]
    fn a_time_of_day_is_written_as_people_write_it() {
        let hours: Hours = serde_json::from_str(r#"{"from":"09:30","to":"24:00"}"#).unwrap();

        assert_eq!(hours, Hours { from: Clock::at(9, 30), to: Clock::at(24, 0) });
        assert_eq!(serde_json::to_string(&hours).unwrap(), r#"{"from":"09:30","to":"24:00"}"#);
        assert!(serde_json::from_str::<Hours>(r#"{"from":"25:00","to":"26:00"}"#).is_err());
    }

    proptest! {
        #[test]
        fn every_start_lies_in_the_hours_and_on_the_step(
            from in 0u16..24, length in 1u16..12, work in 1i64..400, day in 0i8..28,
        ) {
            let hours = Hours::new(from, from + length);
            let schedule = Schedule::weekly(&EVERY_DAY, &[hours]);
            let zone = kaliningrad();

            for start in schedule.starts(date(2026, 2, day + 1), Minutes(work), Minutes(30), &zone) {
                prop_assert!(schedule.covers(Span::lasting(start, Minutes(work)).unwrap(), &zone));
                prop_assert_eq!(start.to_zoned(zone.clone()).minute() % 30, 0);
            }
        }

        #[test]
        fn visits_without_a_clash_never_overlap(starts in prop::collection::vec(0i64..200, 1..40)) {
            let pace = Pace::default();
            let mut taken: Vec<Visit> = Vec::new();
            for (at, half_hour) in starts.iter().enumerate() {
                let start = Timestamp::from_second(half_hour * 1_800).unwrap();
                let span = Span::lasting(start, Minutes(90)).unwrap();
                let district = Some(if at % 2 == 0 { "north" } else { "south" });
                if clash(&taken, span, district, &pace).is_none() {
                    taken.push(Visit { span, district: district.map(str::to_owned) });
                }
            }

            taken.sort_by_key(|visit| visit.span.start);
            for pair in taken.windows(2) {
                let way = pace.travel(pair[0].district.as_deref(), pair[1].district.as_deref());
                prop_assert!(pair[0].span.end + way.duration() <= pair[1].span.start);
            }
        }
    }

    const EVERY_DAY: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    fn visit(start: &str, end: &str, district: &str) -> Visit {
        Visit {
            span: Span { start: start.parse().unwrap(), end: end.parse().unwrap() },
            district: Some(district.to_owned()),
        }
    }

    fn local(starts: &[Timestamp]) -> Vec<String> {
        starts.iter().map(|it| it.to_zoned(kaliningrad()).strftime("%H:%M").to_string()).collect()
    }

    fn kaliningrad() -> TimeZone {
        TimeZone::get("Europe/Kaliningrad").unwrap()
    }
}
