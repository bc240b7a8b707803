//! Who is free when, found by trying every master at every half hour.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use job_core::ids::{ConversationId, JobId, MasterId};
use job_core::job::JobStatus;
use job_core::master::Master;
use job_core::slot::{Feasibility, Offer, Wish, Work};

use super::Model;

/// Streets of the model's only two districts; every other street is in none.
pub(crate) const STREETS: [(&str, &str); 2] =
    [("Проспект Мира", "Центральный"), ("Улица Невского", "Северный")];

const SAME_DISTRICT: SignedDuration = SignedDuration::from_mins(15);
const OTHER_DISTRICT: SignedDuration = SignedDuration::from_mins(30);
const DAYS: i64 = 14;

/// A master's time that belongs to somebody.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Busy {
    pub(crate) master: MasterId,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) district: Option<&'static str>,
}

impl Busy {
    pub(crate) fn of(work: &Work, offer: &Offer) -> Self {
        let street = |it: &&(&str, &str)| Some(it.0) == work.street.as_deref();

        Self {
            master: offer.master_id.clone(),
            start: offer.start,
            end: offer.start + SignedDuration::from_mins(work.minutes),
            district: STREETS.iter().find(street).map(|it| it.1),
        }
    }

    /// One master cannot do both: there is no time for the way between them.
    fn collides(&self, other: &Self) -> bool {
        let near = self.district.is_some() && self.district == other.district;
        let way = if near { SAME_DISTRICT } else { OTHER_DISTRICT };

        !(self.end + way <= other.start || other.end + way <= self.start)
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Both need one quarter of an hour, the shortest way after a visit counted in.
    pub(crate) fn shares_a_quarter(&self, other: &Self) -> bool {
        let quarters = |it: &Self| {
            let quarter = |at: Timestamp| at.as_second().div_euclid(900);
            let last = it.end + SAME_DISTRICT - SignedDuration::from_secs(1);
            quarter(it.start)..=quarter(last)
        };

        quarters(self).any(|it| quarters(other).contains(&it))
    }
}

impl Model {
    /// What a master is promised to, but for the holds of `own` and `moving` itself.
    pub(crate) fn taken(
        &self,
        master: &MasterId,
        own: Option<&ConversationId>,
        moving: Option<&JobId>,
        now: Timestamp,
    ) -> Vec<Busy> {
        let jobs = self
            .jobs
            .iter()
            .filter(|(id, job)| {
                !matches!(job.status, JobStatus::Cancelled | JobStatus::Queued)
                    && Some(*id) != moving
            })
            .map(|(_, job)| &job.busy);
        let holds = self
            .holds
            .iter()
            .filter(|it| it.expires > now && Some(&it.conversation) != own)
            .map(|it| &it.busy);

        jobs.chain(holds).filter(|it| it.master == *master).cloned().collect()
    }

    pub(crate) fn could_come(
        &self,
        work: &Work,
        busy: &Busy,
        others: &[Busy],
        now: Timestamp,
    ) -> bool {
        let Some(master) = self.masters.get(&busy.master) else { return false };

        busy.start > now
            && does(master, work)
            && works(master, busy)
            && !others.iter().any(|it| it.collides(busy) || it.shares_a_quarter(busy))
    }

    pub(crate) fn feasible(
        &self,
        work: &Work,
        wish: &Wish,
        own: Option<&ConversationId>,
        now: Timestamp,
    ) -> Feasibility {
        if !self.masters.values().any(|it| it.active && it.city == work.city) {
            return Feasibility::NoMasters;
        }
        let earliest = now + SignedDuration::from_mins(if work.urgent { 60 } else { 120 });
        let asked = wish.from.unwrap_or(now).clamp(now, now + SignedDuration::from_hours(24 * 90));
        let (first, last) = (day(asked.max(earliest)), day(asked) + DAYS.days());
        let end = wish.to.map(|to| match wish.from == Some(to) {
            true => day(to),
            false => day(to - 1.nanosecond()),
        });
        let free = |from: Date, to: Date| self.free(work, own, (from, to), earliest, now);

        let inside: Vec<Offer> = free(first, end.map_or(last, |end| end.min(last)))
            .into_iter()
            .filter(|it| holds(wish, it.start))
            .collect();
        if let Some((offer, others)) = three(inside) {
            return Feasibility::Can { offer, others };
        }
        if let Some(named) = wish.from.or(wish.to) {
            let begin = day(wish.from.unwrap_or(earliest));
            let mut near = free(begin, end.unwrap_or_else(|| day(named)).min(last));
            near.sort_by_key(|it| (outside(wish, it.start), it.start));
            if let Some((offer, others)) = three(near) {
                return Feasibility::Partly { offer, others };
            }
        }
        let later = three(free(first, last));
        let sooner = || three(free(day(earliest), day(now) + DAYS.days()));
        match later.or_else(sooner) {
            Some((next, others)) => Feasibility::Cannot { next, others },
            None => Feasibility::Full,
        }
    }

