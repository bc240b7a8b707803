//! Sound as services send it, piece by piece, brought to 8 kHz.
//!
//! **Never here:** where the pieces come from.

use super::super::SpeechError;
use super::broken;
use crate::codec::g711::Law;
use crate::resample::Resampler;

/// A WAV header is not longer than this, even with remarks in it.
const HEAD_MAX: usize = 4_096;
const PCM: u16 = 1;

/// How a service's sound is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A WAV file of any rate, one channel, 16 bits; its announced length is not believed.
    Wav,
    /// 16-bit samples of this rate, least significant byte first.
    Linear(u32),
    /// µ-law of 8 kHz.
    Mulaw,
}

/// One stream of it.
pub struct Sound {
    engine: &'static str,
    form: Form,
    /// Half a sample, or a head that is not whole yet.
    rest: Vec<u8>,
}

enum Form {
    Head,
    Linear(Resampler),
    Mulaw,
}

impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sound").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Sound {
    pub fn new(engine: &'static str, format: Format) -> Result<Self, SpeechError> {
        let form = match format {
            Format::Wav => Form::Head,
            Format::Linear(rate) => Form::Linear(resampler(engine, rate)?),
            Format::Mulaw => Form::Mulaw,
        };
        Ok(Sound { engine, form, rest: Vec::new() })
    }

    /// What these bytes add, at 8 kHz.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<i16>, SpeechError> {
        let mut out = Vec::new();
        self.rest.extend_from_slice(bytes);
        if let Form::Head = self.form {
            let Some((rate, length)) = head(self.engine, &self.rest)? else {
                return Ok(out);
            };
            self.rest.drain(..length);
            self.form = Form::Linear(resampler(self.engine, rate)?);
        }
        match &mut self.form {
            Form::Head => {}
            Form::Mulaw => Law::Mu.decode(&std::mem::take(&mut self.rest), &mut out),
            Form::Linear(resampler) => {
                let whole = self.rest.len() / 2 * 2;
                let pairs = self.rest.drain(..whole).collect::<Vec<u8>>();
                let samples: Vec<i16> = pairs
                    .chunks_exact(2)
                    .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
                    .collect();
                resampler.push(&samples, &mut out);
            }
        }
        Ok(out)
    }

    /// The rest of it.
    pub fn finish(mut self) -> Vec<i16> {
        let mut out = Vec::new();
        if let Form::Linear(resampler) = &mut self.form {
            resampler.finish(&mut out);
        }
        out
    }
}

fn resampler(engine: &'static str, rate: u32) -> Result<Resampler, SpeechError> {
    Resampler::new(rate).map_err(|error| broken(engine, error))
}

/// Rate, and where the samples begin; `None` while that has not come.
fn head(engine: &'static str, bytes: &[u8]) -> Result<Option<(u32, usize)>, SpeechError> {
    if bytes.len() >= 12 && (&bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE") {
        return Err(broken(engine, "no WAV"));
    }
    let (mut at, mut rate) = (12, None);
    while let Some(chunk) = bytes.get(at..at + 8) {
        let length = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]) as usize;
        match &chunk[..4] {
            b"data" => {
                let rate = rate.ok_or_else(|| broken(engine, "a WAV without a format"))?;
                return Ok(Some((rate, at + 8)));
            }
            b"fmt " => {
                let Some(format) = bytes.get(at + 8..at + 24) else {
                    return Ok(None);
                };
                let two = |nth: usize| u16::from_le_bytes([format[nth], format[nth + 1]]);
                if (two(0), two(2), two(14)) != (PCM, 1, 16) {
                    return Err(broken(engine, "a WAV that is not 16 bits in one channel"));
                }
                let four = [format[4], format[5], format[6], format[7]];
                rate = Some(u32::from_le_bytes(four));
            }
            _ => {}
        }
        at = at.saturating_add(8).saturating_add(length);
        if at > HEAD_MAX {
            return Err(broken(engine, "a WAV whose head does not end"));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(rate: u32, samples: &[i16]) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    fn through(format: Format, bytes: &[u8], at_once: usize) -> Vec<i16> {
        let mut sound = Sound::new("test", format).unwrap();
        let mut out = Vec::new();
        for piece in bytes.chunks(at_once) {
            out.extend(sound.push(piece).unwrap());
        }
        out.extend(sound.finish());
        out
    }

    #[test]
    fn every_form_comes_out_the_same_whatever_pieces_it_arrives_in() {
        let samples: Vec<i16> = (0..2_205).map(|n| ((n % 50) * 100) as i16).collect();
        let linear: Vec<u8> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
        for (format, bytes, expected) in [
            (Format::Wav, wav(22_050, &samples), 800),
            (Format::Wav, wav(8_000, &samples), 2_205),
            (Format::Linear(24_000), linear, 735),
            (Format::Mulaw, vec![0x80; 160], 160),
        ] {
            let whole = through(format, &bytes, usize::MAX);
            assert_eq!(whole.len(), expected, "{format:?}");
            for at_once in [1, 7, 44, 333] {
                assert_eq!(through(format, &bytes, at_once), whole, "{format:?} by {at_once}");
            }
        }
    }

    #[test]
    fn what_is_no_such_sound_is_named() {
        let push = |bytes: &[u8]| Sound::new("test", Format::Wav).unwrap().push(bytes);
        let html = push(b"<html>no such voice</html>").unwrap_err().to_string();
        assert_eq!(html, "test: no WAV");
        let mut stereo = wav(8_000, &[1, 2]);
        stereo[22] = 2;
        assert!(push(&stereo).is_err());
        let mut endless = b"RIFF\xff\xff\xff\xffWAVELIST\xff\xff\xff\x7f".to_vec();
        endless.extend([0; 64]);
        assert!(push(&endless).is_err());
        assert_eq!(push(b"RIF").unwrap(), Vec::<i16>::new());
    }
}
