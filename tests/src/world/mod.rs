//! Both ends of a phone call in injected time: caller, network, gateway, job core.
//!
//! What is said travels as sound through codec, jitter buffer, voice detection and floor of both
//! ends; what it means travels beside it, since the recognisers here know what was said and only
//! owe it when the floor says that the turn is over. The same seed gives the same bytes.

pub mod core;
pub mod link;
mod quiet;
pub mod stenographer;
pub mod studio;
mod trouble;
pub mod voice;

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dialog::conversation::{Answer, Conversation, RequestId};
use jiff::Timestamp;
use media::audio::FRAME_TIME;
use media::codec::Codec;
use media::speech::{Heard, SpeechError, Spoken, Words};
use media::turn::TurnId;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sip_gateway::call::end::End;
use sip_gateway::call::line::{Agreed, Origin};
use sip_gateway::call::note::Note;
use sip_gateway::call::{self, Call, Start, Talk};
use sip_gateway::caller::scenario::{Mind, Scenario};
use sip_gateway::caller::{self, Caller};

pub use self::quiet::Quiet;
pub use self::studio::Studio;
pub use self::trouble::{How, Mishap, Role};

use self::core::QuietDay;
use self::link::{Link, Weather};
use self::stenographer::Stenographer;
use self::voice::Voice;

/// The caller's recogniser hears the agent's final words this long after the turn.
const FINAL_AFTER: Duration = Duration::from_millis(80);
/// The first sound of the caller's sentence comes this long after its text.
const SOUND_AFTER: Duration = Duration::from_millis(40);
/// The job core answers within this.
const CORE_AFTER: Duration = Duration::from_millis(15);
/// No simulated call lasts longer.
const LONGEST: Duration = Duration::from_secs(900);

/// How long the gateway's providers take; each answer is up to half as much faster or slower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    /// From the sound of a word to its text.
    pub recogniser: Duration,
    /// From the text of a turn to the first words of the answer. What thinks in this world thinks at
    /// once, so this stands before the synthesiser.
    pub thinking: Duration,
    /// From a sentence to its first sound.
    pub synthesiser: Duration,
    /// Of the job core.
    pub core: Duration,
}

impl Delays {
    /// The embedded engines.
    pub const NEAR: Self = Self {
        recogniser: Duration::from_millis(80),
        thinking: Duration::ZERO,
        synthesiser: Duration::from_millis(40),
        core: CORE_AFTER,
    };
    /// Services across the sea.
    pub const FAR: Self = Self {
        recogniser: Duration::from_millis(250),
        thinking: Duration::from_millis(375),
        synthesiser: Duration::from_millis(100),
        core: CORE_AFTER,
    };
}

/// Everything a simulated call depends on.
#[derive(Debug, Clone)]
pub struct Setting {
    pub scenario: Scenario,
    pub weather: Weather,
    pub mishap: Mishap,
    pub delays: Delays,
    /// Answers are drafted while the caller still speaks.
    pub drafts: bool,
    pub seed: u64,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    pub end: End,
    pub lasted: Duration,
    pub jobs: usize,
    /// Over every packet that either end sent.
    pub fingerprint: u64,
    pub transcript: Vec<Note>,
    /// From the caller's last sound to the answer's first, at the gateway.
    pub answered_in: Vec<Duration>,
    /// Turns that were over before a word of them was said.
    pub cut_off: usize,
    /// A person will phone back.
    pub called_back: usize,
    /// The longest time that a caller who was owed a sound heard none.
    pub quiet: Duration,
}

/// What is under way inside one end.
#[derive(Debug)]
enum Parcel {
    Sound(TurnId, Arc<[i16]>),
    /// Sound with more to come.
    Piece(TurnId, Arc<[i16]>),
    Words(TurnId, String),
    Deaf(TurnId),
    /// The voice fails in the middle of a line.
    Unsaid(TurnId),
    Core(RequestId, Box<Answer>),
}

