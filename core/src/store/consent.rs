//! Prices above what was told, as they are asked for and answered.

use jiff::Timestamp;
use serde_json::json;

use super::db::{Row, Tx, values, word};
use super::outbox::Draft;
use super::{OrgStore, StoreError, refuse};
use crate::consent::{ChangeRefused, ChangeState, Consent, PriceChange, chargeable};
use crate::ids::{ChangeId, ConversationId, JobId, MasterId};
use crate::job::JobStatus;
use crate::job_file::JobFile;
use crate::money::Kopecks;
use crate::payment::payable;

/// The master's words are kept up to so many characters.
const REASON_MAX: usize = 300;

impl OrgStore {
    /// Every price that was asked for beyond what was told, oldest first.
    pub async fn price_changes(&self, job: &JobId) -> Result<Vec<PriceChange>, StoreError> {
        let rows = self.db.query(CHANGES, values![&self.org, job]).await?;

        rows.iter().map(change).collect()
    }

    /// The most that may be charged for a job without asking its client.
    pub(super) async fn chargeable_in(
        &self,
        tx: &mut Tx,
        file: &JobFile,
    ) -> Result<Kopecks, StoreError> {
        let rows = tx.query(CHANGES, values![&self.org, &file.job]).await?;
        let changes = rows.iter().map(change).collect::<Result<Vec<_>, _>>()?;

        Ok(chargeable(Kopecks::roubles(file.quote.max), &changes))
    }

    /// The master of a job asks its client for a higher price; an earlier question is withdrawn.
    pub async fn ask_client(
        &self,
        job: &JobId,
        amount: Kopecks,
        reason: &str,
        now: Timestamp,
    ) -> Result<Result<PriceChange, ChangeRefused>, StoreError> {
        if payable(amount).is_err() {
            return Ok(Err(ChangeRefused::NoPrice(amount.0)));
        }
        let mut tx = self.db.begin().await?;
        let row = self.locked(&mut tx, job).await?;
        let at_work = |row: &Row| row.word("status").is_ok_and(JobStatus::is_at_work);
        let Some(row) = row.filter(at_work) else {
            return refuse(tx, ChangeRefused::NotAtWork(job.clone())).await;
        };
        let Some(file) = self.file_in(&mut tx, job).await? else {
            return refuse(tx, ChangeRefused::NotAtWork(job.clone())).await;
        };
        let most = self.chargeable_in(&mut tx, &file).await?;
        if amount <= most {
            return refuse(tx, ChangeRefused::NotNeeded { amount: amount.0, most: most.0 }).await;
        }
        let master = MasterId::new(row.text("master_id")?);
        self.withdraw_changes(&mut tx, job, now).await?;
        let change =
            self.add_change(&mut tx, (&file, &master), (most, amount), reason, now).await?;
        let to = ("client", file.client.phone.as_str());
        self.tell_change(&mut tx, &file, to, "price_change", &change, now).await?;
        tx.commit().await?;

        Ok(Ok(change))
    }

    async fn withdraw_changes(
        &self,
        tx: &mut Tx,
        job: &JobId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.execute(
            "UPDATE price_changes SET state = 'withdrawn', answered_ms = $3 \
             WHERE org_id = $1 AND job_id = $2 AND state = 'open'",
            values![&self.org, job, now],
        )
        .await?;
        Ok(())
    }

