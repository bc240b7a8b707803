//! Masters' calendars elsewhere, what they say, and the links under which ours can be read.

use jiff::{SignedDuration, Timestamp};

use super::db::{Row, values, word};
use super::{OrgStore, Store, StoreError};
use crate::calendar::{Calendar, CalendarKind, Entry, busy, next_reading, window};
use crate::ids::{CalendarId, JobId, MasterId, OrgId};
use crate::schedule::Span;

/// A calendar that is being read is not read elsewhere for so long.
const LEASE: SignedDuration = SignedDuration::from_mins(3);
/// So many calendars are read in one round.
const AT_ONCE: i64 = 20;

impl Store {
    /// Calendars whose time has come, of all organisations; for three minutes nobody else gets them.
    pub async fn due_calendars(
        &self,
        now: Timestamp,
    ) -> Result<Vec<(OrgId, Calendar)>, StoreError> {
        let rows = self
            .db
            .query(
                "UPDATE calendars SET next_ms = $2 WHERE next_ms <= $1 AND id IN (\
                 SELECT id FROM calendars WHERE next_ms <= $1 ORDER BY next_ms, id LIMIT $3) \
                 RETURNING *",
                values![now, now + LEASE, AT_ONCE],
            )
            .await?;

        rows.iter().map(|row| Ok((OrgId::new(row.text("org_id")?), calendar(row)?))).collect()
    }

    /// Whose visits the link with that hash shows.
    pub async fn feed(&self, hash: &str) -> Result<Option<(OrgId, MasterId)>, StoreError> {
        let row =
            self.db.first("SELECT * FROM calendar_feeds WHERE hash = $1", values![hash]).await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some((OrgId::new(row.text("org_id")?), MasterId::new(row.text("master_id")?))))
    }
}

impl OrgStore {
    /// A calendar of a master that is read from now on. `None`: there is no such master.
    pub async fn add_calendar(
        &self,
        master: &MasterId,
        kind: CalendarKind,
        address: &str,
        now: Timestamp,
    ) -> Result<Option<CalendarId>, StoreError> {
        let id = CalendarId::new(self.new_id(now));
        self.db
            .execute(
                "INSERT INTO calendars (id, org_id, master_id, kind, address, next_ms) \
                 SELECT $3, org_id, id, $4, $5, $6 FROM masters WHERE org_id = $1 AND id = $2 \
                 ON CONFLICT (master_id, kind, address) DO UPDATE SET next_ms = excluded.next_ms",
                values![&self.org, master, &id, word(kind), address, now],
            )
            .await?;
        let known = self.calendars(master).await?;

        Ok(known.into_iter().find(|it| it.kind == kind && it.address == address).map(|it| it.id))
    }

    pub async fn calendars(&self, master: &MasterId) -> Result<Vec<Calendar>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM calendars WHERE org_id = $1 AND master_id = $2 ORDER BY id",
                values![&self.org, master],
            )
            .await?;

        rows.iter().map(calendar).collect()
    }

    /// What it kept its master from is free again.
    pub async fn drop_calendar(&self, id: &CalendarId) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let gone = tx
            .first(
                "DELETE FROM calendars WHERE org_id = $1 AND id = $2 RETURNING master_id",
                values![&self.org, id],
            )
            .await?;
        if let Some(row) = &gone {
            self.promises_changed(&mut tx, &MasterId::new(row.text("master_id")?)).await?;
        }
        tx.commit().await?;

        Ok(gone.is_some())
    }

    /// What a calendar says keeps its master busy, in the place of what it said before.
    pub async fn calendar_read(
        &self,
        known: &Calendar,
        read: Vec<Span>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let spans = busy(read, window(now));
        let before = self.absences(&known.id).await?;
        let mut tx = self.db.begin().await?;
        tx.execute(
            "UPDATE calendars SET next_ms = $3, read_ms = $4, error = NULL \
             WHERE org_id = $1 AND id = $2",
            values![&self.org, &known.id, next_reading(true, now), now],
        )
        .await?;
        if before != spans {
            tx.execute(
                "DELETE FROM absences WHERE org_id = $1 AND calendar_id = $2",
                values![&self.org, &known.id],
            )
            .await?;
            for span in &spans {
                tx.execute(
                    "INSERT INTO absences (calendar_id, org_id, master_id, start_ms, end_ms) \
                     SELECT id, org_id, master_id, $3, $4 FROM calendars \
                     WHERE org_id = $1 AND id = $2 ON CONFLICT DO NOTHING",
                    values![&self.org, &known.id, span.start, span.end],
                )
                .await?;
            }
            self.promises_changed(&mut tx, &known.master).await?;
        }
        tx.commit().await?;

        Ok(spans.len())
    }

    async fn absences(&self, calendar: &CalendarId) -> Result<Vec<Span>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT start_ms, end_ms FROM absences WHERE org_id = $1 AND calendar_id = $2 \
                 ORDER BY start_ms",
                values![&self.org, calendar],
            )
            .await?;

        rows.iter()
            .map(|row| Ok(Span { start: row.time("start_ms")?, end: row.time("end_ms")? }))
            .collect()
    }

    /// What it said last still counts.
    pub async fn calendar_failed(
        &self,
        id: &CalendarId,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.db
            .execute(
                "UPDATE calendars SET next_ms = $3, error = $4 WHERE org_id = $1 AND id = $2",
                values![&self.org, id, next_reading(false, now), why],
            )
            .await?;
        Ok(())
    }

    /// A link to a master's visits; `false`: there is no such master. `hash` of what nobody can guess.
    pub async fn open_feed(&self, master: &MasterId, hash: &str) -> Result<bool, StoreError> {
        let made = self
            .db
            .execute(
                "INSERT INTO calendar_feeds (hash, org_id, master_id) \
                 SELECT $3, org_id, id FROM masters WHERE org_id = $1 AND id = $2",
                values![&self.org, master, hash],
            )
            .await?;
        Ok(made > 0)
    }

    /// The visits promised on a master's behalf, as a calendar shows them, in order of start.
    pub async fn entries(&self, master: &MasterId, within: Span) -> Result<Vec<Entry>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT j.id, j.number, j.diagnosis, j.address, j.start_ms, j.end_ms, j.touched \
                 FROM jobs j WHERE j.org_id = $1 AND j.master_id = $2 \
                 AND j.status NOT IN ('cancelled', 'queued') AND j.end_ms > $3 AND j.start_ms < $4 \
                 ORDER BY j.start_ms, j.id",
                values![&self.org, master, within.start, within.end],
            )
            .await?;

        rows.iter().map(entry).collect()
    }
}

fn entry(row: &Row) -> Result<Entry, StoreError> {
    let address: crate::trade::Address = row.json("address")?;
    Ok(Entry {
        job: JobId::new(row.text("id")?),
        span: Span { start: row.time("start_ms")?, end: row.time("end_ms")? },
        title: format!("{}: {}", row.text("number")?, row.text("diagnosis")?),
        address: address.line(),
        revision: row.int("touched")?,
    })
}

fn calendar(row: &Row) -> Result<Calendar, StoreError> {
    Ok(Calendar {
        id: CalendarId::new(row.text("id")?),
        master: MasterId::new(row.text("master_id")?),
        kind: row.word("kind")?,
        address: row.text("address")?,
        read: row.maybe_time("read_ms")?,
        error: row.maybe_text("error")?,
    })
}