#[derive(Debug)]
pub struct World {
    now: Instant,
    began: (Instant, Timestamp),
    setting: Setting,
    gateway: Call,
    caller: Caller,
    to_gateway: Link,
    to_caller: Link,
    core: QuietDay,
    voices: Arc<Voices>,
    for_gateway: VecDeque<(Instant, Parcel)>,
    for_caller: VecDeque<(Instant, Parcel)>,
    stenographer: Stenographer,
    chance: ChaCha8Rng,
    agent_said: String,
    deaths: u8,
    quiet: Quiet,
    caller_hung_up: bool,
    fingerprint: DefaultHasher,
    ending: Ending,
    over: Option<End>,
}

/// Voices shared by all worlds.
#[derive(Debug)]
pub struct Voices {
    pub caller: Voice,
    pub agent: Voice,
}

impl Voices {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { caller: Voice::new(190.0), agent: Voice::new(110.0) })
    }
}

impl World {
    /// A call just answered. `began` is any moment on both clocks.
    pub fn new(
        began: (Instant, Timestamp),
        conversation: Conversation,
        core: QuietDay,
        voices: Arc<Voices>,
        setting: Setting,
    ) -> Self {
        let agreed = Agreed::usual(Codec::Pcma);
        let origin = |ssrc| Origin { ssrc, sequence: 65_000, timestamp: u32::MAX - 4_000 };
        let gateway = Call::new(Start {
            agreed,
            origin: origin(0xA6E27),
            talk: Talk::Conversation(Box::new(conversation)),
            at: began,
            longest: LONGEST,
            words_late: setting.delays.recogniser,
            drafts: setting.drafts,
            denoises: false,
            errand: None,
        });
        let mind = Mind::new(setting.scenario.clone());
        Self {
            now: began.0,
            began,
            gateway,
            caller: Caller::new(began.0, agreed, origin(0xCA11), mind),
            to_gateway: Link::new(setting.weather, setting.seed),
            to_caller: Link::new(setting.weather, setting.seed ^ u64::MAX),
            core,
            voices,
            for_gateway: VecDeque::new(),
            for_caller: VecDeque::new(),
            stenographer: Stenographer::default(),
            chance: ChaCha8Rng::seed_from_u64(setting.seed ^ 0x5eed),
            agent_said: String::new(),
            deaths: 0,
            quiet: Quiet::default(),
            caller_hung_up: false,
            fingerprint: DefaultHasher::new(),
            ending: Ending {
                end: End::ShutDown,
                lasted: Duration::ZERO,
                jobs: 0,
                fingerprint: 0,
                transcript: Vec::new(),
                answered_in: Vec::new(),
                cut_off: 0,
                called_back: 0,
                quiet: Duration::ZERO,
            },
            over: None,
            setting,
        }
    }

    /// Lets the call run to its end.
    pub fn run(mut self) -> Ending {
        self.tell_gateway(call::Input::Answered);
        while self.over.is_none() && self.now - self.began.0 < LONGEST {
            self.now += FRAME_TIME;
            self.step();
        }

        self.ending.end = self.over.unwrap_or(End::TimeLimit);
        self.ending.lasted = self.now - self.began.0;
        self.ending.jobs = self.core.booked.len();
        self.ending.called_back = self.core.called_back;
        self.ending.quiet = self.quiet.longest();
        self.ending.fingerprint = self.fingerprint.finish();
        self.ending
    }

    fn step(&mut self) {
        let late = self.setting.delays.recogniser;
        if let Some((turn, text)) = self.stenographer.partial(self.now, late)
            && self.trouble(Role::Recogniser).is_none_or(|how| how == How::Cut)
        {
            self.tell_gateway(call::Input::Heard(turn, Heard::Partial(words(text))));
        }
        self.deliver();
        while let Some(packet) = self.to_gateway.receive(self.now) {
            self.tell_gateway(call::Input::Packet(&packet));
        }
        self.tell_gateway(call::Input::Tick);
        self.quiet.hear(self.gateway.frames(), self.gateway.is_saying());
        if self.caller_hung_up {
            return;
        }
        while let Some(packet) = self.to_caller.receive(self.now) {
            self.tell_caller(caller::Input::Packet(&packet));
        }
        self.tell_caller(caller::Input::Tick);
    }

