//! What every page has around it: language, who is signed in, the way here.

use std::convert::Infallible;

use askama::Template;
use axum::extract::{FromRequestParts, OriginalUri, Query};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::cookie::{self, Life};
use crate::refusal::Refusal;
use crate::words::{LANGUAGE_COOKIE, Words, language, spoken};

const YEAR_SECONDS: i64 = 365 * 24 * 60 * 60;

/// Whoever looks at the page: the language they read, and where they are.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) words: &'static Words,
    /// Path and query.
    pub(crate) here: String,
}

/// The frame of a page, for its template.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) words: &'static Words,
    here: String,
    /// Somebody is signed in.
    pub(crate) desk: Option<Nameplate>,
}

/// Who is signed in, as the page shows it.
#[derive(Debug, Clone)]
pub(crate) struct Nameplate {
    pub(crate) login: String,
    pub(crate) organisation: String,
    /// Proves that a form came from our own page.
    pub(crate) form_token: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Switch {
    to: String,
    back: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self { words: Words::of(language(&parts.headers)), here: here(parts) })
    }
}

impl Reader {
    pub(crate) fn frame(self, desk: Nameplate) -> Frame {
        Frame { words: self.words, here: self.here, desk: Some(desk) }
    }
}

impl Frame {
    /// For pages without a sign-in.
    pub(crate) fn of_stranger(words: &'static Words, here: &str) -> Self {
        Self { words, here: here.to_owned(), desk: None }
    }

    /// The same page in the other language.
    pub(crate) fn other_language(&self) -> String {
        let back: String = form_encoded(&self.here);
        format!("/language?to={}&back={back}", self.words.say("page.language_code"))
    }
}

/// `GET /language?to=en&back=/console`
pub(crate) async fn switch_language(headers: HeaderMap, Query(switch): Query<Switch>) -> Response {
    let Some(language) = spoken(&switch.to) else {
        return Refusal::Query(format!("to: no language {:?}", switch.to)).into_response();
    };
    let life = Life { seconds: YEAR_SECONDS, secure: cookie::over_tls(&headers) };
    let set = cookie::set(LANGUAGE_COOKIE, Words::of(language).code(), life);
    let back = switch.back.as_deref().filter(|back| is_ours(back)).unwrap_or("/");
    let header = set.map(|set| [(SET_COOKIE, set)]);
    match header {
        Some(header) => (header, Redirect::to(back)).into_response(),
        None => Redirect::to(back).into_response(),
    }
}

/// Path and query as the browser asked for them, whatever router the request has come to.
pub(crate) fn here(parts: &Parts) -> String {
    let asked = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    asked.path_and_query().map_or_else(String::new, ToString::to_string)
}

/// A way inside the house: no other host, no header smuggled in.
pub(crate) fn is_ours(path: &str) -> bool {
    let other_host = path.starts_with("//") || path.contains('\\');
    path.starts_with('/') && !other_host && path.bytes().all(|it| it.is_ascii_graphic())
}

/// RFC 3986: everything but unreserved characters and `/`.
pub(crate) fn form_encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A page, or the refusal when it cannot be written.
pub(crate) fn shown(page: &impl Template) -> Result<Html<String>, Refusal> {
    page.render().map(Html).map_err(Refusal::trouble)
}

/// `/` leads to the console.
pub(crate) async fn door() -> Redirect {
    Redirect::to("/console")
}

/// Nothing is served there.
pub(crate) async fn nowhere() -> Refusal {
    Refusal::NoPage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_never_leaves_the_house() {
        assert!(is_ours("/console?status=active"));
        for elsewhere in ["//evil.example", "https://evil.example", "/\\evil", "", "/a\r\nb"] {
            assert!(!is_ours(elsewhere), "{elsewhere:?}");
        }
    }
}
