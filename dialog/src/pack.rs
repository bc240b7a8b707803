//! A pack: one line of business as data, one file per language under `prompts/`.

use std::path::Path;

use job_core::order::Findings;
use job_core::price::PriceList;
use job_core::trade::{Category, Language};

use crate::state::Intent;
use crate::understand::Places;

/// One pack in one language, checked when it was loaded.
#[derive(Debug)]
pub struct Pack {
    pub name: String,
    pub language: Language,
    pub prices: PriceList,
    pub places: Places,
}

#[derive(Debug, thiserror::Error)]
pub enum PackError {
    #[error("{file}: {source}")]
    Toml { file: String, source: Box<toml::de::Error> },
    #[error("{file}: {key}: {fact}")]
    Wrong { file: String, key: String, fact: String },
    #[error("{file}: {source}")]
    Unreadable { file: String, source: std::io::Error },
}

/// What the pack makes of one utterance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    pub intent: Option<Intent>,
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
    /// Key of the line that asks it.
    pub text: String,
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

impl Pack {
    /// The pack shipped inside the binary.
    pub fn built_in(name: &str, language: Language) -> Result<Self, PackError> {
        Err(PackError::Wrong {
            file: format!("{name}/{language:?}"),
            key: "pack".into(),
            fact: "not written yet".into(),
        })
    }

    /// `dir/<name>/<language>.toml`.
    pub fn load(_dir: &Path, name: &str, language: Language) -> Result<Self, PackError> {
        Self::built_in(name, language)
    }

    /// What these words mean in this line of business.
    pub fn read(&self, _text: &str) -> Reading {
        Reading::default()
    }

    /// Everything a master needs for that diagnosis.
    pub fn findings(&self, _code: &str) -> Option<Findings> {
        None
    }

    /// The first question still open for that diagnosis, given the names already answered.
    pub fn clarification(&self, _code: &str, _answered: &[String]) -> Option<Clarification> {
        None
    }

    /// What the answer to a clarification turns the diagnosis into; `None`: not understood.
    pub fn clarified(&self, _code: &str, _question: &str, _answer: &str) -> Option<String> {
        None
    }

    /// A line with its values put in; `variant` picks among the wordings (modulo their number).
    pub fn line(&self, _key: &str, _variant: u32, _values: Values<'_>) -> Spelling {
        Spelling::default()
    }

    /// The immediate instruction of a safety rule.
    pub fn safety(&self, _rule: &str) -> Option<Spelling> {
        None
    }

    /// Sentences people say here, for the recogniser's language model.
    pub fn caller_phrases(&self) -> Vec<String> {
        Vec::new()
    }

    /// Every fixed wording the agent says, for the prompt cache and a test caller's recogniser.
    pub fn agent_phrases(&self) -> Vec<String> {
        Vec::new()
    }
}
