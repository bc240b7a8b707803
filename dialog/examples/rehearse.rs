//! Plays callers over the built-in pack and prints the failures.
use std::sync::Arc;
use std::time::Instant;

use dialog::conversation::Packs;
use dialog::pack::Pack;
use dialog::rehearsal::{Cast, Score, Split, Stage};
use job_core::trade::Language;

#[tokio::main]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [first, second] =
        if args[1] == "ru" { [Language::Ru, Language::En] } else { [Language::En, Language::Ru] };
    let split = if args[2] == "test" { Split::Test } else { Split::Tune };
    let count: usize = args[3].parse().unwrap();
    let show = args.get(4).is_some();
    let load = |l| Arc::new(Pack::built_in("home-repair", l).unwrap());
    let stage = Stage::new(Packs::new(load(first), [load(second)]), None);
    let cast = Cast::built_in("home-repair", first).unwrap();
    let began = Instant::now();
    let mut runs = Vec::new();
    for scenario in cast.scenarios(split, count, 1) {
        let run = stage.play(&scenario, 1).await.unwrap();
        if show && !run.passed() {
            println!("== {} {:?}", run.scenario, run.faults);
            for (who, said) in &run.transcript {
                println!("   {who:6} {said}");
            }
        }
        runs.push(run);
    }
    let score = Score::of(&runs);
    println!(
        "{:.3} of {} in {:?}; slots {:.3}; turns {:.1}\n{:?}\n{:?}",
        score.pass_1,
        score.runs,
        began.elapsed(),
        score.slot_accuracy,
        score.turns,
        score.goals,
        score.personas
    );
}
