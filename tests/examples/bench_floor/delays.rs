//! How soon an answer comes with the delays of providers across the sea, drafted early or not.

use std::collections::BTreeMap;
use std::time::Duration;

use call_tests::world::link::Weather;
use call_tests::world::{Delays, Ending, Mishap, Setting, Studio};
use sip_gateway::call::note::Note;
use sip_gateway::caller::scenario::Scenario;

use crate::at;

const CALLS: u64 = 60;
const RU: &str = include_str!("../../callers/demo-ru.toml");
const EN: &str = include_str!("../../callers/demo-en.toml");

/// Each turn pays for a model's first word, and then as it is where the rules understand: no model is asked.
pub(crate) fn run(verbose: bool) {
    answers(Delays::FAR, verbose);
    answers(Delays { thinking: Duration::ZERO, ..Delays::FAR }, verbose);
}

fn answers(delays: Delays, verbose: bool) {
    let Delays { recogniser, thinking, synthesiser, .. } = delays;
    println!(
        "\n| recogniser {recogniser:?}, thinking {thinking:?}, synthesiser {synthesiser:?}, each ± half | answers | p50 | p95 | booked |"
    );
    println!("|---|---|---|---|---|");
    let studio = Studio::new();
    let mut medians = Vec::new();
    for drafts in [true, false] {
        let endings = studio.many(CALLS, |seed| setting(seed, delays, drafts));
        let mut answers: Vec<Duration> =
            endings.iter().flat_map(|ending| ending.answered_in.clone()).collect();
        let booked = endings.iter().filter(|ending| ending.jobs == 1).count();
        let how = if drafts { "drafted early" } else { "not drafted" };
        println!(
            "| {how} | {} | {} | {} | {booked} of {CALLS} |",
            answers.len(),
            at(&mut answers, 50),
            at(&mut answers, 95),
        );
        if verbose {
            by_words(&endings);
        }
        medians.push(answers[answers.len() / 2].as_secs_f64());
    }
    println!("ratio of the medians: {:.2}", medians[0] / medians[1]);
}

/// The median for each thing that callers say.
fn by_words(endings: &[Ending]) {
    let mut by_words: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for ending in endings {
        let mut said = "";
        for note in &ending.transcript {
            match note {
                Note::Caller { text, .. } => said = text,
                Note::Agent { answered_in: Some(time), .. } => {
                    by_words.entry(said).or_default().push(*time);
                }
                _ => {}
            }
        }
    }
    for (words, times) in &mut by_words {
        println!("  {words:?}: {} times, {}", times.len(), at(times, 50));
    }
}

fn setting(seed: u64, delays: Delays, drafts: bool) -> Setting {
    let script = if seed.is_multiple_of(2) { RU } else { EN };
    let scenario = Scenario::parse("caller", script).expect("a scenario");
    Setting { scenario, weather: Weather::CLEAR, mishap: Mishap::Nothing, delays, drafts, seed }
}
