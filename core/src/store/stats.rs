//! What the pages of figures are added up from.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::db::{Row, Value, values};
use super::{OrgStore, StoreError};
use crate::drift::Drift;
use crate::ids::{JobId, MasterId};
use crate::money::Kopecks;
use crate::stats::{
    AssignmentStats, CategoryStats, Flag, FlagKind, Funnel, MasterStats, Money, Stats, is_unusual,
    working_minutes,
};

/// So many oddities are listed.
const FLAGS_MAX: i64 = 100;

impl OrgStore {
    /// Those days, both counted, in the organisation's zone.
    pub async fn stats(&self, from: Date, to: Date) -> Result<Stats, StoreError> {
        let zone = self.settings().await?.time_zone()?;
        let end = to.checked_add(1.day()).unwrap_or(Date::MAX);
        let range = values![&self.org, midnight(from, &zone), midnight(end, &zone)].to_vec();

        Ok(Stats {
            from,
            to,
            funnel: self.funnel(&range).await?,
            money: self.money(&range).await?,
            assignment: self.assignment_stats(&range).await?,
            categories: self.categories(&range).await?,
            masters: self.master_stats(&range, from, to).await?,
            drift: self.price_drift(midnight(from, &zone)).await?,
            flags: self.flags(&range).await?,
        })
    }

    async fn funnel(&self, range: &[Value]) -> Result<Funnel, StoreError> {
        let row = self
            .db
            .first(
                "SELECT COUNT(*) AS conversations, \
                 COUNT(CASE WHEN c.status = 'completed' THEN 1 END) AS completed, \
                 COUNT(CASE WHEN c.status = 'escalated' THEN 1 END) AS escalated, \
                 COUNT(CASE WHEN c.status = 'abandoned' THEN 1 END) AS abandoned, \
                 COUNT(j.id) AS booked, \
                 COUNT(CASE WHEN j.status IN ('accepted', 'on_the_way', 'started', 'done', 'paid') \
                 THEN 1 END) AS accepted, \
                 COUNT(CASE WHEN j.status IN ('done', 'paid') THEN 1 END) AS done, \
                 COUNT(CASE WHEN j.status = 'paid' THEN 1 END) AS paid, \
                 COUNT(CASE WHEN j.status = 'cancelled' THEN 1 END) AS cancelled \
                 FROM conversations c \
                 LEFT JOIN jobs j ON j.id = c.job_id AND j.conversation_id = c.id \
                 WHERE c.org_id = $1 AND c.kind = 'client_request' \
                 AND c.started_ms >= $2 AND c.started_ms < $3",
                range,
            )
            .await?;
        let Some(row) = row else { return Ok(Funnel::default()) };

        Ok(Funnel {
            conversations: row.int("conversations")?,
            completed: row.int("completed")?,
            escalated: row.int("escalated")?,
            abandoned: row.int("abandoned")?,
            booked: row.int("booked")?,
            accepted: row.int("accepted")?,
            done: row.int("done")?,
            paid: row.int("paid")?,
            cancelled: row.int("cancelled")?,
        })
    }

    async fn money(&self, range: &[Value]) -> Result<Money, StoreError> {
        let row = self
            .db
            .first(
                "SELECT COUNT(*) AS payments, CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS paid, \
                 CAST(COALESCE(SUM(refunded), 0) AS BIGINT) AS refunded FROM payments \
                 WHERE org_id = $1 AND status = 'succeeded' AND paid_ms >= $2 AND paid_ms < $3",
                range,
            )
            .await?;
        let Some(row) = row else { return Ok(Money::default()) };
        let (paid, refunded) = (row.int("paid")?, row.int("refunded")?);

        Ok(Money {
            revenue: Kopecks(paid - refunded),
            payments: row.int("payments")?,
            refunded: Kopecks(refunded),
        })
    }

    async fn assignment_stats(&self, range: &[Value]) -> Result<AssignmentStats, StoreError> {
        let offers = self
            .db
            .query(
                "SELECT state, made_ms, answered_ms FROM offers \
                 WHERE org_id = $1 AND made_ms >= $2 AND made_ms < $3",
                range,
            )
            .await?;
        let jobs = self
            .db
            .first(
                "SELECT COUNT(*) AS jobs, (SELECT COUNT(*) FROM jobs WHERE org_id = $1 \
                 AND status = 'queued') AS queued, COUNT(CASE WHEN EXISTS (SELECT 1 FROM job_history h \
                 WHERE h.job_id = jobs.id AND h.note LIKE 'assigned by hand%') THEN 1 END) AS by_hand \
                 FROM jobs WHERE org_id = $1 AND booked_ms >= $2 AND booked_ms < $3",
                range,
            )
            .await?;
        let mut stats = AssignmentStats { offers: offers.len() as i64, ..Default::default() };
        let mut waits = Vec::new();
        for row in &offers {
            match row.text("state")?.as_str() {
                "accepted" => {
                    stats.accepted += 1;
                    let answered = row.maybe_time("answered_ms")?.unwrap_or(Timestamp::UNIX_EPOCH);
                    waits.push(answered.duration_since(row.time("made_ms")?).as_secs());
                }
                "declined" | "dropped_out" => stats.declined += 1,
                "unanswered" => stats.unanswered += 1,
                _ => {}
            }
        }
        waits.sort_unstable();
        stats.median_seconds = waits.get(waits.len() / 2).copied();
        if let Some(row) = jobs {
            (stats.jobs, stats.queued) = (row.int("jobs")?, row.int("queued")?);
            stats.by_hand = row.int("by_hand")?;
        }
        Ok(stats)
    }

