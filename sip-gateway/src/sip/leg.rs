//! One end of one call, as far as the agent must remember it.
//!
//! **Never here:** sending, timers, the maps legs are found by.

use std::time::Duration;

use super::dialog::Dialog;
use super::digest::Credentials;
use super::event::{Flow, Why};
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
    /// For an exchange that wants to know who calls, and has not been told yet.
    pub(super) credentials: Option<Credentials>,
}

impl Call {
    /// The way of the next request within the dialog: over a stream the stream, otherwise the
    /// next hop's socket, unless the peer does not know its own address.
    pub(super) fn way(&self) -> Flow {
        let next_hop = self.dialog.as_ref().and_then(Dialog::next_hop);
        let usable = next_hop.filter(|socket| socket.is_ipv4() == self.flow.remote.is_ipv4());
        match usable {
            Some(remote) if !self.flow.transport.is_reliable() && !self.behind_nat => {
                Flow { remote, ..self.flow }
            }
            Some(_) | None => self.flow,
        }
    }
}
