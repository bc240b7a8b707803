//! The caller's mind: hears a reply, sees what is asked, and says what such a person would.
//!
//! **Never here:** how the words reach the conversation.

use job_core::trade::Language;

use crate::phrase::{Case, Gender, number};
use crate::state::{Awaiting, State, Status};

use super::{Chance, Scenario};

/// Nobody answers the same question more often.
const PATIENCE: usize = 5;
/// No such call has more turns.
const TURNS_MAX: usize = 40;

/// What the caller does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Say(String),
    /// With the reason, when the caller has had enough.
    HangUp(&'static str),
    /// All is said.
    Part,
}

/// Plays one scenario.
#[derive(Debug, Clone)]
pub struct Mind<'a> {
    scenario: &'a Scenario,
    chance: Chance,
    asked: Vec<(Awaiting, usize)>,
    turns: usize,
    interjected: bool,
    opened: bool,
    refused: bool,
    amended: bool,
    complained: bool,
    /// The order as it was last read back.
    read_back: String,
}

impl<'a> Mind<'a> {
    pub fn new(scenario: &'a Scenario, seed: u64) -> Self {
        Self {
            scenario,
            chance: Chance::new(seed),
            asked: Vec::new(),
            turns: 0,
            interjected: false,
            opened: false,
            refused: false,
            amended: false,
            complained: false,
            read_back: String::new(),
        }
    }

    pub fn turns(&self) -> usize {
        self.turns
    }

    /// The agent has said `reply`; `state` tells which question a listener would take from it.
    pub fn hear(&mut self, reply: &str, state: &State) -> Act {
        if state.status != Status::Active {
            return Act::Part;
        }
        self.turns += 1;
        if self.turns > TURNS_MAX {
            return Act::HangUp("too many turns");
        }
        if let Some(said) = self.interjection() {
            return Act::Say(said);
        }
        let nth = self.count(state.awaiting);
        if nth >= PATIENCE {
            return Act::HangUp("asked the same again and again");
        }
        let said = self.answer(reply, state, nth);
        Act::Say(self.in_manner(&said))
    }

    fn interjection(&mut self) -> Option<String> {
        let (at, said) = self.scenario.says.interjects.as_ref()?;
        let now = !self.interjected && self.turns == *at;
        self.interjected |= now;
        now.then(|| said.clone())
    }

    fn count(&mut self, awaiting: Awaiting) -> usize {
        match self.asked.iter_mut().find(|(asked, _)| *asked == awaiting) {
            Some((_, times)) => {
                *times += 1;
                *times - 1
            }
            None => {
                self.asked.push((awaiting, 1));
                0
            }
        }
    }

    fn answer(&mut self, reply: &str, state: &State, nth: usize) -> String {
        let says = &self.scenario.says;
        match state.awaiting {
            Awaiting::Problem => self.problem(nth),
            // Whether that order is meant, whether to phone back when somebody works there.
            Awaiting::Clarification if self.scenario.known || self.is_elsewhere(state) => {
                nth_of(&says.yes, nth)
            }
            Awaiting::Clarification => nth_of(&says.clarification, nth),
            Awaiting::Address => self.address(state, nth),
            Awaiting::Time => nth_of(&says.time, nth + usize::from(self.refused)),
            Awaiting::SlotChoice => self.choose(state),
            Awaiting::Name => nth_of(&says.name, nth),
            Awaiting::Confirmation => self.confirm(reply, state),
            Awaiting::Phone if state.slots.phone.is_some() => nth_of(&says.yes, nth),
            Awaiting::Phone if says.joining.is_none() => super::stage::number(self.scenario).into(),
            asked => self.join(asked, nth),
        }
    }

    fn problem(&mut self, nth: usize) -> String {
        let says = &self.scenario.says;
        if !self.opened {
            self.opened = true;
            if let Some(first) = &says.first {
                return first.clone();
            }
            return nth_of(&says.problem, 0);
        }
        if !says.problem_told.is_empty() {
            self.complained = true;
            return nth_of(&says.problem_told, nth);
        }
        nth_of(&says.problem, nth.saturating_sub(usize::from(says.first.is_some())))
    }

    /// The part that is still missing, where only a part is.
    fn address(&self, state: &State, nth: usize) -> String {
        let says = &self.scenario.says;
        let (known, Some(address)) = (&state.slots.address, &self.scenario.address) else {
            return nth_of(&says.address, nth);
        };
        let flat = says.amends_flat.as_ref().map_or(address.flat.as_str(), |_| "");
        match (&known.street, &known.house, &known.flat) {
            (Some(_), Some(_), Some(_)) => nth_of(&says.yes, nth),
            (Some(_), Some(_), None) if !flat.is_empty() => self.part("квартира", "flat", flat),
            (Some(_), None, _) => self.part("дом", "house", &address.house),
            (_, _, _) => nth_of(&says.address, nth),
        }
    }

    fn part(&self, russian: &str, english: &str, value: &str) -> String {
        let language = self.scenario.language;
        let words =
            value.parse().map(|it| number(it, Gender::Masculine, Case::Nominative, language));
        let words = words.unwrap_or_else(|_| value.to_owned());
        match language {
            Language::Ru => format!("{russian} {words}"),
            Language::En => format!("{english} {words}"),
        }
    }

