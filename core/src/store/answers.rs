//! How fast the agent answered, for lists: one question to the database for a whole page.

use std::collections::HashMap;

use super::db::{values, word};
use super::{OrgStore, StoreError};
use crate::conversation::{ConversationFilter, Millis, Page};
use crate::ids::ConversationId;

impl OrgStore {
    /// The answer times of every conversation on that page of the list, each in order of size.
    pub async fn answer_times(
        &self,
        filter: &ConversationFilter,
        page: Page,
    ) -> Result<HashMap<ConversationId, Vec<Millis>>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT u.conversation_id, u.latency_ms FROM utterances u \
                 WHERE u.org_id = $1 AND u.latency_ms IS NOT NULL AND u.conversation_id IN (\
                 SELECT id FROM conversations WHERE org_id = $1 AND ($2 = '' OR status = $2) \
                 AND ($3 = '' OR channel = $3) AND ($4 = '' OR participant = $4) \
                 ORDER BY started_ms DESC, id DESC LIMIT $5 OFFSET $6) ORDER BY u.latency_ms",
                values![
                    &self.org,
                    filter.status.map(word).unwrap_or_default(),
                    filter.channel.map(word).unwrap_or_default(),
                    filter.participant.as_deref().unwrap_or(""),
                    i64::from(page.limit),
                    i64::from(page.offset),
                ],
            )
            .await?;
        let mut times: HashMap<ConversationId, Vec<Millis>> = HashMap::new();
        for row in rows {
            let conversation = ConversationId::new(row.text("conversation_id")?);
            let time = Millis(row.int("latency_ms")?);
            times.entry(conversation).or_default().push(time);
        }

        Ok(times)
    }
}
