//! A person in a conversation: wanted, taken over, handed back.
//!
//! While a conversation is taken over nobody else answers in it; what is written there is kept.

use jiff::Timestamp;

use super::db::{Row, Tx, values};
use super::outbox::Draft;
use super::{OrgStore, StoreError};
use crate::chat::Parcel;
use crate::conversation::{CallEvent, Millis, Speaker, Utterance};
use crate::ids::ConversationId;
use crate::trade::Channel;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TakeOverRefused {
    #[error("there is no conversation {0}")]
    Unknown(ConversationId),
    #[error("conversation {0} is over")]
    Over(ConversationId),
    #[error("{who} has taken it over")]
    Others { who: String },
    #[error("nobody has taken it over: take it over first")]
    NotTaken,
    #[error("it is spoken by telephone: calls are put through, not written to")]
    Spoken,
}

type Settled = Result<Result<(), TakeOverRefused>, StoreError>;

impl OrgStore {
    /// Notes that a person is wanted, and tells the operators, once until somebody has come.
    /// `false`: it was noted before.
    pub async fn want_person(
        &self,
        id: &ConversationId,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let settings = self.settings().await?;
        let mut tx = self.db.begin().await?;
        let noted = tx
            .execute(
                "UPDATE conversations SET wanted_ms = $3, wanted_why = $4 \
                 WHERE org_id = $1 AND id = $2 AND wanted_ms IS NULL AND operator IS NULL",
                values![&self.org, id, now, why],
            )
            .await?;
        if noted == 1 {
            let draft = Draft {
                job: None,
                recipient: "operator",
                address: "",
                template: "wanted",
                language: settings.language,
                payload: serde_json::json!({ "conversation": id, "why": why }),
            };
            self.send(&mut tx, draft, now).await?;
            let told = serde_json::json!({ "conversation_id": id, "why": why });
            self.tell_hooks(&mut tx, "conversation.person_wanted", &told, now).await?;
        }
        tx.commit().await?;

        Ok(noted == 1)
    }

    /// From now on only `who` answers there.
    pub async fn step_in(&self, id: &ConversationId, who: &str, now: Timestamp) -> Settled {
        let mut tx = self.db.begin().await?;
        let row = match self.to_take(&mut tx, id).await? {
            Ok(row) => row,
            Err(refused) => return Ok(Err(refused)),
        };
        match row.maybe_text("operator")? {
            Some(other) if other != who => {
                return Ok(Err(TakeOverRefused::Others { who: other }));
            }
            Some(_) => return Ok(Ok(())),
            None => {}
        }
        tx.execute(
            "UPDATE conversations SET operator = $3, wanted_ms = NULL, wanted_why = NULL \
             WHERE org_id = $1 AND id = $2",
            values![&self.org, id, who],
        )
        .await?;
        self.write_event(&mut tx, id, &happened("taken_over", who, since(&row, now)?)).await?;
        self.note_in(&mut tx, (who, "conversation_taken_over", id.as_str()), "", now).await?;
        tx.commit().await?;

        Ok(Ok(()))
    }

