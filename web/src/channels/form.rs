//! The form on a page: told in one go, and what is missing asked in the chat that follows.
//!
//! **Never here:** what is asked.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Redirect, Response};
use dialog::desk::Opening;
use job_core::conversation::Kind;
use job_core::phone;
use job_core::trade::Channel;
use serde::Deserialize;

use super::page::chat_of;
use crate::House;
use crate::page::{Frame, Reader, shown};
use crate::refusal::Refusal;
use crate::words::{Words, language};

const PROBLEM_MAX: usize = 2_000;
const FIELD_MAX: usize = 200;

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage {
    frame: Frame,
    words: &'static Words,
    number: String,
    told: Told,
    /// Key of what is wrong.
    wrong: Option<&'static str>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    problem: String,
    address: String,
    time: String,
    name: String,
    phone: String,
    /// Rather by telephone.
    call_back: Option<String>,
    /// People do not see this field; programs fill it in.
    website: String,
}

/// `GET /form/{number}`
pub(crate) async fn page(
    State(house): State<House>,
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Html<String>, Refusal> {
    house.number(&number).await?;
    let words = Words::of(language(&headers));
    let frame = Frame::of_stranger(words, &format!("/form/{number}"));
    shown(&FormPage { frame, words, number, told: Told::default(), wrong: None })
}

/// `POST /form/{number}`: leads on to the chat.
pub(crate) async fn send(
    State(house): State<House>,
    Path(number): Path<String>,
    reader: Reader,
    Form(told): Form<Told>,
) -> Result<Response, Refusal> {
    let line = house.number(&number).await?;
    if !told.website.is_empty() {
        return Ok(Redirect::to(&format!("/form/{number}")).into_response());
    }
    if let Some(wrong) = told.wrong() {
        let words = reader.words;
        let frame = Frame::of_stranger(words, &format!("/form/{number}"));
        let page = shown(&FormPage { frame, words, number, told, wrong: Some(wrong) })?;
        return Ok((axum::http::StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let (rows, now) = (house.store.org(&line.org), (house.clock)());
    let settings = rows.settings().await.map_err(Refusal::trouble)?;
    let phone = phone::e164(&told.phone);
    if told.call_back.is_some() {
        let noted = rows.call_back(phone.as_deref(), "form", now).await;
        noted.map_err(Refusal::trouble)?;
    }
    let opening = Opening {
        kind: Kind::ClientRequest,
        channel: Channel::Form,
        language: reader.words.language,
        phone,
        writer: None,
        vouched: false,
        test: settings.demo,
    };
    let desk = house.desk(&line.org);
    let started = desk.start(opening, now).await.map_err(crate::api::refuse)?;
    let (token, id) = (house.secret(), started.conversation_id);
    rows.talk_in(&chat_of(&token), &id, now).await.map_err(Refusal::trouble)?;
    let said = desk.message(&id, &told.sentence(), Some("form"), now).await;
    said.map_err(crate::api::refuse)?;
    // What stands behind # never reaches a log.
    Ok(Redirect::to(&format!("/chat/{number}#{token}")).into_response())
}

impl Told {
    fn wrong(&self) -> Option<&'static str> {
        let long = |text: &str, most: usize| text.chars().count() > most;
        let fields = [&self.address, &self.time, &self.name, &self.phone];
        if self.problem.trim().is_empty() {
            return Some("form.no_problem");
        }
        if long(&self.problem, PROBLEM_MAX) || fields.iter().any(|it| long(it, FIELD_MAX)) {
            return Some("form.too_long");
        }
        let phone = self.phone.trim();
        let needed = self.call_back.is_some();
        if (needed || !phone.is_empty()) && phone::e164(phone).is_none() {
            return Some("form.odd_phone");
        }
        None
    }

    /// As somebody would write it.
    fn sentence(&self) -> String {
        let parts = [&self.problem, &self.address, &self.time, &self.name];
        let parts = parts.iter().map(|it| it.trim()).filter(|it| !it.is_empty());
        parts.collect::<Vec<_>>().join(". ")
    }
}
