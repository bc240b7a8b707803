//! A free answer told with pauses in it: how often is the caller cut off, against a plain voice
//! activity detector that waits equally long on average?

use std::time::Duration;

use call_tests::booth::noise::{Noise, Place, at_level};
use call_tests::booth::studio::Studio;
use call_tests::booth::{Booth, frames, trimmed};
use dialog::rehearsal::{Cast, Split};
use job_core::trade::Language;
use media::audio::{FRAME_TIME, Frame, SILENCE};
use media::vad::Vad;
use sip_gateway::call::note::Note;

use crate::cases::{Dice, VOICES_EN, VOICES_RU};
use crate::dictation::wait_for_silence;
use crate::{all, percent};

const PER_LANGUAGE: u64 = 150;
/// Pauses inside an answer, in milliseconds.
const PAUSES: (u64, u64) = (200, 1_200);
/// Watched after the last word.
const WATCHED: usize = 100;
const WORDS_MIN: usize = 4;

#[derive(Debug)]
struct Story {
    language: Language,
    text: String,
    /// Words before each pause.
    breaks: Vec<usize>,
    voice: &'static str,
    place: Place,
    seed: u64,
}

/// What one detector did with one answer.
#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    false_ends: usize,
    pauses: usize,
    /// After the last sound.
    delay: Option<Duration>,
}

#[derive(Debug)]
struct Outcome {
    ours: Ends,
    /// Voiced or not, frame by frame, and where the answer's pieces lie.
    voiced: Vec<bool>,
    pieces: Vec<(usize, usize)>,
    told: Vec<String>,
}

