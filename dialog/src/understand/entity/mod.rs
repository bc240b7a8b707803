//! Everything nameable in one utterance, each with its place: what other programs ask of the house.
//!
//! The same readers as the conversation's, and those of kinds no order needs: money, lengths of time.
//! What one entity is made of is not named again: the hour inside a time is no number of its own.
//!
//! **Never here:** what follows from it (policy), the pack's symptoms (pack), the clock.

pub(crate) mod duration;
mod email;
mod money;
mod quantity;
pub(crate) mod schedule;

use jiff::Zoned;
use job_core::trade::Address;
use serde::Serialize;

use super::token::Tokens;
use super::{Context, Person, TimeWish, address, correction, name, number, phone, time, yes_no};
use crate::state::Awaiting;

/// The currency of a sum said without one.
const HOME_CURRENCY: &str = "RUB";

/// One thing named: what it is, the words themselves and where they stand.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entity {
    #[serde(flatten)]
    pub value: Value,
    pub text: String,
    /// Characters of the utterance, the second one past the end.
    pub span: (usize, usize),
}

/// What it comes to. Times are RFC 3339 with the organisation's offset, null where open.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Value {
    Time { from: Option<String>, to: Option<String>, grain: Grain },
    Duration { seconds: i64 },
    Number { value: f64 },
    Ordinal { value: u64 },
    Money { amount: f64, currency: &'static str },
    Phone { e164: String },
    Email { address: String },
    Name { given: Option<String>, middle: Option<String>, family: Option<String> },
    Address(Place),
    Schedule(Hours),
    YesNo { value: bool },
}

/// A place, each part as far as it was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub city: Option<String>,
    pub street: Option<String>,
    pub house: Option<String>,
    pub building: Option<String>,
    pub entrance: Option<String>,
    pub floor: Option<String>,
    pub flat: Option<String>,
}

/// Hours that come back on `days` ("mon" …), or are those of one `date`; null where open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hours {
    pub days: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// How finely a time was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    Minute,
    Hour,
    PartOfDay,
    Day,
    Week,
    Month,
    /// "в любое время", "срочно".
    Any,
}

/// What was asked for, where the words answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A question of the conversation.
    Of(Awaiting),
    Duration,
    Number,
    Money,
}

impl Asked {
    /// `awaiting` names of the API, and the kinds of entities.
    pub fn named(name: &str) -> Option<Self> {
        let awaiting = match name {
            "duration" => return Some(Self::Duration),
            "number" | "ordinal" => return Some(Self::Number),
            "money" | "price" => return Some(Self::Money),
            "yes_no" => Awaiting::Confirmation,
            other => serde_json::from_value(serde_json::Value::String(other.into())).ok()?,
        };
        Some(Self::Of(awaiting))
    }

    /// The question in the conversation's own terms.
    pub fn awaiting(self) -> Awaiting {
        match self {
            Self::Of(awaiting) => awaiting,
            Self::Duration | Self::Number | Self::Money => Awaiting::Clarification,
        }
    }
}

/// All entities of `text`, first to last.
pub fn entities(text: &str, context: &Context<'_>, asked: Option<Asked>) -> Vec<Entity> {
    let text = super::within(text);
    let mut reading =
        Reading { tokens: Tokens::of(text), asked, corrected: None, found: Vec::new() };
    reading.corrected = correction::correction(&reading.tokens);
    reading.read(context);
    reading.finish()
}

/// A value and the tokens it took.
struct Found {
    value: Value,
    from: usize,
    to: usize,
}

struct Reading<'a> {
    tokens: Tokens<'a>,
    asked: Option<Asked>,
    /// Where a correction begins: what stands before it and has a successor falls.
    corrected: Option<usize>,
    found: Vec<Found>,
}

