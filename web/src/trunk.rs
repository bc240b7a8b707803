//! The exchanges that carry the house's numbers, as far as the pages must tell of them.
//!
//! **Never here:** SIP; the passwords.

use std::sync::Arc;

/// An exchange, and how it stands with us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    /// As the owner's settings call it.
    pub name: String,
    pub state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Calls come: it has registered us, or knows us by address.
    Up,
    /// Asked, not answered yet.
    Joining,
    /// No calls come, in the exchange's own words.
    Down(String),
}

/// How they stand at this moment.
pub type Trunks = Arc<dyn Fn() -> Vec<Trunk> + Send + Sync>;

impl State {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            State::Up => "up",
            State::Joining => "joining",
            State::Down(_) => "down",
        }
    }
}
