//! Phone numbers, however their digits are grouped, in figures and in words.
//!
//! A number is E.164 only when it is complete and plausible; fewer digits are a part, never padded.
//!
//! **Never here:** whose number it is.

use super::Found;
use super::number::number;
use super::token::Tokens;
use crate::state::Awaiting;

/// E.164: a country code and a subscriber number together.
const DIGITS_MIN: usize = 8;
const DIGITS_MAX: usize = 15;
/// A Russian number without its +7 or 8.
const NATIONAL: usize = 10;

const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// A number said all but alone needs no word that tells it is one: "нет, 401 …".
const WORDS_BESIDE: usize = 2;
/// 911 222-33-44
const USUAL_GROUPS: [usize; 4] = [3, 3, 2, 2];

/// What was said of a phone number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Heard {
    pub whole: Option<Found<String>>,
    /// Digits of an incomplete number, when a number was asked for.
    pub part: Option<String>,
}

/// Digits said in one breath, tokens `from..to`.
#[derive(Debug, Clone)]
struct Run {
    digits: String,
    plus: bool,
    from: usize,
    to: usize,
    /// Digits in each group as it was said.
    groups: Vec<usize>,
    /// "девятьсот девяносто шесть": numbers in it that may as well be 900 and 96.
    joined: usize,
}

/// The number with the group put right that "не 22, а 23", "в конце 45" or a lone group speaks of;
/// none where it is not certain which group is meant.
/// `elsewhere`: numbers that were read back beside it and may be meant as well.
pub(crate) fn mended(known: &str, text: &str, elsewhere: &[String]) -> Option<String> {
    let tokens = Tokens::of(text);
    let runs = runs(&tokens, None);
    let (country, digits) = known.split_at(known.len().checked_sub(NATIONAL)?);
    let fixed = match runs.as_slice() {
        [was, is] if was.digits.len() == is.digits.len() && !elsewhere.contains(&was.digits) => {
            replaced(digits, &was.digits, &is.digits)?
        }
        [.., is] if tokens.has(AT_THE_END) => {
            let kept = digits.len().checked_sub(is.digits.len())?;
            format!("{}{}", &digits[..kept], is.digits)
        }
        [.., is] if tokens.has(AT_THE_BEGINNING) => {
            format!("{}{}", is.digits, digits.get(is.digits.len()..)?)
        }
        [is] if is.digits.len() > 2 && !as_long(elsewhere, &is.digits) => {
            nearest_group(digits, &is.digits)?
        }
        _ => return None,
    };
    (fixed.len() == NATIONAL && fixed != digits).then(|| format!("{country}{fixed}"))
}

/// A lone "176" may as well be the house.
fn as_long(elsewhere: &[String], digits: &str) -> bool {
    elsewhere.iter().any(|number| number.len() == digits.len())
}

#[rustfmt::skip]
const AT_THE_END: &[&str] = &[
    "в конце", "последние", "последняя", "последний", "окончание", "заканчивается", "last", "ends", "the end",
];
#[rustfmt::skip]
const AT_THE_BEGINNING: &[&str] = &[
    "в начале", "первые", "начинается", "код города", "the first", "begins", "area code",
];

/// `was` stands in the number once, or is one whole group of it.
fn replaced(digits: &str, was: &str, is: &str) -> Option<String> {
    let places: Vec<usize> = digits.match_indices(was).map(|(at, _)| at).collect();
    let groups: Vec<usize> = group_starts()
        .filter(|(at, len)| places.contains(at) && *len == was.len())
        .map(|it| it.0)
        .collect();
    let (([at], _) | (_, [at])) = (places.as_slice(), groups.as_slice()) else {
        return None;
    };
    Some(format!("{}{is}{}", &digits[..*at], &digits[at + was.len()..]))
}

/// One digit of one group differs, and of no other.
fn nearest_group(digits: &str, is: &str) -> Option<String> {
    let differs = |at: usize| {
        let group = &digits[at..at + is.len()];
        group.chars().zip(is.chars()).filter(|(one, other)| one != other).count() == 1
    };
    let mut near = group_starts().filter(|(at, len)| *len == is.len() && differs(*at));
    let (at, len) = near.next()?;
    let certain = near.next().is_none();
    certain.then(|| format!("{}{is}{}", &digits[..at], &digits[at + len..]))
}

