//! What a page of the list of conversations shows beside them: one question to the database for a
//! whole page.

use std::collections::HashMap;

use super::db::{Row, Value, values, word};
use super::{OrgStore, StoreError};
use crate::conversation::{ConversationFilter, Millis, Page};
use crate::ids::{ConversationId, JobId};

impl OrgStore {
    /// The answer times of every conversation on that page, each in order of size.
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
                 AND (NOT $7 OR wanted_ms IS NOT NULL OR operator IS NOT NULL) \
                 ORDER BY started_ms DESC, id DESC LIMIT $5 OFFSET $6) ORDER BY u.latency_ms",
                &self.page_of(filter, page),
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

    /// The numbers of the jobs that conversations on that page are about.
    pub async fn job_numbers(
        &self,
        filter: &ConversationFilter,
        page: Page,
    ) -> Result<HashMap<JobId, String>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT j.id, j.number FROM jobs j WHERE j.org_id = $1 AND j.id IN (\
                 SELECT job_id FROM conversations WHERE org_id = $1 AND ($2 = '' OR status = $2) \
                 AND ($3 = '' OR channel = $3) AND ($4 = '' OR participant = $4) \
                 AND (NOT $7 OR wanted_ms IS NOT NULL OR operator IS NOT NULL) \
                 ORDER BY started_ms DESC, id DESC LIMIT $5 OFFSET $6)",
                &self.page_of(filter, page),
            )
            .await?;
        let number = |row: &Row| Ok((JobId::new(row.text("id")?), row.text("number")?));

        rows.iter().map(number).collect()
    }

    fn page_of(&self, filter: &ConversationFilter, page: Page) -> Vec<Value> {
        values![
            &self.org,
            filter.status.map(word).unwrap_or_default(),
            filter.channel.map(word).unwrap_or_default(),
            filter.participant.as_deref().unwrap_or(""),
            i64::from(page.limit),
            i64::from(page.offset),
            filter.with_person,
        ]
        .to_vec()
    }
}
