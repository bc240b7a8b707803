//! One end of a phone line: packets in become frames heard, frames said become packets out.
//!
//! Both ends of a call use it: the gateway and the simulated caller.
//!
//! **Never here:** sockets, who speaks when, what is said.

use std::time::Instant;

use media::audio::{FRAME, Frame, SILENCE};
use media::codec::Codec;
use media::jitter::{JitterBuffer, Pulled};
use media::rtp::{self, Header};
use media::telephone_event::Keypad;

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

#[derive(Debug)]
pub struct Line {
    agreed: Agreed,
    jitter: JitterBuffer,
    keypad: Keypad,
    decoded: Vec<i16>,
    header: Header,
    last_packet: Option<Instant>,
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
        rtp::write(&self.header, &self.agreed.codec.encode(frame), out);
        self.header.marker = false;
        self.advance();
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

    fn advance(&mut self) {
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.header.timestamp = self.header.timestamp.wrapping_add(FRAME as u32);
    }
}
