//! The course of a conversation: given what is known, the one thing to do next.
//!
//! The caller leads; this only says what is still missing, in the order a good dispatcher would ask.
//!
//! **Never here:** understanding words, wording replies.

use job_core::order::{Findings, Order};
use job_core::place::place_key;
use job_core::price::PriceFacts;
use job_core::slot::{Wish, Work};
use job_core::trade::Category;

use super::memory::{Nobody, Pending, Question, Task, Weight};
use super::{Conversation, Output, Request, RequestId};
use crate::state::Status;

/// The one thing to do next.
pub(super) enum Step {
    Ask(Question),
    Request(Request),
    /// Say this line and part.
    Close {
        line: &'static str,
        reason: &'static str,
        status: Status,
    },
    CallBack(&'static str),
}

impl Conversation {
    /// Does the next thing: asks the caller, asks the core, or ends.
    pub(super) fn go_on(&mut self) {
        if self.memory.outcome.is_some() || self.memory.pending.is_some() {
            return;
        }
        match self.next() {
            Step::Ask(question) => self.ask(question),
            Step::Request(request) => self.request(request),
            Step::Close { line, reason, status } => self.close(line, reason, status),
            Step::CallBack(reason) => self.call_back(reason),
        }
    }

    fn next(&mut self) -> Step {
        match &self.memory.task {
            Task::Order => self.next_for_order(),
            Task::Status | Task::Cancel | Task::Move => self.next_for_earlier_order(),
            Task::Complain => self.next_for_complaint(),
            Task::Apply => self.next_for_application(),
            Task::CallBack(_) => self.next_for_call_back(),
            Task::Join => self.next_for_joining(),
            Task::Day => Step::Ask(Question::Day),
        }
    }

    fn next_for_order(&mut self) -> Step {
        let Some(code) = self.memory.known.diagnosis.clone() else {
            return self.next_for_city().unwrap_or(Step::Ask(Question::Problem));
        };
        if self.pack.is_vague(&code) && !self.memory.known.detail_asked {
            self.memory.known.detail_asked = true;
            return Step::Ask(Question::Problem);
        }
        if let Some(question) = self.pack.clarification(&code, &self.memory.known.clarified) {
            return Step::Ask(Question::Clarification(question.name));
        }
        if let Some(step) = self.next_for_city() {
            return step;
        }
        if let Some(question) = self.open_address_question() {
            return Step::Ask(question);
        }
        self.next_for_slot()
    }

    /// A caller from elsewhere learns at once whether anybody works there.
    fn next_for_city(&self) -> Option<Step> {
        if self.memory.deal.nobody.is_some() {
            return Some(Step::Ask(Question::CallBackWanted));
        }
        let city = self.memory.known.address.city.as_ref()?;
        let known = self.is_home(city) || self.memory.deal.city_checked.as_ref() == Some(city);
        if known {
            return None;
        }
        Some(Step::Request(Request::Feasible {
            work: self.work().unwrap_or_else(|| self.any_work()),
            wish: self.wish(),
        }))
    }

    pub(super) fn open_address_question(&self) -> Option<Question> {
        let (known, address) = (&self.memory.known, &self.memory.known.address);
        if address.street.is_none() {
            let nothing = address.house.is_none() && address.flat.is_none();
            return Some(if nothing { Question::Address } else { Question::Street });
        }
        if address.house.is_none() {
            return Some(Question::House);
        }
        if address.flat.is_none() && !known.flat_asked {
            return Some(Question::Flat);
        }
        known.address_doubtful.then_some(Question::AddressCheck)
    }

    fn next_for_slot(&mut self) -> Step {
        let deal = &self.memory.deal;
        let wish = self.memory.known.time.map(|time| time.wish);
        let (Some(wish), false) = (wish, deal.wish_refused) else {
            return Step::Ask(Question::Time);
        };
        let Some(work) = self.work() else {
            return Step::Ask(Question::Problem);
        };
        let Some(offer) = deal.offer.clone() else {
            return Step::Request(Request::Feasible { work, wish });
        };
        if !deal.accepted {
            return Step::Ask(self.slot_question());
        }
        if deal.hold.is_none() {
            return Step::Request(Request::Hold { work, offer });
        }
        self.next_for_person()
    }

    pub(super) fn slot_question(&self) -> Question {
        let deal = &self.memory.deal;
        if deal.accept_doubtful {
            Question::SlotCheck
        } else if deal.others_shown {
            Question::OtherSlots
        } else {
            Question::Slot
        }
    }

    fn next_for_person(&mut self) -> Step {
        let known = &self.memory.known;
        if known.name.is_none() && !known.name_given_up && !self.memory.deaf {
            return Step::Ask(Question::Name);
        }
        if let Some(question) = self.open_phone_question() {
            return Step::Ask(question);
        }
        if !self.memory.deal.confirmed {
            return Step::Ask(Question::ReadBack);
        }
        match self.order() {
            Some(order) => Step::Request(Request::Book(Box::new(order))),
            None => Step::CallBack("incomplete"),
        }
    }

    pub(super) fn open_phone_question(&self) -> Option<Question> {
        let known = &self.memory.known;
        if known.phone.is_none() {
            return Some(Question::Phone);
        }
        known.phone_doubtful.then_some(Question::PhoneCheck)
    }

    fn next_for_call_back(&mut self) -> Step {
        if self.memory.by_voice()
            && let Some(question) = self.open_phone_question()
        {
            return Step::Ask(question);
        }
        let Task::CallBack(reason) = &self.memory.task else {
            return Step::CallBack("operator");
        };
        Step::Request(Request::CallBack {
            phone: self.memory.known.phone.clone(),
            reason: reason.clone(),
        })
    }

