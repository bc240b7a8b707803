//! Does the agent yield to a caller who wants the floor, how soon, and to nobody else?

use std::time::Duration;

use call_tests::booth::noise::{self, Noise};
use call_tests::booth::studio::Studio;
use call_tests::booth::{Booth, frames};
use job_core::trade::Language;
use media::audio::{FRAME_TIME, Frame, SILENCE, level_dbfs};
use sip_gateway::call::note::Note;
use sip_gateway::caller::scenario::{Mind, Scenario};

use crate::cases::{Case, Kind, cases};
use crate::{all, at, percent};

/// The line spoken over is at least this long: five seconds and more.
const LINE_CHARS: usize = 85;
/// What is watched after the sound has begun.
const WATCHED: usize = 300;
const RU: &str = include_str!("../../callers/demo-ru.toml");
const EN: &str = include_str!("../../callers/demo-en.toml");

/// What became of one case.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    case: Case,
    /// The agent's line was cut.
    cut: bool,
    /// From the first voiced packet in to the last synthesised packet out.
    yielded_in: Option<Duration>,
    /// The agent was silent for so long inside its line, and then went on.
    held: Duration,
    heard: Vec<String>,
}

pub(crate) fn run(studio: &Studio, verbose: bool) -> anyhow::Result<()> {
    println!(
        "\n| interruptions | cases | right | yields in p50 | p95 | went on after a hold of p50 | p95 | never paused |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for language in [Language::Ru, Language::En] {
        for (kind, count) in [
            (Kind::CutsIn, 140),
            (Kind::Listens, 110),
            (Kind::Cough, 40),
            (Kind::Knock, 20),
            (Kind::Aside, 40),
        ] {
            let outcomes = all(&cases(language, kind, count), |case| one(studio, *case))?;
            report(language, kind, &outcomes, verbose);
        }
    }
    Ok(())
}

fn report(language: Language, kind: Kind, outcomes: &[Outcome], verbose: bool) {
    let wanted = kind == Kind::CutsIn;
    let right = outcomes.iter().filter(|outcome| outcome.cut == wanted).count();
    let mut yields: Vec<Duration> =
        outcomes.iter().filter(|outcome| outcome.cut).filter_map(|it| it.yielded_in).collect();
    let kept = outcomes.iter().filter(|outcome| !outcome.cut);
    let mut held: Vec<Duration> =
        kept.map(|outcome| outcome.held).filter(|held| !held.is_zero()).collect();
    let never = outcomes.iter().filter(|it| !it.cut && it.held.is_zero()).count();
    println!(
        "| {language:?} {kind:?} | {} | {} | {} | {} | {} | {} | {} |",
        outcomes.len(),
        percent(right, outcomes.len()),
        at(&mut yields, 50),
        at(&mut yields, 95),
        at(&mut held, 50),
        at(&mut held, 95),
        percent(never, outcomes.len()),
    );
    for outcome in outcomes.iter().filter(|outcome| {
        verbose
            && (outcome.cut != wanted
                || wanted && outcome.yielded_in > Some(Duration::from_millis(240)))
    }) {
        let Case { words, voice, speed, place, speech_dbfs, snr_db, seed, .. } = outcome.case;
        println!(
            "  wrong: #{seed} {words:?} {voice} {speed} % {place:?} {speech_dbfs} dBFS, {snr_db} dB over noise; {:?} heard {:?}",
            outcome.yielded_in.unwrap_or_default(),
            outcome.heard
        );
    }
}

fn one(studio: &Studio, case: Case) -> anyhow::Result<Outcome> {
    let script = if case.language == Language::Ru { RU } else { EN };
    let scenario = Scenario::parse("caller", script)?;
    let noise = Noise::new(case.place, case.speech_dbfs - case.snr_db, case.seed);
    let conversation = studio.conversation(case.language, scenario.phone.as_deref());
    let mut booth = Booth::new(studio, conversation, (case.voice, case.speech_dbfs), noise);
    let mut mind = Mind::new(scenario);
    let reached = booth.act_until(&mut mind, |text, _| text.chars().count() >= LINE_CHARS);
    anyhow::ensure!(reached, "no long line for {case:?}");
    booth.listen()?;
    (0..case.after_ms / 20).for_each(|_| booth.tick(&SILENCE));

    let (from, notes) = (booth.ticks, booth.notes.len());
    let sound = sound(studio, &case);
    let first_voice = sound.iter().position(voiced).unwrap_or(0);
    for nth in 0..WATCHED {
        booth.tick(sound.get(nth).unwrap_or(&SILENCE));
    }
    Ok(outcome(&booth, case, from + first_voice, notes))
}

fn voiced(frame: &Frame) -> bool {
    level_dbfs(frame) > -42.0
}

fn sound(studio: &Studio, case: &Case) -> Vec<Frame> {
    let spoken = || studio.spoken(case.language, case.voice, case.speed, case.words);
    let samples = match case.kind {
        Kind::Listens if matches!(case.words, "мгм" | "mhm") => {
            noise::hum(case.seed, case.speech_dbfs)
        }
        Kind::CutsIn | Kind::Listens => noise::at_level(&spoken(), case.speech_dbfs),
        Kind::Cough => noise::cough(case.seed, case.speech_dbfs - 3.0 + (case.seed % 7) as f32),
        Kind::Knock => noise::knock(case.seed, case.speech_dbfs),
        // Across the room: 14 to 20 dB weaker than the caller was.
        Kind::Aside => {
            let weaker = 14.0 + (case.seed % 7) as f32;
            let voice = if case.voice == "ru+m7" || case.voice == "awb" {
                case.voice
            } else {
                behind(case.language)
            };
            let sound = studio.spoken(case.language, voice, case.speed, case.words);
            noise::at_level(&noise::muffled(&sound), case.speech_dbfs - weaker)
        }
    };
    frames(&samples)
}

/// Somebody else's voice.
fn behind(language: Language) -> &'static str {
    match language {
        Language::Ru => "ru+m7",
        Language::En => "awb",
    }
}

fn outcome(booth: &Booth<'_>, case: Case, first_voice: usize, notes: usize) -> Outcome {
    let since = &booth.notes[notes..];
    let cut_at =
        since.iter().find_map(|(at, note)| matches!(note, Note::Cut { .. }).then_some(*at));
    let until = cut_at.unwrap_or(booth.ticks).min(booth.sounded.len());
    let last_sound = (0..until).rev().find(|tick| booth.sounded[*tick]);
    let yielded_in = cut_at.and(last_sound).map(|last| {
        // Tick n is sounded[n − 1]; its packet leaves as the caller's n-th comes in.
        FRAME_TIME * (last + 1).saturating_sub(first_voice) as u32
    });
    let heard = since.iter().filter_map(|(_, note)| match note {
        Note::Caller { text, confidence, .. } => Some(format!("{text} ({confidence:.2})")),
        Note::Event { kind, detail, .. } => Some(format!("{kind} {detail}")),
        _ => None,
    });
    Outcome {
        case,
        cut: cut_at.is_some(),
        yielded_in,
        held: holds(booth, first_voice, since),
        heard: heard.collect(),
    }
}

/// The silence before each time the agent went on.
fn holds(booth: &Booth<'_>, from: usize, since: &[(usize, Note)]) -> Duration {
    let went_on = since.iter().filter_map(|(at, note)| {
        matches!(note, Note::Event { kind: "went_on", .. }).then_some(*at)
    });
    let silent = |at: usize| (from..at).rev().take_while(|tick| !booth.sounded[*tick - 1]).count();
    FRAME_TIME * went_on.map(silent).sum::<usize>() as u32
}
