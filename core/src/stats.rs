//! How business goes over a stretch of days: from conversation to paid job, who does how much, and what
//! looks odd.
//!
//! **Never here:** SQL, charts.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::drift::Drift;
use crate::ids::{JobId, MasterId};
use crate::master::Rating;
use crate::money::Kopecks;
use crate::schedule::Schedule;
use crate::trade::Category;

/// Sums this much above what was quoted, per cent, are unusual.
const UNUSUAL: i64 = 200;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// First and last day.
    pub from: Date,
    pub to: Date,
    pub funnel: Funnel,
    pub money: Money,
    pub assignment: AssignmentStats,
    pub categories: Vec<CategoryStats>,
    /// By what their jobs came to.
    pub masters: Vec<MasterStats>,
    /// Dearest first.
    pub drift: Vec<Drift>,
    pub flags: Vec<Flag>,
}

/// Conversations that began in these days, and how far they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Funnel {
    pub conversations: i64,
    /// Ended by themselves, with whatever result.
    pub completed: i64,
    /// A person took over or is to phone back.
    pub escalated: i64,
    pub abandoned: i64,
    pub booked: i64,
    pub accepted: i64,
    pub done: i64,
    pub paid: i64,
    pub cancelled: i64,
}

impl Funnel {
    /// Booked of all conversations, per cent.
    pub fn conversion(&self) -> i64 {
        percent(self.booked, self.conversations)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Money {
    /// Confirmed payments, less what went back.
    pub revenue: Kopecks,
    pub payments: i64,
    pub refunded: Kopecks,
}

/// Offers made in these days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AssignmentStats {
    pub offers: i64,
    pub accepted: i64,
    pub declined: i64,
    pub unanswered: i64,
    /// From offer to yes, the half that was slower took longer.
    pub median_seconds: Option<i64>,
    /// Jobs that wait for a master at this moment.
    pub queued: i64,
    /// Jobs booked in these days, and those of them an operator had to send somebody to.
    pub jobs: i64,
    pub by_hand: i64,
}

impl AssignmentStats {
    /// Jobs that needed no operator, per cent.
    pub fn automatic(&self) -> i64 {
        percent(self.jobs - self.by_hand, self.jobs)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryStats {
    pub category: Category,
    pub jobs: i64,
    /// Mean of what was quoted, and of what it came to where that is known.
    pub quoted: Kopecks,
    pub came_to: Option<Kopecks>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MasterStats {
    pub master_id: MasterId,
    pub name: String,
    pub rating: Rating,
    pub jobs: i64,
    pub done: i64,
    pub declined: i64,
    pub unanswered: i64,
    pub came_to: Kopecks,
    pub busy_minutes: i64,
    pub working_minutes: i64,
}

impl MasterStats {
    /// Minutes of visits of minutes at work, per cent.
    pub fn utilisation(&self) -> i64 {
        percent(self.busy_minutes, self.working_minutes)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlagKind {
    /// Another open job of the same client with the same diagnosis.
    DuplicateRequest,
    /// Paid twice what was quoted, or more.
    UnusualPayment,
    /// Paid and then cancelled.
    PaidAndCancelled,
    /// More than one payment was confirmed.
    PaidTwice,
}

/// Something a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    pub kind: FlagKind,
    pub job: JobId,
    pub number: String,
}

/// Whether such a payment is flagged.
pub fn is_unusual(paid: Kopecks, quoted: Kopecks) -> bool {
    paid.0 * 100 >= quoted.0 * UNUSUAL
}

/// Minutes at work on those days, both counted.
pub fn working_minutes(schedule: &Schedule, from: Date, to: Date) -> i64 {
    let days = from.series(jiff::ToSpan::day(1)).take_while(|date| *date <= to);
    let minutes = |date| schedule.on(date).iter().map(|it| it.to.minutes() - it.from.minutes());

    days.flat_map(minutes).sum()
}

fn percent(part: i64, whole: i64) -> i64 {
    if whole <= 0 { 0 } else { part * 100 / whole }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};

    use super::*;
    use crate::schedule::Hours;

    #[test]
    fn working_minutes_are_those_of_the_schedule_with_its_exceptions() {
        let mut schedule = Schedule::weekly(
            &[Weekday::Monday, Weekday::Tuesday],
            &[Hours::new(9, 13), Hours::new(14, 18)],
        );
        schedule.dates.insert(date(2026, 11, 24), vec![Hours::new(10, 12)]);

        // Monday to Sunday: eight hours and two.
        assert_eq!(working_minutes(&schedule, date(2026, 11, 23), date(2026, 11, 29)), 600);
        assert_eq!(working_minutes(&schedule, date(2026, 11, 25), date(2026, 11, 24)), 0);
    }

    #[test]
    fn parts_of_nothing_are_nothing() {
        assert_eq!(Funnel::default().conversion(), 0);
        let funnel = Funnel { conversations: 8, booked: 3, ..Funnel::default() };
        assert_eq!(funnel.conversion(), 37);
        let sent = AssignmentStats { jobs: 20, by_hand: 3, ..AssignmentStats::default() };
        assert_eq!(sent.automatic(), 85);
    }

    #[test]
    fn twice_the_quote_is_unusual() {
        assert!(is_unusual(Kopecks(400), Kopecks(200)));
        assert!(!is_unusual(Kopecks(399), Kopecks(200)));
    }
}
