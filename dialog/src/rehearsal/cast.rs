//! The cast of a line of business: what callers want, how they are, and the words they use.
//!
//! Every wording belongs to one split: what may be read while understanding is mended, and what
//! only measures it.
//!
//! **Never here:** what the conversation should answer.

use job_core::conversation::Kind;
use job_core::trade::{Category, Language};
use serde::{Deserialize, Serialize};

use super::Chance;

#[derive(Debug, thiserror::Error)]
pub enum CastError {
    #[error("the cast of {pack}/{language:?}: {source}")]
    Toml { pack: String, language: Language, source: Box<toml::de::Error> },
    #[error("nobody is cast for {pack}")]
    Unknown { pack: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    Tune,
    Test,
}

/// What must come of it, in the job core's books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Booked,
    Cancelled,
    Moved,
    /// Told the state of an order, which stays as it was.
    Told,
    Complained,
    /// A person was promised to phone back.
    CalledBack,
    WrongNumber,
    Joined,
    /// No job may come of it.
    NoJob,
    Any,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expects {
    pub outcome: Outcome,
    #[serde(default)]
    pub category: Option<Category>,
    /// Name of the safety rule whose instruction must be the first words of the reply.
    #[serde(default)]
    pub safety: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub say: String,
    pub street: String,
    pub house: String,
    pub flat: String,
}

/// One caller on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    pub name: String,
    pub language: Language,
    pub goal: String,
    pub persona: String,
    pub split: Split,
    pub kind: Kind,
    /// Has an order already.
    pub known: bool,
    pub says: Says,
    pub expects: Expects,
    /// As it must stand in the order; `None` where the caller says another one.
    pub address: Option<Address>,
    /// The day that the wish is for, "2026-11-23".
    pub date: Option<String>,
    pub called: Option<String>,
}

/// Words by what was asked; of several the first is said first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Says {
    pub first: Option<String>,
    pub problem: Vec<String>,
    pub clarification: Vec<String>,
    pub address: Vec<String>,
    pub time: Vec<String>,
    pub yes: Vec<String>,
    pub no: Vec<String>,
    pub name: Vec<String>,
    /// Said once instead of an answer, at the question of that number.
    pub interjects: Option<(usize, String)>,
    pub refuses_first: bool,
    /// At the read-back the flat is put right to this.
    pub amends_flat: Option<(String, String)>,
    pub problem_told: Vec<String>,
    pub joining: Option<Joining>,
    /// Something said before and after every answer.
    pub before: String,
    pub after: String,
    pub stutters: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joining {
    pub full_name: Vec<String>,
    pub phone: Vec<String>,
    pub city: Vec<String>,
    pub specializations: Vec<String>,
    pub experience: Vec<String>,
    pub certificates: Vec<String>,
    pub schedule: Vec<String>,
    pub email: Vec<String>,
    pub terminal: Vec<String>,
}

/// The file `prompts/<pack>/callers/<language>.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    pub language: Language,
    goal: Vec<Goal>,
    address: Vec<Placed>,
    time: Vec<Timed>,
    name: Vec<Called>,
    yes: Halves,
    no: Halves,
    later: Halves,
    unsure: Halves,
    joining: Joining,
    persona: Vec<Persona>,
    pub hears: Hears,
}

