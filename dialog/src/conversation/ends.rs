//! The ways out: silence, words not understood, a person wanted, keys only, the line gone.
//!
//! No question is put for ever: a third miss takes the next best way, and every way ends with a word
//! and a typed reason.
//!
//! **Never here:** the order of questions (course).

use super::hearing::Heard;
use super::memory::{Question, Task, Told, Weight};
use super::{Answer, Conversation, Outcome, Output, Request};
use crate::state::{Intent, Status};

/// As many misses of one question, and the next best way is taken.
const MISSES_MAX: u8 = 3;
/// The phone has a second best way, so it gets as many again.
const PHONE_MISSES_MAX: u8 = 6;
/// Silences before the conversation ends.
const SILENCES_MAX: u8 = 3;
/// Silences while the core thinks before it counts as failed.
const CORE_SILENCES_MAX: u8 = 3;

impl Conversation {
    pub(super) fn missed(&mut self) {
        self.memory.misses = self.memory.misses.saturating_add(1);
        let Some(question) = self.memory.asked.clone() else {
            return self.go_on();
        };
        let misses = self.memory.misses;
        match question {
            Question::Phone if misses >= PHONE_MISSES_MAX => self.call_back("phone_not_understood"),
            Question::Phone if misses >= MISSES_MAX => self.ask_by_keys(question),
            Question::Name if misses >= MISSES_MAX => {
                self.memory.known.name_given_up = true;
                self.memory.misses = 0;
                self.go_on();
            }
            _ if misses >= MISSES_MAX => self.call_back("not_understood"),
            question if misses == 2 && question.yes_or_no() && self.memory.by_voice() => {
                self.ask_by_keys(question);
            }
            Question::Clarification(_) => {
                self.add_line("clarify_again");
                self.ask_again(question);
            }
            question => {
                let line = if misses == 1 { "not_understood_1" } else { "not_understood_2" };
                self.add_line(line);
                self.ask_again(question);
            }
        }
    }

    pub(super) fn silent(&mut self) {
        if self.memory.outcome.is_some() || self.wait_for_core() {
            return;
        }
        self.memory.silences += 1;
        if self.memory.silences > SILENCES_MAX - 1 {
            if self.memory.deaf && self.memory.known.phone.is_some() {
                return self.phone_back("deaf");
            }
            return self.close("silence_goodbye", "silent", Status::Abandoned);
        }
        let Some(question) = self.memory.asked.clone() else {
            return self.go_on();
        };
        if self.memory.deaf {
            self.add_line("deaf_keys");
            return self.ask(question);
        }
        if self.memory.silences == 1 {
            self.add_line("still_there");
            return self.say(question.awaiting());
        }
        self.add_line("silence_2");
        self.ask_again(question);
    }

    /// The core owes an answer: a patient caller is not asked whether they are there.
    fn wait_for_core(&mut self) -> bool {
        let Some(pending) = &mut self.memory.pending else {
            return false;
        };
        // However long it rings there, whoever rings says how it ended.
        if pending.request == Request::PutThrough {
            return true;
        }
        pending.silences += 1;
        let id = pending.id;
        if pending.silences >= CORE_SILENCES_MAX {
            self.answered(id, Answer::Failed("no answer in time".into()));
        }
        true
    }

    pub(super) fn repeat(&mut self) {
        let Some(told) = self.memory.last.clone() else {
            return self.go_on();
        };
        let question = self.memory.asked.clone();
        self.add_line("repeat_prefix");
        match question {
            Some(question) => self.ask(question),
            None => {
                self.add_spelling(crate::pack::Spelling {
                    text: told.reply.text,
                    speech: told.reply.speech,
                });
                self.say(told.reply.awaiting);
            }
        }
    }

    /// "A moment, please": nothing is asked again, and the next silence is not counted.
    pub(super) fn wait(&mut self) {
        self.memory.silences = 0;
        self.add_line("wait_ok");
        self.say(self.memory.awaiting());
    }

    pub(super) fn wants_operator(&mut self) {
        self.memory.intent = Intent::Operator;
        if !std::mem::take(&mut self.memory.person_near) {
            return self.call_back("operator");
        }
        if !self.memory.by_voice() {
            return self.call_person();
        }
        self.release();
        self.add_line("put_through");
        self.say(crate::state::Awaiting::None);
        self.request(Request::PutThrough);
    }

    /// In writing nobody has to wait on the line.
    fn call_person(&mut self) {
        let words = self.pack.written("person_called").unwrap_or_default();
        self.add_spelling(crate::phrase::plain(words));
        self.say(self.memory.awaiting());
        self.request(Request::PutThrough);
    }

    /// A person has taken over, or nobody was there.
    pub(super) fn put_through(&mut self, done: bool) {
        if done {
            return self.finish("put_through", Status::Escalated);
        }
        self.add_line("nobody_there");
        self.call_back("operator");
    }

