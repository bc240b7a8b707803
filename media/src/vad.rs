//! Does the caller's voice sound in this frame?
//!
//! Three judges: the WebRTC detector knows speech from silence; a noise floor that follows the
//! line keeps a fan or a street from counting; a tone (dialling, ringing, a fax) is no voice.
//!
//! **Never here:** turns, pauses, time.

use crate::audio::{Frame, level_dbfs};
use crate::tone::purity_db;
use crate::vad_ffi::Detector;

/// Nothing below this is voice.
const FAINTEST_VOICE_DBFS: f32 = -52.0;
/// Voice stands out from the noise of the line by this much.
const VOICE_ABOVE_NOISE_DB: f32 = 6.0;

/// Silence suppression, or a muted microphone: even the quietest room is louder.
const DEAD_LINE_DBFS: f32 = -70.0;
/// Frames, 200 ms: its own afterthought about speech is over by then.
const DETECTOR_SETTLES_IN: usize = 10;
/// One voiced frame in a thousand is purer than 25 dB (real speech) or 29 dB (synthesised), over
/// half an hour; dialling and ringing tones, coded by G.711, are purer than 27.
const TONE_PURITY_DB: f32 = 27.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Voicing {
    pub voiced: bool,
    /// Dialling, ringing, a fax: nothing for a recogniser.
    pub tone: bool,
    /// Root mean square against full scale; −96 is silence.
    pub level_dbfs: f32,
}

/// Listens to one caller, frame after frame.
#[derive(Debug)]
pub struct Vad {
    detector: Detector,
    noise: NoiseFloor,
    /// The frame in which a tone ends is no longer pure.
    after_tone: bool,
    dead_frames: usize,
}

impl Vad {
    pub fn new() -> Vad {
        Vad {
            detector: Detector::new(),
            noise: NoiseFloor::new(),
            after_tone: false,
            dead_frames: 0,
        }
    }

    pub fn hear(&mut self, frame: &Frame) -> Voicing {
        let level_dbfs = level_dbfs(frame);
        let noise = self.noise.follow(level_dbfs);
        let speech = self.speaks(frame, level_dbfs);
        let stands_out = level_dbfs >= FAINTEST_VOICE_DBFS.max(noise + VOICE_ABOVE_NOISE_DB);
        let tone = stands_out && purity_db(frame) >= TONE_PURITY_DB;
        let ends_tone = std::mem::replace(&mut self.after_tone, tone);
        let tone = tone || ends_tone;
        Voicing { voiced: speech && stands_out && !tone, tone, level_dbfs }
    }

    /// A dead line needs no detector once the detector has heard that it is dead.
    fn speaks(&mut self, frame: &Frame, level_dbfs: f32) -> bool {
        self.dead_frames = if level_dbfs < DEAD_LINE_DBFS { self.dead_frames + 1 } else { 0 };
        self.dead_frames <= DETECTOR_SETTLES_IN && self.detector.is_speech(frame)
    }
}

impl Default for Vad {
    fn default() -> Vad {
        Vad::new()
    }
}

/// The quietest frame of the last two seconds: speech pauses between syllables, noise does not.
#[derive(Debug, Clone, Copy)]
struct NoiseFloor {
    quietest: [f32; NoiseFloor::SPANS],
    frames: usize,
}

impl NoiseFloor {
    const SPANS: usize = 4;
    /// Half a second.
    const SPAN: usize = 25;

    fn new() -> NoiseFloor {
        NoiseFloor { quietest: [f32::INFINITY; NoiseFloor::SPANS], frames: 0 }
    }

