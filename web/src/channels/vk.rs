//! VK: Callback API of a community (dev.vk.com/ru/api/callback/getting-started) and `messages.send`.

use jiff::Timestamp;
use job_core::chat::{Enclosure, Letter, Parcel, Said};
use job_core::outbox::Outcome;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::bot::Bot;
use super::reading::{number, short, text};
use crate::post::carrier::refused;

const VERSION: &str = "5.199";
/// A dialogue with a person; above are chats of many.
const CHATS_FROM: i64 = 2_000_000_000;
/// API errors that pass: too many requests per second (6), flood (9), internal (10), 29 (rate limit).
const LATER: [i64; 4] = [6, 9, 10, 29];
const BUTTON_LETTERS: usize = 40;

/// What `confirmation` wants back, for our community only.
pub(super) fn confirmation<'a>(bot: &'a Bot, body: &Value) -> Option<&'a str> {
    let asked = body["type"] == "confirmation" && is_ours(bot, body);
    asked.then_some(bot.confirmation.as_str())
}

fn is_ours(bot: &Bot, body: &Value) -> bool {
    number(&body["group_id"]).as_deref() == Some(bot.account.as_str())
}

pub(super) fn read(bot: &Bot, body: &Value) -> Vec<Letter> {
    if body["type"] != "message_new" || !is_ours(bot, body) {
        return Vec::new();
    }
    one(body).into_iter().collect()
}

fn one(body: &Value) -> Option<Letter> {
    let message = &body["object"]["message"];
    let peer = message["peer_id"].as_i64().filter(|peer| (1..CHATS_FROM).contains(peer))?;
    Some(Letter {
        update: text(&body["event_id"])?.to_owned(),
        chat: peer.to_string(),
        sent: Timestamp::from_second(message["date"].as_i64()?).ok()?,
        said: said(message)?,
    })
}

fn said(message: &Value) -> Option<Said> {
    let words = text(&message["text"]).unwrap_or_default();
    let pressed: Option<Value> =
        text(&message["payload"]).and_then(|payload| serde_json::from_str(payload).ok());
    if pressed.as_ref().is_some_and(|payload| payload["command"] == "start") {
        return Some(Said::Opened);
    }
    // Labels are cut, payloads are whole.
    if let Some(whole) = pressed.as_ref().and_then(|payload| text(&payload["say"])) {
        return Some(Said::Text(whole.to_owned()));
    }
    let attached = message["attachments"].as_array().and_then(|all| all.first());
    if let Some(said) = attached.and_then(|it| enclosed(it, words)) {
        return Some(said);
    }
    if let Some(latitude) = message["geo"]["coordinates"]["latitude"].as_f64() {
        let longitude = message["geo"]["coordinates"]["longitude"].as_f64()?;
        return Some(Said::Place { latitude, longitude });
    }
    (!words.is_empty()).then(|| Said::Text(words.to_owned()))
}

fn enclosed(attachment: &Value, caption: &str) -> Option<Said> {
    let kind = text(&attachment["type"])?;
    let file = &attachment[kind];
    let enclosure = |at: &str, name: &str| Enclosure {
        at: at.to_owned(),
        name: name.to_owned(),
        caption: caption.to_owned(),
        bytes: file["size"].as_u64(),
    };
    match kind {
        "audio_message" => Some(Said::Voice(enclosure(text(&file["link_ogg"])?, ""))),
        "photo" => {
            let sizes = file["sizes"].as_array()?;
            let largest = sizes.iter().max_by_key(|size| size["width"].as_i64())?;
            Some(Said::File(enclosure(text(&largest["url"])?, "")))
        }
        "doc" => {
            let name = text(&file["title"]).unwrap_or_default();
            Some(Said::File(enclosure(text(&file["url"])?, name)))
        }
        _ => None,
    }
}

/// `random` is the same for the same message: VK drops what it has sent before.
pub(super) fn send(
    bot: &Bot,
    client: &Client,
    chat: &str,
    parcel: &Parcel,
    random: i32,
) -> RequestBuilder {
    let row = |row: &[String]| -> Value { row.iter().map(|words| button(words)).collect() };
    let rows: Vec<Value> = parcel.choices.chunks(2).map(row).collect();
    let keyboard = json!({ "one_time": true, "buttons": rows }).to_string();
    client.post(format!("{}/messages.send", bot.base())).form(&[
        ("peer_id", chat),
        ("message", &parcel.text),
        ("random_id", &random.to_string()),
        ("keyboard", &keyboard),
        ("access_token", &bot.token),
        ("v", VERSION),
    ])
}

fn button(words: &str) -> Value {
    json!({ "action": {
        "type": "text",
        "label": short(words, BUTTON_LETTERS),
        "payload": json!({ "say": words }).to_string(),
    } })
}

/// VK answers 200 always.
pub(super) fn sent(status: StatusCode, answer: &Value) -> Outcome {
    if let Some(id) = number(&answer["response"]) {
        return Outcome::Delivered { id: Some(id) };
    }
    match answer["error"]["error_code"].as_i64() {
        Some(code) if LATER.contains(&code) => {
            Outcome::Later { why: format!("error {code}"), after: None }
        }
        Some(code) => refused(code, text(&answer["error"]["error_msg"]).unwrap_or_default()),
        None => Outcome::Later { why: format!("answered {status} without an id"), after: None },
    }
}
