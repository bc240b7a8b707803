//! What happens to a job after it was booked: moved, cancelled, or one step further in its life.

use jiff::Timestamp;
use serde_json::json;

use super::db::{Row, Tx, values};
use super::outbox::Draft;
use super::slots::Owner;
use super::{OrgStore, StoreError, patiently, refuse};
use crate::assign::Assignment;
use crate::board::Own;
use crate::ids::{ConversationId, JobId, MasterId};
use crate::job::{JobStatus, StepRefused};
use crate::job_file::JobFile;
use crate::offer::ProposalState;
use crate::order::Refused;
use crate::schedule::Span;
use crate::settings::Settings;
use crate::slot::{Offer, Work};

/// A move about to be made.
#[derive(Debug, Clone, Copy)]
struct Move<'a> {
    job: &'a JobId,
    offer: &'a Offer,
    work: &'a Work,
    why: &'a Assignment,
    by: &'a ConversationId,
}

impl OrgStore {
    /// Moves a job to another slot; refused, it stays where it was. Holds of `by` are given up for
    /// it, and the price that was told stands.
    pub async fn move_to(
        &self,
        job: &JobId,
        offer: &Offer,
        by: &ConversationId,
        now: Timestamp,
    ) -> Result<Result<Offer, Refused>, StoreError> {
        let settings = self.settings().await?;
        let Some(work) = self.work(job).await? else {
            return Ok(Err(Refused::Unknown));
        };
        let own = Own { conversation: Some(by), job: Some(job) };
        let why = self.explained(&work, offer, (own, &[]), &settings, now).await?;
        let change = Move { job, offer, work: &work, why: &why, by };
        patiently!(self.move_once(&settings, change, now))
    }

    async fn move_once(
        &self,
        settings: &Settings,
        change: Move<'_>,
        now: Timestamp,
    ) -> Result<Result<Offer, Refused>, StoreError> {
        let Move { job, offer, work, why, by } = change;
        let mut tx = self.db.begin().await?;
        let row = match self.changeable(&mut tx, job).await? {
            Ok(row) => row,
            Err(refused) => return refuse(tx, refused).await,
        };
        let (from, before): (Timestamp, String) = (row.time("start_ms")?, row.text("master_id")?);
        self.drop_holds_of(&mut tx, by).await?;
        self.free_cells(&mut tx, job).await?;
        self.promises_changed(&mut tx, &offer.master_id).await?;
        let Some(span) = self.fitting_elsewhere(&mut tx, settings, work, offer, job, now).await?
        else {
            self.doubt(&offer.master_id);
            return refuse(tx, Refused::Taken(offer.start)).await;
        };
        let master = &offer.master_id;
        if !self.occupy(&mut tx, master, span, &settings.pace, Owner::Job(job)).await? {
            self.doubt(master);
            return refuse(tx, Refused::Taken(offer.start)).await;
        }
        let moved = Offer { start: span.start, end: span.end, master_id: master.clone() };
        self.withdraw_offers(&mut tx, job, false, now).await?;
        let note = format!("moved from {from}");
        self.write_history(&mut tx, job, JobStatus::Booked, by.as_str(), &note, now).await?;
        self.rewrite(&mut tx, settings, (job, &moved), &MasterId::new(before), why, now).await?;
        tx.commit().await?;
        tracing::info!(org = %self.org, %job, "job moved");

        Ok(Ok(moved))
    }

    /// Cancels a job before the master is at work; its time is free at once. `by`: who says so.
    pub async fn cancel(
        &self,
        job: &JobId,
        by: &str,
        now: Timestamp,
    ) -> Result<Result<(), Refused>, StoreError> {
        let mut tx = self.db.begin().await?;
        let row = match self.changeable(&mut tx, job).await? {
            Ok(row) => row,
            Err(refused) => return refuse(tx, refused).await,
        };
        self.free_cells(&mut tx, job).await?;
        self.set_status(&mut tx, job, JobStatus::Cancelled).await?;
        self.write_history(&mut tx, job, JobStatus::Cancelled, by, "", now).await?;
        if let Some(file) = self.file_in(&mut tx, job).await? {
            let promised = MasterId::new(row.text("master_id")?);
            self.close_offer(&mut tx, (job, &promised), ProposalState::Withdrawn, now).await?;
            self.withdraw_offers(&mut tx, job, true, now).await?;
            self.tell_client(&mut tx, &file, "cancelled", now).await?;
            if row.word::<JobStatus>("status")?.has_master() {
                self.tell(&mut tx, &file, ("master", &file.master.phone), "cancelled", now).await?;
            }
        }
        tx.commit().await?;
        tracing::info!(org = %self.org, %job, "job cancelled");

        Ok(Ok(()))
    }