    fn follow(&mut self, level_dbfs: f32) -> f32 {
        let span = self.frames / NoiseFloor::SPAN % NoiseFloor::SPANS;
        if self.frames.is_multiple_of(NoiseFloor::SPAN) {
            self.quietest[span] = level_dbfs;
        }
        self.quietest[span] = self.quietest[span].min(level_dbfs);
        self.frames += 1;
        self.quietest.iter().copied().fold(f32::INFINITY, f32::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{FRAME, SILENCE};
    use crate::codec::g711::Law;

    const RUSSIAN: &[u8] = include_bytes!("../testdata/caller-ru.ulaw");
    const ENGLISH: &[u8] = include_bytes!("../testdata/caller-en.ulaw");

    #[test]
    fn speech_is_heard_soon_and_its_end_too() {
        for speech in [RUSSIAN, ENGLISH] {
            let speech = decoded(speech);
            let first_sound = speech.iter().position(|frame| level_dbfs(frame) > -40.0).unwrap();
            let call: Vec<Frame> = [vec![SILENCE; 50], speech.clone(), vec![SILENCE; 50]].concat();

            let voiced = listen(&call);

            let onset = voiced.iter().position(|&voiced| voiced).unwrap();
            let share = count(&voiced) as f32 / speech.len() as f32;
            assert!(onset <= 50 + first_sound + 8, "onset {onset}, sound from {first_sound}");
            assert!(share > 0.5, "voiced {share}");
            assert_eq!(count(&voiced[50 + speech.len() + 10..]), 0);
        }
    }

    #[test]
    fn silence_and_the_hiss_of_a_line_are_no_voice() {
        assert_eq!(count(&listen(&[SILENCE; 500])), 0);
        assert_eq!(count(&listen(&noise(500, 60.0))), 0);
    }

    #[test]
    fn loud_steady_noise_is_no_voice_after_a_moment() {
        for strength in [300.0, 1_000.0, 4_000.0] {
            let call: Vec<Frame> = [vec![SILENCE; 50], noise(500, strength)].concat();

            let voiced = listen(&call);

            assert!(count(&voiced[..150]) <= 105);
            assert_eq!(count(&voiced[155..]), 0, "strength {strength}");
        }
    }

    #[test]
    fn speech_stands_out_from_a_noisy_street() {
        let speech = decoded(RUSSIAN);
        let street = noise(speech.len() + 150, 400.0);
        let mut call = street.clone();
        for (frame, spoken) in call[150..].iter_mut().zip(&speech) {
            frame.iter_mut().zip(spoken).for_each(|(noise, voice)| *noise += voice);
        }

        let clean = count(&listen(&speech));
        let noisy = listen(&call);

        assert!(count(&noisy[150..]) * 10 >= clean * 6, "{} of {clean}", count(&noisy[150..]));
        assert!(count(&noisy[..150]) <= 10);
    }

    #[test]
    fn keys_and_ringing_are_no_voice() {
        for tones in [[697.0, 1_209.0], [770.0, 1_477.0], [941.0, 1_633.0], [425.0, 425.0]] {
            for strength in [1_000.0, 4_000.0, 14_000.0] {
                let tone = tone(tones, strength);
                let call = [vec![SILENCE; 30], tone, vec![SILENCE; 30]].concat();

                let voiced = listen(&call);

                assert!(count(&voiced) <= 1, "{tones:?} at {strength}: {}", count(&voiced));
            }
        }
    }

    #[test]
    fn the_level_is_told() {
        let loud = Vad::new().hear(&[16_384; FRAME]);

        assert!((loud.level_dbfs + 6.0).abs() < 0.1);
    }

    fn listen(call: &[Frame]) -> Vec<bool> {
        let mut vad = Vad::new();
        call.iter().map(|frame| vad.hear(frame).voiced).collect()
    }

    fn count(voiced: &[bool]) -> usize {
        voiced.iter().filter(|&&voiced| voiced).count()
    }

    fn decoded(payload: &[u8]) -> Vec<Frame> {
        let mut samples = Vec::new();
        Law::Mu.decode(payload, &mut samples);
        frames(&samples)
    }

    fn frames(samples: &[i16]) -> Vec<Frame> {
        samples.as_chunks().0.to_vec()
    }

    fn noise(count: usize, strength: f32) -> Vec<Frame> {
        let mut state = 1_u32;
        let samples: Vec<i16> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (strength * (f32::from((state >> 16) as u16 as i16) / 32_768.0) * 1.7) as i16
        })
        .take(count * FRAME)
        .collect();
        frames(&samples)
    }

    /// Half a second, starting and ending anywhere in a frame, as it comes off the line.
    fn tone(hz: [f32; 2], strength: f32) -> Vec<Frame> {
        let sine = |n: usize, hz: f32| (n as f32 * hz * std::f32::consts::TAU / 8_000.0).sin();
        let samples: Vec<i16> = (0..25 * FRAME)
            .map(|n| match (50..25 * FRAME - 70).contains(&n) {
                true => (strength * 0.5 * (sine(n, hz[0]) + sine(n, hz[1]))) as i16,
                false => 0,
            })
            .collect();
        let (mut coded, mut heard) = (Vec::new(), Vec::new());
        Law::A.encode(&samples, &mut coded);
        Law::A.decode(&coded, &mut heard);
        frames(&heard)
    }
}
