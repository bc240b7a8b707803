//! A whole house in a fresh folder: the demo organisation, its keys, and a browser to look with.

#![allow(dead_code, reason = "the tests and the example each take what they need")]
#![allow(clippy::unwrap_used, reason = "a world that cannot be made has failed")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use dialog::conversation::Packs;
use dialog::pack::Pack;
use jiff::Timestamp;
use job_core::conversation::{
    CallEvent, Conversation, ConversationStatus, Ending, Millis, Speaker, Utterance,
};
use job_core::ids::{ConversationId, Ids, OrgId};
use job_core::settings::Settings;
use job_core::store::{OrgStore, Store};
use job_core::trade::{Channel, Language};
use serde_json::{Value, json};
use tower::ServiceExt;
use web::{House, access};

pub(crate) const KEY: &str = "demo-key";
pub(crate) const OTHER_KEY: &str = "other-key";
pub(crate) const LOGIN: &str = "admin";
pub(crate) const PASSWORD: &str = "right horse";
pub(crate) const PHONE: &str = "+79114567890";
const TURNS_MAX: usize = 15;
/// Samples of a recording: 60 s of 8 kHz stereo.
const SAMPLES: u32 = 60 * 8_000;

static WORLDS: AtomicU64 = AtomicU64::new(0);

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) pages: Router,
    folder: PathBuf,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A Friday in Kaliningrad, 9:00.
pub(crate) fn morning() -> Timestamp {
    "2026-11-20T09:00:00+02:00".parse().unwrap()
}

