//! Russian numbers in words, with gender and case.
//!
//! **Never here:** what is counted.

use super::{Case, Gender, counted};
use job_core::trade::Language;

/// Six forms in the order of `Case`.
type Forms = [&'static str; 6];

const ONE: [Forms; 3] = [
    ["один", "одного", "одному", "один", "одним", "одном"],
    ["одна", "одной", "одной", "одну", "одной", "одной"],
    ["одно", "одного", "одному", "одно", "одним", "одном"],
];
const TWO: [Forms; 2] = [
    ["два", "двух", "двум", "два", "двумя", "двух"],
    ["две", "двух", "двум", "две", "двумя", "двух"],
];
const THREE: Forms = ["три", "трёх", "трём", "три", "тремя", "трёх"];
const FOUR: Forms = ["четыре", "четырёх", "четырём", "четыре", "четырьмя", "четырёх"];
const ZERO: Forms = ["ноль", "ноля", "нолю", "ноль", "нолём", "ноле"];

/// Decline alike: "пять", "пяти", "пятью".
const SOFT: [&str; 16] = [
    "пять",
    "шесть",
    "семь",
    "восемь",
    "девять",
    "десять",
    "одиннадцать",
    "двенадцать",
    "тринадцать",
    "четырнадцать",
    "пятнадцать",
    "шестнадцать",
    "семнадцать",
    "восемнадцать",
    "девятнадцать",
    "двадцать",
];
const THIRTY: &str = "тридцать";

const HUNDREDS: [Forms; 4] = [
    ["сто", "ста", "ста", "сто", "ста", "ста"],
    ["двести", "двухсот", "двумстам", "двести", "двумястами", "двухстах"],
    ["триста", "трёхсот", "трёмстам", "триста", "тремястами", "трёхстах"],
    ["четыреста", "четырёхсот", "четырёмстам", "четыреста", "четырьмястами", "четырёхстах"],
];

/// Singular in six cases, plural in six cases, and the form after five.
struct Scale {
    size: u64,
    gender: Gender,
    singular: Forms,
    plural: Forms,
    few: &'static str,
    many: &'static str,
}

const SCALES: [Scale; 3] = [
    Scale {
        size: 1_000_000_000,
        gender: Gender::Masculine,
        singular: ["миллиард", "миллиарда", "миллиарду", "миллиард", "миллиардом", "миллиарде"],
        plural: ["миллиарды", "миллиардов", "миллиардам", "миллиарды", "миллиардами", "миллиардах"],
        few: "миллиарда",
        many: "миллиардов",
    },
    Scale {
        size: 1_000_000,
        gender: Gender::Masculine,
        singular: ["миллион", "миллиона", "миллиону", "миллион", "миллионом", "миллионе"],
        plural: ["миллионы", "миллионов", "миллионам", "миллионы", "миллионами", "миллионах"],
        few: "миллиона",
        many: "миллионов",
    },
    Scale {
        size: 1_000,
        gender: Gender::Feminine,
        singular: ["тысяча", "тысячи", "тысяче", "тысячу", "тысячей", "тысяче"],
        plural: ["тысячи", "тысяч", "тысячам", "тысячи", "тысячами", "тысячах"],
        few: "тысячи",
        many: "тысяч",
    },
];

/// "двух тысяч восьмисот". One thousand is "тысяча", as people say it.
pub(super) fn cardinal(n: u64, gender: Gender, case: Case) -> String {
    if n == 0 {
        return ZERO[case as usize].into();
    }

    let mut rest = n;
    let mut words: Vec<String> = Vec::new();
    for scale in &SCALES {
        let count = rest / scale.size;
        rest %= scale.size;
        if count > 1 {
            words.push(cardinal(count, scale.gender, case));
        }
        if count > 0 {
            words.push(scale.word(count, case).into());
        }
    }
    below_thousand(rest, gender, case, &mut words);
    words.join(" ")
}

impl Scale {
    fn word(&self, count: u64, case: Case) -> &'static str {
        let one = counted(count, ["one", "few", "many"], Language::Ru);
        match (case, one) {
            (_, "one") => self.singular[case as usize],
            (Case::Nominative | Case::Accusative, "few") => self.few,
            (Case::Nominative | Case::Accusative, _) => self.many,
            (Case::Genitive | Case::Dative | Case::Instrumental | Case::Prepositional, _) => {
                self.plural[case as usize]
            }
        }
    }
}

fn below_thousand(n: u64, gender: Gender, case: Case, words: &mut Vec<String>) {
    let (hundreds, rest) = (n / 100, n % 100);
    if hundreds > 0 {
        words.push(hundred(hundreds as usize, case));
    }
    match rest {
        0 => {}
        1..=20 => words.push(unit(rest, gender, case)),
        21.. => {
            words.push(ten(rest / 10, case));
            if rest % 10 > 0 {
                words.push(unit(rest % 10, gender, case));
            }
        }
    }
}

