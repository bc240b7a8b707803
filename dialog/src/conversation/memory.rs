//! What one conversation remembers between two turns; all of it can be written down.
//!
//! **Never here:** what to do next (course), how it is said (wording).

use jiff::civil::Date;
use jiff::tz::TimeZone;
use job_core::conversation::Kind;
use job_core::ids::{ConversationId, HoldId};
use job_core::order::{Booked, CallerCard};
use job_core::price::{PriceFacts, Quote};
use job_core::slot::{Offer, Wish};
use job_core::trade::{Address, Category, Channel, Language};
use serde::{Deserialize, Serialize};

use super::day::Day;
use super::joining::Joining;
use super::{Outcome, Reply, Request, RequestId};
use crate::pack::Spelling;
use crate::state::{Awaiting, Intent};

/// What is known before the first word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    pub id: ConversationId,
    pub kind: Kind,
    pub channel: Channel,
    pub language: Language,
    /// E.164, where the channel tells it.
    pub phone: Option<String>,
    /// The organisation's.
    #[serde(with = "jiff::fmt::serde::tz::required")]
    pub zone: TimeZone,
}

/// Opaque but for its setup and outcome; serialised it carries the whole conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub setup: Setup,
    /// Set once the conversation is over.
    pub outcome: Option<Outcome>,
    pub(super) language: Language,
    pub(super) opened: bool,
    pub(super) task: Task,
    pub(super) intent: Intent,
    /// Safety rules that fired, newest last; each is told once.
    pub(super) dangers: Vec<String>,
    pub(super) known: Known,
    /// What has been said back to the caller already.
    pub(super) acknowledged: Acknowledged,
    /// Digits of a phone number still being told.
    pub(super) phone_part: String,
    pub(super) deal: Deal,
    pub(super) earlier: Earlier,
    pub(super) joining: Joining,
    #[serde(default)]
    pub(super) day: Option<Day>,
    pub(super) asked: Option<Question>,
    /// "How much?" is still to be answered.
    pub(super) price_asked: bool,
    /// What work costs in general has been told.
    #[serde(default)]
    pub(super) price_range_told: bool,
    /// How often in a row it was asked.
    pub(super) asked_times: u8,
    /// How often in a row the answer to the question was not understood.
    pub(super) misses: u8,
    /// Words that were heard too poorly to be taken.
    #[serde(default)]
    pub(super) half_heard: Option<String>,
    pub(super) silences: u8,
    /// Turns in a row that brought nothing new.
    pub(super) idle: u8,
    pub(super) turns: u16,
    /// The recogniser is gone: keys only.
    pub(super) deaf: bool,
    /// The call cannot go on, for this reason: somebody phones back once nothing is under way.
    #[serde(default)]
    pub(super) broken_off: Option<String>,
    /// A person can be put through to at once; tried once.
    #[serde(default)]
    pub(super) person_near: bool,
    /// Models are at hand; how often one was asked, and what about.
    #[serde(default)]
    pub(super) models: bool,
    #[serde(default)]
    pub(super) thoughts: u8,
    #[serde(default)]
    pub(super) thought_of: Option<(String, f32)>,
    pub(super) pending: Option<Pending>,
    /// Said while the core was thinking.
    pub(super) later: Vec<(String, f32)>,
    pub(super) requests: u32,
    /// Picks the next wording of each line.
    pub(super) variant: u32,
    /// The last reply held a safety instruction.
    #[serde(default)]
    pub(super) warned: bool,
    /// Parts of the reply being composed.
    pub(super) draft: Vec<Part>,
    pub(super) last: Option<Told>,
}

/// What the caller wants done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Task {
    #[default]
    Order,
    Status,
    Cancel,
    Move,
    Complain,
    /// Somebody wants to work here.
    Apply,
    /// A person has to phone back; why, in one word.
    CallBack(String),
    Join,
    /// A master speaks of the day's work.
    Day,
}

/// What the caller has told.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Known {
    /// The problem in the caller's words.
    pub problem: String,
    /// Characters of those words without address, time, phone and name.
    pub problem_chars: usize,
    pub diagnosis: Option<String>,
    pub category: Option<Category>,
    /// How well the problem was recognised, 0..=1.
    pub symptom_score: f32,
    /// Clarifications answered or given up.
    pub clarified: Vec<String>,
    /// Only a trade was named, and what is wrong was asked.
    #[serde(default)]
    pub detail_asked: bool,
    pub several: bool,
    /// "срочно" said about the problem.
    pub urgent: bool,
    pub address: Address,
    /// Heard with doubt: read back before it is relied on.
    pub address_doubtful: bool,
    pub flat_asked: bool,
    pub time: Option<Time>,
    pub name: Option<String>,
    pub name_given_up: bool,
    pub phone: Option<String>,
    pub phone_doubtful: bool,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Acknowledged {
    pub diagnosis: Option<String>,
    pub address: Address,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Time {
    pub wish: Wish,
    pub urgent: bool,
    pub today: bool,
}

/// Where the bargain stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Deal {
    pub offer: Option<Offer>,
    /// How it stands to the wish: decides the wording.
    pub fit: Fit,
    pub others: Vec<Offer>,
    pub others_shown: bool,
    /// The wish brought nothing the caller would take: ask for another.
    pub wish_refused: bool,
    /// The last slot was taken by somebody else.
    pub lost: bool,
    pub refusals: u8,
    pub accepted: bool,
    /// Accepted in a doubtful voice, asked once more.
    pub accept_doubtful: bool,
    pub hold: Option<HoldId>,
    /// An expired hold was renewed once already.
    pub held_again: bool,
    pub price: Option<PriceFacts>,
    pub quote: Option<Quote>,
    /// The caller has heard the price, and the read-back, to the end.
    pub price_told: bool,
    pub read_back_told: bool,
    pub confirmed: bool,
    pub booked: Option<Booked>,
    /// City the core was asked about before an address was taken there.
    pub city_checked: Option<String>,
    pub nobody: Option<Nobody>,
    /// The day of the slot offered last.
    #[serde(default)]
    pub day: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) enum Fit {
    #[default]
    Can,
    Partly,
    Cannot,
    /// The one accepted was taken by somebody else.
    Taken,
}

