//! What a sound is made of: a voice, or breath.
//!
//! A recogniser finds words in anything, most of all in short sounds. What the sound itself says is
//! independent of it: a cough or a knock has no pitch.
//!
//! **Never here:** what was said, who has the floor.

use std::fmt;
use std::time::Duration;

use crate::audio::{FRAME, FRAME_TIME, Frame, RATE};

/// Two frames: two periods of the deepest voice.
const WINDOW: usize = 2 * FRAME;
/// 400 Hz.
const SHORTEST_PERIOD: usize = RATE as usize / 400;
/// 70 Hz.
const LONGEST_PERIOD: usize = RATE as usize / 70;
/// A frame this much like itself one period earlier is voiced.
const PITCHED: f32 = 0.55;
/// Of the frames, this share is pitched in anything spoken, and no fewer than these.
const SPOKEN_SHARE: f32 = 0.3;
const SPOKEN_FRAMES: u32 = 2;

/// Gathers one sound, frame by frame.
#[derive(Debug, Clone)]
pub struct Timbre {
    window: [i16; WINDOW],
    frames: u32,
    pitched: u32,
    loudest_dbfs: f32,
}

impl Timbre {
    pub fn new() -> Timbre {
        Timbre { window: [0; WINDOW], frames: 0, pitched: 0, loudest_dbfs: f32::NEG_INFINITY }
    }

    /// A voiced frame of the sound, and its level.
    pub fn hear(&mut self, frame: &Frame, level_dbfs: f32) {
        self.window.copy_within(FRAME.., 0);
        self.window[FRAME..].copy_from_slice(frame);
        self.frames += 1;
        self.loudest_dbfs = self.loudest_dbfs.max(level_dbfs);
        self.pitched += u32::from(self.likeness_to_last_period() >= PITCHED);
    }

    /// Somebody's voice, not breath, a knock or a rustle.
    pub fn is_voice(&self) -> bool {
        self.pitched >= SPOKEN_FRAMES && self.pitched as f32 >= SPOKEN_SHARE * self.frames as f32
    }

    /// Of its frames.
    pub fn loudest_dbfs(&self) -> f32 {
        self.loudest_dbfs
    }

    /// How much of it was heard.
    pub fn lasts(&self) -> Duration {
        FRAME_TIME * self.frames
    }

    fn likeness_to_last_period(&self) -> f32 {
        let window = self.window.map(|sample| f32::from(sample >> 3));
        let recent = &window[LONGEST_PERIOD..];
        let energy: f32 = recent.iter().map(|sample| sample * sample).sum();
        let likeness = |lag: usize| {
            let earlier = &window[LONGEST_PERIOD - lag..WINDOW - lag];
            let product: f32 = recent.iter().zip(earlier).map(|(a, b)| a * b).sum();
            let past: f32 = earlier.iter().map(|sample| sample * sample).sum();
            product / (1.0 + energy * past).sqrt()
        };
        (SHORTEST_PERIOD..=LONGEST_PERIOD).map(likeness).fold(0.0, f32::max)
    }
}

impl fmt::Display for Timbre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} frames pitched", self.pitched, self.frames)
    }
}

impl Default for Timbre {
    fn default() -> Timbre {
        Timbre::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::g711::Law;

    #[test]
    fn speech_is_a_voice() {
        let mut timbre = Timbre::new();
        let mut samples = Vec::new();
        Law::Mu.decode(include_bytes!("../testdata/caller-ru.ulaw"), &mut samples);

        let loud = |frame: &&Frame| crate::audio::level_dbfs(*frame) > -35.0;
        samples.as_chunks().0.iter().filter(loud).for_each(|frame| timbre.hear(frame, -20.0));

        assert!(timbre.is_voice(), "{timbre}");
    }

    #[test]
    fn a_hum_is_a_voice_and_breath_is_not() {
        let hum = |n: usize| {
            let turn = n as f32 * 130.0 * std::f32::consts::TAU / 8_000.0;
            (4_000.0 * (turn.sin() + 0.5 * (2.0 * turn).sin())) as i16
        };
        let breath = |n: usize| {
            let mixed = (n as u32 ^ 0x9e37).wrapping_mul(0x85eb_ca6b);
            ((mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35) >> 16) as i16 / 8
        };

        let heard = |sound: &dyn Fn(usize) -> i16| {
            let mut timbre = Timbre::new();
            for nth in 0..20 {
                timbre.hear(&std::array::from_fn(|n| sound(nth * FRAME + n)), -20.0);
            }
            timbre.is_voice()
        };

        assert!(heard(&hum));
        assert!(!heard(&breath));
    }
}
