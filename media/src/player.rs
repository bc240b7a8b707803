//! What the agent says, frame by frame, and what of it was really heard.
//!
//! A *line* is a text and its sound, arriving in pieces of any size from a synthesiser. Lines are
//! played in the order they were begun. An interruption silences everything made for older turns
//! and tells which words had been played by then.
//!
//! **Never here:** synthesis, codecs, sockets, the clock.

mod line;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::audio::{FRAME, Frame, lasts};
use crate::turn::TurnId;

use line::{Line, Mark};

/// 30 s of sound wait at most; what does not fit stays with the synthesiser.
pub const PLAYER_FRAMES_MAX: usize = 1_500;
const SAMPLES_MAX: usize = PLAYER_FRAMES_MAX * FRAME;
/// Lines waiting at most; the newest are refused.
pub const LINES_MAX: usize = 64;

/// What leaves in this tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Played {
    Frame(Frame),
    /// A line is open and its sound is not there yet, or is held: send silence.
    Waiting,
    /// The last line of that turn has been played to its end. Takes no time: ask again for the
    /// frame of this tick.
    Done(TurnId),
    Idle,
}

/// What the caller heard of the agent's turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub turn: TurnId,
    /// All whole words played, over all lines of the turn.
    pub text: String,
}

#[derive(Debug, Default)]
pub struct Player {
    lines: VecDeque<Line>,
    /// Lines for older turns are dropped where they arrive.
    oldest: TurnId,
    /// Lines played to their end, of the turn last played.
    spoken: Option<Heard>,
    /// The last sound of what was cut or is held.
    fading: Option<Frame>,
    held: bool,
}

impl Player {
    pub fn new() -> Player {
        Player::default()
    }

    /// Begins a line; it is played after the lines begun before it. False if it was refused: its
    /// turn is over, or [`LINES_MAX`] lines wait.
    pub fn say(&mut self, turn: TurnId, text: &str) -> bool {
        if turn < self.oldest || self.lines.len() >= LINES_MAX {
            return false;
        }

        self.lines.push_back(Line::new(turn, text));
        true
    }

    /// Adds sound to the oldest unfinished line of `turn`. Says how many samples are settled: dropped because
    /// the turn is over, or taken. The rest did not fit and should be offered again.
    #[must_use]
    pub fn push(&mut self, turn: TurnId, samples: &[i16]) -> usize {
        let room = self.room();
        let Some(line) = self.open_line(turn) else {
            return samples.len();
        };

        let taken = samples.len().min(room);
        line.add(Arc::from(&samples[..taken]));
        taken
    }

    /// Adds sound that is shared with other calls: a prompt synthesised once. All or nothing.
    #[must_use]
    pub fn push_shared(&mut self, turn: TurnId, samples: &Arc<[i16]>) -> bool {
        let room = self.room();
        let Some(line) = self.open_line(turn) else {
            return true;
        };

        let fits = samples.len() <= room;
        if fits {
            line.add(Arc::clone(samples));
        }
        fits
    }

    /// The synthesiser knows that the word ending at character `word_end` (counted in the line's
    /// text) has sounded once `at_sample` samples of the line are played. Ascending.
    pub fn mark(&mut self, turn: TurnId, word_end: usize, at_sample: usize) {
        if let Some(line) = self.open_line(turn) {
            line.marks.push(Mark { word_end, at_sample });
        }
    }

    /// The oldest unfinished line of `turn` has all its sound.
    pub fn finish(&mut self, turn: TurnId) {
        if let Some(line) = self.open_line(turn) {
            line.finished = true;
        }
    }

    /// Every 20 ms: what leaves now.
    pub fn next_frame(&mut self) -> Played {
        if let Some(fade) = self.fading.take() {
            return Played::Frame(fade);
        }
        if self.held {
            return Played::Waiting;
        }
        self.leave_ended_lines();

        let Some(line) = self.lines.front_mut() else {
            return Played::Idle;
        };
        let turn = line.turn;
        if let Some(frame) = line.next_frame() {
            return Played::Frame(frame);
        }
        if !line.finished {
            return Played::Waiting;
        }

        self.leave_line();
        Played::Done(turn)
    }

    /// Falls silent within 10 ms and keeps the place.
    pub fn hold(&mut self) {
        if self.held {
            return;
        }
        self.held = true;
        self.fading = self.lines.front().filter(|line| line.played > 0).and_then(Line::fade);
    }

    pub fn is_held(&self) -> bool {
        self.held
    }

    /// Goes on after a hold, from a little before where it stopped.
    pub fn go_on(&mut self) {
        if std::mem::take(&mut self.held)
            && let Some(line) = self.lines.front_mut()
        {
            line.rewind();
        }
    }

    /// How much sound is still to come, guessed where it is not there yet.
    pub fn to_come(&self) -> Duration {
        lasts(self.lines.iter().map(Line::to_come).sum())
    }

    /// The caller's `turn` has begun. Everything made for an older one falls silent within 10 ms
    /// and is dropped if it arrives later. Tells what was heard of the turn being spoken.
    pub fn cut(&mut self, turn: TurnId) -> Option<Heard> {
        self.oldest = self.oldest.max(turn);
        let heard = self.heard().filter(|heard| heard.turn < turn);
        let held = std::mem::take(&mut self.held);
        if !held && self.lines.front().is_some_and(|line| line.turn < turn && line.played > 0) {
            self.fading = self.lines.front().and_then(Line::fade);
        }

        self.lines.retain(|line| line.turn >= turn);
        self.spoken = self.spoken.take().filter(|spoken| spoken.turn >= turn);
        heard
    }

    /// What was heard so far of the turn last played, while it is played and after its end.
    pub fn heard(&self) -> Option<Heard> {
        let playing = self.lines.front().filter(|line| line.played > 0);
        match (&self.spoken, playing) {
            (Some(spoken), Some(line)) if spoken.turn == line.turn => {
                Some(spoken.clone().and(line.heard()))
            }
            (_, Some(line)) => Some(Heard { turn: line.turn, text: line.heard().to_owned() }),
            (spoken, None) => spoken.clone(),
        }
    }

    fn room(&self) -> usize {
        SAMPLES_MAX.saturating_sub(self.lines.iter().map(Line::waiting).sum())
    }

    fn open_line(&mut self, turn: TurnId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.turn == turn && !line.finished)
    }

    /// Leaves a line that has ended if another one of the same turn follows at once.
    fn leave_ended_lines(&mut self) {
        while let (Some(line), Some(next)) = (self.lines.front(), self.lines.get(1))
            && line.finished
            && line.waiting() == 0
            && line.turn == next.turn
        {
            self.leave_line();
        }
    }

    fn leave_line(&mut self) {
        let Some(line) = self.lines.pop_front() else {
            return;
        };

        let so_far = self.spoken.take().filter(|spoken| spoken.turn == line.turn);
        let so_far = so_far.unwrap_or(Heard { turn: line.turn, text: String::new() });
        self.spoken = Some(so_far.and(line.heard()));
    }
}

impl Heard {
    fn and(mut self, more: &str) -> Heard {
        if !self.text.is_empty() && !more.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(more);
        self
    }
}

#[cfg(test)]
mod tests;
