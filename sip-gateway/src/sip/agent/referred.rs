//! Somebody we talk to asks us to talk to somebody else (RFC 3515): we phone there, say how it goes, and
//! go on with whoever answers. Done only where the owner allows it: it is they who pay.
//!
//! **Never here:** what the order says (`sip/refer`), how one partner takes another's place (`takeover`).

use super::super::refer::Order;
use super::super::sdp;
use super::callee::Refusal;
use super::*;

/// Whoever asked hears of it for so long, in seconds.
const HEARS_FOR: u32 = 60;

impl Agent {
    pub(super) fn refer_arrived(&mut self, refer: &Message, way: Flow, leg: Leg) {
        let up = self.calls.get(&leg).filter(|call| matches!(call.state, State::Up));
        let status = match (Order::read(refer), up) {
            _ if !self.settings.follows => 603,
            (None, _) => 400,
            (Some(_), None) => 500,
            (Some(_), Some(call)) if call.referred.is_some() => 491,
            (Some(order), Some(_)) => return self.follow(refer, way, leg, &order),
        };
        self.refuse_kept(refer, way, Refusal::plain(status));
    }

    fn follow(&mut self, refer: &Message, way: Flow, leg: Leg, order: &Order) {
        let accepted = Message::response(refer, 202, "", "").with("Contact", self.contact(way));
        self.respond_kept(refer, way, accepted);
        let by = self.phone_instead(leg, order);
        if let Some(call) = self.calls.get_mut(&leg) {
            call.referred = Some(Referred { by, left: false });
        }
        let status = if by.is_some() { 100 } else { 500 };
        self.tell_referrer(leg, status);
        if by.is_none() {
            self.forget_order(leg);
        }
    }

    /// Phones there in the same clothes: our address, our number, whatever sound they have.
    fn phone_instead(&mut self, leg: Leg, order: &Order) -> Option<Leg> {
        let call = self.calls.get(&leg)?;
        let (ours, _) = sdp::own(&call.sdp)?;
        let (flow, us) = (call.way_to(&order.uri), call.dialog.as_ref()?.us().to_owned());
        let credentials = self.credentials(leg);
        let by = self.next_leg();
        let offer = sdp::offer(ours.address, ours.port);
        self.call_with(by, flow, &order.uri, &us, offer, order.headers());
        let call = self.calls.get_mut(&by)?;
        call.credentials = credentials;
        call.following = Some(leg);
        Some(by)
    }

    /// NOTIFY (RFC 3515 section 2.4.4): 1xx goes on, anything else is the end of it.
    pub(super) fn tell_referrer(&mut self, leg: Leg, status: u16) {
        let left =
            self.calls.get(&leg).and_then(|call| call.referred.as_ref()).is_none_or(|it| it.left);
        let Some(flow) = self.calls.get(&leg).map(|call| call.flow).filter(|_| !left) else {
            return;
        };
        let state = match status {
            ..200 => format!("active;expires={HEARS_FOR}"),
            200.. => "terminated;reason=noresource".to_owned(),
        };
        let (contact, line) = (self.contact(flow), super::super::refer::fragment(status));
        self.ask_within(leg, rsip::Method::Notify, User::Nobody, |notify| {
            let notify = notify
                .with("Event", "refer")
                .with("Subscription-State", state)
                .with("Contact", contact)
                .with("Content-Type", "message/sipfrag;version=2.0");
            Message { body: line.into_bytes(), ..notify }
        });
    }

    /// Whom we phoned on somebody's order is there: from here on the call is theirs.
    pub(super) fn follow_there(&mut self, leg: Leg, by: Leg) {
        self.tell_referrer(leg, 200);
        let left =
            self.calls.get(&leg).and_then(|call| call.referred.as_ref()).is_some_and(|it| it.left);
        self.forget_order(leg);
        let Some(mut new) = self.lift(by) else {
            return;
        };
        new.following = None;
        let before = self.put_in_place(leg, new);
        match left {
            true => self.end(before, Why::CallerHungUp),
            false => self.begin_to_hang_up(before, Why::HungUp),
        }
    }

    /// Nobody is there: the call goes on with whoever asked, unless they have left.
    pub(super) fn followed_in_vain(&mut self, leg: Leg, why: Why) {
        let status = match why {
            Why::Refused(status) => status,
            Why::NoAnswer => 408,
            Why::Cancelled
            | Why::CallerHungUp
            | Why::NotConfirmed
            | Why::FlowLost
            | Why::Lapsed
            | Why::HungUp
            | Why::NotPlaced => 503,
        };
        self.tell_referrer(leg, status);
        let order = self.calls.get_mut(&leg).and_then(|call| call.referred.take());
        if order.is_some_and(|order| order.left) {
            self.end(leg, Why::CallerHungUp);
        }
    }

    /// Whether whoever hangs up has asked us to talk to somebody else, and just need not wait for it.
    pub(super) fn leaves_us_to_another(&mut self, leg: Leg) -> bool {
        let Some(call) = self.calls.get_mut(&leg) else {
            return false;
        };
        let Some(referred) = &mut call.referred else {
            return false;
        };
        referred.left = true;
        self.desk.stop(Owner::Leg(leg), Timer::Session);
        true
    }

    fn forget_order(&mut self, leg: Leg) {
        if let Some(call) = self.calls.get_mut(&leg) {
            call.referred = None;
        }
    }
}
