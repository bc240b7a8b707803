//! One end of a phone line: packets in become frames heard, frames said become packets out.
//!
//! Both ends of a call use it: the gateway and the simulated caller.
//!
//! **Never here:** sockets, who speaks when, what is said.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use media::audio::{FRAME, Frame, SILENCE};
use media::codec::Codec;
use media::jitter::{JitterBuffer, Pulled};
use media::rtp::{self, Header};
use media::telephone_event::{Keypad, Press, PressPacket};

use crate::sip::sdp::{self, Session};

/// How long our own keys are held.
const KEY_HELD: Duration = Duration::from_millis(100);

/// What the two sides agreed on in SDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    pub codec: Codec,
    /// Payload type of RFC 4733 digits, where agreed.
    pub keypad: Option<u8>,
}

/// Where the numbers in our packets begin; random on a real line, seeded in tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
}

impl From<&Session> for Agreed {
    fn from(session: &Session) -> Self {
        let codec = match session.codec {
            sdp::Codec::Pcmu => Codec::Pcmu,
            sdp::Codec::Pcma => Codec::Pcma,
        };
        Self { codec, keypad: session.telephone_event }
    }
}

#[derive(Debug)]
pub struct Line {
    agreed: Agreed,
    jitter: JitterBuffer,
    keypad: Keypad,
    decoded: Vec<i16>,
    header: Header,
    last_packet: Option<Instant>,
    /// Keys still to be pressed on this side, the current one first.
    dialling: VecDeque<Press>,
    pressing: bool,
    /// How long the current key has been held, in samples.
    held: u32,
}

impl Line {
    pub fn new(agreed: Agreed, origin: Origin) -> Self {
        Self {
            agreed,
            jitter: JitterBuffer::new(),
            keypad: Keypad::default(),
            decoded: Vec::with_capacity(FRAME * 3),
            header: Header {
                payload_type: agreed.codec.payload_type(),
                marker: true,
                sequence: origin.sequence,
                timestamp: origin.timestamp,
                ssrc: origin.ssrc,
            },
            last_packet: None,
            dialling: VecDeque::new(),
            pressing: false,
            held: 0,
        }
    }

    /// Takes one datagram; a pressed key comes back once. What is not ours is dropped.
    pub fn receive(&mut self, now: Instant, datagram: &[u8]) -> Option<char> {
        let packet = match rtp::parse(datagram) {
            Ok(packet) => packet,
            Err(error) => {
                tracing::trace!(%error, "datagram dropped");
                return None;
            }
        };
        self.last_packet = Some(now);

        if Some(packet.header.payload_type) == self.agreed.keypad {
            let Header { timestamp, marker, .. } = packet.header;
            return self.keypad.hear(now, timestamp, packet.payload, marker);
        }
        if packet.header.payload_type != self.agreed.codec.payload_type() {
            return None;
        }

        self.decoded.clear();
        self.agreed.codec.decode(packet.payload, &mut self.decoded);
        self.jitter.insert(now, &packet.header, &self.decoded);
        None
    }

    /// The next 20 ms heard; silence where nothing came.
    pub fn hear(&mut self, now: Instant) -> Frame {
        match self.jitter.pull(now) {
            Pulled::Frame(frame) | Pulled::Concealed(frame) => frame,
            Pulled::Nothing => SILENCE,
        }
    }

    /// Writes the next packet into `out`, which is cleared first.
    pub fn say(&mut self, frame: &Frame, out: &mut Vec<u8>) {
        out.clear();
        if let Some(payload_type) = self.agreed.keypad
            && let Some(packet) = self.next_key_packet()
        {
            self.write_key(payload_type, packet, out);
            return;
        }
        if self.pressing {
            self.let_go();
        }
        rtp::write(&self.header, &self.agreed.codec.encode(frame), out);
        self.header.marker = false;
        self.advance();
    }

    /// Presses these keys one after another, in place of sound.
    pub fn press(&mut self, keys: &str) {
        self.dialling.extend(keys.chars().filter_map(|key| Press::new(key, KEY_HELD)));
    }

    /// Lets 20 ms pass without a packet; the next one is marked as a new talkspurt.
    pub fn skip(&mut self) {
        self.header.timestamp = self.header.timestamp.wrapping_add(FRAME as u32);
        self.header.marker = true;
    }

    /// How long ago the frame just heard arrived.
    pub fn delay(&self) -> Duration {
        self.jitter.delay()
    }

    pub fn last_packet(&self) -> Option<Instant> {
        self.last_packet
    }

    pub fn stats(&self) -> media::jitter::Stats {
        self.jitter.stats()
    }

    fn next_key_packet(&mut self) -> Option<PressPacket> {
        let packet = self.dialling.front_mut()?.next();
        if packet.is_none() {
            self.dialling.pop_front();
            self.let_go();
        }
        packet
    }

    /// All packets of a key carry the timestamp of its first (RFC 4733 section 2.5.1.2).
    fn write_key(&mut self, payload_type: u8, packet: PressPacket, out: &mut Vec<u8>) {
        let header = Header { payload_type, marker: packet.marker, ..self.header };
        rtp::write(&header, &packet.payload, out);
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.held = self.held.wrapping_add(FRAME as u32);
        self.pressing = true;
    }

    /// Sound goes on where the key has left the clock.
    fn let_go(&mut self) {
        self.header.timestamp = self.header.timestamp.wrapping_add(self.held);
        self.header.marker = true;
        self.held = 0;
        self.pressing = false;
    }

    fn advance(&mut self) {
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(FRAME as u32);
    }
}
