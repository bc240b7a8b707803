//! "Нет, не десять, а двенадцать": where what follows replaces what stood.
//!
//! **Never here:** what is replaced.

use super::token::Tokens;
use super::yes_no::{AGREED, NEITHER, opens};

#[rustfmt::skip]
const CORRECTIONS: &[&str] = &[
    "вернее", "точнее", "ошибся", "ошиблась", "оговорился", "оговорилась", "перепутал",
    "перепутала", "поправка", "исправьте", "поправьте", "исправить", "поменяйте", "то есть нет",
    "ой нет", "ой", "ах нет", "хотя нет", "а нет", "стоп", "в смысле", "не то", "неправильно",
    "неверно", "не так", "имел в виду", "имела в виду", "вместо", "лучше", "хотя", "хотя лучше",
    "извините не", "простите не", "i mean", "i meant", "actually", "or rather", "rather",
    "correction", "my mistake", "my bad", "scratch that", "sorry not", "no wait", "no sorry",
    "wait no", "oops", "make that", "make it", "change that to", "change it to", "not that",
    "то есть", "нет подождите", "нет погодите", "нет стойте", "нет постойте", "нет извините",
    "нет простите", "нет нет", "точнее говоря", "погодите нет", "подождите нет", "no sorry",
    "no hold on", "no actually", "hang on no", "wait sorry", "instead", "i misspoke", "i was wrong", "let me correct",
];

/// In the middle of a sentence these excuse a slip of the tongue.
const EXCUSES: &[&str] = &["sorry", "извините", "простите", "пардон", "виноват", "виновата"];

/// Where what follows replaces what stood: the token after the last such marker.
pub(super) fn correction(tokens: &Tokens<'_>) -> Option<usize> {
    let mut last = None;
    for i in 0..tokens.len() {
        if let Some(len) = tokens.any(i, CORRECTIONS) {
            let opening_wish = tokens.before(i, 1) == "тем"
                || i == 0 && tokens.is(i, &["лучше", "make", "actually"]);
            last = if opening_wish { last } else { Some(i + len) };
        } else if i > 0 && i + 1 < tokens.len() && tokens.is(i, EXCUSES) {
            last = Some(i + 1);
        } else if let Some(after) = not_but(tokens, i) {
            last = Some(after);
        } else if refuses_then_says(tokens, i) {
            last = Some(i + 1);
        }
    }
    last
}

/// The caller says outright that something is wrong, whatever follows.
pub(super) fn admits(tokens: &Tokens<'_>) -> bool {
    tokens.has(&[
        "ошибся",
        "ошиблась",
        "оговорился",
        "оговорилась",
        "неправильно",
        "неверно",
        "исправьте",
        "поправьте",
        "поправка",
        "поменяйте",
        "исправить",
        "не так",
        "my mistake",
        "my bad",
        "correction",
        "i was wrong",
        "i misspoke",
        "change that",
        "change it",
    ])
}

/// "не десять, а двенадцать", "not ten but twelve": the token after "а".
pub(super) fn not_but(tokens: &Tokens<'_>, i: usize) -> Option<usize> {
    if !tokens.is(i, &["не", "not"]) {
        return None;
    }
    let end = (i + 9).min(tokens.len());
    let but = (i + 2..end).find(|&j| tokens.is(j, &["а", "but"]))?;
    let content =
        |j: usize| tokens.get(j).is_some_and(|token| token.figures || token.atom.is_some());
    let same_kind = (i + 1..but).any(content) == (but + 1..tokens.len()).any(content);
    (but + 1 < tokens.len() && same_kind).then_some(but + 1)
}

/// "нет, …" with something after it.
fn refuses_then_says(tokens: &Tokens<'_>, i: usize) -> bool {
    tokens.is(i, &["нет", "no"])
        && opens(tokens, i)
        && i + 2 < tokens.len() + 1
        && i + 1 < tokens.len()
        && tokens.any(i, NEITHER).is_none()
        && tokens.any(i + 1, AGREED).is_none()
        && !(tokens.is(i + 1, &["нет", "no"]) && i + 2 < tokens.len())
        && !tokens.is(i + 1, &["спасибо", "конечно", "проблем", "thanks", "thank", "problem"])
}
