//! HTTP API v1: what integrations and text channels of others talk to.

mod body;
mod conversation;
mod job;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::House;

/// No message or form is longer.
const BODY_MAX: usize = 64 * 1024;

pub fn router() -> Router<House> {
    Router::new()
        .route("/ai/conversation/start", post(conversation::start))
        .route("/ai/conversation/{id}/message", post(conversation::message))
        .route("/ai/conversation/{id}/transcript", get(conversation::transcript))
        .route("/jobs/{id}/instructions", get(job::instructions))
        .layer(DefaultBodyLimit::max(BODY_MAX))
}
