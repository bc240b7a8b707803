//! What the job core answered, and where that leads.
//!
//! **Never here:** words of the caller.

use job_core::conversation::Kind;
use job_core::order::{Booked, CallerCard, Refused};
use job_core::slot::{Feasibility, Offer};

use super::memory::{Fit, Nobody, Question, Task};
use super::{Answer, Conversation, Output, Request, RequestId};
use crate::state::{Awaiting, Intent, Status};

impl Conversation {
    /// The channel is open: greet, or take up the question where the line broke.
    pub(super) fn opened(&mut self) {
        if !self.memory.opened {
            self.memory.opened = true;
            return match (&self.memory.setup.phone, self.memory.setup.kind) {
                (Some(phone), Kind::ClientRequest) => {
                    let phone = phone.clone();
                    self.request(Request::Caller { phone });
                }
                (None, _) | (_, Kind::MasterOnboarding) => self.greet(),
            };
        }
        self.take_up();
    }

    fn take_up(&mut self) {
        let over = |status| !matches!(status, Status::Active | Status::Abandoned);
        if self.memory.outcome.as_ref().is_some_and(|outcome| over(outcome.status)) {
            return self.say_goodbye_again();
        }
        self.memory.outcome = None;
        self.memory.silences = 0;
        self.memory.misses = 0;
        self.memory.deaf = false;
        self.memory.broken_off = None;
        match &self.memory.known.diagnosis {
            Some(_) => self.add_line("resume"),
            None => self.add_line(self.greeting()),
        }
        match self.memory.pending.take() {
            Some(pending) => self.request(pending.request),
            None => self.go_on(),
        }
    }

    /// The greeting asks what has happened.
    fn greet(&mut self) {
        self.add_line(self.greeting());
        if matches!(self.memory.task, Task::Join | Task::Day) {
            return self.go_on();
        }
        self.memory.asked = Some(Question::Problem);
        self.say(Awaiting::Problem);
    }

