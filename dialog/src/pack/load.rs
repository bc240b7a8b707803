//! From a pack's file to a pack that can be asked.
//!
//! **Never here:** what the wordings mean.

use std::collections::HashMap;
use std::path::Path;

use job_core::price::PriceList;
use job_core::trade::Language;

use super::file::{Danger, Diagnosis, File, PlaceNames, Prices};
use super::index::{Index, Meanings};
use super::pattern::Pattern;
use super::read::{DangerRule, Question};
use super::words::Tongue;
use super::{Pack, PackError, Spelling};
use crate::understand::{Place, Places};

const HOME_REPAIR_RU: &str = include_str!("../../../prompts/home-repair/ru.toml");
const HOME_REPAIR_EN: &str = include_str!("../../../prompts/home-repair/en.toml");

pub(super) fn built_in(name: &str, language: Language) -> Result<Pack, PackError> {
    let text = match (name, language) {
        ("home-repair", Language::Ru) => HOME_REPAIR_RU,
        ("home-repair", Language::En) => HOME_REPAIR_EN,
        _ => {
            return Err(PackError::Unknown { name: name.into(), language });
        }
    };
    parse(&format!("{name}/{}", file_name(language)), text)
}

pub(super) fn from_dir(dir: &Path, name: &str, language: Language) -> Result<Pack, PackError> {
    let path = dir.join(name).join(file_name(language));
    let file = path.display().to_string();
    let text = std::fs::read_to_string(&path)
        .map_err(|source| PackError::Unreadable { file: file.clone(), source })?;
    parse(&file, &text)
}

fn file_name(language: Language) -> &'static str {
    match language {
        Language::Ru => "ru.toml",
        Language::En => "en.toml",
    }
}

pub(super) fn parse(file: &str, text: &str) -> Result<Pack, PackError> {
    let parsed: File = toml::from_str(text)
        .map_err(|source| PackError::Toml { file: file.into(), source: Box::new(source) })?;
    let pack = compiled(file, parsed);
    match pack.check_shape().into_iter().next() {
        Some(wrong) => Err(wrong),
        None => Ok(pack),
    }
}

fn compiled(name: &str, file: File) -> Pack {
    let tongue = Tongue::new(file.meta.language, &file.words);
    let meanings = Meanings::new(&file.same.groups, &tongue);
    let patterns = |texts: &[String]| Pattern::all(texts, &tongue);
    let wordings = |d: &'_ Diagnosis| d.said.clone();
    let said: Vec<Vec<String>> = file.diagnosis.iter().map(wordings).collect();
    let meant: Vec<Vec<String>> = file.intent.iter().map(|intent| intent.said.clone()).collect();
    let index = |all: &[Vec<String>]| Index::new(all.iter().map(Vec::as_slice), &tongue, &meanings);
    Pack {
        name: file.meta.name,
        language: file.meta.language,
        voice: file.meta.voice,
        prices: priced(file.prices),
        places: placed(file.places),
        file: name.into(),
        symptoms: index(&said),
        intents: index(&meant),
        intent_names: file.intent.iter().map(|intent| intent.name).collect(),
        intent_said: meant.concat(),
        intents_sure: file.intent.iter().map(|intent| patterns(&intent.surely)).collect(),
        asides: file
            .aside
            .iter()
            .map(|aside| (format!("aside_{}", aside.name), patterns(&aside.said)))
            .collect(),
        day: file.day.iter().map(|act| (act.name, patterns(&act.said))).collect(),
        questions: file.diagnosis.iter().map(|d| questions(d, &tongue, &meanings)).collect(),
        by_code: by_code(&file.diagnosis),
        diagnoses: file.diagnosis,
        dangers_told: file.danger.iter().map(told).collect(),
        dangers: file.danger.into_iter().map(|danger| rule(danger, &tongue)).collect(),
        urgent: patterns(&file.signals.urgent),
        several: patterns(&file.signals.several),
        besides: patterns(&file.signals.besides),
        unsure: patterns(&file.signals.unsure),
        angry: patterns(&file.signals.angry),
        written: file.written,
        lines: file.lines,
        callers: file.callers,
        tongue,
    }
}

fn by_code(diagnoses: &[Diagnosis]) -> HashMap<String, usize> {
    diagnoses.iter().enumerate().map(|(at, diagnosis)| (diagnosis.code.clone(), at)).collect()
}

fn questions(diagnosis: &Diagnosis, tongue: &Tongue, meanings: &Meanings) -> Vec<Question> {
    let question = |ask: &super::file::Ask| Question {
        answers: Index::new(ask.answers.iter().map(|a| a.said.as_slice()), tongue, meanings),
        to: ask.answers.iter().map(|answer| answer.to.clone()).collect(),
    };
    diagnosis.ask.iter().map(question).collect()
}

fn told(danger: &Danger) -> Spelling {
    Spelling { text: danger.instruction.text().into(), speech: danger.instruction.speech().into() }
}

fn rule(danger: Danger, tongue: &Tongue) -> DangerRule {
    DangerRule {
        said: Pattern::all(&danger.said, tongue),
        never: Pattern::all(&danger.never, tongue),
        name: danger.name,
    }
}

fn priced(prices: Prices) -> PriceList {
    PriceList {
        currency: prices.currency,
        base: prices.base.into_iter().collect(),
        urgent: prices.urgent,
        today: prices.today,
        long_description: prices.long_description,
        several_problems: prices.several_problems,
        evening_or_weekend: prices.evening_or_weekend,
        long_description_over: prices.long_description_over,
        evening_from_hour: prices.evening_from_hour,
    }
}

fn placed(names: PlaceNames) -> Places {
    Places {
        home_city: names.home_city,
        cities: names.cities.iter().map(|line| place(line)).collect(),
        streets: names.streets.iter().map(|line| place(line)).collect(),
    }
}

/// "name | also | also".
fn place(line: &str) -> Place {
    let mut names = line.split('|').map(|name| name.trim().to_string());
    Place::new(names.next().unwrap_or_default(), names.collect())
}
