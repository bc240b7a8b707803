//! Packets come early, late, twice, out of order or not at all; a frame leaves every 20 ms.
//!
//! Samples are laid where they belong on one timeline and played from there at a delay that
//! follows the network. What is missing is made up for, briefly. A sender that falls silent is
//! left alone until it speaks again.
//!
//! **Never here:** sockets, codecs, the clock.

mod arrivals;
mod concealment;
mod delay;

use std::time::{Duration, Instant};

use crate::audio::{FRAME, Frame, RATE, SILENCE, lasts};
use crate::jitter::arrivals::{Arrival, Arrivals};
use crate::jitter::concealment::Concealment;
use crate::jitter::delay::Delay;
use crate::rtp::Header;

/// Sound never waits longer than this; the oldest is dropped.
pub const DELAY_MAX: Duration = Duration::from_millis(120);
const WAITING_MAX: i64 = RATE as i64 * DELAY_MAX.as_millis() as i64 / 1_000;
/// After this much silence from the network the other side has stopped sending.
const STALLED_MAX: i64 = RATE as i64 / 10;
/// Samples the buffer can hold, half a second.
const RING: usize = 4_096;
/// The longest packet that is taken: 120 ms.
const PACKET_MAX: usize = RATE as usize * 120 / 1_000;

/// The delay is corrected, a frame at a time and in quiet moments, when it is this far off.
const TOO_SLOW_BY: i64 = FRAME as i64 * 5 / 4;
const TOO_FAST_BY: i64 = FRAME as i64 * 3 / 4;
/// A moment is quiet at a quarter of the recent loudness, or at −54 dB.
const QUIET: i32 = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// As it was sent.
    Frame(Frame),
    /// Wholly or partly made up for what is missing.
    Concealed(Frame),
    /// The other side sends nothing, or nothing can be played yet.
    Nothing,
}

/// Counts since the call's beginning, over all its sources.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stats {
    /// Packets, each once.
    pub received: u64,
    /// Packets that should have come and did not (RFC 3550 A.3).
    pub lost: u64,
    /// Packets that came after their time.
    pub late: u64,
    pub duplicate: u64,
    /// Frames made up, wholly or partly.
    pub concealed: u64,
    /// Sound that was dropped to keep the delay short.
    pub skipped: Duration,
    /// Interarrival jitter (RFC 3550 A.8).
    pub jitter: Duration,
    /// How long sound waits at present.
    pub delay: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// The first packets of a talk spurt wait for company; nothing before `not_before` can be
    /// played any more.
    Filling {
        play_at: i64,
        not_before: i64,
    },
    Playing,
}

/// Positions and times are in samples on one timeline that never wraps.
#[derive(Debug)]
pub struct JitterBuffer {
    samples: Box<[i16; RING]>,
    filled: Box<[bool; RING]>,
    state: State,
    /// The next sample to be played.
    cursor: i64,
    /// Where the last sample known ends.
    end: i64,
    /// Made up while nothing was there, without moving on.
    stalled: i64,
    epoch: Option<Instant>,
    arrivals: Arrivals,
    delay: Delay,
    concealment: Concealment,
    /// Mean strength of loud frames, slowly forgotten.
    loudness: i32,
    late: u64,
    concealed: u64,
    skipped: i64,
    waits: i64,
}

impl JitterBuffer {
    pub fn new() -> JitterBuffer {
        JitterBuffer {
            samples: Box::new([0; RING]),
            filled: Box::new([false; RING]),
            state: State::Idle,
            cursor: 0,
            end: 0,
            stalled: 0,
            epoch: None,
            arrivals: Arrivals::default(),
            delay: Delay::new(),
            concealment: Concealment::new(),
            loudness: 0,
            late: 0,
            concealed: 0,
            skipped: 0,
            waits: 0,
        }
    }

