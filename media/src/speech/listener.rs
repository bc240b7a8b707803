//! One decoder on its own thread: takes one caller's turns in order and says what it hears.
//!
//! **Never here:** who gets a decoder.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

use super::confidence;
use super::lexicon::without_number;
use super::pocketsphinx_ffi::{CEPSTRA, Decoder, Segment};
use super::wideband::Doubled;
use super::{Events, Expect, Heard, SpeechError, Word, Words};
use crate::audio::{Frame, RATE};
use crate::turn::TurnId;

/// 10 s: a decoder this far behind is not going to catch up.
pub(super) const FRAMES_WAITING_MAX: usize = 500;
/// Begin, end, drop and leave, of several turns.
const ORDERS_WAITING_MAX: usize = 64;
/// 200 ms between partial results.
const FRAMES_PER_PARTIAL: u32 = 10;
/// The decoder's own frames, two in one of ours; it counts them from its first turn on.
const STEP: Duration = Duration::from_millis(10);
const STEPS_PER_FRAME: u32 = 2;

/// All a decoder is made of.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub(super) options: Vec<(String, String)>,
    pub(super) language_models: Vec<(Expect, PathBuf)>,
    pub(super) rate: u32,
    pub(super) mean: Option<[f32; CEPSTRA]>,
}

enum Order {
    Enter(Events),
    Begin(TurnId, Expect),
    Frame(Frame),
    End(TurnId),
    Drop(TurnId),
    Leave,
}

/// The way to a decoder's thread; whoever holds it is its caller.
pub(super) struct Desk {
    orders: SyncSender<Order>,
    queue: Arc<Queue>,
}

/// What both ends know of the orders between them.
#[derive(Default)]
struct Queue {
    frames: AtomicUsize,
    /// The thread has ended; what still waits will never be looked at.
    closed: AtomicBool,
}

/// What happens when a decoder's thread dies.
pub(super) type OnDeath = Box<dyn FnOnce() + Send>;

/// Makes a decoder on a thread of its own; `ready` hears when it can be used, or why not.
pub(super) fn hire(
    recipe: Arc<Recipe>,
    drill: Arc<AtomicBool>,
    ready: impl FnOnce(Result<Desk, SpeechError>) + Send + 'static,
    on_death: OnDeath,
) -> Result<(), SpeechError> {
    let thread = thread::Builder::new().name("recogniser".into());
    let spawned = thread.spawn(move || {
        let decoder = match open(&recipe) {
            Ok(decoder) => decoder,
            Err(error) => return ready(Err(error)),
        };
        let (orders, inbox) = mpsc::sync_channel(FRAMES_WAITING_MAX + ORDERS_WAITING_MAX);
        let queue = Arc::new(Queue::default());
        ready(Ok(Desk { orders, queue: queue.clone() }));
        let mut listener = Listener {
            decoder,
            recipe,
            queue,
            drill,
            caller: None,
            turn: None,
            steps: 0,
            on_death: Some(on_death),
        };
        listener.work(&inbox);
        listener.on_death = None;
    });
    let fact =
        |e: std::io::Error| SpeechError::Engine { engine: "pocketsphinx", fact: e.to_string() };
    spawned.map(|_| ()).map_err(fact)
}

fn open(recipe: &Recipe) -> Result<Decoder, SpeechError> {
    let mut decoder = Decoder::open(&recipe.options, recipe.mean)?;
    for (expect, arpa) in &recipe.language_models {
        decoder.add_language_model(expect.code(), arpa)?;
    }
    Ok(decoder)
}

impl Desk {
    /// False: the thread behind it is gone.
    pub(super) fn enter(&self, events: Events) -> bool {
        self.order(Order::Enter(events)).is_ok()
    }

    /// False: the thread behind it is gone.
    pub(super) fn leave(&self) -> bool {
        self.order(Order::Leave).is_ok()
    }

    pub(super) fn begin(&self, turn: TurnId, expect: Expect) -> Result<(), SpeechError> {
        self.order(Order::Begin(turn, expect))
    }

    pub(super) fn end(&self, turn: TurnId) -> Result<(), SpeechError> {
        self.order(Order::End(turn))
    }

    pub(super) fn drop_turn(&self, turn: TurnId) -> Result<(), SpeechError> {
        self.order(Order::Drop(turn))
    }

    pub(super) fn hear(&self, frame: &Frame) -> Result<(), SpeechError> {
        if self.is_closed() {
            return Err(SpeechError::Gone);
        }
        let frames = self.queue.frames.fetch_add(1, Ordering::Relaxed);
        let told = if frames < FRAMES_WAITING_MAX {
            self.order(Order::Frame(*frame))
        } else {
            Err(SpeechError::Full { frames })
        };
        if told.is_err() {
            self.queue.frames.fetch_sub(1, Ordering::Relaxed);
        }
        told
    }

    /// Frames handed over and not yet listened to.
    pub(super) fn backlog(&self) -> usize {
        self.queue.frames.load(Ordering::Relaxed)
    }

    fn is_closed(&self) -> bool {
        self.queue.closed.load(Ordering::Relaxed)
    }

    fn order(&self, order: Order) -> Result<(), SpeechError> {
        if self.is_closed() {
            return Err(SpeechError::Gone);
        }
        self.orders.try_send(order).map_err(|refused| match refused {
            TrySendError::Full(_) => SpeechError::Full { frames: FRAMES_WAITING_MAX },
            TrySendError::Disconnected(_) => SpeechError::Gone,
        })
    }
}

