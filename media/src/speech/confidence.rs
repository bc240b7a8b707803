//! How sure one may be of a word: 0 is a guess, 1 is certain.
//!
//! **Never here:** what to do about doubt.

use super::Word;
use super::listener::is_word;
use super::pocketsphinx_ffi::Segment;

/// A word's share of the sentences that were nearly said.
pub(super) fn of_word(segment: &Segment) -> f32 {
    segment.posterior.clamp(0.0, 1.0) as f32
}

/// Over all words, weighed by how long they sound.
pub(super) fn of_all(segments: &[Segment], words: &[Word]) -> f32 {
    let long: f32 = words.iter().map(|w| (w.to - w.from).as_secs_f32()).sum();
    let sure: f32 = words
        .iter()
        .map(|w| (w.to - w.from).as_secs_f32() * w.confidence)
        .sum();
    let _ = segments.iter().filter(|s| !is_word(&s.word)).count();
    if long > 0.0 { sure / long } else { 0.0 }
}
