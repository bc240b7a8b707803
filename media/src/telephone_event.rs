//! Keys pressed during a call, as RTP telephone events (RFC 4733).
//!
//! One press is sent as many packets, any of which may be lost; it is heard once, at its first
//! packet to arrive.
//!
//! **Never here:** tones in the voice itself, what a key means.

use std::time::{Duration, Instant};

use crate::audio::FRAME_TIME;

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
#[derive(Debug)]
pub struct Keypad {
    last: Option<Heard>,
    /// 20 ms on the clock of the events.
    frame: u32,
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
    /// `clock_hz`: ticks a second in timestamps and durations, those of the voice beside the keys.
    pub fn new(clock_hz: u32) -> Keypad {
        Keypad { last: None, frame: ticks_per_frame(clock_hz) }
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
        let last = self.last.replace(Heard { at: now, timestamp, event });
        let Some(last) = last else {
            return Some(event.key);
        };

        if last.was_overtaken_by(now, timestamp) {
            self.last = Some(last);
            return None;
        }
        if last.is_continued_by(now, timestamp, event, marker, self.frame) {
            let end = event.end || last.timestamp == timestamp && last.event.end;
            self.last = Some(Heard { at: now, timestamp, event: Event { end, ..event } });
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
    fn is_continued_by(
        &self,
        now: Instant,
        timestamp: u32,
        event: Event,
        marker: bool,
        frame: u32,
    ) -> bool {
        if event.key != self.event.key {
            return false;
        }
        if timestamp == self.timestamp {
            return true;
        }

        let segment_ends = self.timestamp.wrapping_add(u32::from(self.event.duration));
        let next_segment = u32::from(self.event.duration) > u32::from(u16::MAX) - 4 * frame
            && timestamp.wrapping_sub(segment_ends) as i32 <= 4 * frame as i32;
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
        Some(Event { key, end: flags & END != 0, duration: u16::from_be_bytes([high, low]) })
    }
}

/// A key we press: the payloads to send, one per 20 ms, all with the timestamp of the first.
#[derive(Debug, Clone)]
pub struct Press {
    event: u8,
    /// 20 ms on the clock of the events.
    frame: u32,
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
    /// Keys are `0`–`9`, `*`, `#`, `A`–`D`; held for at least 40 ms and at most as
    /// long as a duration can say: 8 s at 8 kHz, 1.3 s at 48.
    pub fn new(key: char, held: Duration, clock_hz: u32) -> Option<Press> {
        let key = u8::try_from(key.to_ascii_uppercase()).ok()?;
        let event = KEYS.iter().position(|&known| known == key)? as u8;
        let frame = ticks_per_frame(clock_hz);
        let most = u128::from(u32::from(u16::MAX) / frame);
        let frames = (held.as_millis() / FRAME_TIME.as_millis()).clamp(2, most) as u32;
        Some(Press { event, frame, frames, sent: 0 })
    }
}

fn ticks_per_frame(clock_hz: u32) -> u32 {
    clock_hz / 50
}

impl Iterator for Press {
    type Item = PressPacket;

    fn next(&mut self) -> Option<PressPacket> {
        if self.sent == self.frames + ENDS - 1 {
            return None;
        }

        self.sent += 1;
        let duration = (self.sent.min(self.frames) * self.frame) as u16;
        let end = if self.sent >= self.frames { END } else { 0 };
        let [high, low] = duration.to_be_bytes();
        Some(PressPacket { marker: self.sent == 1, payload: [self.event, end | VOLUME, high, low] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{FRAME, RATE};
    use proptest::prelude::*;

    #[test]
    fn a_press_is_heard_once_though_its_packets_repeat() {
        let mut caller = Caller::new();

        caller.press('5', 100, |_| true);
        caller.press('5', 100, |_| true);
        caller.press('#', 60, |_| true);

        assert_eq!(caller.heard, "55#");
    }

    #[test]
    fn the_same_key_twice_is_two_presses_although_all_ends_of_the_first_are_lost() {
        let mut caller = Caller::new();

        caller.press('7', 100, |nth| nth < 4);
        caller.press('7', 100, |_| true);

        assert_eq!(caller.heard, "77");
    }

    #[test]
    fn one_packet_is_enough() {
        for only in 0..7 {
            let mut caller = Caller::new();

            caller.press('1', 100, |nth| nth == only);
            caller.press('2', 100, |nth| nth == only);

            assert_eq!(caller.heard, "12", "packet {only}");
        }
    }

    #[test]
    fn a_key_held_for_longer_than_a_duration_can_say_is_one_press() {
        let (mut keypad, start) = (Keypad::new(RATE), epoch());
        let hold = |keypad: &mut Keypad, at: u64, timestamp, duration: u16| {
            let [high, low] = duration.to_be_bytes();
            keypad.hear(start + Duration::from_millis(at), timestamp, &[9, 10, high, low], false)
        };

        assert_eq!(hold(&mut keypad, 0, 1_000, 160), Some('9'));
        assert_eq!(hold(&mut keypad, 8_190, 1_000, u16::MAX), None);
        assert_eq!(hold(&mut keypad, 8_210, 1_000 + 65_535, 160), None);
        assert_eq!(hold(&mut keypad, 8_230, 1_000 + 65_535, 320), None);
    }

    #[test]
    fn a_telephone_that_moves_the_timestamp_with_every_packet_presses_once() {
        let (mut keypad, start) = (Keypad::new(RATE), epoch());

        let heard: String = (0..8_u16)
            .filter_map(|nth| {
                let [high, low] = (160 * (nth + 1)).to_be_bytes();
                let now = start + FRAME_TIME * u32::from(nth);
                keypad.hear(now, 160 * u32::from(nth), &[3, 10, high, low], nth == 0)
            })
            .collect();

        assert_eq!(heard, "3");
    }

    #[test]
    fn an_overtaken_packet_of_an_earlier_press_is_no_press() {
        let (mut keypad, now) = (Keypad::new(RATE), epoch());

        assert_eq!(keypad.hear(now, 1_000, &[1, 10, 0, 160], true), Some('1'));
        assert_eq!(keypad.hear(now, 3_000, &[2, 10, 0, 160], true), Some('2'));
        assert_eq!(keypad.hear(now, 1_000, &[1, 0x8a, 3, 32], false), None);
        assert_eq!(keypad.hear(now, 3_000, &[2, 0x8a, 3, 32], false), None);
    }

    #[test]
    fn a_flash_or_a_broken_payload_is_nothing() {
        let (mut keypad, now) = (Keypad::new(RATE), epoch());

        assert_eq!(keypad.hear(now, 0, &[16, 10, 0, 160], true), None);
        assert_eq!(keypad.hear(now, 0, &[1, 10, 0], true), None);
        assert_eq!(Press::new('x', Duration::from_millis(100), RATE).map(|_| ()), None);
    }

    proptest! {
        #[test]
        fn every_key_survives_losses_while_any_packet_of_it_arrives(
            keys in "[0-9*#A-D]{1,12}",
            losses in proptest::collection::vec(0u8..128, 12),
        ) {
            let mut caller = Caller::new();

            for (key, lost) in keys.chars().zip(losses) {
                let survivor = usize::from(lost) % 7;
                caller.press(key, 100, |nth| nth == survivor || lost >> nth & 1 == 0);
            }

            prop_assert_eq!(&caller.heard, &keys);
        }
    }

    struct Caller {
        keypad: Keypad,
        now: Instant,
        timestamp: u32,
        heard: String,
    }

    impl Caller {
        fn new() -> Caller {
            let timestamp = u32::MAX - 5_000;
            Caller { keypad: Keypad::new(RATE), now: epoch(), timestamp, heard: String::new() }
        }

        /// Holds a key, then pauses for 60 ms; the network drops what does not `arrive`.
        fn press(&mut self, key: char, millis: u64, arrives: impl Fn(usize) -> bool) {
            let packets = Press::new(key, Duration::from_millis(millis), RATE).unwrap();
            let mut sent = 0;
            for (nth, packet) in packets.enumerate() {
                let now = self.now + FRAME_TIME * nth as u32;
                if arrives(nth) {
                    let PressPacket { marker, payload } = packet;
                    self.heard.extend(self.keypad.hear(now, self.timestamp, &payload, marker));
                }
                sent += 1;
            }
            self.now += FRAME_TIME * (sent + 3);
            self.timestamp = self.timestamp.wrapping_add(FRAME as u32 * (sent + 3));
        }
    }

    #[expect(clippy::disallowed_methods, reason = "any instant will do as the test's zero")]
    fn epoch() -> Instant {
        Instant::now()
    }
}
