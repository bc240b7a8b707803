//! What the house looks after by itself: offers nobody answered, visits of masters who left, and the jobs
//! that wait for somebody to be free.

use jiff::Timestamp;

use super::changes::work_of;
use super::db::{Row, values};
use super::reassign::Passing;
use super::slots::district;
use super::{OrgStore, StoreError, patiently};
use crate::assign::Assignment;
use crate::board::{Asked, Board, Own};
use crate::ids::{JobId, MasterId};
use crate::offer::ProposalState;
use crate::settings::Settings;
use crate::slot::Work;

/// So many jobs are looked at in one round; the rest wait for the next.
const AT_ONCE: i64 = 200;

impl OrgStore {
    /// Offers nobody answered, and visits of masters who work no longer, go to the next. How many.
    pub async fn pass_on_lapsed(&self, now: Timestamp) -> Result<usize, StoreError> {
        let lapsed = self
            .db
            .query(
                "SELECT o.job_id, o.master_id FROM offers o JOIN jobs j ON j.id = o.job_id \
                 WHERE o.org_id = $1 AND o.state = 'open' AND o.until_ms <= $2 \
                 ORDER BY CASE WHEN o.master_id = j.master_id THEN 1 ELSE 0 END, o.until_ms, o.job_id LIMIT $3",
                values![&self.org, now, AT_ONCE],
            )
            .await?;
        let gone = self
            .db
            .query(
                "SELECT j.id AS job_id, j.master_id FROM masters m JOIN jobs j ON j.master_id = m.id \
                 WHERE m.org_id = $1 AND m.active = $2 AND j.end_ms > $3 \
                 AND j.status IN ('booked', 'offered', 'accepted') ORDER BY j.start_ms, j.id LIMIT $4",
                values![&self.org, false, now, AT_ONCE],
            )
            .await?;
        let unanswered = lapsed.iter().map(|row| (row, ProposalState::Unanswered));
        let inactive = gone.iter().map(|row| (row, ProposalState::DroppedOut));

        let mut passed = 0;
        for (row, how) in unanswered.chain(inactive) {
            let (job, master) =
                (JobId::new(row.text("job_id")?), MasterId::new(row.text("master_id")?));
            let lost = self.lose_master((&job, &master), how, "system", now).await?;
            passed += usize::from(lost.is_ok());
        }
        Ok(passed)
    }

    /// Tries again what waits for a master; how many found one. A visit whose time has come finds nobody
    /// any more: the client is told once.
    pub async fn retry_queue(&self, now: Timestamp) -> Result<usize, StoreError> {
        let settings = self.settings().await?;
        let mut found = 0;
        for (job, mut why) in self.who_could_come(&settings, now).await? {
            // Whoever got a visit a moment ago stands elsewhere on the board now.
            if found > 0 {
                why = self.who_else(&settings, &job, None, now).await?.unwrap_or_default();
            }
            found += usize::from(patiently!(self.retry_once(&settings, &job, &why, now))?);
        }
        self.part_with_missed(now).await?;
        Ok(found)
    }

    /// The jobs that wait and whom the board has for them now, soonest first; those for whom it has
    /// nobody are left out.
    async fn who_could_come(
        &self,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Vec<(JobId, Assignment)>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM jobs WHERE org_id = $1 AND status = 'queued' AND start_ms > $2 \
                 ORDER BY start_ms, id LIMIT $3",
                values![&self.org, now, AT_ONCE],
            )
            .await?;
        let mut waiting = Vec::new();
        for row in &rows {
            let (job, start) = (JobId::new(row.text("id")?), row.time("start_ms")?);
            let lost = self.lost_for(&job, start).await?;
            waiting.push((job, work_of(row)?, start, lost));
        }
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let ask = |board: &mut Board| {
            let why = |(job, work, start, lost): (JobId, Work, Timestamp, Vec<_>)| {
                let own = Own { conversation: None, job: Some(&job) };
                let district = district(settings, &work);
                let asked = Asked { work: &work, district, own, lost: &lost, now };
                let why = board.assignment(&asked, start);
                (job, why)
            };
            waiting.into_iter().map(why).collect::<Vec<_>>()
        };
        let mut all = self.on_board(settings, now, ask).await?;
        all.retain(|(_, why)| !why.considered.is_empty());

        Ok(all)
    }

    async fn retry_once(
        &self,
        settings: &Settings,
        job: &JobId,
        why: &Assignment,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let row = self.locked(&mut tx, job).await?;
        let queued = |row: &Row| row.text("status").is_ok_and(|it| it == "queued");
        let Some(row) = row.filter(queued) else {
            tx.roll_back().await?;
            return Ok(false);
        };
        let work = work_of(&row)?;
        let passing = Passing { settings, row: &row, why, by: "system", now };
        for candidate in &why.considered {
            let offer = passing.to(&candidate.master_id)?;
            if self.seize(&mut tx, settings, &work, &offer, job, now).await? {
                self.hand(&mut tx, &passing, &offer, false).await?;
                tx.commit().await?;
                return Ok(true);
            }
        }
        tx.roll_back().await?;
        Ok(false)
    }

    async fn part_with_missed(&self, now: Timestamp) -> Result<(), StoreError> {
        let rows = self
            .db
            .query(
                "SELECT id, start_ms FROM jobs WHERE org_id = $1 AND status = 'queued' \
                 AND start_ms <= $2 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.org_id = $1 \
                 AND o.once_key = 'no_master:' || jobs.id || ':' || jobs.start_ms) LIMIT $3",
                values![&self.org, now, AT_ONCE],
            )
            .await?;
        for row in rows {
            let (job, start) = (JobId::new(row.text("id")?), row.int("start_ms")?);
            let mut tx = self.db.begin().await?;
            self.tell_once(&mut tx, &job, "no_master", start, now).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}
