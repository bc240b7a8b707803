//! How values sound and look: money, moments, durations, phone numbers and addresses, each in two
//! spellings, one for the eye ("14:00, 2800–3200 ₽") and one for the ear (numbers in words).
//!
//! **Never here:** what to say and when (the conversation), the pack's wordings, the clock.

mod address;
mod english;
mod russian;
mod template;
mod when;

pub use address::{address, house_words, street_words};
pub use template::{filled, placeholders};
pub use when::{date_words, day, duration, hour, moment};

use job_core::trade::Language;

use crate::pack::Spelling;

/// Grammatical gender of what is counted. English ignores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gender {
    #[default]
    Masculine,
    Feminine,
    Neuter,
}

/// Grammatical case of the number. English ignores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Case {
    #[default]
    Nominative,
    Genitive,
    Dative,
    Accusative,
    Instrumental,
    Prepositional,
}

/// A value that reads as it sounds.
pub fn plain(words: &str) -> Spelling {
    Spelling { text: words.into(), speech: words.into() }
}

/// A whole number in words, up to the billions: "двадцать одна", "twenty-one".
pub fn number(n: u64, gender: Gender, case: Case, lang: Language) -> String {
    match lang {
        Language::Ru => russian::cardinal(n, gender, case),
        Language::En => english::cardinal(n),
    }
}

/// A number with a word counted: `[one, few, many]` for Russian ("рубль", "рубля", "рублей"),
/// `[one, many, many]` for English.
pub fn counted(n: u64, forms: [&str; 3], lang: Language) -> &str {
    let [one, few, many] = forms;
    match lang {
        Language::En if n == 1 => one,
        Language::En => many,
        Language::Ru => match (n % 100, n % 10) {
            (11..=14, _) => many,
            (_, 1) => one,
            (_, 2..=4) => few,
            (_, _) => many,
        },
    }
}

/// Whole roubles: "3000 ₽" and "три тысячи рублей".
pub fn money(roubles: i64, lang: Language) -> Spelling {
    let n = roubles.unsigned_abs();
    let unit = match lang {
        Language::Ru => counted(n, ["рубль", "рубля", "рублей"], lang),
        Language::En => counted(n, ["rouble", "roubles", "roubles"], lang),
    };
    let words = number(n, Gender::Masculine, Case::Nominative, lang);
    let minus = match (roubles < 0, lang) {
        (false, Language::Ru | Language::En) => "",
        (true, Language::Ru) => "минус ",
        (true, Language::En) => "minus ",
    };
    Spelling { text: format!("{roubles} ₽"), speech: format!("{minus}{words} {unit}") }
}

/// A range in whole roubles: "2800–3200 ₽" and "от двух тысяч восьмисот до трёх тысяч двухсот
/// рублей". Equal ends are told as one sum.
pub fn money_range(min: i64, max: i64, lang: Language) -> Spelling {
    if min == max {
        return money(min, lang);
    }

    let words = |n: i64| number(n.unsigned_abs(), Gender::Masculine, Case::Genitive, lang);
    let speech = match lang {
        Language::Ru => format!("от {} до {} {}", words(min), words(max), roubles_genitive(max)),
        Language::En => format!("{} to {} roubles", words(min), words(max)),
    };
    Spelling { text: format!("{min}–{max} ₽"), speech }
}

fn roubles_genitive(n: i64) -> &'static str {
    match (n.unsigned_abs() % 10, n.unsigned_abs() % 100) {
        (1, 11) => "рублей",
        (1, _) => "рубля",
        (_, _) => "рублей",
    }
}

/// A price factor in hundredths: 130 is "×1,3" and "на тридцать процентов дороже" to the ear.
pub fn factor(hundredths: i64, lang: Language) -> Spelling {
    let more = (hundredths - 100).unsigned_abs();
    let words = number(more, Gender::Masculine, Case::Accusative, lang);
    let decimal = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let decimal = decimal.trim_end_matches('0').trim_end_matches('.');
    match lang {
        Language::Ru => Spelling {
            text: format!("×{}", decimal.replace('.', ",")),
            speech: format!(
                "плюс {words} {}",
                counted(more, ["процент", "процента", "процентов"], lang)
            ),
        },
        Language::En => {
            Spelling { text: format!("×{decimal}"), speech: format!("plus {words} percent") }
        }
    }
}

/// An E.164 number: "+7 911 123-45-67" and groups in words. Foreign numbers are told digit by digit.
pub fn phone(e164: &str, lang: Language) -> Spelling {
    let digits: Vec<u8> = e164.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
    let home = digits.first() == Some(&7) && digits.len() == 11;
    let groups: Vec<&[u8]> = match digits.as_slice() {
        [7, rest @ ..] if rest.len() == 10 => {
            vec![&digits[..1], &rest[..3], &rest[3..6], &rest[6..8], &rest[8..]]
        }
        other => other.chunks(3).collect(),
    };
    Spelling { text: phone_text(&digits, &groups), speech: phone_words(&groups, home, lang) }
}

fn phone_text(digits: &[u8], groups: &[&[u8]]) -> String {
    let join = |group: &[u8]| group.iter().map(u8::to_string).collect::<String>();
    match groups {
        [_, code, a, b, c] if digits.len() == 11 => {
            format!("+7 {} {}-{}-{}", join(code), join(a), join(b), join(c))
        }
        _ => format!("+{}", join(digits)),
    }
}

