//! Who has the floor: the caller, the agent, or nobody.
//!
//! Told every 20 ms whether the caller's voice was heard, and in between what the recogniser makes
//! of it, it says when a turn began and ended, when the agent must stop, and when nobody speaks.
//! It owns no audio and no clock.
//!
//! A turn is opened at its first sounds, so that the recogniser misses none. It then either ends
//! (`TurnEnded`: answer it), comes to nothing (`TurnLapsed`: a cough, an "uh-huh" while the agent
//! speaks) or never was speech (`StuckNoise`). Before it ends it is `EndLikely`: time to have its
//! words ready and an answer prepared; should the caller speak on, it `WentOn` and is still one turn.
//!
//! While the agent speaks, yielding takes two steps, for nobody can tell an "uh-huh" from a "wait"
//! by its first tenth of a second. A moment of voice makes the agent hold its breath (`Held`). Words,
//! or voice that insists, then take the floor (`Interrupted`); a hum, a cough or nothing gives it
//! back, and the agent goes on where it stopped (`Resumed`).
//!
//! **Never here:** tokio, sockets, SQL, `Instant::now`, what the words mean.

mod patience;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::audio::FRAME_TIME;
use crate::turn::TurnId;

pub use patience::{Patience, Sense};

/// A turn is opened by this much voice within the last [`ONSET_WINDOW`].
const VOICE_OPENS_TURN: Duration = Duration::from_millis(60);
const ONSET_WINDOW: Duration = Duration::from_millis(100);
/// Voice detection notices speech this late; the recogniser gets it from before.
const SPEECH_PRECEDES_VOICE: Duration = Duration::from_millis(160);

/// The agent holds its breath once this much voice was heard within the last [`HOLD_WINDOW`].
const HOLD_AFTER: Duration = Duration::from_millis(60);
const HOLD_WINDOW: Duration = Duration::from_millis(100);
/// Each hold that was for nothing makes the next one slower by this, within [`HOLD_WINDOW_MAX`].
const HOLD_LATER_BY: Duration = Duration::from_millis(60);
const HOLD_WINDOW_MAX: Duration = Duration::from_millis(400);
const HELD_IN_VAIN_MAX: u32 = 4;
/// With an answer in it, this much voice within the last [`INSISTS_WINDOW`] takes the floor; a
/// recogniser's first guess at a short sound is often wrong.
const INSISTS_WITH_ANSWER: Duration = Duration::from_millis(400);
/// With words in it, this much.
const INSISTS_WITH_WORDS: Duration = Duration::from_millis(600);
/// Without, this much.
const INSISTS_WITHOUT: Duration = Duration::from_millis(800);
const INSISTS_WINDOW: Duration = Duration::from_millis(1_000);
/// Sounds over the agent's voice are weighed by their words after this much silence, …
const PAUSE_BEFORE_WORDS: Duration = Duration::from_millis(160);
/// … for which the recogniser has this long from then on.
const WORDS_DUE_WITHIN: Duration = Duration::from_millis(700);
/// A safety instruction or the disclosure cannot be interrupted before this.
const PROTECTED_FOR: Duration = Duration::from_secs(4);

/// Less voice than this and no words: a click, not a turn.
const SHORTEST_TURN: Duration = Duration::from_millis(120);
/// No end is likely before this much silence: words have shorter gaps between and inside them, and
/// a recogniser hears half a word badly.
const END_LIKELY_AFTER: Duration = Duration::from_millis(200);

/// Voice for so long without new words is noise, or a recogniser that is gone.
const VOICE_WITHOUT_WORDS: Duration = Duration::from_secs(30);
/// After stuck noise, this much silence makes voice count again.
const SILENCE_FREES_STUCK: Duration = Duration::from_millis(400);

/// Nobody speaks after the agent has ended.
const NOBODY_SPEAKS: Duration = Duration::from_secs(6);
/// Nobody speaks although the agent's answer is due.
const ANSWER_STAYS_AWAY: Duration = Duration::from_secs(12);
/// No call lasts longer, unless set.
pub const LONGEST_CALL: Duration = Duration::from_secs(600);

