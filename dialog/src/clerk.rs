//! The clerk carries a conversation's questions to the job core and brings the answers back.
//!
//! **Never here:** decisions; what the core refuses is refused.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use job_core::day::DayAct;
use job_core::ids::ConversationId;
use job_core::order::Order;
use job_core::store::{OrgStore, StoreError};
use job_core::usage::{MicroRoubles, Used};

use crate::conversation::{Answer, Request};
use crate::llm::{Budget, Thinker, Thought};
use crate::pack::Pack;

/// Answers one request. A store that fails is answered with [`Answer::Failed`] and logged without
/// personal data.
///
/// `random`: 64 bits nobody can guess, used by a booking for its door code and tracking link.
pub async fn answer(
    store: &OrgStore,
    pack: &Pack,
    conversation: &ConversationId,
    random: u64,
    now: Timestamp,
    request: &Request,
) -> Answer {
    let clerk = Clerk { store, pack, conversation, random, now };
    match clerk.ask(request).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(%conversation, request = name(request), %error, "the core has failed");
            Answer::Failed(error.to_string())
        }
    }
}

/// Asks a model, where there is one and the budget allows it; one that is away or odd is logged and counts as
/// none.
pub async fn think(
    store: &OrgStore,
    conversation: &ConversationId,
    now: Timestamp,
    thinker: Option<&dyn Thinker>,
    thought: &Thought,
) -> Answer {
    let Some(thinker) = thinker else {
        return Answer::Thought(None);
    };
    let thinking = async {
        if is_spent(store, conversation, now, thinker.budget()).await? {
            tracing::warn!(%conversation, "the budget is spent: no model is asked");
            return Ok(None);
        }
        let proposal = match thinker.think(thought).await {
            Ok(proposal) => proposal,
            Err(error) => {
                tracing::warn!(%conversation, %error, reason = thought.reason, "no model has helped");
                return Ok(None);
            }
        };
        store.add_usage(conversation, &proposal.used, now).await?;
        Ok::<_, StoreError>(Some(proposal))
    };
    let said = |error: &StoreError| tracing::error!(%conversation, %error, "usage is not counted");
    Answer::Thought(thinking.await.inspect_err(said).ok().flatten())
}

async fn is_spent(
    store: &OrgStore,
    conversation: &ConversationId,
    now: Timestamp,
    budget: Budget,
) -> Result<bool, StoreError> {
    let sum = |used: Vec<Used>| MicroRoubles(used.iter().map(|used| used.cost.0).sum());
    let own = match budget.conversation {
        Some(_) => sum(store.usage_of(conversation).await?),
        None => MicroRoubles::default(),
    };
    let month = match budget.month {
        Some(_) => {
            let zone = store.settings().await?.time_zone().unwrap_or(TimeZone::UTC);
            let first = now.to_zoned(zone).first_of_month().and_then(|it| it.start_of_day());
            let from = first.map_or(now, |first| first.timestamp());
            // This very moment counts too.
            let until = now.saturating_add(SignedDuration::from_secs(1)).unwrap_or(now);
            sum(store.usage_between(from, until).await?)
        }
        None => MicroRoubles::default(),
    };
    Ok(budget.is_spent(own, month))
}

struct Clerk<'a> {
    store: &'a OrgStore,
    pack: &'a Pack,
    conversation: &'a ConversationId,
    random: u64,
    now: Timestamp,
}

impl Clerk<'_> {
    async fn ask(&self, request: &Request) -> Result<Answer, StoreError> {
        let (store, own, now) = (self.store, self.conversation, self.now);
        Ok(match request {
            Request::Caller { phone } => {
                match store.day(phone, &DayAct::Look, own.as_str(), now).await? {
                    Some(told) => Answer::Day(Box::new(told)),
                    None => Answer::Caller(store.caller(phone).await?),
                }
            }
            Request::Day { phone, act } => match store.day(phone, act, own.as_str(), now).await? {
                Some(told) => Answer::Day(Box::new(told)),
                None => Answer::Failed("the master is no longer active".into()),
            },
            Request::Feasible { work, wish } => {
                Answer::Feasible(store.feasible(work, wish, Some(own), now).await?)
            }
            Request::Hold { work, offer } => Answer::Held(store.hold(work, offer, own, now).await?),
            Request::Release { hold } => {
                store.release(hold).await?;
                Answer::Released
            }
            Request::Book(order) => self.book(order).await?,
            Request::Cancel { job } => {
                Answer::Cancelled(store.cancel(job, own.as_str(), now).await?)
            }
            Request::Move { job, offer } => {
                Answer::Moved(store.move_to(job, offer, own, now).await?)
            }
            Request::Complain { job, phone, words } => {
                store.complain(job.as_ref(), phone.as_deref(), words, now).await?;
                Answer::Complained
            }
            Request::CallBack { phone, reason } => {
                store.call_back(phone.as_deref(), reason, now).await?;
                Answer::CallBackNoted
            }
            Request::Enrol(applicant) => {
                store.enrol(applicant, now).await?;
                Answer::Enrolled
            }
            // Lines are put through where they end, not here.
            Request::PutThrough => Answer::PutThrough(false),
            // Models are asked where they are at hand, not here.
            Request::Think(_) => Answer::Thought(None),
        })
    }

    async fn book(&self, order: &Order) -> Result<Answer, StoreError> {
        let booked = self.store.book(order, &self.pack.prices, self.now, self.random).await?;
        Ok(Answer::Booked(booked))
    }
}

fn name(request: &Request) -> &'static str {
    match request {
        Request::Caller { .. } => "caller",
        Request::Feasible { .. } => "feasible",
        Request::Hold { .. } => "hold",
        Request::Release { .. } => "release",
        Request::Book(_) => "book",
        Request::Cancel { .. } => "cancel",
        Request::Move { .. } => "move",
        Request::Complain { .. } => "complain",
        Request::CallBack { .. } => "call_back",
        Request::Day { .. } => "day",
        Request::Enrol(_) => "enrol",
        Request::PutThrough => "put_through",
        Request::Think(_) => "think",
    }
}
