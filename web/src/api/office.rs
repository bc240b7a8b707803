//! Somebody of the office in a written conversation, through the API: steps in, writes, hands back.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use job_core::ids::ConversationId;
use serde::Deserialize;

use super::body::Body;
use super::conversation::{ID_MAX, check_length};
use crate::House;
use crate::access::Integration;
use crate::refusal::Refusal;

/// Every messenger takes so much in one message (MAX: 4,000).
const REPLY_MAX: usize = 4_000;
/// No name of a person is longer.
const NAME_MAX: usize = 100;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Who {
    /// Who of the office it is, as the integration names them.
    operator: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    operator: Option<String>,
    text: String,
    /// The same again is the same reply.
    message_id: String,
}

/// `POST /conversations/{id}/take-over`
pub(super) async fn take_over(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
    Body(who): Body<Who>,
) -> Result<StatusCode, Refusal> {
    let who = named(&key, who.operator)?;
    house.step_in(&key.rows, &ConversationId::new(id), &who).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /conversations/{id}/reply`
pub(super) async fn reply(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
    Body(reply): Body<Reply>,
) -> Result<StatusCode, Refusal> {
    check_length("text", &reply.text, REPLY_MAX)?;
    check_length("message_id", &reply.message_id, ID_MAX)?;
    if reply.text.trim().is_empty() {
        return Err(Refusal::Invalid { field: "text", fact: "is empty".into() });
    }
    let who = named(&key, reply.operator)?;
    let said = (who.as_str(), reply.text.as_str());
    house.operator_writes(&key.rows, &ConversationId::new(id), said, &reply.message_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /conversations/{id}/hand-back`
pub(super) async fn hand_back(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
    Body(who): Body<Who>,
) -> Result<StatusCode, Refusal> {
    let who = named(&key, who.operator)?;
    house.hand_back(&key.rows, &ConversationId::new(id), &who).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// As the log names whoever comes by a key.
fn named(key: &Integration, operator: Option<String>) -> Result<String, Refusal> {
    let operator = operator.unwrap_or_default();
    check_length("operator", &operator, NAME_MAX)?;
    Ok(match operator.is_empty() {
        true => format!("api:{}", key.name),
        false => format!("api:{}/{operator}", key.name),
    })
}
