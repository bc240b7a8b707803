//! Who is asked for a visit, until when, and who comes next: one master at a time.

use jiff::{SignedDuration, Timestamp};
use job_core::day::DayRefused;
use job_core::ids::{JobId, MasterId};
use job_core::job::JobStatus;
use job_core::offer::ProposalState;
use job_core::order::Refused;
use job_core::slot::{Offer, Work};

use super::calendar::{Busy, by_rank, day, moment, zone};
use super::{Model, step_of};

const THINK: SignedDuration = SignedDuration::from_mins(10);

/// The open offer to the master of a job.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) until: Timestamp,
}

impl Model {
    /// The master of the job is asked.
    pub(crate) fn ask(&mut self, id: &JobId, now: Timestamp) {
        let job = self.jobs.get_mut(id).unwrap();
        job.status = JobStatus::Offered;
        job.asked = Some(Asked { until: until(job.busy.start, now) });
    }

    /// The job goes to that master and time.
    pub(crate) fn hand(&mut self, id: &JobId, busy: Busy, now: Timestamp) {
        for payment in self.books.payments.values_mut() {
            payment.follow(id, &busy.master);
        }
        self.jobs.get_mut(id).unwrap().busy = busy;
        self.ask(id, now);
    }

    /// `true`: somebody else was found.
    pub(crate) fn lose(
        &mut self,
        id: &JobId,
        master: &MasterId,
        how: ProposalState,
        now: Timestamp,
    ) -> Result<bool, DayRefused> {
        let theirs = |job: &&mut super::Job| {
            let lapsed = job.asked.as_ref().is_some_and(|it| it.until <= now);
            let silent = how == ProposalState::Unanswered && !lapsed;
            job.busy.master == *master && job.status != JobStatus::Queued && !silent
        };
        let Some(job) = self.jobs.get_mut(id).filter(theirs) else {
            return Err(DayRefused::NotYours(id.clone()));
        };
        if job.status >= JobStatus::Started {
            return Err(step_of(job.status, JobStatus::Booked).unwrap_err().into());
        }
        job.lost.push((master.clone(), job.busy.start));
        let (work, before) = (job.work.clone(), job.busy.clone());
        if let Some(next) = self.next_for(id, &work, &before, now) {
            self.hand(id, next, now);
            return Ok(true);
        }
        let job = self.jobs.get_mut(id).unwrap();
        (job.status, job.asked) = (JobStatus::Queued, None);
        Ok(false)
    }

    /// The best who could come at that time and was not lost for it.
    fn next_for(&self, id: &JobId, work: &Work, before: &Busy, now: Timestamp) -> Option<Busy> {
        let lost = &self.jobs[id].lost;
        let free: Vec<_> = self
            .masters
            .values()
            .filter(|it| !lost.contains(&(it.id.clone(), before.start)))
            .map(|it| (it, self.taken(&it.id, None, Some(id), now)))
            .collect();
        let ranked = by_rank(&free, work, before.start);
        let mut able = ranked.into_iter().map(|it| Busy::of(work, &it));

        able.find(|it| self.could_come(work, it, &self.taken(&it.master, None, Some(id), now), now))
    }

    /// How many went on.
    pub(crate) fn lapse(&mut self, now: Timestamp) -> usize {
        let open = |(id, job): (&JobId, &super::Job)| {
            let asked = job.asked.clone()?;
            (asked.until <= now).then(|| (asked.until, id.clone(), job.busy.master.clone()))
        };
        let mut lapsed: Vec<_> = self.jobs.iter().filter_map(open).collect();
        lapsed.sort();
        let waits = [JobStatus::Booked, JobStatus::Offered, JobStatus::Accepted];
        let left = |(id, job): (&JobId, &super::Job)| {
            let gone = !self.masters[&job.busy.master].active;
            (gone && job.busy.end > now && waits.contains(&job.status))
                .then(|| (job.busy.start, id.clone(), job.busy.master.clone()))
        };
        let mut gone: Vec<_> = self.jobs.iter().filter_map(left).collect();
        gone.sort();

        let mut passed = 0;
        for (_, id, master) in lapsed {
            passed += usize::from(self.lose(&id, &master, ProposalState::Unanswered, now).is_ok());
        }
        for (_, id, master) in gone {
            passed += usize::from(self.lose(&id, &master, ProposalState::DroppedOut, now).is_ok());
        }
        passed
    }

    /// How many of those who wait found a master.
    pub(crate) fn retry(&mut self, now: Timestamp) -> usize {
        let waiting = |(id, job): (&JobId, &super::Job)| {
            (job.status == JobStatus::Queued && job.busy.start > now)
                .then(|| (job.busy.start, id.clone()))
        };
        let mut waiting: Vec<_> = self.jobs.iter().filter_map(waiting).collect();
        waiting.sort();
        let mut found = 0;
        for (_, id) in waiting {
            let (work, before) = (self.jobs[&id].work.clone(), self.jobs[&id].busy.clone());
            if let Some(next) = self.next_for(&id, &work, &before, now) {
                self.hand(&id, next, now);
                found += 1;
            }
        }
        found
    }

    /// Hours, trade and way do not matter, only other visits.
    pub(crate) fn assign_by_hand(
        &mut self,
        id: &JobId,
        master: &MasterId,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let job = &self.jobs[id];
        if job.status >= JobStatus::Started {
            return Err(Refused::TooLate(id.clone(), job.status.to_string()));
        }
        let (start, end) = (job.busy.start, job.busy.end);
        let busy = Busy::of(&job.work, &Offer { start, end, master_id: master.clone() });
        let others = self.taken(master, None, Some(id), now);
        if others.iter().any(|it| it.overlaps(&busy) || it.shares_a_quarter(&busy)) {
            return Err(Refused::Taken(start));
        }
        self.hand(id, busy, now);
        Ok(())
    }
}

/// Ten minutes by day; by night till ten minutes past nine, if two hours are left then.
fn until(start: Timestamp, now: Timestamp) -> Timestamp {
    let hour = now.to_zoned(zone()).hour();
    let morning = match hour {
        9..21 => now,
        0..9 => moment(day(now).at(9, 0, 0, 0)),
        _ => moment(day(now).tomorrow().unwrap().at(9, 0, 0, 0)),
    };
    let rested = morning + THINK;

    if start >= rested + SignedDuration::from_hours(2) { rested } else { now + THINK }
}
