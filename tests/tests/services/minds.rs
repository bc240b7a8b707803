//! Language models elsewhere: services on this machine that stream as their documentation says, and which of them
//! is asked.
//!
//! Sources: developers.openai.com, "Create chat completion" and "Error codes"; docs.claude.com, "Streaming messages"
//! and "Errors"; ai.google.dev, "models.streamGenerateContent" and "Troubleshooting".

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dialog::llm::{Call, Proposal, Route, Thinker, Thought};
use job_core::trade::Language;
use serde_json::{Value, json};
use sip_gateway::config::Settings;
use sip_gateway::net::services::mind::Minds;
use sip_gateway::net::services::settings::Kind;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::pages::{KEY, Mishap};
use crate::settings;
use crate::voices::request;

pub(crate) const KINDS: [Kind; 3] = [Kind::Chat, Kind::Anthropic, Kind::Gemini];
const MODEL: &str = "model-1";

pub(crate) struct Service {
    pub(crate) address: String,
    asked: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) async fn serve(
    kind: Kind,
    mishap: impl Fn(usize) -> Mishap + Send + 'static,
) -> Service {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = if kind == Kind::Chat { "/v1" } else { "" };
    let address = format!("http://{}{base}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let task = tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let nth = counted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(answer(socket, kind, mishap(nth)));
        }
    });
    Service { address, asked, task }
}

async fn answer(mut socket: TcpStream, kind: Kind, mishap: Mishap) {
    let Ok((head, body)) = request(&mut socket).await else { return };
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, message) = match verdict(kind, &head.to_lowercase(), &body) {
        None if matches!(mishap, Mishap::Says(_)) => (429, "overloaded, try later"),
        Some(refused) => refused,
        None => (200, ""),
    };
    if status != 200 {
        let error = json!({ "error": { "type": "error", "message": message } });
        let error = if kind == Kind::Gemini { json!([error]) } else { error };
        let body = error.to_string();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} No\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        let _ = socket.write_all((head + &body).as_bytes()).await;
        return;
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let _ = socket.write_all(head.as_bytes()).await;
    for (nth, event) in events(kind).into_iter().enumerate() {
        match mishap {
            Mishap::Cuts(after) if nth >= after => return,
            Mishap::Hangs(after) if nth >= after => {
                tokio::time::sleep(Duration::from_secs(30)).await
            }
            Mishap::Garbage(after) if nth >= after => {
                let _ = socket.write_all(b"data: {\"oops\n\n").await;
            }
            Mishap::Slow(by) => tokio::time::sleep(by).await,
            _ => {}
        }
        // Split where it hurts.
        let (one, two) = event.as_bytes().split_at(event.len() / 2);
        let _ = socket.write_all(one).await;
        let _ = socket.flush().await;
        let _ = socket.write_all(two).await;
    }
}

/// What is not as documented.
fn verdict(kind: Kind, head: &str, body: &Value) -> Option<(u16, &'static str)> {
    let (path, signed, tools, messages) = match kind {
        Kind::Chat => (
            "post /v1/chat/completions ".to_owned(),
            head.contains(&format!("authorization: bearer {KEY}")),
            &body["tools"][0]["function"]["parameters"],
            body["stream"] == true && body["messages"][1]["role"] == "user",
        ),
        Kind::Anthropic => (
            "post /v1/messages ".to_owned(),
            head.contains(&format!("x-api-key: {KEY}"))
                && head.contains("anthropic-version: 2023-06-01"),
            &body["tools"][0]["input_schema"],
            body["stream"] == true && body["max_tokens"].is_number() && body["system"].is_string(),
        ),
        _ => (
            format!("post /v1beta/models/{MODEL}:streamgeneratecontent?alt=sse "),
            head.contains(&format!("x-goog-api-key: {KEY}")),
            &body["tools"][0]["functionDeclarations"][0]["parameters"],
            body["contents"][0]["parts"][0]["text"].is_string(),
        ),
    };
    let named = kind == Kind::Gemini || body["model"] == MODEL;
    let fits = head.starts_with(&path) && tools["properties"].is_object() && messages && named;
    match (signed, fits) {
        (false, _) => Some((401, "invalid key")),
        (true, false) => Some((400, "not as documented")),
        (true, true) => None,
    }
}

