//! Jobs and job files for integrations.

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use job_core::ids::JobId;
use job_core::job::{HistoryLine, Job};
use job_core::job_file::JobFile;
use serde::Serialize;

use crate::access::Integration;
use crate::paper::printed;
use crate::refusal::Refusal;

/// A job and how it went so far.
#[derive(Debug, Serialize)]
pub(super) struct JobView {
    #[serde(flatten)]
    job: Job,
    history: Vec<HistoryLine>,
}

/// `GET /jobs/{id}`
pub(super) async fn job(
    key: Integration,
    Path(id): Path<String>,
) -> Result<Json<JobView>, Refusal> {
    let name = JobId::new(&*id);
    let found = key.rows.job(&name).await.map_err(Refusal::trouble)?;
    let job = found.ok_or(Refusal::NotFound { what: "job", id })?;
    let history = key.rows.history(&name).await.map_err(Refusal::trouble)?;
    Ok(Json(JobView { job, history }))
}

/// `GET /jobs/{id}/instructions`: the whole job file.
pub(super) async fn instructions(
    key: Integration,
    Path(id): Path<String>,
) -> Result<Json<JobFile>, Refusal> {
    let file = key.rows.job_file(&JobId::new(&*id)).await.map_err(Refusal::trouble)?;
    file.map(Json).ok_or(Refusal::NotFound { what: "job", id })
}

/// `GET /jobs/{id}/file.pdf`: the whole job file, to be printed.
pub(super) async fn paper(
    key: Integration,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let file = key.rows.job_file(&JobId::new(&*id)).await.map_err(Refusal::trouble)?;
    let file = file.ok_or(Refusal::NotFound { what: "job", id })?;
    let zone = key.rows.settings().await.map_err(Refusal::trouble)?.time_zone();
    printed(&file, file.language, &zone.map_err(Refusal::trouble)?, &headers)
}
