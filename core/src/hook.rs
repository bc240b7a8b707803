//! Where an integrator is told what happens, and of what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything that is told.
pub const EVENTS: [&str; 16] = [
    "conversation.ended",
    "conversation.person_wanted",
    "job.booked",
    "job.offered",
    "job.accepted",
    "job.on_the_way",
    "job.started",
    "job.done",
    "job.paid",
    "job.cancelled",
    "job.queued",
    "job.moved",
    "master.joined",
    "payment.confirmed",
    "review.given",
    "complaint.made",
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    pub id: String,
    pub url: String,
    /// Names of events; none: all.
    pub events: Vec<String>,
    /// What the messages are signed with.
    #[serde(skip_serializing)]
    pub secret: String,
    pub created: Timestamp,
}

impl Hook {
    pub fn wants(&self, event: &str) -> bool {
        self.events.is_empty() || self.events.iter().any(|it| it == event)
    }
}
