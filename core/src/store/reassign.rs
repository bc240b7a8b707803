//! A job that loses its master finds another at the same time, or is put into the queue.

use jiff::Timestamp;

use super::booking::master_named;
use super::changes::work_of;
use super::db::{Row, Tx, values, word};
use super::slots::Owner;
use super::{OrgStore, StoreError, patiently, refuse};
use crate::assign::{Assignment, Rule};
use crate::board::Own;
use crate::day::DayRefused;
use crate::ids::{JobId, MasterId};
use crate::job::JobStatus;
use crate::job_file::JobFile;
use crate::offer::{Mode, ProposalState};
use crate::settings::Settings;
use crate::slot::{Offer, Work};

/// Whether somebody else comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// Somebody else's time is promised, and they are told or asked.
    On,
    /// Nobody is free: the job waits.
    Queued,
    /// Others had been asked too, and still are.
    StillAsked,
}

/// A job on its way to other hands.
pub(super) struct Passing<'a> {
    pub(super) settings: &'a Settings,
    pub(super) row: &'a Row,
    pub(super) why: &'a Assignment,
    pub(super) by: &'a str,
    pub(super) now: Timestamp,
}

impl Passing<'_> {
    fn job(&self) -> Result<JobId, StoreError> {
        Ok(JobId::new(self.row.text("id")?))
    }

    pub(super) fn to(&self, master: &MasterId) -> Result<Offer, StoreError> {
        let (start, end) = (self.row.time("start_ms")?, self.row.time("end_ms")?);

        Ok(Offer { start, end, master_id: master.clone() })
    }
}

impl OrgStore {
    /// A master says no, drops out or has not answered (`how`); the next who could come is asked.
    pub async fn lose_master(
        &self,
        (job, master): (&JobId, &MasterId),
        how: ProposalState,
        by: &str,
        now: Timestamp,
    ) -> Result<Result<Passed, DayRefused>, StoreError> {
        let settings = self.settings().await?;
        let rule = how.rules_out().unwrap_or(Rule::Declined);
        let Some(why) = self.who_else(&settings, job, Some((master.clone(), rule)), now).await?
        else {
            return Ok(Err(DayRefused::NotYours(job.clone())));
        };
        patiently!(self.lose_once(&settings, (job, master), how, (by, &why), now))
    }

    async fn lose_once(
        &self,
        settings: &Settings,
        (job, master): (&JobId, &MasterId),
        how: ProposalState,
        (by, why): (&str, &Assignment),
        now: Timestamp,
    ) -> Result<Result<Passed, DayRefused>, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(row) = self.locked(&mut tx, job).await? else {
            return refuse(tx, DayRefused::NotYours(job.clone())).await;
        };
        let status: JobStatus = row.word("status")?;
        let was_open = self.close_offer(&mut tx, (job, master), how, now).await?;
        if row.text("master_id")? != master.as_str() || status == JobStatus::Queued {
            if !was_open {
                return refuse(tx, DayRefused::NotYours(job.clone())).await;
            }
            tx.commit().await?;
            return Ok(Ok(Passed::StillAsked));
        }
        if how == ProposalState::Unanswered && !was_open {
            return refuse(tx, DayRefused::NotYours(job.clone())).await;
        }
        if !status.may_lose_master() {
            let refused = match status.step(JobStatus::Booked) {
                Err(refused) => refused.into(),
                Ok(_) => DayRefused::NotYours(job.clone()),
            };
            return refuse(tx, refused).await;
        }
        if !was_open {
            self.note_loss(&mut tx, (job, master), how, &row, now).await?;
        }
        if how == ProposalState::Unanswered
            && let Some(file) = self.file_in(&mut tx, job).await?
        {
            self.tell(&mut tx, &file, ("master", &file.master.phone), "withdrawn", now).await?;
        }
        let passing = Passing { settings, row: &row, why, by, now };
        let passed = self.pass_on(&mut tx, &passing).await?;
        tx.commit().await?;
        tracing::info!(org = %self.org, %job, ?how, ?passed, "job lost its master");

