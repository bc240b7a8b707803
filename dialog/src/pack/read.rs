//! What one utterance means in this line of business: symptoms, intent, danger, haste.
//!
//! **Never here:** what to do about it (the conversation).

use super::index::{Hit, Index};
use super::pattern::Pattern;
use super::words::Word;
use super::{Pack, Reading, Settled, Symptom};

/// Below this nothing was understood.
const ACCEPT: f32 = 0.5;
/// Runners-up are listed from this part of the best on.
const LISTED_FROM: f32 = 0.7;
const LISTED_MAX: usize = 4;
/// Two problems in one breath: each must be as clear as this.
const CLEAR: f32 = 0.62;
const INTENT_ACCEPT: f32 = 0.6;
/// One matching word among this many others proves little.
const LONE_AMONG: usize = 4;
const LONE_WORD: f32 = 0.6;
const ANSWER_ACCEPT: f32 = 0.42;
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
        Reading {
            intent: self.intent(&words),
            safety: self.danger(&words),
            several: self.several(&words, &hits),
            urgent: self.urgent.iter().any(|pattern| pattern.is_met(&words)),
            symptoms: self.listed(&hits),
        }
    }

    fn listed(&self, hits: &[Hit]) -> Vec<Symptom> {
        let best = hits.first().map_or(0.0, |hit| hit.score);
        hits.iter()
            .take(LISTED_MAX)
            .filter(|hit| hit.score >= best * LISTED_FROM)
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

    fn intent(&self, words: &[Word]) -> Option<crate::state::Intent> {
        let hits = strong(self.intents.find(words), words, INTENT_ACCEPT);
        hits.first().map(|hit| self.intent_names[hit.subject])
    }

    /// The first rule that fires, in the file's order.
    fn danger(&self, words: &[Word]) -> Option<String> {
        self.dangers
            .iter()
            .find(|rule| rule.fires(words))
            .map(|rule| rule.name.clone())
    }

    fn several(&self, words: &[Word], hits: &[Hit]) -> bool {
        self.several
            .iter()
            .any(|pattern| pattern.found_in_order(words).is_some())
            || self.two_breaths(words)
            || self.two_trades(hits)
    }

    /// "… и ещё …" with a clear problem on either side.
    fn two_breaths(&self, words: &[Word]) -> bool {
        self.besides
            .iter()
            .filter_map(|pattern| pattern.found_in_order(words))
            .any(
                |(from, to)| match (self.clear(&words[..from]), self.clear(&words[to..])) {
                    (Some(one), Some(other)) => one != other,
                    (_, _) => false,
                },
            )
    }

    fn clear(&self, words: &[Word]) -> Option<usize> {
        let hits = strong(self.symptoms.find(words), words, CLEAR);
        hits.first().map(|hit| hit.subject)
    }

    /// Two clear problems of different trades in different words.
    fn two_trades(&self, hits: &[Hit]) -> bool {
        let Some(best) = hits.first().filter(|hit| hit.score >= CLEAR) else {
            return false;
        };
        let category = self.diagnoses[best.subject].category;
        hits.iter().skip(1).any(|hit| {
            hit.score >= CLEAR
                && hit.used & best.used == 0
                && self.diagnoses[hit.subject].category != category
        })
    }

    /// Code that the answer leads to; the same code where the caller cannot tell.
    pub(super) fn answered(&self, code: &str, question: &str, answer: &str) -> Option<String> {
        let words = self.tongue.words(answer);
        let asked = self.question(code, question)?;
        match asked.best(&words) {
            Some(to) => Some(to.into()),
            None => {
                let unsure = self.unsure.iter().any(|pattern| pattern.is_met(&words));
                unsure.then(|| code.to_string())
            }
        }
    }

    /// Answers found in words said before anything was asked: bare "да" and "нет" answer nothing yet.
    pub(super) fn followed(&self, code: &str, text: &str) -> Settled {
        let words = self.tongue.words(text);
        let mut settled = Settled {
            code: code.into(),
            answered: Vec::new(),
        };
        while let Some(open) = self.clarification(&settled.code, &settled.answered) {
            let asked = self.question(&settled.code, &open.name);
            let Some(to) = asked.and_then(|asked| asked.volunteered(&words)) else {
                break;
            };
            settled.answered.push(open.name);
            settled.code = to;
        }
        settled
    }

    fn question(&self, code: &str, name: &str) -> Option<&Question> {
        let at = *self.by_code.get(code)?;
        let n = self.diagnoses[at]
            .ask
            .iter()
            .position(|ask| ask.name == name)?;
        self.questions[at].get(n)
    }
}

impl Question {
    fn volunteered(&self, words: &[Word]) -> Option<String> {
        let said: Vec<Word> = words
            .iter()
            .filter(|w| w.surface.chars().count() > 3)
            .cloned()
            .collect();
        self.best(&said).map(str::to_string)
    }

    fn best(&self, words: &[Word]) -> Option<&str> {
        let hits = self.answers.find(words);
        let best = hits.first().filter(|hit| hit.score >= ANSWER_ACCEPT)?;
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
        Hit {
            score: if lone {
                hit.score * LONE_WORD
            } else {
                hit.score
            },
            ..hit
        }
    });
    let mut kept: Vec<Hit> = weighed.filter(|hit| hit.score >= accept).collect();
    kept.sort_by(|a, b| b.score.total_cmp(&a.score));
    kept
}
