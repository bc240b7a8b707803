//! Telephone sound for models of wide-band speech.
//!
//! **Never here:** decoding.

use crate::audio::{FRAME, Frame};

/// 8 kHz to 16 kHz, frame by frame, as models of wide-band speech want it: every second sample is
/// the old one, those between are interpolated by a windowed sinc over sixteen neighbours.
#[derive(Default)]
pub(super) struct Doubled {
    before: [i16; Doubled::TAPS],
}

impl Doubled {
    const TAPS: usize = 16;
    /// sinc at ±½, ±1½, … ±7½, Hann-windowed, normalised to a sum of one.
    const HALF: [f32; Doubled::TAPS / 2] =
        [0.630263, -0.194251, 0.098993, -0.054323, 0.028457, -0.012856, 0.004125, -0.000408];

    pub(super) fn double(&mut self, frame: &Frame) -> [i16; 2 * FRAME] {
        let mut line = [0; FRAME + Doubled::TAPS];
        line[..Doubled::TAPS].copy_from_slice(&self.before);
        line[Doubled::TAPS..].copy_from_slice(frame);
        self.before.copy_from_slice(&line[FRAME..]);

        let mut out = [0; 2 * FRAME];
        for (n, window) in line.windows(Doubled::TAPS).skip(1).enumerate() {
            let (left, right) = window.split_at(Doubled::TAPS / 2);
            let pairs = left.iter().rev().zip(right).zip(Doubled::HALF);
            let between: f32 =
                pairs.map(|((&l, &r), tap)| (f32::from(l) + f32::from(r)) * tap).sum();
            out[2 * n] = window[Doubled::TAPS / 2 - 1];
            out[2 * n + 1] = between.round() as i16;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_tone_is_the_same_tone_at_twice_the_rate() {
        let tone = |n: usize, rate: f32| {
            (8_000.0 * (n as f32 * 3_000.0 * std::f32::consts::TAU / rate).sin()) as i16
        };
        let mut doubled = Doubled::default();

        let frames = [0, 1, 2].map(|k| std::array::from_fn(|n| tone(k * FRAME + n, 8_000.0)));
        let heard: Vec<i16> = frames.iter().flat_map(|frame| doubled.double(frame)).collect();

        // 8 samples of delay, and the filter's run-in.
        let wrong = (64..heard.len()).map(|n| (heard[n] - tone(n - 16, 16_000.0)).abs()).max();
        assert!(wrong.unwrap() < 250, "{wrong:?}");
    }
}
