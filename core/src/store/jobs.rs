//! Jobs as they are read: lists, the file, the client's tracking page.

use super::db::{Row, values};
use super::{OrgStore, Store, StoreError};
use crate::conversation::{CallEvent, Page};
use crate::ids::{ConversationId, JobId, MasterId, OrgId};
use crate::job::{HistoryLine, Job, JobStatus};
use crate::job_file::JobFile;
use crate::slot::Offer;

/// Which jobs a list shows; `None` shows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    pub status: Option<JobStatus>,
    pub master: Option<MasterId>,
    /// E.164.
    pub client_phone: Option<String>,
}

impl Store {
    /// The job behind a tracking link `/t/{token}`, with the organisation it belongs to.
    pub async fn job_by_tracking(&self, token: &str) -> Result<Option<(OrgId, Job)>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT j.*, m.name AS master_name FROM jobs j \
                 JOIN masters m ON m.id = j.master_id WHERE j.tracking = $1",
                values![token],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some((OrgId::new(row.text("org_id")?), job(&row)?)))
    }
}

impl OrgStore {
    /// Newest first.
    pub async fn jobs(&self, filter: &JobFilter, page: Page) -> Result<Vec<Job>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT j.*, m.name AS master_name FROM jobs j JOIN masters m ON m.id = j.master_id \
                 WHERE j.org_id = $1 AND ($2 = '' OR j.status = $2) AND ($3 = '' OR j.master_id = $3) \
                 AND ($4 = '' OR j.client_phone = $4) \
                 ORDER BY j.booked_ms DESC, j.id DESC LIMIT $5 OFFSET $6",
                values![
                    &self.org,
                    filter.status.map_or("", JobStatus::as_str),
                    filter.master.as_ref().map_or("", MasterId::as_str),
                    filter.client_phone.as_deref().unwrap_or(""),
                    i64::from(page.limit),
                    i64::from(page.offset),
                ],
            )
            .await?;

        rows.iter().map(job).collect()
    }

    pub async fn job(&self, id: &JobId) -> Result<Option<Job>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT j.*, m.name AS master_name FROM jobs j JOIN masters m ON m.id = j.master_id \
                 WHERE j.org_id = $1 AND j.id = $2",
                values![&self.org, id],
            )
            .await?;

        row.as_ref().map(job).transpose()
    }

    /// The whole file as it stands now, with transcript, recording and the price receipt.
    pub async fn job_file(&self, id: &JobId) -> Result<Option<JobFile>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT f.file, j.status, c.recording FROM jobs j \
                 JOIN job_files f ON f.job_id = j.id AND f.org_id = j.org_id \
                 LEFT JOIN conversations c ON c.id = j.conversation_id AND c.org_id = j.org_id \
                 WHERE j.org_id = $1 AND j.id = $2 ORDER BY f.version DESC LIMIT 1",
                values![&self.org, id],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let mut file: JobFile = row.json("file")?;
        file.status = row.word("status")?;
        file.recording = row.maybe_text("recording")?;
        file.transcript = self.transcript(&file.conversation).await?;
        file.attachments = self.attachments(&file.conversation).await?;
        let events = self.events(&file.conversation).await?;
        let last =
            |kind: &str| events.iter().rfind(|event| event.kind == kind).map(|event| event.at);
        file.price_receipt.told = last(CallEvent::PRICE_TOLD);
        file.price_receipt.accepted = last(CallEvent::PRICE_ACCEPTED);

        Ok(Some(file))
    }

    /// Every step of a job's life, oldest first.
    pub async fn history(&self, id: &JobId) -> Result<Vec<HistoryLine>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT at_ms, status, by_whom, note FROM job_history \
                 WHERE org_id = $1 AND job_id = $2 ORDER BY seq",
                values![&self.org, id],
            )
            .await?;

        rows.iter()
            .map(|row| {
                Ok(HistoryLine {
                    at: row.time("at_ms")?,
                    status: row.word("status")?,
                    by: row.text("by_whom")?,
                    note: row.text("note")?,
                })
            })
            .collect()
    }
}

fn job(row: &Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: JobId::new(row.text("id")?),
        number: row.text("number")?,
        status: row.word("status")?,
        conversation: ConversationId::new(row.text("conversation_id")?),
        category: row.word("category")?,
        urgency: row.word("urgency")?,
        diagnosis: row.text("diagnosis")?,
        client_name: row.text("client_name")?,
        client_phone: row.text("client_phone")?,
        address: row.json("address")?,
        offer: Offer {
            start: row.time("start_ms")?,
            end: row.time("end_ms")?,
            master_id: MasterId::new(row.text("master_id")?),
        },
        master_name: row.text("master_name")?,
        total: row.int("total")?,
        tracking: row.text("tracking")?,
        door_code: row.text("door_code")?,
        booked: row.time("booked_ms")?,
    })
}
