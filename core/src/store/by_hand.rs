//! An operator decides who comes.

use jiff::Timestamp;

use super::changes::work_of;
use super::db::Tx;
use super::reassign::Passing;
use super::slots::{Owner, district};
use super::{OrgStore, StoreError, patiently, refuse};
use crate::assign::Assignment;
use crate::ids::{JobId, MasterId};
use crate::job::JobStatus;
use crate::order::Refused;
use crate::schedule::{Clash, Minutes, Span, clash};
use crate::settings::Settings;
use crate::slot::{Offer, Work};

impl OrgStore {
    /// An operator sends that master, whatever the order, the trade and the hours say; only their other
    /// visits stand in the way.
    pub async fn assign_by_hand(
        &self,
        job: &JobId,
        master: &MasterId,
        by: &str,
        now: Timestamp,
    ) -> Result<Result<(), Refused>, StoreError> {
        let settings = self.settings().await?;
        let Some(why) = self.who_else(&settings, job, None, now).await? else {
            return Ok(Err(Refused::Unknown));
        };
        patiently!(self.assign_once(&settings, (job, master), (by, &why), now))
    }

    async fn assign_once(
        &self,
        settings: &Settings,
        (job, master): (&JobId, &MasterId),
        (by, why): (&str, &Assignment),
        now: Timestamp,
    ) -> Result<Result<(), Refused>, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(row) = self.locked(&mut tx, job).await? else {
            return refuse(tx, Refused::Unknown).await;
        };
        let status: JobStatus = row.word("status")?;
        if !status.may_lose_master() && status != JobStatus::Queued {
            return refuse(tx, Refused::TooLate(job.clone(), status.to_string())).await;
        }
        let passing = Passing { settings, row: &row, why, by, now };
        let (offer, before) = (passing.to(master)?, MasterId::new(row.text("master_id")?));
        if !self.seize_by_hand(&mut tx, settings, &work_of(&row)?, &offer, job, now).await? {
            self.doubt(master);
            return refuse(tx, Refused::Taken(offer.start)).await;
        }
        self.withdraw_offers(&mut tx, job, false, now).await?;
        let Some(mut file) = self.file_in(&mut tx, job).await? else {
            return refuse(tx, Refused::Unknown).await;
        };
        if status != JobStatus::Queued && before != *master {
            self.tell(&mut tx, &file, ("master", &file.master.phone), "withdrawn", now).await?;
        }
        file.assignment = why.clone();
        file.assignment.chosen = Some(master.clone());
        self.hand_file(&mut tx, &mut file, &offer, JobStatus::Booked).await?;
        let note = format!("assigned by hand: {}", file.master.name);
        self.write_history(&mut tx, job, JobStatus::Booked, by, &note, now).await?;
        self.ask(&mut tx, settings, &file, master, now).await?;
        self.set_status(&mut tx, job, JobStatus::Offered).await?;
        self.write_history(&mut tx, job, JobStatus::Offered, "system", &file.master.name, now)
            .await?;
        let what = (by, "job_assigned", &*format!("job {job}"));
        self.note_in(&mut tx, what, &format!("{before} -> {master}"), now).await?;
        tx.commit().await?;
        tracing::info!(org = %self.org, %job, %master, "job assigned by hand");

        Ok(Ok(()))
    }

    async fn seize_by_hand(
        &self,
        tx: &mut Tx,
        settings: &Settings,
        work: &Work,
        offer: &Offer,
        job: &JobId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.free_cells(tx, job).await?;
        self.set_aside(tx, job).await?;
        let Some(span) = Span::lasting(offer.start, Minutes(work.minutes)) else {
            return Ok(false);
        };
        let Some((_, visits)) = self.locked_master(tx, &offer.master_id, span, now).await? else {
            return Ok(false);
        };
        self.drop_expired(tx, &offer.master_id, now).await?;
        let busy = clash(&visits, span, district(settings, work), &settings.pace);
        if busy == Some(Clash::Busy) {
            return Ok(false);
        }
        let owner = Owner::Job(job);
        let took = self.occupy(tx, &offer.master_id, span, &settings.pace, owner).await?;
        self.promises_changed(tx, &offer.master_id).await?;
        Ok(took)
    }
}
