//! A job core made of a few rules: always the same answers, no database.

use dialog::conversation::{Answer, Request};
use jiff::{SignedDuration, Timestamp};
use job_core::ids::{HoldId, JobId, MasterId};
use job_core::order::Booked;
use job_core::price::{self, PriceList};
use job_core::slot::{Feasibility, Offer};

/// Answers like the real core would on a quiet day: the first half hour of the wish is free.
#[derive(Debug)]
pub struct QuietDay {
    pub prices: PriceList,
    pub booked: Vec<JobId>,
    /// Callers whom a person will phone back.
    pub called_back: usize,
}

impl QuietDay {
    pub fn new(prices: PriceList) -> Self {
        Self { prices, booked: Vec::new(), called_back: 0 }
    }

    pub fn answer(&mut self, now: Timestamp, request: Request) -> Answer {
        match request {
            Request::Caller { .. } => Answer::Caller(None),
            Request::Feasible { work, wish } => {
                let start = wish.from.unwrap_or(now + SignedDuration::from_hours(24));
                let end = start + SignedDuration::from_mins(work.minutes);
                let offer = Offer { start, end, master_id: MasterId::new("m1") };
                Answer::Feasible(Feasibility::Can { offer, others: Vec::new() })
            }
            Request::Hold { .. } => Answer::Held(Ok(HoldId::new("h1"))),
            Request::Release { .. } => Answer::Released,
            Request::Book(order) => {
                let job = JobId::new(format!("j{}", self.booked.len() + 1));
                self.booked.push(job.clone());
                Answer::Booked(Ok(Booked {
                    job,
                    number: "1001".into(),
                    quote: price::quote(&self.prices, &order.price),
                    offer: order.offer,
                    master_name: "Иван Петров".into(),
                    door_code: "4821".into(),
                    tracking: "/t/demo".into(),
                }))
            }
            Request::Cancel { .. } => Answer::Cancelled(Ok(())),
            Request::Move { offer, .. } => Answer::Moved(Ok(offer)),
            Request::Complain { .. } => Answer::Complained,
            Request::CallBack { .. } => {
                self.called_back += 1;
                Answer::CallBackNoted
            }
            Request::Enrol(_) => Answer::Enrolled,
            Request::PutThrough => Answer::PutThrough(false),
            Request::Think(_) => Answer::Thought(None),
            Request::Day { .. } => Answer::Failed("no masters here".into()),
        }
    }
}
