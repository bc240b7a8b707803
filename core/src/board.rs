//! The dispatch board: every master of an organisation with what is promised on their behalf, laid out
//! so that "who is free when" costs little among ten thousand of them.
//!
//! Masters of a city and trade stand in a row, best rated first, and each day of the calendar has a
//! strip for each of them; the exact rules are asked only where a strip does not say no.
//!
//! **Never here:** SQL, how the board is kept up to date (store).

use std::cmp::Reverse;
use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::assign::{Assignment, Rule, Task};
use crate::ids::{ConversationId, JobId, MasterId};
use crate::master::{Master, Rating};
use crate::place::place_key;
use crate::schedule::{Pace, Span, Visit};
use crate::slot::{Offer, Work};
use crate::strip::Day;
use crate::trade::Category;

/// No visit is longer, and no way between two.
pub(crate) const REACH: SignedDuration = SignedDuration::from_hours(24);

/// A stretch of a master's time that belongs to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    pub visit: Visit,
    pub to: Promised,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Promised {
    Job(JobId),
    /// To a caller who has not said yes yet, until then.
    Hold(ConversationId, Timestamp),
    /// To whatever stands in the master's own calendar.
    Elsewhere,
}

/// What does not stand in the asker's own way: the conversation's holds, the job being moved.
#[derive(Debug, Clone, Copy, Default)]
pub struct Own<'a> {
    pub conversation: Option<&'a ConversationId>,
    pub job: Option<&'a JobId>,
}

/// Who asks, for what, when.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub work: &'a Work,
    /// The district of its street, where known.
    pub district: Option<&'a str>,
    pub own: Own<'a>,
    /// Who was asked for this very visit and will not come.
    pub lost: &'a [(MasterId, Rule)],
    pub now: Timestamp,
}

#[derive(Debug)]
struct Seat {
    master: Master,
    city: String,
    /// In order of start.
    promises: Vec<Promise>,
}

#[derive(Debug)]
pub struct Board {
    zone: TimeZone,
    pace: Pace,
    seats: Vec<Seat>,
    places: HashMap<MasterId, usize>,
    /// By city and trade, best rated first.
    rows: HashMap<(String, Category), Vec<usize>>,
    days: HashMap<Date, (Day, Vec<u128>)>,
}

impl Board {
    pub fn new(zone: TimeZone, pace: Pace) -> Self {
        Self {
            zone,
            pace,
            seats: Vec::new(),
            places: HashMap::new(),
            rows: HashMap::new(),
            days: HashMap::new(),
        }
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub(crate) fn pace(&self) -> Pace {
        self.pace
    }

    /// Other rules of time for the same masters.
    pub fn rule(&mut self, zone: TimeZone, pace: Pace) {
        if zone != self.zone || pace != self.pace {
            (self.zone, self.pace) = (zone, pace);
            self.days.clear();
        }
    }

    /// Puts a master on the board, or in the place of what was known of them.
    pub fn seat(&mut self, master: Master, mut promises: Vec<Promise>) {
        promises.sort_by_key(|it| it.visit.span.start);
        let seat = Seat { city: place_key(&master.city), master, promises };
        let at = match self.places.get(&seat.master.id) {
            Some(at) => *at,
            None => self.seats.len(),
        };
        let moved = self.seats.get(at).is_none_or(|known| row_of(known) != row_of(&seat));
        if at == self.seats.len() {
            self.places.insert(seat.master.id.clone(), at);
            self.seats.push(seat);
        } else {
            self.seats[at] = seat;
        }
        if moved {
            self.rows.clear();
        }
        for (day, strips) in self.days.values_mut() {
            let strip = strip(&self.seats[at], *day, &self.pace);
            match strips.get_mut(at) {
                Some(place) => *place = strip,
                None => strips.push(strip),
            }
        }
    }

    /// Lets go of what is over.
    pub fn forget(&mut self, before: Timestamp) {
        for seat in &mut self.seats {
            seat.promises.retain(|it| it.visit.span.end > before);
        }
        let date = before.to_zoned(self.zone.clone()).date();
        self.days.retain(|day, _| *day >= date);
    }

    /// Whether anybody works in that city, whatever the trade.
    pub(crate) fn works_in(&self, city: &str) -> bool {
        let key = place_key(city);

        self.seats.iter().any(|seat| seat.master.active && seat.city == key)
    }

    /// Who could come then, best first, and who could not and why.
    pub fn assignment(&mut self, asked: &Asked<'_>, start: Timestamp) -> Assignment {
        let (zone, pace) = (self.zone.clone(), self.pace);
        let task = Task { work: asked.work, district: asked.district, zone: &zone, pace: &pace };
        let row = self.row(asked.work);
        let date = start.to_zoned(zone.clone()).date();
        let (Some(visiting), true) = (task.at(start), self.lay_out(date)) else {
            return Assignment::default();
        };
        let (_, strips) = &self.days[&date];
        let needs = visiting.day().needs(visiting.span());
        let own = asked.own.job.and_then(|job| self.seat_of(&row, job));

        let mut why = Assignment::default();
        for at in row {
            let master = &self.seats[at].master;
            if let Some((_, rule)) = asked.lost.iter().find(|(lost, _)| *lost == master.id) {
                why.pass_over(master, *rule);
                continue;
            }
            let ruled_out = strips[at] & needs != needs && own != Some(at);
            if ruled_out && !why.explains_rejected() {
                why.rejected_count += 1;
                continue;
            }
            let visits = self.visits(at, visiting.span(), asked);
            why.look(&visiting, master, visits);
        }
        why.decide();
        why
    }

    /// The best master for that start.
    pub(crate) fn best(
        &self,
        row: &[usize],
        (date, start): (Date, Timestamp),
        asked: &Asked<'_>,
        task: &Task<'_>,
    ) -> Option<Offer> {
        let visiting = task.at(start)?;
        let span = visiting.span();
        let (day, strips) = self.days.get(&date)?;
        let needs = day.needs(span);

        let mut best: Option<(_, usize)> = None;
        for at in row {
            let master = &self.seats[*at].master;
            if best
                .as_ref()
                .is_some_and(|(_, best)| self.seats[*best].master.rating > master.rating)
            {
                break;
            }
            if strips[*at] & needs != needs {
                continue;
            }
            let visits = self.visits(*at, span, asked);
            if visiting.verdict(master, visits.clone()).is_err() {
                continue;
            }
            let rank = visiting.rank(master, visits);
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                best = Some((rank, *at));
            }
        }
        let (_, at) = best?;

        Some(Offer { start, end: span.end, master_id: self.seats[at].master.id.clone() })
    }

