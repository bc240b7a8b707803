//! Who has the floor: the caller, the agent, or nobody.
//!
//! Told every 20 ms whether the caller's voice was heard, and in between what the recogniser makes
//! of it, it says when a turn began and ended, when the agent must stop, and when nobody speaks.
//! It owns no audio and no clock.
//!
//! A turn is opened at its first sounds, so that the recogniser misses none. It then either ends
//! (`TurnEnded`: answer it), comes to nothing (`TurnLapsed`: a cough, an "uh-huh" while the agent
//! goes on speaking) or never was speech (`StuckNoise`). While the agent speaks, only a turn with
//! enough voice in it, or whose words already answer what was asked, takes the floor.
//!
//! **Never here:** tokio, sockets, SQL, `Instant::now`, what the words mean.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::audio::FRAME_TIME;
use crate::turn::TurnId;

/// A turn is opened by this much voice within the last [`ONSET_WINDOW`].
const VOICE_OPENS_TURN: Duration = Duration::from_millis(60);
const ONSET_WINDOW: Duration = Duration::from_millis(100);
/// Voice detection notices speech this late; the recogniser gets it from before.
const SPEECH_PRECEDES_VOICE: Duration = Duration::from_millis(160);

/// The agent stops once this much voice was heard within the last [`BARGE_IN_WINDOW`].
const BARGE_IN_AFTER: Duration = Duration::from_millis(240);
const BARGE_IN_WINDOW: Duration = Duration::from_millis(400);
/// A safety instruction or the disclosure cannot be interrupted before this.
const PROTECTED_FOR: Duration = Duration::from_secs(4);

/// Less voice than this and no words: a click, not a turn.
const SHORTEST_TURN: Duration = Duration::from_millis(120);
/// Sounds that did not stop the agent are forgotten after this much silence.
const PAUSE_FORGETS_SOUNDS: Duration = Duration::from_millis(400);
/// A final text that answers what was asked needs no longer pause.
const PAUSE_AFTER_SETTLED_ANSWER: Duration = Duration::from_millis(200);

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
    /// Every 20 ms: was the caller's voice in the frame just heard?
    Frame { voiced: bool },
    /// The recogniser's text for `turn` so far: its length, whether it is final, and whether it
    /// already answers what was asked. Words for an older turn are dropped.
    Words { turn: TurnId, text_len: usize, settled: bool, complete: bool },
    /// The caller pressed a key.
    Key(char),
    /// The agent's first frame leaves. `protected`: a safety instruction or the disclosure.
    AgentSpeaks { protected: bool },
    /// The agent's last frame has left.
    AgentSilent,
    /// What is asked now decides how long a pause may be.
    Expect(Patience),
    /// A deadline has passed.
    Timeout,
}

/// What was asked, as far as pauses go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patience {
    /// Yes or no, one of two.
    Short,
    #[default]
    Normal,
    /// A story, an address.
    Long,
    /// A phone number, dictated in groups.
    Digits,
}

/// What the floor has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Open the ear: speech began `frames_back` frames ago, the newest included.
    TurnBegan { turn: TurnId, frames_back: usize },
    /// Stop the agent now; `turn` is the caller's turn that has cut in.
    Interrupted(TurnId),
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
}

/// The caller's turn while it is open.
#[derive(Debug, Clone, Copy)]
struct Turn {
    voice: Duration,
    last_voice: Instant,
    last_words: Instant,
    text_len: usize,
    settled: bool,
    complete: bool,
    /// Enough was heard to take the floor, had it been free to take.
    weighty: bool,
    /// It had the floor from the start, or has taken it.
    holds_floor: bool,
}

/// What the floor waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    PauseEnds,
    WordsMissing,
    NobodySpeaks,
    TimeUp,
}

const TIMERS: [Timer; 4] =
    [Timer::PauseEnds, Timer::WordsMissing, Timer::NobodySpeaks, Timer::TimeUp];

#[derive(Debug)]
pub struct Floor {
    turn: TurnId,
    open: Option<Turn>,
    agent: Agent,
    patience: Patience,
    /// One bit per frame, the newest lowest: was it voiced?
    heard: u32,
    /// Voice means nothing until there was silence again.
    stuck: bool,
    nobody_speaks_at: Instant,
    silences: u8,
    time_up_at: Option<Instant>,
    outputs: VecDeque<Output>,
}

