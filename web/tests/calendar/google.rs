//! Google's token server and Calendar API v3 as their documentation has them: signed claims, pages,
//! names that are taken, tokens that end, limits.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(crate) const EMAIL: &str = "gudok@project.iam.gserviceaccount.test";

#[derive(Debug, Default)]
struct Book {
    events: BTreeMap<String, Value>,
    tokens: usize,
    /// Writes so far.
    writes: usize,
    limited: bool,
    /// The token that was given out counts no more.
    revoked: bool,
}

#[derive(Clone)]
pub(crate) struct Google {
    pub(crate) url: String,
    /// PEM, PKCS #8.
    pub(crate) key: String,
    public: Arc<Vec<u8>>,
    book: Arc<Mutex<Book>>,
}

impl Google {
    pub(crate) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (key, public) = key_pair();
        let google = Self { url, key, public: Arc::new(public), book: Arc::default() };
        let app = Router::new()
            .route("/token", post(token))
            .route("/v3/calendars/{calendar}/events", get(list).post(insert))
            .route("/v3/calendars/{calendar}/events/{event}", put(update).delete(remove))
            .with_state(google.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        google
    }

    pub(crate) fn has(&self, name: &str, event: Value) {
        self.book.lock().unwrap().events.insert(name.to_owned(), event);
    }

    /// Those of ours that stand, by their job.
    pub(crate) fn ours(&self) -> Vec<Value> {
        let book = self.book.lock().unwrap();
        let ours = |it: &&Value| {
            it["status"] != "cancelled"
                && it["extendedProperties"]["private"]["gudok_job"].is_string()
        };
        book.events.values().filter(ours).cloned().collect()
    }

    pub(crate) fn writes(&self) -> usize {
        self.book.lock().unwrap().writes
    }

    pub(crate) fn tokens(&self) -> usize {
        self.book.lock().unwrap().tokens
    }

    pub(crate) fn revoke(&self) {
        self.book.lock().unwrap().revoked = true;
    }

    pub(crate) fn limit(&self, limited: bool) {
        self.book.lock().unwrap().limited = limited;
    }

    fn refuses(&self, headers: &HeaderMap) -> Option<Response> {
        let book = self.book.lock().unwrap();
        let error = |status: StatusCode, reason: &str, message: &str| {
            let error = json!({"error": {"code": status.as_u16(), "message": message,
                "errors": [{"domain": "usageLimits", "reason": reason}]}});
            Some((status, Json(error)).into_response())
        };
        let token = format!("Bearer token-{}", book.tokens);
        if book.revoked || headers.get("authorization").is_none_or(|it| it != token.as_str()) {
            return error(StatusCode::UNAUTHORIZED, "authError", "Invalid Credentials");
        }
        if book.limited {
            return error(StatusCode::FORBIDDEN, "rateLimitExceeded", "Rate Limit Exceeded");
        }
        None
    }
}

/// The claim has to be signed by the account's key, for this address, and not older than an hour.
async fn token(
    State(google): State<Google>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (told, signature) = form["assertion"].rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key = ring::signature::UnparsedPublicKey::new(
        &ring::signature::RSA_PKCS1_2048_8192_SHA256,
        google.public.as_slice(),
    );
    if key.verify(told.as_bytes(), &signature).is_err() {
        let error =
            json!({"error": "invalid_grant", "error_description": "Invalid JWT Signature."});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let claims = URL_SAFE_NO_PAD.decode(told.split_once('.').unwrap().1).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!(EMAIL), &json!(format!("{}/token", google.url)))
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);
    let mut book = google.book.lock().unwrap();
    book.tokens += 1;
    book.revoked = false;
    let token = format!("token-{}", book.tokens);

    Json(json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})).into_response()
}

/// Two events a page.
async fn list(
    State(google): State<Google>,
    Path(calendar): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Some(refused) = google.refuses(&headers) {
        return refused;
    }
    assert_eq!((calendar.as_str(), query["singleEvents"].as_str()), ("master@group.test", "true"));
    assert!(query["timeMin"] < query["timeMax"]);
    let book = google.book.lock().unwrap();
    let from: usize = query.get("pageToken").map_or(0, |it| it.parse().unwrap());
    let standing: Vec<&Value> =
        book.events.values().filter(|it| it["status"] != "cancelled").collect();
    let items: Vec<&Value> = standing.iter().skip(from).take(2).copied().collect();
    let mut page = json!({"kind": "calendar#events", "items": items});
    if from + 2 < standing.len() {
        page["nextPageToken"] = json!((from + 2).to_string());
    }

    Json(page).into_response()
}

/// 409 where the name was ever used.
async fn insert(
    State(google): State<Google>,
    headers: HeaderMap,
    Json(event): Json<Value>,
) -> Response {
    if let Some(refused) = google.refuses(&headers) {
        return refused;
    }
    let name = event["id"].as_str().unwrap().to_owned();
    let allowed = |it: char| it.is_ascii_digit() || ('a'..='v').contains(&it);
    assert!((5..=1_024).contains(&name.len()) && name.chars().all(allowed), "{name}");
    let mut book = google.book.lock().unwrap();
    if book.events.contains_key(&name) {
        let error =
            json!({"error": {"code": 409, "message": "The requested identifier already exists."}});
        return (StatusCode::CONFLICT, Json(error)).into_response();
    }
    book.writes += 1;
    book.events.insert(name, event.clone());

    Json(event).into_response()
}

async fn update(
    State(google): State<Google>,
    Path((_, name)): Path<(String, String)>,
    headers: HeaderMap,
    Json(event): Json<Value>,
) -> Response {
    if let Some(refused) = google.refuses(&headers) {
        return refused;
    }
    let mut book = google.book.lock().unwrap();
    book.writes += 1;
    assert!(book.events.insert(name, event.clone()).is_some());

    Json(event).into_response()
}

/// A deleted event keeps its name; deleting it again is 410.
async fn remove(
    State(google): State<Google>,
    Path((_, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if let Some(refused) = google.refuses(&headers) {
        return refused;
    }
    let mut book = google.book.lock().unwrap();
    let Some(event) = book.events.get_mut(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if event["status"] == "cancelled" {
        return StatusCode::GONE.into_response();
    }
    event["status"] = json!("cancelled");
    StatusCode::NO_CONTENT.into_response()
}

/// A new key as the console of the provider hands it out, and its public half.
fn key_pair() -> (String, Vec<u8>) {
    let made = Command::new("openssl")
        .args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        .output()
        .unwrap();
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
    let pem = String::from_utf8(made.stdout).unwrap();
    let body: String = pem.lines().filter(|it| !it.starts_with("-----")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    let pair = ring::signature::RsaKeyPair::from_pkcs8(&der).unwrap();
    let public = ring::signature::KeyPair::public_key(&pair).as_ref().to_vec();

    (pem, public)
}
