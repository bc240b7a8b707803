//! What is played where samples are missing: the last pitch period over and over, fading away
//! (after the idea of ITU-T G.711 Appendix I, without its delay).
//!
//! **Never here:** deciding that something is missing.

use crate::audio::{FRAME, Frame, RATE};

/// A voice between 66 and 200 Hz.
const LONGEST_PERIOD: usize = RATE as usize / 66;
const SHORTEST_PERIOD: usize = RATE as usize / 200;
/// The pitch is sought in this much of the past.
const COMPARED: usize = 160;
/// Left out of the comparison, so that its sums fit into 32 bits.
const LOW_BITS: u32 = 4;
const HISTORY: usize = COMPARED + 2 * LONGEST_PERIOD;

/// Full strength for 10 ms, nothing left after 60 ms.
const FULL_UNTIL: usize = RATE as usize / 100;
const GONE_AFTER: usize = RATE as usize * 60 / 1_000;
/// Made-up sound gives way to real sound over 5 ms.
const CROSSFADE: usize = RATE as usize / 200;

#[derive(Debug)]
pub(super) struct Concealment {
    history: [i16; HISTORY],
    period: [i16; LONGEST_PERIOD],
    period_len: usize,
    /// What comes next does not follow what was heard.
    broken: bool,
    /// Samples made up since then.
    made_up: usize,
}

impl Concealment {
    pub(super) fn new() -> Concealment {
        Concealment {
            history: [0; HISTORY],
            period: [0; LONGEST_PERIOD],
            period_len: SHORTEST_PERIOD,
            broken: false,
            made_up: 0,
        }
    }

    /// Something is missing between what was heard and what comes next.
    pub(super) fn break_off(&mut self) {
        if !self.broken {
            self.find_period();
            self.broken = true;
        }
    }

    /// The next frame is real; its start is blended with what was made up before it.
    pub(super) fn hear(&mut self, frame: &mut Frame) {
        if self.broken {
            for (n, sample) in frame.iter_mut().take(CROSSFADE).enumerate() {
                let (new, old) = (i32::from(*sample), i32::from(self.next_made_up()));
                let share = n as i32 + 1;
                *sample = (old + (new - old) * share / (CROSSFADE as i32 + 1)) as i16;
            }
            self.broken = false;
            self.made_up = 0;
        }
        self.remember(frame);
    }

    /// Fills the samples of `frame` that `missing` names.
    pub(super) fn fill(&mut self, frame: &mut Frame, missing: impl Fn(usize) -> bool) {
        self.break_off();
        for (n, sample) in frame.iter_mut().enumerate() {
            if missing(n) {
                *sample = self.next_made_up();
            }
        }
        self.remember(frame);
    }

    fn next_made_up(&mut self) -> i16 {
        let sample = i32::from(self.period[self.made_up % self.period_len]);
        let left = GONE_AFTER.saturating_sub(self.made_up.max(FULL_UNTIL)) as i32;
        self.made_up += 1;
        (sample * left / (GONE_AFTER - FULL_UNTIL) as i32) as i16
    }

    fn remember(&mut self, frame: &Frame) {
        self.history.copy_within(FRAME.., 0);
        self.history[HISTORY - FRAME..].copy_from_slice(frame);
    }

    /// Takes the last period; its end is bent towards the sound before its start, so that it
    /// repeats without a click.
    fn find_period(&mut self) {
        let len = self.best_lag();
        let last = &self.history[HISTORY - len..];
        self.period[..len].copy_from_slice(last);
        self.period_len = len;

        let bend = len / 4;
        let before = &self.history[HISTORY - len - bend..HISTORY - len];
        for (n, &earlier) in before.iter().enumerate() {
            let sample = &mut self.period[len - bend + n];
            let (old, new) = (i32::from(*sample), i32::from(earlier));
            *sample = (old + (new - old) * (n as i32 + 1) / bend as i32) as i16;
        }
    }

    fn best_lag(&self) -> usize {
        let past = self.history.map(|sample| sample >> LOW_BITS);
        let recent = &past[HISTORY - COMPARED..];
        let likeness = |lag: usize| {
            let earlier = &past[HISTORY - COMPARED - lag..HISTORY - lag];
            let products = recent.iter().zip(earlier).map(|(&a, &b)| i32::from(a) * i32::from(b));
            let energies = earlier.iter().map(|&b| i32::from(b) * i32::from(b));
            products.sum::<i32>() as f32 / (1.0 + energies.sum::<i32>() as f32).sqrt()
        };
        (SHORTEST_PERIOD..=LONGEST_PERIOD)
            .max_by(|&a, &b| likeness(a).total_cmp(&likeness(b)))
            .unwrap_or(LONGEST_PERIOD)
    }
}
