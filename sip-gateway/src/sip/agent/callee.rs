//! What others ask of us, served or refused.
//!
//! **Never here:** requests of our own, but for the BYE that a refused 200 leaves behind.

use super::super::address;
use super::super::identity::caller_of;
use super::super::message::{Fault, Method, media_type};
use super::super::replaces::{Replaces, Unclear};
use super::refresh::takes_updates;
use super::*;

/// What we read.
const ACCEPT: &str = "application/sdp";
/// Extensions somebody may require of us (RFC 4028, RFC 3262, RFC 3891).
const SUPPORTED: &str = "timer, 100rel, replaces";

/// A refusal, and the header that explains it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Empty for the usual phrase.
    pub(super) reason: String,
    pub(super) explained: Option<(&'static str, String)>,
}

impl Refusal {
    pub(super) fn plain(status: u16) -> Self {
        Refusal { status, reason: String::new(), explained: None }
    }

    pub(super) fn explained(status: u16, name: &'static str, value: impl Into<String>) -> Self {
        Refusal { explained: Some((name, value.into())), ..Refusal::plain(status) }
    }
}

impl Agent {
    pub(super) fn serve(&mut self, flow: Flow, reading: wire::Reading) {
        let wire::Reading { mut message, fault } = reading;
        let is_ack = message.is(rsip::Method::Ack);
        if let Some(id) = known(&self.transactions, &message) {
            let dialogs = is_ack && self.transactions.server(id).is_some_and(|s| s.is_accepted());
            match (is_ack, dialogs) {
                (true, true) => self.confirm(&message),
                (true, false) => self.transactions.acknowledged(id, &mut self.desk),
                (false, _) => self.transactions.repeated(id, &mut self.desk),
            }
            return;
        }
        if is_ack {
            if fault.is_none() {
                self.confirm(&message);
            }
            return;
        }

        let behind_nat = message.via().is_none_or(|via| !via.names(flow.remote.ip()));
        let way = way_back(&mut message, flow);
        if let Some(fault) = fault {
            return self.refuse_once(&message, way, fault_refusal(&fault));
        }
        self.serve_new(&message, flow, way, behind_nat);
    }

    fn serve_new(&mut self, request: &Message, flow: Flow, way: Flow, behind_nat: bool) {
        let Some(Method::Known(method)) = request.method() else {
            return self.refuse_once(request, way, Refusal::explained(501, "Allow", ALLOW));
        };
        match method {
            rsip::Method::Cancel => self.cancelled(request, way),
            rsip::Method::Invite
            | rsip::Method::Bye
            | rsip::Method::Options
            | rsip::Method::Info
            | rsip::Method::Notify
            | rsip::Method::PRack
            | rsip::Method::Refer
            | rsip::Method::Update => match (unfit(request), request.to_tag()) {
                (Some(refusal), _) => self.refuse_once(request, way, refusal),
                (None, Some(tag)) => self.serve_within(request, flow, way, tag),
                (None, None) => self.serve_outside(request, flow, way, behind_nat),
            },
            rsip::Method::Ack => {}
            rsip::Method::Message
            | rsip::Method::Publish
            | rsip::Method::Register
            | rsip::Method::Subscribe => {
                self.refuse_once(request, way, Refusal::explained(405, "Allow", ALLOW))
            }
        }
    }

    fn serve_outside(&mut self, request: &Message, flow: Flow, way: Flow, behind_nat: bool) {
        if self.transactions.is_merged(request) {
            self.refuse_once(request, way, Refusal::plain(482));
        } else if request.is(rsip::Method::Options) {
            self.say_what_we_can(request, way);
        } else if !request.is(rsip::Method::Invite) {
            self.refuse_once(request, way, Refusal::plain(481));
        } else if SessionTimer::asked(request).is_err() {
            self.refuse_once(request, way, too_short());
        } else if self.calls.len() >= LEGS_MAX || self.transactions.is_full() {
            let full = Refusal::explained(503, "Retry-After", COME_BACK_IN);
            self.refuse_once(request, way, full);
        } else {
            match Replaces::of(request) {
                Ok(None) => self.invited(request, flow, way, behind_nat),
                Ok(Some(call)) => self.takes_over(request, flow, way, behind_nat, &call),
                Err(Unclear) => self.refuse_once(request, way, Refusal::plain(400)),
            }
        }
    }