    /// The best master for every half hour of those days, where there is one.
    fn free(
        &self,
        work: &Work,
        own: Option<&ConversationId>,
        (from, to): (Date, Date),
        earliest: Timestamp,
        now: Timestamp,
    ) -> Vec<Offer> {
        let able: Vec<(&Master, Vec<Busy>)> = self
            .masters
            .values()
            .filter(|it| does(it, work))
            .map(|it| (it, self.taken(&it.id, own, None, now)))
            .collect();
        let mut offers = Vec::new();
        let mut date = from;
        while date <= to {
            for half in 0..48 {
                let start = moment(date.at(half / 2, half % 2 * 30, 0, 0));
                if start < earliest {
                    continue;
                }
                offers.extend(best(&able, work, start));
            }
            date = date.tomorrow().unwrap();
        }
        offers
    }
}

fn best(able: &[(&Master, Vec<Busy>)], work: &Work, start: Timestamp) -> Option<Offer> {
    by_rank(able, work, start).into_iter().next()
}

/// Who could come then, best first.
pub(crate) fn by_rank(able: &[(&Master, Vec<Busy>)], work: &Work, start: Timestamp) -> Vec<Offer> {
    let mut ranked = BTreeMap::new();
    for (master, taken) in able {
        let end = start + SignedDuration::from_mins(work.minutes);
        let offer = Offer { start, end, master_id: master.id.clone() };
        let busy = Busy::of(work, &offer);
        if does(master, work) && works(master, &busy) && !taken.iter().any(|it| it.collides(&busy))
        {
            let far = master.district.as_deref() != busy.district || busy.district.is_none();
            let that_day = taken.iter().filter(|it| day(it.start) == day(start)).count();
            ranked.insert((-master.rating.0, far, that_day, master.id.clone()), offer);
        }
    }
    ranked.into_values().collect()
}

fn does(master: &Master, work: &Work) -> bool {
    master.active && master.city == work.city && master.trades.contains(&work.category)
}

/// Inside the hours of its day; the model's hours end on the day they begin.
fn works(master: &Master, busy: &Busy) -> bool {
    let date = day(busy.start);
    let clock = |at: Timestamp| {
        let local = at.to_zoned(zone()).datetime();
        let midnight = if local.date() == date { 0 } else { 24 * 60 };
        midnight + i64::from(local.hour()) * 60 + i64::from(local.minute())
    };

    master.schedule.on(date).iter().any(|hours| {
        let minutes = |it| {
            let text = String::from(it);
            let (hour, minute) = text.split_once(':').unwrap();
            hour.parse::<i64>().unwrap() * 60 + minute.parse::<i64>().unwrap()
        };
        minutes(hours.from) <= clock(busy.start) && clock(busy.end) <= minutes(hours.to)
    })
}

fn holds(wish: &Wish, start: Timestamp) -> bool {
    match (wish.from, wish.to) {
        (Some(from), Some(to)) if from == to => start == from,
        (from, to) => from.is_none_or(|it| it <= start) && to.is_none_or(|it| start < it),
    }
}

fn outside(wish: &Wish, start: Timestamp) -> i64 {
    let early = wish.from.map_or(0, |from| from.as_second() - start.as_second());
    let late = wish.to.map_or(0, |to| start.as_second() - to.as_second());

    early.max(late).max(0)
}

fn three(offers: Vec<Offer>) -> Option<(Offer, Vec<Offer>)> {
    let mut offers = offers.into_iter().take(3);
    let first = offers.next()?;

    Some((first, offers.collect()))
}

pub(crate) fn day(at: Timestamp) -> Date {
    at.to_zoned(zone()).date()
}

pub(crate) fn moment(local: DateTime) -> Timestamp {
    local.to_zoned(zone()).unwrap().timestamp()
}

pub(crate) fn zone() -> TimeZone {
    TimeZone::get("Europe/Kaliningrad").unwrap()
}
