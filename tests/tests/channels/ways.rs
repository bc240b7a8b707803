//! Three written ways to one house.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dialog::conversation::Packs;
use dialog::rehearsal::{Hall, StageError, Turning, Way};
use dialog::state::State;
use futures_util::{SinkExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use job_core::chat::ChatId;
use job_core::conversation::Kind;
use job_core::ids::{ConversationId, OrgId};
use job_core::trade::Language;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use web::channels::Scribe;
use web::channels::bot::{Kind as Messenger, Serves};
use web::channels::bots::Bots;
use web::post::{PostRoom, Settings};
use web::{House, access};

use crate::platform::{Does, Platform};

const KEY: &str = "rehearsal";
const BOT: &str = "bot";
const CHAT: i64 = 5_550_001;
/// A step of waiting, and how many before it counts as never.
const STEP: Duration = Duration::from_millis(2);
const STEPS_MAX: usize = 5_000;

static HOUSES: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Ways {
    Api,
    Page,
    Telegram,
}

impl Ways {
    pub(crate) const ALL: [Self; 3] = [Self::Api, Self::Page, Self::Telegram];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Page => "page",
            Self::Telegram => "telegram",
        }
    }

    pub(crate) async fn to(
        self,
        hall: Hall,
        language: Language,
        kind: Kind,
        packs: Packs,
    ) -> Result<Box<dyn Way>, StageError> {
        let open = Open::new(hall, language, kind, packs, self, None).await?;
        Ok(match self {
            Self::Api => Box::new(Api { open, id: String::new() }),
            Self::Page => Box::new(Page { open, socket: None, token: String::new(), said: 0 }),
            Self::Telegram => Box::new(Telegram { open, second: 0 }),
        })
    }
}

/// A house with its doors open.
struct Open {
    hall: Hall,
    language: Language,
    kind: Kind,
    at: String,
    client: reqwest::Client,
    platform: Platform,
    post: PostRoom,
    serving: JoinHandle<()>,
    folder: PathBuf,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.serving.abort();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The day on stage.
fn day() -> Timestamp {
    "2026-11-20T10:00:00+02:00".parse().unwrap()
}

fn broken(why: impl std::fmt::Display) -> StageError {
    StageError::Way(why.to_string())
}

impl Open {
    async fn new(
        hall: Hall,
        language: Language,
        kind: Kind,
        packs: Packs,
        way: Ways,
        scribe: Option<Arc<dyn Scribe>>,
    ) -> Result<Self, StageError> {
        let number = HOUSES.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("gudok-ways-{}-{number}", std::process::id()));
        let org = OrgId::new(job_core::demo::ORG);
        access::grant_key(&hall.store, &org, "rehearsal", KEY).await.map_err(broken)?;
        let platform = Platform::open(Messenger::Telegram).await;
        let serves = if kind == Kind::MasterOnboarding { Serves::Masters } else { Serves::Clients };
        let bot =
            web::channels::bot::Bot { number: number_of(language).into(), ..platform.bot(serves) };
        let bots = match way {
            Ways::Telegram => BTreeMap::from([(BOT.to_owned(), bot)]),
            Ways::Api | Ways::Page => BTreeMap::new(),
        };
        let (bots, bell) = (Arc::new(Bots::open(bots).map_err(broken)?), Arc::default());
        let carriers = (Arc::clone(&bots), Arc::clone(&bell));
        let post =
            PostRoom::open(hall.store.clone(), Settings::default(), None, carriers, Arc::new(|| 0));
        let chance = AtomicU64::new(7 + number);
        let random = move || {
            let step = chance.fetch_add(1, Ordering::Relaxed);
            step.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5555_aaaa_1234_9876
        };
        let recordings = folder.join("recordings");
        let house = House::new(hall.store.clone(), packs, recordings, day, Arc::new(random));
        let house = house.with_bots(bots, bell);
        let house = match scribe {
            Some(scribe) => house.with_scribe(scribe),
            None => house,
        };
        let routes = web::router(house);
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(broken)?;
        let at = listener.local_addr().map_err(broken)?.to_string();
        let serving = tokio::spawn(async move {
            let _ = axum::serve(listener, routes).await;
        });
        let client = reqwest::Client::new();
        let post = post.ok_or_else(|| broken("no post room"))?;
        Ok(Self { hall, language, kind, at, client, platform, post, serving, folder })
    }