impl Floor {
    /// The call was answered at `now` and may last `longest`.
    pub fn new(now: Instant, longest: Duration) -> Floor {
        Floor {
            turn: TurnId::first(),
            open: None,
            agent: Agent::Listening,
            patience: Patience::Normal,
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
            Input::Frame { voiced } => self.hear(now, voiced),
            Input::Words { turn, text_len, settled, complete } if turn == self.turn => {
                self.read(now, text_len, settled, complete);
            }
            Input::Words { .. } => {}
            Input::Key(_) => self.key(now),
            Input::AgentSpeaks { protected } => self.agent_speaks_from(now, protected),
            Input::AgentSilent => self.agent_silent(now),
            Input::Expect(patience) => self.patience = patience,
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

    fn hear(&mut self, now: Instant, voiced: bool) {
        self.heard = self.heard << 1 | u32::from(voiced);
        if self.stuck {
            self.stuck = self.heard_within(SILENCE_FREES_STUCK) > Duration::ZERO;
            return;
        }

        if self.open.is_none() && self.heard_within(ONSET_WINDOW) >= VOICE_OPENS_TURN {
            self.begin_turn(now);
        } else if voiced {
            self.add_voice(now);
        }
        self.weigh(now);
    }

    fn begin_turn(&mut self, now: Instant) {
        self.turn = self.turn.next();
        self.open = Some(Turn {
            voice: self.heard_within(ONSET_WINDOW),
            last_voice: now,
            last_words: now,
            text_len: 0,
            settled: false,
            complete: false,
            weighty: false,
            holds_floor: !self.agent_speaks(),
        });

        let frames_back = self.frames_since_onset() + frames(SPEECH_PRECEDES_VOICE);
        self.outputs.push_back(Output::TurnBegan { turn: self.turn, frames_back });
    }

    /// A single voiced frame inside a pause is a click and does not prolong the turn.
    fn add_voice(&mut self, now: Instant) {
        let clicks = self.heard_within(FRAME_TIME * 3) < FRAME_TIME * 2;
        let Some(turn) = &mut self.open else { return };

        turn.voice += FRAME_TIME;
        if !clicks {
            turn.last_voice = now;
        }
    }

    fn read(&mut self, now: Instant, text_len: usize, settled: bool, complete: bool) {
        if text_len > 0 {
            self.silences = 0;
        }
        let Some(turn) = &mut self.open else { return };

        if text_len != turn.text_len {
            turn.last_words = now;
        }
        turn.text_len = text_len;
        turn.settled = settled;
        turn.complete = complete;
        turn.weighty |= complete;
        self.weigh(now);
    }

    /// Does the open turn take the floor from the agent?
    fn weigh(&mut self, now: Instant) {
        let insists = self.heard_within(BARGE_IN_WINDOW) >= BARGE_IN_AFTER;
        let yields = match self.agent {
            Agent::Listening => false,
            Agent::Speaking { protected_until } => protected_until.is_none_or(|until| now >= until),
        };
        let Some(turn) = &mut self.open else { return };

        turn.weighty |= insists;
        if yields && !turn.holds_floor && (insists || turn.complete) {
            turn.holds_floor = true;
            self.interrupt();
        }
    }

    fn key(&mut self, now: Instant) {
        self.silences = 0;
        self.nobody_speaks_at = now + NOBODY_SPEAKS;
        if let Agent::Speaking { protected_until } = self.agent
            && protected_until.is_none_or(|until| now >= until)
        {
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
        self.outputs.push_back(Output::Interrupted(self.turn));
    }

    fn agent_speaks_from(&mut self, now: Instant, protected: bool) {
        self.agent = match self.agent {
            Agent::Speaking { .. } if !protected => return,
            Agent::Speaking { .. } | Agent::Listening => {
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

        self.agent = Agent::Listening;
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
            Timer::PauseEnds => self.open.map(|turn| turn.last_voice + self.pause(&turn)),
            Timer::WordsMissing => self.open.map(|turn| turn.last_words + VOICE_WITHOUT_WORDS),
            Timer::NobodySpeaks => {
                (self.open.is_none() && !self.agent_speaks()).then_some(self.nobody_speaks_at)
            }
            Timer::TimeUp => self.time_up_at,
        }
    }

    fn pause(&self, turn: &Turn) -> Duration {
        if !turn.weighty && !turn.holds_floor {
            PAUSE_FORGETS_SOUNDS
        } else if turn.settled && turn.complete {
            PAUSE_AFTER_SETTLED_ANSWER
        } else {
            self.patience.pause(turn.complete)
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
    }

    fn give_up_on_noise(&mut self, now: Instant) {
        let Some(turn) = self.open.take() else { return };

        self.stuck = true;
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
        let newest = u32::MAX >> (32 - frames(window));
        FRAME_TIME * (self.heard & newest).count_ones()
    }

    fn frames_since_onset(&self) -> usize {
        let newest = self.heard & (u32::MAX >> (32 - frames(ONSET_WINDOW)));
        32 - newest.leading_zeros() as usize
    }
}

impl Patience {
    /// How long the caller may be silent within a turn.
    const fn pause(self, complete: bool) -> Duration {
        let millis = match (self, complete) {
            (Patience::Short, false) => 400,
            (Patience::Short, true) => 240,
            (Patience::Normal, false) => 600,
            (Patience::Normal, true) => 360,
            (Patience::Long, false) => 900,
            (Patience::Long, true) => 500,
            (Patience::Digits, false) => 1_200,
            (Patience::Digits, true) => 400,
        };
        Duration::from_millis(millis)
    }
}

/// At most 32: one word of hearing.
const fn frames(time: Duration) -> usize {
    let frames = (time.as_millis() / FRAME_TIME.as_millis()) as usize;
    assert!(frames > 0 && frames <= 32);
    frames
}

#[cfg(test)]
mod tests;
