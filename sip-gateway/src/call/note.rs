//! What the call's page is told, each with its place on the recording's clock.

use std::time::Duration;

use media::turn::TurnId;

#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// The caller said this.
    Caller { at: Duration, text: String, confidence: f32 },
    /// The agent began to say this; `answered_in` is the time since the caller's last sound.
    Agent { at: Duration, line: TurnId, text: String, answered_in: Option<Duration> },
    /// The agent was cut: only this much of the line was heard.
    Cut { at: Duration, line: TurnId, heard: String },
    /// Keys were pressed.
    Keys { at: Duration, keys: String },
    /// Anything else worth seeing on the page.
    Event { at: Duration, kind: &'static str, detail: String },
}
