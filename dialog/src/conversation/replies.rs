//! What the words answer to the question that was asked.
//!
//! **Never here:** facts that count whatever was asked (hearing).

use jiff::ToSpan;
use job_core::slot::{Offer, Wish};

use super::hearing::Heard;
use super::memory::{Fit, Nobody, Question, Task, Time};
use super::{Conversation, Mark, Output};
use crate::state::{Awaiting, Intent, Status};
use crate::understand::{Field, LAST_CHOICE, TimeWish};
use job_core::trade::{Address, Language};

/// After so many refused offers a person phones back.
const REFUSALS_MAX: u8 = 6;

/// "Нет, спасибо" ends it; "нет, в это время не могу, спасибо" asks for another time.
const DECLINES_MAX: usize = 4;

impl Conversation {
    /// True where the words were an answer to the question.
    pub(super) fn answer_question(&mut self, heard: &Heard) -> bool {
        let Some(question) = self.memory.asked.clone() else {
            return false;
        };
        let yes_no = heard.facts.yes_no;
        match question {
            Question::Problem => self.answer_no_thanks(heard),
            Question::Clarification(name) => self.answer_clarification(&name, heard),
            Question::Flat => true,
            Question::Address | Question::City | Question::Street | Question::House => {
                self.answer_no_thanks(heard)
            }
            Question::AddressCheck => self.answer_address_check(heard),
            Question::Time => self.answer_time(heard),
            Question::Slot | Question::OtherSlots | Question::SlotCheck => {
                self.answer_slot(&question, heard)
            }
            Question::Name => self.answer_name(heard),
            Question::Phone => self.answer_phone_in_part(),
            Question::PhoneCheck => self.answer_phone_check(heard),
            Question::ReadBack | Question::Correction => self.answer_read_back(heard),
            Question::CallBackWanted => self.answer_call_back(yes_no),
            Question::CancelSure => self.answer_cancel(yes_no),
            Question::Complaint => self.answer_complaint(heard),
            Question::Joining(_) => false,
            Question::Day | Question::DayPrice | Question::DayPriceSure | Question::DayHours => {
                false
            }
        }
    }

    /// "How much?" is answered at any time, with the next thing said.
    pub(super) fn note_price_question(&mut self, heard: &Heard) -> bool {
        let asked = heard.reading.intent == Some(Intent::Price) && self.memory.task == Task::Order;
        self.memory.price_asked |= asked;
        asked
    }

    /// Only the price was wanted, or nothing more.
    fn answer_no_thanks(&mut self, heard: &Heard) -> bool {
        /// A refusal is short; more words tell what does not work.
        const WORDS_MAX: usize = 5;

        let short = heard.text.split_whitespace().count() <= WORDS_MAX && !heard.facts.other;
        let plain = short && !heard.brings_facts() && !heard.facts.correction;
        let about_price = heard.reading.intent == Some(Intent::Price);
        if heard.facts.yes_no != Some(false) || !plain || about_price {
            return false;
        }
        if self.memory.intent == Intent::Price && self.memory.deal.price_told {
            self.close("goodbye", "told_price", Status::Completed);
            return true;
        }
        if self.memory.earlier.looked_up && self.memory.known.diagnosis.is_none() {
            self.close("goodbye", "nothing_wanted", Status::Completed);
            return true;
        }
        false
    }

    fn answer_clarification(&mut self, name: &str, heard: &Heard) -> bool {
        let known = &self.memory.known;
        let Some(code) = known.diagnosis.clone() else {
            return false;
        };
        if known.clarified.iter().any(|done| done == name) {
            return true;
        }
        if heard.facts.thanks && self.answer_no_thanks(heard) {
            return true;
        }
        let clarified = self.pack.clarified(&code, name, &heard.text);
        let given_up = clarified.is_none() && self.memory.asked_times > 1;
        if clarified.is_none() && !given_up {
            return false;
        }
        self.memory.known.clarified.push(name.to_owned());
        if let Some(code) = clarified {
            self.rediagnose(code);
        }
        true
    }

