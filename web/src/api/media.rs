//! Files of conversations: sent in, listed, fetched. What a file is its own bytes say, never its name.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use job_core::ids::ConversationId;
use job_core::media::{Attachment, Form, Kept};
use job_core::store::OrgStore;
use serde::{Deserialize, Serialize};

use super::conversation::check_length;
use crate::House;
use crate::access::Integration;
use crate::channels::files::NotKept;
use crate::refusal::Refusal;

const NAME_MAX: usize = 200;
const CAPTION_MAX: usize = 2_000;
/// Hexadecimal digits of a SHA-256.
const HASH_DIGITS: usize = 64;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    name: String,
    #[serde(default)]
    caption: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Files {
    conversation_id: ConversationId,
    files: Vec<Attachment>,
}

#[derive(Debug, Serialize)]
pub(super) struct Taken {
    hash: String,
    form: Form,
    bytes: i64,
}

/// `POST /ai/conversation/{id}/media`: the file is the body.
pub(super) async fn add(
    State(house): State<House>,
    key: Integration,
    Path(id): Path<String>,
    Query(told): Query<Told>,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Json<Taken>, Refusal> {
    check_length("name", &told.name, NAME_MAX)?;
    check_length("caption", &told.caption, CAPTION_MAX)?;
    let name = known(&key.rows, id).await?;
    let bytes = body.map_err(|_| Refusal::TooLong)?;
    let kept = keep(&house, &key.rows, &bytes).await?;
    let words = (told.name.as_str(), told.caption.as_str());
    let now = (house.clock)();
    key.rows.attach(&name, &kept.hash, words, now).await.map_err(Refusal::trouble)?;
    house.ring(&name);
    Ok(Json(Taken { hash: kept.hash, form: kept.form, bytes: kept.bytes }))
}

pub(crate) async fn keep(house: &House, rows: &OrgStore, bytes: &[u8]) -> Result<Kept, Refusal> {
    let kept = match house.files.keep(rows.id(), bytes, (house.clock)()).await {
        Ok(kept) => kept,
        Err(NotKept::Unfit(unfit)) => return Err(Refusal::File(unfit)),
        Err(error @ NotKept::Disk(_)) => return Err(Refusal::trouble(error)),
    };
    rows.keep_media(&kept).await.map_err(Refusal::trouble)?;
    Ok(kept)
}

/// `GET /ai/conversation/{id}/media`
pub(super) async fn list(key: Integration, Path(id): Path<String>) -> Result<Json<Files>, Refusal> {
    let conversation_id = known(&key.rows, id).await?;
    let files = key.rows.attachments(&conversation_id).await.map_err(Refusal::trouble)?;
    Ok(Json(Files { conversation_id, files }))
}

/// `GET /media/{hash}`
pub(super) async fn fetch(
    State(house): State<House>,
    key: Integration,
    Path(hash): Path<String>,
) -> Result<Response, Refusal> {
    served(&house, &key.rows, hash).await
}

/// A page may show a picture; everything else is only handed out as a file.
pub(crate) async fn served(
    house: &House,
    rows: &OrgStore,
    hash: String,
) -> Result<Response, Refusal> {
    let missing = |id| Refusal::NotFound { what: "file", id };
    if hash.len() != HASH_DIGITS || !hash.bytes().all(|it| it.is_ascii_hexdigit()) {
        return Err(missing(hash));
    }
    let kept = rows.media(&hash).await.map_err(Refusal::trouble)?;
    let Some(kept) = kept else { return Err(missing(hash)) };
    let bytes = house.files.read(rows.id(), &kept.hash).await.map_err(Refusal::trouble)?;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kept.form.mime()));
    let shown = if kept.form.is_picture() { "inline" } else { "attachment" };
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(shown));
    // Whatever is inside may run nothing.
    let sandbox = HeaderValue::from_static("sandbox; default-src 'none'");
    headers.insert(HeaderName::from_static("content-security-policy"), sandbox);
    Ok((headers, bytes).into_response())
}

async fn known(rows: &OrgStore, id: String) -> Result<ConversationId, Refusal> {
    let name = ConversationId::new(&*id);
    match rows.conversation(&name).await.map_err(Refusal::trouble)? {
        Some(_) => Ok(name),
        None => Err(Refusal::NotFound { what: "conversation", id }),
    }
}
