//! Facts taken from what was said: problem, place, time, person; what they undo and what they mend.
//!
//! **Never here:** what the words mean (understand, the pack), answers to the question (replies).

use job_core::trade::Address;

use super::Conversation;
use super::hearing::Heard;
use super::memory::{Known, Question, Task, Time};
use crate::pack::Symptom;
use crate::state::Intent;
use crate::understand::{Facts, TimeWish};

/// Nobody's calendar is kept further: "the 23rd of November" said on the 26th.
const BOOKED_AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 90);
/// A symptom recognised so much better than the one before takes its place.
const SYMPTOM_CLEARER: f32 = 0.15;
/// More digits than this are no phone number (E.164 and a trunk prefix).
const PHONE_DIGITS_MAX: usize = 16;

impl Conversation {
    pub(super) fn absorb(&mut self, heard: &Heard) {
        let facts = &heard.facts;
        let (ordering, moving) = match self.memory.task {
            Task::Order => (true, true),
            Task::Move => (false, true),
            Task::Status | Task::Cancel | Task::Complain => (false, false),
            Task::Apply | Task::CallBack(_) | Task::Join | Task::Day => (false, false),
        };
        if ordering {
            self.absorb_problem(heard);
        }
        if let Some(address) = self.address_said(heard).filter(|_| ordering) {
            self.absorb_address(&address, heard.well());
        }
        if let Some(found) = facts.time.as_ref().filter(|_| moving)
            && !self.names_an_offer(&found.value)
        {
            self.absorb_time(found.value);
        }
        if let Some(found) = &facts.name {
            self.memory.known.name = Some(found.value.clone());
        }
        if let Some(phone) = self.phone_said(facts) {
            self.take_phone(phone, heard.well());
        }
    }

    /// A bare number is the house or the flat where that was asked.
    fn address_said(&self, heard: &Heard) -> Option<Address> {
        let facts = &heard.facts;
        if let Some(found) = &facts.address {
            let stray = self.is_stray_city(&found.value) && !facts.correction;
            return (!stray).then(|| found.value.clone());
        }
        let number = facts.bare_number.as_ref().map(|found| found.value.to_string());
        match self.memory.asked {
            Some(Question::House) => Some(Address { house: Some(number?), ..Address::default() }),
            Some(Question::Flat) => Some(Address { flat: Some(number?), ..Address::default() }),
            _ => None,
        }
    }

    /// A number told in several breaths is put together.
    fn phone_said(&mut self, facts: &Facts) -> Option<String> {
        if let Some(found) = &facts.phone {
            self.memory.phone_part.clear();
            return Some(found.value.clone());
        }
        self.memory.phone_part.push_str(facts.phone_part.as_deref()?);
        let whole = job_core::phone::e164(&self.memory.phone_part);
        let too_long = self.memory.phone_part.len() > PHONE_DIGITS_MAX;
        if whole.is_some() || too_long {
            self.memory.phone_part.clear();
        }
        whole
    }

    /// A town alone, when the street is known and nobody asked: a word misheard sooner than a move.
    fn is_stray_city(&self, said: &Address) -> bool {
        let alone = Address { city: said.city.clone(), ..Address::default() };
        let asked = matches!(
            self.memory.asked,
            Some(Question::Address | Question::Street | Question::AddressCheck)
        );
        *said == alone && self.memory.known.address.street.is_some() && !asked
    }

    fn absorb_time(&mut self, said: TimeWish) {
        if said.wish.to.is_some_and(|to| to <= self.now) {
            return self.add_line("time_past");
        }
        if said.wish.from.is_some_and(|from| from.duration_since(self.now) > BOOKED_AHEAD) {
            return self.add_line("time_far");
        }
        self.memory.deal.wish_refused = false;
        let before = self.memory.known.time;
        let same_day =
            said.wish.from.map(|from| self.local(from).date()) == Some(self.local(self.now).date());
        self.memory.known.time = Some(Time {
            wish: said.wish,
            urgent: said.urgent || before.is_some_and(|time| time.urgent && same_day),
            today: said.today || before.is_some_and(|time| time.today && same_day),
        });
    }

    pub(super) fn take_phone(&mut self, phone: String, well: bool) {
        let known = &mut self.memory.known;
        if known.phone.as_ref() != Some(&phone) {
            self.memory.earlier.looked_up = false;
            self.memory.earlier.card = None;
        }
        known.phone = Some(phone);
        known.phone_doubtful = !well;
    }

