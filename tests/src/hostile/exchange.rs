//! SIP from strangers: messages, descriptions, challenges, and whole conversations with an agent.
//!
//! **Never here:** sound.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sip_gateway::sip::agent::{
    Agent, Command, Event, Flow, Input, Leg, Output, Settings, Transport,
};
use sip_gateway::sip::digest::{Challenge, Credentials, Proof};
use sip_gateway::sip::wire::{self, Piece, Stream};
use sip_gateway::sip::{identity, info, sdp, session_timer};

use super::start;

/// A hand-played peer's messages name our tag so.
const OUR_TAG: &str = "@TAG@";
/// A conversation is so long at most.
const STEPS_MAX: usize = 64;
/// After the last timer of RFC 3261 (C, 181 s, and what follows it) and a session's time.
const EVERYTHING_IS_OVER: Duration = Duration::from_secs(3 * 3600);
const OFFER: &[u8] = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
    m=audio 4000 RTP/AVP 0\r\n";

/// Anything that can be read can be read again as we would write it; a stream cut anywhere is the same
/// stream.
pub fn wire(bytes: &[u8]) {
    if let Ok(reading) = wire::read(bytes) {
        let _ = identity::caller_of(&reading.message);
        let _ = info::key_told(&reading.message);
        let _ = session_timer::SessionTimer::asked(&reading.message);
        let again = wire::read(&reading.message.to_bytes());
        assert!(again.is_ok(), "what we read we can write");
    }
    let whole = pieces(bytes, usize::MAX);
    for length in [1, 7, 100] {
        assert_eq!(pieces(bytes, length), whole, "cut every {length} bytes");
    }
}

/// The messages of a stream that comes in chunks of so many bytes, until it breaks.
fn pieces(bytes: &[u8], length: usize) -> Vec<Vec<u8>> {
    let (mut stream, mut pieces) = (Stream::default(), Vec::new());
    for chunk in bytes.chunks(length.min(bytes.len()).max(1)) {
        stream.feed(chunk);
        loop {
            match stream.next_piece() {
                Ok(Some(Piece::Message(message))) => pieces.push(message),
                Ok(Some(Piece::Ping)) => {}
                Ok(None) => break,
                Err(_) => return pieces,
            }
        }
    }
    pieces
}

/// An offer that is taken gets an answer its sender can read, and is answered the same way again.
pub fn description(bytes: &[u8]) {
    let _ = sdp::read_answer(bytes);
    let _ = sdp::browser_audio(bytes);
    let local =
        sdp::Local { address: [192, 0, 2, 1].into(), port: 4000, secret: sdp::Secret::default() };
    let Ok(answer) = sdp::answer(bytes, &local) else {
        return;
    };
    let (here, origin) = sdp::own(&answer.sdp).expect("we can read our own answer");
    let again = sdp::answer_as(bytes, &here, origin).expect("what was taken is taken again");
    assert_eq!(again.sdp, answer.sdp);
}

/// A challenge we understand, as a 401 brings it, gets a proof of one line that no quote breaks out of.
pub fn digest(bytes: &[u8]) {
    let head = [b"SIP/2.0 401 No\r\nWWW-Authenticate: ", bytes].concat();
    let Ok(reading) = wire::read(&head) else {
        return;
    };
    let Some(challenge) = Challenge::strongest(reading.message.values("WWW-Authenticate")) else {
        return;
    };
    let credentials = Credentials { user: "anna".into(), password: "secret".into() };
    let mut proof = Proof::new(challenge, false);
    let (_, value) = proof.header("REGISTER", "sip:192.0.2.1", &credentials, "word");
    assert!(!value.contains(['\r', '\n']), "{value:?}");
    assert!(!value.contains("secret"), "{value:?}");
}