/// What the floor has to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Every 20 ms: was the caller's voice in the frame just heard, which arrived `ago`?
    Frame { voiced: bool, ago: Duration },
    /// The recogniser's text for `turn` so far: its length and what it amounts to. `settled`: these
    /// are its last words on what was said until `EndLikely`. Words for an older turn are dropped.
    Words { turn: TurnId, text_len: usize, sense: Sense, settled: bool },
    /// The caller pressed a key.
    Key(char),
    /// The agent's first frame leaves. `protected`: a safety instruction or the disclosure.
    AgentSpeaks { protected: bool },
    /// The agent's last frame has left.
    AgentSilent,
    /// What is asked now decides how long a pause may be.
    Expect(Patience),
    /// The recogniser is gone: nobody will ever know what is being said.
    Deaf,
    /// A deadline has passed.
    Timeout,
}

/// What the floor has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Open the ear: speech began `frames_back` frames ago, the newest included.
    TurnBegan { turn: TurnId, frames_back: usize },
    /// Let the agent hold its breath: the caller may be cutting in.
    Held(TurnId),
    /// It was nothing: the agent goes on where it stopped.
    Resumed,
    /// Stop the agent now; `turn` is the caller's turn that has cut in.
    Interrupted(TurnId),
    /// The caller has probably finished: settle the words, prepare the answer.
    EndLikely(TurnId),
    /// But has not: open the ear again, from `frames_back` frames ago on.
    WentOn { turn: TurnId, frames_back: usize },
    /// The caller has finished: answer.
    TurnEnded(TurnId),
    /// It came to nothing: close the ear, and let everything go on as before.
    TurnLapsed(TurnId),
    /// Voice without words for half a minute: close the ear; it counts as silence from now on.
    StuckNoise(TurnId),
    /// Nobody speaks, for the `nth` time since the caller last said or pressed something.
    CallerSilent { nth: u8 },
    /// The call has lasted as long as it may.
    TimeUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agent {
    /// Silent, and nothing is owed: the caller's silence counts from when the floor was free.
    Listening,
    Speaking {
        protected_until: Option<Instant>,
    },
    /// Silent for a moment, in the middle of a sentence.
    Held,
}

/// The caller's turn while it is open.
#[derive(Debug, Clone, Copy)]
struct Turn {
    voice: Duration,
    last_voice: Instant,
    last_words: Instant,
    text_len: usize,
    sense: Sense,
    /// The recogniser has said its last word on what was said so far.
    settled: bool,
    /// Its end was thought likely then, and it has not gone on since.
    likely_over: Option<Instant>,
    /// Enough was heard to take the floor, had it been free to take.
    weighty: bool,
    /// It had the floor from the start, or has taken it.
    holds_floor: bool,
}

/// What the floor waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    EndLikely,
    PauseEnds,
    WordsMissing,
    NobodySpeaks,
    TimeUp,
}

const TIMERS: [Timer; 5] =
    [Timer::EndLikely, Timer::PauseEnds, Timer::WordsMissing, Timer::NobodySpeaks, Timer::TimeUp];

#[derive(Debug)]
pub struct Floor {
    words_late: Duration,
    turn: TurnId,
    open: Option<Turn>,
    agent: Agent,
    patience: Patience,
    /// Holds in a row that were for nothing.
    held_in_vain: u32,
    /// One bit per frame, the newest lowest: was it voiced?
    heard: u64,
    /// Voice means nothing until there was silence again.
    stuck: bool,
    nobody_speaks_at: Instant,
    silences: u8,
    time_up_at: Option<Instant>,
    outputs: VecDeque<Output>,
}

impl Floor {
    /// The call was answered at `now` and may last `longest`. The recogniser has its last words
    /// `words_late` after they are asked for: so long before a pause ends, the end is likely.
    pub fn new(now: Instant, longest: Duration, words_late: Duration) -> Floor {
        Floor {
            words_late,
            turn: TurnId::first(),
            open: None,
            agent: Agent::Listening,
            patience: Patience::Normal,
            held_in_vain: 0,
            heard: 0,
            stuck: false,
            nobody_speaks_at: now + ANSWER_STAYS_AWAY,
            silences: 0,
            time_up_at: Some(now + longest),
            outputs: VecDeque::with_capacity(8),
        }
    }

