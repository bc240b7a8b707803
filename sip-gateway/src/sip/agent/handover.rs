//! A call of ours handed over to somebody else: the order, and what becomes of it.
//!
//! **Never here:** what the words mean (`sip/refer`), whether it is wise.

use super::super::refer;
use super::*;

impl Agent {
    /// Asks the other end to talk to `to` instead (RFC 3515).
    pub(super) fn hand_over(&mut self, leg: Leg, to: &str) {
        let failed = |agent: &mut Agent, why| {
            agent.desk.tell(Event::HandedOver { leg, how: Handover::Failed(why) });
        };
        let Some(target) = refer::target(to) else {
            return failed(self, Failure::NoAddress);
        };
        let up = |call: &&mut Call| matches!(call.state, State::Up);
        let Some(call) = self.calls.get_mut(&leg).filter(up) else {
            return failed(self, Failure::Silent);
        };
        call.handing_over = Some(target);
        let patience = Timer::HandoverSilent.first(call.flow.transport).unwrap_or_default();
        self.desk.wait(Owner::Leg(leg), Timer::HandoverSilent, patience);
        self.send_refer(leg);
    }

    pub(super) fn send_refer(&mut self, leg: Leg) {
        let Some(call) = self.calls.get(&leg) else {
            return;
        };
        let (Some(target), contact) = (call.handing_over.clone(), self.contact(call.flow)) else {
            return;
        };
        self.ask_within(leg, rsip::Method::Refer, User::Handover(leg), |refer| {
            let refer = refer.with("Refer-To", target).with("Contact", contact.clone());
            refer.with("Referred-By", contact)
        });
    }

    pub(super) fn handover_answered(&mut self, leg: Leg, response: &Message) {
        match response.status() {
            Some(200..300) => self.tell_handover(leg, Handover::Begun),
            _ if self.prove_within(leg, response) => {}
            Some(status) => self.tell_handover(leg, Handover::Failed(Failure::Refused(status))),
            None => {}
        }
    }

    /// Nothing is heard of it.
    pub(super) fn handover_silent(&mut self, leg: Leg) {
        self.tell_handover(leg, Handover::Failed(Failure::Silent));
    }

    /// Whether this NOTIFY is about a handover of ours.
    pub(super) fn notified(&mut self, notify: &Message, leg: Leg) -> bool {
        let handing = self.calls.get(&leg).is_some_and(|call| call.handing_over.is_some());
        let Some(how) = refer::told(notify).filter(|_| handing) else {
            return handing && notify.header("Event").is_some_and(|it| it.starts_with("refer"));
        };
        self.tell_handover(leg, how);
        true
    }

    /// A handover ends once.
    pub(super) fn tell_handover(&mut self, leg: Leg, how: Handover) {
        let Some(call) = self.calls.get_mut(&leg).filter(|call| call.handing_over.is_some()) else {
            return;
        };
        if matches!(how, Handover::Done | Handover::Failed(_)) {
            call.handing_over = None;
            self.desk.stop(Owner::Leg(leg), Timer::HandoverSilent);
        }
        self.desk.tell(Event::HandedOver { leg, how });
    }
}
