//! Free slots as the database knows them, and slots kept for a caller who has not said yes yet.

use jiff::Timestamp;

use super::db::{Tx, values};
use super::{OrgStore, StoreError, patiently, refuse};
use crate::assign::{Task, Visiting};
use crate::board::{Asked, Own};
use crate::ids::{ConversationId, HoldId, JobId, MasterId};
use crate::order::Refused;
use crate::place::district_of;
use crate::schedule::{Minutes, Pace, Span};
use crate::settings::Settings;
use crate::slot::{Feasibility, Offer, Wish, Work, feasibility};

/// The grain of the rule that nobody is promised twice.
const CELL_MS: i64 = 15 * 60 * 1_000;

/// Who owns the cells of a slot.
pub(super) enum Owner<'a> {
    Hold(&'a HoldId),
    Job(&'a JobId),
}

impl OrgStore {
    /// The honest answer to a wish (SPEC 2.6). A hold of `own` does not stand in its own way.
    pub async fn feasible(
        &self,
        work: &Work,
        wish: &Wish,
        own: Option<&ConversationId>,
        now: Timestamp,
    ) -> Result<Feasibility, StoreError> {
        let settings = self.settings().await?;
        let own = Own { conversation: own, job: None };
        let asked = Asked { work, district: district(&settings, work), own, lost: &[], now };

        self.on_board(&settings, now, |board| feasibility(board, &asked, *wish)).await
    }

    /// Keeps a slot for a conversation (ten minutes unless the settings say otherwise). What the
    /// conversation held before is released; refused, it keeps what it had.
    pub async fn hold(
        &self,
        work: &Work,
        offer: &Offer,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Result<Result<HoldId, Refused>, StoreError> {
        let settings = self.settings().await?;
        patiently!(self.hold_once(&settings, work, offer, conversation, now))
    }

    async fn hold_once(
        &self,
        settings: &Settings,
        work: &Work,
        offer: &Offer,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Result<Result<HoldId, Refused>, StoreError> {
        let hold = HoldId::new(self.new_id(now));
        let mut tx = self.db.begin().await?;
        self.drop_holds_of(&mut tx, conversation).await?;
        let Some(span) = self.fitting(&mut tx, settings, work, offer, now).await? else {
            self.doubt(&offer.master_id);
            return refuse(tx, Refused::Taken(offer.start)).await;
        };
        tx.execute(
            "INSERT INTO holds (id, org_id, conversation_id, master_id, start_ms, end_ms, district, \
             expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            values![
                &hold,
                &self.org,
                conversation,
                &offer.master_id,
                span.start,
                span.end,
                district(settings, work),
                now + settings.hold.duration(),
            ],
        )
        .await?;
        let master = &offer.master_id;
        if !self.occupy(&mut tx, master, span, &settings.pace, Owner::Hold(&hold)).await? {
            self.doubt(master);
            return refuse(tx, Refused::Taken(offer.start)).await;
        }
        self.promises_changed(&mut tx, master).await?;
        tx.commit().await?;

        Ok(Ok(hold))
    }

    /// Gives a slot back; one that is gone already is no error.
    pub async fn release(&self, hold: &HoldId) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let gone = tx
            .query(
                "DELETE FROM holds WHERE org_id = $1 AND id = $2 RETURNING master_id",
                values![&self.org, hold],
            )
            .await?;
        for row in gone {
            self.promises_changed(&mut tx, &MasterId::new(row.text("master_id")?)).await?;
        }
        tx.commit().await
    }

    /// Removes every hold that has expired; the count of them. New holds do it for their master.
    pub async fn sweep_holds(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.cut_log().await?;
        self.db
            .execute(
                "DELETE FROM holds WHERE org_id = $1 AND expires_ms <= $2",
                values![&self.org, now],
            )
            .await
    }

    pub(super) async fn drop_holds_of(
        &self,
        tx: &mut Tx,
        conversation: &ConversationId,
    ) -> Result<(), StoreError> {
        let gone = tx
            .query(
                "DELETE FROM holds WHERE org_id = $1 AND conversation_id = $2 RETURNING master_id",
                values![&self.org, conversation],
            )
            .await?;
        for row in gone {
            self.promises_changed(tx, &MasterId::new(row.text("master_id")?)).await?;
        }
        Ok(())
    }

    /// Locks the master, clears what has expired, and says when the visit would be; `None`: the
    /// slot is not to be had. The lead time was checked when it was offered.
    pub(super) async fn fitting(
        &self,
        tx: &mut Tx,
        settings: &Settings,
        work: &Work,
        offer: &Offer,
        now: Timestamp,
    ) -> Result<Option<Span>, StoreError> {
        let Some(span) = Span::lasting(offer.start, Minutes(work.minutes)) else {
            return Ok(None);
        };
        let known = self.locked_master(tx, &offer.master_id, span, now).await?;
        let Some((master, visits)) = known.filter(|_| span.start > now) else {
            return Ok(None);
        };
        self.drop_expired(tx, &offer.master_id, now).await?;

        let zone = settings.time_zone()?;
        let task =
            Task { work, district: district(settings, work), zone: &zone, pace: &settings.pace };
        let fits = |it: Visiting<'_>| it.verdict(&master, &visits).is_ok();
        Ok(task.at(offer.start).is_some_and(fits).then_some(span))
    }

    /// What the master was kept for and nobody booked in time.
    pub(super) async fn drop_expired(
        &self,
        tx: &mut Tx,
        master: &MasterId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.execute(
            "DELETE FROM holds WHERE org_id = $1 AND master_id = $2 AND expires_ms <= $3",
            values![&self.org, master, now],
        )
        .await?;
        Ok(())
    }

    /// Takes every cell of the visit and of the shortest way after it; `false` where one of them
    /// is somebody else's.
    pub(super) async fn occupy(
        &self,
        tx: &mut Tx,
        master: &MasterId,
        span: Span,
        pace: &Pace,
        owner: Owner<'_>,
    ) -> Result<bool, StoreError> {
        let (first, last) = cells(span, pace);
        let (hold, job) = match owner {
            Owner::Hold(hold) => (Some(hold), None),
            Owner::Job(job) => (None, Some(job)),
        };
        let taken = tx
            .execute(
                "INSERT INTO occupied (org_id, master_id, cell, hold_id, job_id) \
                 WITH RECURSIVE span (cell) AS (SELECT CAST($3 AS BIGINT) UNION ALL \
                 SELECT cell + 1 FROM span WHERE cell < $4) \
                 SELECT $1, $2, cell, $5, $6 FROM span WHERE TRUE \
                 ON CONFLICT (master_id, cell) DO NOTHING",
                values![&self.org, master, first, last, hold, job],
            )
            .await?;

        Ok(taken == (last - first + 1) as u64)
    }
}

pub(super) fn district<'a>(settings: &'a Settings, work: &Work) -> Option<&'a str> {
    district_of(&settings.districts, work.street.as_deref()?)
}

/// First and last quarter of an hour of a visit and the shortest way after it.
fn cells(span: Span, pace: &Pace) -> (i64, i64) {
    let free = span.end + pace.same_district.duration();
    let first = span.start.as_millisecond().div_euclid(CELL_MS);

    (first, (free.as_millisecond() - 1).div_euclid(CELL_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_takes_its_quarters_and_the_way_after_it() {
        let start = Timestamp::from_millisecond(40 * CELL_MS).unwrap();
        let cells =
            |minutes| cells(Span::lasting(start, Minutes(minutes)).unwrap(), &Pace::default());

        assert_eq!(cells(60), (40, 44));
        assert_eq!(cells(61), (40, 45));
        assert_eq!(cells(75), (40, 45));
    }
}
