//! Services that fail at any moment, with another to take over: no turn is lost, nor a word of it.
//!
//! **Never here:** one service alone.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use media::speech::Recogniser;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sip_gateway::net::services::settings::Kind;
use sip_gateway::net::services::understudy::{Service, Understudies};
use tokio::runtime::Handle;

use crate::code::{pause, phrase, text};
use crate::pages::{self, KEY, Mishap, Speaks};
use crate::voices::PIECES;
use crate::{Caller, PAGES, STREAMS, key_of, recogniser, speechkit};

/// So many turns each.
const TURNS: usize = 2;

pub(crate) fn mishap(nth: usize) -> Mishap {
    let mut chance = ChaCha8Rng::seed_from_u64(nth as u64);
    let at = (chance.next_u32() % 120) as usize;
    match chance.next_u32() % 6 {
        0 => Mishap::None,
        1 => Mishap::Cuts(at),
        2 => Mishap::Hangs(at),
        3 => Mishap::Garbage(at),
        4 => Mishap::Slow(Duration::from_millis(5 + 5 * (at as u64 % 20))),
        _ => Mishap::Says(at),
    }
}

/// As `mishap`, within the few pieces of a sentence.
pub(crate) fn voice_mishap(nth: usize) -> Mishap {
    match mishap(nth) {
        Mishap::Cuts(at) => Mishap::Cuts(at % PIECES),
        Mishap::Hangs(at) => Mishap::Hangs(at % PIECES),
        Mishap::Garbage(at) => Mishap::Garbage(at % PIECES),
        other => other,
    }
}

/// Every caller is heard to the last word, and afterwards nothing is left open.
async fn all_are_heard(failing: Arc<dyn Recogniser>, callers: usize) {
    let sound = pages::serve(Speaks::Vosk, |_| Mishap::None).await;
    let steady = recogniser(Kind::Vosk, &sound.address, KEY);
    let mut talks = tokio::task::JoinSet::new();
    for nth in 0..callers {
        // Each has its own view of who is well, so that every one of them meets a failure.
        let services = vec![
            Service::new("failing", Arc::clone(&failing)),
            Service::new("steady", Arc::clone(&steady)),
        ];
        let ears = Understudies::new(services, Handle::current());
        talks.spawn(async move {
            let mut chance = ChaCha8Rng::seed_from_u64(1_000 + nth as u64);
            tokio::time::sleep(Duration::from_millis(u64::from(chance.next_u32() % 2_000))).await;
            let mut caller = Caller::of(&ears);
            for _ in 0..TURNS {
                let words: Vec<usize> = (0..4).map(|_| (chance.next_u32() % 16) as usize).collect();
                let turn = caller.begin();
                caller.speak(&[phrase(&words), pause(5)].concat()).await;
                caller.end().await;
                let heard = caller.heard(turn).await;
                assert_eq!(heard, Ok(text(&words)), "caller {nth}, {:?}", mishap(nth));
            }
        });
    }
    while let Some(talk) = talks.join_next().await {
        talk.unwrap();
    }
    drop(steady);
    let closed = async {
        while sound.open.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), closed).await.expect("every line to be closed");
}

async fn through_chaos(callers: usize) {
    for (kind, speaks) in PAGES {
        let service = pages::serve(speaks, mishap).await;
        all_are_heard(recogniser(kind, &service.address, KEY), callers).await;
    }
    for kind in STREAMS {
        let service = speechkit::serve(mishap).await;
        all_are_heard(recogniser(kind, &service.address, &key_of(kind)), callers).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_at_whatever_moment_every_word_is_heard() {
    through_chaos(40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "part of make test-long"]
async fn a_thousand_callers_of_each_service_are_heard_whatever_fails() {
    for _ in 0..5 {
        through_chaos(200).await;
    }
}

/// More of it than whoever takes over has room for at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_turn_that_breaks_off_at_its_end_is_heard_from_its_beginning() {
    let failing = pages::serve(Speaks::Vosk, |_| Mishap::Cuts(250)).await;
    let steady = pages::serve(Speaks::Deepgram, |_| Mishap::None).await;
    let services = vec![
        Service::new("failing", recogniser(Kind::Vosk, &failing.address, KEY)),
        Service::new("steady", recogniser(Kind::Deepgram, &steady.address, KEY)),
    ];
    let ears = Understudies::new(services, Handle::current());
    let mut caller = Caller::of(&ears);
    let words: Vec<usize> = (0..52).map(|nth| (nth * 7) % 16).collect();

    let turn = caller.begin();
    caller.say(&phrase(&words)).await;
    caller.end().await;

    assert_eq!(caller.heard(turn).await, Ok(text(&words)));
}
