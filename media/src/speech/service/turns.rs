//! The turns a service has been told of and still owes words for, oldest first.
//!
//! **Never here:** how a service says which turn it means.

use std::collections::VecDeque;

use super::transcript::Transcript;
use super::{Act, Piece};
use crate::audio::FRAME;
use crate::speech::{Heard, SpeechError, Words};
use crate::turn::TurnId;

#[derive(Debug)]
pub(super) struct Owed {
    pub(super) id: TurnId,
    pub(super) transcript: Transcript,
    /// Seconds of sound sent before its first frame.
    pub(super) began: f64,
    pub(super) ended: bool,
    wanted: bool,
}

#[derive(Debug, Default)]
pub(super) struct Turns {
    owed: VecDeque<Owed>,
    acts: VecDeque<Act>,
    frames: u64,
}

impl Turns {
    pub(super) fn begin(&mut self, id: TurnId) {
        let (transcript, began) = (Transcript::default(), self.sent());
        self.owed.push_back(Owed { id, transcript, began, ended: false, wanted: true });
    }

    /// Seconds of sound sent.
    pub(super) fn sent(&self) -> f64 {
        self.frames as f64 * FRAME as f64 / f64::from(crate::audio::RATE)
    }

    /// The turn sound belongs to, if any is open.
    pub(super) fn open(&self) -> Option<TurnId> {
        self.owed.back().filter(|turn| !turn.ended).map(|turn| turn.id)
    }

    /// One more frame is sent, or soon will be.
    pub(super) fn count_sound(&mut self) {
        self.frames += 1;
    }

    pub(super) fn send(&mut self, piece: Piece) {
        self.acts.push_back(Act::Send(piece));
    }

    /// Whether it was open until now.
    pub(super) fn end(&mut self, id: TurnId) -> bool {
        let turn = self.owed.iter_mut().find(|turn| turn.id == id && !turn.ended);
        turn.map(|turn| turn.ended = true).is_some()
    }

    pub(super) fn forget(&mut self, id: TurnId) {
        for turn in self.owed.iter_mut().filter(|turn| turn.id == id) {
            turn.wanted = false;
        }
    }

    /// The turn the service speaks of next.
    pub(super) fn oldest(&mut self) -> Option<&mut Owed> {
        self.owed.front_mut()
    }

    pub(super) fn guess(&mut self, words: Words) {
        if let Some(turn) = self.owed.front_mut() {
            turn.transcript.guess(words);
        }
        self.tell_news();
    }

    pub(super) fn settle(&mut self, words: Words) {
        if let Some(turn) = self.owed.front_mut() {
            turn.transcript.settle(words);
        }
        self.tell_news();
    }

    fn tell_news(&mut self) {
        let Some(turn) = self.owed.front_mut().filter(|turn| turn.wanted) else {
            return;
        };
        if let Some(news) = turn.transcript.news() {
            self.acts.push_back(Act::Tell(turn.id, Heard::Partial(news)));
        }
    }

    /// All words of the oldest turn are there.
    pub(super) fn finish(&mut self) {
        let Some(turn) = self.owed.pop_front() else {
            return;
        };
        if turn.wanted {
            self.acts.push_back(Act::Tell(turn.id, Heard::Final(turn.transcript.all())));
        }
    }

    /// The service owes the oldest turn nothing but an apology.
    pub(super) fn fail(&mut self, error: SpeechError) {
        let Some(turn) = self.owed.pop_front() else {
            return;
        };
        if turn.wanted {
            self.acts.push_back(Act::Tell(turn.id, Heard::Failed(error)));
        }
    }

    pub(super) fn owed(&self) -> Vec<TurnId> {
        self.owed.iter().filter(|turn| turn.wanted).map(|turn| turn.id).collect()
    }

    pub(super) fn poll(&mut self) -> Option<Act> {
        self.acts.pop_front()
    }
}