impl Reading<'_> {
    fn read(&mut self, context: &Context<'_>) {
        let untouched = self.tokens.clone();
        self.emails();
        self.schedule(&context.now);
        self.money();
        self.phone(context);
        self.durations(true);
        self.time(context);
        self.address(context);
        self.durations(false);
        self.name(context);
        self.bare_time(context);
        self.numbers();
        self.yes_no(&untouched);
    }

    fn is_asked(&self, awaiting: Awaiting) -> bool {
        self.asked == Some(Asked::Of(awaiting))
    }

    fn add(&mut self, value: Value, from: usize, to: usize) {
        self.tokens.take(from, to);
        self.found.push(Found { value, from, to });
    }

    fn emails(&mut self) {
        for mail in email::emails(&self.tokens) {
            self.add(Value::Email { address: mail.address }, mail.from, mail.to);
        }
    }

    fn schedule(&mut self, now: &Zoned) {
        if !self.is_asked(Awaiting::Schedule) && !schedule::recurs(&self.tokens) {
            return;
        }
        for shift in schedule::schedule(&self.tokens, now.date()) {
            let (from, to) = shift.tokens;
            self.add(Value::Schedule(shown(&shift)), from, to);
        }
    }

    fn money(&mut self) {
        let asked = self.asked == Some(Asked::Money);
        let sums = money::money(&self.tokens, asked, HOME_CURRENCY);
        for sum in self.not_replaced(sums, |sum| (sum.from, sum.to)) {
            let amount = hundredths(sum.hundredths);
            self.add(Value::Money { amount, currency: sum.currency }, sum.from, sum.to);
        }
    }

    fn phone(&mut self, context: &Context<'_>) {
        let mut tokens = self.tokens.clone();
        let Some(whole) = phone::phone(&mut tokens, context.awaiting).whole else {
            return;
        };
        let (from, to) = self.tokens.within(whole.span);
        if (from..to).all(|i| self.tokens.free(i)) {
            self.add(Value::Phone { e164: whole.value }, from, to);
        }
    }

    /// `told`: "два часа" only where its neighbours say that a length is meant; it may be a time.
    fn durations(&mut self, told: bool) {
        let asked = self.asked == Some(Asked::Duration);
        let lengths = duration::durations(&self.tokens, asked || told);
        let lengths = self.not_replaced(lengths, |length| (length.from, length.to));
        for length in lengths {
            let sure = asked || duration::is_told(&self.tokens, length.from);
            let clock = length.hours && !sure && told;
            if clock || led_by_time(&self.tokens, length.from) {
                continue;
            }
            self.add(Value::Duration { seconds: length.seconds }, length.from, length.to);
        }
    }

    fn time(&mut self, context: &Context<'_>) {
        if let Some(found) = time::time(&mut self.tokens, context) {
            let (from, to) = self.tokens.within(found.span);
            self.add(moment(&found.value, &context.now), from, to);
        }
    }

    /// Words that are a time and nothing else need no question: "полтретьего", "завтра в семь".
    fn bare_time(&mut self, context: &Context<'_>) {
        let context = Context { awaiting: Awaiting::Time, ..context.clone() };
        let mut tokens = self.tokens.clone();
        let Some(found) = time::time(&mut tokens, &context).filter(|_| self.found.is_empty())
        else {
            return;
        };
        let (from, to) = self.tokens.within(found.span);
        if fills(&tokens, from, to) {
            self.add(moment(&found.value, &context.now), from, to);
        }
    }

    fn address(&mut self, context: &Context<'_>) {
        let Some(found) = address::address(&mut self.tokens, context).address else {
            return;
        };
        let (from, to) = self.tokens.within(found.span);
        self.add(Value::Address(place(found.value)), from, to);
    }

    fn name(&mut self, context: &Context<'_>) {
        let Some((found, person)) = name::name(&mut self.tokens, context) else {
            return;
        };
        let (from, to) = self.tokens.within(found.span);
        let Person { given, middle, family } = person;
        self.add(Value::Name { given, middle, family }, from, to);
    }

    fn numbers(&mut self) {
        let mut counted = Vec::new();
        let mut i = 0;
        while i < self.tokens.len() {
            let found = self.count(i).filter(|(_, to)| (i..*to).all(|at| self.tokens.free(at)));
            match found {
                Some((value, to)) => {
                    counted.push(Found { value, from: i, to });
                    i = to;
                }
                None => i += 1,
            }
        }
        for found in self.not_replaced(counted, |found| (found.from, found.to)) {
            self.add(found.value, found.from, found.to);
        }
    }

    fn count(&self, i: usize) -> Option<(Value, usize)> {
        let ordinal = number::number(&self.tokens, i).filter(|number| number.ordinal);
        if let Some(ordinal) = ordinal {
            return Some((Value::Ordinal { value: ordinal.value }, i + ordinal.len));
        }
        let pronoun = self.tokens.at(i) == "one"
            && (self.tokens.is(i.wrapping_sub(1), &["the", "that", "this", "which", "no", "any"])
                || self.tokens.is(i + 1, &["of", "more"]));
        let found = quantity::quantity(&self.tokens, i).filter(|_| !pronoun)?;
        Some((Value::Number { value: found.value }, i + found.len))
    }

    fn yes_no(&mut self, untouched: &Tokens<'_>) {
        let timed = self.found.iter().any(|found| matches!(found.value, Value::Time { .. }));
        let Some((value, from, to)) = yes_no::spot(untouched, timed) else {
            return;
        };
        self.found.push(Found { value: Value::YesNo { value }, from, to });
    }

    /// Of several of one kind, those before a correction fall where one follows it.
    fn not_replaced<T>(&self, all: Vec<T>, place: fn(&T) -> (usize, usize)) -> Vec<T> {
        let Some(after) = self.corrected else { return all };
        let successor = all.iter().any(|one| place(one).0 >= after);
        all.into_iter().filter(|one| !successor || place(one).0 >= after).collect()
    }

    /// In the order of the text; numbers that a correction has swallowed are gone.
    fn finish(mut self) -> Vec<Entity> {
        if let Some(after) = self.corrected {
            let replaced = self
                .found
                .iter()
                .any(|found| found.from >= after && !matches!(found.value, Value::YesNo { .. }));
            let number = |value: &Value| {
                matches!(
                    value,
                    Value::Number { .. } | Value::Ordinal { .. } | Value::Duration { .. }
                )
            };
            self.found.retain(|found| !(replaced && number(&found.value) && found.to <= after));
        }
        self.found.sort_by_key(|found| found.from);
        let Self { tokens, found, .. } = self;
        found.into_iter().map(|found| entity(&tokens, found)).collect()
    }
}

