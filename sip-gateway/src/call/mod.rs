//! A call: joins ear, floor, conversation and mouth, and counts its time in frames of 20 ms.
//!
//! One way: packet → jitter → ear → floor → conversation → mouth → player → packet. Everything slow
//! (recogniser, synthesiser, job core) is an output whose result comes back as an input. While the
//! caller is still speaking, the answer to what was said so far is drafted; it is spoken only if the
//! conversation then says just that.
//!
//! **Never here:** tokio, sockets, threads, SQL, the clock.

mod draft;
pub mod end;
pub mod event;
pub mod handover;
mod hearing;
mod joined;
pub mod keys;
pub mod line;
pub mod note;
pub mod quality;
pub mod sentences;
pub mod strain;
pub mod talk;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use dialog::conversation::{
    Answer, Conversation, Input as Word, Output as Decision, Reply, Request, RequestId,
};
use jiff::Timestamp;
use job_core::trade::Language;
use media::answerer::{Answerer, Greeting};
use media::audio::{FRAME_TIME, Frame, SILENCE, level_dbfs};
use media::denoise::Denoiser;
use media::dtmf::ToneKeypad;
use media::ear::PreRoll;
use media::echo::EchoGuard;
use media::floor::{self, Floor};
use media::near::Nearness;
use media::packets::Packets;
use media::player::{Played, Player};
use media::speech::{Expect, Heard, Spoken, Words};
use media::timbre::Timbre;
use media::turn::TurnId;
use media::vad::{Vad, Voicing};

use self::draft::Draft;
use self::end::End;
pub use self::event::{Errand, Input, Output, Start, Talk};
use self::handover::PutThrough;
use self::hearing::{EarlyYes, Hearing};
use self::joined::Joined;
use self::keys::Keys;
use self::line::{Agreed, Line};
use self::note::Note;
use self::quality::Quality;
use self::sentences::sentences;

/// The recogniser's final words are waited for this long after the caller has finished.
const FINAL_WITHIN: Duration = Duration::from_secs(2);
/// No packet for this long: the other end is gone.
const MEDIA_LOST_AFTER: Duration = Duration::from_secs(30);
/// Nobody comes back from a longer hold.
const HELD_MOST: Duration = Duration::from_secs(600);
/// The last words are given this long to leave the phone's own buffers before the line is cut.
const TAIL: Duration = Duration::from_millis(300);
/// So many failures of the recogniser in a row, and the call goes on without it.
const EAR_FAILURES_MAX: u8 = 2;
/// A caller whose answer takes longer than this is told that it is coming …
const BRIDGE_AFTER: Duration = Duration::from_millis(1200);
/// … but not where words or answer have been asked for only so long ago: they may come at once.
const BRIDGE_SOONEST: Duration = Duration::from_millis(80);
/// A sentence without a sound for so long is not waited for any more.
const SOUND_WITHIN: Duration = Duration::from_secs(3);
/// What is left to say when the time is up is said within this, or not at all.
const GOODBYE_WITHIN: Duration = Duration::from_secs(20);
/// So many sentences unsaid in one call, and the caller is phoned back instead.
const VOICE_FAILURES_MAX: u8 = 3;
/// A clear vowel is as pure as a tone for a frame or two; the recogniser needs them.
const TONE_FRAMES_MIN: u8 = 5;
/// Lines waiting to be said; a conversation never says so many at once.
const LINES_MAX: usize = 8;

