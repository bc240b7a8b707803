//! Viber's REST bot API (developers.viber.com/docs/api/rest-bot-api): callbacks, keyboards.

use jiff::Timestamp;
use job_core::chat::{Enclosure, Letter, Parcel, Said};
use job_core::outbox::Outcome;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::bot::Bot;
use super::reading::{number, short, text};
use crate::post::carrier::refused;

/// HMAC-SHA-256 of the body with the bot's token.
pub(super) const SIGNATURE: &str = "x-viber-content-signature";
/// API errors that pass by themselves: too many requests (12), general server errors.
const LATER: [i64; 2] = [12, 999];
const BUTTON_LETTERS: usize = 250;
const SENDER_LETTERS: usize = 28;
/// A keyboard is six columns wide.
const WIDE: u32 = 6;
const HALF: u32 = 3;

/// `message` and `conversation_started`; the other events are for statistics.
pub(super) fn read(body: &Value) -> Vec<Letter> {
    one(body).into_iter().collect()
}

fn one(body: &Value) -> Option<Letter> {
    let (chat, said) = match text(&body["event"])? {
        "message" => (text(&body["sender"]["id"])?, said(&body["message"])?),
        "conversation_started" => (text(&body["user"]["id"])?, Said::Opened),
        _ => return None,
    };
    Some(Letter {
        update: number(&body["message_token"])?,
        chat: chat.to_owned(),
        sent: Timestamp::from_millisecond(body["timestamp"].as_i64()?).ok()?,
        said,
    })
}

fn said(message: &Value) -> Option<Said> {
    Some(match text(&message["type"])? {
        "text" => Said::Text(text(&message["text"])?.to_owned()),
        // Only the button of ours asks for the sender's own number, and Viber fills it in.
        "contact" => own_number(message)?,
        "location" => Said::Place {
            latitude: message["location"]["lat"].as_f64()?,
            longitude: message["location"]["lon"].as_f64()?,
        },
        "picture" | "video" | "file" => Said::File(Enclosure {
            at: text(&message["media"])?.to_owned(),
            name: text(&message["file_name"]).unwrap_or_default().to_owned(),
            caption: text(&message["text"]).unwrap_or_default().to_owned(),
            bytes: message["size"].as_u64(),
        }),
        _ => return None,
    })
}

/// A shared contact carries our tracking data where it answers the button; else it may be anybody's.
fn own_number(message: &Value) -> Option<Said> {
    let phone = text(&message["contact"]["phone_number"])?;
    let plus = if phone.starts_with('+') { phone.to_owned() } else { format!("+{phone}") };
    let asked = message["tracking_data"] == SHARE;
    Some(if asked { Said::Phone(plus) } else { Said::Text(plus) })
}

const SHARE: &str = "share-phone";

pub(super) fn send(bot: &Bot, client: &Client, chat: &str, parcel: &Parcel) -> RequestBuilder {
    let mut message = json!({
        "receiver": chat,
        "type": "text",
        "text": parcel.text,
        "sender": { "name": short(&bot.sender, SENDER_LETTERS) },
        "min_api_version": 3,
    });
    let mut buttons: Vec<Value> = Vec::new();
    if parcel.wants_phone && !parcel.share_phone.is_empty() {
        message["tracking_data"] = SHARE.into();
        buttons.push(button("share-phone", &parcel.share_phone, WIDE));
    }
    let columns = if parcel.choices.len() > 1 { HALF } else { WIDE };
    buttons.extend(parcel.choices.iter().map(|words| button("reply", words, columns)));
    if !buttons.is_empty() {
        message["keyboard"] =
            json!({ "Type": "keyboard", "DefaultHeight": false, "Buttons": buttons });
    }
    client
        .post(format!("{}/send_message", bot.base()))
        .header("x-viber-auth-token", &bot.token)
        .json(&message)
}

fn button(kind: &str, words: &str, columns: u32) -> Value {
    json!({
        "ActionType": kind,
        "ActionBody": words,
        "Text": short(words, BUTTON_LETTERS),
        "Columns": columns,
        "Rows": 1,
    })
}

/// Viber answers 200 always; `status` says what came of it.
pub(super) fn sent(status: StatusCode, answer: &Value) -> Outcome {
    match answer["status"].as_i64() {
        Some(0) => Outcome::Delivered { id: number(&answer["message_token"]) },
        Some(code) if LATER.contains(&code) => {
            Outcome::Later { why: format!("status {code}"), after: None }
        }
        Some(code) => refused(code, text(&answer["status_message"]).unwrap_or_default()),
        None => Outcome::Later { why: format!("answered {status} without a status"), after: None },
    }
}
