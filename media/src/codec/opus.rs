//! Opus by libopus, coded at our own 8 kHz (RFC 6716, RFC 7587).

use std::fmt;

use opus::{Application, Bitrate, Channels, Signal};

use crate::audio::RATE;

/// Clear speech of telephone width, with room for the repeated packet.
const BITS_PER_SECOND: i32 = 20_000;
/// 0 to 10; above 5 nothing is heard of it at this width, and it costs twice as much.
const COMPLEXITY: i32 = 5;
/// The share of packets the coder should be ready to lose; decides how much it repeats.
const LOSS_EXPECTED_PERCENT: i32 = 10;
/// RFC 7587 section 4.2: no packet is longer than 120 ms.
const LONGEST: usize = RATE as usize * 120 / 1_000;
/// No payload at this rate is longer.
const PAYLOAD_MAX: usize = 512;
/// More packets than this in a row are a hole nobody can fill.
const RECOVERED_MAX: usize = 5;

pub struct Encoder {
    coder: opus::Encoder,
}

pub struct Decoder {
    coder: opus::Decoder,
    /// Samples in the last packet.
    packet: usize,
}

impl Encoder {
    pub(super) fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        let from = out.len();
        out.resize(from + PAYLOAD_MAX, 0);
        let written = self.coder.encode(samples, &mut out[from..]);
        if let Err(error) = &written {
            tracing::debug!(%error, samples = samples.len(), "sound not coded");
        }
        out.truncate(from + written.unwrap_or_default());
    }

    fn open() -> opus::Result<Encoder> {
        let mut coder = opus::Encoder::new(RATE, Channels::Mono, Application::Voip)?;
        coder.set_bitrate(Bitrate::Bits(BITS_PER_SECOND))?;
        coder.set_complexity(COMPLEXITY)?;
        coder.set_signal(Signal::Voice)?;
        coder.set_inband_fec(true)?;
        coder.set_packet_loss_perc(LOSS_EXPECTED_PERCENT)?;
        Ok(Encoder { coder })
    }
}

impl Decoder {
    pub(super) fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        if payload.is_empty() {
            return;
        }
        let made = self.add(payload, LONGEST, false, out);
        if made > 0 {
            self.packet = made;
        }
    }

    /// The last of the lost is repeated in `payload`; those before it are guessed.
    pub(super) fn recover(&mut self, lost: usize, payload: &[u8], out: &mut Vec<i16>) {
        if lost == 0 || lost > RECOVERED_MAX || self.packet == 0 || payload.is_empty() {
            return;
        }
        for _ in 1..lost {
            self.add(&[], self.packet, false, out);
        }
        self.add(payload, self.packet, true, out);
    }

    fn add(&mut self, payload: &[u8], room: usize, repeated: bool, out: &mut Vec<i16>) -> usize {
        let from = out.len();
        out.resize(from + room, 0);
        let made = self.coder.decode(payload, &mut out[from..], repeated).unwrap_or_default();
        out.truncate(from + made);
        made
    }
}

impl Default for Encoder {
    fn default() -> Encoder {
        Encoder::open().expect("libopus codes 8 kHz mono")
    }
}

impl Default for Decoder {
    fn default() -> Decoder {
        let coder =
            opus::Decoder::new(RATE, Channels::Mono).expect("libopus decodes to 8 kHz mono");
        Decoder { coder, packet: 0 }
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("packet", &self.packet).finish_non_exhaustive()
    }
}
