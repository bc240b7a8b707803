//! Voice messages are heard by the ears of the calls, one at a time and only where enough of them are free:
//! whoever phones comes first.
//!
//! **Never here:** where messages come from, what is made of their words.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use job_core::media::Form;
use job_core::trade::Language;
use media::audio::{Frame, SILENCE};
use media::speech::{Ear, Expect, Heard, Recogniser, SpeechError};
use media::turn::TurnId;
use media::voice_note::frames;
use web::channels::{Scribe, Writing};

use super::seat::Ears;

/// Ears left to callers while a message is heard.
const LEFT_TO_CALLERS: usize = 1;
/// Several times as fast as speech.
const PACE: Duration = Duration::from_millis(4);
/// An engine that has no room for a frame is given time.
const ROOM: Duration = Duration::from_millis(20);
const TRIES_MAX: usize = 250;
const WORDS_WITHIN: Duration = Duration::from_secs(20);
/// The last word needs a pause behind it.
const PAUSE_FRAMES: usize = 25;

/// Hears voice messages.
#[derive(Clone)]
pub struct Notes {
    ears: Ears,
    turn: Arc<Mutex<()>>,
}

impl Notes {
    pub fn new(ears: Ears) -> Self {
        Self { ears, turn: Arc::default() }
    }

    fn heard(&self, sound: &[u8], language: Language) -> Option<String> {
        let frames = frames(sound);
        let frames = frames.inspect_err(|why| tracing::warn!(%why, "a voice message")).ok()?;
        let alone = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let recogniser = self.ears.of(language);
        if recogniser.capacity().free <= LEFT_TO_CALLERS {
            tracing::warn!("a voice message is not heard: all recognisers are needed for calls");
            return None;
        }
        let words = listened(&**recogniser, &frames);
        drop(alone);
        words.inspect_err(|error| tracing::warn!(%error, "a voice message is not heard")).ok()
    }
}

impl Scribe for Notes {
    fn written(&self, _: Form, sound: Vec<u8>, language: Language) -> Writing<'_> {
        let notes = self.clone();
        let heard = tokio::task::spawn_blocking(move || notes.heard(&sound, language));
        Box::pin(async move { heard.await.ok().flatten() })
    }
}

impl std::fmt::Debug for Notes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notes").finish_non_exhaustive()
    }
}

/// The whole message is one turn.
fn listened(recogniser: &dyn Recogniser, frames: &[Frame]) -> Result<String, SpeechError> {
    let (sender, findings) = channel();
    let turn = TurnId(1);
    let mut ear = recogniser.open(Arc::new(move |_, heard| {
        let _ = sender.send(heard);
    }))?;
    ear.begin(turn, Expect::Anything)?;
    for frame in frames.iter().chain(std::iter::repeat_n(&SILENCE, PAUSE_FRAMES)) {
        hear(&mut *ear, frame)?;
        std::thread::sleep(PACE);
    }
    ear.end(turn)?;
    loop {
        match findings.recv_timeout(WORDS_WITHIN) {
            Ok(Heard::Final(words)) => return Ok(words.text),
            Ok(Heard::Failed(error)) => return Err(error),
            Ok(Heard::Partial(_)) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(SpeechError::Gone);
            }
        }
    }
}

fn hear(ear: &mut dyn Ear, frame: &Frame) -> Result<(), SpeechError> {
    for _ in 0..TRIES_MAX {
        match ear.hear(frame) {
            Err(SpeechError::Full { .. }) => std::thread::sleep(ROOM),
            heard => return heard,
        }
    }
    Err(SpeechError::Gone)
}
