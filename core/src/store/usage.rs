//! What conversations have used, row by row, and added up.
//!
//! **Never here:** what anything costs.

use jiff::Timestamp;

use super::db::{Row, values};
use super::{OrgStore, StoreError};
use crate::ids::ConversationId;
use crate::usage::{MicroRoubles, Unit, Used};

impl OrgStore {
    /// One event for each; of a conversation there is not, none.
    pub async fn add_usage(
        &self,
        conversation: &ConversationId,
        used: &[Used],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for used in used {
            tx.execute(
                "INSERT INTO usage_events \
                 (org_id, conversation_id, seq, at_ms, service, unit, amount, cost) \
                 SELECT c.org_id, c.id, (SELECT COALESCE(MAX(e.seq), 0) + 1 FROM usage_events e \
                 WHERE e.conversation_id = c.id), $3, $4, $5, $6, $7 \
                 FROM conversations c WHERE c.org_id = $1 AND c.id = $2",
                values![
                    &self.org,
                    conversation,
                    now.as_millisecond(),
                    &used.service,
                    used.unit.name(),
                    used.amount,
                    used.cost.0
                ],
            )
            .await?;
        }
        tx.commit().await
    }

    /// Of one conversation, by service and unit.
    pub async fn usage_of(&self, conversation: &ConversationId) -> Result<Vec<Used>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT service, unit, CAST(SUM(amount) AS BIGINT) AS amount, \
                 CAST(SUM(cost) AS BIGINT) AS cost FROM usage_events \
                 WHERE org_id = $1 AND conversation_id = $2 \
                 GROUP BY service, unit ORDER BY service, unit",
                values![&self.org, conversation],
            )
            .await?;
        rows.iter().map(used).collect()
    }

    /// Of a stretch of time, the end not counted.
    pub async fn usage_between(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Used>, StoreError> {
        let (from, to) = (from.as_millisecond(), to.as_millisecond());
        let rows = self
            .db
            .query(
                "SELECT service, unit, CAST(SUM(amount) AS BIGINT) AS amount, \
                 CAST(SUM(cost) AS BIGINT) AS cost FROM usage_events \
                 WHERE org_id = $1 AND at_ms >= $2 AND at_ms < $3 \
                 GROUP BY service, unit ORDER BY service, unit",
                values![&self.org, from, to],
            )
            .await?;
        rows.iter().map(used).collect()
    }
}

fn used(row: &Row) -> Result<Used, StoreError> {
    let unit = row.text("unit")?;
    Ok(Used {
        service: row.text("service")?,
        unit: Unit::from_name(&unit).unwrap_or(Unit::Line),
        amount: row.int("amount")?,
        cost: MicroRoubles(row.int("cost")?),
    })
}
