//! What we ask of others: to take our call, to drop it, and what their answers mean.
//!
//! **Never here:** requests that reach us.

use super::super::address::{Address, Uri};
use super::super::digest::{Challenge, Proof};
use super::refresh::takes_updates;
use super::*;
use std::time::Duration;

impl Agent {
    pub(super) fn call(&mut self, leg: Leg, flow: Flow, to: &str, from: &str, sdp: Vec<u8>) {
        self.call_with(leg, flow, to, from, sdp, Vec::new());
    }

    /// … with further headers.
    pub(super) fn call_with(
        &mut self,
        leg: Leg,
        flow: Flow,
        to: &str,
        from: &str,
        sdp: Vec<u8>,
        more: Vec<(&'static str, String)>,
    ) {
        assert!(!self.calls.contains_key(&leg), "{leg} is already a call");
        let room = self.calls.len() < LEGS_MAX && !self.transactions.is_full();
        let (Some(uri), Some(from), true) = (callable(to), named(from), room) else {
            return self.desk.tell(Event::Ended { leg, why: Why::NotPlaced });
        };

        let (local_tag, call_id) = (self.word(), self.word() + &self.word());
        let invite = Message::request(rsip::Method::Invite, uri)
            .with("Max-Forwards", "70")
            .with("From", format!("{from};tag={local_tag}"))
            .with("To", format!("<{uri}>"))
            .with("Call-ID", call_id)
            .with("CSeq", "1 INVITE")
            .with("Contact", self.contact(flow))
            .with("Allow", ALLOW)
            .with("Supported", "100rel, timer, replaces");
        let invite = more.into_iter().fold(invite, |it, (name, value)| it.with(name, value));
        let invite = SessionTimer::ask(invite, session_timer::USUAL, session_timer::LEAST)
            .with_sdp(sdp.clone());
        let client = self.send(invite, flow, User::Leg(leg));
        let calling = State::Calling { client, rung: false };
        self.insert(leg, Call { sdp, placed: true, ..Call::new(calling, flow, local_tag) });
    }

    /// A response, to whichever request of ours it answers.
    pub(super) fn learn(&mut self, response: &Message) {
        if response.members("Via").nth(1).is_some() {
            return;
        }
        let Some(id) = self.transactions.receive(response, &mut self.desk) else {
            return;
        };
        let Some(client) = self.transactions.client(id) else {
            return;
        };
        let invite = client.request.clone();
        let leg = match client.user {
            User::Leg(leg) => Some(leg),
            User::Account(account) => return self.registrar_answered(account, response),
            User::Handover(leg) => return self.handover_answered(leg, response),
            User::Reoffer(leg) => {
                if let Some(invite) = invite {
                    self.offer_answered(leg, id, &invite, response);
                }
                return;
            }
            User::Nobody => None,
        };
        match (invite, response.status().unwrap_or_default()) {
            (Some(invite), 100..200) => self.progressed(leg, &invite, response),
            (Some(invite), 200..300) => self.accepted(leg, id, &invite, response),
            (Some(invite), status) => {
                let again = self.asked_for_proof(leg, &invite, response)
                    || self.asked_for_longer(leg, &invite, response);
                if !again {
                    self.refused(leg, status);
                }
            }
            (None, 401 | 407) if leg.is_some_and(|leg| self.prove_within(leg, response)) => {}
            (None, 405 | 501) if leg.is_some_and(|leg| self.takes_no_updates(leg)) => {}
            (None, 408 | 481) => self.gone(leg),
            (None, _) => self.hung_up(leg),
        }
    }

    /// The other end knows nothing of the call any more.
    pub(super) fn gone(&mut self, leg: Option<Leg>) {
        let Some(leg) = leg else { return };
        match self.calls.get(&leg).map(|call| &call.state) {
            Some(State::Up) => self.begin_to_hang_up(leg, Why::Lapsed),
            Some(_) | None => self.hung_up(Some(leg)),
        }
    }

    fn progressed(&mut self, leg: Option<Leg>, invite: &Message, response: &Message) {
        let Some(leg) = leg else { return };
        self.heard_early(leg, invite, response);
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let rings = response.status().is_some_and(|status| status > 100);
        match &mut call.state {
            State::Calling { rung, .. } if rings && (!*rung || !response.body.is_empty()) => {
                *rung = true;
                let early = (!response.body.is_empty()).then(|| response.body.clone());
                match call.following {
                    Some(referrer) => self.tell_referrer(referrer, 180),
                    None => self.desk.tell(Event::Ringing { leg, early }),
                }
            }
            State::Cancelling { client, sent, .. } if !*sent => {
                *sent = true;
                let client = *client;
                self.send_cancel(client);
            }
            State::Calling { .. }
            | State::Cancelling { .. }
            | State::Invited { .. }
            | State::Answered { .. }
            | State::Up
            | State::HangingUp { .. } => {}
        }
    }

    fn accepted(
        &mut self,
        leg: Option<Leg>,
        client: TransactionId,
        invite: &Message,
        answer: &Message,
    ) {
        let Some(dialog) = Dialog::of_caller(invite, answer) else {
            return;
        };
        let waiting = leg.and_then(|leg| Some((leg, &self.calls.get(&leg)?.state)));
        match waiting {
            Some((leg, State::Calling { .. })) => {
                self.join(leg, dialog, client, invite);
                self.is_there(leg, answer);
            }
            Some((leg, State::Cancelling { why, .. })) => {
                let why = *why;
                self.join(leg, dialog, client, invite);
                self.begin_to_hang_up(leg, why);
            }
            Some((
                _,
                State::Invited { .. }
                | State::Answered { .. }
                | State::Up
                | State::HangingUp { .. },
            ))
            | None => self.leave(dialog, client, invite),
        }
    }

    fn is_there(&mut self, by: Leg, answer: &Message) {
        let Some(call) = self.calls.get_mut(&by) else {
            return;
        };
        call.takes_updates = takes_updates(answer);
        let (ours, sdp) = (call.sdp.clone(), answer.body.clone());
        let Some(leg) = call.following else {
            self.count_session(by, SessionTimer::agreed(answer));
            return self.desk.tell(Event::Answered { leg: by, sdp });
        };
        let with = call.dialog.as_ref().map(|dialog| dialog.them().to_owned());
        self.follow_there(leg, by);
        self.count_session(leg, SessionTimer::agreed(answer));
        self.desk.tell(Event::Reoffered { leg, offer: sdp, ours, with });
    }

    /// The far end is there: acknowledge, and remember the ACK for when its 2xx comes again.
    fn join(&mut self, leg: Leg, mut dialog: Dialog, client: TransactionId, invite: &Message) {
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        if let Some(early) = call.early.take() {
            dialog.go_on_from(&early.dialog);
        }
        call.state = State::Up;
        call.dialog = Some(dialog.clone());
        let way = call.way();
        let ack = self.acknowledge(&dialog, way, invite);
        if let Some(client) = self.transactions.client(client) {
            client.remember_ack(dialog.remote_tag.unwrap_or_default(), way, ack);
        }
    }

    pub(super) fn acknowledge(&mut self, dialog: &Dialog, way: Flow, invite: &Message) -> Vec<u8> {
        let number = invite.cseq().map_or(1, |cseq| cseq.number);
        let ack = self.signed(dialog.ack(number), way).to_bytes();
        self.desk.send(way, ack.clone());
        ack
    }

    /// A second end answered, or one nobody waits for any more: acknowledge and hang up on it.
    fn leave(&mut self, mut dialog: Dialog, client: TransactionId, invite: &Message) {
        let Some(flow) = self.transactions.client(client).map(|client| client.flow) else {
            return;
        };
        let way = match dialog.next_hop() {
            Some(remote) if !flow.transport.is_reliable() => Flow { remote, ..flow },
            Some(_) | None => flow,
        };
        self.acknowledge(&dialog, way, invite);
        let bye = dialog.request(rsip::Method::Bye);
        self.send(bye, way, User::Nobody);
    }

    /// The exchange wants to know who calls: the same INVITE again with a proof, once.
    fn asked_for_proof(&mut self, leg: Option<Leg>, invite: &Message, answer: &Message) -> bool {
        let name = match answer.status() {
            Some(401) => "WWW-Authenticate",
            Some(407) => "Proxy-Authenticate",
            Some(_) | None => return false,
        };
        let challenge = Challenge::strongest(answer.values(name));
        let call = leg.and_then(|leg| Some((leg, self.calls.get_mut(&leg)?)));
        let (Some((leg, call)), Some(challenge)) = (call, challenge) else {
            return false;
        };
        if !matches!(call.state, State::Calling { .. }) {
            return false;
        }
        let (flow, Some(credentials), None) = (call.flow, call.credentials.clone(), &call.proof)
        else {
            return false;
        };
        let mut proof = Proof::new(challenge, name == "Proxy-Authenticate");
        let word = self.word();
        let invite = repeated(invite, |uri| proof.header("INVITE", uri, &credentials, &word));
        if let Some(call) = self.calls.get_mut(&leg) {
            call.proof = Some(proof);
        }
        let client = self.send(invite, flow, User::Leg(leg));
        if let Some(call) = self.calls.get_mut(&leg) {
            call.state = State::Calling { client, rung: false };
        }
        true
    }

    /// Somebody on the way wants fewer signs of life (RFC 4028 section 7.3): the same INVITE again, once.
    fn asked_for_longer(&mut self, leg: Option<Leg>, invite: &Message, answer: &Message) -> bool {
        let least = SessionTimer::least(answer).filter(|_| answer.status() == Some(422));
        let call = leg.and_then(|leg| Some((leg, self.calls.get(&leg)?)));
        let (Some((leg, call)), Some(least)) = (call, least) else {
            return false;
        };
        let asked = invite.header("Session-Expires").and_then(|it| it.parse().ok());
        let longer = asked.is_none_or(|asked| Duration::from_secs(asked) < least);
        if !matches!(call.state, State::Calling { .. }) || !longer {
            return false;
        }
        let flow = call.flow;
        let mut invite = renumbered(invite);
        invite.headers.retain(|it| it.name != "Session-Expires" && it.name != "Min-SE");
        let client = self.send(SessionTimer::ask(invite, least, least), flow, User::Leg(leg));
        if let Some(call) = self.calls.get_mut(&leg) {
            call.state = State::Calling { client, rung: false };
        }
        true
    }

    fn refused(&mut self, leg: Option<Leg>, status: u16) {
        let Some(leg) = leg else { return };
        match self.calls.get(&leg).map(|call| &call.state) {
            Some(State::Calling { .. }) => self.end(leg, Why::Refused(status)),
            Some(State::Cancelling { why, .. }) => self.end(leg, *why),
            Some(
                State::Invited { .. }
                | State::Answered { .. }
                | State::Up
                | State::HangingUp { .. },
            )
            | None => {}
        }
    }

    /// Our BYE was answered, whatever the answer, or never will be.
    fn hung_up(&mut self, leg: Option<Leg>) {
        let Some(leg) = leg else { return };
        if let Some(State::HangingUp { why }) = self.calls.get(&leg).map(|call| &call.state) {
            self.end(leg, *why);
        }
    }

    /// A request of ours got no answer, or rings on without end.
    pub(super) fn unanswered(&mut self, leg: Leg, invite: bool, news: News) {
        let state = self.calls.get(&leg).map(|call| &call.state);
        match (news, state) {
            (News::TimedOut, Some(State::Calling { .. })) if invite => {
                self.end(leg, Why::NoAnswer);
            }
            (News::TimedOut, Some(State::Cancelling { why, .. })) if invite => {
                self.end(leg, *why);
            }
            (News::TimedOut, _) => self.gone(Some(leg)),
            (News::RungOut, _) => self.cancel(leg, Why::NoAnswer),
            (News::Nothing | News::Response, _) => {}
        }
    }

    pub(super) fn cancel(&mut self, leg: Leg, why: Why) {
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let State::Calling { client, .. } = call.state else {
            return;
        };
        let sent = self.transactions.client(client).is_some_and(|client| client.may_cancel());
        call.state = State::Cancelling { client, sent, why };
        if sent {
            self.send_cancel(client);
        }
    }

    fn send_cancel(&mut self, client: TransactionId) {
        let Some(invite) = self.transactions.client(client) else {
            return;
        };
        let (flow, cancel) = (invite.flow, invite.cancel());
        let Some(cancel) = cancel else { return };
        self.transactions.expect_end(client, &mut self.desk);
        self.transactions.send(cancel, flow, User::Nobody, &mut self.desk);
    }
}

/// The same request under its next number, without what the way added, with the proof for its URI.
fn repeated(request: &Message, proof: impl FnOnce(&str) -> (&'static str, String)) -> Message {
    let Start::Request { uri, .. } = &request.start else {
        return request.clone();
    };
    let (name, value) = proof(uri);
    renumbered(request).with(name, value)
}

fn renumbered(request: &Message) -> Message {
    let mut again = request.clone();
    again.headers.retain(|header| header.name != "Via" && header.name != "User-Agent");
    let next = request.cseq().map_or(1, |cseq| cseq.number + 1);
    for header in again.headers.iter_mut().filter(|header| header.name == "CSeq") {
        header.value = format!("{next} INVITE");
    }
    again
}

/// The URI to put into the request line.
fn callable(to: &str) -> Option<&str> {
    let uri = Address::read(to).ok()?.uri;
    Uri::read(uri).is_ok_and(|uri| uri.is_sip() || uri.is_tel()).then_some(uri)
}

/// The From value without parameters.
fn named(from: &str) -> Option<String> {
    let address = Address::read(from).ok()?;
    Uri::read(address.uri).ok()?;
    match address.display {
        None => Some(format!("<{}>", address.uri)),
        Some(name) => {
            let name = name.replace('\\', "\\\\").replace('"', "\\\"");
            Some(format!("\"{name}\" <{}>", address.uri))
        }
    }
}
