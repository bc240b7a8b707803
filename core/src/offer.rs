//! How a visit comes to its master: who is asked, how long they may think, and whose no or silence
//! passes it on.
//!
//! **Never here:** SQL, who could come (assign), the words of an offer (outbox).

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::assign::{Considered, Rule};
use crate::ids::MasterId;
use crate::outbox::Routes;
use crate::schedule::Minutes;

/// However far off morning is, so long before the visit somebody else can still be found.
const NOTICE: SignedDuration = SignedDuration::from_hours(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The best master is told and need not answer.
    Given,
    /// The best is asked; a no or silence passes it to the next.
    #[default]
    OneByOne,
    /// The best few are asked at once, and the first to accept has it.
    Broadcast,
}

/// How an organisation asks its masters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asking {
    pub mode: Mode,
    /// How long a master may think while people are awake.
    pub answer_within: Minutes,
    /// A broadcast asks so many at once.
    pub broadcast_to: u8,
}

impl Default for Asking {
    fn default() -> Self {
        Self { mode: Mode::default(), answer_within: Minutes(10), broadcast_to: 5 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    Open,
    Accepted,
    /// Said no.
    Declined,
    /// Accepted, or was told, and cannot come after all.
    DroppedOut,
    /// Said nothing in time.
    Unanswered,
    /// Somebody else had it, or it was moved or cancelled.
    Withdrawn,
}

/// One master asked for one visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub master: MasterId,
    pub name: String,
    /// The beginning of the visit they were asked for.
    pub start: Timestamp,
    pub state: ProposalState,
    pub made: Timestamp,
    pub until: Timestamp,
    pub answered: Option<Timestamp>,
}

impl ProposalState {
    /// Why such a master is not asked again for the same visit; `None`: may be.
    pub fn rules_out(self) -> Option<Rule> {
        match self {
            Self::Declined | Self::DroppedOut => Some(Rule::Declined),
            Self::Unanswered => Some(Rule::Unanswered),
            Self::Open | Self::Accepted | Self::Withdrawn => None,
        }
    }
}

impl Asking {
    /// Until when an offer made now stands. At night masters are waited for till the morning, unless
    /// the visit is too near for that.
    pub fn until(
        &self,
        start: Timestamp,
        routes: &Routes,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Timestamp {
        let think = self.answer_within.duration();
        let rested = routes.next_awake(now, zone) + think;

        if rested + NOTICE <= start { rested } else { now + think }
    }

    /// Who is asked of those who could come, the one whose time is promised first.
    pub fn asked<'a>(&self, could: &'a [Considered], promised: &'a MasterId) -> Vec<&'a MasterId> {
        let others = could.iter().map(|it| &it.master_id).filter(|it| *it != promised);
        let more = match self.mode {
            Mode::Given => return Vec::new(),
            Mode::OneByOne => 0,
            Mode::Broadcast => usize::from(self.broadcast_to).saturating_sub(1),
        };

        std::iter::once(promised).chain(others.take(more)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::master::Rating;

    #[test]
    fn a_master_may_think_ten_minutes_by_day_and_till_morning_by_night() {
        let until = |now, start| local(asking().until(at(start), &routes(), &zone(), at(now)));

        assert_eq!(until("2026-11-23T12:00", "2026-11-24T10:00"), "23 12:10");
        assert_eq!(until("2026-11-23T23:00", "2026-11-24T14:00"), "24 09:10");
        assert_eq!(until("2026-11-24T05:00", "2026-11-24T11:10"), "24 09:10");
    }

    #[test]
    fn a_visit_in_the_early_morning_does_not_wait_for_sleepers() {
        let until = |now, start| local(asking().until(at(start), &routes(), &zone(), at(now)));

        assert_eq!(until("2026-11-23T23:00", "2026-11-24T09:30"), "23 23:10");
        assert_eq!(until("2026-11-23T12:00", "2026-11-23T13:00"), "23 12:10");
    }

    #[test]
    fn who_is_asked_depends_on_the_mode_and_the_promised_one_comes_first() {
        let could = [considered("a"), considered("b"), considered("c"), considered("d")];
        let promised = MasterId::new("b");
        let names = |mode, broadcast_to| {
            let asking = Asking { mode, broadcast_to, ..Asking::default() };
            asking.asked(&could, &promised).iter().map(|it| it.as_str()).collect::<String>()
        };

        assert_eq!(names(Mode::Given, 5), "");
        assert_eq!(names(Mode::OneByOne, 5), "b");
        assert_eq!(names(Mode::Broadcast, 3), "bac");
        assert_eq!(names(Mode::Broadcast, 0), "b");
    }

    fn asking() -> Asking {
        Asking::default()
    }

    fn routes() -> Routes {
        Routes::default()
    }

    fn considered(name: &str) -> Considered {
        Considered {
            master_id: MasterId::new(name),
            name: name.into(),
            rating: Rating(480),
            same_district: false,
            visits_that_day: 0,
        }
    }

    fn at(text: &str) -> Timestamp {
        let local: jiff::civil::DateTime = text.parse().unwrap();
        local.to_zoned(zone()).unwrap().timestamp()
    }

    fn local(at: Timestamp) -> String {
        at.to_zoned(zone()).strftime("%d %H:%M").to_string()
    }

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Kaliningrad").unwrap()
    }
}