    fn rediagnose(&mut self, code: String) {
        if let Some(category) = self.pack.category(&code) {
            self.memory.known.category = Some(category);
        }
        self.memory.known.diagnosis = Some(code);
    }

    fn answer_address_check(&mut self, heard: &Heard) -> bool {
        let said_address = heard.facts.address.is_some();
        match heard.facts.yes_no {
            Some(true) => {
                self.memory.known.address_doubtful = false;
                self.memory.acknowledged.address = self.memory.known.address.clone();
            }
            Some(false) if !said_address => {
                let city = self.memory.known.address.city.take();
                self.memory.known.address.street = None;
                self.memory.known.address.house = None;
                self.memory.known.address.building = None;
                self.memory.known.address.flat = None;
                self.memory.known.address.city = city;
                self.memory.known.address_doubtful = false;
                self.memory.known.flat_asked = false;
            }
            Some(false) | None => return said_address,
        }
        true
    }

    fn answer_time(&mut self, heard: &Heard) -> bool {
        if heard.facts.time.is_some() {
            return true;
        }
        if self.answer_no_thanks(heard) {
            return true;
        }
        if self.memory.deal.wish_refused
            && heard.facts.yes_no == Some(true)
            && self.memory.known.time.is_some()
        {
            self.memory.deal.wish_refused = false;
            return true;
        }
        let unwanted = self.memory.deal.wish_refused && heard.facts.yes_no == Some(false);
        if unwanted && !heard.brings_facts() {
            self.close("goodbye", "offer_refused", Status::Abandoned);
        }
        unwanted
    }

    /// The wish is one of the slots on the table and not a new one.
    pub(super) fn names_an_offer(&self, said: &TimeWish) -> bool {
        let choosing = matches!(
            self.memory.asked,
            Some(Question::Slot | Question::OtherSlots | Question::SlotCheck)
        );
        choosing && self.named_offer(said).is_some()
    }

    /// A wish as narrow as an hour that begins with a slot on the table, by day or by clock alone.
    fn named_offer(&self, said: &TimeWish) -> Option<Offer> {
        let wish = said.wish;
        let from = wish.from?;
        let narrow = wish.to.is_none_or(|to| from.duration_until(to).as_mins() <= 60);
        let clock = self.local(from).time();
        let on_table = || self.memory.deal.offer.iter().chain(&self.memory.deal.others);
        let exact = on_table().find(|offer| offer.start == from);
        let by_clock = || {
            let mut same = on_table().filter(|offer| self.local(offer.start).time() == clock);
            same.next().filter(|_| same.next().is_none())
        };
        if !narrow {
            return None;
        }
        exact.or_else(|| if said.dated { None } else { by_clock() }).cloned()
    }

    fn answer_slot(&mut self, question: &Question, heard: &Heard) -> bool {
        if self.memory.deal.offer.is_none() {
            return true;
        }
        let by_time = heard.facts.time.as_ref();
        let named = by_time.and_then(|time| self.named_offer(&time.value));
        if let Some(offer) = named.or_else(|| self.chosen_offer(question, heard.facts.choice)) {
            self.choose(offer, heard);
            return true;
        }
        if heard.facts.time.is_some() {
            return true;
        }
        if heard.brings_facts() && heard.facts.yes_no != Some(true) {
            return true;
        }
        if let Some(sooner) = heard.facts.sooner.filter(|_| heard.facts.yes_no != Some(true)) {
            return self.shift(sooner);
        }
        let short = heard.text.split_whitespace().count() <= DECLINES_MAX;
        let declined = short && heard.facts.yes_no == Some(false) && heard.facts.thanks;
        if declined && !heard.facts.other {
            self.forget_offer();
            self.close("goodbye", "offer_refused", Status::Abandoned);
            return true;
        }
        let said = if heard.facts.other { Some(false) } else { heard.facts.yes_no };
        match said {
            Some(true) if *question == Question::OtherSlots => {
                self.memory.deal.accept_doubtful = true;
            }
            Some(true) => self.accept(heard),
            Some(false) => self.refuse(question),
            None => return false,
        }
        true
    }

