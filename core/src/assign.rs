//! Who is sent: rating first, then distance, then workload; and the reasons, kept with the job.
//!
//! **Never here:** SQL, offering it to the master (outbox).

use std::cmp::Reverse;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::ids::MasterId;
use crate::master::{Candidate, Master, Rating};
use crate::place::place_key;
use crate::schedule::{Clash, Minutes, Pace, Span, clash};
use crate::slot::Work;

/// An explanation lists at most this many masters of each kind; the counts tell the rest.
pub(crate) const EXPLAINED_MAX: usize = 20;

/// The rule by which a master was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    Inactive,
    OtherCity,
    OtherTrade,
    /// The visit would not lie inside the working hours.
    NotWorking,
    /// Another visit overlaps.
    Busy,
    /// The way from or to a neighbouring visit is too long.
    TooFar,
}

/// A master who could come, with everything the order was decided by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    pub master_id: MasterId,
    pub name: String,
    pub rating: Rating,
    pub same_district: bool,
    pub visits_that_day: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    pub master_id: MasterId,
    pub name: String,
    pub rule: Rule,
}

/// Why this master: stored with every job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Assignment {
    pub chosen: Option<MasterId>,
    /// Best first, at most 20.
    pub considered: Vec<Considered>,
    pub considered_count: usize,
    /// At most 20.
    pub rejected: Vec<Rejected>,
    pub rejected_count: usize,
}

/// What has to be assigned, and the world it happens in.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    pub work: &'a Work,
    pub district: Option<&'a str>,
    pub zone: &'a TimeZone,
    pub pace: &'a Pace,
}

impl Task<'_> {
    /// Whether that master is for this kind of work in this city at all.
    pub fn suits(&self, master: &Master) -> Result<(), Rule> {
        if !master.active {
            return Err(Rule::Inactive);
        }
        if place_key(&master.city) != place_key(&self.work.city) {
            return Err(Rule::OtherCity);
        }
        if !master.trades.contains(&self.work.category) {
            return Err(Rule::OtherTrade);
        }
        Ok(())
    }

    /// Whether that master could come then.
    pub fn verdict(&self, candidate: &Candidate<'_>, start: Timestamp) -> Result<(), Rule> {
        self.suits(candidate.master)?;

        self.fits(candidate, start)
    }

    /// Whether a master who suits has the time then.
    pub(crate) fn fits(&self, candidate: &Candidate<'_>, start: Timestamp) -> Result<(), Rule> {
        let span = Span::lasting(start, Minutes(self.work.minutes)).ok_or(Rule::NotWorking)?;
        if !candidate.master.schedule.covers(span, self.zone) {
            return Err(Rule::NotWorking);
        }

        match clash(candidate.visits.iter().copied(), span, self.district, self.pace) {
            None => Ok(()),
            Some(Clash::Busy) => Err(Rule::Busy),
            Some(Clash::TooFar) => Err(Rule::TooFar),
        }
    }

    /// Of those who are free at that start, the one with the smallest rank is sent.
    pub(crate) fn rank(&self, candidate: &Candidate<'_>, start: Timestamp) -> impl Ord + use<> {
        order(&self.considered(candidate, start))
    }

    /// Everybody looked at, ranked or rejected with the rule.
    pub fn assign(&self, candidates: &[Candidate<'_>], start: Timestamp) -> Assignment {
        let (mut considered, mut rejected) = (Vec::new(), Vec::new());
        for candidate in candidates {
            match self.verdict(candidate, start) {
                Ok(()) => considered.push(self.considered(candidate, start)),
                Err(rule) => rejected.push(turned_down(candidate, rule)),
            }
        }
        considered.sort_by_cached_key(order);
        let (considered_count, rejected_count) = (considered.len(), rejected.len());
        considered.truncate(EXPLAINED_MAX);
        rejected.truncate(EXPLAINED_MAX);

        Assignment {
            chosen: considered.first().map(|best| best.master_id.clone()),
            considered,
            considered_count,
            rejected,
            rejected_count,
        }
    }

    fn considered(&self, candidate: &Candidate<'_>, start: Timestamp) -> Considered {
        let date = start.to_zoned(self.zone.clone()).date();
        let same_day = |at: Timestamp| at.to_zoned(self.zone.clone()).date() == date;
        let master = &candidate.master;

        Considered {
            master_id: master.id.clone(),
            name: master.name.clone(),
            rating: master.rating,
            same_district: self.district.is_some() && master.district.as_deref() == self.district,
            visits_that_day: candidate.visits.iter().filter(|it| same_day(it.span.start)).count(),
        }
    }
}