    async fn categories(&self, range: &[Value]) -> Result<Vec<CategoryStats>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT category, COUNT(*) AS jobs, CAST(SUM(total) AS BIGINT) AS quoted, \
                 COUNT(final_kopecks) AS known, CAST(SUM(final_kopecks) AS BIGINT) AS came_to \
                 FROM jobs WHERE org_id = $1 AND booked_ms >= $2 AND booked_ms < $3 \
                 AND status <> 'cancelled' GROUP BY category ORDER BY 2 DESC, 1",
                range,
            )
            .await?;
        let category = |row: &Row| {
            let (jobs, known) = (row.int("jobs")?, row.int("known")?);
            let came_to = row.maybe_int("came_to")?.filter(|_| known > 0);
            Ok(CategoryStats {
                category: row.word("category")?,
                jobs,
                quoted: Kopecks(row.int("quoted")? * 100 / jobs.max(1)),
                came_to: came_to.map(|sum| Kopecks(sum / known)),
            })
        };

        rows.iter().map(category).collect()
    }

    async fn master_stats(
        &self,
        range: &[Value],
        from: Date,
        to: Date,
    ) -> Result<Vec<MasterStats>, StoreError> {
        let visits = self
            .db
            .query(
                "SELECT master_id, COUNT(*) AS jobs, \
                 COUNT(CASE WHEN status IN ('done', 'paid') THEN 1 END) AS done, \
                 CAST(SUM(minutes) AS BIGINT) AS busy, \
                 CAST(COALESCE(SUM(final_kopecks), 0) AS BIGINT) AS came_to FROM jobs \
                 WHERE org_id = $1 AND end_ms >= $2 AND start_ms >= $2 AND start_ms < $3 \
                 AND status NOT IN ('cancelled', 'queued') GROUP BY master_id",
                range,
            )
            .await?;
        let noes = self
            .db
            .query(
                "SELECT master_id, COUNT(CASE WHEN state = 'unanswered' THEN 1 END) AS unanswered, \
                 COUNT(CASE WHEN state IN ('declined', 'dropped_out') THEN 1 END) AS declined \
                 FROM offers WHERE org_id = $1 AND made_ms >= $2 AND made_ms < $3 GROUP BY master_id",
                range,
            )
            .await?;
        let (visits, noes) = (by_master(visits)?, by_master(noes)?);
        let mut all = Vec::new();
        for master in self.masters().await? {
            let (visit, no) = (visits.get(master.id.as_str()), noes.get(master.id.as_str()));
            if !master.active && visit.is_none() {
                continue;
            }
            let of = |row: Option<&Row>, name| row.map_or(Ok(0), |row| row.int(name));
            all.push(MasterStats {
                jobs: of(visit, "jobs")?,
                done: of(visit, "done")?,
                declined: of(no, "declined")?,
                unanswered: of(no, "unanswered")?,
                came_to: Kopecks(of(visit, "came_to")?),
                busy_minutes: of(visit, "busy")?,
                working_minutes: working_minutes(&master.schedule, from, to),
                rating: master.rating,
                name: master.name,
                master_id: master.id,
            });
        }
        all.sort_by(|one, other| {
            (other.came_to, other.jobs, &one.name).cmp(&(one.came_to, one.jobs, &other.name))
        });
        Ok(all)
    }

    /// Quoted against final by master and diagnosis, of jobs finished since then; dearest first.
    pub async fn price_drift(&self, since: Timestamp) -> Result<Vec<Drift>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT j.master_id, m.name, COALESCE(j.diagnosis_code, j.diagnosis) AS code, \
                 COUNT(*) AS jobs, CAST(SUM(j.total) AS BIGINT) AS quoted, \
                 CAST(SUM(j.final_kopecks) AS BIGINT) AS came_to, COUNT(CASE WHEN \
                 j.final_kopecks > COALESCE(j.told_most, j.total) * 100 THEN 1 END) AS above \
                 FROM jobs j JOIN masters m ON m.id = j.master_id WHERE j.org_id = $1 \
                 AND j.status IN ('done', 'paid') AND j.final_kopecks IS NOT NULL \
                 AND j.finished_ms >= $2 \
                 GROUP BY j.master_id, m.name, COALESCE(j.diagnosis_code, j.diagnosis)",
                values![&self.org, since],
            )
            .await?;
        let mut all: Vec<Drift> = rows.iter().map(drift).collect::<Result<_, StoreError>>()?;
        all.sort_by_cached_key(|it| (-it.percent(), it.master.clone(), it.diagnosis.clone()));

        Ok(all)
    }

    async fn flags(&self, range: &[Value]) -> Result<Vec<Flag>, StoreError> {
        let mut flags = Vec::new();
        for (kind, sql) in ODD {
            let mut values = range.to_vec();
            values.push(FLAGS_MAX.into());
            for row in self.db.query(sql, &values).await? {
                let paid = row.maybe_int("paid")?.map(Kopecks);
                let quoted = Kopecks::roubles(row.int("total")?);
                let is_odd = kind != FlagKind::UnusualPayment
                    || paid.is_some_and(|paid| is_unusual(paid, quoted));
                if is_odd {
                    let (job, number) = (JobId::new(row.text("id")?), row.text("number")?);
                    flags.push(Flag { kind, job, number });
                }
            }
        }
        Ok(flags)
    }
}

