//! Recognisers elsewhere, each against a service on this machine that is written from its documentation: the real
//! one differs by its address and the key.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod calls;
mod chaos;
mod code;
mod minds;
mod own_cost;
mod pages;
mod served;
mod speechkit;
mod voicekit;
mod voices;

use std::sync::Arc;
use std::time::Duration;

use media::audio::Frame;
use media::speech::{Ear, Expect, Heard, Recogniser, SpeechError, Tongue};
use media::turn::TurnId;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sip_gateway::net::services;
use sip_gateway::net::services::settings::{Kind, Service as Settings};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use code::{pause, phrase, say, text};
use pages::{KEY, Mishap, Speaks};

/// Whatever a service does, the caller knows by then.
const KNOWN_WITHIN: Duration = Duration::from_secs(20);
/// Over gRPC.
const STREAMS: [Kind; 2] = [Kind::Yandex, Kind::VoiceKit];
const PAGES: [(Kind, Speaks); 4] = [
    (Kind::Vosk, Speaks::Vosk),
    (Kind::Deepgram, Speaks::Deepgram),
    (Kind::Flux, Speaks::Flux),
    (Kind::OpenAi, Speaks::OpenAi),
];

fn settings(kind: Kind, address: &str, key: &str) -> Settings {
    Settings {
        kind,
        address: address.to_owned(),
        model: String::new(),
        voice: "anna".to_owned(),
        key: key.to_owned(),
        folder: String::new(),
        price: 0.6,
        price_written: 0.0,
        places: 2_000,
    }
}

fn recogniser(kind: Kind, address: &str, key: &str) -> Arc<dyn Recogniser> {
    let hot_words = ["Мира".to_owned()];
    let settings = settings(kind, address, key);
    services::recogniser(&settings, Tongue::Ru, &hot_words, Handle::current()).unwrap()
}

fn key_of(kind: Kind) -> String {
    if kind == Kind::VoiceKit { voicekit::key() } else { KEY.to_owned() }
}

/// One caller of a recogniser.
struct Caller {
    ear: Box<dyn Ear>,
    news: mpsc::UnboundedReceiver<(TurnId, Heard)>,
    turn: TurnId,
    partials: Vec<String>,
}

impl Caller {
    fn of(recogniser: &dyn Recogniser) -> Self {
        let (tell, news) = mpsc::unbounded_channel();
        let events = Arc::new(move |turn, heard| drop(tell.send((turn, heard))));
        let ear = recogniser.open(events).unwrap();
        Caller { ear, news, turn: TurnId::first(), partials: Vec::new() }
    }

    fn begin(&mut self) -> TurnId {
        self.turn = self.turn.next();
        let _ = self.ear.begin(self.turn, Expect::Anything);
        self.turn
    }

