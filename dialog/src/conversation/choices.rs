//! Answers that fit the question put last, for channels that have buttons. Pressing one is the same as
//! writing its words.
//!
//! **Never here:** what an answer means (hearing, replies), how a button looks (web).

use super::Conversation;
use super::memory::Question;
use crate::state::Awaiting;

/// A choice of times has so many.
const TIMES_MAX: usize = 4;

impl Conversation {
    /// In the language spoken now; empty where anything may be said.
    pub fn choices(&self) -> Vec<String> {
        if self.memory.outcome.is_some() {
            return Vec::new();
        }
        match &self.memory.asked {
            Some(Question::OtherSlots) => self.times_on_offer(),
            Some(question) => self.written(names(question)),
            None => Vec::new(),
        }
    }

    /// Telephone numbers are asked for: a messenger may offer to share one.
    pub fn wants_phone(&self) -> bool {
        self.memory.outcome.is_none() && self.memory.asked == Some(Question::Phone)
    }

    fn written(&self, names: &[&str]) -> Vec<String> {
        names.iter().filter_map(|name| self.pack.written(name)).map(str::to_owned).collect()
    }

    fn times_on_offer(&self) -> Vec<String> {
        let deal = &self.memory.deal;
        let offers = deal.offer.iter().chain(&deal.others).take(TIMES_MAX);
        offers.map(|offer| self.moment(offer).text).collect()
    }
}

/// Under these names the pack keeps the words.
fn names(question: &Question) -> &'static [&'static str] {
    match question {
        Question::Slot | Question::SlotCheck => &["yes", "other_time"],
        Question::Time => &["today", "tomorrow", "soonest"],
        Question::Flat => &["private_house"],
        Question::Joining(Awaiting::Terminal) => &["smartphone", "terminal"],
        Question::Joining(Awaiting::Email) => &["no_email"],
        Question::Joining(Awaiting::Certificates) => &["no_certificates"],
        Question::Day => &["accept", "decline", "on_the_way", "arrived", "earned", "day_off"],
        question if question.yes_or_no() => &["yes", "no"],
        _ => &[],
    }
}
