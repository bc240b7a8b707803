//! What clients are reminded of by themselves: the visit a day and two hours before, and to say how it
//! went. Each is written once for each visit, by whichever process comes first.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::db::{Tx, values};
use super::outbox::Draft;
use super::{OrgStore, StoreError};
use crate::ids::JobId;

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
            job,
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
}
