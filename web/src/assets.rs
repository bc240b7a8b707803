//! Style, scripts and icons, carried in the binary.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::access::digest;
use crate::refusal::Refusal;

struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const ASSETS: [Asset; 6] = [
    Asset {
        name: "gudok.css",
        kind: "text/css; charset=utf-8",
        text: include_str!("../assets/gudok.css"),
    },
    Asset {
        name: "gudok.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("../assets/gudok.js"),
    },
    Asset {
        name: "ring.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("../assets/ring.js"),
    },
    Asset {
        name: "chat.js",
        kind: "text/javascript; charset=utf-8",
        text: include_str!("../assets/chat.js"),
    },
    Asset { name: "icons.svg", kind: "image/svg+xml", text: include_str!("../assets/icons.svg") },
    Asset { name: "mark.svg", kind: "image/svg+xml", text: include_str!("../assets/mark.svg") },
];

/// `GET /assets/{name}`
pub(crate) async fn asset(headers: HeaderMap, Path(name): Path<String>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return Refusal::NoPage.into_response();
    };
    let tag = format!("\"{}\"", &digest(asset.text)[..16]);
    let kept = headers.get(IF_NONE_MATCH).is_some_and(|known| known == tag.as_str());
    let head = [
        (CONTENT_TYPE, asset.kind.to_owned()),
        (CACHE_CONTROL, "no-cache".to_owned()),
        (ETAG, tag),
    ];
    match kept {
        true => (StatusCode::NOT_MODIFIED, head).into_response(),
        false => (head, asset.text).into_response(),
    }
}
