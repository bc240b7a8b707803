//! G.711, the codec every telephone speaks: µ-law and A-law (ITU-T G.711).
//!
//! Decoding is a table of 256 samples, encoding one of the 16,384 sizes that 14 bits tell apart.

/// Which of the two curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    Mu,
    A,
}

impl Law {
    /// Appends one byte per sample.
    pub fn encode(self, samples: &[i16], out: &mut Vec<u8>) {
        let codes = match self {
            Law::Mu => &ULAW_CODES,
            Law::A => &ALAW_CODES,
        };
        out.extend(samples.iter().map(|&sample| codes[usize::from(sample as u16 >> 2)]));
    }

    /// Appends one sample per byte; any packet length will do.
    pub fn decode(self, payload: &[u8], out: &mut Vec<i16>) {
        let table = match self {
            Law::Mu => &ULAW,
            Law::A => &ALAW,
        };
        out.extend(payload.iter().map(|&code| table[usize::from(code)]));
    }
}

static ULAW: [i16; 256] = table(Law::Mu);
static ALAW: [i16; 256] = table(Law::A);

static ULAW_CODES: [u8; 1 << 14] = codes(Law::Mu);
static ALAW_CODES: [u8; 1 << 14] = codes(Law::A);

/// By the upper 14 bits of the sample; neither law looks at the lower two.
const fn codes(law: Law) -> [u8; 1 << 14] {
    let mut codes = [0; 1 << 14];
    let mut upper = 0;
    while upper < codes.len() {
        let sample = ((upper as u16) << 2) as i16;
        codes[upper] = match law {
            Law::Mu => ulaw(sample),
            Law::A => alaw(sample),
        };
        upper += 1;
    }
    codes
}

const fn table(law: Law) -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = match law {
            Law::Mu => ulaw_sample(code as u8),
            Law::A => alaw_sample(code as u8),
        };
        code += 1;
    }
    table
}

/// Eight segments of sixteen steps over 14 bits, each twice as coarse as the one below; all bits
/// inverted. The bias of 33 makes a segment the position of the highest bit.
const fn ulaw(sample: i16) -> u8 {
    const BIAS: u16 = 33;
    const LARGEST: u16 = 0x1fff;

    let biased = (magnitude(sample) >> 2) + BIAS;
    let biased = if biased > LARGEST { LARGEST } else { biased };
    let segment = 10 - biased.leading_zeros() as u16;
    let step = (biased >> (segment + 1)) & 0x0f;
    !(sign(sample) | (segment << 4 | step) as u8)
}

const fn ulaw_sample(code: u8) -> i16 {
    let code = !code;
    let segment = (code >> 4) & 7;
    let step = (code & 0x0f) as i16;
    let size = ((step * 2 + 33) << segment) - 33;
    if code & 0x80 == 0 { size * 4 } else { size * -4 }
}

/// As µ-law, over 13 bits, the two lowest segments equally fine; every second bit inverted, and
/// the sign bit set for positive samples.
const fn alaw(sample: i16) -> u8 {
    let size = magnitude(sample) >> 4;
    let segment = 12_u16.saturating_sub(size.leading_zeros() as u16);
    let step = (size >> segment.saturating_sub(1)) & 0x0f;
    ((segment << 4 | step) as u8 | (sign(sample) ^ 0x80)) ^ 0x55
}

const fn alaw_sample(code: u8) -> i16 {
    let code = code ^ 0x55;
    let segment = (code >> 4) & 7;
    let step = (code & 0x0f) as i16;
    let size = match segment {
        0 => (step << 4) + 8,
        _ => ((step << 4) + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -size } else { size }
}

/// Negative samples count from −1, so that both halves have 32,768 sizes.
const fn magnitude(sample: i16) -> u16 {
    (if sample < 0 { !sample } else { sample }) as u16
}

const fn sign(sample: i16) -> u8 {
    if sample < 0 { 0x80 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{Frame, level_dbfs};

    const BOTH: [Law; 2] = [Law::Mu, Law::A];

    #[test]
    fn every_sample_falls_into_its_interval_of_the_recommendation() {
        for sample in i16::MIN..=i16::MAX {
            let size = i32::from(magnitude(sample));

            let (low, high) = ulaw_interval(size >> 2);
            let heard = (i32::from(ulaw_sample(ulaw(sample))) / 4).abs();
            assert!((low..=high).contains(&heard) || size >> 2 > 8_158, "µ-law {sample}: {heard}");

            let (low, high) = alaw_interval(size >> 3);
            let heard = (i32::from(alaw_sample(alaw(sample))) / 8).abs();
            assert!((low..=high).contains(&heard), "A-law {sample}: {heard}");
        }
    }

    #[test]
    fn known_codes_are_what_other_telephones_send() {
        assert_eq!(encoded(Law::Mu, &[0]), [0xff]);
        assert_eq!(encoded(Law::A, &[0]), [0xd5]);
        assert_eq!((ulaw(i16::MAX), ulaw(i16::MIN)), (0x80, 0x00));
        assert_eq!((alaw(i16::MAX), alaw(i16::MIN)), (0xaa, 0x2a));
        assert_eq!((ULAW[0x80], ALAW[0xaa]), (32_124, 32_256));
    }

    #[test]
    fn coding_twice_changes_nothing_more() {
        for law in BOTH {
            let mut once = Vec::new();
            law.decode(&(0..=255).collect::<Vec<u8>>(), &mut once);

            let mut twice = Vec::new();
            law.decode(&encoded(law, &once), &mut twice);

            assert_eq!(once, twice);
        }
    }

    #[test]
    fn a_tone_at_a_speakers_level_loses_less_than_a_fortieth_of_its_strength() {
        for law in BOTH {
            let tone: Frame = std::array::from_fn(|n| (8_000.0 * (n as f32 * 0.7).sin()) as i16);
            let mut heard = Vec::new();

            law.decode(&encoded(law, &tone), &mut heard);

            let noise: Vec<i16> = tone.iter().zip(&heard).map(|(a, b)| a - b).collect();
            let snr = level_dbfs(&tone) - level_dbfs(&noise);
            assert!(snr > 36.0, "{law:?}: {snr} dB");
        }
    }

    #[test]
    fn a_packet_of_any_length_is_decoded() {
        let mut heard = Vec::new();

        Law::A.decode(&[0xd5; 480], &mut heard);
        Law::Mu.decode(&[], &mut heard);

        assert_eq!(heard, [8; 480]);
    }

    fn encoded(law: Law, samples: &[i16]) -> Vec<u8> {
        let mut out = Vec::new();
        law.encode(samples, &mut out);
        out
    }

    /// Table 2a: segments end at 31, 95, 223, 479, 1015 (here by rule), sixteen equal intervals each.
    fn ulaw_interval(size: i32) -> (i32, i32) {
        if size == 0 {
            return (0, 0);
        }
        let segment = (0..7).find(|s| size < (64 << s) - 33).unwrap_or(7);
        let (start, width) = ((32 << segment) - 33, 2 << segment);
        let nth = (size - start) / width;
        (start + nth * width, start + (nth + 1) * width)
    }

    /// Table 1a over 12 bits: 0–64 and 64–128 in steps of two, then each segment twice as coarse.
    fn alaw_interval(size: i32) -> (i32, i32) {
        let segment = (0..6).find(|s| size < 64 << s).unwrap_or(6);
        let (start, width) =
            if segment == 0 { (0, 2) } else { (32 << segment, 2 << (segment - 1)) };
        let nth = (size - start) / width;
        (start + nth * width, start + (nth + 1) * width)
    }
}
