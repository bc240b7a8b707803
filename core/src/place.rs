//! Names of cities, streets and districts, compared as people mean them and not as they spell them.

use serde::{Deserialize, Serialize};

/// A part of the city; masters travel faster inside one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct District {
    pub name: String,
    pub streets: Vec<String>,
}

/// Words that say what kind of place it is, not which.
const KINDS: [&str; 24] = [
    "г",
    "город",
    "ул",
    "улица",
    "пр",
    "пр-т",
    "пр-кт",
    "проспект",
    "пер",
    "переулок",
    "пл",
    "площадь",
    "б-р",
    "бульвар",
    "наб",
    "набережная",
    "ш",
    "шоссе",
    "проезд",
    "street",
    "st",
    "avenue",
    "city",
    "road",
];

/// Two spellings of one place have one key: "Улица Чайковского", "чайковского ул." and
/// "Chaykovskogo Street" are the same.
pub fn place_key(name: &str) -> String {
    let plain = name.to_lowercase().replace('ё', "е");

    plain
        .split(|it: char| !it.is_alphanumeric() && it != '-')
        .filter(|word| !word.is_empty() && !KINDS.contains(word))
        .map(in_latin)
        .collect::<Vec<_>>()
        .join(" ")
}

/// As English maps and signs spell it.
fn in_latin(word: &str) -> String {
    word.chars().map(|letter| latin(letter).map_or_else(|| letter.into(), String::from)).collect()
}

fn latin(letter: char) -> Option<&'static str> {
    const LETTERS: [&str; 32] = [
        "a", "b", "v", "g", "d", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s",
        "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "", "y", "", "e", "yu", "ya",
    ];

    let at = (letter as usize).checked_sub('а' as usize)?;
    LETTERS.get(at).copied()
}

/// The district a street lies in, where the organisation knows it.
pub fn district_of<'a>(districts: &'a [District], street: &str) -> Option<&'a str> {
    let key = place_key(street);
    let holds = |district: &&District| district.streets.iter().any(|it| place_key(it) == key);

    districts.iter().find(holds).map(|district| district.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_street_is_the_same_however_it_is_written() {
        for spelling in ["улица Чайковского", "ул. Чайковского", "Чайковского ул.", "чайковского"]
        {
            assert_eq!(place_key(spelling), place_key("Chaykovskogo Street"));
        }
        assert_eq!(place_key("Kaliningrad"), place_key("Калининград"));
        assert_eq!(place_key("г. Калининград"), place_key("Калининград"));
        assert_eq!(place_key("Озёрный проезд"), place_key("озерный"));
    }

    #[test]
    fn a_street_lies_in_its_district() {
        let districts = [District {
            name: "Центральный".into(),
            streets: vec!["Проспект Мира".into()],
        }];

        assert_eq!(district_of(&districts, "пр-т Мира"), Some("Центральный"));
        assert_eq!(district_of(&districts, "Невского"), None);
    }
}
