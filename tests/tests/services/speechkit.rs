//! Yandex SpeechKit on this machine: gRPC by hand over HTTP/2, messages read field by field; VoiceKit by the same
//! hand (`voicekit`).
//!
//! Sources: grpc/grpc `doc/PROTOCOL-HTTP2.md`; protobuf.dev, "Encoding"; yandex-cloud/cloudapi
//! `yandex/cloud/ai/stt/v3/stt.proto`; yandex.cloud, "SpeechKit quotas and limits": 5 minutes a stream.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use h2::server::{self, SendResponse};
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, Response};
use media::audio::FRAME;
use tokio::net::{TcpListener, TcpStream};

use crate::code::{Hearing, PAUSE};
use crate::pages::{KEY, Mishap};
use crate::voicekit;
use crate::voices::{PIECES, VOICE, tone};

const MOST_FRAMES: usize = 300 * 50;
const OK: &str = "0";
const INVALID_ARGUMENT: &str = "3";
const RESOURCE_EXHAUSTED: &str = "8";
const UNIMPLEMENTED: &str = "12";
const UNAVAILABLE: &str = "14";
const UNAUTHENTICATED: &str = "16";

pub(crate) struct SpeechKit {
    pub(crate) address: String,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for SpeechKit {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `mishap` is asked anew for every connection, and for every sentence that is to be spoken.
pub(crate) async fn serve(mishap: impl Fn(usize) -> Mishap + Send + Sync + 'static) -> SpeechKit {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let spoken = Sentences { mishap: Arc::new(mishap), asked: Arc::default() };
        for nth in 0.. {
            let Ok((socket, _)) = listener.accept().await else { return };
            socket.set_nodelay(true).unwrap();
            tokio::spawn(connection(socket, (spoken.mishap)(nth), spoken.clone()));
        }
    });
    SpeechKit { address, task }
}

/// What goes wrong with each sentence.
#[derive(Clone)]
struct Sentences {
    mishap: Arc<dyn Fn(usize) -> Mishap + Send + Sync>,
    asked: Arc<AtomicUsize>,
}

impl Sentences {
    fn next(&self) -> Mishap {
        (self.mishap)(self.asked.fetch_add(1, Ordering::Relaxed))
    }
}

async fn connection(socket: TcpStream, mishap: Mishap, spoken: Sentences) {
    let Ok(mut connection) = server::handshake(socket).await else { return };
    let mut streams = tokio::task::JoinSet::new();
    let (cut, mut cuts) = tokio::sync::mpsc::channel(1);
    loop {
        tokio::select! {
            request = connection.accept() => {
                let Some(Ok((request, respond))) = request else { return };
                streams.spawn(stream(request, respond, mishap, spoken.clone(), cut.clone()));
            }
            Some(hangs) = cuts.recv() => {
                if hangs {
                    // Not even a ping is answered now.
                    tokio::time::sleep(Duration::from_secs(30)).await;
                }
                return;
            }
        }
    }
}

async fn stream(
    request: Request<RecvStream>,
    mut respond: SendResponse<bytes::Bytes>,
    mishap: Mishap,
    spoken: Sentences,
    cut: tokio::sync::mpsc::Sender<bool>,
) {
    let header = |name: &str| request.headers().get(name).and_then(|it| it.to_str().ok());
    let response = Response::builder().header("content-type", "application/grpc").body(()).unwrap();
    let Ok(mut out) = respond.send_response(response, false) else { return };
    let authorization = header("authorization").unwrap_or_default();
    let signed = authorization == format!("Api-Key {KEY}") || voicekit::is_signed(authorization);
    let status = match (signed, request.uri().path()) {
        (false, _) => UNAUTHENTICATED,
        (true, "/speechkit.stt.v3.Recognizer/RecognizeStreaming") => {
            recognise(request.into_body(), &mut out, mishap, &cut, &SPEECHKIT).await
        }
        (true, "/tinkoff.cloud.stt.v1.SpeechToText/StreamingRecognize") => {
            recognise(request.into_body(), &mut out, mishap, &cut, &voicekit::VOICEKIT).await
        }
        (true, "/speechkit.tts.v3.Synthesizer/UtteranceSynthesis") => {
            synthesise(request.into_body(), &mut out, spoken.next()).await
        }
        (true, _) => UNIMPLEMENTED,
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.parse().unwrap());
    let _ = out.send_trailers(trailers);
}