/// Where the usual groups begin, and their lengths.
fn group_starts() -> impl Iterator<Item = (usize, usize)> {
    USUAL_GROUPS.into_iter().scan(0, |at, len| {
        let start = *at;
        *at += len;
        Some((start, len))
    })
}

/// The last complete number wins: it is the corrected one.
pub(super) fn phone(tokens: &mut Tokens<'_>, awaiting: Awaiting) -> Heard {
    let asked = awaiting == Awaiting::Phone;
    let cue = asked || tokens.has(CUES) || tokens.text.contains('+');
    let runs = runs(tokens, None);
    let alone = |run: &Run| run.to - run.from + WORDS_BESIDE >= tokens.len();
    let complete = runs.iter().rev().find_map(|run| {
        let number = e164(run, asked, cue || alone(run))?;
        Some((run.clone(), number))
    });
    let complete = complete.or_else(|| cue.then(|| parted(tokens, &runs)).flatten());
    if let Some((run, number)) = complete {
        let span = tokens.span(run.from, run.to);
        tokens.take(run.from, run.to);
        return Heard { whole: Some(Found { value: number, span }), part: None };
    }
    let Some(run) = runs.into_iter().rev().find(|_| asked) else {
        return Heard::default();
    };
    tokens.take(run.from, run.to);
    Heard { whole: None, part: Some(run.digits) }
}

#[rustfmt::skip]
const CUES: &[&str] = &[
    "номер", "телефон", "телефона", "телефону", "мобильный", "сотовый", "звоните", "перезвоните",
    "позвоните", "наберите", "phone", "mobile", "cell", "call", "number", "reach",
];

fn e164(run: &Run, asked: bool, cue: bool) -> Option<String> {
    let (plus, digits) = match run.digits.strip_prefix("00") {
        Some(abroad) if abroad.len() >= NATIONAL => (true, abroad),
        Some(_) | None => (run.plus, run.digits.as_str()),
    };
    let national = match (plus, digits.len()) {
        (true, 11) if digits.starts_with('7') => &digits[1..],
        (true, _) if digits.starts_with('7') => return None,
        // "+8 911": the habit of eight written after a plus.
        (true, 11) if digits.starts_with("89") => &digits[1..],
        (true, DIGITS_MIN..=DIGITS_MAX) if !digits.starts_with('0') => {
            return Some(format!("+{digits}"));
        }
        (false, 11) if digits.starts_with(['7', '8']) => &digits[1..],
        (false, NATIONAL) => {
            let mobile = digits.starts_with('9');
            return (mobile || cue && digits.starts_with(['3', '4', '5', '8']))
                .then(|| format!("+7{digits}"));
        }
        // "восемь плюс семь": both prefixes.
        (false, 12) if digits.starts_with("87") => &digits[2..],
        (_, _) => return None,
    };
    let plausible = national.starts_with(['3', '4', '5', '6', '7', '8', '9']);
    (plausible || asked || plus).then(|| format!("+7{national}"))
}

/// All digits of a Russian number have been dictated, however they were grouped, and no more. Ten of
/// them that begin with an eight still lack one.
pub(crate) fn is_dictated(text: &str) -> bool {
    runs(&Tokens::of(text), None).into_iter().next_back().is_some_and(|run| {
        let digits = run.digits.as_str();
        match digits.len() {
            NATIONAL => digits.starts_with('9'),
            length => length == NATIONAL + 1 && digits.starts_with(['7', '8']),
        }
    })
}

/// So many digits in one breath are the number of a payment card (ISO/IEC 7812-1: 13 to 19 are in use), which
/// nobody may keep.
pub fn tells_card(text: &str) -> bool {
    let abroad = |run: &Run| run.plus || run.digits.starts_with("00");
    let runs = runs(&Tokens::of(text), None);
    runs.iter().any(|run| CARD_DIGITS.contains(&run.digits.len()) && !abroad(run))
}

/// One digit is missing because two groups ran together: taken apart so that the groups are usual.
fn parted(tokens: &Tokens<'_>, whole: &[Run]) -> Option<(Run, String)> {
    let most = whole.iter().map(|run| run.joined).max().unwrap_or(0);
    (0..most).find_map(|nth| {
        let run = runs(tokens, Some(nth)).into_iter().next_back()?;
        let usual = run.groups.ends_with(&USUAL_GROUPS);
        let number = e164(&run, true, true).filter(|_| usual)?;
        Some((run, number))
    })
}

