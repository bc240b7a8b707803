//! Our signs of life within a call (RFC 4028): by UPDATE, or by the same offer again where the other end
//! knows no UPDATE. Two such offers that cross are both taken back, and tried again at different times.
//!
//! **Never here:** when one is due.

use std::time::Duration;

use super::*;

/// The pauses after a crossing (RFC 3261 section 14.1) count in these.
const STEP: Duration = Duration::from_millis(10);

impl Agent {
    pub(super) fn give_sign_of_life(&mut self, leg: Leg) {
        match self.calls.get(&leg).is_some_and(|call| call.takes_updates) {
            true => self.send_update(leg),
            false => self.offer_again(leg),
        }
    }

    pub(super) fn send_update(&mut self, leg: Leg) {
        self.renew(leg, rsip::Method::Update, User::Leg(leg), Vec::new());
    }

    /// The terms of last time, in a re-INVITE.
    pub(super) fn offer_again(&mut self, leg: Leg) {
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        if !matches!(call.state, State::Up) || call.offering || call.unconfirmed.is_some() {
            return;
        }
        call.offering = true;
        let sdp = call.sdp.clone();
        self.renew(leg, rsip::Method::Invite, User::Reoffer(leg), sdp);
    }

    fn renew(&mut self, leg: Leg, method: rsip::Method, user: User, sdp: Vec<u8>) {
        let Some((session, flow)) =
            self.calls.get(&leg).and_then(|it| Some((it.session?, it.flow)))
        else {
            return;
        };
        let contact = self.contact(flow);
        self.ask_within(leg, method, user, |request| {
            let request = session.renew(request).with("Contact", contact);
            match sdp.is_empty() {
                true => request,
                false => request.with("Allow", ALLOW).with_sdp(sdp),
            }
        });
    }

    pub(super) fn offer_answered(
        &mut self,
        leg: Leg,
        id: TransactionId,
        invite: &Message,
        response: &Message,
    ) {
        let status = response.status().unwrap_or_default();
        let Some(call) = self.calls.get_mut(&leg).filter(|_| status >= 200) else {
            return;
        };
        call.offering = false;
        match status {
            ..300 => self.agreed_again(leg, id, invite, response),
            491 => self.wait_after_glare(leg),
            401 | 407 if self.prove_within(leg, response) => {}
            408 | 481 => self.gone(Some(leg)),
            // A refusal leaves everything as it was (RFC 3261 section 14.1).
            _ => {}
        }
    }

    fn agreed_again(&mut self, leg: Leg, id: TransactionId, invite: &Message, answer: &Message) {
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        if let Some(dialog) = &mut call.dialog {
            dialog.retarget(answer);
        }
        let (way, ours) = (call.way(), call.sdp.clone());
        let Some(dialog) = call.dialog.clone() else {
            return;
        };
        let ack = self.acknowledge(&dialog, way, invite);
        if let Some(client) = self.transactions.client(id) {
            client.remember_ack(dialog.remote_tag.unwrap_or_default(), way, ack);
        }
        self.count_session(leg, SessionTimer::agreed(answer));
        if !answer.body.is_empty() {
            self.desk.tell(Event::Reoffered { leg, offer: answer.body.clone(), ours, with: None });
        }
    }

    /// Whoever made the call's name waits 2.1 to 4 s, the other up to 2 s.
    fn wait_after_glare(&mut self, leg: Leg) {
        let ours = self.calls.get(&leg).is_some_and(|call| call.placed);
        let steps = self.chance.next_u32() % 191;
        let pause = if ours { STEP * (210 + steps) } else { STEP * steps };
        self.desk.wait(Owner::Leg(leg), Timer::GlareOver, pause);
    }

    /// Whether this leg's partner has only now said that it knows no UPDATE; then it gets an offer.
    pub(super) fn takes_no_updates(&mut self, leg: Leg) -> bool {
        let up = |call: &&mut Call| matches!(call.state, State::Up) && call.takes_updates;
        let Some(call) = self.calls.get_mut(&leg).filter(up) else {
            return false;
        };
        call.takes_updates = false;
        self.offer_again(leg);
        true
    }

    /// Our offer was lost, or is being thought about without end.
    pub(super) fn offer_unanswered(&mut self, leg: Leg, news: News) {
        if !matches!(news, News::TimedOut | News::RungOut) {
            return;
        }
        if let Some(call) = self.calls.get_mut(&leg) {
            call.offering = false;
        }
        if news == News::TimedOut {
            self.gone(Some(leg));
        }
    }
}

/// Whether the sender of this message says that it takes UPDATE; who says nothing is asked by one, and
/// refuses it.
pub(super) fn takes_updates(message: &Message) -> bool {
    let mut allowed = message.members("Allow").peekable();
    let silent = allowed.peek().is_none();
    silent || allowed.any(|method| method.eq_ignore_ascii_case("UPDATE"))
}
