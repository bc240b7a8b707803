//! What is kept no longer than the organisation says: recordings, and the words of conversations.

use jiff::{SignedDuration, Timestamp};

use super::db::values;
use super::{OrgStore, StoreError};
use crate::ids::ConversationId;

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
                 WHERE u.conversation_id = conversations.id)) ORDER BY started_ms LIMIT $3",
                values![&self.org, before(now, days), AT_ONCE],
            )
            .await?;
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
            ] {
                tx.execute(table, values![&self.org, &id]).await?;
            }
            tx.commit().await?;
        }
        Ok(rows.len())
    }
}

fn before(now: Timestamp, days: u32) -> Timestamp {
    let kept = SignedDuration::from_hours(24 * i64::from(days));

    now.checked_sub(kept).unwrap_or(Timestamp::MIN)
}
