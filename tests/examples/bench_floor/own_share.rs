//! How much of the time to an answer is the gateway's own: real sockets, real pacemakers, providers
//! that answer at once.
//!
//! From the last packet with voice that was sent to the first packet with sound that came back,
//! minus the pause that ends such a turn on purpose.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use call_tests::world::voice::Voice;
use media::audio::{FRAME_TIME, Frame, SILENCE, level_dbfs};
use media::codec::g711::Law;
use media::floor::{Patience, Sense};
use media::rtp::{self, Header};
use media::speech::{
    Capacity, Ear, Events, Expect, Heard, Line, Recogniser, Sink, SpeechError, Spoken, Synthesiser,
    Tongue, Words,
};
use media::turn::TurnId;
use sip_gateway::clock;
use sip_gateway::config::Settings;
use sip_gateway::net::house::House;
use sip_gateway::net::seat::{Ears, Studio, Voices};
use sip_gateway::net::tape::Tape;
use tokio::net::UdpSocket;

use crate::at;

/// Turns of each call.
const TURNS: usize = 8;
/// The question of every turn is what is broken; the answer is "say that again".
const SAID: &str = "повторите пожалуйста";
const PAUSE: Duration = Patience::Long.pause(Sense::Words);
const VOICED: usize = 40;
const AGENT_DONE: usize = 20;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

pub(crate) fn run() -> anyhow::Result<()> {
    println!("\n| own share of a turn, providers at once | turns | p50 | p95 | p99 |");
    println!("|---|---|---|---|---|");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let house = house().await?;
        for (calls, rounds) in [(1, 8), (100, 1)] {
            let mut shares = Vec::new();
            for round in 0..rounds {
                shares.extend(many(house.sip, calls, round).await?);
            }
            println!(
                "| {calls} at a time | {} | {} | {} | {} |",
                shares.len(),
                at(&mut shares, 50),
                at(&mut shares, 95),
                at(&mut shares, 99),
            );
        }
        house.close().await;
        Ok(())
    })
}

async fn house() -> anyhow::Result<House> {
    let data = std::env::temp_dir().join(format!("gudok-own-share-{}", std::process::id()));
    let mut settings = Settings { data, ..Settings::default() };
    settings.sip.listen = "127.0.0.1:0".parse()?;
    settings.http.listen = "127.0.0.1:0".parse()?;
    settings.calls.most = 200;
    House::open_with(settings, true, |_, _| {
        let voices = Voices {
            ru: media::speech::Voice::plain(Tongue::Ru, "at once"),
            en: media::speech::Voice::plain(Tongue::En, "at once"),
        };
        Ok(Studio {
            recognisers: Ears { ru: Arc::new(AtOnce), en: Arc::new(AtOnce) },
            synthesiser: Arc::new(AtOnce),
            voices,
            tape: Tape::start(None)?,
        })
    })
    .await
}

async fn many(to: SocketAddr, calls: usize, round: usize) -> anyhow::Result<Vec<Duration>> {
    let mut under_way = Vec::new();
    for nth in 0..calls {
        under_way.push(tokio::spawn(call(to, round * 1_000 + nth)));
        tokio::time::sleep(Duration::from_millis(37)).await;
    }
    let mut shares = Vec::new();
    for call in under_way {
        shares.extend(call.await??);
    }
    Ok(shares)
}

