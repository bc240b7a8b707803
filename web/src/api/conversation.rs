//! The dialogue over HTTP: the contract of every text channel and of tests (SPEC section 8).

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use dialog::desk::{Answered, DeskError, Opening, Started};
use jiff::Timestamp;
use job_core::conversation::{Kind, Utterance};
use job_core::ids::ConversationId;
use job_core::trade::{Channel, Language};
use serde::{Deserialize, Serialize};

use super::body::Body;
use crate::House;
use crate::access::{Integration, digest};
use crate::refusal::Refusal;

/// The longest message anybody sends by hand; the rest is refused, not cut.
pub(super) const TEXT_MAX: usize = 8_000;
/// So much of a hash is a name.
const KEYED_LETTERS: usize = 32;
/// Every channel's own name of a message is shorter.
pub(super) const ID_MAX: usize = 200;

#[derive(Debug, Deserialize)]
pub(super) struct Start {
    #[serde(rename = "type")]
    kind: Kind,
    channel: Option<Channel>,
    /// The organisation's own when left out.
    language: Option<Language>,
    participant_phone: Option<String>,
    now: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Message {
    text: String,
    message_id: Option<String>,
    now: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub(super) struct Transcript {
    conversation_id: ConversationId,
    utterances: Vec<Utterance>,
}

/// `POST /ai/conversation/start`
pub(super) async fn start(
    State(house): State<House>,
    key: Integration,
    headers: HeaderMap,
    Body(start): Body<Start>,
) -> Result<Json<Started>, Refusal> {
    let settings = key.rows.settings().await.map_err(Refusal::trouble)?;
    let now = moment(&house, settings.test_clock, start.now);
    let opening = Opening {
        kind: start.kind,
        channel: start.channel.unwrap_or(Channel::Web),
        language: start.language.unwrap_or(settings.language),
        phone: start.participant_phone,
        writer: None,
        vouched: false,
        test: settings.demo,
    };
    let desk = house.desk(key.rows.id());
    let started = match once(&key, &headers)? {
        Some(id) => desk.start_once(id, opening, now).await,
        None => desk.start(opening, now).await,
    };
    started.map(Json).map_err(refuse)
}

/// The name of the conversation an `Idempotency-Key` stands for: each organisation's are its own.
fn once(key: &Integration, headers: &HeaderMap) -> Result<Option<ConversationId>, Refusal> {
    let Some(told) = headers.get("idempotency-key") else { return Ok(None) };
    let told = told.to_str().unwrap_or_default();
    if !(1..=ID_MAX).contains(&told.len()) {
        let fact = format!("from 1 to {ID_MAX} plain letters");
        return Err(Refusal::Invalid { field: "Idempotency-Key", fact });
    }
    let name = digest(&format!("{} {told}", key.rows.id()));
    Ok(Some(ConversationId::new(&name[..KEYED_LETTERS])))
}

/// `POST /ai/conversation/{id}/message`
pub(super) async fn message(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
    Body(message): Body<Message>,
) -> Result<Json<Answered>, Refusal> {
    check_length("text", &message.text, TEXT_MAX)?;
    check_length("message_id", message.message_id.as_deref().unwrap_or_default(), ID_MAX)?;
    let settings = key.rows.settings().await.map_err(Refusal::trouble)?;
    let now = moment(&house, settings.test_clock, message.now);
    let desk = house.desk(key.rows.id());
    let id = ConversationId::new(id);
    let answered = desk.message(&id, &message.text, message.message_id.as_deref(), now).await;
    answered.map(Json).map_err(refuse)
}

/// `GET /ai/conversation/{id}/transcript`
pub(super) async fn transcript(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
) -> Result<Json<Transcript>, Refusal> {
    let conversation_id = ConversationId::new(id);
    let utterances = house.desk(key.rows.id()).transcript(&conversation_id).await;
    let utterances = utterances.map_err(refuse)?;
    Ok(Json(Transcript { conversation_id, utterances }))
}

pub(super) fn check_length(field: &'static str, text: &str, most: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length <= most {
        return Ok(());
    }
    Err(Refusal::Invalid { field, fact: format!("{length} characters; at most {most}") })
}

/// The caller's `now` counts only where the organisation allows a test clock.
pub(super) fn moment(house: &House, test_clock: bool, asked: Option<Timestamp>) -> Timestamp {
    asked.filter(|_| test_clock).unwrap_or_else(house.clock)
}

pub(crate) fn refuse(error: DeskError) -> Refusal {
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
