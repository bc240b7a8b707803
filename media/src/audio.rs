//! Sound as it travels through a call: 8 kHz, one channel, 16 bits, in frames of 20 ms.
//!
//! **Never here:** codecs, packets, files.

use std::time::Duration;

/// Samples per second.
pub const RATE: u32 = 8_000;
/// Samples in one frame.
pub const FRAME: usize = 160;
/// How long one frame sounds.
pub const FRAME_TIME: Duration = Duration::from_millis(20);
/// A frame with nothing in it.
pub const SILENCE: Frame = [0; FRAME];

/// The level of a frame whose samples are all zero.
const SILENT_DBFS: f32 = -96.0;

/// 20 ms of sound.
pub type Frame = [i16; FRAME];

/// How long that many samples sound.
pub fn lasts(samples: usize) -> Duration {
    Duration::from_micros(samples as u64 * 1_000_000 / u64::from(RATE))
}

/// How many whole samples fit into that time.
pub fn samples_in(time: Duration) -> usize {
    (time.as_micros() * u128::from(RATE) / 1_000_000) as usize
}

/// Root mean square against full scale, in decibels: 0 is the loudest, −96 is silence.
pub fn level_dbfs(samples: &[i16]) -> f32 {
    if samples.is_empty() {
        return SILENT_DBFS;
    }

    let energy: i64 = samples.iter().map(|&s| i64::from(s) * i64::from(s)).sum();
    let mean = energy as f32 / samples.len() as f32 / (32_768.0 * 32_768.0);
    (10.0 * mean.max(1e-12).log10()).max(SILENT_DBFS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_square_wave_is_zero_decibels_and_nothing_is_ninety_six_below() {
        let loud = [i16::MIN; FRAME];

        assert!(level_dbfs(&loud).abs() < 0.01);
        assert_eq!(level_dbfs(&SILENCE), SILENT_DBFS);
        assert_eq!(level_dbfs(&[]), SILENT_DBFS);
    }

    #[test]
    fn a_frame_lasts_twenty_milliseconds() {
        assert_eq!(lasts(FRAME), FRAME_TIME);
        assert_eq!(samples_in(FRAME_TIME), FRAME);
    }
}
