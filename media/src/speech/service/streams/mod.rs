//! Services over gRPC: a stream of its own for every turn, and for a long one several, each taking over
//! from the last before its five minutes are up, with no word lost between them or said twice.
//!
//! Where one stream takes over, both hear the same second on either side; a word belongs to the one in whose
//! part its middle lies, and one that both claim is told once.
//!
//! Source of the five minutes: yandex.cloud documentation, "Quotas and limits in SpeechKit" (5 minutes, 10 MB a
//! stream); VoiceKit names no limit and is held to the same.
//!
//! **Never here:** HTTP/2, keys, the clock: time is counted in frames.

mod seam;
pub mod speechkit;
pub mod voice;
pub mod voicekit;

use std::collections::VecDeque;

use prost::Message as _;

use self::seam::{Part, joined};
use super::{broken, linear};
use crate::audio::{FRAME_TIME, Frame, level_dbfs};
use crate::speech::{Heard, SpeechError, Tongue, Word};
use crate::turn::TurnId;

/// Frames in one message.
const FRAMES_AT_ONCE: usize = 2;
/// From here on a pause is looked for, to change over in.
const SOFT_FRAMES: u64 = 240 * 50;
/// Here it is done in the middle of a word, if need be.
const HARD_FRAMES: u64 = 285 * 50;
/// Both streams hear so much around the change.
const OVERLAP: usize = 50;
/// A pause: so many frames below this level.
const PAUSE_FRAMES: usize = 10;
const PAUSE_DBFS: f32 = -45.0;

/// Whose messages a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Yandex SpeechKit v3.
    SpeechKit,
    /// T-Bank VoiceKit.
    VoiceKit,
}

/// What a message says of the sound since the stream's beginning or its last settled words.
#[derive(Debug, Clone, PartialEq)]
enum Told {
    Guess(Phrase),
    Settled(Phrase),
}

/// Words of one stream, timed from its beginning.
#[derive(Debug, Clone, PartialEq, Default)]
struct Phrase {
    words: Vec<Word>,
    /// Zero: the service does not say.
    confidence: f32,
}

/// One stream of one caller; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stream(pub u64);

#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Open it; what is sent next begins with its options.
    Open(Stream),
    Send(Stream, Vec<u8>),
    /// Nothing more is sent there; its last words follow, and its end.
    Finish(Stream),
    /// Nothing of it is wanted.
    Drop(Stream),
    Tell(TurnId, Heard),
}

#[derive(Debug)]
struct Turn {
    id: TurnId,
    parts: Vec<Part>,
    ended: bool,
    /// Frames so far.
    frames: u64,
    told: String,
}

/// One caller's talk.
#[derive(Debug)]
pub struct Streams {
    protocol: Protocol,
    model: String,
    tongue: Tongue,
    made: u64,
    turns: VecDeque<Turn>,
    /// The newest frames of the open turn.
    recent: VecDeque<Frame>,
    quiet: usize,
    waiting: Vec<u8>,
    waiting_frames: usize,
    acts: VecDeque<Act>,
}

impl Streams {
    pub fn new(protocol: Protocol, model: String, tongue: Tongue) -> Self {
        Streams {
            protocol,
            model,
            tongue,
            made: 0,
            turns: VecDeque::new(),
            recent: VecDeque::with_capacity(OVERLAP + 1),
            quiet: 0,
            waiting: Vec::new(),
            waiting_frames: 0,
            acts: VecDeque::new(),
        }
    }

    pub fn begin(&mut self, id: TurnId) {
        if let Some(open) = self.turns.back().filter(|turn| !turn.ended).map(|turn| turn.id) {
            self.end(open);
        }
        self.recent.clear();
        self.quiet = 0;
        let stream = self.open();
        let parts = vec![Part::first(stream)];
        self.turns.push_back(Turn { id, parts, ended: false, frames: 0, told: String::new() });
    }

