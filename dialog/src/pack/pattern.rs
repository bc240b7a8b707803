//! Short rules over words: `пахнет|воняет газ*` is met where both stand near each other in any order.
//!
//! Alternatives are divided by `|`; `искр*` is a beginning, `=газа` the very form, anything else a
//! stem that forgives one misheard letter. "не" and its like deny the word after them.
//!
//! **Never here:** what follows from a rule that is met.

use super::index::distance;
use super::words::{Tongue, Word, lowered};

/// Words of a rule may stand this much further apart than they need to.
const SPREAD: usize = 4;
/// Stems from this length on forgive one letter.
const FORGIVING_FROM: usize = 6;

#[derive(Debug)]
pub(super) struct Pattern {
    slots: Vec<Vec<Form>>,
}

#[derive(Debug)]
enum Form {
    Exact(String),
    Beginning { text: String, denied: bool },
    Stem { surface: String, key: String, chars: Vec<char> },
}

impl Pattern {
    pub(super) fn new(text: &str, tongue: &Tongue) -> Self {
        let mut slots = Vec::new();
        let mut denied = false;
        for slot in text.split_whitespace() {
            if !slot.contains('|') && tongue.denies(slot) {
                denied = true;
                continue;
            }
            slots.push(slot.split('|').map(|form| Form::new(form, denied, tongue)).collect());
            denied &= tongue.is_filler(slot);
        }
        Self { slots }
    }

    pub(super) fn all(texts: &[String], tongue: &Tongue) -> Vec<Self> {
        texts.iter().map(|text| Self::new(text, tongue)).collect()
    }

    /// All slots met near each other, in any order.
    pub(super) fn is_met(&self, words: &[Word]) -> bool {
        let places: Vec<Vec<usize>> = self.slots.iter().map(|slot| places(slot, words)).collect();
        let Some((first, others)) = places.split_first() else {
            return false;
        };
        first.iter().any(|at| within_reach(*at, others, self.slots.len() + SPREAD))
    }

    /// Where the slots stand one right after the other: start and end.
    pub(super) fn found_in_order(&self, words: &[Word]) -> Option<(usize, usize)> {
        (0..words.len()).find_map(|start| Some((start, self.run_from(start, words)?)))
    }

    /// "не" itself takes no place: it lives on in the word it denies.
    fn run_from(&self, start: usize, words: &[Word]) -> Option<usize> {
        let mut at = start;
        for slot in &self.slots {
            while at > start && words.get(at)?.key.is_empty() {
                at += 1;
            }
            let word = words.get(at)?;
            if !slot.iter().any(|form| form.meets(word)) {
                return None;
            }
            at += 1;
        }
        (at > start).then_some(at)
    }
}

fn places(slot: &[Form], words: &[Word]) -> Vec<usize> {
    let met = |word: &Word| slot.iter().any(|form| form.meets(word));
    words.iter().enumerate().filter(|(_, word)| met(word)).map(|(at, _)| at).collect()
}

fn within_reach(anchor: usize, others: &[Vec<usize>], reach: usize) -> bool {
    let mut taken = vec![anchor];
    for places in others {
        let free = places.iter().filter(|at| !taken.contains(at));
        let Some(nearest) = free.min_by_key(|at| at.abs_diff(anchor)) else {
            return false;
        };
        taken.push(*nearest);
    }
    let (Some(low), Some(high)) = (taken.iter().min(), taken.iter().max()) else {
        return false;
    };
    high - low <= reach
}

impl Form {
    fn new(text: &str, denied: bool, tongue: &Tongue) -> Self {
        let lower = lowered(text);
        if let Some(exact) = lower.strip_prefix('=') {
            return Self::Exact(exact.into());
        }
        if let Some(beginning) = lower.strip_suffix('*') {
            return Self::Beginning { text: beginning.into(), denied };
        }

        let stem = tongue.stem(&lower);
        let key = if denied { format!("!{stem}") } else { stem };
        Self::Stem { surface: lower, chars: key.chars().collect(), key }
    }

    fn meets(&self, word: &Word) -> bool {
        match self {
            Self::Exact(surface) => word.surface == *surface,
            Self::Beginning { text, denied } => {
                word.surface.starts_with(text.as_str()) && word.key.starts_with('!') == *denied
            }
            Self::Stem { surface, .. } if word.filler => word.surface == *surface,
            Self::Stem { key, chars, .. } => word.key == *key || nearly(chars, &word.key),
        }
    }
}

fn nearly(chars: &[char], key: &str) -> bool {
    if chars.len() < FORGIVING_FROM || key.chars().next() != chars.first().copied() {
        return false;
    }
    let key: Vec<char> = key.chars().collect();
    key.len().abs_diff(chars.len()) <= 1 && distance(chars, &key) <= 1
}

#[cfg(test)]
mod tests {
    use job_core::trade::Language;

    use super::*;
    use crate::pack::file::SmallWords;

    fn tongue() -> Tongue {
        let not = vec!["не".to_string()];
        Tongue::new(Language::Ru, &SmallWords { not, ..SmallWords::default() })
    }

    fn met(pattern: &str, text: &str) -> bool {
        let tongue = tongue();
        Pattern::new(pattern, &tongue).is_met(&tongue.words(text))
    }

    #[test]
    fn all_slots_must_be_met_in_any_order() {
        assert!(met("пахнет|воняет газ*", "газом сильно пахнет на кухне"));
        assert!(!met("пахнет|воняет газ*", "газовая плита"));
    }

    #[test]
    fn words_far_apart_do_not_meet_a_rule() {
        let far = "пахнет свежей краской после ремонта в подъезде а газ нам отключили";

        assert!(!met("пахнет газ", far));
    }

    #[test]
    fn a_denied_word_meets_only_a_denied_slot() {
        assert!(!met("искр*", "розетка не искрит"));
        assert!(met("не дышит", "человек не дышит"));
    }

    #[test]
    fn an_exact_form_is_that_form_only() {
        assert!(met("=газа нет", "запаха газа нет"));
        assert!(!met("=газа нет", "пахнет газом света нет"));
    }

    #[test]
    fn a_run_is_found_in_order_only() {
        let tongue = tongue();
        let pattern = Pattern::new("и еще", &tongue);

        assert_eq!(pattern.found_in_order(&tongue.words("кран и еще розетка")), Some((1, 3)));
        assert_eq!(pattern.found_in_order(&tongue.words("еще кран и розетка")), None);
    }
}
