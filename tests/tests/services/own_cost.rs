//! `make bench-services`: what our own way to a service costs, where the service itself takes no time.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use media::speech::measure::percentile;
use media::speech::{Go, Line, Spoken, Synthesiser, Tongue, Voice};
use media::turn::TurnId;
use sip_gateway::clock;
use sip_gateway::net::services::settings::Kind;

use crate::code::phrase;
use crate::pages::{self, KEY, Mishap};
use crate::voices::{self, VOICE};
use crate::{Caller, PAGES, recogniser, speechkit};

/// Turns and sentences of each service.
const TIMES: usize = 500;

fn row(name: &str, what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent| percentile(&times, percent).as_secs_f64() * 1_000.0;
    println!("| {name} | {what} | {:.1} ms | {:.1} ms |", at(50), at(99));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "make bench-services"]
async fn bench_own_cost_of_services() {
    println!("| service | from … to | p50 of {TIMES} | p99 |\n|---|---|---|---|");
    for (kind, speaks) in PAGES {
        let service = pages::serve(speaks, |_| Mishap::None).await;
        hears(kind, &service.address).await;
    }
    let service = speechkit::serve(|_| Mishap::None).await;
    hears(Kind::Yandex, &service.address).await;
    for kind in voices::KINDS {
        let service = voices::serve(kind, |_| Mishap::None).await;
        speaks(kind, &service.address).await;
    }
    speaks(Kind::YandexVoice, &service.address).await;
}

/// From the end of a turn to its last words, the sound having been there before.
async fn hears(kind: Kind, address: &str) {
    let recogniser = recogniser(kind, address, KEY);
    let mut caller = Caller::of(&*recogniser);
    let words = phrase(&[0]);
    let mut times = Vec::new();
    for _ in 0..TIMES {
        let turn = caller.begin();
        caller.say(&words).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        let end = clock::now();
        caller.end().await;
        caller.heard(turn).await.unwrap();
        times.push(clock::now() - end);
    }
    row(&format!("{kind:?}"), "end of a turn → its last words", times);
}

/// From the order of a sentence to its first sound.
async fn speaks(kind: Kind, address: &str) {
    let voice = voices::voice(kind, address, KEY);
    let mut times = Vec::new();
    for _ in 0..TIMES {
        times.push(first_sound(&voice));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    row(&format!("{kind:?}"), "a sentence ordered → its first sound", times);
}

fn first_sound(voice: &Arc<dyn Synthesiser>) -> Duration {
    let (tell, told) = mpsc::channel();
    let turn = TurnId::first();
    let line = Line {
        turn, text: "Добрый день.".into(), voice: Voice::plain(Tongue::Ru, VOICE)
    };
    let start = clock::now();
    voice.speak(
        line,
        Box::new(move |spoken| {
            let _ = tell.send((clock::now(), spoken));
            Go::On
        }),
    );
    let mut first = None;
    loop {
        match told.recv().unwrap() {
            (at, Spoken::Samples(_)) => drop(first.get_or_insert(at - start)),
            (_, Spoken::Done) => return first.unwrap(),
            (_, Spoken::Failed(error)) => panic!("{error}"),
        }
    }
}
