//! What the words mean: yes or no, times, phone numbers, addresses, names, in Russian and English.
//!
//! Rules over tokens, no language model; what is not understood is left out, never guessed.
//!
//! **Never here:** what to do about it (policy), the pack's symptoms (pack), the clock.

mod address;
mod answer;
mod city;
mod correction;
mod entity;
mod given;
mod likeness;
mod listening;
mod name;
mod number;
mod phone;
mod street;
mod time;
mod token;
#[cfg(test)]
mod wordings;
mod yes_no;

use std::sync::OnceLock;

use jiff::Zoned;
use jiff::civil::Date;
use job_core::slot::Wish;
use job_core::trade::{Address, Language};

use crate::state::Awaiting;
use token::Tokens;

pub use answer::LAST_CHOICE;
pub use entity::{Asked, Entity, Grain, Hours, Place as Spot, Value, entities};
pub use listening::wants_floor;
pub(crate) use listening::{is_unfinished, names_flat, only_listens};
pub use phone::tells_card;
pub(crate) use phone::{is_dictated, mended};

/// Nobody says more in one breath; what is beyond is not read.
const UTTERANCE_MAX: usize = 4000;

/// What surrounds the words.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    pub language: Language,
    /// In the organisation's zone.
    pub now: Zoned,
    /// What was asked last: a bare "двенадцать" is a flat, an hour or a digit accordingly.
    pub awaiting: Awaiting,
    /// The day being talked about: a bare "в пять" is five o'clock on it.
    pub day: Option<Date>,
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
    /// The names as they are compared, made once.
    #[serde(skip)]
    pub(super) folded: OnceLock<Vec<likeness::Name>>,
}

impl Place {
    pub fn new(name: String, also: Vec<String>) -> Self {
        Self { name, also, folded: OnceLock::new() }
    }
}

/// Everything found in one utterance; each fact with the stretch of text it came from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    pub yes_no: Option<bool>,
    pub time: Option<Found<TimeWish>>,
    pub phone: Option<Found<String>>,
    pub address: Option<Found<Address>>,
    pub name: Option<Found<String>>,
    /// The parts of `name`, as far as they can be told apart.
    pub person: Option<Person>,
    /// "нет, …", "не десять, а двенадцать", "вернее": what follows replaces what stood.
    pub correction: bool,
    /// "повторите", "что?", "не расслышал".
    pub repeat: bool,
    /// "подождите", "секунду".
    pub wait: bool,
    /// Digits of a phone number that is not complete, when a number was asked for.
    pub phone_part: Option<String>,
    /// One number nothing else explains: house, flat or hour is for policy to say.
    pub bare_number: Option<Found<u32>>,
    /// Which of the offered choices, from 1; [`LAST_CHOICE`] is the last.
    pub choice: Option<u8>,
    /// "другое время", "не подходит": none of what was offered.
    pub other: bool,
    /// "пораньше" is true, "попозже" false.
    pub sooner: Option<bool>,
    /// One of the order's fields called by its name.
    pub field: Option<Field>,
    pub farewell: bool,
    pub thanks: bool,
}

/// A field of the order that callers call by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Address,
    Time,
    Name,
    Phone,
}

/// A given name, in whichever case; what is written small is none.
pub(crate) fn is_given_name(word: &str) -> bool {
    let names = given::RUSSIAN.split_whitespace().chain(given::ENGLISH.split_whitespace());
    let stem = |name: &str| name.trim_end_matches(['а', 'я', 'й', 'ь']).to_owned();
    let endings = 3;
    let fits = |name: &str| {
        let stem = stem(name);
        let left = word.strip_prefix(&stem).map(|rest| rest.chars().count());
        word == name || stem.chars().count() > endings && left.is_some_and(|left| left <= endings)
    };
    word.chars().next().is_some_and(char::is_uppercase) && names.into_iter().any(fits)
}

/// One word that is a number, or a part of one.
pub(crate) fn is_number(word: &str) -> bool {
    number::atom(&token::fold(word)).is_some()
}

/// Everything these words say, by rules alone. What is not understood is left out.
pub fn understand(text: &str, context: &Context<'_>) -> Facts {
    let mut tokens = Tokens::of(within(text));
    let wait = answer::wait(&tokens);
    answer::take_waits(&mut tokens);
    let phone = phone::phone(&mut tokens, context.awaiting);
    let time = time::time(&mut tokens, context);
    let address = address::address(&mut tokens, context);
    let timed = matches!(context.awaiting, Awaiting::Time | Awaiting::SlotChoice) && time.is_some();
    let (name, person) = name::name(&mut tokens, context).unzip();
    let other = answer::other(&tokens);
    let mut facts = Facts {
        yes_no: yes_no::yes_no(&tokens, time.is_some() || other),
        time,
        phone: phone.whole,
        address: address.address,
        name,
        person,
        correction: false,
        repeat: answer::repeat(&tokens),
        wait: wait && !(timed && context.awaiting == Awaiting::Time),
        phone_part: phone.part,
        bare_number: address
            .bare_number
            .filter(|_| !timed && context.awaiting != Awaiting::Problem),
        choice: answer::choice(&tokens, context.awaiting),
        other,
        sooner: answer::sooner(&tokens),
        field: answer::field(&tokens),
        farewell: answer::farewell(&tokens),
        thanks: answer::thanks(&tokens),
    };
    let marked = correction::correction(&tokens).is_some();
    facts.correction = marked && (facts.any_value() || correction::admits(&tokens));
    facts
}

impl Facts {
    /// Something was said that can stand in a slot.
    pub fn any_value(&self) -> bool {
        self.time.is_some()
            || self.phone.is_some()
            || self.address.is_some()
            || self.name.is_some()
            || self.phone_part.is_some()
            || self.bare_number.is_some()
            || self.choice.is_some()
    }
}

fn within(text: &str) -> &str {
    let end = (0..=UTTERANCE_MAX.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

/// A name in its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    pub given: Option<String>,
    /// Patronymic or middle name.
    pub middle: Option<String>,
    pub family: Option<String>,
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
    /// Some day was named; otherwise the day is a guess.
    pub dated: bool,
    pub grain: Grain,
}
