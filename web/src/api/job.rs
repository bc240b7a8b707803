//! Job files for integrations.

use axum::Json;
use axum::extract::Path;
use job_core::ids::JobId;
use job_core::job_file::JobFile;

use crate::access::Integration;
use crate::refusal::Refusal;

/// `GET /jobs/{id}/instructions`: the whole job file.
pub async fn instructions(
    key: Integration,
    Path(id): Path<String>,
) -> Result<Json<JobFile>, Refusal> {
    let file = key.rows.job_file(&JobId::new(&*id)).await.map_err(Refusal::trouble)?;
    file.map(Json).ok_or(Refusal::NotFound { what: "job", id })
}
