//! A bounded number of lines in work at once, and a bounded queue before them: the threads behind
//! the synthesisers that are programs.
//!
//! **Never here:** which program.

use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{Go, Line, Sink, SpeechError, Spoken, Tongue, Voice, level};

/// Lines waiting per worker; a line takes some 20 ms.
const WAITING_PER_WORKER: usize = 16;

/// Where the sound of one line goes; remembers whether anybody still listens.
pub(super) struct Mouth {
    sink: Sink,
    go: Go,
}

impl Mouth {
    /// The caller of this stops working on the line when nobody listens any more.
    pub(super) fn say(&mut self, spoken: Spoken) -> Go {
        if self.go == Go::On {
            self.go = (self.sink)(spoken);
        }
        self.go
    }
}

type Craft = dyn Fn(&Line, &mut Mouth) -> Result<(), SpeechError> + Send + Sync;

pub(super) struct Workshop {
    lines: SyncSender<(Line, Mouth)>,
    waiting_max: usize,
}

impl Workshop {
    /// `craft` makes one line's sound; `Done` or `Failed` is said for it.
    pub(super) fn open(
        name: &'static str,
        workers: usize,
        craft: impl Fn(&Line, &mut Mouth) -> Result<(), SpeechError> + Send + Sync + 'static,
    ) -> Result<Workshop, SpeechError> {
        let waiting_max = workers * WAITING_PER_WORKER;
        let (lines, counter) = mpsc::sync_channel(waiting_max);
        let (craft, counter): (Arc<Craft>, _) = (Arc::new(craft), Arc::new(Mutex::new(counter)));
        for _ in 0..workers {
            let (craft, counter) = (craft.clone(), counter.clone());
            let worker = thread::Builder::new().name(name.into());
            worker
                .spawn(move || while work(&counter, &*craft) {})
                .map_err(|e| SpeechError::Engine { engine: name, fact: e.to_string() })?;
        }
        Ok(Workshop { lines, waiting_max })
    }

    pub(super) fn take(&self, line: Line, sink: Sink) {
        let refused = match self.lines.try_send((line, Mouth { sink, go: Go::On })) {
            Ok(()) => return,
            Err(refused) => refused,
        };
        let (error, (_, mut mouth)) = match refused {
            TrySendError::Full(order) => (SpeechError::Busy { total: self.waiting_max }, order),
            TrySendError::Disconnected(order) => (SpeechError::Gone, order),
        };
        mouth.say(Spoken::Failed(error));
    }
}

/// False: the workshop is closed.
fn work(counter: &Mutex<Receiver<(Line, Mouth)>>, craft: &Craft) -> bool {
    let order = counter.lock().unwrap_or_else(PoisonError::into_inner).recv();
    let Ok((line, mut mouth)) = order else {
        return false;
    };
    match craft(&line, &mut mouth) {
        Ok(()) => mouth.say(Spoken::Done),
        Err(error) => mouth.say(Spoken::Failed(error)),
    };
    true
}

/// What brings each voice of an engine to the usual level.
#[derive(Debug, Default)]
pub(super) struct Gains(Mutex<HashMap<Voice, f32>>);

impl Gains {
    /// Found with one sentence the first time a voice speaks. `sound` gives the engine's own
    /// loudness of a text.
    pub(super) fn of(
        &self,
        voice: &Voice,
        sound: impl FnOnce(&str, &mut dyn FnMut(Vec<i16>) -> Go) -> Result<(), SpeechError>,
    ) -> Result<f32, SpeechError> {
        if let Some(gain) = self.known().get(voice) {
            return Ok(*gain);
        }
        let sample = match voice.tongue {
            Tongue::Ru => "Здравствуйте, мастер приедет завтра после обеда.",
            Tongue::En => "Hello, somebody will be there tomorrow after lunch.",
        };
        let mut heard = Vec::new();
        sound(sample, &mut |samples| {
            heard.extend(samples);
            Go::On
        })?;
        let gain = level::of_speech(&heard).map_or(1.0, level::gain_for);
        self.known().insert(voice.clone(), gain);
        Ok(gain)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<Voice, f32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Workshop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workshop").field("waiting_max", &self.waiting_max).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::turn::TurnId;

    #[test]
    fn a_line_too_many_is_refused_at_once() {
        let (release, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let shop = Workshop::open("test", 1, move |_, _| {
            let _ = held.lock().unwrap().recv();
            Ok(())
        });
        let shop = shop.unwrap();
        let (say, said) = mpsc::channel();

        for _ in 0..2 * WAITING_PER_WORKER {
            let say = say.clone();
            shop.take(
                line(),
                Box::new(move |spoken| {
                    say.send(spoken).unwrap();
                    Go::On
                }),
            );
        }

        assert_eq!(
            said.recv(),
            Ok(Spoken::Failed(SpeechError::Busy { total: WAITING_PER_WORKER }))
        );
        drop(release);
    }

    #[test]
    fn who_stopped_listening_hears_nothing_more() {
        let (say, said) = mpsc::channel();
        let shop = Workshop::open("test", 1, |_, mouth| {
            while mouth.say(Spoken::Samples([1, 2].into())) == Go::On {}
            Ok(())
        });

        let sink = move |spoken| say.send(spoken).map_or(Go::Stop, |()| Go::Stop);
        shop.unwrap().take(line(), Box::new(sink));

        assert_eq!(said.iter().count(), 1);
    }

    fn line() -> Line {
        Line { turn: TurnId(1), text: "да".into(), voice: Voice::plain(Tongue::Ru, "ru") }
    }
}