#[derive(Debug)]
pub struct Call {
    line: Line,
    vad: Vad,
    near: Nearness,
    echo: EchoGuard,
    /// Of the caller's turn.
    timbre: Timbre,
    back: PreRoll,
    floor: Floor,
    player: Player,
    keys: Keys,
    /// How many frames in a row have been a tone.
    tone_frames: u8,
    /// Keys in the voice itself, where the line carries no events.
    tone_keypad: ToneKeypad,
    talk: Talk,
    hearing: Hearing,
    /// The newest utterance given to the recogniser.
    utterance: TurnId,
    /// The tick at which the recogniser was last asked for its final words.
    settled_at: u32,
    /// Words of an utterance the caller went on from before it was answered.
    unanswered: Option<Words>,
    /// The newest guess at the words of this utterance.
    overheard: Option<Words>,
    early_yes: Option<EarlyYes>,
    /// What was heard of a sound that came to nothing.
    passed_over: String,
    draft: Option<Draft>,
    drafted_sound: Vec<Spoken>,
    drafts: bool,
    lines: VecDeque<Reply>,
    saying: Option<Saying>,
    line_id: TurnId,
    /// The reply that was cut, until it is known whether the caller really said something.
    cut: Option<Reply>,
    last_voice: Option<Instant>,
    /// The caller's last sound, until the answer to it begins.
    caller_ended: Option<Instant>,
    /// When their turn was over.
    turn_over: Option<Instant>,
    /// This turn's slow answer has been bridged with a word.
    bridged: bool,
    ear_failures: u8,
    /// Something was said over a line that no recogniser has heard.
    unheard: bool,
    voice_failures: u8,
    /// Ticks in a row that a sentence's sound has been waited for.
    soundless: u32,
    ending: Option<(End, Option<Instant>)>,
    /// Of a call whose time is up.
    last_moment: Option<Instant>,
    put_through: PutThrough,
    /// We have phoned, and do not know yet who picked up.
    greeting: Option<Greeting>,
    errand: Option<Errand>,
    /// A line of ours that is to be joined with another.
    joins: bool,
    joined: Option<Joined>,
    /// Nothing is recorded but silence.
    hidden: bool,
    over: bool,
    /// Since the other end put us on hold.
    held: Option<Instant>,
    /// When the line was last taken up: at the answer, or after a hold.
    taken_up: Instant,
    at: (Instant, Timestamp),
    ticks: u32,
    heard: Frame,
    /// What the recogniser gets of it.
    for_ear: Frame,
    denoiser: Option<Box<Denoiser>>,
    said: Frame,
    packets: Packets,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
struct Saying {
    id: TurnId,
    reply: Reply,
    /// Sentences still to be synthesised, one after another, so that the first sounds soon.
    rest: VecDeque<String>,
    noted: bool,
}

impl Call {
    pub fn new(start: Start) -> Self {
        Self {
            line: Line::new(start.agreed, start.origin),
            vad: Vad::new(),
            near: Nearness::new(),
            echo: EchoGuard::new(),
            timbre: Timbre::new(),
            back: PreRoll::default(),
            floor: Floor::new(start.at.0, start.longest, start.words_late),
            player: Player::new(),
            keys: Keys::default(),
            tone_frames: 0,
            tone_keypad: ToneKeypad::default(),
            talk: start.talk,
            hearing: Hearing::Nobody,
            utterance: TurnId::first(),
            settled_at: 0,
            unanswered: None,
            overheard: None,
            early_yes: None,
            passed_over: String::new(),
            draft: None,
            drafted_sound: Vec::new(),
            drafts: start.drafts,
            lines: VecDeque::new(),
            saying: None,
            line_id: TurnId::first(),
            cut: None,
            last_voice: None,
            caller_ended: None,
            turn_over: None,
            bridged: false,
            ear_failures: 0,
            unheard: false,
            voice_failures: 0,
            soundless: 0,
            ending: None,
            last_moment: None,
            put_through: PutThrough::No,
            greeting: start.errand.is_some().then(Greeting::default),
            joins: start.errand.as_ref().is_some_and(|errand| errand.joins),
            errand: start.errand,
            joined: None,
            hidden: false,
            over: false,
            held: None,
            taken_up: start.at.0,
            at: start.at,
            ticks: 0,
            heard: SILENCE,
            for_ear: SILENCE,
            denoiser: start.denoises.then(Box::default),
            said: SILENCE,
            packets: Packets::default(),
            outputs: VecDeque::new(),
        }
    }

    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        if self.is_joined() && input.is_for_the_agent() {
            return;
        }
        match input {
            Input::Answered if self.greeting.is_some() => {}
            Input::Answered => self.greet(now),
            Input::Packet(datagram) => {
                if let Some(key) = self.line.receive(now, datagram)
                    && !self.is_joined()
                {
                    self.key(now, key);
                }
            }
            Input::Tick => self.tick(now),
            Input::Heard(turn, heard) => self.hear(now, turn, heard),
            Input::Spoken(line, spoken) => self.take_sound(now, line, spoken),
            Input::Core(request, answer) if draft::is_guess(request) => {
                self.draft_answered(now, request, answer);
            }
            Input::Core(request, answer) => self.tell(now, Word::Answered(request, answer)),
            Input::Key(key) => self.key(now, key),
            Input::Reagreed { agreed, held } => self.reagree(now, agreed, held),
            Input::GoesOnWith(with) => self.note_event("goes_on_with", with),
            Input::HandedOver(how) => self.handed_over(now, how),
            Input::Joined => self.join(now),
            Input::Across(frame) => self.hear_across(frame),
            Input::Hide(hides) => self.hide(hides),
            Input::HungUp => self.caller_hung_up(now),
            Input::Stop(end) => self.hang_up(now, end),
        }
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The packets that `Output::Packets` speaks of.
    pub fn packets(&self) -> &Packets {
        &self.packets
    }

    /// The last 20 ms of the call: caller, agent. One pair a tick, so both sides stay aligned.
    pub fn frames(&self) -> (&Frame, &Frame) {
        (&self.heard, &self.said)
    }

