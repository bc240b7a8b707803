//! What people are likely to say: an n-gram model made of sentences.
//!
//! Trigrams, smoothed as Witten and Bell proposed (1991, "The zero-frequency problem", method C,
//! interpolated). One model per expectation: its own phrases weigh most, all others stay possible,
//! so that "оператор" can be said anywhere.
//!
//! **Never here:** pronunciation, sound.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::store::{self, Key};
use super::{Expect, SpeechError};

/// Of everything said to a question, this much is expected to be an answer to it.
const ANSWERS: f64 = 0.7;
/// Over the agent's voice people say few things, and what they say is short and easily misheard.
const ASIDES: f64 = 0.95;
/// What every word of the vocabulary is given, as if it had been said this often alone.
const EVERY_WORD: f64 = 0.1;

const START: u32 = 0;
const END: u32 = 1;

/// A sentence that may be said.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    pub text: String,
    /// Against other phrases about the same: 1 is usual, 0 is never.
    pub weight: f32,
    /// What it answers.
    pub about: Expect,
}

/// Sentences counted, ready to become a model per expectation.
#[derive(Debug)]
pub struct Phrases {
    vocabulary: Vec<String>,
    sentences: Vec<Sentence>,
}

#[derive(Debug)]
struct Sentence {
    words: Vec<u32>,
    weight: f64,
    about: Expect,
}

type Counts<const N: usize> = HashMap<[u32; N], f64>;

impl Phrases {
    pub fn of(phrases: &[Phrase]) -> Phrases {
        let spoken: Vec<Vec<String>> = phrases.iter().map(|p| words(&p.text)).collect();
        let different: BTreeSet<&String> = spoken.iter().flatten().collect();
        let mut vocabulary = vec!["<s>".to_string(), "</s>".to_string()];
        vocabulary.extend(different.into_iter().cloned());

        let ids: HashMap<&str, u32> =
            (0..).zip(&vocabulary).map(|(n, w)| (w.as_str(), n)).collect();
        let sentences = phrases
            .iter()
            .zip(&spoken)
            .filter(|(phrase, words)| phrase.weight > 0.0 && !words.is_empty())
            .map(|(phrase, words)| Sentence {
                words: enclosed(words.iter().map(|word| ids[word.as_str()])),
                weight: f64::from(phrase.weight),
                about: phrase.about,
            })
            .collect();
        Phrases { vocabulary, sentences }
    }

    /// Every word that can be said.
    pub fn words(&self) -> BTreeSet<String> {
        self.vocabulary[2..].iter().cloned().collect()
    }

    /// The model for answers to that, in the ARPA format.
    pub fn arpa(&self, expect: Expect) -> String {
        let mut counted = Counted::default();
        let factors = self.factors(expect);
        for sentence in &self.sentences {
            counted.add(&sentence.words, sentence.weight * factors.of(sentence.about == expect));
        }
        counted.model(self.vocabulary.len()).arpa(&self.vocabulary)
    }

    /// The model as a file under `dir`, made only where it is not there already.
    pub fn file(&self, expect: Expect, name: &str, dir: &Path) -> Result<PathBuf, SpeechError> {
        let name = format!("{name}-{}-{}.arpa", expect.code(), self.key());
        store::once(dir, &name, || Ok(self.arpa(expect).into_bytes()))
    }

    fn key(&self) -> Key {
        let mut key = Key::default();
        key.add(&format!("{ANSWERS} {ASIDES} {EVERY_WORD}"));
        self.vocabulary.iter().for_each(|word| {
            key.add(word);
        });
        for sentence in &self.sentences {
            key.add(sentence.about.code()).bytes(&sentence.weight.to_le_bytes());
            sentence.words.iter().for_each(|word| {
                key.bytes(&word.to_le_bytes());
            });
        }
        key
    }

    fn factors(&self, expect: Expect) -> Factors {
        let weight_of = |answers: bool| -> f64 {
            let mine = self.sentences.iter().filter(|s| (s.about == expect) == answers);
            mine.map(|s| s.weight).sum()
        };
        let (answers, others) = (weight_of(true), weight_of(false));
        if answers == 0.0 || others == 0.0 {
            return Factors { answers: 1.0, others: 1.0 };
        }
        let all = answers + others;
        let share = if expect == Expect::Aside { ASIDES } else { ANSWERS };
        Factors { answers: all * share / answers, others: all * (1.0 - share) / others }
    }
}

