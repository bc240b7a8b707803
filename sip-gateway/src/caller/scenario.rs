//! A caller on paper: who phones, in which voice, and what they say when asked for what.

use std::path::Path;
use std::time::Duration;

use job_core::trade::Language;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    pub language: Language,
    /// Synthesiser voice, e.g. `ru+f5`, `slt`.
    pub voice: String,
    /// The caller's own number as the gateway sees it.
    #[serde(default)]
    pub phone: Option<String>,
    /// Said after the greeting; empty: the caller says nothing of their own accord.
    #[serde(default)]
    pub opening: String,
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// Said when nothing in the agent's words is recognised.
    #[serde(default)]
    pub otherwise: String,
    /// The caller waits this long before answering.
    #[serde(default = "half_a_second")]
    pub thinks_ms: u64,
    /// The caller hangs up this long after the answer, wherever the call is.
    #[serde(default)]
    pub hangs_up_after_ms: Option<u64>,
    /// The caller cuts in, with `otherwise`, this long into each turn of the agent but the first.
    #[serde(default)]
    pub cuts_in_after_ms: Option<u64>,
}

/// What is said (or pressed) when the agent's words hold one of these.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Beginnings of words, several words joined by spaces; the one nearest the end counts.
    pub to: Vec<String>,
    /// First time, second time, …; the last is said again and again.
    #[serde(default)]
    pub say: Vec<String>,
    /// Keys pressed instead of words.
    #[serde(default)]
    pub keys: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("{file}: {source}")]
    Read { file: String, source: std::io::Error },
    #[error("{file}: {source}")]
    Toml { file: String, source: Box<toml::de::Error> },
}

/// What the caller does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Say(String),
    Press(String),
    /// Nothing was asked: go on listening.
    Listen,
}

/// The caller's side of the conversation: told what the agent said, it says what to do.
#[derive(Debug, Clone)]
pub struct Mind {
    scenario: Scenario,
    opened: bool,
    asked: Vec<usize>,
}

fn half_a_second() -> u64 {
    500
}

impl Scenario {
    pub fn load(file: &Path) -> Result<Self, ScenarioError> {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|source| ScenarioError::Read { file: name.clone(), source })?;
        Self::parse(&name, &text)
    }

    pub fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        toml::from_str(text).map_err(|source| ScenarioError::Toml {
            file: file.to_owned(),
            source: Box::new(source),
        })
    }

    pub fn thinks(&self) -> Duration {
        Duration::from_millis(self.thinks_ms)
    }
}

impl Mind {
    pub fn new(scenario: Scenario) -> Self {
        let asked = vec![0; scenario.answers.len()];
        Self { scenario, opened: false, asked }
    }

    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The agent has finished saying this.
    pub fn hear(&mut self, words: &str) -> Act {
        if !self.opened && !self.scenario.opening.is_empty() {
            self.opened = true;
            return Act::Say(self.scenario.opening.clone());
        }
        let Some(nth) = self.question(words) else {
            return say(&self.scenario.otherwise);
        };

        let answer = &self.scenario.answers[nth];
        let time = self.asked[nth];
        self.asked[nth] += 1;
        match (&answer.keys, answer.say.get(time).or(answer.say.last())) {
            (Some(keys), _) => Act::Press(keys.clone()),
            (None, Some(words)) => say(words),
            (None, None) => Act::Listen,
        }
    }

    /// The answer whose key stands nearest the end of the words: the question comes last.
    fn question(&self, words: &str) -> Option<usize> {
        let words = words.to_lowercase().replace('ё', "е");
        let place = |answer: &Answer| {
            answer.to.iter().filter_map(|key| last_at(&words, &key.to_lowercase())).max()
        };
        let places = self.scenario.answers.iter().map(place).enumerate();
        places.filter_map(|(nth, at)| at.map(|at| (at, nth))).max().map(|(_, nth)| nth)
    }
}

fn say(words: &str) -> Act {
    if words.is_empty() { Act::Listen } else { Act::Say(words.to_owned()) }
}

/// The last place where `key` stands at the beginning of a word.
fn last_at(words: &str, key: &str) -> Option<usize> {
    let starts_word =
        |at: usize| words[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
    words.rmatch_indices(key).map(|(at, _)| at).find(|at| starts_word(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_nearest_the_end_is_answered() {
        let text = r#"
            name = "t"
            language = "ru"
            voice = "ru"
            opening = "течёт кран"
            [[answers]]
            to = ["адрес", "улиц"]
            say = ["мира сорок"]
            [[answers]]
            to = ["когда"]
            say = ["завтра"]
        "#;
        let mut mind = Mind::new(Scenario::parse("t", text).unwrap());

        assert_eq!(mind.hear("слушаю вас"), Act::Say("течёт кран".into()));
        assert_eq!(mind.hear("записала адрес когда удобно"), Act::Say("завтра".into()));
        assert_eq!(mind.hear("назовите улицу и дом"), Act::Say("мира сорок".into()));
        assert_eq!(mind.hear("хорошо"), Act::Listen);
    }
}
