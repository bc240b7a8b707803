//! A language model may help where the rules have not understood: it is told the state and what was said, and
//! proposes what it means, by tools alone. Every proposal passes the checks a caller's own words pass; what it
//! would say passes checks of its own.
//!
//! **Never here:** HTTP, keys, the clock, a price or slot.

pub mod anthropic;
pub mod gemini;
pub mod openai;
pub mod sse;
pub mod tools;
pub mod utter;

use std::pin::Pin;

use job_core::trade::Language;
use job_core::usage::{MicroRoubles, Used};
use serde::{Deserialize, Serialize};

pub use self::tools::Call;

/// Which model a turn is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Quick and cheap.
    Small,
    /// For what the quick one, or the rules, did not understand twice.
    Large,
    /// In the owner's own house: the only one that may read names, numbers and addresses.
    Local,
}

impl Route {
    pub const ALL: [Route; 3] = [Route::Small, Route::Large, Route::Local];

    pub fn name(self) -> &'static str {
        match self {
            Route::Small => "small",
            Route::Large => "large",
            Route::Local => "local",
        }
    }
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thought {
    /// In this order; where none of them is at hand the rules answer.
    pub routes: Vec<Route>,
    /// Why that order, in one word for the page.
    pub reason: String,
    pub language: Language,
    /// The pack's own.
    pub rules: String,
    /// What was asked last.
    pub question: String,
    /// Names of what is known already, never the values.
    pub known: Vec<String>,
    /// Codes of the pack's diagnoses, each with a few words.
    pub diagnoses: Vec<(String, String)>,
    pub words: String,
}

/// What a model proposes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proposal {
    pub calls: Vec<Call>,
    pub tokens: Tokens,
    /// What that has cost.
    pub used: Vec<Used>,
}

/// Tokens read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
}

pub type Thinking<'a> = Pin<Box<dyn Future<Output = Result<Proposal, String>> + Send + 'a>>;

/// Models at hand, wherever they are.
pub trait Thinker: Send + Sync {
    /// The error is for the log; the rules answer then.
    fn think<'a>(&'a self, thought: &'a Thought) -> Thinking<'a>;

    fn budget(&self) -> Budget {
        Budget::default()
    }
}

/// What services may cost before models are asked no more; nothing is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    pub conversation: Option<MicroRoubles>,
    /// Of one organisation, the calendar month.
    pub month: Option<MicroRoubles>,
}

impl Budget {
    /// Whether one of them is used up.
    pub fn is_spent(&self, conversation: MicroRoubles, month: MicroRoubles) -> bool {
        self.conversation.is_some_and(|most| conversation >= most)
            || self.month.is_some_and(|most| month >= most)
    }
}

impl Thought {
    /// What the model is told before the caller's words.
    pub fn instructions(&self) -> String {
        let known = if self.known.is_empty() { "—".to_owned() } else { self.known.join(", ") };
        let mut told = format!("{}\n\n", self.rules);
        told.push_str(&format!("Known: {known}\nAsked last: {}\nDiagnoses:\n", self.question));
        for (code, brief) in &self.diagnoses {
            told.push_str(&format!("- {code}: {brief}\n"));
        }
        told
    }

    /// The caller's words, marked as such: they are matter, not orders.
    pub fn matter(&self) -> String {
        format!("<caller>{}</caller>", self.words.replace(['<', '>'], " "))
    }
}

/// Why a model's answer is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("an event that cannot be read: {0}")]
    Event(String),
    #[error("arguments of {tool} that cannot be read")]
    Arguments { tool: String },
    #[error("it broke off: {0}")]
    Cut(String),
    #[error("its own error: {0}")]
    Said(String),
}

/// A tool's name and its arguments as text, while they come in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Raw {
    pub name: String,
    pub arguments: String,
}

/// What the tools' arguments say; a tool nobody knows is left out.
pub(crate) fn proposal(raw: Vec<Raw>, tokens: Tokens) -> Result<Proposal, Fault> {
    let mut calls = Vec::new();
    for Raw { name, arguments } in raw {
        let text = if arguments.trim().is_empty() { "{}" } else { &arguments };
        let read = serde_json::from_str(text);
        let arguments = read.map_err(|_| Fault::Arguments { tool: name.clone() })?;
        calls.extend(Call::read(&name, &arguments));
    }
    Ok(Proposal { calls, tokens, used: Vec::new() })
}