struct Factors {
    answers: f64,
    others: f64,
}

impl Factors {
    fn of(&self, answers: bool) -> f64 {
        if answers { self.answers } else { self.others }
    }
}

/// Lower-case words; "o'clock" and "по-русски" are one word each.
pub fn words(text: &str) -> Vec<String> {
    let letters = |c: char| c.is_alphabetic() || c == '\'' || c == '-' || c == '’';
    text.to_lowercase()
        .split(|c: char| !letters(c))
        .map(|word| word.trim_matches(['\'', '-', '’']).replace('’', "'"))
        .filter(|word| !word.is_empty())
        .collect()
}

fn enclosed(words: impl Iterator<Item = u32>) -> Vec<u32> {
    std::iter::once(START).chain(words).chain([END]).collect()
}

#[derive(Default)]
struct Counted {
    ones: Counts<1>,
    twos: Counts<2>,
    threes: Counts<3>,
}

impl Counted {
    fn add(&mut self, words: &[u32], weight: f64) {
        for &word in &words[1..] {
            *self.ones.entry([word]).or_default() += weight;
        }
        for pair in words.array_windows::<2>() {
            *self.twos.entry(*pair).or_default() += weight;
        }
        for triple in words.array_windows::<3>() {
            *self.threes.entry(*triple).or_default() += weight;
        }
    }

    fn model(&self, vocabulary: usize) -> Model {
        let ones = self.words_alone(vocabulary);
        let after_one = Followers::of(&self.twos, |&[a, _]| [a]);
        let mut twos = Vec::with_capacity(self.twos.len());
        for (&[a, b], &count) in &self.twos {
            twos.push(([a, b], after_one.share([a], count, ones[b as usize])));
        }
        let likely: Counts<2> = twos.iter().copied().collect();

        let after_two = Followers::of(&self.threes, |&[a, b, _]| [a, b]);
        let mut threes = Vec::with_capacity(self.threes.len());
        for (&[a, b, c], &count) in &self.threes {
            threes.push(([a, b, c], after_two.share([a, b], count, likely[&[b, c]])));
        }
        twos.sort_unstable_by_key(|(gram, _)| *gram);
        threes.sort_unstable_by_key(|(gram, _)| *gram);
        Model { ones, twos, threes, after_one, after_two }
    }

    fn words_alone(&self, vocabulary: usize) -> Vec<f64> {
        let count = |word: u32| self.ones.get(&[word]).copied().unwrap_or(0.0) + EVERY_WORD;
        let all: f64 = (END..vocabulary as u32).map(count).sum();
        (0..vocabulary as u32).map(|word| count(word) / all).collect()
    }
}

/// What comes after a history: how often anything, and how many different words.
struct Followers<const N: usize>(HashMap<[u32; N], (f64, f64)>);

impl<const N: usize> Followers<N> {
    fn of<const M: usize>(
        counts: &Counts<M>,
        history: impl Fn(&[u32; M]) -> [u32; N],
    ) -> Followers<N> {
        let mut after: HashMap<[u32; N], (f64, f64)> = HashMap::new();
        let mut sorted: Vec<_> = counts.iter().collect();
        sorted.sort_unstable_by_key(|(gram, _)| **gram);
        for (gram, count) in sorted {
            let (times, different) = after.entry(history(gram)).or_default();
            *times += count;
            *different += 1.0;
        }
        Followers(after)
    }

    /// Witten and Bell: seen `count` times after that history, `shorter` likely without it.
    fn share(&self, history: [u32; N], count: f64, shorter: f64) -> f64 {
        let (times, different) = self.0[&history];
        (count + different * shorter) / (times + different)
    }

    fn back_off(&self, history: [u32; N]) -> f64 {
        self.0.get(&history).map_or(1.0, |(times, different)| different / (times + different))
    }
}

struct Model {
    ones: Vec<f64>,
    twos: Vec<([u32; 2], f64)>,
    threes: Vec<([u32; 3], f64)>,
    after_one: Followers<1>,
    after_two: Followers<2>,
}