    pub(super) fn wrong_number(&mut self) {
        self.memory.intent = Intent::WrongNumber;
        self.release();
        self.close("wrong_number_bye", "wrong_number", Status::Completed);
    }

    /// Changing one's mind in the middle of an order gives it up; otherwise an earlier one is meant.
    pub(super) fn wants_to_cancel(&mut self, heard: &Heard) {
        let in_order = self.memory.task == Task::Order && self.memory.known.diagnosis.is_some();
        let asked_now = matches!(self.memory.asked, Some(Question::CancelSure));
        let unsure_no = heard.facts.yes_no == Some(false) && !heard.reading.intent_sure;
        if asked_now || unsure_no || heard.brings_facts() && in_order {
            return;
        }
        self.memory.intent = Intent::Cancel;
        if in_order {
            self.release();
            return self.close("goodbye", "changed_mind", Status::Abandoned);
        }
        self.memory.task = Task::Cancel;
    }

    /// A person phones back: noted in the core first, promised then.
    pub(super) fn call_back(&mut self, reason: &str) {
        let first = !matches!(self.memory.task, Task::CallBack(_));
        let asks = first && matches!(reason, "operator" | "deaf" | "no_masters" | "full");
        if !asks {
            return self.phone_back(reason);
        }
        self.release();
        self.memory.task = Task::CallBack(reason.to_owned());
        self.go_on();
    }

    fn phone_back(&mut self, reason: &str) {
        self.release();
        self.memory.task = Task::CallBack(reason.to_owned());
        let phone = self.memory.known.phone.clone();
        self.request(Request::CallBack { phone, reason: reason.to_owned() });
    }

    /// The call cannot go on: what is under way is brought to its end, and a person phones back.
    pub(super) fn break_off(&mut self, reason: &str) {
        if self.memory.outcome.is_some() {
            return;
        }
        if self.memory.pending.is_some() {
            self.memory.broken_off = Some(reason.to_owned());
        } else {
            self.phone_back(reason);
        }
    }

    /// The recogniser is gone: what keys can answer goes on by keys, the rest by a call-back.
    pub(super) fn deaf(&mut self) {
        if self.memory.outcome.is_some() {
            return;
        }
        self.memory.deaf = true;
        if self.memory.pending.is_some() {
            return;
        }
        match self.memory.asked.clone() {
            Some(Question::Name) => {
                self.add_line("deaf_keys");
                self.go_on();
            }
            Some(question) if question.yes_or_no() || question == Question::Phone => {
                self.add_line("deaf_keys");
                self.ask(question);
            }
            Some(_) | None => self.call_back("deaf"),
        }
    }

    /// Only the words heard count as told.
    pub(super) fn cut(&mut self, heard: &str) {
        let Some(told) = &mut self.memory.last else {
            return;
        };
        let chars = heard.chars().count();
        let lost = |until: Option<usize>| until.is_some_and(|until| chars < until);
        let Told { price_until, read_back_until, .. } = *told;
        told.reply.speech = heard.to_owned();
        told.reply.text = heard.to_owned();
        if lost(price_until) {
            self.memory.deal.price_told = false;
        }
        if lost(read_back_until) {
            self.memory.deal.read_back_told = false;
        }
    }

    pub(super) fn closed(&mut self) {
        if self.memory.outcome.is_none() {
            self.finish("hung_up", Status::Abandoned);
        }
    }

    pub(super) fn close(&mut self, line: &str, reason: &str, status: Status) {
        self.add(line, Weight::Light);
        self.finish_with_words(reason, status);
    }

    pub(super) fn finish_with_words(&mut self, reason: &str, status: Status) {
        self.memory.asked = None;
        self.say(crate::state::Awaiting::None);
        self.finish(reason, status);
    }

    fn finish(&mut self, reason: &str, status: Status) {
        let booked = self.memory.deal.booked.as_ref().map(|booked| booked.job.clone());
        let outcome = Outcome {
            status,
            reason: reason.to_owned(),
            job: booked.or_else(|| self.order_to_move().map(|order| order.job.clone())),
            conversation: self.memory.setup.id.clone(),
        };
        self.memory.outcome = Some(outcome.clone());
        self.outputs.push_back(Output::End(outcome));
    }

    /// After the end a text channel still answers, and nothing changes.
    pub(super) fn say_goodbye_again(&mut self) {
        let status = self.memory.outcome.as_ref().map(|outcome| outcome.status);
        let line = match (status, self.memory.deal.booked.is_some()) {
            (_, true) => "already_booked",
            (Some(Status::Escalated), false) => "call_back_text",
            (_, false) => "thanks",
        };
        self.add_line(line);
        self.say(crate::state::Awaiting::None);
    }
}
