//! Somebody who wants to work here becomes a master.

use jiff::Timestamp;

use super::db::values;
use super::{OrgStore, StoreError};
use crate::ids::MasterId;
use crate::master::{Applicant, Master, Rating};

/// Between those who are known to be good and those who are known not to be.
const FIRST_RATING: Rating = Rating(450);

impl OrgStore {
    /// An active master with that number stays as they are.
    pub async fn enrol(
        &self,
        applicant: &Applicant,
        now: Timestamp,
    ) -> Result<MasterId, StoreError> {
        if let Some(known) = self.master_by_phone(&applicant.phone).await? {
            return Ok(known.id);
        }
        let id = MasterId::new(self.new_id(now));
        let master = Master {
            id: id.clone(),
            name: applicant.name.clone(),
            phone: applicant.phone.clone(),
            email: applicant.email.clone(),
            city: applicant.city.clone(),
            district: None,
            trades: applicant.trades.clone(),
            rating: FIRST_RATING,
            active: true,
            schedule: applicant.schedule.clone(),
        };
        self.put_master(&master).await?;
        let mut tx = self.db.begin().await?;
        tx.execute(
            "UPDATE masters SET experience = $3, certificates = $4, terminal = $5 \
             WHERE org_id = $1 AND id = $2",
            values![
                &self.org,
                &id,
                i64::from(applicant.experience),
                applicant.certificates.clone(),
                applicant.terminal.clone(),
            ],
        )
        .await?;
        self.note_in(&mut tx, ("system", "master_joined", id.as_str()), "", now).await?;
        let payload = serde_json::json!({ "master_id": id, "name": applicant.name });
        self.tell_hooks(&mut tx, "master.joined", &payload, now).await?;
        tx.commit().await?;

        Ok(id)
    }
}