/// What is looked for in the jobs booked, and the payments confirmed, in a stretch of time.
const ODD: [(FlagKind, &str); 4] = [
    (
        FlagKind::DuplicateRequest,
        "SELECT j.id, j.number, j.total, CAST(NULL AS BIGINT) AS paid FROM jobs j WHERE j.org_id = $1 \
         AND j.booked_ms >= $2 AND j.booked_ms < $3 AND j.status NOT IN ('done', 'paid', 'cancelled') \
         AND EXISTS (SELECT 1 FROM jobs o WHERE o.org_id = $1 AND o.client_phone = j.client_phone \
         AND o.diagnosis = j.diagnosis AND (o.booked_ms < j.booked_ms \
         OR o.booked_ms = j.booked_ms AND o.id < j.id) \
         AND o.status NOT IN ('done', 'paid', 'cancelled')) ORDER BY j.booked_ms DESC LIMIT $4",
    ),
    (
        FlagKind::UnusualPayment,
        "SELECT j.id, j.number, j.total, p.amount - p.refunded AS paid FROM payments p \
         JOIN jobs j ON j.id = p.job_id WHERE p.org_id = $1 AND p.status = 'succeeded' \
         AND p.paid_ms >= $2 AND p.paid_ms < $3 AND p.amount - p.refunded > j.total * 100 \
         ORDER BY p.paid_ms DESC LIMIT $4",
    ),
    (
        FlagKind::PaidAndCancelled,
        "SELECT j.id, j.number, j.total, p.amount - p.refunded AS paid FROM payments p \
         JOIN jobs j ON j.id = p.job_id WHERE p.org_id = $1 AND p.status = 'succeeded' \
         AND p.paid_ms >= $2 AND p.paid_ms < $3 AND j.status = 'cancelled' AND p.refunded < p.amount \
         ORDER BY p.paid_ms DESC LIMIT $4",
    ),
    (
        FlagKind::PaidTwice,
        "SELECT j.id, j.number, j.total, CAST(NULL AS BIGINT) AS paid FROM jobs j JOIN (\
         SELECT job_id FROM payments WHERE org_id = $1 AND status = 'succeeded' AND refunded < amount \
         AND paid_ms >= $2 AND paid_ms < $3 GROUP BY job_id HAVING COUNT(*) > 1) AS p \
         ON p.job_id = j.id WHERE j.org_id = $1 ORDER BY j.id DESC LIMIT $4",
    ),
];

fn by_master(rows: Vec<Row>) -> Result<HashMap<String, Row>, StoreError> {
    rows.into_iter().map(|row| Ok((row.text("master_id")?, row))).collect()
}

fn drift(row: &Row) -> Result<Drift, StoreError> {
    Ok(Drift {
        master_id: MasterId::new(row.text("master_id")?),
        master: row.text("name")?,
        diagnosis: row.text("code")?,
        jobs: row.int("jobs")?,
        quoted: Kopecks::roubles(row.int("quoted")?),
        came_to: Kopecks(row.int("came_to")?),
        above: row.int("above")?,
    })
}

fn midnight(date: Date, zone: &TimeZone) -> Timestamp {
    date.to_zoned(zone.clone()).map_or(Timestamp::MAX, |it| it.timestamp())
}
