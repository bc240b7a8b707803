//! How long a sample should wait before it is played: as short as the network's unevenness allows.
//!
//! **Never here:** packets, samples.

use crate::audio::RATE;

const TARGET_MIN: i64 = RATE as i64 * 20 / 1_000;
const TARGET_MAX: i64 = RATE as i64 * 60 / 1_000;

/// Lateness is counted in steps of 10 ms.
const STEP: i64 = RATE as i64 / 100;
const STEPS: usize = 16;
/// The target covers all packets but this share.
const LATE_SHARE: f32 = 0.003;
/// The last 500 packets count, 10 s of speech.
const FORGET: f32 = 1.0 / 500.0;
/// The fastest packet of the last 5 to 10 s is the measure of lateness, so that it follows drift.
const FASTEST_WITHIN: i64 = RATE as i64 * 5;

/// All times in samples.
#[derive(Debug)]
pub(super) struct Delay {
    fastest: i64,
    fastest_before: i64,
    window_began: i64,
    /// Share of packets by lateness.
    late: [f32; STEPS],
    packets: f32,
    target: i64,
}

impl Delay {
    pub(super) fn new() -> Delay {
        Delay {
            fastest: i64::MAX,
            fastest_before: i64::MAX,
            window_began: 0,
            late: [0.0; STEPS],
            packets: 0.0,
            target: TARGET_MIN,
        }
    }

    /// A new talk spurt or a spliced stream: what was fastest before says nothing about it.
    pub(super) fn rebase(&mut self, arrived: i64, transit: i64) {
        self.fastest = transit;
        self.fastest_before = i64::MAX;
        self.window_began = arrived;
    }

    /// A packet came `transit` after its first sample's place on the timeline.
    pub(super) fn observe(&mut self, arrived: i64, transit: i64) {
        if arrived - self.window_began > FASTEST_WITHIN {
            self.fastest_before = std::mem::replace(&mut self.fastest, transit);
            self.window_began = arrived;
        }
        self.fastest = self.fastest.min(transit);

        let step = ((transit - self.fastest()) / STEP).clamp(0, STEPS as i64 - 1) as usize;
        self.packets += 1.0;
        let weight = FORGET.max(1.0 / self.packets);
        self.late.iter_mut().for_each(|share| *share *= 1.0 - weight);
        self.late[step] += weight;
        self.target = self.covering();
    }

    pub(super) fn target(&self) -> i64 {
        self.target
    }

    /// How long after the fastest packets' arrival the sample at `cursor` would be played now.
    pub(super) fn of(&self, now: i64, cursor: i64) -> i64 {
        now - cursor - self.fastest()
    }

    fn fastest(&self) -> i64 {
        self.fastest.min(self.fastest_before)
    }

    fn covering(&self) -> i64 {
        let mut beyond = 1.0;
        for (step, share) in self.late.iter().enumerate() {
            beyond -= share;
            if beyond < LATE_SHARE {
                return ((step as i64 + 1) * STEP).clamp(TARGET_MIN, TARGET_MAX);
            }
        }
        TARGET_MAX
    }
}