    pub fn hear(&mut self, frame: &Frame) {
        let Some(turn) = self.turns.back_mut().filter(|turn| !turn.ended) else {
            return;
        };
        turn.frames += 1;
        self.quiet = if level_dbfs(frame) < PAUSE_DBFS { self.quiet + 1 } else { 0 };
        if self.recent.len() >= OVERLAP {
            self.recent.pop_front();
        }
        self.recent.push_back(*frame);
        self.waiting.extend(linear(frame));
        self.waiting_frames += 1;
        if self.waiting_frames >= FRAMES_AT_ONCE {
            self.send_waiting();
        }
        self.change_over();
    }

    pub fn end(&mut self, id: TurnId) {
        self.send_waiting();
        let Some(turn) = self.turns.iter_mut().find(|turn| turn.id == id && !turn.ended) else {
            return;
        };
        turn.ended = true;
        for part in turn.parts.iter_mut().filter(|part| !part.finished) {
            part.finished = true;
            self.acts.push_back(Act::Finish(part.stream));
        }
        self.settle();
    }

    pub fn forget(&mut self, id: TurnId) {
        self.waiting.clear();
        self.waiting_frames = 0;
        let Some(at) = self.turns.iter().position(|turn| turn.id == id) else {
            return;
        };
        let turn = self.turns.remove(at);
        for part in turn.into_iter().flat_map(|turn| turn.parts).filter(|part| !part.over) {
            self.acts.push_back(Act::Drop(part.stream));
        }
        self.settle();
    }

    /// A message of the service.
    pub fn take(&mut self, stream: Stream, message: &[u8]) {
        let told = match self.protocol.read(message) {
            Ok(told) => told,
            Err(error) => return self.fail(stream, broken(self.protocol.engine(), error)),
        };
        let Some(part) = self.part(stream) else {
            return;
        };
        for told in told {
            match told {
                Told::Guess(phrase) => part.guess(phrase),
                Told::Settled(phrase) => part.settle(phrase),
            }
        }
        self.tell_news(stream);
    }

    /// The service has closed the stream, by itself or because we had finished.
    pub fn over(&mut self, stream: Stream) {
        match self.part(stream) {
            Some(part) if part.finished => part.over = true,
            Some(_) => {
                let engine = self.protocol.engine();
                return self.fail(stream, broken(engine, "the stream was closed too early"));
            }
            None => return,
        }
        self.settle();
    }

    /// The stream broke, or was refused.
    pub fn fail(&mut self, stream: Stream, error: SpeechError) {
        let at = self.turns.iter().position(|turn| turn.holds(stream));
        let Some(turn) = at.and_then(|at| self.turns.remove(at)) else {
            return;
        };
        for part in turn.parts.iter().filter(|part| !part.over && part.stream != stream) {
            self.acts.push_back(Act::Drop(part.stream));
        }
        self.acts.push_back(Act::Tell(turn.id, Heard::Failed(error)));
        self.settle();
    }

    pub fn poll(&mut self) -> Option<Act> {
        self.acts.pop_front()
    }

    pub fn owed(&self) -> Vec<TurnId> {
        self.turns.iter().map(|turn| turn.id).collect()
    }

    fn open(&mut self) -> Stream {
        self.made += 1;
        let stream = Stream(self.made);
        self.acts.push_back(Act::Open(stream));
        let options = self.protocol.options(&self.model, self.tongue);
        self.acts.push_back(Act::Send(stream, options));
        stream
    }

    /// To every stream that still listens: two, while one takes over from the other.
    fn send_waiting(&mut self) {
        self.waiting_frames = 0;
        let sound = std::mem::take(&mut self.waiting);
        let Some(turn) = self.turns.back().filter(|turn| !turn.ended && !sound.is_empty()) else {
            return;
        };
        let chunk = self.protocol.chunk(sound);
        for part in turn.parts.iter().filter(|part| !part.finished) {
            self.acts.push_back(Act::Send(part.stream, chunk.clone()));
        }
    }

