//! Telegram's Bot API (core.telegram.org/bots/api): updates, keyboards, files.
//!
//! Only private chats with people are served: what comes from groups, channels and other bots is
//! passed over.

use jiff::Timestamp;
use job_core::chat::{Enclosure, Letter, Parcel, Said};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::bot::Bot;
use super::reading::{number, text};

/// The header with what was given to `setWebhook` as `secret_token`.
pub(super) const SECRET: &str = "x-telegram-bot-api-secret-token";

/// One `Update`; nothing where it is none of ours.
pub(super) fn read(update: &Value) -> Vec<Letter> {
    one(update).into_iter().collect()
}

fn one(update: &Value) -> Option<Letter> {
    let id = update["update_id"].as_i64()?;
    let message = &update["message"];
    let private = message["chat"]["type"] == "private";
    if !private || message["from"]["is_bot"] == true {
        return None;
    }
    Some(Letter {
        update: id.to_string(),
        chat: number(&message["chat"]["id"])?,
        sent: Timestamp::from_second(message["date"].as_i64()?).ok()?,
        said: said(message)?,
    })
}

fn said(message: &Value) -> Option<Said> {
    if let Some(words) = text(&message["text"]) {
        let opened = words == "/start" || words.starts_with("/start ");
        return Some(if opened { Said::Opened } else { Said::Text(command(words)) });
    }
    if message["contact"].is_object() {
        return contact(message);
    }
    if let Some(latitude) = message["location"]["latitude"].as_f64() {
        let longitude = message["location"]["longitude"].as_f64()?;
        return Some(Said::Place { latitude, longitude });
    }
    if message["voice"].is_object() {
        return Some(Said::Voice(enclosure(&message["voice"], message)));
    }
    // A photo comes in several sizes, the largest last.
    let photo = message["photo"].as_array().and_then(|sizes| sizes.last());
    let file = photo.or_else(|| {
        ["video", "document", "video_note", "animation", "audio"]
            .iter()
            .map(|kind| &message[*kind])
            .find(|file| file.is_object())
    });
    file.map(|file| Said::File(enclosure(file, message)))
}

/// A number is vouched for only where it is the sender's own.
fn contact(message: &Value) -> Option<Said> {
    let contact = &message["contact"];
    let phone = text(&contact["phone_number"])?;
    let own = contact["user_id"].is_i64() && contact["user_id"] == message["from"]["id"];
    let plus = if phone.starts_with('+') { phone.to_owned() } else { format!("+{phone}") };
    Some(if own { Said::Phone(plus) } else { Said::Text(plus) })
}

/// Commands of the bot's menu stand for words.
fn command(words: &str) -> String {
    match words.split_whitespace().next() {
        Some("/operator") => "оператор".into(),
        Some("/status") => "статус заявки".into(),
        Some("/cancel") => "отменить заявку".into(),
        _ => words.to_owned(),
    }
}

fn enclosure(file: &Value, message: &Value) -> Enclosure {
    Enclosure {
        at: text(&file["file_id"]).unwrap_or_default().to_owned(),
        name: text(&file["file_name"]).unwrap_or_default().to_owned(),
        caption: text(&message["caption"]).unwrap_or_default().to_owned(),
        bytes: file["file_size"].as_u64(),
    }
}

/// `sendMessage`: choices as a keyboard of the chat, so that pressing one writes its words.
pub(super) fn send(bot: &Bot, client: &Client, chat: &str, parcel: &Parcel) -> RequestBuilder {
    let mut rows: Vec<Value> = parcel
        .choices
        .chunks(2)
        .map(|row| row.iter().map(|words| json!({ "text": words })).collect())
        .collect();
    if parcel.wants_phone && !parcel.share_phone.is_empty() {
        rows.insert(0, json!([{ "text": parcel.share_phone, "request_contact": true }]));
    }
    let markup = match rows.is_empty() {
        true => json!({ "remove_keyboard": true }),
        false => json!({ "keyboard": rows, "resize_keyboard": true, "one_time_keyboard": true }),
    };
    client.post(method(bot, "sendMessage")).json(&json!({
        "chat_id": chat,
        "text": parcel.text,
        "reply_markup": markup,
    }))
}

/// `getFile`: says where the file can be fetched for an hour.
pub(super) fn place_of(bot: &Bot, client: &Client, file: &str) -> RequestBuilder {
    client.get(method(bot, "getFile")).query(&[("file_id", file)])
}

pub(super) fn place(bot: &Bot, answer: &Value) -> Option<String> {
    let path = text(&answer["result"]["file_path"])?;
    Some(format!("{}/file/bot{}/{path}", bot.base(), bot.token))
}

/// `getUpdates` after that one, waiting for as long as the messenger allows to be asked to.
pub(super) fn updates_after(
    bot: &Bot,
    client: &Client,
    offset: i64,
    seconds: u64,
) -> RequestBuilder {
    client.post(method(bot, "getUpdates")).json(&json!({
        "offset": offset,
        "timeout": seconds,
        "allowed_updates": ["message"],
    }))
}

fn method(bot: &Bot, name: &str) -> String {
    format!("{}/bot{}/{name}", bot.base(), bot.token)
}
