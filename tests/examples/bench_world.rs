//! `make bench-world`: how fast whole calls run in the simulated world, and whether a seed replays.

use std::time::Duration;

use call_tests::world::link::Weather;
use call_tests::world::{Delays, Ending, Mishap, Setting, Studio};
use sip_gateway::caller::scenario::Scenario;
use sip_gateway::clock;

const CALLS: u64 = 500;
/// A caller who takes this long to answer, and asks for every question twice, talks for minutes.
const THINKS_MS: u64 = 5_000;

fn main() {
    let studio = Studio::new();
    let began = clock::now();
    let endings = studio.many(CALLS, setting);
    let took = clock::now() - began;
    let again = studio.many(20, setting);

    let talked: Duration = endings.iter().map(|ending| ending.lasted).sum();
    let booked = endings.iter().filter(|ending| ending.jobs == 1).count();
    let same = again.iter().zip(&endings).filter(|(one, other)| one == other).count();
    println!("{CALLS} calls, {:.1} min each on average", minutes(talked) / CALLS as f64);
    println!(
        "took {:.1} s: {:.0} times faster than speech",
        took.as_secs_f64(),
        ratio(talked, took)
    );
    println!("{booked} booked; ends: {}", ends(&endings));
    println!("{same} of {} seeds replayed to the byte", again.len());
}

fn setting(seed: u64) -> Setting {
    let text = match seed % 2 {
        0 => include_str!("../callers/demo-ru.toml"),
        _ => include_str!("../callers/demo-en.toml"),
    };
    let mut scenario = Scenario::parse("caller", text).expect("a scenario");
    scenario.thinks_ms = THINKS_MS;
    for answer in scenario.answers.iter_mut().filter(|answer| !answer.say.is_empty()) {
        answer.say.insert(0, scenario.otherwise.clone());
    }
    Setting {
        scenario,
        weather: Weather::ROUGH,
        mishap: Mishap::Nothing,
        delays: Delays::NEAR,
        drafts: true,
        seed,
    }
}

fn minutes(time: Duration) -> f64 {
    time.as_secs_f64() / 60.0
}

fn ratio(talked: Duration, took: Duration) -> f64 {
    talked.as_secs_f64() / took.as_secs_f64()
}

fn ends(endings: &[Ending]) -> String {
    let mut names: Vec<&str> = endings.iter().map(|ending| ending.end.name()).collect();
    names.sort_unstable();
    let groups = names.chunk_by(|one, other| one == other);
    let counted: Vec<String> =
        groups.map(|group| format!("{} {}", group.len(), group[0])).collect();
    counted.join(", ")
}
