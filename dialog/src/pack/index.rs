//! Which of many wordings an utterance comes closest to: by stems, in any order, rare words first.
//!
//! **Never here:** what a wording stands for, thresholds of acceptance.

use std::collections::{HashMap, HashSet};

use super::words::{Tongue, Word};

/// A word of the same meaning group counts this much of the word itself.
const SAME_MEANING: f32 = 0.93;
/// A misheard word counts this much.
const MISHEARD: f32 = 0.8;
/// What the utterance says beyond a wording, in words known here, dilutes the match this much.
const BEYOND: f32 = 0.2;
/// Each word that stands between the matching ones takes this off.
const GAP: f32 = 0.04;
const GAPS_MAX: u32 = 5;
/// A word that proves little weighs no more than this.
const LIGHT: f32 = 0.5;
/// A wording of light words alone weighs as much, so that they never make it up.
const PROOF: f32 = 2.0 * LIGHT;
/// Words spread over several wordings of one subject prove at most this much.
const SCATTERED: f32 = 0.8;

/// Words that mean the same here, by stem.
#[derive(Debug, Default)]
pub(super) struct Meanings {
    group_of: HashMap<String, usize>,
    groups: usize,
}

impl Meanings {
    /// Each group is words or denied words divided by `|`.
    pub(super) fn new(groups: &[String], tongue: &Tongue) -> Self {
        let mut meanings = Self { groups: groups.len(), ..Self::default() };
        for (number, group) in groups.iter().enumerate() {
            for member in group.split('|') {
                for word in tongue.words(member).into_iter().filter(|word| !word.filler) {
                    meanings.group_of.entry(word.key).or_insert(number);
                }
            }
        }
        meanings
    }

    /// In a settled order, so that the same pack always reads alike.
    fn members(&self) -> Vec<&String> {
        let mut members: Vec<&String> = self.group_of.keys().collect();
        members.sort();
        members
    }
}

#[derive(Debug)]
struct Term {
    concept: usize,
    /// Its stem and the very words of the file.
    forms: Vec<Vec<char>>,
}

#[derive(Debug)]
struct Wording {
    subject: usize,
    total: f32,
}

/// What an utterance comes close to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hit {
    pub(super) subject: usize,
    /// 0..=1.
    pub(super) score: f32,
    /// Bit per word of the utterance that counted, fillers left out, first 64 words.
    pub(super) used: u64,
}

#[derive(Debug, Default)]
pub(super) struct Index {
    term_of: HashMap<String, usize>,
    terms: Vec<Term>,
    /// Terms by denial and first letter, for misheard words.
    by_head: HashMap<(bool, char), Vec<usize>>,
    weight: Vec<f32>,
    /// Concept to wordings that have it, with the very term they use.
    postings: Vec<Vec<(usize, usize)>>,
    /// Concept to subjects that have it.
    subjects: Vec<Vec<usize>>,
    wordings: Vec<Wording>,
    typical: Vec<f32>,
}

/// One concept of an utterance.
#[derive(Debug, Clone, Copy)]
struct Heard {
    concept: usize,
    term: usize,
    factor: f32,
    used: u64,
}

