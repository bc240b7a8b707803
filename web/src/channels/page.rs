//! The chat on a page: one WebSocket, in JSON. It may break and be opened again anywhere: the token the
//! page keeps finds the conversation and everything said in it.
//!
//! The page opens with `{"open": TOKEN or null}` (and `"masters": true` for who wants to work here) and is told `{"token", "lines", "choices", "over"}`; it
//! says `{"say": TEXT, "id": ID}`, the same id again changing nothing, and is told new `{"lines"}` as they
//! come, its own and those of whoever answers; `{"typing": true}` while an answer is thought over.
//!
//! **Never here:** what is answered.

use std::time::Duration;

use askama::Template;
use axum::Json;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use dialog::desk::{DeskError, Opening};
use jiff::SignedDuration;
use job_core::chat::ChatId;
use job_core::conversation::{Kind, Speaker};
use job_core::ids::ConversationId;
use job_core::store::{Line as Number, OrgStore, StoreError, WEB};
use job_core::trade::Channel;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use crate::House;
use crate::access::digest;
use crate::page::{Frame, shown};
use crate::refusal::Refusal;
use crate::words::{Words, language};

/// What is written in one go is no longer.
const WORD_BYTES_MAX: usize = 16 * 1024;
const TEXT_LETTERS_MAX: usize = 4_000;
const ID_MAX: usize = 64;
const TOKEN_MAX: usize = 128;
/// A page that opens the channel and says nothing is not waited for.
const OPENS_WITHIN: Duration = Duration::from_secs(20);
/// Other processes' words are looked for so often.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// A page is asked for a sign of life this often; proxies close what is silent.
const PING_EVERY: Duration = Duration::from_secs(25);
/// Quicker than this nobody writes.
const WORDS_PER_MINUTE: u32 = 40;
/// After so long a silence another conversation begins.
const SILENCE_MAX: SignedDuration = SignedDuration::from_hours(12);
/// Small buffers: a chat is silent most of its time.
const BUFFER_BYTES: usize = 4 * 1024;

#[derive(Template)]
#[template(path = "chat.html")]
struct ChatPage {
    frame: Frame,
    number: String,
}

#[derive(Debug, Deserialize)]
struct Heard {
    /// `null` is a page that was not here before.
    #[serde(default, deserialize_with = "told")]
    open: Option<Option<String>>,
    /// With `open`: somebody who wants to work here.
    #[serde(default)]
    masters: bool,
    say: Option<String>,
    id: Option<String>,
}

fn told<'de, D: Deserializer<'de>>(it: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(it).map(Some)
}

/// One line as the page shows it.
#[derive(Debug, Serialize)]
struct Shown {
    seq: i64,
    who: &'static str,
    text: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Holder {
    token: String,
    #[serde(default)]
    name: String,
}

/// `GET /chat/{number}`
pub(crate) async fn page(
    headers: HeaderMap,
    Path(number): Path<String>,
) -> Result<Html<String>, Refusal> {
    let words = Words::of(language(&headers));
    let frame = Frame::of_stranger(words, &format!("/chat/{number}"));
    shown(&ChatPage { frame, number })
}

/// `GET /chat/{number}/line`
pub(crate) async fn line(
    State(house): State<House>,
    Path(number): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let number = house.number(&number).await?;
    let upgrade = upgrade
        .max_message_size(WORD_BYTES_MAX)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(0);
    Ok(upgrade.on_upgrade(move |socket| async move {
        if let Err(error) = Visit::serve(house, number, socket).await {
            tracing::warn!(%error, "a chat on a page has broken off");
        }
    }))
}

/// `POST /chat/{number}/media?token=`: a file for the conversation; any site may send it, the token says
/// whose it is.
pub(crate) async fn media(
    State(house): State<House>,
    Path(number): Path<String>,
    Query(holder): Query<Holder>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let number = house.number(&number).await?;
    let rows = house.store.org(&number.org);
    let chat = rows.chat(&chat_of(&holder.token)).await.map_err(Refusal::trouble)?;
    let conversation = chat.and_then(|chat| chat.conversation);
    let unknown = || Refusal::NotFound { what: "chat", id: String::new() };
    let conversation = conversation.ok_or_else(unknown)?;
    let kept = crate::api::media::keep(&house, &rows, &body).await?;
    let name: String = holder.name.chars().take(TOKEN_MAX).collect();
    let attached = rows.attach(&conversation, &kept.hash, (&name, ""), (house.clock)()).await;
    attached.map_err(Refusal::trouble)?;
    house.ring(&conversation);
    let anybody = HeaderName::from_static("access-control-allow-origin");
    let answer = Json(json!({ "hash": kept.hash, "form": kept.form }));
    Ok(([(anybody, HeaderValue::from_static("*"))], answer).into_response())
}

impl House {
    /// Whose number it is; a page is served for conversations only.
    pub(crate) async fn number(&self, number: &str) -> Result<Number, Refusal> {
        let found = self.store.organisation_by_number(number).await.map_err(Refusal::trouble)?;
        found.filter(|it| it.pack.is_some()).ok_or(Refusal::NoPage)
    }
}

pub(super) fn chat_of(token: &str) -> ChatId {
    ChatId { bot: WEB.into(), address: digest(token) }
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error("the page is gone")]
    Gone,
}

