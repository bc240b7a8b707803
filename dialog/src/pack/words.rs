//! An utterance as the matcher sees it: words lowered, stemmed, with "не" folded into what it denies.
//!
//! **Never here:** which language has which small words (the pack's file says so).

use std::collections::HashSet;

use job_core::trade::Language;
use rust_stemmers::{Algorithm, Stemmer};

use super::file::SmallWords;

/// One word in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case, ё as е.
    pub(super) surface: String,
    /// The stem, with `!` before it when denied: "не греет" and "перестал греть" are both `!гре`.
    pub(super) key: String,
    /// Carries no meaning of its own here; kept for its place.
    pub(super) filler: bool,
}

/// How one language forms its words.
pub(super) struct Tongue {
    stemmer: Stemmer,
    fillers: HashSet<String>,
    negators: HashSet<String>,
    /// "перестал", "прекратил", "stopped": deny what follows, by stem.
    ceased: HashSet<String>,
    /// "очень", "сильно": after "не" they leave a weak yes, not a no.
    mild: HashSet<String>,
    weakly: String,
    /// "нет": means something, but proves little, by stem.
    light: HashSet<String>,
}

impl std::fmt::Debug for Tongue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tongue").field("fillers", &self.fillers.len()).finish_non_exhaustive()
    }
}

impl Tongue {
    pub(super) fn new(language: Language, small: &SmallWords) -> Self {
        let algorithm = match language {
            Language::Ru => Algorithm::Russian,
            Language::En => Algorithm::English,
        };
        let stemmer = Stemmer::create(algorithm);
        let plain = |words: &[String]| words.iter().map(|word| lowered(word)).collect();
        let ceased = small.ceased.iter().map(|w| stemmer.stem(&lowered(w)).into_owned()).collect();
        let light = small.light.iter().map(|w| stemmer.stem(&lowered(w)).into_owned()).collect();
        let weakly = stemmer.stem(&lowered(&small.weakly)).into_owned();
        Self {
            fillers: plain(&small.fillers),
            negators: plain(&small.not),
            mild: plain(&small.mild),
            ceased,
            weakly,
            light,
            stemmer,
        }
    }

    pub(super) fn words(&self, text: &str) -> Vec<Word> {
        let mut denied = false;
        let mut words: Vec<Word> =
            split(text).map(|surface| self.word(surface, &mut denied)).collect();
        if denied {
            deny_last(&mut words);
        }
        words
    }

    fn word(&self, surface: String, denied: &mut bool) -> Word {
        if self.negators.contains(&surface) {
            *denied = true;
            return Word { key: String::new(), surface, filler: true };
        }
        if *denied && self.mild.contains(&surface) {
            *denied = false;
            return Word { key: self.weakly.clone(), surface, filler: false };
        }
        let stem = self.stem(&surface);
        if self.fillers.contains(&surface) {
            return Word { key: stem, surface, filler: true };
        }
        if self.ceased.contains(&stem) {
            *denied = true;
            return Word { key: String::new(), surface, filler: true };
        }
        let key = if *denied { format!("!{stem}") } else { stem };
        *denied = false;
        Word { surface, key, filler: false }
    }

    pub(super) fn is_light(&self, key: &str) -> bool {
        self.light.contains(key)
    }

    pub(super) fn is_filler(&self, word: &str) -> bool {
        self.fillers.contains(&lowered(word))
    }

    pub(super) fn denies(&self, word: &str) -> bool {
        self.negators.contains(&lowered(word))
    }

    pub(super) fn stem(&self, surface: &str) -> String {
        self.stemmer.stem(surface).into_owned()
    }
}

/// "сливать не хочет": a denial with nothing after it belongs to what stood before it.
fn deny_last(words: &mut [Word]) {
    let Some(last) = words.iter_mut().rev().find(|word| !word.filler) else {
        return;
    };
    if !last.key.starts_with('!') {
        last.key.insert(0, '!');
    }
}

/// Lower case, ё as е.
pub(super) fn lowered(word: &str) -> String {
    word.to_lowercase().replace('ё', "е")
}

/// Words and numbers; apostrophes vanish ("doesn't" is "doesnt"), all else divides.
fn split(text: &str) -> impl Iterator<Item = String> {
    let lower = lowered(text).replace(['\'', '’', '`'], "");
    let words: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_string)
        .collect();
    words.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tongue() -> Tongue {
        let words = |text: &str| text.split(' ').map(str::to_string).collect();
        Tongue::new(
            Language::Ru,
            &SmallWords {
                fillers: words("у меня вообще хочет"),
                not: words("не"),
                ceased: words("перестал перестала"),
                mild: words("очень"),
                weakly: "плохо".into(),
                light: Vec::new(),
            },
        )
    }

    fn keys(text: &str) -> Vec<String> {
        let words = tongue().words(text);
        words.into_iter().filter(|word| !word.filler).map(|word| word.key).collect()
    }

    #[test]
    fn a_denial_belongs_to_the_next_word_that_means_something() {
        assert_eq!(keys("У меня мойка не сливает"), keys("мойка вообще перестала сливать"));
        assert_eq!(keys("мойка сливать не хочет"), keys("мойка не сливает"));
        assert_ne!(keys("сливает"), keys("не сливает"));
    }

    #[test]
    fn not_very_is_weakly() {
        assert_eq!(keys("не очень греет"), keys("плохо греет"));
    }

    #[test]
    fn yo_and_case_do_not_matter() {
        assert_eq!(keys("ТЕЧЁТ"), keys("течет"));
    }
}
