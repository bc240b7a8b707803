//! A finished recording made ten times smaller: Ogg with Opus, the caller left and the agent right.
//!
//! Sources: RFC 7845 (Ogg Opus), RFC 3533 (Ogg).
//!
//! **Never here:** files, names, when it is done.

use std::io::{Read, Write};
use std::time::Duration;

use hound::WavReader;
use ogg::writing::{PacketWriteEndInfo, PacketWriter};
use opus::{Application, Bitrate, Channels, Encoder};

use crate::audio::{FRAME, FRAME_TIME, RATE};

/// Two voices of telephone width, each by itself.
const BITS_PER_SECOND: i32 = 40_000;
const CHANNELS: usize = 2;
/// RFC 7845 section 4: positions are counted at 48 kHz whatever the sound's rate.
const POSITIONS_PER_FRAME: u64 = 48_000 / 50;
/// No packet of 20 ms is longer (RFC 6716 section 3.4).
const PACKET_MAX: usize = 1_275;
const FRAMES_PER_PAGE: u64 = 50;
/// One stream a file: any number does.
const SERIAL: u32 = 1;

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("the recording cannot be read: {0}")]
    Wav(#[from] hound::Error),
    #[error("{channels} channels at {rate} Hz are no recording of a call")]
    Shape { channels: u16, rate: u32 },
    #[error("the sound cannot be coded: {0}")]
    Opus(#[from] opus::Error),
    #[error("the archive cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// Writes the whole recording; says how long it is.
pub fn archive(wav: impl Read, out: impl Write) -> Result<Duration, ArchiveError> {
    let wav = WavReader::new(wav)?;
    let spec = wav.spec();
    if (usize::from(spec.channels), spec.sample_rate) != (CHANNELS, RATE) {
        return Err(ArchiveError::Shape { channels: spec.channels, rate: spec.sample_rate });
    }
    let mut coder = Encoder::new(RATE, Channels::Stereo, Application::Audio)?;
    coder.set_bitrate(Bitrate::Bits(BITS_PER_SECOND))?;
    // At the library's own rate: what it adds before the first sample is skipped by players.
    let lookahead = coder.get_lookahead()? as u64 * u64::from(48_000 / RATE);
    let mut stream = PacketWriter::new(out);
    stream.write_packet(head(lookahead), SERIAL, PacketWriteEndInfo::EndPage, 0)?;
    stream.write_packet(tags(), SERIAL, PacketWriteEndInfo::EndPage, 0)?;

    let frames = u64::from(wav.duration()).div_ceil(FRAME as u64);
    let length = u64::from(wav.duration()) * u64::from(48_000 / RATE);
    let mut samples = wav.into_samples::<i16>();
    // Enough silence at the end for the last sample to come out of the decoder.
    let last = (length + lookahead).div_ceil(POSITIONS_PER_FRAME).max(1);
    for nth in 1..=last {
        let mut frame = [0; FRAME * CHANNELS];
        if nth <= frames {
            for (to, sample) in frame.iter_mut().zip(&mut samples) {
                *to = sample?;
            }
        }
        let mut packet = vec![0; PACKET_MAX];
        let written = coder.encode(&frame, &mut packet)?;
        packet.truncate(written);
        let end = match nth {
            nth if nth == last => PacketWriteEndInfo::EndStream,
            nth if nth.is_multiple_of(FRAMES_PER_PAGE) => PacketWriteEndInfo::EndPage,
            _ => PacketWriteEndInfo::NormalPacket,
        };
        let position = (nth * POSITIONS_PER_FRAME).min(length + lookahead);
        stream.write_packet(packet, SERIAL, end, position)?;
    }
    Ok(FRAME_TIME * frames as u32)
}

/// RFC 7845 section 5.1.
fn head(lookahead: u64) -> Vec<u8> {
    let mut head = b"OpusHead".to_vec();
    head.extend([1, CHANNELS as u8]);
    head.extend((lookahead as u16).to_le_bytes());
    head.extend(RATE.to_le_bytes());
    // No gain; two channels as they are.
    head.extend([0, 0, 0]);
    head
}

/// RFC 7845 section 5.2.
fn tags() -> Vec<u8> {
    let vendor = b"gudok";
    let mut tags = b"OpusTags".to_vec();
    tags.extend((vendor.len() as u32).to_le_bytes());
    tags.extend(vendor);
    tags.extend(0_u32.to_le_bytes());
    tags
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::recorder::Recording;

    /// Two seconds: a tone on the left in the first, on the right in the second.
    fn recording() -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut recording = Recording::new(&mut file).unwrap();
        let tone = std::array::from_fn(|nth| (8_000.0 * (nth as f32 * 0.3).sin()) as i16);
        for nth in 0..100 {
            let silent = [0; FRAME];
            let (left, right) = if nth < 50 { (&tone, &silent) } else { (&silent, &tone) };
            recording.push(left, right).unwrap();
        }
        recording.finish().unwrap();
        file.into_inner()
    }

    #[test]
    fn an_archive_is_small_whole_and_keeps_the_sides_apart() {
        let wav = recording();
        let mut out = Vec::new();

        let length = archive(&wav[..], &mut out).unwrap();

        assert_eq!(length, Duration::from_secs(2));
        assert!(out.len() * 4 < wav.len(), "{} of {}", out.len(), wav.len());
        let mut pages = ogg::PacketReader::new(Cursor::new(&out));
        let mut decoder = opus::Decoder::new(RATE, Channels::Stereo).unwrap();
        let mut sides = Vec::new();
        let mut end = 0;
        for nth in 0.. {
            let Some(packet) = pages.read_packet().unwrap() else { break };
            end = packet.absgp_page();
            if nth >= 2 {
                let mut samples = vec![0_i16; FRAME * CHANNELS];
                decoder.decode(&packet.data, &mut samples, false).unwrap();
                sides.extend(samples);
            }
        }
        let skip = u16::from_le_bytes([out[28 + 10], out[28 + 11]]);
        assert_eq!(end, 96_000 + u64::from(skip), "two seconds and what is skipped");
        let energy = |from: usize, side: usize| {
            let samples = sides[from * CHANNELS..][..RATE as usize / 2 * CHANNELS].chunks(CHANNELS);
            samples.map(|pair| f64::from(pair[side]).powi(2)).sum::<f64>()
        };
        let quarter = RATE as usize / 4;
        assert!(energy(quarter, 0) > 1_000.0 * energy(quarter, 1), "left only");
        let later = quarter + RATE as usize;
        assert!(energy(later, 1) > 1_000.0 * energy(later, 0), "right only");
    }

    #[test]
    fn what_is_no_recording_is_refused_by_name() {
        assert!(matches!(archive(&b"RIFF"[..], Vec::new()), Err(ArchiveError::Wav(_))));
    }
}
