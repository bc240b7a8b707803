//! Keys pressed during a call, as RTP telephone events (RFC 4733).
//!
//! One press is sent as many packets, any of which may be lost; it is heard once, at its first
//! packet to arrive.
//!
//! **Never here:** tones in the voice itself, what a key means.

use std::time::{Duration, Instant};

use crate::audio::FRAME;

/// Event codes 0 to 15 (RFC 4733 section 3.2).
const KEYS: &[u8; 16] = b"0123456789*#ABCD";
const END: u8 = 0x80;
/// −10 dBm0
const VOLUME: u8 = 10;
/// The last packet is sent three times (RFC 4733 section 2.5.1.4).
const ENDS: u32 = 3;

/// Packets of one press follow each other faster than presses do.
const GAP_BETWEEN_PRESSES: Duration = Duration::from_millis(45);
/// No packet is overtaken by so much.
const REORDERED_WITHIN: Duration = Duration::from_secs(1);

/// Hears the caller's keys.
#[derive(Debug, Default)]
pub struct Keypad {
    last: Option<Heard>,
}

#[derive(Debug, Clone, Copy)]
struct Heard {
    at: Instant,
    timestamp: u32,
    event: Event,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    key: char,
    end: bool,
    duration: u16,
}

impl Keypad {
    pub fn new() -> Keypad {
        Keypad::default()
    }

    /// One telephone-event packet; answers with the key if this is the first of its press.
    /// Events that are no keys (flash, tones) and broken payloads are nothing.
    pub fn hear(
        &mut self,
        now: Instant,
        timestamp: u32,
        payload: &[u8],
        marker: bool,
    ) -> Option<char> {
        let event = Event::read(payload)?;
        let last = self.last.replace(Heard {
            at: now,
            timestamp,
            event,
        });
        let Some(last) = last else {
            return Some(event.key);
        };

        if last.was_overtaken_by(now, timestamp) {
            self.last = Some(last);
            return None;
        }
        if last.is_continued_by(now, timestamp, event, marker) {
            let end = event.end || last.timestamp == timestamp && last.event.end;
            self.last = Some(Heard {
                at: now,
                timestamp,
                event: Event { end, ..event },
            });
            return None;
        }
        Some(event.key)
    }
}

impl Heard {
    fn was_overtaken_by(&self, now: Instant, timestamp: u32) -> bool {
        let older = timestamp.wrapping_sub(self.timestamp) as i32;
        older < 0 && now.saturating_duration_since(self.at) < REORDERED_WITHIN
    }

    /// The same timestamp, the next segment of a long press (RFC 4733 section 2.5.1.3), or the
    /// habit of some telephones of moving the timestamp with every packet.
    fn is_continued_by(&self, now: Instant, timestamp: u32, event: Event, marker: bool) -> bool {
        if event.key != self.event.key {
            return false;
        }
        if timestamp == self.timestamp {
            return true;
        }

        let segment_ends = self.timestamp.wrapping_add(u32::from(self.event.duration));
        let next_segment = self.event.duration > u16::MAX - 4 * FRAME as u16
            && timestamp.wrapping_sub(segment_ends) as i32 <= 4 * FRAME as i32;
        let same_breath = now.saturating_duration_since(self.at) < GAP_BETWEEN_PRESSES
            && event.duration > self.event.duration;
        !marker && !self.event.end && (next_segment || same_breath)
    }
}

impl Event {
    fn read(payload: &[u8]) -> Option<Event> {
        let &[event, flags, high, low, ..] = payload else {
            return None;
        };
        let key = char::from(*KEYS.get(usize::from(event))?);
        Some(Event {
            key,
            end: flags & END != 0,
            duration: u16::from_be_bytes([high, low]),
        })
    }
}

/// A key we press: the payloads to send, one per 20 ms, all with the timestamp of the first.
#[derive(Debug, Clone)]
pub struct Press {
    event: u8,
    frames: u32,
    sent: u32,
}

/// One packet of a press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PressPacket {
    /// Set on the first packet.
    pub marker: bool,
    pub payload: [u8; 4],
}

impl Press {
    /// Keys are `0`–`9`, `*`, `#`, `A`–`D`; held for at least 40 ms and at most 8 s.
    pub fn new(key: char, held: Duration) -> Option<Press> {
        let key = u8::try_from(key.to_ascii_uppercase()).ok()?;
        let event = KEYS.iter().position(|&known| known == key)? as u8;
        let frames = (held.as_millis() / 20).clamp(2, 400) as u32;
        Some(Press {
            event,
            frames,
            sent: 0,
        })
    }
}

impl Iterator for Press {
    type Item = PressPacket;

    fn next(&mut self) -> Option<PressPacket> {
        if self.sent == self.frames + ENDS - 1 {
            return None;
        }

        self.sent += 1;
        let duration = (self.sent.min(self.frames) * FRAME as u32) as u16;
        let end = if self.sent >= self.frames { END } else { 0 };
        let [high, low] = duration.to_be_bytes();
        Some(PressPacket {
            marker: self.sent == 1,
            payload: [self.event, end | VOLUME, high, low],
        })
    }
}
