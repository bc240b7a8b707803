//! Voices elsewhere: services on this machine that speak as their documentation says, and what becomes of a
//! sentence where one of them fails.
//!
//! Sources: rhasspy/piper `http_server.py`; developers.openai.com, "Create speech" and its errors; elevenlabs.io,
//! "Text to speech WebSocket". SpeechKit's voice stands in `speechkit`.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use media::speech::{Go, Line, Spoken, Synthesiser, Tongue, Voice as Named};
use media::turn::TurnId;
use serde_json::{Value, json};
use sip_gateway::net::services::chorus::{Chorus, Singer};
use sip_gateway::net::services::mouth::Voice;
use sip_gateway::net::services::settings::Kind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

use crate::pages::{KEY, Mishap, hang};
use crate::{KNOWN_WITHIN, settings, speechkit};

const SENTENCE: &str = "Мастер Андрей будет у вас завтра в десять часов утра и починит кран.";
/// A character takes so many samples at 8 kHz, one fourteenth of a second.
pub(crate) const PER_CHARACTER: usize = 8_000 / 14;
pub(crate) const VOICE: &str = "anna";
/// Sound leaves in so many pieces.
pub(crate) const PIECES: usize = 8;

/// What was asked to be said, in order.
pub(crate) type Said = Arc<Mutex<Vec<String>>>;

pub(crate) struct Service {
    pub(crate) address: String,
    said: Said,
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
    let scheme = if kind == Kind::ElevenLabs { "ws" } else { "http" };
    let address = format!("{scheme}://{}", listener.local_addr().unwrap());
    let said = Said::default();
    let heard = Arc::clone(&said);
    let task = tokio::spawn(async move {
        for nth in 0.. {
            let Ok((socket, _)) = listener.accept().await else { return };
            let (mishap, said) = (mishap(nth), Arc::clone(&heard));
            tokio::spawn(async move {
                let _ = match kind {
                    Kind::ElevenLabs => over_websocket(socket, mishap, said).await,
                    _ => over_http(socket, kind, mishap, said).await,
                };
            });
        }
    });
    Service { address, said, task }
}

type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A tone for the text, at that rate.
pub(crate) fn tone(text: &str, rate: usize) -> Vec<i16> {
    let samples = text.chars().count() * PER_CHARACTER * rate / 8_000;
    (0..samples).map(|nth| (3_000.0 * (nth as f32 * 0.3).sin()) as i16).collect()
}

fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

async fn over_http(mut socket: TcpStream, kind: Kind, mishap: Mishap, said: Said) -> Ended {
    let (head, body) = request(&mut socket).await?;
    let body: Value = serde_json::from_slice(&body)?;
    let signed = head.to_lowercase().contains(&format!("authorization: bearer {KEY}"));
    let (path, text, known) = match kind {
        Kind::Piper => ("POST /synthesize ", &body["text"], body["length_scale"].is_number()),
        _ => {
            let known = body["response_format"] == "pcm" && body["model"].is_string();
            ("POST /v1/audio/speech ", &body["input"], known)
        }
    };
    let text = text.as_str().unwrap_or_default().to_owned();
    let fits = head.starts_with(path) && known && body["voice"] == VOICE;
    let refused = match (kind, fits) {
        (Kind::OpenAiVoice, _) if !signed => Some((401, "Incorrect API key provided")),
        (_, false) => Some((400, "not as documented")),
        (_, true) if matches!(mishap, Mishap::Says(_)) => Some((429, "Rate limit reached")),
        _ => None,
    };
    if let Some((status, message)) = refused {
        let body = json!({ "error": { "message": message } }).to_string();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} No\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        socket.write_all((head + &body).as_bytes()).await?;
        return Ok(());
    }
    said.lock().unwrap().push(text.clone());
    let sound = match kind {
        Kind::Piper => wav(22_050, &tone(&text, 22_050)),
        _ => bytes(&tone(&text, 24_000)),
    };
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    socket.write_all(head.as_bytes()).await?;
    for (nth, piece) in sound.chunks(sound.len().div_ceil(PIECES)).enumerate() {
        match mishap {
            Mishap::Cuts(after) if nth >= after => return Ok(()),
            Mishap::Hangs(after) if nth >= after => hang(&socket).await,
            Mishap::Garbage(after) if nth >= after => {
                socket.write_all(b"zz\r\n").await?;
                return Ok(());
            }
            Mishap::Slow(by) => tokio::time::sleep(by).await,
            _ => {}
        }
        socket.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
        socket.write_all(piece).await?;
        socket.write_all(b"\r\n").await?;
    }
    socket.write_all(b"0\r\n\r\n").await?;
    Ok(())
}