/// `part`: which of the joined numbers is taken apart.
fn runs(tokens: &Tokens<'_>, part: Option<usize>) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        match run(tokens, i, part) {
            Some(run) => {
                i = run.to;
                runs.push(run);
            }
            None => i += 1,
        }
    }
    runs
}

fn run(tokens: &Tokens<'_>, start: usize, part: Option<usize>) -> Option<Run> {
    let spoken_plus = tokens.is(start, &["плюс", "plus"]);
    let from = start + usize::from(spoken_plus);
    let plus = spoken_plus || tokens.gap(from).contains('+');
    let mut run =
        Run { digits: String::new(), plus, from: start, to: from, groups: Vec::new(), joined: 0 };
    let mut next = from;
    while let Some((more, len)) = run.next_piece(tokens, next, part) {
        run.groups.push(more.len());
        run.digits.push_str(&more);
        run.to = next + len;
        let ends = tokens.gap(run.to).contains(['.', '!', '?', ';', '\n']);
        if ends && !dotted(tokens, run.to) || run.digits.len() > 2 * DIGITS_MAX {
            break;
        }
        next = run.to + joint(tokens, run.to);
    }
    (!run.digits.is_empty()).then_some(run)
}

impl Run {
    fn next_piece(
        &mut self,
        tokens: &Tokens<'_>,
        at: usize,
        part: Option<usize>,
    ) -> Option<(String, usize)> {
        let (digits, len) = piece(tokens, at)?;
        let hundreds = number(tokens, at).filter(|found| {
            digits.len() == 3 && len > 1 && found.len == len && !found.value.is_multiple_of(100)
        });
        let Some(found) = hundreds else {
            return Some((digits, len));
        };
        self.joined += 1;
        if part != Some(self.joined - 1) {
            return Some((digits, len));
        }
        let hundreds_len = 1 + usize::from(tokens.at(at + 1) == "hundred");
        Some(((found.value / 100 * 100).to_string(), hundreds_len))
    }
}

/// "911.222.33.44"
fn dotted(tokens: &Tokens<'_>, i: usize) -> bool {
    let pair = [i.checked_sub(1), Some(i)];
    tokens.gap(i) == "."
        && pair.iter().all(|at| at.and_then(|at| tokens.get(at)).is_some_and(|t| t.figures))
}

/// Words said between groups that are not digits themselves.
fn joint(tokens: &Tokens<'_>, i: usize) -> usize {
    #[rustfmt::skip]
    const JOINTS: &[&str] = &[
        "потом", "дальше", "далее", "затем", "и потом", "ну", "ну и", "ну и дальше", "там",
        "так", "значит", "и дальше", "а потом", "и", "дефис", "тире", "скобка", "пробел", "then",
        "and then", "dash", "hyphen", "and", "эээ", "ээ", "э", "эм", "uh", "um",
    ];
    let mut len = 0;
    while let Some(more) = tokens.any(i + len, JOINTS) {
        len += more;
    }
    len
}

/// One group of digits at `i`, with its length in tokens.
fn piece(tokens: &Tokens<'_>, i: usize) -> Option<(String, usize)> {
    repeated(tokens, i).or_else(|| single(tokens, i))
}

fn single(tokens: &Tokens<'_>, i: usize) -> Option<(String, usize)> {
    let token = tokens.get(i)?;
    if token.figures {
        let ending = number(tokens, i).is_some_and(|number| number.ordinal);
        return (!ending).then(|| (token.fold.clone(), 1));
    }
    if let Some(digit) = digit_name(&token.fold) {
        return Some((digit.to_string(), 1));
    }
    let found = number(tokens, i).filter(|number| !number.ordinal)?;
    Some((found.value.to_string(), found.len))
}

/// "три семёрки", "double five", "два нуля", "двадцать два нуля".
fn repeated(tokens: &Tokens<'_>, i: usize) -> Option<(String, usize)> {
    let times = match tokens.at(i) {
        "double" | "дважды" => Some(2),
        "triple" | "treble" | "трижды" => Some(3),
        "quadruple" => Some(4),
        _ => None,
    };
    if let Some(times) = times {
        let (digit, len) = single(tokens, i + 1)?;
        return Some((digit.repeat(times), 1 + len));
    }
    let count = number(tokens, i).filter(|count| !count.ordinal && !count.figures)?;
    let digit = many(tokens.at(i + count.len))?;
    let times = usize::try_from(count.value % 10).ok()?;
    let lead = count.value - count.value % 10;
    let lead = if lead > 0 { lead.to_string() } else { String::new() };
    (times > 1).then(|| (format!("{lead}{}", digit.to_string().repeat(times)), count.len + 1))
}

