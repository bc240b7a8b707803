//! A pack: one line of business as data, one file per language under `prompts/`.
//!
//! **Never here:** what to say next (the conversation), times, addresses and names (understand).

mod check;
mod file;
mod heard;
mod index;
mod load;
mod pattern;
mod read;
mod words;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use job_core::order::Findings;
use job_core::price::PriceList;
use job_core::trade::{Category, Language};
use serde::Deserialize;

use crate::phrase;
use crate::state::Intent;
use crate::understand::Places;

use file::{Callers, Diagnosis, Wording};
use index::Index;
use pattern::Pattern;
use read::{DangerRule, Question};
use words::Tongue;

/// One pack in one language, checked when it was loaded.
#[derive(Debug)]
pub struct Pack {
    pub name: String,
    pub language: Language,
    pub prices: PriceList,
    pub places: Places,
    /// Hints for synthesisers: engine name to voice name.
    pub voice: BTreeMap<String, String>,
    file: String,
    tongue: Tongue,
    diagnoses: Vec<Diagnosis>,
    by_code: HashMap<String, usize>,
    symptoms: Index,
    /// Per diagnosis, in the order of its `ask`.
    questions: Vec<Vec<Question>>,
    intents: Index,
    intent_names: Vec<Intent>,
    intent_said: Vec<String>,
    /// Per intent, what can mean nothing else.
    intents_sure: Vec<Vec<Pattern>>,
    /// Line that answers a question beside the matter, and how the question is put.
    asides: Vec<(String, Vec<Pattern>)>,
    day: Vec<(DayWord, Vec<Pattern>)>,
    dangers: Vec<DangerRule>,
    dangers_told: Vec<Spelling>,
    urgent: Vec<Pattern>,
    several: Vec<Pattern>,
    besides: Vec<Pattern>,
    unsure: Vec<Pattern>,
    angry: Vec<Pattern>,
    written: BTreeMap<String, String>,
    lines: BTreeMap<String, Vec<Wording>>,
    callers: Callers,
}

/// The shape of a pack's file (JSON Schema 2020-12), for editors; loading checks more than shape.
pub const SCHEMA: &str = include_str!("../../prompts/pack.schema.json");

#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("{file}: {source}")]
    Toml { file: String, source: Box<toml::de::Error> },
    #[error("there is no pack {name} in {language:?} inside the program")]
    Unknown { name: String, language: Language },
    #[error("{file}: {key}: {fact}")]
    Wrong { file: String, key: String, fact: String },
    #[error("{file}: {source}")]
    Unreadable { file: String, source: std::io::Error },
}

/// What a master does by word during the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayWord {
    /// No to an offer.
    Decline,
    /// No to what was accepted.
    DropOut,
    DayOff,
    Done,
    Arrived,
    OnTheWay,
    Accept,
    /// The client is not at hand and is to be written to.
    AskClient,
    Earned,
    Hours,
    Next,
    Bye,
}

/// What the pack makes of one utterance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub intent: Option<Intent>,
    /// Said in words that can hardly mean anything else.
    pub intent_sure: bool,
    /// The line that answers a question beside the matter: "are you a robot?".
    pub aside: Option<String>,
    /// Name of the safety rule that fired.
    pub safety: Option<String>,
    /// Best first; empty where nothing is recognised well enough.
    pub symptoms: Vec<Symptom>,
    /// Several separate problems were named.
    pub several: bool,
    /// "срочно", "течёт прямо сейчас".
    pub urgent: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Symptom {
    /// Name of the diagnosis in the pack.
    pub code: String,
    pub category: Category,
    /// 0..=1.
    pub score: f32,
}

/// A question whose answer changes diagnosis, price or safety.
#[derive(Debug, Clone, PartialEq)]
pub struct Clarification {
    /// Name inside the diagnosis.
    pub name: String,
    /// The question itself, for the eye.
    pub text: String,
    /// The same for the ear.
    pub speech: String,
}

/// Values put into a line: name and what is shown to the eye and said to the ear.
pub type Values<'a> = &'a [(&'a str, Spelling)];

/// One value or line in two spellings.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Spelling {
    pub text: String,
    pub speech: String,
}

/// What a caller's sentence is about: which grammar it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    Anything,
    YesNo,
    Digits,
    Time,
    Address,
    Name,
}

/// A sentence callers say: lower-case words, no figures, no punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    pub text: String,
    pub about: Topic,
    /// How often it is to count in a language model.
    pub weight: u32,
}

/// A diagnosis with the clarifications that the caller's own words have answered already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    pub code: String,
    /// Names of the clarifications not to be asked any more.
    pub answered: Vec<String>,
}

/// Outside of any conversation a symptom this sure is a trouble told.
const TROUBLE_SURE: f32 = 0.6;

