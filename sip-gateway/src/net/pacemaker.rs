//! The pacemaker: every 20 ms each call hears one frame and sends one frame.
//!
//! One thread per core steps all its calls. Between two beats it passes on what recognisers,
//! synthesisers and the job core have answered, so that nothing waits for a beat in vain.
//!
//! **Never here:** waiting for anything but the next beat or a message.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use dialog::conversation::{Answer, RequestId};
use media::audio::FRAME_TIME;
use media::speech::{Heard, Spoken};
use media::turn::TurnId;

use super::seat::Seat;
use crate::call::end::End;
use crate::clock;
use crate::sip::agent::Leg;

/// Messages waiting for one pacemaker; one more is refused, and its sender ends what it was doing.
const MESSAGES_MAX: usize = 8_192;
/// A beat later than this is not made up for: the machine was asleep.
const BEATS_MISSED_MAX: u32 = 25;

#[derive(Debug)]
pub enum Message {
    Sit(Box<Seat>),
    Heard(Leg, TurnId, Heard),
    Spoken(Leg, TurnId, Spoken),
    Core(Leg, RequestId, Answer),
    /// The other end hung up.
    HungUp(Leg),
    Stop(Leg, End),
    StopAll(End),
}

/// The way to one pacemaker.
#[derive(Debug, Clone)]
pub struct Beat {
    inbox: SyncSender<Message>,
}

impl Beat {
    /// Starts a pacemaker thread.
    pub fn start(nth: usize) -> std::io::Result<Self> {
        let (inbox, messages) = sync_channel(MESSAGES_MAX);
        thread::Builder::new().name(format!("pacemaker-{nth}")).spawn(move || {
            Pacemaker { seats: HashMap::new(), messages }.run();
        })?;
        Ok(Self { inbox })
    }

    /// False when the pacemaker is gone or drowning. Never waits: seats send from the beat itself.
    pub fn send(&self, message: Message) -> bool {
        self.inbox.try_send(message).inspect_err(|_| tracing::error!("message dropped")).is_ok()
    }
}

struct Pacemaker {
    seats: HashMap<Leg, Seat>,
    messages: Receiver<Message>,
}

impl Pacemaker {
    fn run(mut self) {
        let mut beat = clock::now() + FRAME_TIME;
        while self.pass_messages(beat) {
            self.step(clock::now());
            beat = next_beat(beat, clock::now());
        }
    }

    /// Passes messages on until the beat is due; false when nobody can send any more.
    fn pass_messages(&mut self, beat: Instant) -> bool {
        loop {
            let wait = beat.saturating_duration_since(clock::now());
            if wait.is_zero() {
                return true;
            }
            match self.messages.recv_timeout(wait) {
                Ok(message) => self.pass(clock::now(), message),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return !self.seats.is_empty(),
            }
        }
    }

    fn pass(&mut self, now: Instant, message: Message) {
        use crate::call::Input;
        match message {
            Message::Sit(mut seat) => {
                seat.handle(now, Input::Answered);
                self.seats.insert(seat.leg(), *seat);
            }
            Message::Heard(leg, turn, heard) => self.tell(now, leg, Input::Heard(turn, heard)),
            Message::Spoken(leg, line, spoken) => self.tell(now, leg, Input::Spoken(line, spoken)),
            Message::Core(leg, id, answer) => self.tell(now, leg, Input::Core(id, answer)),
            Message::HungUp(leg) => self.tell(now, leg, Input::HungUp),
            Message::Stop(leg, end) => self.tell(now, leg, Input::Stop(end)),
            Message::StopAll(end) => {
                for seat in self.seats.values_mut() {
                    seat.handle(now, Input::Stop(end));
                }
                self.seats.retain(|_, seat| !seat.over());
            }
        }
    }

    /// What comes for a call that is over is dropped here.
    fn tell(&mut self, now: Instant, leg: Leg, input: crate::call::Input<'_>) {
        let Some(seat) = self.seats.get_mut(&leg) else {
            return;
        };
        seat.handle(now, input);
        if seat.over() {
            self.seats.remove(&leg);
        }
    }

    fn step(&mut self, now: Instant) {
        for seat in self.seats.values_mut() {
            seat.step(now);
        }
        self.seats.retain(|_, seat| !seat.over());
    }
}

fn next_beat(beat: Instant, now: Instant) -> Instant {
    let late = now.saturating_duration_since(beat);
    if late > FRAME_TIME * BEATS_MISSED_MAX {
        tracing::warn!(late_ms = late.as_millis() as u64, "beats missed");
        return now + FRAME_TIME;
    }
    beat + FRAME_TIME
}