/// By which words of the agent a caller knows the question: beginnings of words.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hears {
    pub problem: Vec<String>,
    pub address: Vec<String>,
    pub house: Vec<String>,
    pub flat: Vec<String>,
    pub time: Vec<String>,
    pub slot: Vec<String>,
    pub name: Vec<String>,
    pub phone: Vec<String>,
    pub read_back: Vec<String>,
    pub parting: Vec<String>,
    pub house_word: String,
    pub flat_word: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Halves {
    tune: Vec<String>,
    test: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Goal {
    name: String,
    expects: Expects,
    tune: Vec<String>,
    test: Vec<String>,
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    known: bool,
    #[serde(default)]
    first: Vec<String>,
    #[serde(default)]
    clarification: Vec<String>,
    #[serde(default)]
    problem_told: Vec<String>,
    #[serde(default)]
    address_said: Vec<String>,
    #[serde(default)]
    time_said: Vec<String>,
    /// A first sentence with `{problem}`, `{address}` and `{time}`.
    #[serde(default)]
    opening: Option<String>,
    #[serde(default)]
    amends_flat: bool,
    #[serde(default)]
    refuses_first: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Placed {
    split: Split,
    say: String,
    street: String,
    house: String,
    flat: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Timed {
    split: Split,
    say: String,
    day: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Called {
    split: Split,
    say: String,
    name: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Persona {
    name: String,
    #[serde(default)]
    opening: Halves,
    #[serde(default)]
    before: Halves,
    #[serde(default)]
    after: Halves,
    #[serde(default)]
    interject: Halves,
    #[serde(default)]
    terse: bool,
    #[serde(default)]
    stutters: bool,
}

impl Halves {
    fn of(&self, split: Split) -> &[String] {
        match split {
            Split::Tune => &self.tune,
            Split::Test => &self.test,
        }
    }
}

impl Cast {
    /// The cast shipped inside the binary.
    pub fn built_in(pack: &str, language: Language) -> Result<Self, CastError> {
        let text = match (pack, language) {
            ("home-repair", Language::Ru) => {
                include_str!("../../../prompts/home-repair/callers/ru.toml")
            }
            ("home-repair", Language::En) => {
                include_str!("../../../prompts/home-repair/callers/en.toml")
            }
            (_, _) => return Err(CastError::Unknown { pack: pack.to_owned() }),
        };
        Self::parse(pack, language, text)
    }

    pub fn parse(pack: &str, language: Language, text: &str) -> Result<Self, CastError> {
        toml::from_str(text).map_err(|source| CastError::Toml {
            pack: pack.to_owned(),
            language,
            source: Box::new(source),
        })
    }

    /// `count` callers, goals and manners mixed evenly; the same seed gives the same words.
    pub fn scenarios(&self, split: Split, count: usize, seed: u64) -> Vec<Scenario> {
        let (goals, manners) = (self.goal.len(), self.persona.len());
        (0..count)
            .map(|nth| {
                let goal = &self.goal[nth % goals];
                // Each round of goals meets other manners.
                let persona = &self.persona[(nth + nth / goals) % manners];
                let mut chance =
                    Chance::new(seed ^ (nth as u64).wrapping_mul(0x5851_f42d_4c95_7f2d));
                self.scenario(goal, persona, split, nth, &mut chance)
            })
            .collect()
    }

    fn scenario(
        &self,
        goal: &Goal,
        persona: &Persona,
        split: Split,
        nth: usize,
        chance: &mut Chance,
    ) -> Scenario {
        let placed = pick(&self.address, |it| it.split == split, chance);
        let timed = pick(&self.time, |it| it.split == split, chance);
        let called = pick(&self.name, |it| it.split == split, chance);
        let address = Address {
            say: placed.say.clone(),
            street: placed.street.clone(),
            house: placed.house.clone(),
            flat: placed.flat.clone(),
        };
        let elsewhere = !goal.address_said.is_empty();
        let says = self.says(goal, persona, split, &address, &timed.say, &called.say, chance);
        Scenario {
            name: format!("{}-{}-{nth}", goal.name, persona.name),
            language: self.language,
            goal: goal.name.clone(),
            persona: persona.name.clone(),
            split,
            kind: goal.kind.unwrap_or(Kind::ClientRequest),
            known: goal.known,
            address: (!elsewhere).then(|| amended(&address, says.amends_flat.as_ref())),
            date: (goal.time_said.is_empty() && !goal.refuses_first && !elsewhere)
                .then(|| super::stage::date(timed.day)),
            called: Some(called.name.clone()),
            expects: goal.expects.clone(),
            says,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one caller, each picked by chance")]
    fn says(
        &self,
        goal: &Goal,
        persona: &Persona,
        split: Split,
        address: &Address,
        time: &str,
        name: &str,
        chance: &mut Chance,
    ) -> Says {
        let wordings = match split {
            Split::Tune => &goal.tune,
            Split::Test => &goal.test,
        };
        let mut problem = shuffled(wordings, chance);
        if let Some(opening) = &goal.opening {
            let problem = &mut problem[0];
            *problem = opening
                .replace("{problem}", problem)
                .replace("{address}", &address.say)
                .replace("{time}", time);
        }
        if let Some(led) = chance.pick(persona.opening.of(split)) {
            problem[0] = format!("{led} {}", problem[0]);
        }
        let mut times = vec![time.to_owned()];
        if let Some(said) = chance.pick(&goal.time_said) {
            times = vec![said.clone()];
        }
        if goal.refuses_first {
            times.extend(shuffled(self.later.of(split), chance));
        }
        let clarification = match chance.pick(&goal.clarification) {
            Some(said) => vec![said.clone(), self.unsure.of(split)[0].clone()],
            None => shuffled(self.unsure.of(split), chance),
        };
        let interjects = chance
            .pick(persona.interject.of(split))
            .cloned()
            .map(|said| (2 + chance.roll(3), said));
        let spoken = |all: &[String], chance: &mut Chance| {
            chance.pick(all).filter(|_| !persona.terse).cloned().unwrap_or_default()
        };
        Says {
            first: chance.pick(&goal.first).cloned(),
            problem,
            clarification,
            address: match chance.pick(&goal.address_said) {
                Some(said) => vec![said.clone()],
                None => vec![address.say.clone()],
            },
            time: times,
            yes: shuffled(self.yes.of(split), chance),
            no: shuffled(self.no.of(split), chance),
            name: vec![name.to_owned()],
            interjects,
            refuses_first: goal.refuses_first,
            amends_flat: goal.amends_flat.then(|| other_flat(self.language, chance)),
            problem_told: goal.problem_told.clone(),
            joining: (goal.kind == Some(Kind::MasterOnboarding)).then(|| self.joining.clone()),
            before: spoken(persona.before.of(split), chance),
            after: spoken(persona.after.of(split), chance),
            stutters: persona.stutters,
        }
    }

    /// How callers say what is broken, with its split.
    pub fn problems(&self) -> Vec<(Split, &str)> {
        self.goal.iter().flat_map(|goal| halves(&goal.tune, &goal.test)).collect()
    }

    /// Every wording with its split, for the proof that none stands in both.
    pub fn wordings(&self) -> Vec<(Split, &str)> {
        let goals = self.goal.iter().flat_map(|goal| halves(&goal.tune, &goal.test));
        let told = [&self.yes, &self.no, &self.later, &self.unsure];
        let answers = told.into_iter().flat_map(|it| halves(&it.tune, &it.test));
        let manners = self.persona.iter().flat_map(|it| {
            let parts = [&it.opening, &it.before, &it.after, &it.interject];
            parts.into_iter().flat_map(|it| halves(&it.tune, &it.test))
        });
        let places = self.address.iter().map(|it| (it.split, it.say.as_str()));
        let times = self.time.iter().map(|it| (it.split, it.say.as_str()));
        let names = self.name.iter().map(|it| (it.split, it.say.as_str()));
        goals.chain(answers).chain(manners).chain(places).chain(times).chain(names).collect()
    }
}

fn halves<'a>(tune: &'a [String], test: &'a [String]) -> impl Iterator<Item = (Split, &'a str)> {
    let tune = tune.iter().map(|said| (Split::Tune, said.as_str()));
    tune.chain(test.iter().map(|said| (Split::Test, said.as_str())))
}

fn pick<'a, T>(all: &'a [T], fits: impl Fn(&T) -> bool, chance: &mut Chance) -> &'a T {
    let fitting: Vec<&T> = all.iter().filter(|one| fits(one)).collect();
    fitting[chance.roll(fitting.len())]
}

fn shuffled(all: &[String], chance: &mut Chance) -> Vec<String> {
    let first = chance.roll(all.len());
    (0..all.len()).map(|nth| all[(first + nth) % all.len()].clone()).collect()
}

/// What is said at the read-back, and the flat it comes to.
fn other_flat(language: Language, chance: &mut Chance) -> (String, String) {
    let flats = match language {
        Language::Ru => [("семьдесят два", "72"), ("четырнадцать", "14"), ("сто шесть", "106")],
        Language::En => [("seventy two", "72"), ("fourteen", "14"), ("one hundred and six", "106")],
    };
    let (words, flat) = flats[chance.roll(flats.len())];
    let said = match language {
        Language::Ru => format!("нет квартира {words}"),
        Language::En => format!("no the flat is {words}"),
    };
    (said, flat.to_owned())
}

fn amended(address: &Address, flat: Option<&(String, String)>) -> Address {
    let flat = flat.map_or_else(|| address.flat.clone(), |(_, flat)| flat.clone());
    Address { flat, ..address.clone() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_wording_stands_in_both_splits() {
        for language in [Language::Ru, Language::En] {
            let cast = Cast::built_in("home-repair", language).expect("the cast");
            let of = |wanted: Split| -> BTreeSet<String> {
                let all = cast.wordings().into_iter();
                all.filter(|(split, _)| *split == wanted)
                    .map(|(_, said)| said.to_lowercase())
                    .collect()
            };

            let both: Vec<String> =
                of(Split::Tune).intersection(&of(Split::Test)).cloned().collect();

            assert!(both.is_empty(), "{language:?}: {both:?}");
        }
    }

    #[test]
    fn the_same_seed_casts_the_same_callers() {
        let cast = Cast::built_in("home-repair", Language::Ru).expect("the cast");

        let (one, other) =
            (cast.scenarios(Split::Test, 200, 1), cast.scenarios(Split::Test, 200, 1));

        assert_eq!(one, other);
        assert_ne!(one, cast.scenarios(Split::Test, 200, 2));
        let pairs: BTreeSet<_> = one.iter().map(|it| (&it.goal, &it.persona)).collect();
        assert!(pairs.len() > 150, "{} different callers", pairs.len());
    }
}