impl Pack {
    /// The pack shipped inside the binary.
    pub fn built_in(name: &str, language: Language) -> Result<Self, PackError> {
        load::built_in(name, language)
    }

    /// `dir/<name>/<language>.toml`.
    pub fn load(dir: &Path, name: &str, language: Language) -> Result<Self, PackError> {
        load::from_dir(dir, name, language)
    }

    /// What these words mean in this line of business.
    pub fn read(&self, text: &str) -> Reading {
        self.reading(text)
    }

    /// What the caller wants: an intent told in sure words, or a job where a trouble is told.
    pub fn wanted(&self, text: &str) -> Intent {
        let reading = self.read(text);
        let sure =
            |symptom: &Symptom| symptom.score >= TROUBLE_SURE && !self.is_vague(&symptom.code);
        let trouble = reading.symptoms.first().is_some_and(sure);
        match reading.intent {
            Some(intent) if reading.intent_sure => intent,
            _ if trouble || reading.safety.is_some() => Intent::Book,
            Some(_) | None => Intent::Unknown,
        }
    }

    /// Everything a master needs for that diagnosis.
    pub fn findings(&self, code: &str) -> Option<Findings> {
        let diagnosis = self.diagnosis(code)?;
        Some(Findings {
            code: diagnosis.code.clone(),
            diagnosis: diagnosis.title.clone(),
            urgency: diagnosis.urgency,
            complexity: diagnosis.complexity,
            minutes: diagnosis.minutes,
            tools: diagnosis.tools.clone(),
            consumables: diagnosis.consumables.clone(),
            parts: diagnosis.parts.clone(),
            steps: diagnosis.steps.clone(),
            safety: diagnosis.safety.clone(),
            test: diagnosis.test.clone(),
        })
    }

    /// The problem in the caller's terms, ready for `{problem}` and `{diagnosis}`: "не работает розетка".
    pub fn brief(&self, code: &str) -> Option<Spelling> {
        self.diagnosis(code).map(|diagnosis| phrase::plain(&diagnosis.brief))
    }

    /// A trade is named and no trouble: "нужен сантехник".
    pub fn is_vague(&self, code: &str) -> bool {
        self.diagnosis(code).is_some_and(|diagnosis| diagnosis.vague)
    }

    pub fn category(&self, code: &str) -> Option<Category> {
        self.diagnosis(code).map(|diagnosis| diagnosis.category)
    }

    /// Codes of all diagnoses, in the file's order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.diagnoses.iter().map(|diagnosis| diagnosis.code.as_str())
    }

    /// The first question still open for that diagnosis, given the names already answered.
    pub fn clarification(&self, code: &str, answered: &[String]) -> Option<Clarification> {
        let asks = &self.diagnosis(code)?.ask;
        let open = asks.iter().find(|ask| !answered.contains(&ask.name))?;
        Some(Clarification {
            name: open.name.clone(),
            text: open.text.clone(),
            speech: open.speech.clone().unwrap_or_else(|| open.text.clone()),
        })
    }

    /// What the answer to a clarification turns the diagnosis into; `None`: not understood.
    pub fn clarified(&self, code: &str, question: &str, answer: &str) -> Option<String> {
        self.answered(code, question, answer)
    }

    /// Follows the clarifications that these words, said before anything was asked, answer.
    pub fn settled(&self, code: &str, text: &str) -> Settled {
        self.followed(code, text)
    }

    /// A line with its values put in; `variant` picks among the wordings (modulo their number).
    pub fn line(&self, key: &str, variant: u32, values: Values<'_>) -> Spelling {
        let wordings = self.lines.get(key).map_or(&[][..], Vec::as_slice);
        if wordings.is_empty() {
            tracing::warn!(key, "the pack has no such line");
            return Spelling::default();
        }

        let wording = &wordings[variant as usize % wordings.len()];
        phrase::filled(wording.text(), wording.speech(), values)
    }

    /// The immediate instruction of a safety rule.
    pub fn safety(&self, rule: &str) -> Option<Spelling> {
        let at = self.dangers.iter().position(|danger| danger.name == rule)?;
        self.dangers_told.get(at).cloned()
    }

    /// Sentences people say here, for the recogniser's language model.
    pub fn caller_phrases(&self) -> Vec<Phrase> {
        self.heard()
    }

    /// Every wording the agent says, with sample values in words, for the prompt cache and a test
    /// caller's recogniser.
    pub fn agent_phrases(&self) -> Vec<String> {
        self.spoken()
    }

    /// The wordings for the ear that hold no value: always said the same, so worth keeping as sound.
    pub fn fixed_phrases(&self) -> Vec<String> {
        self.fixed()
    }

    fn diagnosis(&self, code: &str) -> Option<&Diagnosis> {
        self.by_code.get(code).map(|at| &self.diagnoses[*at])
    }
}

#[cfg(test)]
mod tests;
