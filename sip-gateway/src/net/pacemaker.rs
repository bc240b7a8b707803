//! The pacemaker: every 20 ms each call hears one frame and sends one frame.
//!
//! One thread per core, of real-time priority where the kernel allows it, steps all its calls. A beat comes every 5 ms and belongs to a quarter of
//! them, so that an answered call speaks within 5 ms and packets leave evenly. Between two beats it
//! passes on what recognisers, synthesisers and the job core have answered, so that nothing waits
//! for a beat in vain.
//!
//! **Never here:** waiting for anything but the next beat or a message.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use dialog::conversation::{Answer, RequestId};
use media::audio::{FRAME_TIME, Frame};
use media::speech::{Heard, Spoken};
use media::turn::TurnId;
use thread_priority::{
    RealtimeThreadSchedulePolicy, ScheduleParams, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

use super::seat::{Partner, Seat};
use crate::call::end::End;
use crate::call::handover::Handover;
use crate::call::strain::Strain;
use crate::clock;
use crate::sip::agent::Leg;
use crate::sip::sdp::{Secret, Session};

/// Messages waiting for one pacemaker; one more is refused, and its sender ends what it was doing.
const MESSAGES_MAX: usize = 8_192;
/// Calls are spread over so many beats of their 20 ms.
const PHASES: usize = 4;
const BEAT: Duration = Duration::from_nanos(FRAME_TIME.as_nanos() as u64 / PHASES as u64);
/// A beat later than half a second is not made up for: the machine was asleep.
const LATE_MAX: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub enum Message {
    Sit(Box<Seat>),
    Heard(Leg, TurnId, Heard),
    Spoken(Leg, TurnId, Spoken),
    Core(Leg, RequestId, Answer),
    /// Came beside the sound, from there.
    Report(Leg, SocketAddr, Vec<u8>),
    /// A key that came beside the sound.
    Key(Leg, char),
    /// The other end has changed the terms; beside them what we encrypt with.
    Reagreed(Leg, Box<(Session, Secret)>),
    /// Somebody else has taken the other end's place: their number or address.
    GoesOnWith(Leg, String),
    /// How putting the caller through goes.
    HandedOver(Leg, Handover),
    /// This call's line is joined with that one.
    Joined(Leg, Partner),
    /// 20 ms from there.
    Across(Leg, Box<Frame>),
    /// From now on nothing is recorded, or everything again.
    Hide(Leg, bool),
    /// The other end hung up.
    HungUp(Leg),
    Stop(Leg, End),
    StopAll(End),
}

/// The way to one pacemaker.
#[derive(Debug, Clone)]
pub struct Beat {
    inbox: SyncSender<Message>,
    strained: Arc<AtomicBool>,
}

impl Beat {
    /// Starts a pacemaker thread.
    pub fn start(nth: usize) -> std::io::Result<Self> {
        let (inbox, messages) = sync_channel(MESSAGES_MAX);
        let strained = Arc::new(AtomicBool::new(false));
        let shown = Arc::clone(&strained);
        thread::Builder::new().name(format!("pacemaker-{nth}")).spawn(move || {
            prefer_this_thread();
            Pacemaker { phases: Default::default(), phase: 0, messages }.run(&shown);
        })?;
        Ok(Self { inbox, strained })
    }

    /// One more call would make its calls stutter.
    pub fn strained(&self) -> bool {
        self.strained.load(Ordering::Relaxed)
    }

    /// False when the pacemaker is gone or drowning. Never waits: seats send from the beat itself.
    pub fn send(&self, message: Message) -> bool {
        self.inbox.try_send(message).inspect_err(|_| tracing::error!("message dropped")).is_ok()
    }
}

struct Pacemaker {
    /// Whose turn it is at each beat.
    phases: [Vec<Box<Seat>>; PHASES],
    /// The next beat's.
    phase: usize,
    messages: Receiver<Message>,
}

impl Pacemaker {
    fn run(mut self, shown: &AtomicBool) {
        let mut due = clock::now() + BEAT;
        let mut strain = Strain::new(due);
        while self.wait(&mut due) {
            let began = clock::now();
            self.step(began);
            let done = clock::now();
            strain.beat(due, began, done);
            shown.store(strain.strained(done) && !self.is_empty(), Ordering::Relaxed);
            due = next_beat(due, done);
        }
    }

    /// Until the beat; with nobody to beat for, until a beat after the next message. False when nobody
    /// can send any more.
    fn wait(&mut self, due: &mut Instant) -> bool {
        if self.is_empty() {
            let Ok(message) = self.messages.recv() else {
                return false;
            };
            let now = clock::now();
            self.pass(now, message);
            *due = now + BEAT;
        }
        self.pass_messages(*due)
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
                Err(RecvTimeoutError::Disconnected) => return !self.is_empty(),
            }
        }
    }

    fn pass(&mut self, now: Instant, message: Message) {
        use crate::call::Input;
        match message {
            Message::Sit(mut seat) => {
                seat.handle(now, Input::Answered);
                self.phases[self.phase].push(seat);
            }
            Message::Heard(leg, turn, heard) => self.tell(now, leg, Input::Heard(turn, heard)),
            Message::Spoken(leg, line, spoken) => self.tell(now, leg, Input::Spoken(line, spoken)),
            Message::Core(leg, id, answer) => self.tell(now, leg, Input::Core(id, answer)),
            Message::Report(leg, from, report) => {
                if let Some(seat) = self.seats().find(|seat| seat.leg() == leg) {
                    seat.take_report(now, from, report);
                }
            }
            Message::Key(leg, key) => self.tell(now, leg, Input::Key(key)),
            Message::Reagreed(leg, terms) => {
                if let Some(seat) = self.seats().find(|seat| seat.leg() == leg) {
                    seat.reagree(now, &terms.0, &terms.1);
                }
            }
            Message::GoesOnWith(leg, with) => self.tell(now, leg, Input::GoesOnWith(with)),
            Message::HandedOver(leg, how) => self.tell(now, leg, Input::HandedOver(how)),
            Message::Joined(leg, partner) => self.join(now, leg, partner),
            Message::Across(leg, frame) => self.tell(now, leg, Input::Across(*frame)),
            Message::Hide(leg, hides) => self.tell(now, leg, Input::Hide(hides)),
            Message::HungUp(leg) => self.tell(now, leg, Input::HungUp),
            Message::Stop(leg, end) => self.tell(now, leg, Input::Stop(end)),
            Message::StopAll(end) => {
                for seat in self.seats() {
                    seat.handle(now, Input::Stop(end));
                }
                self.leave();
            }
        }
    }

    /// Whoever was to be joined may have left meanwhile.
    fn join(&mut self, now: Instant, leg: Leg, partner: Partner) {
        match self.seats().find(|seat| seat.leg() == leg) {
            Some(seat) => seat.join(now, partner),
            None => partner.hang_up(End::Completed),
        }
    }

    /// What comes for a call that is over is dropped here.
    fn tell(&mut self, now: Instant, leg: Leg, input: crate::call::Input<'_>) {
        let Some(seat) = self.seats().find(|seat| seat.leg() == leg) else {
            return;
        };
        seat.handle(now, input);
        if seat.over() {
            self.leave();
        }
    }

    /// Those whose beat it is hear and send; those that are over leave.
    fn step(&mut self, now: Instant) {
        self.phases[self.phase].retain_mut(|seat| {
            seat.step(now);
            !seat.over()
        });
        self.phase = (self.phase + 1) % PHASES;
    }

    fn is_empty(&self) -> bool {
        self.phases.iter().all(Vec::is_empty)
    }

    fn seats(&mut self) -> impl Iterator<Item = &mut Box<Seat>> {
        self.phases.iter_mut().flatten()
    }

    fn leave(&mut self) {
        for phase in &mut self.phases {
            phase.retain(|seat| !seat.over());
        }
    }
}

/// A beat that waits for another program is heard. Needs root, CAP_SYS_NICE or RLIMIT_RTPRIO; without
/// them the thread is one among equals, which a quiet machine forgives.
fn prefer_this_thread() {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    let lowest = ThreadPriority::from_posix(ScheduleParams { sched_priority: 1 });
    let set = set_thread_priority_and_policy(thread_native_id(), lowest, policy);
    if let Err(error) = set {
        tracing::info!(?error, "no real-time priority for the pacemaker");
    }
}

fn next_beat(due: Instant, now: Instant) -> Instant {
    let late = now.saturating_duration_since(due);
    if late > LATE_MAX {
        tracing::warn!(late_ms = late.as_millis() as u64, "beats missed");
        return now + BEAT;
    }
    due + BEAT
}
