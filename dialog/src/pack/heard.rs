//! Sentences for the recognisers' language models: what callers say to the agent, and what the agent
//! says to callers, numbers in words.
//!
//! **Never here:** understanding them.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use job_core::trade::{Address, Language};

use super::{Pack, Phrase, Spelling, Topic};
use crate::phrase::{self, Case, Gender};

/// Telephone numbers invented for the model.
const PHONES: usize = 240;
/// Wordings of a problem each get this many of the sentences around it.
const FRAMES_PER_PROBLEM: usize = 3;
/// Sentences made of each time template.
const TIMES_PER_TEMPLATE: usize = 40;
const NAMES_PER_TEMPLATE: usize = 60;
const ADDRESSES_PER_STREET: usize = 4;
/// Each line with values is spoken this many times with different ones.
const SAMPLES: u64 = 6;

impl Pack {
    pub(super) fn heard(&self) -> Vec<Phrase> {
        let mut choir = Choir::new(self);
        choir.problems();
        choir.sentences();
        choir.answers();
        choir.digits();
        choir.times();
        choir.addresses();
        choir.names();
        choir.phrases
    }

    pub(super) fn fixed(&self) -> Vec<String> {
        let wordings = self.lines.values().flatten().map(|wording| wording.speech());
        let fixed = wordings.filter(|speech| phrase::placeholders(speech).is_empty());
        let mut sentences: Vec<String> = fixed.map(str::to_owned).collect();
        sentences.sort();
        sentences.dedup();
        sentences
    }

    pub(super) fn spoken(&self) -> Vec<String> {
        let mut sentences: Vec<String> = Vec::new();
        for wording in self.lines.values().flatten() {
            let speech = wording.speech();
            let rounds = if phrase::placeholders(speech).is_empty() { 1 } else { SAMPLES };
            for n in 0..rounds {
                let samples = samples(n, self.language, self);
                sentences.push(phrase::filled(speech, speech, &samples).speech);
            }
        }
        sentences.extend(self.dangers_told.iter().map(|told| told.speech.clone()));
        let asks = self.diagnoses.iter().flat_map(|d| &d.ask);
        sentences.extend(asks.map(|ask| ask.speech.clone().unwrap_or_else(|| ask.text.clone())));
        let mut seen = HashSet::new();
        sentences.retain(|sentence| seen.insert(sentence.clone()));
        sentences
    }
}

/// Gathers phrases once each.
struct Choir<'a> {
    pack: &'a Pack,
    dice: Dice,
    seen: HashSet<String>,
    phrases: Vec<Phrase>,
}

/// A small repeatable sequence: the same pack always gives the same phrases.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    fn pick<'a>(&mut self, from: &'a [String]) -> &'a str {
        match from.len() {
            0 => "",
            n => &from[self.below(n)],
        }
    }
}

impl<'a> Choir<'a> {
    fn new(pack: &'a Pack) -> Self {
        Self { pack, dice: Dice(7), seen: HashSet::new(), phrases: Vec::new() }
    }

    fn add(&mut self, text: &str, about: Topic, weight: u32) {
        let text = words_only(text);
        let written = text.chars().any(|c| c.is_ascii_digit());
        if !text.is_empty() && !written && self.seen.insert(text.clone()) {
            self.phrases.push(Phrase { text, about, weight });
        }
    }

    fn problems(&mut self) {
        let pack = self.pack;
        let frames: Vec<&String> =
            pack.callers.anything.iter().filter(|text| text.contains("{problem}")).collect();
        for said in pack.diagnoses.iter().flat_map(|diagnosis| &diagnosis.said) {
            self.add(said, Topic::Anything, 4);
            for _ in 0..FRAMES_PER_PROBLEM.min(frames.len()) {
                let frame = frames[self.dice.below(frames.len())];
                self.add(&frame.replace("{problem}", said), Topic::Anything, 1);
            }
        }
    }

    fn sentences(&mut self) {
        let pack = self.pack;
        for text in pack.callers.anything.iter().filter(|text| !text.contains('{')) {
            self.add(text, Topic::Anything, 6);
        }
        for said in &pack.intent_said {
            self.add(said, Topic::Anything, 6);
        }
        for text in &pack.callers.yes_no {
            self.add(text, Topic::YesNo, 20);
        }
    }

