//! The door of the console: login, password, and the way out.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use job_core::store::{Role, User};
use serde::Deserialize;

use crate::House;
use crate::access::{digest, is_password};
use crate::cookie::{self, Life};
use crate::page::{Frame, Reader, is_ours, shown};
use crate::refusal::Refusal;
use crate::session::{self, COOKIE, LOGIN_PAGE, Session, close_session, form_token, open_session};

/// Known to a browser before it has signed in, so that a login form is bound to it too.
const VISIT_COOKIE: &str = "gudok_visit";
const SESSION_SECONDS: i64 = 12 * 60 * 60;
const VISIT_SECONDS: i64 = 60 * 60;
/// Nobody's login or password is longer.
const FIELD_MAX: usize = 200;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    form_token: String,
    next: String,
    login: String,
    /// Key of the words that say what is wrong.
    wrong: Option<&'static str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    login: String,
    password: String,
    form_token: String,
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Leaving {
    form_token: String,
}

/// `GET /console/login`
pub(super) async fn ask(
    State(house): State<House>,
    headers: HeaderMap,
    reader: Reader,
    Query(Next { next }): Query<Next>,
) -> Result<Response, Refusal> {
    let next = way_on(next);
    if open_session(&headers, &house).await.map_err(Refusal::trouble)?.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    asked(&house, &headers, reader, LoginPage::empty(next))
}

/// `POST /console/login`
pub(super) async fn enter(
    State(house): State<House>,
    headers: HeaderMap,
    reader: Reader,
    Form(entry): Form<Entry>,
) -> Result<Response, Refusal> {
    let next = way_on(entry.next.clone());
    let again = |wrong, status| {
        let page = LoginPage { wrong: Some(wrong), ..LoginPage::empty(next.clone()) };
        let page = LoginPage { login: shortened(&entry.login), ..page };
        asked(&house, &headers, reader.clone(), page).map(|page| (status, page).into_response())
    };
    if !is_from_our_page(&headers, &entry.form_token) {
        return again("login.stale", StatusCode::FORBIDDEN);
    }
    if entry.login.len() > FIELD_MAX || entry.password.len() > FIELD_MAX {
        return again("login.wrong", StatusCode::UNAUTHORIZED);
    }
    let now = (house.clock)();
    if !house.store.may_try_login(&entry.login, now).await.map_err(Refusal::trouble)? {
        return again("login.locked", StatusCode::TOO_MANY_REQUESTS);
    }
    if !is_staff(&house, &entry).await? {
        return again("login.wrong", StatusCode::UNAUTHORIZED);
    }
    house.store.forget_tries(&entry.login).await.map_err(Refusal::trouble)?;
    signed_in(&house, &headers, &entry.login, &next).await
}

/// `POST /console/logout`
pub(super) async fn leave(
    State(house): State<House>,
    headers: HeaderMap,
    session: Session,
    Form(leaving): Form<Leaving>,
) -> Result<Response, Refusal> {
    session.check_form(&leaving.form_token)?;
    close_session(&headers, &house.store).await.map_err(Refusal::trouble)?;
    let gone = set(&headers, COOKIE, "", 0)?;
    Ok(([(SET_COOKIE, gone)], Redirect::to(LOGIN_PAGE)).into_response())
}

impl LoginPage {
    fn empty(next: String) -> Self {
        let frame = Frame::of_stranger(crate::words::Words::of(Default::default()), "");
        Self { frame, form_token: String::new(), next, login: String::new(), wrong: None }
    }
}

/// The form, bound to this browser by a cookie.
fn asked(
    house: &House,
    headers: &HeaderMap,
    reader: Reader,
    page: LoginPage,
) -> Result<Response, Refusal> {
    let known = cookie::value(headers, VISIT_COOKIE).map(str::to_owned);
    let visit = known.filter(|visit| is_secret(visit)).unwrap_or_else(|| house.secret());
    let here = format!("{LOGIN_PAGE}?next={}", crate::page::form_encoded(&page.next));
    let frame = Frame::of_stranger(reader.words, &here);
    let page = LoginPage { frame, form_token: form_token(&visit), ..page };
    let html: Html<String> = shown(&page)?;
    let set = set(headers, VISIT_COOKIE, &visit, VISIT_SECONDS)?;
    Ok(([(SET_COOKIE, set)], html).into_response())
}

fn is_from_our_page(headers: &HeaderMap, token: &str) -> bool {
    let visit = cookie::value(headers, VISIT_COOKIE);
    visit.is_some_and(|visit| session::same(token, &form_token(visit)))
}

/// Hashing takes its time, so it is done beside the pages.
async fn is_staff(house: &House, entry: &Entry) -> Result<bool, Refusal> {
    let user = house.store.user(&entry.login).await.map_err(Refusal::trouble)?;
    let staff = |user: &User| matches!(user.role, Role::Admin | Role::Operator);
    let password = entry.password.clone();
    let checked = tokio::task::spawn_blocking(move || {
        is_password(user.as_ref(), &password) && user.as_ref().is_some_and(staff)
    });
    checked.await.map_err(Refusal::trouble)
}

async fn signed_in(
    house: &House,
    headers: &HeaderMap,
    login: &str,
    next: &str,
) -> Result<Response, Refusal> {
    let (token, now) = (house.secret(), (house.clock)());
    let expires = now + jiff::SignedDuration::from_secs(SESSION_SECONDS);
    let opened = house.store.open_session(&digest(&token), login, now, expires).await;
    opened.map_err(Refusal::trouble)?;
    let set = set(headers, COOKIE, &token, SESSION_SECONDS)?;
    Ok(([(SET_COOKIE, set)], Redirect::to(next)).into_response())
}

fn set(headers: &HeaderMap, name: &str, value: &str, seconds: i64) -> Result<HeaderValue, Refusal> {
    let life = Life { seconds, secure: cookie::over_tls(headers) };
    cookie::set(name, value, life).ok_or_else(|| Refusal::trouble("a cookie of ours is no header"))
}

fn is_secret(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit())
}

fn way_on(next: Option<String>) -> String {
    next.filter(|next| is_ours(next)).unwrap_or_else(|| "/console".to_owned())
}

fn shortened(login: &str) -> String {
    login.chars().take(FIELD_MAX).collect()
}
