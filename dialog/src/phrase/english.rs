//! English numbers in words.
//!
//! **Never here:** what is counted.

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] =
    ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [(u64, &str); 3] =
    [(1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand")];

/// "two thousand eight hundred".
pub(super) fn cardinal(n: u64) -> String {
    if n == 0 {
        return SMALL[0].into();
    }

    let mut rest = n;
    let mut words = Vec::new();
    for (size, name) in SCALES {
        if rest >= size {
            words.push(format!("{} {name}", cardinal(rest / size)));
            rest %= size;
        }
    }
    if rest > 0 {
        words.push(below_thousand(rest));
    }
    words.join(" ")
}

fn below_thousand(n: u64) -> String {
    let (hundreds, rest) = (n / 100, n % 100);
    match (hundreds, rest) {
        (0, rest) => below_hundred(rest),
        (hundreds, 0) => format!("{} hundred", SMALL[hundreds as usize]),
        (hundreds, rest) => format!("{} hundred {}", SMALL[hundreds as usize], below_hundred(rest)),
    }
}

fn below_hundred(n: u64) -> String {
    match (n / 10, n % 10) {
        (0 | 1, _) => SMALL[n as usize].into(),
        (tens, 0) => TENS[tens as usize].into(),
        (tens, unit) => format!("{}-{}", TENS[tens as usize], SMALL[unit as usize]),
    }
}

/// "twenty-first", for days of the month.
pub(super) fn ordinal(n: u64) -> String {
    let words = cardinal(n);
    let (head, last) = match words.rfind(['-', ' ']) {
        Some(at) => words.split_at(at + 1),
        None => ("", words.as_str()),
    };
    format!("{head}{}", ordinal_word(last))
}

fn ordinal_word(word: &str) -> String {
    match word {
        "one" => "first".into(),
        "two" => "second".into(),
        "three" => "third".into(),
        "five" => "fifth".into(),
        "eight" => "eighth".into(),
        "nine" => "ninth".into(),
        "twelve" => "twelfth".into(),
        other => match other.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{other}th"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_say_them() {
        let cases = [
            (0, "zero"),
            (11, "eleven"),
            (21, "twenty-one"),
            (100, "one hundred"),
            (342, "three hundred forty-two"),
            (1000, "one thousand"),
            (2800, "two thousand eight hundred"),
            (1_000_042, "one million forty-two"),
        ];

        for (n, words) in cases {
            assert_eq!(cardinal(n), words);
        }
    }

    #[test]
    fn days_of_the_month_are_ordinals() {
        let cases = [(1, "first"), (3, "third"), (12, "twelfth"), (20, "twentieth")];

        for (n, words) in cases {
            assert_eq!(ordinal(n), words);
        }
        assert_eq!(ordinal(21), "twenty-first");
        assert_eq!(ordinal(30), "thirtieth");
    }
}
