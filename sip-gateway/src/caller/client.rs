//! The simulated caller's telephone: real sockets, a real recogniser and a real voice around the
//! caller, and what is left behind: both sides of the sound, a transcript, a result.
//!
//! **Never here:** what the caller says.

use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use media::audio::FRAME_TIME;
use media::recorder::Recording;
use media::speech::{Ear, Go, Heard, Line as Said, Recogniser, Spoken, Synthesiser, Voice};
use media::turn::TurnId;
use serde::Serialize;

use super::scenario::{Mind, Scenario};
use super::{Caller, Event as CallerEvent, Input, Output};
use crate::call::line::{Agreed, Origin};
use crate::clock;
use crate::net::phone::{Handset, Phone};
use crate::sip::agent::{Command, Event, Leg, Settings, Why};
use crate::sip::gate::Gate;
use crate::sip::sdp;

/// A call not answered by now is given up.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A BYE without an answer for this long is given up.
const BYE_ANSWERED_WITHIN: Duration = Duration::from_secs(2);
/// Messages from recogniser, synthesiser and SIP waiting for the next beat.
const MESSAGES_MAX: usize = 4_096;

/// What it takes to phone.
#[expect(missing_debug_implementations, reason = "engines have nothing to show")]
pub struct Dial {
    /// `sip:100@127.0.0.1:5060`
    pub to: String,
    pub target: SocketAddr,
    pub scenario: Scenario,
    pub recogniser: Arc<dyn Recogniser>,
    pub synthesiser: Arc<dyn Synthesiser>,
    pub voice: Voice,
    /// Recording, transcript and result go here.
    pub out: PathBuf,
    /// Every random number of the call grows from this.
    pub seed: u64,
}

/// What became of the call.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outcome {
    pub scenario: String,
    /// `caller_hung_up`, `agent_hung_up`, `refused 486`, …
    pub end: String,
    pub seconds: f64,
    /// INVITE sent to 200 received.
    pub answered_ms: u64,
    /// INVITE sent to the agent's first sound.
    pub first_sound_ms: Option<u64>,
    /// From the end of the caller's sound to the agent's next sound, one for each answer.
    pub gaps_ms: Vec<u64>,
    /// Both sides: agent left, caller right.
    pub recording: String,
    pub turns: Vec<Turn>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Turn {
    pub at_ms: u64,
    pub who: &'static str,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

enum Message {
    Heard(TurnId, Heard),
    Spoken(TurnId, Spoken),
    Over(Why),
}

/// Phones, talks, hangs up, and writes down what happened.
pub async fn call(dial: Dial) -> anyhow::Result<Outcome> {
    let socket = UdpSocket::bind((local_for(dial.target)?, 0)).context("media socket")?;
    let local = socket.local_addr()?;
    let settings = Settings {
        user_agent: "gudok-caller".into(),
        contact_user: "caller".into(),
        advertised: None,
        follows: false,
        seed: dial.seed,
    };
    let listen = SocketAddr::new(local_for(dial.target)?, 0);
    let mut gate = Gate::new(Vec::new());
    gate.befriend(dial.target.ip());
    let gate = Arc::new(Mutex::new(gate));
    let (mut phone, handset) = Phone::open(listen, false, settings, gate).await?;
    let leg = phone.next_leg();
    let from = dial.scenario.phone.clone().unwrap_or_else(|| "caller".into());
    let command = Command::Call {
        leg,
        flow: phone.flow(dial.target),
        to: dial.to.clone(),
        from: format!("sip:{from}@{}", phone.local()),
        sdp: sdp::offer(local.ip(), local.port()),
        credentials: None,
    };

    let (sender, mut events) = tokio::sync::mpsc::channel(64);
    tokio::spawn(phone.run(sender));
    let dialled = clock::now();
    handset.order(command);
    let answer = answered(&mut events).await?;
    let answered_in = clock::now() - dialled;
    let session = sdp::read_answer(&answer).context("the answer's SDP")?;

    socket.connect(session.remote).context("media socket")?;
    socket.set_nonblocking(true)?;
    let (inbox, messages) = sync_channel(MESSAGES_MAX);
    let over = inbox.clone();
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            if let Event::Ended { why, .. } = event {
                let _ = over.send(Message::Over(why));
            }
        }
    });
    let talk = move || {
        Talk::new(dial, socket, Agreed::from(&session), inbox, (dialled, answered_in))?
            .run(&messages, &handset, leg)
    };
    tokio::task::spawn_blocking(talk).await?
}