struct Listener {
    decoder: Decoder,
    recipe: Arc<Recipe>,
    queue: Arc<Queue>,
    drill: Arc<AtomicBool>,
    caller: Option<Events>,
    turn: Option<Turn>,
    /// Heard from this caller so far.
    steps: u32,
    on_death: Option<OnDeath>,
}

struct Turn {
    id: TurnId,
    /// In the decoder's steps.
    began: u32,
    frames: u32,
    said: String,
    doubled: Doubled,
}

impl Listener {
    fn work(&mut self, inbox: &Receiver<Order>) {
        for order in inbox {
            match order {
                Order::Enter(events) => self.caller = Some(events),
                Order::Begin(turn, expect) => self.begin(turn, expect),
                Order::Frame(frame) => {
                    self.hear(&frame);
                    self.queue.frames.fetch_sub(1, Ordering::Relaxed);
                }
                Order::End(turn) => self.end(turn),
                Order::Drop(turn) => self.abandon(|open| open == turn),
                Order::Leave => self.leave(),
            }
        }
    }

    fn begin(&mut self, id: TurnId, expect: Expect) {
        if let Some(open) = &self.turn {
            self.end(open.id);
        }
        let started = self.decoder.choose(expect.code()).and_then(|()| self.decoder.start());
        match started {
            Ok(()) => {
                let doubled = Doubled::default();
                self.turn =
                    Some(Turn { id, began: self.steps, frames: 0, said: String::new(), doubled });
            }
            Err(error) => self.tell(id, Heard::Failed(error)),
        }
    }

    fn hear(&mut self, frame: &Frame) {
        if self.drill.swap(false, Ordering::Relaxed) {
            std::panic::resume_unwind(Box::new("fire drill"));
        }
        let Some(turn) = &mut self.turn else { return };

        turn.frames += 1;
        self.steps += STEPS_PER_FRAME;
        let (id, partial) = (turn.id, turn.frames.is_multiple_of(FRAMES_PER_PARTIAL));
        let heard = if self.recipe.rate == RATE {
            self.decoder.hear(frame)
        } else {
            self.decoder.hear(&turn.doubled.double(frame))
        };
        match heard {
            Err(error) => {
                self.abandon(|_| true);
                self.tell(id, Heard::Failed(error));
            }
            Ok(()) if partial => self.partial(),
            Ok(()) => {}
        }
    }

    fn partial(&mut self) {
        let Some(turn) = &mut self.turn else { return };
        let words = words(&self.decoder.segments(), turn.began);
        if words.text == turn.said {
            return;
        }
        turn.said.clone_from(&words.text);
        let id = turn.id;
        self.tell(id, Heard::Partial(words));
    }

    fn end(&mut self, id: TurnId) {
        let Some(turn) = self.turn.take_if(|open| open.id == id) else {
            return;
        };
        let heard = match self.decoder.finish() {
            Ok(()) => Heard::Final(words(&self.decoder.segments(), turn.began)),
            Err(error) => Heard::Failed(error),
        };
        self.tell(turn.id, heard);
    }

    fn abandon(&mut self, which: impl Fn(TurnId) -> bool) {
        if self.turn.take_if(|open| which(open.id)).is_some()
            && let Err(error) = self.decoder.finish()
        {
            tracing::warn!(%error, "a dropped turn did not end well");
        }
    }

    fn leave(&mut self) {
        self.abandon(|_| true);
        self.caller = None;
        self.steps = 0;
        self.decoder.forget_caller();
    }

    fn tell(&self, turn: TurnId, heard: Heard) {
        if let Some(events) = &self.caller {
            events(turn, heard);
        }
    }
}

impl Drop for Listener {
    /// With `on_death` still there this thread is dying, not leaving.
    fn drop(&mut self) {
        self.queue.closed.store(true, Ordering::Relaxed);
        let Some(on_death) = self.on_death.take() else {
            return;
        };
        if let Some(turn) = &self.turn {
            self.tell(turn.id, Heard::Failed(SpeechError::Gone));
        }
        on_death();
    }
}

/// The words of a hypothesis; silences and noises are left out. `turn_began`: in the
/// decoder's steps.
fn words(segments: &[Segment], turn_began: u32) -> Words {
    let fit = confidence::fit(segments);
    let since = |step: u32| STEP * step.saturating_sub(turn_began);
    let mut heard = Words::default();
    for segment in segments.iter().filter(|s| is_word(&s.word)) {
        heard.words.push(Word {
            text: without_number(&segment.word).into(),
            from: since(segment.first),
            to: since(segment.last + 1),
            confidence: confidence::of_word(segment, fit),
        });
    }
    let texts: Vec<&str> = heard.words.iter().map(|word| word.text.as_str()).collect();
    heard.text = texts.join(" ");
    heard.confidence = confidence::of_all(segments);
    heard
}

/// "<sil>", "[NOISE]" and "++breath++" are the model's, not the caller's.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(['<', '[', '+'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_without_meaning_are_no_words() {
        assert!(is_word("кран") && is_word("o'clock"));
        assert!(!["<sil>", "[NOISE]", "++breath++", ""].iter().any(|text| is_word(text)));
    }
}
