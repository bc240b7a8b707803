//! The embedded recogniser: a fixed number of pocketsphinx decoders, each on its own thread, one
//! per caller, made at start so that a call never waits for a model.
//!
//! **Never here:** what a turn means, when it ends.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::language_model::{Phrase, Phrases};
use super::lexicon::Lexicon;
use super::listener::{self, Desk, Recipe};
use super::models::Model;
use super::{Capacity, Ear, Events, Expect, Recogniser, SpeechError, Tongue};
use crate::audio::Frame;
use crate::turn::TurnId;

/// Nine in ten final words are there by then.
const LATENESS: Duration = Duration::from_millis(80);

/// What a recogniser of one language needs.
#[derive(Debug, Clone)]
pub struct Setup<'a> {
    pub tongue: Tongue,
    /// Directory of the acoustic model; the usual one without it.
    pub model: Option<PathBuf>,
    /// What can be said.
    pub phrases: &'a [Phrase],
    /// Where dictionary, language models and the unpacked model are kept between starts.
    pub data: PathBuf,
    /// Callers at once.
    pub decoders: usize,
}

/// Decoders of one language.
pub struct Pocketsphinx {
    pool: Arc<Pool>,
}

struct Pool {
    tongue: Tongue,
    total: usize,
    recipe: Arc<Recipe>,
    free: Mutex<Vec<Desk>>,
    drill: Arc<AtomicBool>,
}

impl Pocketsphinx {
    /// Makes dictionary and language models where they are not there yet, then all decoders;
    /// returns when every one is ready: 0.1 to 2 s.
    pub fn start(setup: &Setup<'_>) -> Result<Pocketsphinx, SpeechError> {
        let recipe = recipe(setup)?;
        let pool = Arc::new(Pool {
            tongue: setup.tongue,
            total: setup.decoders,
            recipe: Arc::new(recipe),
            free: Mutex::default(),
            drill: Arc::default(),
        });
        let (say, ready) = mpsc::channel();
        for _ in 0..setup.decoders {
            let say = say.clone();
            Pool::hire(&pool, move |desk| {
                let _ = say.send(desk);
            })?;
        }
        drop(say);
        for desk in ready {
            pool.free().push(desk?);
        }
        Ok(Pocketsphinx { pool })
    }

    /// A fire drill: the next decoder that hears something dies, as if it had crashed.
    pub fn kill_one(&self) {
        self.pool.drill.store(true, Ordering::Relaxed);
    }
}

fn recipe(setup: &Setup<'_>) -> Result<Recipe, SpeechError> {
    fs::create_dir_all(&setup.data).map_err(|e| SpeechError::file(&setup.data, e))?;
    let model = Model::find(setup.tongue, setup.model.as_deref(), &setup.data)?;
    let phrases = Phrases::of(setup.phrases);
    let known = model.dictionary.as_deref();
    let dictionary = Lexicon::file(setup.tongue, &phrases.words(), known, &setup.data)?;
    let name = setup.tongue.code();
    let language_models = Expect::ALL
        .into_iter()
        .map(|expect| Ok((expect, phrases.file(expect, name, &setup.data)?)))
        .collect::<Result<_, SpeechError>>()?;

    let path = |path: &Path| path.display().to_string();
    let mut options = model.options;
    options.push(("-hmm".into(), path(&model.dir)));
    options.push(("-dict".into(), path(&dictionary)));
    Ok(Recipe { options, language_models, rate: model.rate, mean: model.mean })
}

impl Pool {
    fn hire(
        pool: &Arc<Pool>,
        ready: impl FnOnce(Result<Desk, SpeechError>) + Send + 'static,
    ) -> Result<(), SpeechError> {
        let home = Arc::downgrade(pool);
        let on_death = Box::new(move || {
            let Some(pool) = home.upgrade() else { return };
            tracing::error!(tongue = %pool.tongue, "a recogniser died; another takes its place");
            Pool::replace(&pool);
        });
        listener::hire(pool.recipe.clone(), pool.drill.clone(), ready, on_death)
    }

