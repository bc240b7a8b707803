//! A network between two agents that loses, repeats, delays and reorders by a seed.
//!
//! **Never here:** what the agents say.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::super::agent::{Agent, Command, Event, Flow, Input, Output, Transport};
use super::super::message::Message;
use super::super::wire;
use super::model::Fact;
use super::{settings, start};

/// How bad the network is; shares in thousandths.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Weather {
    pub(super) lost: u64,
    pub(super) repeated: u64,
    pub(super) delay_most: Duration,
    /// From then on nothing arrives any more.
    pub(super) dies_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Caller,
    Callee,
}

/// What arrives or is decided at its time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Bytes(End, Vec<u8>),
    Plan(usize),
}

pub(super) struct Link {
    pub(super) now: Instant,
    pub(super) began: Instant,
    pub(super) caller: Agent,
    pub(super) callee: Agent,
    pub(super) events: Vec<(Duration, End, Event)>,
    /// What each end lived through.
    pub(super) facts: Vec<(Duration, End, Fact)>,
    /// All bytes ever sent, for comparing runs.
    pub(super) trace: Vec<u8>,
    transport: Transport,
    weather: Weather,
    chance: ChaCha8Rng,
    due: BinaryHeap<Reverse<(Instant, u64, Due)>>,
    plans: HashMap<usize, (End, Command)>,
    numbered: u64,
    /// A stream delivers in order.
    last_on_stream: HashMap<End, Instant>,
}

impl Link {
    pub(super) fn new(transport: Transport, weather: Weather, mut chance: ChaCha8Rng) -> Self {
        let (began, one, two) = (start(), chance.next_u64(), chance.next_u64());
        Link {
            now: began,
            began,
            caller: Agent::new(settings(one)),
            callee: Agent::new(settings(two)),
            events: Vec::new(),
            facts: Vec::new(),
            trace: Vec::new(),
            transport,
            weather,
            chance,
            due: BinaryHeap::new(),
            plans: HashMap::new(),
            numbered: 0,
            last_on_stream: HashMap::new(),
        }
    }

    /// The way from this end to the other.
    pub(super) fn flow(&self, end: End) -> Flow {
        let (caller, callee) = (([192, 0, 2, 1], 5060).into(), ([192, 0, 2, 2], 5060).into());
        let (local, remote) = match end {
            End::Caller => (caller, callee),
            End::Callee => (callee, caller),
        };
        let connection = u64::from(self.transport.is_reliable());
        Flow { transport: self.transport, local, remote, connection }
    }

    pub(super) fn plan(&mut self, after: Duration, end: End, command: Command) {
        let number = self.plans.len();
        self.plans.insert(number, (end, command));
        self.push(self.now + after, Due::Plan(number));
    }

    /// Let the next thing happen: an arrival, a decision, a timer. The events it caused, or
    /// `None` once nothing more is to come.
    pub(super) fn step(&mut self) -> Option<Vec<(End, Event)>> {
        let arrival = self.due.peek().map(|Reverse((at, _, _))| *at);
        let timer = self.caller.deadline().into_iter().chain(self.callee.deadline()).min();
        let next = arrival.into_iter().chain(timer).min()?;
        self.now = self.now.max(next);

        if arrival == Some(next) {
            let Reverse((_, _, due)) = self.due.pop()?;
            return Some(self.happen(due));
        }
        let (now, mut told) = (self.now, Vec::new());
        for end in [End::Caller, End::Callee] {
            self.agent(end).handle(now, Input::Timeout);
            told.extend(self.drain(end));
        }
        Some(told)
    }

    fn happen(&mut self, due: Due) -> Vec<(End, Event)> {
        let now = self.now;
        let end = match due {
            Due::Bytes(end, bytes) => {
                let flow = self.flow(end);
                let fact = wire::read(&bytes).ok().and_then(|reading| arrival(&reading.message));
                self.note(end, fact);
                self.agent(end).handle(now, Input::Message { flow, bytes: &bytes });
                end
            }
            Due::Plan(number) => {
                let (end, command) = self.plans[&number].clone();
                self.note(end, decision(&command));
                self.agent(end).handle(now, Input::Command(command));
                end
            }
        };
        self.drain(end)
    }

    fn note(&mut self, end: End, fact: Option<Fact>) {
        self.facts.extend(fact.map(|fact| (self.now - self.began, end, fact)));
    }

    fn drain(&mut self, end: End) -> Vec<(End, Event)> {
        let mut told = Vec::new();
        while let Some(output) = self.agent(end).poll() {
            match output {
                Output::Send { flow, bytes } => {
                    assert_eq!(flow, self.flow(end), "sent astray");
                    self.carry(end, bytes);
                }
                Output::Event(event) => {
                    self.events.push((self.now - self.began, end, event.clone()));
                    told.push((end, event));
                }
            }
        }
        told
    }

    fn carry(&mut self, from: End, bytes: Vec<u8>) {
        self.trace.extend_from_slice(&bytes);
        if self.weather.dies_after.is_some_and(|after| self.now - self.began >= after) {
            return;
        }
        let to = if from == End::Caller { End::Callee } else { End::Caller };
        if self.transport.is_reliable() {
            let at = self.now + self.delay();
            let at = self.last_on_stream.get(&to).map_or(at, |last| at.max(*last));
            self.last_on_stream.insert(to, at);
            return self.push(at, Due::Bytes(to, bytes));
        }

        let copies = if self.happens(self.weather.repeated) { 2 } else { 1 };
        for _ in 0..copies {
            if !self.happens(self.weather.lost) {
                let at = self.now + self.delay();
                self.push(at, Due::Bytes(to, bytes.clone()));
            }
        }
    }

    fn push(&mut self, at: Instant, due: Due) {
        self.numbered += 1;
        self.due.push(Reverse((at, self.numbered, due)));
    }

    fn delay(&mut self) -> Duration {
        let most = self.weather.delay_most.as_micros() as u64;
        Duration::from_micros(self.chance.next_u64() % (most + 1))
    }

    fn happens(&mut self, thousandths: u64) -> bool {
        self.chance.next_u64() % 1000 < thousandths
    }

    fn agent(&mut self, end: End) -> &mut Agent {
        match end {
            End::Caller => &mut self.caller,
            End::Callee => &mut self.callee,
        }
    }
}

fn arrival(message: &Message) -> Option<Fact> {
    let method = ["INVITE", "ACK", "BYE", "CANCEL", "PRACK"]
        .into_iter()
        .find(|method| message.cseq().is_some_and(|cseq| cseq.method.to_string() == *method))?;
    Some(match message.status() {
        Some(status) => Fact::Told(method, status),
        None => Fact::Asked(method),
    })
}

fn decision(command: &Command) -> Option<Fact> {
    match command {
        Command::Call { .. } => Some(Fact::Dials),
        Command::Answer { .. } => Some(Fact::Answers),
        Command::Refuse { status, .. } => Some(Fact::Refuses(*status)),
        Command::HangUp { .. } => Some(Fact::HangsUp),
        Command::Ring { .. } => Some(Fact::Rings),
        Command::HandOver { .. } | Command::Register { .. } | Command::Unregister { .. } => None,
    }
}

impl std::hash::Hash for End {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (*self as u8).hash(state);
    }
}
