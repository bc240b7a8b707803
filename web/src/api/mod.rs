//! HTTP API v1: what integrations and text channels of others talk to. `openapi.json` describes it.

mod body;
mod calendar;
mod call;
mod contact;
mod conversation;
pub(crate) mod health;
mod job;
mod master;
pub(crate) mod media;
mod office;
mod payment;
mod reading;
mod settings;
mod stats;
mod understand;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{delete, get, patch, post};
use job_core::media::BYTES_MAX;

use crate::House;
pub(crate) use conversation::refuse;
pub(crate) use reading::page as reading_page;
pub(crate) use stats::Days;

/// No message or form is longer.
pub(crate) const BODY_MAX: usize = 64 * 1024;

pub(crate) fn router() -> Router<House> {
    Router::new()
        .route("/openapi.json", get(openapi))
        .route("/ai/conversation/start", post(conversation::start))
        .route("/ai/conversation/{id}/message", post(conversation::message))
        .route("/ai/conversation/{id}/transcript", get(conversation::transcript))
        .route(
            "/ai/conversation/{id}/media",
            get(media::list).post(media::add).layer(DefaultBodyLimit::max(BYTES_MAX)),
        )
        .route("/media/{hash}", get(media::fetch))
        .route("/conversations/{id}/take-over", post(office::take_over))
        .route("/conversations/{id}/reply", post(office::reply))
        .route("/conversations/{id}/hand-back", post(office::hand_back))
        .route("/understand", post(understand::understand))
        .route("/calls", get(call::calls))
        .route("/calls/{id}", get(call::call))
        .route("/calls/{id}/recording", get(call::recording))
        .route("/calls/{id}/recording/pause", post(call::pause_recording))
        .route("/calls/{id}/recording/resume", post(call::resume_recording))
        .route("/calls/{id}/hang-up", post(call::hang_up))
        .route("/contacts", post(contact::add))
        .route("/masters", get(master::masters))
        .route("/masters/onboard/start", post(master::onboard))
        .route("/masters/available-now", get(master::available_now))
        .route("/masters/{id}", get(master::master).delete(master::pause))
        .route("/masters/{id}/schedule", patch(master::set_schedule))
        .route("/masters/{id}/schedule/today", get(master::today))
        .route("/masters/{id}/schedule/confirm", post(master::confirm))
        .route("/settings", get(settings::settings).patch(settings::change))
        .route("/audit", get(settings::audit))
        .route("/keys", get(settings::keys).post(settings::add_key))
        .route("/keys/{id}", delete(settings::drop_key))
        .route("/webhooks", get(settings::hooks).post(settings::add_hook))
        .route("/webhooks/{id}", delete(settings::drop_hook))
        .route("/masters/{id}/calendars", get(calendar::calendars).post(calendar::add))
        .route("/masters/{id}/calendars/{calendar}", delete(calendar::drop))
        .route("/masters/{id}/calendar-feed", post(calendar::open_feed))
        .route("/stats", get(stats::stats))
        .route("/usage", get(stats::usage))
        .route("/jobs", get(job::jobs))
        .route("/jobs/create-file", post(job::create_file))
        .route("/jobs/{id}", get(job::job))
        .route("/jobs/{id}/send-to-master", post(job::send_to_master))
        .route("/jobs/{id}/accept", post(job::accept))
        .route("/jobs/{id}/decline", post(job::decline))
        .route("/jobs/{id}/assign", post(job::assign))
        .route("/jobs/{id}/price-change", post(job::price_change))
        .route("/jobs/{id}/instructions", get(job::instructions))
        .route("/jobs/{id}/file.pdf", get(job::paper))
        .route("/terminal/payment/initialize", post(payment::initialize))
        .route("/terminal/payment/cash", post(payment::cash))
        .route("/terminal/payment/card", post(payment::card))
        .route("/terminal/payment/sbp", post(payment::sbp))
        .route("/terminal/payment/{id}/status", get(payment::status))
        .route("/terminal/payment/{id}/refund", post(payment::refund))
        .route("/payments/yookassa", post(payment::notice))
        .layer(DefaultBodyLimit::max(BODY_MAX))
}

const OPENAPI: &str = include_str!("openapi.json");

async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], OPENAPI)
}
