//! A person signed in to the pages: the cookie, and the token that proves a form is ours.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use job_core::store::{OrgStore, Role, Store, StoreError};
use sha2::{Digest, Sha256};

use crate::House;
use crate::access::digest;
use crate::cookie;
use crate::page::{Nameplate, form_encoded, here};
use crate::refusal::Refusal;

pub(crate) const COOKIE: &str = "gudok_session";
pub(crate) const LOGIN_PAGE: &str = "/console/login";
/// Longer is no cookie of ours.
const TOKEN_MAX: usize = 128;

/// Somebody of the organisation's staff.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) rows: OrgStore,
    pub(crate) login: String,
    pub(crate) form_token: String,
}

impl FromRequestParts<House> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, Response> {
        match open_session(&parts.headers, house).await {
            Ok(Some(session)) => Ok(session),
            Ok(None) => Err(to_login(parts)),
            Err(error) => Err(Refusal::trouble(error).into_response()),
        }
    }
}

impl Session {
    pub(crate) async fn nameplate(&self) -> Result<Nameplate, Refusal> {
        let organisation = self.rows.name().await.map_err(Refusal::trouble)?;
        let (login, form_token) = (self.login.clone(), self.form_token.clone());
        Ok(Nameplate { login, organisation, form_token })
    }

    /// Notes that this person looked at somebody's data.
    pub(crate) async fn saw(&self, house: &House, deed: &str, what: &str) -> Result<(), Refusal> {
        let noted = self.rows.note(&self.login, deed, what, (house.clock)()).await;

        noted.map_err(Refusal::trouble)
    }

    /// Refuses a form that did not come from our own page.
    pub(crate) fn check_form(&self, token: &str) -> Result<(), Refusal> {
        if same(token, &self.form_token) { Ok(()) } else { Err(Refusal::StaleForm) }
    }
}

/// Whether whoever sends these headers is signed in.
pub(crate) async fn open_session(
    headers: &HeaderMap,
    house: &House,
) -> Result<Option<Session>, StoreError> {
    let Some(token) = token(headers) else {
        return Ok(None);
    };
    let found = house.store.session(&digest(token), (house.clock)()).await?;
    let staff = found.filter(|found| matches!(found.role, Role::Admin | Role::Operator));
    Ok(staff.map(|found| Session {
        rows: house.store.org(&found.org),
        login: found.login,
        form_token: form_token(token),
    }))
}

/// Ends the session of whoever sends these headers.
pub(crate) async fn close_session(headers: &HeaderMap, store: &Store) -> Result<(), StoreError> {
    match token(headers) {
        Some(token) => store.close_session(&digest(token)).await,
        None => Ok(()),
    }
}

/// What a form must bring along so that it is known to come from the page shown to this cookie.
pub(crate) fn form_token(cookie: &str) -> String {
    digest(&format!("form {cookie}"))
}

/// Compares secrets by their hashes, so that time tells nothing about where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one.as_bytes()) == Sha256::digest(other.as_bytes())
}

fn token(headers: &HeaderMap) -> Option<&str> {
    cookie::value(headers, COOKIE).filter(|token| (1..=TOKEN_MAX).contains(&token.len()))
}

/// Only a page that can be looked at again is come back to.
fn to_login(parts: &Parts) -> Response {
    if parts.method != Method::GET {
        return Redirect::to(LOGIN_PAGE).into_response();
    }
    let next = form_encoded(&here(parts));
    Redirect::to(&format!("{LOGIN_PAGE}?next={next}")).into_response()
}
