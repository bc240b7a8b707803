//! Somebody of the office in a written conversation, from the console; and the files people have sent.

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use job_core::ids::ConversationId;
use serde::Deserialize;

use crate::House;
use crate::page::form_encoded;
use crate::refusal::Refusal;
use crate::session::Session;

const TEXT_MAX: usize = 4_000;

#[derive(Debug, Deserialize)]
pub(super) struct Deed {
    form_token: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    form_token: String,
    text: String,
    /// Of this showing of the form: sent twice, it is said once.
    once: String,
}

/// `POST /console/calls/{id}/take-over`
pub(super) async fn take_over(
    State(house): State<House>,
    session: Session,
    Path(id): Path<String>,
    Form(deed): Form<Deed>,
) -> Result<Redirect, Refusal> {
    session.check_form(&deed.form_token)?;
    house.step_in(&session.rows, &ConversationId::new(&*id), &session.login).await?;
    Ok(back(&id))
}

/// `POST /console/calls/{id}/reply`
pub(super) async fn reply(
    State(house): State<House>,
    session: Session,
    Path(id): Path<String>,
    Form(reply): Form<Reply>,
) -> Result<Redirect, Refusal> {
    session.check_form(&reply.form_token)?;
    let text = reply.text.trim();
    let letters = text.chars().count();
    if !(1..=TEXT_MAX).contains(&letters) {
        let fact = format!("{letters} letters; from 1 to {TEXT_MAX}");
        return Err(Refusal::Invalid { field: "text", fact });
    }
    let said = (session.login.as_str(), text);
    house.operator_writes(&session.rows, &ConversationId::new(&*id), said, &reply.once).await?;
    Ok(back(&id))
}

/// `POST /console/calls/{id}/hand-back`
pub(super) async fn hand_back(
    State(house): State<House>,
    session: Session,
    Path(id): Path<String>,
    Form(deed): Form<Deed>,
) -> Result<Redirect, Refusal> {
    session.check_form(&deed.form_token)?;
    house.hand_back(&session.rows, &ConversationId::new(&*id), &session.login).await?;
    Ok(back(&id))
}

/// `GET /console/media/{hash}`
pub(super) async fn media(
    State(house): State<House>,
    session: Session,
    Path(hash): Path<String>,
) -> Result<Response, Refusal> {
    session.saw(&house, "file_seen", &format!("file {hash}")).await?;
    crate::api::media::served(&house, &session.rows, hash).await
}

fn back(id: &str) -> Redirect {
    Redirect::to(&format!("/console/calls/{}", form_encoded(id)))
}
