//! Requests of ours within a call, and the proof of who we are that some exchanges want with every one.
//!
//! **Never here:** what is asked, what the answer means.

use super::super::digest::{Challenge, Credentials, Proof};
use super::super::message::Method;
use super::*;

impl Agent {
    /// The next request within the call's dialog, proven once somebody has asked for that.
    pub(super) fn ask_within(
        &mut self,
        leg: Leg,
        method: rsip::Method,
        user: User,
        finish: impl FnOnce(Message) -> Message,
    ) {
        let credentials = self.credentials(leg);
        let word = self.word();
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let way = call.way();
        let Some(dialog) = &mut call.dialog else {
            return;
        };
        let mut request = finish(dialog.request(method));
        if let (Some(proof), Some(credentials)) = (&mut call.proof, credentials)
            && let Start::Request { uri, .. } = &request.start
        {
            let (name, value) = proof.header(&method.to_string(), uri, &credentials, &word);
            request = request.with(name, value);
        }
        self.send(request, way, user);
    }

    /// Somebody wants our request proven: the same again with a proof. False where we have none, or
    /// where it was not believed.
    pub(super) fn prove_within(&mut self, leg: Leg, answer: &Message) -> bool {
        let name = match answer.status() {
            Some(401) => "WWW-Authenticate",
            Some(407) => "Proxy-Authenticate",
            Some(_) | None => return false,
        };
        let Some(challenge) = Challenge::strongest(answer.values(name)) else {
            return false;
        };
        let known = self.credentials(leg).is_some();
        let Some(call) = self.calls.get_mut(&leg).filter(|_| known) else {
            return false;
        };
        if call.proof.is_some() && !challenge.stale {
            return false;
        }
        call.proof = Some(Proof::new(challenge, name == "Proxy-Authenticate"));
        match answer.cseq().map(|cseq| cseq.method) {
            Some(Method::Known(rsip::Method::Bye)) => self.send_bye(leg),
            Some(Method::Known(rsip::Method::Update)) => self.send_update(leg),
            Some(Method::Known(rsip::Method::Refer)) => self.send_refer(leg),
            Some(Method::Known(rsip::Method::Invite)) => self.offer_again(leg),
            Some(_) | None => return false,
        }
        true
    }

    /// Those the call was placed with, or those of our account where it came from.
    pub(super) fn credentials(&self, leg: Leg) -> Option<Credentials> {
        let call = self.calls.get(&leg)?;
        let from = call.flow.remote.ip();
        let account = || self.accounts.values().find_map(|account| account.credentials_at(from));
        call.credentials.clone().or_else(account)
    }
}
