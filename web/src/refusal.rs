//! Every way a request is refused, as `application/problem+json` (RFC 9457): the fact and the mend.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("no API key: send `Authorization: Bearer KEY` or `X-Api-Key: KEY`")]
    NoKey,
    #[error("this API key is not known")]
    WrongKey,
    #[error("there is no {what} {id}")]
    NotFound { what: &'static str, id: String },
    #[error("{field}: {fact}")]
    Invalid { field: &'static str, fact: String },
    #[error("the request's body: {0}")]
    Body(String),
    #[error("the conversation is answering another message: send this one again")]
    Busy,
    #[error("something failed on our side; it is in the log")]
    Trouble,
}

impl Refusal {
    /// Logs what happened, tells the outside only that it did.
    pub fn trouble(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self::Trouble
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoKey | Self::WrongKey => StatusCode::UNAUTHORIZED,
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Body(_) => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::CONFLICT,
            Self::Trouble => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let title = status.canonical_reason().unwrap_or("Refused");
        let problem = json!({
            "type": "about:blank",
            "title": title,
            "status": status.as_u16(),
            "detail": self.to_string(),
        });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (status, kind, Json(problem)).into_response()
    }
}
