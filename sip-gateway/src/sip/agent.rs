//! A telephone: takes calls, places calls, hangs up.
//!
//! **Never here:** tokio, sockets, SQL, `Instant::now`; whether a number exists.

use std::collections::VecDeque;
use std::time::Instant;

pub use super::event::{
    Caller, Command, Event, Flow, Input, Leg, Output, Settings, Transport, Why,
};

#[derive(Debug)]
pub struct Agent {
    settings: Settings,
    legs_made: u64,
    outputs: VecDeque<Output>,
}

impl Agent {
    pub fn new(settings: Settings) -> Self {
        Agent {
            settings,
            legs_made: 0,
            outputs: VecDeque::new(),
        }
    }

    /// The number for the next `Command::Call`.
    pub fn next_leg(&mut self) -> Leg {
        self.legs_made += 1;
        Leg(self.legs_made)
    }

    pub fn handle(&mut self, _now: Instant, _input: Input<'_>) {
        let _ = &self.settings;
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// Live legs and transactions.
    pub fn open(&self) -> usize {
        0
    }
}
