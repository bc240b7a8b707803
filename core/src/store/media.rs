//! Files people have sent: what is kept of them in rows. The bytes lie elsewhere under their hash.

use jiff::Timestamp;

use super::db::{Row, values, word};
use super::{OrgStore, StoreError};
use crate::conversation::Millis;
use crate::ids::ConversationId;
use crate::media::{Attachment, Form, Kept};

impl OrgStore {
    /// The same file again changes nothing.
    pub async fn keep_media(&self, kept: &Kept) -> Result<(), StoreError> {
        self.db
            .execute(
                "INSERT INTO media (org_id, hash, form, bytes, created_ms) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (org_id, hash) DO NOTHING",
                values![&self.org, &kept.hash, word(kept.form), kept.bytes, kept.created],
            )
            .await?;
        Ok(())
    }

    /// What lies under that hash, if it is this organisation's.
    pub async fn media(&self, hash: &str) -> Result<Option<Kept>, StoreError> {
        let row = self
            .db
            .first("SELECT * FROM media WHERE org_id = $1 AND hash = $2", values![&self.org, hash])
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some(Kept {
            hash: row.text("hash")?,
            form: row.word("form")?,
            bytes: row.int("bytes")?,
            created: row.time("created_ms")?,
        }))
    }

    /// Puts a kept file into a conversation; the same again changes nothing. `false`: it was there.
    pub async fn attach(
        &self,
        conversation: &ConversationId,
        hash: &str,
        (name, caption): (&str, &str),
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let made = self
            .db
            .execute(
                "INSERT INTO conversation_media (org_id, conversation_id, hash, seq, at_ms, name, caption) \
                 SELECT c.org_id, c.id, $3, (SELECT COALESCE(MAX(m.seq), 0) + 1 FROM conversation_media m \
                 WHERE m.conversation_id = c.id), $4 - c.started_ms, $5, $6 FROM conversations c \
                 WHERE c.org_id = $1 AND c.id = $2 \
                 ON CONFLICT (conversation_id, hash) DO NOTHING",
                values![&self.org, conversation, hash, now, name, caption],
            )
            .await?;

        Ok(made == 1)
    }

    /// In the order they were sent.
    pub async fn attachments(&self, of: &ConversationId) -> Result<Vec<Attachment>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT m.hash, m.form, m.bytes, c.at_ms, c.name, c.caption FROM conversation_media c \
                 JOIN media m ON m.org_id = c.org_id AND m.hash = c.hash \
                 WHERE c.org_id = $1 AND c.conversation_id = $2 ORDER BY c.seq",
                values![&self.org, of],
            )
            .await?;

        rows.iter().map(attachment).collect()
    }
}

fn attachment(row: &Row) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        hash: row.text("hash")?,
        form: row.word::<Form>("form")?,
        bytes: row.int("bytes")?,
        at: Millis(row.int("at_ms")?),
        name: row.text("name")?,
        caption: row.text("caption")?,
    })
}