/// Smaller comes first: SPEC section 6, and the id so that the order never depends on luck.
fn order(it: &Considered) -> (Reverse<Rating>, bool, usize, MasterId) {
    (Reverse(it.rating), !it.same_district, it.visits_that_day, it.master_id.clone())
}

fn turned_down(candidate: &Candidate<'_>, rule: Rule) -> Rejected {
    Rejected { master_id: candidate.master.id.clone(), name: candidate.master.name.clone(), rule }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;
    use crate::schedule::{Hours, Schedule, Visit};
    use crate::trade::Category;

    #[test]
    fn rating_comes_before_distance_and_distance_before_workload() {
        let mut near_but_loaded = master("near", 480, "north");
        near_but_loaded.1.push(visit("2026-11-23T12:00:00Z"));
        let world = [
            master("lesser", 470, "north"),
            master("far", 480, "south"),
            near_but_loaded,
            master("star", 490, "south"),
        ];

        let decided = assign(&world);

        let order: Vec<_> = decided.considered.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(order, ["star", "near", "far", "lesser"]);
        assert_eq!(decided.chosen, Some(MasterId::new("star")));
    }

    #[test]
    fn who_cannot_come_is_named_with_the_rule() {
        let mut busy = master("busy", 500, "north");
        busy.1.push(visit("2026-11-23T08:30:00Z"));
        let mut far = master("far", 500, "south");
        far.1.push(visit("2026-11-23T09:10:00Z"));
        let mut gone = master("gone", 500, "north");
        gone.0.active = false;
        let mut off = master("off", 500, "north");
        off.0.schedule = Schedule::default();
        let mut other = master("other", 500, "north");
        other.0.trades = vec![Category::Appliance];
        let mut away = master("away", 500, "north");
        away.0.city = "Москва".into();

        let decided = assign(&[busy, far, gone, off, other, away]);

        let rules: Vec<_> = decided.rejected.iter().map(|it| it.rule).collect();
        use Rule::*;
        assert_eq!(rules, [Busy, TooFar, Inactive, NotWorking, OtherTrade, OtherCity]);
        assert_eq!(decided.chosen, None);
    }

    fn assign(world: &[(Master, Vec<Visit>)]) -> Assignment {
        let work = Work {
            category: Category::Plumbing,
            minutes: 60,
            city: "Калининград".into(),
            street: None,
            urgent: false,
        };
        let task = Task {
            work: &work,
            district: Some("north"),
            zone: &TimeZone::get("Europe/Kaliningrad").unwrap(),
            pace: &Pace::default(),
        };

        let candidates: Vec<Candidate<'_>> = world
            .iter()
            .map(|(master, visits)| Candidate { master, visits: visits.iter().collect() })
            .collect();

        task.assign(&candidates, "2026-11-23T08:00:00Z".parse().unwrap())
    }

    fn visit(start: &str) -> Visit {
        let span = Span::lasting(start.parse().unwrap(), Minutes(60)).unwrap();

        Visit { span, district: Some("north".into()) }
    }

    fn master(name: &str, rating: i64, district: &str) -> (Master, Vec<Visit>) {
        let master = Master {
            id: MasterId::new(name),
            name: name.into(),
            phone: "+79110000000".into(),
            email: None,
            city: "Калининград".into(),
            district: Some(district.into()),
            trades: vec![Category::Plumbing],
            rating: Rating(rating),
            active: true,
            schedule: Schedule::weekly(&[Weekday::Monday], &[Hours::new(8, 20)]),
        };

        (master, Vec::new())
    }
}