    async fn asked(
        &self,
        path: &str,
        headers: &[(&str, String)],
        body: String,
    ) -> Result<Value, StageError> {
        let mut request = self.client.post(format!("http://{}{path}", self.at)).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.map_err(broken)?;
        let status = answer.status();
        let text = answer.text().await.map_err(broken)?;
        if !status.is_success() {
            return Err(broken(format!("{path}: {status} {text}")));
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// How the conversation of that chat stands.
    async fn state(&self, chat: &ChatId) -> Result<State, StageError> {
        let chat = self.hall.rows.chat(chat).await?.ok_or_else(|| broken("no chat"))?;
        let id: ConversationId = chat.conversation.ok_or_else(|| broken("no conversation"))?;
        let record = self.hall.rows.conversation(&id).await?;
        let state = record.and_then(|it| it.state).ok_or_else(|| broken("no state"))?;
        serde_json::from_str(&state).map_err(broken)
    }
}

fn number_of(language: Language) -> &'static str {
    match language {
        Language::Ru => "100",
        Language::En => "200",
    }
}

struct Api {
    open: Open,
    id: String,
}

impl Api {
    async fn turn(&mut self, path: String, body: Value) -> Result<(String, State), StageError> {
        let headers =
            [("x-api-key", KEY.to_owned()), ("content-type", "application/json".to_owned())];
        let answer = self.open.asked(&path, &headers, body.to_string()).await?;
        if let Some(id) = answer["conversation_id"].as_str() {
            self.id = id.to_owned();
        }
        let reply = answer["reply"].as_str().unwrap_or_default().to_owned();
        let state = serde_json::from_value(answer["state"].clone()).map_err(broken)?;
        Ok((reply, state))
    }
}

impl Way for Api {
    fn open(&mut self) -> Turning<'_> {
        let body = json!({
            "type": self.open.kind, "channel": "web", "language": self.open.language,
            "participant_phone": self.open.hall.phone, "now": day(),
        });
        Box::pin(self.turn("/api/v1/ai/conversation/start".into(), body))
    }

    fn say<'a>(&'a mut self, text: &'a str, _: f32) -> Turning<'a> {
        let path = format!("/api/v1/ai/conversation/{}/message", self.id);
        Box::pin(self.turn(path, json!({ "text": text, "now": day() })))
    }

    fn close(&mut self) -> Turning<'_> {
        Box::pin(async move {
            let id = ConversationId::new(&*self.id);
            let record = self.open.hall.rows.conversation(&id).await?;
            let state = record.and_then(|it| it.state).unwrap_or_default();
            Ok((String::new(), serde_json::from_str(&state).map_err(broken)?))
        })
    }
}

/// The page's own script, without the page.
struct Page {
    open: Open,
    socket: Option<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    token: String,
    said: usize,
}

impl Page {
    fn chat(&self) -> ChatId {
        ChatId { bot: "web".into(), address: access::digest(&self.token) }
    }

    async fn turn(&mut self, word: Value) -> Result<(String, State), StageError> {
        let socket = self.socket.as_mut().ok_or_else(|| broken("no line"))?;
        socket.send(Message::text(word.to_string())).await.map_err(broken)?;
        let mut replies = Vec::new();
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message.map_err(broken)? else { continue };
            let word: Value = serde_json::from_str(&text).map_err(broken)?;
            if let Some(token) = word["token"].as_str() {
                self.token = token.to_owned();
            }
            if let Some(why) = word["refused"].as_str() {
                return Err(broken(format!("refused: {why}")));
            }
            let lines = word["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
            let theirs = lines.iter().filter(|line| line["who"] == "agent");
            replies.extend(theirs.map(|line| line["text"].as_str().unwrap_or_default().to_owned()));
            if !replies.is_empty() {
                break;
            }
        }
        let state = self.open.state(&self.chat()).await?;
        Ok((replies.join(" "), state))
    }
}

