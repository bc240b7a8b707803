//! A recogniser behind a WebSocket: one line per caller, opened before it is needed, opened again when it breaks.
//!
//! A line that stands but carries nothing is noticed within a second: while words are owed it is pinged, and
//! silence is its end. Whatever was owed then is told as failed, at once.
//!
//! **Never here:** the service's own words (`media/speech/service`), what happens to a turn that failed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use media::audio::Frame;
use media::speech::service::{Act, Dialect, Piece};
use media::speech::{Capacity, Ear, Events, Expect, Heard, Recogniser, SpeechError};
use media::turn::TurnId;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_tungstenite::tungstenite::Message;

use super::line::{self, Address, Line};
use crate::clock;

/// Frames and orders waiting for the line: five seconds of sound.
pub(super) const WAITING_MAX: usize = 256;
/// While words are owed, the line is looked at so often …
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// … and given up when nothing has come for so long.
pub(super) const SILENT_FOR: Duration = Duration::from_millis(1_000);
/// Otherwise it is kept alive so often.
const ALIVE_EVERY: Duration = Duration::from_secs(4);
/// Final words later than this are of no use to the caller.
pub(super) const FINAL_WITHIN: Duration = Duration::from_millis(1_500);
/// A line that cannot be opened is tried again after this, longer each time, and then no more.
const AGAIN_AFTER: Duration = Duration::from_millis(250);
const TRIES: u32 = 4;

/// Makes the talk of one caller.
pub type Talk = Arc<dyn Fn() -> Box<dyn Dialect> + Send + Sync>;

/// A service for many callers.
pub struct Remote {
    pub engine: &'static str,
    pub address: Address,
    pub talk: Talk,
    runtime: Handle,
    places: Arc<Semaphore>,
    total: usize,
}

impl Remote {
    /// At most `total` callers at once.
    pub fn new(
        engine: &'static str,
        address: Address,
        talk: Talk,
        total: usize,
        runtime: Handle,
    ) -> Self {
        Remote { engine, address, talk, runtime, places: Arc::new(Semaphore::new(total)), total }
    }
}

impl Recogniser for Remote {
    fn open(&self, events: Events) -> Result<Box<dyn Ear>, SpeechError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| SpeechError::Busy { total: self.total })?;
        let (orders, inbox) = mpsc::channel(WAITING_MAX);
        let caller = Caller {
            engine: self.engine,
            address: self.address.clone(),
            talk: Arc::clone(&self.talk),
            events,
            inbox,
            _place: place,
        };
        self.runtime.spawn(caller.serve());
        Ok(Box::new(RemoteEar { orders }))
    }

    fn capacity(&self) -> Capacity {
        Capacity { free: self.places.available_permits(), total: self.total }
    }
}

pub(super) enum Order {
    Begin(TurnId, Expect),
    Hear(Box<Frame>),
    End(TurnId),
    Forget(TurnId),
}

pub(super) struct RemoteEar {
    orders: mpsc::Sender<Order>,
}

impl RemoteEar {
    pub(super) fn new(orders: mpsc::Sender<Order>) -> Self {
        RemoteEar { orders }
    }

    fn order(&self, order: Order) -> Result<(), SpeechError> {
        self.orders.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SpeechError::Full { frames: WAITING_MAX },
            mpsc::error::TrySendError::Closed(_) => SpeechError::Gone,
        })
    }
}

impl Ear for RemoteEar {
    fn begin(&mut self, turn: TurnId, expect: Expect) -> Result<(), SpeechError> {
        self.order(Order::Begin(turn, expect))
    }

    fn hear(&mut self, frame: &Frame) -> Result<(), SpeechError> {
        self.order(Order::Hear(Box::new(*frame)))
    }

    fn end(&mut self, turn: TurnId) -> Result<(), SpeechError> {
        self.order(Order::End(turn))
    }

    fn drop_turn(&mut self, turn: TurnId) {
        let _ = self.order(Order::Forget(turn));
    }
}

struct Caller {
    engine: &'static str,
    address: Address,
    talk: Talk,
    events: Events,
    inbox: mpsc::Receiver<Order>,
    _place: OwnedSemaphorePermit,
}