pub(crate) fn run(studio: &Studio, verbose: bool) -> anyhow::Result<()> {
    println!(
        "\n| free answers with pauses of 0.2–1.2 s | answers | pauses | mean delay | ended in a pause | plain VAD at the same mean delay | ratio | plain VAD at 300 ms |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for language in [Language::Ru, Language::En] {
        let stories = stories(language)?;
        let outcomes = all(&stories, |story| one(studio, story))?;
        let ours = total(outcomes.iter().map(|outcome| outcome.ours));
        let plain = |wait: usize| total(outcomes.iter().map(|outcome| plain_vad(outcome, wait)));
        let same = (1..60).map(plain).min_by_key(|it| it.delay.abs_diff(ours.delay));
        let same = same.unwrap_or_default();
        let at_300 =
            (1..60).map(plain).min_by_key(|it| it.delay.abs_diff(Duration::from_millis(300)));
        let share = |total: &Total| total.false_ends as f64 / total.pauses.max(1) as f64;
        println!(
            "| {language:?} | {} | {} | {} ms | {} | {} ({} ms) | {:.2} | {} |",
            outcomes.len(),
            ours.pauses,
            ours.delay.as_millis(),
            percent(ours.false_ends, ours.pauses),
            percent(same.false_ends, same.pauses),
            same.delay.as_millis(),
            share(&ours) / share(&same),
            at_300.map(|it| percent(it.false_ends, it.pauses)).unwrap_or_default(),
        );
        for (story, outcome) in stories.iter().zip(&outcomes).filter(|_| verbose) {
            println!(
                "  #{} {:?} breaks {:?} {}: {} false, {:?}; {:?}",
                story.seed,
                story.text,
                story.breaks,
                story.voice,
                outcome.ours.false_ends,
                outcome.ours.delay,
                outcome.told
            );
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, Default)]
struct Total {
    false_ends: usize,
    pauses: usize,
    delay: Duration,
}

fn total(ends: impl Iterator<Item = Ends>) -> Total {
    let mut all = Total::default();
    let mut delays = Vec::new();
    for end in ends {
        all.false_ends += end.false_ends;
        all.pauses += end.pauses;
        delays.extend(end.delay);
    }
    all.delay = delays.iter().sum::<Duration>() / delays.len().max(1) as u32;
    all
}

/// What people say is broken, in the wordings kept for tests, broken off at any word.
fn stories(language: Language) -> anyhow::Result<Vec<Story>> {
    let cast = Cast::built_in("home-repair", language)?;
    let told: Vec<String> = cast
        .problems()
        .into_iter()
        .filter(|(split, text)| {
            *split == Split::Test && text.split_whitespace().count() >= WORDS_MIN
        })
        .map(|(_, text)| text.to_owned())
        .collect();
    anyhow::ensure!(!told.is_empty(), "no wordings");
    let voices = if language == Language::Ru { VOICES_RU } else { VOICES_EN };
    Ok((0..PER_LANGUAGE)
        .map(|seed| {
            let mut dice = Dice(seed.wrapping_mul(0xa5_1f07) | 1);
            let text = told[seed as usize % told.len()].clone();
            let words = text.split_whitespace().count() as u64;
            let mut breaks: Vec<usize> =
                (0..1 + dice.under(2)).map(|_| dice.between(1, words - 1) as usize).collect();
            breaks.sort_unstable();
            breaks.dedup();
            Story {
                language,
                text,
                breaks,
                voice: dice.pick(voices),
                place: dice.pick(&Place::ALL),
                seed,
            }
        })
        .collect())
}

fn one(studio: &Studio, story: &Story) -> anyhow::Result<Outcome> {
    let mut dice = Dice(story.seed | 1);
    let dbfs = -24.0 + dice.under(9) as f32;
    let noise = Noise::new(story.place, dbfs - 15.0 - dice.under(15) as f32, story.seed);
    let conversation = studio.conversation(story.language, None);
    let mut booth = Booth::new(studio, conversation, (story.voice, dbfs), noise);
    booth.listen()?;
    (0..50).for_each(|_| booth.tick(&SILENCE));
    wait_for_silence(&mut booth);

    let (began, notes) = (booth.ticks, booth.notes.len());
    let mut voiced = Vec::new();
    let mut vad = Vad::new();
    let mut pieces = Vec::new();
    let mut say = |booth: &mut Booth<'_>, frame: &Frame| {
        booth.tick(frame);
        voiced.push(vad.hear(&booth.spoken).voiced);
    };
    for (nth, piece) in pieces_of(story).iter().enumerate() {
        if nth > 0 {
            let pause = dice.between(PAUSES.0, PAUSES.1) / FRAME_TIME.as_millis() as u64;
            (0..pause).for_each(|_| say(&mut booth, &SILENCE));
        }
        let from = booth.ticks - began;
        let sound = studio.spoken(story.language, story.voice, 100, piece);
        for frame in trimmed(&frames(&at_level(&sound, dbfs))) {
            say(&mut booth, &frame);
        }
        pieces.push((from, booth.ticks - began));
    }
    (0..WATCHED).for_each(|_| say(&mut booth, &SILENCE));

    let since = &booth.notes[notes..];
    let ends: Vec<usize> = since
        .iter()
        .filter(|(_, note)| matches!(note, Note::Event { kind: "turn_over", .. }))
        .map(|(at, _)| at - began)
        .collect();
    let told = since.iter().filter_map(|(at, note)| match note {
        Note::Caller { text, .. } => Some(format!("{} ms {text}", (at - began) * 20)),
        _ => None,
    });
    Ok(Outcome { ours: ends_at(&pieces, &ends), voiced, told: told.collect(), pieces })
}

fn pieces_of(story: &Story) -> Vec<String> {
    let words: Vec<&str> = story.text.split_whitespace().collect();
    let mut from = 0;
    let mut pieces = Vec::new();
    for &to in story.breaks.iter().chain([&words.len()]) {
        pieces.push(words[from..to].join(" "));
        from = to;
    }
    pieces
}

/// Which pauses had an end in them, and how long after the last sound the true end was seen.
fn ends_at(pieces: &[(usize, usize)], ends: &[usize]) -> Ends {
    let pauses = pieces.windows(2).map(|pair| (pair[0].1, pair[1].0));
    let false_ends = pauses
        .clone()
        .filter(|(from, to)| ends.iter().any(|end| (*from..*to).contains(end)))
        .count();
    let last = pieces.last().map_or(0, |piece| piece.1);
    let delay = ends.iter().find(|end| **end >= last).map(|end| FRAME_TIME * (end - last) as u32);
    Ends { false_ends, pauses: pauses.count(), delay }
}

/// Ends a turn after so many silent frames.
fn plain_vad(outcome: &Outcome, wait: usize) -> Ends {
    let (mut ends, mut silent, mut open) = (Vec::new(), 0, false);
    for (tick, voiced) in outcome.voiced.iter().enumerate() {
        silent = if *voiced { 0 } else { silent + 1 };
        open |= *voiced;
        if open && silent == wait {
            ends.push(tick + 1);
            open = false;
        }
    }
    ends_at(&outcome.pieces, &ends)
}
