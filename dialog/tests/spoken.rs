//! Three hundred sentences per language as they are spoken: prices, times, dates, addresses, numbers and lengths
//! of time. `tests/golden/spoken-*.txt` holds them line by line, for the eye and for the ear, read and found
//! right by people; `GOLDEN=write` writes them anew.

use std::fmt::Write as _;
use std::path::PathBuf;

use dialog::pack::Spelling;
use dialog::phrase;
use jiff::civil::{date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use job_core::trade::{Address, Language};

const EACH: usize = 50;
/// Sums that need every form of the words around them.
const SUMS: [i64; 10] = [1, 2, 5, 11, 21, 100, 1_000, 2_001, 11_011, 42_352];
const HOUSES: [(&str, Option<&str>); 10] = [
    ("1", None),
    ("42", Some("17")),
    ("12а", Some("3")),
    ("5/7", Some("101")),
    ("21", Some("11")),
    ("114", Some("240")),
    ("3", None),
    ("90", Some("1")),
    ("7", Some("40")),
    ("16б", Some("52")),
];
const STREETS_RU: [&str; 5] =
    ["Мира", "Ленинский проспект", "9 Апреля", "улица Горького", "переулок Грига"];
const STREETS_EN: [&str; 5] = ["Mira", "Leninsky Avenue", "9 April", "Gorky Street", "Grig Lane"];
const PHONES: [&str; 10] = [
    "+79111234567",
    "+74012000001",
    "+79000000000",
    "+79211110022",
    "+78001002030",
    "+79520700809",
    "+79633334444",
    "+79819090901",
    "+4915112345678",
    "+375291234567",
];

fn sentences(language: Language) -> Vec<Spelling> {
    let ru = language == Language::Ru;
    let say = |ru_text: &str, en_text: &str, value: Spelling| {
        let template = if ru { ru_text } else { en_text };
        let filled = |value: &str| template.replace("{}", value);
        Spelling { text: filled(&value.text), speech: filled(&value.speech) }
    };
    let zone = TimeZone::get("Europe/Kaliningrad").expect("the zone");
    let now = date(2026, 11, 29).at(9, 0, 0, 0).to_zoned(zone.clone()).expect("now").timestamp();
    let mut all = Vec::new();
    for nth in 0..EACH {
        let sum = SUMS[nth % 10] + 100 * i64::try_from(nth / 10).unwrap_or_default();
        all.push(say("Цена работы: {}.", "The work costs {}.", phrase::money(sum, language)));
    }
    for nth in 0..EACH {
        let step = i64::try_from(nth).unwrap_or_default();
        let (least, most) = (1_000 + 137 * step, 1_201 + 161 * step);
        let range = phrase::money_range(least, most, language);
        all.push(say("Это будет {}.", "That will be {}.", range));
    }
    for nth in 0..EACH {
        let start = start_of(nth, now, &zone);
        let moment = phrase::moment(start, now, &zone, language);
        all.push(say("Мастер приедет {}.", "The master will come {}.", moment));
    }
    for nth in 0..EACH {
        let street = if ru { STREETS_RU[nth % 5] } else { STREETS_EN[nth % 5] };
        let (house, flat) = HOUSES[nth / 5];
        let address = Address {
            street: Some(street.to_owned()),
            house: Some(if ru {
                house.to_owned()
            } else {
                house.replace('а', "a").replace('б', "b")
            }),
            flat: flat.map(str::to_owned),
            ..Address::default()
        };
        let told = phrase::address(&address, false, language);
        all.push(say("Адрес: {}.", "The address: {}.", told));
    }
    for nth in 0..EACH {
        let number = phrase::phone(PHONES[nth % 10], language);
        let (ru_text, en_text) = [
            ("Ваш номер {}?", "Is your number {}?"),
            ("Перезвоним на {}.", "We will phone back at {}."),
            ("Номер мастера: {}.", "The master's number: {}."),
            ("Записала: {}.", "I have noted {}."),
            ("Звоните: {}.", "Call {}."),
        ][nth / 10];
        all.push(say(ru_text, en_text, number));
    }
    for nth in 0..20 {
        let minutes = 15 * (i64::from(nth) + 1);
        let told = phrase::duration(minutes, language);
        all.push(say("Это займёт {}.", "It will take {}.", told));
    }
    for nth in 0..15 {
        let factor = phrase::factor(101 + 7 * nth, language);
        all.push(say("В цене учтено: {}.", "Included in the price: {}.", factor));
    }
    for nth in 0..15 {
        let code = phrase::code(&(1_000 + 613 * nth).to_string(), language);
        all.push(say("Номер заказа {}.", "The order's number is {}.", code));
    }
    all
}

/// Days up to three weeks ahead, at every kind of hour.
fn start_of(nth: usize, now: Timestamp, zone: &TimeZone) -> Timestamp {
    let days = i64::try_from(nth % 21).unwrap_or_default();
    let hour = i8::try_from(7 + nth * 5 % 16).unwrap_or_default();
    let minute = [0, 30, 15, 0, 45][nth % 5];
    let day = now.to_zoned(zone.clone()).date() + days.days();
    let at = day.to_datetime(time(hour, minute, 0, 0)).to_zoned(zone.clone());
    at.expect("a moment").timestamp()
}

fn told(language: Language) -> String {
    let mut lines = String::new();
    for Spelling { text, speech } in sentences(language) {
        let _ = writeln!(lines, "{text} | {speech}");
    }
    lines
}

fn golden(name: &str, language: Language) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let told = told(language);
    if std::env::var_os("GOLDEN").is_some() {
        std::fs::write(&file, &told).expect("the file");
    }
    let known = std::fs::read_to_string(&file).expect("the file");
    assert_eq!(known.lines().count(), 300);
    for (known, told) in known.lines().zip(told.lines()) {
        assert_eq!(told, known);
    }
    let figures = |line: &&str| {
        let ear = line.split(" | ").nth(1).unwrap_or_default();
        ear.contains(|c: char| c.is_ascii_digit() || "₽×+–:/".contains(c) && !line.contains(": "))
    };
    assert_eq!(known.lines().find(figures), None, "a figure is left for the voice");
}

#[test]
fn three_hundred_russian_sentences_are_spoken_as_they_should_be() {
    golden("spoken-ru.txt", Language::Ru);
}

#[test]
fn three_hundred_english_sentences_are_spoken_as_they_should_be() {
    golden("spoken-en.txt", Language::En);
}
