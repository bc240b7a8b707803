//! Messages on their way out, written in the transaction that makes them true.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::db::{Row, Tx, values, word};
use super::{OrgStore, Store, StoreError};
use crate::ids::{JobId, MessageId, OrgId};
use crate::outbox::{Channel, Next, Progress};
use crate::trade::Language;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub job: Option<JobId>,
    /// `client`, `master`, `operator`, `chat` (whoever writes there, back by the same way) or `hook`.
    pub recipient: String,
    /// E.164; which channel carries it is decided when it is sent.
    pub address: String,
    /// To the client `booked`, `moved`, `cancelled`, `reassigned`, `searching`, `no_master`, `paid`,
    /// `price_change`, `reminder_day`, `reminder_hours`, `review`; to the master `offer`, `assigned`,
    /// `withdrawn`, `cancelled`, `change_agreed`, `change_refused`, `earned`, `confirm_day`.
    pub template: String,
    pub language: Language,
    /// The values of the template.
    pub payload: serde_json::Value,
    pub state: MessageState,
    /// The channel that carries it, once one was tried.
    pub channel: Option<Channel>,
    /// Tries on that channel, or questions after what the provider took.
    pub attempts: u32,
    pub provider_id: Option<String>,
    /// What stood in its way last.
    pub error: Option<String>,
    pub created: Timestamp,
    /// When it was sent, or given up.
    pub settled: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// To be tried, for the first time or again.
    Waiting,
    /// The provider has it.
    Taken,
    Sent,
    Failed,
}

/// A message about to be written.
pub(super) struct Draft<'a> {
    /// What it is about, if it is a job.
    pub(super) job: Option<&'a JobId>,
    pub(super) recipient: &'a str,
    pub(super) address: &'a str,
    pub(super) template: &'a str,
    pub(super) language: Language,
    pub(super) payload: serde_json::Value,
}

/// A message that is being handed over may not be handed over elsewhere for so long.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

impl Message {
    pub fn progress(&self) -> Progress {
        Progress {
            channel: self.channel,
            attempts: self.attempts,
            provider_id: self.provider_id.clone(),
            created: self.created,
        }
    }
}

impl Store {
    /// Messages whose time has come, at most so many, of all organisations, in the order they were
    /// written. For two minutes nobody else gets them; whoever has them says what became of them by `settle`.
    pub async fn due_messages(
        &self,
        most: usize,
        now: Timestamp,
    ) -> Result<Vec<(OrgId, Message)>, StoreError> {
        let mut tx = self.db.begin().await?;
        let rows = tx
            .query(
                "UPDATE outbox SET next_ms = $2 WHERE state IN ('waiting', 'taken') AND next_ms <= $1 \
                 AND id IN (SELECT id FROM outbox WHERE state IN ('waiting', 'taken') AND next_ms <= $1 \
                 ORDER BY next_ms, id LIMIT $3) RETURNING *",
                values![now, now + LEASE, most as i64],
            )
            .await?;
        tx.commit().await?;

        let due = rows.iter().map(|row| Ok((OrgId::new(row.text("org_id")?), message(row)?)));
        let mut due = due.collect::<Result<Vec<_>, StoreError>>()?;
        // RETURNING promises no order, and a later word must not overtake an earlier one.
        due.sort_by(|(_, one), (_, other)| (one.created, &one.id).cmp(&(other.created, &other.id)));

        Ok(due)
    }
}

