//! flite as a synthesiser for English. It gives its sound only when all of a text is done, so a
//! line is said clause by clause: the next is made while the first is heard.
//!
//! **Never here:** a shell.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::program::{self, Origin};
use super::workshop::{Gains, Mouth, Workshop};
use super::{Go, Line, Sink, SpeechError, Spoken, Synthesiser, Voice, level};
use crate::resample::Resampler;

pub(super) const FLITE: Origin = Origin { name: "flite", package: "flite" };
/// A clause takes 20 to 100 ms.
const PATIENCE: Duration = Duration::from_secs(5);
/// A clause shorter than this is said together with the next: alone it would sound chopped.
const CLAUSE_LETTERS_MIN: usize = 24;

/// flite, at most so many processes at once.
#[derive(Debug)]
pub struct Flite {
    workshop: Workshop,
    version: String,
}

impl Flite {
    /// `scratch`: a directory for the sound on its way, made readable by nobody else.
    pub fn new(processes: usize, scratch: &Path) -> Result<Flite, SpeechError> {
        let answer = program::ask(FLITE, &["--version"], String::new(), PATIENCE);
        let version = version(&String::from_utf8_lossy(&answer_of_any(answer)?));
        let made = DirBuilder::new().recursive(true).mode(0o700).create(scratch);
        made.map_err(|e| SpeechError::file(scratch, e))?;

        let (gains, scratch) = (Gains::default(), scratch.to_path_buf());
        let workshop = Workshop::open(FLITE.name, processes, move |line, mouth| {
            speak(line, &gains, &scratch, mouth)
        })?;
        Ok(Flite { workshop, version })
    }
}

/// flite reports failure after telling its version.
fn answer_of_any(answer: Result<Vec<u8>, SpeechError>) -> Result<Vec<u8>, SpeechError> {
    match answer {
        Err(SpeechError::Engine { .. }) => Ok(Vec::new()),
        answer => answer,
    }
}

impl Synthesiser for Flite {
    fn speak(&self, line: Line, sink: Sink) {
        self.workshop.take(line, sink);
    }

    fn version(&self) -> String {
        format!("flite {}", self.version)
    }
}

/// "  version: flite-2.2-current Sep 2018 (http://cmuflite.org)"
fn version(answer: &str) -> String {
    let after = answer.split_once("flite-").map(|(_, rest)| rest);
    after.and_then(|rest| rest.split_whitespace().next()).unwrap_or("2").into()
}

fn speak(line: &Line, gains: &Gains, scratch: &Path, mouth: &mut Mouth) -> Result<(), SpeechError> {
    let voice = &line.voice;
    let gain = gains.of(voice, |text, hear| {
        hear(clause(voice, text, scratch)?);
        Ok(())
    })?;
    for text in clauses(&line.text) {
        let mut samples = clause(voice, text, scratch)?;
        level::turn_to(gain, &mut samples);
        if mouth.say(Spoken::Samples(samples.into())) == Go::Stop {
            break;
        }
    }
    Ok(())
}

/// Cut after punctuation, but not into pieces too short to sound well.
fn clauses(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, mark) in text.match_indices(['.', '!', '?', ';', ':', ',']) {
        let end = at + mark.len();
        let ends_word = text[end..].starts_with(char::is_whitespace);
        if ends_word && end - start >= CLAUSE_LETTERS_MIN {
            found.push(text[start..end].trim());
            start = end;
        }
    }
    found.push(text[start..].trim());
    found.retain(|clause| !clause.is_empty());
    found
}

/// One process; 8 kHz, in flite's own loudness.
fn clause(voice: &Voice, text: &str, scratch: &Path) -> Result<Vec<i16>, SpeechError> {
    program::must_be_name(FLITE, &voice.name)?;
    let file = Scratch::new(scratch);
    let path = file.0.display().to_string();
    // More speed, less duration; more pitch, more hertz: 50 is the voice's own.
    let stretch = 100.0 / f32::from(voice.speed.unwrap_or(100).clamp(50, 200));
    let stretch = format!("duration_stretch={stretch:.3}");
    let shift = f32::from(voice.pitch.unwrap_or(50).min(100)) / 100.0 + 0.5;
    let shift = format!("f0_shift={shift:.3}");
    let arguments = [
        "-voice",
        &voice.name,
        "--setf",
        &stretch,
        "--setf",
        &shift,
        "-f",
        "/dev/stdin",
        "-o",
        &path,
    ];
    program::ask(FLITE, &arguments, program::one_paragraph(text), PATIENCE)?;
    read(&file.0)
}

fn read(path: &Path) -> Result<Vec<i16>, SpeechError> {
    let wrong = |e: &dyn std::fmt::Display| SpeechError::Engine {
        engine: FLITE.name,
        fact: format!("its sound cannot be read: {e}"),
    };
    let mut wav = hound::WavReader::open(path).map_err(|e| wrong(&e))?;
    let mut resampler = Resampler::new(wav.spec().sample_rate).map_err(|e| wrong(&e))?;
    let samples: Vec<i16> = wav.samples().map_while(Result::ok).collect();
    let mut sound = Vec::with_capacity(samples.len());
    resampler.push(&samples, &mut sound);
    resampler.finish(&mut sound);
    Ok(sound)
}

/// A file's name that is gone with its file.
struct Scratch(PathBuf);

impl Scratch {
    fn new(dir: &Path) -> Scratch {
        static NTH: AtomicU64 = AtomicU64::new(0);
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        Scratch(dir.join(format!("line-{}-{nth}.wav", process::id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is not there where flite failed.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{Tongue, measure};

    #[test]
    fn an_english_line_is_spoken_at_the_usual_level_and_leaves_no_file() {
        let scratch = std::env::temp_dir().join(format!("gudok-flite-{}", process::id()));
        let flite = Flite::new(1, &scratch).expect("flite: apt-get install flite");

        let voice = Voice::plain(Tongue::En, "slt");
        let sound = measure::sound_of(&flite, "Hello there. What happened to your tap?", &voice);

        let sound = sound.unwrap();
        assert!((1..5).contains(&(sound.len() / 8_000)), "{} samples", sound.len());
        assert!((level::of_speech(&sound).unwrap() - level::SPEECH_DBFS).abs() < 2.0);
        assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
        fs::remove_dir(&scratch).unwrap();
    }

    #[test]
    fn a_line_is_cut_where_one_would_breathe() {
        let text =
            "Yes. A master can come tomorrow at two o'clock, about three thousand. Is it fine?";

        assert_eq!(
            clauses(text),
            [
                "Yes. A master can come tomorrow at two o'clock,",
                "about three thousand. Is it fine?"
            ],
        );
        assert_eq!(clauses("  "), Vec::<&str>::new());
    }
}