    /// One step of a job's life. `None`: there is no such job. A cancel goes through `cancel`.
    pub async fn step(
        &self,
        job: &JobId,
        to: JobStatus,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Result<JobStatus, StepRefused>>, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(row) = self.locked(&mut tx, job).await? else {
            tx.roll_back().await?;
            return Ok(None);
        };
        let status: JobStatus = row.word("status")?;
        let next = match status.step(to) {
            Ok(next) => next,
            Err(refused) => {
                tx.roll_back().await?;
                return Ok(Some(Err(refused)));
            }
        };
        match next {
            JobStatus::Cancelled => {
                self.free_cells(&mut tx, job).await?;
                self.withdraw_offers(&mut tx, job, true, now).await?;
            }
            JobStatus::Offered => self.ask_promised(&mut tx, job, now).await?,
            JobStatus::Accepted => {
                let master = MasterId::new(row.text("master_id")?);
                self.close_offer(&mut tx, (job, &master), ProposalState::Accepted, now).await?;
                self.withdraw_offers(&mut tx, job, true, now).await?;
                self.tell_who_comes(&mut tx, job, now).await?;
            }
            _ => {}
        }
        self.set_status(&mut tx, job, next).await?;
        self.write_history(&mut tx, job, next, by, "", now).await?;
        if next == JobStatus::Done && self.is_paid(&mut tx, job).await? {
            self.mark_paid(&mut tx, job, "system", now).await?;
        }
        tx.commit().await?;

        Ok(Some(Ok(next)))
    }

    async fn ask_promised(
        &self,
        tx: &mut Tx,
        job: &JobId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let settings = self.settings_in(tx).await?;
        let Some(file) = self.file_in(tx, job).await? else { return Ok(()) };

        self.ask(tx, &settings, &file, &file.visit.master_id, now).await
    }

