//! Callers of a gateway whose services fail at any moment: all of them book or are phoned back.
//!
//! **Never here:** how a call is carried (`calls`), how a service fails (`pages`, `speechkit`, `voices`, `minds`).

use std::sync::Arc;
use std::time::Duration;

use dialog::llm::Thinker;
use media::audio::RATE;
use media::speech::{Line, Recogniser, Sink, Spoken, Synthesiser};
use sip_gateway::net::services::settings::Kind;
use sip_gateway::net::services::understudy::{Service, Understudies};
use tokio::runtime::Handle;

use crate::calls::{Ending, Stage};
use crate::chaos::{mishap, voice_mishap};
use crate::pages::{self, KEY, Mishap, Speaks};
use crate::voices::{PER_CHARACTER, chorus, voice};
use crate::{PAGES, STREAMS, key_of, minds, recogniser, speechkit, voices};

/// So many of one service at once.
const BATCH: usize = 50;
/// What no rule understands.
const RIDDLE: &str = "у меня тут такая история приключилась";
/// A line kept warm is let go after 15 s.
const LET_GO: Duration = Duration::from_secs(45);
const QUIET_MAX: Duration = Duration::from_secs(2);

/// A voice in the house, which never fails.
struct Near;

impl Synthesiser for Near {
    fn speak(&self, line: Line, mut sink: Sink) {
        let samples = line.text.chars().count() * PER_CHARACTER;
        assert!(samples < RATE as usize * 60, "{}", line.text);
        let _ = sink(Spoken::Samples(vec![0; samples].into()));
        let _ = sink(Spoken::Done);
    }

    fn version(&self) -> String {
        "near".to_owned()
    }
}

/// Calls in batches; each has its own view of who is well, so that every one of them meets a failure.
async fn serve_all(
    what: &str,
    calls: usize,
    stage: Arc<Stage>,
    services: impl Fn() -> (Arc<dyn Recogniser>, Arc<dyn Synthesiser>),
) {
    let mut endings: Vec<Ending> = Vec::new();
    while endings.len() < calls {
        let mut batch = tokio::task::JoinSet::new();
        for nth in 0..BATCH.min(calls - endings.len()) {
            let (ears, mouth) = services();
            let stage = Arc::clone(&stage);
            batch.spawn(async move {
                tokio::time::sleep(Duration::from_millis(37 * nth as u64)).await;
                stage.call(ears, mouth).await
            });
        }
        while let Some(ending) = batch.join_next().await {
            endings.push(ending.unwrap());
        }
    }
    drop((services, stage));
    report(what, &endings);
    for ending in &endings {
        assert!(ending.is_served(), "{what}: {:?}\n{:#?}", ending.end, ending.transcript);
    }
}

fn report(what: &str, endings: &[Ending]) {
    let count = |counts: fn(&Ending) -> bool| endings.iter().filter(|it| counts(it)).count();
    let booked = count(|ending| ending.jobs == 1);
    let deaf = count(|ending| ending.told("recogniser_failed"));
    let mute = count(|ending| ending.told("synthesiser_failed"));
    let still = count(|ending| ending.quiet > QUIET_MAX);
    let quiet = endings.iter().map(|ending| ending.quiet).max().unwrap_or_default();
    println!(
        "{what}: {} calls, {booked} booked, {} phoned back; longest silence {quiet:?}, {still} over {QUIET_MAX:?}; \
         {deaf} heard of a lost recogniser, {mute} of a lost voice",
        endings.len(),
        count(|ending| ending.called_back > 0),
    );
    if std::env::var_os("WORST").is_some()
        && let Some(worst) = endings.iter().max_by_key(|ending| ending.quiet)
    {
        println!("{:#?}", worst.transcript);
    }
}