/// Why there is nothing to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Nobody {
    Full,
    NoMasters,
}

/// What the organisation knows of this number.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Earlier {
    pub looked_up: bool,
    pub card: Option<CallerCard>,
    /// The order talked about.
    pub order: usize,
    pub sure: bool,
    /// It cannot be changed any more.
    pub too_late: bool,
    pub complaint: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Question {
    Problem,
    Clarification(String),
    Address,
    City,
    Street,
    House,
    Flat,
    AddressCheck,
    Time,
    Slot,
    OtherSlots,
    SlotCheck,
    Name,
    Phone,
    PhoneCheck,
    ReadBack,
    Correction,
    /// "Nobody works there; shall we phone back?"
    CallBackWanted,
    CancelSure,
    Complaint,
    Joining(Awaiting),
    /// What a master wants done.
    Day,
    /// What the job came to.
    DayPrice,
    /// More than the client was told: did the client agree?
    DayPriceSure,
    DayHours,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub id: RequestId,
    pub request: Request,
    /// Silences while waiting.
    pub silences: u8,
}

/// A stretch of a reply, and whether the caller must have heard it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub spelling: Spelling,
    pub weight: Weight,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Weight {
    Light,
    Price,
    ReadBack,
}

/// The last reply, cut to what was heard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    pub reply: Reply,
    /// Characters of its speech up to the end of the price and of the read-back.
    pub price_until: Option<usize>,
    pub read_back_until: Option<usize>,
}

impl Memory {
    pub(super) fn new(setup: Setup) -> Self {
        let task = match setup.kind {
            Kind::ClientRequest => Task::Order,
            Kind::MasterOnboarding => Task::Join,
        };
        let known = Known { phone: setup.phone.clone(), ..Known::default() };
        Self {
            language: setup.language,
            task,
            known,
            acknowledged: Acknowledged::default(),
            setup,
            outcome: None,
            opened: false,
            intent: Intent::Unknown,
            dangers: Vec::new(),
            phone_part: String::new(),
            deal: Deal::default(),
            earlier: Earlier::default(),
            joining: Joining::default(),
            day: None,
            asked: None,
            price_asked: false,
            price_range_told: false,
            asked_times: 0,
            misses: 0,
            half_heard: None,
            silences: 0,
            idle: 0,
            turns: 0,
            deaf: false,
            broken_off: None,
            person_near: false,
            models: false,
            thoughts: 0,
            thought_of: None,
            pending: None,
            later: Vec::new(),
            requests: 0,
            variant: 0,
            warned: false,
            draft: Vec::new(),
            last: None,
        }
    }

    pub(super) fn awaiting(&self) -> Awaiting {
        if self.outcome.is_some() {
            return Awaiting::None;
        }
        self.asked.as_ref().map_or(Awaiting::Problem, Question::awaiting)
    }

    pub(super) fn by_voice(&self) -> bool {
        self.setup.channel == Channel::Phone
    }
}

impl Question {
    pub(super) fn awaiting(&self) -> Awaiting {
        match self {
            Self::Problem => Awaiting::Problem,
            Self::Clarification(_) | Self::CallBackWanted => Awaiting::Clarification,
            Self::CancelSure | Self::Complaint => Awaiting::Clarification,
            Self::Address | Self::City | Self::Street | Self::House => Awaiting::Address,
            Self::Flat | Self::AddressCheck => Awaiting::Address,
            Self::Time => Awaiting::Time,
            Self::Slot | Self::OtherSlots | Self::SlotCheck => Awaiting::SlotChoice,
            Self::Name => Awaiting::Name,
            Self::Phone | Self::PhoneCheck => Awaiting::Phone,
            Self::ReadBack | Self::Correction => Awaiting::Confirmation,
            Self::Joining(awaiting) => *awaiting,
            Self::Day | Self::DayPrice | Self::DayPriceSure => Awaiting::Clarification,
            Self::DayHours => Awaiting::Schedule,
        }
    }

    /// Says what it costs anyway.
    pub(super) fn tells_price(&self) -> bool {
        matches!(self, Self::Slot | Self::OtherSlots | Self::SlotCheck | Self::ReadBack)
    }

    /// Can be answered with key 1 or 2.
    pub(super) fn yes_or_no(&self) -> bool {
        match self {
            Self::AddressCheck | Self::Slot | Self::SlotCheck | Self::PhoneCheck => true,
            Self::ReadBack | Self::CallBackWanted | Self::CancelSure => true,
            Self::Problem | Self::Clarification(_) | Self::Address | Self::City => false,
            Self::Street | Self::House | Self::Flat | Self::Time | Self::OtherSlots => false,
            Self::Name | Self::Phone | Self::Correction | Self::Complaint => false,
            Self::DayPriceSure => true,
            Self::Joining(_) | Self::Day | Self::DayPrice | Self::DayHours => false,
        }
    }
}
