//! Replies put together from the pack's lines: what must be said first, then one question.
//!
//! Every line gets every value known; sums, slots and numbers come from the core's answers alone.
//!
//! **Never here:** what to ask (course), wordings themselves (the pack).

use job_core::price::Quote;
use job_core::slot::Offer;
use job_core::trade::Category;

use super::memory::{Acknowledged, Fit, Nobody, Part, Question, Task, Told, Weight};
use super::{Conversation, Mark, Output, Reply};
use crate::pack::Spelling;
use crate::phrase;
use crate::state::Awaiting;

impl Conversation {
    pub(super) fn ask(&mut self, question: Question) {
        if self.memory.deaf {
            return self.ask_by_keys(question);
        }
        self.acknowledge(&question);
        self.put_price(&question);
        self.put_question(&question);
        self.say_question(question);
    }

    /// The same question once more, without the sum and slot told a moment ago.
    pub(super) fn put_question_shortly(&mut self, question: Question) {
        match question {
            Question::Slot | Question::OtherSlots | Question::ReadBack => self.ask_again(question),
            question => {
                self.put_question(&question);
                self.say_question(question);
            }
        }
    }

    /// The same question in other words, after an answer that was not understood.
    pub(super) fn ask_again(&mut self, question: Question) {
        match again_line(&question) {
            Some(line) => self.add_line(line),
            None => self.put_question(&question),
        }
        self.say_question(question);
    }

    /// First "how much?" is answered, with the sum or, asked again, with how it comes about.
    fn put_price(&mut self, question: &Question) {
        if !self.memory.price_asked {
            return;
        }
        if self.memory.known.diagnosis.is_none() {
            if !std::mem::replace(&mut self.memory.price_range_told, true) {
                self.add_line("price_from");
            }
            return;
        }
        self.memory.price_asked = false;
        self.price_again();
        let modified =
            self.memory.deal.quote.as_ref().is_some_and(|quote| !quote.modifiers.is_empty());
        match (self.memory.deal.price_told, question.tells_price()) {
            (true, _) if modified => self.add("price_breakdown", Weight::Price),
            (true, _) => self.add("price_plain", Weight::Price),
            (false, true) => {}
            (false, false) if self.memory.deal.offer.is_some() => {
                self.add("price_now", Weight::Price);
            }
            (false, false) => self.add("price_only", Weight::Price),
        }
    }

    /// What was just understood is said back in passing, one thing at a time.
    fn acknowledge(&mut self, question: &Question) {
        let said = Acknowledged {
            diagnosis: self.memory.known.diagnosis.clone(),
            address: match self.open_address_question() {
                Some(_) => self.memory.acknowledged.address.clone(),
                None => self.memory.known.address.clone(),
            },
        };
        let before = std::mem::replace(&mut self.memory.acknowledged, said);
        let now = &self.memory.acknowledged;
        let address_too = now.address.street.is_some() && now.address != before.address;
        if *question == Question::ReadBack {
            return;
        }
        if now.diagnosis.is_some() && now.diagnosis != before.diagnosis {
            self.add_line(if self.memory.known.several {
                "understood_several"
            } else {
                "understood"
            });
        } else if address_too && !(*question == Question::Slot && self.memory.by_voice()) {
            self.add_line("address_noted");
        }
    }

    /// Keys can answer yes or no and a phone number; for the rest somebody phones back.
    pub(super) fn ask_by_keys(&mut self, question: Question) {
        if question == Question::Phone {
            let called_back = self.memory.deaf && matches!(self.memory.task, Task::CallBack(_));
            self.add_line(if called_back { "deaf" } else { "keypad_phone" });
            return self.say_question(question);
        }
        if !question.yes_or_no() {
            return self.call_back(if self.memory.deaf { "deaf" } else { "not_understood" });
        }
        self.put_question(&question);
        self.add_line("keypad_yes_no");
        self.say_question(question);
    }

    fn say_question(&mut self, question: Question) {
        if self.memory.asked.as_ref() != Some(&question) {
            self.memory.misses = 0;
            self.memory.asked_times = 0;
        }
        self.memory.asked_times = self.memory.asked_times.saturating_add(1);
        let awaiting = question.awaiting();
        if question == Question::Flat {
            self.memory.known.flat_asked = true;
        }
        self.memory.asked = Some(question);
        self.say(awaiting);
    }

