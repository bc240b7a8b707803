//! `gudok measure`: the README's figures, from real calls over loopback and real recognition.
//!
//! **Never here:** anything that makes the gateway faster while it is measured.

mod hearing;
mod recording;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use job_core::trade::Language;
use rand_chacha::rand_core::Rng;

use super::{code, log, runtime};
use crate::caller::client::{Outcome, call};
use crate::caller::scenario::Scenario;
use crate::config::Settings;
use crate::net::house::{House, chance};
use crate::net::speech;

const TALK: [(Language, &str, &str); 2] = [
    (Language::Ru, "100", include_str!("../../../../tests/callers/demo-ru.toml")),
    (Language::En, "200", include_str!("../../../../tests/callers/demo-en.toml")),
];
const CUT_IN: [&str; 2] = [
    include_str!("../../../../tests/callers/cut-in-ru.toml"),
    include_str!("../../../../tests/callers/cut-in-en.toml"),
];
/// Calls are repeated until there are enough turns, but not more often.
const CALLS_MAX: usize = 8;
/// Calls in which the caller cuts in, per language.
const CUT_IN_CALLS: usize = 1;

/// What the calls of one language showed, in milliseconds.
#[derive(Debug, Default)]
struct Times {
    first_sound: Vec<u64>,
    gaps: Vec<u64>,
    yields: Vec<u64>,
    ended: Vec<String>,
}

fn measure_hearing(noises: &[f32]) -> anyhow::Result<ExitCode> {
    let data = std::env::temp_dir().join(format!("gudok-hearing-{}", std::process::id()));
    let hearings = hearing::all(&data, noises)?;
    println!("{}", media::speech::measure::table(&hearings));
    std::fs::remove_dir_all(&data).with_context(|| data.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the table; 0 when every figure could be measured. With `noises`, in decibels below the voice, only how
/// the recognisers hear, in each of them too.
pub fn measure(turns: usize, noises: &[f32]) -> anyhow::Result<ExitCode> {
    log("error");
    if !noises.is_empty() {
        return measure_hearing(noises);
    }
    let data = std::env::temp_dir().join(format!("gudok-measure-{}", std::process::id()));
    let heard = data.join("hearing");
    let hearings = std::thread::spawn(move || hearing::all(&heard, &[]));
    let times = runtime()?.block_on(phone(&data, turns))?;
    println!("| over SIP on loopback | Russian (espeak-ng) | English (flite) |\n|---|---|---|");
    row("INVITE to first agent audio, p50", &times, |times| share(&times.first_sound, 50));
    row("end of caller's speech to first agent audio, p50", &times, |times| share(&times.gaps, 50));
    row("end of caller's speech to first agent audio, p95", &times, |times| share(&times.gaps, 95));
    row("caller cuts in to agent silent, p50", &times, |times| share(&times.yields, 50));
    row("caller cuts in to agent silent, p95", &times, |times| share(&times.yields, 95));
    let hearings = hearings.join().map_err(|_| anyhow::anyhow!("the recognisers panicked"))??;
    println!("\n{}", media::speech::measure::table(&hearings));
    std::fs::remove_dir_all(&data).with_context(|| data.display().to_string())?;
    for times in &times {
        println!("ends: {}", times.ended.join(", "));
    }
    Ok(code(times.iter().all(|times| times.gaps.len() >= turns && !times.yields.is_empty())))
}

fn row(name: &str, times: &[Times; 2], figure: impl Fn(&Times) -> String) {
    println!("| {name} | {} | {} |", figure(&times[0]), figure(&times[1]));
}

/// The value below which that part of them lies, and of how many.
fn share(values: &[u64], percent: usize) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let nth = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(nth).map_or("—".into(), |ms| format!("{ms} ms of {}", sorted.len()))
}

/// Real calls, both languages at the same time.
async fn phone(data: &Path, turns: usize) -> anyhow::Result<[Times; 2]> {
    let mut settings = Settings { data: data.to_owned(), ..Settings::default() };
    settings.sip.listen.set_port(0);
    settings.http.listen.set_port(0);
    settings.speech.recognisers = 2;
    let house = House::open(settings, true).await?;
    let (ru, en) =
        tokio::join!(one_language(&house, 0, data, turns), one_language(&house, 1, data, turns));
    house.close().await;
    Ok([ru?, en?])
}

/// One call after another; the other language phones at the same time.
async fn one_language(
    house: &House,
    nth: usize,
    data: &Path,
    turns: usize,
) -> anyhow::Result<Times> {
    let (language, number, talk) = TALK[nth];
    let to = format!("sip:{number}@{}", house.sip);
    let (mut times, mut calls) = (Times::default(), 0);
    while times.gaps.len() < turns && calls < CALLS_MAX {
        calls += 1;
        eprintln!("==> {language:?}: call {calls}, {} turns so far", times.gaps.len());
        let outcome = one_call(house, &to, talk, data, calls).await?;
        let (first, gaps) = recording::answers(Path::new(&outcome.recording))?;
        times.first_sound.extend(first.map(|ms| ms + outcome.answered_ms));
        times.gaps.extend(gaps);
        times.ended.push(outcome.end);
    }
    for call in 1..=CUT_IN_CALLS {
        eprintln!("==> {language:?}: cutting in, call {call} of {CUT_IN_CALLS}");
        let outcome = one_call(house, &to, CUT_IN[nth], data, calls + call).await?;
        times.yields.extend(recording::yields(Path::new(&outcome.recording))?);
    }
    Ok(times)
}

async fn one_call(
    house: &House,
    to: &str,
    scenario: &str,
    data: &Path,
    nth: usize,
) -> anyhow::Result<Outcome> {
    let mut scenario = Scenario::parse("measured caller", scenario)?;
    scenario.phone = Some(format!("+7911000{nth:04}"));
    let cache: PathBuf = data.join("caller");
    let (synthesiser, voice) = speech::caller_voice(&cache, &scenario)?;
    let outcome = call(crate::caller::client::Dial {
        to: to.to_owned(),
        target: house.sip,
        recogniser: speech::caller_recogniser(&cache, scenario.language)?,
        synthesiser,
        voice,
        out: data.join(format!("call-{:?}-{nth}", scenario.language)),
        scenario,
        seed: chance()?.next_u64(),
    })
    .await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(outcome)
}
