//! What people are reminded of by themselves: clients of the visit a day and two hours before, and to
//! say how it went; masters of tomorrow's hours. Each is written once, by whichever process comes first.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::db::{Tx, values};
use super::masters::master;
use super::outbox::Draft;
use super::{OrgStore, StoreError};
use crate::ids::{JobId, MasterId};
use crate::master::Master;
use crate::schedule::Hours;
use crate::settings::Settings;

const A_DAY: SignedDuration = SignedDuration::from_hours(24);
const SOME_HOURS: SignedDuration = SignedDuration::from_hours(2);
/// Nobody is reminded of what was agreed a moment ago.
const AFTER_BOOKING: SignedDuration = SignedDuration::from_hours(1);
/// After the work the client is left alone for so long.
const AFTER_WORK: SignedDuration = SignedDuration::from_hours(1);

const STANDING: &str = "SELECT id, start_ms AS about_ms FROM jobs WHERE org_id = $1 \
     AND status IN ('booked', 'offered', 'accepted', 'on_the_way') \
     AND end_ms > $2 AND start_ms > $2 AND start_ms <= $3 AND booked_ms < start_ms - $4 \
     AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.org_id = $1 \
     AND o.once_key = $5 || ':' || jobs.id || ':' || jobs.start_ms)";

const DONE: &str = "SELECT id, finished_ms AS about_ms FROM jobs WHERE org_id = $1 \
     AND status IN ('done', 'paid') AND end_ms > $2 - 604800000 \
     AND finished_ms > $2 AND finished_ms <= $3 \
     AND finished_ms >= $4 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.org_id = $1 \
     AND o.once_key = $5 || ':' || jobs.id || ':' || jobs.finished_ms)";

impl OrgStore {
    /// Writes the reminders and review requests whose time has come; how many those were.
    pub async fn remind(&self, now: Timestamp) -> Result<usize, StoreError> {
        let since = |before: SignedDuration| (before + AFTER_BOOKING).as_millis() as i64;
        let soon = now + SOME_HOURS;
        let day = (STANDING, "reminder_day", (soon, now + A_DAY), since(A_DAY));
        let hours = (STANDING, "reminder_hours", (now, soon), since(SOME_HOURS));
        let review = (DONE, "review", (now - A_DAY, now - AFTER_WORK), 0);

        let mut written = 0;
        for (sql, template, (from, to), since) in [day, hours, review] {
            for row in self.db.query(sql, values![&self.org, from, to, since, template]).await? {
                let (job, about) = (JobId::new(row.text("id")?), row.int("about_ms")?);
                let mut tx = self.db.begin().await?;
                self.tell_once(&mut tx, &job, template, about, now).await?;
                tx.commit().await?;
                written += 1;
            }
        }
        Ok(written)
    }

    pub(super) async fn tell_once(
        &self,
        tx: &mut Tx,
        job: &JobId,
        template: &str,
        about: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(file) = self.file_in(tx, job).await? else { return Ok(()) };
        let draft = Draft {
            job: Some(job),
            recipient: "client",
            address: &file.client.phone,
            template,
            language: file.language,
            payload: json!({
                "number": file.number,
                "start": file.visit.start,
                "master": file.master.name,
                "door_code": file.door_code,
                "tracking": file.tracking,
            }),
        };

        self.send_once(tx, draft, Some(format!("{template}:{job}:{about}")), now).await
    }

    /// In the evening every master who works tomorrow is asked whether that stands; how many were.
    pub async fn ask_for_tomorrow(&self, now: Timestamp) -> Result<usize, StoreError> {
        let settings = self.settings().await?;
        let local = now.to_zoned(settings.time_zone()?);
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let Ok(tomorrow) = local.date().tomorrow() else { return Ok(0) };
        if minute < settings.confirm_at.minutes() {
            return Ok(0);
        }
        let rows = self
            .db
            .query(
                "SELECT * FROM masters WHERE org_id = $1 AND active = $2 AND NOT EXISTS (SELECT 1 \
                 FROM outbox o WHERE o.org_id = $1 \
                 AND o.once_key = 'confirm_day:' || masters.id || ':' || $3) ORDER BY id",
                values![&self.org, true, tomorrow.to_string()],
            )
            .await?;
        let mut written = 0;
        for row in &rows {
            let master = master(row)?;
            let key = format!("confirm_day:{}:{tomorrow}", master.id);
            let hours = master.schedule.on(tomorrow);
            if hours.is_empty() {
                continue;
            }
            self.ask_about_day(&settings, (&master, hours), tomorrow, key, now).await?;
            written += 1;
        }
        Ok(written)
    }

    async fn ask_about_day(
        &self,
        settings: &Settings,
        (master, hours): (&Master, &[Hours]),
        date: Date,
        key: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let draft = Draft {
            job: None,
            recipient: "master",
            address: &master.phone,
            template: "confirm_day",
            language: settings.language,
            payload: json!({ "date": date, "hours": hours }),
        };
        let mut tx = self.db.begin().await?;
        self.send_once(&mut tx, draft, Some(key), now).await?;
        tx.commit().await
    }

    /// The master says that the hours of that day stand; once more changes nothing.
    pub async fn confirm_day(
        &self,
        master: &MasterId,
        date: Date,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = self
            .db
            .execute(
                "INSERT INTO confirmed_days (org_id, master_id, date, at_ms) \
                 SELECT org_id, id, $3, $4 FROM masters WHERE org_id = $1 AND id = $2 \
                 ON CONFLICT DO NOTHING",
                values![&self.org, master, date.to_string(), now],
            )
            .await?;
        Ok(done > 0)
    }

    pub async fn has_confirmed(&self, master: &MasterId, date: Date) -> Result<bool, StoreError> {
        let row = self
            .db
            .first(
                "SELECT at_ms FROM confirmed_days WHERE org_id = $1 AND master_id = $2 AND date = $3",
                values![&self.org, master, date.to_string()],
            )
            .await?;
        Ok(row.is_some())
    }
}
