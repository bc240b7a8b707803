//! How long a pause may be: by what was asked, and by what has been said so far.
//!
//! **Never here:** time that passes, whose turn it is.

use std::time::Duration;

/// What was asked, as far as pauses go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patience {
    /// Yes or no, one of two.
    Short,
    #[default]
    Normal,
    /// A story.
    Long,
    /// A phone number, an address: dictated in pieces, with time to think and to look things up.
    Dictation,
}

/// What the words of a turn amount to, so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sense {
    /// No words yet.
    #[default]
    Nothing,
    /// "uh-huh": somebody who listens.
    Listens,
    /// More must follow: half a number, a preposition.
    Unfinished,
    /// Words that may be all.
    Words,
    /// What was asked is answered.
    Complete,
}

impl Patience {
    /// How long the caller may be silent within a turn.
    pub const fn pause(self, sense: Sense) -> Duration {
        use Sense::{Complete, Listens, Nothing, Unfinished, Words};
        let millis = match (self, sense) {
            (Patience::Dictation, Complete) => 500,
            (Patience::Dictation, _) => 1_900,
            (Patience::Long, Complete) => 480,
            (_, Complete) => 300,
            (Patience::Short, Nothing | Listens | Words) => 400,
            (Patience::Short, Unfinished) => 800,
            (Patience::Normal, Nothing | Listens | Words) => 600,
            (Patience::Normal, Unfinished) => 1_200,
            (Patience::Long, Nothing | Listens | Words) => 800,
            (Patience::Long, Unfinished) => 1_300,
        };
        Duration::from_millis(millis)
    }
}
