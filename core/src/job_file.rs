//! The job file: everything a master needs, with no research of their own (SPEC section 5).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::assign::Assignment;
use crate::conversation::{Millis, Utterance};
use crate::ids::{ConversationId, JobId};
use crate::job::JobStatus;
use crate::media::Attachment;
use crate::money::{Kopecks, Rates, Split, split};
use crate::order::{Order, Part};
use crate::price::{Modifier, PriceFacts, PriceList, Quote};
use crate::slot::{Offer, Wish};
use crate::trade::{Address, Category, Channel, Complexity, Language, Urgency};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobFile {
    pub job: JobId,
    pub number: String,
    pub status: JobStatus,
    pub conversation: ConversationId,
    pub channel: Channel,
    pub language: Language,
    pub client: Client,
    pub address: Address,
    pub map_link: String,
    pub preferred_time: Wish,
    pub visit: Offer,
    pub master: AssignedMaster,
    /// The client's own words.
    pub problem: String,
    pub diagnosis_code: String,
    pub diagnosis: String,
    pub category: Category,
    pub urgency: Urgency,
    pub complexity: Complexity,
    pub difficulty: Complexity,
    pub quote: Quote,
    pub breakdown: Breakdown,
    /// How the quoted total would be shared.
    pub split: Split,
    pub payment_preference: PaymentPreference,
    pub tools: Vec<String>,
    pub consumables: Vec<String>,
    pub parts: Vec<Part>,
    pub steps: Vec<String>,
    pub safety: Vec<String>,
    pub test: Vec<String>,
    pub expected_minutes: i64,
    /// Told to the client; the master shows it at the door.
    pub door_code: String,
    /// Path of the client's tracking page.
    pub tracking: String,
    pub price_receipt: PriceReceipt,
    pub assignment: Assignment,
    pub transcript: Vec<Utterance>,
    /// Photos, videos and papers the client has sent.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    pub recording: Option<String>,
    pub booked: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub name: String,
    /// E.164.
    pub phone: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignedMaster {
    pub name: String,
    /// E.164.
    pub phone: String,
}

/// How the total came about, whole roubles: `base` × modifiers + `parts`, rounded to 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breakdown {
    pub base: i64,
    pub modifiers: Vec<Modifier>,
    pub parts: i64,
    pub total: i64,
    pub facts: PriceFacts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentPreference {
    #[default]
    Unknown,
    Cash,
    Card,
    Sbp,
}

/// Proof of what was agreed: the range, and where in the recording it was said and accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PriceReceipt {
    /// Whole roubles.
    pub min: i64,
    pub max: i64,
    pub told: Option<Millis>,
    pub accepted: Option<Millis>,
}

/// What the core itself decided about an order.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub(crate) job: JobId,
    pub(crate) number: String,
    pub(crate) visit: Offer,
    pub(crate) master: AssignedMaster,
    pub(crate) facts: PriceFacts,
    pub(crate) quote: Quote,
    pub(crate) door_code: String,
    pub(crate) tracking: String,
    pub(crate) assignment: Assignment,
    pub(crate) booked: Timestamp,
}

impl JobFile {
    pub(crate) fn new(order: &Order, decided: Decided, list: &PriceList, rates: Rates) -> Self {
        let findings = order.findings.clone();
        let quote = decided.quote;
        let breakdown = Breakdown {
            base: list.base_of(decided.facts.category),
            modifiers: quote.modifiers.clone(),
            parts: quote.parts,
            total: quote.total,
            facts: decided.facts,
        };

        Self {
            job: decided.job,
            number: decided.number,
            status: JobStatus::Booked,
            conversation: order.conversation.clone(),
            channel: order.channel,
            language: order.language,
            client: Client { name: order.name.clone(), phone: order.phone.clone() },
            map_link: map_link(&order.address),
            address: order.address.clone(),
            preferred_time: order.wish,
            visit: decided.visit,
            master: decided.master,
            problem: order.problem.clone(),
            diagnosis_code: findings.code,
            diagnosis: findings.diagnosis,
            category: breakdown.facts.category,
            urgency: findings.urgency,
            complexity: findings.complexity,
            difficulty: findings.complexity,
            split: split(Kopecks::roubles(quote.total), rates),
            price_receipt: PriceReceipt {
                min: quote.min,
                max: quote.max,
                told: None,
                accepted: None,
            },
            quote,
            breakdown,
            payment_preference: PaymentPreference::default(),
            tools: findings.tools,
            consumables: findings.consumables,
            parts: findings.parts,
            steps: findings.steps,
            safety: findings.safety,
            test: findings.test,
            expected_minutes: findings.minutes,
            door_code: decided.door_code,
            tracking: decided.tracking,
            assignment: decided.assignment,
            transcript: Vec::new(),
            attachments: Vec::new(),
            recording: None,
            booked: decided.booked,
        }
    }
}

/// A search on OpenStreetMap for the house; flat and entrance are left out, maps do not know them.
pub fn map_link(address: &Address) -> String {
    let parts = [&address.city, &address.street, &address.house];
    let query = parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");

    format!("https://www.openstreetmap.org/search?query={}", percent_encoded(&query))
}

/// RFC 3986 section 2.1: everything but unreserved characters.
fn percent_encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };

    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_link_searches_for_the_house() {
        let address = Address {
            city: Some("Kaliningrad".into()),
            street: Some("Мира".into()),
            house: Some("21/3".into()),
            flat: Some("14".into()),
            ..Address::default()
        };

        assert_eq!(
            map_link(&address),
            "https://www.openstreetmap.org/search?query=Kaliningrad%2C%20%D0%9C%D0%B8%D1%80%D0%B0%2C%2021%2F3"
        );
    }
}
