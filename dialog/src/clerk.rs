//! The clerk carries a conversation's questions to the job core and brings the answers back.
//!
//! **Never here:** decisions; what the core refuses is refused.

use jiff::Timestamp;
use job_core::day::DayAct;
use job_core::ids::ConversationId;
use job_core::order::Order;
use job_core::store::{OrgStore, StoreError};

use crate::conversation::{Answer, Request};
use crate::llm::{Thinker, Thought};
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

/// Asks a model, where there is one; one that is away or odd is logged and counts as none.
pub async fn think(thinker: Option<&dyn Thinker>, thought: &Thought) -> Answer {
    let Some(thinker) = thinker else {
        return Answer::Thought(None);
    };
    let proposal = thinker.think(thought).await;
    let said =
        |error: &String| tracing::warn!(%error, reason = thought.reason, "no model has helped");
    Answer::Thought(proposal.inspect_err(said).ok())
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
        Request::PutThrough => "put_through",
        Request::Think(_) => "think",
    }
}
