//! One conversation with one person, whatever the channel: told what was said and what the job core
//! answered, it says what to reply, what to ask of the core, and when it is over.
//!
//! One change by `handle`, then drain `poll` until `None`. Between two changes everything it knows is
//! in its [`Memory`], so that another process may carry on.
//!
//! **Never here:** sound, sockets, SQL, the clock, a price or slot the core did not give.

mod answers;
mod brief;
mod choices;
mod course;
mod day;
mod ends;
mod facts;
mod forms;
mod hearing;
mod joining;
mod keys;
mod memory;
mod orders;
mod progress;
mod replies;
mod thinking;
mod view;
mod wording;

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;
use job_core::conversation::CallEvent;
use job_core::day::{DayAct, DayTold};
use job_core::ids::{ConversationId, HoldId, JobId};
use job_core::master::Applicant;
use job_core::order::{Booked, CallerCard, Order, Refused};
use job_core::slot::{Feasibility, Offer, Wish, Work};
use job_core::trade::Language;
use serde::{Deserialize, Serialize};

pub use self::memory::{Memory, Setup};
pub use self::progress::Progress;
use crate::llm::{Proposal, Thought};
use crate::pack::Pack;
use crate::state::{Awaiting, State, Status};
pub use job_core::conversation::Kind;

#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The channel is open: greet, or take up a broken conversation again.
    Opened,
    /// The participant said or wrote this; `confidence` 0..=1 (text channels: 1).
    Said { text: String, confidence: f32 },
    /// Keys pressed, e.g. "79110000000" or "1".
    Digits(String),
    /// The participant was silent for the floor's patience.
    Silent,
    /// The last reply was cut off; `heard` is the part of its speech that was played.
    Cut { heard: String },
    /// The recogniser is gone: carry on by keypad or promise a call-back.
    Deaf,
    /// No voice is left: what was said was not heard, and nothing more can be.
    Mute,
    /// The line is cut in a moment: the longest a call may last is over.
    TimeUp,
    /// The core's answer to the request of that number.
    Answered(RequestId, Answer),
    /// The participant is gone.
    Closed,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    Say(Reply),
    Ask(RequestId, Request),
    /// The next reply tells, or the last words settled, what the call's page has to prove.
    Mark(Mark),
    /// The conversation is over once what was said has been heard.
    End(Outcome),
}

/// A moment of the bargain worth a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The reply that follows tells the price.
    PriceTold,
    /// The participant agreed to the read-back, price included.
    PriceAccepted,
    /// A model has said what the last words mean.
    Thought,
    /// It would have said what is not its to say.
    ThoughtUnspoken,
    /// It was asked and was of no use.
    ThoughtInVain,
}

impl Mark {
    /// The kind of [`CallEvent`] it is written down as.
    pub fn name(self) -> &'static str {
        match self {
            Self::PriceTold => CallEvent::PRICE_TOLD,
            Self::PriceAccepted => CallEvent::PRICE_ACCEPTED,
            Self::Thought => "thought",
            Self::ThoughtUnspoken => "thought_unspoken",
            Self::ThoughtInVain => "thought_in_vain",
        }
    }
}

/// Numbers the questions to the core; an answer to an older question is dropped where it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestId(pub u32);

/// A reply in two spellings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// For the eye: "завтра в 14:00, 2800–3200 ₽".
    pub text: String,
    /// For the ear, numbers in words; sentences end with punctuation.
    pub speech: String,
    /// What the reply asks for: decides patience, grammar and keypad meaning.
    pub awaiting: Awaiting,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Who is this? Asked at the start when the number is known; the greeting waits for the answer.
    Caller {
        phone: String,
    },
    Feasible {
        work: Work,
        wish: Wish,
    },
    Hold {
        work: Work,
        offer: Offer,
    },
    Release {
        hold: HoldId,
    },
    Book(Box<Order>),
    Cancel {
        job: JobId,
    },
    Move {
        job: JobId,
        offer: Offer,
    },
    Complain {
        job: Option<JobId>,
        phone: Option<String>,
        words: String,
    },
    /// A master's own day: something done, and how it stands.
    Day {
        phone: String,
        act: DayAct,
    },
    /// A person must phone back or take over.
    CallBack {
        phone: Option<String>,
        reason: String,
    },
    /// The caller is to be put through to a person, once what was said has been heard.
    PutThrough,
    /// Somebody who wants to work here has told everything.
    Enrol(Box<Applicant>),
    /// What words may mean that the rules do not understand.
    Think(Box<Thought>),
}

