//! One request we send: again until it is answered, or given up (RFC 3261 section 17.1, RFC 6026).
//!
//! **Never here:** what the answer means for the call.

use super::{Act, Act::*, User};
use crate::sip::event::{Flow, Transport};
use crate::sip::message::Message;
use crate::sip::timer::{T2, Timer};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has come back.
    Calling,
    /// A provisional answer has.
    Proceeding,
    Completed,
    /// 2xx to an INVITE; it may come again, and from several ends.
    Accepted,
}

/// What the user of the transaction has to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    Nothing,
    Response,
    /// No answer in time.
    TimedOut,
    RungOut,
}

#[derive(Debug)]
pub struct Client {
    pub flow: Flow,
    pub user: User,
    pub invite: bool,
    /// The INVITE, from which ACK and CANCEL are made; others keep only their bytes.
    pub request: Option<Message>,
    pub(super) key: String,
    bytes: Vec<u8>,
    state: State,
    pause: Duration,
    /// The ACK for the first 2xx, and the To tag it went to.
    accepted: Option<(String, Flow, Vec<u8>)>,
    ack: Vec<u8>,
}

impl Client {
    pub(super) fn new(flow: Flow, user: User, key: String, request: Message) -> Self {
        let invite = request.is(rsip::Method::Invite);
        Client {
            flow,
            user,
            invite,
            key,
            bytes: request.to_bytes(),
            request: invite.then_some(request),
            state: State::Calling,
            pause: Duration::ZERO,
            accepted: None,
            ack: Vec::new(),
        }
    }

    pub(super) fn begin(&mut self) -> Vec<Act> {
        let (again, give_up) =
            if self.invite { (Timer::A, Timer::B) } else { (Timer::E, Timer::F) };
        self.pause = again.first(self.flow.transport).unwrap_or_default();
        let mut acts = vec![Send(self.bytes.clone())];
        acts.extend(Act::wait(again, self.flow.transport));
        acts.extend(Act::wait(give_up, self.flow.transport));
        acts
    }

    pub(super) fn receive(&mut self, response: &Message) -> (Vec<Act>, News) {
        let status = response.status().unwrap_or_default();
        if self.invite { self.receive_invite(response, status) } else { self.receive_other(status) }
    }

    fn receive_invite(&mut self, response: &Message, status: u16) -> (Vec<Act>, News) {
        match (self.state, status) {
            (State::Calling | State::Proceeding, 100..200) => {
                let first = self.state == State::Calling;
                self.state = State::Proceeding;
                self.bytes = Vec::new();
                let mut acts = vec![];
                if first {
                    acts.extend([Stop(Timer::A), Stop(Timer::B)]);
                    acts.extend(Act::wait(Timer::C, self.flow.transport));
                }
                (acts, News::Response)
            }
            (State::Calling | State::Proceeding, 200..300) => {
                self.state = State::Accepted;
                (self.settle(Timer::M), News::Response)
            }
            (State::Calling | State::Proceeding, _) => {
                self.state = State::Completed;
                self.ack = self.ack_of_refusal(response);
                let mut acts = vec![Send(self.ack.clone())];
                acts.extend(self.settle(Timer::D));
                (acts, News::Response)
            }
            (State::Completed, 300..) => (vec![Send(self.ack.clone())], News::Nothing),
            (State::Accepted, 200..300) => self.accepted_again(response),
            (State::Completed | State::Accepted, _) => (vec![], News::Nothing),
        }
    }

    fn settle(&mut self, linger: Timer) -> Vec<Act> {
        let mut acts = vec![Stop(Timer::A), Stop(Timer::B), Stop(Timer::C)];
        acts.extend(Act::wait(linger, self.flow.transport));
        acts
    }

    /// A 2xx that came again gets its ACK again; one from another end is news.
    fn accepted_again(&self, response: &Message) -> (Vec<Act>, News) {
        match &self.accepted {
            Some((tag, flow, ack)) if response.to_tag() == Some(tag) => {
                (vec![SendTo(*flow, ack.clone())], News::Nothing)
            }
            Some(_) | None => (vec![], News::Response),
        }
    }

    pub fn remember_ack(&mut self, to_tag: String, flow: Flow, bytes: Vec<u8>) {
        self.accepted.get_or_insert((to_tag, flow, bytes));
    }

    fn receive_other(&mut self, status: u16) -> (Vec<Act>, News) {
        match (self.state, status) {
            (State::Calling | State::Proceeding, 100..200) => {
                self.state = State::Proceeding;
                (vec![], News::Nothing)
            }
            (State::Calling | State::Proceeding, _) => {
                self.state = State::Completed;
                let mut acts = vec![Stop(Timer::E), Stop(Timer::F)];
                acts.extend(Act::wait(Timer::K, self.flow.transport));
                (acts, News::Response)
            }
            (State::Completed | State::Accepted, _) => (vec![], News::Nothing),
        }
    }

