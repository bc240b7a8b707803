//! A simulated caller: phones in, listens, answers from a scenario. The other end of a call.
//!
//! **Never here:** tokio, sockets, the clock; anything the gateway knows and a caller would not.

pub mod client;
pub mod scenario;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use media::audio::{FRAME_TIME, Frame, SILENCE};
use media::ear::PreRoll;
use media::floor::{self, Floor, Patience};
use media::packets::Packets;
use media::player::{Played, Player};
use media::speech::{Expect, Heard, Spoken};
use media::turn::TurnId;
use media::vad::Vad;

use self::scenario::{Act, Mind};
use crate::call::line::{Agreed, Line, Origin};

/// A caller stays on the line no longer than this.
const LONGEST: Duration = Duration::from_secs(600);
/// Quieter samples are the synthesiser's own silence.
const AUDIBLE: u16 = 300;

#[derive(Debug)]
pub enum Input<'a> {
    Packet(&'a [u8]),
    /// 20 ms have passed.
    Tick,
    Heard(TurnId, Heard),
    Spoken(TurnId, Spoken),
}

#[derive(Debug)]
pub enum Output {
    /// `Caller::packets` holds packets to send.
    Packets,
    /// To tell the other end how it is heard.
    Report(Vec<u8>),
    Listen {
        turn: TurnId,
        expect: Expect,
        back: Vec<Frame>,
    },
    Hear(TurnId),
    Settle(TurnId),
    Forget(TurnId),
    Speak {
        line: TurnId,
        text: String,
    },
    Event(Event),
    HangUp,
}

/// What the transcript of the caller's side shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The agent's first sound since the caller's last; `gap` from the caller's last sound.
    AgentBegan {
        at: Duration,
        gap: Option<Duration>,
    },
    Heard {
        at: Duration,
        text: String,
        confidence: f32,
    },
    Said {
        at: Duration,
        text: String,
    },
    Pressed {
        at: Duration,
        keys: String,
    },
}

#[derive(Debug)]
pub struct Caller {
    line: Line,
    vad: Vad,
    back: PreRoll,
    floor: Floor,
    player: Player,
    mind: Mind,
    /// The agent's turn the recogniser works on, and when it began.
    hearing: Option<(TurnId, u32)>,
    heard_so_far: String,
    /// What to do, and when.
    next: Option<(Instant, Act)>,
    line_id: TurnId,
    last_sound: Option<Instant>,
    agent_turns: u32,
    started: Instant,
    ticks: u32,
    heard: Frame,
    said: Frame,
    packets: Packets,
    outputs: VecDeque<Output>,
}