impl Request {
    /// Asking changes nothing: it may be asked on a guess.
    pub fn only_asks(&self) -> bool {
        match self {
            Self::Caller { .. } | Self::Feasible { .. } => true,
            Self::Hold { .. } | Self::Release { .. } | Self::Book(_) | Self::Cancel { .. } => false,
            Self::Move { .. } | Self::Complain { .. } => false,
            Self::Day { .. } | Self::CallBack { .. } | Self::PutThrough | Self::Enrol(_) => false,
            // It would be paid for, and thrown away.
            Self::Think(_) => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Caller(Option<CallerCard>),
    Feasible(Feasibility),
    Held(Result<HoldId, Refused>),
    Released,
    Booked(Result<Booked, Refused>),
    Cancelled(Result<(), Refused>),
    Moved(Result<Offer, Refused>),
    Complained,
    CallBackNoted,
    /// They work here now.
    Enrolled,
    /// Whether a person has taken the caller over.
    PutThrough(bool),
    /// A person will answer where this is written; until then it goes on.
    PersonCalled,
    /// What a model proposes; nothing where it was late, odd or away.
    Thought(Option<Proposal>),
    /// The caller is a master.
    Day(Box<DayTold>),
    /// The core could not answer (database away, time-out): say so and promise a call-back.
    Failed(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub status: Status,
    /// One word for the call's page: `booked`, `told_price`, `cancelled`, `call_back`, `silent`, …
    pub reason: String,
    pub job: Option<JobId>,
    pub conversation: ConversationId,
}

/// One pack in every language it has; the first is the one taken when a language is missing.
#[derive(Debug, Clone)]
pub struct Packs(Vec<Arc<Pack>>);

impl Packs {
    pub fn new(first: Arc<Pack>, others: impl IntoIterator<Item = Arc<Pack>>) -> Self {
        Self(std::iter::once(first).chain(others).collect())
    }

    pub fn get(&self, language: Language) -> Option<&Arc<Pack>> {
        self.0.iter().find(|pack| pack.language == language)
    }

    /// The pack in that language, else the organisation's first.
    pub(crate) fn get_or_first(&self, language: Language) -> Arc<Pack> {
        Arc::clone(self.get(language).unwrap_or(&self.0[0]))
    }
}

impl From<Arc<Pack>> for Packs {
    fn from(pack: Arc<Pack>) -> Self {
        Self(vec![pack])
    }
}

/// A clone can be told what may be said next, to see what the answer would be.
#[derive(Debug, Clone)]
pub struct Conversation {
    packs: Packs,
    /// The pack in the language spoken now.
    pack: Arc<Pack>,
    memory: Memory,
    now: Timestamp,
    outputs: VecDeque<Output>,
}

impl Conversation {
    pub fn new(packs: impl Into<Packs>, setup: Setup) -> Self {
        Self::resume(packs, Memory::new(setup))
    }

    /// Carries on where the memory broke off; [`Input::Opened`] then takes up the open question.
    pub fn resume(packs: impl Into<Packs>, memory: Memory) -> Self {
        let packs = packs.into();
        let pack = packs.get_or_first(memory.language);
        Self { packs, pack, memory, now: Timestamp::UNIX_EPOCH, outputs: VecDeque::new() }
    }

    /// Whoever asks for a person can be put through to one, on this line.
    #[must_use]
    pub fn with_person_near(mut self, near: bool) -> Self {
        self.memory.person_near = near;
        self
    }

    /// Everything known, to be kept after each turn.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The pack in the language spoken now.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    pub fn handle(&mut self, now: Timestamp, input: Input) {
        self.now = now;
        match input {
            Input::Opened => self.opened(),
            Input::Said { text, confidence } => self.said(text, confidence),
            Input::Digits(digits) => self.digits(&digits),
            Input::Silent => self.silent(),
            Input::Cut { heard } => self.cut(&heard),
            Input::Deaf => self.deaf(),
            Input::Mute => self.break_off("mute"),
            Input::TimeUp => self.break_off("too_long"),
            Input::Answered(id, answer) => self.answered(id, answer),
            Input::Closed => self.closed(),
        }
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What the API shows.
    pub fn state(&self) -> State {
        view::state(&self.memory, &self.pack)
    }

    /// A word to bridge a slow answer of the core; says nothing new and asks nothing.
    pub fn filler(&mut self) -> Reply {
        let spelling = self.line("filler");
        let awaiting = self.memory.awaiting();
        Reply { text: spelling.text, speech: spelling.speech, awaiting }
    }
}
