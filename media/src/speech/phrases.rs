//! What people say on any service line, whatever its business: yes and no, numbers, hours, dates,
//! addresses, names, "оператор". Kept as templates, grown into sentences with a fixed seed.
//!
//! **Never here:** the words of one line of business; those are its pack's.

use std::collections::HashMap;

use super::language_model::Phrase;
use super::{Expect, Tongue};

/// Sentences grown from one template of weight 1.
const PER_TEMPLATE: usize = 60;
/// Templates refer to each other; this deep is a circle.
const DEPTH_MAX: usize = 12;

/// What a line adds of its own: name of a choice and its wordings.
pub type Places<'a> = &'a [(&'a str, Vec<String>)];

/// Sentences of every call in that language. `streets` and `cities` as they are spoken, with the
/// kind of street where it is said: "улица горького", "ленинский проспект", "victory".
pub fn common(tongue: Tongue, streets: &[String], cities: &[String]) -> Vec<Phrase> {
    let (text, street, city) = match tongue {
        Tongue::Ru => (include_str!("texts/common.ru.txt"), "улица", "город"),
        Tongue::En => (include_str!("texts/common.en.txt"), "street", "city"),
    };
    let places = [(street, streets.to_vec()), (city, cities.to_vec())];
    from_templates(text, &places, PER_TEMPLATE)
}

/// Grows at most `count` different sentences from each template of weight 1. The form of `text` is
/// told at the head of `texts/common.ru.txt`; a template with an unknown or empty choice is skipped.
pub fn from_templates(text: &str, places: Places<'_>, count: usize) -> Vec<Phrase> {
    let mut choices: HashMap<&str, Vec<&str>> = HashMap::new();
    for (name, wordings) in places {
        choices.insert(name, wordings.iter().map(String::as_str).collect());
    }
    let mut about = Expect::Anything;
    let mut grown = Vec::new();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        if let Some((name, wordings)) = line.strip_prefix('@').and_then(|l| l.split_once(' ')) {
            choices.entry(name).or_insert_with(|| alternatives(wordings));
        } else if let Some(name) = line.strip_prefix(':') {
            about = expectation(name);
        } else if line != "%%" {
            let (weight, template) = weighed(line);
            let garden = Garden { choices: &choices };
            grown.extend(garden.grow(template, count, &mut dice).into_iter().map(|text| Phrase {
                text,
                weight,
                about,
            }));
        }
    }
    grown
}

fn expectation(name: &str) -> Expect {
    Expect::ALL.into_iter().find(|e| e.code() == name).unwrap_or(Expect::Anything)
}

/// "*3 template" weighs thrice.
fn weighed(line: &str) -> (f32, &str) {
    line.strip_prefix('*')
        .and_then(|rest| rest.split_once(' '))
        .and_then(|(weight, template)| Some((weight.parse().ok()?, template)))
        .unwrap_or((1.0, line))
}

struct Garden<'a> {
    choices: &'a HashMap<&'a str, Vec<&'a str>>,
}

impl Garden<'_> {
    /// Each sentence as often as it was grown, so that a short list weighs as much as a long one.
    fn grow(&self, template: &str, count: usize, dice: &mut Dice) -> Vec<String> {
        (0..count).filter_map(|_| self.sentence(template, dice, 0)).collect()
    }

    fn sentence(&self, template: &str, dice: &mut Dice, depth: usize) -> Option<String> {
        if depth == DEPTH_MAX {
            return None;
        }
        let mut said = String::new();
        let mut rest = template;
        while let Some(at) = rest.find(['[', '<']) {
            let close = if rest[at..].starts_with('[') { ']' } else { '>' };
            let end = at + closing(&rest[at..], close)?;
            let inside = &rest[at + 1..end];
            let chosen = match close {
                ']' => dice.pick(&alternatives(inside))?,
                _ => dice.pick(self.choices.get(inside)?)?,
            };
            said.push_str(&rest[..at]);
            said.push_str(&self.sentence(chosen, dice, depth + 1)?);
            rest = &rest[end + 1..];
        }
        said.push_str(rest);
        Some(said.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// Where the bracket that opens `text` is closed.
fn closing(text: &str, close: char) -> Option<usize> {
    let open = text.chars().next()?;
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// Splits at the bars outside brackets.
fn alternatives(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            '|' if depth == 0 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&text[start..]);
    found
}

/// Knuth's linear congruence: the same sentences on every machine.
struct Dice(u64);

impl Dice {
    fn pick<'a>(&mut self, from: &[&'a str]) -> Option<&'a str> {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let nth = (self.0 >> 33) as usize % from.len().max(1);
        from.get(nth).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_grow_into_sentences_about_what_they_answer() {
        let text = "@n one|[twenty|thirty] two\n:digits\n*3 my number is <n>\n";

        let grown = from_templates(text, &[], 20);

        assert_eq!(grown.len(), 20);
        assert!(grown.iter().all(|p| p.about == Expect::Digits && p.weight == 3.0));
        assert!(grown.iter().any(|p| p.text == "my number is twenty two"));
    }

    #[test]
    fn a_template_of_places_nobody_named_is_skipped() {
        let text = "<street> street\nhello\n";

        let grown = from_templates(text, &[("street", vec![])], 1);

        assert_eq!(grown.len(), 1);
    }

    #[test]
    fn every_question_has_answers_in_both_languages() {
        for tongue in Tongue::ALL {
            let phrases = common(tongue, &["улица горького".into()], &["калининград".into()]);

            for expect in Expect::ALL {
                let answers = phrases.iter().filter(|p| p.about == expect).count();
                assert!(answers > 100, "{tongue} {expect:?}: {answers}");
            }
            assert!(phrases.iter().all(|p| !p.text.contains(['<', '[', '|', ']', '>'])));
        }
    }
}
