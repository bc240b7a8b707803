//! Where the rules have not understood, a model may propose what was meant. What it proposes is taken like words of
//! the caller's own, where they bear it out; where it is late, odd or at its limit the rules answer.
//!
//! **Never here:** which model, the line to it.

use super::hearing::Heard;
use super::memory::{Question, Task};
use super::{Conversation, Mark, Output, Request};
use crate::llm::utter::speakable;
use crate::llm::{Call, Proposal, Route, Thought};
use crate::pack::{Spelling, Symptom};
use crate::state::{Awaiting, Intent};
use crate::understand::{Context, understand};

/// A conversation costs no more thoughts than this.
const THOUGHTS_MAX: u8 = 12;
/// Longer words are for the larger model.
const LONG_WORDS: usize = 30;
/// So many digits in a row may be a telephone number.
const NUMBER_DIGITS: usize = 5;
/// Of two words in different cases (Jaro–Winkler).
const ALIKE: f64 = 0.88;
/// Shorter words prove nothing.
const LETTERS_MIN: usize = 4;

impl Conversation {
    /// Models are at hand.
    #[must_use]
    pub fn with_models(mut self, at_hand: bool) -> Self {
        self.memory.models = at_hand;
        self
    }

    /// Whether a model is asked what these words mean.
    pub(super) fn think(&mut self, heard: &Heard) -> bool {
        let memory = &mut self.memory;
        let ours = !matches!(memory.task, Task::Join | Task::Day);
        if !memory.models
            || heard.proposed
            || memory.deaf
            || !ours
            || memory.thoughts >= THOUGHTS_MAX
        {
            return false;
        }
        memory.thoughts += 1;
        memory.thought_of = Some((heard.text.clone(), heard.confidence));
        let thought = self.thought(heard);
        self.request(Request::Think(Box::new(thought)));
        true
    }

    fn thought(&self, heard: &Heard) -> Thought {
        let (routes, reason) = self.routes(heard);
        let line = |key: &str| self.pack.line(key, 0, &[]).text;
        let brief = |code: &str| self.pack.brief(code).map(|brief| brief.text);
        let diagnoses =
            self.pack.codes().filter_map(|code| Some((code.to_owned(), brief(code)?))).collect();
        let asked = self.memory.last.as_ref().map(|told| told.reply.text.clone());
        Thought {
            routes,
            reason: reason.to_owned(),
            language: self.pack.language,
            rules: line("model_rules"),
            question: self.memory.asked.as_ref().and(asked).unwrap_or_default(),
            known: self.known_names(),
            diagnoses,
            words: heard.text.clone(),
        }
    }

    /// Template first, which has not understood; then the cheapest that may read it and can.
    fn routes(&self, heard: &Heard) -> (Vec<Route>, &'static str) {
        let asked = self.memory.awaiting();
        let asks_person = matches!(
            asked,
            Awaiting::Name | Awaiting::Address | Awaiting::Phone | Awaiting::Confirmation
        );
        if asks_person || is_personal(heard) {
            return (vec![Route::Local], "personal");
        }
        let words = heard.text.split_whitespace().count();
        match (self.memory.misses > 0, words > LONG_WORDS) {
            (true, _) => (vec![Route::Large, Route::Small, Route::Local], "missed_before"),
            (false, true) => (vec![Route::Large, Route::Small, Route::Local], "long"),
            (false, false) => (vec![Route::Small, Route::Large, Route::Local], "not_understood"),
        }
    }

    fn known_names(&self) -> Vec<String> {
        let (known, deal) = (&self.memory.known, &self.memory.deal);
        let named = [
            ("problem", known.diagnosis.is_some()),
            ("address", known.address.street.is_some()),
            ("time", known.time.is_some()),
            ("offered slot", deal.offer.is_some()),
            ("name", known.name.is_some()),
            ("phone", known.phone.is_some()),
            ("booked", deal.booked.is_some()),
        ];
        named.iter().filter(|(_, known)| *known).map(|(name, _)| (*name).to_owned()).collect()
    }

    /// What the model proposes, or nothing: then the rules go on as if it had never been asked.
    pub(super) fn thought_over(&mut self, proposal: Option<Proposal>) {
        let Some((text, confidence)) = self.memory.thought_of.take() else {
            return self.go_on();
        };
        let Some(proposal) = proposal else {
            self.outputs.push_back(Output::Mark(Mark::ThoughtInVain));
            return self.missed();
        };
        let mut heard = self.hear(text, confidence);
        heard.proposed = true;
        let told = self.say_proposed(&proposal);
        let mut meant = false;
        for call in &proposal.calls {
            meant |= self.propose(&mut heard, call);
        }
        self.outputs.push_back(Output::Mark(Mark::Thought));
        match (meant, told) {
            (true, _) => self.take(heard),
            (false, true) => {
                self.memory.misses = 0;
                match self.memory.asked.clone() {
                    Some(question) => self.put_question_shortly(question),
                    None => self.go_on(),
                }
            }
            (false, false) => self.missed(),
        }
    }