    /// Earlier or later on the day of the offer.
    fn shift(&mut self, sooner: bool) -> bool {
        let Some(offer) = self.memory.deal.offer.clone() else {
            return false;
        };
        let local = self.local(offer.start);
        let midnight = local.start_of_day().ok();
        let next = local.tomorrow().and_then(|day| day.start_of_day()).ok();
        let beside = |minutes: i64| offer.start.checked_add(minutes.minutes()).ok();
        let wish = if sooner {
            let begin = midnight.map(|day| day.timestamp().max(self.now));
            Wish { from: begin, to: beside(-1) }
        } else {
            Wish { from: beside(1), to: next.map(|day| day.timestamp()) }
        };
        let (urgent, today) =
            self.memory.known.time.map_or((false, false), |time| (time.urgent, time.today));
        self.forget_offer();
        self.memory.known.time = Some(Time { wish, urgent, today });
        true
    }

    /// "The second one", of those just offered.
    fn chosen_offer(&self, question: &Question, choice: Option<u8>) -> Option<Offer> {
        let deal = &self.memory.deal;
        match choice? {
            1 => deal.offer.clone(),
            2 | LAST_CHOICE if *question == Question::OtherSlots => deal.others.first().cloned(),
            _ => None,
        }
    }

    fn choose(&mut self, offer: Offer, heard: &Heard) {
        let deal = &mut self.memory.deal;
        if deal.offer.as_ref() != Some(&offer) {
            deal.others.retain(|other| *other != offer);
            deal.offer = Some(offer);
            self.price_again();
        }
        self.accept(heard);
    }

    fn accept(&mut self, heard: &Heard) {
        self.begin(Intent::Book);
        let deal = &mut self.memory.deal;
        if !heard.well() && !deal.accept_doubtful {
            deal.accept_doubtful = true;
            return;
        }
        deal.accept_doubtful = false;
        deal.accepted = true;
        if !deal.price_told && deal.quote.is_some() {
            self.memory.price_asked = true;
        }
    }

    /// First the other slots of the same wish, then another wish.
    fn refuse(&mut self, question: &Question) {
        self.memory.deal.refusals += 1;
        if self.memory.deal.refusals > REFUSALS_MAX {
            return self.call_back("offers_refused");
        }
        let deal = &mut self.memory.deal;
        deal.accept_doubtful = false;
        if *question != Question::Slot || deal.others.is_empty() {
            self.forget_offer();
            self.memory.deal.wish_refused = true;
            return;
        }
        deal.fit = Fit::Can;
        deal.others_shown = deal.others.len() > 1;
        deal.offer = Some(deal.others.remove(0));
        self.price_again();
    }

    fn answer_name(&mut self, heard: &Heard) -> bool {
        /// Longer answers are not taken for a name.
        const WORDS_MAX: usize = 3;

        if self.memory.known.name.is_some() {
            return true;
        }
        let said = heard.text.trim().trim_end_matches(['.', '!']);
        let short = (1..=WORDS_MAX).contains(&said.split_whitespace().count());
        let letters = said.chars().all(|c| c.is_alphabetic() || c.is_whitespace() || c == '-');
        let refused = heard.facts.yes_no.is_some() || self.declines(said);
        if self.memory.misses > 0 && (!short || !letters || refused) {
            self.memory.known.name_given_up = true;
            return true;
        }
        if self.memory.misses > 0 {
            self.memory.known.name = Some(said.to_owned());
            return true;
        }
        false
    }

    /// "не скажу", "I'd rather not say" is no name.
    fn declines(&self, said: &str) -> bool {
        let denial = match self.pack.language {
            Language::Ru => ["не", "зачем", "без"],
            Language::En => ["not", "no", "why"],
        };
        said.split_whitespace().any(|word| denial.contains(&word.to_lowercase().as_str()))
    }

