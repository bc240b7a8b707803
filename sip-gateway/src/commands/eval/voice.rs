//! Rehearsals by voice: a house of its own, real calls over loopback, recognised and spoken.
//!
//! The caller answers what the agent asks by the words heard; the books are read afterwards.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use dialog::phrase::{Case, Gender, number};
use dialog::rehearsal::{Cast, Hears, Outcome as Wanted, Run, Scenario, slots};
use dialog::state::Slots;
use job_core::conversation::Kind;
use job_core::trade::Language;
use rand_chacha::rand_core::Rng;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::caller::client::{Dial, Outcome, call};
use crate::caller::scenario::{Answer, Scenario as Caller};
use crate::config::Settings;
use crate::net::house::{House, chance};
use crate::net::speech;

/// Voices that no recogniser here was trained on.
const VOICES: [(&str, &str); 3] = [("ru+f5", "rms"), ("ru+steph", "slt"), ("ru+m7", "rms")];
/// A page is closed within this after the call.
const SETTLES_WITHIN: Duration = Duration::from_secs(2);

/// Orders and corrections of a call alone; what needs a known caller or a form is played in words.
pub(super) fn can_play(scenario: &Scenario) -> bool {
    scenario.kind == Kind::ClientRequest && !scenario.known && scenario.says.first.is_none()
}

pub(super) async fn play(scenarios: &[Scenario], parallel: usize) -> anyhow::Result<Vec<Run>> {
    let language = scenarios.first().map_or(Language::Ru, |it| it.language);
    let hears = Arc::new(Cast::built_in("home-repair", language)?.hears);
    let data = std::env::temp_dir().join(format!("gudok-eval-{}", std::process::id()));
    let mut settings = Settings { data: data.clone(), ..Settings::default() };
    settings.sip.listen.set_port(0);
    settings.http.listen.set_port(0);
    settings.speech.recognisers = parallel + 1;
    let house = Arc::new(House::open(settings, true).await?);
    let lines = Arc::new(Semaphore::new(parallel));
    let mut calls = JoinSet::new();
    for (nth, scenario) in scenarios.iter().cloned().enumerate() {
        let (house, lines) = (Arc::clone(&house), Arc::clone(&lines));
        let (hears, data) = (Arc::clone(&hears), data.clone());
        calls.spawn(async move {
            let _line = lines.acquire_owned().await?;
            let phone = format!("+7911300{nth:04}");
            let caller = caller(&scenario, &hears, &phone, nth);
            let outcome = dial(&house, caller, nth, &data).await?;
            judge(&house, &scenario, &phone, nth, outcome).await
        });
    }
    let mut runs = Vec::new();
    while let Some(run) = calls.join_next().await {
        let run = run??;
        let told = if run.passed() { "passed".to_owned() } else { run.faults.join("; ") };
        eprintln!("==> {} of {}: {}: {told}", runs.len() + 1, scenarios.len(), run.scenario);
        runs.push(run);
    }
    if let Ok(house) = Arc::try_unwrap(house) {
        house.close().await;
    }
    std::fs::remove_dir_all(&data).with_context(|| data.display().to_string())?;
    Ok(runs)
}

async fn judge(
    house: &House,
    scenario: &Scenario,
    phone: &str,
    nth: usize,
    outcome: Outcome,
) -> anyhow::Result<Run> {
    tokio::time::sleep(SETTLES_WITHIN).await;
    let job = house.job_of(phone).await?;
    let mut faults = Vec::new();
    let slots = match (&job, scenario.expects.outcome) {
        // The wish is for a day of the rehearsal's own calendar.
        (Some(job), Wanted::Booked) => slots(scenario, job, phone, &Slots::default()),
        (None, Wanted::Booked) => {
            faults.push("no job was booked".to_owned());
            Vec::new()
        }
        (Some(_), Wanted::Any) | (None, _) => Vec::new(),
        (Some(_), wanted) => {
            faults.push(format!("wanted {wanted:?}, and a job was booked"));
            Vec::new()
        }
    };
    faults.extend(slots.iter().filter(|(right, _)| !right).map(|(_, fault)| fault.clone()));
    let said = outcome.turns.iter().map(|turn| (turn.who.to_owned(), turn.text.clone()));
    Ok(Run {
        scenario: scenario.name.clone(),
        goal: scenario.goal.clone(),
        persona: scenario.persona.clone(),
        seed: nth as u64,
        faults,
        slots_right: slots.iter().filter(|(right, _)| *right).count(),
        slots: slots.len(),
        turns: outcome.turns.iter().filter(|turn| turn.who == "caller").count(),
        seconds: outcome.seconds,
        cut_offs: 0,
        transcript: said.collect(),
    })
}

async fn dial(house: &House, scenario: Caller, nth: usize, data: &Path) -> anyhow::Result<Outcome> {
    let number = match scenario.language {
        Language::Ru => "100",
        Language::En => "200",
    };
    let cache = data.join("caller");
    let (synthesiser, voice) = speech::caller_voice(&cache, &scenario)?;
    call(Dial {
        to: format!("sip:{number}@{}", house.sip),
        target: house.sip,
        recogniser: speech::caller_recogniser(&cache, scenario.language)?,
        synthesiser,
        voice,
        out: data.join(format!("call-{nth}")),
        scenario,
        seed: chance()?.next_u64(),
    })
    .await
}

/// The same caller for the telephone: answers found by the words of the question.
fn caller(scenario: &Scenario, hears: &Hears, phone: &str, nth: usize) -> Caller {
    let says = &scenario.says;
    let (russian, english) = VOICES[nth % VOICES.len()];
    let voice = match scenario.language {
        Language::Ru => russian,
        Language::En => english,
    };
    let part = |word: &str, value: &str| {
        let value = value.parse().map(|value| spoken(value, scenario.language));
        vec![format!("{word} {}", value.unwrap_or_default())]
    };
    let (house, flat) = scenario.address.as_ref().map_or((Vec::new(), Vec::new()), |it| {
        (part(&hears.house_word, &it.house), part(&hears.flat_word, &it.flat))
    });
    let slot = match says.refuses_first {
        true => says.no.iter().take(1).chain(&says.yes).cloned().collect(),
        false => says.yes.clone(),
    };
    let read_back = match &says.amends_flat {
        Some((said, _)) => std::iter::once(said).chain(&says.yes).cloned().collect(),
        None => says.yes.clone(),
    };
    let answer = |to: &[String], say: Vec<String>| Answer { to: to.to_vec(), say, keys: None };
    Caller {
        name: scenario.name.clone(),
        language: scenario.language,
        voice: voice.to_owned(),
        phone: Some(phone.to_owned()),
        opening: says.problem.first().cloned().unwrap_or_default(),
        answers: vec![
            answer(&hears.problem, says.problem.clone()),
            answer(&hears.address, says.address.clone()),
            answer(&hears.house, house),
            answer(&hears.flat, flat),
            answer(&hears.time, says.time.clone()),
            answer(&hears.slot, slot),
            answer(&hears.name, says.name.clone()),
            answer(&hears.phone, says.yes.clone()),
            answer(&hears.read_back, read_back),
            answer(&hears.parting, Vec::new()),
        ],
        otherwise: says.clarification.first().cloned().unwrap_or_default(),
        thinks_ms: 500,
        hangs_up_after_ms: Some(240_000),
        cuts_in_after_ms: None,
    }
}

fn spoken(value: u64, language: Language) -> String {
    number(value, Gender::Masculine, Case::Nominative, language)
}