    /// The work of a job, as when it was booked.
    pub(super) async fn work(&self, job: &JobId) -> Result<Option<Work>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT category, minutes, city, street FROM jobs WHERE org_id = $1 AND id = $2",
                values![&self.org, job],
            )
            .await?;

        row.as_ref().map(work_of).transpose()
    }

    /// The job's row, locked until the transaction ends.
    pub(super) async fn locked(&self, tx: &mut Tx, job: &JobId) -> Result<Option<Row>, StoreError> {
        tx.first(
            "UPDATE jobs SET touched = touched + 1 WHERE org_id = $1 AND id = $2 RETURNING *",
            values![&self.org, job],
        )
        .await
    }

    async fn changeable(
        &self,
        tx: &mut Tx,
        job: &JobId,
    ) -> Result<Result<Row, Refused>, StoreError> {
        let Some(row) = self.locked(tx, job).await? else {
            return Ok(Err(Refused::Unknown));
        };
        let status: JobStatus = row.word("status")?;
        if status.step(JobStatus::Cancelled).is_err() {
            return Ok(Err(Refused::TooLate(job.clone(), status.to_string())));
        }

        Ok(Ok(row))
    }

    pub(super) async fn give_up_cells(&self, tx: &mut Tx, job: &JobId) -> Result<(), StoreError> {
        tx.execute(
            "DELETE FROM occupied WHERE org_id = $1 AND job_id = $2",
            values![&self.org, job],
        )
        .await?;
        Ok(())
    }

    pub(super) async fn free_cells(&self, tx: &mut Tx, job: &JobId) -> Result<(), StoreError> {
        self.give_up_cells(tx, job).await?;
        let row = tx
            .first(
                "SELECT master_id FROM jobs WHERE org_id = $1 AND id = $2",
                values![&self.org, job],
            )
            .await?;
        match row {
            Some(row) => self.promises_changed(tx, &MasterId::new(row.text("master_id")?)).await,
            None => Ok(()),
        }
    }

    pub(super) async fn mark_paid(
        &self,
        tx: &mut Tx,
        job: &JobId,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.set_status(tx, job, JobStatus::Paid).await?;
        self.write_history(tx, job, JobStatus::Paid, by, "", now).await
    }

    pub(super) async fn set_status(
        &self,
        tx: &mut Tx,
        job: &JobId,
        status: JobStatus,
    ) -> Result<(), StoreError> {
        tx.execute(
            "UPDATE jobs SET status = $3 WHERE org_id = $1 AND id = $2",
            values![&self.org, job, status.as_str()],
        )
        .await?;
        Ok(())
    }

    /// The job's row is in nobody's way until it is written anew.
    pub(super) async fn set_aside(&self, tx: &mut Tx, job: &JobId) -> Result<(), StoreError> {
        tx.execute(
            "UPDATE jobs SET start_ms = 0, end_ms = 0 WHERE org_id = $1 AND id = $2",
            values![&self.org, job],
        )
        .await?;
        Ok(())
    }

    /// As `fitting`, while the job's own present time does not stand in its way.
    pub(super) async fn fitting_elsewhere(
        &self,
        tx: &mut Tx,
        settings: &Settings,
        work: &Work,
        offer: &Offer,
        job: &JobId,
        now: Timestamp,
    ) -> Result<Option<Span>, StoreError> {
        self.set_aside(tx, job).await?;
        self.fitting(tx, settings, work, offer, now).await
    }

    /// Row and file say where the job is now; both sides are told.
    async fn rewrite(
        &self,
        tx: &mut Tx,
        settings: &Settings,
        (job, moved): (&JobId, &Offer),
        before: &MasterId,
        why: &Assignment,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(mut file) = self.file_in(tx, job).await? else {
            return Ok(());
        };
        if *before != moved.master_id {
            self.tell(tx, &file, ("master", &file.master.phone), "cancelled", now).await?;
        }
        file.assignment = why.clone();
        self.hand_file(tx, &mut file, moved, JobStatus::Booked).await?;
        self.tell_client(tx, &file, "moved", now).await?;
        let told = json!({ "job_id": file.job, "start": file.visit.start, "end": file.visit.end });
        self.tell_hooks(tx, "job.moved", &told, now).await?;
        self.propose(tx, settings, &file, now).await
    }

    pub(super) async fn tell_client(
        &self,
        tx: &mut Tx,
        file: &JobFile,
        template: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.tell(tx, file, ("client", &file.client.phone), template, now).await
    }

    pub(super) async fn tell(
        &self,
        tx: &mut Tx,
        file: &JobFile,
        (recipient, address): (&str, &str),
        template: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let payload = json!({
            "number": file.number,
            "start": file.visit.start,
            "master": file.master.name,
            "door_code": file.door_code,
            "tracking": file.tracking,
        });
        let language = file.language;
        let draft = Draft { job: Some(&file.job), recipient, address, template, language, payload };

        self.send(tx, draft, now).await
    }

    pub(super) async fn file_in(
        &self,
        tx: &mut Tx,
        job: &JobId,
    ) -> Result<Option<JobFile>, StoreError> {
        let row = tx
            .first(
                "SELECT file FROM job_files WHERE org_id = $1 AND job_id = $2 \
                 ORDER BY version DESC LIMIT 1",
                values![&self.org, job],
            )
            .await?;

        row.map(|row| row.json("file")).transpose()
    }
}

pub(super) fn work_of(row: &Row) -> Result<Work, StoreError> {
    Ok(Work {
        category: row.word("category")?,
        minutes: row.int("minutes")?,
        city: row.text("city")?,
        street: row.maybe_text("street")?,
        urgent: false,
    })
}