    fn deliver(&mut self) {
        while let Some(parcel) = due(&mut self.for_gateway, self.now) {
            match parcel {
                Parcel::Sound(line, samples) => {
                    self.tell_gateway(call::Input::Spoken(line, Spoken::Samples(samples)));
                    self.tell_gateway(call::Input::Spoken(line, Spoken::Done));
                }
                Parcel::Piece(line, samples) => {
                    self.tell_gateway(call::Input::Spoken(line, Spoken::Samples(samples)));
                }
                Parcel::Words(turn, text) => {
                    self.tell_gateway(call::Input::Heard(turn, Heard::Final(words(text))));
                }
                Parcel::Deaf(turn) => {
                    let failed = Heard::Failed(SpeechError::Gone);
                    self.tell_gateway(call::Input::Heard(turn, failed));
                }
                Parcel::Unsaid(line) => {
                    let failed = Spoken::Failed(SpeechError::Gone);
                    self.tell_gateway(call::Input::Spoken(line, failed));
                }
                Parcel::Core(id, answer) => self.tell_gateway(call::Input::Core(id, *answer)),
            }
        }
        while let Some(parcel) = due(&mut self.for_caller, self.now) {
            match parcel {
                Parcel::Sound(line, samples) => {
                    self.tell_caller(caller::Input::Spoken(line, Spoken::Samples(samples)));
                    self.tell_caller(caller::Input::Spoken(line, Spoken::Done));
                }
                Parcel::Words(turn, text) => {
                    self.tell_caller(caller::Input::Heard(turn, Heard::Final(words(text))));
                }
                Parcel::Piece(..) | Parcel::Deaf(_) | Parcel::Unsaid(_) | Parcel::Core(..) => {}
            }
        }
    }

    fn tell_gateway(&mut self, input: call::Input<'_>) {
        self.gateway.handle(self.now, input);
        while let Some(output) = self.gateway.poll() {
            self.carry_out_gateway(output);
        }
    }

    fn carry_out_gateway(&mut self, output: call::Output) {
        match output {
            call::Output::Packets => {
                for packet in self.gateway.packets().iter() {
                    packet.hash(&mut self.fingerprint);
                    self.to_caller.send(self.now, packet);
                }
            }
            call::Output::Report(report) => self.to_caller.send(self.now, &report),
            call::Output::Settle(turn) => self.recognise(turn),
            call::Output::Speak { line, text, .. } => self.synthesise(line, &text),
            call::Output::Ask(id, request) => {
                let since =
                    jiff::SignedDuration::try_from(self.now - self.began.0).expect("a short call");
                let answer = Box::new(self.core.answer(self.began.1 + since, request));
                self.later(self.setting.delays.core, Parcel::Core(id, answer));
            }
            call::Output::Note(note) => self.note(note),
            call::Output::HangUp(end) => self.over = self.over.or(Some(end)),
            call::Output::Listen { turn, back, .. } => {
                self.stenographer.begin(self.now, turn, back.len());
            }
            call::Output::Hear(_)
            | call::Output::Forget(_)
            | call::Output::Reopen
            | call::Output::Hush(_)
            | call::Output::HandOver
            | call::Output::Blank { .. }
            | call::Output::Join
            | call::Output::Across(_)
            | call::Output::Remember => {}
        }
    }

    fn later(&mut self, after: Duration, parcel: Parcel) {
        let at = self.now + after;
        let place = self.for_gateway.partition_point(|(other, _)| *other <= at);
        self.for_gateway.insert(place, (at, parcel));
    }

    /// That time, up to half as much shorter or longer; usually near it.
    fn about(&mut self, time: Duration) -> Duration {
        let dice: u32 = (0..3).map(|_| self.chance.next_u32() % 1_000).sum();
        time.mul_f64(0.5 + f64::from(dice) / 3_000.0)
    }