impl Caller {
    pub fn new(now: Instant, agreed: Agreed, origin: Origin, mind: Mind) -> Self {
        Self {
            line: Line::new(agreed, origin),
            vad: Vad::new(),
            back: PreRoll::default(),
            floor: Floor::new(now, LONGEST, Duration::ZERO),
            player: Player::new(),
            mind,
            hearing: None,
            heard_so_far: String::new(),
            next: None,
            line_id: TurnId::first(),
            last_sound: None,
            agent_turns: 0,
            started: now,
            ticks: 0,
            heard: SILENCE,
            said: SILENCE,
            packets: Packets::default(),
            outputs: VecDeque::new(),
        }
    }

    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Packet(datagram) => {
                self.line.receive(now, datagram);
            }
            Input::Tick => self.tick(now),
            Input::Heard(turn, heard) => self.hear(now, turn, heard),
            Input::Spoken(line, Spoken::Samples(samples)) => {
                let _ = self.player.push_shared(line, &samples);
            }
            Input::Spoken(line, Spoken::Done | Spoken::Failed(_)) => self.player.finish(line),
        }
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub fn packets(&self) -> &Packets {
        &self.packets
    }

    /// The last 20 ms: what the caller said, what the caller heard.
    pub fn frames(&self) -> (&Frame, &Frame) {
        (&self.said, &self.heard)
    }

    fn tick(&mut self, now: Instant) {
        self.ticks += 1;
        self.heard = self.line.hear(now);
        let voiced = self.vad.hear(&self.heard).voiced;
        self.back.push(&self.heard);
        self.floor.handle(now, floor::Input::Expect(Patience::Long));
        self.floor.handle(now, floor::Input::Frame { voiced, ago: Duration::ZERO });
        if let Some((turn, _)) = self.hearing {
            self.outputs.push_back(Output::Hear(turn));
        }
        self.follow_floor(now);
        self.act(now);
        self.play(now);
        self.lose_patience(now);
    }

    fn follow_floor(&mut self, now: Instant) {
        while let Some(decision) = self.floor.poll() {
            match decision {
                floor::Output::TurnBegan { turn, frames_back } => {
                    self.agent_began(now, turn, frames_back);
                }
                floor::Output::TurnEnded(turn) => self.outputs.push_back(Output::Settle(turn)),
                floor::Output::TurnLapsed(turn) | floor::Output::StuckNoise(turn) => {
                    self.hearing = self.hearing.filter(|(current, _)| *current != turn);
                    self.outputs.push_back(Output::Forget(turn));
                }
                floor::Output::Interrupted(_)
                | floor::Output::Held(_)
                | floor::Output::Resumed
                | floor::Output::EndLikely(_)
                | floor::Output::WentOn { .. }
                | floor::Output::CallerSilent { .. }
                | floor::Output::TimeUp => {}
            }
        }
    }

    fn agent_began(&mut self, now: Instant, turn: TurnId, frames_back: usize) {
        let began = self.ticks.saturating_sub(frames_back as u32);
        let onset = now - FRAME_TIME * frames_back.min(self.ticks as usize) as u32;
        let gap = self.last_sound.take().map(|last| onset.saturating_duration_since(last));
        let back = self.back.last(frames_back).copied().collect();
        self.hearing = Some((turn, began));
        self.agent_turns += 1;
        self.next = None;
        if let (2.., Some(ms)) = (self.agent_turns, self.mind.scenario().cuts_in_after_ms) {
            let words = self.mind.scenario().otherwise.clone();
            self.next = Some((now + Duration::from_millis(ms), Act::Say(words)));
        }

        let expect = Expect::Anything;
        self.outputs.push_back(Output::Listen { turn, expect, back });
        self.event(Event::AgentBegan { at: FRAME_TIME * began, gap });
    }

    fn hear(&mut self, now: Instant, turn: TurnId, heard: Heard) {
        let (words, began) = match (heard, self.hearing) {
            (Heard::Final(words), Some((current, began))) if current == turn => (words, began),
            (Heard::Partial(_) | Heard::Final(_) | Heard::Failed(_), _) => return,
        };
        self.hearing = None;
        if words.text.is_empty() {
            return;
        }

        let (at, text, confidence) = (FRAME_TIME * began, words.text.clone(), words.confidence);
        self.event(Event::Heard { at, text, confidence });
        self.heard_so_far = format!("{} {}", self.heard_so_far, words.text);
        let act = self.mind.hear(&self.heard_so_far);
        if act != Act::Listen {
            self.heard_so_far.clear();
            self.next = Some((now + self.mind.scenario().thinks(), act));
        }
    }

    fn act(&mut self, now: Instant) {
        let Some((_, act)) = self.next.take_if(|(at, _)| now >= *at) else {
            return;
        };
        let at = self.elapsed();
        match act {
            Act::Say(text) => {
                self.line_id = self.line_id.next();
                self.player.say(self.line_id, &text);
                let (line, spoken) = (self.line_id, text.clone());
                self.outputs.push_back(Output::Speak { line, text: spoken });
                self.event(Event::Said { at, text });
            }
            Act::Press(keys) => {
                self.line.press(&keys);
                self.event(Event::Pressed { at, keys });
            }
            Act::Listen => {}
        }
    }

    fn play(&mut self, now: Instant) {
        self.said = SILENCE;
        if let Played::Frame(frame) = self.player.next_frame() {
            self.said = frame;
            if frame.iter().any(|sample| sample.unsigned_abs() > AUDIBLE) {
                self.last_sound = Some(now + FRAME_TIME);
            }
        }
        self.packets.clear();
        self.line.say(&self.said, &mut self.packets);
        self.outputs.push_back(Output::Packets);
        if let Some(report) = self.line.report(now) {
            self.outputs.push_back(Output::Report(report.to_vec()));
        }
    }

    fn lose_patience(&mut self, now: Instant) {
        let Some(ms) = self.mind.scenario().hangs_up_after_ms else {
            return;
        };
        if now.saturating_duration_since(self.started) >= Duration::from_millis(ms) {
            self.outputs.push_back(Output::HangUp);
        }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn elapsed(&self) -> Duration {
        FRAME_TIME * self.ticks
    }
}
