//! Telegram, WhatsApp, Viber, VK and MAX as local servers, written from their documentation: what they
//! hand over and how they sign it, what they take and what they answer.
//!
//! Sources: core.telegram.org/bots/api, developers.facebook.com/docs/whatsapp/cloud-api,
//! developers.viber.com/docs/api/rest-bot-api, dev.vk.com/ru/api/callback and /method/messages.send,
//! dev.max.ru/docs-api.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use web::channels::bot::{Bot, Kind, Serves};

pub(crate) const TOKEN: &str = "777:token";
pub(crate) const SECRET: &str = "the-secret";
pub(crate) const CONFIRMATION: &str = "confirm-me";
pub(crate) const ACCOUNT: &str = "106540352242922";
pub(crate) const KINDS: [Kind; 5] =
    [Kind::Telegram, Kind::Whatsapp, Kind::Viber, Kind::Vk, Kind::Max];

/// What somebody does in the messenger.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    Opens,
    Writes(&'static str),
    /// One of the buttons below the last message.
    Presses(String),
    SharesOwnNumber(&'static str),
    SharesAnothersNumber(&'static str),
    Sends {
        file: &'static str,
        caption: &'static str,
    },
    Speaks(&'static str),
    Place,
}

/// A message the platform has taken from us.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Taken {
    pub(crate) chat: String,
    pub(crate) text: String,
    pub(crate) buttons: Vec<String>,
    pub(crate) asks_number: bool,
}

#[derive(Default)]
struct Book {
    taken: Vec<Taken>,
    /// VK sends the same `random_id` once.
    randoms: Vec<String>,
    files: HashMap<String, Vec<u8>>,
    /// So many requests are answered with an error of the server first.
    failures: usize,
    updates: Vec<Value>,
}

#[derive(Clone)]
pub(crate) struct Platform {
    pub(crate) kind: Kind,
    url: String,
    book: Arc<Mutex<Book>>,
    count: Arc<AtomicI64>,
}

impl Platform {
    pub(crate) async fn open(kind: Kind) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let book = Arc::default();
        let platform = Self { kind, url, book, count: Arc::new(AtomicI64::new(1_000)) };
        let routes = Router::new()
            .route("/bot{token}/sendMessage", post(telegram))
            .route("/bot{token}/getFile", get(telegram_file))
            .route("/bot{token}/getUpdates", post(telegram_updates))
            .route("/file/bot{token}/{name}", get(file))
            .route("/{account}/messages", post(whatsapp))
            .route("/{media}", get(whatsapp_media))
            .route("/lookaside/{name}", get(file))
            .route("/send_message", post(viber))
            .route("/messages.send", post(vk))
            .route("/messages", post(max))
            .with_state(platform.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        platform
    }

    pub(crate) fn bot(&self, serves: Serves) -> Bot {
        Bot {
            kind: self.kind,
            number: "100".into(),
            serves,
            token: TOKEN.into(),
            secret: SECRET.into(),
            confirmation: CONFIRMATION.into(),
            account: ACCOUNT.into(),
            sender: "Мастера".into(),
            base: self.url.clone(),
            polls: false,
        }
    }

    pub(crate) fn keep_file(&self, name: &str, bytes: Vec<u8>) {
        self.book.lock().unwrap().files.insert(name.into(), bytes);
    }

    pub(crate) fn fail(&self, times: usize) {
        self.book.lock().unwrap().failures = times;
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.book.lock().unwrap().taken.clone()
    }

    pub(crate) fn offer_update(&self, update: Value) {
        self.book.lock().unwrap().updates.push(update);
    }

    /// The update of that deed, numbered anew; `second` after a fixed moment.
    pub(crate) fn update(&self, chat: i64, does: &Does, second: i64) -> Value {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let at = 1_795_000_000 + second;
        match self.kind {
            Kind::Telegram => telegram_update(number, chat, does, at),
            Kind::Whatsapp => whatsapp_update(number, chat, does, at),
            Kind::Viber => viber_update(&self.url, number, chat, does, at),
            Kind::Vk => vk_update(&self.url, number, chat, does, at),
            Kind::Max => max_update(&self.url, number, chat, does, at),
        }
    }

    /// The headers the platform proves itself with.
    pub(crate) fn signed(&self, body: &str) -> Vec<(&'static str, String)> {
        match self.kind {
            Kind::Telegram => vec![("X-Telegram-Bot-Api-Secret-Token", SECRET.into())],
            Kind::Whatsapp => {
                vec![("X-Hub-Signature-256", format!("sha256={}", mac(SECRET, body)))]
            }
            Kind::Viber => vec![("X-Viber-Content-Signature", mac(TOKEN, body))],
            Kind::Vk => vec![],
            Kind::Max => vec![("X-Max-Bot-Api-Secret", SECRET.into())],
        }
    }

    /// The chat as the platform names it to us.
    pub(crate) fn chat(&self, chat: i64) -> String {
        match self.kind {
            Kind::Whatsapp => format!("7911{chat:07}"),
            Kind::Viber => format!("01234567890A{chat}=="),
            Kind::Telegram | Kind::Vk | Kind::Max => chat.to_string(),
        }
    }
}

fn mac(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn telegram_update(number: i64, chat: i64, does: &Does, at: i64) -> Value {
    let mut message = json!({
        "message_id": number,
        "from": { "id": chat, "is_bot": false, "first_name": "Анна", "language_code": "ru" },
        "chat": { "id": chat, "first_name": "Анна", "type": "private" },
        "date": at,
    });
    match does {
        Does::Opens => message["text"] = "/start".into(),
        Does::Writes(text) => message["text"] = (*text).into(),
        Does::Presses(text) => message["text"] = text.as_str().into(),
        Does::SharesOwnNumber(phone) => {
            message["contact"] = json!({
                "phone_number": phone.trim_start_matches('+'), "first_name": "Анна", "user_id": chat,
            });
        }
        Does::SharesAnothersNumber(phone) => {
            message["contact"] =
                json!({ "phone_number": phone, "first_name": "Пётр", "user_id": chat + 1 });
        }
        Does::Sends { file, caption } => {
            message["photo"] = json!([
                { "file_id": "small", "file_unique_id": "s", "width": 90, "height": 67, "file_size": 900 },
                { "file_id": file, "file_unique_id": "l", "width": 1280, "height": 960, "file_size": 90_000 },
            ]);
            message["caption"] = (*caption).into();
        }
        Does::Speaks(file) => {
            message["voice"] = json!({
                "duration": 2, "mime_type": "audio/ogg", "file_id": file, "file_unique_id": "v",
                "file_size": 9_000,
            });
        }
        Does::Place => message["location"] = json!({ "latitude": 54.71, "longitude": 20.51 }),
    }
    json!({ "update_id": number, "message": message })
}

fn whatsapp_update(number: i64, chat: i64, does: &Does, at: i64) -> Value {
    let from = format!("7911{chat:07}");
    let mut message = json!({
        "from": from, "id": format!("wamid.{number}"), "timestamp": at.to_string(),
    });
    match does {
        // WhatsApp has no button for beginning: people write.
        Does::Opens => {
            message["type"] = "text".into();
            message["text"] = json!({ "body": "Здравствуйте" });
        }
        Does::Writes(text) => {
            message["type"] = "text".into();
            message["text"] = json!({ "body": text });
        }
        Does::Presses(text) => {
            message["type"] = "interactive".into();
            message["interactive"] =
                json!({ "type": "button_reply", "button_reply": { "id": text, "title": text } });
        }
        Does::SharesOwnNumber(phone) | Does::SharesAnothersNumber(phone) => {
            message["type"] = "contacts".into();
            message["contacts"] =
                json!([{ "name": { "formatted_name": "А" }, "phones": [{ "phone": phone }] }]);
        }
        Does::Sends { file, caption } => {
            message["type"] = "image".into();
            message["image"] =
                json!({ "id": file, "mime_type": "image/jpeg", "sha256": "…", "caption": caption });
        }
        Does::Speaks(file) => {
            message["type"] = "audio".into();
            message["audio"] =
                json!({ "id": file, "mime_type": "audio/ogg; codecs=opus", "voice": true });
        }
        Does::Place => {
            message["type"] = "location".into();
            message["location"] = json!({ "latitude": 54.71, "longitude": 20.51 });
        }
    }
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "0", "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "74012000000", "phone_number_id": ACCOUNT },
            "contacts": [{ "profile": { "name": "Анна" }, "wa_id": from }],
            "messages": [message],
        } }] }],
    })
}

