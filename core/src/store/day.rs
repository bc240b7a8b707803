//! A master's day: open jobs, steps, the sum at the end, hours.

use jiff::Timestamp;

use super::db::{Row, values};
use super::masters::master;
use super::{OrgStore, Passed, StoreError, refuse};
use crate::consent::{ChangeRefused, chargeable};
use crate::day::{DayAct, DayDone, DayJob, DayRefused, DayTold, HoursChange, MasterDay};
use crate::ids::{JobId, MasterId};
use crate::job::JobStatus;
use crate::job_file::JobFile;
use crate::master::Master;
use crate::money::{Kopecks, split};
use crate::offer::ProposalState;
use crate::payment::payable;
use crate::schedule::{Schedule, Span};

/// Open jobs read out at most; the rest is for the eye.
const JOBS_MAX: i64 = 20;

impl OrgStore {
    /// The active master with that number, E.164.
    pub async fn master_by_phone(&self, phone: &str) -> Result<Option<Master>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT * FROM masters WHERE org_id = $1 AND phone = $2 AND active = $3 ORDER BY id LIMIT 1",
                values![&self.org, phone, true],
            )
            .await?;

        row.as_ref().map(master).transpose()
    }

    /// Does one thing and tells the day after it. `None`: no active master has that number.
    pub async fn day(
        &self,
        phone: &str,
        act: &DayAct,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<DayTold>, StoreError> {
        let Some(master) = self.master_by_phone(phone).await? else {
            return Ok(None);
        };
        let done = match act {
            DayAct::Look => Ok(DayDone::Looked),
            DayAct::Advance { job, to } => self.advance(&master.id, job, *to, by, now).await?,
            DayAct::Finish { job, amount, client_agreed } => {
                self.finish(&master.id, job, (*amount, *client_agreed), by, now).await?
            }
            DayAct::AskClient { job, amount, reason } => {
                self.ask_for_more((&master.id, job), (*amount, reason), by, now).await?
            }
            DayAct::DropOut { job } => self.drop_out(&master, job, by, now).await?,
            DayAct::Hours(changes) => Ok(self.set_hours(&master, changes, by, now).await?),
        };
        let day = self.master_day(&master, now).await?;
        Ok(Some(DayTold { day, done }))
    }

    async fn advance(
        &self,
        master: &MasterId,
        job: &JobId,
        to: JobStatus,
        by: &str,
        now: Timestamp,
    ) -> Result<Result<DayDone, DayRefused>, StoreError> {
        let Some(known) = self.job(job).await? else {
            return Ok(Err(DayRefused::NotYours(job.clone())));
        };
        if known.offer.master_id != *master {
            return match to {
                JobStatus::Accepted => self
                    .accept(job, master, by, now)
                    .await
                    .map(|took| took.map(|()| DayDone::Advanced(to))),
                _ => Ok(Err(DayRefused::NotYours(job.clone()))),
            };
        }
        let steps = match known.status.steps_to(to) {
            Ok(steps) => steps,
            Err(refused) => return Ok(Err(refused.into())),
        };
        if steps.contains(&JobStatus::Accepted)
            && let Err(refused) = self.accept(job, master, by, now).await?
        {
            return Ok(Err(refused));
        }
        for step in steps.into_iter().filter(|it| *it > JobStatus::Accepted) {
            match self.step(job, step, by, now).await? {
                Some(Ok(_)) => {}
                Some(Err(refused)) => return Ok(Err(refused.into())),
                None => return Ok(Err(DayRefused::NotYours(job.clone()))),
            }
        }
        Ok(Ok(DayDone::Advanced(to)))
    }

    /// The sum is written before the last step, so that no job is done without one; the first sum told
    /// stands.
    async fn finish(
        &self,
        master: &MasterId,
        job: &JobId,
        (amount, client_agreed): (Kopecks, bool),
        by: &str,
        now: Timestamp,
    ) -> Result<Result<DayDone, DayRefused>, StoreError> {
        if payable(amount).is_err() {
            return Ok(Err(DayRefused::NoPrice(amount.0)));
        }
        let Some(known) = self.job(job).await?.filter(|it| it.offer.master_id == *master) else {
            return Ok(Err(DayRefused::NotYours(job.clone())));
        };
        if let Err(refused) = known.status.steps_to(JobStatus::Done) {
            return Ok(Err(refused.into()));
        }
        let stands = match self.note_sum((master, job), (amount, client_agreed), by, now).await? {
            Ok(stands) => stands,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Err(refused) = self.advance(master, job, JobStatus::Done, by, now).await? {
            return Ok(Err(refused));
        }
        let share = split(stands, self.settings().await?.rates).master;
        Ok(Ok(DayDone::Earned(share)))
    }

    /// The first sum told stands, and none that is more than the client knows of.
    async fn note_sum(
        &self,
        (master, job): (&MasterId, &JobId),
        (amount, client_agreed): (Kopecks, bool),
        by: &str,
        now: Timestamp,
    ) -> Result<Result<Kopecks, DayRefused>, StoreError> {
        let mut tx = self.db.begin().await?;
        let row = self.locked(&mut tx, job).await?;
        let told = row.map(|row| row.maybe_int("final_kopecks")).transpose()?.flatten();
        let Some(file) = self.file_in(&mut tx, job).await? else {
            return refuse(tx, DayRefused::NotYours(job.clone())).await;
        };
        if let Some(told) = told {
            tx.roll_back().await?;
            return Ok(Ok(Kopecks(told)));
        }
        let most = self.chargeable_in(&mut tx, &file).await?;
        if amount > most && !client_agreed {
            return refuse(tx, DayRefused::NeedsConsent { amount: amount.0, most: most.0 }).await;
        }
        if amount > most {
            self.note_spoken_yes(&mut tx, (&file, master), (most, amount), by, now).await?;
        }
        tx.execute(
            "UPDATE jobs SET final_kopecks = $3, finished_ms = $4 WHERE org_id = $1 AND id = $2",
            values![&self.org, job, amount.0, now],
        )
        .await?;
        tx.commit().await?;

        Ok(Ok(amount))
    }

    async fn ask_for_more(
        &self,
        (master, job): (&MasterId, &JobId),
        (amount, reason): (Kopecks, &str),
        by: &str,
        now: Timestamp,
    ) -> Result<Result<DayDone, DayRefused>, StoreError> {
        let Some(known) = self.job(job).await?.filter(|it| it.offer.master_id == *master) else {
            return Ok(Err(DayRefused::NotYours(job.clone())));
        };
        if known.status < JobStatus::Started
            && let Err(refused) = self.advance(master, job, JobStatus::Started, by, now).await?
        {
            return Ok(Err(refused));
        }

        Ok(match self.ask_client(job, amount, reason, now).await? {
            Ok(_) | Err(ChangeRefused::NotNeeded { .. }) => Ok(DayDone::ClientAsked),
            Err(ChangeRefused::NoPrice(amount)) => Err(DayRefused::NoPrice(amount)),
            Err(_) => Err(DayRefused::NotYours(job.clone())),
        })
    }

    /// A no to an offer, or to what was accepted before.
    async fn drop_out(
        &self,
        master: &Master,
        job: &JobId,
        by: &str,
        now: Timestamp,
    ) -> Result<Result<DayDone, DayRefused>, StoreError> {
        let status = self.job(job).await?.map(|it| it.status);
        let how = match status {
            Some(JobStatus::Offered) => ProposalState::Declined,
            _ => ProposalState::DroppedOut,
        };
        let lost = self.lose_master((job, &master.id), how, by, now).await?;

        Ok(lost.map(|passed| DayDone::DroppedOut { found: passed != Passed::Queued }))
    }

    /// Promised visits outside the new hours go to others.
    async fn set_hours(
        &self,
        master: &Master,
        changes: &[HoursChange],
        by: &str,
        now: Timestamp,
    ) -> Result<DayDone, StoreError> {
        let mut changed = master.clone();
        for change in changes {
            apply(&mut changed.schedule, change);
        }
        self.put_master(&changed).await?;

        let zone = self.settings().await?.time_zone()?;
        let rows = self
            .db
            .query(
                "SELECT id, start_ms, end_ms FROM jobs WHERE org_id = $1 AND master_id = $2 \
                 AND start_ms > $3 AND status IN ('booked', 'offered', 'accepted') ORDER BY start_ms",
                values![&self.org, &master.id, now],
            )
            .await?;
        let mut outside = 0;
        for row in rows {
            let span = Span { start: row.time("start_ms")?, end: row.time("end_ms")? };
            if changed.schedule.covers(span, &zone) {
                continue;
            }
            let job = JobId::new(row.text("id")?);
            let how = ProposalState::DroppedOut;
            outside += u32::from(self.lose_master((&job, &master.id), how, by, now).await?.is_ok());
        }
        Ok(DayDone::HoursSet { outside })
    }

    async fn master_day(&self, master: &Master, now: Timestamp) -> Result<MasterDay, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT j.*, f.file FROM jobs j JOIN job_files f ON f.job_id = j.id AND f.org_id = j.org_id \
                 AND f.version = (SELECT MAX(v.version) FROM job_files v WHERE v.job_id = j.id AND v.org_id = $1) \
                 WHERE j.org_id = $1 AND j.id IN (SELECT id FROM jobs WHERE master_id = $2 \
                 UNION SELECT job_id FROM offers WHERE master_id = $2 AND state = 'open') \
                 AND j.status NOT IN ('done', 'paid', 'cancelled', 'queued') ORDER BY j.start_ms, j.id LIMIT $3",
                values![&self.org, &master.id, JOBS_MAX],
            )
            .await?;
        let settings = self.settings().await?;
        let today = now.to_zoned(settings.time_zone()?);
        let midnight = today.start_of_day().map_or(now, |start| start.timestamp());
        let finished = self
            .db
            .query(
                "SELECT final_kopecks FROM jobs WHERE org_id = $1 AND master_id = $2 \
                 AND finished_ms >= $3 AND final_kopecks IS NOT NULL AND status IN ('done', 'paid')",
                values![&self.org, &master.id, midnight],
            )
            .await?;
        let shares: Vec<i64> = finished
            .iter()
            .map(|row| Ok(split(Kopecks(row.int("final_kopecks")?), settings.rates).master.0))
            .collect::<Result<_, StoreError>>()?;

        let mut jobs = rows.iter().map(day_job).collect::<Result<Vec<_>, _>>()?;
        for job in jobs.iter_mut().filter(|it| it.status.is_at_work()) {
            let changes = self.price_changes(&job.job).await?;
            job.told.1 = chargeable(Kopecks::roubles(job.told.1), &changes).whole_roubles();
        }
        Ok(MasterDay {
            master: master.id.clone(),
            name: master.name.clone(),
            jobs,
            earned: Kopecks(shares.iter().sum()),
            finished: shares.len() as u32,
        })
    }
}

fn day_job(row: &Row) -> Result<DayJob, StoreError> {
    let file: JobFile = row.json("file")?;
    Ok(DayJob {
        job: JobId::new(row.text("id")?),
        number: row.text("number")?,
        status: row.word("status")?,
        span: Span { start: row.time("start_ms")?, end: row.time("end_ms")? },
        client_name: row.text("client_name")?,
        client_phone: row.text("client_phone")?,
        address: row.json("address")?,
        diagnosis: row.text("diagnosis")?,
        door_code: row.text("door_code")?,
        told: (file.price_receipt.min, file.price_receipt.max),
    })
}

fn apply(schedule: &mut Schedule, change: &HoursChange) {
    if let Some(date) = change.date {
        schedule.dates.insert(date, change.hours.clone());
    }
    for day in &change.days {
        if let Some(hours) = schedule.week.get_mut(*day) {
            hours.clone_from(&change.hours);
        }
    }
}