    fn put_question(&mut self, question: &Question) {
        match question {
            Question::Problem => self.add_line("ask_problem"),
            Question::Clarification(_) => self.put_clarification(),
            Question::Address => self.add_line("ask_address"),
            Question::City => self.add_line("ask_city"),
            Question::Street => self.add_line("ask_street"),
            Question::House => self.add_line("ask_house"),
            Question::Flat => self.add_line("ask_flat"),
            Question::AddressCheck => self.add_line("confirm_address"),
            Question::Time if self.order_to_move().is_some() => self.add_line("reschedule_ask"),
            Question::Time => self.add_line("ask_time"),
            Question::Slot if self.order_to_move().is_some() => self.add_line("move_sure"),
            Question::Slot => self.put_offer(),
            Question::OtherSlots => self.add_line("offer_choice"),
            Question::SlotCheck => self.add_line("ask_slot_again"),
            Question::Name => self.add_line("ask_name"),
            Question::Phone => self.add_line("ask_phone"),
            Question::PhoneCheck => self.add_line("confirm_phone"),
            Question::ReadBack => self.add(self.read_back(), Weight::ReadBack),
            Question::Correction => self.add_line("ask_what_to_change"),
            Question::CallBackWanted => self.put_nobody(),
            Question::CancelSure => self.add_line("ask_cancel_sure"),
            Question::Complaint => self.add_line("complaint_ask"),
            Question::Joining(awaiting) => self.put_joining_question(*awaiting),
            Question::Day => self.add_line("day_ask"),
            Question::DayPrice => self.add_line("day_ask_price"),
            Question::DayPriceSure => self.add_line("day_price_sure"),
            Question::DayHours => self.add_line("day_ask_hours"),
        }
    }

