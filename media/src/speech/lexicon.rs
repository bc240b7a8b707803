//! How words are pronounced, in the phones of an acoustic model.
//!
//! Russian: espeak-ng through the table beside the model. English: Debian's dictionary, and
//! espeak-ng through a table of our own for what it does not hold. A word that cannot be
//! pronounced is left out: one strange street name never keeps a line from starting.
//!
//! **Never here:** sound, probabilities.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::program::{self, Origin};
use super::{SpeechError, Tongue};
use crate::speech::store;

pub(super) const ESPEAK: Origin = Origin { name: "espeak-ng", package: "espeak-ng" };
/// Thousands of words take a few seconds; this long without a byte is a hanging program.
const PATIENCE: Duration = Duration::from_secs(20);

const RU_TABLE: &str = include_str!("../../models/ru/phones.txt");
const RU_WORDS: &str = include_str!("../../models/ru/words.txt");
const EN_TABLE: &str = include_str!("texts/arpabet.txt");

/// One pronunciation: phones, first to last.
pub type Phones = Vec<String>;

/// Words and all their pronunciations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lexicon {
    pub pronounced: BTreeMap<String, Vec<Phones>>,
    /// Words nobody here can pronounce.
    pub left_out: BTreeSet<String>,
}

impl Lexicon {
    /// `known`: a dictionary in the CMU format that wins over espeak-ng, where there is one.
    pub fn of(
        tongue: Tongue,
        words: &BTreeSet<String>,
        known: Option<&str>,
    ) -> Result<Lexicon, SpeechError> {
        let mut pronounced = BTreeMap::new();
        for dictionary in [known, exceptions(tongue)].into_iter().flatten() {
            look_up(dictionary, words, &mut pronounced);
        }

        let strange: Vec<&str> = words
            .iter()
            .filter(|word| !pronounced.contains_key(*word))
            .map(String::as_str)
            .collect();
        pronounced.extend(spelled_out(tongue, &strange)?);

        let left_out: BTreeSet<String> =
            words.iter().filter(|word| !pronounced.contains_key(*word)).cloned().collect();
        if !left_out.is_empty() {
            tracing::warn!(words = ?left_out, %tongue, "words without a pronunciation");
        }
        Ok(Lexicon { pronounced, left_out })
    }

    /// In the CMU format: "word PH ONES", further ones as "word(2) PH ONES".
    pub fn dictionary(&self) -> String {
        let mut text = String::new();
        for (word, ways) in &self.pronounced {
            for (n, phones) in ways.iter().enumerate() {
                let phones = phones.join(" ");
                let _ = match n {
                    0 => writeln!(text, "{word} {phones}"),
                    n => writeln!(text, "{word}({}) {phones}", n + 1),
                };
            }
        }
        text
    }

    /// The dictionary as a file under `dir`, made only where it is not there already.
    pub fn file(
        tongue: Tongue,
        words: &BTreeSet<String>,
        known: Option<&str>,
        dir: &Path,
    ) -> Result<PathBuf, SpeechError> {
        let mut key = store::Key::default();
        key.add(RU_TABLE).add(RU_WORDS).add(EN_TABLE).add(tongue.code()).add(known.unwrap_or(""));
        words.iter().for_each(|word| {
            key.add(word);
        });
        store::once(dir, &format!("{tongue}-{key}.dict"), || {
            Ok(Lexicon::of(tongue, words, known)?.dictionary().into_bytes())
        })
    }
}

fn exceptions(tongue: Tongue) -> Option<&'static str> {
    match tongue {
        Tongue::Ru => Some(RU_WORDS),
        Tongue::En => None,
    }
}

fn look_up(dictionary: &str, words: &BTreeSet<String>, found: &mut BTreeMap<String, Vec<Phones>>) {
    for line in dictionary.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split_whitespace();
        let Some(entry) = parts.next() else { continue };
        let word = without_number(entry);
        if words.contains(word) {
            found.entry(word.into()).or_default().push(parts.map(String::from).collect());
        }
    }
}

/// "word(2)" is the second way to say "word".
pub(super) fn without_number(entry: &str) -> &str {
    entry.split_once('(').map_or(entry, |(word, _)| word)
}

fn spelled_out(
    tongue: Tongue,
    words: &[&str],
) -> Result<BTreeMap<String, Vec<Phones>>, SpeechError> {
    if words.is_empty() {
        return Ok(BTreeMap::new());
    }
    let voice = match tongue {
        Tongue::Ru => "ru",
        Tongue::En => "en-us",
    };
    let arguments = ["-q", "-x", "-v", voice, "--sep=_"];
    let answer = program::ask(ESPEAK, &arguments, words.join("\n") + "\n", PATIENCE)?;
    let answer = String::from_utf8_lossy(&answer);
    let lines: Vec<&str> = answer.lines().collect();
    if lines.len() != words.len() {
        let fact = format!("{} lines for {} words", lines.len(), words.len());
        return Err(SpeechError::Engine { engine: ESPEAK.name, fact });
    }

    let table = Table::of(tongue);
    let ways = words.iter().zip(lines).filter_map(|(word, line)| {
        let phones = table.read(line)?;
        Some(((*word).to_string(), ways(tongue, word, phones)))
    });
    Ok(ways.collect())
}

