//! How evenly the gateway's sound comes back under load, and what it costs.
//!
//! Starts the release build, phones its load line with plain SIP over UDP, sends PCMU at 50 packets a
//! second per call and stamps what comes back. Packets are stamped in this process, so its own
//! lateness is inside the figures and stands beside them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use media::rtcp;
use sip_gateway::clock;
use sip_gateway::net::demo::Keys;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

const FRAME: Duration = Duration::from_millis(20);
const WINDOW: Duration = Duration::from_secs(8);
const CALLS_A_SECOND: u64 = 50;
/// More than this, and the meter itself, one task a call, is what is measured.
const LOADS: [usize; 3] = [50, 100, 200];
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
const SETTLES: Duration = Duration::from_secs(3);
const FIRST_SETTLES: Duration = Duration::from_secs(30);
/// Clock ticks of /proc per second (Linux, every architecture).
const TICKS: f64 = 100.0;

/// What one call saw.
#[derive(Debug, Default)]
struct Seen {
    first_after_answer: Option<Duration>,
    arrivals: Vec<Instant>,
    own_late: Vec<Duration>,
}

struct Gateway {
    program: Child,
    data: PathBuf,
    sip: std::net::SocketAddr,
}

pub(crate) fn measure() -> anyhow::Result<()> {
    let cores =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    cores.block_on(every_load())
}

async fn every_load() -> anyhow::Result<()> {
    println!(
        "| load line | calls | refused | CPU of one core | µs per call and frame | gap p99 | >20 ms late | first RTP p95 | KiB per call | meter late p99 |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for calls in LOADS {
        run("voice activity and recording", &[], calls).await?;
    }
    let (no_vad, no_tape) =
        (("GUDOK_LOAD_LINE__VOICE_ACTIVITY", "false"), ("GUDOK_LOAD_LINE__RECORDING", "false"));
    run("recording only", &[no_vad], 200).await?;
    run("voice activity only", &[no_tape], 200).await?;
    run("bare", &[no_vad, no_tape], 200).await?;
    Ok(())
}

async fn run(what: &str, settings: &[(&str, &str)], calls: usize) -> anyhow::Result<()> {
    let gateway = Gateway::start(settings).await?;
    let before = gateway.resident()?;
    let (seen, share) = load(&gateway, calls).await?;
    let grown = gateway.resident()?.saturating_sub(before);
    let answered = seen.len();
    let mut gaps = Vec::new();
    let mut late = 0_usize;
    for call in &seen {
        gaps.extend(call.arrivals.windows(2).map(|pair| pair[1] - pair[0]));
        late += lateness(&call.arrivals).filter(|late| *late > FRAME).count();
    }
    let packets: usize = seen.iter().map(|call| call.arrivals.len()).sum();
    let mut first: Vec<Duration> = seen.iter().filter_map(|call| call.first_after_answer).collect();
    let mut own: Vec<Duration> = seen.iter().flat_map(|call| call.own_late.clone()).collect();
    println!(
        "| {what} | {answered} | {} | {:.1} % | {:.1} | {:.1} ms | {:.3} % | {:.1} ms | {} | {:.1} ms |",
        calls - answered,
        share * 100.0,
        share * 20_000.0 / answered.max(1) as f64,
        at(&mut gaps, 99),
        late as f64 * 100.0 / packets.max(1) as f64,
        at(&mut first, 95),
        grown / 1024 / answered.max(1) as u64,
        at(&mut own, 99),
    );
    gateway.stop()
}

/// Arrival against the packet's place in a steady stream, from the earliest one on.
fn lateness(arrivals: &[Instant]) -> impl Iterator<Item = Duration> + '_ {
    let first = arrivals.first().copied();
    let offset = move |nth: usize| first.map(|first| first + FRAME * nth as u32);
    let early = arrivals
        .iter()
        .enumerate()
        .filter_map(move |(nth, at)| Some(offset(nth)?.saturating_duration_since(*at)))
        .max()
        .unwrap_or_default();
    arrivals
        .iter()
        .enumerate()
        .filter_map(move |(nth, at)| Some((*at + early).saturating_duration_since(offset(nth)?)))
}

fn at(all: &mut [Duration], percent: usize) -> f64 {
    all.sort_unstable();
    all.get(all.len().saturating_sub(1) * percent / 100).map_or(0.0, Duration::as_secs_f64) * 1e3
}