/// A page that holds the channel open.
struct Visit {
    house: House,
    rows: OrgStore,
    number: Number,
    socket: WebSocket,
    chat: ChatId,
    conversation: ConversationId,
    /// The last line the page has.
    shown: i64,
    /// Words that may be said before a pause.
    words: u32,
}

impl Visit {
    async fn serve(house: House, number: Number, mut socket: WebSocket) -> Result<(), Broken> {
        let opened = tokio::time::timeout(OPENS_WITHIN, opened(&mut socket)).await;
        let Ok(Some((token, masters))) = opened else { return Ok(()) };
        let rows = house.store.org(&number.org);
        let new = token.is_none();
        let token = token.unwrap_or_else(|| house.secret());
        let chat = chat_of(&token);
        let kind = if masters { Kind::MasterOnboarding } else { Kind::ClientRequest };
        let conversation = held(&house, &rows, (&number, kind), &chat).await?;
        let words = WORDS_PER_MINUTE;
        let mut visit = Self { house, rows, number, socket, chat, conversation, shown: -1, words };
        if new {
            visit.tell(json!({ "token": token })).await?;
        }
        visit.stay().await
    }

    async fn stay(&mut self) -> Result<(), Broken> {
        let mut news = self.house.wakes.of(&self.conversation);
        let mut looks = tokio::time::interval(LOOK_EVERY);
        let mut pings = tokio::time::interval(PING_EVERY);
        self.show(true).await?;
        loop {
            tokio::select! {
                _ = news.changed() => self.show(false).await?,
                _ = looks.tick() => self.show(false).await?,
                _ = pings.tick() => {
                    self.words = WORDS_PER_MINUTE;
                    self.send(Message::Ping(Bytes::new())).await?;
                }
                heard = self.socket.recv() => match heard {
                    Some(Ok(Message::Text(text))) => self.hear(&text).await?,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                    Some(Ok(_)) => {}
                },
            }
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), Broken> {
        let heard = serde_json::from_str::<Heard>(text).ok();
        let Some((say, id)) = heard.and_then(|it| it.say.zip(it.id)) else { return Ok(()) };
        let odd = say.trim().is_empty() || say.chars().count() > TEXT_LETTERS_MAX;
        if odd || id.len() > ID_MAX || self.words == 0 {
            return self.tell(json!({ "refused": id })).await;
        }
        self.words -= 1;
        self.tell(json!({ "typing": true })).await?;
        let (now, name) = ((self.house.clock)(), format!("web:{id}"));
        let desk = self.house.desk(&self.number.org);
        match desk.message(&self.conversation, &say, Some(&name), now).await {
            Ok(_) => {}
            Err(DeskError::Crowded(_)) => return self.tell(json!({ "refused": id })).await,
            Err(error) => return Err(error.into()),
        }
        self.rows.talk_in(&self.chat, &self.conversation, now).await?;
        self.house.ring(&self.conversation);
        self.show(true).await
    }

    /// What the page has not shown yet; the buttons where `all` is told.
    async fn show(&mut self, all: bool) -> Result<(), Broken> {
        let lines = self.rows.transcript_after(&self.conversation, self.shown).await?;
        if lines.is_empty() && !all {
            return Ok(());
        }
        if let Some(last) = lines.last() {
            self.shown = last.seq;
        }
        let lines = lines.into_iter().filter(|line| !line.text.is_empty()).map(|line| Shown {
            seq: line.seq,
            who: who(line.speaker),
            text: line.text,
        });
        let lines: Vec<Shown> = lines.collect();
        let desk = self.house.desk(&self.number.org);
        let standing = desk.standing(&self.conversation).await?;
        self.tell(json!({
            "lines": lines,
            "choices": standing.choices,
            "over": standing.state.status != dialog::state::Status::Active,
        }))
        .await
    }

    async fn tell(&mut self, word: serde_json::Value) -> Result<(), Broken> {
        self.send(Message::Text(word.to_string().into())).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Broken> {
        self.socket.send(message).await.map_err(|_| Broken::Gone)
    }
}

/// Without a token: a page that was not here before.
async fn opened(socket: &mut WebSocket) -> Option<(Option<String>, bool)> {
    while let Some(Ok(message)) = socket.recv().await {
        if let Message::Text(text) = message {
            let heard = serde_json::from_str::<Heard>(&text).ok()?;
            let token = heard.open?.filter(|it| (16..=TOKEN_MAX).contains(&it.len()));
            return Some((token, heard.masters));
        }
    }
    None
}

/// The conversation the page was in, unless it is over or long ago.
async fn held(
    house: &House,
    rows: &OrgStore,
    (number, kind): (&Number, Kind),
    chat: &ChatId,
) -> Result<ConversationId, Broken> {
    let now = (house.clock)();
    let known = rows.chat(chat).await?;
    if let Some(id) = known.as_ref().and_then(|it| it.conversation.clone())
        && let Some(record) = rows.conversation(&id).await?
        && known.is_some_and(|it| record.operator.is_some() || it.seen + SILENCE_MAX > now)
    {
        return Ok(id);
    }
    let opening = Opening {
        kind,
        channel: Channel::Web,
        language: number.language,
        phone: None,
        writer: None,
        vouched: false,
        test: rows.settings().await?.demo,
    };
    let started = house.desk(&number.org).start(opening, now).await?;
    rows.talk_in(chat, &started.conversation_id, now).await?;
    Ok(started.conversation_id)
}

fn who(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Client => "client",
        Speaker::Agent | Speaker::System => "agent",
        Speaker::Operator => "operator",
    }
}