impl Index {
    /// `subjects[i]` are the wordings of subject `i`.
    pub(super) fn new<'a>(
        subjects: impl IntoIterator<Item = &'a [String]>,
        tongue: &Tongue,
        meanings: &Meanings,
    ) -> Self {
        let mut index = Self::default();
        let mut concepts = Concepts { meanings, loose: HashMap::new() };
        for key in meanings.members() {
            index.term(key, &mut concepts);
        }
        let mut bags: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut count = 0;
        for (subject, said) in subjects.into_iter().enumerate() {
            count = subject + 1;
            for wording in said {
                let words = tongue.words(wording);
                bags.push((subject, index.bag(&words, &mut concepts)));
            }
        }
        index.weigh(&bags, count);
        index.lighten(tongue);
        index.total(&bags, count);
        index
    }

    fn bag(&mut self, words: &[Word], concepts: &mut Concepts<'_>) -> Vec<usize> {
        let mut seen = HashSet::new();
        let mut bag = Vec::new();
        let empty = words.iter().all(|word| word.filler);
        for word in words.iter().filter(|word| (empty && !word.key.is_empty()) || !word.filler) {
            let term = self.term(&word.key, concepts);
            self.learn(term, &word.surface);
            if seen.insert(self.terms[term].concept) {
                bag.push(term);
            }
        }
        bag
    }

    fn term(&mut self, key: &str, concepts: &mut Concepts<'_>) -> usize {
        if let Some(term) = self.term_of.get(key) {
            return *term;
        }

        let term = self.terms.len();
        self.terms.push(Term { concept: concepts.of(key), forms: Vec::new() });
        self.term_of.insert(key.into(), term);
        self.learn(term, key.trim_start_matches('!'));
        if let Some(first) = key.trim_start_matches('!').chars().next() {
            self.by_head.entry((key.starts_with('!'), first)).or_default().push(term);
        }
        term
    }

    fn learn(&mut self, term: usize, form: &str) {
        let form: Vec<char> = form.chars().collect();
        let forms = &mut self.terms[term].forms;
        if !forms.contains(&form) {
            forms.push(form);
        }
    }

    fn weigh(&mut self, bags: &[(usize, Vec<usize>)], subjects: usize) {
        let concepts = self.terms.iter().map(|term| term.concept + 1).max().unwrap_or(0);
        self.postings = vec![Vec::new(); concepts];
        self.subjects = vec![Vec::new(); concepts];
        for (wording, (subject, bag)) in bags.iter().enumerate() {
            for term in bag {
                let concept = self.terms[*term].concept;
                self.postings[concept].push((wording, *term));
                if self.subjects[concept].last() != Some(subject) {
                    self.subjects[concept].push(*subject);
                }
            }
        }
        let all = subjects.max(1) as f32;
        let weight = |held: &Vec<usize>| match held.len() {
            0 => 0.0,
            n => (1.0 + all / n as f32).ln(),
        };
        self.weight = self.subjects.iter().map(weight).collect();
    }

    fn lighten(&mut self, tongue: &Tongue) {
        for (key, term) in &self.term_of {
            if tongue.is_light(key) {
                let weight = &mut self.weight[self.terms[*term].concept];
                *weight = weight.min(LIGHT);
            }
        }
    }

    fn total(&mut self, bags: &[(usize, Vec<usize>)], subjects: usize) {
        let mut sums = vec![(0.0_f32, 0.0_f32); subjects];
        for (subject, bag) in bags {
            let total: f32 = bag.iter().map(|term| self.weight[self.terms[*term].concept]).sum();
            self.wordings.push(Wording { subject: *subject, total: f32::max(total, PROOF) });
            sums[*subject].0 += total;
            sums[*subject].1 += 1.0;
        }
        self.typical = sums.into_iter().map(|(sum, n)| sum / n.max(1.0)).collect();
    }

    /// Best first; one hit per subject.
    pub(super) fn find(&self, words: &[Word]) -> Vec<Hit> {
        let heard = self.heard(words);
        let known: f32 = heard.iter().map(|h| self.weight[h.concept]).sum();
        let mut best: HashMap<usize, Hit> = HashMap::new();
        for hit in self.by_wording(&heard, known).into_iter().chain(self.scattered(&heard, known)) {
            let kept = best.entry(hit.subject).or_insert(hit);
            if hit.score > kept.score {
                *kept = hit;
            }
        }
        let mut hits: Vec<Hit> = best.into_values().collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.subject.cmp(&b.subject)));
        hits
    }

    fn by_wording(&self, heard: &[Heard], known: f32) -> Vec<Hit> {
        let mut matched: HashMap<usize, (f32, f32, u64)> = HashMap::new();
        for h in heard {
            let weight = self.weight[h.concept];
            for (wording, term) in &self.postings[h.concept] {
                let same = if *term == h.term { 1.0 } else { SAME_MEANING };
                let sum = matched.entry(*wording).or_default();
                sum.0 += weight * h.factor * same;
                sum.1 += weight;
                sum.2 |= h.used;
            }
        }
        let score = |(wording, (sum, raw, used)): (usize, (f32, f32, u64))| {
            let Wording { subject, total } = self.wordings[wording];
            Hit {
                subject,
                score: sum / (total + BEYOND * (known - raw).max(0.0)) * closeness(used),
                used,
            }
        };
        matched.into_iter().map(score).collect()
    }

    fn scattered(&self, heard: &[Heard], known: f32) -> Vec<Hit> {
        let mut sums: HashMap<usize, (f32, u64, u32)> = HashMap::new();
        for h in heard {
            for subject in &self.subjects[h.concept] {
                let sum = sums.entry(*subject).or_default();
                sum.0 += self.weight[h.concept] * h.factor;
                sum.1 |= h.used;
                sum.2 += 1;
            }
        }
        let score = |(subject, (sum, used, words)): (usize, (f32, u64, u32))| {
            let whole = (sum / self.typical[subject].max(f32::EPSILON)).min(1.0);
            let focused = 0.6 + 0.4 * sum / known.max(f32::EPSILON);
            (words > 1).then_some(Hit {
                subject,
                score: SCATTERED * whole * focused * closeness(used),
                used,
            })
        };
        sums.into_iter().filter_map(score).collect()
    }

    fn heard(&self, words: &[Word]) -> Vec<Heard> {
        let mut heard: Vec<Heard> = Vec::new();
        let mut at = 0;
        for word in words {
            let used = if at < 64 { 1 << at } else { 0 };
            at += usize::from(!word.filler);
            let Some((term, factor)) = self.resolve(word) else {
                continue;
            };
            let concept = self.terms[term].concept;
            match heard.iter_mut().find(|h| h.concept == concept) {
                Some(h) if h.factor < factor => {
                    *h = Heard { concept, term, factor, used: h.used | used };
                }
                Some(h) => h.used |= used,
                None => heard.push(Heard { concept, term, factor, used }),
            }
        }
        heard
    }

    fn resolve(&self, word: &Word) -> Option<(usize, f32)> {
        match self.term_of.get(&word.key) {
            Some(term) => Some((*term, 1.0)),
            None if word.filler => None,
            None => self.misheard(word).map(|term| (term, MISHEARD)),
        }
    }

    /// The known word that differs from this one by a letter or two.
    fn misheard(&self, word: &Word) -> Option<usize> {
        let chars: Vec<char> = word.surface.chars().collect();
        let allowed = errors_allowed(chars.len())?;
        let near = self.by_head.get(&(word.key.starts_with('!'), *chars.first()?))?;
        near.iter()
            .filter_map(|term| Some((*term, self.terms[*term].nearest(&chars, allowed)?)))
            .min_by_key(|(_, distance)| *distance)
            .map(|(term, _)| term)
    }
}