    /// The gateway's recogniser owes its final words; a dead one says so instead.
    fn recognise(&mut self, turn: TurnId) {
        let after = self.about(self.setting.delays.recogniser);
        let text = self.stenographer.settle(self.now);
        match self.trouble(Role::Recogniser) {
            Some(How::Dead | How::Cut) => {
                self.deaths = self.deaths.saturating_add(1);
                self.later(after, Parcel::Deaf(turn));
            }
            Some(How::Hung) => {}
            Some(How::Slow) => self.later(after + trouble::SLOW, Parcel::Words(turn, text)),
            Some(How::Late) => self.later(after + trouble::LATE, Parcel::Words(turn, text)),
            Some(How::Garbage) => {
                self.later(after, Parcel::Words(turn, trouble::GARBLED.to_owned()));
            }
            None => {
                self.ending.cut_off += usize::from(text.is_empty());
                self.later(after, Parcel::Words(turn, text));
            }
        }
    }

    fn synthesise(&mut self, line: TurnId, text: &str) {
        let sound = self.voices.agent.say(text);
        let Delays { thinking, synthesiser, .. } = self.setting.delays;
        let after = self.about(thinking) + self.about(synthesiser);
        match self.trouble(Role::Voice) {
            Some(How::Dead) => self.later(after, Parcel::Unsaid(line)),
            Some(How::Hung) => {}
            Some(How::Cut) => {
                let half = sound[..sound.len() / 2].into();
                self.later(after, Parcel::Piece(line, half));
                self.later(after, Parcel::Unsaid(line));
            }
            Some(How::Slow) => self.later(after + trouble::SLOW, Parcel::Sound(line, sound.into())),
            Some(How::Late) => self.later(after + trouble::LATE, Parcel::Sound(line, sound.into())),
            Some(How::Garbage) => {
                let noise = sound.iter().rev().map(|sample| sample.wrapping_mul(7)).collect();
                self.later(after, Parcel::Sound(line, noise));
            }
            None => self.later(after, Parcel::Sound(line, sound.into())),
        }
    }

    /// What is wrong with that service now.
    fn trouble(&self, role: Role) -> Option<How> {
        self.setting.mishap.now(role, self.now - self.began.0, self.deaths)
    }

    fn note(&mut self, note: Note) {
        if let Note::Agent { answered_in, text, .. } = &note {
            self.ending.answered_in.extend(answered_in);
            self.agent_said = format!("{} {text}", self.agent_said);
        }
        self.ending.transcript.push(note);
    }

    fn tell_caller(&mut self, input: caller::Input<'_>) {
        self.caller.handle(self.now, input);
        while let Some(output) = self.caller.poll() {
            self.carry_out_caller(output);
        }
    }

    fn carry_out_caller(&mut self, output: caller::Output) {
        match output {
            caller::Output::Packets => {
                for packet in self.caller.packets().iter() {
                    packet.hash(&mut self.fingerprint);
                    self.to_gateway.send(self.now, packet);
                }
            }
            caller::Output::Report(report) => self.to_gateway.send(self.now, &report),
            caller::Output::Settle(turn) => {
                let text = std::mem::take(&mut self.agent_said);
                self.for_caller.push_back((self.now + FINAL_AFTER, Parcel::Words(turn, text)));
            }
            caller::Output::Speak { line, text } => {
                let sound = Parcel::Sound(line, self.voices.caller.say(&text).into());
                self.for_caller.push_back((self.now + SOUND_AFTER, sound));
                self.stenographer.say(self.now + SOUND_AFTER, &text);
            }
            caller::Output::HangUp => {
                self.caller_hung_up = true;
                self.tell_gateway(call::Input::HungUp);
            }
            caller::Output::Listen { .. }
            | caller::Output::Hear(_)
            | caller::Output::Forget(_)
            | caller::Output::Event(_) => {}
        }
    }
}

fn words(text: String) -> Words {
    Words { text, words: Vec::new(), confidence: 0.95 }
}

fn due(parcels: &mut VecDeque<(Instant, Parcel)>, now: Instant) -> Option<Parcel> {
    parcels.pop_front_if(|(at, _)| *at <= now).map(|(_, parcel)| parcel)
}