    fn change_over(&mut self) {
        let Some(turn) = self.turns.back_mut() else {
            return;
        };
        let (frames, count) = (turn.frames, turn.parts.len());
        if count > 1 {
            let before = &mut turn.parts[count - 2];
            if !before.finished && frames >= before.until_frame + OVERLAP as u64 {
                before.finished = true;
                self.acts.push_back(Act::Finish(before.stream));
            }
        }
        let Some(part) = turn.parts.last_mut() else {
            return;
        };
        let age = frames - part.first_frame;
        let pause = self.quiet >= PAUSE_FRAMES;
        if !(age >= HARD_FRAMES || (age >= SOFT_FRAMES && pause)) || self.waiting_frames != 0 {
            return;
        }
        // In the middle of the pause, or of what both will have heard.
        let seam = frames - (PAUSE_FRAMES / 2) as u64;
        part.until_frame = seam;
        let first_frame = frames - self.recent.len() as u64;
        let stream = self.open();
        let sound: Vec<u8> = self.recent.iter().flat_map(linear).collect();
        self.acts.push_back(Act::Send(stream, self.protocol.chunk(sound)));
        if let Some(turn) = self.turns.back_mut() {
            turn.parts.push(Part::after(stream, first_frame, seam));
        }
    }

    fn part(&mut self, stream: Stream) -> Option<&mut Part> {
        let parts = self.turns.iter_mut().flat_map(|turn| &mut turn.parts);
        parts.into_iter().find(|part| part.stream == stream)
    }

    fn tell_news(&mut self, stream: Stream) {
        let Some(turn) = self.turns.iter_mut().find(|turn| turn.holds(stream)) else {
            return;
        };
        let words = joined(&turn.parts);
        if words.text != turn.told {
            turn.told.clone_from(&words.text);
            self.acts.push_back(Act::Tell(turn.id, Heard::Partial(words)));
        }
    }

    /// Turns whose last words are there, in their order.
    fn settle(&mut self) {
        while let Some(turn) = self.turns.front() {
            if !turn.ended || !turn.parts.iter().all(|part| part.over) {
                return;
            }
            let words = joined(&turn.parts);
            self.acts.push_back(Act::Tell(turn.id, Heard::Final(words)));
            self.turns.pop_front();
        }
    }
}

impl Protocol {
    pub fn engine(self) -> &'static str {
        match self {
            Protocol::SpeechKit => "yandex",
            Protocol::VoiceKit => "voicekit",
        }
    }

    /// The gRPC method.
    pub fn method(self) -> &'static str {
        match self {
            Protocol::SpeechKit => speechkit::METHOD,
            Protocol::VoiceKit => voicekit::METHOD,
        }
    }

    /// The first message of a stream.
    fn options(self, model: &str, tongue: Tongue) -> Vec<u8> {
        match self {
            Protocol::SpeechKit => speechkit::Request::options(model, tongue).encode_to_vec(),
            Protocol::VoiceKit => voicekit::Request::options(model, tongue).encode_to_vec(),
        }
    }

    fn chunk(self, sound: Vec<u8>) -> Vec<u8> {
        match self {
            Protocol::SpeechKit => speechkit::Request::chunk(sound).encode_to_vec(),
            Protocol::VoiceKit => voicekit::Request::chunk(sound).encode_to_vec(),
        }
    }

    fn read(self, message: &[u8]) -> Result<Vec<Told>, prost::DecodeError> {
        match self {
            Protocol::SpeechKit => speechkit::read(message),
            Protocol::VoiceKit => voicekit::read(message),
        }
    }
}

impl Turn {
    fn holds(&self, stream: Stream) -> bool {
        self.parts.iter().any(|part| part.stream == stream)
    }
}

/// Seconds from the turn's beginning.
fn seconds(frames: u64) -> f64 {
    frames as f64 * FRAME_TIME.as_secs_f64()
}