fn digit_name(word: &str) -> Option<char> {
    Some(match word {
        "нолик" | "нулик" | "oh" | "o" | "о" => '0',
        "единица" | "единичка" | "единицу" => '1',
        "двойка" | "двоечка" | "двойку" => '2',
        "тройка" | "троечка" | "тройку" => '3',
        "четверка" | "четверочка" | "четверку" => '4',
        "пятерка" | "пятерочка" | "пятерку" => '5',
        "шестерка" | "шестерочка" | "шестерку" => '6',
        "семерка" | "семерочка" | "семерку" => '7',
        "восьмерка" | "восьмерочка" | "восьмерку" => '8',
        "девятка" | "девяточка" | "девятку" => '9',
        _ => return None,
    })
}

/// A digit named in the plural, after a count.
fn many(word: &str) -> Option<char> {
    #[rustfmt::skip]
    const STEMS: [(&str, char); 20] = [
        ("нуля", '0'), ("ноля", '0'), ("нулей", '0'), ("нолик", '0'), ("единиц", '1'),
        ("двой", '2'), ("трой", '3'), ("троек", '3'), ("четвер", '4'), ("пятер", '5'),
        ("шестер", '6'), ("семер", '7'), ("восьмер", '8'), ("девят", '9'), ("двоек", '2'),
        ("zeros", '0'), ("zeroes", '0'), ("ones", '1'), ("twos", '2'), ("threes", '3'),
    ];
    const ENDINGS: [&str; 9] = ["", "ки", "ок", "ек", "ы", "ички", "ичек", "очки", "а"];
    let english = match word {
        "fours" => Some('4'),
        "fives" => Some('5'),
        "sixes" => Some('6'),
        "sevens" => Some('7'),
        "eights" => Some('8'),
        "nines" => Some('9'),
        _ => None,
    };
    english.or_else(|| {
        STEMS.iter().find_map(|(stem, digit)| {
            let end = word.strip_prefix(stem)?;
            (ENDINGS.contains(&end)
                && (stem.len() + end.len() > 8 || !end.is_empty() || stem.is_ascii()))
            .then_some(*digit)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str, awaiting: Awaiting) -> Heard {
        phone(&mut Tokens::of(text), awaiting)
    }

    #[test]
    fn a_group_put_right_mends_the_number_and_an_uncertain_one_does_not() {
        let known = "+79112374475";
        for (said, meant) in [
            ("нет не двести тридцать семь а двести девяносто семь", Some("+79112974475")),
            ("в конце семьдесят шесть", Some("+79112374476")),
            ("no the last two digits are seventy six", Some("+79112374476")),
            ("нет двести тридцать девять", Some("+79112394475")),
            ("не десять а двенадцать", None),
            ("код домофона сорок пять", None),
            ("нет сорок пять", None),
            ("да", None),
        ] {
            assert_eq!(mended(known, said, &[]).as_deref(), meant, "{said}");
        }
    }

    #[test]
    fn the_number_of_a_card_is_told_from_a_telephones() {
        let card = "номер карты четыре два семь шесть тридцать восемь ноль ноль \
                    одиннадцать двадцать два тридцать три сорок четыре";
        assert!(tells_card(card));
        assert!(tells_card("my card is 4276 3800 1122 3344"));
        assert!(!tells_card(
            "восемь девятьсот одиннадцать двести двадцать два тридцать три сорок четыре"
        ));
        assert!(!tells_card("+380 44 123 45 67 89"));
        assert!(!tells_card("+44 20 7946 0958 улица мира дом 12 квартира 5"));
    }

    #[test]
    fn groups_that_ran_together_are_taken_apart_where_a_digit_is_missing() {
        let said = "восемь девятьсот одиннадцать девятьсот девяносто шесть двадцать три";

        let number = heard(said, Awaiting::Phone).whole.map(|found| found.value);

        assert_eq!(number.as_deref(), Some("+79119009623"));
    }

    #[test]
    fn a_number_grouped_any_way_is_one_number() {
        for (said, number) in [
            (
                "восемь девятьсот одиннадцать двести двадцать два тридцать три сорок четыре",
                "+79112223344",
            ),
            (
                "плюс семь девятьсот одиннадцать двести двадцать два тридцать три сорок четыре",
                "+79112223344",
            ),
            ("мой номер восемь девять один один два два два три три четыре четыре", "+79112223344"),
            (
                "восемь девятьсот одиннадцать двойка потом две двойки тридцать три сорок четыре",
                "+79112223344",
            ),
            ("восемь девятьсот шесть три семёрки ноль пять ноль шесть", "+79067770506"),
            ("восемь девятьсот шесть три семерки ноль пять ноль шесть запишите", "+79067770506"),
            ("восемь девятьсот сорок пять сто двадцать ноль ноль семнадцать", "+79451200017"),
            ("девятьсот одиннадцать сто двадцать три сорок пять шестьдесят семь", "+79111234567"),
            (
                "семь девятьсот одиннадцать сто двадцать три сорок пять шестьдесят семь",
                "+79111234567",
            ),
            ("8 (911) 222-33-44", "+79112223344"),
            ("8-911-222-33-44", "+79112223344"),
            ("89112223344", "+79112223344"),
            ("+7 911 222 33 44", "+79112223344"),
            ("+79112223344", "+79112223344"),
            ("79112223344", "+79112223344"),
            ("9112223344", "+79112223344"),
            ("911.222.33.44", "+79112223344"),
            ("звоните на 8 4012 33 44 55", "+74012334455"),
            ("телефон 4012 33-44-55", "+74012334455"),
            (
                "восемь девятьсот пятьдесят два сто четырнадцать двадцать два тридцать три",
                "+79521142233",
            ),
            (
                "восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять",
                "+79123456789",
            ),
            ("плюс семь девятьсот шесть двести тридцать одиннадцать ноль пять", "+79062301105"),
            ("eight nine one one two two two three three four four", "+79112223344"),
            ("eight nine double one two double two double three double four", "+79112223344"),
            ("plus seven nine eleven two twenty two thirty three forty four", "+79112223344"),
            ("it's plus seven nine oh six triple seven oh five oh six", "+79067770506"),
            ("my number is +44 20 7946 0958", "+442079460958"),
            ("plus four four two zero seven nine four six zero nine five eight", "+442079460958"),
            ("call me at +1 (415) 555-2671", "+14155552671"),
            ("+49 30 901820", "+4930901820"),
            ("+375 29 123-45-67", "+375291234567"),
            ("+996 555 12 34 56", "+996555123456"),
            ("0044 20 7946 0958", "+442079460958"),
            (
                "восемь девятьсот одиннадцать ну и дальше двести двадцать два тридцать три сорок четыре",
                "+79112223344",
            ),
            ("seven nine one one two two two double three double four", "+79112223344"),
            ("eight nine hundred eleven two twenty two thirty three forty four", "+79112223344"),
            ("тел. 89112223344, Анна", "+79112223344"),
            ("8(911)2223344", "+79112223344"),
            ("+7-911-222-33-44", "+79112223344"),
            ("nine one one two two two three three four four", "+79112223344"),
            ("восемь девять ноль шесть две семёрки семь ноль пять ноль шесть", "+79067770506"),
            ("+7 701 123 45 67", "+77011234567"),
            ("нет не 8 911 222 33 44 а 8 911 222 33 45", "+79112223345"),
            (
                "улица мира дом пять телефон восемь девятьсот одиннадцать двести двадцать два тридцать три сорок четыре",
                "+79112223344",
            ),
        ] {
            let found = heard(said, Awaiting::Problem).whole.map(|whole| whole.value);

            assert_eq!(found.as_deref(), Some(number), "{said}");
        }
    }

    #[test]
    fn fewer_digits_are_a_part_and_only_when_asked() {
        for (said, part) in [
            ("восемь девятьсот одиннадцать", "8911"),
            ("двести двадцать два", "222"),
            ("ноль восемь шесть", "086"),
            ("33-44-55", "334455"),
            ("the last four are four four five five", "4455"),
        ] {
            assert_eq!(heard(said, Awaiting::Phone).part.as_deref(), Some(part), "{said}");
            assert_eq!(heard(said, Awaiting::Time), Heard::default(), "{said}");
        }
    }
}