    pub(super) fn say_what_we_can(&mut self, request: &Message, way: Flow) {
        let tag = steady_tag(request);
        let answer = Message::response(request, 200, "", &tag)
            .with("Contact", self.contact(way))
            .with("Allow", ALLOW)
            .with("Supported", SUPPORTED)
            .with("Accept", ACCEPT)
            .with("Accept-Encoding", "identity")
            .with("Accept-Language", "ru, en")
            .with("Server", self.settings.user_agent.clone());
        self.desk.send(way, answer.to_bytes());
    }

    fn invited(&mut self, invite: &Message, flow: Flow, way: Flow, behind_nat: bool) {
        let leg = Leg(self.legs_made + 1);
        let Some(server) = self.transactions.serve(invite, way, Some(leg)) else {
            return;
        };
        self.legs_made += 1;
        let trying = Message::response(invite, 100, "", "");
        self.transactions.respond(server, &trying, &mut self.desk);

        let local_tag = self.word();
        let call_id = invite.call_id().unwrap_or_default().to_owned();
        let dialog = Dialog::of_callee(invite, &local_tag);
        let invited = State::Invited { server, invite: invite.clone() };
        let takes_updates = takes_updates(invite);
        let call =
            Call { dialog, behind_nat, takes_updates, ..Call::new(invited, flow, local_tag) };
        self.insert(leg, call);
        let patience = Timer::Undecided.first(way.transport).unwrap_or_default();
        self.desk.wait(Owner::Leg(leg), Timer::Undecided, patience);
        self.desk.tell(Event::Invited {
            leg,
            flow,
            number: invite.request_uri().map(|uri| uri.number()).unwrap_or_default(),
            caller: caller_of(invite),
            call_id,
            offer: (!invite.body.is_empty()).then(|| invite.body.clone()),
        });
    }

    pub(super) fn answer(&mut self, leg: Leg, sdp: Vec<u8>) {
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        if !matches!(call.state, State::Invited { .. }) {
            return;
        }

        self.desk.stop(Owner::Leg(leg), Timer::Undecided);
        self.stop_ringing(leg);
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let answered = State::Answered { hang_up: false };
        let state = std::mem::replace(&mut call.state, answered);
        if let State::Invited { server, invite } = state {
            self.accept(leg, server, &invite, sdp);
        }
    }

    /// 200 to an INVITE or re-INVITE, again and again until its ACK.
    pub(super) fn accept(
        &mut self,
        leg: Leg,
        server: TransactionId,
        invite: &Message,
        sdp: Vec<u8>,
    ) {
        let Some(way) = self.transactions.server(server).map(|server| server.flow) else {
            return;
        };
        let contact = self.contact(way);
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let session = SessionTimer::asked(invite).ok().flatten();
        let ok = Message::response(invite, 200, "", &call.local_tag)
            .with("Contact", contact)
            .with("Allow", ALLOW)
            .with("Supported", SUPPORTED)
            .with("Server", self.settings.user_agent.clone())
            .with_sdp(sdp.clone());
        let ok = agreed(session, ok);
        let pause = Timer::OkAgain.first(way.transport).unwrap_or_default();
        call.sdp = sdp;
        call.unconfirmed = Some(Unconfirmed {
            flow: way,
            number: invite.cseq().map_or(0, |cseq| cseq.number),
            bytes: ok.to_bytes(),
            pause,
            offered: invite.body.is_empty(),
        });
        self.transactions.respond(server, &ok, &mut self.desk);
        self.count_session(leg, session);
        let patience = Timer::AckMissing.first(way.transport).unwrap_or_default();
        self.desk.wait(Owner::Leg(leg), Timer::OkAgain, pause);
        self.desk.wait(Owner::Leg(leg), Timer::AckMissing, patience);
    }

