//! The chat and the form of a page over real sockets: it breaks off and goes on, a person of the office
//! speaks in it, a file is put in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use job_core::conversation::{Conversation, ConversationFilter};
use job_core::ids::{Ids, OrgId};
use job_core::store::{OrgStore, Store};
use job_core::trade::{Channel, Language};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use web::{House, access};

use crate::packs;

const KEY: &str = "key";

static CHANCE: AtomicU64 = AtomicU64::new(7);

struct World {
    rows: OrgStore,
    at: String,
    client: reqwest::Client,
}

struct Chat {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

fn morning() -> Timestamp {
    "2026-11-20T09:00:00+02:00".parse().unwrap()
}

impl World {
    async fn new() -> Self {
        web::post::secure();
        let store = Store::open(":memory:", Ids::new(1)).await.unwrap();
        let demo = job_core::demo::seed_demo(&store, morning()).await.unwrap();
        access::grant_key(&store, &demo, "key", KEY).await.unwrap();
        let number = CHANCE.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("gudok-page-{}-{number}", std::process::id()));
        let random = || CHANCE.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let house = House::new(
            store.clone(),
            packs(Language::Ru),
            folder.join("recordings"),
            morning,
            Arc::new(random),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap().to_string();
        let routes = web::router(house);
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let rows = store.org(&OrgId::new(job_core::demo::ORG));
        let no_redirects = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(no_redirects).build().unwrap();
        Self { rows, at, client }
    }

    async fn open(&self, token: Option<&str>) -> (Chat, Value) {
        let line = format!("ws://{}/chat/100/line", self.at);
        let (socket, _) = tokio_tungstenite::connect_async(line).await.unwrap();
        let mut chat = Chat { socket };
        chat.send(json!({ "open": token })).await;
        let first = chat.next().await;
        (chat, first)
    }

    async fn api(&self, path: &str, body: Value) -> u16 {
        let request = self.client.post(format!("http://{}/api/v1{path}", self.at));
        let answer = request.header("x-api-key", KEY).json(&body).send().await.unwrap();
        answer.status().as_u16()
    }