impl Term {
    fn nearest(&self, chars: &[char], allowed: usize) -> Option<usize> {
        self.forms
            .iter()
            .filter(|form| form.len() > ERROR_FREE && form.len().abs_diff(chars.len()) <= allowed)
            .map(|form| distance(form, chars))
            .filter(|distance| *distance <= allowed)
            .min()
    }
}

/// Matching words that stand together say more than the same words scattered.
fn closeness(used: u64) -> f32 {
    if used == 0 {
        return 1.0;
    }
    let span = 64 - used.leading_zeros() - used.trailing_zeros();
    1.0 - GAP * (span - used.count_ones()).min(GAPS_MAX) as f32
}

/// Gives each stem its concept: the group it belongs to, or one of its own.
struct Concepts<'a> {
    meanings: &'a Meanings,
    loose: HashMap<String, usize>,
}

impl Concepts<'_> {
    fn of(&mut self, key: &str) -> usize {
        if let Some(group) = self.meanings.group_of.get(key) {
            return *group;
        }

        let next = self.meanings.groups + self.loose.len();
        *self.loose.entry(key.into()).or_insert(next)
    }
}

/// Short words differ by meaning, not by mishearing.
const ERROR_FREE: usize = 4;

fn errors_allowed(chars: usize) -> Option<usize> {
    match chars {
        ..=ERROR_FREE => None,
        5..=7 => Some(1),
        _ => Some(2),
    }
}

pub(super) fn distance(a: &[char], b: &[char]) -> usize {
    strsim::generic_levenshtein(&Letters(a), &Letters(b))
}

/// What strsim can walk over twice.
struct Letters<'a>(&'a [char]);

impl<'a> IntoIterator for &Letters<'a> {
    type Item = &'a char;
    type IntoIter = std::slice::Iter<'a, char>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
