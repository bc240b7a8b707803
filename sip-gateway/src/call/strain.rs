//! How hard a pacemaker works: says when one more call would make the running ones stutter.
//!
//! **Never here:** the clock, threads, what a refused caller is told.

use std::time::{Duration, Instant};

/// The work of so long is judged at a time.
const WINDOW: Duration = Duration::from_secs(1);
/// After a strained window new calls stay away for so long.
const REST: Duration = Duration::from_secs(3);
/// A beat that begins later than this is late: half of what a packet may be late for its listener.
const LATE: Duration = Duration::from_millis(10);
/// A pacemaker at work for this share of its time has no room for a burst.
const BUSY_PERCENT: u128 = 85;
/// Late beats count only where our own work can be the cause; elsewhere another program held the core.
const OWN_WORK_PERCENT: u128 = 40;
const LATE_PERCENT: u32 = 5;

#[derive(Debug)]
pub struct Strain {
    since: Instant,
    beats: u32,
    late: u32,
    busy: Duration,
    rest_until: Option<Instant>,
}

impl Strain {
    pub fn new(now: Instant) -> Self {
        Self { since: now, beats: 0, late: 0, busy: Duration::ZERO, rest_until: None }
    }

    /// One beat: when it was due, when it began, when it was done.
    pub fn beat(&mut self, due: Instant, began: Instant, done: Instant) {
        self.beats += 1;
        self.late += u32::from(began.saturating_duration_since(due) > LATE);
        self.busy += done.saturating_duration_since(began);
        if done.saturating_duration_since(self.since) >= WINDOW {
            self.judge(done);
        }
    }

    /// No new calls, please.
    pub fn strained(&self, now: Instant) -> bool {
        self.rest_until.is_some_and(|until| now < until)
    }

    fn judge(&mut self, now: Instant) {
        let percent = self.busy.as_micros() * 100 / (now - self.since).as_micros().max(1);
        let stutters = self.late * 100 >= self.beats * LATE_PERCENT && percent >= OWN_WORK_PERCENT;
        if percent >= BUSY_PERCENT || stutters {
            self.rest_until = Some(now + REST);
        }
        *self = Self { rest_until: self.rest_until, ..Self::new(now) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    const BEAT: Duration = Duration::from_millis(5);

    /// Two seconds of beats, each so late and so long.
    fn work(strain: &mut Strain, from: Instant, late: Duration, takes: Duration) -> Instant {
        let mut due = from;
        for _ in 0..400 {
            due += BEAT;
            strain.beat(due, due + late, due + late + takes);
        }
        due
    }

    #[test]
    fn a_light_load_takes_more_calls_even_while_another_program_holds_the_core() {
        let start = clock::now();
        let mut strain = Strain::new(start);

        let now = work(&mut strain, start, Duration::from_millis(15), Duration::from_millis(1));

        assert!(!strain.strained(now));
    }

    #[test]
    fn late_beats_under_our_own_work_keep_new_calls_away() {
        let start = clock::now();
        let mut strain = Strain::new(start);

        let now = work(&mut strain, start, Duration::from_millis(15), Duration::from_millis(3));

        assert!(strain.strained(now));
    }

    #[test]
    fn a_full_core_rests_and_then_takes_calls_again() {
        let start = clock::now();
        let mut strain = Strain::new(start);

        let now = work(&mut strain, start, Duration::ZERO, Duration::from_micros(4_800));
        let rested = work(&mut strain, now, Duration::ZERO, Duration::from_millis(1));

        assert!(strain.strained(now));
        assert!(!strain.strained(rested + REST));
    }
}
