//! `gudok doctor --live`: every service is asked once, with a sentence, and judged by its answer.

use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use dialog::llm::{Call, Route, Thinker as _, Thought};
use dialog::pack::Pack;
use job_core::trade::Language;
use media::speech::espeak::Espeak;
use media::speech::measure::{Hearing, Sample, Watch, hearing, sound_of};
use media::speech::pocketsphinx::Pocketsphinx;
use media::speech::{Expect, Go, Line, Recogniser, Spoken, Synthesiser as _, Tongue, Voice};
use media::turn::TurnId;
use tokio::runtime::Runtime;

use super::Finding;
use crate::clock;
use crate::config::Settings;
use crate::net::house::{PACKS, load_packs};
use crate::net::services;
use crate::net::services::mind::Minds;
use crate::net::services::mouth::Voice as Mouth;
use crate::net::services::settings::{Service, Use};
use crate::net::speech;

const PATIENCE: Duration = Duration::from_secs(10);
/// Of the words, so many may be other than they were said.
const WRONG_MOST: f64 = 0.34;
const SENTENCES: [(Language, &str, &str); 2] = [
    (Language::Ru, "здравствуйте у меня течёт кран на кухне", "ru"),
    (Language::En, "hello the kitchen tap is leaking", "en-us"),
];

/// One line for each service, and each language it is used in.
pub(super) fn live(settings: &Settings, runtime: &Runtime) -> Vec<Finding> {
    let _inside = runtime.enter();
    let mut findings = Vec::new();
    for (name, service) in &settings.services {
        for (language, sentence, voice) in SENTENCES {
            if !used(settings, name, service, language) {
                continue;
            }
            let tried = match service.good_for() {
                Use::Hears => hears(service, language, sentence, voice),
                Use::Speaks => speaks(settings, service, language, sentence),
                Use::Thinks => thinks(settings, name, language, sentence, runtime),
            };
            let found = tried.map_err(|error| format!("{error:#}"));
            findings.push(Finding { what: format!("{name} {language:?}"), found });
        }
    }
    findings
}

/// What no list names is tried in both languages.
fn used(settings: &Settings, name: &String, service: &Service, language: Language) -> bool {
    let speech = &settings.speech;
    let (ru, en) = match service.good_for() {
        Use::Hears => (&speech.recognise_ru, &speech.recognise_en),
        Use::Speaks => (&speech.speak_ru, &speech.speak_en),
        Use::Thinks => return true,
    };
    let (ru, en) = (ru.contains(name), en.contains(name));
    match language {
        Language::Ru => ru || !en,
        Language::En => en || !ru,
    }
}

fn tongue(language: Language) -> Tongue {
    match language {
        Language::Ru => Tongue::Ru,
        Language::En => Tongue::En,
    }
}

/// The built-in voice says a sentence to it.
fn hears(
    service: &Service,
    language: Language,
    sentence: &str,
    voice: &str,
) -> anyhow::Result<String> {
    let tongue = tongue(language);
    let voice = Voice::plain(tongue, voice);
    let samples = sound_of(&Espeak::new(1)?, sentence, &voice)?;
    let recogniser = services::recogniser(service, tongue, &[], tokio::runtime::Handle::current())?;
    let heard = heard(&*recogniser, sentence, &samples)?;
    let (partial, last) = (heard.partials.first(), heard.finals.first());
    let milliseconds = |at: Option<&Duration>| at.map_or(0, Duration::as_millis);
    judged(
        &heard,
        format!(
            "first words {} ms, last {} ms after the end",
            milliseconds(partial),
            milliseconds(last)
        ),
    )
}

fn heard(recogniser: &dyn Recogniser, text: &str, samples: &[i16]) -> anyhow::Result<Hearing> {
    let sound = samples.as_chunks().0.to_vec();
    let sample = Sample { text: text.to_owned(), sound, expect: Expect::Anything };
    let start = clock::now();
    let now = || clock::now() - start;
    let watch = Watch { now: &now, wait: &std::thread::sleep };
    Ok(hearing("live", recogniser, &[sample], &watch)?)
}

fn judged(heard: &Hearing, times: String) -> anyhow::Result<String> {
    let wrong = heard.rate.wrong as f64 / heard.rate.words.max(1) as f64;
    let text = heard.heard.first().map(String::as_str).unwrap_or_default();
    anyhow::ensure!(wrong <= WRONG_MOST, "heard \"{text}\", {times}; is the language right?");
    Ok(format!("\"{text}\", {times}"))
}

/// It says a sentence to the built-in recogniser.
fn speaks(
    settings: &Settings,
    service: &Service,
    language: Language,
    sentence: &str,
) -> anyhow::Result<String> {
    let mouth = Mouth::new(service, tokio::runtime::Handle::current())?;
    let (tell, told) = mpsc::channel();
    let voice = Voice::plain(tongue(language), &service.voice);
    let line = Line { turn: TurnId::first(), text: sentence.to_owned(), voice };
    let start = clock::now();
    mouth.speak(
        line,
        Box::new(
            move |spoken| {
                if tell.send((clock::now(), spoken)).is_ok() { Go::On } else { Go::Stop }
            },
        ),
    );
    let (mut samples, mut first) = (Vec::new(), None);
    loop {
        match told.recv_timeout(PATIENCE).context("it says nothing")? {
            (at, Spoken::Samples(piece)) => {
                first.get_or_insert(at - start);
                samples.extend_from_slice(&piece);
            }
            (_, Spoken::Done) => break,
            (_, Spoken::Failed(error)) => return Err(error.into()),
        }
    }
    let first = first.context("it sends no sound")?.as_millis();
    let heard = heard(&built_in(settings, language)?, sentence, &samples)?;
    let seconds = samples.len() as f64 / f64::from(media::audio::RATE);
    judged(&heard, format!("first sound after {first} ms, {seconds:.1} s of it"))
}

fn built_in(settings: &Settings, language: Language) -> anyhow::Result<Pocketsphinx> {
    let data = settings.data.join("speech");
    speech::recogniser(&settings.speech, &load_packs()?, &data, language)
}

/// A leaking tap is told it: does it say so by its tools?
fn thinks(
    settings: &Settings,
    name: &str,
    language: Language,
    sentence: &str,
    runtime: &Runtime,
) -> anyhow::Result<String> {
    let mut alone = settings.clone();
    alone.models.small = vec![name.to_owned()];
    let minds = Minds::of(&alone).context("no model is named")?;
    let pack = Pack::built_in(PACKS[0], language)?;
    let brief = |code: &str| Some((code.to_owned(), pack.brief(code)?.text));
    let thought = Thought {
        routes: vec![Route::Small],
        reason: "doctor".into(),
        language,
        rules: pack.line("model_rules", 0, &[]).text,
        question: String::new(),
        known: Vec::new(),
        diagnoses: pack.codes().filter_map(brief).collect(),
        words: sentence.to_owned(),
    };
    let start = clock::now();
    let proposal = runtime.block_on(minds.think(&thought)).map_err(anyhow::Error::msg)?;
    let took = (clock::now() - start).as_millis();
    let code = proposal.calls.iter().find_map(|call| match call {
        Call::Problem(code) => Some(code.clone()),
        _ => None,
    });
    let (read, written) = (proposal.tokens.input, proposal.tokens.output);
    match code.filter(|code| pack.category(code).is_some()) {
        Some(code) => Ok(format!("{code}, {took} ms, {read} tokens read, {written} written")),
        None => anyhow::bail!(
            "proposes {:?} for \"{sentence}\" in {took} ms; does the model know tools?",
            proposal.calls
        ),
    }
}
