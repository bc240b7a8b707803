//! A client calls from the page: the browser's offer goes in, the answer comes out, and the line is
//! up as long as this channel is.
//!
//! One WebSocket per call, in JSON: the browser is told `{"helpers": [ICE servers]}`, sends
//! `{"offer": sdp}` and gets `{"answer": sdp}` or `{"refused": why}`; at the end it gets
//! `{"ended": why}`. Closing the channel hangs up.
//!
//! **Never here:** sound; whoever takes the calls is behind [`Exchange`].

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::House;
use crate::page::{Frame, shown};
use crate::refusal::Refusal;
use crate::words::{Words, language};

/// A page that opens the channel and then says nothing is not waited for.
const OFFERS_WITHIN: Duration = Duration::from_secs(20);
/// No offer of one voice is longer.
const OFFER_BYTES_MAX: usize = 32 * 1024;
/// No number is longer.
const NUMBER_MAX: usize = 32;

/// Takes browsers' calls.
pub trait Exchange: Send + Sync {
    fn ring(&self, ring: Ring) -> Answering<'_>;
}

pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answered, Refused>> + Send + 'a>>;

/// A call that comes in.
#[derive(Debug, Clone)]
pub struct Ring {
    /// The number that is called, as a telephone would dial it.
    pub number: String,
    /// SDP.
    pub offer: String,
}

pub struct Answered {
    /// SDP.
    pub answer: String,
    /// Resolves when the call is over, with a word why.
    pub over: oneshot::Receiver<&'static str>,
    pub hang_up: Box<dyn Fn() + Send + Sync>,
}

/// Why nobody answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    NoSuchNumber,
    Busy,
    NoCommonSound(String),
    Trouble,
}

/// What the page's script needs beside the page.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Helpers {
    /// STUN and TURN servers for browsers behind strict firewalls.
    pub ice_servers: Vec<IceServer>,
}

/// As `RTCPeerConnection` takes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IceServer {
    /// `stun:host:port`, `turn:host:port?transport=udp`.
    pub urls: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub credential: String,
}

#[derive(Deserialize)]
struct Offer {
    offer: String,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Word<'a> {
    Helpers(&'a [IceServer]),
    Answer(&'a str),
    Refused(&'static str),
    Ended(&'static str),
}

#[derive(Template)]
#[template(path = "ring.html")]
struct RingPage {
    frame: Frame,
    number: String,
}

impl Refused {
    fn word(&self) -> &'static str {
        match self {
            Refused::NoSuchNumber => "no_such_number",
            Refused::Busy => "busy",
            Refused::NoCommonSound(_) => "no_common_sound",
            Refused::Trouble => "trouble",
        }
    }
}

impl std::fmt::Debug for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answered").finish_non_exhaustive()
    }
}

/// `GET /ring/{number}`: the page with the button.
pub(crate) async fn page(
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Html<String>, Refusal> {
    let words = Words::of(language(&headers));
    let frame = Frame::of_stranger(words, &format!("/ring/{number}"));
    shown(&RingPage { frame, number })
}

/// `GET /ring/{number}/line`: the channel of one call.
pub(crate) async fn line(
    State(house): State<House>,
    Path(number): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Some(exchange) = house.exchange.clone() else {
        return Refusal::NoPage.into_response();
    };
    if number.len() > NUMBER_MAX {
        return Refusal::NoPage.into_response();
    }
    upgrade.max_message_size(OFFER_BYTES_MAX).on_upgrade(move |mut channel| async move {
        say(&mut channel, &Word::Helpers(&house.helpers.ice_servers)).await;
        talk(channel, &exchange, number).await;
    })
}

async fn talk(mut channel: WebSocket, exchange: &Arc<dyn Exchange>, number: String) {
    let offer = tokio::time::timeout(OFFERS_WITHIN, offer(&mut channel)).await;
    let Ok(Some(offer)) = offer else {
        return;
    };
    match exchange.ring(Ring { number, offer }).await {
        Ok(answered) => {
            say(&mut channel, &Word::Answer(&answered.answer)).await;
            hold(&mut channel, answered).await;
        }
        Err(refused) => {
            tracing::info!(?refused, "a browser's call was refused");
            say(&mut channel, &Word::Refused(refused.word())).await;
        }
    }
    let frame = CloseFrame { code: close_code::NORMAL, reason: "".into() };
    let _ = channel.send(Message::Close(Some(frame))).await;
}

async fn offer(channel: &mut WebSocket) -> Option<String> {
    while let Some(Ok(message)) = channel.recv().await {
        if let Message::Text(text) = message {
            return serde_json::from_str::<Offer>(&text).ok().map(|it| it.offer);
        }
    }
    None
}

/// Until either side ends the call.
async fn hold(channel: &mut WebSocket, answered: Answered) {
    let Answered { mut over, hang_up, .. } = answered;
    loop {
        tokio::select! {
            why = &mut over => {
                say(channel, &Word::Ended(why.unwrap_or("gone"))).await;
                return;
            }
            message = channel.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => {}
            },
        }
    }
    hang_up();
}

async fn say(channel: &mut WebSocket, word: &Word<'_>) {
    if let Ok(text) = serde_json::to_string(word) {
        let _ = channel.send(Message::Text(text.into())).await;
    }
}