    /// … as they are recorded.
    pub fn recorded(&self) -> (&Frame, &Frame) {
        if self.hidden { (&SILENCE, &SILENCE) } else { self.frames() }
    }

    /// What the recogniser should hear of the last 20 ms: tones are left out.
    pub fn for_ear(&self) -> &Frame {
        &self.for_ear
    }

    pub fn conversation(&self) -> Option<&Conversation> {
        match &self.talk {
            Talk::Conversation(conversation) => Some(conversation),
            Talk::Notice { .. } | Talk::Prompt { .. } => None,
        }
    }

    /// There is more of a line to say.
    pub fn is_saying(&self) -> bool {
        self.saying.is_some()
    }

    pub fn line(&self) -> &Line {
        &self.line
    }

    fn greet(&mut self, now: Instant) {
        self.lines.extend(self.errand.take().map(|errand| errand.reply));
        match &self.talk {
            Talk::Conversation(_) => self.tell(now, Word::Opened),
            Talk::Notice { reply, end, .. } => {
                self.ending = Some((*end, None));
                self.lines.push_back(reply.clone());
            }
            Talk::Prompt { reply, .. } => self.lines.push_back(reply.clone()),
        }
        self.speak_next(now);
    }

    /// On hold everything stands still where it is, and goes on from there.
    fn reagree(&mut self, now: Instant, agreed: Agreed, held: bool) {
        self.line.reagree(agreed);
        match (held, self.held) {
            (true, None) => {
                self.held = Some(now);
                self.note_event("held", String::new());
            }
            (false, Some(_)) => {
                self.held = None;
                self.taken_up = now;
                self.note_event("held_no_more", String::new());
                if self.saying.is_none() {
                    self.floor.handle(now, floor::Input::AgentSilent);
                }
            }
            (true, Some(_)) | (false, None) => {}
        }
    }

    fn stay_held(&mut self, now: Instant, since: Instant) {
        (self.heard, self.for_ear, self.said) = (SILENCE, SILENCE, SILENCE);
        self.line.skip();
        self.report(now);
        if now.saturating_duration_since(since) >= HELD_MOST {
            self.hang_up(now, End::MediaLost);
        }
    }

    fn tick(&mut self, now: Instant) {
        self.ticks += 1;
        if let Some(since) = self.held {
            return self.stay_held(now, since);
        }
        self.heard = self.line.hear(now);
        if self.pass_across(now) {
            return;
        }
        let listens = !matches!(self.talk, Talk::Prompt { listens: false, .. });
        self.for_ear = match &mut self.denoiser {
            Some(denoiser) => denoiser.clean(&self.heard),
            None => self.heard,
        };
        let voicing = listens.then(|| self.vad.hear(&self.heard));
        if let (Some(greeting), Some(voicing)) = (&mut self.greeting, voicing) {
            let who = greeting.hear(voicing.voiced, voicing.tone);
            return self.wait_for_greeting(now, who);
        }
        if self.conversation().is_some() {
            self.hear_tone(now, voicing.is_some_and(|voicing| voicing.tone));
        }
        let voiced = voicing.is_some_and(|voicing| self.is_caller_heard(voicing));
        self.back.push(&self.for_ear);
        let ago = self.line.delay();
        if voiced {
            self.last_voice = now.checked_sub(ago);
        }

        let for_us = voiced && !matches!(self.talk, Talk::Prompt { .. });
        self.floor.handle(now, floor::Input::Frame { voiced: for_us, ago });
        if let Hearing::Speech(utterance) = &self.hearing {
            self.outputs.push_back(Output::Hear(utterance.id));
        }
        self.follow_floor(now);

        if let Some(keys) = self.keys.due(now) {
            self.tell(now, Word::Digits(keys));
        }
        self.give_up_waiting(now);
        self.take_early_yes(now);
        self.bridge(now);
        self.play(now);
        self.give_up_on_sound(now);
        self.report(now);
        self.put_through();
        self.close(now);
    }

    /// Whoever picked up may be a machine, which is not talked to.
    fn wait_for_greeting(&mut self, now: Instant, who: Option<Answerer>) {
        match who {
            Some(Answerer::Machine) => return self.hang_up(now, End::AnsweringMachine),
            Some(Answerer::Person) => {
                self.greeting = None;
                self.note_event("person_answered", String::new());
                self.greet(now);
            }
            None => {}
        }
        self.play(now);
        self.report(now);
        self.close(now);
    }

    fn report(&mut self, now: Instant) {
        if let Some(report) = self.line.report(now) {
            self.outputs.push_back(Output::Report(report.to_vec()));
        }
    }