    fn replace(pool: &Arc<Pool>) {
        let home = Arc::downgrade(pool);
        let hired = Pool::hire(pool, move |desk| match (desk, home.upgrade()) {
            (Ok(desk), Some(pool)) => pool.free().push(desk),
            (Err(error), _) => tracing::error!(%error, "no recogniser takes its place"),
            (Ok(_), None) => {}
        });
        if let Err(error) = hired {
            tracing::error!(%error, "no recogniser takes its place");
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Desk>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recogniser for Pocketsphinx {
    fn open(&self, events: Events) -> Result<Box<dyn Ear>, SpeechError> {
        let mut free = self.pool.free();
        while let Some(desk) = free.pop() {
            if desk.enter(events.clone()) {
                return Ok(Box::new(Seat { desk: Some(desk), pool: self.pool.clone() }));
            }
        }
        Err(SpeechError::Busy { total: self.pool.total })
    }

    fn capacity(&self) -> Capacity {
        let total = self.pool.total;
        // A desk whose thread has just died may still lie there beside the one that replaces it.
        Capacity { free: self.pool.free().len().min(total), total }
    }

    fn lateness(&self) -> Duration {
        LATENESS
    }
}

impl fmt::Debug for Pocketsphinx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pocketsphinx").field("tongue", &self.pool.tongue).finish_non_exhaustive()
    }
}

/// A caller at a decoder.
struct Seat {
    /// Always there until the seat is left.
    desk: Option<Desk>,
    pool: Arc<Pool>,
}

impl Seat {
    fn desk(&self) -> Result<&Desk, SpeechError> {
        self.desk.as_ref().ok_or(SpeechError::Gone)
    }
}

impl Ear for Seat {
    fn begin(&mut self, turn: TurnId, expect: Expect) -> Result<(), SpeechError> {
        self.desk()?.begin(turn, expect)
    }

    fn hear(&mut self, frame: &Frame) -> Result<(), SpeechError> {
        self.desk()?.hear(frame)
    }

    fn end(&mut self, turn: TurnId) -> Result<(), SpeechError> {
        self.desk()?.end(turn)
    }

    fn drop_turn(&mut self, turn: TurnId) {
        // Where the decoder is gone, the turn is gone with it.
        let _ = self.desk().and_then(|desk| desk.drop_turn(turn));
    }

