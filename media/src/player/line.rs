//! One line: a text, its sound, and how far both have been played.
//!
//! **Never here:** other lines, who is listening.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::audio::{FRAME, Frame, RATE, SILENCE};
use crate::turn::TurnId;

/// An interrupted sound ends in 10 ms, without a click.
pub(super) const FADE: usize = RATE as usize / 100;
/// A held line goes on from the quietest moment of the last 400 ms, so that no word is torn.
pub(super) const REWIND_MAX: usize = RATE as usize * 400 / 1_000;
/// Moments are compared over 10 ms.
pub(super) const MOMENT: usize = RATE as usize / 100;
/// What goes on after a hold grows loud within 5 ms, without a click.
const FADE_IN: usize = RATE as usize / 200;
/// Softer samples are silence.
const AUDIBLE: u16 = 250;
/// While a line is still being synthesised its length is guessed: 14 characters per second.
const SAMPLES_PER_CHAR: usize = RATE as usize / 14;

#[derive(Debug)]
pub(super) struct Line {
    pub(super) turn: TurnId,
    pub(super) text: String,
    /// What is to be played, and a little of what was.
    chunks: VecDeque<Arc<[i16]>>,
    /// Samples before the first chunk.
    gone: usize,
    pushed: usize,
    /// Where the first and the last sound lie: synthesisers put silence around a sentence.
    sounds_from: Option<usize>,
    sounds_until: usize,
    pub(super) played: usize,
    /// Where playing went on after a hold.
    fades_in_at: Option<usize>,
    pub(super) finished: bool,
    pub(super) marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) word_end: usize,
    pub(super) at_sample: usize,
}

impl Line {
    pub(super) fn new(turn: TurnId, text: &str) -> Line {
        Line {
            turn,
            text: text.to_owned(),
            chunks: VecDeque::new(),
            gone: 0,
            pushed: 0,
            sounds_from: None,
            sounds_until: 0,
            played: 0,
            fades_in_at: None,
            finished: false,
            marks: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, samples: Arc<[i16]>) {
        if !samples.is_empty() {
            let sounds = |sample: &i16| sample.unsigned_abs() > AUDIBLE;
            if let Some(last) = samples.iter().rposition(sounds) {
                let first = samples.iter().position(sounds).unwrap_or(0);
                self.sounds_from.get_or_insert(self.pushed + first);
                self.sounds_until = self.pushed + last + 1;
            }
            self.pushed += samples.len();
            self.chunks.push_back(samples);
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.pushed - self.played
    }

    /// Samples still to be played, guessed while the sound is not all there.
    pub(super) fn to_come(&self) -> usize {
        self.end().at_sample.max(self.pushed).saturating_sub(self.played)
    }

    /// A whole frame, or what is left of a finished line; nothing while a frame is incomplete.
    pub(super) fn next_frame(&mut self) -> Option<Frame> {
        if self.waiting() == 0 || self.waiting() < FRAME && !self.finished {
            return None;
        }
        Some(self.take_frame())
    }

    fn take_frame(&mut self) -> Frame {
        let mut frame = SILENCE;
        let filled = self.copy(self.played, &mut frame);
        if let Some(at) = self.fades_in_at.take() {
            let since = self.played - at;
            for (n, sample) in frame.iter_mut().enumerate().take(FADE_IN.saturating_sub(since)) {
                *sample = (i32::from(*sample) * (since + n) as i32 / FADE_IN as i32) as i16;
            }
        }
        self.played += filled;
        self.let_go();
        frame
    }

    /// Copies what is there from sample `from` on; says how many samples that were.
    fn copy(&self, from: usize, out: &mut [i16]) -> usize {
        let (mut begins, mut filled) = (self.gone, 0);
        for chunk in &self.chunks {
            let skipped = (from + filled).saturating_sub(begins);
            if let Some(rest) = chunk.get(skipped..) {
                let taken = rest.len().min(out.len() - filled);
                out[filled..filled + taken].copy_from_slice(&rest[..taken]);
                filled += taken;
            }
            if filled == out.len() {
                break;
            }
            begins += chunk.len();
        }
        filled
    }

    /// Lets go of what no rewinding reaches.
    fn let_go(&mut self) {
        while let Some(first) = self.chunks.front()
            && self.gone + first.len() + REWIND_MAX < self.played
        {
            self.gone += first.len();
            self.chunks.pop_front();
        }
    }

    /// The 10 ms after what was played, growing silent; not counted as heard.
    pub(super) fn fade(&self) -> Option<Frame> {
        if self.waiting() == 0 {
            return None;
        }

        let mut frame = SILENCE;
        self.copy(self.played, &mut frame);
        for (n, sample) in frame.iter_mut().enumerate() {
            let left = FADE.saturating_sub(n + 1) as i32;
            *sample = (i32::from(*sample) * left / FADE as i32) as i16;
        }
        Some(frame)
    }

    /// Back to the quietest moment a short while ago, the latest of equals.
    pub(super) fn rewind(&mut self) {
        let mut past = vec![0; REWIND_MAX.min(self.played - self.gone)];
        let from = self.played - past.len();
        self.copy(from, &mut past);
        let strength = |moment: &[i16]| -> u32 {
            moment.iter().map(|sample| u32::from(sample.unsigned_abs())).sum()
        };
        let moments = past.chunks_exact(MOMENT).map(strength).enumerate();
        let quietest = moments.min_by_key(|(nth, strength)| (strength / 256, usize::MAX - nth));
        self.played = quietest.map_or(self.played, |(nth, _)| from + nth * MOMENT);
        self.fades_in_at = Some(self.played);
    }

    /// The words played: a word counts once half of it has sounded.
    pub(super) fn heard(&self) -> &str {
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
            None => Mark { word_end: 0, at_sample: self.sounds_from.unwrap_or(0) },
        };
        let to = self.marks.get(next).copied().unwrap_or_else(|| self.end());

        let share = self.played.saturating_sub(from.at_sample) as f64
            / to.at_sample.saturating_sub(from.at_sample).max(1) as f64;
        from.word_end as f64 + share.min(1.0) * to.word_end.saturating_sub(from.word_end) as f64
    }

    /// Where the line will end: known once it is finished, guessed before.
    fn end(&self) -> Mark {
        let chars = self.text.chars().count();
        let guessed = if self.finished { 0 } else { chars * SAMPLES_PER_CHAR };
        Mark { word_end: chars, at_sample: self.sounds_until.max(guessed) }
    }
}
