//! The organisation's masters, and what is already promised on their behalf.

use std::collections::HashMap;

use jiff::Timestamp;

use super::db::{Row, Tx, values, word};
use super::{OrgStore, StoreError, json};
use crate::ids::{ConversationId, JobId, MasterId};
use crate::master::{Candidate, Master, Rating};
use crate::place::place_key;
use crate::schedule::{Span, Visit};
use crate::trade::Category;

/// Neighbouring visits further off than this cannot matter to travel.
const NEIGHBOURS: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// What does not stand in the asker's own way: the conversation's holds, the job being moved.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Own<'a> {
    pub(super) conversation: Option<&'a ConversationId>,
    pub(super) job: Option<&'a JobId>,
}

impl OrgStore {
    /// Adds a master or changes the one with that id.
    pub async fn put_master(&self, master: &Master) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        tx.execute(
            "INSERT INTO masters (id, org_id, name, phone, email, city, city_key, district, rating, \
             active, trades, schedule, touched) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, phone = excluded.phone, \
             email = excluded.email, city = excluded.city, city_key = excluded.city_key, \
             district = excluded.district, rating = excluded.rating, active = excluded.active, \
             trades = excluded.trades, schedule = excluded.schedule \
             WHERE masters.org_id = excluded.org_id",
            values![
                &master.id,
                &self.org,
                &master.name,
                &master.phone,
                master.email.clone(),
                &master.city,
                place_key(&master.city),
                master.district.clone(),
                master.rating.0,
                master.active,
                json(&master.trades),
                json(&master.schedule),
            ],
        )
        .await?;
        tx.execute(
            "DELETE FROM master_trades WHERE org_id = $1 AND master_id = $2",
            values![&self.org, &master.id],
        )
        .await?;
        for trade in &master.trades {
            tx.execute(
                "INSERT INTO master_trades (org_id, master_id, category) \
                 SELECT org_id, id, $3 FROM masters WHERE org_id = $1 AND id = $2",
                values![&self.org, &master.id, word(trade)],
            )
            .await?;
        }
        tx.commit().await
    }

    /// By name.
    pub async fn masters(&self) -> Result<Vec<Master>, StoreError> {
        let rows = self
            .db
            .query("SELECT * FROM masters WHERE org_id = $1 ORDER BY name, id", values![&self.org])
            .await?;

        rows.iter().map(master).collect()
    }

    pub async fn master(&self, id: &MasterId) -> Result<Option<Master>, StoreError> {
        let row = self
            .db
            .first("SELECT * FROM masters WHERE org_id = $1 AND id = $2", values![&self.org, id])
            .await?;

        row.as_ref().map(master).transpose()
    }

    /// Whether any active master works in that city, whatever the trade.
    pub(super) async fn works_in(&self, city: &str) -> Result<bool, StoreError> {
        let row = self
            .db
            .first(
                "SELECT id FROM masters WHERE org_id = $1 AND city_key = $2 AND active = $3 LIMIT 1",
                values![&self.org, place_key(city), true],
            )
            .await?;

        Ok(row.is_some())
    }

    /// Masters of that trade in that city with their visits in the window; what is the asker's own
    /// does not count.
    pub(super) async fn candidates(
        &self,
        category: Category,
        city: &str,
        window: Span,
        own: Own<'_>,
        now: Timestamp,
    ) -> Result<Vec<Candidate>, StoreError> {
        let masters = self
            .db
            .query(
                "SELECT m.* FROM masters m JOIN master_trades t ON t.master_id = m.id \
                 WHERE m.org_id = $1 AND t.org_id = $1 AND t.category = $2 AND m.city_key = $3",
                values![&self.org, word(category), place_key(city)],
            )
            .await?;
        let visits = self
            .db
            .query(
                "SELECT j.master_id, j.start_ms, j.end_ms, j.district FROM jobs j \
                 JOIN master_trades t ON t.master_id = j.master_id AND t.org_id = $1 AND t.category = $2 \
                 WHERE j.org_id = $1 AND j.status <> 'cancelled' AND j.id <> $7 \
                 AND j.end_ms > $3 AND j.start_ms < $4 UNION ALL \
                 SELECT h.master_id, h.start_ms, h.end_ms, h.district FROM holds h \
                 WHERE h.org_id = $1 AND h.expires_ms > $5 AND h.conversation_id <> $6 \
                 AND h.end_ms > $3 AND h.start_ms < $4 ORDER BY start_ms",
                values![
                    &self.org,
                    word(category),
                    window.start,
                    window.end,
                    now,
                    own.conversation.map_or("", ConversationId::as_str),
                    own.job.map_or("", JobId::as_str),
                ],
            )
            .await?;

        gathered(&masters, &visits)
    }

    /// One master, locked until the transaction ends, with the visits around that stretch.
    pub(super) async fn locked_candidate(
        &self,
        tx: &mut Tx,
        id: &MasterId,
        around: Span,
        now: Timestamp,
    ) -> Result<Option<Candidate>, StoreError> {
        let masters = tx
            .query(
                "UPDATE masters SET touched = touched + 1 WHERE org_id = $1 AND id = $2 RETURNING *",
                values![&self.org, id],
            )
            .await?;
        let visits = tx
            .query(
                "SELECT master_id, start_ms, end_ms, district FROM jobs \
                 WHERE org_id = $1 AND master_id = $2 AND status <> 'cancelled' \
                 AND end_ms > $3 AND start_ms < $4 \
                 UNION ALL \
                 SELECT master_id, start_ms, end_ms, district FROM holds \
                 WHERE org_id = $1 AND master_id = $2 AND expires_ms > $5 \
                 AND end_ms > $3 AND start_ms < $4 ORDER BY start_ms",
                values![&self.org, id, around.start - NEIGHBOURS, around.end + NEIGHBOURS, now],
            )
            .await?;

        Ok(gathered(&masters, &visits)?.into_iter().next())
    }
}

fn gathered(masters: &[Row], visits: &[Row]) -> Result<Vec<Candidate>, StoreError> {
    let mut promised: HashMap<String, Vec<Visit>> = HashMap::new();
    for row in visits {
        let span = Span { start: row.time("start_ms")?, end: row.time("end_ms")? };
        let visit = Visit { span, district: row.maybe_text("district")? };
        promised.entry(row.text("master_id")?).or_default().push(visit);
    }

    masters
        .iter()
        .map(|row| {
            let master = master(row)?;
            let visits = promised.remove(master.id.as_str()).unwrap_or_default();
            Ok(Candidate { master, visits })
        })
        .collect()
}

pub(super) fn master(row: &Row) -> Result<Master, StoreError> {
    Ok(Master {
        id: MasterId::new(row.text("id")?),
        name: row.text("name")?,
        phone: row.text("phone")?,
        email: row.maybe_text("email")?,
        city: row.text("city")?,
        district: row.maybe_text("district")?,
        trades: row.json("trades")?,
        rating: Rating(row.int("rating")?),
        active: row.flag("active")?,
        schedule: row.json("schedule")?,
    })
}
