//! How well the engines do: word error rate, confidence, latency. Sentences in, a table out.
//!
//! **Never here:** the clock and sleeping; the caller brings both.

use std::fmt;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::{
    Events, Expect, Go, Heard, Line, Recogniser, SpeechError, Spoken, Synthesiser, Voice, Words,
    language_model,
};
use crate::audio::{FRAME, FRAME_TIME, Frame, SILENCE};
use crate::codec::g711::Law;
use crate::denoise::Denoiser;
use crate::turn::TurnId;

/// A recogniser or synthesiser silent for so long will never answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Silence around a sentence: 300 ms, as a floor leaves it.
const PAUSE_FRAMES: usize = 15;

/// Words wrong against words said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    pub words: usize,
    /// Replaced, missing or invented.
    pub wrong: usize,
    pub sentences: usize,
    pub exact: usize,
}

impl Rate {
    pub fn percent(&self) -> f32 {
        100.0 * self.wrong as f32 / self.words.max(1) as f32
    }
}

/// Sentence by sentence, spelling and punctuation ignored; a sentence not heard is empty.
pub fn word_error_rate(said: &[&str], heard: &[&str]) -> Rate {
    let mut rate = Rate::default();
    for (said, heard) in said.iter().zip(heard.iter().chain(std::iter::repeat(&""))) {
        let (said, heard) = (language_model::words(said), language_model::words(heard));
        let wrong = differences(&said, &heard);
        rate.words += said.len();
        rate.wrong += wrong;
        rate.sentences += 1;
        rate.exact += usize::from(wrong == 0);
    }
    rate
}

/// Levenshtein's distance over words.
fn differences(said: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, a) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in heard.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[heard.len()]
}

/// A sentence somebody says.
#[derive(Debug, Clone)]
pub struct Sample {
    pub text: String,
    pub expect: Expect,
    /// As it leaves the telephone; [`telephone`] makes it so.
    pub sound: Vec<Frame>,
}

impl Sample {
    /// Spoken by that voice into a telephone.
    pub fn of(
        synthesiser: &dyn Synthesiser,
        voice: &Voice,
        text: &str,
        expect: Expect,
    ) -> Result<Sample, SpeechError> {
        let sound = telephone(&sound_of(synthesiser, text, voice)?);
        Ok(Sample { text: text.into(), expect, sound })
    }
}

impl Sample {
    /// The same as it comes out of the denoiser.
    pub fn denoised(&self) -> Sample {
        let mut denoiser = Denoiser::default();
        let sound = self.sound.iter().map(|frame| denoiser.clean(frame)).collect();
        Sample { sound, ..self.clone() }
    }

    /// The same over steady noise so many decibels below the voice, telephone and all.
    pub fn in_noise(&self, below_db: f32) -> Sample {
        let samples = self.sound.as_flattened();
        let loud: Vec<f32> =
            samples.iter().map(|it| f32::from(*it)).filter(|it| it.abs() > AUDIBLE).collect();
        let voice = root_mean_square(&loud);
        let noise: Vec<f32> = Pink::new(NOISE_SEED).take(samples.len()).collect();
        let gain =
            voice * 10_f32.powf(-below_db / 20.0) / root_mean_square(&noise).max(f32::EPSILON);
        let mixed: Vec<i16> = samples
            .iter()
            .zip(&noise)
            .map(|(it, noise)| (f32::from(*it) + gain * noise) as i16)
            .collect();
        let sound = mixed.as_chunks().0.iter().map(over_the_wire).collect();
        Sample { sound, ..self.clone() }
    }
}

/// A voice's samples are louder than its pauses'.
const AUDIBLE: f32 = 200.0;
const NOISE_SEED: u64 = 0x9e37_79b9_7f4a_7c15;

fn root_mean_square(samples: &[f32]) -> f32 {
    let sum: f32 = samples.iter().map(|it| it * it).sum();
    (sum / samples.len().max(1) as f32).sqrt()
}

/// Noise that falls by about 3 dB an octave, as streets and fans have it: white noise through three slow
/// filters. The same for the same seed.
struct Pink {
    seed: u64,
    slow: [f32; 3],
}

impl Pink {
    fn new(seed: u64) -> Self {
        Pink { seed, slow: [0.0; 3] }
    }
}

