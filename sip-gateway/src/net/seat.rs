//! A seat at the pacemaker: one call with its socket, ear, mouth, tape and clerk.
//!
//! Does what the call decides; decides nothing itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use dialog::conversation::Conversation;
use job_core::ids::OrgId;
use job_core::trade::Language;
use media::speech::{
    Ear, Go, Heard, Line, Meter, Recogniser, SpeechError, Spoken, Synthesiser, Voice,
};
use media::turn::TurnId;

use super::clerk::Clerk;
use super::outgoing::Ended;
use super::pacemaker::{Beat, Message};
use super::scribe::Page;
use super::services::tariff::Tariff;
use super::switchboard::{Order, PutThrough, Told};
use super::tape::{Pair, Tape};
use super::wire::{Received, Wire};
use crate::call::end::End;
use crate::call::handover::Handover;
use crate::call::line::Agreed;
use crate::call::{Call, Input, Output};
use crate::clock;
use crate::sip::agent::Leg;
use crate::sip::sdp::{Direction, Secret, Session};

/// Ticks handed to the tape at a time: one second.
const TICKS_PER_REEL: usize = 50;
/// Datagrams read from one socket in one beat; the rest waits for the next.
const DATAGRAMS_PER_BEAT: usize = 16;
/// No sound packet is larger on a telephone line.
const DATAGRAM_MAX: usize = 2048;

/// Voices by language.
#[derive(Debug, Clone)]
pub struct Voices {
    pub ru: Voice,
    pub en: Voice,
}

/// The parts every seat shares.
#[derive(Clone)]
pub struct Studio {
    pub recognisers: Ears,
    pub synthesiser: Arc<dyn Synthesiser>,
    pub voices: Voices,
    pub tape: Tape,
}

/// Recognisers by language.
#[derive(Clone)]
pub struct Ears {
    pub ru: Arc<dyn Recogniser>,
    pub en: Arc<dyn Recogniser>,
}

/// A line joined with another, at whichever pacemaker it sits.
#[derive(Debug, Clone)]
pub struct Partner {
    pub leg: Leg,
    pub beat: Beat,
}

impl Partner {
    pub fn hang_up(&self, end: End) {
        self.beat.send(Message::Stop(self.leg, end));
    }
}

pub struct Seat {
    pub leg: Leg,
    pub call: Call,
    pub wire: Wire,
    pub ear: Option<Box<dyn Ear>>,
    pub language: Language,
    pub studio: Studio,
    pub clerk: Clerk,
    pub page: Page,
    pub beat: Beat,
    pub hang_up: Order,
    /// How its caller is put through to a person, where one can be.
    pub hand_over: Option<PutThrough>,
    /// The line this one was phoned for, and will be joined with.
    pub joins: Option<Partner>,
    /// The line joined with this one.
    pub partner: Option<Partner>,
    /// Who hears how a call of ours ended.
    pub told: Option<Told>,
    /// Counts what is used on this call.
    pub meter: Meter,
    pub began: Instant,
    pub org: OrgId,
    pub tariff: Arc<Tariff>,
    pub reel: Vec<Pair>,
    pub records: bool,
    pub hushed: Arc<AtomicU32>,
    pub ended: Option<End>,
    /// The recogniser refused a frame in this beat.
    pub deaf: Option<(TurnId, SpeechError)>,
}

impl std::fmt::Debug for Seat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seat").field("leg", &self.leg).field("ended", &self.ended).finish()
    }
}

impl Ears {
    pub fn of(&self, language: Language) -> &Arc<dyn Recogniser> {
        match language {
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }
}

impl Voices {
    pub fn of(&self, language: Language) -> &Voice {
        match language {
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }
}

impl Seat {
    pub fn leg(&self) -> Leg {
        self.leg
    }

    pub fn over(&self) -> bool {
        self.ended.is_some()
    }

    /// One beat: what came in, then one frame heard and one sent.
    pub fn step(&mut self, now: Instant) {
        self.receive(now);
        self.handle(now, Input::Tick);
        if let Some((turn, error)) = self.deaf.take() {
            self.handle(now, Input::Heard(turn, Heard::Failed(error)));
        }
        if self.over() || !self.records {
            return;
        }

        let (heard, said) = self.call.recorded();
        self.reel.push((*heard, *said));
        if self.reel.len() >= TICKS_PER_REEL {
            self.change_reel();
        }
    }

    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        if self.over() {
            return;
        }
        self.call.handle(now, input);
        while let Some(output) = self.call.poll() {
            self.carry_out(output);
        }
    }

    fn receive(&mut self, now: Instant) {
        let mut room = [0; DATAGRAM_MAX];
        for _ in 0..DATAGRAMS_PER_BEAT {
            match self.wire.receive(&mut room) {
                Received::Packet(packet) => self.handle(now, Input::Packet(packet)),
                Received::Dropped => {}
                Received::Nothing => return,
            }
        }
    }

    /// The other end has changed the terms: where it listens, what it hears, whether it hears at all.
    pub fn reagree(&mut self, now: Instant, session: &Session, ours: &Secret) {
        if let Err(error) = self.wire.secure_by(session.crypto.as_ref(), ours) {
            tracing::warn!(leg = %self.leg, %error, "the new keys do not work, the old ones stay");
        }
        self.wire.move_to(session.remote);
        let held = matches!(session.direction, Direction::SendOnly | Direction::Inactive);
        let held = held || session.remote.ip().is_unspecified();
        self.handle(now, Input::Reagreed { agreed: Agreed::from(session), held });
    }

