//! What the agent says, frame by frame, and what of it was really heard.
//!
//! A *line* is a text and its sound, arriving in pieces of any size from a synthesiser. Lines are
//! played in the order they were begun. An interruption silences everything made for older turns
//! and tells which words had been played by then.
//!
//! **Never here:** synthesis, codecs, sockets, the clock.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::audio::{FRAME, Frame, RATE, SILENCE};
use crate::turn::TurnId;

/// 30 s of sound wait at most; what does not fit stays with the synthesiser.
pub const PLAYER_FRAMES_MAX: usize = 1_500;
const SAMPLES_MAX: usize = PLAYER_FRAMES_MAX * FRAME;
/// Lines waiting at most; the newest are refused.
pub const LINES_MAX: usize = 64;

/// An interrupted sound ends in 10 ms, without a click.
const FADE: usize = RATE as usize / 100;
/// While a line is still being synthesised its length is guessed: 14 characters per second.
const SAMPLES_PER_CHAR: usize = RATE as usize / 14;

/// What leaves in this tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Played {
    Frame(Frame),
    /// A line is open and its sound is not there yet: send silence.
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
    /// The last sound of what was cut.
    fading: Option<Frame>,
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

    /// The caller's `turn` has begun. Everything made for an older one falls silent within 10 ms
    /// and is dropped if it arrives later. Tells what was heard of the turn being spoken.
    pub fn cut(&mut self, turn: TurnId) -> Option<Heard> {
        self.oldest = self.oldest.max(turn);
        let heard = self.heard().filter(|heard| heard.turn < turn);
        if self.lines.front().is_some_and(|line| line.turn < turn && line.played > 0) {
            self.fading = self.lines.front_mut().and_then(Line::fade);
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

#[derive(Debug)]
struct Line {
    turn: TurnId,
    text: String,
    chunks: VecDeque<Arc<[i16]>>,
    /// Samples of the first chunk that have been played.
    begun: usize,
    pushed: usize,
    played: usize,
    finished: bool,
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    word_end: usize,
    at_sample: usize,
}

impl Line {
    fn new(turn: TurnId, text: &str) -> Line {
        Line {
            turn,
            text: text.to_owned(),
            chunks: VecDeque::new(),
            begun: 0,
            pushed: 0,
            played: 0,
            finished: false,
            marks: Vec::new(),
        }
    }

    fn add(&mut self, samples: Arc<[i16]>) {
        if !samples.is_empty() {
            self.pushed += samples.len();
            self.chunks.push_back(samples);
        }
    }

    fn waiting(&self) -> usize {
        self.pushed - self.played
    }

    /// A whole frame, or what is left of a finished line; nothing while a frame is incomplete.
    fn next_frame(&mut self) -> Option<Frame> {
        if self.waiting() == 0 || self.waiting() < FRAME && !self.finished {
            return None;
        }
        Some(self.take_frame())
    }

    fn take_frame(&mut self) -> Frame {
        let mut frame = SILENCE;
        let mut filled = 0;
        while filled < FRAME
            && let Some(chunk) = self.chunks.front()
        {
            let taken = (chunk.len() - self.begun).min(FRAME - filled);
            frame[filled..filled + taken].copy_from_slice(&chunk[self.begun..self.begun + taken]);
            filled += taken;
            self.begun += taken;
            if self.begun == chunk.len() {
                self.chunks.pop_front();
                self.begun = 0;
            }
        }
        self.played += filled;
        frame
    }

    /// The 10 ms after what was played, growing silent; not counted as heard.
    fn fade(&mut self) -> Option<Frame> {
        if self.waiting() == 0 {
            return None;
        }

        let mut frame = self.take_frame();
        for (n, sample) in frame.iter_mut().enumerate() {
            let left = FADE.saturating_sub(n + 1) as i32;
            *sample = (i32::from(*sample) * left / FADE as i32) as i16;
        }
        Some(frame)
    }

    /// The words played: a word counts once half of it has sounded.
    fn heard(&self) -> &str {
        if self.finished && self.waiting() == 0 {
            return if self.pushed == 0 { "" } else { &self.text };
        }

        let played = self.chars_played();
        let (mut chars, mut bytes, mut heard) = (0, 0, 0);
        for word in self.text.split_inclusive(char::is_whitespace) {
            let bare = word.trim_end();
            if played < chars as f64 + bare.chars().count() as f64 / 2.0 {
                break;
            }
            if !bare.is_empty() {
                heard = bytes + bare.len();
            }
            chars += word.chars().count();
            bytes += word.len();
        }
        &self.text[..heard]
    }

    /// Between two known word ends, characters sound equally long.
    fn chars_played(&self) -> f64 {
        let next = self.marks.partition_point(|mark| mark.at_sample <= self.played);
        let from = match next.checked_sub(1) {
            Some(last) => self.marks[last],
            None => Mark { word_end: 0, at_sample: 0 },
        };
        let to = self.marks.get(next).copied().unwrap_or_else(|| self.end());

        let share = (self.played - from.at_sample) as f64
            / to.at_sample.saturating_sub(from.at_sample).max(1) as f64;
        from.word_end as f64 + share.min(1.0) * to.word_end.saturating_sub(from.word_end) as f64
    }

    /// Where the line will end: known once it is finished, guessed before.
    fn end(&self) -> Mark {
        let chars = self.text.chars().count();
        let guessed = if self.finished { 0 } else { chars * SAMPLES_PER_CHAR };
        Mark { word_end: chars, at_sample: self.pushed.max(guessed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIRST: TurnId = TurnId::first();
    const SECOND: TurnId = FIRST.next();

    #[test]
    fn a_line_is_played_to_its_end_and_done_once() {
        let mut player = Player::new();
        player.say(FIRST, "Good morning.");
        assert_eq!(player.next_frame(), Played::Waiting);
        assert_eq!(player.push(FIRST, &[7; FRAME + 10]), FRAME + 10);

        assert_eq!(player.next_frame(), Played::Frame([7; FRAME]));
        assert_eq!(player.next_frame(), Played::Waiting);
        player.finish(FIRST);
        let Played::Frame(last) = player.next_frame() else { panic!("the rest is played") };

        assert_eq!((last[9], last[10]), (7, 0));
        assert_eq!(player.next_frame(), Played::Done(FIRST));
        assert_eq!(player.next_frame(), Played::Idle);
        assert_eq!(player.heard().unwrap().text, "Good morning.");
    }

    #[test]
    fn sentences_of_a_turn_follow_each_other_and_are_one_text() {
        let mut player = Player::new();
        for (text, sound) in [("One.", 1), ("Two.", 2)] {
            player.say(FIRST, text);
            assert_eq!(player.push(FIRST, &[sound; FRAME]), FRAME);
            player.finish(FIRST);
        }

        assert_eq!(player.next_frame(), Played::Frame([1; FRAME]));
        assert_eq!(player.next_frame(), Played::Frame([2; FRAME]));
        assert_eq!(player.next_frame(), Played::Done(FIRST));
        assert_eq!(player.cut(SECOND), Some(heard(FIRST, "One. Two.")));
    }

    #[test]
    fn an_interrupted_line_keeps_only_the_words_that_sounded() {
        let mut player = ready("один два три четыре", 400);

        (0..200).for_each(|_| assert!(matches!(player.next_frame(), Played::Frame(_))));

        assert_eq!(player.cut(SECOND), Some(heard(FIRST, "один два")));
    }

    #[test]
    fn a_line_still_being_synthesised_is_judged_by_how_fast_people_speak() {
        let mut player = Player::new();
        player.say(FIRST, "abcd efgh ijkl mnop qrst uvwx");
        let _ = player.push(FIRST, &[1; 8_000]);

        (0..50).for_each(|_| assert!(matches!(player.next_frame(), Played::Frame(_))));

        assert_eq!(player.cut(SECOND).unwrap().text, "abcd efgh ijkl");
    }

    #[test]
    fn the_synthesisers_word_times_are_believed() {
        let mut player = Player::new();
        player.say(FIRST, "slowly quick");
        let _ = player.push(FIRST, &[1; 100 * FRAME]);
        player.mark(FIRST, 6, 90 * FRAME);
        player.mark(FIRST, 12, 100 * FRAME);
        player.finish(FIRST);

        (0..44).for_each(|_| assert!(matches!(player.next_frame(), Played::Frame(_))));
        let before_half = player.heard().unwrap();
        (0..50).for_each(|_| assert!(matches!(player.next_frame(), Played::Frame(_))));

        assert_eq!(before_half.text, "");
        assert_eq!(player.cut(SECOND).unwrap().text, "slowly");
    }

    #[test]
    fn a_cut_sound_fades_within_ten_milliseconds() {
        let mut player = ready("something long", 50);
        player.next_frame();

        player.cut(SECOND);
        let Played::Frame(fade) = player.next_frame() else { panic!("a fade is played") };

        assert!(fade[0] > 900 && fade[..FADE].is_sorted_by(|a, b| a >= b));
        assert_eq!(fade[FADE - 1..], [0; FRAME - FADE + 1]);
        assert_eq!(player.next_frame(), Played::Idle);
    }

    #[test]
    fn what_was_never_played_was_not_heard() {
        let mut player = ready("not a word", 50);

        assert_eq!(player.cut(SECOND), None);
        assert_eq!(player.next_frame(), Played::Idle);
    }

    #[test]
    fn a_line_without_sound_was_not_heard() {
        let mut player = Player::new();
        player.say(FIRST, "the synthesiser failed");
        player.finish(FIRST);

        assert_eq!(player.next_frame(), Played::Done(FIRST));
        assert_eq!(player.heard().unwrap().text, "");
    }

    #[test]
    fn a_reply_to_an_older_turn_is_dropped_where_it_arrives() {
        let mut player = Player::new();
        player.cut(SECOND);

        assert!(!player.say(FIRST, "too late"));
        assert_eq!(player.push(FIRST, &[1; FRAME]), FRAME);
        assert_eq!(player.next_frame(), Played::Idle);
        assert!(player.say(SECOND, "in time"));
    }

    #[test]
    fn thirty_seconds_wait_and_the_rest_stays_with_the_synthesiser() {
        let mut player = Player::new();
        player.say(FIRST, "endless");
        let prompt: Arc<[i16]> = Arc::from(vec![1; SAMPLES_MAX]);

        assert_eq!(player.push(FIRST, &vec![1; SAMPLES_MAX + 5]), SAMPLES_MAX);
        assert_eq!(player.push(FIRST, &[1; FRAME]), 0);
        assert!(!player.push_shared(FIRST, &prompt));
        player.next_frame();
        assert_eq!(player.push(FIRST, &[1; FRAME + 1]), FRAME);
    }

    proptest! {
        #[test]
        fn heard_is_a_prefix_and_after_a_cut_only_the_fade_comes(
            text in "([а-яa-z]{1,9}[ ,.]{0,2}){0,12}",
            pieces in proptest::collection::vec(0usize..3_000, 0..20),
            finished: bool,
            ticks in 0usize..200,
        ) {
            let mut player = Player::new();
            player.say(FIRST, &text);
            for piece in pieces {
                let _ = player.push(FIRST, &vec![500; piece]);
            }
            if finished {
                player.finish(FIRST);
            }
            (0..ticks).for_each(|_| {
                player.next_frame();
            });

            let heard = player.cut(SECOND);

            prop_assert!(heard.is_none_or(|heard| text.starts_with(&heard.text)));
            let _ = player.push(FIRST, &[500; FRAME]);
            player.say(FIRST, "more");
            let after: Vec<Played> = (0..5).map(|_| player.next_frame()).collect();
            prop_assert!(matches!(after[0], Played::Frame(_) | Played::Idle));
            prop_assert!(after[1..].iter().all(|played| *played == Played::Idle));
        }

        #[test]
        fn every_sample_comes_out_once_and_in_order(
            pieces in proptest::collection::vec(0usize..700, 0..30),
        ) {
            let total: usize = pieces.iter().sum();
            let sound: Vec<i16> = (0..total).map(|n| 1 + n as i16).collect();
            let mut player = Player::new();
            player.say(FIRST, "sound");
            let mut rest = &sound[..];
            for piece in pieces {
                let (now, later) = rest.split_at(piece);
                prop_assert_eq!(player.push(FIRST, now), piece);
                rest = later;
            }
            player.finish(FIRST);

            let mut out = Vec::new();
            while let Played::Frame(frame) = player.next_frame() {
                out.extend_from_slice(&frame);
            }

            prop_assert!(out.len() < total + FRAME);
            prop_assert_eq!(&out[..total], &sound[..]);
            prop_assert!(out[total..].iter().all(|&sample| sample == 0));
        }
    }

    fn ready(text: &str, frames: usize) -> Player {
        let mut player = Player::new();
        player.say(FIRST, text);
        let _ = player.push(FIRST, &vec![1_000; frames * FRAME]);
        player.finish(FIRST);
        player
    }

    fn heard(turn: TurnId, text: &str) -> Heard {
        Heard { turn, text: text.to_owned() }
    }
}
