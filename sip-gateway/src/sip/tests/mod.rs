//! Both ends of a call over a simulated network, and peers that write oddly.

mod account;
mod callee;
mod caller;
mod handover;
mod link;
mod model;
mod mutation;
mod odd;
mod pair;
mod refresh;
mod reliable;
mod torture;
mod transfer;

use std::time::{Duration, Instant};

use super::agent::{Agent, Event, Flow, Input, Output, Settings, Transport};
use super::message::Message;
use super::wire;

/// Tests count from here; what the clock says does not matter to them.
#[expect(clippy::disallowed_methods, reason = "an Instant can only be had from the clock")]
pub(super) fn start() -> Instant {
    Instant::now()
}

fn settings(seed: u64) -> Settings {
    Settings {
        user_agent: "gudok".to_owned(),
        contact_user: "gudok".to_owned(),
        advertised: None,
        follows: false,
        seed,
    }
}

/// From a peer at 192.0.2.2:5060, as the agent at 192.0.2.1:5060 sees it.
fn flow(transport: Transport) -> Flow {
    let (local, remote) = (([192, 0, 2, 1], 5060).into(), ([192, 0, 2, 2], 5060).into());
    Flow { transport, local, remote, connection: u64::from(transport.is_reliable()) }
}

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n\
    m=audio 4000 RTP/AVP 0\r\n";

/// One agent and what it said last, for tests that play the peer by hand.
struct Bench {
    agent: Agent,
    now: Instant,
    flow: Flow,
    sent: Vec<(Flow, Message)>,
    events: Vec<Event>,
    kept_alive: u32,
    /// The To tag of our last answer.
    our_tag: String,
    /// Header lines of the peer's first INVITE.
    more: String,
}

const KEEP_ALIVE: &[u8] = b"\r\n\r\n";

impl Bench {
    fn new(transport: Transport) -> Self {
        Bench::with(settings(7), transport)
    }

    fn with(settings: Settings, transport: Transport) -> Self {
        let (agent, now, flow) = (Agent::new(settings), start(), flow(transport));
        Bench {
            agent,
            now,
            flow,
            sent: Vec::new(),
            events: Vec::new(),
            kept_alive: 0,
            our_tag: String::new(),
            more: String::new(),
        }
    }

    /// What was sent and told before is forgotten.
    fn input(&mut self, input: Input<'_>) {
        self.sent.clear();
        self.events.clear();
        self.agent.handle(self.now, input);
        while let Some(output) = self.agent.poll() {
            match output {
                Output::Send { bytes, .. } if bytes == KEEP_ALIVE => self.kept_alive += 1,
                Output::Send { flow, bytes } => {
                    let reading = wire::read(&bytes).expect("our own messages are readable");
                    assert_eq!(reading.fault, None, "{}", String::from_utf8_lossy(&bytes));
                    let answer = reading.message.status().and(reading.message.to_tag());
                    self.our_tag = answer.map_or(std::mem::take(&mut self.our_tag), str::to_owned);
                    self.sent.push((flow, reading.message));
                }
                Output::Event(event) => self.events.push(event),
            }
        }
    }

    fn hear(&mut self, text: &str) {
        let flow = self.flow;
        self.input(Input::Message { flow, bytes: text.as_bytes() });
    }

    /// Live through `wait`; returns all that was sent meanwhile.
    fn wait(&mut self, wait: Duration) -> Vec<Message> {
        let (end, mut sent, mut events) = (self.now + wait, Vec::new(), Vec::new());
        while let Some(at) = self.agent.deadline().filter(|at| *at <= end) {
            self.now = at;
            self.input(Input::Timeout);
            sent.extend(self.sent.iter().map(|(_, message)| message.clone()));
            events.append(&mut self.events);
        }
        self.now = end;
        self.events = events;
        sent
    }

    /// Statuses of the responses and methods of the requests sent last.
    fn said(&self) -> Vec<String> {
        self.sent.iter().map(|(_, message)| name(message)).collect()
    }

    fn last(&self) -> &Message {
        &self.sent.last().expect("something was sent").1
    }
}

fn name(message: &Message) -> String {
    match message.status() {
        Some(status) => status.to_string(),
        None => message.method().map(ToString::to_string).unwrap_or_default(),
    }
}

/// A request of the hand-played peer. `more` are whole header lines; the body is an offer for
/// INVITE.
fn request(method: &str, number: u32, branch: &str, to_tag: &str, more: &str) -> String {
    let body = if method == "INVITE" { OFFER } else { "" };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    let to_tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
    format!(
        "{method} sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK{branch}\r\n\
         Max-Forwards: 70\r\nFrom: \"Anna\" <sip:+74012000001@192.0.2.2>;tag=them\r\n\
         To: <sip:100@192.0.2.1>{to_tag}\r\nCall-ID: call-1\r\nCSeq: {number} {method}\r\n\
         Contact: <sip:anna@192.0.2.2:5060>\r\n{kind}{more}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
