//! What a person who takes a caller over is told first: as much of the matter as is known.
//!
//! **Never here:** who that is, how lines are joined.

use super::Conversation;
use crate::pack::Spelling;

/// Lines of the pack, each said where its value is known.
const PARTS: [(&str, &str); 5] = [
    ("brief_problem", "problem"),
    ("brief_address", "address"),
    ("brief_when", "when"),
    ("brief_name", "name"),
    ("brief_phone", "phone"),
];

impl Conversation {
    /// In the pack's language.
    pub fn brief(&self) -> Spelling {
        let values = self.values();
        let known = |name: &str| values.iter().any(|(known, _)| *known == name);
        let parts = PARTS.iter().filter(|(_, value)| known(value)).map(|(line, _)| *line);
        let told: Vec<Spelling> = std::iter::once("brief")
            .chain(parts)
            .map(|line| self.pack.line(line, 0, &values))
            .collect();
        let joined = |of: fn(&Spelling) -> &str| {
            told.iter().map(of).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ")
        };
        Spelling { text: joined(|it| &it.text), speech: joined(|it| &it.speech) }
    }
}
