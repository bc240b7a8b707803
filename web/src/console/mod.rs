//! The console: what the organisation's own people see, behind a login.

mod call;
mod job;
mod lines;
mod list;
mod login;
mod office;
mod stats;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Redirect;
use axum::routing::{get, post};
use jiff::tz::TimeZone;

use crate::House;
use crate::api::BODY_MAX;
use crate::refusal::Refusal;
use crate::session::Session;

pub(crate) fn router() -> Router<House> {
    Router::new()
        .route("/", get(list::list))
        .route("/stats", get(stats::stats))
        .route("/login", get(login::ask).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/calls", get(|| async { Redirect::to("/console") }))
        .route("/calls/{id}", get(call::call))
        .route("/calls/{id}/recording", get(call::recording))
        .route("/calls/{id}/take-over", post(office::take_over))
        .route("/calls/{id}/reply", post(office::reply))
        .route("/calls/{id}/hand-back", post(office::hand_back))
        .route("/media/{hash}", get(office::media))
        .route("/jobs/{id}", get(job::job))
        .route("/jobs/{id}/assign", post(job::assign))
        .route("/jobs/{id}/file.json", get(job::file))
        .route("/jobs/{id}/file.pdf", get(job::paper))
        .layer(DefaultBodyLimit::max(BODY_MAX))
}

/// The organisation's time zone.
async fn zone(session: &Session) -> Result<TimeZone, Refusal> {
    let settings = session.rows.settings().await.map_err(Refusal::trouble)?;
    settings.time_zone().map_err(Refusal::trouble)
}
