//! How like a known street some spoken words are: case endings, left-out given names, misheard letters.
//!
//! **Never here:** which words are a street at all.

use super::Place;
use super::street::{KINDS_EN, is_type};
use super::token::{Tokens, fold};

/// At least one word said as it is written or in another case.
pub(super) const EXACT_WORD: u32 = 4;

/// How like a known street the words `from..to` are; `None`: not at all.
pub(super) fn likeness(
    tokens: &Tokens<'_>,
    from: usize,
    to: usize,
    place: &Place,
    full: Option<&str>,
) -> Option<u32> {
    let initial = tokens.at(to.checked_sub(1)?).chars().next()?;
    let names = place.folded.get_or_init(|| {
        std::iter::once(&place.name).chain(&place.also).map(|name| Name::new(name)).collect()
    });
    names
        .iter()
        .filter(|name| name.initials.contains(&initial))
        .filter_map(|name| like(tokens, from, to, name, full))
        .max()
}

/// A known name, ready to be compared with spoken words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    folded: String,
    /// Without "улица" and the like.
    words: Vec<String>,
    /// First letters of all its words: the cheap test before the thorough one.
    initials: Vec<char>,
    /// A rank before the name, which is often left out.
    titled: bool,
}

impl Name {
    fn new(name: &str) -> Self {
        const TITLES: &[&str] = &[
            "генерала",
            "маршала",
            "подполковника",
            "профессора",
            "адмирала",
            "капитана",
            "полковника",
            "лейтенанта",
            "имени",
        ];
        let folded = fold(name);
        let all = folded.split([' ', '-', '.']).filter(|word| !word.is_empty());
        let initials = all.clone().filter_map(|word| word.chars().next()).collect();
        let words: Vec<String> = all
            .filter(|word| !is_type(word) && !KINDS_EN.contains(word))
            .map(str::to_owned)
            .collect();
        let titled = words.iter().any(|word| TITLES.contains(&word.as_str()));
        Self { words, initials, titled, folded }
    }
}

fn like(
    tokens: &Tokens<'_>,
    from: usize,
    to: usize,
    name: &Name,
    full: Option<&str>,
) -> Option<u32> {
    let mut known = name.words.iter().peekable();
    let count = name.words.len();
    let mut score = 0;
    for j in from..to {
        let spoken = tokens.at(j);
        loop {
            let word = known.next()?;
            if let Some(worth) = same_word(spoken, word) {
                score += worth;
                break;
            }
            // A given name or a rank may be left out, the last word never.
            known.peek()?;
        }
    }
    let whole = known.next().is_none();
    if !whole || count == 0 {
        return None;
    }
    let left_out = count - (to - from).min(count);
    let kind = full.is_some_and(|full| name.folded.contains(full));
    let average = score / u32::try_from(to - from).ok()?.max(1);
    let least = if left_out > 0 && !name.titled { 2 } else { 1 };
    (average >= least).then(|| {
        average * 2
            + u32::try_from(to - from).unwrap_or(0) * 2
            + u32::from(kind)
            + u32::from(left_out == 0)
    })
}

/// Worth of a match between a spoken word and a word of the name: 3 the same, 2 another case, 1 misheard.
fn same_word(spoken: &str, known: &str) -> Option<u32> {
    if spoken == known {
        return Some(3);
    }
    if !spoken.is_empty()
        && spoken.chars().count() == 1
        && known.starts_with(spoken)
        && known.chars().count() > 4
    {
        return Some(2);
    }
    let (a, b) = (stem(spoken), stem(known));
    if a.chars().count() < 3 {
        return None;
    }
    if a == b {
        return Some(2);
    }
    let long = a.chars().count().min(b.chars().count());
    let slack = match long {
        0..=4 => return None,
        5..=8 => 1,
        _ => 2,
    };
    let lengths = a.chars().count().abs_diff(b.chars().count());
    (lengths <= slack && a.chars().next() == b.chars().next() && strsim::levenshtein(a, b) <= slack)
        .then_some(1)
}

/// The word without its case ending.
fn stem(word: &str) -> &str {
    const ENDINGS: [&str; 30] = [
        "ыми", "ими", "ого", "его", "ому", "ему", "ый", "ий", "ой", "ая", "яя", "ое", "ее", "ую",
        "юю", "ых", "их", "ым", "им", "ом", "ем", "ей", "а", "я", "о", "е", "у", "ю", "ы", "и",
    ];
    let word = word.strip_suffix('ь').unwrap_or(word);
    let long = word.chars().count();
    ENDINGS
        .iter()
        .find_map(|end| word.strip_suffix(end).filter(|_| long - end.chars().count() >= 3))
        .unwrap_or(word)
}
