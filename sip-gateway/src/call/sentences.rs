//! A reply cut into sentences, so that the first can sound while the others are still being made.
//!
//! **Never here:** what they mean.

/// A shorter piece is said together with what follows.
const CHARS_MIN: usize = 12;

/// The text in pieces that end with a full stop, an exclamation or a question mark; nothing is lost.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        let end = end_of_first(rest);
        let (first, after) = rest.split_at(end);
        rest = after.trim_start();
        Some(first.trim_end()).filter(|first| !first.is_empty())
    })
}

fn end_of_first(text: &str) -> usize {
    let mut ended = false;
    for (nth, (at, char)) in text.char_indices().enumerate() {
        if ended && char.is_whitespace() && nth >= CHARS_MIN {
            return at;
        }
        ended = matches!(char, '.' | '!' | '?' | '…');
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_said_one_by_one_and_short_ones_with_the_next() {
        let text = "Да. Мастер может завтра в два. Записываем?  Хорошо, жду ответа";

        let said: Vec<&str> = sentences(text).collect();

        assert_eq!(said, ["Да. Мастер может завтра в два.", "Записываем?  Хорошо, жду ответа"]);
        assert_eq!(sentences("  ").count(), 0);
    }
}
