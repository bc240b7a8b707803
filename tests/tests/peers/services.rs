//! Speech services of one's own: a server that speaks Vosk's protocol with a real recogniser inside, and one that
//! speaks Piper's with a real voice.
//!
//! Sources: alphacep/vosk-server `websocket/asr_server.py`; rhasspy/piper `http_server.py`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use job_core::trade::Language;
use media::audio::{FRAME, Frame};
use media::speech::pocketsphinx::Pocketsphinx;
use media::speech::{Ear, Expect, Heard, Recogniser};
use media::turn::TurnId;
use serde_json::{Value, json};
use sip_gateway::config::Speech;
use sip_gateway::net::house::load_packs;
use sip_gateway::net::speech;
use tokio_tungstenite::tungstenite::{Message, accept};

use crate::phones::synthesise;

pub(crate) struct Service {
    pub(crate) address: String,
    /// How often it was asked.
    pub(crate) asked: Arc<AtomicUsize>,
}

/// A Vosk server that understands Russian callers.
pub(crate) fn vosk(data: &Path) -> Service {
    let shelf = load_packs().unwrap();
    let recogniser = speech::recogniser(&Speech::default(), &shelf, data, Language::Ru).unwrap();
    let recogniser = Arc::new(recogniser);
    serve("ws", move |socket| {
        let recogniser = Arc::clone(&recogniser);
        let _ = hear(socket, &recogniser);
    })
}

/// A Piper server.
pub(crate) fn piper() -> Service {
    serve("http", |socket| drop(speak(socket)))
}

fn serve(scheme: &str, talk: impl Fn(TcpStream) + Clone + Send + 'static) -> Service {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("{scheme}://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::Relaxed);
            let talk = talk.clone();
            std::thread::spawn(move || talk(socket));
        }
    });
    Service { address, asked }
}

type Ended = Result<(), Box<dyn std::error::Error>>;

fn hear(socket: TcpStream, recogniser: &Pocketsphinx) -> Ended {
    let mut line = accept(socket)?;
    let (tell, told) = mpsc::channel();
    let mut ear = recogniser.open(Arc::new(move |turn, heard| drop(tell.send((turn, heard)))))?;
    let (mut turn, mut open, mut partial) = (TurnId::first(), false, String::new());
    let mut rest: Vec<i16> = Vec::new();
    loop {
        let answer = match line.read()? {
            Message::Binary(sound) => {
                if !open {
                    (turn, open) = (turn.next(), true);
                    ear.begin(turn, Expect::Anything)?;
                }
                rest.extend(sound.chunks_exact(2).map(|it| i16::from_le_bytes([it[0], it[1]])));
                feed(&mut *ear, &mut rest);
                for (of, heard) in told.try_iter() {
                    if let Heard::Partial(words) = heard
                        && of == turn
                    {
                        partial = words.text;
                    }
                }
                json!({ "partial": partial })
            }
            Message::Text(text) if text.as_str() == "{\"reset\" : 1}" => {
                partial.clear();
                let words = if open { last_words(&mut *ear, turn, &told) } else { String::new() };
                open = false;
                json!({ "text": words })
            }
            Message::Close(_) => return Ok(()),
            _ => continue,
        };
        line.send(Message::text(answer.to_string()))?;
    }
}

fn feed(ear: &mut dyn Ear, rest: &mut Vec<i16>) {
    let frames: Vec<Frame> = rest.as_chunks::<FRAME>().0.to_vec();
    rest.drain(..frames.len() * FRAME);
    frames.iter().for_each(|frame| drop(ear.hear(frame)));
}

fn last_words(ear: &mut dyn Ear, turn: TurnId, told: &mpsc::Receiver<(TurnId, Heard)>) -> String {
    let _ = ear.end(turn);
    loop {
        match told.recv() {
            Ok((of, Heard::Final(words))) if of == turn => return words.text,
            Ok((of, Heard::Failed(_))) if of == turn => return String::new(),
            Ok(_) => {}
            Err(_) => return String::new(),
        }
    }
}

fn speak(mut socket: TcpStream) -> Ended {
    let mut reader = BufReader::new(socket.try_clone()?);
    let mut length = 0;
    for line in reader.by_ref().lines() {
        let line = line?.to_lowercase();
        if let Some(told) = line.strip_prefix("content-length:") {
            length = told.trim().parse()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let told: Value = serde_json::from_slice(&body)?;
    let samples = synthesise(told["text"].as_str().unwrap_or_default());
    let mut wav = std::io::Cursor::new(Vec::new());
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: media::audio::RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::new(&mut wav, spec)?;
    samples.iter().for_each(|sample| drop(writer.write_sample(*sample)));
    writer.finalize()?;
    let wav = wav.into_inner();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", wav.len());
    socket.write_all(head.as_bytes())?;
    socket.write_all(&wav)?;
    Ok(())
}
