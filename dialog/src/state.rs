//! What a conversation has understood so far, in the shape the API shows (SPEC section 8).

use job_core::ids::{JobId, MasterId};
use job_core::price::Quote;
use job_core::trade::{Address, Category, Complexity, Language, Urgency};
use serde::{Deserialize, Serialize};

/// The one thing asked for last. `None` only when the conversation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaiting {
    #[default]
    Problem,
    Clarification,
    Address,
    Time,
    SlotChoice,
    Name,
    Phone,
    Confirmation,
    FullName,
    City,
    Specializations,
    Experience,
    Certificates,
    Schedule,
    Email,
    Terminal,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    #[default]
    Active,
    Completed,
    Abandoned,
    Escalated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    Book,
    Price,
    Status,
    Reschedule,
    Cancel,
    Complaint,
    Operator,
    WorkApplication,
    WrongNumber,
    #[default]
    Unknown,
}

/// `state` of the API. Times are RFC 3339 with the organisation's offset.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct State {
    pub phase: String,
    pub awaiting: Awaiting,
    pub slots: Slots,
    pub quote: Option<Quote>,
    pub offer: Option<OfferView>,
    pub job_id: Option<JobId>,
    pub status: Status,
    pub intent: Intent,
    /// Name of the safety rule that fired, if any.
    pub safety: Option<String>,
    pub language: Language,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Slots {
    pub category: Option<Category>,
    pub diagnosis: Option<String>,
    pub urgency: Option<Urgency>,
    pub complexity: Option<Complexity>,
    pub address: Address,
    pub requested_time: Option<RequestedTime>,
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Only of a master's onboarding.
    #[serde(flatten)]
    pub joined: Option<Joined>,
}

/// What a master who joins has told; a refused e-mail is null, no experience is 0 years.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Joined {
    /// Family, given, patronymic as far as known.
    pub full_name: Option<String>,
    pub email: Option<String>,
    pub city: Option<String>,
    pub specializations: Vec<Category>,
    /// Whole years.
    pub experience: Option<u32>,
    pub certificates: Option<String>,
    pub schedule: Vec<Shift>,
    pub terminal: Option<Terminal>,
}

/// Weekly `days` ("mon" …) or one `date`, with hours as "09:00".
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Shift {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terminal {
    Smartphone,
    Physical,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestedTime {
    pub from: Option<String>,
    pub to: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferView {
    pub start: String,
    pub end: String,
    pub master_id: MasterId,
}