/// Every task of ours and every line to us is gone.
async fn all_gone(before: usize) {
    let gone = async {
        while Handle::current().metrics().num_alive_tasks() > before {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let left = tokio::time::timeout(LET_GO, gone).await;
    let tasks = Handle::current().metrics().num_alive_tasks();
    assert!(left.is_ok(), "{tasks} tasks where there were {before}");
}

async fn ears(kind: Kind, speaks: Option<Speaks>, calls: usize) {
    let steady = pages::serve(Speaks::Vosk, |_| Mishap::None).await;
    let near = recogniser(Kind::Vosk, &steady.address, KEY);
    let (page, kit) = match speaks {
        Some(speaks) => (Some(pages::serve(speaks, mishap).await), None),
        None => (None, Some(speechkit::serve(mishap).await)),
    };
    let address = page.as_ref().map(|it| &it.address).or(kit.as_ref().map(|it| &it.address));
    let far = recogniser(kind, address.unwrap(), &key_of(kind));
    let services = move || {
        let both =
            vec![Service::new("far", Arc::clone(&far)), Service::new("near", Arc::clone(&near))];
        let ears: Arc<dyn Recogniser> = Arc::new(Understudies::new(both, Handle::current()));
        let mouth: Arc<dyn Synthesiser> = Arc::new(Near);
        (ears, mouth)
    };
    serve_all(&format!("recogniser {kind:?}"), calls, Stage::new(None, None), services).await;
}

async fn mouths(kind: Kind, calls: usize) {
    let steady = pages::serve(Speaks::Vosk, |_| Mishap::None).await;
    let ears = recogniser(Kind::Vosk, &steady.address, KEY);
    let (page, kit) = match kind {
        Kind::YandexVoice => (None, Some(speechkit::serve(voice_mishap).await)),
        kind => (Some(voices::serve(kind, voice_mishap).await), None),
    };
    let address = page.as_ref().map(|it| &it.address).or(kit.as_ref().map(|it| &it.address));
    let far = voice(kind, address.unwrap(), KEY);
    let services = move || {
        let mouth: Arc<dyn Synthesiser> = Arc::new(chorus(Arc::clone(&far), Arc::new(Near)));
        (Arc::clone(&ears), mouth)
    };
    serve_all(&format!("voice {kind:?}"), calls, Stage::new(None, None), services).await;
}

async fn models(kind: Kind, calls: usize) {
    let steady = pages::serve(Speaks::Vosk, |_| Mishap::None).await;
    let ears = recogniser(Kind::Vosk, &steady.address, KEY);
    let service = minds::serve(kind, mishap).await;
    let one = minds::minds(&[("one", kind, &service.address, KEY)], &["one"], &[]);
    let thinker: Arc<dyn Thinker> = Arc::new(one);
    let services = move || {
        let mouth: Arc<dyn Synthesiser> = Arc::new(Near);
        (Arc::clone(&ears), mouth)
    };
    let stage = Stage::new(Some(thinker), Some(RIDDLE));
    serve_all(&format!("model {kind:?}"), calls, stage, services).await;
}

/// All services side by side, or the one that `SERVICE` names; afterwards nothing is left of them.
async fn through_chaos(calls: usize) {
    let before = Handle::current().metrics().num_alive_tasks();
    let mut services = tokio::task::JoinSet::new();
    let wanted =
        |kind: &Kind| std::env::var("SERVICE").map_or(true, |it| it == format!("{kind:?}"));
    for (kind, speaks) in PAGES.into_iter().filter(|(kind, _)| wanted(kind)) {
        services.spawn(ears(kind, Some(speaks), calls));
    }
    for kind in STREAMS.into_iter().filter(wanted) {
        services.spawn(ears(kind, None, calls));
    }
    for kind in voices::KINDS.into_iter().chain([Kind::YandexVoice]).filter(wanted) {
        services.spawn(mouths(kind, calls));
    }
    for kind in minds::KINDS.into_iter().filter(wanted) {
        services.spawn(models(kind, calls));
    }
    while let Some(served) = services.join_next().await {
        served.unwrap();
    }
    all_gone(before).await;
}

/// A recogniser and a voice that fail, in the same calls.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_service_fails_whole_calls_end_in_a_booking_or_a_call_back() {
    let stage = Stage::new(None, None);
    let failing = pages::serve(Speaks::Deepgram, mishap).await;
    let steady = pages::serve(Speaks::Vosk, |_| Mishap::None).await;
    let (far, near) = (
        recogniser(Kind::Deepgram, &failing.address, KEY),
        recogniser(Kind::Vosk, &steady.address, KEY),
    );
    let spoken = voices::serve(Kind::ElevenLabs, voice_mishap).await;
    let mouth = voice(Kind::ElevenLabs, &spoken.address, KEY);
    let services = move || {
        let both =
            vec![Service::new("far", Arc::clone(&far)), Service::new("near", Arc::clone(&near))];
        let ears: Arc<dyn Recogniser> = Arc::new(Understudies::new(both, Handle::current()));
        let mouth: Arc<dyn Synthesiser> = Arc::new(chorus(Arc::clone(&mouth), Arc::new(Near)));
        (ears, mouth)
    };
    let before = Handle::current().metrics().num_alive_tasks();
    serve_all("all", 24, stage, services).await;
    all_gone(before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "part of make test-long"]
async fn a_thousand_whole_calls_of_each_service_end_in_a_booking_or_a_call_back() {
    let calls = std::env::var("CALLS").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000);
    through_chaos(calls).await;
}