    fn answers(&mut self) {
        let asks = self.pack.diagnoses.iter().flat_map(|diagnosis| &diagnosis.ask);
        for said in asks.flat_map(|ask| &ask.answers).flat_map(|answer| &answer.said) {
            self.add(said, Topic::Anything, 4);
        }
    }

    fn digits(&mut self) {
        let lang = self.pack.language;
        for n in 0..1000 {
            let words = phrase::number(n, Gender::Masculine, Case::Nominative, lang);
            self.add(&words, Topic::Digits, if n < 100 { 4 } else { 1 });
        }
        let pack = self.pack;
        for n in 0..PHONES {
            let number = self.phone(n);
            let template = match pack.callers.digits.len() {
                0 => "{phone}",
                templates => &pack.callers.digits[n % templates],
            };
            self.add(&template.replace("{phone}", &number), Topic::Digits, 2);
        }
    }

    /// Groups of three, or digit by digit.
    fn phone(&mut self, n: usize) -> String {
        let lang = self.pack.language;
        let local: String = (0..8).map(|_| char::from(b'0' + self.dice.below(10) as u8)).collect();
        let e164 = format!("+79{}{local}", self.dice.below(10));
        let grouped = phrase::phone(&e164, lang).speech;
        match (lang, n % 3) {
            (Language::Ru, 0) => grouped.replacen("плюс семь", "восемь", 1),
            (Language::Ru, 1) => digit_by_digit(&e164, lang),
            (Language::Ru | Language::En, _) => grouped,
        }
    }

    fn times(&mut self) {
        for template in &self.pack.callers.time {
            let rounds = if template.contains('{') { TIMES_PER_TEMPLATE } else { 1 };
            for _ in 0..rounds {
                let text = self.timed(template);
                self.add(&text, Topic::Time, if rounds == 1 { 8 } else { 2 });
            }
        }
    }

    fn timed(&mut self, template: &str) -> String {
        let callers = &self.pack.callers;
        let date = self.date();
        template
            .replace("{weekday}", self.dice.pick(&callers.weekdays))
            .replace("{hour}", self.dice.pick(&callers.hours))
            .replace("{date}", &date)
    }

    fn date(&mut self) -> String {
        let day = 1 + self.dice.below(31) as u64;
        let month = self.dice.pick(&self.pack.callers.months);
        phrase::date_words(day, month, self.pack.language)
    }

    fn addresses(&mut self) {
        let pack = self.pack;
        for street in &pack.places.streets {
            let names: Vec<String> = std::iter::once(&street.name)
                .chain(street.also.iter().filter(|name| speakable(name, pack.language)))
                .cloned()
                .collect();
            for _ in 0..ADDRESSES_PER_STREET {
                let name = self.dice.pick(&names).to_string();
                let text = self.addressed(&phrase::street_words(&name, pack.language));
                self.add(&text, Topic::Address, 2);
            }
            self.add(&phrase::street_words(&street.name, pack.language), Topic::Address, 2);
        }
        for city in &pack.places.cities {
            self.add(&city.name, Topic::Address, 3);
        }
    }

    fn addressed(&mut self, street: &str) -> String {
        let lang = self.pack.language;
        let house = 1 + self.dice.below(150) as u64;
        let flat = 1 + self.dice.below(200) as u64;
        let words = |n| phrase::number(n, Gender::Masculine, Case::Nominative, lang);
        let cities: Vec<String> =
            self.pack.places.cities.iter().map(|city| city.name.clone()).collect();
        self.dice
            .pick(&self.pack.callers.address)
            .replace("{street}", street)
            .replace("{house}", &words(house))
            .replace("{flat}", &words(flat))
            .replace("{city}", self.dice.pick(&cities))
    }

    fn names(&mut self) {
        let callers = &self.pack.callers;
        for name in &callers.names {
            self.add(name, Topic::Name, 4);
        }
        for template in &callers.name {
            for _ in 0..NAMES_PER_TEMPLATE {
                let name = self.dice.pick(&callers.names);
                self.add(&template.replace("{name}", name), Topic::Name, 1);
            }
        }
    }
}