    /// The agent answers again.
    pub async fn hand_back(&self, id: &ConversationId, who: &str, now: Timestamp) -> Settled {
        let mut tx = self.db.begin().await?;
        let row = match self.to_take(&mut tx, id).await? {
            Ok(row) => row,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Some(refused) = not_by(&row, who)? {
            return Ok(Err(refused));
        }
        tx.execute(
            "UPDATE conversations SET operator = NULL WHERE org_id = $1 AND id = $2",
            values![&self.org, id],
        )
        .await?;
        self.write_event(&mut tx, id, &happened("handed_back", who, since(&row, now)?)).await?;
        self.note_in(&mut tx, (who, "conversation_handed_back", id.as_str()), "", now).await?;
        tx.commit().await?;

        Ok(Ok(()))
    }

    /// What the operator writes: kept in the conversation and sent to where it is held. The same key
    /// again changes nothing.
    pub async fn operator_says(
        &self,
        id: &ConversationId,
        (who, text): (&str, &str),
        key: &str,
        now: Timestamp,
    ) -> Settled {
        let line = self.line_of(id).await?;
        let mut tx = self.db.begin().await?;
        let row = match self.to_take(&mut tx, id).await? {
            Ok(row) => row,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Some(refused) = not_by(&row, who)? {
            return Ok(Err(refused));
        }
        if !self.write_reply(&mut tx, id, &format!("operator:{key}"), "").await? {
            return Ok(Ok(()));
        }
        let said = self.next_line(&mut tx, id, &row, (Speaker::Operator, text), now).await?;
        self.write_lines(&mut tx, id, &[said]).await?;
        if let Some(line) = line {
            let parcel = Parcel { text: text.to_owned(), ..Parcel::default() };
            self.say_in_chat_in(&mut tx, &line, &parcel, &format!("operator:{key}"), now).await?;
        }
        tx.commit().await?;

        Ok(Ok(()))
    }

    /// What the participant writes while an operator answers. `false`: it was kept before.
    pub async fn keep_for_operator(
        &self,
        id: &ConversationId,
        text: &str,
        message: Option<(&str, &str)>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let Some(row) = self.row_in(&mut tx, id).await? else { return Ok(false) };
        let fresh = match message {
            Some((key, reply)) => self.write_reply(&mut tx, id, key, reply).await?,
            None => true,
        };
        if !fresh {
            return Ok(false);
        }
        let said = self.next_line(&mut tx, id, &row, (Speaker::Client, text), now).await?;
        self.write_lines(&mut tx, id, &[said]).await?;
        tx.commit().await?;

        Ok(true)
    }

    /// Locks the row, so that of two operators one comes first.
    async fn row_in(&self, tx: &mut Tx, id: &ConversationId) -> Result<Option<Row>, StoreError> {
        tx.first(
            "UPDATE conversations SET test = test WHERE org_id = $1 AND id = $2 \
             RETURNING channel, ended_ms, operator, started_ms",
            values![&self.org, id],
        )
        .await
    }

    async fn to_take(
        &self,
        tx: &mut Tx,
        id: &ConversationId,
    ) -> Result<Result<Row, TakeOverRefused>, StoreError> {
        let Some(row) = self.row_in(tx, id).await? else {
            return Ok(Err(TakeOverRefused::Unknown(id.clone())));
        };
        if row.word::<Channel>("channel")? == Channel::Phone {
            return Ok(Err(TakeOverRefused::Spoken));
        }
        if row.maybe_int("ended_ms")?.is_some() {
            return Ok(Err(TakeOverRefused::Over(id.clone())));
        }
        Ok(Ok(row))
    }

    async fn next_line(
        &self,
        tx: &mut Tx,
        id: &ConversationId,
        row: &Row,
        (speaker, text): (Speaker, &str),
        now: Timestamp,
    ) -> Result<Utterance, StoreError> {
        let last = tx
            .first(
                "SELECT COALESCE(MAX(seq), -1) + 1 AS next FROM utterances \
                 WHERE org_id = $1 AND conversation_id = $2",
                values![&self.org, id],
            )
            .await?;
        let seq = last.map_or(Ok(0), |row| row.int("next"))?;

        Ok(Utterance {
            seq,
            at: since(row, now)?,
            speaker,
            text: text.to_owned(),
            confidence: None,
            latency: None,
            interrupted: false,
        })
    }
}

fn since(row: &Row, now: Timestamp) -> Result<Millis, StoreError> {
    Ok(Millis(now.as_millisecond() - row.int("started_ms")?))
}

fn happened(kind: &str, who: &str, at: Millis) -> CallEvent {
    CallEvent { at, kind: kind.to_owned(), detail: who.to_owned() }
}

/// Why `who` may not speak there.
fn not_by(row: &Row, who: &str) -> Result<Option<TakeOverRefused>, StoreError> {
    Ok(match row.maybe_text("operator")? {
        None => Some(TakeOverRefused::NotTaken),
        Some(other) if other != who => Some(TakeOverRefused::Others { who: other }),
        Some(_) => None,
    })
}
