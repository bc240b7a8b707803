//! SMS.ru, Twilio, Telegram, WhatsApp, ntfy and a customer's webhook as local servers, in a good or bad mood.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::TOO_SLOW;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    /// The line is cut in the middle of the request.
    Down,
    /// Takes no message, after longer than anybody waits.
    Slow,
    /// 429, try again in 30 seconds.
    Busy,
    /// 500.
    Broken,
    /// No such number.
    Refuses,
    /// Takes it, and says later that it did not arrive.
    Loses,
    /// 200 with a page that is no JSON.
    Nonsense,
}

impl Mood {
    pub(crate) fn delivers(self) -> bool {
        self == Self::Good
    }
}

#[derive(Debug, Default)]
struct Book {
    asked: usize,
    /// Told to arrive.
    delivered: HashSet<String>,
    texts: Vec<String>,
    lost: HashSet<String>,
}

#[derive(Clone)]
pub(crate) struct Provider {
    url: String,
    mood: Arc<Mutex<Mood>>,
    book: Arc<Mutex<Book>>,
}

impl Provider {
    pub(crate) async fn sms_ru(mood: Mood) -> Self {
        Self::serving(mood, |routes| {
            routes.route("/sms/send", post(sms_ru_send)).route("/sms/status", post(sms_ru_status))
        })
        .await
    }

    pub(crate) async fn twilio(mood: Mood) -> Self {
        Self::serving(mood, |routes| {
            routes
                .route("/2010-04-01/Accounts/{account}/Messages.json", post(twilio_send))
                .route("/2010-04-01/Accounts/{account}/Messages/{name}", get(twilio_status))
        })
        .await
    }

    pub(crate) async fn telegram(mood: Mood) -> Self {
        Self::serving(mood, |routes| routes.route("/bot{token}/sendMessage", post(telegram))).await
    }

    pub(crate) async fn whatsapp(mood: Mood) -> Self {
        Self::serving(mood, |routes| routes.route("/{number}/messages", post(whatsapp))).await
    }

    pub(crate) async fn push(mood: Mood) -> Self {
        Self::serving(mood, |routes| routes.route("/", post(push))).await
    }

    pub(crate) async fn webhook(mood: Mood) -> Self {
        Self::serving(mood, |routes| routes.route("/", post(webhook))).await
    }