    /// By voice only what may still be wrong is read back: twelve seconds, not twenty-five.
    fn read_back(&self) -> &'static str {
        let known = &self.memory.known;
        let own_number = known.phone == self.memory.setup.phone;
        match (self.memory.by_voice(), known.name.is_some(), own_number) {
            (true, true, true) => "read_back_voice_own",
            (true, true, false) => "read_back_voice",
            (true, false, true) => "read_back_voice_nameless_own",
            (true, false, false) => "read_back_voice_nameless",
            (false, true, _) => "read_back",
            (false, false, _) => "read_back_nameless",
        }
    }

    fn put_clarification(&mut self) {
        let Some(code) = &self.memory.known.diagnosis else {
            return;
        };
        let question = self.pack.clarification(code, &self.memory.known.clarified);
        if let Some(question) = question {
            self.add_spelling(Spelling { text: question.text, speech: question.speech });
        }
    }

    fn put_offer(&mut self) {
        match self.memory.deal.fit {
            Fit::Can => self.add("offer_can", Weight::Price),
            Fit::Partly => self.add("offer_partly", Weight::Price),
            Fit::Cannot => self.add("offer_cannot", Weight::Price),
            Fit::Taken => self.add_line("slot_taken"),
        }
    }

    fn put_nobody(&mut self) {
        match self.memory.deal.nobody {
            Some(Nobody::NoMasters) => self.add_line("no_masters"),
            Some(Nobody::Full) => self.add_line("offer_full"),
            None => self.add_line("too_late"),
        }
    }

    pub(super) fn add_line(&mut self, key: &str) {
        self.add(key, Weight::Light);
    }

    pub(super) fn add(&mut self, key: &str, weight: Weight) {
        let spelling = self.line(key);
        if !spelling.text.is_empty() {
            self.memory.draft.push(Part { spelling, weight });
        }
    }

    pub(super) fn add_spelling(&mut self, spelling: Spelling) {
        self.memory.draft.push(Part { spelling, weight: Weight::Light });
    }

    /// The next wording of that line, with all that is known put in.
    pub(super) fn line(&mut self, key: &str) -> Spelling {
        self.memory.variant = self.memory.variant.wrapping_add(1);
        let line = self.pack.line(key, self.memory.variant, &self.values());
        Spelling { text: raised(&line.text), speech: line.speech }
    }

    /// Says what was put together, in one reply.
    pub(super) fn say(&mut self, awaiting: Awaiting) {
        if self.memory.draft.is_empty() {
            self.add_line("ask_problem");
        }
        let mut told = Told {
            reply: Reply { text: String::new(), speech: String::new(), awaiting },
            price_until: None,
            read_back_until: None,
        };
        for part in std::mem::take(&mut self.memory.draft) {
            append(&mut told.reply.text, &part.spelling.text);
            append(&mut told.reply.speech, &part.spelling.speech);
            let until = Some(told.reply.speech.chars().count());
            match part.weight {
                Weight::Light => {}
                Weight::Price => told.price_until = until,
                Weight::ReadBack => (told.price_until, told.read_back_until) = (until, until),
            }
        }
        if told.price_until.is_some() {
            self.outputs.push_back(Output::Mark(Mark::PriceTold));
        }
        self.memory.deal.price_told |= told.price_until.is_some();
        self.memory.deal.read_back_told |= told.read_back_until.is_some();
        self.outputs.push_back(Output::Say(told.reply.clone()));
        self.memory.last = Some(told);
    }

    pub(super) fn values(&self) -> Vec<(&'static str, Spelling)> {
        let mut values = self.values_of_person();
        values.extend(self.values_of_work());
        values.extend(self.values_of_price());
        values.extend(self.values_of_slot());
        match self.memory.day {
            Some(_) => values.extend(self.values_of_day()),
            None => values.extend(self.values_of_orders()),
        }
        values
    }

    fn values_of_person(&self) -> Vec<(&'static str, Spelling)> {
        let (known, lang) = (&self.memory.known, self.pack.language);
        let mut values = Vec::with_capacity(32);
        if let Some(name) = &known.name {
            values.push(("name", phrase::plain(name)));
        }
        if let Some(phone) = &known.phone {
            values.push(("phone", phrase::phone(phone, lang)));
        }
        let elsewhere = known.address.city.as_ref().is_some_and(|city| !self.is_home(city));
        if let Some(street) = &known.address.street {
            values.push(("street", phrase::plain(street)));
            values.push(("address", phrase::address(&known.address, elsewhere, lang)));
        }
        values.push(("city", phrase::plain(&self.city())));
        values
    }

    fn values_of_work(&self) -> Vec<(&'static str, Spelling)> {
        let mut values = Vec::new();
        if let Some(category) = self.memory.known.category {
            values.push(("trade", lowered(self.pack.line(trade_line(category), 0, &[]))));
        }
        let Some(code) = &self.memory.known.diagnosis else {
            return values;
        };
        if let Some(brief) = self.pack.brief(code) {
            values.push(("diagnosis", brief.clone()));
            values.push(("problem", brief));
        }
        if let Some(findings) = self.pack.findings(code) {
            values.push(("duration", phrase::duration(findings.minutes, self.pack.language)));
        }
        values
    }

    fn values_of_price(&self) -> Vec<(&'static str, Spelling)> {
        let lang = self.pack.language;
        let (Some(quote), Some(facts)) = (&self.memory.deal.quote, &self.memory.deal.price) else {
            return self.price_of_any_work().into_iter().collect();
        };
        let base = self.pack.prices.base_of(facts.category);
        let mut values = vec![
            ("price", phrase::money_range(quote.min, quote.max, lang)),
            ("base", phrase::money(base, lang)),
        ];
        values.push(("parts", phrase::money(quote.parts, lang)));
        if !quote.modifiers.is_empty() {
            values.push(("modifiers", self.modifiers(quote)));
        }
        values
    }

    /// The bare work of the cheapest and the dearest trade, before anything is known.
    fn price_of_any_work(&self) -> Option<(&'static str, Spelling)> {
        let bases = Category::ALL.map(|category| self.pack.prices.base_of(category));
        let (least, most) = (bases.iter().min()?, bases.iter().max()?);
        let range = phrase::money_range(*least, *most, self.pack.language);
        Some(("price", range))
    }

    /// "наценка за срочность ×1,3 и …".
    fn modifiers(&self, quote: &Quote) -> Spelling {
        let told = quote.modifiers.iter().map(|modifier| {
            let why = self.pack.line(&format!("modifier_{}", modifier.name), 0, &[]);
            let hundredths = (modifier.factor * 100.0).round() as i64;
            let by = phrase::factor(hundredths, self.pack.language);
            Spelling {
                text: format!("{} {}", lower(&why.text), by.text),
                speech: format!("{} {}", lower(&why.speech), by.speech),
            }
        });
        phrase::list(&told.collect::<Vec<_>>(), self.pack.language)
    }

    fn values_of_slot(&self) -> Vec<(&'static str, Spelling)> {
        let deal = &self.memory.deal;
        let Some(offer) = &deal.offer else {
            return Vec::new();
        };
        let mut values = vec![("when", self.moment(offer)), ("when1", self.moment(offer))];
        if let Some(other) = deal.others.first() {
            values.push(("when2", self.moment(other)));
        }
        values
    }

    fn values_of_orders(&self) -> Vec<(&'static str, Spelling)> {
        let lang = self.pack.language;
        if let Some(booked) = &self.memory.deal.booked {
            return vec![
                ("number", phrase::code(&booked.number, lang)),
                ("master", phrase::plain(&booked.master_name)),
                ("code", phrase::code(&booked.door_code, lang)),
                ("link", phrase::plain(&booked.tracking)),
            ];
        }
        let Some(order) = self.earlier_order() else {
            return Vec::new();
        };
        let mut values = vec![
            ("number", phrase::code(&order.number, lang)),
            ("master", phrase::plain(&order.master_name)),
            ("code", phrase::code(&order.door_code, lang)),
            ("diagnosis", phrase::plain(&order.diagnosis)),
            ("problem", phrase::plain(&order.diagnosis)),
            ("status", lowered(self.pack.line(&format!("step_{}", order.status), 0, &[]))),
        ];
        if self.memory.deal.offer.is_none() {
            values.push(("when", self.moment(&order.offer)));
        }
        values
    }

    pub(super) fn moment(&self, offer: &Offer) -> Spelling {
        phrase::moment(offer.start, self.now, &self.memory.setup.zone, self.pack.language)
    }
}

