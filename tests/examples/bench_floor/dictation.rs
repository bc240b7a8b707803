//! Is anybody cut off who dictates a number or an address piece by piece?

use std::time::Duration;

use call_tests::booth::noise::{Noise, Place, at_level};
use call_tests::booth::studio::Studio;
use call_tests::booth::{Booth, frames, trimmed};
use dialog::state::Awaiting;
use job_core::trade::Language;
use media::audio::{FRAME_TIME, SILENCE};
use sip_gateway::call::note::Note;
use sip_gateway::caller::scenario::{Mind, Scenario};

use crate::cases::{Dice, VOICES_EN, VOICES_RU};
use crate::{all, at, percent};

const PER_LANGUAGE: u64 = 250;
const RU: &str = include_str!("../../callers/demo-ru.toml");
const EN: &str = include_str!("../../callers/demo-en.toml");
/// Pauses between the pieces, in milliseconds.
const PAUSES: (u64, u64) = (300, 1_500);
/// Watched after the last piece.
const WATCHED: usize = 200;

#[derive(Debug, Clone)]
pub(crate) struct Dictation {
    language: Language,
    asks: Awaiting,
    pieces: Vec<String>,
    voice: &'static str,
    place: Place,
    seed: u64,
}

#[derive(Debug, Clone)]
struct Outcome {
    case: Dictation,
    /// The agent was told, or spoke, before the last piece was out.
    cut_off: bool,
    /// From the last sound to the agent's first.
    answered_in: Option<Duration>,
    heard: Vec<String>,
}

pub(crate) fn run(studio: &Studio, verbose: bool) -> anyhow::Result<()> {
    println!(
        "\n| dictated in pieces, pauses 0.3–1.5 s | cases | cut off | answered in p50 | p95 |"
    );
    println!("|---|---|---|---|---|");
    for language in [Language::En, Language::Ru] {
        for asks in [Awaiting::Phone, Awaiting::Address] {
            let cases: Vec<Dictation> =
                (0..PER_LANGUAGE / 2).map(|seed| dictation(language, asks, seed)).collect();
            let outcomes = all(&cases, |case| one(studio, case))?;
            let cut_off = outcomes.iter().filter(|outcome| outcome.cut_off).count();
            let mut answers: Vec<Duration> =
                outcomes.iter().filter_map(|outcome| outcome.answered_in).collect();
            println!(
                "| {language:?} {asks:?} | {} | {cut_off} ({}) | {} | {} |",
                outcomes.len(),
                percent(cut_off, outcomes.len()),
                at(&mut answers, 50),
                at(&mut answers, 95),
            );
            for Outcome { case, heard, .. } in outcomes.iter().filter(|it| verbose && it.cut_off) {
                println!("  cut off: #{} {:?} {}: {heard:?}", case.seed, case.pieces, case.voice);
            }
        }
    }
    Ok(())
}

fn dictation(language: Language, asks: Awaiting, seed: u64) -> Dictation {
    let mut dice = Dice(seed.wrapping_mul(0x51_7cc1) ^ (asks as u64) << 40 | 1);
    let pieces = match (asks, language) {
        (Awaiting::Phone, Language::Ru) => phone_ru(&mut dice),
        (Awaiting::Phone, Language::En) => phone_en(&mut dice),
        (_, Language::Ru) => address_ru(&mut dice),
        (_, Language::En) => address_en(&mut dice),
    };
    let voice = match language {
        Language::Ru => dice.pick(VOICES_RU),
        Language::En => dice.pick(VOICES_EN),
    };
    Dictation { language, asks, pieces, voice, place: dice.pick(&Place::ALL), seed }
}

const ONES_RU: [&str; 10] =
    ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"];
const TENS_RU: [&str; 8] = [
    "двадцать",
    "тридцать",
    "сорок",
    "пятьдесят",
    "шестьдесят",
    "семьдесят",
    "восемьдесят",
    "девяносто",
];
const HUNDREDS_RU: [&str; 9] = [
    "сто",
    "двести",
    "триста",
    "четыреста",
    "пятьсот",
    "шестьсот",
    "семьсот",
    "восемьсот",
    "девятьсот",
];

/// "восемь | девятьсот одиннадцать | четыреста пятьдесят шесть | семьдесят восемь | девяносто"
fn phone_ru(dice: &mut Dice) -> Vec<String> {
    let three = |dice: &mut Dice| {
        format!("{} {} {}", dice.pick(&HUNDREDS_RU), dice.pick(&TENS_RU), dice.pick(&ONES_RU[1..]))
    };
    let two = |dice: &mut Dice| format!("{} {}", dice.pick(&TENS_RU), dice.pick(&ONES_RU[1..]));
    let operator = ["девятьсот одиннадцать", "девятьсот шесть", "девятьсот двадцать один"];
    vec![format!("восемь {}", dice.pick(&operator)), three(dice), two(dice), two(dice)]
}

