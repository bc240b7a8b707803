//! Words: what the caller's sound says, and the sound of what the agent says.
//!
//! Two traits and the engines behind them. An engine may be a thread of this process, a program
//! beside it or a service across the sea: nothing here waits for an answer, every answer comes
//! through a sink, carries the turn it belongs to, and may come late.
//!
//! **Never here:** who has the floor, what words mean, the clock.

pub mod cache;
pub mod confidence;
pub mod doctor;
pub mod espeak;
pub mod flite;
pub mod language_model;
pub mod level;
pub mod lexicon;
mod listener;
pub mod measure;
pub mod models;
pub mod phrases;
pub mod pocketsphinx;
mod pocketsphinx_ffi;
mod program;
pub mod service;
mod store;
mod wideband;
mod workshop;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::audio::Frame;
use crate::turn::TurnId;

/// The language that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tongue {
    Ru,
    En,
}

/// What was asked, so that the recogniser weighs its words. Everything else stays possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    Anything,
    YesNo,
    /// A telephone number, a code.
    Digits,
    Time,
    Address,
    Name,
    /// Said over the agent's voice: a hum, a "wait", a question.
    Aside,
}

/// Turns the sound of many callers into words.
pub trait Recogniser: Send + Sync {
    /// A place for one caller, held until the [`Ear`] is dropped. Answers at once; what is heard
    /// comes through `events`. `SpeechError::Busy` when every place is taken.
    fn open(&self, events: Events) -> Result<Box<dyn Ear>, SpeechError>;

    /// … and is told which service is used, and how much of it.
    fn open_metered(&self, events: Events, meter: Meter) -> Result<Box<dyn Ear>, SpeechError> {
        let _ = meter;
        self.open(events)
    }

    fn capacity(&self) -> Capacity;

    /// How long after [`Ear::end`] the final words usually come.
    fn lateness(&self) -> Duration {
        Duration::from_millis(260)
    }
}

/// One caller's sound on its way to words. No call here waits: the work is done elsewhere, behind
/// a bounded queue. Turns are strictly one after another.
pub trait Ear: Send {
    /// A turn begins. A turn still open is ended first, as if by [`Ear::end`].
    fn begin(&mut self, turn: TurnId, expect: Expect) -> Result<(), SpeechError>;

    /// 20 ms of the open turn. `Full`: the frame is lost, the turn goes on. `Gone`: this ear is
    /// deaf for good; open another.
    fn hear(&mut self, frame: &Frame) -> Result<(), SpeechError>;

    /// The caller has finished: exactly one `Final` or `Failed` of this turn follows, soon.
    fn end(&mut self, turn: TurnId) -> Result<(), SpeechError>;

    /// Nobody wants to know any more: nothing further comes of this turn, but for what is already
    /// on its way.
    fn drop_turn(&mut self, turn: TurnId);

    /// Frames handed over and not yet listened to, where the engine knows.
    fn backlog(&self) -> usize {
        0
    }
}

/// Where an ear's findings go: cheap, callable from any thread, must not wait.
pub type Events = Arc<dyn Fn(TurnId, Heard) + Send + Sync>;

#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// The turn so far; replaces the partial before it. Only comes when it has changed.
    Partial(Words),
    /// All of the turn; nothing follows. Empty text: sound, but no words.
    Final(Words),
    /// Nothing more comes of this turn.
    Failed(SpeechError),
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Words {
    /// Lower case, numbers in words, single spaces, no punctuation.
    pub text: String,
    pub words: Vec<Word>,
    /// 0..=1, over all words, and lower for sound that no word explains.
    pub confidence: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    pub text: String,
    /// Since the turn's first frame.
    pub from: Duration,
    pub to: Duration,
    /// 0..=1.
    pub confidence: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Capacity {
    pub free: usize,
    pub total: usize,
}

/// Turns text into sound.
pub trait Synthesiser: Send + Sync {
    /// Starts, and returns before the first sound. `sink` gets the line's sound in order, then one
    /// `Done` or `Failed`, from some other thread or, where the answer is at hand, from this one.
    fn speak(&self, line: Line, sink: Sink);

    /// … and is told which service is used, and how much of it.
    fn speak_metered(&self, line: Line, sink: Sink, meter: Meter) {
        let _ = meter;
        self.speak(line, sink);
    }

    /// Engine, its version and everything else that changes how the same line sounds: "espeak-ng
    /// 1.51". Part of a cached prompt's key.
    fn version(&self) -> String;
}

/// Where a line's sound goes: cheap, must not wait.
pub type Sink = Box<dyn FnMut(Spoken) -> Go + Send>;

/// Whether the listener still wants the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    On,
    /// Nothing more is sent, not even `Done`; the engine stops working on the line.
    Stop,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// 8 kHz, any length.
    Samples(Arc<[i16]>),
    Done,
    Failed(SpeechError),
}

/// Told how much of which service was used; what is inside the program costs nothing and is not told.
pub type Meter = Arc<dyn Fn(&str, Share) + Send + Sync>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// Sound that was listened to.
    Heard(Duration),
    /// Characters that were spoken.
    Spoken(usize),
}

/// Something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub turn: TurnId,
    /// As it is spoken: numbers in words, sentences closed by punctuation.
    pub text: String,
    pub voice: Voice,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Voice {
    pub tongue: Tongue,
    /// As the engine calls it: "ru", "ru+f5" (espeak-ng), "rms", "slt" (flite).
    pub name: String,
    /// 0..=100, the engine's own without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pitch: Option<u8>,
    /// In percent of the engine's usual speed, 50..=200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<u16>,
}

impl Voice {
    /// That voice as the engine means it.
    pub fn plain(tongue: Tongue, name: &str) -> Voice {
        Voice { tongue, name: name.into(), pitch: None, speed: None }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpeechError {
    #[error("all {total} places are taken")]
    Busy { total: usize },
    #[error("{frames} frames are waiting already")]
    Full { frames: usize },
    #[error("the engine is gone")]
    Gone,
    #[error("{what} is missing; {mend}")]
    Missing { what: String, mend: String },
    #[error("{path}: {fact}")]
    File { path: String, fact: String },
    #[error("{engine}: {fact}")]
    Engine { engine: &'static str, fact: String },
    #[error("{engine} gave no sound for {} ms", after.as_millis())]
    Silent { engine: &'static str, after: Duration },
}

impl SpeechError {
    fn file(path: &std::path::Path, fact: impl fmt::Display) -> SpeechError {
        SpeechError::File { path: path.display().to_string(), fact: fact.to_string() }
    }

    fn package(what: &str, package: &str) -> SpeechError {
        SpeechError::Missing { what: what.into(), mend: format!("apt-get install {package}") }
    }
}

impl Tongue {
    pub const ALL: [Tongue; 2] = [Tongue::Ru, Tongue::En];

    pub const fn code(self) -> &'static str {
        match self {
            Tongue::Ru => "ru",
            Tongue::En => "en",
        }
    }
}

impl Expect {
    pub const ALL: [Expect; 7] = [
        Expect::Anything,
        Expect::YesNo,
        Expect::Digits,
        Expect::Time,
        Expect::Address,
        Expect::Name,
        Expect::Aside,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Expect::Anything => "anything",
            Expect::YesNo => "yes_no",
            Expect::Digits => "digits",
            Expect::Time => "time",
            Expect::Address => "address",
            Expect::Name => "name",
            Expect::Aside => "aside",
        }
    }
}

impl fmt::Display for Tongue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
