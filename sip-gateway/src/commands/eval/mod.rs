//! `gudok eval`: simulated callers talk to the house, and how many of them got what they came for.
//!
//! In words a call takes milliseconds; by voice it is a real call over SIP with real recognition.
//!
//! **Never here:** what callers say and what counts as a pass; that is the rehearsal's.

mod report;
mod text;
mod voice;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use dialog::rehearsal::{Cast, Run, Scenario, Score, Split};
use job_core::trade::Language;
use serde::{Deserialize, Serialize};

use super::{code, log, runtime};

/// Simulated callers, in words or by voice.
#[derive(Debug, clap::Args)]
pub struct Rehearsal {
    /// `ru` or `en`; both without it.
    #[arg(long)]
    language: Option<String>,
    /// Which wordings: `test` only measures, `tune` may be read while mending.
    #[arg(long, default_value = "test")]
    split: String,
    /// Callers per language.
    #[arg(long, default_value_t = 200)]
    scenarios: usize,
    /// Runs of each caller; each has its own chance.
    #[arg(long, default_value_t = 4)]
    tries: u64,
    /// The same seed gives the same callers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Words in a hundred that the recogniser loses or mistakes (in words only).
    #[arg(long, default_value_t = 0)]
    noise: usize,
    /// Only scenarios whose name begins so: `tap-`, `cancel-angry`.
    #[arg(long)]
    only: Option<String>,
    /// Play this scenario file (JSON, as `--write` leaves them); more than once for several.
    #[arg(long)]
    scenario: Vec<PathBuf>,
    /// Phone for real: SIP, RTP, synthesised voices, the embedded recogniser. One try each.
    #[arg(long)]
    voice: bool,
    /// Calls at the same time, by voice.
    #[arg(long, default_value_t = 2)]
    parallel: usize,
    /// Write the scenarios into this folder, a file each, and play nothing.
    #[arg(long)]
    write: Option<PathBuf>,
    /// The result, for `--diff` of a later run.
    #[arg(long)]
    out: Option<PathBuf>,
    /// A page with every conversation and what was wrong with it.
    #[arg(long)]
    report: Option<PathBuf>,
    /// An earlier result: which scenarios were lost and gained since.
    #[arg(long)]
    diff: Option<PathBuf>,
    /// Exit with 1 where fewer runs pass, 0..=1.
    #[arg(long, default_value_t = 0.0)]
    floor: f64,
    /// Exit with 1 where fewer scenarios pass in all their runs, 0..=1.
    #[arg(long, default_value_t = 0.0)]
    floor_all: f64,
}

/// What is kept of a rehearsal.
#[derive(Debug, Serialize, Deserialize)]
struct Result {
    language: Language,
    split: Split,
    noise: usize,
    voice: bool,
    score: Score,
    runs: Vec<Run>,
}

/// Plays, prints, writes; 0 when every floor holds.
pub fn eval(asked: &Rehearsal) -> anyhow::Result<ExitCode> {
    log("error");
    if let Some(folder) = &asked.write {
        return write_scenarios(asked, folder);
    }
    let mut results = Vec::new();
    for language in languages(asked)? {
        let scenarios = scenarios(asked, language)?;
        if scenarios.is_empty() {
            continue;
        }
        let runs = runtime()?.block_on(async {
            match asked.voice {
                true => voice::play(&scenarios, asked.parallel.max(1)).await,
                false => text::play(language, &scenarios, asked.tries, asked.noise).await,
            }
        })?;
        let score = Score::of(&runs);
        let split = split(&asked.split)?;
        let result =
            Result { language, split, noise: asked.noise, voice: asked.voice, score, runs };
        println!("{}", report::table(&result));
        results.push(result);
    }
    anyhow::ensure!(!results.is_empty(), "no scenario matches what was asked for");
    keep(asked, &results)?;
    let holds =
        |it: &Result| it.score.pass_1 >= asked.floor && it.score.pass_all >= asked.floor_all;
    Ok(code(results.iter().all(holds)))
}

fn keep(asked: &Rehearsal, results: &[Result]) -> anyhow::Result<()> {
    if let Some(file) = &asked.diff {
        let text = read(file)?;
        let before: Vec<Result> = serde_json::from_str(&text)
            .with_context(|| format!("{}: not a result of gudok eval", file.display()))?;
        print!("{}", report::difference(&before, results));
    }
    if let Some(file) = &asked.out {
        write(file, &serde_json::to_string(results)?)?;
        println!("result: {}", file.display());
    }
    if let Some(file) = &asked.report {
        write(file, &report::page(results))?;
        println!("report: {}", file.display());
    }
    Ok(())
}

fn languages(asked: &Rehearsal) -> anyhow::Result<Vec<Language>> {
    match asked.language.as_deref() {
        None => Ok(vec![Language::Ru, Language::En]),
        Some("ru") => Ok(vec![Language::Ru]),
        Some("en") => Ok(vec![Language::En]),
        Some(other) => anyhow::bail!("language {other:?}: ru or en"),
    }
}

fn split(name: &str) -> anyhow::Result<Split> {
    match name {
        "test" => Ok(Split::Test),
        "tune" => Ok(Split::Tune),
        other => anyhow::bail!("split {other:?}: test or tune"),
    }
}

fn scenarios(asked: &Rehearsal, language: Language) -> anyhow::Result<Vec<Scenario>> {
    if !asked.scenario.is_empty() {
        let read = |file: &PathBuf| -> anyhow::Result<Scenario> {
            serde_json::from_str(&read(file)?).with_context(|| format!("{}", file.display()))
        };
        let all: Vec<Scenario> = asked.scenario.iter().map(read).collect::<anyhow::Result<_>>()?;
        return Ok(all.into_iter().filter(|it| it.language == language).collect());
    }
    let cast = Cast::built_in("home-repair", language)?;
    let cast = cast.scenarios(split(&asked.split)?, asked.scenarios, asked.seed);
    let wanted = |it: &Scenario| {
        let only = asked.only.as_deref().is_none_or(|start| it.name.starts_with(start));
        only && (!asked.voice || voice::can_play(it))
    };
    Ok(cast.into_iter().filter(wanted).collect())
}

fn write_scenarios(asked: &Rehearsal, folder: &Path) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let mut count = 0;
    for language in languages(asked)? {
        for scenario in scenarios(asked, language)? {
            let code = if language == Language::Ru { "ru" } else { "en" };
            let file = folder.join(format!("{code}-{}.json", scenario.name));
            write(&file, &serde_json::to_string_pretty(&scenario)?)?;
            count += 1;
        }
    }
    println!("{count} scenarios in {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| file.display().to_string())
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(file, text).with_context(|| file.display().to_string())
}
