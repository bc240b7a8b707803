//! Danger through the whole conversation: the instruction is the first thing said, and nobody with
//! an everyday trouble is frightened. The wordings were written before the rules were tried on them.

mod world;

use dialog::conversation::{Conversation, Input};
use dialog::pack::Pack;
use job_core::trade::{Channel, Language};
use world::{Core, answer, packs, setup};

const DANGERS_MIN: usize = 60;
const HARMLESS_MIN: usize = 200;

#[test]
fn the_first_words_to_somebody_in_danger_are_what_to_do() {
    let mut all = Vec::new();
    for (language, list) in [
        (Language::Ru, include_str!("../testdata/safety/danger.ru.txt")),
        (Language::En, include_str!("../testdata/safety/danger.en.txt")),
    ] {
        let dangers: Vec<(&str, &str)> =
            lines(list).filter_map(|it| it.split_once(" ; ")).collect();
        let missed: Vec<String> = dangers
            .iter()
            .filter_map(|(rules, said)| {
                let reply = first_reply(language, said);
                let told =
                    rules.split(' ').any(|rule| reply.starts_with(&instruction(language, rule)));
                (!told).then(|| format!("{said}: {reply}"))
            })
            .collect();

        assert!(dangers.len() >= DANGERS_MIN, "{}", dangers.len());
        println!("{language:?}: {} of {} dangers", dangers.len() - missed.len(), dangers.len());
        all.extend(missed);
    }

    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn nobody_with_an_everyday_trouble_is_frightened() {
    let mut all = Vec::new();
    for (language, list) in [
        (Language::Ru, include_str!("../testdata/safety/harmless.ru.txt")),
        (Language::En, include_str!("../testdata/safety/harmless.en.txt")),
    ] {
        let harmless: Vec<&str> = lines(list).collect();
        let frightened: Vec<String> = harmless
            .iter()
            .filter_map(|said| {
                let mut conversation = hears(language, said);
                let rule = conversation.0.state().safety.clone()?;
                Some(format!("{said}: {rule}: {}", conversation.1.remove(0)))
            })
            .collect();

        assert!(harmless.len() >= HARMLESS_MIN, "{}", harmless.len());
        println!("{language:?}: {} false alarms in {}", frightened.len(), harmless.len());
        all.extend(frightened);
    }

    assert!(all.is_empty(), "{}", all.join("\n"));
}

fn lines(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn instruction(language: Language, rule: &str) -> String {
    let packs = packs(language);
    let pack: &Pack = packs.get(language).expect("the pack");
    pack.safety(rule).unwrap_or_else(|| panic!("no rule {rule}")).text
}

fn first_reply(language: Language, said: &str) -> String {
    hears(language, said).1.remove(0)
}

/// A conversation in which that was said first, and what was answered to it.
fn hears(language: Language, said: &str) -> (Conversation, Vec<String>) {
    let mut core = Core::default();
    let mut conversation =
        Conversation::new(packs(language), setup(Channel::Phone, language, None));
    answer(&mut conversation, &mut core, Input::Opened);
    let told =
        answer(&mut conversation, &mut core, Input::Said { text: said.into(), confidence: 1.0 });
    assert!(!told.is_empty(), "no answer to {said}");
    (conversation, told)
}
