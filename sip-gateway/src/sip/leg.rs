//! One end of one call, as far as the agent must remember it.
//!
//! **Never here:** sending, timers, the maps legs are found by.

use std::time::Duration;

use super::address::Uri;
use super::dialog::Dialog;
use super::digest::{Credentials, Proof};
use super::event::{Flow, Leg, Why};
use super::message::Message;
use super::session_timer::SessionTimer;
use super::transaction::TransactionId;

#[derive(Debug)]
pub(super) enum State {
    /// Someone phones us and waits for our decision.
    Invited { server: TransactionId, invite: Message },
    /// Our first 200 waits for its ACK; `hang_up` once it is there.
    Answered { hang_up: bool },
    /// We phone someone; `rung` once that has been told.
    Calling { client: TransactionId, rung: bool },
    /// We changed our mind; `sent` once the CANCEL could go out.
    Cancelling { client: TransactionId, sent: bool, why: Why },
    /// Both ends talk.
    Up,
    /// Our BYE waits for its answer.
    HangingUp { why: Why },
}

/// A 200 to an INVITE or re-INVITE that goes out again until its ACK comes.
#[derive(Debug)]
pub(super) struct Unconfirmed {
    pub(super) flow: Flow,
    /// CSeq number the ACK will carry.
    pub(super) number: u32,
    pub(super) bytes: Vec<u8>,
    pub(super) pause: Duration,
    /// The INVITE brought no offer, so the ACK brings the answer.
    pub(super) offered: bool,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) state: State,
    /// Where the peer was last heard; in-dialog requests over streams go here.
    pub(super) flow: Flow,
    pub(super) local_tag: String,
    pub(super) dialog: Option<Dialog>,
    /// Our last session description.
    pub(super) sdp: Vec<u8>,
    pub(super) unconfirmed: Option<Unconfirmed>,
    /// The peer's own address is not the one we see: it sits behind a NAT.
    pub(super) behind_nat: bool,
    /// Signs of life that were agreed on.
    pub(super) session: Option<SessionTimer>,
    /// For an exchange that wants to know who calls.
    pub(super) credentials: Option<Credentials>,
    /// Our ringing waits for the word that it arrived.
    pub(super) ringing: Option<Ringing>,
    /// Their ringing has been acknowledged.
    pub(super) early: Option<Early>,
    /// Whom we have asked the other end to talk to, while we have not heard how that ended.
    pub(super) handing_over: Option<String>,
    /// An exchange wants every request of ours proven.
    pub(super) proof: Option<Proof>,
    /// We have phoned.
    pub(super) placed: bool,
    /// The other end knows UPDATE.
    pub(super) takes_updates: bool,
    /// An offer of ours within the call waits for its answer.
    pub(super) offering: bool,
    /// The other end wants us to talk to somebody else.
    pub(super) referred: Option<Referred>,
    /// The leg whose partner wants us to make this call.
    pub(super) following: Option<Leg>,
}

/// An order to talk to somebody else, while it is not known whether they are there.
#[derive(Debug)]
pub(super) struct Referred {
    /// The leg that phones them.
    pub(super) by: Option<Leg>,
    /// Whoever asked has hung up already.
    pub(super) left: bool,
}

/// A provisional answer of ours that goes out again until its PRACK comes.
#[derive(Debug)]
pub(super) struct Ringing {
    pub(super) number: u32,
    pub(super) pause: Duration,
}

/// The dialog their provisional answer has begun, and the last one acknowledged.
#[derive(Debug)]
pub(super) struct Early {
    pub(super) dialog: Dialog,
    pub(super) number: u32,
}

impl Call {
    /// At its beginning: nothing agreed, nothing heard.
    pub(super) fn new(state: State, flow: Flow, local_tag: String) -> Self {
        Call {
            state,
            flow,
            local_tag,
            dialog: None,
            sdp: Vec::new(),
            unconfirmed: None,
            behind_nat: false,
            session: None,
            credentials: None,
            ringing: None,
            early: None,
            handing_over: None,
            proof: None,
            placed: false,
            takes_updates: true,
            offering: false,
            referred: None,
            following: None,
        }
    }

    /// The way of the next request within the dialog: over a stream the stream, otherwise the
    /// next hop's socket, unless the peer does not know its own address.
    pub(super) fn way(&self) -> Flow {
        self.dialog.as_ref().map_or(self.flow, |dialog| self.way_of(dialog))
    }

    /// The way to somebody else this call's partner names: where their address says, or else by the same
    /// exchange.
    pub(super) fn way_to(&self, uri: &str) -> Flow {
        let direct = self.dialog.as_ref().is_some_and(Dialog::is_direct);
        let named = Uri::read(uri).ok().and_then(|uri| uri.socket()).filter(|_| direct);
        match named.filter(|socket| socket.is_ipv4() == self.flow.remote.is_ipv4()) {
            Some(remote) if !self.flow.transport.is_reliable() => Flow { remote, ..self.flow },
            Some(_) | None => self.way(),
        }
    }

    /// … of a dialog that is just beginning.
    pub(super) fn way_of(&self, dialog: &Dialog) -> Flow {
        let next_hop = dialog.next_hop();
        let usable = next_hop.filter(|socket| socket.is_ipv4() == self.flow.remote.is_ipv4());
        match usable {
            Some(remote) if !self.flow.transport.is_reliable() && !self.behind_nat => {
                Flow { remote, ..self.flow }
            }
            Some(_) | None => self.flow,
        }
    }
}