impl Way for Page {
    fn open(&mut self) -> Turning<'_> {
        Box::pin(async move {
            let number = number_of(self.open.language);
            let line = format!("ws://{}/chat/{number}/line", self.open.at);
            let (socket, _) = tokio_tungstenite::connect_async(line).await.map_err(broken)?;
            self.socket = Some(socket);
            let masters = self.open.kind == Kind::MasterOnboarding;
            self.turn(json!({ "open": null, "masters": masters })).await
        })
    }

    fn say<'a>(&'a mut self, text: &'a str, _: f32) -> Turning<'a> {
        self.said += 1;
        Box::pin(self.turn(json!({ "say": text, "id": self.said.to_string() })))
    }

    fn close(&mut self) -> Turning<'_> {
        Box::pin(async move {
            self.socket = None;
            Ok((String::new(), self.open.state(&self.chat()).await?))
        })
    }
}

/// Through the messenger's webhook and back through its API.
pub(crate) struct Telegram {
    open: Open,
    second: i64,
}

impl Telegram {
    pub(crate) async fn heard_by(
        hall: Hall,
        packs: Packs,
        scribe: Arc<dyn Scribe>,
    ) -> Result<Self, StageError> {
        let (language, kind) = (Language::Ru, Kind::ClientRequest);
        let open = Open::new(hall, language, kind, packs, Ways::Telegram, Some(scribe)).await?;
        Ok(Self { open, second: 0 })
    }

    /// Says what is recorded in that file of the messenger.
    pub(crate) async fn speak(&mut self, ogg: Vec<u8>) -> Result<(String, State), StageError> {
        self.open.platform.keep_file("voice", ogg);
        self.turn(Does::Speaks("voice")).await
    }

    fn chat(&self) -> ChatId {
        ChatId { bot: BOT.into(), address: self.open.platform.chat(CHAT) }
    }

    async fn turn(&mut self, does: Does) -> Result<(String, State), StageError> {
        self.second += 1;
        let before = self.open.platform.taken().len();
        let update = self.open.platform.update(CHAT, &does, self.second).to_string();
        let signed = self.open.platform.signed(&update);
        self.open.asked(&format!("/hooks/{BOT}"), &signed, update).await?;
        self.settle().await?;
        let replies = self.open.platform.taken().split_off(before);
        // The line of steps is for the eye.
        let words = replies.iter().map(|it| it.text.split("\n\n").next().unwrap_or_default());
        let state = self.open.state(&self.chat()).await?;
        Ok((words.collect::<Vec<_>>().join(" "), state))
    }

    async fn settle(&self) -> Result<(), StageError> {
        let far = day() + SignedDuration::from_hours(1);
        for _ in 0..STEPS_MAX {
            let unread = self.open.hall.store.chats_with_mail(far).await?;
            if unread.is_empty() && self.open.post.round(day()).await? == 0 {
                return Ok(());
            }
            tokio::time::sleep(STEP).await;
        }
        Err(broken("never answered"))
    }
}

impl Way for Telegram {
    fn open(&mut self) -> Turning<'_> {
        let does = match self.open.hall.phone.clone() {
            Some(phone) => Does::SharesOwnNumber(phone.leak()),
            None => Does::Opens,
        };
        Box::pin(self.turn(does))
    }

    fn say<'a>(&'a mut self, text: &'a str, _: f32) -> Turning<'a> {
        Box::pin(self.turn(Does::Presses(text.to_owned())))
    }

    fn close(&mut self) -> Turning<'_> {
        Box::pin(async move { Ok((String::new(), self.open.state(&self.chat()).await?)) })
    }
}
