//! Who is calling, as the organisation knows them, and what they leave behind for a person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::db::{Row, Tx, values};
use super::{OrgStore, StoreError};
use crate::ids::{ComplaintId, JobId, MasterId};
use crate::job_file::JobFile;
use crate::order::{CallerCard, Findings, OrderCard};
use crate::slot::Offer;

/// A caller is told of at most this many open orders.
const ORDERS_MAX: i64 = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    pub id: ComplaintId,
    pub job: Option<JobId>,
    pub phone: Option<String>,
    pub words: String,
    pub created: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallBack {
    pub id: String,
    pub phone: Option<String>,
    pub reason: String,
    pub created: Timestamp,
    pub done: bool,
}

impl OrgStore {
    /// `phone` in E.164. `None`: nobody known.
    pub async fn caller(&self, phone: &str) -> Result<Option<CallerCard>, StoreError> {
        let client = self
            .db
            .first(
                "SELECT name, address FROM clients WHERE org_id = $1 AND phone = $2",
                values![&self.org, phone],
            )
            .await?;
        let Some(client) = client else {
            return Ok(None);
        };
        let orders = self
            .db
            .query(
                "SELECT j.id, j.number, j.status, j.door_code, j.start_ms, j.end_ms, j.master_id, f.file \
                 FROM jobs j JOIN job_files f ON f.job_id = j.id AND f.org_id = j.org_id \
                 AND f.version = (SELECT MAX(v.version) FROM job_files v WHERE v.job_id = j.id AND v.org_id = $1) \
                 WHERE j.org_id = $1 AND j.client_phone = $2 \
                 AND j.status NOT IN ('done', 'paid', 'cancelled') \
                 ORDER BY j.booked_ms DESC, j.id DESC LIMIT $3",
                values![&self.org, phone, ORDERS_MAX],
            )
            .await?;

        Ok(Some(CallerCard {
            name: client.text("name")?,
            address: Some(client.json("address")?),
            orders: orders.iter().map(order_card).collect::<Result<_, _>>()?,
        }))
    }

    pub async fn complain(
        &self,
        job: Option<&JobId>,
        phone: Option<&str>,
        words: &str,
        now: Timestamp,
    ) -> Result<ComplaintId, StoreError> {
        let id = self.new_id(now);
        let mut tx = self.db.begin().await?;
        tx.execute(
            "INSERT INTO complaints (id, org_id, job_id, phone, words, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            values![&id, &self.org, job, phone, words, now],
        )
        .await?;
        let told = serde_json::json!({ "complaint_id": id, "job_id": job, "words": words });
        self.tell_hooks(&mut tx, "complaint.made", &told, now).await?;
        tx.commit().await?;

        Ok(ComplaintId::new(id))
    }

    /// Newest first.
    pub async fn complaints(&self) -> Result<Vec<Complaint>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM complaints WHERE org_id = $1 ORDER BY created_ms DESC, id DESC",
                values![&self.org],
            )
            .await?;

        rows.iter()
            .map(|row| {
                Ok(Complaint {
                    id: ComplaintId::new(row.text("id")?),
                    job: row.maybe_text("job_id")?.map(JobId::new),
                    phone: row.maybe_text("phone")?,
                    words: row.text("words")?,
                    created: row.time("created_ms")?,
                })
            })
            .collect()
    }

    /// Notes that a person must phone back.
    pub async fn call_back(
        &self,
        phone: Option<&str>,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        self.call_back_in(&mut tx, phone, reason, now).await?;
        tx.commit().await
    }

    pub(super) async fn call_back_in(
        &self,
        tx: &mut Tx,
        phone: Option<&str>,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.execute(
            "INSERT INTO call_backs (id, org_id, phone, reason, created_ms, done) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            values![self.new_id(now), &self.org, phone, reason, now, false],
        )
        .await?;
        Ok(())
    }

    /// Those still to be made first, then newest first.
    pub async fn call_backs(&self) -> Result<Vec<CallBack>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM call_backs WHERE org_id = $1 ORDER BY done, created_ms DESC, id DESC",
                values![&self.org],
            )
            .await?;

        rows.iter()
            .map(|row| {
                Ok(CallBack {
                    id: row.text("id")?,
                    phone: row.maybe_text("phone")?,
                    reason: row.text("reason")?,
                    created: row.time("created_ms")?,
                    done: row.flag("done")?,
                })
            })
            .collect()
    }
}

fn order_card(row: &Row) -> Result<OrderCard, StoreError> {
    let file: JobFile = row.json("file")?;

    Ok(OrderCard {
        job: JobId::new(row.text("id")?),
        number: row.text("number")?,
        diagnosis: file.diagnosis.clone(),
        status: row.text("status")?,
        offer: Offer {
            start: row.time("start_ms")?,
            end: row.time("end_ms")?,
            master_id: MasterId::new(row.text("master_id")?),
        },
        master_name: file.master.name.clone(),
        door_code: row.text("door_code")?,
        city: file.address.city.clone().unwrap_or_default(),
        street: file.address.street.clone(),
        findings: findings(file),
    })
}

fn findings(file: JobFile) -> Findings {
    Findings {
        code: file.diagnosis_code,
        diagnosis: file.diagnosis,
        urgency: file.urgency,
        complexity: file.complexity,
        minutes: file.expected_minutes,
        tools: file.tools,
        consumables: file.consumables,
        parts: file.parts,
        steps: file.steps,
        safety: file.safety,
        test: file.test,
    }
}