    /// The masters for that work, best rated first; those who do not work at present are among them.
    pub(crate) fn row(&mut self, work: &Work) -> Vec<usize> {
        let key = (place_key(&work.city), work.category);
        if let Some(row) = self.rows.get(&key) {
            return row.clone();
        }
        let mut row: Vec<usize> = (0..self.seats.len())
            .filter(|at| {
                let seat = &self.seats[*at];
                seat.city == key.0 && seat.master.trades.contains(&key.1)
            })
            .collect();
        row.sort_by_key(|at| (Reverse(self.seats[*at].master.rating), &self.seats[*at].master.id));
        self.rows.insert(key, row.clone());
        row
    }

    pub(crate) fn is_active(&self, at: usize) -> bool {
        self.seats[at].master.active
    }

    /// Makes the strips of a day; `false` at the end of representable time.
    pub(crate) fn lay_out(&mut self, date: Date) -> bool {
        if self.days.contains_key(&date) {
            return true;
        }
        let Some(day) = Day::new(date, &self.zone) else { return false };
        let strips = self.seats.iter().map(|seat| strip(seat, day, &self.pace)).collect();
        self.days.insert(date, (day, strips));
        true
    }

    /// The starts of a day that was laid out.
    pub(crate) fn starts(&self, date: Date) -> Vec<Timestamp> {
        self.days
            .get(&date)
            .map_or_else(Vec::new, |(day, _)| day.starts(self.pace.step, &self.zone))
    }

    fn seat_of(&self, row: &[usize], job: &JobId) -> Option<usize> {
        let has = |at: &usize| {
            let mut promises = self.seats[*at].promises.iter();
            promises.any(|it| matches!(&it.to, Promised::Job(id) if id == job))
        };

        row.iter().copied().find(has)
    }

    /// A master's visits around that stretch that stand in the asker's way.
    fn visits<'a>(
        &'a self,
        at: usize,
        span: Span,
        asked: &'a Asked<'_>,
    ) -> impl Iterator<Item = &'a Visit> + Clone {
        let counts = |it: &&Promise| match &it.to {
            Promised::Job(job) => asked.own.job != Some(job),
            Promised::Hold(conversation, until) => {
                asked.own.conversation != Some(conversation) && *until > asked.now
            }
            Promised::Elsewhere => true,
        };

        around(&self.seats[at].promises, span).filter(counts).map(|it| &it.visit)
    }
}

/// What decides where a master stands.
fn row_of(seat: &Seat) -> (&str, &[Category], Rating) {
    (&seat.city, &seat.master.trades, seat.master.rating)
}

/// Nobody who does not work at present has a free quarter.
fn strip(seat: &Seat, day: Day, pace: &Pace) -> u128 {
    if !seat.master.active {
        return 0;
    }
    let jobs = around(&seat.promises, day.span())
        .filter(|it| matches!(it.to, Promised::Job(_) | Promised::Elsewhere))
        .map(|it| &it.visit);

    day.strip(&seat.master.schedule, jobs, pace)
}

fn around(promises: &[Promise], span: Span) -> impl Iterator<Item = &Promise> + Clone {
    let (first, last) = (span.start - REACH, span.end + REACH);
    let begin = promises.partition_point(|it| it.visit.span.start < first);

    promises[begin..].iter().take_while(move |it| it.visit.span.start <= last)
}
