//! One turn heard by several streams, one after the other: whose words are whose.
//!
//! **Never here:** when a stream takes over.

use std::time::Duration;

use super::{Phrase, Stream, seconds};
use crate::speech::service::transcript::plain;
use crate::speech::{Word, Words};

/// Two streams may place the same word so far apart, in seconds.
const SAME_WITHIN: f64 = 0.2;

/// What one stream has heard of a turn.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) stream: Stream,
    /// The turn's frame its sound begins with.
    pub(super) first_frame: u64,
    /// Its words begin here, and end there.
    from_frame: u64,
    pub(super) until_frame: u64,
    /// Nothing more is sent to it.
    pub(super) finished: bool,
    /// Nothing more comes of it.
    pub(super) over: bool,
    settled: Vec<Word>,
    guess: Vec<Word>,
    sure: Vec<f32>,
}

impl Part {
    pub(super) fn first(stream: Stream) -> Self {
        Self::after(stream, 0, 0)
    }

    pub(super) fn after(stream: Stream, first_frame: u64, from_frame: u64) -> Self {
        Part {
            stream,
            first_frame,
            from_frame,
            until_frame: u64::MAX,
            finished: false,
            over: false,
            settled: Vec::new(),
            guess: Vec::new(),
            sure: Vec::new(),
        }
    }

    pub(super) fn guess(&mut self, phrase: Phrase) {
        self.guess = self.placed(phrase.words);
    }

    pub(super) fn settle(&mut self, phrase: Phrase) {
        self.guess.clear();
        if !phrase.words.is_empty() {
            self.sure.push(phrase.confidence);
            let words = self.placed(phrase.words);
            self.settled.extend(words);
        }
    }

    /// With times since the turn's beginning.
    fn placed(&self, mut words: Vec<Word>) -> Vec<Word> {
        let began = Duration::from_secs_f64(seconds(self.first_frame));
        for word in &mut words {
            word.from = word.from.saturating_add(began);
            word.to = word.to.saturating_add(began);
        }
        words
    }

    fn heard(&self) -> impl Iterator<Item = &Word> {
        self.settled.iter().chain(&self.guess)
    }

    fn owns(&self, word: &Word) -> bool {
        let (from, until) = (seconds(self.from_frame), seconds(self.until_frame));
        (from..until).contains(&middle(word))
    }

    /// So near the seam that this stream and its neighbour may each think it the other's.
    fn may_own(&self, word: &Word) -> bool {
        let (from, until) = (seconds(self.from_frame), seconds(self.until_frame));
        (from - SAME_WITHIN..until + SAME_WITHIN).contains(&middle(word))
    }
}

fn middle(word: &Word) -> f64 {
    f64::midpoint(word.from.as_secs_f64(), word.to.as_secs_f64())
}

/// The turn's words, each once.
pub(super) fn joined(parts: &[Part]) -> Words {
    let apart = |known: &Word, word: &Word| (middle(known) - middle(word)).abs() >= SAME_WITHIN;
    let mut words: Vec<Word> = Vec::new();
    for part in parts {
        let before = words.len();
        let seam = before.saturating_sub(WORDS_AT_SEAM);
        for word in part.heard().filter(|word| part.owns(word)) {
            let twice = words[seam..before]
                .iter()
                .any(|known| known.text == word.text && !apart(known, word));
            if !twice {
                words.push(word.clone());
            }
        }
    }
    for part in parts.iter().filter(|_| parts.len() > 1) {
        let disowned = part.heard().filter(|word| !part.owns(word) && part.may_own(word));
        for word in disowned.cloned() {
            if words.iter().all(|known| apart(known, &word)) {
                let at = words.partition_point(|known| middle(known) < middle(&word));
                words.insert(at, word);
            }
        }
    }
    let sure: Vec<f32> = parts.iter().flat_map(|part| &part.sure).copied().collect();
    // Zero: it does not say.
    let said = sure.iter().any(|it| *it > 0.0);
    let confidence = if said { sure.iter().sum::<f32>() / sure.len() as f32 } else { 0.9 };
    let text = plain(&words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "));
    Words { text, words, confidence }
}

/// Words of the part before that may also be the next one's.
const WORDS_AT_SEAM: usize = 12;
