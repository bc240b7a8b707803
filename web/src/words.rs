//! What the pages say, in each language: one file of words for each, the same keys in all.
//!
//! **Never here:** which page says what.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use job_core::trade::Language;
use serde::Serialize;

use crate::cookie;

/// Remembers which language was asked for.
pub(crate) const LANGUAGE_COOKIE: &str = "gudok_language";

#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) language: Language,
    said: HashMap<String, String>,
}

static RU: LazyLock<Words> =
    LazyLock::new(|| Words::read(Language::Ru, include_str!("../words/ru.toml")));
static EN: LazyLock<Words> =
    LazyLock::new(|| Words::read(Language::En, include_str!("../words/en.toml")));

impl Words {
    pub(crate) fn of(language: Language) -> &'static Self {
        match language {
            Language::Ru => &RU,
            Language::En => &EN,
        }
    }

    /// The words of that key, or the key itself where the file has none.
    pub(crate) fn say<'a>(&'a self, key: &'a str) -> &'a str {
        self.said.get(key).map_or(key, String::as_str)
    }

    /// What one of our own words is called, e.g. `named("status", Active)`. One that no file knows,
    /// as from a newer program, is shown as it is.
    pub(crate) fn named(&self, group: &str, word: impl Serialize) -> String {
        let word = code(word);
        let known = self.said.get(&format!("{group}.{word}"));
        known.cloned().unwrap_or(word)
    }

    pub(crate) fn code(&self) -> &'static str {
        match self.language {
            Language::Ru => "ru",
            Language::En => "en",
        }
    }

    /// A file of ours: what is wrong with it is found by the test below.
    fn read(language: Language, file: &str) -> Self {
        let table: toml::Table = toml::from_str(file).unwrap_or_default();
        let mut said = HashMap::new();
        for (group, words) in &table {
            for (key, text) in words.as_table().into_iter().flatten() {
                let text = text.as_str().unwrap_or_default();
                said.insert(format!("{group}.{key}"), text.to_owned());
            }
        }
        Self { language, said }
    }
}

/// One of our own words as the API writes it, e.g. `on_the_way`.
pub(crate) fn code(word: impl Serialize) -> String {
    match serde_json::to_value(word) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(_) | Err(_) => String::new(),
    }
}

/// The language a reader has chosen, else the browser's, else Russian.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let chosen = cookie::value(headers, LANGUAGE_COOKIE).and_then(spoken);
    chosen.or_else(|| accepted(headers)).unwrap_or_default()
}

/// RFC 9110 section 12.5.4; weights are ignored, browsers list the best first.
fn accepted(headers: &HeaderMap) -> Option<Language> {
    let list = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    list.split(',').find_map(|range| spoken(range.trim()))
}

/// "ru", "ru-RU", "en;q=0.8"; other languages are not ours.
pub(crate) fn spoken(range: &str) -> Option<Language> {
    let primary = range.split(['-', ';']).next()?.trim();
    match primary.to_ascii_lowercase().as_str() {
        "ru" => Some(Language::Ru),
        "en" => Some(Language::En),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::http::header::COOKIE;

    use super::*;

    #[test]
    fn both_files_say_the_same_things() {
        let keys = |language| Words::of(language).said.keys().cloned().collect::<BTreeSet<_>>();

        assert!(keys(Language::Ru).len() > 100);
        assert_eq!(keys(Language::Ru), keys(Language::En));
    }

    #[test]
    fn every_word_a_page_asks_for_is_in_the_files() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
        let mut missing = Vec::new();

        for page in std::fs::read_dir(folder).expect("templates") {
            let text = std::fs::read_to_string(page.expect("page").path()).expect("text");
            let asked = text.split("say(\"").skip(1).filter_map(|rest| rest.split('"').next());
            missing.extend(asked.filter(|key| !RU.said.contains_key(*key)).map(str::to_owned));
        }

        assert!(missing.is_empty(), "no words for {missing:?}");
    }

    #[test]
    fn the_language_chosen_counts_before_the_browsers() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, "de-DE, en;q=0.9, ru;q=0.8".parse().expect("header"));

        assert_eq!(language(&headers), Language::En);
        headers.insert(COOKIE, "a=b; gudok_language=ru".parse().expect("header"));
        assert_eq!(language(&headers), Language::Ru);
        assert_eq!(language(&HeaderMap::new()), Language::Ru);
    }

    #[test]
    fn a_word_nobody_knows_is_shown_as_it_is() {
        assert_eq!(RU.named("end", "booked"), "Заказ оформлен");
        assert_eq!(RU.named("end", "abducted"), "abducted");
    }
}
