//! Services that speak over a WebSocket, on this machine, as their documentation has them: Vosk, Deepgram,
//! Flux and OpenAI, with their refusals, and with every way a service far away goes wrong.
//!
//! Sources: alphacep/vosk-server `websocket/asr_server.py`; developers.deepgram.com `/v1/listen` and `/v2/listen`;
//! developers.openai.com, realtime transcription.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use media::codec::g711::Law;
use serde_json::{Value, json};
use tokio::io::Interest;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use crate::code::{Hearing, PAUSE};

pub(crate) const KEY: &str = "the-key";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    Vosk,
    Deepgram,
    Flux,
    OpenAi,
}

/// What goes wrong, once the caller has been heard for so many messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    None,
    /// The connection is cut.
    Cuts(usize),
    /// Nothing more is said or read; the connection stands.
    Hangs(usize),
    Garbage(usize),
    /// Every word comes so late.
    Slow(Duration),
    /// The service's own words for an error.
    Says(usize),
}

pub(crate) struct Service {
    pub(crate) address: String,
    /// Lines open now.
    pub(crate) open: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `mishap` is asked anew for every caller.
pub(crate) async fn serve(
    speaks: Speaks,
    mishap: impl Fn(usize) -> Mishap + Send + 'static,
) -> Service {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}", listener.local_addr().unwrap());
    let open = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&open);
    let task = tokio::spawn(async move {
        for nth in 0.. {
            let Ok((socket, _)) = listener.accept().await else { return };
            socket.set_nodelay(true).unwrap();
            let (mishap, open) = (mishap(nth), Arc::clone(&counted));
            tokio::spawn(async move {
                open.fetch_add(1, Ordering::Relaxed);
                let _ = talk(socket, speaks, mishap).await;
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    Service { address, open, task }
}

type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

#[allow(clippy::result_large_err, reason = "the handshake's own type")]
async fn talk(socket: TcpStream, speaks: Speaks, mishap: Mishap) -> Ended {
    let check = |request: &Request, response: Response| match refusal(speaks, request) {
        Some(status) => {
            let body = Some(json!({ "err_code": "INVALID_AUTH" }).to_string());
            let mut refused = ErrorResponse::new(body);
            *refused.status_mut() = status.try_into().unwrap();
            Err(refused)
        }
        None => Ok(response),
    };
    let mut line = tokio_tungstenite::accept_hdr_async(socket, check).await?;
    let mut ear = Ear::new(speaks);
    for said in ear.greeting() {
        line.send(Message::text(said.to_string())).await?;
    }
    let mut heard = 0;
    while let Some(message) = line.next().await {
        let answers = match message? {
            Message::Text(text) => ear.text(&text),
            Message::Binary(sound) => ear.sound(&sound),
            Message::Close(_) => return Ok(()),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        heard += 1;
        if answered(&mut line, mishap, heard, speaks).await? {
            return Ok(());
        }
        for answer in answers {
            line.send(Message::text(answer.to_string())).await?;
        }
    }
    Ok(())
}

/// Says and reads nothing more, for as long as the other side holds the line.
pub(crate) async fn hang(socket: &TcpStream) {
    let held = async {
        while socket.ready(Interest::READABLE).await.is_ok_and(|it| !it.is_read_closed()) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(30), held).await;
}

/// What goes wrong now; true where that is the end.
async fn answered(
    line: &mut WebSocketStream<TcpStream>,
    mishap: Mishap,
    heard: usize,
    speaks: Speaks,
) -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    match mishap {
        Mishap::Cuts(after) if heard >= after => return Ok(true),
        Mishap::Hangs(after) if heard >= after => {
            hang(line.get_ref()).await;
            return Ok(true);
        }
        Mishap::Garbage(after) if heard >= after => {
            line.send(Message::text("{\"type\": ")).await?;
        }
        Mishap::Says(after) if heard >= after => {
            let error = match speaks {
                Speaks::Vosk => json!({ "error": "model" }),
                Speaks::Deepgram | Speaks::Flux => {
                    json!({ "type": "Error", "code": "NET-0001", "description": "no audio" })
                }
                Speaks::OpenAi => json!({
                    "type": "error",
                    "error": { "type": "server_error", "code": "overloaded", "message": "try later" },
                }),
            };
            line.send(Message::text(error.to_string())).await?;
        }
        Mishap::Slow(by) => tokio::time::sleep(by).await,
        _ => {}
    }
    Ok(false)
}

/// A status where the request is not as documented.
fn refusal(speaks: Speaks, request: &Request) -> Option<u16> {
    let signed = |scheme: &str| {
        let header = request.headers().get("authorization").and_then(|it| it.to_str().ok());
        header == Some(&format!("{scheme} {KEY}"))
    };
    let uri = request.uri();
    let query = uri.query().unwrap_or_default();
    let asks = |part: &str| query.split('&').any(|it| it == part);
    let sound = asks("encoding=linear16") && asks("sample_rate=8000");
    match speaks {
        Speaks::Vosk => None,
        Speaks::Deepgram | Speaks::Flux if !signed("Token") => Some(401),
        Speaks::Deepgram => (uri.path() != "/v1/listen" || !sound).then_some(400),
        Speaks::Flux => {
            let fits = uri.path() == "/v2/listen" && sound && query.contains("model=flux-");
            (!fits).then_some(400)
        }
        Speaks::OpenAi if !signed("Bearer") => Some(401),
        Speaks::OpenAi => (!asks("intent=transcription")).then_some(400),
    }
}

/// One caller, heard by one service.
struct Ear {
    speaks: Speaks,
    hearing: Hearing,
    /// Words told as final already.
    told: usize,
    ready: bool,
    items: usize,
    turns: usize,
}

impl Ear {
    fn new(speaks: Speaks) -> Self {
        let ready = !matches!(speaks, Speaks::OpenAi);
        Ear { speaks, hearing: Hearing::default(), told: 0, ready, items: 0, turns: 0 }
    }

    fn greeting(&self) -> Vec<Value> {
        match self.speaks {
            Speaks::OpenAi => vec![json!({ "type": "session.created", "session": {} })],
            Speaks::Flux => {
                vec![json!({ "type": "Connected", "request_id": "r", "sequence_id": 0 })]
            }
            Speaks::Vosk | Speaks::Deepgram => vec![],
        }
    }

    fn open(&self) -> String {
        let words = &self.hearing.words[self.told..];
        words.iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
    }

    fn settle(&mut self) -> (String, Vec<Value>) {
        let text = self.open();
        let words = self.hearing.words[self.told..].iter().map(|word| {
            let at = |frames: usize| frames as f64 * 0.02;
            json!({ "word": word.text, "start": at(word.from), "end": at(word.to), "conf": 0.9, "confidence": 0.9 })
        });
        let words = words.collect();
        self.told = self.hearing.words.len();
        (text, words)
    }

    fn sound(&mut self, sound: &[u8]) -> Vec<Value> {
        self.hearing.hear_bytes(sound);
        match self.speaks {
            // Exactly one answer to each.
            Speaks::Vosk => vec![self.vosk(self.hearing.quiet >= PAUSE)],
            Speaks::Deepgram if self.hearing.quiet >= PAUSE && !self.open().is_empty() => {
                vec![self.results(true, false)]
            }
            Speaks::Deepgram => vec![self.results(false, false)],
            Speaks::Flux => vec![self.turn_info("Update")],
            Speaks::OpenAi => vec![json!({ "type": "error", "error": { "message": "not JSON" } })],
        }
    }

    fn vosk(&mut self, over: bool) -> Value {
        if !over {
            return json!({ "partial": self.open() });
        }
        let (text, words) = self.settle();
        match words.is_empty() {
            true => json!({ "text": text }),
            false => json!({ "result": words, "text": text }),
        }
    }

    fn results(&mut self, over: bool, finalized: bool) -> Value {
        let (text, words) = if over { self.settle() } else { (self.open(), vec![]) };
        json!({
            "type": "Results", "channel_index": [0, 1], "is_final": over, "speech_final": over && !finalized,
            "from_finalize": finalized,
            "channel": { "alternatives": [{ "transcript": text, "confidence": 0.9, "words": words }] },
        })
    }

    fn turn_info(&mut self, event: &str) -> Value {
        let (turn, text) = (self.turns, self.open());
        let words: Vec<Value> =
            text.split(' ').map(|word| json!({ "word": word, "confidence": 0.9 })).collect();
        if event == "EndOfTurn" {
            self.settle();
            self.turns += 1;
        }
        json!({ "type": "TurnInfo", "event": event, "turn_index": turn, "transcript": text, "words": words })
    }

    fn text(&mut self, text: &str) -> Vec<Value> {
        match self.speaks {
            Speaks::Vosk => self.vosk_order(text),
            Speaks::Deepgram | Speaks::Flux => self.deepgram_order(text),
            Speaks::OpenAi => self.openai_event(text),
        }
    }

    fn vosk_order(&mut self, text: &str) -> Vec<Value> {
        if text == "{\"reset\" : 1}" {
            self.hearing.close();
            return vec![self.vosk(true)];
        }
        let configured = serde_json::from_str::<Value>(text)
            .is_ok_and(|told| told["config"]["sample_rate"].as_u64() == Some(8_000));
        assert!(configured, "the server would take this for sound: {text}");
        vec![]
    }

    fn deepgram_order(&mut self, text: &str) -> Vec<Value> {
        let told: Value = serde_json::from_str(text).unwrap_or_default();
        match (self.speaks, told["type"].as_str()) {
            (Speaks::Deepgram, Some("Finalize")) => {
                self.hearing.close();
                vec![self.results(true, true)]
            }
            (Speaks::Flux, Some("ForceEndTurn")) => {
                self.hearing.close();
                vec![self.turn_info("EndOfTurn")]
            }
            (Speaks::Deepgram, Some("KeepAlive" | "CloseStream"))
            | (Speaks::Flux, Some("CloseStream")) => {
                vec![]
            }
            _ => vec![
                json!({ "type": "Error", "code": "UNPARSABLE_CLIENT_MESSAGE", "description": text }),
            ],
        }
    }

    fn openai_event(&mut self, text: &str) -> Vec<Value> {
        let told: Value = serde_json::from_str(text).unwrap_or_default();
        let error = |message: &str| {
            let error = json!({ "type": "invalid_request_error", "message": message });
            vec![json!({ "type": "error", "error": error })]
        };
        match told["type"].as_str() {
            Some("session.update") => {
                let input = &told["session"]["audio"]["input"];
                let fits = told["session"]["type"] == "transcription"
                    && input["format"]["type"] == "audio/pcmu"
                    && input["turn_detection"].is_null()
                    && input["transcription"]["model"].is_string();
                self.ready = fits;
                match fits {
                    true => vec![json!({ "type": "session.updated", "session": told["session"] })],
                    false => error("the session is not as documented"),
                }
            }
            Some("input_audio_buffer.append") if self.ready => {
                let sound = STANDARD.decode(told["audio"].as_str().unwrap_or_default());
                let mut samples = Vec::new();
                Law::Mu.decode(&sound.unwrap_or_default(), &mut samples);
                let before = self.open();
                self.hearing.hear(&samples);
                let (now, item) = (self.open(), format!("item_{}", self.items));
                let delta = now.strip_prefix(&before).unwrap_or_default().to_owned();
                let told = json!({
                    "type": "conversation.item.input_audio_transcription.delta",
                    "item_id": item, "content_index": 0, "delta": delta,
                });
                if delta.is_empty() { vec![] } else { vec![told] }
            }
            Some("input_audio_buffer.commit") if self.ready => {
                self.hearing.close();
                let item = format!("item_{}", self.items);
                self.items += 1;
                let (transcript, _) = self.settle();
                vec![
                    json!({ "type": "input_audio_buffer.committed", "item_id": item, "previous_item_id": null }),
                    json!({
                        "type": "conversation.item.input_audio_transcription.completed",
                        "item_id": item, "content_index": 0, "transcript": transcript,
                    }),
                ]
            }
            _ => error("no such event now"),
        }
    }
}
