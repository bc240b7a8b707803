//! The keypad: 1 is yes, 2 is no, 0 is a person, long rows are a phone number.
//!
//! **Never here:** tones (media), words.

use job_core::phone;

use super::Conversation;
use super::memory::{Question, Task};

/// A row this long is a number, whatever was asked.
const PHONE_DIGITS_MIN: usize = 10;

impl Conversation {
    pub(super) fn digits(&mut self, digits: &str) {
        if self.memory.outcome.is_some() || self.memory.pending.is_some() {
            return;
        }
        let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
        self.memory.silences = 0;
        self.memory.turns = self.memory.turns.saturating_add(1);
        let yes_or_no = self.memory.asked.as_ref().is_some_and(Question::yes_or_no);
        match digits.as_str() {
            "" => self.repeat(),
            "0" => self.wants_operator(),
            "1" if yes_or_no => self.by_key(true),
            "2" if yes_or_no => self.by_key(false),
            row if row.len() >= PHONE_DIGITS_MIN => self.phone_by_keys(row),
            _ if self.memory.asked == Some(Question::Phone) => self.missed(),
            row => self.said(row.to_owned(), 1.0),
        }
    }

    fn by_key(&mut self, yes: bool) {
        let mut heard = self.hear(String::new(), 1.0);
        heard.facts.yes_no = Some(yes);
        self.memory.misses = 0;
        if self.memory.task == Task::Join {
            return self.take_for_joining(heard);
        }
        self.answer_question(&heard);
        self.go_on();
    }

    fn phone_by_keys(&mut self, row: &str) {
        let Some(number) = phone::e164(row) else {
            return self.missed();
        };
        self.memory.misses = 0;
        let before = self.memory.known.clone();
        self.take_phone(number, true);
        self.settle(&before);
        self.go_on();
    }
}
