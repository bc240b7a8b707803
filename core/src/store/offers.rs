//! Masters asked for a visit: one after another, or several of whom the first to accept has it.

use jiff::Timestamp;
use serde_json::json;

use super::booking::master_named;
use super::db::{Row, Tx, values, word};
use super::outbox::Draft;
use super::{OrgStore, StoreError, patiently, refuse};
use crate::assign::Rule;
use crate::day::DayRefused;
use crate::ids::{JobId, MasterId};
use crate::job::JobStatus;
use crate::job_file::{AssignedMaster, JobFile};
use crate::offer::{Proposal, ProposalState};
use crate::settings::Settings;
use crate::slot::Offer;

impl OrgStore {
    /// Everybody who was asked for a job, oldest first.
    pub async fn offers(&self, job: &JobId) -> Result<Vec<Proposal>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT o.*, m.name FROM offers o JOIN masters m ON m.id = o.master_id \
                 WHERE o.org_id = $1 AND o.job_id = $2 ORDER BY o.made_ms, o.id",
                values![&self.org, job],
            )
            .await?;

        rows.iter().map(proposal).collect()
    }

    /// A master takes a visit. Of several who were asked the first has it; whoever comes later is told
    /// that it is not theirs.
    pub async fn accept(
        &self,
        job: &JobId,
        master: &MasterId,
        by: &str,
        now: Timestamp,
    ) -> Result<Result<(), DayRefused>, StoreError> {
        let settings = self.settings().await?;
        patiently!(self.accept_once(&settings, (job, master), by, now))
    }

    async fn accept_once(
        &self,
        settings: &Settings,
        (job, master): (&JobId, &MasterId),
        by: &str,
        now: Timestamp,
    ) -> Result<Result<(), DayRefused>, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(row) = self.locked(&mut tx, job).await? else {
            return refuse(tx, DayRefused::NotYours(job.clone())).await;
        };
        let status: JobStatus = row.word("status")?;
        let promised = row.text("master_id")? == master.as_str();
        if !promised && !self.is_asked(&mut tx, job, master).await? {
            return refuse(tx, DayRefused::NotYours(job.clone())).await;
        }
        match status.steps_to(JobStatus::Accepted) {
            Ok(steps) if steps.is_empty() => return done(tx).await,
            Ok(_) => {}
            Err(refused) => return refuse(tx, refused.into()).await,
        }
        if !promised && !self.take_over(&mut tx, settings, &row, master, now).await? {
            return refuse(tx, DayRefused::Busy(job.clone())).await;
        }
        if status == JobStatus::Booked {
            self.write_history(&mut tx, job, JobStatus::Offered, by, "", now).await?;
        }
        self.close_offer(&mut tx, (job, master), ProposalState::Accepted, now).await?;
        self.withdraw_offers(&mut tx, job, true, now).await?;
        self.set_status(&mut tx, job, JobStatus::Accepted).await?;
        self.write_history(&mut tx, job, JobStatus::Accepted, by, "", now).await?;
        self.tell_who_comes(&mut tx, job, now).await?;
        tx.commit().await?;

        Ok(Ok(()))
    }

    /// The client hears of another master once that one is sure to come, not at every no on the way.
    pub(super) async fn tell_who_comes(
        &self,
        tx: &mut Tx,
        job: &JobId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(file) = self.file_in(tx, job).await? else { return Ok(()) };
        let row = tx
            .first(
                "SELECT template, payload FROM outbox WHERE org_id = $1 AND job_id = $2 \
                 AND recipient = 'client' AND template IN ('booked', 'moved', 'reassigned', 'searching') \
                 ORDER BY created_ms DESC, id DESC LIMIT 1",
                values![&self.org, job],
            )
            .await?;
        let told = match row {
            Some(row) if row.text("template")? != "searching" => {
                let payload: serde_json::Value = row.json("payload")?;
                payload["master"].as_str().map(str::to_owned)
            }
            _ => None,
        };
        if told.as_deref() == Some(file.master.name.as_str()) {
            return Ok(());
        }

        self.tell_client(tx, &file, "reassigned", now).await
    }

    /// The visit's time becomes this master's instead of the one it was kept with; `false`: they are
    /// busy by now.
    async fn take_over(
        &self,
        tx: &mut Tx,
        settings: &Settings,
        row: &Row,
        master: &MasterId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let job = JobId::new(row.text("id")?);
        let (start, end) = (row.time("start_ms")?, row.time("end_ms")?);
        let offer = Offer { start, end, master_id: master.clone() };
        self.free_cells(tx, &job).await?;
        if !self.seize(tx, settings, &super::changes::work_of(row)?, &offer, &job, now).await? {
            return Ok(false);
        }
        let Some(mut file) = self.file_in(tx, &job).await? else { return Ok(true) };
        file.assignment.chosen = Some(master.clone());
        self.hand_file(tx, &mut file, &offer, JobStatus::Offered).await?;
        Ok(true)
    }

    async fn is_asked(
        &self,
        tx: &mut Tx,
        job: &JobId,
        master: &MasterId,
    ) -> Result<bool, StoreError> {
        let row = tx
            .first(
                "SELECT id FROM offers WHERE org_id = $1 AND job_id = $2 AND master_id = $3 \
                 AND state = 'open'",
                values![&self.org, job, master],
            )
            .await?;
        Ok(row.is_some())
    }

    /// Asks whom the organisation's rules say for the visit of that file, best first.
    pub(super) async fn propose(
        &self,
        tx: &mut Tx,
        settings: &Settings,
        file: &JobFile,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let asked = settings.asking.asked(&file.assignment.considered, &file.visit.master_id);
        if asked.is_empty() {
            return self.offer_to_master(tx, file, &file.master, None, now).await;
        }
        for master in asked {
            self.ask(tx, settings, file, master, now).await?;
        }
        self.set_status(tx, &file.job, JobStatus::Offered).await?;
        let note = &file.master.name;
        self.write_history(tx, &file.job, JobStatus::Offered, "system", note, now).await
    }

    /// Asks one master for the visit of that file.
    pub(super) async fn ask(
        &self,
        tx: &mut Tx,
        settings: &Settings,
        file: &JobFile,
        master: &MasterId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(named) = master_named(self, tx, master).await? else { return Ok(()) };
        let start = file.visit.start;
        let zone = settings.time_zone()?;
        let until = settings.asking.until(start, &settings.routes, &zone, now);
        let (open, id) = (ProposalState::Open, self.new_id(now));
        tx.execute(
            "INSERT INTO offers (id, org_id, job_id, master_id, start_ms, state, made_ms, until_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            values![id, &self.org, &file.job, master, start, word(open), now, until],
        )
        .await?;
        self.offer_to_master(tx, file, &named, Some(until), now).await
    }

    /// `until`: when the offer lapses; `None`: nobody waits for an answer.
    pub(super) async fn offer_to_master(
        &self,
        tx: &mut Tx,
        file: &JobFile,
        master: &AssignedMaster,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let payload = json!({
            "number": file.number,
            "start": file.visit.start,
            "minutes": file.expected_minutes,
            "diagnosis": file.diagnosis,
            "address": file.address.line(),
            "share": file.split.master,
            "until": until,
        });
        let draft = Draft {
            job: Some(&file.job),
            recipient: "master",
            address: &master.phone,
            template: if until.is_some() { "offer" } else { "assigned" },
            language: file.language,
            payload,
        };

        self.send(tx, draft, now).await
    }

    /// Writes what a master said to an offer that was open; `false`: it was not, or it has not lapsed
    /// where nothing was said.
    pub(super) async fn close_offer(
        &self,
        tx: &mut Tx,
        (job, master): (&JobId, &MasterId),
        state: ProposalState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let closed = tx
            .execute(
                "UPDATE offers SET state = $4, answered_ms = $5 WHERE org_id = $1 AND job_id = $2 \
                 AND master_id = $3 AND state = 'open' AND ($4 <> 'unanswered' OR until_ms <= $5)",
                values![&self.org, job, master, word(state), now],
            )
            .await?;

        Ok(closed > 0)
    }

    /// Nobody else is asked any more; `told`: those who were are written to.
    pub(super) async fn withdraw_offers(
        &self,
        tx: &mut Tx,
        job: &JobId,
        told: bool,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let gone = tx
            .query(
                "UPDATE offers SET state = 'withdrawn', answered_ms = $3 WHERE org_id = $1 \
                 AND job_id = $2 AND state = 'open' RETURNING master_id",
                values![&self.org, job, now],
            )
            .await?;
        if gone.is_empty() || !told {
            return Ok(());
        }
        let Some(file) = self.file_in(tx, job).await? else { return Ok(()) };
        for row in gone {
            let master = MasterId::new(row.text("master_id")?);
            if let Some(named) = master_named(self, tx, &master).await? {
                self.tell(tx, &file, ("master", &named.phone), "withdrawn", now).await?;
            }
        }
        Ok(())
    }

    /// Who was asked for the visit at that time and will not come.
    pub(super) async fn lost_for(
        &self,
        job: &JobId,
        start: Timestamp,
    ) -> Result<Vec<(MasterId, Rule)>, StoreError> {
        let lost = |it: Proposal| it.state.rules_out().map(|rule| (it.master, rule));
        let all = self.offers(job).await?;

        Ok(all.into_iter().filter(|it| it.start == start).filter_map(lost).collect())
    }

    /// Who is being asked for a job at this moment.
    pub(super) async fn asked_now(
        &self,
        tx: &mut Tx,
        job: &JobId,
    ) -> Result<Vec<MasterId>, StoreError> {
        let rows = tx
            .query(
                "SELECT master_id FROM offers WHERE org_id = $1 AND job_id = $2 AND state = 'open'",
                values![&self.org, job],
            )
            .await?;

        rows.iter().map(|row| Ok(MasterId::new(row.text("master_id")?))).collect()
    }
}

async fn done(tx: Tx) -> Result<Result<(), DayRefused>, StoreError> {
    tx.roll_back().await?;
    Ok(Ok(()))
}

fn proposal(row: &Row) -> Result<Proposal, StoreError> {
    Ok(Proposal {
        master: MasterId::new(row.text("master_id")?),
        name: row.text("name")?,
        start: row.time("start_ms")?,
        state: row.word("state")?,
        made: row.time("made_ms")?,
        until: row.time("until_ms")?,
        answered: row.maybe_time("answered_ms")?,
    })
}