fn ways(tongue: Tongue, word: &str, phones: Phones) -> Vec<Phones> {
    match tongue {
        Tongue::En => vec![phones],
        Tongue::Ru => match softened(word, &phones) {
            soft if soft == phones => vec![phones],
            soft => vec![phones, soft],
        },
    }
}

/// Rule 7 of models/ru/phones.txt: "л" and "н" before "ь" are soft in people's mouths.
fn softened(word: &str, phones: &[String]) -> Phones {
    let letters: Vec<char> = word.chars().collect();
    let mut result = phones.to_vec();
    for (letter, hard, soft) in [('л', "L", "LJ"), ('н', "N", "NJ")] {
        let written = (0..letters.len()).filter(|&i| letters[i] == letter);
        let said: Vec<usize> =
            (0..phones.len()).filter(|&i| phones[i] == hard || phones[i] == soft).collect();
        if written.clone().count() != said.len() {
            continue;
        }
        for (at, place) in written.zip(said) {
            if letters.get(at + 1) == Some(&'ь') {
                result[place] = soft.into();
            }
        }
    }
    result
}

/// espeak-ng's mnemonics and the phones they stand for.
struct Table(BTreeMap<&'static str, Vec<&'static str>>);

impl Table {
    fn of(tongue: Tongue) -> Table {
        let text = match tongue {
            Tongue::Ru => RU_TABLE,
            Tongue::En => EN_TABLE,
        };
        let rows = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let mut parts = line.split_whitespace();
            Some((parts.next()?, parts.collect()))
        });
        Table(rows.collect())
    }

    /// One line of espeak-ng's answer; the rules are in models/ru/phones.txt.
    fn read(&self, line: &str) -> Option<Phones> {
        let line = line.trim();
        if line.contains('(') || line.contains(' ') {
            return None;
        }
        let mut pieces: Vec<String> = Vec::new();
        for piece in line.split('_').map(str::trim).filter(|piece| !piece.is_empty()) {
            match (piece, pieces.last_mut()) {
                (";" | "I^", Some(before)) => before.push_str(piece),
                (piece, _) => pieces.push(piece.into()),
            }
        }

        let phones: Option<Vec<_>> = pieces.iter().map(|piece| self.phones(piece)).collect();
        let phones: Phones = phones?.into_iter().flatten().map(|p| (*p).to_string()).collect();
        (!phones.is_empty()).then_some(phones)
    }

    /// English marks the softness Russian has phones for: there the bare consonant will do.
    fn phones(&self, piece: &str) -> Option<&Vec<&'static str>> {
        let bare = piece.trim_start_matches(['\'', ',', '%', '=']);
        let hard = bare.trim_end_matches(';');
        [piece, bare, hard].iter().find_map(|spelling| self.0.get(*spelling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn russian_words_get_the_phones_of_the_model() {
        let lexicon = lexicon(Tongue::Ru, &["кран", "в", "очень", "день"], None);

        assert_eq!(lexicon.pronounced["кран"], [phones("K R A N")]);
        assert_eq!(lexicon.pronounced["в"].len(), 3);
        assert!(lexicon.pronounced["день"].contains(&phones("DJ E NJ")));
        assert_eq!(lexicon.left_out, BTreeSet::new());
    }

    #[test]
    fn english_words_come_from_the_dictionary_and_strangers_from_espeak() {
        let known = "tap T AE P\neither IY DH ER\neither(2) AY DH ER\n";

        let lexicon = lexicon(Tongue::En, &["tap", "either", "kuznetsov"], Some(known));

        assert_eq!(lexicon.pronounced["either"].len(), 2);
        assert_eq!(lexicon.pronounced["kuznetsov"], [phones("K AH Z N IH T S AA V")]);
    }

    #[test]
    fn a_word_nobody_can_pronounce_is_left_out() {
        let lexicon = lexicon(Tongue::Ru, &["кран", "bosch"], None);

        assert_eq!(lexicon.left_out, BTreeSet::from(["bosch".to_string()]));
        assert!(lexicon.pronounced.contains_key("кран"));
    }

    #[test]
    fn further_pronunciations_are_numbered_in_the_dictionary() {
        let lexicon = lexicon(Tongue::Ru, &["да"], None);

        assert_eq!(lexicon.dictionary(), "да D A\nда(2) D AX\n");
    }

    fn lexicon(tongue: Tongue, words: &[&str], known: Option<&str>) -> Lexicon {
        let words = words.iter().map(|w| (*w).to_string()).collect();
        Lexicon::of(tongue, &words, known).expect("espeak-ng: apt-get install espeak-ng")
    }

    fn phones(text: &str) -> Phones {
        text.split(' ').map(String::from).collect()
    }
}
