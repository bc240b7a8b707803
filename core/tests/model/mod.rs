//! What the store promises, once more in plain Rust: lists, loops and minutes, no SQL, and nothing of
//! the rules it checks. Slow and obvious on purpose.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

pub(crate) mod asking;
pub(crate) mod calendar;
pub(crate) mod money;

use std::collections::BTreeMap;

use jiff::Timestamp;
use job_core::ids::{ConversationId, HoldId, JobId, MasterId};
use job_core::job::{JobStatus, StepRefused};
use job_core::master::Master;
use job_core::order::Refused;
use job_core::slot::{Offer, Work};

use asking::Asked;
use calendar::Busy;
use money::Books;

/// A job's life in order; a cancelled one has left it.
pub(crate) const LIFE: [JobStatus; 9] = [
    JobStatus::Draft,
    JobStatus::Quoted,
    JobStatus::Booked,
    JobStatus::Offered,
    JobStatus::Accepted,
    JobStatus::OnTheWay,
    JobStatus::Started,
    JobStatus::Done,
    JobStatus::Paid,
];

#[derive(Debug)]
pub(crate) struct Hold {
    pub(crate) id: HoldId,
    pub(crate) conversation: ConversationId,
    pub(crate) busy: Busy,
    pub(crate) expires: Timestamp,
}

#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) number: String,
    pub(crate) conversation: ConversationId,
    pub(crate) work: Work,
    pub(crate) busy: Busy,
    pub(crate) status: JobStatus,
    pub(crate) asked: Option<Asked>,
    /// Who was asked for the visit at that time and will not come.
    pub(crate) lost: Vec<(MasterId, Timestamp)>,
}

/// One organisation.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) masters: BTreeMap<MasterId, Master>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) jobs: BTreeMap<JobId, Job>,
    pub(crate) books: Books,
}

/// Whether a job may go from there to there.
pub(crate) fn step_of(from: JobStatus, to: JobStatus) -> Result<(), StepRefused> {
    let place = LIFE.iter().position(|it| *it == from);
    let next = place.and_then(|at| LIFE.get(at + 1).copied());
    if from == JobStatus::Queued {
        return if to == JobStatus::Cancelled { Ok(()) } else { Err(StepRefused::NoMaster) };
    }
    let Some(next) = next else { return Err(StepRefused::Over { from }) };
    match to {
        JobStatus::Cancelled if from >= JobStatus::Started => Err(StepRefused::AtWork { from }),
        JobStatus::Cancelled => Ok(()),
        to if to == next => Ok(()),
        to => Err(StepRefused::OutOfOrder { from, to, next }),
    }
}

impl Model {
    /// `id`: what the store called it, if it made one.
    pub(crate) fn hold(
        &mut self,
        work: &Work,
        offer: &Offer,
        conversation: &ConversationId,
        id: Option<HoldId>,
        now: Timestamp,
    ) -> Result<HoldId, Refused> {
        let busy = Busy::of(work, offer);
        let others = self.taken(&offer.master_id, Some(conversation), None, now);
        if !self.could_come(work, &busy, &others, now) {
            return Err(Refused::Taken(offer.start));
        }
        let id = id.unwrap_or_else(|| HoldId::new("the store made none"));
        self.holds.retain(|it| it.conversation != *conversation);
        self.holds.push(Hold {
            id: id.clone(),
            conversation: conversation.clone(),
            busy,
            expires: now + jiff::SignedDuration::from_mins(10),
        });
        Ok(id)
    }

    pub(crate) fn book(
        &mut self,
        conversation: &ConversationId,
        (hold, offer, work): (&HoldId, &Offer, &Work),
        id: Option<JobId>,
        now: Timestamp,
    ) -> Result<JobId, Refused> {
        let standing =
            |job: &Job| job.conversation == *conversation && job.status != JobStatus::Cancelled;
        if let Some((known, _)) = self.jobs.iter().find(|(_, job)| standing(job)) {
            return Ok(known.clone());
        }
        let mine = |it: &Hold| {
            it.id == *hold
                && it.conversation == *conversation
                && it.expires > now
                && it.busy.master == offer.master_id
                && it.busy.start == offer.start
        };
        let Some(at) = self.holds.iter().position(mine) else {
            return Err(Refused::HoldExpired(hold.clone()));
        };
        let held = self.holds.remove(at);
        let id = id.unwrap_or_else(|| JobId::new("the store made none"));
        let job = Job {
            number: (1_001 + self.jobs.len()).to_string(),
            conversation: conversation.clone(),
            work: work.clone(),
            asked: None,
            lost: Vec::new(),
            busy: held.busy,
            status: JobStatus::Booked,
        };
        self.jobs.insert(id.clone(), job);
        self.ask(&id, now);
        Ok(id)
    }

    pub(crate) fn move_to(
        &mut self,
        id: &JobId,
        offer: &Offer,
        by: &ConversationId,
        now: Timestamp,
    ) -> Result<Offer, Refused> {
        let work = self.changeable(id)?;
        let busy = Busy::of(&Work { urgent: false, ..work.clone() }, offer);
        let others = self.taken(&offer.master_id, Some(by), Some(id), now);
        if !self.could_come(&work, &busy, &others, now) {
            return Err(Refused::Taken(offer.start));
        }
        self.holds.retain(|it| it.conversation != *by);
        self.hand(id, busy.clone(), now);

        Ok(Offer { start: busy.start, end: busy.end, master_id: busy.master })
    }

    pub(crate) fn cancel(&mut self, id: &JobId) -> Result<(), Refused> {
        self.changeable(id)?;
        let job = self.jobs.get_mut(id).unwrap();
        (job.status, job.asked) = (JobStatus::Cancelled, None);
        Ok(())
    }

    pub(crate) fn step(
        &mut self,
        id: &JobId,
        to: JobStatus,
    ) -> Option<Result<JobStatus, StepRefused>> {
        let paid = self.books.is_paid(id);
        let job = self.jobs.get_mut(id)?;
        let from = job.status;
        if let Err(refused) = step_of(from, to) {
            return Some(Err(refused));
        }
        job.status = if to == JobStatus::Done && paid { JobStatus::Paid } else { to };
        job.asked = job.asked.take().filter(|_| job.status == JobStatus::Offered);
        Some(Ok(to))
    }

    fn changeable(&self, id: &JobId) -> Result<Work, Refused> {
        let job = self.jobs.get(id).ok_or(Refused::Unknown)?;
        if job.status >= JobStatus::Started {
            return Err(Refused::TooLate(id.clone(), job.status.to_string()));
        }
        Ok(job.work.clone())
    }

    pub(crate) fn release(&mut self, hold: &HoldId) {
        self.holds.retain(|it| it.id != *hold);
    }

    /// The count of holds that had expired.
    pub(crate) fn sweep(&mut self, now: Timestamp) -> u64 {
        let before = self.holds.len();
        self.holds.retain(|it| it.expires > now);
        (before - self.holds.len()) as u64
    }
}
