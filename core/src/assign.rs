//! Who is sent: rating first, then distance, then workload; and the reasons, kept with the job.
//!
//! **Never here:** SQL, offering it to the master (outbox).

use std::cmp::Reverse;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::ids::MasterId;
use crate::master::{Master, Rating};
use crate::place::place_key;
use crate::schedule::{Clash, Minutes, Pace, Span, Visit, clash};
use crate::slot::Work;
use crate::strip::Day;

/// An explanation lists at most this many masters of each kind; the counts tell the rest.
const EXPLAINED_MAX: usize = 20;

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
    /// Was asked for this visit and said no, or dropped out of it.
    Declined,
    /// Was asked for this visit and did not answer in time.
    Unanswered,
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

/// The smaller, the better.
pub(crate) type Rank = (Reverse<Rating>, bool, usize, MasterId);

/// A visit in question: that work at that moment.
#[derive(Debug, Clone, Copy)]
pub struct Visiting<'a> {
    task: &'a Task<'a>,
    span: Span,
    day: Day,
}

impl<'a> Task<'a> {
    /// `None` at the end of representable time.
    pub fn at(&'a self, start: Timestamp) -> Option<Visiting<'a>> {
        let span = Span::lasting(start, Minutes(self.work.minutes))?;
        let day = Day::new(start.to_zoned(self.zone.clone()).date(), self.zone)?;

        Some(Visiting { task: self, span, day })
    }

    /// Whether that master is for this kind of work in this city at all.
    pub fn suits(&self, master: &Master) -> Result<(), Rule> {
        if !master.active {
            return Err(Rule::Inactive);
        }
        let same = master.city == self.work.city;
        if !same && place_key(&master.city) != place_key(&self.work.city) {
            return Err(Rule::OtherCity);
        }
        if !master.trades.contains(&self.work.category) {
            return Err(Rule::OtherTrade);
        }
        Ok(())
    }
}

impl Visiting<'_> {
    pub fn span(&self) -> Span {
        self.span
    }

    pub(crate) fn day(&self) -> Day {
        self.day
    }

    /// Whether that master, promised to those visits, could come.
    pub fn verdict<'v>(
        &self,
        master: &Master,
        visits: impl IntoIterator<Item = &'v Visit>,
    ) -> Result<(), Rule> {
        self.task.suits(master)?;
        if !self.day.covers(&master.schedule, self.span, self.task.zone) {
            return Err(Rule::NotWorking);
        }

        match clash(visits, self.span, self.task.district, self.task.pace) {
            None => Ok(()),
            Some(Clash::Busy) => Err(Rule::Busy),
            Some(Clash::TooFar) => Err(Rule::TooFar),
        }
    }

    /// Of those who could come, the one with the smallest rank is sent.
    pub(crate) fn rank<'v>(
        &self,
        master: &Master,
        visits: impl IntoIterator<Item = &'v Visit>,
    ) -> Rank {
        order(&self.considered(master, visits))
    }

    fn considered<'v>(
        &self,
        master: &Master,
        visits: impl IntoIterator<Item = &'v Visit>,
    ) -> Considered {
        let district = self.task.district;
        let that_day = |it: &&Visit| self.day.holds(it.span.start);

        Considered {
            master_id: master.id.clone(),
            name: master.name.clone(),
            rating: master.rating,
            same_district: district.is_some() && master.district.as_deref() == district,
            visits_that_day: visits.into_iter().filter(that_day).count(),
        }
    }
}

impl Assignment {
    /// Looks at one more master, promised to those visits; the best rated have to come first.
    pub(crate) fn look<'v, V>(&mut self, visiting: &Visiting<'_>, master: &Master, visits: V)
    where
        V: IntoIterator<Item = &'v Visit> + Clone,
    {
        match visiting.verdict(master, visits.clone()) {
            Ok(()) => {
                self.considered_count += 1;
                let as_good = self.considered.last().is_some_and(|it| it.rating == master.rating);
                if self.considered.len() < EXPLAINED_MAX || as_good {
                    self.considered.push(visiting.considered(master, visits));
                }
            }
            Err(rule) => self.pass_over(master, rule),
        }
    }

    /// Passes over a master for something that the calendar does not know.
    pub(crate) fn pass_over(&mut self, master: &Master, rule: Rule) {
        self.rejected_count += 1;
        if self.explains_rejected() {
            self.rejected.push(turned_down(master, rule));
        }
    }

    /// Whether one more who cannot come would be named.
    pub(crate) fn explains_rejected(&self) -> bool {
        self.rejected.len() < EXPLAINED_MAX
    }

    /// Puts the best first and chooses.
    pub(crate) fn decide(&mut self) {
        self.considered.sort_by_cached_key(order);
        self.considered.truncate(EXPLAINED_MAX);
        self.chosen = self.considered.first().map(|best| best.master_id.clone());
    }
}

/// Smaller comes first: SPEC section 6, and the id so that the order never depends on luck.
fn order(it: &Considered) -> Rank {
    (Reverse(it.rating), !it.same_district, it.visits_that_day, it.master_id.clone())
}

fn turned_down(master: &Master, rule: Rule) -> Rejected {
    Rejected { master_id: master.id.clone(), name: master.name.clone(), rule }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;
    use crate::schedule::{Hours, Schedule};
    use crate::trade::Category;

    #[test]
    fn rating_comes_before_distance_and_distance_before_workload() {
        let mut near_but_loaded = master("near", 480, "north");
        near_but_loaded.1.push(visit("2026-11-23T12:00:00Z"));
        let world = [
            master("star", 490, "south"),
            master("far", 480, "south"),
            near_but_loaded,
            master("lesser", 470, "north"),
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

        let visiting = task.at("2026-11-23T08:00:00Z".parse().unwrap()).unwrap();
        let mut why = Assignment::default();
        for (master, visits) in world {
            why.look(&visiting, master, visits);
        }
        why.decide();
        why
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
