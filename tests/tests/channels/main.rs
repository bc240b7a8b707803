//! The same callers through every written way: the API, the chat of a page and Telegram. What a scenario
//! comes to may not depend on the way it came by.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod page;
#[allow(dead_code, reason = "this test needs one messenger of five")]
#[path = "../../../web/tests/channels/platform.rs"]
mod platform;
mod voice;
mod ways;

use std::collections::BTreeMap;
use std::sync::Arc;

use dialog::conversation::Packs;
use dialog::pack::Pack;
use dialog::rehearsal::{Cast, Run, Scenario, Split, Stage};
use job_core::trade::Language;
use tokio::task::JoinSet;

use ways::Ways;

/// Scenarios under way at the same time.
const AT_ONCE: usize = 4;
/// In `make test`; all of them in `make test-long`.
const FEW: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_few_callers_come_to_the_same_by_every_way() {
    same_by_every_way(FEW).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "two hundred callers in each language: minutes"]
async fn every_caller_comes_to_the_same_by_every_way() {
    same_by_every_way(usize::MAX).await;
}

async fn same_by_every_way(most: usize) {
    for language in [Language::Ru, Language::En] {
        let scenarios = scenarios(language, most);
        let mut served = BTreeMap::new();
        let mut runs = BTreeMap::new();
        for way in Ways::ALL {
            let played = played(language, way, &scenarios).await;
            served.insert(way.name(), played.values().filter(|run| run.passed()).count());
            runs.insert(way.name(), played);
        }
        eprintln!("==> {language:?}: of {} served: {served:?}", scenarios.len());
        let api = &runs["api"];
        for (way, played) in &runs {
            let differs: Vec<String> = played
                .iter()
                .filter(|(name, run)| api[*name].passed() != run.passed())
                .map(|(name, run)| {
                    let faults = [&run.faults[..], &api[name].faults[..]].concat();
                    format!("{name}: {faults:?}\n{}", told(run))
                })
                .collect();
            assert!(
                differs.is_empty(),
                "{language:?}: {way} comes to something else than the API:\n{}",
                differs.join("\n")
            );
        }
        let least = scenarios.len() * 9 / 10;
        assert!(served.values().all(|it| *it >= least), "{language:?}: {served:?}");
    }
}

fn told(run: &Run) -> String {
    run.transcript.iter().map(|(who, words)| format!("    {who}: {words}\n")).collect()
}

/// Spread over all goals, however few.
fn scenarios(language: Language, most: usize) -> Vec<Scenario> {
    let cast = Cast::built_in("home-repair", language).unwrap();
    let all = cast.scenarios(Split::Test, 200, 1);
    let step = (all.len() / most.max(1)).max(1);
    all.into_iter().step_by(step).take(most).collect()
}

async fn played(language: Language, way: Ways, scenarios: &[Scenario]) -> BTreeMap<String, Run> {
    let stage = Arc::new(Stage::new(packs(language), None));
    let (mut waiting, mut playing) = (scenarios.iter().cloned(), JoinSet::new());
    let mut runs = BTreeMap::new();
    loop {
        while playing.len() < AT_ONCE
            && let Some(scenario) = waiting.next()
        {
            let stage = Arc::clone(&stage);
            playing.spawn(async move {
                let (kind, packs) = (scenario.kind, packs(language));
                let run = stage
                    .play_by(&scenario, 1, async |hall| way.to(hall, language, kind, packs).await);
                run.await
            });
        }
        let Some(run) = playing.join_next().await else { break };
        let run = run.unwrap().unwrap();
        runs.insert(run.scenario.clone(), run);
    }
    assert_eq!(runs.len(), scenarios.len());
    runs
}

/// The caller's language first.
pub(crate) fn packs(language: Language) -> Packs {
    let other = if language == Language::Ru { Language::En } else { Language::Ru };
    let [own, other] = [language, other].map(|it| Pack::built_in("home-repair", it).unwrap());
    Packs::new(Arc::new(own), [Arc::new(other)])
}
