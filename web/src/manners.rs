//! How every answer leaves the house: with a request id, with security headers, and a refusal told in
//! the asker's own way: as a problem to a program, as a page to a person.

use std::net::{IpAddr, SocketAddr};

use askama::Template;
use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;
use tracing::Instrument;

use crate::House;
use crate::page::Frame;
use crate::refusal::Refusal;
use crate::words::{Words, language};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A caller's own request id is taken over up to this length.
const REQUEST_ID_MAX: usize = 64;

const HEADERS: [(&str, &str); 5] = [
    (
        "content-security-policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         object-src 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

#[derive(Template)]
#[template(path = "mishap.html")]
struct Mishap {
    frame: Frame,
    /// Key of the words.
    fact: &'static str,
    more: &'static str,
    request: String,
}

pub(crate) async fn manners(State(house): State<House>, request: Request, next: Next) -> Response {
    let id = request_id(&house, request.headers());
    let words = Words::of(language(request.headers()));
    let is_program = is_for_programs(request.uri().path());
    let here = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let span = tracing::info_span!("request", %id, method = %request.method());

    let answer = match too_often(&house, &request) {
        Some(refusal) => refusal.into_response(),
        None => next.run(request).instrument(span).await,
    };
    let mut answer = match refusal(&answer) {
        Some(refusal) if is_program => problem(answer, &refusal, &id),
        Some(refusal) => mishap(answer, &refusal, Frame::of_stranger(words, &here), &id),
        None => answer,
    };
    dress(answer.headers_mut(), &id);
    answer
}

/// Keys have a pace of their own; messengers come from few addresses with everybody's messages.
fn too_often(house: &House, request: &Request) -> Option<Refusal> {
    let (path, headers) = (request.uri().path(), request.headers());
    let has_key = headers.contains_key(AUTHORIZATION) || headers.contains_key("x-api-key");
    let is_house = path.starts_with("/hooks/") || path.starts_with("/assets/");
    if has_key || is_house || path == "/healthz" || path == "/metrics" {
        return None;
    }
    let who = address(request)?;
    let wait = house.doors_pace.wait(&who.to_string(), (house.clock)())?;
    Some(Refusal::TooMany { wait })
}

/// Where the request comes from; a web server in front, on this machine, says it in a header.
fn address(request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip();
    let told = request.headers().get("x-forwarded-for").and_then(|it| it.to_str().ok());
    let last = told.and_then(|it| it.rsplit(',').next()?.trim().parse().ok());
    match last {
        Some(last) if peer.is_loopback() => Some(last),
        _ if peer.is_loopback() => None,
        _ => Some(peer),
    }
}

fn is_for_programs(path: &str) -> bool {
    path.starts_with("/api/") || path == "/healthz"
}

fn request_id(house: &House, headers: &HeaderMap) -> String {
    let given = headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok());
    let plain = |id: &&str| {
        (1..=REQUEST_ID_MAX).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_graphic())
    };
    given.filter(plain).map_or_else(|| format!("{:016x}", (house.chance)()), str::to_owned)
}

/// The refusal an answer carries; one that was written out already is left alone.
fn refusal(answer: &Response) -> Option<Refusal> {
    if let Some(refusal) = answer.extensions().get::<Refusal>() {
        return Some(refusal.clone());
    }
    let status = answer.status();
    let refused = status.is_client_error() || status.is_server_error();
    (refused && !is_written(answer.headers())).then(|| Refusal::of_status(status))
}

/// The server's own refusals are empty or a line of plain text.
fn is_written(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html") || kind.contains("json"))
}

fn problem(answer: Response, refusal: &Refusal, id: &str) -> Response {
    let status = refusal.status();
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Refused"),
        "status": status.as_u16(),
        "detail": refusal.to_string(),
        "request_id": id,
    });
    let mut answer = rewritten(answer, Json(body).into_response());
    let kind = HeaderValue::from_static("application/problem+json");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert("www-authenticate", HeaderValue::from_static("Bearer"));
    }
    if let Refusal::TooMany { wait } = refusal {
        let seconds = wait.as_secs() + 1;
        answer.headers_mut().insert("retry-after", HeaderValue::from(seconds));
    }
    answer
}

fn mishap(answer: Response, refusal: &Refusal, frame: Frame, id: &str) -> Response {
    let status = refusal.status();
    let (fact, more) = match status {
        StatusCode::NOT_FOUND => ("mishap.not_found", "mishap.not_found_long"),
        StatusCode::FORBIDDEN => ("mishap.forbidden", "mishap.forbidden_long"),
        status if status.is_server_error() => ("mishap.trouble", "mishap.trouble_long"),
        _ => ("mishap.refused", "mishap.refused_long"),
    };
    let page = Mishap { frame, fact, more, request: id.to_owned() };
    match page.render() {
        Ok(text) => rewritten(answer, Html(text).into_response()),
        Err(_) => answer,
    }
}

/// Keeps status and headers such as `Allow`, gives it another body.
fn rewritten(answer: Response, written: Response) -> Response {
    let (mut head, _) = answer.into_parts();
    let (new, body) = written.into_parts();
    head.headers.remove(CONTENT_LENGTH);
    head.headers.extend(new.headers);
    Response::from_parts(head, Body::new(body))
}

fn dress(headers: &mut HeaderMap, id: &str) {
    for (name, value) in HEADERS {
        // A file's own policy is stricter.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}
