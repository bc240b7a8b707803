//! One request we answer: the same answer to every repetition (RFC 3261 section 17.2, RFC 6026).
//!
//! **Never here:** which answer, and how it is worded.

use super::{Act, Act::*};
use crate::sip::event::{Flow, Leg, Transport};
use crate::sip::timer::Timer;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No final answer yet.
    Proceeding,
    /// Final answer sent: for INVITE the ACK is awaited.
    Completed,
    /// ACK received; more of the same may follow.
    Confirmed,
    /// 2xx sent to an INVITE: repeating it is the dialog's business.
    Accepted,
}

#[derive(Debug)]
pub struct Server {
    pub flow: Flow,
    pub leg: Option<Leg>,
    pub(super) key: String,
    pub(super) merge: String,
    invite: bool,
    state: State,
    last: Vec<u8>,
    pause: Duration,
}

impl Server {
    pub(super) fn new(
        flow: Flow,
        leg: Option<Leg>,
        key: String,
        merge: String,
        invite: bool,
    ) -> Self {
        let (state, last, pause) = (State::Proceeding, Vec::new(), Duration::ZERO);
        Server { flow, leg, key, merge, invite, state, last, pause }
    }

    /// Whether an ACK that finds this transaction belongs to the dialog instead.
    pub fn is_accepted(&self) -> bool {
        self.state == State::Accepted
    }

    /// The request came again.
    pub(super) fn repeated(&self) -> Vec<Act> {
        match self.state {
            State::Proceeding | State::Completed if !self.last.is_empty() => {
                vec![Send(self.last.clone())]
            }
            State::Proceeding | State::Completed | State::Confirmed | State::Accepted => vec![],
        }
    }

    pub(super) fn respond(&mut self, status: u16, bytes: Vec<u8>) -> Vec<Act> {
        if self.state != State::Proceeding {
            return vec![];
        }

        self.last.clone_from(&bytes);
        let mut acts = vec![Send(bytes)];
        match (status, self.invite) {
            (100..200, _) => {}
            (200..300, true) => {
                self.state = State::Accepted;
                self.last = Vec::new();
                acts.extend(Act::wait(Timer::L, self.flow.transport));
            }
            (_, true) => {
                self.state = State::Completed;
                self.pause = Timer::G.first(self.flow.transport).unwrap_or_default();
                acts.extend(Act::wait(Timer::G, self.flow.transport));
                acts.extend(Act::wait(Timer::H, self.flow.transport));
            }
            (_, false) => {
                self.state = State::Completed;
                acts.extend(Act::wait(Timer::J, self.flow.transport));
            }
        }
        acts
    }

    pub(super) fn ack(&mut self) -> Vec<Act> {
        if !self.invite || self.state != State::Completed {
            return vec![];
        }

        self.state = State::Confirmed;
        let mut acts = vec![Stop(Timer::G), Stop(Timer::H)];
        acts.extend(Act::wait(Timer::I, self.flow.transport));
        acts
    }

    pub(super) fn fire(&mut self, timer: Timer) -> Vec<Act> {
        if timer != Timer::G {
            return vec![Done];
        }

        let Some(pause) = Timer::G.next(self.pause) else {
            return vec![];
        };
        self.pause = pause;
        vec![Send(self.last.clone()), Set(Timer::G, pause)]
    }

    pub(super) fn transport(&self) -> Transport {
        self.flow.transport
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{flow, waits};
    use super::*;

    #[test]
    fn a_refused_invite_is_refused_again_until_acknowledged() {
        let mut server = server(Transport::Udp, true);
        server.respond(100, b"100".to_vec());

        let refused = server.respond(486, b"486".to_vec());
        let again = server.fire(Timer::G);
        let repeated = server.repeated();
        let acked = server.ack();

        assert_eq!(waits(&refused), [(Timer::G, 500), (Timer::H, 32_000)]);
        assert_eq!(again, [Send(b"486".to_vec()), Set(Timer::G, Duration::from_secs(1))]);
        assert_eq!(repeated, [Send(b"486".to_vec())]);
        assert_eq!(waits(&acked), [(Timer::I, 5000)]);
        assert_eq!(server.repeated(), []);
    }

    #[test]
    fn an_accepted_invite_absorbs_its_repetitions() {
        let mut server = server(Transport::Udp, true);

        let accepted = server.respond(200, b"200".to_vec());

        assert_eq!(waits(&accepted), [(Timer::L, 32_000)]);
        assert_eq!((server.repeated(), server.ack()), (vec![], vec![]));
        assert_eq!(server.respond(487, b"487".to_vec()), []);
    }

    #[test]
    fn over_a_stream_nothing_is_kept_once_answered() {
        let mut server = server(Transport::Tcp, false);

        let answered = server.respond(200, b"200".to_vec());

        assert_eq!(waits(&answered), [(Timer::J, 0)]);
    }

    fn server(transport: Transport, invite: bool) -> Server {
        Server::new(flow(transport), None, String::new(), String::new(), invite)
    }
}