    fn greeting(&self) -> &'static str {
        let named = self.memory.earlier.card.as_ref().is_some_and(|card| !card.name.is_empty());
        match (named, self.memory.by_voice()) {
            _ if self.memory.task == Task::Join => "join_greeting",
            _ if self.memory.task == Task::Day => "day_greeting",
            (true, _) => "greeting_known",
            (false, true) => "greeting_phone",
            (false, false) => "greeting_text",
        }
    }

    pub(super) fn answered(&mut self, id: RequestId, answer: Answer) {
        let Some(pending) = self.memory.pending.take_if(|pending| pending.id == id) else {
            return self.drop_late(answer);
        };
        match answer {
            Answer::Caller(card) => self.recognised(card),
            Answer::Day(told) => self.day_told(&pending.request, *told),
            Answer::Feasible(feasibility) => self.weigh(&pending.request, feasibility),
            Answer::Held(Ok(hold)) => {
                self.memory.deal.hold = Some(hold);
                self.go_on();
            }
            Answer::Held(Err(refused)) => self.lost_slot(&refused),
            Answer::Booked(Ok(booked)) => self.booked(booked),
            Answer::Booked(Err(refused)) => self.not_booked(&refused),
            Answer::Cancelled(done) => self.cancelled(done),
            Answer::Moved(done) => self.moved(done),
            Answer::Complained => {
                self.add_line("complaint_taken");
                self.close("goodbye", "complaint", Status::Completed);
            }
            Answer::Enrolled => {
                self.memory.joining.enrolled = true;
                self.go_on();
            }
            Answer::CallBackNoted => self.promise(&pending.request),
            Answer::PutThrough(done) => self.put_through(done),
            // It was said when the person was called.
            Answer::PersonCalled => {}
            Answer::Thought(proposal) => self.thought_over(proposal),
            Answer::Released => self.go_on(),
            Answer::Failed(_) => self.core_failed(&pending.request),
        }
        self.hear_later();
        if let Some(reason) = self.memory.broken_off.take() {
            self.break_off(&reason);
        }
    }

    /// A slot held for a question nobody asks any more is given back.
    fn drop_late(&mut self, answer: Answer) {
        if let Answer::Held(Ok(hold)) = answer {
            let id = self.number_request();
            self.outputs.push_back(Output::Ask(id, Request::Release { hold }));
        }
    }

    /// What was said while the core was thinking.
    fn hear_later(&mut self) {
        while self.memory.pending.is_none() && !self.memory.later.is_empty() {
            let (text, confidence) = self.memory.later.remove(0);
            if self.memory.outcome.is_none() {
                self.said(text, confidence);
            }
        }
    }

    fn recognised(&mut self, card: Option<CallerCard>) {
        self.memory.earlier.looked_up = true;
        if let Some(card) = &card
            && self.memory.known.name.is_none()
            && !card.name.is_empty()
        {
            self.memory.known.name = Some(card.name.clone());
        }
        self.propose_address(card.as_ref());
        self.memory.earlier.card = card;
        self.greet_or_go_on();
    }

    /// The address of before is proposed, not assumed.
    fn propose_address(&mut self, card: Option<&CallerCard>) {
        let Some(address) = card.and_then(|card| card.address.clone()) else {
            return;
        };
        let known = &mut self.memory.known;
        if known.address.street.is_none() && address.street.is_some() && address.house.is_some() {
            known.address = address;
            known.address_doubtful = true;
            known.flat_asked = true;
        }
    }

    fn greet_or_go_on(&mut self) {
        if self.memory.last.is_none() {
            self.greet();
        } else {
            self.go_on();
        }
    }

    fn weigh(&mut self, request: &Request, feasibility: Feasibility) {
        if let Request::Feasible { work, .. } = request {
            self.memory.deal.city_checked = Some(work.city.clone());
        }
        match feasibility {
            Feasibility::NoMasters => self.nobody(Nobody::NoMasters),
            Feasibility::Full => self.nobody(Nobody::Full),
            Feasibility::Can { offer, others } => self.put(Fit::Can, offer, others),
            Feasibility::Partly { offer, others } => self.put(Fit::Partly, offer, others),
            Feasibility::Cannot { next, others } => self.put(Fit::Cannot, next, others),
        }
        self.go_on();
    }

    fn only_city_asked(&self) -> bool {
        let moving = self.memory.task == Task::Move;
        let unknown = self.memory.known.diagnosis.is_none();
        let open =
            unknown || self.memory.known.time.is_none() || self.open_address_question().is_some();
        open && !moving
    }

    /// Lays a slot on the table with its price.
    fn put(&mut self, fit: Fit, offer: Offer, others: Vec<Offer>) {
        if self.only_city_asked() {
            return;
        }
        let deal = &mut self.memory.deal;
        deal.fit = if std::mem::take(&mut deal.lost) { Fit::Taken } else { fit };
        deal.offer = Some(offer.clone());
        deal.others = others;
        self.memory.deal.day = Some(self.local(offer.start).date());
        self.price_again();
    }

    fn lost_slot(&mut self, refused: &Refused) {
        tracing::debug!(%refused, "the slot is gone");
        self.memory.deal.hold = None;
        self.memory.deal.refusals += 1;
        self.forget_offer();
        self.memory.deal.lost = true;
        self.go_on();
    }

    fn not_booked(&mut self, refused: &Refused) {
        let expired = matches!(refused, Refused::HoldExpired(_)) && !self.memory.deal.held_again;
        if !expired {
            return self.lost_slot(refused);
        }
        self.memory.deal.held_again = true;
        self.memory.deal.hold = None;
        self.go_on();
    }

    fn booked(&mut self, booked: Booked) {
        let deal = &mut self.memory.deal;
        deal.quote = Some(booked.quote.clone());
        deal.offer = Some(booked.offer.clone());
        deal.booked = Some(booked);
        self.memory.intent = Intent::Book;
        self.add_line("booked");
        if !self.memory.by_voice() {
            self.add_line("booked_link");
        }
        self.close("goodbye", "booked", Status::Completed);
    }

    /// The core has noted it: only now is it promised.
    fn promise(&mut self, request: &Request) {
        let Request::CallBack { reason, .. } = request else {
            return self.go_on();
        };
        let known = self.memory.known.phone.is_some();
        let (line, status) = match (reason.as_str(), known) {
            ("operator", true) => ("operator", Status::Escalated),
            ("operator", false) => ("operator_text", Status::Escalated),
            ("core_failed", _) => ("core_failed", Status::Escalated),
            ("too_long", _) => ("time_limit", Status::Escalated),
            ("work_application", true) => ("work_application", Status::Completed),
            (_, true) => ("call_back", Status::Escalated),
            (_, false) => ("call_back_text", Status::Escalated),
        };
        if reason == "deaf" {
            self.add_line("deaf_keys");
        }
        self.close(line, reason, status);
    }

    fn core_failed(&mut self, request: &Request) {
        match request {
            Request::Caller { .. } if self.memory.last.is_none() => {
                self.memory.earlier.looked_up = false;
                self.greet();
            }
            Request::PutThrough => self.put_through(false),
            Request::Think(_) => self.thought_over(None),
            Request::CallBack { .. } => {
                self.close("core_failed", "core_failed", Status::Escalated);
            }
            Request::Caller { .. }
            | Request::Enrol(_)
            | Request::Feasible { .. }
            | Request::Hold { .. }
            | Request::Release { .. }
            | Request::Book(_)
            | Request::Cancel { .. }
            | Request::Move { .. }
            | Request::Day { .. }
            | Request::Complain { .. } => self.call_back("core_failed"),
        }
    }
}