    pub(super) fn refuse(
        &mut self,
        leg: Leg,
        status: u16,
        reason: &'static str,
        retry_after: Option<u32>,
    ) {
        if self.refuse_invite(leg, status, reason, retry_after) {
            self.end(leg, Why::Refused(status));
        }
    }

    pub(super) fn refuse_invite(
        &mut self,
        leg: Leg,
        status: u16,
        reason: &str,
        retry_after: Option<u32>,
    ) -> bool {
        let Some(call) = self.calls.get(&leg) else {
            return false;
        };
        let State::Invited { server, invite } = &call.state else {
            return false;
        };
        let mut refusal =
            Message::response(invite, status.clamp(300, 699), reason, &call.local_tag)
                .with("Allow", ALLOW)
                .with("Server", self.settings.user_agent.clone());
        if let Some(seconds) = retry_after {
            refusal = refusal.with("Retry-After", seconds.to_string());
        }
        self.transactions.respond(*server, &refusal, &mut self.desk);
        true
    }

    /// An ACK that is no transaction's: it confirms a 200.
    fn confirm(&mut self, ack: &Message) {
        let Some(leg) = self.leg_of(ack) else { return };
        let Some(call) = self.calls.get(&leg) else {
            return;
        };
        let number = ack.cseq().map(|cseq| cseq.number);
        if call.unconfirmed.as_ref().map(|unconfirmed| unconfirmed.number) != number {
            return;
        }

        let unconfirmed = self.forget_unconfirmed(leg);
        let offered = unconfirmed.is_some_and(|unconfirmed| unconfirmed.offered);
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let answer = (offered && !ack.body.is_empty()).then(|| ack.body.clone());
        let State::Answered { hang_up } = call.state else {
            if let Some(offer) = answer {
                let ours = call.sdp.clone();
                self.desk.tell(Event::Reoffered { leg, offer, ours, with: None });
            }
            return;
        };
        call.state = State::Up;
        self.desk.tell(Event::Confirmed { leg, answer });
        if hang_up {
            self.begin_to_hang_up(leg, Why::HungUp);
        }
    }

    fn cancelled(&mut self, cancel: &Message, way: Flow) {
        let invite = self.transactions.find(cancel, "INVITE");
        let Some(server) = invite.and_then(|id| self.transactions.server(id)) else {
            return self.refuse_once(cancel, way, Refusal::plain(481));
        };
        let leg = server.leg;
        let call = leg.and_then(|leg| self.calls.get(&leg));
        let tag = call.map_or_else(|| steady_tag(cancel), |call| call.local_tag.clone());
        let ok = Message::response(cancel, 200, "", &tag);
        self.desk.send(way, ok.to_bytes());

        let Some(leg) = leg else { return };
        if self.refuse_invite(leg, 487, "", None) {
            self.end(leg, Why::Cancelled);
        }
    }

    /// An answer that repeated requests get again; without room for that it is given once.
    pub(super) fn respond_kept(&mut self, request: &Message, way: Flow, response: Message) {
        let room = !self.transactions.is_full();
        let server = room.then(|| self.transactions.serve(request, way, None)).flatten();
        match server {
            Some(server) => self.transactions.respond(server, &response, &mut self.desk),
            None => self.desk.send(way, response.to_bytes()),
        }
    }

    pub(super) fn refuse_kept(&mut self, request: &Message, way: Flow, refusal: Refusal) {
        let response = self.refusal(request, refusal);
        self.respond_kept(request, way, response);
    }