/// How one service says what both say.
pub(crate) struct Wording {
    /// Whether the first message asks as documented.
    pub(crate) fits: fn(&[u8]) -> bool,
    /// The sound of a later message.
    pub(crate) sound: fn(&[u8]) -> Vec<u8>,
    /// What has been heard since what was told last; settled or not.
    pub(crate) told: fn(&Hearing, usize, bool) -> Vec<u8>,
    /// Pauses settle what was said before them.
    pub(crate) pauses_settle: bool,
}

const SPEECHKIT: Wording = Wording {
    fits,
    sound: |chunk| bytes_of(chunk, 1),
    told: |hearing, told, settled| update(if settled { 5 } else { 4 }, hearing, told),
    pauses_settle: true,
};

async fn recognise(
    mut body: RecvStream,
    out: &mut SendStream<bytes::Bytes>,
    mishap: Mishap,
    cut: &tokio::sync::mpsc::Sender<bool>,
    wording: &Wording,
) -> &'static str {
    let (mut buffer, mut hearing, mut told) = (Vec::new(), Hearing::default(), 0);
    let (mut begun, mut heard) = (false, 0);
    while let Some(Ok(data)) = body.data().await {
        let _ = body.flow_control().release_capacity(data.len());
        buffer.extend_from_slice(&data);
        while let Some(message) = framed(&mut buffer) {
            heard += 1;
            match mishap {
                Mishap::Cuts(after) | Mishap::Hangs(after) if heard >= after => {
                    let _ = cut.send(matches!(mishap, Mishap::Hangs(_))).await;
                    std::future::pending::<()>().await;
                }
                Mishap::Garbage(after) if heard >= after => send(out, &[0x2a, 0xff, 0xff]),
                Mishap::Says(after) if heard >= after => return UNAVAILABLE,
                Mishap::Slow(by) => tokio::time::sleep(by).await,
                _ => {}
            }
            let fields = fields(&message);
            match (begun, fields.get(&1), fields.get(&2)) {
                (false, Some(options), None) if (wording.fits)(options) => begun = true,
                (true, None, Some(chunk)) => {
                    let sound = (wording.sound)(chunk);
                    hearing.hear_bytes(&sound);
                }
                _ => return INVALID_ARGUMENT,
            }
        }
        if hearing.frames > MOST_FRAMES {
            return RESOURCE_EXHAUSTED;
        }
        if hearing.quiet >= PAUSE && told < hearing.words.len() && wording.pauses_settle {
            send(out, &(wording.told)(&hearing, told, true));
            told = hearing.words.len();
        } else if told < hearing.words.len() {
            send(out, &(wording.told)(&hearing, told, false));
        }
    }
    hearing.close();
    if told < hearing.words.len() {
        send(out, &(wording.told)(&hearing, told, true));
    }
    OK
}

/// An utterance of at most 250 characters, in raw sound of 8 kHz.
async fn synthesise(
    mut body: RecvStream,
    out: &mut SendStream<bytes::Bytes>,
    mishap: Mishap,
) -> &'static str {
    let mut buffer = Vec::new();
    while let Some(Ok(data)) = body.data().await {
        let _ = body.flow_control().release_capacity(data.len());
        buffer.extend_from_slice(&data);
    }
    let utterance = framed(&mut buffer).map(|it| fields(&it)).unwrap_or_default();
    let text = utterance.get(&2).cloned().unwrap_or_default();
    let text = String::from_utf8(text).unwrap_or_default();
    let spec = utterance.get(&5).map(|it| fields(it)).unwrap_or_default();
    let raw = spec.get(&1).map(|it| fields(it)).unwrap_or_default();
    let rate = raw.get(&2).and_then(|it| varint(it)).map(|(rate, _)| rate);
    let voice = utterance.get(&4).map(|it| bytes_of(it, 1)).unwrap_or_default();
    let fits = (1..=250).contains(&text.chars().count()) && rate == Some(8_000);
    if !fits || voice != VOICE.as_bytes() {
        return INVALID_ARGUMENT;
    }
    let sound: Vec<u8> = tone(&text, 8_000).iter().flat_map(|it| it.to_le_bytes()).collect();
    for (nth, piece) in sound.chunks(sound.len().div_ceil(PIECES)).enumerate() {
        match mishap {
            Mishap::Says(_) => return RESOURCE_EXHAUSTED,
            Mishap::Cuts(after) if nth >= after => return UNAVAILABLE,
            Mishap::Hangs(after) if nth >= after => {
                tokio::time::sleep(Duration::from_secs(30)).await;
            }
            Mishap::Garbage(after) if nth >= after => send(out, &[0x0a, 0xff, 0xff]),
            Mishap::Slow(by) => tokio::time::sleep(by).await,
            _ => {}
        }
        let (mut chunk, mut message) = (Vec::new(), Vec::new());
        put(1, piece, &mut chunk);
        put(1, &chunk, &mut message);
        send(out, &message);
    }
    OK
}

