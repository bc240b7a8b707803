//! Messages on their way out, written in the transaction that makes them true.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::db::{Row, Tx, values, word};
use super::{OrgStore, StoreError};
use crate::ids::{JobId, MessageId};
use crate::trade::Language;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub job: Option<JobId>,
    /// `client`, `master` or `operator`.
    pub recipient: String,
    /// E.164; which channel carries it is decided when it is sent.
    pub address: String,
    /// `booked`, `offer`, `moved`, `cancelled`.
    pub template: String,
    pub language: Language,
    /// The values of the template.
    pub payload: serde_json::Value,
    /// `waiting`, `sent` or `failed`.
    pub state: String,
    pub created: Timestamp,
}

/// A message about to be written.
pub(super) struct Draft<'a> {
    pub(super) job: &'a JobId,
    pub(super) recipient: &'a str,
    pub(super) address: &'a str,
    pub(super) template: &'a str,
    pub(super) language: Language,
    pub(super) payload: serde_json::Value,
}

impl OrgStore {
    pub(super) async fn send(
        &self,
        tx: &mut Tx,
        draft: Draft<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.execute(
            "INSERT INTO outbox (id, org_id, job_id, recipient, address, template, language, payload, \
             state, attempts, next_ms, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9, $9)",
            values![
                self.new_id(now),
                &self.org,
                draft.job,
                draft.recipient,
                draft.address,
                draft.template,
                word(draft.language),
                draft.payload.to_string(),
                now,
            ],
        )
        .await?;
        Ok(())
    }

    /// What was or will be sent about a job, oldest first.
    pub async fn messages(&self, job: &JobId) -> Result<Vec<Message>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM outbox WHERE org_id = $1 AND job_id = $2 ORDER BY created_ms, id",
                values![&self.org, job],
            )
            .await?;

        rows.iter().map(message).collect()
    }
}

fn message(row: &Row) -> Result<Message, StoreError> {
    Ok(Message {
        id: MessageId::new(row.text("id")?),
        job: row.maybe_text("job_id")?.map(JobId::new),
        recipient: row.text("recipient")?,
        address: row.text("address")?,
        template: row.text("template")?,
        language: row.word("language")?,
        payload: row.json("payload")?,
        state: row.text("state")?,
        created: row.time("created_ms")?,
    })
}
