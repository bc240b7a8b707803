//! espeak-ng as a synthesiser: one short process per line, its first sound after some 10 ms.
//!
//! The program is GPL-3 and is run, not linked.
//!
//! **Never here:** a shell.

use std::io::Read;
use std::process::ChildStdout;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::lexicon::ESPEAK;
use super::program::{self, Program};
use super::workshop::{Gains, Mouth, Workshop};
use super::{Go, Line, Sink, SpeechError, Spoken, Synthesiser, Voice, level};
use crate::resample::Resampler;

/// Without a sample for this long, it hangs.
const PATIENCE: Duration = Duration::from_secs(3);
/// Words per minute, espeak-ng's own default.
const USUAL_SPEED: u32 = 175;
/// Sound handed on at once: 50 ms at 22,050 Hz.
const CHUNK: usize = 1_102;
/// Chunks between the program and the line: half a minute.
const CHUNKS_WAITING_MAX: usize = 600;

/// espeak-ng, at most so many processes at once.
#[derive(Debug)]
pub struct Espeak {
    workshop: Workshop,
    version: String,
}

impl Espeak {
    pub fn new(processes: usize) -> Result<Espeak, SpeechError> {
        let answer = program::ask(ESPEAK, &["--version"], String::new(), PATIENCE)?;
        let version = version(&String::from_utf8_lossy(&answer));
        let gains = Gains::default();
        let workshop =
            Workshop::open(ESPEAK.name, processes, move |line, mouth| speak(line, &gains, mouth))?;
        Ok(Espeak { workshop, version })
    }
}

impl Synthesiser for Espeak {
    fn speak(&self, line: Line, sink: Sink) {
        self.workshop.take(line, sink);
    }

    fn version(&self) -> String {
        format!("espeak-ng {}", self.version)
    }
}

/// "eSpeak NG text-to-speech: 1.51  Data at: /usr/lib/…"
fn version(answer: &str) -> String {
    let after = answer.split_once(": ").map_or(answer, |(_, rest)| rest);
    after.split_whitespace().next().unwrap_or("of no version").into()
}

fn speak(line: &Line, gains: &Gains, mouth: &mut Mouth) -> Result<(), SpeechError> {
    let gain = gains.of(&line.voice, |text, hear| sound(&line.voice, text, hear))?;
    sound(&line.voice, &line.text, &mut |mut samples| {
        level::turn_to(gain, &mut samples);
        mouth.say(Spoken::Samples(samples.into()))
    })
}

/// The program's own loudness at 8 kHz, piece by piece, as long as anybody listens.
fn sound(
    voice: &Voice,
    text: &str,
    hear: &mut dyn FnMut(Vec<i16>) -> Go,
) -> Result<(), SpeechError> {
    let arguments = arguments(voice)?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (program, stdout) = Program::start(ESPEAK, &arguments, &program::one_paragraph(text))?;
    match resampled(&listen(stdout), hear)? {
        Go::Stop => Ok(()),
        Go::On => program.finish(),
    }
}

fn resampled(
    pieces: &Receiver<Result<Piece, SpeechError>>,
    hear: &mut dyn FnMut(Vec<i16>) -> Go,
) -> Result<Go, SpeechError> {
    let mut resampler = None;
    loop {
        let piece = match pieces.recv_timeout(PATIENCE) {
            Ok(piece) => piece?,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                return Err(SpeechError::Silent { engine: ESPEAK.name, after: PATIENCE });
            }
        };
        let resampler = match &mut resampler {
            Some(resampler) => resampler,
            none => none.insert(Resampler::new(piece.rate).map_err(fact)?),
        };
        let mut samples = Vec::new();
        resampler.push(&piece.samples, &mut samples);
        if !samples.is_empty() && hear(samples) == Go::Stop {
            return Ok(Go::Stop);
        }
    }
    let mut rest = Vec::new();
    if let Some(resampler) = &mut resampler {
        resampler.finish(&mut rest);
    }
    if rest.is_empty() { Ok(Go::On) } else { Ok(hear(rest)) }
}