impl Iterator for Pink {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        let white = (self.seed >> 40) as f32 / (1_u32 << 23) as f32 - 1.0;
        for (slow, keeps) in self.slow.iter_mut().zip([0.99, 0.95, 0.6]) {
            *slow = keeps * *slow + (1.0 - keeps) * white;
        }
        Some(
            self.slow.iter().zip([12.0, 5.0, 1.5]).map(|(slow, gain)| gain * slow).sum::<f32>()
                + 0.2 * white,
        )
    }
}

/// One line's whole sound; waits for it.
pub fn sound_of(
    synthesiser: &dyn Synthesiser,
    text: &str,
    voice: &Voice,
) -> Result<Vec<i16>, SpeechError> {
    let (say, said) = mpsc::channel();
    let line = Line { turn: TurnId::first(), text: text.into(), voice: voice.clone() };
    synthesiser.speak(line, Box::new(move |spoken| say.send(spoken).map_or(Go::Stop, |()| Go::On)));

    let mut sound = Vec::new();
    loop {
        match said.recv_timeout(PATIENCE).map_err(|_| SpeechError::Gone)? {
            Spoken::Samples(samples) => sound.extend_from_slice(&samples),
            Spoken::Done => return Ok(sound),
            Spoken::Failed(error) => return Err(error),
        }
    }
}

/// What arrives at the far end: silence around, µ-law there and back.
pub fn telephone(sound: &[i16]) -> Vec<Frame> {
    let spoken = sound.chunks(FRAME).map(|samples| {
        let mut frame = SILENCE;
        frame[..samples.len()].copy_from_slice(samples);
        frame
    });
    let pause = || std::iter::repeat_n(SILENCE, PAUSE_FRAMES);
    pause().chain(spoken).chain(pause()).map(|frame| over_the_wire(&frame)).collect()
}

fn over_the_wire(frame: &Frame) -> Frame {
    let (mut coded, mut heard) = (Vec::with_capacity(FRAME), Vec::with_capacity(FRAME));
    Law::Mu.encode(frame, &mut coded);
    Law::Mu.decode(&coded, &mut heard);
    heard.try_into().unwrap_or(SILENCE)
}

/// The measuring person's watch. For a live pace `wait` sleeps; to be done sooner it returns.
pub struct Watch<'a> {
    /// Time since some fixed moment.
    pub now: &'a (dyn Fn() -> Duration + Sync),
    pub wait: &'a dyn Fn(Duration),
}

/// What a recogniser made of all sentences.
#[derive(Debug, Clone)]
pub struct Hearing {
    pub name: String,
    pub rate: Rate,
    /// Between the end of the turn and the final words, sorted. Only a live pace makes it true.
    pub finals: Vec<Duration>,
    /// Between a turn's first frame and its first partial words, sorted.
    pub partials: Vec<Duration>,
    /// Confidence of every sentence and whether it was exact.
    pub sure: Vec<(f32, bool)>,
    pub heard: Vec<String>,
}

/// Says every sample to one ear, one after another.
pub fn hearing(
    name: &str,
    recogniser: &dyn Recogniser,
    samples: &[Sample],
    watch: &Watch<'_>,
) -> Result<Hearing, SpeechError> {
    let (say, said) = mpsc::channel();
    let events: Events = Arc::new(move |turn, heard| drop(say.send((turn, heard))));
    let mut ear = recogniser.open(events)?;
    let mut hearing = Hearing {
        name: name.into(),
        rate: Rate::default(),
        finals: Vec::new(),
        partials: Vec::new(),
        sure: Vec::new(),
        heard: Vec::new(),
    };
    for (n, sample) in (1..).zip(samples) {
        let turn = TurnId(n);
        let start = (watch.now)();
        let mut first = None;
        ear.begin(turn, sample.expect)?;
        for frame in &sample.sound {
            ear.hear(frame)?;
            (watch.wait)(FRAME_TIME);
            if first.is_none() && said.try_recv().is_ok() {
                first = Some((watch.now)().saturating_sub(start));
            }
        }
        let end = (watch.now)();
        ear.end(turn)?;
        let words = last_words(&said, turn)?;
        hearing.finals.push((watch.now)().saturating_sub(end));
        hearing.partials.extend(first);
        hearing.note(sample, words);
    }
    hearing.finals.sort_unstable();
    hearing.partials.sort_unstable();
    Ok(hearing)
}

