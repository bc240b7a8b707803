//! Calls in the simulated world: what a caller meets when the network, the phone or our own parts
//! misbehave. Every call ends with a typed reason.

#![expect(clippy::unwrap_used, reason = "a scenario that cannot be read is a failed test")]

mod chaos;

use std::time::Duration;

use call_tests::world::link::Weather;
use call_tests::world::{Delays, Ending, Mishap, Setting, Studio};
use sip_gateway::call::end::End;
use sip_gateway::call::note::Note;
use sip_gateway::caller::scenario::Scenario;

#[test]
fn a_straight_call_ends_in_a_booking() {
    let ending = Studio::new().call(setting(RU, Weather::CLEAR, 1));

    assert_eq!((ending.end, ending.jobs), (End::Completed, 1), "{}", transcript(&ending));
}

#[test]
fn the_same_call_in_english() {
    let ending = Studio::new().call(setting(EN, Weather::CLEAR, 1));

    assert_eq!((ending.end, ending.jobs), (End::Completed, 1), "{}", transcript(&ending));
}

#[test]
fn two_per_cent_loss_and_thirty_milliseconds_of_jitter_lose_no_booking() {
    let studio = Studio::new();

    for seed in 0..20 {
        let ending = studio.call(setting(RU, Weather::ROUGH, seed));

        let got = (ending.end, ending.jobs);
        assert_eq!(got, (End::Completed, 1), "seed {seed}\n{}", transcript(&ending));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let studio = Studio::new();

    let first = studio.call(setting(RU, Weather::ROUGH, 7));
    let again = studio.call(setting(RU, Weather::ROUGH, 7));
    let other = studio.call(setting(RU, Weather::ROUGH, 8));

    assert_eq!(first, again);
    assert_ne!(first.fingerprint, other.fingerprint);
}

#[test]
fn a_caller_who_never_speaks_is_asked_and_then_let_go() {
    let mut quiet = setting(RU, Weather::CLEAR, 3);
    quiet.scenario.opening.clear();
    quiet.scenario.answers.clear();
    quiet.scenario.otherwise.clear();

    let ending = Studio::new().call(quiet);

    assert_eq!(ending.end, End::CallerSilent, "{}", transcript(&ending));
    assert!(agent_lines(&ending) >= 3, "{}", transcript(&ending));
}

#[test]
fn a_caller_who_hangs_up_in_the_middle_leaves_nothing_open() {
    let mut hasty = setting(RU, Weather::CLEAR, 4);
    hasty.scenario.hangs_up_after_ms = Some(2_000);

    let ending = Studio::new().call(hasty);

    assert_eq!(ending.end, End::CallerHungUpOverAgent, "{}", transcript(&ending));
}

#[test]
fn a_caller_who_presses_keys_is_understood() {
    let mut keys = setting(RU, Weather::ROUGH, 5);
    for answer in &mut keys.scenario.answers {
        if answer.say.iter().any(|words| words.starts_with("да")) {
            answer.keys = Some("1".into());
        }
    }

    let ending = Studio::new().call(keys);

    assert_eq!((ending.end, ending.jobs), (End::Completed, 1), "{}", transcript(&ending));
    assert!(ending.transcript.iter().any(|note| matches!(note, Note::Keys { .. })));
}

#[test]
fn a_recogniser_that_dies_once_is_replaced_and_the_call_goes_on() {
    let mut unlucky = setting(RU, Weather::CLEAR, 6);
    unlucky.mishap = Mishap::RecogniserDies { at: 8, times: 1 };

    let ending = Studio::new().call(unlucky);

    assert_eq!((ending.end, ending.jobs), (End::Completed, 1), "{}", transcript(&ending));
    assert!(transcript(&ending).contains("recogniser_failed"));
}

#[test]
fn a_recogniser_that_stays_dead_still_ends_with_its_reason() {
    let mut unlucky = setting(RU, Weather::CLEAR, 6);
    unlucky.mishap = Mishap::RecogniserDies { at: 8, times: u8::MAX };

    let ending = Studio::new().call(unlucky);

    let typed = [End::RecogniserLost, End::Completed, End::CallerSilent];
    assert!(typed.contains(&ending.end), "{}", transcript(&ending));
    assert!(transcript(&ending).contains("recogniser_failed"));
}

#[test]
fn a_hundred_callers_in_any_weather_all_end_with_a_reason_and_most_with_a_booking() {
    let studio = Studio::new();
    let endings = studio.many(100, |seed| {
        let scenario = if seed % 2 == 0 { RU } else { EN };
        setting(scenario, weather(seed), seed)
    });

    let booked = endings.iter().filter(|ending| ending.jobs == 1).count();
    let stuck = endings.iter().filter(|ending| ending.end == End::TimeLimit).count();

    assert_eq!(stuck, 0);
    assert!(booked >= 97, "{booked} of {} booked", endings.len());
}

#[test]
fn a_slow_job_core_is_bridged_with_one_word_and_the_answer_still_comes() {
    let mut slow = setting(RU, Weather::CLEAR, 8);
    slow.delays.core = Duration::from_secs(3);

    let ending = Studio::new().call(slow);

    let told = transcript(&ending);
    assert_eq!((ending.end, ending.jobs), (End::Completed, 1), "{told}");
    let bridged = ending.transcript.iter().filter(|note| is_filler(note)).count();
    assert!((1..=8).contains(&bridged), "{bridged} fillers\n{told}");
}

const RU: &str = include_str!("../../callers/demo-ru.toml");
const EN: &str = include_str!("../../callers/demo-en.toml");

fn setting(scenario: &str, weather: Weather, seed: u64) -> Setting {
    let scenario = Scenario::parse("caller", scenario).unwrap();
    Setting { scenario, weather, mishap: Mishap::Nothing, delays: Delays::NEAR, drafts: true, seed }
}

fn weather(seed: u64) -> Weather {
    let loss = (seed % 5 * 10) as u32;
    let jitter = Duration::from_millis(seed % 4 * 15);
    Weather { loss, jitter, ..Weather::ROUGH }
}

fn is_filler(note: &Note) -> bool {
    const FILLERS: [&str; 3] = ["Секунду, смотрю", "Минутку, проверяю", "Сейчас посмотрю"];
    matches!(note, Note::Agent { text, .. } if FILLERS.iter().any(|it| text.starts_with(it)))
}

fn agent_lines(ending: &Ending) -> usize {
    ending.transcript.iter().filter(|note| matches!(note, Note::Agent { .. })).count()
}

fn transcript(ending: &Ending) -> String {
    let lines = ending.transcript.iter().map(|note| format!("{note:?}\n"));
    format!("{:?} after {:?}\n{}", ending.end, ending.lasted, lines.collect::<String>())
}