    fn backlog(&self) -> usize {
        self.desk().map_or(0, Desk::backlog)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(desk) = self.desk.take()
            && desk.leave()
        {
            self.pool.free().push(desk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::{FRAME_TIME, SILENCE};
    use crate::speech::espeak::Espeak;
    use crate::speech::flite::Flite;
    use crate::speech::measure::Sample;
    use crate::speech::{Heard, Synthesiser, Voice, Words, confidence, phrases};
    use std::sync::mpsc::Receiver;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn an_english_sentence_over_the_telephone_is_understood() {
        let data = Data::new("en");
        let recogniser = english(&data, 1);
        let sample = said(&flite(&data), "slt", Tongue::En, "yes please book it", Expect::YesNo);

        let (partials, words) = listen(&recogniser, &[sample]).remove(0);

        assert_eq!(words.text, "yes please book it");
        assert!(words.confidence > confidence::DOUBT, "{words:?}");
        assert!(!partials.is_empty());
    }

    #[test]
    fn a_russian_sentence_of_a_voice_never_trained_on_is_understood() {
        let data = Data::new("ru");
        let recogniser = russian(&data, 1);
        let text = "завтра после обеда";
        let sample = said(&espeak(), "ru+f5", Tongue::Ru, text, Expect::Time);

        let (_, words) = listen(&recogniser, &[sample]).remove(0);

        assert_eq!(words.text, text);
        assert!(words.confidence > confidence::DOUBT, "{words:?}");
    }

    #[test]
    fn speech_of_quite_another_matter_is_doubted() {
        let data = Data::new("doubt");
        let recogniser = russian(&data, 1);
        let text = "съешь ещё этих мягких французских булок";
        let sample = said(&espeak(), "ru+f5", Tongue::Ru, text, Expect::Anything);

        let (_, words) = listen(&recogniser, &[sample]).remove(0);

        assert!(words.confidence < confidence::DOUBT, "{words:?}");
    }

    #[test]
    fn a_later_turn_says_when_its_words_were_said_since_its_own_beginning() {
        let data = Data::new("times");
        let recogniser = russian(&data, 1);
        let sample = said(&espeak(), "ru+f5", Tongue::Ru, "да всё верно", Expect::YesNo);
        let mut late = sample.clone();
        late.sound.splice(0..0, [SILENCE; 50]);

        let heard = listen(&recogniser, &[sample.clone(), sample, late]);

        let first = |n: usize| heard[n].1.words[0].from;
        let lasts = FRAME_TIME * heard_frames(&heard[1].1);
        assert!(first(1).abs_diff(first(0)) < Duration::from_millis(100), "{heard:?}");
        assert!(first(2).abs_diff(first(0) + Duration::from_secs(1)) < Duration::from_millis(100));
        assert!(heard[1].1.words.iter().all(|word| word.from < word.to && word.to <= lasts));
    }

    #[test]
    fn one_caller_too_many_is_refused_and_welcome_once_another_has_left() {
        let data = Data::new("busy");
        let recogniser = russian(&data, 1);
        let first = recogniser.open(Arc::new(|_, _| {})).unwrap();

        let refused = recogniser.open(Arc::new(|_, _| {})).err();
        drop(first);
        let second = recogniser.open(Arc::new(|_, _| {}));

        assert_eq!(refused, Some(SpeechError::Busy { total: 1 }));
        assert!(second.is_ok());
        assert_eq!(recogniser.capacity(), Capacity { free: 0, total: 1 });
    }

    #[test]
    fn a_decoder_that_dies_fails_its_turn_and_another_takes_its_place() {
        let data = Data::new("drill");
        let recogniser = russian(&data, 1);
        let (mut ear, heard) = open(&recogniser);

        recogniser.kill_one();
        ear.begin(TurnId(1), Expect::Anything).unwrap();
        ear.hear(&SILENCE).unwrap();
        let failed = heard.recv_timeout(PATIENCE);
        while ear.hear(&SILENCE) != Err(SpeechError::Gone) {}
        drop(ear);
        let replaced = (0..2_000).any(|_| {
            std::thread::park_timeout(Duration::from_millis(5));
            recogniser.capacity().free == 1
        });

        assert_eq!(failed, Ok((TurnId(1), Heard::Failed(SpeechError::Gone))));
        assert!(replaced && recogniser.open(Arc::new(|_, _| {})).is_ok());
    }

    #[test]
    fn a_dropped_turn_is_never_heard_of_and_the_next_is() {
        let data = Data::new("drop");
        let recogniser = russian(&data, 1);
        let (mut ear, heard) = open(&recogniser);

        ear.begin(TurnId(1), Expect::Anything).unwrap();
        ear.drop_turn(TurnId(1));
        ear.begin(TurnId(2), Expect::YesNo).unwrap();
        ear.end(TurnId(2)).unwrap();

        assert_eq!(heard.recv_timeout(PATIENCE), Ok((TurnId(2), Heard::Final(Words::default()))));
    }

    #[test]
    fn frames_beyond_ten_seconds_are_refused() {
        let data = Data::new("full");
        let recogniser = russian(&data, 1);
        let (mut ear, _heard) = open(&recogniser);
        ear.begin(TurnId(1), Expect::Anything).unwrap();

        let refused = (0..1_000_000).find_map(|_| ear.hear(&[99; 160]).err());

        assert_eq!(refused, Some(SpeechError::Full { frames: listener::FRAMES_WAITING_MAX }));
    }

    fn heard_frames(words: &Words) -> u32 {
        words.words.last().map_or(0, |word| (word.to.as_millis() / 20) as u32 + 1)
    }

    fn open(recogniser: &Pocketsphinx) -> (Box<dyn Ear>, Receiver<(TurnId, Heard)>) {
        let (say, heard) = mpsc::channel();
        let events: Events = Arc::new(move |turn, heard| drop(say.send((turn, heard))));
        (recogniser.open(events).unwrap(), heard)
    }

    /// Partial and final words of each turn.
    fn listen(recogniser: &Pocketsphinx, turns: &[Sample]) -> Vec<(Vec<Words>, Words)> {
        let (mut ear, heard) = open(recogniser);
        let turns = (1..).zip(turns).map(|(n, sample)| {
            ear.begin(TurnId(n), sample.expect).unwrap();
            sample.sound.iter().for_each(|frame| ear.hear(frame).unwrap());
            ear.end(TurnId(n)).unwrap();
            let mut partials = Vec::new();
            loop {
                match heard.recv_timeout(PATIENCE).unwrap().1 {
                    Heard::Partial(words) => partials.push(words),
                    Heard::Final(words) => return (partials, words),
                    Heard::Failed(error) => panic!("{error}"),
                }
            }
        });
        turns.collect()
    }

    fn said(
        synthesiser: &dyn Synthesiser,
        voice: &str,
        tongue: Tongue,
        text: &str,
        expect: Expect,
    ) -> Sample {
        Sample::of(synthesiser, &Voice::plain(tongue, voice), text, expect).unwrap()
    }

    fn espeak() -> Espeak {
        Espeak::new(1).expect("espeak-ng: apt-get install espeak-ng")
    }

    fn flite(data: &Data) -> Flite {
        Flite::new(1, &data.0.join("flite")).expect("flite: apt-get install flite")
    }

    fn russian(data: &Data, decoders: usize) -> Pocketsphinx {
        start(Tongue::Ru, data, decoders)
    }

    fn english(data: &Data, decoders: usize) -> Pocketsphinx {
        start(Tongue::En, data, decoders)
    }

    fn start(tongue: Tongue, data: &Data, decoders: usize) -> Pocketsphinx {
        let streets = match tongue {
            Tongue::Ru => "улица горького",
            Tongue::En => "victory",
        };
        let phrases = phrases::common(tongue, &[streets.into()], &[]);
        let data = data.0.clone();
        let setup = Setup { tongue, model: None, phrases: &phrases, data, decoders };
        Pocketsphinx::start(&setup)
            .expect("apt-get install libpocketsphinx3 pocketsphinx-en-us espeak-ng")
    }

    struct Data(PathBuf);

    impl Data {
        fn new(name: &str) -> Data {
            let unique = format!("gudok-recogniser-{name}-{}", std::process::id());
            Data(std::env::temp_dir().join(unique))
        }
    }

    impl Drop for Data {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
