//! What somebody has spoken into a messenger, as sound of the house: Ogg with Opus (RFC 7845), as messengers
//! record it, or WAV.
//!
//! **Never here:** where it comes from, what is heard in it.

use std::io::Cursor;
use std::time::Duration;

use hound::{SampleFormat, WavReader};
use ogg::PacketReader;
use opus::{Channels, Decoder};

use crate::audio::{FRAME, Frame, RATE};
use crate::resample::{ResampleError, Resampler};

/// Nobody tells a longer story to a machine.
pub const LONGEST: Duration = Duration::from_secs(180);
/// Opus decodes at 8 kHz; its positions are counted at 48 kHz.
const PER_SAMPLE: usize = 48_000 / RATE as usize;
/// No packet is longer (RFC 6716 section 2.1.4).
const PACKET_SAMPLES_MAX: usize = RATE as usize * 120 / 1_000;

#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    #[error("neither Ogg with Opus nor WAV of 16 bits")]
    Unknown,
    #[error("the stream is broken: {0}")]
    Ogg(#[from] ogg::OggReadError),
    #[error("the sound cannot be decoded: {0}")]
    Opus(#[from] opus::Error),
    #[error("the sound cannot be read: {0}")]
    Wav(#[from] hound::Error),
    #[error(transparent)]
    Rate(#[from] ResampleError),
    #[error("longer than {} s", LONGEST.as_secs())]
    TooLong,
}

/// Frames of the house, the last one filled up with silence.
pub fn frames(bytes: &[u8]) -> Result<Vec<Frame>, NoteError> {
    let samples = match bytes {
        [b'O', b'g', b'g', b'S', ..] => opus(bytes)?,
        [b'R', b'I', b'F', b'F', ..] => wav(bytes)?,
        _ => return Err(NoteError::Unknown),
    };
    let frame = |part: &[i16]| {
        let mut frame = [0; FRAME];
        frame[..part.len()].copy_from_slice(part);
        frame
    };
    Ok(samples.chunks(FRAME).map(frame).collect())
}

fn opus(bytes: &[u8]) -> Result<Vec<i16>, NoteError> {
    let mut packets = PacketReader::new(Cursor::new(bytes));
    let head = packets.read_packet()?.ok_or(NoteError::Unknown)?;
    if !head.data.starts_with(b"OpusHead") || head.data.len() < 12 {
        return Err(NoteError::Unknown);
    }
    let skip = usize::from(u16::from_le_bytes([head.data[10], head.data[11]])) / PER_SAMPLE;
    // Two channels are mixed by the decoder itself.
    let mut decoder = Decoder::new(RATE, Channels::Mono)?;
    let mut samples = Vec::new();
    packets.read_packet()?;
    while let Some(packet) = packets.read_packet()? {
        let mut sound = [0; PACKET_SAMPLES_MAX];
        let length = decoder.decode(&packet.data, &mut sound, false)?;
        samples.extend_from_slice(&sound[..length]);
        check(samples.len(), RATE)?;
    }
    Ok(samples.split_off(skip.min(samples.len())))
}

fn wav(bytes: &[u8]) -> Result<Vec<i16>, NoteError> {
    let wav = WavReader::new(Cursor::new(bytes))?;
    let spec = wav.spec();
    if spec.bits_per_sample != 16 || spec.sample_format != SampleFormat::Int || spec.channels == 0 {
        return Err(NoteError::Unknown);
    }
    check(wav.duration() as usize, spec.sample_rate)?;
    let channels = usize::from(spec.channels);
    let samples: Vec<i16> = wav.into_samples::<i16>().collect::<Result<_, _>>()?;
    let mono = samples.chunks(channels).map(|it| {
        let sum: i32 = it.iter().map(|sample| i32::from(*sample)).sum();
        (sum / channels as i32) as i16
    });
    let mono: Vec<i16> = mono.collect();
    let mut resampler = Resampler::new(spec.sample_rate)?;
    let mut sound = Vec::new();
    resampler.push(&mono, &mut sound);
    resampler.finish(&mut sound);
    Ok(sound)
}

fn check(samples: usize, rate: u32) -> Result<(), NoteError> {
    let most = LONGEST.as_secs() as usize * rate as usize;
    if samples > most { Err(NoteError::TooLong) } else { Ok(()) }
}
