//! YooKassa as a local server, from its documentation (yookassa.ru/developers/api): the same
//! `Idempotence-Key` is the same payment, amounts are texts, errors have a code and a description.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use web::till::yookassa::YooKassa;
use web::till::{Settings, Till};

/// Longer than the till waits.
const TOO_SLOW: Duration = Duration::from_millis(400);

/// What goes wrong with the next requests, in order.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    /// It is done, and the answer comes too late.
    LateAnswer,
    Broken,
    Busy,
    /// 202: still at it.
    Processing,
    Nonsense,
}

#[derive(Debug, Default)]
struct Books {
    payments: HashMap<String, Value>,
    keys: HashMap<String, String>,
    refunds: HashMap<String, Value>,
    troubles: Vec<Trouble>,
}

#[derive(Clone)]
pub(crate) struct Provider {
    url: String,
    books: Arc<Mutex<Books>>,
}

impl Provider {
    pub(crate) async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v3", listener.local_addr().unwrap());
        let provider = Self { url, books: Arc::default() };
        let app = Router::new()
            .route("/v3/payments", post(open))
            .route("/v3/payments/{id}", get(look))
            .route("/v3/refunds", post(give_back))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        provider
    }

    pub(crate) fn till(&self) -> Till {
        let yookassa =
            YooKassa { shop: "100500".into(), secret: "test_key".into(), base: self.url.clone() };
        Till::open(Settings { yookassa: Some(yookassa), patience_ms: 150 })
    }

    pub(crate) fn has_troubles(&self, troubles: &[Trouble]) {
        self.books.lock().unwrap().troubles = troubles.iter().rev().copied().collect();
    }

    /// The only payment.
    pub(crate) fn payment(&self) -> Value {
        let books = self.books.lock().unwrap();
        assert_eq!(books.payments.len(), 1, "payments");
        books.payments.values().next().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.books.lock().unwrap().payments.len()
    }

    /// The client pays, or lets it expire.
    pub(crate) fn becomes(&self, status: &str) {
        let mut books = self.books.lock().unwrap();
        for payment in books.payments.values_mut() {
            payment["status"] = json!(status);
            payment["paid"] = json!(status == "succeeded");
        }
    }

    /// What comes before the answer proper, after the deed was done.
    async fn troubled(&self, headers: &HeaderMap) -> Option<Response> {
        // "100500:test_key"
        if headers["authorization"] != "Basic MTAwNTAwOnRlc3Rfa2V5" {
            let error = json!({"type": "error", "code": "invalid_credentials", "description": "?"});
            return Some((StatusCode::UNAUTHORIZED, Json(error)).into_response());
        }
        let trouble = {
            let mut books = self.books.lock().unwrap();
            books.troubles.pop()
        };
        match trouble? {
            Trouble::LateAnswer => {
                tokio::time::sleep(TOO_SLOW).await;
                None
            }
            Trouble::Broken => Some(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
            Trouble::Busy => Some(StatusCode::TOO_MANY_REQUESTS.into_response()),
            Trouble::Processing => {
                let wait = json!({"type": "processing", "retry_after": 100});
                Some((StatusCode::ACCEPTED, Json(wait)).into_response())
            }
            Trouble::Nonsense => Some("<html>".into_response()),
        }
    }
}

async fn open(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let key = headers["idempotence-key"].to_str().unwrap().to_owned();
    let sum: f64 = body["amount"]["value"].as_str().unwrap().parse().unwrap();
    if sum < 1.0 {
        let error = json!({
            "type": "error", "code": "invalid_request", "parameter": "amount.value",
            "description": "Amount is less than the minimum",
        });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let payment = {
        let mut books = provider.books.lock().unwrap();
        let count = books.payments.len();
        let id = books.keys.entry(key).or_insert_with(|| format!("pay-{count}")).clone();
        let made = json!({
            "id": id, "status": "pending", "paid": false, "amount": body["amount"],
            "confirmation": {"type": "redirect", "confirmation_url": format!("https://pay.test/{id}")},
            "metadata": body["metadata"], "description": body["description"],
            "payment_method": body["payment_method_data"], "receipt": body["receipt"],
        });
        books.payments.entry(id).or_insert(made).clone()
    };

    match provider.troubled(&headers).await {
        Some(trouble) => trouble,
        None => Json(payment).into_response(),
    }
}

async fn look(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Some(trouble) = provider.troubled(&headers).await {
        return trouble;
    }
    let payment = provider.books.lock().unwrap().payments.get(&id).cloned();

    match payment {
        Some(payment) => Json(payment).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn give_back(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let key = headers["idempotence-key"].to_str().unwrap().to_owned();
    let answer = {
        let mut books = provider.books.lock().unwrap();
        let known = books.refunds.get(&key).cloned();
        known.unwrap_or_else(|| {
            let id = body["payment_id"].as_str().unwrap().to_owned();
            let sum = |it: &Value| it["value"].as_str().map_or(0.0, |it| it.parse().unwrap());
            let payment = books.payments.get_mut(&id).unwrap();
            let back = sum(&payment["refunded_amount"]) + sum(&body["amount"]);
            payment["refunded_amount"] = json!({"value": format!("{back:.2}"), "currency": "RUB"});
            let made =
                json!({"id": format!("back-{key}"), "payment_id": id, "status": "succeeded"});
            books.refunds.insert(key, made.clone());
            made
        })
    };

    match provider.troubled(&headers).await {
        Some(trouble) => trouble,
        None => Json(answer).into_response(),
    }
}
