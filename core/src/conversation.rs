//! What is kept of a conversation: who, when, what was said, what happened, how it ended.
//!
//! **Never here:** what to say next (dialog).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, JobId};
use crate::trade::{Channel, Language};

/// Milliseconds: since the conversation began, or of waiting.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Millis(pub i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    ClientRequest,
    MasterOnboarding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationStatus {
    #[default]
    Active,
    Completed,
    Abandoned,
    Escalated,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: Kind,
    pub channel: Channel,
    pub language: Language,
    /// E.164 where it is a phone, else as the channel names the participant; `None`: withheld.
    pub participant: Option<String>,
    /// The number or bot that was called.
    pub dialled: Option<String>,
    pub started: Timestamp,
    pub ended: Option<Timestamp>,
    pub status: ConversationStatus,
    /// Typed end as text: `booked`, `hung_up`, `silent`, `busy`, …
    pub end_reason: Option<String>,
    /// Path of the recording under the data directory.
    pub recording: Option<String>,
    /// The dialogue's memory, opaque here.
    pub memory: Option<String>,
    /// `state` of the API, JSON text.
    pub state: Option<String>,
    pub job: Option<JobId>,
    /// Made by a test or a simulated caller.
    pub test: bool,
    /// Since when a person is wanted, until one has come.
    pub wanted: Option<Timestamp>,
    /// `operator`: they ask for one; `angry`.
    pub wanted_why: Option<String>,
    /// The login of whoever has taken it over.
    pub operator: Option<String>,
}

impl Conversation {
    /// One that begins now, with nothing said yet.
    pub fn beginning(
        id: ConversationId,
        channel: Channel,
        language: Language,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            kind: Kind::ClientRequest,
            channel,
            language,
            participant: None,
            dialled: None,
            started: now,
            ended: None,
            status: ConversationStatus::Active,
            end_reason: None,
            recording: None,
            memory: None,
            state: None,
            job: None,
            test: false,
            wanted: None,
            wanted_why: None,
            operator: None,
        }
    }
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    pub status: ConversationStatus,
    pub reason: String,
    pub recording: Option<String>,
    pub job: Option<JobId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    Client,
    Agent,
    Operator,
    System,
}

/// One stretch of speech or one message. `seq` counts from 0; the same `seq` again replaces it, as
/// when an interruption shortens what was heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    pub seq: i64,
    /// Since the start of the conversation.
    pub at: Millis,
    pub speaker: Speaker,
    /// For the agent: what was really heard.
    pub text: String,
    /// Hundredths, 0..=100; `None` where it was typed.
    pub confidence: Option<i64>,
    /// For the agent: from the end of the caller's speech to the first sound of the answer.
    pub latency: Option<Millis>,
    /// The agent was cut short here.
    pub interrupted: bool,
}

/// Something that happened during a call, for its page: `answered`, `price_told`, `barge_in`, …
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEvent {
    pub at: Millis,
    pub kind: String,
    pub detail: String,
}

impl CallEvent {
    /// The agent says the price.
    pub const PRICE_TOLD: &str = "price_told";
    /// The caller agrees to the read-back.
    pub const PRICE_ACCEPTED: &str = "price_accepted";
}

/// Which conversations a list shows; `None` shows all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    pub status: Option<ConversationStatus>,
    pub channel: Option<Channel>,
    /// E.164.
    pub participant: Option<String>,
    /// Only those in which a person is wanted or has taken over.
    pub with_person: bool,
}

/// A page of a list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub limit: u16,
    pub offset: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: 50, offset: 0 }
    }
}
