//! A JSON body or a query, or the refusal that names the field that is wrong.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

/// Fields it does not know are ignored.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

/// The part of the address after `?`.
#[derive(Debug)]
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = match Bytes::from_request(request, state).await {
            Ok(bytes) => bytes,
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                return Err(Refusal::TooLong);
            }
            Err(error) => return Err(Refusal::Body(error.body_text())),
        };
        let mut read = serde_json::Deserializer::from_slice(&bytes);
        let body = serde_path_to_error::deserialize(&mut read).map_err(|error| {
            let (field, fact) = (error.path().to_string(), error.inner());
            Refusal::Body(if field == "." { fact.to_string() } else { format!("{field}: {fact}") })
        })?;
        read.end().map_err(|error| Refusal::Body(error.to_string()))?;
        Ok(Self(body))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(error) => {
                let fact = error.body_text();
                let short = fact.strip_prefix("Failed to deserialize query string: ");
                Err(Refusal::Query(short.unwrap_or(&fact).to_owned()))
            }
        }
    }
}
