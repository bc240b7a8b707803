//! Jobs and job files for integrations, and who is sent: by the master's word or an operator's.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use job_core::consent::PriceChange;
use job_core::conversation::Page;
use job_core::ids::{ConversationId, JobId, MasterId};
use job_core::job::{HistoryLine, Job, JobStatus};
use job_core::job_file::JobFile;
use job_core::money::Kopecks;
use job_core::offer::{Proposal, ProposalState};
use job_core::store::{JobFilter, Passed};
use serde::{Deserialize, Serialize};

use super::body::{Asked, Body};
use crate::House;
use crate::access::Integration;
use crate::paper::printed;
use crate::refusal::Refusal;

/// A job and how it went so far.
#[derive(Debug, Serialize)]
pub(super) struct JobView {
    #[serde(flatten)]
    job: Job,
    history: Vec<HistoryLine>,
    /// Who was asked whether they come, oldest first.
    offers: Vec<Proposal>,
    /// Prices asked for beyond what was told, oldest first.
    price_changes: Vec<PriceChange>,
}

/// Which jobs are listed; what is left out does not matter.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    status: Option<JobStatus>,
    master_id: Option<MasterId>,
    client_phone: Option<String>,
    #[serde(default)]
    offset: u32,
    limit: Option<u16>,
}

#[derive(Debug, Serialize)]
pub(super) struct Jobs {
    jobs: Vec<Job>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OfMaster {
    master_id: MasterId,
}

/// Whether somebody comes after a master has said no.
#[derive(Debug, Serialize)]
pub(super) struct Declined {
    /// `true`: another master is sent or asked; `false`: the job waits in the queue.
    passed_on: bool,
}

const JOBS_MAX: u16 = 200;

/// `GET /jobs`: newest first.
pub(super) async fn jobs(
    key: Integration,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Jobs>, Refusal> {
    let filter = JobFilter {
        status: wanted.status,
        master: wanted.master_id,
        client_phone: wanted.client_phone,
    };
    let limit = wanted.limit.unwrap_or(50).clamp(1, JOBS_MAX);
    let page = Page { limit, offset: wanted.offset };
    let jobs = key.rows.jobs(&filter, page).await.map_err(Refusal::trouble)?;

    Ok(Json(Jobs { jobs }))
}

/// `POST /jobs/{id}/accept`: the master comes. Of several who were asked the first has it.
pub(super) async fn accept(
    key: Integration,
    State(house): State<House>,
    Path(id): Path<String>,
    Body(of): Body<OfMaster>,
) -> Result<Json<JobView>, Refusal> {
    let now = (house.clock)();
    let name = JobId::new(&*id);
    let took = key.rows.accept(&name, &of.master_id, "api", now).await;
    took.map_err(Refusal::trouble)?.map_err(Refusal::Day)?;

    job(key, Path(id)).await
}

/// `POST /jobs/{id}/decline`: the master does not come, or not any more; the next is asked.
pub(super) async fn decline(
    key: Integration,
    State(house): State<House>,
    Path(id): Path<String>,
    Body(of): Body<OfMaster>,
) -> Result<Json<Declined>, Refusal> {
    let (name, how) = (JobId::new(id), ProposalState::Declined);
    let lost = key.rows.lose_master((&name, &of.master_id), how, "api", (house.clock)()).await;
    let passed = lost.map_err(Refusal::trouble)?.map_err(Refusal::Day)?;

    Ok(Json(Declined { passed_on: passed != Passed::Queued }))
}

/// `POST /jobs/{id}/assign`: an operator sends that master.
pub(super) async fn assign(
    key: Integration,
    State(house): State<House>,
    Path(id): Path<String>,
    Body(of): Body<OfMaster>,
) -> Result<Json<JobView>, Refusal> {
    let name = JobId::new(&*id);
    let sent = key.rows.assign_by_hand(&name, &of.master_id, "api", (house.clock)()).await;
    sent.map_err(Refusal::trouble)?.map_err(Refusal::Order)?;

    job(key, Path(id)).await
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
    let offers = key.rows.offers(&name).await.map_err(Refusal::trouble)?;
    let price_changes = key.rows.price_changes(&name).await.map_err(Refusal::trouble)?;
    Ok(Json(JobView { job, history, offers, price_changes }))
}

#[derive(Debug, Deserialize)]
pub(super) struct More {
    amount_kopecks: i64,
    #[serde(default)]
    reason: String,
}

/// `POST /jobs/{id}/price-change`: the master asks the client for more than was told; the client answers
/// on the page of the order.
pub(super) async fn price_change(
    key: Integration,
    State(house): State<House>,
    Path(id): Path<String>,
    Body(more): Body<More>,
) -> Result<Json<PriceChange>, Refusal> {
    let (job, amount) = (JobId::new(id), Kopecks(more.amount_kopecks));
    let asked = key.rows.ask_client(&job, amount, &more.reason, (house.clock)()).await;

    asked.map_err(Refusal::trouble)?.map(Json).map_err(Refusal::Price)
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Whose {
    job_id: Option<JobId>,
    conversation_id: Option<ConversationId>,
}

/// `POST /jobs/create-file`: the whole file of a job, or of what a conversation has come to, with
/// everything said and sent until now.
pub(super) async fn create_file(
    key: Integration,
    Body(whose): Body<Whose>,
) -> Result<Json<JobFile>, Refusal> {
    let job = match (whose.job_id, whose.conversation_id) {
        (Some(job), _) => job,
        (None, Some(id)) => {
            let found = key.rows.conversation(&id).await.map_err(Refusal::trouble)?;
            let missing = Refusal::NotFound { what: "conversation", id: id.as_str().into() };
            found.ok_or(missing)?.job.ok_or(Refusal::NoJob)?
        }
        (None, None) => {
            return Err(Refusal::Body("neither job_id nor conversation_id is told".into()));
        }
    };
    instructions(key, Path(job.as_str().to_owned())).await
}

/// `POST /jobs/{id}/send-to-master`: the master is told of the job once more, by the ways they are
/// reached.
pub(super) async fn send_to_master(
    key: Integration,
    State(house): State<House>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let name = JobId::new(&*id);
    if key.rows.job(&name).await.map_err(Refusal::trouble)?.is_none() {
        return Err(Refusal::NotFound { what: "job", id });
    }
    let told = key.rows.tell_master_again(&name, (house.clock)()).await;
    match told.map_err(Refusal::trouble)? {
        true => Ok(StatusCode::ACCEPTED),
        false => Err(Refusal::NoMaster),
    }
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
