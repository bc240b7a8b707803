//! What one utterance means in this line of business: symptoms, intent, danger, haste.
//!
//! **Never here:** what to do about it (the conversation).

use super::index::{Hit, Index};
use super::pattern::Pattern;
use super::words::Word;
use super::{DayWord, Pack, Reading, Settled, Symptom};
use crate::state::Intent;

/// Below this nothing was understood.
const ACCEPT: f32 = 0.5;
/// Runners-up are listed from this part of the best on.
const LISTED_FROM: f32 = 0.7;
const LISTED_MAX: usize = 4;
/// Two problems in one breath: each must be as clear as this.
const CLEAR: f32 = 0.62;
const CLEAR_MAX: usize = 12;
const INTENT_ACCEPT: f32 = 0.6;
/// Two words and this score, and the caller means it.
const INTENT_SURE: f32 = 0.75;
/// One matching word among this many others proves little.
const LONE_AMONG: usize = 4;
const LONE_WORD: f32 = 0.6;
const ANSWER_ACCEPT: f32 = 0.42;
/// What was said before the question must answer it plainly.
const VOLUNTEERED_ACCEPT: f32 = 0.7;
/// A second answer this near the best makes it no answer.
const ANSWER_RIVAL: f32 = 0.95;

/// One safety rule, compiled.
#[derive(Debug)]
pub(super) struct DangerRule {
    pub(super) name: String,
    pub(super) said: Vec<Pattern>,
    pub(super) never: Vec<Pattern>,
}

/// One clarification, compiled.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) answers: Index,
    pub(super) to: Vec<String>,
}

impl Pack {
    pub(super) fn reading(&self, text: &str) -> Reading {
        let words = self.tongue.words(text);
        let hits = strong(self.symptoms.find(&words), &words, ACCEPT);
        let aside = self.aside(&words);
        let (intent, intent_sure) = self.intent(&words, aside.is_some()).unzip();
        Reading {
            intent,
            intent_sure: intent_sure.unwrap_or(false),
            aside,
            safety: self.danger(&words),
            several: self.several(&words, &hits),
            urgent: self.urgent.iter().any(|pattern| pattern.is_met(&words)),
            symptoms: self.listed(&hits),
        }
    }

    fn listed(&self, hits: &[Hit]) -> Vec<Symptom> {
        let best = hits.first().map_or(0.0, |hit| hit.score);
        let vague = |hit: &&Hit| self.diagnoses[hit.subject].vague;
        let (vague, close): (Vec<&Hit>, Vec<&Hit>) = hits.iter().partition(vague);
        close
            .into_iter()
            .chain(vague)
            .filter(|hit| hit.score >= best * LISTED_FROM)
            .take(LISTED_MAX)
            .map(|hit| {
                let diagnosis = &self.diagnoses[hit.subject];
                Symptom {
                    code: diagnosis.code.clone(),
                    category: diagnosis.category,
                    score: hit.score.clamp(0.0, 1.0),
                }
            })
            .collect()
    }

    /// What the caller came for, and whether the words can hardly mean anything else.
    fn intent(&self, words: &[Word], beside: bool) -> Option<(Intent, bool)> {
        let surely = self
            .intents_sure
            .iter()
            .position(|said| said.iter().any(|pattern| pattern.is_met(words)));
        if let Some(subject) = surely {
            return Some((self.intent_names[subject], true));
        }
        let hits = strong(self.intents.find(words), words, INTENT_ACCEPT);
        let best = hits.first()?;
        let sure = best.score >= INTENT_SURE && best.used.count_ones() > 1 && !beside;
        Some((self.intent_names[best.subject], sure))
    }

    fn aside(&self, words: &[Word]) -> Option<String> {
        let met = |said: &[Pattern]| said.iter().any(|pattern| pattern.is_met(words));
        let aside = self.asides.iter().find(|(_, said)| met(said))?;
        Some(aside.0.clone())
    }

    /// What a master does with these words; the first rule met in the file's order.
    pub fn word_of_day(&self, text: &str) -> Option<DayWord> {
        let words = self.tongue.words(text);
        let met = |said: &[Pattern]| said.iter().any(|pattern| pattern.is_met(&words));
        self.day.iter().find(|(_, said)| met(said)).map(|(word, _)| *word)
    }

    /// Somebody is angry, or threatens.
    pub fn is_angry(&self, text: &str) -> bool {
        let words = self.tongue.words(text);
        self.angry.iter().any(|pattern| pattern.is_met(&words))
    }

    /// Words of chats and their buttons; nothing where the pack has none of that name.
    pub fn written(&self, name: &str) -> Option<&str> {
        self.written.get(name).map(String::as_str)
    }

    /// The first rule that fires, in the file's order.
    fn danger(&self, words: &[Word]) -> Option<String> {
        self.dangers.iter().find(|rule| rule.fires(words)).map(|rule| rule.name.clone())
    }

    fn several(&self, words: &[Word], hits: &[Hit]) -> bool {
        self.several.iter().any(|pattern| pattern.found_in_order(words).is_some())
            || self.two_breaths(words)
            || self.two_trades(hits)
    }