impl World {
    /// The demo organisation with an admin and a key, and another organisation beside it.
    pub(crate) async fn new() -> Self {
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("gudok-web-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("gudok.db");
        let store = Store::open(file.to_str().unwrap(), Ids::new(number)).await.unwrap();
        let demo = job_core::demo::seed_demo(&store, morning()).await.unwrap();
        let other = OrgId::new("other");
        store.add_organisation(&other, "Other", &Settings::default()).await.unwrap();
        access::grant_key(&store, &demo, "demo", KEY).await.unwrap();
        access::grant_key(&store, &other, "other", OTHER_KEY).await.unwrap();
        access::set_password(&store, &demo, LOGIN, PASSWORD, 1).await.unwrap();
        let pages = web::router(house(&store, &folder));
        Self { store, pages, folder }
    }

    /// As `new`, with that till.
    pub(crate) async fn paying(till: web::till::Till) -> Self {
        let mut world = Self::new().await;
        world.pages = web::router(house(&world.store, &world.folder).with_till(till));
        world
    }

    /// As `new`, with something changed in the house.
    pub(crate) async fn furnished(change: impl FnOnce(House) -> House) -> Self {
        let mut world = Self::new().await;
        world.pages = web::router(change(house(&world.store, &world.folder)));
        world
    }

    /// As `new`, with these exchanges.
    pub(crate) async fn reached_by(trunks: Vec<web::trunk::Trunk>) -> Self {
        let mut world = Self::new().await;
        let house = house(&world.store, &world.folder);
        world.pages = web::router(house.with_trunks(Arc::new(move || trunks.clone())));
        world
    }

    pub(crate) fn demo(&self) -> OrgStore {
        self.store.org(&OrgId::new(job_core::demo::ORG))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: head.status, headers: head.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn api_get(&self, key: &str, path: &str) -> Answer {
        let request = Request::get(path).header("authorization", format!("Bearer {key}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn api_delete(&self, key: &str, path: &str) -> Answer {
        let request = Request::delete(path).header("authorization", format!("Bearer {key}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn api_post(&self, key: &str, path: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub(crate) async fn api_send(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = request
            .header("authorization", format!("Bearer {key}"))
            .header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A photo in that conversation; its hash.
    pub(crate) async fn photo_in(&self, conversation: &str) -> String {
        let path = format!("/api/v1/ai/conversation/{conversation}/media?name=1.jpg");
        let request = Request::post(path).header("authorization", format!("Bearer {KEY}"));
        let photo = [&b"\xff\xd8\xff\xe0"[..], &[7; 900]].concat();
        let answer = self.send(request.body(Body::from(photo)).unwrap()).await;
        text(&answer.json()["hash"])
    }

    /// Everything of the demo organisation that can be looked at, as one text.
    pub(crate) async fn everything(&self) -> String {
        let mut all = String::new();
        for path in [
            "/api/v1/calls?limit=200",
            "/api/v1/jobs?limit=200",
            "/api/v1/masters",
            "/api/v1/settings",
            "/api/v1/keys",
            "/api/v1/webhooks",
            "/api/v1/audit?limit=200",
        ] {
            all.push_str(&self.api_get(KEY, path).await.text());
        }
        all
    }

    /// A conversation over HTTP from hello to the end; its id, the last state, all replies.
    pub(crate) async fn booking(&self, language: &str) -> (String, Value, Vec<String>) {
        let start = json!({
            "type": "client_request", "channel": "web", "language": language,
            "participant_phone": PHONE, "now": morning().to_string(),
        });
        let started = self.api_post(KEY, "/api/v1/ai/conversation/start", &start).await.json();
        let id = started["conversation_id"].as_str().unwrap().to_owned();
        let (mut state, mut replies) = (started["state"].clone(), vec![text(&started["reply"])]);
        for turn in 0..TURNS_MAX {
            if state["status"] != "active" {
                break;
            }
            let now = morning() + jiff::SignedDuration::from_secs(20 * (turn as i64 + 1));
            let words = words(language, state["awaiting"].as_str().unwrap());
            let message = json!({ "text": words, "now": now.to_string() });
            let path = format!("/api/v1/ai/conversation/{id}/message");
            let answered = self.api_post(KEY, &path, &message).await.json();
            state = answered["state"].clone();
            replies.push(text(&answered["reply"]));
        }
        (id, state, replies)
    }

    /// A telephone call that came to the same booking, with its recording.
    pub(crate) async fn call_like(&self, written: &str, id: &str) -> ConversationId {
        let (rows, id) = (self.demo(), ConversationId::new(id));
        let model = rows.conversation(&ConversationId::new(written)).await.unwrap().unwrap();
        let file = format!("{id}.wav");
        std::fs::create_dir_all(self.folder.join("recordings")).unwrap();
        std::fs::write(self.folder.join("recordings").join(&file), wav()).unwrap();
        let call = Conversation {
            participant: Some(PHONE.into()),
            dialled: Some("100".into()),
            recording: Some(file),
            state: model.state,
            ..Conversation::beginning(id.clone(), Channel::Phone, model.language, morning())
        };
        rows.start_conversation(&call).await.unwrap();
        let said = rows.transcript(&ConversationId::new(written)).await.unwrap();
        let lines: Vec<Utterance> = said.into_iter().map(as_spoken).collect();
        rows.add_utterances(&id, &lines).await.unwrap();
        rows.add_events(&id, &events()).await.unwrap();
        let ending = Ending {
            status: ConversationStatus::Completed,
            reason: "completed".into(),
            recording: None,
            job: model.job,
        };
        let ended = morning() + jiff::SignedDuration::from_secs(58);
        rows.end_conversation(&id, &ending, ended).await.unwrap();
        id
    }

    /// A call that ended otherwise.
    pub(crate) async fn call_ended(&self, id: &str, status: ConversationStatus, reason: &str) {
        let (rows, id) = (self.demo(), ConversationId::new(id));
        let began = morning() - jiff::SignedDuration::from_mins(90);
        let call = Conversation {
            participant: Some("+79110002233".into()),
            ..Conversation::beginning(id.clone(), Channel::Phone, Language::Ru, began)
        };
        rows.start_conversation(&call).await.unwrap();
        if status == ConversationStatus::Active {
            return;
        }
        let ending = Ending { status, reason: reason.into(), recording: None, job: None };
        let ended = began + jiff::SignedDuration::from_secs(31);
        rows.end_conversation(&id, &ending, ended).await.unwrap();
    }

    /// The cookies of somebody who has opened the login page, and its form token.
    pub(crate) async fn login_form(&self) -> (String, String) {
        let page = self.get("/console/login").await;
        (page.cookie("gudok_visit"), page.form_token())
    }

    pub(crate) async fn try_password(&self, login: &str, password: &str) -> Answer {
        let (cookie, token) = self.login_form().await;
        let form = format!("login={login}&password={password}&form_token={token}");
        self.post_form("/console/login", &cookie, &form).await
    }

    pub(crate) async fn post_form(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header(COOKIE, cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.replace(' ', "+"))).unwrap()).await
    }

    /// The cookie of a signed-in admin.
    pub(crate) async fn signed_in(&self) -> String {
        self.try_password(LOGIN, PASSWORD).await.cookie("gudok_session")
    }

    pub(crate) async fn look(&self, cookie: &str, path: &str) -> Answer {
        self.send(Request::get(path).header(COOKIE, cookie).body(Body::empty()).unwrap()).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> &str {
        self.header(LOCATION.as_str())
    }

    /// `name=value` of a cookie that was set.
    pub(crate) fn cookie(&self, name: &str) -> String {
        let set = self.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
        let mine = set.filter_map(|line| line.split(';').next());
        let found = mine.into_iter().find(|pair| pair.starts_with(&format!("{name}=")));
        found.unwrap_or_else(|| panic!("no cookie {name}: {}", self.text())).to_owned()
    }

    pub(crate) fn form_token(&self) -> String {
        let page = self.text();
        let rest = page.split("name=\"form_token\" value=\"").nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
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

/// What somebody with a dripping tap answers.
fn words(language: &str, awaiting: &str) -> &'static str {
    match (language, awaiting) {
        ("ru", "problem") => "здравствуйте, у меня на кухне капает кран",
        ("ru", "clarification") => "из носика",
        ("ru", "address") => "улица Багратиона, дом 20, квартира 5",
        ("ru", "time") => "завтра после обеда",
        ("ru", "slot_choice") => "да, подходит",
        ("ru", "name") => "Анна",
        ("ru", _) => "да, всё верно",
        (_, "problem") => "hello, my kitchen tap is leaking",
        (_, "clarification") => "it drips from the spout",
        (_, "address") => "Bagrationa street 20, flat 5",
        (_, "time") => "tomorrow afternoon",
        (_, "slot_choice") => "yes, that works",
        (_, "name") => "my name is Anna",
        (_, _) => "yes, that is right",
    }
}

fn as_spoken(line: Utterance) -> Utterance {
    let at = Millis(line.seq * 3_700);
    match line.speaker {
        Speaker::Client => {
            Utterance { at, confidence: Some([94, 71, 46][line.seq as usize % 3]), ..line }
        }
        Speaker::Agent => Utterance {
            at,
            latency: (line.seq > 0).then_some(Millis(620 + line.seq * 90)),
            interrupted: line.seq == 4,
            ..line
        },
        Speaker::Operator | Speaker::System => line,
    }
}

fn events() -> Vec<CallEvent> {
    let event = |at, kind: &str, detail: &str| CallEvent {
        at: Millis(at),
        kind: kind.into(),
        detail: detail.into(),
    };
    vec![
        event(9_100, "noise", ""),
        event(20_400, "caller_silent", "1"),
        event(31_000, "recogniser_failed", "the engine stopped"),
        event(33_300, "keys", "1"),
        event(46_000, "price_accepted", ""),
    ]
}

/// A minute of a low tone on the left and a higher one on the right, 8 kHz, 16 bit.
fn wav() -> Vec<u8> {
    let bytes = SAMPLES * 4;
    let mut file = Vec::from(*b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(*b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend([1u16, 2].iter().flat_map(|it| it.to_le_bytes()));
    file.extend([8_000u32, 32_000].iter().flat_map(|it| it.to_le_bytes()));
    file.extend([4u16, 16].iter().flat_map(|it| it.to_le_bytes()));
    file.extend(*b"data");
    file.extend(bytes.to_le_bytes());
    for at in 0..SAMPLES {
        let wave = |hertz: u32| {
            if (at * hertz / 4_000).is_multiple_of(2) { 900i16 } else { -900 }
        };
        file.extend([wave(220), wave(330)].iter().flat_map(|it| it.to_le_bytes()));
    }
    file
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
