//! Whether what is written still holds together: promises, files and books, looked at as a whole. A
//! sound database has no faults; one that has is to be looked at before anything is changed by hand.

use super::db::values;
use super::{OrgStore, StoreError};

/// A rule that something in the database breaks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    pub rule: &'static str,
    /// The id of the job, posting or payment.
    pub what: String,
}

/// Each names its rule; its statement finds what breaks it. `$1` is the organisation.
const RULES: [(&str, &str); 9] = [
    (
        "two visits of one master overlap",
        "SELECT id AS what FROM (SELECT id, end_ms, LEAD(start_ms) OVER \
         (PARTITION BY master_id ORDER BY start_ms, id) AS next_ms FROM jobs \
         WHERE org_id = $1 AND status NOT IN ('cancelled', 'queued')) AS visits WHERE next_ms < end_ms",
    ),
    (
        "a job does not own the time of its visit",
        "SELECT j.id AS what FROM jobs j LEFT JOIN (SELECT job_id, COUNT(*) AS cells, \
         MIN(cell) AS first, MAX(cell) AS last FROM occupied WHERE org_id = $1 GROUP BY job_id) AS o \
         ON o.job_id = j.id WHERE j.org_id = $1 AND j.status NOT IN ('cancelled', 'queued') \
         AND (o.cells IS NULL OR o.cells <> o.last - o.first + 1 \
         OR o.first * 900000 > j.start_ms OR (o.last + 1) * 900000 < j.end_ms)",
    ),
    (
        "a job that nobody goes to still owns time",
        "SELECT DISTINCT j.id AS what FROM jobs j JOIN occupied o ON o.job_id = j.id \
         WHERE j.org_id = $1 AND j.status IN ('cancelled', 'queued')",
    ),
    (
        "a conversation has two jobs that stand",
        "SELECT conversation_id AS what FROM jobs WHERE org_id = $1 AND status <> 'cancelled' \
         GROUP BY conversation_id HAVING COUNT(*) > 1",
    ),
    (
        "a job lacks its file, its history or its messages",
        "SELECT j.id AS what FROM jobs j WHERE j.org_id = $1 AND NOT ( \
         EXISTS (SELECT 1 FROM job_files f WHERE f.job_id = j.id) \
         AND EXISTS (SELECT 1 FROM job_history h WHERE h.job_id = j.id) \
         AND EXISTS (SELECT 1 FROM outbox m WHERE m.job_id = j.id))",
    ),
    (
        "an offered job has nobody asked",
        "SELECT j.id AS what FROM jobs j WHERE j.org_id = $1 AND j.status = 'offered' AND NOT EXISTS \
         (SELECT 1 FROM offers o WHERE o.job_id = j.id AND o.master_id = j.master_id \
         AND o.start_ms = j.start_ms AND o.state = 'open')",
    ),
    (
        "a master is asked for a visit that is settled",
        "SELECT o.id AS what FROM offers o JOIN jobs j ON j.id = o.job_id WHERE o.org_id = $1 \
         AND o.state = 'open' AND (j.status <> 'offered' OR j.start_ms <> o.start_ms)",
    ),
    (
        "a posting does not add up to zero",
        "SELECT posting AS what FROM ledger WHERE org_id = $1 GROUP BY posting HAVING SUM(amount) <> 0",
    ),
    (
        "the books and a payment disagree",
        "SELECT p.id AS what FROM payments p LEFT JOIN (SELECT cause, SUM(amount) AS kept FROM ledger \
         WHERE org_id = $1 AND (account = 'provider' OR account LIKE 'hand:%') \
         AND what <> 'paid_out' GROUP BY cause) AS l ON l.cause = p.id WHERE p.org_id = $1 \
         AND COALESCE(l.kept, 0) <> CASE WHEN p.status = 'succeeded' THEN p.amount - p.refunded ELSE 0 END",
    ),
];

impl OrgStore {
    /// Everything in the organisation that breaks a rule. Reads all of it: seconds where there are
    /// hundreds of thousands of jobs.
    pub async fn faults(&self) -> Result<Vec<Fault>, StoreError> {
        let mut faults = Vec::new();
        for (rule, sql) in RULES {
            for row in self.db.query(sql, values![&self.org]).await? {
                faults.push(Fault { rule, what: row.text("what")? });
            }
        }
        Ok(faults)
    }

    /// How many slots are kept for callers, expired or not, and how many quarters of an hour they
    /// own.
    pub async fn holds(&self) -> Result<(i64, i64), StoreError> {
        let count = "SELECT (SELECT COUNT(*) FROM holds WHERE org_id = $1) AS holds, \
                     (SELECT COUNT(*) FROM occupied WHERE org_id = $1 AND hold_id IS NOT NULL) AS cells";
        match self.db.first(count, values![&self.org]).await? {
            Some(row) => Ok((row.int("holds")?, row.int("cells")?)),
            None => Ok((0, 0)),
        }
    }
}
