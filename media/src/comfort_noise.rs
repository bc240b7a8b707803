//! What a silent line sounds like: noise at the level the other side has named (RFC 3389), so that
//! its silence is not taken for a dead line.
//!
//! Only the level is used; the optional spectrum is passed over, as section 4 allows.
//!
//! **Never here:** deciding that the line is silent.

use crate::audio::{Frame, SILENCE};

/// The static payload type (RFC 3551 table 4).
pub const PAYLOAD_TYPE: u8 = 13;
/// Louder noise than this is a broken sender.
const LOUDEST_DBOV: i32 = -30;
/// −127 dBov says: nothing.
const SILENT_DBOV: i32 = -127;

#[derive(Debug, Clone)]
pub struct ComfortNoise {
    amplitude: i32,
    seed: u32,
}

impl ComfortNoise {
    /// The first byte is the level below overload in decibels (section 3.1); an empty payload is
    /// nothing.
    pub fn read(payload: &[u8]) -> Option<ComfortNoise> {
        let level = -i32::from(payload.first()? & 0x7f);
        let dbov = level.min(LOUDEST_DBOV);
        // Even noise between ±a has a root mean square of a/√3.
        let amplitude = 32_768.0 * 3_f32.sqrt() * 10_f32.powf(dbov as f32 / 20.0);
        let amplitude = if dbov <= SILENT_DBOV { 0 } else { amplitude as i32 };
        Some(ComfortNoise { amplitude, seed: 0x2545_f491 })
    }

    pub fn next_frame(&mut self) -> Frame {
        let mut frame = SILENCE;
        for sample in &mut frame {
            self.seed ^= self.seed << 13;
            self.seed ^= self.seed >> 17;
            self.seed ^= self.seed << 5;
            *sample = (i32::from(self.seed as u16 as i16) * self.amplitude / 32_768) as i16;
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::level_dbfs;

    #[test]
    fn noise_is_as_loud_as_was_said() {
        for level in [40_u8, 55, 70] {
            let mut noise = ComfortNoise::read(&[level]).unwrap();
            let frames: Vec<i16> = (0..20).flat_map(|_| noise.next_frame()).collect();

            let louder = level_dbfs(&frames) + f32::from(level);
            assert!(louder.abs() < 1.5, "-{level} dBov: {louder} dB off");
        }
    }

    #[test]
    fn a_broken_level_is_neither_deafening_nor_a_panic() {
        assert!(ComfortNoise::read(&[]).is_none());
        let mut loud = ComfortNoise::read(&[0]).unwrap();
        assert!(level_dbfs(&loud.next_frame()) < -28.0);
        let mut silent = ComfortNoise::read(&[0xff]).unwrap();
        assert_eq!(silent.next_frame(), SILENCE);
    }
}