fn unit(n: u64, gender: Gender, case: Case) -> String {
    let at = case as usize;
    match n {
        1 => ONE[gender as usize][at].into(),
        2 => TWO[usize::from(gender == Gender::Feminine)][at].into(),
        3 => THREE[at].into(),
        4 => FOUR[at].into(),
        _ => soft(SOFT[(n - 5) as usize], case),
    }
}

fn ten(tens: u64, case: Case) -> String {
    let oblique = !matches!(case, Case::Nominative | Case::Accusative);
    match tens {
        2 => soft(SOFT[15], case),
        3 => soft(THIRTY, case),
        4 if oblique => "сорока".into(),
        4 => "сорок".into(),
        9 if oblique => "девяноста".into(),
        9 => "девяносто".into(),
        _ => compound(SOFT[(tens - 5) as usize], "десят", ["десяти", "десятью"], case),
    }
}

fn hundred(hundreds: usize, case: Case) -> String {
    if let Some(forms) = HUNDREDS.get(hundreds - 1) {
        return forms[case as usize].into();
    }

    let first = SOFT[hundreds - 5];
    match case {
        Case::Nominative | Case::Accusative => format!("{first}сот"),
        Case::Genitive => format!("{}сот", soft(first, case)),
        Case::Dative => format!("{}стам", soft(first, case)),
        Case::Instrumental => format!("{}стами", soft(first, case)),
        Case::Prepositional => format!("{}стах", soft(first, case)),
    }
}

/// "пятьдесят": both halves decline.
fn compound(first: &str, second: &str, [oblique, instrumental]: [&str; 2], case: Case) -> String {
    match case {
        Case::Nominative | Case::Accusative => format!("{first}{second}"),
        Case::Instrumental => format!("{}{instrumental}", soft(first, case)),
        Case::Genitive | Case::Dative | Case::Prepositional => {
            format!("{}{oblique}", soft(first, case))
        }
    }
}

fn soft(word: &str, case: Case) -> String {
    let stem = word.strip_suffix('ь').unwrap_or(word);
    match case {
        Case::Nominative | Case::Accusative => word.into(),
        Case::Instrumental => format!("{word}ю"),
        Case::Genitive | Case::Dative | Case::Prepositional => match stem.strip_suffix("восем")
        {
            Some(head) => format!("{head}восьми"),
            None => format!("{stem}и"),
        },
    }
}

const ORDINALS: [&str; 20] = [
    "перв",
    "втор",
    "треть",
    "четвёрт",
    "пят",
    "шест",
    "седьм",
    "восьм",
    "девят",
    "десят",
    "одиннадцат",
    "двенадцат",
    "тринадцат",
    "четырнадцат",
    "пятнадцат",
    "шестнадцат",
    "семнадцат",
    "восемнадцат",
    "девятнадцат",
    "двадцат",
];

/// Day of the month, 1..=31, neuter: "двадцать первое" or, in any other case, "двадцать первого".
pub(super) fn day_of_month(day: u64, case: Case) -> String {
    let (head, stem) = match day {
        1..=20 => ("", ORDINALS[(day - 1) as usize]),
        30 => ("", "тридцат"),
        21..=29 => ("двадцать ", ORDINALS[(day - 21) as usize]),
        _ => ("тридцать ", ORDINALS[0]),
    };
    let end = match (case, stem) {
        (Case::Nominative, "треть") => "е",
        (Case::Nominative, _) => "ое",
        (_, "треть") => "его",
        (_, _) => "ого",
    };
    format!("{head}{stem}{end}")
}

/// A day or year in a street's name: "девятого", "тысяча восемьсот двенадцатого".
pub(super) fn year(n: u64) -> String {
    match (n / 100 * 100, n % 100) {
        (0, day @ 1..=31) => day_of_month(day, Case::Genitive),
        (hundreds, day @ 1..=31) => {
            let hundreds = cardinal(hundreds, Gender::Masculine, Case::Nominative);
            format!("{hundreds} {}", day_of_month(day, Case::Genitive))
        }
        (_, _) => cardinal(n, Gender::Masculine, Case::Nominative),
    }
}

const HOUR: Forms = ["час", "часа", "часу", "час", "часом", "часе"];
const HOURS: Forms = ["часы", "часов", "часам", "часы", "часами", "часах"];

/// "два часа дня", "двум часам дня"; with minutes "четырнадцать тридцать".
pub(super) fn clock(hour: u64, minute: u64, case: Case) -> String {
    if minute > 0 {
        let zero = if minute < 10 { "ноль " } else { "" };
        let hour = cardinal(hour, Gender::Masculine, case);
        return format!("{hour} {zero}{}", cardinal(minute, Gender::Masculine, case));
    }

    let (small, part) = (twelve(hour), part_of_day(hour));
    if small == 1 {
        return format!("{} {part}", HOUR[case as usize]);
    }
    let word = match case {
        Case::Nominative | Case::Accusative => {
            counted(small, ["час", "часа", "часов"], Language::Ru)
        }
        Case::Genitive | Case::Dative | Case::Instrumental | Case::Prepositional => {
            HOURS[case as usize]
        }
    };
    format!("{} {word} {part}", cardinal(small, Gender::Masculine, case))
}

