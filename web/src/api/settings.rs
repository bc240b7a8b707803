//! What an organisation decides for itself, who else may come in by a key, who is told what happens, and
//! who did what.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use job_core::conversation::Page;
use job_core::hook::{EVENTS, Hook};
use job_core::settings::Settings;
use job_core::store::{Deed, KeyNamed};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::{Asked, Body};
use super::conversation::check_length;
use crate::House;
use crate::access::{Integration, KEY_ID_LETTERS, digest, grant_scopes};
use crate::refusal::Refusal;
use crate::scope::Scope;

const NAME_MAX: usize = 100;
const URL_MAX: usize = 2_000;
const HOOKS_MAX: usize = 20;
const LIMIT_MAX: u16 = 200;

#[derive(Debug, Deserialize)]
pub(super) struct Paging {
    #[serde(default)]
    offset: u32,
    limit: Option<u16>,
}

#[derive(Debug, Serialize)]
pub(super) struct Audit {
    deeds: Vec<Deed>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NewKey {
    name: String,
    /// None: everything.
    #[serde(default)]
    scopes: Vec<Scope>,
}

#[derive(Debug, Serialize)]
pub(super) struct Granted {
    id: String,
    name: String,
    scopes: Vec<Scope>,
    /// Shown this once.
    key: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Keys {
    keys: Vec<KeyNamed>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NewHook {
    url: String,
    /// None: all.
    #[serde(default)]
    events: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Hooked {
    id: String,
    url: String,
    events: Vec<String>,
    created: Timestamp,
    /// Messages are signed with it; shown this once.
    secret: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Hooks {
    webhooks: Vec<Hook>,
}

/// `GET /settings`
pub(super) async fn settings(key: Integration) -> Result<Json<Settings>, Refusal> {
    key.rows.settings().await.map(Json).map_err(Refusal::trouble)
}

/// `PATCH /settings`: what is left out stays.
pub(super) async fn change(
    State(house): State<House>,
    key: Integration,
    Body(change): Body<Value>,
) -> Result<Json<Settings>, Refusal> {
    let before = key.rows.settings().await.map_err(Refusal::trouble)?;
    let mut whole = serde_json::to_value(&before).map_err(Refusal::trouble)?;
    merge(&mut whole, &change)?;
    let after: Settings = serde_path_to_error::deserialize(whole)
        .map_err(|error| Refusal::Body(format!("{}: {}", error.path(), error.inner())))?;
    if let Err(unknown) = after.time_zone() {
        return Err(Refusal::Invalid { field: "zone", fact: unknown.to_string() });
    }
    let who = format!("api:{}", key.name);
    key.rows.set_settings(&after, &who, (house.clock)()).await.map_err(Refusal::trouble)?;
    Ok(Json(after))
}

/// RFC 7396, without taking away: settings have defaults, not gaps. Names nobody knows are refused.
fn merge(whole: &mut Value, change: &Value) -> Result<(), Refusal> {
    let (Some(fields), Some(changes)) = (whole.as_object_mut(), change.as_object()) else {
        *whole = change.clone();
        return Ok(());
    };
    for (name, value) in changes {
        let Some(field) = fields.get_mut(name) else {
            return Err(Refusal::Body(format!("{name}: there is no such setting")));
        };
        if field.is_object() && value.is_object() {
            merge(field, value)?;
        } else {
            *field = value.clone();
        }
    }
    Ok(())
}

/// `GET /audit`: newest first.
pub(super) async fn audit(
    key: Integration,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Audit>, Refusal> {
    let limit = paging.limit.unwrap_or(50).clamp(1, LIMIT_MAX);
    let page = Page { limit, offset: paging.offset };
    let deeds = key.rows.deeds(page).await.map_err(Refusal::trouble)?;
    Ok(Json(Audit { deeds }))
}

/// `GET /keys`
pub(super) async fn keys(
    State(house): State<House>,
    key: Integration,
) -> Result<Json<Keys>, Refusal> {
    let keys = house.store.api_keys(key.rows.id()).await.map_err(Refusal::trouble)?;
    Ok(Json(Keys { keys }))
}

/// `POST /keys`
pub(super) async fn add_key(
    State(house): State<House>,
    key: Integration,
    Body(wanted): Body<NewKey>,
) -> Result<(StatusCode, Json<Granted>), Refusal> {
    check_length("name", &wanted.name, NAME_MAX)?;
    if wanted.name.trim().is_empty() {
        return Err(Refusal::Invalid { field: "name", fact: "is empty".into() });
    }
    let secret = house.secret();
    let (org, NewKey { name, scopes }) = (key.rows.id(), wanted);
    let granted = grant_scopes(&house.store, org, &name, &secret, &scopes).await;
    granted.map_err(Refusal::trouble)?;
    let who = format!("api:{}", key.name);
    let noted = key.rows.note(&who, "key_granted", &name, (house.clock)()).await;
    noted.map_err(Refusal::trouble)?;
    let id = digest(&secret)[..KEY_ID_LETTERS].to_owned();
    Ok((StatusCode::CREATED, Json(Granted { id, name, scopes, key: secret })))
}

/// `DELETE /keys/{id}`
pub(super) async fn drop_key(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    if id == key.key_id {
        return Err(Refusal::OwnKey);
    }
    let gone = house.store.drop_api_key(key.rows.id(), &id).await.map_err(Refusal::trouble)?;
    if !gone {
        return Err(Refusal::NotFound { what: "key", id });
    }
    let who = format!("api:{}", key.name);
    let noted = key.rows.note(&who, "key_taken_back", &id, (house.clock)()).await;
    noted.map_err(Refusal::trouble)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /webhooks`
pub(super) async fn hooks(key: Integration) -> Result<Json<Hooks>, Refusal> {
    let webhooks = key.rows.hooks().await.map_err(Refusal::trouble)?;
    Ok(Json(Hooks { webhooks }))
}

/// `POST /webhooks`
pub(super) async fn add_hook(
    State(house): State<House>,
    key: Integration,
    Body(wanted): Body<NewHook>,
) -> Result<(StatusCode, Json<Hooked>), Refusal> {
    check_length("url", &wanted.url, URL_MAX)?;
    let odd = |fact: String| Err(Refusal::Invalid { field: "url", fact });
    match reqwest::Url::parse(&wanted.url) {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => {}
        Ok(url) => return odd(format!("{:?} is no way to a web server", url.scheme())),
        Err(error) => return odd(error.to_string()),
    }
    if let Some(unknown) = wanted.events.iter().find(|it| !EVENTS.contains(&it.as_str())) {
        let fact = format!("there is no event {unknown:?}; there are {}", EVENTS.join(", "));
        return Err(Refusal::Invalid { field: "events", fact });
    }
    if key.rows.hooks().await.map_err(Refusal::trouble)?.len() >= HOOKS_MAX {
        return odd(format!("there are {HOOKS_MAX} webhooks already"));
    }
    let created = (house.clock)();
    let id = key.rows.new_id(created);
    let NewHook { url, events } = wanted;
    let hook = Hook { id, url, events, secret: house.secret(), created };
    key.rows.add_hook(&hook).await.map_err(Refusal::trouble)?;
    let who = format!("api:{}", key.name);
    let noted = key.rows.note(&who, "webhook_added", &hook.url, created).await;
    noted.map_err(Refusal::trouble)?;
    let Hook { id, url, events, secret, created } = hook;
    Ok((StatusCode::CREATED, Json(Hooked { id, url, events, created, secret })))
}

/// `DELETE /webhooks/{id}`
pub(super) async fn drop_hook(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    if !key.rows.drop_hook(&id).await.map_err(Refusal::trouble)? {
        return Err(Refusal::NotFound { what: "webhook", id });
    }
    let who = format!("api:{}", key.name);
    let noted = key.rows.note(&who, "webhook_dropped", &id, (house.clock)()).await;
    noted.map_err(Refusal::trouble)?;
    Ok(StatusCode::NO_CONTENT)
}