    /// A lasting tone is nothing for the recogniser; it may be a key, where the line has no events.
    fn hear_tone(&mut self, now: Instant, tone: bool) {
        self.tone_frames = if tone { self.tone_frames.saturating_add(1) } else { 0 };
        if self.tone_frames >= TONE_FRAMES_MIN {
            self.for_ear = SILENCE;
        }
        if self.line.agreed().keypad.is_none()
            && let Some(key) = self.tone_keypad.hear(&self.heard, tone)
        {
            self.key(now, key);
        }
    }

    /// The caller's own voice in the frame just heard: neither our echo nor somebody behind them.
    fn is_caller_heard(&mut self, voicing: Voicing) -> bool {
        if matches!(self.talk, Talk::Prompt { .. }) {
            return voicing.voiced;
        }

        let echo = self.echo.is_echo(voicing.level_dbfs);
        let theirs = voicing.voiced && !echo && self.near.is_near(voicing.level_dbfs);
        if theirs && self.floor.caller_speaks() && !self.floor.agent_speaks() {
            self.near.learn(voicing.level_dbfs);
        }
        if theirs && self.floor.agent_speaks() {
            self.timbre.hear(&self.heard, voicing.level_dbfs);
        }
        theirs
    }

    fn take_sound(&mut self, now: Instant, line: TurnId, spoken: Spoken) {
        if let Some(draft) = self.draft.as_mut().filter(|draft| draft.line == Some(line)) {
            if !draft.take(spoken) {
                self.drop_draft();
            }
            return;
        }
        match spoken {
            Spoken::Samples(samples) => {
                if !self.player.push_shared(line, &samples) {
                    self.note_event("reply_too_long", samples.len().to_string());
                }
            }
            Spoken::Done => self.sentence_done(line),
            Spoken::Failed(error) => {
                self.note_event("synthesiser_failed", error.to_string());
                let current = self.saying.as_ref().is_some_and(|saying| saying.id == line);
                self.sentence_done(line);
                if current {
                    self.count_unsaid(now);
                }
            }
        }
    }

    fn caller_hung_up(&mut self, now: Instant) {
        if self.left_for_a_person(now) {
            return;
        }
        if self.is_joined() {
            return self.hang_up(now, End::HandedOver);
        }
        let end = match (&self.ending, &self.saying) {
            (Some((end, _)), _) if *end != End::Completed => *end,
            (Some(_), _) => End::CallerLeft,
            (None, Some(_)) => End::CallerHungUpOverAgent,
            (None, None) => End::CallerHungUp,
        };
        self.cut_line(now);
        self.tell(now, Word::Closed);
        self.hang_up(now, end);
    }

    fn hide(&mut self, hides: bool) {
        if std::mem::replace(&mut self.hidden, hides) != hides {
            self.note_event(
                if hides { "recording_paused" } else { "recording_resumed" },
                String::new(),
            );
        }
    }

    /// Once: whoever comes second to end the call adds nothing.
    fn hang_up(&mut self, now: Instant, end: End) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let ways = [
            ("sound_from_caller", Quality::heard(&self.line)),
            ("sound_to_caller", Quality::said(&self.line)),
        ];
        for (kind, quality) in ways {
            if let Some(quality) = quality {
                self.note_event(kind, quality.to_string());
            }
        }
        let farewell = self.line.farewell(now).to_vec();
        self.outputs.push_back(Output::Report(farewell));
        self.outputs.push_back(Output::HangUp(end));
    }

    /// The other end went quiet in a way no conversation can mend, or all is said.
    fn close(&mut self, now: Instant) {
        let last = self.line.last_packet().map_or(self.taken_up, |last| last.max(self.taken_up));
        if now.saturating_duration_since(last) >= MEDIA_LOST_AFTER {
            self.hang_up(now, End::MediaLost);
            return;
        }
        if self.last_moment.is_some_and(|at| now >= at) {
            return self.hang_up(now, End::TimeLimit);
        }

        let quiet = self.saying.is_none() && self.lines.is_empty();
        match &mut self.ending {
            Some((end, Some(at))) if now >= *at => match (*end, self.joins) {
                (End::Completed, true) => {
                    self.outputs.push_back(Output::Join);
                    self.join(now);
                }
                (end, _) => self.hang_up(now, end),
            },
            Some((_, at @ None)) if quiet => *at = Some(now + TAIL),
            Some(_) | None => {}
        }
    }

    fn note(&mut self, note: Note) {
        self.outputs.push_back(Output::Note(note));
    }

    /// Time since the answer, on the recording's own clock.
    fn elapsed(&self) -> Duration {
        FRAME_TIME * self.ticks
    }

    fn wall(&self, now: Instant) -> Timestamp {
        let since = now.saturating_duration_since(self.at.0);
        jiff::SignedDuration::try_from(since).map_or(self.at.1, |since| self.at.1 + since)
    }
}