    /// The caller pauses in the middle of the number: let them go on.
    fn answer_phone_in_part(&mut self) -> bool {
        if self.memory.phone_part.is_empty() {
            return false;
        }
        self.add_line("phone_more");
        self.say(Awaiting::Phone);
        true
    }

    fn answer_phone_check(&mut self, heard: &Heard) -> bool {
        if heard.facts.phone.is_some() {
            return true;
        }
        match heard.facts.yes_no {
            Some(true) => self.memory.known.phone_doubtful = false,
            Some(false) => {
                self.memory.known.phone = None;
                self.memory.known.phone_doubtful = false;
            }
            None => return false,
        }
        true
    }

    fn answer_read_back(&mut self, heard: &Heard) -> bool {
        if heard.brings_facts() && !self.memory.deal.confirmed {
            return heard.facts.yes_no.is_some();
        }
        if heard.facts.yes_no != Some(true)
            && let Some(field) = heard.facts.field
        {
            self.reopen(field, heard);
            return true;
        }
        if heard.facts.yes_no != Some(true) && self.rename(heard) {
            return true;
        }
        match heard.facts.yes_no {
            Some(true) => self.confirm(),
            Some(false)
                if heard.facts.correction || self.memory.asked == Some(Question::Correction) =>
            {
                return false;
            }
            Some(false) => {
                self.unconfirm();
                self.ask(Question::Correction);
            }
            None => return false,
        }
        true
    }

    /// "Номер не тот": that field is asked anew.
    fn reopen(&mut self, field: Field, heard: &Heard) {
        self.unconfirm();
        let known = &mut self.memory.known;
        match field {
            Field::Phone => known.phone = None,
            Field::Name => known.name = None,
            Field::Time => {
                self.forget_offer();
                self.memory.deal.wish_refused = true;
            }
            Field::Address => {
                known.address = Address { city: known.address.city.take(), ..Address::default() };
                known.flat_asked = false;
            }
        }
        if field == Field::Name {
            self.rename(heard);
        }
    }

    /// "Не Илья, а Кирилл", "it's Kirill": the word after the small one is the name.
    fn rename(&mut self, heard: &Heard) -> bool {
        const LEADS: [&str; 8] = ["а", "зовут", "имя", "is", "it's", "its", "but", "me"];

        let letters = |word: &&str| word.chars().all(char::is_alphabetic);
        let text = heard.text.replace([',', '.'], " ");
        let words: Vec<&str> = text.split_whitespace().collect();
        let Some(at) = words.iter().rposition(|word| LEADS.contains(&word.to_lowercase().as_str()))
        else {
            return false;
        };
        let told = words.get(at + 1..).unwrap_or_default();
        let denied = words[..at].iter().any(|word| {
            let old = self.memory.known.name.as_deref().unwrap_or_default();
            old.to_lowercase().split_whitespace().any(|old| old == word.to_lowercase())
        });
        let named = denied || self.memory.known.name.is_none();
        if !named || told.is_empty() || told.len() > 2 || !told.iter().all(letters) {
            return false;
        }
        self.memory.known.name =
            Some(told.iter().map(|word| capital(word)).collect::<Vec<_>>().join(" "));
        self.unconfirm();
        self.add_line("correction_ok");
        true
    }

    /// A read-back that was cut off before its end is said once more, whole.
    fn confirm(&mut self) {
        let deal = &mut self.memory.deal;
        if deal.read_back_told {
            deal.confirmed = true;
            self.outputs.push_back(Output::Mark(Mark::PriceAccepted));
        }
    }

    fn answer_call_back(&mut self, yes_no: Option<bool>) -> bool {
        match yes_no {
            Some(true) => {
                let reason = match self.memory.deal.nobody {
                    Some(Nobody::NoMasters) => "no_masters",
                    Some(Nobody::Full) => "full",
                    None => "too_late",
                };
                self.call_back(reason);
            }
            Some(false) => self.close("goodbye", "nobody_free", Status::Completed),
            None => return self.memory.known.phone.is_some() && self.memory.deal.nobody.is_none(),
        }
        true
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>());
    first.unwrap_or_default() + letters.as_str()
}
