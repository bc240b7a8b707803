//! A call goes on with somebody else at the far end: the same leg, another dialog. Whoever was there before
//! is hung up on.
//!
//! **Never here:** why somebody takes over.

use super::super::identity::caller_of;
use super::super::replaces::Replaces;
use super::callee::Refusal;
use super::midcall::answer_again;
use super::refresh::takes_updates;
use super::*;

impl Agent {
    /// Somebody comes in place of a partner of ours (RFC 3891 section 3).
    pub(super) fn takes_over(
        &mut self,
        invite: &Message,
        flow: Flow,
        way: Flow,
        behind_nat: bool,
        replaces: &Replaces,
    ) {
        let leg = match self.replaceable(replaces) {
            Ok(leg) => leg,
            Err(status) => return self.refuse_once(invite, way, Refusal::plain(status)),
        };
        let ours = self.calls.get(&leg).map(|call| call.sdp.clone()).unwrap_or_default();
        let Some(sdp) = answer_again(&ours, &invite.body) else {
            return self.refuse_once(invite, way, Refusal::plain(488));
        };
        let Some(server) = self.transactions.serve(invite, way, Some(leg)) else {
            return;
        };
        let local_tag = self.word();
        let dialog = Dialog::of_callee(invite, &local_tag);
        let answered = State::Answered { hang_up: false };
        let takes_updates = takes_updates(invite);
        let new =
            Call { dialog, behind_nat, takes_updates, ..Call::new(answered, flow, local_tag) };
        let before = self.put_in_place(leg, new);
        self.accept(leg, server, invite, sdp.clone());
        let (offer, caller) = (invite.body.clone(), caller_of(invite));
        let with = Some(caller.number.unwrap_or_default());
        self.desk.tell(Event::Reoffered { leg, offer, ours: sdp, with });
        self.begin_to_hang_up(before, Why::HungUp);
    }

    /// The leg that may be taken over, or the status that says why none is.
    fn replaceable(&self, replaces: &Replaces) -> Result<Leg, u16> {
        let leg = *self.by_tag.get(&replaces.local_tag).ok_or(481_u16)?;
        let call = self.calls.get(&leg).ok_or(481_u16)?;
        let dialog = call.dialog.as_ref().ok_or(481_u16)?;
        let theirs = dialog.remote_tag.as_deref() == Some(&replaces.remote_tag);
        if dialog.call_id != replaces.call_id || !theirs {
            return Err(481);
        }
        match call.state {
            State::Up if replaces.early_only => Err(486),
            State::Up => Ok(leg),
            State::Answered { .. } => Err(491),
            State::HangingUp { .. } => Err(603),
            State::Invited { .. } | State::Calling { .. } | State::Cancelling { .. } => Err(481),
        }
    }

    /// The leg is `new`'s from here on; answers which one now holds whoever had it before.
    pub(super) fn put_in_place(&mut self, leg: Leg, new: Call) -> Leg {
        let before = self.next_leg();
        self.tell_handover(leg, Handover::Failed(Failure::Silent));
        self.forget_unconfirmed(leg);
        if let Some(old) = self.lift(leg) {
            self.insert(before, old);
        }
        self.transactions.pass(leg, before);
        self.insert(leg, new);
        before
    }

    /// Out of every table, its timers stopped.
    pub(super) fn lift(&mut self, leg: Leg) -> Option<Call> {
        for timer in [
            Timer::Session,
            Timer::Undecided,
            Timer::HandoverSilent,
            Timer::GlareOver,
            Timer::OkAgain,
            Timer::AckMissing,
        ] {
            self.desk.stop(Owner::Leg(leg), timer);
        }
        self.stop_ringing(leg);
        let call = self.calls.remove(&leg)?;
        self.by_tag.remove(&call.local_tag);
        self.on_streams.remove(&(call.flow.connection, leg));
        Some(call)
    }
}
