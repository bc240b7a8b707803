//! Calendars of masters: theirs that are read, ours under a link.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use job_core::calendar::{Calendar, CalendarKind};
use job_core::ids::{CalendarId, MasterId};
use serde::{Deserialize, Serialize};

use super::body::Body;
use crate::House;
use crate::access::{Integration, digest};
use crate::refusal::Refusal;

const ADDRESS_MAX: usize = 2_000;

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    kind: CalendarKind,
    address: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Calendars {
    calendars: Vec<Calendar>,
}

#[derive(Debug, Serialize)]
pub(super) struct Added {
    id: CalendarId,
}

#[derive(Debug, Serialize)]
pub(super) struct Dropped {
    dropped: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Feed {
    /// Whoever has it reads the master's visits; it is told this once.
    url: String,
}

/// `GET /masters/{id}/calendars`
pub(super) async fn calendars(
    key: Integration,
    Path(master): Path<String>,
) -> Result<Json<Calendars>, Refusal> {
    let known = known(&key, master).await?;
    let calendars = key.rows.calendars(&known).await.map_err(Refusal::trouble)?;

    Ok(Json(Calendars { calendars }))
}

/// `POST /masters/{id}/calendars`: read within seconds, then every five minutes.
pub(super) async fn add(
    key: Integration,
    State(house): State<House>,
    Path(master): Path<String>,
    Body(wanted): Body<Wanted>,
) -> Result<Json<Added>, Refusal> {
    let address = wanted.address.trim();
    if address.is_empty() || address.len() > ADDRESS_MAX {
        let fact = format!("1 to {ADDRESS_MAX} bytes: an https address, or a Google calendar's id");
        return Err(Refusal::Invalid { field: "address", fact });
    }
    let name = MasterId::new(&*master);
    let added = key.rows.add_calendar(&name, wanted.kind, address, (house.clock)()).await;
    let id = added.map_err(Refusal::trouble)?;

    id.map(|id| Json(Added { id })).ok_or(Refusal::NotFound { what: "master", id: master })
}

/// `DELETE /masters/{id}/calendars/{calendar}`: what it kept the master from is free again.
pub(super) async fn drop(
    key: Integration,
    Path((master, calendar)): Path<(String, String)>,
) -> Result<Json<Dropped>, Refusal> {
    let (known, id) = (known(&key, master).await?, CalendarId::new(calendar));
    let theirs = key.rows.calendars(&known).await.map_err(Refusal::trouble)?;
    let is_theirs = theirs.iter().any(|it| it.id == id);
    let dropped = is_theirs && key.rows.drop_calendar(&id).await.map_err(Refusal::trouble)?;

    Ok(Json(Dropped { dropped }))
}

/// `POST /masters/{id}/calendar-feed`: a new link under which any calendar program reads the visits.
pub(super) async fn open_feed(
    key: Integration,
    State(house): State<House>,
    headers: HeaderMap,
    Path(master): Path<String>,
) -> Result<Json<Feed>, Refusal> {
    let token = format!("{:016x}{:016x}", (house.chance)(), (house.chance)());
    let name = MasterId::new(&*master);
    let opened = key.rows.open_feed(&name, &digest(&token)).await.map_err(Refusal::trouble)?;
    if !opened {
        return Err(Refusal::NotFound { what: "master", id: master });
    }

    Ok(Json(Feed { url: format!("{}/calendar/{token}.ics", crate::paper::site(&headers)) }))
}

async fn known(key: &Integration, master: String) -> Result<MasterId, Refusal> {
    let name = MasterId::new(&*master);
    let found = key.rows.master(&name).await.map_err(Refusal::trouble)?;

    found.map(|_| name).ok_or(Refusal::NotFound { what: "master", id: master })
}
