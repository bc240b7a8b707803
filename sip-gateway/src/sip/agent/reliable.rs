//! Provisional answers that must arrive, ours and theirs.
//!
//! **Never here:** what their headers say (`sip/reliable`).

use super::super::reliable::{Wish, acknowledged, number, wish};
use super::*;

impl Agent {
    /// It rings here; somebody who can be told for certain is.
    pub(super) fn ring(&mut self, leg: Leg) {
        let contact = self.calls.get(&leg).map(|call| self.contact(call.flow));
        let (Some(call), Some(contact)) = (self.calls.get_mut(&leg), contact) else {
            return;
        };
        let State::Invited { server, invite } = &call.state else {
            return;
        };
        let server = *server;
        let ringing = Message::response(invite, 180, "", &call.local_tag)
            .with("Contact", contact)
            .with("Allow", ALLOW);
        if wish(invite) == Wish::None || call.ringing.is_some() {
            return self.transactions.respond(server, &ringing, &mut self.desk);
        }

        let number = self.chance.next_u32() >> 1 | 1;
        let transport = call.flow.transport;
        let pause = Timer::RingAgain.first(transport).unwrap_or_default();
        call.ringing = Some(Ringing { number, pause });
        let ringing = ringing.with("Require", "100rel").with("RSeq", number.to_string());
        self.transactions.respond(server, &ringing, &mut self.desk);
        self.desk.wait(Owner::Leg(leg), Timer::RingAgain, pause);
        let patience = Timer::PrackMissing.first(transport).unwrap_or_default();
        self.desk.wait(Owner::Leg(leg), Timer::PrackMissing, patience);
    }

    pub(super) fn ring_again(&mut self, leg: Leg) {
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let (State::Invited { server, .. }, Some(ringing)) = (&call.state, &mut call.ringing)
        else {
            return;
        };
        self.transactions.repeated(*server, &mut self.desk);
        if let Some(pause) = Timer::RingAgain.next(ringing.pause) {
            ringing.pause = pause;
            self.desk.wait(Owner::Leg(leg), Timer::RingAgain, pause);
        }
    }

    /// Nobody has said that our ringing arrived (RFC 3262 section 3).
    pub(super) fn ringing_unheard(&mut self, leg: Leg) {
        self.refuse(leg, 504, "", None);
    }

    pub(super) fn stop_ringing(&mut self, leg: Leg) {
        self.desk.stop(Owner::Leg(leg), Timer::RingAgain);
        self.desk.stop(Owner::Leg(leg), Timer::PrackMissing);
    }

    /// Whether this PRACK is for our ringing.
    pub(super) fn ringing_arrived(&mut self, prack: &Message, leg: Leg) -> bool {
        let Some(call) = self.calls.get(&leg) else {
            return false;
        };
        let State::Invited { invite, .. } = &call.state else {
            return false;
        };
        let invite = invite.cseq().map(|cseq| cseq.number);
        let ours = call.ringing.as_ref().map(|ringing| ringing.number);
        let said = acknowledged(prack);
        let same = said.is_some_and(|it| (Some(it.number), Some(it.invite)) == (ours, invite));
        if same {
            self.stop_ringing(leg);
        }
        same
    }

    /// The far end rings or talks already; where it wants to know that we know, it is told.
    pub(super) fn heard_early(&mut self, leg: Leg, invite: &Message, response: &Message) {
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let Some(number) = number(response) else {
            return;
        };
        let same = call
            .early
            .as_ref()
            .filter(|early| early.dialog.remote_tag.as_deref() == response.to_tag());
        if same.is_some_and(|early| early.number >= number) {
            return;
        }
        let dialog = match same {
            Some(early) => Some(early.dialog.clone()),
            None => Dialog::of_caller(invite, response),
        };
        let Some(mut dialog) = dialog else { return };
        let invite = invite.cseq().map_or(1, |cseq| cseq.number);
        let prack =
            dialog.request(rsip::Method::PRack).with("RAck", format!("{number} {invite} INVITE"));
        let way = call.way_of(&dialog);
        call.early = Some(Early { dialog, number });
        self.send(prack, way, User::Nobody);
    }
}
