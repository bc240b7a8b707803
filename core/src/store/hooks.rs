//! Integrators are told what happens: each event goes through the outbox to every hook that wants it, in
//! the transaction that makes it true.

use jiff::Timestamp;
use serde_json::Value;

use super::db::{Row, Tx, values};
use super::outbox::Draft;
use super::{OrgStore, StoreError};
use crate::hook::Hook;
use crate::trade::Language;

impl OrgStore {
    pub async fn add_hook(&self, hook: &Hook) -> Result<(), StoreError> {
        self.db
            .execute(
                "INSERT INTO hooks (id, org_id, url, events, secret, created_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
                values![
                    &hook.id,
                    &self.org,
                    &hook.url,
                    hook.events.join(" "),
                    &hook.secret,
                    hook.created,
                ],
            )
            .await?;
        Ok(())
    }

    /// Oldest first.
    pub async fn hooks(&self) -> Result<Vec<Hook>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM hooks WHERE org_id = $1 ORDER BY created_ms, id",
                values![&self.org],
            )
            .await?;

        rows.iter().map(hook).collect()
    }

    pub async fn hook(&self, id: &str) -> Result<Option<Hook>, StoreError> {
        let row = self
            .db
            .first("SELECT * FROM hooks WHERE org_id = $1 AND id = $2", values![&self.org, id])
            .await?;

        row.as_ref().map(hook).transpose()
    }

    /// `false`: there was none.
    pub async fn drop_hook(&self, id: &str) -> Result<bool, StoreError> {
        let gone = self
            .db
            .execute("DELETE FROM hooks WHERE org_id = $1 AND id = $2", values![&self.org, id])
            .await?;

        Ok(gone == 1)
    }

    pub(super) async fn tell_hooks(
        &self,
        tx: &mut Tx,
        event: &str,
        about: &Value,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows = tx.query("SELECT * FROM hooks WHERE org_id = $1", values![&self.org]).await?;
        for row in &rows {
            let hook = hook(row)?;
            if !hook.wants(event) {
                continue;
            }
            let draft = Draft {
                job: None,
                recipient: "hook",
                address: &hook.id,
                template: event,
                language: Language::default(),
                payload: about.clone(),
            };
            self.send(tx, draft, now).await?;
        }
        Ok(())
    }
}

fn hook(row: &Row) -> Result<Hook, StoreError> {
    let events = row.text("events")?;
    Ok(Hook {
        id: row.text("id")?,
        url: row.text("url")?,
        events: events.split(' ').filter(|it| !it.is_empty()).map(str::to_owned).collect(),
        secret: row.text("secret")?,
        created: row.time("created_ms")?,
    })
}
