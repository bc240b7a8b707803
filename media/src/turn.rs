//! The number of a turn. What is made for a turn carries it, and is dropped where it arrives once
//! a newer turn has begun.
//!
//! **Never here:** time, sound, words.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Counts the caller's turns of one call. The greeting belongs to the first, which nobody spoke.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct TurnId(pub u32);

impl TurnId {
    pub const fn first() -> TurnId {
        TurnId(0)
    }

    #[must_use]
    pub const fn next(self) -> TurnId {
        TurnId(self.0 + 1)
    }
}

impl fmt::Display for TurnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "turn {}", self.0)
    }
}