/// Two calls, the first one's arguments in pieces.
fn events(kind: Kind) -> Vec<String> {
    let data = |value: Value| format!("data: {value}\n\n");
    match kind {
        Kind::Chat => {
            let delta = |calls: Value, finish: Value| {
                data(
                    json!({ "choices": [{ "index": 0, "delta": { "tool_calls": calls }, "finish_reason": finish }] }),
                )
            };
            let piece =
                |arguments: &str| json!([{ "index": 0, "function": { "arguments": arguments } }]);
            let named = json!([{ "index": 0, "id": "call_1", "type": "function",
                "function": { "name": "set_address", "arguments": "" } }]);
            let second = json!([{ "index": 1, "id": "call_2", "type": "function",
                "function": { "name": "ask_price", "arguments": "{}" } }]);
            vec![
                delta(named, Value::Null),
                delta(piece("{\"text\": \"Ми"), Value::Null),
                delta(piece("ра 42\"}"), Value::Null),
                delta(second, Value::Null),
                delta(json!([]), json!("tool_calls")),
                data(
                    json!({ "choices": [], "usage": { "prompt_tokens": 100, "completion_tokens": 9 } }),
                ),
                "data: [DONE]\n\n".to_owned(),
            ]
        }
        Kind::Anthropic => {
            let event = |value: Value| {
                format!("event: {}\n{}", value["type"].as_str().unwrap(), data(value.clone()))
            };
            let start = |index: u64, name: &str| {
                event(json!({ "type": "content_block_start", "index": index,
                    "content_block": { "type": "tool_use", "id": "toolu_1", "name": name, "input": {} } }))
            };
            let piece = |json: &str| {
                event(json!({ "type": "content_block_delta", "index": 0,
                    "delta": { "type": "input_json_delta", "partial_json": json } }))
            };
            vec![
                event(
                    json!({ "type": "message_start", "message": { "usage": { "input_tokens": 100, "output_tokens": 1 } } }),
                ),
                event(json!({ "type": "ping" })),
                start(0, "set_address"),
                piece(""),
                piece("{\"text\": \"Ми"),
                piece("ра 42\"}"),
                event(json!({ "type": "content_block_stop", "index": 0 })),
                start(1, "ask_price"),
                event(json!({ "type": "content_block_stop", "index": 1 })),
                event(
                    json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 9 } }),
                ),
                event(json!({ "type": "message_stop" })),
            ]
        }
        _ => {
            let parts = |parts: Value, finish: Value| {
                let mut candidate = json!({ "content": { "parts": parts, "role": "model" } });
                if !finish.is_null() {
                    candidate["finishReason"] = finish;
                }
                data(json!({ "candidates": [candidate],
                    "usageMetadata": { "promptTokenCount": 100, "candidatesTokenCount": 9 } }))
            };
            let call = |name: &str, args: Value| json!([{ "functionCall": { "name": name, "args": args } }]);
            vec![
                parts(call("set_address", json!({ "text": "Мира 42" })), Value::Null),
                parts(call("ask_price", json!({})), json!("STOP")),
            ]
        }
    }
}

pub(crate) fn minds(
    services: &[(&str, Kind, &str, &str)],
    small: &[&str],
    local: &[&str],
) -> Minds {
    let mut all = Settings::default();
    for (name, kind, address, key) in services {
        let mut service = settings(*kind, address, key);
        service.model = MODEL.to_owned();
        all.services.insert((*name).to_owned(), service);
    }
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    (all.models.small, all.models.local) = (names(small), names(local));
    Minds::of(&all).unwrap()
}

fn thought(routes: &[Route]) -> Thought {
    Thought {
        routes: routes.to_vec(),
        reason: "not_understood".into(),
        language: Language::Ru,
        rules: "Отвечай вызовами.".into(),
        question: "Что случилось?".into(),
        known: vec![],
        diagnoses: vec![("tap_drip".into(), "капает кран".into())],
        words: "ну такое дело, Мира 42, почём".into(),
    }
}

fn meant(proposal: &Proposal) -> bool {
    proposal.calls == [Call::Address("Мира 42".into()), Call::Price]
        && (proposal.tokens.input, proposal.tokens.output) == (100, 9)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_model_is_asked_and_read_as_documented() {
    for kind in KINDS {
        let service = serve(kind, |_| Mishap::None).await;
        let minds = minds(&[("one", kind, &service.address, KEY)], &["one"], &[]);
        let proposal = minds.think(&thought(&[Route::Small])).await.unwrap();
        assert!(meant(&proposal), "{kind:?}: {proposal:?}");

        let unnamed = minds.think(&thought(&[Route::Local])).await;
        assert!(unnamed.unwrap_err().contains("no model is named"), "{kind:?}");
        assert_eq!(service.asked.load(Ordering::Relaxed), 1, "{kind:?}: what is personal went out");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_refuses_breaks_off_or_hangs_is_named_and_the_next_is_asked() {
    for kind in KINDS {
        let wrong_key = serve(kind, |_| Mishap::None).await;
        let one = minds(&[("one", kind, &wrong_key.address, "guess")], &["one"], &[]);
        let error = one.think(&thought(&[Route::Small])).await.unwrap_err();
        assert!(error.contains("one: 401") && error.contains("invalid key"), "{kind:?}: {error}");

        for mishap in [Mishap::Says(0), Mishap::Cuts(1), Mishap::Garbage(1), Mishap::Hangs(1)] {
            let failing = serve(kind, move |_| mishap).await;
            let alone = minds(&[("one", kind, &failing.address, KEY)], &["one"], &[]);
            let error = alone.think(&thought(&[Route::Small])).await;
            assert!(error.is_err(), "{kind:?} {mishap:?}: {error:?}");

            let steady = serve(Kind::Chat, |_| Mishap::None).await;
            let two = [
                ("one", kind, failing.address.as_str(), KEY),
                ("two", Kind::Chat, &steady.address, KEY),
            ];
            let both = minds(&two, &["one", "two"], &[]);
            let proposal = both.think(&thought(&[Route::Small])).await.unwrap();
            assert!(meant(&proposal), "{kind:?} {mishap:?}: {proposal:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_fails_again_and_again_is_left_alone() {
    let failing = serve(Kind::Chat, |_| Mishap::Says(0)).await;
    let minds = minds(&[("one", Kind::Chat, &failing.address, KEY)], &["one"], &[]);
    for _ in 0..10 {
        assert!(minds.think(&thought(&[Route::Small])).await.is_err());
    }
    assert_eq!(failing.asked.load(Ordering::Relaxed), 3);
}
