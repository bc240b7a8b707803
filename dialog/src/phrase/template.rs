//! Wordings with `{value}` slots.
//!
//! **Never here:** where the wordings come from.

use crate::pack::{Spelling, Values};

/// Both spellings with the values put in. A slot nobody filled leaves no trace.
pub fn filled(text: &str, speech: &str, values: Values<'_>) -> Spelling {
    Spelling { text: put(text, values, |v| &v.text), speech: put(speech, values, |v| &v.speech) }
}

fn put(template: &str, values: Values<'_>, part: fn(&Spelling) -> &str) -> String {
    let mut line = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((head, slot, tail)) = next_slot(rest) {
        line.push_str(head);
        match values.iter().find(|(name, _)| *name == slot) {
            Some((_, value)) if opens_sentence(&line) => line.push_str(&capitalised(part(value))),
            Some((_, value)) => line.push_str(part(value)),
            None => forget_space(&mut line),
        }
        rest = tail;
    }
    line.push_str(rest);
    line
}

/// "…, {name}." without a name is "…." and not "…, .".
fn forget_space(line: &mut String) {
    let kept = line.trim_end_matches([' ', ',']).len();
    line.truncate(kept);
}

fn opens_sentence(line: &str) -> bool {
    line.is_empty() || [". ", "! ", "? "].iter().any(|end| line.ends_with(end))
}

fn capitalised(value: &str) -> String {
    let mut letters = value.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    first.to_uppercase().chain(letters).collect()
}

/// Names of the slots, in order, repeats included.
pub fn placeholders(template: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = template;
    while let Some((_, slot, tail)) = next_slot(rest) {
        names.push(slot);
        rest = tail;
    }
    names
}

fn next_slot(text: &str) -> Option<(&str, &str, &str)> {
    let (head, tail) = text.split_once('{')?;
    let (slot, tail) = tail.split_once('}')?;
    Some((head, slot, tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrase::plain;

    #[test]
    fn each_spelling_gets_its_own_value() {
        let when = Spelling { text: "в 14:00".into(), speech: "в два часа дня".into() };

        let line = filled("Мастер придёт {when}.", "Мастер придёт {when}.", &[("when", when)]);

        assert_eq!(line.text, "Мастер придёт в 14:00.");
        assert_eq!(line.speech, "Мастер придёт в два часа дня.");
    }

    #[test]
    fn an_unfilled_slot_leaves_no_trace() {
        let line = filled("Здравствуйте, {name}!", "Здравствуйте, {name}!", &[]);

        assert_eq!(line.text, "Здравствуйте!");
    }

    #[test]
    fn a_value_that_opens_a_sentence_is_capitalised() {
        let line = filled("{when} подойдёт?", "{when} подойдёт?", &[("when", plain("завтра"))]);

        assert_eq!(line.text, "Завтра подойдёт?");
    }

    #[test]
    fn a_fragment_stays_a_fragment() {
        assert_eq!(filled("мастер в пути", "мастер в пути", &[]).text, "мастер в пути");
    }

    #[test]
    fn slots_are_found_in_order() {
        assert_eq!(placeholders("{a} и {b}, {a}"), ["a", "b", "a"]);
        assert!(placeholders("без {").is_empty());
    }
}
