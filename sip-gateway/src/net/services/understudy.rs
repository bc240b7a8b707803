//! Several recognisers as one: the first in the list that is well hears the caller, and the next takes over
//! within the turn where it fails or is late, from the turn's first frame, so that no word is lost.
//!
//! **Never here:** how a recogniser is reached, what is done when none is left.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use media::audio::{FRAME_TIME, Frame};
use media::speech::{Capacity, Ear, Events, Expect, Heard, Meter, Recogniser, Share, SpeechError};
use media::turn::TurnId;
use tokio::runtime::Handle;

use super::health::Health;
use crate::clock;
use crate::net::switchboard::lock;

/// Frames kept of a turn, for whoever takes over: a minute.
const FRAMES_MAX: usize = 3_000;
/// Whoever takes over and is given a long turn at once may be full for a moment.
const AGAIN_AFTER: Duration = Duration::from_millis(20);
/// Turns whose words are still owed; there are never more than two but where all fails.
const TURNS_MAX: usize = 4;
/// Final words later than this are asked of the next one as well; the first to answer is heard.
const LATE_AFTER: Duration = Duration::from_millis(700);

/// One recogniser and how it has been doing.
pub struct Service {
    pub name: String,
    pub recogniser: Arc<dyn Recogniser>,
    pub health: Mutex<Health>,
    /// What it hears is counted.
    pub costs: bool,
}

impl Service {
    pub fn new(name: &str, recogniser: Arc<dyn Recogniser>) -> Self {
        Service { name: name.to_owned(), recogniser, health: Mutex::default(), costs: true }
    }

    fn went(&self, well: bool) {
        lock(&self.health).went(clock::now(), well);
    }
}

/// All of them, best first.
pub struct Understudies {
    services: Arc<[Service]>,
    runtime: Handle,
}

impl Understudies {
    /// `services`: best first; at least one.
    pub fn new(services: Vec<Service>, runtime: Handle) -> Self {
        Understudies { services: services.into(), runtime }
    }
}

impl Recogniser for Understudies {
    fn open(&self, events: Events) -> Result<Box<dyn Ear>, SpeechError> {
        self.open_metered(events, Arc::new(|_, _| {}))
    }

    fn open_metered(&self, events: Events, meter: Meter) -> Result<Box<dyn Ear>, SpeechError> {
        let stage = Arc::new_cyclic(|this| {
            Mutex::new(Stage {
                waits: false,
                this: Weak::clone(this),
                services: Arc::clone(&self.services),
                runtime: self.runtime.clone(),
                events,
                meter,
                hearing: None,
                retired: Vec::new(),
                generation: 0,
                turns: VecDeque::new(),
            })
        });
        lock(&stage).take_best(0)?;
        Ok(Box::new(Understudy(stage)))
    }

    fn capacity(&self) -> Capacity {
        self.services.last().map_or(Capacity { free: 0, total: 0 }, |it| it.recogniser.capacity())
    }

    fn lateness(&self) -> Duration {
        self.services.first().map_or(Duration::ZERO, |it| it.recogniser.lateness())
    }
}

/// One caller, whoever hears them.
struct Stage {
    this: Weak<Mutex<Stage>>,
    /// Somebody is full, and will be given the rest soon.
    waits: bool,
    services: Arc<[Service]>,
    runtime: Handle,
    events: Events,
    meter: Meter,
    hearing: Option<Hearing>,
    /// Late ones that may still be the first to answer.
    retired: Vec<Box<dyn Ear>>,
    generation: u64,
    turns: VecDeque<Turn>,
}

struct Hearing {
    nth: usize,
    ear: Box<dyn Ear>,
    /// Given to it and not counted yet.
    frames: u32,
}

struct Turn {
    id: TurnId,
    expect: Expect,
    frames: VecDeque<Frame>,
    ended: bool,
    /// What the one who hears now has been given of it.
    given: Given,
}

#[derive(Debug, Default)]
struct Given {
    begin: bool,
    frames: usize,
    end: bool,
}

struct Understudy(Arc<Mutex<Stage>>);

impl Ear for Understudy {
    fn begin(&mut self, turn: TurnId, expect: Expect) -> Result<(), SpeechError> {
        lock(&self.0).begin(turn, expect)
    }

