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

use super::language_model::{Phrase, Phrases};
use super::lexicon::Lexicon;
use super::listener::{self, Desk, Recipe};
use super::models::Model;
use super::{Capacity, Ear, Events, Expect, Recogniser, SpeechError, Tongue};
use crate::audio::Frame;
use crate::turn::TurnId;

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
    options.push(("-logfn".into(), "/dev/null".into()));
    options.push(("-hmm".into(), path(&model.dir)));
    options.push(("-dict".into(), path(&dictionary)));
    Ok(Recipe {
        options,
        language_models,
        rate: model.rate,
    })
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
                return Ok(Box::new(Seat {
                    desk: Some(desk),
                    pool: self.pool.clone(),
                }));
            }
        }
        Err(SpeechError::Busy {
            total: self.pool.total,
        })
    }

    fn capacity(&self) -> Capacity {
        Capacity {
            free: self.pool.free().len(),
            total: self.pool.total,
        }
    }
}

impl fmt::Debug for Pocketsphinx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pocketsphinx")
            .field("tongue", &self.pool.tongue)
            .finish_non_exhaustive()
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
