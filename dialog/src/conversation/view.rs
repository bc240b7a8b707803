//! The conversation's memory as the API shows it (SPEC section 8).
//!
//! **Never here:** decisions.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use job_core::trade::Urgency;

use super::Memory;
use super::memory::{Question, Task};
use crate::pack::Pack;
use crate::state::{Awaiting, OfferView, RequestedTime, Slots, State, Status};

pub(super) fn state(memory: &Memory, pack: &Pack) -> State {
    let outcome = memory.outcome.as_ref();
    let deal = &memory.deal;
    State {
        phase: phase(memory).to_owned(),
        awaiting: memory.awaiting(),
        slots: slots(memory, pack),
        quote: deal.quote.clone(),
        offer: deal.offer.as_ref().map(|offer| OfferView {
            start: told(offer.start, &memory.setup.zone),
            end: told(offer.end, &memory.setup.zone),
            master_id: offer.master_id.clone(),
        }),
        job_id: deal.booked.as_ref().map(|booked| booked.job.clone()),
        status: outcome.map_or(Status::Active, |outcome| outcome.status),
        intent: memory.intent,
        safety: memory.dangers.last().cloned(),
        language: memory.language,
    }
}

/// Where the conversation is, in one word.
fn phase(memory: &Memory) -> &'static str {
    if memory.deal.booked.is_some() {
        return "booked";
    }
    if memory.outcome.is_some() {
        return "over";
    }
    match &memory.task {
        Task::Order => order_phase(memory),
        Task::Status => "status",
        Task::Cancel => "cancel",
        Task::Move => "reschedule",
        Task::Complain => "complaint",
        Task::Apply => "work_application",
        Task::CallBack(_) => "call_back",
        Task::Join => "onboarding",
        Task::Day => "day",
    }
}

fn order_phase(memory: &Memory) -> &'static str {
    if memory.asked == Some(Question::CallBackWanted) {
        return "no_offer";
    }
    match memory.awaiting() {
        Awaiting::Problem | Awaiting::Clarification => "problem",
        Awaiting::Address => "address",
        Awaiting::Time => "time",
        Awaiting::SlotChoice => "offer",
        Awaiting::Name | Awaiting::Phone => "contact",
        Awaiting::Confirmation => "confirmation",
        Awaiting::FullName | Awaiting::City | Awaiting::Specializations => "onboarding",
        Awaiting::Experience | Awaiting::Certificates | Awaiting::Schedule => "onboarding",
        Awaiting::Email | Awaiting::Terminal => "onboarding",
        Awaiting::None => "over",
    }
}

fn slots(memory: &Memory, pack: &Pack) -> Slots {
    let known = &memory.known;
    let findings = known.diagnosis.as_ref().and_then(|code| pack.findings(code));
    let urgent = known.urgent || known.time.is_some_and(|time| time.urgent);
    let mut address = known.address.clone();
    if address.street.is_some() && address.city.is_none() {
        address.city = Some(pack.places.home_city.clone());
    }
    Slots {
        category: known.category,
        diagnosis: findings.as_ref().map(|findings| findings.diagnosis.clone()),
        urgency: match (&findings, urgent) {
            (_, true) => Some(Urgency::Urgent),
            (Some(findings), false) => Some(findings.urgency),
            (None, false) => None,
        },
        complexity: findings.as_ref().map(|findings| findings.complexity),
        address,
        requested_time: known.time.map(|time| RequestedTime {
            from: time.wish.from.map(|at| told(at, &memory.setup.zone)),
            to: time.wish.to.map(|at| told(at, &memory.setup.zone)),
        }),
        name: known.name.clone(),
        phone: known.phone.clone(),
        joined: (memory.task == Task::Join).then(|| memory.joining.told.clone()),
    }
}

/// RFC 3339 with the organisation's offset.
fn told(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
