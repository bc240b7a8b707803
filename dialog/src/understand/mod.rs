//! What the words mean: yes or no, times, phone numbers, addresses, names, in Russian and English.
//!
//! Rules over tokens, no language model; what is not understood is left out, never guessed.
//!
//! **Never here:** what to do about it (policy), the pack's symptoms (pack), the clock.

use jiff::Zoned;
use job_core::slot::Wish;
use job_core::trade::{Address, Language};

use crate::state::Awaiting;

/// What surrounds the words.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    pub language: Language,
    /// In the organisation's zone.
    pub now: Zoned,
    /// What was asked last: a bare "двенадцать" is a flat, an hour or a digit accordingly.
    pub awaiting: Awaiting,
    /// The organisation's own city and the streets known there.
    pub places: &'a Places,
}

/// Cities and streets known to the pack; fuzzy matching corrects towards them, never forces.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Places {
    pub home_city: String,
    pub cities: Vec<Place>,
    pub streets: Vec<Place>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    pub name: String,
    /// Other spellings, spoken forms, the other language's name.
    #[serde(default)]
    pub also: Vec<String>,
}

/// Everything found in one utterance; each fact with the stretch of text it came from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    pub yes_no: Option<bool>,
    pub time: Option<Found<TimeWish>>,
    pub phone: Option<Found<String>>,
    pub address: Option<Found<Address>>,
    pub name: Option<Found<String>>,
    /// "нет, …", "не десять, а двенадцать", "вернее": what follows replaces what stood.
    pub correction: bool,
    /// "повторите", "что?", "не расслышал".
    pub repeat: bool,
    /// "подождите", "секунду".
    pub wait: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Found<T> {
    pub value: T,
    /// Bytes of the utterance.
    pub span: (usize, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeWish {
    pub wish: Wish,
    /// "срочно", "как можно скорее".
    pub urgent: bool,
    /// The caller named today.
    pub today: bool,
}
