//! The codecs a telephone or a browser may speak. Whatever comes, inside it is 8 kHz.
//!
//! A coder is one direction of one call: all but G.711 remember what went before.
//!
//! **Never here:** packets, negotiation, the order of packets.

pub mod g711;
mod g722;
mod opus;

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::audio::RATE;
use g711::Law;

/// Packets shorter or longer than this are not sent, whatever is asked for.
pub const PTIME: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_millis(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// G.711 µ-law, North America and Japan.
    Pcmu,
    /// G.711 A-law, everywhere else.
    Pcma,
    /// 7 kHz at 64 kbit/s (ITU-T G.722).
    G722,
    /// What browsers speak (RFC 6716); repeats the packet before in the next one.
    Opus,
}

impl Codec {
    pub const ALL: [Codec; 4] = [Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::Opus];

    /// As SDP spells it, without the clock rate.
    pub const fn name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
            Codec::G722 => "G722",
            Codec::Opus => "opus",
        }
    }

    /// RFC 3551 table 4; Opus has none.
    pub const fn static_payload_type(self) -> Option<u8> {
        match self {
            Codec::Pcmu => Some(0),
            Codec::Pcma => Some(8),
            Codec::G722 => Some(9),
            Codec::Opus => None,
        }
    }

    /// Ticks per second of the RTP timestamp. G.722 counts 8,000 by an old mistake (RFC 3551 section
    /// 4.5.2), Opus always 48,000 (RFC 7587 section 4.1).
    pub const fn clock_hz(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => 8_000,
            Codec::Opus => 48_000,
        }
    }

    /// RTP ticks for each sample of ours.
    pub const fn ticks_per_sample(self) -> u32 {
        self.clock_hz() / RATE
    }

    /// Channels as the map in SDP says them; Opus always says two (RFC 7587 section 7).
    pub const fn channels(self) -> u8 {
        match self {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => 1,
            Codec::Opus => 2,
        }
    }
}

/// What we say, on its way out.
#[derive(Debug)]
pub enum Encoder {
    G711(Law),
    G722(Box<g722::Encoder>),
    Opus(Box<opus::Encoder>),
}

impl Encoder {
    pub fn new(codec: Codec) -> Encoder {
        match codec {
            Codec::Pcmu => Encoder::G711(Law::Mu),
            Codec::Pcma => Encoder::G711(Law::A),
            Codec::G722 => Encoder::G722(Box::default()),
            Codec::Opus => Encoder::Opus(Box::default()),
        }
    }

    /// Appends one payload of 10, 20, 40 or 60 ms.
    pub fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        match self {
            Encoder::G711(law) => law.encode(samples, out),
            Encoder::G722(coder) => coder.encode(samples, out),
            Encoder::Opus(coder) => coder.encode(samples, out),
        }
    }
}

/// What is heard, on its way in.
#[derive(Debug)]
pub enum Decoder {
    G711(Law),
    G722(Box<g722::Decoder>),
    Opus(Box<opus::Decoder>),
}

impl Decoder {
    pub fn new(codec: Codec) -> Decoder {
        match codec {
            Codec::Pcmu => Decoder::G711(Law::Mu),
            Codec::Pcma => Decoder::G711(Law::A),
            Codec::G722 => Decoder::G722(Box::default()),
            Codec::Opus => Decoder::Opus(Box::default()),
        }
    }