    /// A report that did not come with the sound.
    pub fn take_report(&mut self, now: Instant, from: SocketAddr, report: Vec<u8>) {
        if let Some(report) = self.wire.open_beside(from, report) {
            self.handle(now, Input::Packet(&report));
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Packets => self.wire.send(self.call.packets()),
            Output::Report(report) => self.wire.report(&report),
            Output::Listen { turn, expect, back } => {
                let Some(ear) = &mut self.ear else { return };
                let _ = ear.begin(turn, expect);
                for frame in &back {
                    let _ = ear.hear(frame);
                }
            }
            Output::Hear(turn) => self.feed(turn),
            Output::Settle(turn) => {
                if let Some(ear) = &mut self.ear {
                    let _ = ear.end(turn);
                }
            }
            Output::Forget(turn) => {
                if let Some(ear) = &mut self.ear {
                    ear.drop_turn(turn);
                }
            }
            Output::Reopen => self.open_ear(),
            Output::Speak { line, text, language } => self.speak(line, text, language),
            Output::Hush(line) => self.hushed.store(line.0, Ordering::Relaxed),
            Output::Ask(id, request) => {
                let (beat, leg) = (self.beat.clone(), self.leg);
                let language = self.spoken();
                self.clerk.ask(language, request, move |answer| {
                    beat.send(Message::Core(leg, id, answer));
                });
            }
            Output::Note(note) => self.page.note(note),
            Output::Blank { from, to } => {
                self.change_reel();
                self.studio.tape.blank(self.leg, from, to);
            }
            Output::Remember => {
                if let Some(conversation) = self.call.conversation() {
                    self.page.remember(conversation);
                }
            }
            Output::HandOver => self.hand_over(),
            Output::Join => self.ask_to_join(),
            Output::Across(frame) => {
                if let Some(partner) = &self.partner {
                    partner.beat.send(Message::Across(partner.leg, frame));
                }
            }
            Output::HangUp(end) => self.hang_up(end),
        }
    }

    fn hand_over(&self) {
        match &self.hand_over {
            Some(hand_over) => {
                let brief = self.call.conversation().map(Conversation::brief);
                hand_over(self.leg, brief.unwrap_or_default());
            }
            None => {
                let nobody = Handover::Failed("no person is named in calls.operator".into());
                self.beat.send(Message::HandedOver(self.leg, nobody));
            }
        }
    }

    /// All is said to whoever was phoned for another's sake.
    fn ask_to_join(&mut self) {
        let Some(partner) = self.joins.take() else {
            return;
        };
        let us = Partner { leg: self.leg, beat: self.beat.clone() };
        partner.beat.send(Message::Joined(partner.leg, us));
        self.partner = Some(partner);
    }

    pub fn join(&mut self, now: Instant, partner: Partner) {
        self.partner = Some(partner);
        self.ear = None;
        self.handle(now, Input::Joined);
    }

    fn spoken(&self) -> Language {
        self.call.conversation().map_or(self.language, |conversation| conversation.pack().language)
    }

    fn feed(&mut self, turn: TurnId) {
        let Some(ear) = &mut self.ear else { return };
        if let Err(error @ SpeechError::Gone) = ear.hear(self.call.for_ear()) {
            self.ear = None;
            self.deaf = Some((turn, error));
        }
    }

    pub fn open_ear(&mut self) {
        let opened = self
            .studio
            .recognisers
            .of(self.spoken())
            .open_metered(self.events(), Arc::clone(&self.meter));
        match opened {
            Ok(ear) => self.ear = Some(ear),
            Err(error) => {
                tracing::warn!(%error, "no recogniser");
                self.ear = None;
            }
        }
    }

    fn events(&self) -> media::speech::Events {
        events(&self.beat, self.leg)
    }

    fn speak(&mut self, line: TurnId, text: String, language: Language) {
        let (beat, leg, hushed) = (self.beat.clone(), self.leg, self.hushed.clone());
        let voice = self.studio.voices.of(language).clone();
        let sink = Box::new(move |spoken: Spoken| {
            if hushed.load(Ordering::Relaxed) >= line.0 {
                return Go::Stop;
            }
            if beat.send(Message::Spoken(leg, line, spoken)) { Go::On } else { Go::Stop }
        });
        let meter = Arc::clone(&self.meter);
        self.studio.synthesiser.speak_metered(Line { turn: line, text, voice }, sink, meter);
    }

    fn change_reel(&mut self) {
        let reel = std::mem::replace(&mut self.reel, Vec::with_capacity(TICKS_PER_REEL));
        self.studio.tape.record(self.leg, reel);
    }

    fn hang_up(&mut self, end: End) {
        if self.over() {
            return;
        }
        self.ended = Some(end);
        if let Some(partner) = self.partner.take() {
            partner.hang_up(End::HandedOver);
        }
        self.ear = None;
        self.hushed.store(u32::MAX, Ordering::Relaxed);
        self.change_reel();
        self.studio.tape.end(self.leg);
        self.page.used(&self.org, self.tariff.line(clock::now() - self.began));
        self.page.end(end, self.call.conversation());
        if let Some(told) = &self.told {
            told(Ended::Answered(end));
        }
        (self.hang_up)(self.leg);
    }
}

/// The recogniser's way back to the call.
pub fn events(beat: &Beat, leg: Leg) -> media::speech::Events {
    let beat = beat.clone();
    Arc::new(move |turn, heard| {
        beat.send(Message::Heard(leg, turn, heard));
    })
}
