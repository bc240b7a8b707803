//! The words of one turn as they settle: what a service is sure of, and its guess at the rest.
//!
//! **Never here:** how a service says it.

use std::time::Duration;

use crate::speech::{Word, Words};

#[derive(Debug, Default)]
pub(super) struct Transcript {
    settled: Vec<Words>,
    guess: Option<Words>,
    told: String,
}

impl Transcript {
    /// These words stay.
    pub(super) fn settle(&mut self, words: Words) {
        self.guess = None;
        if !words.text.is_empty() {
            self.settled.push(words);
        }
    }

    /// The words after those that stay, as far as can be told.
    pub(super) fn guess(&mut self, words: Words) {
        self.guess = Some(words).filter(|words| !words.text.is_empty());
    }

    /// Everything, if it is not what was told last.
    pub(super) fn news(&mut self) -> Option<Words> {
        let all = self.all();
        if all.text == self.told {
            return None;
        }
        self.told.clone_from(&all.text);
        Some(all)
    }

    pub(super) fn all(&self) -> Words {
        let mut all = Words::default();
        let (mut weight, mut sum) = (0, 0.0);
        for words in self.settled.iter().chain(&self.guess) {
            if !all.text.is_empty() {
                all.text.push(' ');
            }
            all.text.push_str(&words.text);
            all.words.extend(words.words.iter().cloned());
            let count = words.text.split(' ').count();
            weight += count;
            sum += words.confidence * count as f32;
        }
        all.confidence = if weight == 0 { 0.0 } else { sum / weight as f32 };
        all
    }
}

/// Lower case, single spaces, no punctuation but within a word: as the dialogue reads them.
pub(super) fn plain(text: &str) -> String {
    let inside = |c: char| c.is_alphanumeric() || "-'+".contains(c);
    let words = text.split_whitespace().filter_map(|word| {
        let kept: String = word.to_lowercase().chars().filter(|c| inside(*c)).collect();
        let kept = kept.trim_matches(['-', '\'']).to_owned();
        (!kept.is_empty()).then_some(kept)
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A word with its times in seconds since the turn began; nothing where only punctuation is left of it.
pub(super) fn word(text: &str, from: f64, to: f64, confidence: f32) -> Option<Word> {
    let text = plain(text);
    let seconds = |at: f64| Duration::try_from_secs_f64(at.max(0.0)).unwrap_or_default();
    (!text.is_empty()).then(|| Word { text, from: seconds(from), to: seconds(to), confidence })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, confidence: f32) -> Words {
        Words { text: text.into(), words: Vec::new(), confidence }
    }

    #[test]
    fn what_is_settled_stays_and_the_guess_follows_it() {
        let mut transcript = Transcript::default();
        transcript.guess(words("течёт", 0.5));
        assert_eq!(transcript.news().map(|it| it.text).as_deref(), Some("течёт"));
        assert_eq!(transcript.news(), None);
        transcript.settle(words("течёт кран", 0.9));
        transcript.guess(words("на кухне", 0.3));
        let all = transcript.all();
        assert_eq!(all.text, "течёт кран на кухне");
        assert!((all.confidence - 0.6).abs() < 1e-6);
        transcript.guess(words("", 0.0));
        assert_eq!(transcript.all().text, "течёт кран");
    }

    #[test]
    fn punctuation_and_capitals_are_left_out() {
        assert_eq!(plain("Течёт кран, на кухне!"), "течёт кран на кухне");
        assert_eq!(plain("It's 5 o'clock — yes."), "it's 5 o'clock yes");
        assert_eq!(plain(" … "), "");
    }
}