    async fn add_change(
        &self,
        tx: &mut Tx,
        (file, master): (&JobFile, &MasterId),
        (most, amount): (Kopecks, Kopecks),
        reason: &str,
        now: Timestamp,
    ) -> Result<PriceChange, StoreError> {
        let change = PriceChange {
            id: ChangeId::new(self.new_id(now)),
            job: file.job.clone(),
            most,
            amount,
            reason: reason.chars().take(REASON_MAX).collect(),
            state: ChangeState::Open,
            asked: now,
            answered: None,
            how: None,
            conversation: None,
        };
        tx.execute(
            "INSERT INTO price_changes (id, org_id, job_id, master_id, most, amount, reason, state, \
             asked_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            values![
                &change.id,
                &self.org,
                &change.job,
                master,
                most.0,
                amount.0,
                &change.reason,
                word(change.state),
                now,
            ],
        )
        .await?;
        Ok(change)
    }

    /// The client's own answer on their page; the first stands, the same again changes nothing.
    pub async fn answer_change(
        &self,
        job: &JobId,
        id: &ChangeId,
        agreed: bool,
        now: Timestamp,
    ) -> Result<Result<ChangeState, ChangeRefused>, StoreError> {
        let answer = if agreed { ChangeState::Agreed } else { ChangeState::Refused };
        let mut tx = self.db.begin().await?;
        self.locked(&mut tx, job).await?;
        let rows = tx.query(CHANGES, values![&self.org, job]).await?;
        let changes = rows.iter().map(change).collect::<Result<Vec<_>, _>>()?;
        let Some(known) = changes.into_iter().find(|it| it.id == *id) else {
            return refuse(tx, ChangeRefused::Unknown(id.clone())).await;
        };
        if known.state == answer {
            tx.roll_back().await?;
            return Ok(Ok(answer));
        }
        if known.state != ChangeState::Open {
            return refuse(tx, ChangeRefused::Settled(id.clone())).await;
        }
        self.settle_change(&mut tx, (id, answer), (Consent::Tapped, None), now).await?;
        if let Some(file) = self.file_in(&mut tx, job).await? {
            let template = if agreed { "change_agreed" } else { "change_refused" };
            let to = ("master", file.master.phone.as_str());
            self.tell_change(&mut tx, &file, to, template, &known, now).await?;
        }
        tx.commit().await?;
        tracing::info!(org = %self.org, %job, ?answer, "price change answered");

        Ok(Ok(answer))
    }

    /// The client said yes into the master's telephone; the recording of that conversation proves it.
    pub(super) async fn note_spoken_yes(
        &self,
        tx: &mut Tx,
        (file, master): (&JobFile, &MasterId),
        (most, amount): (Kopecks, Kopecks),
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.withdraw_changes(tx, &file.job, now).await?;
        let change = self.add_change(tx, (file, master), (most, amount), "", now).await?;
        let proof = (Consent::Spoken, Some(by));
        self.settle_change(tx, (&change.id, ChangeState::Agreed), proof, now).await
    }

    async fn settle_change(
        &self,
        tx: &mut Tx,
        (id, answer): (&ChangeId, ChangeState),
        (how, conversation): (Consent, Option<&str>),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.execute(
            "UPDATE price_changes SET state = $3, how = $4, conversation_id = $5, answered_ms = $6 \
             WHERE org_id = $1 AND id = $2",
            values![&self.org, id, word(answer), word(how), conversation, now],
        )
        .await?;
        Ok(())
    }

    async fn tell_change(
        &self,
        tx: &mut Tx,
        file: &JobFile,
        (recipient, address): (&str, &str),
        template: &str,
        change: &PriceChange,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let payload = json!({
            "number": file.number,
            "master": file.master.name,
            "amount": change.amount,
            "most": change.most,
            "reason": change.reason,
            "tracking": file.tracking,
        });
        let language = file.language;
        let draft = Draft { job: Some(&file.job), recipient, address, template, language, payload };

        self.send(tx, draft, now).await
    }
}

const CHANGES: &str = "SELECT * FROM price_changes WHERE org_id = $1 AND job_id = $2 \
                       ORDER BY asked_ms, id";

fn change(row: &Row) -> Result<PriceChange, StoreError> {
    Ok(PriceChange {
        id: ChangeId::new(row.text("id")?),
        job: JobId::new(row.text("job_id")?),
        most: Kopecks(row.int("most")?),
        amount: Kopecks(row.int("amount")?),
        reason: row.text("reason")?,
        state: row.word("state")?,
        asked: row.time("asked_ms")?,
        answered: row.maybe_time("answered_ms")?,
        how: row.maybe_text("how")?.map(|_| row.word("how")).transpose()?,
        conversation: row.maybe_text("conversation_id")?.map(ConversationId::new),
    })
}