fn viber_update(url: &str, number: i64, chat: i64, does: &Does, at: i64) -> Value {
    let person = json!({ "id": format!("01234567890A{chat}=="), "name": "Анна", "language": "ru" });
    let message = match does {
        Does::Opens => {
            return json!({
                "event": "conversation_started", "timestamp": at * 1_000, "message_token": number,
                "type": "open", "user": person, "subscribed": false,
            });
        }
        Does::Writes(text) => json!({ "type": "text", "text": text }),
        Does::Presses(text) => json!({ "type": "text", "text": text }),
        Does::SharesOwnNumber(phone) => json!({
            "type": "contact", "contact": { "name": "Анна", "phone_number": phone },
            "tracking_data": "share-phone",
        }),
        Does::SharesAnothersNumber(phone) => {
            json!({ "type": "contact", "contact": { "name": "Пётр", "phone_number": phone } })
        }
        Does::Sends { file, caption } => {
            json!({ "type": "picture", "media": format!("{url}/lookaside/{file}"), "text": caption })
        }
        Does::Speaks(file) => {
            json!({ "type": "file", "media": format!("{url}/lookaside/{file}"), "file_name": "a.ogg", "size": 900 })
        }
        Does::Place => json!({ "type": "location", "location": { "lat": 54.71, "lon": 20.51 } }),
    };
    json!({
        "event": "message", "timestamp": at * 1_000, "message_token": 4_912_661_846_655_238_145_i64 + number,
        "sender": person, "message": message,
    })
}