fn arguments(voice: &Voice) -> Result<Vec<String>, SpeechError> {
    program::must_be_name(ESPEAK, &voice.name)?;
    let mut arguments: Vec<String> =
        ["--stdout", "--stdin", "-b", "1", "-v", &voice.name].map(String::from).into();
    if let Some(pitch) = voice.pitch {
        arguments.extend(["-p".into(), pitch.min(99).to_string()]);
    }
    if let Some(percent) = voice.speed {
        let speed = USUAL_SPEED * u32::from(percent.clamp(50, 200)) / 100;
        arguments.extend(["-s".into(), speed.to_string()]);
    }
    Ok(arguments)
}

fn fact(fact: impl ToString) -> SpeechError {
    SpeechError::Engine { engine: ESPEAK.name, fact: fact.to_string() }
}

struct Piece {
    rate: u32,
    samples: Vec<i16>,
}

/// Reads the WAV stream where waiting for it holds up nobody. Its header promises 2 GB.
fn listen(stdout: ChildStdout) -> Receiver<Result<Piece, SpeechError>> {
    let (say, heard) = mpsc::sync_channel(CHUNKS_WAITING_MAX);
    thread::spawn(move || {
        let mut wav = match hound::WavReader::new(stdout) {
            Ok(wav) => wav,
            // No sound at all: how the program ended tells why.
            Err(hound::Error::IoError(_)) => return,
            Err(error) => return drop(say.send(Err(fact(error)))),
        };
        let rate = wav.spec().sample_rate;
        while let Some(samples) = read(&mut wav) {
            if say.send(Ok(Piece { rate, samples })).is_err() {
                break;
            }
        }
    });
    heard
}

fn read(wav: &mut hound::WavReader<impl Read>) -> Option<Vec<i16>> {
    let samples: Vec<i16> = wav.samples().take(CHUNK).map_while(Result::ok).collect();
    (!samples.is_empty()).then_some(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{Tongue, measure};

    #[test]
    fn a_russian_line_is_spoken_at_the_usual_level() {
        let espeak = espeak();

        let sound = measure::sound_of(&espeak, "Здравствуйте! Что у вас случилось?", &ru("ru"));

        let sound = sound.unwrap();
        assert!((1..4).contains(&(sound.len() / 8_000)), "{} samples", sound.len());
        assert!((level::of_speech(&sound).unwrap() - level::SPEECH_DBFS).abs() < 2.0);
    }

    #[test]
    fn a_voice_that_is_an_option_is_refused() {
        let espeak = espeak();

        let refused = measure::sound_of(&espeak, "да", &ru("-w/tmp/x"));
        let unknown = measure::sound_of(&espeak, "да", &ru("nobody"));

        assert!(refused.unwrap_err().to_string().contains("is no voice"));
        assert!(matches!(unknown, Err(SpeechError::Engine { .. })));
    }

    #[test]
    fn who_stops_listening_stops_the_program() {
        let espeak = espeak();
        let (say, said) = mpsc::channel();

        let text = "раз два три четыре пять ".repeat(300);
        let line = Line { turn: Default::default(), text, voice: ru("ru") };
        espeak
            .speak(line, Box::new(move |spoken| say.send(spoken).map_or(Go::Stop, |()| Go::Stop)));

        assert!(matches!(said.recv(), Ok(Spoken::Samples(_))));
        assert!(said.recv().is_err());
    }

    #[test]
    fn the_version_is_what_stands_after_the_colon() {
        assert_eq!(version("eSpeak NG text-to-speech: 1.51  Data at: /x\n"), "1.51");
    }

    fn espeak() -> Espeak {
        Espeak::new(1).expect("espeak-ng: apt-get install espeak-ng")
    }

    fn ru(name: &str) -> Voice {
        Voice::plain(Tongue::Ru, name)
    }
}
