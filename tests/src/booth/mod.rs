//! A telephone booth: one caller's sound, frame by frame, into a real call in injected time, with the
//! embedded recogniser listening for real.
//!
//! The first turns of a call are only acted: the caller's voice sounds and its words are handed over
//! beside it, so that any question is reached in no time. From [`Booth::listen`] on the recogniser hears.
//!
//! **Never here:** what is measured; the clock.

pub mod noise;
pub mod studio;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use dialog::conversation::{Answer, Conversation, RequestId};
use dialog::state::Awaiting;
use jiff::Timestamp;
use media::audio::{FRAME, FRAME_TIME, Frame, SILENCE, level_dbfs};
use media::codec::Codec;
use media::packets::Packets;
use media::speech::{Ear, Heard, Spoken, Words};
use media::turn::TurnId;
use sip_gateway::call::line::{Agreed, Line, Origin};
use sip_gateway::call::note::Note;
use sip_gateway::call::{self, Call, Start, Talk};
use sip_gateway::caller::scenario::{Act, Mind};

use self::noise::{Noise, at_level};
use self::studio::Studio;
use crate::world::core::QuietDay;

/// The embedded recogniser's final words come this long after it is asked for them.
const FINAL_AFTER: Duration = Duration::from_millis(60);
/// Acted words come at once.
const ACTED_AFTER: Duration = Duration::from_millis(20);
const SOUND_AFTER: Duration = Duration::from_millis(20);
const CORE_AFTER: Duration = Duration::from_millis(10);
/// A recogniser silent for so long, by the real clock, is broken.
const PATIENCE: Duration = Duration::from_secs(20);
/// The agent has finished when it was silent for so long.
const AGENT_DONE: usize = 40;
/// No acted part of a call is longer: five minutes.
const ACTED_MAX: usize = 15_000;
/// Our own frames below this are silence.
const AUDIBLE_DBFS: f32 = -60.0;

enum Parcel {
    Sound(TurnId, Arc<[i16]>),
    Words(TurnId, Heard),
    Core(RequestId, Box<Answer>),
}

/// The recogniser's ear, and what comes from it.
type Listening = (Box<dyn Ear>, Receiver<(TurnId, Heard)>);

/// One call.
pub struct Booth<'a> {
    studio: &'a Studio,
    pub now: Instant,
    began: (Instant, Timestamp),
    call: Call,
    core: QuietDay,
    line: Line,
    packets: Packets,
    /// Voice and loudness in dBFS.
    caller: (&'a str, f32),
    noise: Noise,
    parcels: VecDeque<(Instant, Parcel)>,
    /// Said by the acted caller and not yet told.
    acted: Option<String>,
    ear: Option<Listening>,
    pub ticks: usize,
    /// What was spoken last, with its noise.
    pub spoken: Frame,
    /// By tick: did sound of ours leave?
    pub sounded: Vec<bool>,
    pub notes: Vec<(usize, Note)>,
    /// Sentences given to the synthesiser, by line.
    pub ordered: Vec<(TurnId, String)>,
    over: bool,
}