    /// Appends the sound of one payload; of a broken one nothing.
    pub fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        match self {
            Decoder::G711(law) => law.decode(payload, out),
            Decoder::G722(coder) => coder.decode(payload, out),
            Decoder::Opus(coder) => coder.decode(payload, out),
        }
    }

    /// Appends the sound of `lost` packets just before this one, as far as the codec can tell it. To
    /// be asked before `decode`. Nothing where the codec keeps no such memory.
    pub fn recover(&mut self, lost: usize, payload: &[u8], out: &mut Vec<i16>) {
        match self {
            Decoder::G711(_) | Decoder::G722(_) => {}
            Decoder::Opus(coder) => coder.recover(lost, payload, out),
        }
    }

    /// A packet that comes after a later one can still be decoded.
    pub fn takes_late(&self) -> bool {
        !matches!(self, Decoder::Opus(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{FRAME, level_dbfs};
    use proptest::prelude::*;

    #[test]
    fn a_tone_comes_through_every_codec_at_its_pitch_and_strength() {
        for codec in Codec::ALL {
            let tone: Vec<i16> = tone(700.0, 50 * FRAME);

            let heard = through(codec, &tone, FRAME);

            assert_eq!(heard.len(), tone.len(), "{codec:?}");
            let inner = &heard[1_600..7_600];
            let louder = level_dbfs(inner) - level_dbfs(&tone);
            assert!(louder.abs() < 1.0, "{codec:?}: {louder} dB");
            let turns = inner.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
            assert!((520..=530).contains(&turns), "{codec:?}: {turns} periods in 0.75 s");
        }
    }

    #[test]
    fn packets_of_ten_to_sixty_milliseconds_are_the_same_sound() {
        for codec in Codec::ALL {
            for packet in [FRAME / 2, FRAME, 2 * FRAME, 3 * FRAME] {
                let tone = tone(440.0, 12 * FRAME);

                let heard = through(codec, &tone, packet);

                let louder = level_dbfs(&heard[800..]) - level_dbfs(&tone[800..]);
                assert_eq!(heard.len(), tone.len(), "{codec:?} {packet}");
                assert!(louder.abs() < 1.0, "{codec:?} {packet}: {louder} dB");
            }
        }
    }

    #[test]
    fn opus_tells_a_lost_packet_from_the_one_after_it() {
        let speech = speech();
        let (mut encoder, mut whole) = (Encoder::new(Codec::Opus), Decoder::new(Codec::Opus));
        let mut lossy = Decoder::new(Codec::Opus);
        let (mut heard, mut mended, mut silent) = (Vec::new(), Vec::new(), Vec::new());

        let mut lost = 0;
        for (nth, frame) in speech.chunks_exact(FRAME).enumerate() {
            let mut payload = Vec::new();
            encoder.encode(frame, &mut payload);
            whole.decode(&payload, &mut heard);
            if nth % 10 == 9 {
                lost += 1;
                silent.extend([0; FRAME]);
                continue;
            }
            lossy.recover(std::mem::take(&mut lost), &payload, &mut mended);
            let from = mended.len();
            lossy.decode(&payload, &mut mended);
            silent.extend_from_slice(&mended[from..]);
        }

        let error = |other: &[i16]| {
            let pairs = heard.iter().zip(other);
            let difference: Vec<i16> = pairs.map(|(a, b)| a.saturating_sub(*b)).collect();
            level_dbfs(&difference) - level_dbfs(&heard)
        };
        let gain = error(&silent) - error(&mended);
        assert!(gain > 4.0, "only {gain} dB better than silence");
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 1..8),
            lost in 0usize..20,
        ) {
            for codec in Codec::ALL {
                let (mut decoder, mut out) = (Decoder::new(codec), Vec::new());
                for payload in &payloads {
                    decoder.recover(lost, payload, &mut out);
                    decoder.decode(payload, &mut out);
                }
            }
        }
    }

    fn through(codec: Codec, sound: &[i16], packet: usize) -> Vec<i16> {
        let (mut encoder, mut decoder) = (Encoder::new(codec), Decoder::new(codec));
        let mut heard = Vec::new();
        for samples in sound.chunks_exact(packet) {
            let mut payload = Vec::new();
            encoder.encode(samples, &mut payload);
            decoder.decode(&payload, &mut heard);
        }
        heard
    }

    fn tone(hz: f32, samples: usize) -> Vec<i16> {
        let step = hz * std::f32::consts::TAU / RATE as f32;
        (0..samples).map(|n| (8_000.0 * (n as f32 * step).sin()) as i16).collect()
    }

    fn speech() -> Vec<i16> {
        let mut samples = Vec::new();
        Law::Mu.decode(include_bytes!("../testdata/caller-ru.ulaw"), &mut samples);
        samples
    }
}
