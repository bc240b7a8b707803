//! How a call must end, told from what reached an end and what its person did, and nothing else.
//!
//! **Never here:** the agent; transactions, repeats and branches, which must make no difference.

use std::time::Duration;

use super::super::agent::Why;

/// Nothing came back for so long: timers B, F and H.
const PATIENCE: Duration = Duration::from_secs(32);
/// It rings for so long: timer C, and whoever does not decide.
const RINGS_FOR: Duration = Duration::from_secs(181);

/// What one end lives through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    /// The person phones.
    Dials,
    Rings,
    Answers,
    Refuses(u16),
    HangsUp,
    /// A request arrives.
    Asked(&'static str),
    /// A response arrives, to a request of this method.
    Told(&'static str, u16),
}

#[derive(Debug, Clone, Copy)]
enum State {
    Idle,
    Calling {
        until: Duration,
        rung: bool,
    },
    Leaving {
        until: Duration,
        rung: bool,
        why: Why,
    },
    /// `unheard`: by when somebody must say that the ringing arrived.
    Invited {
        until: Duration,
        unheard: Option<Duration>,
    },
    Answered {
        until: Duration,
        leaves: bool,
    },
    Up,
    HangingUp {
        until: Duration,
        why: Why,
    },
    Over(Why),
}

/// The end these facts lead to, given all the time there is; `None` where there never was a call.
pub(super) fn ending(facts: &[(Duration, Fact)]) -> Option<Why> {
    let mut state = State::Idle;
    for (at, fact) in facts {
        while let Some(later) = passed(state, |until| until < *at) {
            state = later;
        }
        state = step(state, *at, *fact);
    }
    while let Some(later) = passed(state, |_| true) {
        state = later;
    }
    match state {
        State::Over(why) => Some(why),
        State::Idle => None,
        State::Invited { .. }
        | State::Calling { .. }
        | State::Leaving { .. }
        | State::Answered { .. }
        | State::Up
        | State::HangingUp { .. } => panic!("{state:?} is no end: {facts:?}"),
    }
}

/// What waiting makes of a state whose time is up.
fn passed(state: State, is_over: impl Fn(Duration) -> bool) -> Option<State> {
    match state {
        State::Calling { until, rung: true } if is_over(until) => {
            Some(State::Leaving { until: until + PATIENCE, rung: true, why: Why::NoAnswer })
        }
        State::Calling { until, rung: false } if is_over(until) => Some(State::Over(Why::NoAnswer)),
        State::Leaving { until, why, .. } | State::HangingUp { until, why } if is_over(until) => {
            Some(State::Over(why))
        }
        State::Answered { until, .. } if is_over(until) => Some(State::Over(Why::NotConfirmed)),
        State::Invited { unheard: Some(until), .. } if is_over(until) => {
            Some(State::Over(Why::Refused(504)))
        }
        State::Invited { until, .. } if is_over(until) => Some(State::Over(Why::Refused(480))),
        _ => None,
    }
}

fn step(state: State, at: Duration, fact: Fact) -> State {
    use Fact::{Answers, Asked, Dials, HangsUp, Refuses, Rings, Told};
    let until = at + PATIENCE;
    match (state, fact) {
        (State::Idle, Dials) => State::Calling { until, rung: false },
        (State::Idle, Asked("INVITE")) => State::Invited { until: at + RINGS_FOR, unheard: None },

        (State::Calling { rung: false, .. }, Told("INVITE", 100..200)) => {
            State::Calling { until: at + RINGS_FOR, rung: true }
        }
        (State::Calling { .. }, Told("INVITE", 200..300)) => State::Up,
        (State::Calling { .. }, Told("INVITE", status @ 300..)) => {
            State::Over(Why::Refused(status))
        }
        (State::Calling { rung: true, .. }, HangsUp) => {
            State::Leaving { until, rung: true, why: Why::Cancelled }
        }
        (State::Calling { until, rung: false }, HangsUp) => {
            State::Leaving { until, rung: false, why: Why::Cancelled }
        }
        (State::Leaving { rung: false, why, .. }, Told("INVITE", 100..200)) => {
            State::Leaving { until, rung: true, why }
        }
        (State::Leaving { why, .. }, Told("INVITE", 200..300)) => State::HangingUp { until, why },
        (State::Leaving { why, .. }, Told("INVITE", 300..)) => State::Over(why),

        (State::Invited { until: decided, unheard: None }, Rings) => {
            State::Invited { until: decided, unheard: Some(until) }
        }
        (State::Invited { until, .. }, Asked("PRACK")) => State::Invited { until, unheard: None },
        (State::Invited { .. }, Answers) => State::Answered { until, leaves: false },
        (State::Invited { .. }, Refuses(status)) => State::Over(Why::Refused(status)),
        (State::Invited { .. }, HangsUp) => State::Over(Why::Refused(480)),
        (State::Invited { .. }, Asked("CANCEL" | "BYE")) => State::Over(Why::Cancelled),
        (State::Answered { until, .. }, HangsUp) => State::Answered { until, leaves: true },
        (State::Answered { leaves: false, .. }, Asked("ACK")) => State::Up,
        (State::Answered { leaves: true, .. }, Asked("ACK")) => {
            State::HangingUp { until, why: Why::HungUp }
        }

        (State::Answered { .. } | State::Up, Asked("BYE")) => State::Over(Why::CallerHungUp),
        (State::Up, HangsUp) => State::HangingUp { until, why: Why::HungUp },
        (State::HangingUp { why, .. }, Asked("BYE") | Told("BYE", 200..)) => State::Over(why),
        (state, _) => state,
    }
}