fn vk_update(url: &str, number: i64, chat: i64, does: &Does, at: i64) -> Value {
    let mut message = json!({
        "date": at, "from_id": chat, "id": number, "out": 0, "peer_id": chat, "text": "",
        "attachments": [], "conversation_message_id": number,
    });
    match does {
        Does::Opens => {
            message["text"] = "Начать".into();
            message["payload"] = "{\"command\":\"start\"}".into();
        }
        Does::Writes(text) => message["text"] = (*text).into(),
        Does::Presses(text) => {
            message["text"] = text.as_str().into();
            message["payload"] = json!({ "say": text }).to_string().into();
        }
        // VK shares no numbers.
        Does::SharesOwnNumber(phone) | Does::SharesAnothersNumber(phone) => {
            message["text"] = (*phone).into();
        }
        Does::Sends { file, caption } => {
            message["text"] = (*caption).into();
            message["attachments"] = json!([{ "type": "photo", "photo": { "sizes": [
                { "type": "s", "url": format!("{url}/lookaside/none"), "width": 75, "height": 56 },
                { "type": "w", "url": format!("{url}/lookaside/{file}"), "width": 1280, "height": 960 },
            ] } }]);
        }
        Does::Speaks(file) => {
            message["attachments"] = json!([{ "type": "audio_message", "audio_message": {
                "duration": 2, "link_ogg": format!("{url}/lookaside/{file}"),
            } }]);
        }
        Does::Place => {
            message["geo"] = json!({ "type": "point", "coordinates": { "latitude": 54.71, "longitude": 20.51 } });
        }
    }
    json!({
        "group_id": ACCOUNT.parse::<i64>().unwrap(), "type": "message_new",
        "event_id": format!("e{number}"), "v": "5.199", "secret": SECRET,
        "object": { "message": message, "client_info": { "keyboard": true } },
    })
}

fn max_update(url: &str, number: i64, chat: i64, does: &Does, at: i64) -> Value {
    let sender = json!({ "user_id": chat + 5, "first_name": "Анна", "is_bot": false });
    let recipient = json!({ "chat_id": chat, "chat_type": "dialog", "user_id": 42 });
    let mut body = json!({ "mid": format!("mid.{number}"), "seq": number, "text": null });
    let attached = |it: Value| json!([it]);
    match does {
        Does::Opens => {
            return json!({
                "update_type": "bot_started", "timestamp": at * 1_000 + number, "chat_id": chat,
                "user": sender, "user_locale": "ru",
            });
        }
        Does::Presses(text) => {
            return json!({
                "update_type": "message_callback", "timestamp": at * 1_000,
                "callback": {
                    "timestamp": at * 1_000, "callback_id": format!("f9{number}"), "payload": text,
                    "user": sender,
                },
                "message": { "sender": { "user_id": 42, "is_bot": true }, "recipient": recipient,
                    "body": body },
            });
        }
        Does::Writes(text) => body["text"] = (*text).into(),
        Does::SharesOwnNumber(phone) => body["attachments"] = attached(max_card(phone, chat + 5)),
        Does::SharesAnothersNumber(phone) => {
            body["attachments"] = attached(max_card(phone, chat + 6));
        }
        Does::Sends { file, caption } => {
            body["text"] = (*caption).into();
            body["attachments"] = attached(json!({
                "type": "image",
                "payload": { "photo_id": 1, "token": "t", "url": format!("{url}/lookaside/{file}") },
            }));
        }
        Does::Speaks(file) => {
            body["attachments"] = attached(json!({
                "type": "audio", "payload": { "url": format!("{url}/lookaside/{file}"), "token": "t" },
            }));
        }
        Does::Place => {
            body["attachments"] =
                attached(json!({ "type": "location", "latitude": 54.71, "longitude": 20.51 }));
        }
    }
    json!({
        "update_type": "message_created", "timestamp": at * 1_000, "user_locale": "ru",
        "message": { "sender": sender, "recipient": recipient, "timestamp": at * 1_000, "body": body },
    })
}

