//! The log of who did what, and who looked at whose data. Lines are only ever added.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::db::{Row, Tx, values};
use super::{OrgStore, StoreError, json};
use crate::conversation::Page;
use crate::settings::Settings;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    pub at: Timestamp,
    /// A login, `api:NAME`, or `system`.
    pub who: String,
    /// E.g. `settings_changed`, `recording_heard`.
    pub deed: String,
    /// What it was done to, e.g. `job 01ARZ…`.
    pub what: String,
    pub detail: String,
}

impl OrgStore {
    /// Notes that somebody looked at something.
    pub async fn note(
        &self,
        who: &str,
        deed: &str,
        what: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        self.note_in(&mut tx, (who, deed, what), "", now).await?;
        tx.commit().await
    }

    /// Notes a change in the transaction that makes it.
    pub(super) async fn note_in(
        &self,
        tx: &mut Tx,
        (who, deed, what): (&str, &str, &str),
        detail: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.execute(
            "INSERT INTO audit (id, org_id, at_ms, who, deed, what, detail) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            values![self.new_id(now), &self.org, now, who, deed, what, detail],
        )
        .await?;
        Ok(())
    }

    /// Newest first.
    pub async fn deeds(&self, page: Page) -> Result<Vec<Deed>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM audit WHERE org_id = $1 ORDER BY at_ms DESC, id DESC LIMIT $2 OFFSET $3",
                values![&self.org, i64::from(page.limit), i64::from(page.offset)],
            )
            .await?;

        rows.iter().map(deed).collect()
    }

    /// New settings, and who made them; the log keeps what was before.
    pub async fn set_settings(
        &self,
        settings: &Settings,
        who: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        settings.time_zone()?;
        let mut tx = self.db.begin().await?;
        let before = self.settings_in(&mut tx).await?;
        tx.execute(
            "UPDATE organisations SET settings = $2 WHERE id = $1",
            values![&self.org, json(settings)],
        )
        .await?;
        let what = (who, "settings_changed", "settings");
        self.note_in(&mut tx, what, &json(&before), now).await?;
        tx.commit().await
    }
}

fn deed(row: &Row) -> Result<Deed, StoreError> {
    Ok(Deed {
        at: row.time("at_ms")?,
        who: row.text("who")?,
        deed: row.text("deed")?,
        what: row.text("what")?,
        detail: row.text("detail")?,
    })
}