impl OrgStore {
    /// Writes down what follows for a message that was tried on that channel.
    pub async fn message_tried(
        &self,
        id: &MessageId,
        tried: Option<Channel>,
        next: &Next,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (state, channel, at) = match next {
            Next::Sent { .. } => (MessageState::Sent, tried, now),
            Next::Check { at, .. } => (MessageState::Taken, tried, *at),
            Next::Again { channel, at, .. } => (MessageState::Waiting, Some(*channel), *at),
            Next::Fallback { channel, .. } => (MessageState::Waiting, Some(*channel), now),
            Next::Failed { .. } => (MessageState::Failed, tried, now),
        };
        let (provider, error) = match next {
            Next::Sent { id } => (id.as_deref(), None),
            Next::Check { id, .. } => (Some(id.as_str()), None),
            Next::Again { why, .. } | Next::Fallback { why, .. } | Next::Failed { why } => {
                (None, Some(why.as_str()))
            }
        };
        let over = matches!(state, MessageState::Sent | MessageState::Failed);
        self.db
            .execute(
                "UPDATE outbox SET attempts = CASE WHEN $9 OR (state = 'waiting' AND $3 = 'taken') THEN 0 \
                 ELSE attempts + 1 END, state = $3, \
                 channel = $4, provider_id = $5, error = COALESCE($6, error), next_ms = $7, \
                 settled_ms = $8 WHERE org_id = $1 AND id = $2",
                values![
                    &self.org,
                    id,
                    word(state),
                    channel.map(word),
                    provider,
                    error,
                    at,
                    over.then_some(now),
                    matches!(next, Next::Fallback { .. }),
                ],
            )
            .await?;
        Ok(())
    }

    /// Where somebody with that number is reached by that channel; `None`: not known.
    pub async fn address_on(
        &self,
        channel: Channel,
        phone: &str,
    ) -> Result<Option<String>, StoreError> {
        if channel.goes_to_phone() {
            return Ok(Some(phone.to_owned()));
        }
        let row = self
            .db
            .first(
                "SELECT address FROM contacts WHERE org_id = $1 AND phone = $2 AND channel = $3 \
                 UNION ALL SELECT email FROM masters WHERE org_id = $1 AND phone = $2 \
                 AND $3 = 'email' AND email IS NOT NULL LIMIT 1",
                values![&self.org, phone, word(channel)],
            )
            .await?;

        row.map(|row| row.text("address")).transpose()
    }

    /// Somebody with that number is reached there from now on.
    pub async fn add_contact(
        &self,
        phone: &str,
        channel: Channel,
        address: &str,
    ) -> Result<(), StoreError> {
        self.db
            .execute(
                "INSERT INTO contacts (org_id, phone, channel, address) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (org_id, phone, channel) DO UPDATE SET address = excluded.address",
                values![&self.org, phone, word(channel), address],
            )
            .await?;
        Ok(())
    }

    /// It may not ring yet.
    pub async fn put_off(&self, id: &MessageId, until: Timestamp) -> Result<(), StoreError> {
        self.db
            .execute(
                "UPDATE outbox SET next_ms = $3 WHERE org_id = $1 AND id = $2",
                values![&self.org, id, until],
            )
            .await?;
        Ok(())
    }

    pub(super) async fn send(
        &self,
        tx: &mut Tx,
        draft: Draft<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.send_once(tx, draft, None, now).await
    }

    /// What was said with that key is not said again.
    pub(super) async fn send_once(
        &self,
        tx: &mut Tx,
        draft: Draft<'_>,
        key: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.execute(
            "INSERT INTO outbox (id, org_id, job_id, recipient, address, template, language, payload, \
             state, attempts, next_ms, created_ms, once_key) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9, $9, $10) ON CONFLICT DO NOTHING",
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
                key,
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

pub(super) fn message(row: &Row) -> Result<Message, StoreError> {
    Ok(Message {
        id: MessageId::new(row.text("id")?),
        job: row.maybe_text("job_id")?.map(JobId::new),
        recipient: row.text("recipient")?,
        address: row.text("address")?,
        template: row.text("template")?,
        language: row.word("language")?,
        payload: row.json("payload")?,
        state: row.word("state")?,
        channel: row.maybe_text("channel")?.map(|_| row.word("channel")).transpose()?,
        attempts: row.int("attempts")?.max(0) as u32,
        provider_id: row.maybe_text("provider_id")?,
        error: row.maybe_text("error")?,
        created: row.time("created_ms")?,
        settled: row.maybe_time("settled_ms")?,
    })
}