fn entity(tokens: &Tokens<'_>, found: Found) -> Entity {
    let (start, end) = tokens.span(found.from, found.to);
    let characters = |bytes: usize| tokens.text[..bytes].chars().count();
    Entity {
        value: found.value,
        text: tokens.text[start..end].to_owned(),
        span: (characters(start), characters(end)),
    }
}

/// "через полчаса", "в течение двух дней": a time counted from now.
fn led_by_time(tokens: &Tokens<'_>, at: usize) -> bool {
    let before = at.wrapping_sub(1);
    tokens.is(before, &["через", "спустя", "течение", "течении", "in", "within", "next"])
        || tokens.is(before, &["часа", "минут", "дня"]) && tokens.before(at, 2) == "через"
}

/// The words are a time and next to nothing else, and no bare number.
fn fills(tokens: &Tokens<'_>, from: usize, to: usize) -> bool {
    const BESIDE: usize = 2;
    const LONGEST: usize = 6;

    let beside = from + tokens.len().saturating_sub(to);
    let number = number::number(tokens, from).is_some_and(|number| from + number.len == to);
    beside <= BESIDE && to - from <= LONGEST && !number && (from..to).all(|at| !tokens.free(at))
}

fn hundredths(value: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "sums stay below 2^50")]
    let value = value as f64;
    value / 100.0
}

fn place(address: Address) -> Place {
    let Address { city, street, house, building, entrance, floor, flat, .. } = address;
    Place { city, street, house, building, entrance, floor, flat }
}

fn shown(shift: &schedule::Shift) -> Hours {
    let clock = |minutes: i32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    Hours {
        days: shift.days.iter().map(|day| schedule::WEEK[*day]).collect(),
        date: shift.date.map(|date| date.to_string()),
        from: shift.from.map(clock),
        to: shift.to.map(clock),
    }
}

fn moment(found: &TimeWish, now: &Zoned) -> Value {
    let shown = |at: jiff::Timestamp| {
        let zoned = at.to_zoned(now.time_zone().clone());
        zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    };
    Value::Time {
        from: found.wish.from.map(shown),
        to: found.wish.to.map(shown),
        grain: found.grain,
    }
}
