//! Sound of any common rate, brought to the telephone's 8 kHz as it streams by.
//!
//! **Never here:** files, formats, level control.

use std::fmt;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use crate::audio::RATE;

/// 11.025 kHz to 48 kHz is what synthesisers and files use.
const RATES: std::ops::RangeInclusive<u32> = RATE..=96_000;
/// The filter works on about this many output samples at a time: 32 ms, of which half is delay.
const CHUNK: usize = 256;
const FULL_SCALE: f32 = 32_768.0;

#[derive(Debug, thiserror::Error)]
pub enum ResampleError {
    #[error("a sample rate of {0} Hz is outside 8000 to 96000")]
    Rate(u32),
    #[error("no filter brings {from_hz} Hz to 8000: {cause}")]
    Filter { from_hz: u32, cause: rubato::ResamplerConstructionError },
}

/// One stream of sound on its way to 8 kHz.
pub struct Resampler {
    from_hz: u32,
    filter: Option<Filter>,
}

struct Filter {
    fft: Fft<f32>,
    waiting: Vec<f32>,
    done: Vec<f32>,
    /// Output samples that only hold the filter's delay.
    delay_left: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// 8 kHz passes through untouched.
    pub fn new(from_hz: u32) -> Result<Resampler, ResampleError> {
        if !RATES.contains(&from_hz) {
            return Err(ResampleError::Rate(from_hz));
        }
        let filter = (from_hz != RATE).then(|| Filter::new(from_hz)).transpose()?;
        Ok(Resampler { from_hz, filter })
    }

    /// Appends to `out` what can be said about the sound so far: up to 32 ms less than was pushed.
    pub fn push(&mut self, samples: &[i16], out: &mut Vec<i16>) {
        match &mut self.filter {
            None => out.extend_from_slice(samples),
            Some(filter) => filter.push(samples, self.from_hz, out),
        }
    }

    /// Appends the rest: over all, exactly as much time as was pushed. Then a new stream begins.
    pub fn finish(&mut self, out: &mut Vec<i16>) {
        if let Some(filter) = &mut self.filter {
            filter.finish(self.from_hz, out);
        }
    }
}

impl fmt::Debug for Resampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resampler").field("from_hz", &self.from_hz).finish_non_exhaustive()
    }
}

impl Filter {
    fn new(from_hz: u32) -> Result<Filter, ResampleError> {
        let chunk = CHUNK * from_hz as usize / RATE as usize;
        let fft = Fft::new_custom(
            from_hz as usize,
            RATE as usize,
            chunk,
            1,
            1,
            rubato::WindowFunction::BlackmanHarris2,
            FixedSync::Both,
        )
        .map_err(|cause| ResampleError::Filter { from_hz, cause })?;

        let (room_in, room_out) = (fft.input_frames_max(), fft.output_frames_max());
        let delay_left = fft.output_delay();
        Ok(Filter {
            fft,
            waiting: Vec::with_capacity(room_in),
            done: vec![0.0; room_out],
            delay_left,
            taken: 0,
            given: 0,
        })
    }

    fn push(&mut self, samples: &[i16], from_hz: u32, out: &mut Vec<i16>) {
        self.taken += samples.len() as u64;
        let mut rest = samples;
        while !rest.is_empty() {
            let room = self.fft.input_frames_next() - self.waiting.len();
            let (now, later) = rest.split_at(rest.len().min(room));
            self.waiting.extend(now.iter().map(|&sample| f32::from(sample)));
            rest = later;
            if self.waiting.len() == self.fft.input_frames_next() {
                self.turn_chunk(self.due(from_hz), out);
            }
        }
    }

    fn finish(&mut self, from_hz: u32, out: &mut Vec<i16>) {
        let due = self.due(from_hz);
        while self.given < due {
            self.waiting.resize(self.fft.input_frames_next(), 0.0);
            self.turn_chunk(due, out);
        }

        self.fft.reset();
        self.waiting.clear();
        self.delay_left = self.fft.output_delay();
        (self.taken, self.given) = (0, 0);
    }

    /// How many samples the sound pushed so far makes at 8 kHz.
    fn due(&self, from_hz: u32) -> u64 {
        (self.taken * u64::from(RATE)).div_ceil(u64::from(from_hz))
    }