    /// The caller's newest turn; what the agent says now belongs to it.
    pub fn turn(&self) -> TurnId {
        self.turn
    }

    pub fn agent_speaks(&self) -> bool {
        self.agent != Agent::Listening
    }

    pub fn caller_speaks(&self) -> bool {
        self.open.is_some()
    }

    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Frame { voiced, ago } => {
                self.hear(now, now.checked_sub(ago).unwrap_or(now), voiced)
            }
            Input::Words { turn, text_len, sense, settled } if turn == self.turn => {
                self.read(now, text_len, sense, settled);
            }
            Input::Words { .. } => {}
            Input::Key(_) => self.key(now),
            Input::AgentSpeaks { protected } => self.agent_speaks_from(now, protected),
            Input::AgentSilent => self.agent_silent(now),
            Input::Expect(patience) => self.patience = patience,
            Input::Deaf => self.lapse(),
            Input::Timeout => {}
        }
        self.fire(now);
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to send `Timeout` if nothing else is heard until then.
    pub fn deadline(&self) -> Option<Instant> {
        TIMERS.into_iter().filter_map(|timer| self.due(timer)).min()
    }

    /// `at`: when the frame arrived.
    fn hear(&mut self, now: Instant, at: Instant, voiced: bool) {
        self.heard = self.heard << 1 | u64::from(voiced);
        if self.stuck {
            self.stuck = self.heard_within(SILENCE_FREES_STUCK) > Duration::ZERO;
            return;
        }

        let onset = self.heard_within(ONSET_WINDOW) >= VOICE_OPENS_TURN;
        match &self.open {
            None if onset => self.begin_turn(now, at),
            None => {}
            Some(turn) if turn.likely_over.is_some() && onset && voiced => self.go_on(at),
            Some(turn) if voiced && turn.likely_over.is_none() => self.add_voice(at),
            Some(_) => {}
        }
        self.weigh(now);
    }

    fn begin_turn(&mut self, now: Instant, at: Instant) {
        self.turn = self.turn.next();
        self.open = Some(Turn {
            voice: self.heard_within(ONSET_WINDOW),
            last_voice: at,
            last_words: now,
            text_len: 0,
            sense: Sense::Nothing,
            settled: false,
            likely_over: None,
            weighty: false,
            holds_floor: !self.agent_speaks(),
        });

        let frames_back = self.frames_back();
        self.outputs.push_back(Output::TurnBegan { turn: self.turn, frames_back });
    }

    /// The end was thought likely, and the caller speaks again.
    fn go_on(&mut self, at: Instant) {
        let (fresh, frames_back) = (self.heard_within(ONSET_WINDOW), self.frames_back());
        let Some(turn) = &mut self.open else { return };

        turn.voice += fresh;
        turn.last_voice = at;
        turn.likely_over = None;
        turn.settled = false;
        self.outputs.push_back(Output::WentOn { turn: self.turn, frames_back });
    }

    /// A single voiced frame inside a pause is a click and does not prolong the turn.
    fn add_voice(&mut self, at: Instant) {
        let clicks = self.heard_within(FRAME_TIME * 3) < FRAME_TIME * 2;
        let Some(turn) = &mut self.open else { return };

        turn.voice += FRAME_TIME;
        if !clicks {
            turn.last_voice = at;
        }
    }

    fn read(&mut self, now: Instant, text_len: usize, sense: Sense, settled: bool) {
        if text_len > 0 {
            self.silences = 0;
        }
        let Some(turn) = &mut self.open else { return };

        if text_len != turn.text_len {
            turn.last_words = now;
        }
        turn.text_len = text_len;
        turn.sense = sense;
        turn.settled = settled && turn.likely_over.is_some();
        self.weigh(now);
        self.take_settled_words(now);
    }

    /// Does the open turn take the floor from the agent?
    fn weigh(&mut self, now: Instant) {
        let insists_after = match self.open.map(|turn| turn.sense) {
            Some(Sense::Complete) => INSISTS_WITH_ANSWER,
            Some(Sense::Words | Sense::Unfinished) => INSISTS_WITH_WORDS,
            Some(Sense::Nothing) => INSISTS_WITHOUT,
            Some(Sense::Listens) | None => INSISTS_WINDOW,
        };
        let insists = self.heard_within(INSISTS_WINDOW) >= insists_after;
        let startled = self.heard_within(self.hold_window()) >= self.hold_after();
        let yields = self.agent_yields(now);
        let Some(turn) = &mut self.open else { return };

        turn.weighty |= insists;
        if !yields || turn.holds_floor {
            return;
        }
        if insists {
            turn.holds_floor = true;
            self.interrupt();
        } else if startled && self.agent != Agent::Held {
            self.agent = Agent::Held;
            self.outputs.push_back(Output::Held(self.turn));
        }
    }

    fn agent_yields(&self, now: Instant) -> bool {
        match self.agent {
            Agent::Listening => false,
            Agent::Held => true,
            Agent::Speaking { protected_until } => protected_until.is_none_or(|until| now >= until),
        }
    }

    fn hold_after(&self) -> Duration {
        HOLD_AFTER + HOLD_LATER_BY * self.held_in_vain.min(HELD_IN_VAIN_MAX)
    }

    fn hold_window(&self) -> Duration {
        if self.held_in_vain == 0 { HOLD_WINDOW } else { HOLD_WINDOW_MAX }
    }

    /// The recogniser's last word on sounds over the agent's voice: something, or nothing?
    fn take_settled_words(&mut self, now: Instant) {
        let yields = self.agent_yields(now);
        let Some(turn) = &mut self.open else { return };
        if !turn.settled || turn.holds_floor {
            return;
        }

        match turn.sense {
            Sense::Words | Sense::Complete if yields => {
                turn.holds_floor = true;
                self.interrupt();
            }
            Sense::Words | Sense::Complete => turn.weighty = true,
            Sense::Nothing | Sense::Listens if !turn.weighty => self.close_turn(now),
            // Half a sentence: whoever means it goes on.
            Sense::Nothing | Sense::Listens | Sense::Unfinished => {}
        }
    }

    fn key(&mut self, now: Instant) {
        self.silences = 0;
        self.nobody_speaks_at = now + NOBODY_SPEAKS;
        if self.agent_yields(now) {
            self.take_floor_by_key();
        }
    }

    /// A key is a turn without voice: what the agent was saying belongs to the past.
    fn take_floor_by_key(&mut self) {
        match &mut self.open {
            Some(turn) => turn.holds_floor = true,
            None => self.turn = self.turn.next(),
        }
        self.interrupt();
    }

    fn interrupt(&mut self) {
        self.agent = Agent::Listening;
        self.held_in_vain = 0;
        self.outputs.push_back(Output::Interrupted(self.turn));
    }

    fn agent_speaks_from(&mut self, now: Instant, protected: bool) {
        if protected {
            self.give_floor_back();
        }
        self.agent = match self.agent {
            Agent::Speaking { .. } | Agent::Held if !protected => return,
            Agent::Speaking { .. } | Agent::Held | Agent::Listening => {
                Agent::Speaking { protected_until: protected.then_some(now + PROTECTED_FOR) }
            }
        };
        if let Some(turn) = &mut self.open {
            turn.holds_floor = false;
        }
    }

    fn agent_silent(&mut self, now: Instant) {
        if self.agent == Agent::Listening {
            return;
        }

        self.give_floor_back();
        self.agent = Agent::Listening;
        self.held_in_vain = 0;
        self.nobody_speaks_at = now + NOBODY_SPEAKS;
        if let Some(turn) = &mut self.open {
            turn.holds_floor = true;
        }
    }

    /// Each timer that is due, in the order of the table; a fired timer is due no more.
    fn fire(&mut self, now: Instant) {
        for timer in TIMERS {
            if self.due(timer).is_none_or(|at| now < at) {
                continue;
            }
            match timer {
                Timer::EndLikely => self.end_likely(now),
                Timer::PauseEnds => self.close_turn(now),
                Timer::WordsMissing => self.give_up_on_noise(now),
                Timer::NobodySpeaks => self.ask_whether_anybody_is_there(now),
                Timer::TimeUp => {
                    self.time_up_at = None;
                    self.outputs.push_back(Output::TimeUp);
                }
            }
        }
    }

    fn due(&self, timer: Timer) -> Option<Instant> {
        match timer {
            Timer::EndLikely => self
                .open
                .filter(|turn| turn.likely_over.is_none())
                .map(|turn| turn.last_voice + self.pause_until_likely(&turn)),
            Timer::PauseEnds => self.open.map(|turn| turn.last_voice + self.pause(&turn)),
            Timer::WordsMissing => self.open.map(|turn| turn.last_words + VOICE_WITHOUT_WORDS),
            Timer::NobodySpeaks => {
                (self.open.is_none() && !self.agent_speaks()).then_some(self.nobody_speaks_at)
            }
            Timer::TimeUp => self.time_up_at,
        }
    }

    fn pause(&self, turn: &Turn) -> Duration {
        if self.is_aside(turn) {
            PAUSE_BEFORE_WORDS + WORDS_DUE_WITHIN
        } else {
            self.patience.pause(turn.sense)
        }
    }

    fn pause_until_likely(&self, turn: &Turn) -> Duration {
        if self.is_aside(turn) {
            return PAUSE_BEFORE_WORDS;
        }
        self.pause(turn).saturating_sub(self.words_late).max(END_LIKELY_AFTER)
    }

    /// Sounds over the agent's voice that may come to nothing.
    fn is_aside(&self, turn: &Turn) -> bool {
        !turn.weighty && !turn.holds_floor
    }

    fn end_likely(&mut self, now: Instant) {
        if let Some(turn) = &mut self.open {
            turn.likely_over = Some(now);
            self.outputs.push_back(Output::EndLikely(self.turn));
        }
    }

    fn close_turn(&mut self, now: Instant) {
        let Some(turn) = self.open.take() else { return };

        let was_said = turn.text_len > 0 || turn.voice >= SHORTEST_TURN;
        if turn.weighty || turn.holds_floor && was_said {
            self.nobody_speaks_at = now + ANSWER_STAYS_AWAY;
            self.outputs.push_back(Output::TurnEnded(self.turn));
        } else {
            self.outputs.push_back(Output::TurnLapsed(self.turn));
        }
        self.give_floor_back();
    }

    fn lapse(&mut self) {
        if self.open.take().is_some() {
            self.outputs.push_back(Output::TurnLapsed(self.turn));
            self.give_floor_back();
        }
    }

    /// A turn that has not taken the floor leaves it to the agent.
    fn give_floor_back(&mut self) {
        if self.agent == Agent::Held {
            self.agent = Agent::Speaking { protected_until: None };
            self.held_in_vain += 1;
            self.outputs.push_back(Output::Resumed);
        }
    }

    fn give_up_on_noise(&mut self, now: Instant) {
        let Some(turn) = self.open.take() else { return };

        self.stuck = true;
        self.give_floor_back();
        if turn.text_len > 0 {
            self.nobody_speaks_at = now + ANSWER_STAYS_AWAY;
            self.outputs.push_back(Output::TurnEnded(self.turn));
        } else {
            self.nobody_speaks_at = now + NOBODY_SPEAKS;
            self.outputs.push_back(Output::StuckNoise(self.turn));
        }
    }

    fn ask_whether_anybody_is_there(&mut self, now: Instant) {
        self.silences = self.silences.saturating_add(1);
        self.nobody_speaks_at = now + NOBODY_SPEAKS;
        self.outputs.push_back(Output::CallerSilent { nth: self.silences });
    }

    fn heard_within(&self, window: Duration) -> Duration {
        let newest = u64::MAX >> (64 - frames(window));
        FRAME_TIME * (self.heard & newest).count_ones()
    }

    /// From the first sound of the voice just noticed, and a little before it.
    fn frames_back(&self) -> usize {
        let newest = self.heard & (u64::MAX >> (64 - frames(ONSET_WINDOW)));
        64 - newest.leading_zeros() as usize + frames(SPEECH_PRECEDES_VOICE)
    }
}

/// At most 64: one word of hearing.
const fn frames(time: Duration) -> usize {
    let frames = (time.as_millis() / FRAME_TIME.as_millis()) as usize;
    assert!(frames > 0 && frames <= 64);
    frames
}

#[cfg(test)]
mod tests;
