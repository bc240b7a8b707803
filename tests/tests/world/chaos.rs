//! Whole calls whose recogniser or voice fails at any moment, in every way, for any time, with nobody to take over.
//!
//! **Never here:** services with another behind them (`tests/services`).

use std::time::Duration;

use call_tests::world::link::Weather;
use call_tests::world::{Ending, How, Mishap, Role, Setting, Studio};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sip_gateway::call::end::End;
use sip_gateway::caller::scenario::Answer;

use crate::{EN, RU, setting, transcript, weather};

/// No caller is left without a sound for longer.
const QUIET_MAX: Duration = Duration::from_secs(2);

/// That service fails from any moment of the first minute on, for a while or for good.
fn troubled(role: Role, how: How, seed: u64) -> Setting {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let from = Duration::from_millis(u64::from(chance.next_u32() % 60_000));
    let lasts = match chance.next_u32() % 3 {
        0 => Duration::from_millis(u64::from(2_000 + chance.next_u32() % 10_000)),
        1 => Duration::from_secs(30),
        _ => Duration::MAX / 2,
    };
    let (scenario, weather) = match seed % 2 {
        0 => (RU, Weather::CLEAR),
        _ => (EN, weather(seed)),
    };
    let mut setting = setting(scenario, weather, seed);
    // Whoever was not heard the first time says it again.
    let problem = setting.scenario.opening.clone();
    let to =
        ["что случилось", "задача", "починить", "needs fixing", "what happened", "the problem"];
    let to = to.map(str::to_owned).to_vec();
    setting.scenario.answers.push(Answer { to, say: vec![problem], keys: None });
    Setting { mishap: Mishap::Service { role, how, from, lasts }, ..setting }
}

fn is_served(ending: &Ending) -> bool {
    ending.jobs == 1 || ending.called_back > 0 || ending.end == End::HandedOver
}

fn through_chaos(role: Role, calls: u64) -> Vec<(How, Vec<Ending>)> {
    let studio = Studio::new();
    let all = How::ALL.map(|how| (how, studio.many(calls, |seed| troubled(role, how, seed))));
    for (how, endings) in &all {
        for (seed, ending) in endings.iter().enumerate() {
            let setting = troubled(role, *how, seed as u64);
            assert!(is_served(ending), "{:?}, seed {seed}\n{}", setting.mishap, transcript(ending));
        }
    }
    Vec::from(all)
}

fn deaf(calls: u64) {
    for (how, endings) in through_chaos(Role::Recogniser, calls) {
        let quiet = endings.iter().map(|ending| ending.quiet).max().unwrap_or_default();
        let worst = endings.iter().position(|ending| ending.quiet == quiet).unwrap_or_default();
        println!("recogniser {how:?}: {} calls, {}", endings.len(), summary(&endings));
        assert!(
            quiet <= QUIET_MAX,
            "{how:?}, seed {worst}: {quiet:?}\n{}",
            transcript(&endings[worst])
        );
    }
}

fn mute(calls: u64) {
    for (how, endings) in through_chaos(Role::Voice, calls) {
        println!("voice {how:?}: {} calls, {}", endings.len(), summary(&endings));
    }
}

fn summary(endings: &[Ending]) -> String {
    let booked = endings.iter().filter(|ending| ending.jobs == 1).count();
    let quiet = endings.iter().map(|ending| ending.quiet).max().unwrap_or_default();
    format!("{booked} booked, the others phoned back; nobody silent for more than {quiet:?}")
}

#[test]
fn a_caller_whose_recogniser_fails_is_never_left_in_silence_and_books_or_is_phoned_back() {
    deaf(40);
}

#[test]
fn a_caller_whom_no_voice_can_tell_anything_is_phoned_back() {
    mute(40);
}

#[test]
#[ignore = "part of make test-long"]
fn a_thousand_callers_of_each_failure_book_or_are_phoned_back() {
    deaf(1_000);
    mute(1_000);
}