    async fn serving(mood: Mood, routes: impl FnOnce(Router<Self>) -> Router<Self>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self { url, mood: Arc::new(Mutex::new(mood)), book: Arc::default() };
        let app = routes(Router::new()).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        provider
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn feels(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn asked(&self) -> usize {
        self.book.lock().unwrap().asked
    }

    pub(crate) fn delivered(&self) -> usize {
        self.book.lock().unwrap().delivered.len()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.book.lock().unwrap().texts.clone()
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    /// `Some`: what a bad mood answers before anything is looked at.
    async fn grumble(&self) -> Option<Response> {
        let mood = self.mood();
        match mood {
            Mood::Down => panic!("the line is cut"),
            Mood::Slow => {
                tokio::time::sleep(TOO_SLOW).await;
                Some(StatusCode::BAD_GATEWAY.into_response())
            }
            Mood::Busy => {
                Some((StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")]).into_response())
            }
            Mood::Broken => Some(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
            Mood::Nonsense => Some("<html>Service page</html>".into_response()),
            Mood::Good | Mood::Refuses | Mood::Loses => None,
        }
    }

    fn take(&self, text: String) -> String {
        let mut book = self.book.lock().unwrap();
        let id = format!("id-{}", book.asked);
        match self.mood() {
            Mood::Loses => book.lost.insert(id.clone()),
            _ => book.delivered.insert(id.clone()),
        };
        book.texts.push(text);
        id
    }

    fn note(&self) {
        self.book.lock().unwrap().asked += 1;
    }

    fn lost(&self, id: &str) -> bool {
        self.book.lock().unwrap().lost.contains(id)
    }
}

/// sms.ru/api/send: 100 for the request and for each number; 202 is a wrong number.
async fn sms_ru_send(
    State(provider): State<Provider>,
    Query(form): Query<Vec<(String, String)>>,
) -> Response {
    provider.note();
    if let Some(answer) = provider.grumble().await {
        return answer;
    }
    let of = |name: &str| form.iter().find(|it| it.0 == name).map(|it| it.1.clone()).unwrap();
    assert_eq!((of("api_id"), of("json")), ("key".into(), "1".into()));
    let to = of("to");
    let sms = match provider.mood() {
        Mood::Refuses => {
            json!({"status": "ERROR", "status_code": 202, "status_text": "Wrong number"})
        }
        _ => {
            let id = provider.take(format!("{to}: {}", of("msg")));
            json!({"status": "OK", "status_code": 100, "sms_id": id})
        }
    };

    Json(json!({"status": "OK", "status_code": 100, "sms": {to: sms}, "balance": 4122.56}))
        .into_response()
}

/// sms.ru/api/status: 103 delivered, 105 failed because it was too old.
async fn sms_ru_status(
    State(provider): State<Provider>,
    Query(form): Query<Vec<(String, String)>>,
) -> Json<Value> {
    let id = form.iter().find(|it| it.0 == "sms_id").map(|it| it.1.clone()).unwrap();
    let (code, text) = if provider.lost(&id) { (104, "Too old") } else { (103, "Delivered") };

    Json(json!({"status": "OK", "status_code": 100, "sms": {
        id: {"status": "OK", "status_code": code, "status_text": text}
    }}))
}

/// 201 with a sid; 400 and code 21211 for a wrong number.
async fn twilio_send(
    State(provider): State<Provider>,
    Path(account): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    provider.note();
    if let Some(answer) = provider.grumble().await {
        return answer;
    }
    assert_eq!(account, "AC1");
    // "AC1:secret"
    assert_eq!(headers["authorization"], "Basic QUMxOnNlY3JldA==");
    assert!(body.contains("To=%2B79110001234") && body.contains("From=%2B70000000000"), "{body}");
    if provider.mood() == Mood::Refuses {
        let error = json!({"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let id = provider.take(body);

    (StatusCode::CREATED, Json(json!({"sid": id, "status": "queued"}))).into_response()
}

async fn twilio_status(
    State(provider): State<Provider>,
    Path((_, name)): Path<(String, String)>,
) -> Json<Value> {
    let id = name.strip_suffix(".json").unwrap();
    match provider.lost(id) {
        true => Json(json!({
            "sid": id, "status": "undelivered", "error_code": 30003, "error_message": "Unreachable",
        })),
        false => Json(json!({"sid": id, "status": "delivered"})),
    }
}

/// 200 with the message; 403 from somebody who has blocked the bot; 429 says in its body how long to wait.
async fn telegram(
    State(provider): State<Provider>,
    Path(token): Path<String>,
    Json(sent): Json<Value>,
) -> Response {
    provider.note();
    if provider.mood() == Mood::Busy {
        let wait = json!({"ok": false, "error_code": 429, "parameters": {"retry_after": 30},
            "description": "Too Many Requests: retry after 30"});
        return (StatusCode::TOO_MANY_REQUESTS, Json(wait)).into_response();
    }
    if let Some(answer) = provider.grumble().await {
        return answer;
    }
    assert_eq!((token.as_str(), &sent["chat_id"]), ("1:secret", &json!("4711")));
    if matches!(provider.mood(), Mood::Refuses | Mood::Loses) {
        let error = json!({"ok": false, "error_code": 403,
            "description": "Forbidden: bot was blocked by the user"});
        return (StatusCode::FORBIDDEN, Json(error)).into_response();
    }
    provider.take(sent["text"].as_str().unwrap().to_owned());

    Json(json!({"ok": true, "result": {"message_id": 77}})).into_response()
}

/// 200 with the message's id; an error has a code of its own, and a rate limit comes as 400.
async fn whatsapp(
    State(provider): State<Provider>,
    Path(number): Path<String>,
    headers: HeaderMap,
    Json(sent): Json<Value>,
) -> Response {
    provider.note();
    let error = |code: i64, message: &str| {
        let error = json!({"error": {"message": message, "type": "OAuthException", "code": code}});
        (StatusCode::BAD_REQUEST, Json(error)).into_response()
    };
    if provider.mood() == Mood::Busy {
        return error(130_429, "(#130429) Rate limit hit");
    }
    if let Some(answer) = provider.grumble().await {
        return answer;
    }
    assert_eq!(
        (number.as_str(), &headers["authorization"]),
        ("5550", &"Bearer secret".parse().unwrap())
    );
    assert_eq!((&sent["to"], &sent["type"]), (&json!("79110001234"), &json!("template")));
    assert_eq!(sent["template"]["name"], "gudok_notice");
    if matches!(provider.mood(), Mood::Refuses | Mood::Loses) {
        return error(131_026, "Message undeliverable");
    }
    let text = sent["template"]["components"][0]["parameters"][0]["text"].as_str().unwrap();
    let id = provider.take(text.to_owned());

    Json(json!({"messaging_product": "whatsapp", "messages": [{"id": id}]})).into_response()
}

/// 200 with the message's id; 403 where the topic is another's; limits come as 429.
async fn push(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Json(sent): Json<Value>,
) -> Response {
    provider.note();
    if let Some(answer) = provider.grumble().await {
        return answer;
    }
    assert_eq!(
        (&sent["topic"], &headers["authorization"]),
        (&json!("gudok-7f3a"), &"Bearer tk_1".parse().unwrap())
    );
    if matches!(provider.mood(), Mood::Refuses | Mood::Loses) {
        let error = json!({"code": 40301, "http": 403, "error": "forbidden"});
        return (StatusCode::FORBIDDEN, Json(error)).into_response();
    }
    let id = provider.take(sent["message"].as_str().unwrap().to_owned());

    Json(json!({"id": id, "event": "message", "topic": "gudok-7f3a"})).into_response()
}

/// Takes a message once by its key, however often it comes, also when it answers too late.
async fn webhook(State(provider): State<Provider>, headers: HeaderMap, body: String) -> StatusCode {
    provider.note();
    let key = headers["idempotency-key"].to_str().unwrap().to_owned();
    assert!(headers["x-gudok-signature"].to_str().unwrap().starts_with("sha256="));
    let sent: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(sent["id"], key);
    provider.book.lock().unwrap().delivered.insert(key);
    if provider.mood() == Mood::Slow {
        tokio::time::sleep(TOO_SLOW).await;
    }
    StatusCode::NO_CONTENT
}