    /// A sentence of the model's own, if it may be spoken.
    fn say_proposed(&mut self, proposal: &Proposal) -> bool {
        let said = proposal.calls.iter().find_map(|call| match call {
            Call::Say(text) => Some(text.clone()),
            _ => None,
        });
        let Some(text) = said else { return false };
        let spoken = speakable(&text, &self.context(self.memory.awaiting()));
        if let Err(why) = spoken {
            tracing::info!(%why, "a model's sentence is not spoken");
            self.outputs.push_back(Output::Mark(Mark::ThoughtUnspoken));
            return false;
        }
        self.add_spelling(Spelling { text: text.clone(), speech: text });
        true
    }

    /// Whether the words now mean more; what they do not bear out is left out.
    fn propose(&self, heard: &mut Heard, call: &Call) -> bool {
        match call {
            Call::Problem(code) => self.propose_problem(heard, code),
            Call::Address(text) if borne_out(text, &heard.text) => {
                let read = understand(text, &self.context(Awaiting::Address));
                heard.facts.address = heard.facts.address.take().or(read.address);
                heard.facts.address.is_some()
            }
            Call::Time(text) if borne_out(text, &heard.text) => {
                let read = understand(text, &self.context(Awaiting::Time));
                heard.facts.time = heard.facts.time.take().or(read.time);
                heard.facts.time.is_some()
            }
            Call::Name(text) if borne_out(text, &heard.text) => {
                let read = understand(text, &self.context(Awaiting::Name));
                heard.facts.name = heard.facts.name.take().or(read.name);
                heard.facts.name.is_some()
            }
            Call::Address(_) | Call::Time(_) | Call::Name(_) | Call::Say(_) => false,
            // A booking, a cancellation, a sum are agreed to in the caller's own words or not at all.
            Call::Answer(yes) if self.may_be_answered_for() => {
                heard.facts.yes_no = Some(*yes);
                true
            }
            Call::Answer(_) => false,
            Call::Price => self.propose_intent(heard, Intent::Price),
            Call::Person => self.propose_intent(heard, Intent::Operator),
            Call::Cancel => self.propose_intent(heard, Intent::Cancel),
            Call::Reschedule => self.propose_intent(heard, Intent::Reschedule),
            Call::Status => self.propose_intent(heard, Intent::Status),
            Call::Complain => self.propose_intent(heard, Intent::Complaint),
        }
    }

    fn propose_problem(&self, heard: &mut Heard, code: &str) -> bool {
        let Some(category) = self.pack.category(code) else {
            return false;
        };
        if self.memory.known.diagnosis.is_some() {
            return false;
        }
        let symptom = Symptom { code: code.to_owned(), category, score: 1.0 };
        heard.reading.symptoms.insert(0, symptom.clone());
        heard.symptom = Some(symptom);
        true
    }

    fn propose_intent(&self, heard: &mut Heard, intent: Intent) -> bool {
        heard.reading.intent = Some(intent);
        heard.reading.intent_sure = true;
        true
    }

    fn may_be_answered_for(&self) -> bool {
        matches!(
            self.memory.asked,
            Some(
                Question::AddressCheck
                    | Question::Slot
                    | Question::SlotCheck
                    | Question::CallBackWanted
                    | Question::PhoneCheck
            )
        )
    }

    fn context(&self, awaiting: Awaiting) -> Context<'_> {
        Context {
            language: self.pack.language,
            now: self.local(self.now),
            awaiting,
            day: self.day_talked_about(),
            places: &self.pack.places,
        }
    }
}

/// Names, numbers and addresses leave the house for no model elsewhere.
fn is_personal(heard: &Heard) -> bool {
    let facts = &heard.facts;
    let mut run = 0;
    let number = heard.text.chars().any(|c| {
        run = if c.is_ascii_digit() { run + 1 } else { 0 };
        run >= NUMBER_DIGITS
    });
    number
        || facts.phone.is_some()
        || facts.phone_part.is_some()
        || facts.address.is_some()
        || facts.name.is_some()
}

/// Whether every longer word and every number of the proposal was said.
fn borne_out(proposed: &str, said: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let split = text.split(|c: char| !c.is_alphanumeric());
        split.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let (proposed, said) = (words(proposed), words(said));
    let number = |word: &str| word.chars().any(|c| c.is_ascii_digit());
    let numbers_said = said.iter().any(|word| crate::understand::is_number(word));
    let mut proofs = 0;
    for word in &proposed {
        let heard = match number(word) {
            true => said.contains(word) || numbers_said,
            false if word.chars().count() < LETTERS_MIN => continue,
            false => said.iter().any(|other| alike(word, other)) || is_kind_of_place(word),
        };
        if !heard {
            return false;
        }
        proofs += usize::from(!is_kind_of_place(word));
    }
    proofs > 0 || proposed.iter().any(|word| said.contains(word))
}

/// The same word, in another case or slightly misheard.
fn alike(word: &str, other: &str) -> bool {
    strsim::jaro_winkler(word, other) >= ALIKE
}

/// Said of every address, by callers or not.
fn is_kind_of_place(word: &str) -> bool {
    const KINDS: &[&str] = &[
        "улица",
        "проспект",
        "переулок",
        "бульвар",
        "квартира",
        "подъезд",
        "street",
        "avenue",
        "lane",
        "flat",
        "house",
        "apartment",
    ];
    KINDS.contains(&word)
}