fn max_card(phone: &str, user: i64) -> Value {
    let digits = phone.trim_start_matches('+');
    json!({ "type": "contact", "payload": {
        "vcf_info": format!("BEGIN:VCARD\r\nVERSION:3.0\r\nTEL;TYPE=cell:{digits}\r\nFN:Анна\r\nEND:VCARD\r\n"),
        "max_info": { "user_id": user, "first_name": "Анна", "is_bot": false },
    } })
}

impl Platform {
    fn take(&self, taken: Taken) -> i64 {
        self.book.lock().unwrap().taken.push(taken);
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    /// An error of the server, while there are some left.
    fn failing(&self) -> Option<Response> {
        let mut book = self.book.lock().unwrap();
        book.failures = book.failures.checked_sub(1)?;
        Some(StatusCode::BAD_GATEWAY.into_response())
    }
}

async fn telegram(
    State(platform): State<Platform>,
    Path(token): Path<String>,
    Json(message): Json<Value>,
) -> Response {
    if let Some(failed) = platform.failing() {
        return failed;
    }
    let error = |code: u16, words: &str| {
        let body = json!({ "ok": false, "error_code": code, "description": words });
        (StatusCode::from_u16(code).unwrap(), Json(body)).into_response()
    };
    if token != TOKEN {
        return error(401, "Unauthorized");
    }
    let text = text(&message["text"]);
    if text.is_empty() || text.chars().count() > 4_096 {
        return error(400, "Bad Request: message text is empty or too long");
    }
    let keys: Vec<Value> = rows(&message["reply_markup"]["keyboard"]);
    let contact = keys.iter().any(|key| key["request_contact"] == true);
    let plain = keys.iter().filter(|key| key["request_contact"] != true);
    let number = platform.take(Taken {
        chat: message["chat_id"].as_str().unwrap().into(),
        text,
        buttons: plain.map(|key| key["text"].as_str().unwrap().to_owned()).collect(),
        asks_number: contact,
    });
    Json(json!({ "ok": true, "result": { "message_id": number } })).into_response()
}

async fn telegram_file(
    State(platform): State<Platform>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let name = &asked["file_id"];
    if !platform.book.lock().unwrap().files.contains_key(name) {
        let body = json!({ "ok": false, "error_code": 400, "description": "Bad Request: invalid file_id" });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    Json(json!({ "ok": true, "result": { "file_id": name, "file_path": name } })).into_response()
}

/// Updates before `offset` are forgotten, as the API says.
async fn telegram_updates(
    State(platform): State<Platform>,
    Json(asked): Json<Value>,
) -> Json<Value> {
    let offset = asked["offset"].as_i64().unwrap();
    let updates = {
        let mut book = platform.book.lock().unwrap();
        book.updates.retain(|it| it["update_id"].as_i64().unwrap() >= offset);
        book.updates.clone()
    };
    if updates.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Json(json!({ "ok": true, "result": updates }))
}

async fn file(State(platform): State<Platform>, path: Path<Vec<(String, String)>>) -> Response {
    let name = &path.0.last().unwrap().1;
    match platform.book.lock().unwrap().files.get(name) {
        Some(bytes) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn whatsapp(
    State(platform): State<Platform>,
    Path(account): Path<String>,
    headers: HeaderMap,
    Json(message): Json<Value>,
) -> Response {
    if let Some(failed) = platform.failing() {
        return failed;
    }
    let error = |status: StatusCode, code: i64, words: &str| {
        (status, Json(json!({ "error": { "code": code, "message": words } }))).into_response()
    };
    if headers["authorization"] != format!("Bearer {TOKEN}") || account != ACCOUNT {
        return error(StatusCode::UNAUTHORIZED, 190, "Invalid OAuth access token");
    }
    let interactive = &message["interactive"];
    let action = &interactive["action"];
    let replies: Vec<Value> = match text(&interactive["type"]).as_str() {
        "button" => list(&action["buttons"]).iter().map(|it| it["reply"].clone()).collect(),
        "list" => list(&action["sections"][0]["rows"]),
        _ => Vec::new(),
    };
    let too_long = |reply: &Value| text(&reply["title"]).chars().count() > 24;
    if list(&action["buttons"]).len() > 3 || replies.len() > 10 || replies.iter().any(too_long) {
        return error(StatusCode::BAD_REQUEST, 131_009, "Parameter value is not valid");
    }
    let body = if interactive.is_object() {
        &interactive["body"]["text"]
    } else {
        &message["text"]["body"]
    };
    let number = platform.take(Taken {
        chat: message["to"].as_str().unwrap().into(),
        text: text(body),
        buttons: replies.iter().map(|reply| text(&reply["id"])).collect(),
        asks_number: false,
    });
    Json(json!({ "messaging_product": "whatsapp", "messages": [{ "id": format!("wamid.{number}") }] }))
        .into_response()
}

async fn whatsapp_media(State(platform): State<Platform>, Path(media): Path<String>) -> Response {
    if !platform.book.lock().unwrap().files.contains_key(&media) {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": { "code": 100 } })))
            .into_response();
    }
    Json(json!({ "url": format!("{}/lookaside/{media}", platform.url), "mime_type": "image/jpeg" }))
        .into_response()
}

async fn viber(
    State(platform): State<Platform>,
    headers: HeaderMap,
    Json(message): Json<Value>,
) -> Response {
    if let Some(failed) = platform.failing() {
        return failed;
    }
    if headers["x-viber-auth-token"] != TOKEN {
        return Json(json!({ "status": 2, "status_message": "invalidAuthToken" })).into_response();
    }
    if message["sender"]["name"].as_str().is_none_or(|name| name.chars().count() > 28) {
        return Json(json!({ "status": 3, "status_message": "badData" })).into_response();
    }
    let keys = list(&message["keyboard"]["Buttons"]);
    let share = |key: &&Value| key["ActionType"] == "share-phone";
    let number = platform.take(Taken {
        chat: text(&message["receiver"]),
        text: text(&message["text"]),
        buttons: keys.iter().filter(|it| !share(it)).map(|it| text(&it["ActionBody"])).collect(),
        asks_number: keys.iter().any(|it| share(&it)),
    });
    Json(json!({ "status": 0, "status_message": "ok", "message_token": number })).into_response()
}

async fn vk(
    State(platform): State<Platform>,
    Form(message): Form<HashMap<String, String>>,
) -> Response {
    if let Some(failed) = platform.failing() {
        return failed;
    }
    let error = |code: i64, words: &str| {
        Json(json!({ "error": { "error_code": code, "error_msg": words } })).into_response()
    };
    if message["access_token"] != TOKEN {
        return error(5, "User authorization failed");
    }
    let keyboard: Value = serde_json::from_str(&message["keyboard"]).unwrap();
    let keys = rows(&keyboard["buttons"]);
    if keys.iter().any(|key| text(&key["action"]["label"]).chars().count() > 40) {
        return error(911, "Keyboard format is invalid");
    }
    let random = message["random_id"].clone();
    let said = |key: &Value| -> String {
        let payload: Value = serde_json::from_str(&text(&key["action"]["payload"])).unwrap();
        text(&payload["say"])
    };
    let known = {
        let mut book = platform.book.lock().unwrap();
        let known = book.randoms.contains(&random);
        book.randoms.push(random);
        known
    };
    if known {
        return Json(json!({ "response": 1 })).into_response();
    }
    let number = platform.take(Taken {
        chat: message["peer_id"].clone(),
        text: message["message"].clone(),
        buttons: keys.iter().map(said).collect(),
        asks_number: false,
    });
    Json(json!({ "response": number })).into_response()
}

async fn max(
    State(platform): State<Platform>,
    Query(to): Query<HashMap<String, String>>,
    headers: HeaderMap,
    Json(message): Json<Value>,
) -> Response {
    if let Some(failed) = platform.failing() {
        return failed;
    }
    if headers["authorization"] != TOKEN {
        let body = json!({ "code": "verify.token", "message": "Invalid access_token" });
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    let keys = rows(&message["attachments"][0]["payload"]["buttons"]);
    let share = |key: &&Value| key["type"] == "request_contact";
    let number = platform.take(Taken {
        chat: to["chat_id"].clone(),
        text: text(&message["text"]),
        buttons: keys.iter().filter(|it| !share(it)).map(|it| text(&it["payload"])).collect(),
        asks_number: keys.iter().any(|it| share(&it)),
    });
    Json(json!({ "message": { "body": { "mid": format!("mid.{number}") } } })).into_response()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// Buttons in rows, row after row.
fn rows(value: &Value) -> Vec<Value> {
    list(value).iter().flat_map(list).collect()
}
