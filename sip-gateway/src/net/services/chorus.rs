//! Several voices as one: the first in the list that is well speaks, and the next goes on where it fails or
//! keeps the caller waiting, from the word that had not been said whole.
//!
//! **Never here:** how a voice is reached, what the caller has heard.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use media::audio::RATE;
use media::speech::{Go, Line, Meter, Sink, SpeechError, Spoken, Synthesiser};
use tokio::runtime::Handle;

use super::health::Health;
use crate::clock;
use crate::net::switchboard::lock;

/// The next voice is asked where the first sound takes longer …
const FIRST_SOUND_WITHIN: Duration = Duration::from_millis(800);
/// … or the sound breaks off for so long.
const SOUND_WITHIN: Duration = Duration::from_millis(1_200);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// People and voices say so many characters a second.
const CHARACTERS: f64 = 14.0;
/// So few letters more or less are the estimate's, not the text's.
const LAST_LETTERS: usize = 2;

/// One voice and how it has been doing.
pub struct Singer {
    pub name: String,
    pub mouth: Arc<dyn Synthesiser>,
    /// The service's own name of the voice; without it, the line's.
    pub voice: Option<String>,
    pub health: Mutex<Health>,
}

impl Singer {
    pub fn new(name: &str, mouth: Arc<dyn Synthesiser>, voice: Option<String>) -> Self {
        Singer { name: name.to_owned(), mouth, voice, health: Mutex::default() }
    }
}

/// All of them, best first.
pub struct Chorus {
    singers: Arc<[Singer]>,
    runtime: Handle,
}

impl Chorus {
    pub fn new(singers: Vec<Singer>, runtime: Handle) -> Self {
        Chorus { singers: singers.into(), runtime }
    }
}

impl Synthesiser for Chorus {
    fn speak(&self, line: Line, sink: Sink) {
        self.speak_metered(line, sink, Arc::new(|_, _| {}));
    }

    fn speak_metered(&self, line: Line, sink: Sink, meter: Meter) {
        let part = Part {
            line,
            sink,
            over: false,
            generation: 0,
            since: clock::now(),
            sounded: false,
            samples: 0,
        };
        let song = Song {
            singers: Arc::clone(&self.singers),
            part: Arc::new(Mutex::new(part)),
            runtime: self.runtime.clone(),
            meter,
        };
        song.sing(0);
    }

    fn version(&self) -> String {
        let versions = self.singers.iter().map(|singer| singer.mouth.version());
        versions.collect::<Vec<_>>().join(" | ")
    }
}

/// One line, whoever says it.
#[derive(Clone)]
struct Song {
    singers: Arc<[Singer]>,
    part: Arc<Mutex<Part>>,
    runtime: Handle,
    meter: Meter,
}

struct Part {
    line: Line,
    sink: Sink,
    over: bool,
    /// Grows with each voice: what an earlier one still says is not heard.
    generation: u64,
    /// Of its last sound, or of its being asked.
    since: Instant,
    sounded: bool,
    samples: usize,
}

impl Song {
    /// The first one from there on that is well.
    fn sing(&self, first: usize) {
        let well = |nth: &usize| {
            let last = nth + 1 == self.singers.len();
            lock(&self.singers[*nth].health).admits(clock::now()) || last
        };
        let Some(nth) = (first..self.singers.len()).find(well) else {
            return self.give_up();
        };
        let singer = &self.singers[nth];
        let (generation, line) = {
            let mut part = lock(&self.part);
            part.generation += 1;
            (part.since, part.sounded) = (clock::now(), false);
            let mut line = part.line.clone();
            line.text = rest(&line.text, part.samples);
            if let Some(voice) = &singer.voice {
                line.voice.name.clone_from(voice);
            }
            (part.generation, line)
        };
        if line.text.is_empty() {
            self.pass_on(generation, nth, Spoken::Done);
            return;
        }
        let song = self.clone();
        let sink: Sink = Box::new(move |spoken| song.pass_on(generation, nth, spoken));
        let (meter, name) = (Arc::clone(&self.meter), singer.name.clone());
        let named: Meter = Arc::new(move |_, share| meter(&name, share));
        singer.mouth.speak_metered(line, sink, named);
        if nth + 1 < self.singers.len() {
            self.watch(generation, nth);
        }
    }

    fn pass_on(&self, generation: u64, nth: usize, spoken: Spoken) -> Go {
        let mut part = lock(&self.part);
        if part.over || part.generation != generation {
            return Go::Stop;
        }
        match spoken {
            Spoken::Samples(samples) => {
                (part.since, part.sounded) = (clock::now(), true);
                part.samples += samples.len();
                let go = (part.sink)(Spoken::Samples(samples));
                part.over = go == Go::Stop;
                go
            }
            Spoken::Done => {
                part.over = true;
                (part.sink)(Spoken::Done);
                drop(part);
                lock(&self.singers[nth].health).went(clock::now(), true);
                Go::On
            }
            Spoken::Failed(error) => {
                drop(part);
                self.failed(nth, &error);
                Go::Stop
            }
        }
    }

    /// Whoever tells may be inside `speak`: the next one is asked elsewhere.
    fn failed(&self, nth: usize, error: &SpeechError) {
        tracing::warn!(service = self.singers[nth].name, %error, "a voice failed");
        lock(&self.singers[nth].health).went(clock::now(), false);
        let last = nth + 1 >= self.singers.len();
        if last {
            let mut part = lock(&self.part);
            part.over = true;
            (part.sink)(Spoken::Failed(error.clone()));
            return;
        }
        let song = self.clone();
        self.runtime.spawn(async move { song.sing(nth + 1) });
    }

    fn watch(&self, generation: u64, nth: usize) {
        let song = self.clone();
        self.runtime.spawn(async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let late = {
                    let part = lock(&song.part);
                    if part.over || part.generation != generation {
                        return;
                    }
                    let most = if part.sounded { SOUND_WITHIN } else { FIRST_SOUND_WITHIN };
                    clock::now().saturating_duration_since(part.since) >= most
                };
                if late {
                    tracing::warn!(
                        service = song.singers[nth].name,
                        "a voice keeps a caller waiting"
                    );
                    lock(&song.singers[nth].health).went(clock::now(), false);
                    return song.sing(nth + 1);
                }
            }
        });
    }

    fn give_up(&self) {
        let mut part = lock(&self.part);
        part.over = true;
        (part.sink)(Spoken::Failed(SpeechError::Gone));
    }
}

/// What is left of a text after so many samples of it, from the word on that was not said whole: half a word
/// twice is heard more easily than a word that is missing.
fn rest(text: &str, samples: usize) -> String {
    let said = (samples as f64 / f64::from(RATE) * CHARACTERS) as usize;
    let letters: Vec<char> = text.chars().collect();
    if said + LAST_LETTERS >= letters.len() {
        return if samples == 0 { text.to_owned() } else { String::new() };
    }
    let begun = letters[..said].iter().rposition(|letter| letter.is_whitespace());
    letters[begun.map_or(0, |at| at + 1)..].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_lost_and_only_the_one_that_was_cut_is_said_again() {
        assert_eq!(rest("Один два три.", 0), "Один два три.");
        let second = RATE as usize;
        assert_eq!(rest("Мастер будет у вас завтра в десять.", second), "у вас завтра в десять.");
        assert_eq!(rest("Мастер будет у вас.", second / 2), "будет у вас.");
        assert_eq!(rest("Непередаваемо", second / 4), "Непередаваемо");
        assert_eq!((rest("Да.", second), rest("Да.", 0)), (String::new(), "Да.".into()));
    }
}