/// A conversation with an agent: steps parted by zero bytes, the first byte of each says what it is.
/// `u` a datagram, `s` a message on a stream, `t` time that passes (two bytes, in tens of
/// milliseconds), `r` ring, `a` answer, `n` refuse, `h` hang up, `l` the stream is lost.
pub fn uas(bytes: &[u8]) {
    let mut peer = Peer::new();
    for step in bytes.split(|byte| *byte == 0).take(STEPS_MAX) {
        if let Some((kind, rest)) = step.split_first() {
            peer.step(*kind, rest);
        }
    }
    peer.goes_away();
}

struct Peer {
    agent: Agent,
    now: Instant,
    legs: Vec<Leg>,
    our_tag: String,
}

impl Peer {
    fn new() -> Self {
        let settings = Settings {
            user_agent: "gudok".into(),
            contact_user: "gudok".into(),
            advertised: None,
            follows: true,
            seed: 1,
        };
        Peer { agent: Agent::new(settings), now: start(), legs: Vec::new(), our_tag: String::new() }
    }

    fn step(&mut self, kind: u8, rest: &[u8]) {
        match (kind, self.legs.last().copied()) {
            (b'u', _) => self.says(Transport::Udp, rest),
            (b's', _) => self.says(Transport::Tcp, rest),
            (b't', _) => self.waits(Duration::from_millis(10 * tens(rest))),
            (b'l', _) => self.put(Input::FlowLost(flow(Transport::Tcp))),
            (b'r', Some(leg)) => self.put(Input::Command(Command::Ring { leg })),
            (b'a', Some(leg)) => {
                self.put(Input::Command(Command::Answer { leg, sdp: OFFER.into() }));
            }
            (b'n', Some(leg)) => self.put(Input::Command(refusal(leg))),
            (b'h', Some(leg)) => self.put(Input::Command(Command::HangUp { leg })),
            _ => {}
        }
    }

    fn says(&mut self, transport: Transport, message: &[u8]) {
        let named = String::from_utf8_lossy(message).replace(OUR_TAG, &self.our_tag);
        let bytes = match std::str::from_utf8(message) {
            Ok(_) => named.as_bytes(),
            Err(_) => message,
        };
        self.put(Input::Message { flow: flow(transport), bytes });
    }

    fn put(&mut self, input: Input<'_>) {
        self.agent.handle(self.now, input);
        while let Some(output) = self.agent.poll() {
            match output {
                Output::Send { bytes, .. } => self.hears(&bytes),
                Output::Event(Event::Invited { leg, .. }) => self.legs.push(leg),
                Output::Event(Event::Ended { leg, .. }) => self.legs.retain(|live| *live != leg),
                Output::Event(_) => {}
            }
        }
    }

    fn hears(&mut self, bytes: &[u8]) {
        let reading = wire::read(bytes).expect("what we say can be read");
        if let Some(tag) = reading.message.to_tag().filter(|_| reading.message.status().is_some()) {
            tag.clone_into(&mut self.our_tag);
        }
    }

    fn waits(&mut self, wait: Duration) {
        let end = self.now + wait;
        while let Some(at) = self.agent.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.put(Input::Timeout);
        }
        self.now = end;
    }

    /// Every call is hung up, and in the end nothing is left of any.
    fn goes_away(mut self) {
        for leg in self.legs.clone() {
            self.put(Input::Command(Command::HangUp { leg }));
        }
        self.waits(EVERYTHING_IS_OVER);
        assert_eq!((self.agent.open(), self.legs.len()), (0, 0), "left over");
    }
}

fn tens(bytes: &[u8]) -> u64 {
    bytes.iter().take(2).fold(0, |sum, byte| 256 * sum + u64::from(*byte))
}

fn refusal(leg: Leg) -> Command {
    Command::Refuse { leg, status: 486, reason: "", retry_after: None }
}

fn flow(transport: Transport) -> Flow {
    let (local, remote): (SocketAddr, SocketAddr) =
        (([192, 0, 2, 1], 5060).into(), ([192, 0, 2, 2], 5060).into());
    Flow { transport, local, remote, connection: u64::from(transport.is_reliable()) }
}