const ONES_EN: [&str; 10] =
    ["oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

fn phone_en(dice: &mut Dice) -> Vec<String> {
    let digits = |dice: &mut Dice, count: usize| {
        (0..count).map(|_| dice.pick(&ONES_EN[1..])).collect::<Vec<_>>().join(" ")
    };
    let start = ["eight nine one one", "eight nine oh six", "eight nine two one"];
    vec![dice.pick(&start).to_owned(), digits(dice, 3), digits(dice, 2), digits(dice, 2)]
}

fn number_ru(dice: &mut Dice) -> String {
    match dice.under(3) {
        0 => dice.pick(&ONES_RU[1..]).to_owned(),
        1 => format!("{} {}", dice.pick(&TENS_RU), dice.pick(&ONES_RU[1..])),
        _ => dice.pick(&TENS_RU).to_owned(),
    }
}

fn address_ru(dice: &mut Dice) -> Vec<String> {
    let streets = [
        "улица горького",
        "улица багратиона",
        "ленинский проспект",
        "улица театральная",
        "проспект мира",
        "улица гагарина",
        "московский проспект",
        "улица куйбышева",
        "советский проспект",
        "улица пушкина",
    ];
    let mut pieces = vec![dice.pick(&streets).to_owned(), format!("дом {}", number_ru(dice))];
    if dice.under(4) == 0 {
        pieces.push(format!("подъезд {}", dice.pick(&ONES_RU[1..6])));
    }
    pieces.push(format!("квартира {}", number_ru(dice)));
    pieces
}

fn number_en(dice: &mut Dice) -> String {
    let tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy"];
    match dice.under(3) {
        0 => dice.pick(&ONES_EN[1..]).to_owned(),
        1 => format!("{} {}", dice.pick(&tens), dice.pick(&ONES_EN[1..])),
        _ => dice.pick(&tens).to_owned(),
    }
}

fn address_en(dice: &mut Dice) -> Vec<String> {
    let streets = [
        "gorky street",
        "bagration street",
        "lenin avenue",
        "theatre street",
        "victory avenue",
        "gagarin street",
        "moscow avenue",
        "pushkin street",
    ];
    vec![
        dice.pick(&streets).to_owned(),
        format!("house {}", number_en(dice)),
        format!("apartment {}", number_en(dice)),
    ]
}

fn one(studio: &Studio, case: &Dictation) -> anyhow::Result<Outcome> {
    let script = if case.language == Language::Ru { RU } else { EN };
    let scenario = Scenario::parse("caller", script)?;
    let mut dice = Dice(case.seed | 1);
    let dbfs = -24.0 + dice.under(9) as f32;
    let noise = Noise::new(case.place, dbfs - 15.0 - dice.under(15) as f32, case.seed);
    let conversation = studio.conversation(case.language, None);
    let mut booth = Booth::new(studio, conversation, (case.voice, dbfs), noise);
    let reached = booth.act_until(&mut Mind::new(scenario), |_, awaiting| awaiting == case.asks);
    anyhow::ensure!(reached, "{:?} is never asked: {:?}", case.asks, booth.notes);
    booth.listen()?;
    wait_for_silence(&mut booth);

    let (notes, began, mut last_sound) = (booth.notes.len(), booth.ticks, booth.ticks);
    for (nth, piece) in case.pieces.iter().enumerate() {
        if nth > 0 {
            let pause = dice.between(PAUSES.0, PAUSES.1) / FRAME_TIME.as_millis() as u64;
            (0..pause).for_each(|_| booth.tick(&SILENCE));
        }
        let sound = trimmed(&frames(&at_level(
            &studio.spoken(case.language, case.voice, 100, piece),
            dbfs,
        )));
        sound.iter().for_each(|frame| booth.tick(frame));
        last_sound = booth.ticks;
    }
    (0..WATCHED).for_each(|_| booth.tick(&SILENCE));

    let since = &booth.notes[notes..];
    let told = since.iter().find(|(_, note)| matches!(note, Note::Caller { .. })).map(|it| it.0);
    let spoke = (began..booth.ticks).find(|tick| booth.sounded[*tick]);
    let heard = since.iter().filter_map(|(at, note)| match note {
        Note::Caller { text, .. } => Some(format!("{} ms {text}", at * 20)),
        _ => None,
    });
    Ok(Outcome {
        case: case.clone(),
        cut_off: told.is_some_and(|at| at <= last_sound)
            || spoke.is_some_and(|tick| tick < last_sound),
        answered_in: spoke.map(|tick| FRAME_TIME * (tick + 1).saturating_sub(last_sound) as u32),
        heard: heard.collect(),
    })
}

pub(crate) fn wait_for_silence(booth: &mut Booth<'_>) {
    let mut silent = 0;
    // Longer than the agent's own pause between two sentences.
    while silent < 50 {
        booth.tick(&SILENCE);
        silent = if booth.sounded.last() == Some(&true) { 0 } else { silent + 1 };
    }
}
