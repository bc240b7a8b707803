//! A master joins: name, phone, city, trades, experience, papers, hours, e-mail, terminal.
//!
//! **Never here:** clients.

use serde::{Deserialize, Serialize};

use super::Conversation;
use super::course::Step;
use super::hearing::Heard;
use super::memory::Question;
use crate::state::Awaiting;

/// What the master has told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Joining {}

impl Conversation {
    pub(super) fn next_for_joining(&mut self) -> Step {
        Step::Ask(Question::Joining(Awaiting::FullName))
    }

    pub(super) fn take_for_joining(&mut self, _heard: Heard) {
        self.go_on();
    }

    pub(super) fn put_joining_question(&mut self, _awaiting: Awaiting) {
        self.add_line("work_application");
    }
}