    fn choose(&mut self, state: &State) -> String {
        let says = &self.scenario.says;
        if self.is_another_day(state) {
            return format!("{} {}", self.no(), nth_of(&says.time, 0));
        }
        if says.refuses_first && !self.refused {
            self.refused = true;
            return nth_of(&says.no, 0);
        }
        let nth = self.chance.roll(says.yes.len());
        nth_of(&says.yes, nth)
    }

    /// The wish was taken for one of another day: anybody would object.
    fn is_another_day(&self, state: &State) -> bool {
        let wished = state.slots.requested_time.as_ref().and_then(|wish| wish.from.as_deref());
        let date = self.scenario.date.as_deref();
        date.zip(wished).is_some_and(|(date, wished)| !wished.starts_with(date))
    }

    fn is_elsewhere(&self, state: &State) -> bool {
        self.scenario.address.is_none() && state.slots.address.city.is_some()
    }

    fn no(&self) -> &'static str {
        match self.scenario.language {
            Language::Ru => "нет",
            Language::En => "no",
        }
    }

    fn confirm(&mut self, reply: &str, state: &State) -> String {
        let says = &self.scenario.says;
        if let Some((said, _)) = says.amends_flat.as_ref().filter(|_| !self.amended) {
            self.amended = true;
            return said.clone();
        }
        // "Is everything right?" alone is about what was read before.
        if reply.contains(char::is_numeric) {
            self.read_back = reply.to_owned();
        }
        match self.misheard(&self.read_back, state) {
            Some(correction) => correction,
            None => nth_of(&says.yes, self.chance.roll(says.yes.len())),
        }
    }

    /// Whoever listens to an order read back puts right what is wrong in it, one thing at a time.
    fn misheard(&self, reply: &str, state: &State) -> Option<String> {
        if self.scenario.expects.outcome != super::Outcome::Booked
            || !reply.contains(char::is_numeric)
        {
            return None;
        }
        let (no, says) = (self.no(), &self.scenario.says);
        let told = |words: &str| reply.to_lowercase().contains(&words.to_lowercase());
        let number =
            |value: &str| reply.split(|c: char| !c.is_alphanumeric()).any(|word| word == value);
        if let Some(address) = &self.scenario.address {
            if !told(&address.street) {
                return Some(format!("{no} {}", nth_of(&says.address, 0)));
            }
            if !number(&address.house) {
                return Some(format!("{no} {}", self.part("дом", "house", &address.house)));
            }
            if !number(&address.flat) {
                return Some(format!("{no} {}", self.part("квартира", "flat", &address.flat)));
            }
        }
        let called = self.scenario.called.as_deref().filter(|name| !told(name));
        if called.is_some() && state.slots.name.is_some() {
            return Some(format!("{no} {}", nth_of(&says.name, 0)));
        }
        self.is_another_day(state).then(|| format!("{no} {}", nth_of(&says.time, 0)))
    }

    fn join(&self, asked: Awaiting, nth: usize) -> String {
        let says = &self.scenario.says;
        let Some(joining) = &says.joining else {
            return nth_of(&says.yes, nth);
        };
        let words = match asked {
            Awaiting::FullName => &joining.full_name,
            Awaiting::Phone => &joining.phone,
            Awaiting::City => &joining.city,
            Awaiting::Specializations => &joining.specializations,
            Awaiting::Experience => &joining.experience,
            Awaiting::Certificates => &joining.certificates,
            Awaiting::Schedule => &joining.schedule,
            Awaiting::Email => &joining.email,
            Awaiting::Terminal => &joining.terminal,
            Awaiting::Problem | Awaiting::Clarification | Awaiting::Address => &says.yes,
            Awaiting::Time | Awaiting::SlotChoice | Awaiting::Name => &says.yes,
            Awaiting::Confirmation | Awaiting::None => &says.yes,
        };
        let shift = self.scenario.name.len() % words.len().max(1);
        nth_of(words, nth + shift)
    }

    /// With the caller's own manner of speaking, where it is no form that is filled in.
    fn in_manner(&mut self, said: &str) -> String {
        let says = &self.scenario.says;
        if says.joining.is_some() {
            return said.to_owned();
        }
        let led = self.chance.happens(40);
        let before = if led { says.before.as_str() } else { "" };
        let after = if self.chance.happens(40) { says.after.as_str() } else { "" };
        let words = if says.stutters { self.stuttered(said) } else { said.to_owned() };
        [before, &words, after]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// A word now and then is said twice.
    fn stuttered(&mut self, said: &str) -> String {
        let mut words = Vec::new();
        for word in said.split(' ') {
            words.push(word);
            let number = word.chars().count() < 4;
            if !number && self.chance.happens(12) && !is_number(word) {
                words.push(word);
            }
        }
        words.join(" ")
    }
}

/// A number said twice is another number.
fn is_number(word: &str) -> bool {
    crate::understand::is_number(word)
}

/// The `nth` wording; the last again and again.
fn nth_of(words: &[String], nth: usize) -> String {
    words.get(nth).or(words.last()).cloned().unwrap_or_default()
}
