//! WhatsApp Cloud API (developers.facebook.com/docs/whatsapp/cloud-api/webhooks): messages, reply
//! buttons, media. Whoever writes is a telephone number, so the channel vouches for it.

use jiff::Timestamp;
use job_core::chat::{Enclosure, Letter, Parcel, Said};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::bot::Bot;
use super::reading::{short, text};

/// HMAC-SHA-256 of the body with the app secret.
pub(super) const SIGNATURE: &str = "x-hub-signature-256";
/// Limits of interactive messages.
const BUTTONS_MAX: usize = 3;
const BUTTON_LETTERS: usize = 20;
const ROWS_MAX: usize = 10;
const ROW_LETTERS: usize = 24;
/// Interactive messages hold no longer text; it is sent without buttons then.
const INTERACTIVE_LETTERS: usize = 1_024;

/// What comes for this number in one notification. Statuses of our own messages say nothing new: the
/// outbox has its own word for what was taken.
pub(super) fn read(bot: &Bot, body: &Value) -> Vec<Letter> {
    let changes = items(&body["entry"]).flat_map(|entry| items(&entry["changes"]));
    let values = changes.map(|change| &change["value"]);
    let ours = values.filter(|it| it["metadata"]["phone_number_id"] == bot.account.as_str());
    ours.flat_map(|value| items(&value["messages"])).filter_map(one).collect()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn one(message: &Value) -> Option<Letter> {
    let from = text(&message["from"])?;
    let sent = text(&message["timestamp"])?.parse().ok()?;
    Some(Letter {
        update: text(&message["id"])?.to_owned(),
        chat: from.to_owned(),
        sent: Timestamp::from_second(sent).ok()?,
        said: said(message)?,
    })
}

fn said(message: &Value) -> Option<Said> {
    let kind = text(&message["type"])?;
    let part = &message[kind];
    Some(match kind {
        "text" => Said::Text(text(&part["body"])?.to_owned()),
        "button" => Said::Text(text(&part["text"])?.to_owned()),
        "interactive" => {
            let pressed = &part[text(&part["type"])?];
            // Titles are cut, ids are whole.
            Said::Text(text(&pressed["id"]).or_else(|| text(&pressed["title"]))?.to_owned())
        }
        "location" => Said::Place {
            latitude: part["latitude"].as_f64()?,
            longitude: part["longitude"].as_f64()?,
        },
        "contacts" => Said::Text(text(&part[0]["phones"][0]["phone"])?.to_owned()),
        "audio" if part["voice"] == true => Said::Voice(enclosure(part)?),
        "audio" | "image" | "video" | "document" => Said::File(enclosure(part)?),
        _ => return None,
    })
}

fn enclosure(part: &Value) -> Option<Enclosure> {
    Some(Enclosure {
        at: text(&part["id"])?.to_owned(),
        name: text(&part["filename"]).unwrap_or_default().to_owned(),
        caption: text(&part["caption"]).unwrap_or_default().to_owned(),
        bytes: None,
    })
}

/// The number a chat is with.
pub(super) fn phone(chat: &str) -> Option<String> {
    job_core::phone::e164(&format!("+{chat}"))
}

/// `hub.mode=subscribe`: the challenge goes back to whoever knows the verify token.
pub(super) fn challenge<'a>(
    bot: &Bot,
    mode: &str,
    token: &str,
    challenge: &'a str,
) -> Option<&'a str> {
    let known = crate::session::same(token, &bot.confirmation);
    (mode == "subscribe" && known && !bot.confirmation.is_empty()).then_some(challenge)
}

pub(super) fn send(bot: &Bot, client: &Client, chat: &str, parcel: &Parcel) -> RequestBuilder {
    let plain = parcel.choices.is_empty()
        || parcel.choices.len() > ROWS_MAX
        || parcel.text.chars().count() > INTERACTIVE_LETTERS;
    let mut message = json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": chat,
    });
    if plain {
        message["type"] = "text".into();
        message["text"] = json!({ "body": parcel.text });
    } else {
        message["type"] = "interactive".into();
        message["interactive"] = interactive(parcel);
    }
    client
        .post(format!("{}/{}/messages", bot.base(), bot.account))
        .bearer_auth(&bot.token)
        .json(&message)
}

/// Three buttons at most; more choices are a list.
fn interactive(parcel: &Parcel) -> Value {
    let body = json!({ "text": parcel.text });
    if parcel.choices.len() <= BUTTONS_MAX {
        let button = |words: &String| {
            let title = short(words, BUTTON_LETTERS);
            json!({ "type": "reply", "reply": { "id": words, "title": title } })
        };
        let buttons: Vec<Value> = parcel.choices.iter().map(button).collect();
        return json!({ "type": "button", "body": body, "action": { "buttons": buttons } });
    }
    let row = |words: &String| json!({ "id": words, "title": short(words, ROW_LETTERS) });
    let rows: Vec<Value> = parcel.choices.iter().map(row).collect();
    json!({
        "type": "list",
        "body": body,
        "action": { "button": "…", "sections": [{ "rows": rows }] },
    })
}

/// Says where the file can be fetched for five minutes.
pub(super) fn place_of(bot: &Bot, client: &Client, file: &str) -> RequestBuilder {
    client.get(format!("{}/{file}", bot.base())).bearer_auth(&bot.token)
}

pub(super) fn place(answer: &Value) -> Option<String> {
    text(&answer["url"]).map(str::to_owned)
}