    fn hear(&mut self, frame: &Frame) -> Result<(), SpeechError> {
        lock(&self.0).hear(frame)
    }

    fn end(&mut self, turn: TurnId) -> Result<(), SpeechError> {
        lock(&self.0).end(turn)
    }

    fn drop_turn(&mut self, turn: TurnId) {
        let mut stage = lock(&self.0);
        stage.turns.retain(|it| it.id != turn);
        if let Some(hearing) = &mut stage.hearing {
            hearing.ear.drop_turn(turn);
        }
    }

    fn backlog(&self) -> usize {
        lock(&self.0).hearing.as_ref().map_or(0, |hearing| hearing.ear.backlog())
    }
}

impl Stage {
    /// The best one from the `first` on that is well and has room.
    fn take_best(&mut self, first: usize) -> Result<(), SpeechError> {
        let mut error = SpeechError::Gone;
        for nth in first..self.services.len() {
            match self.take(nth) {
                Ok(()) => return Ok(()),
                Err(refused) => error = refused,
            }
        }
        self.hearing = None;
        Err(error)
    }

    fn take(&mut self, nth: usize) -> Result<(), SpeechError> {
        let service = &self.services[nth];
        let last = nth + 1 == self.services.len();
        // The last one is asked however it has been doing: nobody comes after it.
        if !lock(&service.health).admits(clock::now()) && !last {
            return Err(SpeechError::Gone);
        }
        self.generation += 1;
        let ear = service.recogniser.open(self.listener(nth));
        if let Err(SpeechError::Engine { .. } | SpeechError::Gone) = &ear {
            service.went(false);
        }
        let ear = ear?;
        self.count();
        self.hearing = Some(Hearing { nth, ear, frames: 0 });
        Ok(())
    }

    /// What that one finds; told on other threads, maybe long after another has taken over.
    fn listener(&self, nth: usize) -> Events {
        let (stage, generation, runtime) =
            (Weak::clone(&self.this), self.generation, self.runtime.clone());
        Arc::new(move |turn, heard| {
            let Some(stage) = stage.upgrade() else { return };
            match heard {
                Heard::Failed(error) => {
                    // Whoever tells may hold what taking over needs.
                    runtime.spawn(async move { lock(&stage).failed(generation, nth, turn, error) });
                }
                heard => lock(&stage).found(generation, nth, turn, heard),
            }
        })
    }

    fn found(&mut self, generation: u64, nth: usize, turn: TurnId, heard: Heard) {
        let current = generation == self.generation;
        if !self.turns.iter().any(|it| it.id == turn) {
            return;
        }
        if let Heard::Final(_) = heard {
            self.services[nth].went(true);
            self.turns.retain(|it| it.id != turn);
            self.retired.clear();
            self.count();
        } else if !current {
            return;
        }
        (self.events)(turn, heard);
    }

    fn failed(&mut self, generation: u64, nth: usize, turn: TurnId, error: SpeechError) {
        self.services[nth].went(false);
        if generation != self.generation {
            return;
        }
        tracing::warn!(service = self.services[nth].name, %turn, %error, "a recogniser failed");
        self.count();
        self.hearing = None;
        self.replace(nth + 1, error);
    }

    /// The next one hears everything that is still owed, from its beginning.
    fn replace(&mut self, next: usize, error: SpeechError) {
        if self.take_best(next).is_err() {
            self.generation += 1;
            for turn in std::mem::take(&mut self.turns) {
                (self.events)(turn.id, Heard::Failed(error.clone()));
            }
            return;
        }
        if let Some(hearing) = &self.hearing {
            let service = &self.services[hearing.nth].name;
            tracing::info!(service, "another recogniser takes over");
        }
        for turn in &mut self.turns {
            turn.given = Given::default();
        }
        self.give();
    }

    /// Gives whoever hears now what they have not been given, in order, as long as they take it.
    fn give(&mut self) {
        match self.give_all() {
            Ok(()) => {}
            Err(SpeechError::Full { .. }) => self.give_soon(),
            Err(error) => {
                let nth = self.hearing.as_ref().map_or(0, |hearing| hearing.nth);
                self.services[nth].went(false);
                self.count();
                self.hearing = None;
                self.replace(nth + 1, error);
            }
        }
    }

