//! The dialogue over HTTP: the contract of every text channel and of tests (SPEC section 8).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use dialog::desk::{Answered, DeskError, Opening, Started};
use jiff::Timestamp;
use job_core::conversation::{Kind, Utterance};
use job_core::ids::ConversationId;
use job_core::trade::{Channel, Language};
use serde::{Deserialize, Serialize};

use super::body::Body;
use crate::House;
use crate::access::Integration;
use crate::refusal::Refusal;

/// The longest message anybody sends by hand; the rest is refused, not cut.
const TEXT_MAX: usize = 8_000;

#[derive(Debug, Deserialize)]
pub struct Start {
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default = "web")]
    channel: Channel,
    #[serde(default)]
    language: Language,
    participant_phone: Option<String>,
    now: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub struct Message {
    text: String,
    message_id: Option<String>,
    now: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub struct Transcript {
    conversation_id: ConversationId,
    utterances: Vec<Utterance>,
}

fn web() -> Channel {
    Channel::Web
}

/// `POST /ai/conversation/start`
pub async fn start(
    State(house): State<House>,
    key: Integration,
    Body(start): Body<Start>,
) -> Result<(StatusCode, Json<Started>), Refusal> {
    let settings = key.rows.settings().await.map_err(Refusal::trouble)?;
    let now = moment(&house, settings.test_clock, start.now);
    let opening = Opening {
        kind: start.kind,
        channel: start.channel,
        language: start.language,
        phone: start.participant_phone,
        test: settings.demo,
    };
    let started = house.desk(key.rows.id()).start(opening, now).await.map_err(refuse)?;
    Ok((StatusCode::CREATED, Json(started)))
}

/// `POST /ai/conversation/{id}/message`
pub async fn message(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
    Body(message): Body<Message>,
) -> Result<Json<Answered>, Refusal> {
    let length = message.text.chars().count();
    if length > TEXT_MAX {
        let fact = format!("{length} characters; at most {TEXT_MAX}");
        return Err(Refusal::Invalid { field: "text", fact });
    }

    let settings = key.rows.settings().await.map_err(Refusal::trouble)?;
    let now = moment(&house, settings.test_clock, message.now);
    let desk = house.desk(key.rows.id());
    let id = ConversationId::new(id);
    let answered = desk.message(&id, &message.text, message.message_id.as_deref(), now).await;
    answered.map(Json).map_err(refuse)
}

/// `GET /ai/conversation/{id}/transcript`
pub async fn transcript(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
) -> Result<Json<Transcript>, Refusal> {
    let conversation_id = ConversationId::new(id);
    let utterances = house.desk(key.rows.id()).transcript(&conversation_id).await;
    let utterances = utterances.map_err(refuse)?;
    Ok(Json(Transcript { conversation_id, utterances }))
}

/// The caller's `now` counts only where the organisation allows a test clock.
fn moment(house: &House, test_clock: bool, asked: Option<Timestamp>) -> Timestamp {
    asked.filter(|_| test_clock).unwrap_or_else(house.clock)
}

fn refuse(error: DeskError) -> Refusal {
    match error {
        DeskError::Unknown(id) => {
            Refusal::NotFound { what: "conversation", id: id.as_str().to_owned() }
        }
        DeskError::Crowded(_) => Refusal::Busy,
        DeskError::Store(_) | DeskError::Zone(_) | DeskError::Unreadable { .. } => {
            Refusal::trouble(error)
        }
    }
}
