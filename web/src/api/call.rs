//! Calls and written conversations as integrations see them: the list, one in full, its recording.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use dialog::state::State as Understood;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use job_core::conversation::{
    CallEvent, Conversation, ConversationFilter, ConversationStatus, Kind, Millis, Page, Utterance,
};
use job_core::ids::{ConversationId, JobId};
use job_core::phone;
use job_core::store::OrgStore;
use job_core::trade::{Channel, Language};
use job_core::usage::Used;
use serde::{Deserialize, Serialize};

use super::body::Asked;
use crate::House;
use crate::access::Integration;
use crate::live::Order;
use crate::refusal::Refusal;
use crate::sound;
use crate::telling::median;

const LIMIT_MAX: u16 = 200;

#[derive(Debug, Deserialize)]
pub(super) struct Filter {
    status: Option<ConversationStatus>,
    channel: Option<Channel>,
    /// A phone number in any spelling, or the participant as the channel names them.
    participant: Option<String>,
    /// Only those in which a person is wanted or answers.
    with_person: Option<bool>,
    limit: Option<u16>,
    offset: Option<u32>,
}

#[derive(Debug, Serialize)]
pub(super) struct Calls {
    calls: Vec<CallLine>,
    /// Ask again with this `offset` for what comes after; null at the end.
    next_offset: Option<u32>,
}

/// Times are RFC 3339 with the organisation's offset.
#[derive(Debug, Serialize)]
pub(super) struct CallLine {
    id: ConversationId,
    kind: Kind,
    channel: Channel,
    language: Language,
    participant: Option<String>,
    dialled: Option<String>,
    started: String,
    ended: Option<String>,
    status: ConversationStatus,
    end_reason: Option<String>,
    job_id: Option<JobId>,
    has_recording: bool,
    median_answer_ms: Option<Millis>,
    test: bool,
    /// Since when a person is wanted, and why: `operator`, `angry`.
    person_wanted: Option<String>,
    person_wanted_why: Option<String>,
    /// Who has taken it over.
    operator: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Call {
    #[serde(flatten)]
    line: CallLine,
    state: Option<Understood>,
    transcript: Vec<Utterance>,
    events: Vec<CallEvent>,
    /// Of services that cost money, added up.
    usage: Vec<Used>,
    cost_roubles: f64,
}

/// `GET /calls`: newest first.
pub(super) async fn calls(
    key: Integration,
    Asked(asked): Asked<Filter>,
) -> Result<Json<Calls>, Refusal> {
    let limit = asked.limit.unwrap_or(Page::default().limit);
    if !(1..=LIMIT_MAX).contains(&limit) {
        let fact = format!("{limit}; from 1 to {LIMIT_MAX}");
        return Err(Refusal::Invalid { field: "limit", fact });
    }
    let offset = asked.offset.unwrap_or_default();
    let participant = asked.participant.map(|it| phone::e164(&it).unwrap_or(it));
    let filter = ConversationFilter {
        status: asked.status,
        channel: asked.channel,
        participant,
        with_person: asked.with_person.unwrap_or_default(),
    };

    let page = Page { limit: limit + 1, offset };
    let mut found = key.rows.conversations(&filter, page).await.map_err(Refusal::trouble)?;
    let more = found.len() > usize::from(limit);
    found.truncate(usize::from(limit));
    let times = key.rows.answer_times(&filter, page).await.map_err(Refusal::trouble)?;
    let zone = zone(&key.rows).await?;
    let line = |it: Conversation| {
        let answers = times.get(&it.id).map_or(&[][..], Vec::as_slice);
        CallLine::new(&it, answers, &zone)
    };
    let next_offset = more.then(|| offset + u32::from(limit));
    Ok(Json(Calls { calls: found.into_iter().map(line).collect(), next_offset }))
}

/// `GET /calls/{id}`
pub(super) async fn call(key: Integration, Path(id): Path<String>) -> Result<Json<Call>, Refusal> {
    let name = ConversationId::new(&*id);
    let found = key.rows.conversation(&name).await.map_err(Refusal::trouble)?;
    let found = found.ok_or(Refusal::NotFound { what: "conversation", id })?;
    let transcript = key.rows.transcript(&name).await.map_err(Refusal::trouble)?;
    let events = key.rows.events(&name).await.map_err(Refusal::trouble)?;
    let mut answers: Vec<Millis> = transcript.iter().filter_map(|line| line.latency).collect();
    answers.sort_unstable();
    let line = CallLine::new(&found, &answers, &zone(&key.rows).await?);
    let state = found.state.as_deref().and_then(|state| serde_json::from_str(state).ok());
    let usage = key.rows.usage_of(&name).await.map_err(Refusal::trouble)?;
    let cost_roubles = roubles(&usage);
    Ok(Json(Call { line, state, transcript, events, usage, cost_roubles }))
}

/// `GET /calls/{id}/recording`: WAV, caller left, agent right; by pieces with `Range`.
pub(super) async fn recording(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    sound::recording(&house, &key.rows, &id, request).await
}

/// `POST /calls/{id}/recording/pause`: from now on silence is recorded, and words are not written down.
pub(super) async fn pause_recording(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    order(&house, &key, id, Order::PauseRecording).await
}

/// `POST /calls/{id}/recording/resume`
pub(super) async fn resume_recording(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    order(&house, &key, id, Order::ResumeRecording).await
}

/// `POST /calls/{id}/hang-up`
pub(super) async fn hang_up(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    order(&house, &key, id, Order::HangUp).await
}

async fn order(
    house: &House,
    key: &Integration,
    id: String,
    order: Order,
) -> Result<StatusCode, Refusal> {
    let name = ConversationId::new(&*id);
    let known = key.rows.conversation(&name).await.map_err(Refusal::trouble)?;
    if known.is_none() {
        return Err(Refusal::NotFound { what: "conversation", id });
    }
    match house.live.order(key.rows.id(), &name, order) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refusal::NotUnderWay),
    }
}

pub(super) fn roubles(usage: &[Used]) -> f64 {
    usage.iter().map(|used| used.cost.roubles()).sum()
}

impl CallLine {
    fn new(it: &Conversation, answers: &[Millis], zone: &TimeZone) -> Self {
        Self {
            id: it.id.clone(),
            kind: it.kind,
            channel: it.channel,
            language: it.language,
            participant: it.participant.clone(),
            dialled: it.dialled.clone(),
            started: told(it.started, zone),
            ended: it.ended.map(|ended| told(ended, zone)),
            status: it.status,
            end_reason: it.end_reason.clone(),
            job_id: it.job.clone(),
            has_recording: it.recording.is_some(),
            median_answer_ms: median(answers),
            test: it.test,
            person_wanted: it.wanted.map(|since| told(since, zone)),
            person_wanted_why: it.wanted_why.clone(),
            operator: it.operator.clone(),
        }
    }
}

async fn zone(rows: &OrgStore) -> Result<TimeZone, Refusal> {
    let settings = rows.settings().await.map_err(Refusal::trouble)?;
    settings.time_zone().map_err(Refusal::trouble)
}

pub(super) fn told(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