fn last_words(said: &mpsc::Receiver<(TurnId, Heard)>, turn: TurnId) -> Result<Words, SpeechError> {
    loop {
        match said.recv_timeout(PATIENCE).map_err(|_| SpeechError::Gone)? {
            (of, Heard::Final(words)) if of == turn => return Ok(words),
            (of, Heard::Failed(error)) if of == turn => return Err(error),
            (_, Heard::Partial(_) | Heard::Final(_) | Heard::Failed(_)) => {}
        }
    }
}

impl Hearing {
    fn note(&mut self, sample: &Sample, words: Words) {
        let one = word_error_rate(&[&sample.text], &[&words.text]);
        self.rate.words += one.words;
        self.rate.wrong += one.wrong;
        self.rate.sentences += one.sentences;
        self.rate.exact += one.exact;
        self.sure.push((words.confidence, one.wrong == 0));
        self.heard.push(words.text);
    }

    /// Of exact and of wrong sentences, the part whose confidence is below `doubt`.
    pub fn doubted(&self, doubt: f32) -> (f32, f32) {
        let part = |exact: bool| {
            let of: Vec<_> = self.sure.iter().filter(|(_, right)| *right == exact).collect();
            let below = of.iter().filter(|(sure, _)| *sure < doubt).count();
            below as f32 / of.len().max(1) as f32
        };
        (part(true), part(false))
    }
}

/// The value below which that part of them lies; zero of none.
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let nth = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(nth).copied().unwrap_or_default()
}

/// As README shows it.
pub fn table(hearings: &[Hearing]) -> String {
    let head = "| recogniser and voice | words wrong | sentences exact | first partial p50 | \
                final after end p50 / p95 |\n|---|---|---|---|---|\n";
    hearings.iter().fold(head.to_string(), |table, hearing| table + &hearing.to_string() + "\n")
}

impl fmt::Display for Hearing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |sorted, percent| percentile(sorted, percent).as_millis();
        write!(
            f,
            "| {} | {:.1} % of {} | {} of {} | {} ms | {} / {} ms |",
            self.name,
            self.rate.percent(),
            self.rate.words,
            self.rate.exact,
            self.rate.sentences,
            ms(&self.partials, 50),
            ms(&self.finals, 50),
            ms(&self.finals, 95),
        )
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_replaced_a_word_missing_and_a_word_invented_are_three_wrong() {
        let rate =
            word_error_rate(&["Да, завтра к десяти.", "нет"], &["да завтра в десять", "нет нет"]);

        assert_eq!(rate, Rate { words: 5, wrong: 3, sentences: 2, exact: 0 });
        assert_eq!(rate.percent(), 60.0);
    }

    #[test]
    fn noise_lies_as_far_below_the_voice_as_was_said() {
        let tone: Vec<i16> =
            (0..16_000).map(|n| (8_000.0 * (n as f32 * 0.6).sin()) as i16).collect();
        let clean = Sample {
            text: String::new(),
            expect: Expect::Anything,
            sound: tone.as_chunks().0.to_vec(),
        };
        let plain: Vec<f32> = tone.iter().map(|it| f32::from(*it)).collect();
        let voice = root_mean_square(&plain);
        for below in [20.0, 10.0] {
            let noisy = clean.in_noise(below);
            let added = noisy.sound.as_flattened().iter().zip(&plain);
            let added: Vec<f32> = added.map(|(noisy, plain)| f32::from(*noisy) - plain).collect();
            let found = 20.0 * (voice / root_mean_square(&added)).log10();
            assert!((found - below).abs() < 1.0, "{found} dB for {below}");
        }
    }

    #[test]
    fn a_sentence_not_heard_is_all_wrong() {
        assert_eq!(word_error_rate(&["раз два"], &[]).wrong, 2);
    }

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<Duration> = (1..=20).map(Duration::from_millis).collect();

        assert_eq!(percentile(&sorted, 50), Duration::from_millis(10));
        assert_eq!(percentile(&sorted, 95), Duration::from_millis(19));
        assert_eq!(percentile(&[], 95), Duration::ZERO);
    }
}
