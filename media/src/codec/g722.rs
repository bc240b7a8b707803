//! G.722: two bands of 8 kHz each, of which the lower is our whole sound (ITU-T G.722).
//!
//! The upper band is heard as nothing and sent as nothing.

use std::fmt;

use audio_codec::g722::{Bitrate, G722Decoder, G722Encoder};
use audio_codec::{Decoder as _, Encoder as _};

/// Half of the interpolation filter: a sample between two others is made of so many on either side.
const REACH: usize = 8;
/// Windowed sinc at half-sample distances (Blackman), in 1/32768.
const BETWEEN: [i32; REACH] = [20_531, -6_023, 2_783, -1_322, 576, -212, 56, -5];

/// 60 ms at 16 kHz.
const LONGEST: usize = 960;

pub struct Encoder {
    coder: G722Encoder,
    /// The newest samples of the packet before.
    past: [i16; 2 * REACH],
    doubled: Vec<i16>,
}

pub struct Decoder {
    coder: G722Decoder,
}

impl Encoder {
    /// Appends one byte per sample.
    pub(super) fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        self.doubled.clear();
        for &sample in samples {
            self.past.copy_within(1.., 0);
            self.past[2 * REACH - 1] = sample;
            self.doubled.push(self.past[REACH - 1]);
            self.doubled.push(self.between());
        }

        let from = out.len();
        out.resize(from + self.coder.max_encode_bytes(self.doubled.len()), 0);
        let written = self.coder.encode_into(&self.doubled, &mut out[from..]).unwrap_or_default();
        out.truncate(from + written);
    }

    /// The sample half-way between the two in the middle.
    fn between(&self) -> i16 {
        let pairs = self.past[..REACH].iter().rev().zip(&self.past[REACH..]);
        let weighted = BETWEEN
            .iter()
            .zip(pairs)
            .map(|(&weight, (&before, &after))| weight * (i32::from(before) + i32::from(after)));
        let sum: i32 = weighted.sum();
        (sum >> 15).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
    }
}

impl Decoder {
    /// Appends one sample per byte.
    pub(super) fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        let from = out.len();
        out.resize(from + payload.len(), 0);
        let written = self.coder.decode_into(payload, &mut out[from..]).unwrap_or_default();
        out.truncate(from + written);
    }
}

impl Default for Encoder {
    fn default() -> Encoder {
        Encoder {
            coder: G722Encoder::new(),
            past: [0; 2 * REACH],
            doubled: Vec::with_capacity(LONGEST),
        }
    }
}

impl Default for Decoder {
    fn default() -> Decoder {
        let (packed, only_lower_band) = (false, true);
        Decoder { coder: G722Decoder::with_options(Bitrate::Mode1_64000, packed, only_lower_band) }
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}