async fn answered(events: &mut tokio::sync::mpsc::Receiver<Event>) -> anyhow::Result<Vec<u8>> {
    let deadline = tokio::time::Instant::from_std(clock::now() + ANSWER_WITHIN);
    loop {
        match tokio::time::timeout_at(deadline, events.recv()).await {
            Ok(Some(Event::Answered { sdp, .. })) => return Ok(sdp),
            Ok(Some(Event::Ended { why: Why::Refused(status), .. })) => {
                bail!("the call was refused: {status}")
            }
            Ok(Some(Event::Ended { why, .. })) => bail!("the call was not answered: {why:?}"),
            Ok(Some(_)) => {}
            Ok(None) => bail!("the telephone set stopped"),
            Err(_) => {
                bail!("no answer within {} s: is the gateway running?", ANSWER_WITHIN.as_secs())
            }
        }
    }
}

/// The call after it was answered: paced on its own thread.
struct Talk {
    dial: Dial,
    caller: Caller,
    socket: UdpSocket,
    ear: Box<dyn Ear>,
    inbox: SyncSender<Message>,
    recording: Recording<std::io::BufWriter<std::fs::File>>,
    began: Instant,
    outcome: Outcome,
    hang_up: bool,
}

impl Talk {
    fn new(
        dial: Dial,
        socket: UdpSocket,
        agreed: Agreed,
        inbox: SyncSender<Message>,
        (dialled, answered_in): (Instant, Duration),
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&dial.out)?;
        let file = dial.out.join("caller.wav");
        let words = inbox.clone();
        let ear = dial.recogniser.open(Arc::new(move |turn, heard| {
            let _ = words.try_send(Message::Heard(turn, heard));
        }))?;
        let began = clock::now();
        let mind = Mind::new(dial.scenario.clone());
        let origin = origin(dial.seed);
        let outcome = Outcome {
            scenario: dial.scenario.name.clone(),
            answered_ms: answered_in.as_millis() as u64,
            recording: file.display().to_string(),
            first_sound_ms: Some((began - dialled).as_millis() as u64),
            ..Outcome::default()
        };
        Ok(Self {
            caller: Caller::new(began, agreed, origin, mind),
            recording: Recording::new(std::io::BufWriter::new(std::fs::File::create(&file)?))?,
            dial,
            socket,
            ear,
            inbox,
            began,
            outcome,
            hang_up: false,
        })
    }

    fn run(
        mut self,
        messages: &Receiver<Message>,
        handset: &Handset,
        leg: Leg,
    ) -> anyhow::Result<Outcome> {
        let dialled_to_talk = self.outcome.first_sound_ms.take().unwrap_or_default();
        let mut beat = clock::now() + FRAME_TIME;
        let end = loop {
            if let Some(why) = self.wait(messages, beat) {
                break format!("{why:?}");
            }
            self.step()?;
            if self.hang_up {
                handset.order(Command::HangUp { leg });
                break "hung_up".into();
            }
            beat += FRAME_TIME;
        };
        self.outcome.end = end;
        self.outcome.seconds = (clock::now() - self.began).as_secs_f64();
        self.outcome.first_sound_ms = self.outcome.first_sound_ms.map(|ms| ms + dialled_to_talk);
        self.finish(messages)
    }

    fn wait(&mut self, messages: &Receiver<Message>, beat: Instant) -> Option<Why> {
        loop {
            let wait = beat.saturating_duration_since(clock::now());
            match messages.recv_timeout(wait) {
                Ok(Message::Heard(turn, heard)) => self.handle(Input::Heard(turn, heard)),
                Ok(Message::Spoken(line, spoken)) => self.handle(Input::Spoken(line, spoken)),
                Ok(Message::Over(why)) => return Some(why),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn step(&mut self) -> anyhow::Result<()> {
        let mut datagram = [0; 2048];
        while let Ok(length) = self.socket.recv(&mut datagram) {
            self.handle(Input::Packet(&datagram[..length]));
        }
        self.handle(Input::Tick);
        let (said, heard) = self.caller.frames();
        self.recording.push(heard, said)?;
        Ok(())
    }

    fn handle(&mut self, input: Input<'_>) {
        self.caller.handle(clock::now(), input);
        while let Some(output) = self.caller.poll() {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Packets => {
                for packet in self.caller.packets().iter() {
                    let _ = self.socket.send(packet);
                }
            }
            Output::Report(report) => drop(self.socket.send(&report)),
            Output::Listen { turn, expect, back } => {
                let _ = self.ear.begin(turn, expect);
                for frame in &back {
                    let _ = self.ear.hear(frame);
                }
            }
            Output::Hear(_) => {
                let (_, heard) = self.caller.frames();
                let _ = self.ear.hear(heard);
            }
            Output::Settle(turn) => {
                let _ = self.ear.end(turn);
            }
            Output::Forget(turn) => self.ear.drop_turn(turn),
            Output::Speak { line, text } => self.speak(line, text),
            Output::Event(event) => self.note(event),
            Output::HangUp => self.hang_up = true,
        }
    }

    fn speak(&self, line: TurnId, text: String) {
        let inbox = self.inbox.clone();
        let sink = Box::new(move |spoken: Spoken| {
            if inbox.try_send(Message::Spoken(line, spoken)).is_ok() { Go::On } else { Go::Stop }
        });
        let voice = self.dial.voice.clone();
        self.dial.synthesiser.speak(Said { turn: line, text, voice }, sink);
    }

    fn note(&mut self, event: CallerEvent) {
        let ms = |at: Duration| at.as_millis() as u64;
        match event {
            CallerEvent::AgentBegan { at, gap } => {
                self.outcome.first_sound_ms.get_or_insert(ms(at));
                self.outcome.gaps_ms.extend(gap.map(ms));
            }
            CallerEvent::Heard { at, text, confidence } => {
                let confidence = Some(confidence);
                self.outcome.turns.push(Turn { at_ms: ms(at), who: "agent", text, confidence });
            }
            CallerEvent::Said { at, text } => {
                self.outcome.turns.push(Turn {
                    at_ms: ms(at),
                    who: "caller",
                    text,
                    confidence: None,
                });
            }
            CallerEvent::Pressed { at, keys } => {
                let text = format!("[{keys}]");
                self.outcome.turns.push(Turn {
                    at_ms: ms(at),
                    who: "caller",
                    text,
                    confidence: None,
                });
            }
        }
    }

    /// Writes everything down; where we hung up, the BYE is given a moment to be answered.
    fn finish(self, messages: &Receiver<Message>) -> anyhow::Result<Outcome> {
        if self.hang_up {
            await_end(messages);
        }
        self.recording.finish()?;
        write(&self.dial.out, &self.outcome)?;
        Ok(self.outcome)
    }
}

/// What the ear and the mouth still send is no answer to the BYE.
fn await_end(messages: &Receiver<Message>) {
    let until = clock::now() + BYE_ANSWERED_WITHIN;
    loop {
        let left = until.saturating_duration_since(clock::now());
        match messages.recv_timeout(left) {
            Ok(Message::Over(_)) | Err(_) => return,
            Ok(Message::Heard(..) | Message::Spoken(..)) => {}
        }
    }
}

fn write(out: &Path, outcome: &Outcome) -> anyhow::Result<()> {
    std::fs::write(out.join("result.json"), serde_json::to_vec_pretty(outcome)?)?;
    let line = |turn: &Turn| {
        let seconds = turn.at_ms as f64 / 1000.0;
        format!("{seconds:7.2}  {:6}  {}\n", turn.who, turn.text)
    };
    let transcript: String = outcome.turns.iter().map(line).collect();
    std::fs::write(out.join("transcript.txt"), transcript)?;
    Ok(())
}

/// Our address as the target sees it.
fn local_for(target: SocketAddr) -> anyhow::Result<std::net::IpAddr> {
    let probe = UdpSocket::bind(if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    probe.connect(target)?;
    Ok(probe.local_addr()?.ip())
}

fn origin(seed: u64) -> Origin {
    let [a, b, c, d, e, f, ..] = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    let ssrc = u32::from_be_bytes([a, b, c, d]);
    Origin { ssrc, sequence: u16::from_be_bytes([e, f]) & 0x7fff, timestamp: ssrc ^ 0x5555 }
}
