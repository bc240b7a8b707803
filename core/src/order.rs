//! An order as the conversation gathered it, and what became of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, HoldId, JobId};
use crate::price::{PriceFacts, Quote};
use crate::slot::{Offer, Wish};
use crate::trade::{Address, Channel, Complexity, Language, Urgency};

/// Everything needed to book, gathered by a conversation. The core prices it again by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    pub conversation: ConversationId,
    pub channel: Channel,
    pub language: Language,
    pub name: String,
    /// E.164.
    pub phone: String,
    pub address: Address,
    /// The caller's own words.
    pub problem: String,
    pub findings: Findings,
    pub wish: Wish,
    pub hold: HoldId,
    pub offer: Offer,
    pub price: PriceFacts,
}

/// A technical diagnosis with all a master needs to come prepared. From the pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The pack's name of the diagnosis.
    pub code: String,
    pub diagnosis: String,
    pub urgency: Urgency,
    pub complexity: Complexity,
    pub minutes: i64,
    pub tools: Vec<String>,
    pub consumables: Vec<String>,
    pub parts: Vec<Part>,
    pub steps: Vec<String>,
    pub safety: Vec<String>,
    /// How to test the result.
    pub test: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    /// Whole roubles.
    pub cost: i64,
}

/// A booking that stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booked {
    pub job: JobId,
    /// Short number a caller can say, e.g. "1042".
    pub number: String,
    pub offer: Offer,
    pub master_name: String,
    /// Four digits the master shows at the door.
    pub door_code: String,
    pub quote: Quote,
    /// Path of the client's tracking page, e.g. `/t/abc`.
    pub tracking: String,
}

/// Why a hold, booking, move or cancel did not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refused {
    #[error("the slot at {0} was taken a moment ago")]
    Taken(Timestamp),
    #[error("hold {0} has expired")]
    HoldExpired(HoldId),
    #[error("order {0} is {1}: it cannot be changed")]
    TooLate(JobId, String),
    #[error("there is no such order")]
    Unknown,
}

/// An earlier order of a known caller, as told on the phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderCard {
    pub job: JobId,
    pub number: String,
    pub diagnosis: String,
    /// Step of the job's life, e.g. `booked`, `on_the_way`.
    pub status: String,
    pub offer: Offer,
    pub master_name: String,
    /// Four digits the master shows at the door.
    #[serde(default)]
    pub door_code: String,
    pub findings: Findings,
    pub city: String,
    pub street: Option<String>,
}

/// A caller the organisation knows by phone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallerCard {
    pub name: String,
    pub address: Option<Address>,
    /// Open orders, newest first.
    pub orders: Vec<OrderCard>,
}