    /// Refuse without remembering: the same request gets the same answer each time it comes
    /// (RFC 3261 section 8.2.7).
    pub(super) fn refuse_once(&mut self, request: &Message, way: Flow, refusal: Refusal) {
        let response = self.refusal(request, refusal);
        self.desk.send(way, response.to_bytes());
    }

    fn refusal(&self, request: &Message, refusal: Refusal) -> Message {
        let Refusal { status, reason, explained } = refusal;
        let response = Message::response(request, status, &reason, &steady_tag(request));
        let response = match explained {
            Some((name, value)) => response.with(name, value),
            None => response,
        };
        response.with("Server", self.settings.user_agent.clone())
    }

    /// The leg whose dialog this request was sent within.
    pub(super) fn leg_of(&self, request: &Message) -> Option<Leg> {
        let leg = *self.by_tag.get(request.to_tag()?)?;
        let dialog = self.calls.get(&leg)?.dialog.as_ref()?;
        dialog.holds(request).then_some(leg)
    }
}

fn known(transactions: &Transactions, request: &Message) -> Option<TransactionId> {
    transactions.find(request, &request.method()?.to_string())
}

/// Stamp the first Via and say where answers go (RFC 3261 section 18.2.2, RFC 3581 section 4).
fn way_back(request: &mut Message, flow: Flow) -> Flow {
    let via = request.headers.iter_mut().find(|header| header.name == "Via");
    if let Some(via) = via
        && let Some(stamped) = address::stamped(&via.value, flow.remote)
    {
        via.value = stamped;
    }
    if flow.transport.is_reliable() {
        return flow;
    }

    match request.via() {
        Some(via) if !via.wants_rport() => {
            let port = via.port.unwrap_or(address::PORT);
            Flow { remote: SocketAddr::new(flow.remote.ip(), port), ..flow }
        }
        Some(_) | None => flow,
    }
}

pub(super) fn too_short() -> Refusal {
    Refusal::explained(422, "Min-SE", session_timer::LEAST.as_secs().to_string())
}

pub(super) fn agreed(session: Option<SessionTimer>, answer: Message) -> Message {
    match session {
        Some(session) => session.agree(answer),
        None => answer,
    }
}

fn fault_refusal(fault: &Fault) -> Refusal {
    Refusal { reason: fault.to_string(), ..Refusal::plain(fault.status()) }
}

/// Why a request we know cannot be served, in the order of RFC 3261 section 8.2.
fn unfit(request: &Message) -> Option<Refusal> {
    if !request.request_uri().is_some_and(|uri| uri.is_sip() || uri.is_tel()) {
        return Some(Refusal::plain(416));
    }
    let known =
        |option: &str| SUPPORTED.split(", ").any(|known| known.eq_ignore_ascii_case(option));
    let required: Vec<&str> = request.members("Require").filter(|it| !known(it)).collect();
    if !required.is_empty() {
        return Some(Refusal::explained(420, "Unsupported", required.join(", ")));
    }
    if !request.is(rsip::Method::Invite) {
        return None;
    }

    let encoded = request.members("Content-Encoding").any(|encoding| encoding != "identity");
    if encoded && !request.body.is_empty() {
        return Some(Refusal::explained(415, "Accept-Encoding", "identity"));
    }
    let foreign = request.header("Content-Type").is_some_and(|kind| media_type(kind) != ACCEPT);
    if foreign && !request.body.is_empty() {
        return Some(Refusal::explained(415, "Accept", ACCEPT));
    }
    let mut accepted = request.members("Accept").map(media_type).peekable();
    let any = accepted.peek().is_none();
    let takes_sdp = any || accepted.any(|kind| [ACCEPT, "application/*", "*/*"].contains(&&*kind));
    (!takes_sdp).then(|| Refusal::plain(406))
}

/// A To tag that is the same each time the same request comes, without remembering it.
fn steady_tag(request: &Message) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for name in ["Call-ID", "From", "CSeq"] {
        for byte in request.header(name).unwrap_or_default().bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}
