//! A call of ours handed over to somebody else: the order, and what becomes of it.
//!
//! **Never here:** what the words mean (`sip/refer`), whether it is wise.

use super::super::refer::{self, Failure, Handover};
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
        let Some(call) = self.calls.get_mut(&leg).filter(|call| matches!(call.state, State::Up))
        else {
            return failed(self, Failure::Silent);
        };
        let (way, flow) = (call.way(), call.flow);
        let Some(dialog) = &mut call.dialog else {
            return failed(self, Failure::Silent);
        };
        let refer = dialog.request(rsip::Method::Refer).with("Refer-To", target);
        call.handing_over = true;
        let contact = self.contact(flow);
        let by = contact.clone();
        let refer = refer.with("Contact", contact).with("Referred-By", by);
        self.send(refer, way, User::Handover(leg));
        let patience = Timer::HandoverSilent.first(flow.transport).unwrap_or_default();
        self.desk.wait(Owner::Leg(leg), Timer::HandoverSilent, patience);
    }

    /// The answer to our REFER, or none.
    pub(super) fn handover_answered(&mut self, leg: Leg, status: Option<u16>) {
        match status {
            Some(200..300) => self.tell_handover(leg, Handover::Begun),
            Some(status) => self.tell_handover(leg, Handover::Failed(Failure::Refused(status))),
            None => self.tell_handover(leg, Handover::Failed(Failure::Silent)),
        }
    }

    /// Whether this NOTIFY is about a handover of ours.
    pub(super) fn notified(&mut self, notify: &Message, leg: Leg) -> bool {
        let handing = self.calls.get(&leg).is_some_and(|call| call.handing_over);
        let Some(how) = refer::told(notify).filter(|_| handing) else {
            return handing && notify.header("Event").is_some_and(|it| it.starts_with("refer"));
        };
        self.tell_handover(leg, how);
        true
    }

    /// A handover ends once.
    pub(super) fn tell_handover(&mut self, leg: Leg, how: Handover) {
        let Some(call) = self.calls.get_mut(&leg).filter(|call| call.handing_over) else {
            return;
        };
        if matches!(how, Handover::Done | Handover::Failed(_)) {
            call.handing_over = false;
            self.desk.stop(Owner::Leg(leg), Timer::HandoverSilent);
        }
        self.desk.tell(Event::HandedOver { leg, how });
    }
}