fn twelve(hour: u64) -> u64 {
    match hour % 12 {
        0 => 12,
        other => other,
    }
}

fn part_of_day(hour: u64) -> &'static str {
    match hour {
        0..=3 => "ночи",
        4..=11 => "утра",
        12..=16 => "дня",
        _ => "вечера",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Case::{Accusative, Dative, Genitive, Instrumental, Nominative, Prepositional};
    use Gender::{Feminine, Masculine, Neuter};

    #[test]
    fn numbers_agree_in_gender_and_case() {
        let cases = [
            (0, Masculine, Nominative, "ноль"),
            (1, Masculine, Nominative, "один"),
            (1, Feminine, Accusative, "одну"),
            (1, Neuter, Nominative, "одно"),
            (2, Feminine, Nominative, "две"),
            (2, Masculine, Dative, "двум"),
            (3, Masculine, Genitive, "трёх"),
            (4, Masculine, Instrumental, "четырьмя"),
            (5, Masculine, Genitive, "пяти"),
            (5, Masculine, Instrumental, "пятью"),
            (8, Masculine, Genitive, "восьми"),
            (8, Masculine, Instrumental, "восемью"),
            (11, Masculine, Nominative, "одиннадцать"),
            (11, Masculine, Dative, "одиннадцати"),
            (18, Masculine, Genitive, "восемнадцати"),
            (20, Masculine, Genitive, "двадцати"),
            (21, Feminine, Nominative, "двадцать одна"),
            (21, Masculine, Genitive, "двадцати одного"),
            (30, Masculine, Instrumental, "тридцатью"),
            (40, Masculine, Genitive, "сорока"),
            (42, Masculine, Nominative, "сорок два"),
            (50, Masculine, Genitive, "пятидесяти"),
            (80, Masculine, Instrumental, "восемьюдесятью"),
            (90, Masculine, Prepositional, "девяноста"),
            (100, Masculine, Nominative, "сто"),
            (200, Masculine, Dative, "двумстам"),
            (342, Masculine, Nominative, "триста сорок два"),
            (400, Masculine, Genitive, "четырёхсот"),
            (500, Masculine, Nominative, "пятьсот"),
            (800, Masculine, Genitive, "восьмисот"),
            (911, Masculine, Nominative, "девятьсот одиннадцать"),
            (1000, Masculine, Nominative, "тысяча"),
            (1000, Masculine, Genitive, "тысячи"),
            (1001, Masculine, Nominative, "тысяча один"),
            (2000, Masculine, Nominative, "две тысячи"),
            (2000, Masculine, Genitive, "двух тысяч"),
            (2800, Masculine, Nominative, "две тысячи восемьсот"),
            (5000, Masculine, Nominative, "пять тысяч"),
            (5000, Masculine, Dative, "пяти тысячам"),
            (11000, Masculine, Nominative, "одиннадцать тысяч"),
            (21000, Masculine, Nominative, "двадцать одна тысяча"),
            (22000, Masculine, Nominative, "двадцать две тысячи"),
            (1_000_000, Masculine, Nominative, "миллион"),
            (2_000_005, Masculine, Nominative, "два миллиона пять"),
        ];

        for (n, gender, case, words) in cases {
            assert_eq!(cardinal(n, gender, case), words, "{n} {gender:?} {case:?}");
        }
    }

    #[test]
    fn days_of_the_month_are_ordinals() {
        let cases = [
            (1, "первое", "первого"),
            (3, "третье", "третьего"),
            (4, "четвёртое", "четвёртого"),
            (20, "двадцатое", "двадцатого"),
            (21, "двадцать первое", "двадцать первого"),
            (23, "двадцать третье", "двадцать третьего"),
            (30, "тридцатое", "тридцатого"),
            (31, "тридцать первое", "тридцать первого"),
        ];

        for (day, nominative, genitive) in cases {
            assert_eq!(day_of_month(day, Nominative), nominative);
            assert_eq!(day_of_month(day, Genitive), genitive);
        }
    }

    #[test]
    fn the_hour_knows_its_part_of_the_day() {
        let cases = [
            (10, 0, Accusative, "десять часов утра"),
            (12, 0, Accusative, "двенадцать часов дня"),
            (13, 0, Accusative, "час дня"),
            (13, 0, Dative, "часу дня"),
            (14, 0, Accusative, "два часа дня"),
            (14, 0, Dative, "двум часам дня"),
            (14, 0, Genitive, "двух часов дня"),
            (18, 0, Accusative, "шесть часов вечера"),
            (0, 0, Accusative, "двенадцать часов ночи"),
            (14, 30, Accusative, "четырнадцать тридцать"),
            (9, 5, Accusative, "девять ноль пять"),
            (14, 30, Dative, "четырнадцати тридцати"),
        ];

        for (hour, minute, case, words) in cases {
            assert_eq!(clock(hour, minute, case), words);
        }
    }
}
