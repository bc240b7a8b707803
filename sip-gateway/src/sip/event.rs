//! What goes into the user agent and what comes out of it.
//!
//! The shell turns sockets and the call's decisions into `Input`, and `Output` into datagrams,
//! stream writes and news for the call.
//!
//! **Never here:** how any of it is decided.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::digest::Credentials;
use super::refer::Handover;
use super::registration::Account;

/// How bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    Udp,
    Tcp,
    Tls,
    /// WebSocket over TLS (RFC 7118).
    Wss,
}

impl Transport {
    /// A reliable transport delivers or breaks, so nothing is sent twice over it.
    pub fn is_reliable(self) -> bool {
        match self {
            Transport::Udp => false,
            Transport::Tcp | Transport::Tls | Transport::Wss => true,
        }
    }

    /// As written in Via (RFC 3261 section 20.42).
    pub fn token(self) -> &'static str {
        match self {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
            Transport::Wss => "WSS",
        }
    }

    /// As written in a URI (RFC 3261 section 19.1.1, RFC 7118 section 5); nothing for the usual one.
    pub fn uri_param(self) -> &'static str {
        match self {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
            Transport::Wss => ";transport=ws",
        }
    }
}

/// Where bytes came from or go to. `connection` is the shell's number for a stream, 0 for
/// datagrams; answers to what came over a stream go back over the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flow {
    pub transport: Transport,
    pub local: SocketAddr,
    pub remote: SocketAddr,
    pub connection: u64,
}

/// Our number for one end of one call, in either direction; never reused by one `Agent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Leg(pub u64);

impl std::fmt::Display for Leg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "leg {}", self.0)
    }
}

/// Our number for one account at one registrar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u32);

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "account {}", self.0)
    }
}

/// What stays the same for the life of an agent.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Goes into User-Agent and Server.
    pub user_agent: String,
    /// The user part of our Contact.
    pub contact_user: String,
    /// The address peers reach us at when it is not the socket's own (behind NAT).
    pub advertised: Option<IpAddr>,
    /// Somebody we talk to may have us phone somebody else (REFER): that costs what the call costs.
    pub follows: bool,
    /// Every tag, branch and Call-ID grows from this: the same seed gives the same bytes.
    pub seed: u64,
}

#[derive(Debug)]
pub enum Input<'a> {
    /// One datagram, or one message cut out of a stream by `wire::Stream`.
    Message {
        flow: Flow,
        bytes: &'a [u8],
    },
    /// `deadline` has passed.
    Timeout,
    Command(Command),
    /// The stream broke or was closed. Nothing more will arrive or leave over it.
    FlowLost(Flow),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Phone `to`, an address such as `sip:100@127.0.0.1:5060`, as `from`, a URI or name-addr.
    /// `leg` comes from `Agent::next_leg`; `flow.remote` is where the INVITE goes.
    Call {
        leg: Leg,
        flow: Flow,
        to: String,
        from: String,
        sdp: Vec<u8>,
        /// For an exchange that wants to know who calls.
        credentials: Option<Credentials>,
    },
    Ring {
        leg: Leg,
    },
    /// The 200; `sdp` is the answer, or the offer if the INVITE brought none.
    Answer {
        leg: Leg,
        sdp: Vec<u8>,
    },
    /// A final answer from 300 to 699; an empty `reason` takes the usual phrase.
    /// `retry_after` is in seconds.
    Refuse {
        leg: Leg,
        status: u16,
        reason: &'static str,
        retry_after: Option<u32>,
    },
    /// BYE, CANCEL or 480, whichever the leg's age asks for.
    HangUp {
        leg: Leg,
    },
    /// Ask the other end to talk to `to`, an address, instead of us. How that goes comes as
    /// `Event::HandedOver`; the call is up until somebody hangs up.
    HandOver {
        leg: Leg,
        to: String,
    },
    /// Be known at the registrar `flow` leads to, from now on; or, for an account that is, over
    /// another way.
    Register {
        id: AccountId,
        flow: Flow,
        account: Account,
    },
    /// Be known there no more.
    Unregister {
        id: AccountId,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    Send { flow: Flow, bytes: Vec<u8> },
    Event(Event),
}

/// Who is calling, as the caller's own side says (From); nothing of it is proven.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// User part of the From URI, percent-decoded, without parameters or password.
    pub number: Option<String>,
    pub display: Option<String>,
    /// The number an exchange on the way vouches for (RFC 3325, or Remote-Party-ID); worth what the
    /// exchange is.
    pub asserted: Option<String>,
    /// What was dialled before the call was sent on to us, as an exchange on the way says.
    pub diverted: Option<String>,
}

/// Exactly one `Ended` closes every leg, and nothing about a leg follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Someone phones in; 100 Trying has been sent. Answer with Ring, Answer or Refuse.
    Invited {
        leg: Leg,
        flow: Flow,
        /// Dialled number: user part of the request URI (`sip:`, `sips:` or `tel:`).
        number: String,
        caller: Caller,
        /// The Call-ID header, for logs and the call's page.
        call_id: String,
        offer: Option<Vec<u8>>,
    },
    /// The ACK for our 200 arrived; `answer` is set where the 200 carried the offer.
    Confirmed {
        leg: Leg,
        answer: Option<Vec<u8>>,
    },
    /// Our call rings at the far end; `early` says where its sound before an answer comes from, each time
    /// that is said.
    Ringing {
        leg: Leg,
        early: Option<Vec<u8>>,
    },
    /// A handover goes on; after `Done` or `Failed` nothing more is heard of it.
    HandedOver {
        leg: Leg,
        how: Handover,
    },
    /// Our call was answered and the ACK is sent. `sdp` is empty if the 200 brought none.
    Answered {
        leg: Leg,
        sdp: Vec<u8>,
    },
    /// A key, by INFO.
    Pressed {
        leg: Leg,
        key: char,
    },
    /// The call goes on under other terms, or with somebody else at the far end: `offer` says where they
    /// listen (empty where that comes with `Confirmed`), `ours` what we have told them.
    Reoffered {
        leg: Leg,
        offer: Vec<u8>,
        ours: Vec<u8>,
        /// The somebody else: a number, or an address.
        with: Option<String>,
    },
    Ended {
        leg: Leg,
        why: Why,
    },
    /// Calls for this account come to us; `again` is when that is renewed.
    Registered {
        id: AccountId,
        again: Duration,
    },
    /// They do not; it is tried again after `again`.
    NotRegistered {
        id: AccountId,
        why: String,
        again: Duration,
    },
    Unregistered {
        id: AccountId,
    },
    /// The stream to this account's registrar broke; it waits for `Command::Register` over another.
    Stranded {
        id: AccountId,
    },
}

/// Every way a leg ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    /// The other end sent BYE.
    CallerHungUp,
    /// CANCEL before an answer, theirs or ours.
    Cancelled,
    /// No ACK for our 200 within 32 s.
    NotConfirmed,
    /// A final answer from 300 to 699, ours to them or theirs to us.
    Refused(u16),
    /// Nothing came back for our INVITE (timer B), or it rang too long (timer C).
    NoAnswer,
    FlowLost,
    /// The other end gave no sign of life in the time agreed (RFC 4028).
    Lapsed,
    /// We sent BYE and it was answered or timed out.
    HungUp,
    /// `Command::Call` named an address that is none, or the agent is full.
    NotPlaced,
}
