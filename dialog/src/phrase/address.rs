//! An address as it is read back: "улица Мира, дом 42, квартира 17" and the same in words.
//!
//! **Never here:** finding an address in speech (that is `understand`).

use job_core::trade::{Address, Language};

use super::{Case, Gender, number, russian};
use crate::pack::Spelling;

/// A street that already carries one of these is not called "улица" once more.
const STREET_KINDS: [&str; 24] = [
    "улица",
    "ул.",
    "проспект",
    "переулок",
    "бульвар",
    "шоссе",
    "площадь",
    "набережная",
    "проезд",
    "аллея",
    "тупик",
    "снт",
    "тракт",
    "микрорайон",
    "street",
    "avenue",
    "lane",
    "boulevard",
    "highway",
    "square",
    "embankment",
    "snt",
    "alley",
    "passage",
];

/// Known parts only, the city when `city_too`.
pub fn address(address: &Address, city_too: bool, lang: Language) -> Spelling {
    let mut parts: Vec<(String, String)> = Vec::new();
    if let (true, Some(city)) = (city_too, &address.city) {
        parts.push((city.clone(), city.clone()));
    }
    if let Some(street) = &address.street {
        let street = with_kind(street, lang);
        parts.push((street.clone(), street_words(&street, lang)));
    }
    for (label, value) in labelled(address, lang) {
        parts.push((format!("{label} {value}"), format!("{label} {}", house_words(value, lang))));
    }
    let join = |words: Vec<String>| words.join(", ");
    let (text, speech) = parts.into_iter().unzip();
    Spelling { text: join(text), speech: join(speech) }
}

fn labelled(address: &Address, lang: Language) -> Vec<(&'static str, &str)> {
    let labels = match lang {
        Language::Ru => ["дом", "корпус", "подъезд", "этаж", "квартира"],
        Language::En => ["house", "building", "entrance", "floor", "flat"],
    };
    let values =
        [&address.house, &address.building, &address.entrance, &address.floor, &address.flat];
    let known = labels.into_iter().zip(values);
    known.filter_map(|(label, value)| Some((label, value.as_deref()?))).collect()
}

fn with_kind(street: &str, lang: Language) -> String {
    let lower = street.to_lowercase();
    let has_kind = lower.split_whitespace().any(|word| STREET_KINDS.contains(&word));
    match (has_kind, lang) {
        (true, Language::Ru | Language::En) => street.into(),
        (false, Language::Ru) => format!("улица {street}"),
        (false, Language::En) => format!("{street} Street"),
    }
}

/// "улица 9 Апреля" is "улица девятого Апреля": figures in a street's name are days and years.
pub fn street_words(street: &str, lang: Language) -> String {
    let words = street.split(' ').map(|word| match (word.parse::<u64>(), lang) {
        (Ok(n), Language::Ru) => russian::year(n),
        (Ok(n), Language::En) => number(n, Gender::Masculine, Case::Nominative, lang),
        (Err(_), Language::Ru | Language::En) => word.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// "21/3" is "двадцать один дробь три", "190д" is "сто девяносто дэ".
pub fn house_words(house: &str, lang: Language) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut digits = String::new();
    for c in house.chars().chain([' ']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if let Some(number) = digits_word(&digits, lang) {
            words.push(number);
        }
        digits.clear();
        match c {
            '/' => words.push(slash(lang).into()),
            c if c.is_alphabetic() => words.push(letter(c, lang)),
            _ => {}
        }
    }
    words.join(" ")
}

fn digits_word(digits: &str, lang: Language) -> Option<String> {
    let n = digits.parse().ok()?;
    Some(number(n, Gender::Masculine, Case::Nominative, lang))
}

fn slash(lang: Language) -> &'static str {
    match lang {
        Language::Ru => "дробь",
        Language::En => "slash",
    }
}

fn letter(c: char, lang: Language) -> String {
    let lower: String = c.to_lowercase().collect();
    let name = match (lang, lower.as_str()) {
        (Language::Ru, "б") => "бэ",
        (Language::Ru, "в") => "вэ",
        (Language::Ru, "г") => "гэ",
        (Language::Ru, "д") => "дэ",
        (Language::Ru, "ж") => "жэ",
        (Language::Ru, "к") => "ка",
        (Language::Ru, "л") => "эль",
        (Language::Ru, "м") => "эм",
        (Language::Ru, "н") => "эн",
        (Language::Ru, "п") => "пэ",
        (Language::Ru | Language::En, _) => return lower,
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, Ru};

    fn mira() -> Address {
        Address {
            city: Some("Калининград".into()),
            street: Some("Мира".into()),
            house: Some("42".into()),
            flat: Some("17".into()),
            ..Address::default()
        }
    }

    #[test]
    fn an_address_is_read_back_in_words() {
        let told = address(&mira(), false, Ru);

        assert_eq!(told.text, "улица Мира, дом 42, квартира 17");
        assert_eq!(told.speech, "улица Мира, дом сорок два, квартира семнадцать");
    }

    #[test]
    fn a_street_keeps_its_own_kind_and_a_private_house_has_no_flat() {
        let street = Some("Советский проспект".into());
        let there = Address { street, flat: None, ..mira() };

        let told = address(&there, true, Ru);

        assert_eq!(told.text, "Калининград, Советский проспект, дом 42");
    }

    #[test]
    fn figures_in_a_street_are_said_as_days_and_years() {
        assert_eq!(street_words("улица 9 Апреля", Ru), "улица девятого Апреля");
        assert_eq!(street_words("улица 1812 года", Ru), "улица тысяча восемьсот двенадцатого года");
    }

    #[test]
    fn fractions_and_letters_are_said() {
        assert_eq!(house_words("21/3", Ru), "двадцать один дробь три");
        assert_eq!(house_words("190д", Ru), "сто девяносто дэ");
        assert_eq!(house_words("12а", Ru), "двенадцать а");
        assert_eq!(house_words("21/3", En), "twenty-one slash three");
    }
}
