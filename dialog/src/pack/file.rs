//! A pack's file: one line of business in one language, as it is written in `prompts/`.
//!
//! **Never here:** what becomes of it (the other files here).

use std::collections::BTreeMap;

use job_core::order::Part;
use job_core::trade::{Category, Complexity, Language, Urgency};
use serde::Deserialize;

use super::DayWord;
use crate::state::Intent;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) meta: Meta,
    pub(super) prices: Prices,
    pub(super) places: PlaceNames,
    pub(super) words: SmallWords,
    /// Words of one meaning, divided by `|`.
    #[serde(default)]
    pub(super) same: Meaning,
    pub(super) signals: Signals,
    #[serde(default)]
    pub(super) intent: Vec<IntentSaid>,
    #[serde(default)]
    pub(super) aside: Vec<Aside>,
    #[serde(default)]
    pub(super) day: Vec<DaySaid>,
    #[serde(default)]
    pub(super) danger: Vec<Danger>,
    #[serde(default)]
    pub(super) diagnosis: Vec<Diagnosis>,
    pub(super) lines: BTreeMap<String, Vec<Wording>>,
    /// What is written only: buttons and words of chats.
    #[serde(default)]
    pub(super) written: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) callers: Callers,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meta {
    pub(super) name: String,
    pub(super) language: Language,
    /// A hint for the synthesiser: engine-independent voice name to its own.
    #[serde(default)]
    pub(super) voice: BTreeMap<String, String>,
}

/// Whole roubles and factors in hundredths (SPEC 3).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    pub(super) currency: String,
    pub(super) base: BTreeMap<Category, i64>,
    pub(super) urgent: i64,
    pub(super) today: i64,
    pub(super) long_description: i64,
    pub(super) several_problems: i64,
    pub(super) evening_or_weekend: i64,
    pub(super) long_description_over: usize,
    pub(super) evening_from_hour: i8,
}

/// Each entry is "name | also | also".
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceNames {
    pub(super) home_city: String,
    pub(super) cities: Vec<String>,
    pub(super) streets: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SmallWords {
    pub(super) fillers: Vec<String>,
    pub(super) not: Vec<String>,
    pub(super) ceased: Vec<String>,
    pub(super) mild: Vec<String>,
    /// Words that mean something but prove little: "нет".
    pub(super) light: Vec<String>,
    /// What "не очень" amounts to.
    pub(super) weakly: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meaning {
    pub(super) groups: Vec<String>,
}

/// Patterns that colour a whole utterance.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signals {
    pub(super) urgent: Vec<String>,
    /// Names several problems outright: "две проблемы".
    pub(super) several: Vec<String>,
    /// Stands between two problems: "и ещё".
    pub(super) besides: Vec<String>,
    /// "не знаю" to a clarification: the first guess stays.
    pub(super) unsure: Vec<String>,
    /// Somebody is angry, or threatens: a person should look.
    #[serde(default)]
    pub(super) angry: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IntentSaid {
    pub(super) name: Intent,
    pub(super) said: Vec<String>,
    /// Patterns that can mean nothing else, whatever is being asked.
    #[serde(default)]
    pub(super) surely: Vec<String>,
}

/// A question beside the matter: answered with the line `aside_<name>`, then the talk goes on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Aside {
    pub(super) name: String,
    /// Patterns, any of which is enough.
    pub(super) said: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DaySaid {
    pub(super) name: DayWord,
    /// Patterns, any of which is enough.
    pub(super) said: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Danger {
    pub(super) name: String,
    /// Patterns, any of which fires.
    pub(super) said: Vec<String>,
    /// Patterns whose words count for nothing: "запах краски".
    #[serde(default)]
    pub(super) never: Vec<String>,
    pub(super) instruction: Wording,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Diagnosis {
    pub(super) code: String,
    /// The technical diagnosis, for the job file.
    pub(super) title: String,
    /// The caller's own view of it, ready to follow "Понятно: ".
    pub(super) brief: String,
    pub(super) category: Category,
    pub(super) complexity: Complexity,
    pub(super) urgency: Urgency,
    pub(super) minutes: i64,
    pub(super) tools: Vec<String>,
    pub(super) consumables: Vec<String>,
    pub(super) parts: Vec<Part>,
    pub(super) steps: Vec<String>,
    pub(super) safety: Vec<String>,
    pub(super) test: Vec<String>,
    pub(super) said: Vec<String>,
    /// Names a trade and no trouble: anything said closer takes its place.
    #[serde(default)]
    pub(super) vague: bool,
    #[serde(default)]
    pub(super) ask: Vec<Ask>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) speech: Option<String>,
    pub(super) answers: Vec<AskAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskAnswer {
    pub(super) said: Vec<String>,
    /// Code of the diagnosis it turns into.
    pub(super) to: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Wording {
    Alike(String),
    Apart { text: String, speech: String },
}

impl Wording {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Alike(text) | Self::Apart { text, .. } => text,
        }
    }

    pub(super) fn speech(&self) -> &str {
        match self {
            Self::Alike(speech) | Self::Apart { speech, .. } => speech,
        }
    }
}

/// What callers answer, as templates over `{street}`, `{house}`, `{flat}`, `{city}`, `{name}`,
/// `{phone}`, `{weekday}`, `{hour}`, `{date}`, `{problem}`: for the recogniser's language model.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Callers {
    pub(super) anything: Vec<String>,
    pub(super) yes_no: Vec<String>,
    pub(super) digits: Vec<String>,
    pub(super) time: Vec<String>,
    pub(super) address: Vec<String>,
    pub(super) name: Vec<String>,
    pub(super) names: Vec<String>,
    pub(super) weekdays: Vec<String>,
    pub(super) hours: Vec<String>,
    pub(super) months: Vec<String>,
}
