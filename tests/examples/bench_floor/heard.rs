//! Does the history keep the words that were played, and no others?
//!
//! The judge is a second recogniser, the simulated caller's, which tells when each word of a sentence
//! sounds. Only sentences it hears word for word are judged.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use call_tests::booth::noise::{Noise, Place};
use call_tests::booth::studio::Studio;
use call_tests::booth::{Booth, frames};
use dialog::state::Awaiting;
use job_core::trade::Language;
use media::audio::{FRAME_TIME, SILENCE, lasts, level_dbfs};
use media::speech::{Expect, Heard, Recogniser, Word};
use media::turn::TurnId;
use sip_gateway::call::note::Note;
use sip_gateway::caller::scenario::{Mind, Scenario};
use sip_gateway::net::speech::caller_recogniser;

use crate::all;
use crate::cases::Dice;

const CUTS: u64 = 2_000;
const RU: &str = include_str!("../../callers/demo-ru.toml");
const EN: &str = include_str!("../../callers/demo-en.toml");
const CHARS_MIN: usize = 50;

/// Each word's end, by sentence; nothing where the judge heard it differently.
type Times = Mutex<HashMap<String, Option<Vec<Duration>>>>;

pub(crate) fn run(studio: &Studio, data: &Path) -> anyhow::Result<()> {
    println!("\n| words kept after an interruption | judged | exact | within one word | worst |");
    println!("|---|---|---|---|---|");
    for language in [Language::Ru, Language::En] {
        let judge = caller_recogniser(&data.join("judge"), language)?;
        let times = Times::default();
        let seeds: Vec<u64> = (0..CUTS / 2).collect();
        let off: Vec<i64> = all(&seeds, |seed| one(studio, language, *seed, &*judge, &times))?
            .into_iter()
            .flatten()
            .collect();
        let within = |words: i64| off.iter().filter(|off| off.abs() <= words).count();
        println!(
            "| {language:?} | {} | {} | {} | {} |",
            off.len(),
            crate::percent(within(0), off.len()),
            crate::percent(within(1), off.len()),
            off.iter().map(|off| off.abs()).max().unwrap_or(0),
        );
    }
    Ok(())
}

/// By how many words the history is off; nothing where that cannot be judged.
fn one(
    studio: &Studio,
    language: Language,
    seed: u64,
    judge: &dyn Recogniser,
    times: &Times,
) -> anyhow::Result<Option<i64>> {
    let mut dice = Dice(seed.wrapping_mul(0x77_1235) | 1);
    let script = if language == Language::Ru { RU } else { EN };
    let scenario = Scenario::parse("caller", script)?;
    let questions =
        [Awaiting::Time, Awaiting::SlotChoice, Awaiting::Confirmation, Awaiting::Address];
    let wanted = dice.pick(&questions);
    let conversation = studio.conversation(language, scenario.phone.as_deref());
    let voice = if language == Language::Ru { "ru+f5" } else { "rms" };
    let mut booth =
        Booth::new(studio, conversation, (voice, -20.0), Noise::new(Place::Room, -60.0, seed));
    let long = |text: &str, asks| asks == wanted && text.chars().count() >= CHARS_MIN;
    if !booth.act_until(&mut Mind::new(scenario), long) {
        return Ok(None);
    }
    let began = booth.ticks;
    (0..dice.between(20, 300)).for_each(|_| booth.tick(&SILENCE));
    booth.press('5');
    (0..20).for_each(|_| booth.tick(&SILENCE));

    let cut = booth.notes.iter().find_map(|(at, note)| match note {
        Note::Cut { line, heard, .. } if *at >= began => Some((*at, *line, heard.clone())),
        _ => None,
    });
    let Some((at, line, heard)) = cut else { return Ok(None) };
    let played = FRAME_TIME * (at - began) as u32;
    let Some(truth) = words_played(studio, language, &booth, line, played, judge, times)? else {
        return Ok(None);
    };
    Ok(Some(heard.split_whitespace().count() as i64 - truth as i64))
}

/// Words of which at least half had sounded by then.
fn words_played(
    studio: &Studio,
    language: Language,
    booth: &Booth<'_>,
    line: TurnId,
    played: Duration,
    judge: &dyn Recogniser,
    times: &Times,
) -> anyhow::Result<Option<usize>> {
    let (mut begins, mut words) = (Duration::ZERO, 0);
    for (_, sentence) in booth.ordered.iter().filter(|(of, _)| *of == line) {
        if played <= begins {
            break;
        }
        let Some(ends) = word_times(studio, language, sentence, judge, times)? else {
            return Ok(None);
        };
        words += ends.iter().filter(|middle| begins + **middle <= played).count();
        begins += lasts(studio.said(language, sentence).len());
    }
    Ok(Some(words))
}

/// The middle of each word.
fn word_times(
    studio: &Studio,
    language: Language,
    sentence: &str,
    judge: &dyn Recogniser,
    times: &Times,
) -> anyhow::Result<Option<Vec<Duration>>> {
    let mut times = times.lock().map_err(|_| anyhow::anyhow!("a judge panicked"))?;
    if let Some(known) = times.get(sentence) {
        return Ok(known.clone());
    }
    let (say, said) = std::sync::mpsc::channel();
    let mut ear = judge.open(std::sync::Arc::new(move |_, heard| drop(say.send(heard))))?;
    ear.begin(TurnId(1), Expect::Anything)?;
    let sound = frames(&studio.said(language, sentence));
    for frame in sound.iter().chain(&[SILENCE; 15]) {
        ear.hear(frame)?;
    }
    ear.end(TurnId(1))?;
    let heard = loop {
        match said.recv_timeout(Duration::from_secs(20))? {
            Heard::Final(words) => break words.words,
            Heard::Failed(error) => return Err(error.into()),
            Heard::Partial(_) => {}
        }
    };
    let spoken = sentence.split_whitespace().filter(|it| it.contains(char::is_alphanumeric));
    let same = heard.len() == spoken.count();
    // The judge counts from somewhere before the sentence: its last word ends with the sound.
    let ends = sound.iter().rposition(|frame| level_dbfs(frame) > -45.0).map_or(0, |last| last + 1);
    let late = heard.last().map_or(0.0, |word| word.to.as_secs_f64())
        - (FRAME_TIME * ends as u32).as_secs_f64();
    let middle = |word: &Word| {
        let middle = (word.from + word.to).as_secs_f64() / 2.0 - late;
        Duration::from_secs_f64(middle.max(0.0))
    };
    let found = same.then(|| heard.iter().map(middle).collect::<Vec<_>>());
    times.insert(sentence.to_owned(), found.clone());
    Ok(found)
}
