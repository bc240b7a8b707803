//! What a recogniser makes of words on a bad day: some lost, some mistaken for words that sound alike.
//!
//! **Never here:** a recogniser.

use std::collections::BTreeSet;

use super::Chance;

/// Of a hundred errors so many lose the word, and so many put one in; the rest mistake it.
const LOST: usize = 30;
const ADDED: usize = 15;

/// A vocabulary to mistake words within.
#[derive(Debug, Clone)]
pub struct Noise {
    words: Vec<String>,
    /// Words in a hundred that go wrong.
    rate: usize,
}

impl Noise {
    /// `phrases`: everything a recogniser expects to hear.
    pub fn new<'a>(phrases: impl IntoIterator<Item = &'a str>, rate: usize) -> Self {
        let words: BTreeSet<&str> = phrases.into_iter().flat_map(str::split_whitespace).collect();
        let words = words.into_iter().filter(|word| word.chars().count() > 1);
        Self { words: words.map(str::to_owned).collect(), rate }
    }

    pub fn through(&self, said: &str, chance: &mut Chance) -> String {
        let mut heard: Vec<String> = Vec::new();
        for word in said.split_whitespace() {
            if !chance.happens(self.rate) {
                heard.push(word.to_owned());
                continue;
            }
            match chance.roll(100) {
                kind if kind < LOST => {}
                kind if kind < LOST + ADDED => {
                    heard.push(word.to_owned());
                    heard.extend(chance.pick(&self.words).cloned());
                }
                _ => heard.push(self.alike(word, chance)),
            }
        }
        heard.join(" ")
    }

    /// One of the words nearest in spelling.
    fn alike(&self, word: &str, chance: &mut Chance) -> String {
        const NEAREST: usize = 4;

        let mut near: Vec<(usize, &String)> = self
            .words
            .iter()
            .filter(|other| *other != word)
            .map(|other| (strsim::levenshtein(other, word), other))
            .collect();
        near.sort();
        near.truncate(NEAREST);
        chance.pick(&near).map_or_else(|| word.to_owned(), |(_, other)| (*other).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_as_many_words_go_wrong_as_were_asked_for() {
        let said = "улица багратиона дом двадцать квартира пять завтра после обеда подходит";
        let noise = Noise::new([said], 10);
        let mut chance = Chance::new(7);

        let wrong: usize = (0..1000)
            .map(|_| {
                let heard = noise.through(said, &mut chance);
                let heard: Vec<&str> = heard.split(' ').collect();
                let said: Vec<&str> = said.split(' ').collect();
                strsim::generic_levenshtein(&said, &heard)
            })
            .sum();

        assert!((800..1200).contains(&wrong), "{wrong} of 10000");
    }
}