    /// As fast as it is taken.
    async fn say(&mut self, frames: &[Frame]) {
        for frame in frames {
            while let Err(SpeechError::Full { .. }) = self.ear.hear(frame) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    }

    /// As fast as people speak.
    async fn speak(&mut self, frames: &[Frame]) {
        let mut beat = tokio::time::interval(media::audio::FRAME_TIME);
        for frame in frames {
            beat.tick().await;
            let _ = self.ear.hear(frame);
        }
    }

    async fn end(&mut self) {
        while let Err(SpeechError::Full { .. }) = self.ear.end(self.turn) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// How the turn ended: its words, or why there are none.
    async fn heard(&mut self, turn: TurnId) -> Result<String, String> {
        loop {
            let news = tokio::time::timeout(KNOWN_WITHIN, self.news.recv()).await;
            match news.expect("the turn to end in time") {
                Some((of, Heard::Partial(words))) if of == turn => self.partials.push(words.text),
                Some((of, Heard::Final(words))) if of == turn => return Ok(words.text),
                Some((of, Heard::Failed(error))) if of == turn => return Err(error.to_string()),
                Some(_) => {}
                None => return Err("gone".to_owned()),
            }
        }
    }

    async fn turn(&mut self, words: &[usize]) -> Result<String, String> {
        let turn = self.begin();
        self.say(&phrase(words)).await;
        self.end().await;
        self.heard(turn).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_hears_a_caller_turn_by_turn() {
    for (kind, speaks) in PAGES {
        let service = pages::serve(speaks, |_| Mishap::None).await;
        hears_turns(kind, &service.address).await;
    }
    let service = speechkit::serve(|_| Mishap::None).await;
    for kind in STREAMS {
        hears_turns(kind, &service.address).await;
    }
}

async fn hears_turns(kind: Kind, address: &str) {
    let recogniser = recogniser(kind, address, &key_of(kind));
    let mut caller = Caller::of(&*recogniser);
    let first = [0, 1, 2];
    assert_eq!(caller.turn(&first).await, Ok(text(&first)), "{kind:?}");
    assert!(caller.partials.iter().any(|it| it.starts_with("течёт")), "{kind:?}");

    // A pause in the middle ends the service's own phrase, not the turn.
    let turn = caller.begin();
    caller.say(&[phrase(&[4, 5]), pause(40), phrase(&[7, 9, 9])].concat()).await;
    caller.end().await;
    // The next turn begins before the words of this one are there.
    let next = caller.begin();
    caller.say(&phrase(&[3])).await;
    caller.end().await;
    assert_eq!(caller.heard(turn).await, Ok(text(&[4, 5, 7, 9, 9])), "{kind:?}");
    assert_eq!(caller.heard(next).await, Ok(text(&[3])), "{kind:?}");

    let silent = caller.begin();
    caller.say(&pause(3)).await;
    caller.end().await;
    assert_eq!(caller.heard(silent).await, Ok(String::new()), "{kind:?}");

    let forgotten = caller.begin();
    caller.say(&phrase(&[6])).await;
    caller.ear.drop_turn(forgotten);
    assert_eq!(caller.turn(&[10]).await, Ok(text(&[10])), "{kind:?}");
    let later = std::iter::from_fn(|| caller.news.try_recv().ok());
    let told =
        later.filter(|(turn, heard)| *turn == forgotten && !matches!(heard, Heard::Partial(_)));
    assert_eq!(told.count(), 0, "{kind:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_and_the_services_own_errors_are_named() {
    for (kind, speaks) in PAGES {
        if kind != Kind::Vosk {
            let service = pages::serve(speaks, |_| Mishap::None).await;
            let error = first_turn(kind, &service.address, "guess").await.unwrap_err();
            assert!(error.contains("401"), "{kind:?}: {error}");
        }
        let service = pages::serve(speaks, |_| Mishap::Says(4)).await;
        let error = first_turn(kind, &service.address, KEY).await.unwrap_err();
        let word = match kind {
            Kind::Vosk => "neither text nor partial",
            Kind::OpenAi => "overloaded: try later",
            _ => "no audio",
        };
        assert!(error.contains(word), "{kind:?}: {error}");
    }
    for (kind, wrong) in STREAMS.into_iter().zip(["guess", "the-id:Z3Vlc3M="]) {
        let service = speechkit::serve(|_| Mishap::None).await;
        let error = first_turn(kind, &service.address, wrong).await.unwrap_err();
        assert!(error.contains("Unauthenticated"), "{error}");
        let service = speechkit::serve(|_| Mishap::Says(4)).await;
        let error = first_turn(kind, &service.address, &key_of(kind)).await.unwrap_err();
        assert!(error.contains("Unavailable"), "{error}");
    }
}

async fn first_turn(kind: Kind, address: &str, key: &str) -> Result<String, String> {
    let recogniser = recogniser(kind, address, key);
    let mut caller = Caller::of(&*recogniser);
    // A line that was refused is known by then.
    tokio::time::sleep(Duration::from_millis(300)).await;
    caller.turn(&[0, 1, 2, 3, 4]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_not_there_breaks_off_or_falls_silent_is_known_by_name() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mishaps = [Mishap::Cuts(6), Mishap::Hangs(6), Mishap::Garbage(6)];
    for (kind, speaks) in PAGES {
        let dead = first_turn(kind, &format!("ws://{nobody}"), KEY).await;
        assert!(dead.as_ref().is_err_and(|it| it.contains("refused")), "{kind:?}: {dead:?}");
        for mishap in mishaps {
            let service = pages::serve(speaks, move |_| mishap).await;
            let broken = first_turn(kind, &service.address, KEY).await;
            assert!(broken.is_err(), "{kind:?} {mishap:?}: {broken:?}");
        }
    }
    for kind in STREAMS {
        let dead = first_turn(kind, &format!("http://{nobody}"), &key_of(kind)).await;
        assert!(dead.is_err(), "{dead:?}");
        for mishap in mishaps {
            let service = speechkit::serve(move |_| mishap).await;
            let broken = first_turn(kind, &service.address, &key_of(kind)).await;
            assert!(broken.is_err(), "{kind:?} {mishap:?}: {broken:?}");
        }
    }
}

/// A stream is taken for five minutes of sound and no longer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_monologue_of_half_an_hour_loses_no_word_and_doubles_none() {
    for (pauses, seed) in [(40, 1), (0, 2)] {
        let service = speechkit::serve(|_| Mishap::None).await;
        let recogniser = recogniser(Kind::Yandex, &service.address, KEY);
        let mut caller = Caller::of(&*recogniser);
        let (mut chance, mut words, mut frames) = (ChaCha8Rng::seed_from_u64(seed), vec![], vec![]);
        while frames.len() < 30 * 60 * 50 {
            let word = (chance.next_u32() % 16) as usize;
            // Without a pause the same word twice would be one long one.
            if pauses == 0 && words.last() == Some(&word) {
                continue;
            }
            words.push(word);
            frames.extend(say(word));
            frames.extend(pause(
                (chance.next_u32() % (pauses + 1)) as usize + usize::from(pauses > 0),
            ));
        }

        let turn = caller.begin();
        caller.say(&frames).await;
        caller.end().await;
        let heard = caller.heard(turn).await.unwrap();

        let said = text(&words);
        let differ = heard.split(' ').zip(said.split(' ')).position(|(heard, said)| heard != said);
        let around = |text: &str| {
            let from = differ.unwrap_or_default().saturating_sub(3);
            text.split(' ').skip(from).take(8).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(differ, None, "{} instead of {}", around(&heard), around(&said));
        assert_eq!(heard.split(' ').count(), words.len());
        println!("{} words, none lost or doubled", words.len());
    }
}
