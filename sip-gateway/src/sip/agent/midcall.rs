//! What others ask of us in the middle of a call: other terms, a key, another partner, its end.
//!
//! **Never here:** calls that begin, requests of our own.

use super::super::info::{self, key_told};
use super::super::message::Method;
use super::super::sdp;
use super::callee::{Refusal, agreed, too_short};
use super::*;

impl Agent {
    pub(super) fn serve_within(&mut self, request: &Message, flow: Flow, way: Flow, tag: &str) {
        let Some(leg) = self.leg_of(request).filter(|_| !tag.is_empty()) else {
            return self.refuse_once(request, way, Refusal::plain(481));
        };
        if request.is(rsip::Method::Options) {
            return self.say_what_we_can(request, way);
        }
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let in_order = call.dialog.as_mut().is_some_and(|dialog| dialog.is_in_order(request));
        if !in_order {
            return self.refuse_once(
                request,
                way,
                Refusal { reason: "CSeq Out Of Order".into(), ..Refusal::plain(500) },
            );
        }

        self.move_to(leg, flow);
        match request.method() {
            Some(Method::Known(rsip::Method::Bye)) => self.bye(request, way, leg),
            Some(Method::Known(rsip::Method::Info)) => self.informed(request, way, leg),
            Some(Method::Known(rsip::Method::Update)) => self.updated(request, way, leg),
            Some(Method::Known(rsip::Method::Refer)) => self.refer_arrived(request, way, leg),
            Some(Method::Known(rsip::Method::PRack)) => {
                let known = self.ringing_arrived(request, leg);
                self.say_if_known(request, way, known);
            }
            Some(Method::Known(rsip::Method::Notify)) => {
                let known = self.notified(request, leg);
                self.say_if_known(request, way, known);
            }
            Some(_) | None => self.reinvited(request, way, leg),
        }
    }

    /// 200, or 481 for what we know nothing of.
    fn say_if_known(&mut self, request: &Message, way: Flow, known: bool) {
        match known {
            true => self.respond_kept(request, way, Message::response(request, 200, "", "")),
            false => self.refuse_kept(request, way, Refusal::plain(481)),
        }
    }

    /// Keys by INFO, as exchanges send them that know no RFC 4733; anything else is not for us.
    fn informed(&mut self, info: &Message, way: Flow, leg: Leg) {
        if info.header("Content-Type").is_none() {
            return self.respond_kept(info, way, Message::response(info, 200, "", ""));
        }
        match key_told(info) {
            Some(key) => {
                self.respond_kept(info, way, Message::response(info, 200, "", ""));
                self.desk.tell(Event::Pressed { leg, key });
            }
            None => self.refuse_kept(info, way, Refusal::explained(415, "Accept", info::ACCEPT)),
        }
    }

    /// Other terms without a second ring (RFC 3311), or just a sign of life.
    fn updated(&mut self, update: &Message, way: Flow, leg: Leg) {
        let Ok(session) = SessionTimer::asked(update) else {
            return self.refuse_kept(update, way, too_short());
        };
        let contact = self.contact(way);
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let ok = Message::response(update, 200, "", "").with("Contact", contact);
        let ok = agreed(session, ok);
        if update.body.is_empty() {
            self.count_session(leg, session);
            return self.respond_kept(update, way, ok);
        }
        if call.offering {
            return self.refuse_kept(update, way, Refusal::plain(491));
        }
        if !matches!(call.state, State::Up) || call.unconfirmed.is_some() {
            return self.refuse_kept(update, way, Refusal::explained(500, "Retry-After", "1"));
        }
        let Some(sdp) = answer_again(&call.sdp, &update.body) else {
            return self.refuse_kept(update, way, Refusal::plain(488));
        };
        call.sdp.clone_from(&sdp);
        if let Some(dialog) = &mut call.dialog {
            dialog.retarget(update);
        }
        self.count_session(leg, session);
        self.respond_kept(update, way, ok.with_sdp(sdp.clone()));
        self.desk.tell(Event::Reoffered { leg, offer: update.body.clone(), ours: sdp, with: None });
    }

    /// The peer's stream was replaced by a newer one: that is the way to it now.
    fn move_to(&mut self, leg: Leg, flow: Flow) {
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        if call.flow.connection == flow.connection && call.flow.transport == flow.transport {
            return;
        }
        self.on_streams.remove(&(call.flow.connection, leg));
        call.flow = flow;
        if flow.transport.is_reliable() {
            self.on_streams.insert((flow.connection, leg));
        }
    }

    fn bye(&mut self, bye: &Message, way: Flow, leg: Leg) {
        self.respond_kept(bye, way, Message::response(bye, 200, "", ""));
        if self.leaves_us_to_another(leg) {
            return;
        }
        let Some(call) = self.calls.get(&leg) else {
            return;
        };
        let why = match &call.state {
            State::Invited { .. } => {
                self.refuse_invite(leg, 487, "", None);
                Why::Cancelled
            }
            State::HangingUp { why } => *why,
            State::Answered { .. }
            | State::Calling { .. }
            | State::Cancelling { .. }
            | State::Up => Why::CallerHungUp,
        };
        self.end(leg, why);
    }

    fn reinvited(&mut self, invite: &Message, way: Flow, leg: Leg) {
        let Some(call) = self.calls.get(&leg) else {
            return;
        };
        if call.offering {
            return self.refuse_kept(invite, way, Refusal::plain(491));
        }
        if !matches!(call.state, State::Up) || call.unconfirmed.is_some() {
            return self.refuse_kept(invite, way, Refusal::explained(500, "Retry-After", "1"));
        }
        if SessionTimer::asked(invite).is_err() {
            return self.refuse_kept(invite, way, too_short());
        }
        let Some(sdp) = answer_again(&call.sdp, &invite.body) else {
            return self.refuse_kept(invite, way, Refusal::plain(488));
        };
        let server = (!self.transactions.is_full())
            .then(|| self.transactions.serve(invite, way, Some(leg)))
            .flatten();
        let Some(server) = server else {
            let full = Refusal::explained(500, "Retry-After", COME_BACK_IN);
            return self.refuse_once(invite, way, full);
        };

        if let Some(dialog) = self.calls.get_mut(&leg).and_then(|call| call.dialog.as_mut()) {
            dialog.retarget(invite);
        }
        self.accept(leg, server, invite, sdp.clone());
        if !invite.body.is_empty() {
            self.desk.tell(Event::Reoffered {
                leg,
                offer: invite.body.clone(),
                ours: sdp,
                with: None,
            });
        }
    }
}

/// Our terms again for an offer that may have changed: `None` if it cannot be met.
pub(super) fn answer_again(ours: &[u8], offer: &[u8]) -> Option<Vec<u8>> {
    if offer.is_empty() {
        return Some(ours.to_vec());
    }

    let (here, origin) = sdp::own(ours)?;
    let same = sdp::answer_as(offer, &here, origin).ok()?.sdp;
    if same == ours {
        return Some(same);
    }
    let changed = sdp::Origin { version: origin.version + 1, ..origin };
    Some(sdp::answer_as(offer, &here, changed).ok()?.sdp)
}