        Ok(Ok(passed))
    }

    /// Who could come at the job's time but for those who will not; `None`: there is no such job.
    pub(super) async fn who_else(
        &self,
        settings: &Settings,
        job: &JobId,
        also: Option<(MasterId, Rule)>,
        now: Timestamp,
    ) -> Result<Option<Assignment>, StoreError> {
        let (Some(known), Some(work)) = (self.job(job).await?, self.work(job).await?) else {
            return Ok(None);
        };
        let mut lost = self.lost_for(job, known.offer.start).await?;
        lost.extend(also);
        let own = Own { conversation: None, job: Some(job) };

        self.explained(&work, &known.offer, (own, &lost), settings, now).await.map(Some)
    }

    /// Somebody who accepted before is not asked for the same visit again.
    async fn note_loss(
        &self,
        tx: &mut Tx,
        (job, master): (&JobId, &MasterId),
        how: ProposalState,
        row: &Row,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.execute(
            "INSERT INTO offers (id, org_id, job_id, master_id, start_ms, state, made_ms, until_ms, \
             answered_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7)",
            values![
                self.new_id(now),
                &self.org,
                job,
                master,
                row.time("start_ms")?,
                word(how),
                now
            ],
        )
        .await?;
        Ok(())
    }

    /// The first of those who could come whose time can be had; who has been asked already comes first.
    async fn pass_on(&self, tx: &mut Tx, passing: &Passing<'_>) -> Result<Passed, StoreError> {
        let (job, work) = (passing.job()?, work_of(passing.row)?);
        let asked = self.asked_now(tx, &job).await?;
        let could = passing.why.considered.iter().map(|it| &it.master_id);
        let (mut first, then): (Vec<_>, Vec<_>) = could.partition(|it| asked.contains(it));
        first.extend(then);

        self.free_cells(tx, &job).await?;
        for master in first {
            let offer = passing.to(master)?;
            if self.seize(tx, passing.settings, &work, &offer, &job, passing.now).await? {
                self.hand(tx, passing, &offer, asked.contains(master)).await?;
                return Ok(Passed::On);
            }
        }
        self.queue(tx, passing).await?;
        Ok(Passed::Queued)
    }

    /// Takes the time of that offer for the job; `false`: it is not to be had, and nothing is taken.
    pub(super) async fn seize(
        &self,
        tx: &mut Tx,
        settings: &Settings,
        work: &Work,
        offer: &Offer,
        job: &JobId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let fits = self.fitting_elsewhere(tx, settings, work, offer, job, now).await?;
        let owner = Owner::Job(job);
        if let Some(span) = fits
            && self.occupy(tx, &offer.master_id, span, &settings.pace, owner).await?
        {
            self.promises_changed(tx, &offer.master_id).await?;
            return Ok(true);
        }
        self.give_up_cells(tx, job).await?;
        self.doubt(&offer.master_id);
        Ok(false)
    }

    /// The job is this master's now, who is told or asked; where nobody is asked the client hears at once.
    pub(super) async fn hand(
        &self,
        tx: &mut Tx,
        passing: &Passing<'_>,
        offer: &Offer,
        asked_already: bool,
    ) -> Result<(), StoreError> {
        let job = passing.job()?;
        let Some(mut file) = self.file_in(tx, &job).await? else { return Ok(()) };
        file.assignment = passing.why.clone();
        file.assignment.chosen = Some(offer.master_id.clone());
        let status = if asked_already { JobStatus::Offered } else { JobStatus::Booked };
        self.hand_file(tx, &mut file, offer, status).await?;
        self.write_history(tx, &job, status, passing.by, &file.master.name, passing.now).await?;
        if asked_already {
            return Ok(());
        }
        self.withdraw_offers(tx, &job, true, passing.now).await?;
        self.propose(tx, passing.settings, &file, passing.now).await?;
        match passing.settings.asking.mode {
            Mode::Given => self.tell_who_comes(tx, &job, passing.now).await,
            Mode::OneByOne | Mode::Broadcast => Ok(()),
        }
    }

    /// Row and file name the master and the time; what the client is about to pay is for that master.
    pub(super) async fn hand_file(
        &self,
        tx: &mut Tx,
        file: &mut JobFile,
        offer: &Offer,
        status: JobStatus,
    ) -> Result<(), StoreError> {
        tx.execute(
            "UPDATE jobs SET master_id = $3, start_ms = $4, end_ms = $5, status = $6 \
             WHERE org_id = $1 AND id = $2",
            values![
                &self.org,
                &file.job,
                &offer.master_id,
                offer.start,
                offer.end,
                status.as_str()
            ],
        )
        .await?;
        tx.execute(
            "UPDATE payments SET master_id = $3 WHERE org_id = $1 AND job_id = $2 AND status = 'pending'",
            values![&self.org, &file.job, &offer.master_id],
        )
        .await?;
        if let Some(master) = master_named(self, tx, &offer.master_id).await? {
            file.master = master;
        }
        file.visit = offer.clone();
        self.write_file(tx, file).await
    }

    /// Nobody can be sent: the job waits, the client and a person are told.
    async fn queue(&self, tx: &mut Tx, passing: &Passing<'_>) -> Result<(), StoreError> {
        let (job, now) = (passing.job()?, passing.now);
        let before = passing.to(&MasterId::new(passing.row.text("master_id")?))?;
        self.withdraw_offers(tx, &job, true, now).await?;
        tx.execute(
            "UPDATE jobs SET status = 'queued', start_ms = $3, end_ms = $4 \
             WHERE org_id = $1 AND id = $2",
            values![&self.org, &job, before.start, before.end],
        )
        .await?;
        self.write_history(tx, &job, JobStatus::Queued, passing.by, "", now).await?;
        if let Some(file) = self.file_in(tx, &job).await? {
            self.tell_client(tx, &file, "searching", now).await?;
            let reason = format!("no_master:{}", file.number);
            self.call_back_in(tx, Some(&file.client.phone), &reason, now).await?;
        }
        Ok(())
    }
}
