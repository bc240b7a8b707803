//! The utterance cut into words and figures, each with its place in the text and a folded form.
//!
//! Punctuation is not a token: what stands before a token is its `gap`, so spoken and written
//! forms meet in one grammar.
//!
//! **Never here:** what any word means but for numbers.

use super::number::{Atom, atom};

#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub text: &'a str,
    /// Lower case, ё as е, one kind of apostrophe.
    pub fold: String,
    /// Everything between the token before and this one: spaces, marks, nothing.
    pub gap: &'a str,
    pub start: usize,
    pub end: usize,
    pub figures: bool,
    pub atom: Option<Atom>,
}

impl Token<'_> {
    /// A mark that separates one thought from the next stands before this token.
    pub(super) fn after_mark(&self) -> bool {
        self.gap.contains([',', '.', ';', '!', '?', '—', '–', '…', '\n', '('])
    }

    pub(super) fn capital(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }

    pub(super) fn glued(&self) -> bool {
        self.gap.is_empty() && self.start > 0
    }

    pub(super) fn letter(&self) -> Option<char> {
        let mut chars = self.fold.chars();
        let first = chars.next()?;
        (chars.next().is_none() && first.is_alphabetic()).then_some(first)
    }
}

/// The tokens, and which of them a fact has already claimed.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    pub text: &'a str,
    pub list: Vec<Token<'a>>,
    pub taken: Vec<bool>,
    /// What stands after the last token.
    pub tail: &'a str,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut list = Vec::new();
        let mut last = 0;
        let mut at = 0;
        while let Some(start) = next_start(text, at) {
            let end = end_of_token(text, start);
            list.push(token(text, last, start, end));
            last = end;
            at = end;
        }
        let taken = vec![false; list.len()];
        Self { text, list, taken, tail: &text[last..] }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, i: usize) -> Option<&Token<'a>> {
        self.list.get(i)
    }

    /// The folded word at `i`, empty beyond the ends.
    pub(super) fn at(&self, i: usize) -> &str {
        self.list.get(i).map_or("", |token| token.fold.as_str())
    }

    /// The folded word `back` places before `i`, empty beyond the start.
    pub(super) fn before(&self, i: usize, back: usize) -> &str {
        i.checked_sub(back).map_or("", |j| self.at(j))
    }

    pub(super) fn gap(&self, i: usize) -> &str {
        self.list.get(i).map_or(self.tail, |token| token.gap)
    }

    pub(super) fn marked(&self, i: usize) -> bool {
        self.list.get(i).is_none_or(Token::after_mark)
    }

    /// A mark stands somewhere between token `from` and token `to`.
    pub(super) fn marked_between(&self, from: usize, to: usize) -> bool {
        (from + 1..=to).any(|i| self.gap(i).contains([',', ';', '!', '?']))
    }

    pub(super) fn is(&self, i: usize, words: &[&str]) -> bool {
        words.contains(&self.at(i))
    }

    /// The words of `phrase`, one after another from `i`; answers how many tokens that is.
    pub(super) fn phrase(&self, i: usize, phrase: &str) -> Option<usize> {
        let mut rest = phrase;
        let mut len = 0;
        loop {
            let word = self.at(i + len);
            rest = rest.strip_prefix(word).filter(|_| !word.is_empty())?;
            len += 1;
            if rest.is_empty() {
                return Some(len);
            }
            rest = rest.strip_prefix(' ')?;
        }
    }

    /// The longest of `phrases` that stands at `i`, in tokens.
    pub(super) fn any(&self, i: usize, phrases: &[&str]) -> Option<usize> {
        phrases.iter().filter_map(|phrase| self.phrase(i, phrase)).max()
    }

    pub(super) fn has(&self, phrases: &[&str]) -> bool {
        (0..self.len()).any(|i| self.any(i, phrases).is_some())
    }

    pub(super) fn take(&mut self, from: usize, to: usize) {
        let to = to.min(self.taken.len());
        self.taken[from.min(to)..to].fill(true);
    }

    pub(super) fn free(&self, i: usize) -> bool {
        self.taken.get(i).is_some_and(|taken| !taken)
    }

    /// The tokens of a stretch of bytes: the first, and the one past the last.
    pub(super) fn within(&self, (start, end): (usize, usize)) -> (usize, usize) {
        let from = self.list.partition_point(|token| token.end <= start);
        let to = self.list.partition_point(|token| token.start < end);
        (from, to.max(from))
    }

    /// Bytes from token `from` up to and without token `to`.
    pub(super) fn span(&self, from: usize, to: usize) -> (usize, usize) {
        let start = self.list.get(from).map_or(self.text.len(), |token| token.start);
        let end = to.checked_sub(1).and_then(|last| self.list.get(last));
        (start, end.map_or(start, |token| token.end.max(start)))
    }
}

fn token(text: &str, last: usize, start: usize, end: usize) -> Token<'_> {
    let fold = fold(&text[start..end]);
    let figures = fold.starts_with(|c: char| c.is_ascii_digit());
    let atom = if figures { None } else { atom(fold.strip_suffix("'s").unwrap_or(&fold)) };
    Token { text: &text[start..end], fold, gap: &text[last..start], start, end, figures, atom }
}

fn next_start(text: &str, from: usize) -> Option<usize> {
    text[from..].find(char::is_alphanumeric).map(|at| from + at)
}

fn end_of_token(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let figures = rest.starts_with(|c: char| c.is_ascii_digit());
    let mut chars = rest.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let inside = if figures { c.is_ascii_digit() } else { is_letter(c) };
        let apostrophe = !figures
            && at > 0
            && matches!(c, '\'' | '’')
            && chars.peek().is_some_and(|&(_, next)| is_letter(next));
        if !inside && !apostrophe {
            return start + at.max(first_width(rest));
        }
    }
    text.len()
}

/// A figure or letter of some other script still makes a token of its own.
fn first_width(rest: &str) -> usize {
    rest.chars().next().map_or(0, char::len_utf8)
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || c == '\u{301}' || c == '\u{308}' || c == '\u{306}'
}

/// Lower case with ё as е: two spellings of one word become one.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .filter(|&c| c != '\u{301}' && c != '\u{308}')
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'ё' => 'е',
            '’' => '\'',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folds(text: &str) -> Vec<String> {
        Tokens::of(text).list.into_iter().map(|token| token.fold).collect()
    }

    #[test]
    fn figures_letters_and_marks_part() {
        assert_eq!(folds("Дом 190Д, кв.17"), ["дом", "190", "д", "кв", "17"]);
        assert_eq!(folds("10:30"), ["10", "30"]);
        assert_eq!(folds("Seven o’clock"), ["seven", "o'clock"]);
        assert_eq!(folds("ещё"), ["еще"]);
        assert_eq!(folds(""), Vec::<String>::new());
        assert_eq!(folds("½ 👍 ٣"), ["½", "٣"]);
    }

    #[test]
    fn a_span_covers_its_words_and_nothing_else() {
        let tokens = Tokens::of("ну, Пётр Иванович!");

        let (from, to) = tokens.span(1, 3);

        assert_eq!(&tokens.text[from..to], "Пётр Иванович");
    }
}