/// Linear sound of 8 kHz in one channel, turns by the client's own word.
fn fits(options: &[u8]) -> bool {
    let options = fields(options);
    let model = options.get(&1).map(|it| fields(it)).unwrap_or_default();
    let format = model.get(&2).map(|it| fields(it)).unwrap_or_default();
    let raw = format.get(&1).map(|it| fields(it)).unwrap_or_default();
    let number = |field: u64| raw.get(&field).map(|it| varint(it).map_or(0, |(value, _)| value));
    let external = options.get(&2).is_some_and(|it| fields(it).contains_key(&2));
    (number(1), number(2), number(3)) == (Some(1), Some(8_000), Some(1)) && external
}

/// The next message, once it is there: a byte of flags, four of length.
fn framed(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let head = buffer.get(..5)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let message = buffer.get(5..5 + length)?.to_vec();
    buffer.drain(..5 + length);
    Some(message)
}

fn send(out: &mut SendStream<bytes::Bytes>, message: &[u8]) {
    let mut framed = vec![0];
    framed.extend((message.len() as u32).to_be_bytes());
    framed.extend(message);
    let _ = out.send_data(framed.into(), false);
}

pub(crate) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (nth, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * nth);
        if byte & 0x80 == 0 {
            return Some((value, nth + 1));
        }
    }
    None
}

/// The last value of each field: a number's own bytes, or what is inside.
pub(crate) fn fields(mut message: &[u8]) -> HashMap<u64, Vec<u8>> {
    let mut all = HashMap::new();
    while let Some((key, used)) = varint(message) {
        message = &message[used..];
        let Some((value, used)) = varint(message) else { break };
        let (inside, length) = match key & 7 {
            0 => (message[..used].to_vec(), used),
            2 => (message[used..used + value as usize].to_vec(), used + value as usize),
            5 => (message[..4].to_vec(), 4),
            other => panic!("a field of kind {other}"),
        };
        message = &message[length..];
        all.insert(key >> 3, inside);
    }
    all
}

fn bytes_of(message: &[u8], field: u64) -> Vec<u8> {
    fields(message).remove(&field).unwrap_or_default()
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn put(field: u64, inside: &[u8], out: &mut Vec<u8>) {
    put_varint(field << 3 | 2, out);
    put_varint(inside.len() as u64, out);
    out.extend(inside);
}

pub(crate) fn put_number(field: u64, value: u64, out: &mut Vec<u8>) {
    put_varint(field << 3, out);
    put_varint(value, out);
}

/// A partial (4) or final (5) with one alternative.
fn update(field: u64, hearing: &Hearing, told: usize) -> Vec<u8> {
    let words = &hearing.words[told..];
    let at = |frames: usize| (frames * FRAME / 8) as u64;
    let mut alternative = Vec::new();
    for word in words {
        let mut inside = Vec::new();
        put(1, word.text.as_bytes(), &mut inside);
        put_number(2, at(word.from), &mut inside);
        put_number(3, at(word.to), &mut inside);
        put(1, &inside, &mut alternative);
    }
    let text = words.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
    put(2, text.as_bytes(), &mut alternative);
    let (mut inside, mut message) = (Vec::new(), Vec::new());
    put(1, &alternative, &mut inside);
    put(field, &inside, &mut message);
    message
}
