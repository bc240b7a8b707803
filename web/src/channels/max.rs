//! MAX's bot API (dev.max.ru/docs-api): updates, inline keyboards.

use jiff::Timestamp;
use job_core::chat::{Enclosure, Letter, Parcel, Said};
use job_core::outbox::Outcome;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::bot::Bot;
use super::reading::{number, text};
use crate::post::carrier::refused;

/// The header with what was given as `secret` to `POST /subscriptions`.
pub(super) const SECRET: &str = "x-max-bot-api-secret";

pub(super) fn read(body: &Value) -> Vec<Letter> {
    one(body).into_iter().collect()
}

fn one(body: &Value) -> Option<Letter> {
    let millis = body["timestamp"].as_i64()?;
    let sent = Timestamp::from_millisecond(millis).ok()?;
    let (update, chat, said) = match text(&body["update_type"])? {
        "message_created" => message(&body["message"])?,
        "bot_started" => {
            let chat = number(&body["chat_id"])?;
            (format!("started:{chat}:{millis}"), chat, Said::Opened)
        }
        "message_callback" => {
            let callback = &body["callback"];
            let chat = number(&body["message"]["recipient"]["chat_id"])?;
            let said = Said::Text(text(&callback["payload"])?.to_owned());
            (text(&callback["callback_id"])?.to_owned(), chat, said)
        }
        _ => return None,
    };
    Some(Letter { update, chat, sent, said })
}

fn message(message: &Value) -> Option<(String, String, Said)> {
    if message["sender"]["is_bot"] == true || message["recipient"]["chat_type"] != "dialog" {
        return None;
    }
    let body = &message["body"];
    let chat = number(&message["recipient"]["chat_id"])?;
    let attached = body["attachments"].as_array().and_then(|all| all.first());
    let words = text(&body["text"]).unwrap_or_default();
    let said = attached.and_then(|it| enclosed(it, message, words));
    let said = said.or_else(|| (!words.is_empty()).then(|| Said::Text(words.to_owned())))?;
    Some((text(&body["mid"])?.to_owned(), chat, said))
}

fn enclosed(attachment: &Value, message: &Value, caption: &str) -> Option<Said> {
    let payload = &attachment["payload"];
    let enclosure = || {
        Some(Enclosure {
            at: text(&payload["url"])?.to_owned(),
            name: text(&attachment["filename"]).unwrap_or_default().to_owned(),
            caption: caption.to_owned(),
            bytes: attachment["size"].as_u64(),
        })
    };
    match text(&attachment["type"])? {
        "contact" => contact(payload, message),
        "location" => Some(Said::Place {
            latitude: attachment["latitude"].as_f64()?,
            longitude: attachment["longitude"].as_f64()?,
        }),
        "audio" => Some(Said::Voice(enclosure()?)),
        "image" | "video" | "file" => Some(Said::File(enclosure()?)),
        _ => None,
    }
}

/// The number stands in a vCard; it is vouched for only where the card is the sender's own.
fn contact(payload: &Value, message: &Value) -> Option<Said> {
    let card = text(&payload["vcf_info"])?;
    let line = card.lines().find(|line| line.to_ascii_uppercase().starts_with("TEL"))?;
    let phone = line.rsplit(':').next()?.trim();
    let plus = if phone.starts_with('+') { phone.to_owned() } else { format!("+{phone}") };
    let whose = &payload["max_info"]["user_id"];
    let own = whose.is_i64() && *whose == message["sender"]["user_id"];
    Some(if own { Said::Phone(plus) } else { Said::Text(plus) })
}

pub(super) fn send(bot: &Bot, client: &Client, chat: &str, parcel: &Parcel) -> RequestBuilder {
    let button = |words: &String| json!({ "type": "callback", "text": words, "payload": words });
    let mut rows: Vec<Value> =
        parcel.choices.chunks(2).map(|row| row.iter().map(button).collect()).collect();
    if parcel.wants_phone && !parcel.share_phone.is_empty() {
        rows.insert(0, json!([{ "type": "request_contact", "text": parcel.share_phone }]));
    }
    let mut message = json!({ "text": parcel.text });
    if !rows.is_empty() {
        message["attachments"] =
            json!([{ "type": "inline_keyboard", "payload": { "buttons": rows } }]);
    }
    client
        .post(format!("{}/messages", bot.base()))
        .query(&[("chat_id", chat)])
        .header("authorization", &bot.token)
        .json(&message)
}

pub(super) fn sent(status: StatusCode, answer: &Value) -> Outcome {
    if let Some(id) = text(&answer["message"]["body"]["mid"]) {
        return Outcome::Delivered { id: Some(id.to_owned()) };
    }
    if status.is_success() {
        return Outcome::Later { why: "answered without a message".into(), after: None };
    }
    refused(text(&answer["code"]).unwrap_or("?"), text(&answer["message"]).unwrap_or_default())
}