async fn call(to: SocketAddr, nth: usize) -> anyhow::Result<Vec<Duration>> {
    let (sip, rtp) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
    let (here, port) = (sip.local_addr()?, rtp.local_addr()?.port());
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
    );
    let request = |method: &str, tag: &str, sequence: u32, body: &str| {
        format!(
            "{method} sip:100@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{nth}o{sequence}{method};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:own{nth}@{here}>;tag=o{nth}\r\nTo: <sip:100@{to}>{tag}\r\n\
             Call-ID: own-{nth}\r\nCSeq: {sequence} {method}\r\nContact: <sip:own@{here}>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    sip.send_to(request("INVITE", "", 1, &sdp).as_bytes(), to).await?;
    let mut datagram = vec![0; 4096];
    let answer = loop {
        let (length, _) =
            tokio::time::timeout(ANSWER_WITHIN, sip.recv_from(&mut datagram)).await??;
        let text = String::from_utf8_lossy(&datagram[..length]).into_owned();
        match text.split_whitespace().nth(1) {
            Some("200") => break text,
            Some(code) if code.starts_with('1') => {}
            _ => anyhow::bail!("refused: {text}"),
        }
    };
    let line = |name: &str| answer.lines().find(|line| line.starts_with(name));
    let tag = line("To:").and_then(|to| Some(format!(";{}", to.split_once(">;")?.1)));
    let tag = tag.unwrap_or_default();
    sip.send_to(request("ACK", &tag, 1, "").as_bytes(), to).await?;
    let port = line("m=audio ").and_then(|it| it.split(' ').nth(1)).context("no port")?;
    rtp.connect((to.ip(), port.parse()?)).await?;

    let shares = talk(&rtp, nth as u32).await;
    sip.send_to(request("BYE", &tag, 2, "").as_bytes(), to).await?;
    shares
}

/// Waits for the agent's silence, speaks, waits for the answer, several times.
async fn talk(rtp: &UdpSocket, ssrc: u32) -> anyhow::Result<Vec<Duration>> {
    let voice = Voice::new(150.0).say("о".repeat(40).as_str());
    let voice: Vec<Frame> = voice.as_chunks().0.to_vec();
    let mut header = Header { payload_type: 0, marker: true, sequence: 1, timestamp: 0, ssrc };
    let (mut due, mut datagram, mut packet) = (clock::now(), [0; 512], Vec::new());
    let (mut shares, mut silent, mut heard_any) = (Vec::new(), 0, false);
    let mut saying: Option<usize> = None;
    let mut finished: Option<Instant> = None;
    let over = due + Duration::from_secs(90);
    while shares.len() < TURNS && due < over {
        tokio::select! {
            () = tokio::time::sleep_until(due.into()) => {
                let frame = saying.map_or(&SILENCE, |nth| &voice[nth]);
                packet.clear();
                rtp::write(&header, &[], &mut packet);
                Law::Mu.encode(frame, &mut packet);
                rtp.send(&packet).await?;
                header.sequence = header.sequence.wrapping_add(1);
                header.timestamp = header.timestamp.wrapping_add(160);
                header.marker = false;
                due += FRAME_TIME;
                saying = saying.map(|nth| nth + 1);
                if saying == Some(VOICED) {
                    (saying, finished) = (None, Some(clock::now()));
                }
            }
            received = rtp.recv(&mut datagram) => {
                let (now, Ok(length)) = (clock::now(), received) else { continue };
                let Ok(got) = rtp::parse(&datagram[..length]) else { continue };
                let mut samples = Vec::new();
                Law::Mu.decode(got.payload, &mut samples);
                let sounds = level_dbfs(&samples) > -50.0;
                silent = if sounds { 0 } else { silent + 1 };
                heard_any |= sounds;
                if let Some(ended) = finished.take_if(|_| sounds) {
                    shares.push((now - ended).saturating_sub(PAUSE));
                }
                let idle = saying.is_none() && finished.is_none();
                if idle && heard_any && silent == AGENT_DONE {
                    saying = Some(0);
                }
            }
        }
    }
    Ok(shares)
}

/// A recogniser that has heard everything, a synthesiser that has said it.
#[derive(Debug, Clone, Copy)]
struct AtOnce;

struct Listening(Events);

impl Recogniser for AtOnce {
    fn open(&self, events: Events) -> Result<Box<dyn Ear>, SpeechError> {
        Ok(Box::new(Listening(events)))
    }

    fn capacity(&self) -> Capacity {
        Capacity { free: 1_000, total: 1_000 }
    }

    fn lateness(&self) -> Duration {
        Duration::ZERO
    }
}

impl Ear for Listening {
    fn begin(&mut self, _: TurnId, _: Expect) -> Result<(), SpeechError> {
        Ok(())
    }

    fn hear(&mut self, _: &Frame) -> Result<(), SpeechError> {
        Ok(())
    }

    fn end(&mut self, turn: TurnId) -> Result<(), SpeechError> {
        let words = Words { text: SAID.into(), words: Vec::new(), confidence: 0.95 };
        (self.0)(turn, Heard::Final(words));
        Ok(())
    }

    fn drop_turn(&mut self, _: TurnId) {}
}

impl Synthesiser for AtOnce {
    fn speak(&self, _: Line, mut sink: Sink) {
        let tone = |n: usize| (4_000.0 * (n as f32 * 0.3).sin()) as i16;
        let sound: Vec<i16> = (0..4_000).map(tone).collect();
        sink(Spoken::Samples(sound.into()));
        sink(Spoken::Done);
    }

    fn version(&self) -> String {
        "at once".into()
    }
}