    fn give_all(&mut self) -> Result<(), SpeechError> {
        let Some(hearing) = &mut self.hearing else {
            return Ok(());
        };
        for turn in &mut self.turns {
            if !turn.given.begin {
                hearing.ear.begin(turn.id, turn.expect)?;
                turn.given.begin = true;
            }
            while let Some(frame) = turn.frames.get(turn.given.frames) {
                hearing.ear.hear(frame)?;
                turn.given.frames += 1;
                hearing.frames += 1;
            }
            if turn.ended && !turn.given.end {
                hearing.ear.end(turn.id)?;
                turn.given.end = true;
            }
        }
        Ok(())
    }

    fn give_soon(&mut self) {
        if std::mem::replace(&mut self.waits, true) {
            return;
        }
        let stage = Weak::clone(&self.this);
        self.runtime.spawn(async move {
            tokio::time::sleep(AGAIN_AFTER).await;
            if let Some(stage) = stage.upgrade() {
                let mut stage = lock(&stage);
                stage.waits = false;
                stage.give();
            }
        });
    }

    /// A turn is heard by the best one that is well, whoever heard the last.
    fn begin(&mut self, id: TurnId, expect: Expect) -> Result<(), SpeechError> {
        if self.turns.len() >= TURNS_MAX {
            self.turns.pop_front();
        }
        let settled = self.turns.is_empty();
        let given = Given::default();
        self.turns.push_back(Turn { id, expect, frames: VecDeque::new(), ended: false, given });
        let nth = self.hearing.as_ref().map_or(usize::MAX, |hearing| hearing.nth);
        let better = (0..nth.min(self.services.len())).find(|nth| self.may_serve(*nth));
        if settled && better.is_some_and(|better| self.take(better).is_err()) || nth == usize::MAX {
            self.take_best(0)?;
        }
        self.give();
        self.is_heard()
    }

    fn may_serve(&self, nth: usize) -> bool {
        !lock(&self.services[nth].health).rests(clock::now())
    }

    fn hear(&mut self, frame: &Frame) -> Result<(), SpeechError> {
        if let Some(turn) = self.turns.back_mut().filter(|turn| !turn.ended) {
            if turn.frames.len() >= FRAMES_MAX {
                turn.frames.pop_front();
                turn.given.frames = turn.given.frames.saturating_sub(1);
            }
            turn.frames.push_back(*frame);
        }
        self.give();
        self.is_heard()
    }

    fn end(&mut self, id: TurnId) -> Result<(), SpeechError> {
        let Some(turn) = self.turns.iter_mut().find(|turn| turn.id == id) else {
            return Ok(());
        };
        turn.ended = true;
        self.give();
        let (stage, generation) = (Weak::clone(&self.this), self.generation);
        self.runtime.spawn(async move {
            tokio::time::sleep(LATE_AFTER).await;
            if let Some(stage) = stage.upgrade() {
                lock(&stage).late(generation, id);
            }
        });
        self.is_heard()
    }

    /// The words of this turn are late: the next one is asked as well.
    fn late(&mut self, generation: u64, id: TurnId) {
        let owed = self.turns.iter().any(|turn| turn.id == id);
        let next = self.hearing.as_ref().map(|hearing| hearing.nth + 1);
        let Some(next) = next.filter(|next| *next < self.services.len()) else {
            return;
        };
        if !owed || generation != self.generation {
            return;
        }
        self.count();
        self.retired.extend(self.hearing.take().map(|hearing| hearing.ear));
        self.replace(next, SpeechError::Silent { engine: "recogniser", after: LATE_AFTER });
    }

    /// What has been heard since the last time is told.
    fn count(&mut self) {
        let Some(hearing) = &mut self.hearing else {
            return;
        };
        let frames = std::mem::take(&mut hearing.frames);
        let service = &self.services[hearing.nth];
        if service.costs && frames > 0 {
            (self.meter)(&service.name, Share::Heard(FRAME_TIME * frames));
        }
    }

    fn is_heard(&self) -> Result<(), SpeechError> {
        self.hearing.as_ref().map(|_| ()).ok_or(SpeechError::Gone)
    }
}

/// What was heard and not counted when the caller left.
impl Drop for Stage {
    fn drop(&mut self) {
        self.count();
    }
}
