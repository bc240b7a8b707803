//! Rehearsals in words, on all cores.

use std::sync::Arc;

use anyhow::Context;
use dialog::conversation::Packs;
use dialog::rehearsal::{Noise, Run, Scenario, Stage};
use job_core::trade::Language;
use tokio::task::JoinSet;

use crate::net::house::load_packs;

/// Runs under way at the same time.
const AT_ONCE: usize = 8;

pub(super) async fn play(
    language: Language,
    scenarios: &[Scenario],
    tries: u64,
    noise: usize,
) -> anyhow::Result<Vec<Run>> {
    let stage = stage(language, noise)?;
    let mut waiting = scenarios.iter().flat_map(|it| (1..=tries).map(move |seed| (it, seed)));
    let (mut playing, mut runs) = (JoinSet::new(), Vec::new());
    loop {
        while playing.len() < AT_ONCE
            && let Some((scenario, seed)) = waiting.next()
        {
            let (stage, scenario) = (Arc::clone(&stage), scenario.clone());
            playing.spawn(async move { stage.play(&scenario, seed).await });
        }
        let Some(done) = playing.join_next().await else { break };
        runs.push(done??);
        if runs.len().is_multiple_of(200) {
            eprintln!("==> {language:?}: {} calls", runs.len());
        }
    }
    runs.sort_by(|a: &Run, b: &Run| (&a.scenario, a.seed).cmp(&(&b.scenario, b.seed)));
    Ok(runs)
}

fn stage(language: Language, noise: usize) -> anyhow::Result<Arc<Stage>> {
    let shelf = load_packs()?;
    let packs = shelf.get("home-repair").context("the pack")?;
    let other = if language == Language::Ru { Language::En } else { Language::Ru };
    let [own, other] = [language, other].map(|language| packs.get(language).cloned());
    let own = own.context("the pack in that language")?;
    let phrases = own.caller_phrases();
    let noise = (noise > 0).then(|| Noise::new(phrases.iter().map(|it| it.text.as_str()), noise));
    Ok(Arc::new(Stage::new(Packs::new(own, other), noise)))
}