/// All calls up, then a window; the gateway's share of one core in it.
async fn load(gateway: &Gateway, calls: usize) -> anyhow::Result<(Vec<Seen>, f64)> {
    let sip = Arc::new(UdpSocket::bind("127.0.0.1:0").await?);
    let answers: Arc<Mutex<HashMap<usize, mpsc::Sender<String>>>> = Arc::default();
    let reading = tokio::spawn(read_answers(Arc::clone(&sip), Arc::clone(&answers)));
    let begun = clock::now();
    let window_from = begun
        + Duration::from_millis(1_000 * calls as u64 / CALLS_A_SECOND)
        + Duration::from_secs(2);
    let mut under_way = Vec::new();
    for nth in 0..calls {
        tokio::time::sleep_until(
            (begun + Duration::from_micros(1_000_000 / CALLS_A_SECOND) * nth as u32).into(),
        )
        .await;
        let (sender, inbox) = mpsc::channel(8);
        if let Ok(mut waiting) = answers.lock() {
            waiting.insert(nth, sender);
        }
        under_way.push(tokio::spawn(call(nth, Arc::clone(&sip), gateway.sip, inbox, window_from)));
    }
    tokio::time::sleep_until(window_from.into()).await;
    let (worked, from) = (gateway.worked()?, clock::now());
    tokio::time::sleep_until((window_from + WINDOW).into()).await;
    let share = (gateway.worked()? - worked) / (clock::now() - from).as_secs_f64();
    let mut seen = Vec::new();
    for call in under_way {
        seen.extend(call.await??);
    }
    reading.abort();
    Ok((seen, share))
}

/// Hands each answer to its call by the number in its Call-ID.
async fn read_answers(
    sip: Arc<UdpSocket>,
    answers: Arc<Mutex<HashMap<usize, mpsc::Sender<String>>>>,
) {
    let mut datagram = vec![0; 4096];
    while let Ok((length, _)) = sip.recv_from(&mut datagram).await {
        let text = String::from_utf8_lossy(&datagram[..length]).into_owned();
        let nth = header(&text, "call-id").and_then(|id| id.strip_prefix("meter-")?.parse().ok());
        let to = nth.and_then(|nth: usize| answers.lock().ok()?.get(&nth).cloned());
        if let Some(to) = to {
            let _ = to.try_send(text);
        }
    }
}

fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// One call from INVITE to BYE; `None` when it was refused.
async fn call(
    nth: usize,
    sip: Arc<UdpSocket>,
    to: std::net::SocketAddr,
    mut inbox: mpsc::Receiver<String>,
    window_from: Instant,
) -> anyhow::Result<Option<Seen>> {
    let rtp = UdpSocket::bind("127.0.0.1:0").await?;
    let (here, port) = (sip.local_addr()?, rtp.local_addr()?.port());
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
    );
    let request = |method: &str, to_tag: &str, sequence: u32, body: &str| {
        format!(
            "{method} sip:900@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{nth}x{sequence}{method};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:meter@{here}>;tag=m{nth}\r\nTo: <sip:900@{to}>{to_tag}\r\n\
             Call-ID: meter-{nth}\r\nCSeq: {sequence} {method}\r\nContact: <sip:meter@{here}>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    sip.send_to(request("INVITE", "", 1, &sdp).as_bytes(), to).await?;
    let answer = loop {
        let text = tokio::time::timeout(ANSWER_WITHIN, inbox.recv()).await?.context("no answer")?;
        match text.split_whitespace().nth(1) {
            Some("200") => break Some(text),
            Some(code) if code.starts_with('1') => {}
            _ => break None,
        }
    };
    let answered = clock::now();
    let Some(answer) = answer else {
        sip.send_to(request("ACK", "", 1, "").as_bytes(), to).await?;
        return Ok(None);
    };
    let tag = header(&answer, "to").and_then(|to| Some(format!(";{}", to.split_once(">;")?.1)));
    let tag = tag.unwrap_or_default();
    sip.send_to(request("ACK", &tag, 1, "").as_bytes(), to).await?;
    let port = answer.lines().find_map(|line| line.strip_prefix("m=audio ")?.split(' ').next());
    let port: u16 = port.context("no port in the answer")?.parse()?;
    rtp.connect((to.ip(), port)).await?;

    let seen = talk(&rtp, nth as u32, answered, window_from).await?;
    sip.send_to(request("BYE", &tag, 2, "").as_bytes(), to).await?;
    let _ = tokio::time::timeout(ANSWER_WITHIN, inbox.recv()).await;
    Ok(Some(seen))
}

/// Speech-like sound out on a grid of 20 ms, arrivals of the window in.
async fn talk(
    rtp: &UdpSocket,
    ssrc: u32,
    answered: Instant,
    window_from: Instant,
) -> anyhow::Result<Seen> {
    let mut seen = Seen::default();
    let mut due = answered;
    let mut sequence = 0_u16;
    let mut datagram = [0; 512];
    while due < window_from + WINDOW {
        tokio::select! {
            () = tokio::time::sleep_until(due.into()) => {
                seen.own_late.push(clock::now().saturating_duration_since(due));
                rtp.send(&packet(ssrc, sequence)).await?;
                sequence = sequence.wrapping_add(1);
                due += FRAME;
            }
            received = rtp.recv(&mut datagram) => {
                let (now, Ok(length)) = (clock::now(), received) else { continue };
                if length < 12 || rtcp::is_report(&datagram[..length]) {
                    continue;
                }
                seen.first_after_answer.get_or_insert(now - answered);
                if now >= window_from {
                    seen.arrivals.push(now);
                }
            }
        }
    }
    Ok(seen)
}

/// A second of buzz, half a second of silence, so that voice activity has work.
fn packet(ssrc: u32, sequence: u16) -> [u8; 172] {
    let mut packet = [0xff; 172];
    packet[..2].copy_from_slice(&[0x80, 0]);
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet[4..8].copy_from_slice(&(u32::from(sequence) * 160).to_be_bytes());
    packet[8..12].copy_from_slice(&ssrc.to_be_bytes());
    if sequence % 75 < 50 {
        for (n, byte) in packet[12..].iter_mut().enumerate() {
            let phase = (n + usize::from(sequence) * 160) % 67;
            *byte = if phase < 9 { 0x90 + (phase as u8) * 3 } else { 0xd0 + (n % 16) as u8 };
        }
    }
    packet
}

/// A run that broke off leaves no gateway behind.
impl Drop for Gateway {
    fn drop(&mut self) {
        if matches!(self.program.try_wait(), Ok(None)) {
            let _ = self.program.kill();
            let _ = self.program.wait();
        }
    }
}

impl Gateway {
    async fn start(settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let data = std::env::temp_dir().join(format!("gudok-bench-{}", std::process::id()));
        let program = Path::new("target/release/gudok");
        if !program.is_file() {
            bail!("{} is not there: cargo build --release -p sip-gateway", program.display());
        }
        std::fs::create_dir_all(&data)?;
        let known = std::fs::remove_file(data.join("demo.json")).is_ok();
        let program = Command::new(program)
            .args(["serve", "--demo", "--sip", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data"])
            .arg(&data)
            .envs(settings.iter().copied())
            .stderr(std::fs::File::create(data.join("gudok.log"))?)
            .spawn()?;
        for _ in 0..600 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let written = std::fs::read(data.join("demo.json")).ok();
            if let Some(keys) = written.and_then(|text| serde_json::from_slice::<Keys>(&text).ok())
            {
                // Prompts are spoken into the cache the first time.
                let settles = if known { SETTLES } else { FIRST_SETTLES };
                tokio::time::sleep(settles).await;
                return Ok(Self { program, data, sip: keys.sip.parse()? });
            }
        }
        bail!("gudok serve did not come up; its log: {}", data.join("gudok.log").display())
    }

    /// Seconds of CPU so far, all threads.
    fn worked(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.program.id()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
        let ticks = |nth: usize| fields.get(nth).and_then(|it| it.parse::<f64>().ok());
        Ok((ticks(12).context("utime")? + ticks(13).context("stime")?) / TICKS)
    }

    fn resident(&self) -> anyhow::Result<u64> {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.program.id()))?;
        let pages: u64 = statm.split(' ').nth(1).context("statm")?.parse()?;
        Ok(pages * 4096)
    }

    fn stop(mut self) -> anyhow::Result<()> {
        let pid = self.program.id().to_string();
        Command::new("sh").args(["-c", "kill -TERM $0", &pid]).status()?;
        self.program.wait()?;
        let _ = std::fs::remove_dir_all(self.data.join("recordings"));
        Ok(())
    }
}