/// How a line ended.
enum Over {
    /// The caller needs it no more.
    Left,
    Broken(SpeechError),
}

impl Caller {
    async fn serve(mut self) {
        let mut tries = 0;
        loop {
            let error = match line::open(&self.address).await {
                Ok(line) => {
                    tries = 0;
                    match self.carry(line).await {
                        Over::Left => return,
                        Over::Broken(error) => error,
                    }
                }
                Err(fact) => SpeechError::Engine { engine: self.engine, fact },
            };
            tries += 1;
            tracing::warn!(engine = self.engine, %error, tries, "a recogniser's line is down");
            if tries >= TRIES || !self.wait(AGAIN_AFTER * 2_u32.pow(tries), &error).await {
                return;
            }
        }
    }

    /// Between two lines every turn fails at once. False when the caller has left.
    async fn wait(&mut self, pause: Duration, error: &SpeechError) -> bool {
        let until = clock::now() + pause;
        loop {
            let left = until.saturating_duration_since(clock::now());
            match tokio::time::timeout(left, self.inbox.recv()).await {
                Ok(Some(Order::Begin(turn, _))) => {
                    (self.events)(turn, Heard::Failed(error.clone()));
                }
                Ok(Some(Order::Hear(_) | Order::End(_) | Order::Forget(_))) => {}
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    }

    async fn carry(&mut self, line: Line) -> Over {
        let mut talk = (self.talk)();
        talk.greet();
        let (mut out, mut inbound) = line.split();
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut watch = Watch::new(clock::now());
        let over = loop {
            // What there is to say is said before anything else is listened to.
            let mut said = Ok(());
            while let Some(act) = talk.poll() {
                match act {
                    Act::Send(piece) => {
                        watch.sent = clock::now();
                        let sending = tokio::time::timeout(SILENT_FOR, out.feed(message(piece)));
                        said = said.and(sending.await.unwrap_or_else(|_| Err(stuck())));
                    }
                    Act::Tell(turn, heard) => {
                        if !matches!(heard, Heard::Partial(_)) {
                            watch.due.remove(&turn);
                        }
                        (self.events)(turn, heard);
                    }
                }
            }
            let flushed = tokio::time::timeout(SILENT_FOR, out.flush()).await;
            if let Err(error) = said.and(flushed.unwrap_or_else(|_| Err(stuck()))) {
                break Over::Broken(self.broken(&error));
            }

            tokio::select! {
                order = self.inbox.recv() => match order {
                    None => break Over::Left,
                    Some(order) => obey(talk.as_mut(), &mut watch, order),
                },
                message = inbound.next() => {
                    watch.heard = clock::now();
                    match message {
                        Some(Ok(message)) => {
                            let taken = piece(message).map(|piece| talk.take(&piece));
                            if let Some(Err(error)) = taken {
                                break Over::Broken(error);
                            }
                        }
                        Some(Err(error)) => break Over::Broken(self.broken(&error)),
                        None => break Over::Broken(self.broken(&"the line was closed")),
                    }
                },
                _ = look.tick() => {
                    let now = clock::now();
                    for turn in watch.overdue(now) {
                        let after = FINAL_WITHIN;
                        talk.forget(turn);
                        (self.events)(turn, Heard::Failed(SpeechError::Silent { engine: self.engine, after }));
                    }
                    match watch.look(now, !talk.owed().is_empty()) {
                        Look::Well => {}
                        Look::Ping => {
                            let _ = out.feed(Message::Ping(Vec::new().into())).await;
                        }
                        Look::Alive => {
                            talk.keep_alive();
                            let _ = out.feed(Message::Ping(Vec::new().into())).await;
                        }
                        Look::Dead => {
                            let after = SILENT_FOR;
                            break Over::Broken(SpeechError::Silent { engine: self.engine, after });
                        }
                    }
                }
            }
        };
        match &over {
            Over::Left => {
                let _ = tokio::time::timeout(SILENT_FOR, out.close()).await;
            }
            Over::Broken(error) => {
                for turn in talk.owed() {
                    (self.events)(turn, Heard::Failed(error.clone()));
                }
            }
        }
        over
    }

    fn broken(&self, fact: &dyn std::fmt::Display) -> SpeechError {
        SpeechError::Engine { engine: self.engine, fact: fact.to_string() }
    }
}

fn stuck() -> tokio_tungstenite::tungstenite::Error {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

fn obey(talk: &mut dyn Dialect, watch: &mut Watch, order: Order) {
    match order {
        Order::Begin(turn, expect) => {
            watch.owes(clock::now());
            talk.begin(turn, expect);
        }
        Order::Hear(frame) => talk.hear(&frame),
        Order::End(turn) => {
            watch.owes(clock::now());
            watch.due.insert(turn, clock::now() + FINAL_WITHIN);
            talk.end(turn);
        }
        Order::Forget(turn) => {
            watch.due.remove(&turn);
            talk.forget(turn);
        }
    }
}

fn message(piece: Piece) -> Message {
    match piece {
        Piece::Text(text) => Message::text(text),
        Piece::Bytes(bytes) => Message::binary(bytes),
    }
}

fn piece(message: Message) -> Option<Piece> {
    match message {
        Message::Text(text) => Some(Piece::Text(text.to_string())),
        Message::Binary(bytes) => Some(Piece::Bytes(bytes.to_vec())),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => None,
    }
}

/// What a look at the line says.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    Well,
    Ping,
    /// Nobody needs it now: keep it.
    Alive,
    Dead,
}

/// When something last came and went, and whose words are due when.
struct Watch {
    heard: Instant,
    sent: Instant,
    due: HashMap<TurnId, Instant>,
    pinged: Option<Instant>,
}

impl Watch {
    fn new(now: Instant) -> Self {
        Watch { heard: now, sent: now, due: HashMap::new(), pinged: None }
    }

    /// From now on words are owed: what was silent before does not count.
    fn owes(&mut self, now: Instant) {
        if self.pinged.is_none() {
            self.heard = self.heard.max(now);
        }
    }

    fn overdue(&mut self, now: Instant) -> Vec<TurnId> {
        let overdue = self.due.iter().filter(|(_, due)| now >= **due).map(|(turn, _)| *turn);
        let overdue: Vec<TurnId> = overdue.collect();
        self.due.retain(|turn, _| !overdue.contains(turn));
        overdue
    }

    fn look(&mut self, now: Instant, owed: bool) -> Look {
        if self.pinged.is_some_and(|at| self.heard >= at) {
            self.pinged = None;
        }
        let silent = now.saturating_duration_since(self.heard);
        let unanswered = self.pinged.map(|at| now.saturating_duration_since(at));
        if unanswered.is_some_and(|waited| waited >= SILENT_FOR - LOOK_EVERY)
            && silent >= SILENT_FOR
        {
            return Look::Dead;
        }
        match (owed, self.pinged) {
            (true, None) if silent >= LOOK_EVERY => {
                self.pinged = Some(now);
                Look::Ping
            }
            (false, None) if now.saturating_duration_since(self.sent) >= ALIVE_EVERY => {
                (self.pinged, self.sent) = (Some(now), now);
                Look::Alive
            }
            (_, _) => Look::Well,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_owes_words_and_says_nothing_is_dead_within_a_second_and_a_look() {
        let start = clock::now();
        let mut watch = Watch::new(start);
        watch.owes(start);
        let looks: Vec<Look> =
            (1..=5).map(|nth| watch.look(start + LOOK_EVERY * nth, true)).collect();
        assert_eq!(looks, [Look::Ping, Look::Well, Look::Well, Look::Dead, Look::Dead]);
    }

    #[test]
    fn a_pong_keeps_it_and_an_idle_line_is_only_kept_alive() {
        let start = clock::now();
        let mut watch = Watch::new(start);
        for nth in 1..=20 {
            let now = start + LOOK_EVERY * nth;
            let look = watch.look(now, true);
            assert_ne!(look, Look::Dead);
            if look == Look::Ping {
                watch.heard = now + Duration::from_millis(40);
            }
        }
        let mut idle = Watch::new(start);
        let looks = (1..=16).map(|nth| idle.look(start + LOOK_EVERY * nth, false));
        assert_eq!(looks.filter(|look| *look != Look::Well).collect::<Vec<_>>(), [Look::Alive]);
    }
}
