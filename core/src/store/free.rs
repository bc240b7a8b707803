//! Who is free at this very moment, and a master who is sent nowhere any more.

use jiff::Timestamp;

use super::db::values;
use super::{OrgStore, StoreError};
use crate::ids::{JobId, MasterId};
use crate::master::Master;
use crate::offer::ProposalState;

/// Visits that begin later do not matter today.
const AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

impl OrgStore {
    /// Active masters at work now and on no visit, and until when; the best rated first.
    pub async fn free_now(&self, now: Timestamp) -> Result<Vec<(Master, Timestamp)>, StoreError> {
        let zone = self.settings().await?.time_zone()?;
        let rows = self
            .db
            .query(
                "SELECT master_id, start_ms, end_ms FROM jobs WHERE org_id = $1 AND end_ms > $2 \
                 AND start_ms < $3 AND status NOT IN ('done', 'paid', 'cancelled', 'queued') \
                 ORDER BY start_ms",
                values![&self.org, now, now + AHEAD],
            )
            .await?;
        let visits = rows
            .iter()
            .map(|row| {
                let master = MasterId::new(row.text("master_id")?);
                Ok((master, row.time("start_ms")?))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let date = now.to_zoned(zone.clone()).date();
        let until = |master: &Master| {
            let mut shifts = master.schedule.spans(date, &zone);
            let (_, shift) = shifts.find(|(_, it)| it.start <= now && now < it.end)?;
            let next = visits.iter().find(|(of, _)| *of == master.id).map(|(_, start)| *start);
            let until = next.map_or(shift.end, |start| start.min(shift.end));
            (until > now).then_some(until)
        };
        let mut free: Vec<(Master, Timestamp)> = self
            .masters()
            .await?
            .into_iter()
            .filter(|master| master.active)
            .filter_map(|master| until(&master).map(|until| (master, until)))
            .collect();
        free.sort_by(|(one, _), (other, _)| (other.rating, &one.id).cmp(&(one.rating, &other.id)));
        Ok(free)
    }

    /// Nobody is sent any more; visits that have not begun go to others.
    pub async fn pause_master(
        &self,
        master: &Master,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.put_master(&Master { active: false, ..master.clone() }).await?;
        self.note(by, "master_paused", master.id.as_str(), now).await?;
        let rows = self
            .db
            .query(
                "SELECT id FROM jobs WHERE org_id = $1 AND master_id = $2 AND start_ms > $3 \
                 AND status IN ('booked', 'offered', 'accepted') ORDER BY start_ms",
                values![&self.org, &master.id, now],
            )
            .await?;
        for row in rows {
            let job = JobId::new(row.text("id")?);
            let how = ProposalState::DroppedOut;
            // One that has moved on meanwhile is not this master's any more.
            let _ = self.lose_master((&job, &master.id), how, by, now).await?;
        }
        Ok(())
    }

    /// The master of a job is told of it again. `false`: nobody is to come.
    pub async fn tell_master_again(&self, job: &JobId, now: Timestamp) -> Result<bool, StoreError> {
        let found = self.job(job).await?.filter(|it| it.status.has_master());
        let Some(file) = self.job_file(job).await?.filter(|_| found.is_some()) else {
            return Ok(false);
        };
        let mut tx = self.db.begin().await?;
        self.offer_to_master(&mut tx, &file, &file.master, None, now).await?;
        tx.commit().await?;

        Ok(true)
    }
}