    /// One packet, decoded. Any length up to 120 ms; anything else is ignored.
    pub fn insert(&mut self, now: Instant, header: &Header, samples: &[i16]) {
        if samples.is_empty() || samples.len() > PACKET_MAX {
            return;
        }
        let arrived = self.clock(now);
        let free = self.end.max(self.cursor);
        let (at, spliced) = match self.arrivals.arrive(now, arrived, header, free) {
            Arrival::At(at) => (at, false),
            Arrival::Spliced(at) => (at, true),
            Arrival::Stale => {
                self.late += 1;
                return;
            }
            Arrival::Duplicate => return,
        };
        if at + samples.len() as i64 <= self.earliest() {
            self.late += 1;
            self.delay.observe(arrived, arrived - at);
            return;
        }

        self.expect(arrived, at, spliced);
        self.lay(at, samples);
    }

    /// Called exactly every 20 ms: the frame to play now.
    pub fn pull(&mut self, now: Instant) -> Pulled {
        let now = self.clock(now);
        match self.state {
            State::Idle => return Pulled::Nothing,
            State::Filling { play_at, .. } if now < play_at => return Pulled::Nothing,
            State::Filling { .. } => self.state = State::Playing,
            State::Playing => {}
        }

        self.keep_up(now);
        self.pay_for_stall();
        if self.end - self.cursor < FRAME as i64 {
            return self.stall();
        }
        self.play()
    }

    pub fn stats(&self) -> Stats {
        Stats {
            received: self.arrivals.received,
            lost: self.arrivals.lost(),
            late: self.late,
            duplicate: self.arrivals.duplicate,
            concealed: self.concealed,
            skipped: lasts(self.skipped as usize),
            jitter: self.arrivals.jitter(),
            delay: lasts(self.waits.max(0) as usize),
        }
    }

    fn clock(&mut self, now: Instant) -> i64 {
        let epoch = *self.epoch.get_or_insert(now);
        let passed = now.saturating_duration_since(epoch).as_micros() as i64;
        passed * i64::from(RATE) / 1_000_000
    }

    fn earliest(&self) -> i64 {
        match self.state {
            State::Filling { not_before, .. } => not_before,
            State::Idle | State::Playing => self.cursor,
        }
    }

    /// Decides when to begin playing if this packet begins a talk spurt.
    fn expect(&mut self, arrived: i64, at: i64, spliced: bool) {
        let transit = arrived - at;
        if spliced || self.state == State::Idle {
            self.delay.rebase(arrived, transit);
        }
        self.delay.observe(arrived, transit);

        match self.state {
            State::Idle => {
                let play_at = arrived + self.delay.target();
                self.state = State::Filling {
                    play_at,
                    not_before: self.cursor,
                };
                self.cursor = at.max(self.cursor);
                self.end = self.cursor;
            }
            State::Filling { not_before, .. } => self.cursor = self.cursor.min(at).max(not_before),
            State::Playing => {}
        }
    }

    fn lay(&mut self, at: i64, samples: &[i16]) {
        let end = at + samples.len() as i64;
        if end - self.cursor > RING as i64 {
            self.skip_to(end - WAITING_MAX);
        }

        let from = self.cursor.max(at);
        for (position, &sample) in (from..end).zip(&samples[(from - at) as usize..]) {
            let slot = slot(position);
            self.samples[slot] = sample;
            self.filled[slot] = true;
        }
        self.end = self.end.max(end);
    }

    /// Lets go of the oldest sound when too much of it waits.
    fn keep_up(&mut self, now: i64) {
        self.waits = self.delay.of(now, self.cursor);
        let ahead = self.end - self.cursor;
        if self.waits <= WAITING_MAX || ahead <= FRAME as i64 {
            return;
        }

        let surplus = (self.waits - self.delay.target()).min(ahead - FRAME as i64);
        self.concealment.break_off();
        self.skip_to(self.cursor + surplus);
        self.waits -= surplus;
    }

    /// What was made up while waiting stands for the samples that turn out to be lost.
    fn pay_for_stall(&mut self) {
        if self.stalled == 0 || self.end <= self.cursor {
            return;
        }

        let missing = self.missing_from_cursor();
        let paid = if missing > WAITING_MAX {
            missing
        } else {
            missing.min(self.stalled)
        };
        self.cursor += paid;
        self.stalled = 0;
    }

    fn missing_from_cursor(&self) -> i64 {
        let present = (self.cursor..self.end).find(|&position| self.filled[slot(position)]);
        present.unwrap_or(self.end) - self.cursor
    }

