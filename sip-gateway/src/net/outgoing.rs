//! Calls of our own: a master is asked, a client is reminded. One message of the outbox is one call.
//!
//! **Never here:** what is said (the outbox, the pack), who picked up (`media/answerer`).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use job_core::ids::OrgId;
use job_core::outbox::Outcome;
use job_core::store::Message;
use job_core::trade::Language;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use web::post::Telephone;

use super::switchboard::{Switchboard, lock};
use crate::call::end::End;
use crate::clock;
use crate::sip::agent::{Leg, Why};
use crate::sip::budget::{Budget, NotAllowed};

/// Numbered apart from calls that come in and from browsers'.
const FIRST_LEG: u64 = 1 << 52;
/// Calls whose end nobody has asked after; the oldest are forgotten.
const FATES_MAX: usize = 4_096;

/// Calls we place ourselves.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The exchange that carries them, by its name under `[trunks]`; empty: we phone nobody.
    pub trunk: String,
    /// What a number must begin with, as in `["+7"]`.
    #[serde(deserialize_with = "prefixes")]
    pub prefixes: Vec<String>,
    /// At most so many.
    pub per_hour: usize,
}

/// One of them alone comes from the environment, and there `+7` is a number.
fn prefixes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let prefix = |value: Value| match value {
        Value::String(prefix) => prefix,
        number => format!("+{number}"),
    };
    Ok(match Value::deserialize(from)? {
        Value::Array(prefixes) => prefixes.into_iter().map(prefix).collect(),
        alone => vec![prefix(alone)],
    })
}

/// What somebody is phoned for.
#[derive(Debug, Clone)]
pub struct Errand {
    pub org: OrgId,
    /// E.164
    pub number: String,
    pub language: Language,
    /// Told first.
    pub words: String,
    /// … and how it is spoken, where that differs.
    pub speech: Option<String>,
    /// A master may answer, and is understood; others only listen.
    pub talks: bool,
    /// Whose line theirs is joined with then, and the address they are at.
    pub joins: Option<(Leg, String)>,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    UnderWay,
    Over(Outcome),
}

/// Places calls and remembers how each ended.
#[derive(Clone)]
pub struct Outgoing {
    board: Switchboard,
    trunk: Arc<str>,
    budget: Arc<Mutex<Budget>>,
    fates: Arc<Mutex<HashMap<u64, Fate>>>,
    next: Arc<AtomicU64>,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing").field("trunk", &self.trunk).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// `None` where we phone nobody.
    pub fn new(settings: Settings, board: Switchboard) -> Option<Self> {
        (!settings.trunk.is_empty()).then(|| Self {
            board,
            trunk: settings.trunk.into(),
            budget: Arc::new(Mutex::new(Budget::new(settings.prefixes, settings.per_hour))),
            fates: Arc::default(),
            next: Arc::new(AtomicU64::new(FIRST_LEG)),
        })
    }

    /// Places the call; how it goes on is asked by its leg.
    fn place(&self, errand: Errand) -> Leg {
        let leg = Leg(self.next.fetch_add(1, Ordering::Relaxed));
        self.note(leg, Fate::UnderWay);
        let outgoing = self.clone();
        tokio::spawn(async move {
            let told = outgoing.clone();
            let ended = Arc::new(move |ended| told.ended(leg, ended));
            if let Err(why) = outgoing.board.phone(leg, &outgoing.trunk, errand, ended).await {
                tracing::warn!(%leg, %why, "call not placed");
                outgoing.note(leg, Fate::Over(Outcome::Refused { why }));
            }
        });
        leg
    }

    fn ended(&self, leg: Leg, ended: Ended) {
        let outcome = outcome(ended);
        tracing::info!(%leg, ?outcome, "call of ours is over");
        self.note(leg, Fate::Over(outcome));
    }

    /// The first word about its end counts.
    fn note(&self, leg: Leg, fate: Fate) {
        let mut fates = lock(&self.fates);
        if let Some(Fate::Over(_)) = fates.get(&leg.0) {
            return;
        }
        if fates.len() >= FATES_MAX
            && let Some(oldest) = fates.keys().min().copied()
        {
            fates.remove(&oldest);
        }
        fates.insert(leg.0, fate);
    }
}

