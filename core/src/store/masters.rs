//! The organisation's masters, what is already promised on their behalf, and when they are away.

use jiff::Timestamp;

use super::db::{Row, Tx, values, word};
use super::{OrgStore, StoreError, json};
use crate::ids::MasterId;
use crate::master::{Master, Rating};
use crate::place::place_key;
use crate::schedule::{Span, Visit};

/// Neighbouring visits further off than this cannot matter to travel.
const NEIGHBOURS: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

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
        self.promises_changed(&mut tx, &master.id).await?;
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

    /// One master, locked until the transaction ends, with the visits around that stretch.
    pub(super) async fn locked_master(
        &self,
        tx: &mut Tx,
        id: &MasterId,
        around: Span,
        now: Timestamp,
    ) -> Result<Option<(Master, Vec<Visit>)>, StoreError> {
        let row = tx
            .first(
                "UPDATE masters SET touched = touched + 1 WHERE org_id = $1 AND id = $2 RETURNING *",
                values![&self.org, id],
            )
            .await?;
        let visits = tx
            .query(
                "SELECT start_ms, end_ms, district FROM jobs \
                 WHERE org_id = $1 AND master_id = $2 AND status NOT IN ('cancelled', 'queued') \
                 AND end_ms > $3 AND start_ms < $4 \
                 UNION ALL \
                 SELECT start_ms, end_ms, district FROM holds \
                 WHERE org_id = $1 AND master_id = $2 AND expires_ms > $5 \
                 AND end_ms > $3 AND start_ms < $4 UNION ALL \
                 SELECT start_ms, end_ms, NULL FROM absences WHERE org_id = $1 AND master_id = $2 \
                 AND end_ms > $3 AND start_ms < $4 ORDER BY start_ms",
                values![&self.org, id, around.start - NEIGHBOURS, around.end + NEIGHBOURS, now],
            )
            .await?;

        let Some(row) = row else { return Ok(None) };
        let visits = visits.iter().map(visit).collect::<Result<_, _>>()?;

        Ok(Some((master(&row)?, visits)))
    }
}

fn visit(row: &Row) -> Result<Visit, StoreError> {
    let span = Span { start: row.time("start_ms")?, end: row.time("end_ms")? };

    Ok(Visit { span, district: row.maybe_text("district")? })
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
