//! Two hundred callers per language, whose words nobody tuned to, against a job core of their own:
//! as many are served as the house promises, with a clear ear and with a poor one.

use std::sync::Arc;

use dialog::conversation::Packs;
use dialog::pack::Pack;
use dialog::rehearsal::{Cast, Noise, Run, Score, Split, Stage};
use job_core::trade::Language;

const CALLERS: usize = 200;
const SEED: u64 = 1;

#[tokio::test]
async fn callers_get_what_they_came_for() {
    for language in [Language::Ru, Language::En] {
        let score = played(language, 0, 1).await;

        assert!(score.pass_1 >= 0.97, "{language:?}: {:.3}: {:?}", score.pass_1, score.failed);
    }
}

#[tokio::test]
async fn callers_are_served_though_one_word_in_ten_is_misheard() {
    for language in [Language::Ru, Language::En] {
        let score = played(language, 10, 1).await;

        assert!(score.pass_1 >= 0.90, "{language:?}: {:.3}: {:?}", score.pass_1, score.failed);
    }
}

#[tokio::test]
async fn the_same_seed_plays_the_same_conversation() {
    let stage = stage(Language::Ru, 10);
    let cast = Cast::built_in("home-repair", Language::Ru).expect("cast");
    let scenario = &cast.scenarios(Split::Test, 40, SEED)[7];

    let one = stage.play(scenario, 3).await.expect("played");
    let other = stage.play(scenario, 3).await.expect("played");

    assert_eq!(one, other);
}

async fn played(language: Language, noise: usize, seed: u64) -> Score {
    let stage = stage(language, noise);
    let cast = Cast::built_in("home-repair", language).expect("cast");
    let mut runs: Vec<Run> = Vec::new();
    for scenario in cast.scenarios(Split::Test, CALLERS, SEED) {
        runs.push(stage.play(&scenario, seed).await.expect("played"));
    }
    Score::of(&runs)
}

fn stage(language: Language, noise: usize) -> Stage {
    let load = |language| Arc::new(Pack::built_in("home-repair", language).expect("pack"));
    let (own, other) = match language {
        Language::Ru => (load(Language::Ru), load(Language::En)),
        Language::En => (load(Language::En), load(Language::Ru)),
    };
    let phrases = own.caller_phrases();
    let noise = (noise > 0).then(|| Noise::new(phrases.iter().map(|it| it.text.as_str()), noise));
    Stage::new(Packs::new(own, [other]), noise)
}
