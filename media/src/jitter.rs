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

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::audio::{FRAME, Frame, RATE, SILENCE, lasts};
use crate::jitter::arrivals::{Arrival, Arrivals};
use crate::jitter::concealment::Concealment;
use crate::jitter::delay::Delay;
use crate::reports::Reception;
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
    /// Packets that were sent, as far as sequence numbers tell.
    pub expected: u64,
    /// Runs of packets that did not come in their turn.
    pub gaps: u64,
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

    /// One packet, decoded; without sound it is only counted. Any length up to 120 ms; anything else
    /// is ignored.
    pub fn insert(&mut self, now: Instant, header: &Header, samples: &[i16]) {
        self.insert_mended(now, header, &[], samples);
    }

    /// As `insert`; `before` is what the packet tells of the sound just before its own, and counts
    /// where nothing better came.
    pub fn insert_mended(
        &mut self,
        now: Instant,
        header: &Header,
        before: &[i16],
        samples: &[i16],
    ) {
        if samples.len() > PACKET_MAX {
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
        if samples.is_empty() {
            return;
        }
        if at + samples.len() as i64 <= self.earliest() {
            self.late += 1;
            self.delay.observe(arrived, arrived - at);
            return;
        }

        self.expect(arrived, at, spliced);
        if !spliced {
            self.lay_where_missing(at - before.len() as i64, before);
        }
        self.lay(at, samples);
    }

    fn lay_where_missing(&mut self, at: i64, samples: &[i16]) {
        for (position, &sample) in (at..).zip(samples) {
            let near = (self.cursor..self.cursor + RING as i64).contains(&position);
            if near && !self.filled[slot(position)] {
                self.samples[slot(position)] = sample;
                self.filled[slot(position)] = true;
            }
        }
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
            expected: self.arrivals.expected(),
            gaps: self.arrivals.gaps,
            late: self.late,
            duplicate: self.arrivals.duplicate,
            concealed: self.concealed,
            skipped: lasts(self.skipped as usize),
            jitter: self.arrivals.jitter(),
            delay: self.delay(),
        }
    }

    /// What reports say of the other end's newest source.
    pub fn reception(&self) -> Option<Reception> {
        self.arrivals.reception()
    }

    /// How long sound waits at present.
    pub fn delay(&self) -> Duration {
        lasts(self.waits.max(0) as usize)
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
                self.state = State::Filling { play_at, not_before: self.cursor };
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
        let new = &samples[(from - at).min(samples.len() as i64) as usize..];
        let (tail, head) = spans(from, new.len());
        let (before, after) = new.split_at(tail.len());
        self.samples[tail.clone()].copy_from_slice(before);
        self.samples[head.clone()].copy_from_slice(after);
        self.filled[tail].fill(true);
        self.filled[head].fill(true);
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
        let paid = if missing > WAITING_MAX { missing } else { missing.min(self.stalled) };
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
            .map(|slot| if self.filled[slot] { i32::from(self.samples[slot]).abs() } else { 0 })
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
        let (tail, head) = spans(self.cursor, count);
        let (before, after) = (..tail.len(), tail.len()..count);
        frame[before].copy_from_slice(&self.samples[tail.clone()]);
        frame[after.clone()].copy_from_slice(&self.samples[head.clone()]);
        present[before].copy_from_slice(&self.filled[tail.clone()]);
        present[after].copy_from_slice(&self.filled[head.clone()]);
        self.filled[tail].fill(false);
        self.filled[head].fill(false);
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

/// Where `count` samples from `position` on lie: up to the end of the ring, and from its beginning.
fn spans(position: i64, count: usize) -> (Range<usize>, Range<usize>) {
    let from = slot(position);
    let to_end = count.min(RING - from);
    (from..from + to_end, 0..count - to_end)
}

#[cfg(test)]
mod tests;
