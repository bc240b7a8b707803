//! What is kept no longer than the organisation says: recordings, and the words of conversations.

use jiff::{SignedDuration, Timestamp};

use super::db::values;
use super::{OrgStore, StoreError};
use crate::ids::ConversationId;

/// A file that has just come is put into its conversation in a moment.
const JUST_SENT: SignedDuration = SignedDuration::from_hours(1);
/// So many conversations are looked at in one round.
const AT_ONCE: i64 = 200;

impl OrgStore {
    /// Recordings that are older than is kept: the conversation and its file. Whoever has removed the
    /// file says so by `recording_gone`.
    pub async fn old_recordings(
        &self,
        now: Timestamp,
    ) -> Result<Vec<(ConversationId, String)>, StoreError> {
        let Some(days) = self.settings().await?.retention.recordings_days else {
            return Ok(Vec::new());
        };
        let rows = self
            .db
            .query(
                "SELECT id, recording FROM conversations WHERE org_id = $1 AND started_ms < $2 \
                 AND ended_ms IS NOT NULL AND recording IS NOT NULL ORDER BY started_ms LIMIT $3",
                values![&self.org, before(now, days), AT_ONCE],
            )
            .await?;

        rows.iter()
            .map(|row| Ok((ConversationId::new(row.text("id")?), row.text("recording")?)))
            .collect()
    }

    pub async fn recording_gone(&self, id: &ConversationId) -> Result<(), StoreError> {
        self.db
            .execute(
                "UPDATE conversations SET recording = NULL WHERE org_id = $1 AND id = $2",
                values![&self.org, id],
            )
            .await?;
        Ok(())
    }

    /// Takes the words out of conversations that are older than they are kept; of how many. That they
    /// took place, and what came of them, stays.
    pub async fn forget_words(&self, now: Timestamp) -> Result<usize, StoreError> {
        let Some(days) = self.settings().await?.retention.words_days else { return Ok(0) };
        let rows = self
            .db
            .query(
                "SELECT id FROM conversations WHERE org_id = $1 AND started_ms < $2 \
                 AND ended_ms IS NOT NULL AND (memory IS NOT NULL OR EXISTS (SELECT 1 FROM utterances u \
                 WHERE u.conversation_id = conversations.id) OR EXISTS (SELECT 1 FROM conversation_media m \
                 WHERE m.conversation_id = conversations.id)) ORDER BY started_ms LIMIT $3",
                values![&self.org, before(now, days), AT_ONCE],
            )
            .await?;
        self.forget_answers(before(now, days)).await?;
        for row in &rows {
            let id = ConversationId::new(row.text("id")?);
            let mut tx = self.db.begin().await?;
            for table in [
                "DELETE FROM utterances WHERE org_id = $1 AND conversation_id = $2",
                "DELETE FROM replies WHERE org_id = $1 AND conversation_id = $2",
                // What was heard over the agent's voice stands in these.
                "UPDATE call_events SET detail = '' WHERE org_id = $1 AND conversation_id = $2 \
                 AND kind = 'went_on'",
                "UPDATE conversations SET memory = NULL, state = NULL WHERE org_id = $1 AND id = $2",
                "DELETE FROM conversation_media WHERE org_id = $1 AND conversation_id = $2",
            ] {
                tx.execute(table, values![&self.org, &id]).await?;
            }
            tx.commit().await?;
        }
        Ok(rows.len())
    }

    /// What was answered in chats lies in the outbox as well.
    async fn forget_answers(&self, before: Timestamp) -> Result<(), StoreError> {
        self.db
            .execute(
                "UPDATE outbox SET payload = '{}' WHERE org_id = $1 AND recipient = 'chat' \
                 AND created_ms < $2 AND state IN ('sent', 'failed') AND payload <> '{}'",
                values![&self.org, before],
            )
            .await?;
        Ok(())
    }

    /// Files that no conversation holds any more, as after its words were forgotten. Whoever has removed
    /// one says so by `media_gone`.
    pub async fn unheld_media(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT hash FROM media WHERE org_id = $1 AND created_ms < $2 AND NOT EXISTS (\
                 SELECT 1 FROM conversation_media m WHERE m.org_id = media.org_id AND m.hash = media.hash) \
                 ORDER BY created_ms LIMIT $3",
                values![&self.org, now - JUST_SENT, AT_ONCE],
            )
            .await?;

        rows.iter().map(|row| row.text("hash")).collect()
    }

    pub async fn media_gone(&self, hash: &str) -> Result<(), StoreError> {
        self.db
            .execute("DELETE FROM media WHERE org_id = $1 AND hash = $2", values![&self.org, hash])
            .await?;
        Ok(())
    }
}

fn before(now: Timestamp, days: u32) -> Timestamp {
    let kept = SignedDuration::from_hours(24 * i64::from(days));

    now.checked_sub(kept).unwrap_or(Timestamp::MIN)
}