    /// Less than a frame is there and nothing behind it: play that, make up the rest, and wait.
    fn stall(&mut self) -> Pulled {
        if self.stalled >= STALLED_MAX {
            self.stalled = 0;
            self.state = State::Idle;
            return Pulled::Nothing;
        }

        let ahead = self.end - self.cursor;
        let (mut frame, present) = self.take(ahead as usize);
        self.concealment.fill(&mut frame, |n| !present[n]);
        self.stalled += FRAME as i64 - ahead;
        self.concealed += 1;
        Pulled::Concealed(frame)
    }

    fn play(&mut self) -> Pulled {
        if self.too_fast() && self.is_quiet_here() {
            return self.linger();
        }
        if self.too_slow() && self.is_quiet_here() {
            self.concealment.break_off();
            self.skip_to(self.cursor + FRAME as i64);
        }

        let (mut frame, present) = self.take(FRAME);
        if present != [true; FRAME] {
            self.concealment.fill(&mut frame, |n| !present[n]);
            self.concealed += 1;
            return Pulled::Concealed(frame);
        }
        self.measure_loudness(&frame);
        self.concealment.hear(&mut frame);
        Pulled::Frame(frame)
    }

    fn too_fast(&self) -> bool {
        self.waits <= self.delay.target() - TOO_FAST_BY
    }

    fn too_slow(&self) -> bool {
        self.waits >= self.delay.target() + TOO_SLOW_BY
            && self.end - self.cursor >= 2 * FRAME as i64
    }

    /// A made-up frame before the next real one: the delay grows by its length.
    fn linger(&mut self) -> Pulled {
        let mut frame = SILENCE;
        self.concealment.fill(&mut frame, |_| true);
        self.concealed += 1;
        Pulled::Concealed(frame)
    }

    fn is_quiet_here(&self) -> bool {
        let here = self.cursor..self.cursor + FRAME as i64;
        let strength: i32 = here
            .map(slot)
            .map(|slot| {
                if self.filled[slot] {
                    i32::from(self.samples[slot]).abs()
                } else {
                    0
                }
            })
            .sum();
        strength / FRAME as i32 <= QUIET.max(self.loudness / 4)
    }

    fn measure_loudness(&mut self, frame: &Frame) {
        let strength: i32 = frame.iter().map(|&sample| i32::from(sample).abs()).sum();
        let forgotten = self.loudness - self.loudness / 128;
        self.loudness = forgotten.max(strength / FRAME as i32);
    }

    /// Moves on by `count` samples, at most a frame, and says which of them are there.
    fn take(&mut self, count: usize) -> (Frame, [bool; FRAME]) {
        let (mut frame, mut present) = (SILENCE, [false; FRAME]);
        for n in 0..count {
            let slot = slot(self.cursor + n as i64);
            frame[n] = self.samples[slot];
            present[n] = std::mem::take(&mut self.filled[slot]);
        }
        self.cursor += count as i64;
        (frame, present)
    }

    fn skip_to(&mut self, position: i64) {
        let skipped = position - self.cursor;
        self.skipped += skipped;
        if skipped >= RING as i64 {
            self.filled.fill(false);
        } else {
            (self.cursor..position).for_each(|gone| self.filled[slot(gone)] = false);
        }
        self.cursor = position;
        self.end = self.end.max(position);
    }
}

impl Default for JitterBuffer {
    fn default() -> JitterBuffer {
        JitterBuffer::new()
    }
}

