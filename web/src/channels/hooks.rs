//! Where messengers hand over what was written: `/hooks/{bot}`.
//!
//! Whoever cannot prove to be the messenger is refused and changes nothing. What the messenger sends
//! and we cannot use is taken with thanks, for it would be sent again and again otherwise.
//!
//! **Never here:** answers to people (reception).

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit as _, Mac as _};
use job_core::chat::Letter;
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;

use super::bot::{Bot, Kind};
use super::{max, telegram, viber, vk, whatsapp};
use crate::House;
use crate::refusal::Refusal;
use crate::session::same;

/// No update is longer; photos come by reference.
pub(crate) const UPDATE_BYTES_MAX: usize = 1024 * 1024;

#[derive(Debug, Deserialize)]
pub(crate) struct Subscribing {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.verify_token", default)]
    token: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
}

/// `GET /hooks/{bot}`: WhatsApp asks whether we know each other.
pub(crate) async fn subscribe(
    State(house): State<House>,
    Path(name): Path<String>,
    Query(asked): Query<Subscribing>,
) -> Response {
    let bot = house.bots.get(&name).filter(|bot| bot.kind == Kind::Whatsapp);
    let Some(bot) = bot else {
        return Refusal::NoPage.into_response();
    };
    match whatsapp::challenge(bot, &asked.mode, &asked.token, &asked.challenge) {
        Some(challenge) => challenge.to_owned().into_response(),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

/// `POST /hooks/{bot}`
pub(crate) async fn update(
    State(house): State<House>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(bot) = house.bots.get(&name) else {
        return Refusal::NoPage.into_response();
    };
    if !is_signed(bot, &headers, &body) {
        tracing::warn!(bot = name, "an update without the messenger's signature is refused");
        return StatusCode::FORBIDDEN.into_response();
    }
    let Ok(update) = serde_json::from_slice::<Value>(&body) else {
        tracing::warn!(bot = name, bytes = body.len(), "an update that is no JSON is passed over");
        return thanks(bot);
    };
    if bot.kind == Kind::Vk {
        if !same(update["secret"].as_str().unwrap_or_default(), &bot.secret) {
            return StatusCode::FORBIDDEN.into_response();
        }
        if let Some(wanted) = vk::confirmation(bot, &update) {
            return wanted.to_owned().into_response();
        }
    }
    match house.take_letters(&name, bot, letters(bot, &update)).await {
        Ok(()) => thanks(bot),
        // It is sent again.
        Err(error) => Refusal::trouble(error).into_response(),
    }
}

pub(super) fn letters(bot: &Bot, update: &Value) -> Vec<Letter> {
    match bot.kind {
        Kind::Telegram => telegram::read(update),
        Kind::Whatsapp => whatsapp::read(bot, update),
        Kind::Viber => viber::read(update),
        Kind::Vk => vk::read(bot, update),
        Kind::Max => max::read(update),
    }
}

/// VK wants these two letters; the others any 200.
fn thanks(bot: &Bot) -> Response {
    match bot.kind {
        Kind::Vk => "ok".into_response(),
        _ => StatusCode::OK.into_response(),
    }
}

/// In constant time. VK's secret stands in the body.
fn is_signed(bot: &Bot, headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default();
    match bot.kind {
        Kind::Telegram => known(header(telegram::SECRET), &bot.secret),
        Kind::Max => known(header(max::SECRET), &bot.secret),
        Kind::Viber => is_mac(header(viber::SIGNATURE), &bot.token, body),
        Kind::Whatsapp => {
            let signature = header(whatsapp::SIGNATURE).strip_prefix("sha256=");
            signature.is_some_and(|hex| is_mac(hex, &bot.secret, body))
        }
        Kind::Vk => true,
    }
}

fn known(shown: &str, secret: &str) -> bool {
    !secret.is_empty() && same(shown, secret)
}

fn is_mac(hex: &str, secret: &str, body: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(body);
    let shown = (0..hex.len() / 2).map(|at| hex.get(at * 2..at * 2 + 2));
    let shown: Option<Vec<u8>> = shown.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
    !secret.is_empty() && shown.is_some_and(|shown| mac.verify_slice(&shown).is_ok())
}