/// A foreign number, whose groups nobody here knows, is told digit by digit.
fn phone_words(groups: &[&[u8]], home: bool, lang: Language) -> String {
    let plus = match lang {
        Language::Ru => "плюс ",
        Language::En => "plus ",
    };
    let words = groups.iter().map(|group| match home {
        true => group_words(group, lang),
        false => digits_words(group, lang),
    });
    format!("{plus}{}", words.collect::<Vec<_>>().join(", "))
}

/// Russian groups are read as numbers with their leading zeros, English ones digit by digit.
fn group_words(group: &[u8], lang: Language) -> String {
    let word = |n: u64| number(n, Gender::Masculine, Case::Nominative, lang);
    match lang {
        Language::En => digits_words(group, lang),
        Language::Ru => {
            let zeros = group.iter().take_while(|digit| **digit == 0).count();
            let mut words = vec![word(0); zeros];
            if zeros < group.len() {
                words.push(word(group.iter().fold(0, |n, digit| n * 10 + u64::from(*digit))));
            }
            words.join(" ")
        }
    }
}

fn digits_words(digits: &[u8], lang: Language) -> String {
    let words: Vec<String> = digits
        .iter()
        .map(|digit| number(u64::from(*digit), Gender::Masculine, Case::Nominative, lang))
        .collect();
    words.join(" ")
}

/// An order number or door code, "1042" and "десять сорок два": pairs, so that it can be written down.
pub fn code(text: &str, lang: Language) -> Spelling {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
    if digits.is_empty() {
        return plain(text);
    }

    let head = digits.len() % 2;
    let mut groups: Vec<&[u8]> = Vec::new();
    if head > 0 {
        groups.push(&digits[..head]);
    }
    groups.extend(digits[head..].chunks(2));
    let words: Vec<String> = groups.iter().map(|group| group_words(group, lang)).collect();
    Spelling { text: text.into(), speech: words.join(" ") }
}

/// "a, b и c" in both spellings.
pub fn list(items: &[Spelling], lang: Language) -> Spelling {
    let and = match lang {
        Language::Ru => " и ",
        Language::En => " and ",
    };
    let join = |part: fn(&Spelling) -> &str| match items {
        [] => String::new(),
        [only] => part(only).to_string(),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(part).collect();
            format!("{}{and}{}", head.join(", "), part(last))
        }
    };
    Spelling { text: join(|s| &s.text), speech: join(|s| &s.speech) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, Ru};

    #[test]
    fn a_price_range_is_told_in_the_genitive() {
        let cases = [
            (2800, 3200, "от двух тысяч восьмисот до трёх тысяч двухсот рублей"),
            (1000, 1100, "от тысячи до тысячи ста рублей"),
            (1700, 1900, "от тысячи семисот до тысячи девятисот рублей"),
            (5000, 21000, "от пяти тысяч до двадцати одной тысячи рублей"),
            (400, 900, "от четырёхсот до девятисот рублей"),
        ];

        for (min, max, speech) in cases {
            let told = money_range(min, max, Ru);

            assert_eq!(told.text, format!("{min}–{max} ₽"));
            assert_eq!(told.speech, speech);
        }
    }

    #[test]
    fn a_sum_agrees_with_its_currency() {
        let cases = [
            (1, "один рубль"),
            (2, "два рубля"),
            (5, "пять рублей"),
            (11, "одиннадцать рублей"),
            (21, "двадцать один рубль"),
            (1000, "тысяча рублей"),
            (2000, "две тысячи рублей"),
            (5000, "пять тысяч рублей"),
            (3004, "три тысячи четыре рубля"),
        ];

        for (roubles, speech) in cases {
            assert_eq!(money(roubles, Ru).speech, speech);
        }
        assert_eq!(money(2800, En).speech, "two thousand eight hundred roubles");
        assert_eq!(
            money_range(2800, 3200, En).speech,
            "two thousand eight hundred to three thousand two hundred roubles"
        );
    }

    #[test]
    fn a_phone_number_is_read_in_groups_with_its_zeros() {
        let cases = [
            (
                "+79111234567",
                "+7 911 123-45-67",
                "плюс семь, девятьсот одиннадцать, сто двадцать три, сорок пять, шестьдесят семь",
            ),
            (
                "+79060050007",
                "+7 906 005-00-07",
                "плюс семь, девятьсот шесть, ноль ноль пять, ноль ноль, ноль семь",
            ),
        ];

        for (e164, text, speech) in cases {
            assert_eq!(phone(e164, Ru), Spelling { text: text.into(), speech: speech.into() });
        }
        assert_eq!(
            phone("+79111234567", En).speech,
            "plus seven, nine one one, one two three, four five, six seven"
        );
        assert_eq!(phone("+37061234567", Ru).text, "+37061234567");
    }

    #[test]
    fn codes_are_read_in_pairs() {
        assert_eq!(code("1042", Ru).speech, "десять сорок два");
        assert_eq!(code("0407", Ru).speech, "ноль четыре ноль семь");
        assert_eq!(code("507", En).speech, "five zero seven");
    }

    #[test]
    fn a_list_ends_with_and() {
        let items = [plain("труба"), plain("кран"), plain("раковина")];

        assert_eq!(list(&items, Ru).text, "труба, кран и раковина");
        assert_eq!(list(&items[..2], En).text, "труба and кран");
        assert_eq!(list(&items[..1], En).text, "труба");
        assert_eq!(list(&[], Ru).text, "");
    }

    #[test]
    fn a_factor_is_a_percentage_to_the_ear() {
        let told = factor(130, Ru);

        assert_eq!(told.text, "×1,3");
        assert_eq!(told.speech, "плюс тридцать процентов");
        assert_eq!(factor(150, En).text, "×1.5");
    }
}
