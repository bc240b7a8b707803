//! The last half second heard, kept so that the recogniser gets a turn from its first sound
//! although it is known to be one only later.
//!
//! **Never here:** deciding what is speech.

use crate::audio::{Frame, SILENCE};

/// Half a second.
pub const PRE_ROLL_FRAMES: usize = 25;

#[derive(Debug, Clone)]
pub struct PreRoll {
    frames: [Frame; PRE_ROLL_FRAMES],
    next: usize,
    held: usize,
}

impl PreRoll {
    pub fn new() -> PreRoll {
        PreRoll { frames: [SILENCE; PRE_ROLL_FRAMES], next: 0, held: 0 }
    }

    /// The newest frame pushes out the oldest.
    pub fn push(&mut self, frame: &Frame) {
        self.frames[self.next] = *frame;
        self.next = (self.next + 1) % PRE_ROLL_FRAMES;
        self.held = (self.held + 1).min(PRE_ROLL_FRAMES);
    }

    /// The newest `count` frames, oldest first; fewer if fewer were heard.
    pub fn last(&self, count: usize) -> impl Iterator<Item = &Frame> {
        let count = count.min(self.held);
        let oldest = self.next + PRE_ROLL_FRAMES - count;
        (0..count).map(move |i| &self.frames[(oldest + i) % PRE_ROLL_FRAMES])
    }
}

impl Default for PreRoll {
    fn default() -> PreRoll {
        PreRoll::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::FRAME;

    #[test]
    fn the_newest_frames_come_oldest_first() {
        let mut ear = PreRoll::new();
        (0..30).for_each(|n| ear.push(&[n; FRAME]));

        let last: Vec<i16> = ear.last(3).map(|frame| frame[0]).collect();
        let all: Vec<i16> = ear.last(1_000).map(|frame| frame[0]).collect();

        assert_eq!(last, [27, 28, 29]);
        assert_eq!(all, (5..30).collect::<Vec<i16>>());
    }

    #[test]
    fn what_was_not_heard_is_not_invented() {
        let mut ear = PreRoll::new();
        ear.push(&[7; FRAME]);

        assert_eq!(ear.last(25).count(), 1);
    }
}