    /// RFC 3261 section 17.1.1.3.
    fn ack_of_refusal(&self, response: &Message) -> Vec<u8> {
        let Some(invite) = &self.request else {
            return Vec::new();
        };
        let mut ack = within(invite, rsip::Method::Ack);
        for header in &mut ack.headers {
            if header.name == "To" {
                header.value = response.header("To").unwrap_or(&header.value).to_owned();
            }
        }
        ack.to_bytes()
    }

    /// The CANCEL for this INVITE, on its own branch and path (RFC 3261 section 9.1).
    pub fn cancel(&self) -> Option<Message> {
        let settled = matches!(self.state, State::Completed | State::Accepted);
        self.request.as_ref().filter(|_| !settled).map(|i| within(i, rsip::Method::Cancel))
    }

    /// CANCEL may only follow a provisional answer.
    pub fn may_cancel(&self) -> bool {
        self.state == State::Proceeding
    }

    pub(super) fn fire(&mut self, timer: Timer) -> (Vec<Act>, News) {
        match timer {
            Timer::A | Timer::E => {
                let slow = self.state == State::Proceeding;
                let next = if slow { Some(T2) } else { timer.next(self.pause) };
                let Some(pause) = next else {
                    return (vec![], News::Nothing);
                };
                self.pause = pause;
                (vec![Send(self.bytes.clone()), Set(timer, pause)], News::Nothing)
            }
            Timer::B | Timer::F => (vec![Done], News::TimedOut),
            Timer::C => (vec![], News::RungOut),
            Timer::D
            | Timer::G
            | Timer::H
            | Timer::I
            | Timer::J
            | Timer::K
            | Timer::L
            | Timer::M
            | Timer::OkAgain
            | Timer::AckMissing
            | Timer::RingAgain
            | Timer::PrackMissing
            | Timer::HandoverSilent
            | Timer::Undecided
            | Timer::GlareOver
            | Timer::KeepAlive
            | Timer::Session
            | Timer::Register => (vec![Done], News::Nothing),
        }
    }

    pub(super) fn transport(&self) -> Transport {
        self.flow.transport
    }
}

/// A request on the INVITE's own branch: first Via, same dialog headers, same CSeq number.
fn within(invite: &Message, method: rsip::Method) -> Message {
    let uri = match &invite.start {
        crate::sip::message::Start::Request { uri, .. } => uri.clone(),
        crate::sip::message::Start::Response { .. } => String::new(),
    };
    let number = invite.cseq().map_or(1, |cseq| cseq.number);
    let mut request = Message::request(method, uri);
    for header in &invite.headers {
        if ["Via", "From", "To", "Call-ID", "Route", "Max-Forwards"].contains(&&*header.name) {
            request.headers.push(header.clone());
        }
    }
    request.with("CSeq", format!("{number} {method}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{flow, request, waits};
    use super::*;

    #[test]
    fn an_invite_is_repeated_until_it_rings_and_then_has_three_minutes() {
        let mut client = client(Transport::Udp, rsip::Method::Invite);

        let begun = client.begin();
        let (again, _) = client.fire(Timer::A);
        let (rung, news) = client.receive(&answer(&client, 180));

        assert_eq!(waits(&begun), [(Timer::A, 500), (Timer::B, 32_000)]);
        assert_eq!(waits(&again), [(Timer::A, 1000)]);
        assert_eq!((waits(&rung), news), (vec![(Timer::C, 181_000)], News::Response));
        assert_eq!(client.fire(Timer::C), (vec![], News::RungOut));
    }

    #[test]
    fn each_refusal_is_acknowledged_but_told_once() {
        let mut client = client(Transport::Udp, rsip::Method::Invite);
        let refusal = answer(&client, 486);

        let (first, told) = client.receive(&refusal);
        let (second, untold) = client.receive(&refusal);

        assert_eq!((told, untold), (News::Response, News::Nothing));
        assert_eq!(waits(&first), [(Timer::D, 32_000)]);
        let [Send(ack)] = &second[..] else { panic!("no ACK in {second:?}") };
        let ack = String::from_utf8_lossy(ack);
        assert!(ack.starts_with("ACK sip:100@h SIP/2.0\r\n") && ack.contains("CSeq: 1 ACK"));
        assert!(ack.contains(";tag=far") && ack.contains("branch=z9hG4bKx"), "{ack}");
    }

    #[test]
    fn a_provisional_answer_slows_other_requests_down() {
        let mut client = client(Transport::Udp, rsip::Method::Bye);
        client.begin();

        client.receive(&answer(&client, 100));
        let (acts, _) = client.fire(Timer::E);

        assert_eq!(waits(&acts), [(Timer::E, 4000)]);
        assert_eq!(client.fire(Timer::F), (vec![Done], News::TimedOut));
    }

    fn client(transport: Transport, method: rsip::Method) -> Client {
        Client::new(flow(transport), User::Nobody, String::new(), request(method))
    }

    fn answer(client: &Client, status: u16) -> Message {
        let asked = client.request.clone().unwrap_or_else(|| request(rsip::Method::Bye));
        Message::response(&asked, status, "", "far")
    }
}