    async fn talks(&self, channel: Channel) -> Vec<Conversation> {
        let filter = ConversationFilter { channel: Some(channel), ..Default::default() };
        self.rows.conversations(&filter, Default::default()).await.unwrap()
    }
}

impl Chat {
    async fn send(&mut self, word: Value) {
        self.socket.send(Message::text(word.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.socket.next().await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// Until that is told.
    async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let word = self.next().await;
            if wanted(&word) {
                return word;
            }
        }
    }

    async fn says(&mut self, text: &str, id: &str) -> Value {
        self.send(json!({ "say": text, "id": id })).await;
        self.until(|word| word["lines"].is_array()).await
    }
}

fn words(told: &Value, who: &str) -> Vec<String> {
    let lines = told["lines"].as_array().unwrap().iter().filter(|it| it["who"] == who);
    lines.map(|it| it["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_broke_off_goes_on_and_says_nothing_twice() {
    let world = World::new().await;
    let before = world.talks(Channel::Web).await.len();
    let (mut chat, first) = world.open(None).await;
    let token = first["token"].as_str().unwrap().to_owned();
    let hello = chat.next().await;
    assert!(words(&hello, "agent")[0].contains("помощник"), "{hello}");
    let told = chat.says("не работает розетка в спальне", "1").await;
    assert_eq!(words(&told, "client"), ["не работает розетка в спальне"]);
    drop(chat);

    let (mut again, history) = world.open(Some(&token)).await;
    assert!(history["token"].is_null());
    assert_eq!(words(&history, "agent").len(), 2);
    let repeated = again.says("не работает розетка в спальне", "1").await;
    assert_eq!(repeated["lines"], json!([]), "the same message changes nothing");
    again.says("только одна", "2").await;
    let time = again.says("улица Багратиона 20 квартира 5", "3").await;
    assert!(time["choices"].to_string().contains("Завтра"), "{time}");
    assert_eq!(world.talks(Channel::Web).await.len(), before + 1);

    let (_, others) = world.open(Some("a-token-that-nobody-has-given")).await;
    assert_eq!(words(&others, "client").len(), 0, "somebody else's chat is not seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_of_the_office_speaks_into_the_open_chat() {
    let world = World::new().await;
    let (mut chat, _) = world.open(None).await;
    chat.next().await;
    let id = world.talks(Channel::Web).await.remove(0).id;

    assert_eq!(world.api(&format!("/conversations/{id}/take-over"), json!({})).await, 204);
    let reply = json!({ "text": "Здравствуйте, это Анна.", "message_id": "1" });
    assert_eq!(world.api(&format!("/conversations/{id}/reply"), reply).await, 204);

    let heard = chat.until(|word| !words_or_none(word, "operator").is_empty()).await;
    assert_eq!(words(&heard, "operator"), ["Здравствуйте, это Анна."]);
    let silent = chat.says("спасибо", "2").await;
    assert!(words(&silent, "agent").is_empty(), "{silent}");
    assert_eq!(world.api(&format!("/conversations/{id}/hand-back"), json!({})).await, 204);
    let back = chat.until(|word| !words_or_none(word, "agent").is_empty()).await;
    assert!(words(&back, "agent")[0].starts_with("Снова отвечаю я"), "{back}");
}

fn words_or_none(word: &Value, who: &str) -> Vec<String> {
    if word["lines"].is_array() { words(word, who) } else { Vec::new() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_words_and_too_many_of_them_are_refused_and_the_chat_stays_open() {
    let world = World::new().await;
    let (mut chat, _) = world.open(None).await;
    chat.next().await;
    for odd in ["{", "null", "[1]", "{\"say\":1}", "{\"say\":\"x\"}", "\u{0}"] {
        chat.socket.send(Message::text(odd)).await.unwrap();
    }
    chat.socket.send(Message::binary(vec![0xff; 100])).await.unwrap();
    chat.send(json!({ "say": "я".repeat(4_001), "id": "long" })).await;
    assert_eq!(chat.next().await, json!({ "refused": "long" }));

    let mut refused = 0;
    for nth in 0..60 {
        chat.send(json!({ "say": "да", "id": nth.to_string() })).await;
        let word = chat.until(|it| it["lines"].is_array() || it["refused"].is_string()).await;
        refused += usize::from(word["refused"].is_string());
    }
    assert!((15..=25).contains(&refused), "{refused}");
    let nowhere =
        tokio_tungstenite::connect_async(format!("ws://{}/chat/555/line", world.at)).await;
    assert!(nowhere.is_err(), "nobody has that number");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_is_told_in_one_go_and_what_is_missing_is_asked_in_the_chat() {
    let world = World::new().await;
    let send = async |fields: &[(&str, &str)]| {
        let request = world.client.post(format!("http://{}/form/100", world.at));
        request.header("accept-language", "ru").form(fields).send().await.unwrap()
    };
    let told = [
        ("problem", "не работает только одна розетка"),
        ("address", "улица Багратиона 20 квартира 5"),
        ("name", "Анна"),
        ("phone", "8 911 555-00-01"),
    ];

    let before = world.talks(Channel::Form).await.len();
    let odd = send(&[("problem", " ")]).await;
    assert_eq!(odd.status(), 422);
    assert!(odd.text().await.unwrap().contains("Напишите, что случилось"));
    let odd = send(&[("problem", "кран"), ("phone", "12")]).await;
    assert!(odd.text().await.unwrap().contains("не похоже на номер"));
    send(&[("problem", "купите"), ("website", "http://spam.example")]).await;
    assert_eq!(world.talks(Channel::Form).await.len(), before);

    let sent = send(&told).await;
    assert_eq!(sent.status(), 303);
    let place = sent.headers()["location"].to_str().unwrap().to_owned();
    let token = place.strip_prefix("/chat/100#").unwrap();
    let (mut chat, history) = world.open(Some(token)).await;
    assert!(
        history["choices"].to_string().contains("Завтра"),
        "only the time is missing: {history}"
    );
    chat.says("завтра", "1").await;
    let talks = world.talks(Channel::Form).await;
    assert!(talks.iter().any(|it| it.participant.as_deref() == Some("+79115550001")));
    let by_phone = [("problem", "кран"), ("phone", "8 911 555-00-02"), ("call_back", "yes")];
    send(&by_phone).await;
    let backs = world.rows.call_backs().await.unwrap();
    assert!(backs.iter().any(|it| it.phone.as_deref() == Some("+79115550002")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_into_the_chat_of_whoever_holds_its_token() {
    let world = World::new().await;
    let (mut chat, first) = world.open(None).await;
    chat.next().await;
    let token = first["token"].as_str().unwrap();
    let send = async |token: &str, bytes: Vec<u8>| {
        let place = format!("http://{}/chat/100/media?token={token}&name=1.jpg", world.at);
        world.client.post(place).body(bytes).send().await.unwrap().status().as_u16()
    };
    let photo = [&b"\xff\xd8\xff\xe0"[..], &[7; 50_000]].concat();

    assert_eq!(send(token, photo.clone()).await, 200);
    assert_eq!(send("somebody-elses-token", photo).await, 404);
    assert_eq!(send(token, b"<svg onload=alert(1)>".to_vec()).await, 415);
    let mut large = b"\xff\xd8\xff".to_vec();
    large.resize(13 * 1024 * 1024, 0);
    assert_eq!(send(token, large).await, 413);
    let talk = world.talks(Channel::Web).await.remove(0);
    assert_eq!(world.rows.attachments(&talk.id).await.unwrap().len(), 1);
}
