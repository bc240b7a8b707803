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

/// Two spellings of one place have one key: "Улица Чайковского" and
/// "чайковского ул." are the same.
pub fn place_key(name: &str) -> String {
    let plain = name.to_lowercase().replace('ё', "е");

    plain
        .split(|it: char| !it.is_alphanumeric() && it != '-')
        .filter(|word| !word.is_empty() && !KINDS.contains(word))
        .collect::<Vec<_>>()
        .join(" ")
}

/// The district a street lies in, where the organisation knows it.
pub fn district_of<'a>(districts: &'a [District], street: &str) -> Option<&'a str> {
    let key = place_key(street);
    let holds = |district: &&District| district.streets.iter().any(|it| place_key(it) == key);

    districts
        .iter()
        .find(holds)
        .map(|district| district.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_street_is_the_same_however_it_is_written() {
        for spelling in [
            "улица Чайковского",
            "ул. Чайковского",
            "Чайковского ул.",
            "чайковского",
        ] {
            assert_eq!(place_key(spelling), "чайковского");
        }
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
