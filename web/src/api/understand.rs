//! `POST /understand`: what one utterance says, for programs that lead their own dialogue and for tests.

use axum::Json;
use axum::extract::State;
use dialog::desk::Understood;
use dialog::understand::Asked;
use jiff::Timestamp;
use job_core::trade::Language;
use serde::Deserialize;

use super::body::Body;
use super::conversation::{TEXT_MAX, check_length, moment, refuse};
use crate::House;
use crate::access::Integration;
use crate::refusal::Refusal;

#[derive(Debug, Deserialize)]
pub(super) struct Said {
    text: String,
    /// The organisation's own when left out.
    language: Option<Language>,
    now: Option<Timestamp>,
    /// What was asked for last: a name of `awaiting` or a kind of entity.
    expects: Option<String>,
}

pub(super) async fn understand(
    State(house): State<House>,
    key: Integration,
    Body(said): Body<Said>,
) -> Result<Json<Understood>, Refusal> {
    check_length("text", &said.text, TEXT_MAX)?;
    let settings = key.rows.settings().await.map_err(Refusal::trouble)?;
    let now = moment(&house, settings.test_clock, said.now);
    let asked = said.expects.as_deref().filter(|name| !name.is_empty()).map(asked).transpose()?;
    let language = said.language.unwrap_or(settings.language);
    let understood = house.desk(key.rows.id()).understand(&said.text, language, asked, now).await;
    understood.map(Json).map_err(refuse)
}

fn asked(name: &str) -> Result<Asked, Refusal> {
    Asked::named(name).ok_or_else(|| Refusal::Invalid {
        field: "expects",
        fact: format!("{name:?} is neither a name of awaiting nor a kind of entity"),
    })
}
