//! Masters for integrations: joining, hours, who is free.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use dialog::desk::{Opening, Started};
use jiff::Timestamp;
use jiff::civil::Date;
use job_core::conversation::Kind;
use job_core::day::{DayAct, DayDone, HoursChange};
use job_core::ids::MasterId;
use job_core::master::Master;
use job_core::schedule::Hours;
use job_core::store::OrgStore;
use job_core::trade::{Category, Channel, Language};
use serde::{Deserialize, Serialize};

use super::body::{Asked, Body};
use super::conversation::{moment, refuse};
use crate::House;
use crate::access::Integration;
use crate::refusal::Refusal;

const DAYS_PER_WEEK: usize = 7;
/// Nobody changes more at once.
const CHANGES_MAX: usize = 100;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Onboarding {
    channel: Option<Channel>,
    language: Option<Language>,
    phone: Option<String>,
    now: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
pub(super) struct Masters {
    masters: Vec<Master>,
}

/// Hours of one day; none: a day off.
#[derive(Debug, Serialize)]
pub(super) struct Day {
    date: Date,
    hours: Vec<Hours>,
    confirmed: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Change {
    /// What it changes: weekdays from Monday, which is 0, or a date, or both.
    #[serde(default)]
    days: Vec<usize>,
    date: Option<Date>,
    #[serde(default)]
    hours: Vec<Hours>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Changes {
    changes: Vec<Change>,
}

#[derive(Debug, Serialize)]
pub(super) struct Changed {
    #[serde(flatten)]
    master: Master,
    /// Promised visits outside the new hours that were passed to others.
    passed_on: u32,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Confirming {
    /// Today when left out.
    date: Option<Date>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    category: Option<Category>,
    city: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Free {
    id: MasterId,
    name: String,
    city: String,
    district: Option<String>,
    trades: Vec<Category>,
    rating: i64,
    /// The end of the working hours, or the next visit, whichever comes first; with the organisation's
    /// offset.
    free_until: String,
}

#[derive(Debug, Serialize)]
pub(super) struct FreeNow {
    masters: Vec<Free>,
}

/// `POST /masters/onboard/start`
pub(super) async fn onboard(
    State(house): State<House>,
    key: Integration,
    Body(told): Body<Onboarding>,
) -> Result<Json<Started>, Refusal> {
    let settings = key.rows.settings().await.map_err(Refusal::trouble)?;
    let now = moment(&house, settings.test_clock, told.now);
    let opening = Opening {
        kind: Kind::MasterOnboarding,
        channel: told.channel.unwrap_or(Channel::Web),
        language: told.language.unwrap_or(settings.language),
        phone: told.phone,
        writer: None,
        vouched: false,
        test: settings.demo,
    };
    house.desk(key.rows.id()).start(opening, now).await.map(Json).map_err(refuse)
}

/// `GET /masters`
pub(super) async fn masters(key: Integration) -> Result<Json<Masters>, Refusal> {
    let masters = key.rows.masters().await.map_err(Refusal::trouble)?;
    Ok(Json(Masters { masters }))
}

/// `GET /masters/{id}`
pub(super) async fn master(
    key: Integration,
    Path(id): Path<String>,
) -> Result<Json<Master>, Refusal> {
    known(&key.rows, id).await.map(Json)
}

/// `PATCH /masters/{id}/schedule`: visits outside the new hours go to others.
pub(super) async fn set_schedule(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
    Body(told): Body<Changes>,
) -> Result<Json<Changed>, Refusal> {
    let changes = checked(told.changes)?;
    let before = known(&key.rows, id.clone()).await?;
    let act = DayAct::Hours(changes);
    let by = format!("api:{}", key.name);
    let told = key.rows.day(&before.phone, &act, &by, (house.clock)()).await;
    let missing = || Refusal::NotFound { what: "active master", id: id.clone() };
    let told = told.map_err(Refusal::trouble)?.ok_or_else(missing)?;
    let passed_on = match told.done.map_err(Refusal::Day)? {
        DayDone::HoursSet { outside } => outside,
        _ => 0,
    };
    Ok(Json(Changed { master: known(&key.rows, id).await?, passed_on }))
}

fn checked(changes: Vec<Change>) -> Result<Vec<HoursChange>, Refusal> {
    let invalid = |fact: String| Err(Refusal::Invalid { field: "changes", fact });
    if changes.is_empty() || changes.len() > CHANGES_MAX {
        return invalid(format!("{}; from 1 to {CHANGES_MAX}", changes.len()));
    }
    for change in &changes {
        if let Some(day) = change.days.iter().find(|day| **day >= DAYS_PER_WEEK) {
            return invalid(format!("there is no weekday {day}: 0 is Monday, 6 Sunday"));
        }
        if change.days.is_empty() && change.date.is_none() {
            return invalid("neither days nor date".into());
        }
        if let Some(odd) = change.hours.iter().find(|it| it.from.minutes() >= it.to.minutes()) {
            let (from, to) = (String::from(odd.from), String::from(odd.to));
            return invalid(format!("from {from} to {to} is no time of work"));
        }
    }
    let change = |it: Change| HoursChange { days: it.days, date: it.date, hours: it.hours };
    Ok(changes.into_iter().map(change).collect())
}

/// `GET /masters/{id}/schedule/today`
pub(super) async fn today(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
) -> Result<Json<Day>, Refusal> {
    let master = known(&key.rows, id).await?;
    let date = local(&house, &key.rows).await?;
    day(&key.rows, &master, date).await.map(Json)
}

/// `POST /masters/{id}/schedule/confirm`: the master works that day as the hours say.
pub(super) async fn confirm(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
    Body(told): Body<Confirming>,
) -> Result<Json<Day>, Refusal> {
    let master = known(&key.rows, id).await?;
    let today = local(&house, &key.rows).await?;
    let date = told.date.unwrap_or(today);
    let done = key.rows.confirm_day(&master.id, date, (house.clock)()).await;
    done.map_err(Refusal::trouble)?;
    day(&key.rows, &master, date).await.map(Json)
}

/// `GET /masters/available-now`
pub(super) async fn available_now(
    State(house): State<House>,
    key: Integration,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<FreeNow>, Refusal> {
    let now = (house.clock)();
    let settings = key.rows.settings().await.map_err(Refusal::trouble)?;
    let zone = settings.time_zone().map_err(Refusal::trouble)?;
    let free = key.rows.free_now(now).await.map_err(Refusal::trouble)?;
    let fits = |master: &Master| {
        let trade = wanted.category.is_none_or(|it| master.trades.contains(&it));
        let key = job_core::place::place_key;
        let city = wanted.city.as_deref().is_none_or(|it| key(it) == key(&master.city));
        trade && city
    };
    let free = free.into_iter().filter(|(master, _)| fits(master));
    let masters = free
        .map(|(master, until)| Free {
            id: master.id,
            name: master.name,
            city: master.city,
            district: master.district,
            trades: master.trades,
            rating: master.rating.0,
            free_until: super::call::told(until, &zone),
        })
        .collect();
    Ok(Json(FreeNow { masters }))
}

async fn day(rows: &OrgStore, master: &Master, date: Date) -> Result<Day, Refusal> {
    let confirmed = rows.has_confirmed(&master.id, date).await.map_err(Refusal::trouble)?;
    Ok(Day { date, hours: master.schedule.on(date).to_vec(), confirmed })
}

async fn local(house: &House, rows: &OrgStore) -> Result<Date, Refusal> {
    let zone = rows.settings().await.map_err(Refusal::trouble)?.time_zone();
    Ok((house.clock)().to_zoned(zone.map_err(Refusal::trouble)?).date())
}

async fn known(rows: &OrgStore, id: String) -> Result<Master, Refusal> {
    let found = rows.master(&MasterId::new(&*id)).await.map_err(Refusal::trouble)?;
    found.ok_or(Refusal::NotFound { what: "master", id })
}

/// `DELETE /masters/{id}`: nobody is sent any more; visits promised go to others.
pub(super) async fn pause(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let master = known(&key.rows, id).await?;
    let by = format!("api:{}", key.name);
    key.rows.pause_master(&master, &by, (house.clock)()).await.map_err(Refusal::trouble)?;
    Ok(StatusCode::NO_CONTENT)
}
