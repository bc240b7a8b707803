//! Who picked up: a person says a word or two and waits; a machine talks on, or beeps.
//!
//! Decides within [`DECIDES_WITHIN`] of the first word, or of the answer where nobody says anything.
//!
//! **Never here:** what is said to either.

use std::time::Duration;

use crate::audio::FRAME_TIME;

/// Of the first word.
pub const DECIDES_WITHIN: Duration = Duration::from_millis(2_300);
/// Somebody who says nothing at all waits for us to begin.
const SAYS_NOTHING_FOR: Duration = Duration::from_secs(3);
/// After a word or two so much silence says: your turn.
const WAITS_FOR: Duration = Duration::from_millis(600);
/// After more words than that somebody may just take breath.
const BREATH: Duration = Duration::from_millis(900);
/// "Алло, слушаю вас": so much voice without a longer pause is still a person.
const A_WORD_OR_TWO: Duration = Duration::from_millis(1_300);
/// A lasting tone is the beep that ends a greeting, or a fax.
const BEEP: Duration = Duration::from_millis(300);
/// Less voice than this was a click on the line.
const A_WORD: Duration = Duration::from_millis(80);
/// Of the time since the first word, where it comes to that: a talker's is more.
const TALKER_SHARE: f32 = 0.45;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answerer {
    Person,
    Machine,
}

/// Listens to the first seconds of a call that was answered.
#[derive(Debug, Default)]
pub struct Greeting {
    frames: u32,
    first: Option<u32>,
    voiced: u32,
    silent: u32,
    tone: u32,
}

impl Greeting {
    /// The next 20 ms; who it is, once that is clear.
    pub fn hear(&mut self, voiced: bool, tone: bool) -> Option<Answerer> {
        self.frames += 1;
        self.tone = if tone { self.tone + 1 } else { 0 };
        self.silent = if voiced { 0 } else { self.silent + 1 };
        if voiced {
            self.first.get_or_insert(self.frames);
            self.voiced += 1;
        }
        if lasts(self.tone) >= BEEP {
            return Some(Answerer::Machine);
        }
        self.judge()
    }

    fn judge(&mut self) -> Option<Answerer> {
        let Some(first) = self.first else {
            return (lasts(self.frames) >= SAYS_NOTHING_FOR).then_some(Answerer::Person);
        };
        let (voice, silence) = (lasts(self.voiced), lasts(self.silent));
        if silence >= WAITS_FOR && voice < A_WORD {
            (self.first, self.voiced) = (None, 0);
            return None;
        }
        let waits = if voice <= A_WORD_OR_TWO { WAITS_FOR } else { BREATH };
        if silence >= waits {
            return Some(Answerer::Person);
        }
        let since = self.frames - first + 1;
        if lasts(since) < DECIDES_WITHIN {
            return None;
        }
        let talks = silence < WAITS_FOR && self.voiced as f32 / since as f32 >= TALKER_SHARE;
        Some(if talks { Answerer::Machine } else { Answerer::Person })
    }
}

fn lasts(frames: u32) -> Duration {
    FRAME_TIME * frames
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds of voice and silence in turn, silence first; who it is, and how long after the answer.
    fn heard(spans: &[u32]) -> (Answerer, u32) {
        let mut greeting = Greeting::default();
        let mut at = 0;
        let endless = spans.iter().copied().chain(std::iter::repeat(10_000));
        for (nth, span) in endless.enumerate() {
            for _ in 0..span / 20 {
                at += 20;
                if let Some(who) = greeting.hear(nth % 2 == 1, false) {
                    return (who, at);
                }
            }
        }
        unreachable!("it decides")
    }

    #[test]
    fn a_word_and_a_pause_is_a_person_and_talking_on_is_a_machine() {
        assert_eq!(heard(&[400, 500]), (Answerer::Person, 1_500));
        assert_eq!(heard(&[300, 400, 200, 700]), (Answerer::Person, 2_200));
        assert_eq!(heard(&[200, 1_500]).0, Answerer::Person);
        assert_eq!(heard(&[500, 4_000]), (Answerer::Machine, 2_800));
        assert_eq!(heard(&[500, 900, 300, 3_000]), (Answerer::Machine, 2_800));
    }

    #[test]
    fn nobody_speaking_is_a_person_and_a_click_is_nobody() {
        assert_eq!(heard(&[]), (Answerer::Person, 3_000));
        assert_eq!(heard(&[1_000, 40]), (Answerer::Person, 3_000));
    }

    #[test]
    fn a_beep_is_a_machine() {
        let mut greeting = Greeting::default();
        let who = (0..20).find_map(|_| greeting.hear(false, true));
        assert_eq!(who, Some(Answerer::Machine));
    }
}
