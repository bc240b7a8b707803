//! One end of a phone line: packets in become frames heard, frames said become packets out.
//!
//! Both ends of a call use it: the gateway and the simulated caller.
//!
//! **Never here:** sockets, who speaks when, what is said.

use std::collections::VecDeque;
use std::time::Instant;

use media::audio::{FRAME, Frame, SILENCE};
use media::codec::Codec;
use media::jitter::{JitterBuffer, Pulled};
use media::rtp::{self, Header};
use media::telephone_event::Keypad;

use crate::sip::sdp::{self, Session};

/// Packets of one pressed key, 20 ms each, and how many of them say that it is over.
const KEY_PACKETS: u16 = 8;
const KEY_ENDS: u16 = 3;
/// -10 dBm0, as telephones send it.
const KEY_VOLUME: u8 = 10;

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
        Self {
            codec,
            keypad: session.telephone_event,
        }
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
    /// Keys still to be pressed on this side, and the packets of the current one.
    dialling: VecDeque<u8>,
    pressed: u16,
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
            pressed: 0,
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
            let Header {
                timestamp, marker, ..
            } = packet.header;
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
        if let (Some(&event), Some(payload_type)) = (self.dialling.front(), self.agreed.keypad) {
            self.write_key(event, payload_type, out);
            return;
        }
        rtp::write(&self.header, &self.agreed.codec.encode(frame), out);
        self.header.marker = false;
        self.advance();
    }

    /// Presses these keys one after another, in place of sound.
    pub fn press(&mut self, keys: &str) {
        self.dialling.extend(keys.chars().filter_map(event_of));
    }

    /// Lets 20 ms pass without a packet; the next one is marked as a new talkspurt.
    pub fn skip(&mut self) {
        self.header.timestamp = self.header.timestamp.wrapping_add(FRAME as u32);
        self.header.marker = true;
    }

    pub fn last_packet(&self) -> Option<Instant> {
        self.last_packet
    }

    pub fn stats(&self) -> media::jitter::Stats {
        self.jitter.stats()
    }

    /// One packet of a pressed key: same timestamp throughout, the end said three times
    /// (RFC 4733 section 2.5.1).
    fn write_key(&mut self, event: u8, payload_type: u8, out: &mut Vec<u8>) {
        self.pressed += 1;
        let end = self.pressed > KEY_PACKETS - KEY_ENDS;
        let duration = self.pressed.min(KEY_PACKETS - KEY_ENDS + 1) * FRAME as u16;
        let [high, low] = duration.to_be_bytes();
        let flags = if end { 0x80 } else { 0 } | KEY_VOLUME;
        let marker = self.pressed == 1;
        let header = Header {
            payload_type,
            marker,
            ..self.header
        };
        rtp::write(&header, &[event, flags, high, low], out);
        self.header.sequence = self.header.sequence.wrapping_add(1);

        if self.pressed >= KEY_PACKETS {
            self.pressed = 0;
            self.dialling.pop_front();
            let passed = u32::from(KEY_PACKETS) * FRAME as u32;
            self.header.timestamp = self.header.timestamp.wrapping_add(passed);
            self.header.marker = true;
        }
    }

    fn advance(&mut self) {
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(FRAME as u32);
    }
}

/// RFC 4733 section 3.2, table 3.
fn event_of(key: char) -> Option<u8> {
    match key {
        '0'..='9' => Some(key as u8 - b'0'),
        '*' => Some(10),
        '#' => Some(11),
        _ => None,
    }
}