    fn turn_chunk(&mut self, due: u64, out: &mut Vec<i16>) {
        let (taken, made) = (self.waiting.len(), self.done.len());
        let from = InterleavedSlice::new(&self.waiting, 1, taken).expect("one channel fits");
        let mut to = InterleavedSlice::new_mut(&mut self.done, 1, made).expect("one channel fits");
        let (_, made) =
            self.fft.process_into_buffer(&from, &mut to, None).expect("a whole chunk is given");
        self.waiting.clear();

        let late = self.delay_left.min(made);
        self.delay_left -= late;
        let wanted = (made - late).min((due - self.given) as usize);
        self.given += wanted as u64;
        out.extend(self.done[late..late + wanted].iter().map(|&sample| sample_of(sample)));
    }
}

fn sample_of(sample: f32) -> i16 {
    sample.round().clamp(-FULL_SCALE, FULL_SCALE - 1.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a shift by half a sample does to 1 kHz, in decibels.
    const HALF_A_SAMPLE: f32 = -8.0;
    const COMMON: [u32; 7] = [8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000];

    #[test]
    fn a_tone_keeps_its_pitch_its_strength_and_its_place() {
        for from_hz in COMMON {
            let heard = resampled(from_hz, &tone(from_hz, 1_000.0, 1), &[1_000]);

            let expected = tone(RATE, 1_000.0, 1);
            assert_eq!(heard.len(), RATE as usize, "{from_hz} Hz");
            let inner = 400..7_600;
            let loudness = level(&heard[inner.clone()]) - level(&expected[inner.clone()]);
            assert!(loudness.abs() < 0.5, "{from_hz} Hz: {loudness} dB");
            let difference: Vec<i16> =
                inner.map(|n| heard[n].saturating_sub(expected[n])).collect();
            let error = level(&difference) - level(&expected);
            assert!(error < HALF_A_SAMPLE, "{from_hz} Hz: {error} dB");
        }
    }

    #[test]
    fn what_a_telephone_cannot_carry_is_filtered_out() {
        for from_hz in [16_000, 22_050, 48_000] {
            let heard = resampled(from_hz, &tone(from_hz, 5_000.0, 1), &[777]);

            assert!(level(&heard[400..7_600]) < -60.0, "{from_hz} Hz");
        }
    }

    #[test]
    fn eight_kilohertz_pass_through_untouched() {
        let sound = tone(8_000, 3_000.0, 1);

        assert_eq!(resampled(8_000, &sound, &[13]), sound);
    }

    #[test]
    fn a_stream_after_finish_starts_afresh() {
        let sound = tone(22_050, 700.0, 1);
        let mut resampler = Resampler::new(22_050).unwrap();
        let (mut first, mut second) = (Vec::new(), Vec::new());

        for out in [&mut first, &mut second] {
            resampler.push(&sound, out);
            resampler.finish(out);
        }

        assert_eq!(first, second);
    }

    #[test]
    fn impossible_rates_are_refused() {
        assert!(matches!(Resampler::new(0), Err(ResampleError::Rate(0))));
        assert!(matches!(Resampler::new(7_999), Err(ResampleError::Rate(7_999))));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn the_size_of_the_pieces_does_not_matter(
            rate in 0..COMMON.len(),
            sizes in proptest::collection::vec(1usize..3_000, 1..20),
            len in 0usize..20_000,
        ) {
            let from_hz = COMMON[rate];
            let sound = tone(from_hz, 440.0, 3);
            let sound = &sound[..len.min(sound.len())];

            let pieces = resampled(from_hz, sound, &sizes);
            let whole = resampled(from_hz, sound, &[usize::MAX]);

            prop_assert_eq!(pieces.len(), (sound.len() * 8_000).div_ceil(from_hz as usize));
            prop_assert_eq!(pieces, whole);
        }
    }

    fn resampled(from_hz: u32, sound: &[i16], sizes: &[usize]) -> Vec<i16> {
        let mut resampler = Resampler::new(from_hz).unwrap();
        let (mut out, mut rest) = (Vec::new(), sound);
        for &size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, later) = rest.split_at(size.min(rest.len()));
            resampler.push(piece, &mut out);
            rest = later;
        }
        resampler.finish(&mut out);
        out
    }

    fn tone(rate: u32, hz: f64, seconds: u32) -> Vec<i16> {
        let step = hz * std::f64::consts::TAU / f64::from(rate);
        (0..rate * seconds).map(|n| (10_000.0 * (f64::from(n) * step).sin()) as i16).collect()
    }

    fn level(samples: &[i16]) -> f32 {
        crate::audio::level_dbfs(samples)
    }
}