    fn absorb_problem(&mut self, heard: &Heard) {
        self.memory.known.urgent |= heard.reading.urgent;
        let Some(symptom) = &heard.symptom else {
            return;
        };
        if self.memory.intent == Intent::Unknown {
            self.memory.intent = Intent::Book;
        }
        let clarifying = self.clarifies(heard);
        match self.memory.known.diagnosis.clone() {
            None => self.diagnose(symptom, heard),
            Some(code) if code == symptom.code => {}
            Some(_) if clarifying == Some(true) => {}
            Some(code) if self.pack.is_vague(&code) && !self.pack.is_vague(&symptom.code) => {
                self.diagnose(symptom, heard);
            }
            Some(_) if self.pack.is_vague(&symptom.code) => {}
            Some(_) if heard.facts.correction || self.is_clearer(symptom) => {
                self.memory.known.problem_chars = 0;
                self.diagnose(symptom, heard);
            }
            Some(_) if clarifying.is_some() => {}
            Some(_) => self.note_another_problem(symptom, heard),
        }
    }

    /// A clarification is asked, and these words answer it.
    fn clarifies(&self, heard: &Heard) -> Option<bool> {
        let Some(Question::Clarification(name)) = &self.memory.asked else {
            return None;
        };
        let code = self.memory.known.diagnosis.as_ref()?;
        Some(self.pack.clarified(code, name, &heard.text).is_some())
    }

    fn is_clearer(&self, symptom: &Symptom) -> bool {
        symptom.score >= self.memory.known.symptom_score + SYMPTOM_CLEARER
    }

    /// Of another trade, or told as one more; otherwise it is the same problem in other words.
    fn note_another_problem(&mut self, symptom: &Symptom, heard: &Heard) {
        let known = &mut self.memory.known;
        if heard.reading.several || Some(symptom.category) != known.category {
            known.several = true;
            known.add_words(heard);
        }
    }

    fn diagnose(&mut self, symptom: &Symptom, heard: &Heard) {
        let settled = self.pack.settled(&symptom.code, &heard.text);
        let category = self.pack.category(&settled.code);
        let known = &mut self.memory.known;
        known.several |= heard.reading.several;
        known.category = Some(category.unwrap_or(symptom.category));
        known.diagnosis = Some(settled.code);
        known.clarified = settled.answered;
        known.symptom_score = symptom.score;
        known.add_words(heard);
    }

    fn absorb_address(&mut self, said: &Address, well: bool) {
        let known = &mut self.memory.known;
        let before = known.address.clone();
        merge(&mut known.address, said);
        let Address { city, street, house, .. } = &known.address;
        if (city, street, house) != (&before.city, &before.street, &before.house) {
            known.address_doubtful = !well;
        }
        let plot = known.address.street.as_ref().is_some_and(|street| street.starts_with("СНТ"));
        if known.address.flat.is_some() || plot {
            known.flat_asked = true;
        } else if before.street.is_some() && before.street != known.address.street {
            known.flat_asked = false;
        }
    }

    /// What the new facts undo: an offer for other work, a read-back of other facts.
    pub(super) fn settle(&mut self, before: &Known) {
        let known = &self.memory.known;
        if *before == *known {
            return;
        }
        let other_work = before.diagnosis != known.diagnosis
            || before.category != known.category
            || before.address.city != known.address.city;
        let other_wish = before.time != known.time;
        let other_street = before.address.street != known.address.street;
        if other_work || other_wish {
            self.forget_offer();
        } else if other_street {
            self.release();
        }
        self.unconfirm();
        if self.memory.deal.offer.is_some() {
            self.price_again();
        }
        self.note_correction(before);
    }

    /// In the middle of the bargain a changed fact is acknowledged aloud.
    fn note_correction(&mut self, before: &Known) {
        let known = &self.memory.known;
        let replaced = (before.address.street.is_some()
            && before.address.house.is_some()
            && before.address != known.address)
            && !before.address_doubtful
            || (before.name.is_some() && before.name != known.name)
            || (before.phone.is_some() && before.phone != known.phone);
        let asked = matches!(
            self.memory.asked,
            Some(Question::Flat | Question::AddressCheck | Question::PhoneCheck)
        );
        if replaced && !asked {
            self.add_line("correction_ok");
        }
    }
}

impl Known {
    fn add_words(&mut self, heard: &Heard) {
        self.problem_chars += heard.problem_chars();
        if !self.problem.is_empty() {
            self.problem.push(' ');
        }
        self.problem.push_str(heard.text.trim());
    }
}

/// A new street leaves nothing of the old house; a new house keeps the flat only within a street.
fn merge(address: &mut Address, said: &Address) {
    let moved = said.street.is_some() && said.street != address.street && address.street.is_some();
    if moved {
        let city = address.city.take();
        *address = Address { city, ..Address::default() };
    }
    let put = |old: &mut Option<String>, new: &Option<String>| {
        if new.is_some() {
            old.clone_from(new);
        }
    };
    put(&mut address.city, &said.city);
    put(&mut address.street, &said.street);
    put(&mut address.house, &said.house);
    put(&mut address.building, &said.building);
    put(&mut address.entrance, &said.entrance);
    put(&mut address.floor, &said.floor);
    put(&mut address.flat, &said.flat);
}