/// How a call of ours ended: before anybody picked up, or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Unanswered(Why),
    Answered(End),
}

/// Whoever could not be told by telephone is not phoned again but told by the next channel.
fn outcome(ended: Ended) -> Outcome {
    let why = match ended {
        Ended::Unanswered(Why::Refused(status @ (404 | 410 | 484 | 485 | 604))) => {
            format!("no such number: {status}")
        }
        Ended::Unanswered(Why::Refused(status @ (403 | 603 | 607))) => {
            format!("the call was declined: {status}")
        }
        Ended::Unanswered(Why::Refused(status @ (486 | 600))) => format!("busy: {status}"),
        Ended::Unanswered(why) => format!("nobody picked up: {why:?}"),
        Ended::Answered(End::AnsweringMachine) => "an answering machine picked up".into(),
        Ended::Answered(End::CallerHungUpOverAgent) => "hung up over the message".into(),
        Ended::Answered(
            end @ (End::MediaLost | End::NotConfirmed | End::ShutDown | End::Crashed),
        ) => format!("the call broke off: {}", end.name()),
        Ended::Answered(_) => return Outcome::Delivered { id: None },
    };
    Outcome::Refused { why }
}

impl Telephone for Outgoing {
    fn tell(&self, org: &OrgId, message: &Message, words: &str) -> Outcome {
        if let Err(not_allowed) = lock(&self.budget).take(clock::now(), &message.address) {
            let why = not_allowed.to_string();
            return match not_allowed {
                NotAllowed::Prefix(_) => Outcome::Refused { why },
                NotAllowed::Spent { again_in, .. } => {
                    Outcome::Later { why, after: SignedDuration::try_from(again_in).ok() }
                }
            };
        }
        let leg = self.place(Errand {
            org: org.clone(),
            number: message.address.clone(),
            language: message.language,
            words: words.to_owned(),
            speech: None,
            talks: message.recipient == "master",
            joins: None,
        });
        Outcome::Taken { id: leg.0.to_string() }
    }

    fn fate(&self, id: &str) -> Outcome {
        let mut fates = lock(&self.fates);
        let known = id.parse().ok().and_then(|leg: u64| Some((leg, fates.get(&leg)?.clone())));
        match known {
            Some((_, Fate::UnderWay)) => Outcome::Taken { id: id.to_owned() },
            Some((leg, Fate::Over(outcome))) => {
                fates.remove(&leg);
                outcome
            }
            None => {
                Outcome::Refused { why: "the program stopped in the middle of the call".into() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_a_list_or_one_alone() {
        let read = |text: &str| serde_json::from_str::<Settings>(text).unwrap().prefixes;
        assert_eq!(read(r#"{"prefixes": ["+7", "+49"]}"#), ["+7", "+49"]);
        assert_eq!(read(r#"{"prefixes": 7}"#), ["+7"]);
        assert_eq!(read(r#"{"prefixes": "+7"}"#), ["+7"]);
    }

    #[test]
    fn every_end_of_a_call_says_what_follows() {
        let why = |ended| match outcome(ended) {
            Outcome::Refused { why } => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why(Ended::Unanswered(Why::NoAnswer)), "nobody picked up: NoAnswer");
        assert_eq!(why(Ended::Unanswered(Why::Refused(486))), "busy: 486");
        assert_eq!(why(Ended::Unanswered(Why::Refused(404))), "no such number: 404");
        assert_eq!(why(Ended::Answered(End::AnsweringMachine)), "an answering machine picked up");
        assert_eq!(why(Ended::Answered(End::CallerHungUpOverAgent)), "hung up over the message");
        for end in [End::Completed, End::CallerLeft, End::CallerHungUp, End::CallerSilent] {
            assert_eq!(outcome(Ended::Answered(end)), Outcome::Delivered { id: None });
        }
    }
}
