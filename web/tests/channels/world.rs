//! A house with one bot, the messenger it belongs to beside it, and somebody who writes.
#![allow(clippy::unwrap_used, reason = "a world that cannot be made has failed")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use dialog::conversation::Packs;
use dialog::pack::Pack;
use dialog::state::State;
use jiff::{SignedDuration, Timestamp};
use job_core::chat::ChatId;
use job_core::conversation::Conversation;
use job_core::ids::{Ids, OrgId};
use job_core::store::{OrgStore, Store};
use job_core::trade::Language;
use serde_json::Value;
use tower::ServiceExt;
use web::channels::bot::Serves;
use web::channels::bots::Bots;
use web::post::{PostRoom, Settings};
use web::{House, access};

use crate::platform::{Does, Platform, Taken};

pub(crate) const KEY: &str = "demo-key";
pub(crate) const BOT: &str = "bot";
/// A step of waiting, and how many there are before it counts as never.
const STEP: Duration = Duration::from_millis(5);
const STEPS_MAX: usize = 4_000;

static WORLDS: AtomicU64 = AtomicU64::new(0);

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) house: House,
    pub(crate) pages: Router,
    pub(crate) post: PostRoom,
    pub(crate) platform: Platform,
    folder: PathBuf,
}

/// A Friday in Kaliningrad, 9:00.
pub(crate) fn morning() -> Timestamp {
    "2026-11-20T09:00:00+02:00".parse().unwrap()
}

impl World {
    pub(crate) async fn new(platform: Platform, serves: Serves) -> Self {
        Self::with(platform, serves, |house| house).await
    }

    pub(crate) async fn with(
        platform: Platform,
        serves: Serves,
        furnished: impl FnOnce(House) -> House,
    ) -> Self {
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("gudok-channels-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store =
            Store::open(folder.join("gudok.db").to_str().unwrap(), Ids::new(number)).await.unwrap();
        let demo = job_core::demo::seed_demo(&store, morning()).await.unwrap();
        access::grant_key(&store, &demo, "demo", KEY).await.unwrap();
        let bots = BTreeMap::from([(BOT.to_owned(), platform.bot(serves))]);
        let (bots, bell) = (Arc::new(Bots::open(bots).unwrap()), Arc::default());
        let carriers = (Arc::clone(&bots), Arc::clone(&bell));
        let settings = Settings { patience_ms: 2_000, ..Settings::default() };
        let post = PostRoom::open(store.clone(), settings, None, carriers, Arc::new(|| 0)).unwrap();
        let house = furnished(house(&store, &folder).with_bots(bots, bell));
        let pages = web::router(house.clone());
        Self { store, house, pages, post, platform, folder }
    }

    pub(crate) fn rows(&self) -> OrgStore {
        self.store.org(&OrgId::new(job_core::demo::ORG))
    }

    /// Hands an update over as the messenger does.
    pub(crate) async fn hand_over(&self, update: &Value) -> (StatusCode, String) {
        let body = update.to_string();
        let signed = self.platform.signed(&body);
        self.post_raw(body, &signed).await
    }

    pub(crate) async fn post_raw(
        &self,
        body: String,
        headers: &[(&'static str, String)],
    ) -> (StatusCode, String) {
        let mut request =
            Request::post(format!("/hooks/{BOT}")).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    pub(crate) async fn api(&self, path: &str, body: Value) -> (StatusCode, String) {
        let request = Request::post(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {KEY}"))
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Until every letter is read and every answer has left.
    pub(crate) async fn settled(&self) {
        for _ in 0..STEPS_MAX {
            let far = morning() + SignedDuration::from_hours(1);
            let unread = self.store.chats_with_mail(far).await.unwrap();
            let sent = self.post.round(morning()).await.unwrap();
            if unread.is_empty() && sent == 0 {
                return;
            }
            tokio::time::sleep(STEP).await;
        }
        panic!("letters are never read, or answers never leave");
    }

    /// Somebody does that, and has the answers: those that came with it.
    pub(crate) async fn does(&self, chat: i64, does: Does, second: i64) -> Vec<Taken> {
        let before = self.platform.taken().len();
        let update = self.platform.update(chat, &does, second);
        let (status, _) = self.hand_over(&update).await;
        assert_eq!(status, StatusCode::OK);
        self.settled().await;
        self.platform.taken().split_off(before)
    }

    pub(crate) async fn record(&self, chat: i64) -> Conversation {
        let id = ChatId { bot: BOT.into(), address: self.platform.chat(chat) };
        let chat = self.rows().chat(&id).await.unwrap().unwrap();
        self.rows().conversation(&chat.conversation.unwrap()).await.unwrap().unwrap()
    }

    pub(crate) async fn state(&self, chat: i64) -> State {
        serde_json::from_str(&self.record(chat).await.state.unwrap()).unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn house(store: &Store, folder: &std::path::Path) -> House {
    let [ru, en] = [Language::Ru, Language::En].map(|it| Pack::built_in("home-repair", it));
    let packs = Packs::new(Arc::new(ru.unwrap()), [Arc::new(en.unwrap())]);
    let chance = AtomicU64::new(7);
    let random = move || {
        let step = chance.fetch_add(1, Ordering::Relaxed);
        step.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5555_aaaa_1234_9876
    };
    House::new(store.clone(), packs, folder.join("recordings"), morning, Arc::new(random))
}