impl<'a> Booth<'a> {
    /// A call just answered by a caller with that voice, that loud; `noise` is on the line from the
    /// first frame to the last.
    pub fn new(
        studio: &'a Studio,
        conversation: Conversation,
        caller: (&'a str, f32),
        noise: Noise,
    ) -> Self {
        let began = studio.began;
        let agreed = Agreed::usual(Codec::Pcmu);
        let origin = |ssrc| Origin { ssrc, sequence: 7, timestamp: 70_000 };
        let prices = conversation.pack().prices.clone();
        let mut booth = Self {
            studio,
            now: began.0,
            began,
            call: Call::new(Start {
                agreed,
                origin: origin(1),
                talk: Talk::Conversation(Box::new(conversation)),
                at: began,
                longest: Duration::from_secs(900),
                words_late: FINAL_AFTER,
                drafts: true,
                denoises: false,
                errand: None,
            }),
            core: QuietDay::new(prices),
            line: Line::new(agreed, origin(2)),
            packets: Packets::default(),
            caller,
            noise,
            parcels: VecDeque::new(),
            acted: None,
            ear: None,
            ticks: 0,
            spoken: SILENCE,
            sounded: Vec::new(),
            notes: Vec::new(),
            ordered: Vec::new(),
            over: false,
        };
        booth.tell(call::Input::Answered);
        booth
    }

    /// From now on the recogniser of the conversation's language hears.
    pub fn listen(&mut self) -> anyhow::Result<()> {
        let (say, said) = mpsc::channel();
        let events = Arc::new(move |turn, heard| drop(say.send((turn, heard))));
        let ear = self.studio.recogniser(self.language()).open(events)?;
        self.ear = Some((ear, said));
        Ok(())
    }

    /// Lets the call go on, acted by `mind`, until the agent begins a line other than the greeting
    /// that `wanted` likes: its words, and what it asks for. False if that never happens.
    pub fn act_until(&mut self, mind: &mut Mind, wanted: impl Fn(&str, Awaiting) -> bool) -> bool {
        let (mut seen, mut silent, mut said) = (0, 0, String::new());
        let mut greeted = false;
        for _ in 0..ACTED_MAX {
            self.tick(&SILENCE);
            while let Some((_, note)) = self.notes.get(seen) {
                seen += 1;
                if let Note::Agent { text, .. } = note {
                    said = format!("{said} {text}");
                    if std::mem::replace(&mut greeted, true) && wanted(text, self.awaiting()) {
                        return true;
                    }
                }
            }
            silent = if self.sounded.last() == Some(&true) { 0 } else { silent + 1 };
            if self.over {
                return false;
            }
            if silent < AGENT_DONE || said.is_empty() {
                continue;
            }
            silent = 0;
            if let Act::Say(words) = mind.hear(&std::mem::take(&mut said)) {
                self.act(&words);
            }
        }
        false
    }

    /// The caller says the words, and they are heard as they are.
    fn act(&mut self, words: &str) {
        let (voice, dbfs) = self.caller;
        let sound = self.studio.spoken(self.language(), voice, 100, words);
        let sound = trimmed(&frames(&at_level(&sound, dbfs)));
        let (most, end) = sound.split_at(sound.len() * 3 / 5);
        most.iter().for_each(|frame| self.tick(frame));
        self.acted = Some(words.to_owned());
        end.iter().for_each(|frame| self.tick(frame));
        while self.acted.is_some() && !self.over {
            self.tick(&SILENCE);
        }
    }

    /// One frame spoken into the telephone, one heard from it.
    pub fn tick(&mut self, spoken: &Frame) {
        self.now += FRAME_TIME;
        self.ticks += 1;
        self.deliver();
        let frame = self.noise.over(spoken);
        let mut packets = std::mem::take(&mut self.packets);
        packets.clear();
        self.line.say(&frame, &mut packets);
        for packet in packets.iter() {
            self.tell(call::Input::Packet(packet));
        }
        self.packets = packets;
        self.tell(call::Input::Tick);
        let said = level_dbfs(self.call.frames().1) > AUDIBLE_DBFS;
        self.sounded.push(said);
        self.overhear();
        self.spoken = frame;
    }

    pub fn press(&mut self, key: char) {
        self.line.press(&key.to_string());
    }

    pub fn awaiting(&self) -> Awaiting {
        self.call.conversation().map_or(Awaiting::None, |it| it.state().awaiting)
    }

    fn language(&self) -> job_core::trade::Language {
        self.call.conversation().map(|it| it.pack().language).unwrap_or_default()
    }

    fn tell(&mut self, input: call::Input<'_>) {
        self.call.handle(self.now, input);
        while let Some(output) = self.call.poll() {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: call::Output) {
        match output {
            call::Output::Speak { line, text, language } => {
                let sound = Parcel::Sound(line, self.studio.said(language, &text));
                self.ordered.push((line, text));
                self.later(SOUND_AFTER, sound);
            }
            call::Output::Ask(id, request) => {
                let since =
                    jiff::SignedDuration::try_from(self.now - self.began.0).unwrap_or_default();
                let answer = Box::new(self.core.answer(self.began.1 + since, request));
                self.later(CORE_AFTER, Parcel::Core(id, answer));
            }
            call::Output::Note(note) => self.notes.push((self.ticks, note)),
            call::Output::HangUp(_) => self.over = true,
            call::Output::Listen { turn, expect, back } => {
                if let Some((ear, _)) = &mut self.ear {
                    let _ = ear.begin(turn, expect);
                    back.iter().for_each(|frame| drop(ear.hear(frame)));
                }
            }
            call::Output::Hear(_) => {
                if let Some((ear, _)) = &mut self.ear {
                    let _ = ear.hear(self.call.for_ear());
                }
            }
            call::Output::Settle(turn) => self.settle(turn),
            call::Output::Forget(turn) => {
                if let Some((ear, _)) = &mut self.ear {
                    ear.drop_turn(turn);
                }
            }
            call::Output::Packets
            | call::Output::Report(_)
            | call::Output::Reopen
            | call::Output::Hush(_)
            | call::Output::HandOver
            | call::Output::Blank { .. }
            | call::Output::Join
            | call::Output::Across(_)
            | call::Output::Remember => {}
        }
    }

    fn settle(&mut self, turn: TurnId) {
        let Some((ear, said)) = &mut self.ear else {
            let text = self.acted.take().unwrap_or_default();
            let words = Words { text, words: Vec::new(), confidence: 0.95 };
            return self.later(ACTED_AFTER, Parcel::Words(turn, Heard::Final(words)));
        };
        let _ = ear.end(turn);
        let last = loop {
            match said.recv_timeout(PATIENCE) {
                Ok((of, heard)) if of == turn && !matches!(heard, Heard::Partial(_)) => {
                    break heard;
                }
                Ok(_) => {}
                Err(_) => break Heard::Failed(media::speech::SpeechError::Gone),
            }
        };
        self.later(FINAL_AFTER, Parcel::Words(turn, last));
    }

    /// Waits, by the real clock, until the recogniser has heard everything; injected time stands still.
    fn overhear(&mut self) {
        let Some((ear, said)) = &mut self.ear else { return };
        while ear.backlog() > 0 {
            std::thread::yield_now();
        }
        let partials: Vec<(TurnId, Heard)> =
            said.try_iter().filter(|(_, heard)| matches!(heard, Heard::Partial(_))).collect();
        for (turn, heard) in partials {
            self.later(FRAME_TIME, Parcel::Words(turn, heard));
        }
    }

    fn later(&mut self, after: Duration, parcel: Parcel) {
        let at = self.now + after;
        let place = self.parcels.partition_point(|(other, _)| *other <= at);
        self.parcels.insert(place, (at, parcel));
    }

    fn deliver(&mut self) {
        while let Some((_, parcel)) = self.parcels.pop_front_if(|(at, _)| *at <= self.now) {
            match parcel {
                Parcel::Sound(line, samples) => {
                    self.tell(call::Input::Spoken(line, Spoken::Samples(samples)));
                    self.tell(call::Input::Spoken(line, Spoken::Done));
                }
                Parcel::Words(turn, heard) => self.tell(call::Input::Heard(turn, heard)),
                Parcel::Core(id, answer) => self.tell(call::Input::Core(id, *answer)),
            }
        }
    }
}

impl std::fmt::Debug for Booth<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Booth").field("ticks", &self.ticks).finish_non_exhaustive()
    }
}

/// Sound cut into frames, the last one filled up with silence.
pub fn frames(samples: &[i16]) -> Vec<Frame> {
    let padded = |piece: &[i16]| {
        let mut frame = SILENCE;
        frame[..piece.len()].copy_from_slice(piece);
        frame
    };
    samples.chunks(FRAME).map(padded).collect()
}

/// Without the synthesiser's own silence around it.
pub fn trimmed(frames: &[Frame]) -> Vec<Frame> {
    let loud = |frame: &Frame| level_dbfs(frame) > -48.0;
    let from = frames.iter().position(loud).unwrap_or(0);
    let to = frames.iter().rposition(loud).map_or(0, |last| last + 1);
    frames[from.min(to)..to].to_vec()
}
