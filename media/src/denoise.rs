//! Less noise around a voice, for a recogniser that is better off with it: RNNoise, which works at 48 kHz.
//!
//! Off unless the owner turns it on, since what helps one recogniser harms another (docs/figures.md).
//!
//! **Never here:** who is listening; what the caller's recording holds.

use std::fmt;

use nnnoiseless::DenoiseState;
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use crate::audio::{FRAME, Frame, RATE};

/// What the network was trained on.
const WIDE: usize = 48_000;
/// 20 ms of it.
const WIDE_FRAME: usize = WIDE / RATE as usize * FRAME;

/// One caller's sound. It comes out some 30 ms later: half a frame in each filter, 10 ms in the network.
pub struct Denoiser {
    network: Box<DenoiseState<'static>>,
    up: Fft<f32>,
    down: Fft<f32>,
    narrow: [f32; FRAME],
    wide: [f32; WIDE_FRAME],
    clean: [f32; WIDE_FRAME],
}

impl Default for Denoiser {
    fn default() -> Self {
        let filter = |from, to, chunk| {
            Fft::new(from, to, chunk, 1, FixedSync::Both).expect("both rates are whole")
        };
        Denoiser {
            network: DenoiseState::new(),
            up: filter(RATE as usize, WIDE, FRAME),
            down: filter(WIDE, RATE as usize, WIDE_FRAME),
            narrow: [0.0; FRAME],
            wide: [0.0; WIDE_FRAME],
            clean: [0.0; WIDE_FRAME],
        }
    }
}

impl fmt::Debug for Denoiser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Denoiser")
    }
}

impl Denoiser {
    /// The next 20 ms.
    pub fn clean(&mut self, frame: &Frame) -> Frame {
        for (to, from) in self.narrow.iter_mut().zip(frame) {
            *to = f32::from(*from);
        }
        turn(&mut self.up, &self.narrow, &mut self.wide);
        let (dirty, clean) = (
            self.wide.chunks_exact(DenoiseState::FRAME_SIZE),
            self.clean.chunks_exact_mut(DenoiseState::FRAME_SIZE),
        );
        for (dirty, clean) in dirty.zip(clean) {
            self.network.process_frame(clean, dirty);
        }
        turn(&mut self.down, &self.clean, &mut self.narrow);
        self.narrow.map(|sample| sample.round() as i16)
    }
}

fn turn(filter: &mut Fft<f32>, from: &[f32], to: &mut [f32]) {
    let (taken, made) = (from.len(), to.len());
    let from = InterleavedSlice::new(from, 1, taken).expect("one channel fits");
    let mut to = InterleavedSlice::new_mut(to, 1, made).expect("one channel fits");
    filter.process_into_buffer(&from, &mut to, None).expect("whole frames are given");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{SILENCE, level_dbfs};

    /// As loud as noise on a bad line.
    fn noise(seed: &mut u32) -> Frame {
        std::array::from_fn(|_| {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((*seed >> 16) as i16) / 32
        })
    }

    #[test]
    fn steady_noise_is_softened_and_silence_stays_silent() {
        let (mut denoiser, mut seed) = (Denoiser::default(), 1);
        let frames: Vec<(Frame, Frame)> = (0..150)
            .map(|_| noise(&mut seed))
            .map(|frame| (frame, denoiser.clean(&frame)))
            .collect();
        let level = |which: fn(&(Frame, Frame)) -> &Frame| {
            let last: Vec<i16> = frames[100..].iter().flat_map(|it| *which(it)).collect();
            level_dbfs(&last)
        };
        let (before, after) = (level(|it| &it.0), level(|it| &it.1));
        assert!(before - after > 10.0, "{before} dBFS became {after}");

        let mut silent = Denoiser::default();
        assert!((0..50).all(|_| silent.clean(&SILENCE) == SILENCE));
    }
}