    fn next_for_application(&mut self) -> Step {
        if self.memory.known.name.is_none() && !self.memory.known.name_given_up {
            return Step::Ask(Question::Name);
        }
        if let Some(question) = self.open_phone_question() {
            return Step::Ask(question);
        }
        Step::Request(Request::CallBack {
            phone: self.memory.known.phone.clone(),
            reason: "work_application".into(),
        })
    }

    pub(super) fn request(&mut self, request: Request) {
        let id = self.number_request();
        self.memory.pending = Some(Pending { id, request: request.clone(), silences: 0 });
        self.outputs.push_back(Output::Ask(id, request));
    }

    pub(super) fn number_request(&mut self) -> RequestId {
        self.memory.requests += 1;
        RequestId(self.memory.requests)
    }

    /// Drops what was offered, and gives a held slot back.
    pub(super) fn forget_offer(&mut self) {
        self.release();
        self.memory.draft.retain(|part| part.weight != Weight::Price);
        let deal = &mut self.memory.deal;
        deal.offer = None;
        deal.others.clear();
        deal.others_shown = false;
        deal.wish_refused = false;
        deal.accepted = false;
        deal.accept_doubtful = false;
        deal.price = None;
        deal.quote = None;
        deal.price_told = false;
        deal.nobody = None;
        self.unconfirm();
    }

    pub(super) fn unconfirm(&mut self) {
        self.memory.deal.confirmed = false;
        self.memory.deal.read_back_told = false;
    }

    /// The answer to a release changes nothing, so nothing waits for it.
    pub(super) fn release(&mut self) {
        let Some(hold) = self.memory.deal.hold.take() else {
            return;
        };
        let id = self.number_request();
        self.outputs.push_back(Output::Ask(id, Request::Release { hold }));
    }

    pub(super) fn findings(&self) -> Option<Findings> {
        self.pack.findings(self.memory.known.diagnosis.as_ref()?)
    }

    /// What has to fit into a master's day.
    pub(super) fn work(&self) -> Option<Work> {
        if let Some(order) = self.order_to_move() {
            return Some(self.work_of(order));
        }
        let address = &self.memory.known.address;
        Some(Work {
            category: self.memory.known.category?,
            minutes: self.findings()?.minutes,
            city: self.city(),
            street: address.street.clone(),
            urgent: self.urgent(),
        })
    }

    /// Whatever it will be: asks only who works in that city.
    fn any_work(&self) -> Work {
        const MINUTES: i64 = 60;

        Work {
            category: Category::General,
            minutes: MINUTES,
            city: self.city(),
            street: None,
            urgent: false,
        }
    }

    pub(super) fn is_home(&self, city: &str) -> bool {
        place_key(city) == place_key(&self.pack.places.home_city)
    }

    pub(super) fn city(&self) -> String {
        let city = self.memory.known.address.city.as_ref();
        city.unwrap_or(&self.pack.places.home_city).clone()
    }

    pub(super) fn urgent(&self) -> bool {
        self.memory.known.urgent || self.memory.known.time.is_some_and(|time| time.urgent)
    }

    /// What the price depends on, as far as known now.
    pub(super) fn price_facts(&self) -> Option<PriceFacts> {
        let (known, prices) = (&self.memory.known, &self.pack.prices);
        let facts = PriceFacts {
            category: known.category?,
            urgent: self.urgent(),
            today: known.time.is_some_and(|time| time.today),
            long_description: known.problem_chars > prices.long_description_over,
            several_problems: known.several,
            evening_or_weekend: false,
            parts: self.findings()?.parts.iter().map(|part| part.cost).sum(),
        };
        Some(match &self.memory.deal.offer {
            Some(offer) => facts.in_slot(prices, offer.start, self.now, &self.memory.setup.zone),
            None => facts,
        })
    }

    /// Prices what is known; the sum is the core's.
    pub(super) fn price_again(&mut self) {
        let Some(facts) = self.price_facts() else {
            return;
        };
        let quote = job_core::price::quote(&self.pack.prices, &facts);
        if self.memory.deal.quote.as_ref() != Some(&quote) {
            self.memory.deal.price_told = false;
            self.unconfirm();
        }
        self.memory.deal.quote = Some(quote);
        self.memory.deal.price = Some(facts);
    }

    pub(super) fn local(&self, at: jiff::Timestamp) -> jiff::Zoned {
        at.to_zoned(self.memory.setup.zone.clone())
    }

    fn order(&self) -> Option<Order> {
        let (known, deal) = (&self.memory.known, &self.memory.deal);
        let mut address = known.address.clone();
        address.city = Some(self.city());
        Some(Order {
            conversation: self.memory.setup.id.clone(),
            channel: self.memory.setup.channel,
            language: self.memory.language,
            name: known.name.clone().unwrap_or_default(),
            phone: known.phone.clone()?,
            address,
            problem: known.problem.clone(),
            findings: self.findings()?,
            wish: self.wish(),
            hold: deal.hold.clone()?,
            offer: deal.offer.clone()?,
            price: deal.price.clone()?,
        })
    }

    /// Nothing is left to offer.
    pub(super) fn nobody(&mut self, why: Nobody) {
        self.forget_offer();
        self.memory.deal.nobody = Some(why);
    }

    /// Any time, where nothing was said.
    pub(super) fn wish(&self) -> Wish {
        self.memory.known.time.map(|time| time.wish).unwrap_or_default()
    }
}