fn trade_line(category: Category) -> &'static str {
    match category {
        Category::Electrical => "trade_electrical",
        Category::Plumbing => "trade_plumbing",
        Category::Appliance => "trade_appliance",
        Category::General => "trade_general",
    }
}

/// The question in other words, where the pack has them; the others are put as before.
fn again_line(question: &Question) -> Option<&'static str> {
    match question {
        Question::Problem => Some("ask_problem_again"),
        Question::Time => Some("ask_time_again"),
        Question::Slot | Question::SlotCheck => Some("ask_slot_again"),
        Question::Name => Some("ask_name_again"),
        Question::Phone => Some("ask_phone_again"),
        Question::ReadBack => Some("ask_confirm"),
        Question::Clarification(_) | Question::Address | Question::City | Question::Street => None,
        Question::House | Question::Flat | Question::AddressCheck | Question::OtherSlots => None,
        Question::PhoneCheck | Question::Correction | Question::CallBackWanted => None,
        Question::CancelSure | Question::Complaint | Question::Joining(_) => None,
        Question::Day => Some("day_ask_again"),
        Question::DayPrice | Question::DayPriceSure | Question::DayHours => None,
    }
}

/// A line of its own begins with a capital; inside another it does not.
fn lowered(line: Spelling) -> Spelling {
    Spelling { text: lower(&line.text), speech: lower(&line.speech) }
}

fn lower(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    first.to_lowercase().chain(letters).collect()
}

/// A value that opens a sentence gets its capital.
fn raised(text: &str) -> String {
    let mut opens = false;
    let mut raised = String::with_capacity(text.len());
    for letter in text.chars() {
        if opens && letter.is_lowercase() {
            raised.extend(letter.to_uppercase());
        } else {
            raised.push(letter);
        }
        opens = letter == ' ' && raised.trim_end().ends_with(['.', '!', '?']);
    }
    raised
}

fn append(text: &mut String, part: &str) {
    if !text.is_empty() && !part.is_empty() {
        text.push(' ');
    }
    text.push_str(part);
}
