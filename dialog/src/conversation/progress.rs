//! How far the words heard so far have come as an answer to what was asked.
//!
//! Told on every partial result of the recogniser, so that a pause can be short after "да" and long
//! in the middle of a telephone number.
//!
//! **Never here:** pauses, time, what is done with the answer.

use jiff::Timestamp;
use job_core::trade::Language;

use super::hearing::Heard;
use super::memory::Question;
use super::{Conversation, Input};
use crate::pack::Reading;
use crate::state::{Awaiting, Intent};
use crate::understand::{is_dictated, is_unfinished, names_flat, only_listens};

/// Words of one partial result are taken for heard well; the final ones bring their own confidence.
const OVERHEARD: f32 = 0.9;
/// A story with a symptom as sure as this has told what is wrong.
const SYMPTOM_TOLD: f32 = 0.6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// No words.
    Nothing,
    /// Somebody who listens and does not want to speak: "угу", "mhm", "да-да" in passing.
    Listens,
    /// More must follow: half a phone number, a preposition.
    Unfinished,
    /// Words that may be all.
    Words,
    /// A yes to a question that has one; in passing it may be no more than [`Progress::Listens`].
    Assent,
    /// What was asked is answered.
    Complete,
}

impl Conversation {
    /// What these words amount to as an answer to the open question.
    pub fn progress(&self, now: Timestamp, text: &str) -> Progress {
        if text.trim().is_empty() {
            return Progress::Nothing;
        }
        let yes_or_no = self.memory.asked.as_ref().is_some_and(Question::yes_or_no);
        let listens = only_listens(text);
        if listens && !yes_or_no {
            return Progress::Listens;
        }
        if !listens && is_unfinished(text) {
            return Progress::Unfinished;
        }

        let heard = self.hear_at(now, text.to_owned(), OVERHEARD);
        if listens {
            let yes = heard.facts.yes_no == Some(true);
            return if yes { Progress::Assent } else { Progress::Listens };
        }
        self.answers(&heard)
    }

    /// What would be said to these words, as far as it can be told without asking the core: the
    /// conversation after them, its outputs still to be polled.
    pub fn foresee(&self, now: Timestamp, text: &str) -> Conversation {
        let mut ahead = Self { outputs: Default::default(), ..self.clone() };
        ahead.handle(now, Input::Said { text: text.to_owned(), confidence: OVERHEARD });
        ahead
    }

    /// The answer most likely to be given to the open question, where it has one.
    pub fn likely_answer(&self) -> Option<&'static str> {
        let yes_or_no = self.memory.asked.as_ref().is_some_and(Question::yes_or_no);
        yes_or_no.then_some(match self.pack.language {
            Language::Ru => "да",
            Language::En => "yes",
        })
    }

    fn answers(&self, heard: &Heard) -> Progress {
        let facts = &heard.facts;
        match self.memory.awaiting() {
            Awaiting::Phone if is_dictated(&heard.text) => Progress::Complete,
            Awaiting::Phone if facts.yes_no.is_some() && facts.phone_part.is_none() => {
                Progress::Complete
            }
            Awaiting::Phone => Progress::Unfinished,
            Awaiting::Address => self.address_so_far(heard),
            Awaiting::Confirmation | Awaiting::SlotChoice => complete_if(
                facts.yes_no.is_some() || facts.choice.is_some() || facts.time.is_some(),
            ),
            Awaiting::Time => complete_if(facts.time.is_some()),
            Awaiting::Name | Awaiting::FullName => complete_if(facts.name.is_some()),
            Awaiting::Problem => complete_if(tells_all(&heard.reading)),
            Awaiting::Clarification => complete_if(facts.yes_no.is_some()),
            Awaiting::City
            | Awaiting::Specializations
            | Awaiting::Experience
            | Awaiting::Certificates
            | Awaiting::Schedule
            | Awaiting::Email
            | Awaiting::Terminal
            | Awaiting::None => Progress::Words,
        }
    }

    /// A flat ends an address; a house may still get its flat.
    fn address_so_far(&self, heard: &Heard) -> Progress {
        let facts = &heard.facts;
        let asked_for_part = matches!(
            self.memory.asked,
            Some(Question::House | Question::Flat | Question::City | Question::AddressCheck)
        );
        match &facts.address {
            Some(found) if found.value.flat.is_some() && names_flat(&heard.text) => {
                Progress::Complete
            }
            Some(_) if asked_for_part => Progress::Words,
            Some(_) => Progress::Unfinished,
            None if facts.bare_number.is_some() => Progress::Words,
            None if facts.yes_no.is_some() && asked_for_part => Progress::Complete,
            None => Progress::Words,
        }
    }
}

fn complete_if(answered: bool) -> Progress {
    if answered { Progress::Complete } else { Progress::Words }
}

/// A symptom, or a wish that needs none.
fn tells_all(reading: &Reading) -> bool {
    let symptom = reading.symptoms.first().is_some_and(|symptom| symptom.score >= SYMPTOM_TOLD);
    let wish = reading.intent_sure
        && matches!(
            reading.intent,
            Some(Intent::Operator | Intent::Cancel | Intent::Reschedule | Intent::Status)
        );
    symptom || wish
}
