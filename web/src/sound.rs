//! A conversation's recording on its way to a player, by the piece where the player asks so
//! (RFC 9110 section 14).
//!
//! **Never here:** who may listen.

use std::path::{Component, Path, PathBuf};

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use job_core::ids::ConversationId;
use job_core::store::OrgStore;
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::House;
use crate::refusal::Refusal;

/// The recording of that conversation of that organisation.
pub(crate) async fn recording(
    house: &House,
    rows: &OrgStore,
    id: &str,
    request: Request,
) -> Result<Response, Refusal> {
    let unknown = || Refusal::NotFound { what: "recording", id: id.to_owned() };
    let found = rows.conversation(&ConversationId::new(id)).await.map_err(Refusal::trouble)?;
    let file = found.and_then(|it| it.recording).ok_or_else(unknown)?;
    if !is_plain(Path::new(&file)) {
        return Err(unknown());
    }

    let large = house.recordings.join(file);
    let archived = small(&large);
    let (file, kind) = match archived.is_file() {
        true => (archived, "audio/ogg"),
        false => (large, "audio/wav"),
    };
    let served = ServeFile::new(file).oneshot(request).await;
    let mut answer = match served {
        Ok(answer) => answer.into_response(),
        Err(never) => match never {},
    };
    if answer.status().is_success() {
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    Ok(answer)
}

/// What a recording's small copy ends with.
pub const SMALL: &str = "ogg";

/// Where the small copy of that recording lies, once there is one; the large one is gone then.
pub fn small(recording: &Path) -> PathBuf {
    recording.with_extension(SMALL)
}

/// Stays inside the folder of the recordings.
fn is_plain(file: &Path) -> bool {
    let mut parts = file.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        assert!(is_plain(Path::new("01ABC.wav")));
        assert!(is_plain(Path::new("2026/01ABC.wav")));
        for way_out in ["", "/etc/passwd", "../x.wav", "a/../../x.wav"] {
            assert!(!is_plain(Path::new(way_out)), "{way_out}");
        }
    }
}