/// The other language's spelling of a street is there for reading, not for this voice.
fn speakable(name: &str, lang: Language) -> bool {
    match lang {
        Language::Ru => true,
        Language::En => name.is_ascii(),
    }
}

fn digit_by_digit(e164: &str, lang: Language) -> String {
    let digits = e164.bytes().filter(u8::is_ascii_digit).map(|b| u64::from(b - b'0'));
    let words: Vec<String> = digits
        .map(|digit| phrase::number(digit, Gender::Masculine, Case::Nominative, lang))
        .collect();
    words.join(" ")
}

/// Lower case, letters and spaces only, as a recogniser hears it.
fn words_only(text: &str) -> String {
    let spaced: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '\'' { c } else { ' ' })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The `n`th set of values for every slot any line may have.
fn samples(n: u64, lang: Language, pack: &Pack) -> Vec<(&'static str, Spelling)> {
    let low = 1400 + i64::from(n as u32) * 700;
    let price = phrase::money_range(low, low + 300, lang);
    let mut values = vec![
        ("price", price),
        ("base", phrase::money(1200 + i64::from(n as u32) * 300, lang)),
        ("parts", phrase::money(350 * i64::from(n as u32 + 1), lang)),
        ("modifiers", phrase::factor(110 + i64::from(n as u32) * 10, lang)),
        ("duration", phrase::duration(30 + 30 * i64::from(n as u32), lang)),
        ("when", sample_moment(n, lang)),
        ("when1", sample_moment(n + 1, lang)),
        ("when2", sample_moment(n + 2, lang)),
        ("phone", phrase::phone(&format!("+7911{}", 1_234_567 + n * 1_070_503), lang)),
        ("number", phrase::code(&(1042 + n * 11).to_string(), lang)),
        ("code", phrase::code(&(4107 + n * 731).to_string(), lang)),
        ("address", sample_address(n, pack)),
    ];
    values.extend(sample_words(n, pack));
    values
}

fn sample_words(n: u64, pack: &Pack) -> Vec<(&'static str, Spelling)> {
    let pick = |from: &[String]| match from.len() {
        0 => Spelling::default(),
        len => phrase::plain(&from[n as usize * 7 % len]),
    };
    let brief = |offset: usize| match pack.diagnoses.len() {
        0 => Spelling::default(),
        len => phrase::plain(&pack.diagnoses[(n as usize * 11 + offset) % len].brief),
    };
    let place = |places: &[crate::understand::Place]| match places.len() {
        0 => Spelling::default(),
        len => phrase::plain(&places[n as usize * 13 % len].name),
    };
    let mut street = place(&pack.places.streets);
    street.speech = phrase::street_words(&street.speech, pack.language);
    let name = pick(&pack.callers.names);
    vec![
        ("name", name.clone()),
        ("master", name),
        ("problem", brief(0)),
        ("diagnosis", brief(0)),
        ("first", brief(1)),
        ("second", brief(2)),
        ("orders", brief(3)),
        ("street", street),
        ("city", place(&pack.places.cities)),
        ("trade", pack.line("trade_plumbing", 0, &[])),
        ("status", pack.line("step_on_the_way", 0, &[])),
        ("link", Spelling::default()),
    ]
}

/// Days and hours of a working week, seen from a Sunday noon.
fn sample_moment(n: u64, lang: Language) -> Spelling {
    const SUNDAY_NOON: i64 = 2_016_100_800;
    let noon = Timestamp::from_second(SUNDAY_NOON).unwrap_or(Timestamp::UNIX_EPOCH);
    let hours = i64::from(n as u32) * 23 + 2;
    let start = Timestamp::from_second(SUNDAY_NOON + hours * 3600).unwrap_or(noon);
    phrase::moment(start, noon, &TimeZone::UTC, lang)
}

fn sample_address(n: u64, pack: &Pack) -> Spelling {
    let streets = &pack.places.streets;
    let street = match streets.len() {
        0 => None,
        len => Some(streets[n as usize * 17 % len].name.clone()),
    };
    let there = Address {
        street,
        house: Some((4 + n * 19).to_string()),
        flat: Some((3 + n * 14).to_string()),
        ..Address::default()
    };
    phrase::address(&there, false, pack.language)
}