pub(crate) async fn request(
    socket: &mut TcpStream,
) -> Result<(String, Vec<u8>), Box<dyn std::error::Error + Send + Sync>> {
    let (mut read, mut room) = (Vec::new(), [0; 4_096]);
    loop {
        let count = socket.read(&mut room).await?;
        if count == 0 {
            return Err("the request is not whole".into());
        }
        read.extend_from_slice(&room[..count]);
        let Some(at) = read.windows(4).position(|it| it == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&read[..at]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        let body = &read[at + 4..];
        if body.len() >= length.unwrap_or(0) {
            return Ok((head, body.to_vec()));
        }
    }
}

fn wav(rate: u32, samples: &[i16]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let (channels, bits_per_sample) = (1, 16);
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels, sample_rate: rate, bits_per_sample, sample_format };
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[allow(clippy::result_large_err, reason = "the handshake's own type")]
async fn over_websocket(socket: TcpStream, mishap: Mishap, said: Said) -> Ended {
    let check = |request: &Request, response: Response| {
        let key = request.headers().get("xi-api-key").and_then(|it| it.to_str().ok());
        let path = request.uri().path() == format!("/v1/text-to-speech/{VOICE}/stream-input");
        let query = request.uri().query().unwrap_or_default();
        let fits = path && query.contains("output_format=ulaw_8000") && query.contains("model_id=");
        if key == Some(KEY) && fits {
            return Ok(response);
        }
        let mut refused = ErrorResponse::new(None);
        *refused.status_mut() = (if fits { 401 } else { 400 }).try_into().unwrap();
        Err(refused)
    };
    let mut line = tokio_tungstenite::accept_hdr_async(socket, check).await?;
    let (mut text, mut begun) = (String::new(), false);
    while let Some(message) = line.next().await {
        let Message::Text(told) = message? else { continue };
        let told: Value = serde_json::from_str(&told)?;
        let piece = told["text"].as_str().unwrap_or_default();
        match (begun, piece) {
            (false, " ") => begun = true,
            (true, "") => break,
            (true, piece) => text.push_str(piece),
            (false, _) => {
                line.send(Message::text(json!({ "error": "not begun" }).to_string())).await?;
                return Ok(());
            }
        }
    }
    if let Mishap::Says(_) = mishap {
        let error = json!({ "message": "quota exceeded", "error": "quota_exceeded", "code": 1008 });
        line.send(Message::text(error.to_string())).await?;
        return Ok(());
    }
    let text = text.trim().to_owned();
    said.lock().unwrap().push(text.clone());
    let mut sound = Vec::new();
    media::codec::g711::Law::Mu.encode(&tone(&text, 8_000), &mut sound);
    for (nth, piece) in sound.chunks(sound.len().div_ceil(PIECES)).enumerate() {
        match mishap {
            Mishap::Cuts(after) if nth >= after => return Ok(()),
            Mishap::Hangs(after) if nth >= after => hang(line.get_ref()).await,
            Mishap::Garbage(after) if nth >= after => line.send(Message::text("{")).await?,
            Mishap::Slow(by) => tokio::time::sleep(by).await,
            _ => {}
        }
        let told = json!({ "audio": STANDARD.encode(piece), "isFinal": null });
        line.send(Message::text(told.to_string())).await?;
    }
    line.send(Message::text(json!({ "audio": null, "isFinal": true }).to_string())).await?;
    Ok(())
}

pub(crate) const KINDS: [Kind; 3] = [Kind::Piper, Kind::OpenAiVoice, Kind::ElevenLabs];

pub(crate) fn voice(kind: Kind, address: &str, key: &str) -> Arc<dyn Synthesiser> {
    Arc::new(Voice::new(&settings(kind, address, key), Handle::current()).unwrap())
}

/// The sound of a sentence in samples, or why it broke off.
async fn speak(voice: &dyn Synthesiser, text: &str) -> Result<usize, String> {
    let (tell, mut news) = mpsc::unbounded_channel();
    let line =
        Line { turn: TurnId::first(), text: text.into(), voice: Named::plain(Tongue::Ru, VOICE) };
    voice.speak(
        line,
        Box::new(move |spoken| if tell.send(spoken).is_ok() { Go::On } else { Go::Stop }),
    );
    let mut samples = 0;
    loop {
        let told = tokio::time::timeout(KNOWN_WITHIN, news.recv()).await;
        match told.expect("the sentence to end in time") {
            Some(Spoken::Samples(piece)) => samples += piece.len(),
            Some(Spoken::Done) => return Ok(samples),
            Some(Spoken::Failed(error)) => return Err(error.to_string()),
            None => return Err("gone".to_owned()),
        }
    }
}

fn whole(samples: usize, text: &str) -> bool {
    let wanted = text.chars().count() * PER_CHARACTER;
    samples.abs_diff(wanted) <= wanted / 50
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_voice_says_the_whole_sentence() {
    for kind in KINDS {
        let service = serve(kind, |_| Mishap::None).await;
        let voice = voice(kind, &service.address, KEY);
        for _ in 0..3 {
            let samples = speak(&*voice, SENTENCE).await.unwrap();
            assert!(whole(samples, SENTENCE), "{kind:?}: {samples}");
        }
        assert_eq!(*service.said.lock().unwrap(), [SENTENCE; 3], "{kind:?}");
    }
    let service = speechkit::serve(|_| Mishap::None).await;
    let voice = voice(Kind::YandexVoice, &service.address, KEY);
    let long = [SENTENCE; 5].join(" ");
    let samples = speak(&*voice, &long).await.unwrap();
    assert!(whole(samples, &long), "{samples}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_that_refuses_or_breaks_off_is_known_by_its_own_words() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for kind in KINDS {
        let said = |mishap| async move {
            let service = serve(kind, move |_| mishap).await;
            let key = if mishap == Mishap::None { "guess" } else { KEY };
            speak(&*voice(kind, &service.address, key), SENTENCE).await
        };
        if kind != Kind::Piper {
            let error = said(Mishap::None).await.unwrap_err();
            assert!(error.contains("401"), "{kind:?}: {error}");
        }
        let error = said(Mishap::Says(0)).await.unwrap_err();
        let word = if kind == Kind::ElevenLabs { "quota_exceeded" } else { "Rate limit reached" };
        assert!(error.contains(word), "{kind:?}: {error}");
        for mishap in [Mishap::Cuts(3), Mishap::Hangs(3), Mishap::Garbage(3)] {
            let broken = said(mishap).await;
            assert!(broken.is_err(), "{kind:?} {mishap:?}: {broken:?}");
        }
        let scheme = if kind == Kind::ElevenLabs { "ws" } else { "http" };
        let dead = speak(&*voice(kind, &format!("{scheme}://{nobody}"), KEY), SENTENCE).await;
        assert!(dead.is_err(), "{kind:?}");
    }
    let service = speechkit::serve(|_| Mishap::None).await;
    let error = speak(&*voice(Kind::YandexVoice, &service.address, "guess"), SENTENCE).await;
    assert!(error.as_ref().is_err_and(|it| it.contains("Unauthenticated")), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_voice_goes_on_with_the_words_that_were_not_said() {
    for mishap in [Mishap::Cuts(4), Mishap::Hangs(4), Mishap::Says(0), Mishap::Hangs(0)] {
        let failing = serve(Kind::OpenAiVoice, move |_| mishap).await;
        let steady = serve(Kind::Piper, |_| Mishap::None).await;
        let chorus = chorus(
            voice(Kind::OpenAiVoice, &failing.address, KEY),
            voice(Kind::Piper, &steady.address, KEY),
        );

        let samples = speak(&chorus, SENTENCE).await.unwrap();

        let rest = steady.said.lock().unwrap().clone();
        assert_eq!(rest.len(), 1, "{mishap:?}");
        assert!(SENTENCE.ends_with(&rest[0]), "{mishap:?}: {rest:?}");
        match mishap {
            Mishap::Says(_) | Mishap::Hangs(0) => assert_eq!(rest[0], SENTENCE),
            _ => assert!(
                rest[0].starts_with("десять") || rest[0].starts_with("в десять"),
                "{rest:?}"
            ),
        }
        let wanted = SENTENCE.chars().count() * PER_CHARACTER;
        assert!(samples.abs_diff(wanted) < wanted / 8, "{mishap:?}: {samples} of {wanted}");
    }
}

pub(crate) fn chorus(first: Arc<dyn Synthesiser>, second: Arc<dyn Synthesiser>) -> Chorus {
    let voice = || Some(VOICE.to_owned());
    let singers =
        vec![Singer::new("first", first, voice()), Singer::new("second", second, voice())];
    Chorus::new(singers, Handle::current())
}

/// A service that fails at any moment, and one that does not: every sentence is said to its end.
async fn through_chaos(sentences: usize) {
    for kind in KINDS {
        let failing = serve(kind, crate::chaos::voice_mishap).await;
        all_are_said(kind, &failing.address, sentences).await;
    }
    let failing = speechkit::serve(crate::chaos::voice_mishap).await;
    all_are_said(Kind::YandexVoice, &failing.address, sentences).await;
}

async fn all_are_said(kind: Kind, failing: &str, sentences: usize) {
    let steady = serve(Kind::Piper, |_| Mishap::None).await;
    let mut talks = tokio::task::JoinSet::new();
    for nth in 0..sentences {
        let chorus = chorus(voice(kind, failing, KEY), voice(Kind::Piper, &steady.address, KEY));
        talks.spawn(async move {
            let samples = speak(&chorus, SENTENCE).await;
            let wanted = SENTENCE.chars().count() * PER_CHARACTER;
            let said = samples.as_ref().is_ok_and(|it| it.abs_diff(wanted) < wanted / 5);
            assert!(said, "{kind:?}, sentence {nth}: {samples:?} of {wanted}");
        });
    }
    while let Some(talk) = talks.join_next().await {
        talk.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_at_whatever_moment_every_sentence_is_said() {
    through_chaos(60).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "part of make test-long"]
async fn a_thousand_sentences_of_each_voice_are_said_whatever_fails() {
    for _ in 0..5 {
        through_chaos(200).await;
    }
}
