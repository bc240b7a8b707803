//! Earlier orders of a known caller: how they stand, giving one up, moving one, complaining.
//!
//! **Never here:** new orders (course).

use job_core::order::{OrderCard, Refused};
use job_core::slot::{Offer, Work};
use job_core::trade::Category;

use super::course::Step;
use super::hearing::Heard;
use super::memory::{Question, Task};
use super::{Conversation, Request};
use crate::state::{Intent, Status};

/// A complaint of more words than this needs no "what happened?".
const COMPLAINT_WORDS: usize = 8;

impl Conversation {
    /// The earlier order talked about.
    pub(super) fn earlier_order(&self) -> Option<&OrderCard> {
        self.memory.earlier.card.as_ref()?.orders.get(self.memory.earlier.order)
    }

    pub(super) fn order_to_move(&self) -> Option<&OrderCard> {
        if self.memory.task != Task::Move {
            return None;
        }
        self.earlier_order()
    }

    pub(super) fn work_of(&self, order: &OrderCard) -> Work {
        Work {
            category: self.pack.category(&order.findings.code).unwrap_or(Category::General),
            minutes: order.findings.minutes,
            city: order.city.clone(),
            street: order.street.clone(),
            urgent: false,
        }
    }

    pub(super) fn next_for_earlier_order(&mut self) -> Step {
        if let Some(question) = self.open_phone_question() {
            return Step::Ask(question);
        }
        if !self.memory.earlier.looked_up {
            let phone = self.memory.known.phone.clone().unwrap_or_default();
            return Step::Request(Request::Caller { phone });
        }
        let Some(order) = self.earlier_order() else {
            self.memory.task = Task::Order;
            self.add_line("no_orders");
            return Step::Ask(Question::Problem);
        };
        let job = order.job.clone();
        if self.memory.earlier.too_late {
            return Step::Ask(Question::CallBackWanted);
        }
        match self.memory.task {
            Task::Cancel if self.memory.earlier.sure => Step::Request(Request::Cancel { job }),
            Task::Cancel => Step::Ask(Question::CancelSure),
            Task::Move => self.next_for_move(),
            Task::Status | Task::Order | Task::Complain | Task::Apply | Task::Join | Task::Day => {
                self.add_line("status");
                Step::Close { line: "goodbye", reason: "told_status", status: Status::Completed }
            }
            Task::CallBack(_) => Step::CallBack("operator"),
        }
    }

    fn next_for_move(&mut self) -> Step {
        let deal = &self.memory.deal;
        if deal.nobody.is_some() {
            return Step::Ask(Question::CallBackWanted);
        }
        if self.memory.known.time.is_none() || deal.wish_refused {
            return Step::Ask(Question::Time);
        }
        let (Some(order), wish) = (self.order_to_move(), self.wish()) else {
            return Step::CallBack("incomplete");
        };
        let Some(offer) = deal.offer.clone() else {
            return Step::Request(Request::Feasible { work: self.work_of(order), wish });
        };
        if !deal.accepted {
            return Step::Ask(self.slot_question());
        }
        Step::Request(Request::Move { job: order.job.clone(), offer })
    }

    /// In an order not yet booked another time is meant, else an order of before.
    pub(super) fn wants_to_move(&mut self, heard: &Heard) {
        self.memory.intent = Intent::Reschedule;
        let in_order = self.memory.task == Task::Order && self.memory.known.diagnosis.is_some();
        if !in_order {
            self.memory.task = Task::Move;
            return;
        }
        self.memory.intent = Intent::Book;
        if heard.facts.time.is_none() && self.memory.deal.offer.is_some() {
            self.forget_offer();
            self.memory.deal.wish_refused = true;
        }
    }

    pub(super) fn wants_to_complain(&mut self, heard: &Heard) {
        self.memory.intent = Intent::Complaint;
        self.memory.task = Task::Complain;
        if heard.text.split_whitespace().count() > COMPLAINT_WORDS {
            self.memory.earlier.complaint.clone_from(&heard.text);
        }
    }

    pub(super) fn next_for_complaint(&mut self) -> Step {
        if self.memory.earlier.complaint.is_empty() {
            return Step::Ask(Question::Complaint);
        }
        Step::Request(Request::Complain {
            job: self.earlier_order().map(|order| order.job.clone()),
            phone: self.memory.known.phone.clone(),
            words: self.memory.earlier.complaint.clone(),
        })
    }

    pub(super) fn answer_complaint(&mut self, heard: &Heard) -> bool {
        self.memory.earlier.complaint = heard.text.trim().to_owned();
        true
    }

    pub(super) fn answer_cancel(&mut self, yes_no: Option<bool>) -> bool {
        match yes_no {
            Some(true) => self.memory.earlier.sure = true,
            Some(false) => self.keep_order(),
            None => return false,
        }
        true
    }

    /// Not this one: perhaps the next.
    fn keep_order(&mut self) {
        let orders = self.memory.earlier.card.as_ref().map_or(0, |card| card.orders.len());
        if self.memory.earlier.order + 1 < orders {
            self.memory.earlier.order += 1;
            return;
        }
        self.add_line("cancel_kept");
        self.close("goodbye", "order_kept", Status::Completed);
    }

    pub(super) fn cancelled(&mut self, done: Result<(), Refused>) {
        match done {
            Ok(()) => {
                self.close("cancelled", "cancelled", Status::Completed);
            }
            Err(refused) => self.cannot_change(&refused),
        }
    }

    pub(super) fn moved(&mut self, done: Result<Offer, Refused>) {
        match done {
            Ok(offer) => {
                self.memory.deal.offer = Some(offer);
                self.add_line("moved");
                self.close("goodbye", "moved", Status::Completed);
            }
            Err(Refused::Taken(_) | Refused::HoldExpired(_)) => {
                self.forget_offer();
                self.memory.deal.lost = true;
                self.go_on();
            }
            Err(refused @ (Refused::TooLate(..) | Refused::Unknown)) => {
                self.cannot_change(&refused)
            }
        }
    }

    /// The master may be at the door already: a person sorts it out.
    fn cannot_change(&mut self, refused: &Refused) {
        tracing::debug!(%refused, "the order cannot be changed");
        self.memory.earlier.too_late = true;
        self.go_on();
    }
}
