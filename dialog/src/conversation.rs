//! One conversation with one person, whatever the channel: told what was said and what the job core
//! answered, it says what to reply, what to ask of the core, and when it is over.
//!
//! **Never here:** sound, sockets, SQL, the clock.

use job_core::ids::{ConversationId, HoldId, JobId};
use job_core::order::{Booked, CallerCard, Order, Refused};
use job_core::slot::{Feasibility, Offer, Wish, Work};
use serde::{Deserialize, Serialize};

use crate::state::{Awaiting, Status};

#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The channel is open: greet.
    Opened,
    /// The participant said or wrote this; `confidence` 0..=1 (text channels: 1).
    Said { text: String, confidence: f32 },
    /// Keys pressed, e.g. "79110000000" or "1".
    Digits(String),
    /// The participant was silent for the floor's patience.
    Silent,
    /// The recogniser is gone: carry on by keypad or promise a call-back.
    Deaf,
    /// The core's answer to the request of that number.
    Answered(RequestId, Answer),
    /// The participant is gone.
    Closed,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    Say(Reply),
    Ask(RequestId, Request),
    /// The conversation is over once what was said has been heard.
    End(Outcome),
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

#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Who is this? Asked at the start when the number is known.
    Caller { phone: String },
    Feasible { work: Work, wish: Wish },
    Hold { work: Work, offer: Offer },
    Release { hold: HoldId },
    Book(Box<Order>),
    Cancel { job: JobId },
    Move { job: JobId, offer: Offer },
    Complain { job: Option<JobId>, phone: Option<String>, words: String },
    /// A person must phone back or take over.
    CallBack { phone: Option<String>, reason: String },
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