impl Model {
    fn arpa(&self, vocabulary: &[String]) -> String {
        let mut text = String::with_capacity(64 * (self.twos.len() + self.threes.len()));
        let word = |id: u32| vocabulary[id as usize].as_str();
        let _ = write!(
            text,
            "\\data\\\nngram 1={}\nngram 2={}\nngram 3={}\n\n\\1-grams:\n",
            self.ones.len(),
            self.twos.len(),
            self.threes.len(),
        );
        for (id, &likely) in (0..).zip(&self.ones) {
            let likely = if id == START { 1e-99 } else { likely };
            let back_off = self.after_one.back_off([id]);
            let _ = writeln!(text, "{} {} {}", log(likely), word(id), log(back_off));
        }
        text.push_str("\n\\2-grams:\n");
        for &([a, b], likely) in &self.twos {
            let back_off = self.after_two.back_off([a, b]);
            let _ = writeln!(text, "{} {} {} {}", log(likely), word(a), word(b), log(back_off));
        }
        text.push_str("\n\\3-grams:\n");
        for &([a, b, c], likely) in &self.threes {
            let _ = writeln!(text, "{} {} {} {}", log(likely), word(a), word(b), word(c));
        }
        text.push_str("\n\\end\\\n");
        text
    }
}

fn log(likely: f64) -> Log {
    Log(likely.log10())
}

struct Log(f64);

impl std::fmt::Display for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.4}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sentences_make_this_model() {
        let phrases =
            Phrases::of(&[phrase("Да, течёт!", Expect::Anything), phrase("да", Expect::YesNo)]);

        let arpa = phrases.arpa(Expect::YesNo);

        assert_eq!(arpa, include_str!("texts/two-sentences.arpa"));
    }

    #[test]
    fn what_follows_a_word_adds_up_to_one() {
        let phrases = common();
        let mut counted = Counted::default();
        phrases.sentences.iter().for_each(|s| counted.add(&s.words, s.weight));
        let model = counted.model(phrases.vocabulary.len());

        for history in [START, 2, 3, 4] {
            let after: HashMap<u32, f64> = model
                .twos
                .iter()
                .filter(|([a, _], _)| *a == history)
                .map(|([_, b], likely)| (*b, *likely))
                .collect();
            let back_off = model.after_one.back_off([history]);
            let sum: f64 = (END..model.ones.len() as u32)
                .map(|b| after.get(&b).copied().unwrap_or(back_off * model.ones[b as usize]))
                .sum();
            assert!((sum - 1.0).abs() < 1e-9, "after word {history}: {sum}");
        }
    }

    #[test]
    fn an_answer_is_likelier_where_it_is_asked_for_and_possible_elsewhere() {
        let phrases = common();

        let likely = |expect| first_word(&phrases.arpa(expect), "двенадцать");

        assert!(likely(Expect::Time) > likely(Expect::YesNo));
        assert!(likely(Expect::YesNo) > -5.0);
    }

    #[test]
    fn the_same_phrases_give_the_same_model_to_the_byte() {
        assert_eq!(common().arpa(Expect::Time), common().arpa(Expect::Time));
    }

    #[test]
    fn words_are_what_is_between_punctuation() {
        assert_eq!(
            words("Well — it’s ten o'clock, по-русски!"),
            ["well", "it's", "ten", "o'clock", "по-русски"]
        );
        assert_eq!(words("..."), Vec::<String>::new());
    }

    fn first_word(arpa: &str, word: &str) -> f64 {
        let line = arpa.lines().find(|line| line.contains(&format!(" <s> {word} ")));
        line.expect("the word opens a sentence").split(' ').next().unwrap().parse().unwrap()
    }

    fn common() -> Phrases {
        Phrases::of(&[
            phrase("да", Expect::YesNo),
            phrase("нет", Expect::YesNo),
            phrase("двенадцать", Expect::Time),
            phrase("в двенадцать часов", Expect::Time),
            phrase("у меня течёт кран", Expect::Anything),
            phrase("оператор", Expect::Anything),
        ])
    }

    fn phrase(text: &str, about: Expect) -> Phrase {
        Phrase { text: text.into(), weight: 1.0, about }
    }
}