    /// "… и ещё …" with a clear problem on either side.
    fn two_breaths(&self, words: &[Word]) -> bool {
        self.besides.iter().filter_map(|pattern| pattern.found_in_order(words)).any(|(from, to)| {
            match (self.clear(&words[..from]), self.clear(&words[to..])) {
                (Some(one), Some(other)) => one != other,
                (_, _) => false,
            }
        })
    }

    fn clear(&self, words: &[Word]) -> Option<usize> {
        let hits = strong(self.symptoms.find(words), words, CLEAR);
        hits.first().map(|hit| hit.subject)
    }

    /// Two clear problems of different trades in different words.
    fn two_trades(&self, hits: &[Hit]) -> bool {
        let clear: Vec<&Hit> = hits
            .iter()
            .filter(|hit| hit.score >= CLEAR && !self.diagnoses[hit.subject].vague)
            .take(CLEAR_MAX)
            .collect();
        clear.iter().enumerate().any(|(n, one)| {
            clear[n + 1..].iter().any(|other| {
                one.used & other.used == 0
                    && self.diagnoses[one.subject].category
                        != self.diagnoses[other.subject].category
            })
        })
    }

    /// Code that the answer leads to; the same code where the caller cannot tell.
    pub(super) fn answered(&self, code: &str, question: &str, answer: &str) -> Option<String> {
        let words = self.tongue.words(answer);
        let asked = self.question(code, question)?;
        match asked.best(&words, ANSWER_ACCEPT) {
            Some(to) => Some(to.into()),
            None => {
                let unsure = self.unsure.iter().any(|pattern| pattern.is_met(&words));
                unsure.then(|| code.to_string())
            }
        }
    }

    /// Answers found in words said before anything was asked: in what is left of them once the
    /// words that named the problem are taken out.
    pub(super) fn followed(&self, code: &str, text: &str) -> Settled {
        let words = self.beyond_problem(code, text);
        let mut settled = Settled { code: code.into(), answered: Vec::new() };
        while let Some(open) = self.clarification(&settled.code, &settled.answered) {
            let asked = self.question(&settled.code, &open.name);
            let Some(to) = asked.and_then(|asked| asked.volunteered(&words)) else {
                break;
            };
            settled.answered.push(open.name);
            settled.code = to.into();
        }
        settled
    }

    fn beyond_problem(&self, code: &str, text: &str) -> Vec<Word> {
        let words = self.tongue.words(text);
        let hits = self.symptoms.find(&words);
        let own = |hit: &&Hit| self.diagnoses[hit.subject].code == code;
        let asked = self.intents.find(&words);
        let price = |hit: &&Hit| {
            self.intent_names[hit.subject] == Intent::Price && hit.score >= INTENT_ACCEPT
        };
        let used = hits.iter().find(own).map_or(0, |hit| hit.used)
            | asked.iter().find(price).map_or(0, |hit| hit.used);
        let meaningful = words.into_iter().filter(|word| !word.filler);
        let left = meaningful.enumerate().filter(|(at, _)| *at >= 64 || used >> at & 1 == 0);
        left.map(|(_, word)| word).filter(|word| word.surface.chars().count() > 2).collect()
    }

    fn question(&self, code: &str, name: &str) -> Option<&Question> {
        let at = *self.by_code.get(code)?;
        let n = self.diagnoses[at].ask.iter().position(|ask| ask.name == name)?;
        self.questions[at].get(n)
    }
}

impl Question {
    fn volunteered(&self, words: &[Word]) -> Option<&str> {
        self.best(words, VOLUNTEERED_ACCEPT)
    }

    fn best(&self, words: &[Word], accept: f32) -> Option<&str> {
        let hits = self.answers.find(words);
        let best = hits.first().filter(|hit| hit.score >= accept)?;
        let rival = hits.get(1).is_some_and(|hit| {
            hit.score >= best.score * ANSWER_RIVAL && self.to[hit.subject] != self.to[best.subject]
        });
        (!rival).then(|| self.to[best.subject].as_str())
    }
}

impl DangerRule {
    fn fires(&self, words: &[Word]) -> bool {
        let met = |words: &[Word]| self.said.iter().any(|pattern| pattern.is_met(words));
        met(words) && met(&self.without_harmless(words))
    }

    /// The words with every harmless run taken out.
    fn without_harmless(&self, words: &[Word]) -> Vec<Word> {
        let mut left = words.to_vec();
        for pattern in &self.never {
            while let Some((from, to)) = pattern.found_in_order(&left) {
                left.drain(from..to);
            }
        }
        left
    }
}

/// Hits good enough, a lone word in a long utterance counting less.
fn strong(hits: Vec<Hit>, words: &[Word], accept: f32) -> Vec<Hit> {
    let meaningful = words.iter().filter(|word| !word.filler).count();
    let weighed = hits.into_iter().map(|hit| {
        let lone = hit.used.count_ones() == 1 && meaningful > LONE_AMONG;
        Hit { score: if lone { hit.score * LONE_WORD } else { hit.score }, ..hit }
    });
    let mut kept: Vec<Hit> = weighed.filter(|hit| hit.score >= accept).collect();
    kept.sort_by(|a, b| b.score.total_cmp(&a.score));
    kept
}