fn slot(position: i64) -> usize {
    position.rem_euclid(RING as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PTIME: u32 = FRAME as u32;

    #[test]
    fn an_even_stream_comes_out_as_it_was_sent_with_a_frame_of_delay() {
        let mut line = Line::new();
        (0..500).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

        let heard = line.listen(10_000);

        let first = heard
            .iter()
            .position(|frame| *frame != Pulled::Nothing)
            .unwrap();
        assert!(first <= 2, "first frame at pull {first}");
        assert!(
            heard[first..500]
                .iter()
                .all(|frame| matches!(frame, Pulled::Frame(_)))
        );
        assert!(in_order(&heard));
        assert_eq!(line.buffer.stats().lost + line.buffer.stats().late, 0);
        assert!(line.buffer.stats().delay <= Duration::from_millis(45));
    }

    #[test]
    fn sequence_and_timestamp_wrap_unheard() {
        let mut line = Line::new();
        line.sequence_base = 65_530;
        line.timestamp_base = u32::MAX - 1_000;
        (0..100).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

        let heard = line.listen(2_000);

        assert_eq!(made_up(&heard), 0);
        assert_eq!(line.buffer.stats().lost, 0);
        assert!(in_order(&heard));
    }

    #[test]
    fn swapped_packets_and_doubles_are_put_right() {
        let mut line = Line::new();
        for nth in 0..100 {
            let swapped = nth ^ 1;
            line.packet(swapped, 20 * u64::from(nth));
            line.packet(swapped, 20 * u64::from(nth) + 1);
        }

        let heard = line.listen(2_000);

        assert_eq!(line.buffer.stats().duplicate, 100);
        assert_eq!(line.buffer.stats().received, 100);
        assert_eq!(line.buffer.stats().lost, 0);
        assert!(in_order(&heard));
        assert!(made_up(&heard) <= 1);
    }

    #[test]
    fn a_lost_packet_is_made_up_for_and_time_goes_on() {
        let mut line = Line::new();
        (0..200)
            .filter(|nth| nth % 20 != 7)
            .for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

        let heard = line.listen(4_000);

        assert_eq!(line.buffer.stats().lost, 10);
        assert_eq!(made_up(&heard), 10);
        assert!(in_order(&heard));
        assert!(line.buffer.stats().delay <= Duration::from_millis(45));
    }

    #[test]
    fn two_lost_in_a_row_do_not_lengthen_the_delay() {
        let mut line = Line::new();
        (0..400)
            .filter(|nth| nth % 20 > 1)
            .for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

        let heard = line.listen(8_000);

        assert!(in_order(&heard));
        assert!(line.buffer.stats().delay <= Duration::from_millis(60));
        assert_eq!(line.buffer.stats().late, 0);
    }

    #[test]
    fn other_packet_lengths_are_cut_into_frames() {
        for ptime in [80, 240, 320, 480] {
            let mut line = Line::new();
            line.ptime = ptime;
            let every = u64::from(ptime) / 8;
            (0..100).for_each(|nth| line.packet(nth, every * u64::from(nth)));

            let heard = line.listen(every * 100);

            assert!(in_order(&heard), "{ptime}");
            assert!(made_up(&heard) <= 1, "{ptime}: {}", made_up(&heard));
        }
    }

    #[test]
    fn a_sender_that_suppresses_silence_is_not_missed() {
        let mut line = Line::new();
        (0..50).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));
        line.timestamp_base += 8_000 * 5;
        line.marker = true;
        (50..100).for_each(|nth| line.packet(nth, 20 * u64::from(nth) + 5_000));

        let heard = line.listen(7_200);

        assert_eq!(line.buffer.stats().lost, 0);
        assert_eq!(line.buffer.stats().late, 0);
        assert!(made_up(&heard) <= 10, "{}", made_up(&heard));
        assert_eq!(real(&heard), 100);
        assert!(line.buffer.stats().skipped.is_zero());
    }

    #[test]
    fn a_clock_that_stands_still_while_the_sender_is_on_hold_does_no_harm() {
        let mut line = Line::new();
        (0..50).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));
        (50..100).for_each(|nth| line.packet(nth, 20 * u64::from(nth) + 30_000));

        let heard = line.listen(32_200);

        assert_eq!(real(&heard), 100);
    }

    #[test]
    fn a_jump_of_the_timestamp_loses_nothing() {
        for jump in [1_000_000, u32::MAX - 1_000_000, 0x8000_0000] {
            let mut line = Line::new();
            (0..50).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));
            line.timestamp_base = line.timestamp_base.wrapping_add(jump);
            (50..100).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

            let heard = line.listen(2_000);

            assert_eq!((real(&heard), made_up(&heard)), (99, 0), "{jump}");
            assert!(in_order(&heard));
        }
    }

    #[test]
    fn another_source_takes_over_and_stragglers_of_the_first_are_dropped() {
        let mut line = Line::new();
        (0..50).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));
        let straggler = line.sent.pop().unwrap();
        line.ssrc = 2;
        line.sequence_base = 40_000;
        line.timestamp_base = 7;
        (50..100).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));
        line.sent.push((1_030, straggler.1, straggler.2));

        let heard = line.listen(2_000);

        assert_eq!(line.buffer.stats().late, 1);
        assert!(in_order(&heard));
        assert!(real(&heard) >= 97);
    }

    #[test]
    fn a_burst_after_a_stall_is_cut_down_to_the_newest() {
        let mut line = Line::new();
        for nth in 0..200 {
            let stalled = (50..80).contains(&nth);
            line.packet(nth, if stalled { 1_600 } else { 20 * u64::from(nth) });
        }

        let heard = line.listen(4_000);

        assert!(in_order(&heard));
        assert!(line.buffer.stats().delay <= DELAY_MAX);
        assert!(line.buffer.stats().skipped > Duration::ZERO);
    }

    #[test]
    fn the_delay_follows_the_network_up_and_down_again() {
        let mut line = Line::new();
        line.quiet = true;
        for nth in 0..3_000_u32 {
            let uneven = (nth < 1_000) as u64 * u64::from(nth * 7_919 % 31);
            line.packet(nth, 20 * u64::from(nth) + uneven);
        }

        let uneven = line.listen(19_000);
        let while_uneven = line.buffer.stats();
        line.listen(60_000);

        assert!(
            while_uneven.delay >= Duration::from_millis(25),
            "{:?}",
            while_uneven.delay
        );
        assert!(
            while_uneven.delay <= Duration::from_millis(60),
            "{:?}",
            while_uneven.delay
        );
        assert!(while_uneven.late <= 5, "{}", while_uneven.late);
        assert!(made_up(&uneven) <= 15, "{}", made_up(&uneven));
        // Each packet comes 14 ms later or 17 ms earlier than the one before.
        assert_eq!(while_uneven.jitter.as_millis(), 15);
        assert!(line.buffer.stats().delay <= Duration::from_millis(45));
    }

    #[test]
    fn a_sender_whose_clock_runs_fast_or_slow_is_followed() {
        for per_mille in [999_u64, 1_001] {
            let mut line = Line::new();
            line.quiet = true;
            (0..6_000).for_each(|nth| line.packet(nth, 20 * u64::from(nth) * per_mille / 1_000));

            line.listen(20 * 6_000 * per_mille / 1_000);

            let stats = line.buffer.stats();
            assert!(
                stats.delay <= Duration::from_millis(60),
                "{per_mille}: {stats:?}"
            );
            assert_eq!(stats.late, 0, "{per_mille}");
        }
    }

    #[test]
    fn made_up_sound_continues_a_vowel_and_fades() {
        let mut line = Line::new();
        line.vowel = true;
        (0..50).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

        let heard = line.listen(1_200);

        let made_up: Vec<f32> = heard.iter().filter_map(level_if_made_up).collect();
        let loud = heard
            .iter()
            .filter_map(level_if_real)
            .fold(f32::MIN, f32::max);
        assert!((loud - made_up[0]).abs() < 2.0, "{loud} {made_up:?}");
        assert!(made_up[1] < made_up[0] && made_up[2] < made_up[1]);
        assert_eq!(made_up[3], -96.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn whatever_the_network_does_frames_come_in_order(
            arrivals in proptest::collection::vec((0u32..300, 0u64..150), 0..600),
            sequence_base: u16, timestamp_base: u32,
        ) {
            let mut line = Line::new();
            line.sequence_base = sequence_base;
            line.timestamp_base = timestamp_base;
            for (nth, late) in arrivals {
                line.packet(nth, 20 * u64::from(nth) + late);
            }

            let heard = line.listen(7_000);

            prop_assert!(in_order(&heard));
            prop_assert_eq!(heard.len(), 350);
        }

        #[test]
        fn senseless_headers_never_panic(
            packets in proptest::collection::vec(
                (any::<u16>(), any::<u32>(), 0u32..3, any::<bool>(), 0usize..1_000, 0u64..2_000),
                0..300,
            ),
        ) {
            let (mut buffer, start) = (JitterBuffer::new(), epoch());
            for (nth, (sequence, timestamp, ssrc, marker, len, at)) in packets.iter().enumerate() {
                let header = Header {
                    payload_type: 0, marker: *marker, sequence: *sequence,
                    timestamp: *timestamp, ssrc: *ssrc,
                };
                let now = start + Duration::from_millis(*at);

                buffer.insert(now, &header, &vec![1; *len]);
                buffer.pull(start + Duration::from_millis(20 * nth as u64));
            }
        }
    }

    /// A network between a sender, whose packets hold their own number, and the buffer.
    struct Line {
        buffer: JitterBuffer,
        start: Instant,
        /// Arrival in milliseconds.
        sent: Vec<(u64, Header, Vec<i16>)>,
        pulled: u64,
        sequence_base: u16,
        timestamp_base: u32,
        ssrc: u32,
        ptime: u32,
        marker: bool,
        quiet: bool,
        vowel: bool,
    }

    impl Line {
        fn new() -> Line {
            Line {
                buffer: JitterBuffer::new(),
                start: epoch(),
                sent: Vec::new(),
                pulled: 0,
                sequence_base: 100,
                timestamp_base: 5_000,
                ssrc: 1,
                ptime: PTIME,
                marker: false,
                quiet: false,
                vowel: false,
            }
        }

        fn packet(&mut self, nth: u32, arrives: u64) {
            let header = Header {
                payload_type: 0,
                marker: std::mem::take(&mut self.marker),
                sequence: self.sequence_base.wrapping_add(nth as u16),
                timestamp: self
                    .timestamp_base
                    .wrapping_add(nth.wrapping_mul(self.ptime)),
                ssrc: self.ssrc,
            };
            let samples = (0..self.ptime).map(|n| self.sample(nth, n)).collect();
            self.sent.push((arrives, header, samples));
        }

        fn sample(&self, nth: u32, n: u32) -> i16 {
            if self.quiet {
                return 1 + (nth / 100) as i16;
            }
            if self.vowel {
                return (8_000.0 * ((nth * self.ptime + n) as f32 * 0.1).sin()) as i16;
            }
            1_000 + nth as i16
        }

        fn listen(&mut self, until: u64) -> Vec<Pulled> {
            self.sent.sort_by_key(|(arrives, _, _)| *arrives);
            let mut sent = std::mem::take(&mut self.sent).into_iter().peekable();
            let mut heard = Vec::new();
            while self.pulled * 20 < until {
                let now = self.pulled * 20 + 3;
                while let Some((arrives, header, samples)) = sent.next_if(|packet| packet.0 <= now)
                {
                    let arrived = self.start + Duration::from_millis(arrives);
                    self.buffer.insert(arrived, &header, &samples);
                }
                heard.push(self.buffer.pull(self.start + Duration::from_millis(now)));
                self.pulled += 1;
            }
            self.sent = sent.collect();
            heard
        }
    }

    /// After the blend at its start, a real frame holds the numbers of its packets.
    fn in_order(heard: &[Pulled]) -> bool {
        let numbers: Vec<i16> = heard.iter().filter_map(real_samples).flatten().collect();
        numbers.is_sorted()
    }

    fn real_samples(pulled: &Pulled) -> Option<Vec<i16>> {
        match pulled {
            Pulled::Frame(frame) => Some(frame[40..].to_vec()),
            Pulled::Concealed(_) | Pulled::Nothing => None,
        }
    }

    fn level_if_made_up(pulled: &Pulled) -> Option<f32> {
        match pulled {
            Pulled::Concealed(frame) => Some(crate::audio::level_dbfs(&frame[..80])),
            Pulled::Frame(_) | Pulled::Nothing => None,
        }
    }

    fn level_if_real(pulled: &Pulled) -> Option<f32> {
        real_samples(pulled).map(|frame| crate::audio::level_dbfs(&frame))
    }

    fn real(heard: &[Pulled]) -> usize {
        heard
            .iter()
            .filter(|pulled| matches!(pulled, Pulled::Frame(_)))
            .count()
    }

    fn made_up(heard: &[Pulled]) -> usize {
        heard
            .iter()
            .filter(|pulled| matches!(pulled, Pulled::Concealed(_)))
            .count()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "any instant will do as the test's zero"
    )]
    fn epoch() -> Instant {
        Instant::now()
    }
}
