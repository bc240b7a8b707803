//! Numbers in words and figures, Russian in all cases, English, cardinal and ordinal.
//!
//! **Never here:** what is counted: hours, flats and digits of a phone ask from outside.

use super::token::Tokens;

/// One number word: "двадцати", "пятого", "hundred".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Atom {
    pub value: u64,
    pub scale: Scale,
    pub ordinal: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scale {
    Zero,
    Unit,
    Teen,
    Ten,
    Hundred,
    /// English "hundred", which multiplies what stands before it.
    Hundredfold,
    Thousand,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub value: u64,
    pub ordinal: bool,
    /// In tokens, an ending such as "-го" or "th" included.
    pub len: usize,
    pub figures: bool,
}

/// The number that starts at token `i`, as much of it as makes one number.
pub(super) fn number(tokens: &Tokens<'_>, i: usize) -> Option<Number> {
    let token = tokens.get(i)?;
    if token.figures {
        return figures(tokens, i);
    }
    // "a hundred and fifty seven"
    if token.fold == "a" {
        let scale = tokens.get(i + 1).and_then(|next| next.atom).map(|atom| atom.scale);
        let counted = words(tokens, i + 1).filter(|_| scale >= Some(Scale::Hundredfold))?;
        return Some(Number { len: counted.len + 1, ..counted });
    }
    token.atom?;
    words(tokens, i)
}

/// A number that counts or names, but is not an ordinal.
pub(super) fn cardinal(tokens: &Tokens<'_>, i: usize) -> Option<Number> {
    number(tokens, i).filter(|number| !number.ordinal)
}

/// The number that ends right before token `i`, with the token where it starts.
pub(super) fn number_before(tokens: &Tokens<'_>, i: usize) -> Option<(usize, Number)> {
    (1..=5)
        .filter_map(|back| i.checked_sub(back))
        .filter_map(|from| Some((from, number(tokens, from)?)))
        .rfind(|(from, number)| from + number.len == i)
}

const ORDINAL_ENDINGS: [&str; 15] =
    ["й", "го", "ого", "я", "ая", "е", "ое", "ый", "ой", "му", "ю", "th", "st", "nd", "rd"];
const CASE_ENDINGS: [&str; 6] = ["ти", "и", "х", "ми", "м", "та"];

fn figures(tokens: &Tokens<'_>, i: usize) -> Option<Number> {
    let value = tokens.at(i).parse().ok()?;
    let ending = matches!(tokens.gap(i + 1), "" | "-") && i + 1 < tokens.len();
    let ordinal = ending && tokens.is(i + 1, &ORDINAL_ENDINGS);
    let case = ending && tokens.gap(i + 1) == "-" && tokens.is(i + 1, &CASE_ENDINGS);
    Some(Number { value, ordinal, len: 1 + usize::from(ordinal || case), figures: true })
}

fn words(tokens: &Tokens<'_>, i: usize) -> Option<Number> {
    let mut sum = Sum::default();
    let mut len = 0;
    while let Some(token) = tokens.get(i + len) {
        if len > 0 && (token.after_mark() || token.gap.contains('/')) {
            break;
        }
        let Some(atom) = token.atom else {
            let and = token.fold == "and" && sum.takes_and();
            let next = tokens.get(i + len + 1).and_then(|next| next.atom);
            match next.filter(|next| and && sum.accepts(*next) && next.scale < Scale::Hundred) {
                Some(next) => {
                    sum.add(next);
                    len += 2;
                    if next.ordinal {
                        break;
                    }
                    continue;
                }
                None => break,
            }
        };
        if !sum.accepts(atom) {
            break;
        }
        sum.add(atom);
        len += 1;
        if atom.ordinal || atom.scale == Scale::Zero {
            break;
        }
    }
    let ordinal = sum.ordinal;
    (len > 0).then(|| Number { value: sum.value(), ordinal, len, figures: false })
}

/// A number in the making: each next word must be of a smaller order than the last.
#[derive(Default)]
struct Sum {
    thousands: u64,
    below: u64,
    last: Option<Scale>,
    ordinal: bool,
    thousand_said: bool,
}

impl Sum {
    fn accepts(&self, atom: Atom) -> bool {
        let Some(last) = self.last else {
            return true;
        };
        match atom.scale {
            Scale::Zero => false,
            Scale::Unit => matches!(last, Scale::Ten) || last >= Scale::Hundred,
            Scale::Teen | Scale::Ten => last >= Scale::Hundred,
            Scale::Hundred => last == Scale::Thousand,
            Scale::Hundredfold => last == Scale::Unit && (1..=9).contains(&self.below),
            Scale::Thousand => !self.thousand_said && last != Scale::Zero && self.below > 0,
        }
    }

    fn add(&mut self, atom: Atom) {
        match atom.scale {
            Scale::Hundredfold => self.below = self.below.max(1) * 100,
            Scale::Thousand => {
                self.thousands = self.below.max(1) * 1000;
                self.below = 0;
                self.thousand_said = true;
            }
            Scale::Zero | Scale::Unit | Scale::Teen | Scale::Ten | Scale::Hundred => {
                self.below += atom.value;
            }
        }
        self.ordinal = atom.ordinal;
        self.last = Some(atom.scale);
    }

    fn takes_and(&self) -> bool {
        matches!(self.last, Some(Scale::Hundredfold | Scale::Thousand))
    }

    fn value(&self) -> u64 {
        self.thousands + self.below
    }
}

/// What a single folded word is worth as a number.
pub(super) fn atom(word: &str) -> Option<Atom> {
    if word.is_ascii() {
        return english(word);
    }
    cardinal_ru(word).or_else(|| ordinal_ru(word)).or_else(|| misheard_ru(word))
}

fn plain(value: u64, scale: Scale) -> Option<Atom> {
    Some(Atom { value, scale, ordinal: false })
}

fn scale_of(value: u64) -> Scale {
    match value {
        0 => Scale::Zero,
        1..=9 => Scale::Unit,
        10..=19 => Scale::Teen,
        20..=99 => Scale::Ten,
        100..=999 => Scale::Hundred,
        _ => Scale::Thousand,
    }
}

fn cardinal_ru(word: &str) -> Option<Atom> {
    let value = match word {
        "ноль" | "нуль" | "нуля" | "ноля" | "нулю" | "нулем" | "нолик" => {
            0
        }
        "один" | "одна" | "одно" | "одну" | "одного" | "одной" | "одному" | "одним" | "одном"
        | "адин" => 1,
        "два" | "две" | "двух" | "двум" | "двумя" => 2,
        "три" | "трех" | "трем" | "тремя" => 3,
        "четыре" | "четырех" | "четырем" | "четырьмя" | "четыри" => {
            4
        }
        "пять" | "пяти" | "пятью" => 5,
        "шесть" | "шести" | "шестью" => 6,
        "семь" | "семи" | "семью" => 7,
        "восемь" | "восьми" | "восемью" | "восьмью" | "восем" => 8,
        "девять" | "девяти" | "девятью" => 9,
        "десять" | "десяти" | "десятью" => 10,
        "сорок" | "сорока" => 40,
        "писят" | "пийсят" | "пятьдесят" | "пятидесяти" | "пятьюдесятью" => {
            50
        }
        "шисят" | "шейсят" | "шестьдесят" | "шестидесяти" | "шестьюдесятью" => {
            60
        }
        "семьдесят" | "семидесяти" | "семьюдесятью" | "семьсят" => {
            70
        }
        "восемьдесят" | "восьмидесяти" | "восемьюдесятью" | "восемьсят" => {
            80
        }
        "девяносто" | "девяноста" => 90,
        "сто" | "ста" => 100,
        "двести" | "двухсот" | "двумстам" | "двумястами" | "двухстах" => {
            200
        }
        "триста" | "трехсот" | "тремстам" | "тремястами" | "трехстах" => {
            300
        }
        "четыреста" | "четырехсот" | "четыремстам" | "четырьмястами" | "четырехстах" => {
            400
        }
        "тысяча" | "тысячи" | "тысяч" | "тысячу" | "тысяче" | "тысячей" | "тыща" | "тыщи"
        | "тыщу" => 1000,
        _ => return teens_and_tens_ru(word).or_else(|| hundreds_ru(word)),
    };
    plain(value, scale_of(value))
}

const TEENS_RU: [(&str, u64); 11] = [
    ("одиннадцат", 11),
    ("двенадцат", 12),
    ("тринадцат", 13),
    ("четырнадцат", 14),
    ("пятнадцат", 15),
    ("шестнадцат", 16),
    ("семнадцат", 17),
    ("восемнадцат", 18),
    ("девятнадцат", 19),
    ("двадцат", 20),
    ("тридцат", 30),
];

fn teens_and_tens_ru(word: &str) -> Option<Atom> {
    let (stem, value) = TEENS_RU.iter().find(|(stem, _)| word.starts_with(stem))?;
    matches!(&word[stem.len()..], "ь" | "и" | "ью").then(|| plain(*value, scale_of(*value)))?
}

const HUNDREDS_RU: [(&str, &str, u64); 5] = [
    ("пять", "пяти", 500),
    ("шесть", "шести", 600),
    ("семь", "семи", 700),
    ("восемь", "восьми", 800),
    ("девять", "девяти", 900),
];

fn hundreds_ru(word: &str) -> Option<Atom> {
    let (.., value) = HUNDREDS_RU.iter().find(|(direct, oblique, _)| {
        word.strip_prefix(direct).is_some_and(|end| matches!(end, "сот" | "юстами"))
            || word.strip_prefix(oblique).is_some_and(|end| matches!(end, "сот" | "стам" | "стах"))
    })?;
    plain(*value, Scale::Hundred)
}

#[rustfmt::skip]
const ORDINALS_RU: [(&str, u64); 33] = [
    ("нулев", 0), ("перв", 1), ("втор", 2), ("трет", 3), ("четверт", 4), ("пят", 5), ("шест", 6),
    ("седьм", 7), ("восьм", 8), ("девят", 9), ("десят", 10), ("сороков", 40), ("пятидесят", 50),
    ("шестидесят", 60), ("семидесят", 70), ("восьмидесят", 80), ("девяност", 90), ("сот", 100),
    ("двухсот", 200), ("трехсот", 300), ("четырехсот", 400), ("пятисот", 500), ("шестисот", 600),
    ("семисот", 700), ("восьмисот", 800), ("девятисот", 900), ("одинадцат", 11),
    ("двенацат", 12), ("двацат", 20), ("трицат", 30), ("тысячн", 1000), ("двухтысячн", 2000),
    ("трехтысячн", 3000),
];

const ADJECTIVE_RU: [&str; 14] =
    ["ый", "ой", "ий", "ая", "ое", "ые", "ого", "ому", "ым", "ом", "ую", "ых", "ыми", "его"];
const THIRD_RU: [&str; 11] =
    ["ий", "ья", "ье", "ьи", "ьего", "ьему", "ьим", "ьем", "ью", "ьей", "ьих"];

fn ordinal_ru(word: &str) -> Option<Atom> {
    let value = TEENS_RU.iter().chain(&ORDINALS_RU).find_map(|(stem, value)| {
        let end = word.strip_prefix(stem)?;
        let endings: &[&str] = if *stem == "трет" { &THIRD_RU } else { &ADJECTIVE_RU };
        endings.contains(&end).then_some(*value)
    })?;
    Some(Atom { value, scale: scale_of(value), ordinal: true })
}

/// Words whose swallowed letters still leave one number only: "двацать", "одинадцать".
fn misheard_ru(word: &str) -> Option<Atom> {
    const SOUNDS: [&str; 5] = ["цат", "дцат", "десят", "десет", "дисят"];
    if !SOUNDS.iter().any(|sound| word.contains(sound)) {
        return None;
    }
    let tens =
        ["пятьдесят", "шестьдесят", "семьдесят", "восемьдесят"].into_iter().zip([50, 60, 70, 80]);
    TEENS_RU
        .iter()
        .map(|(stem, value)| (format!("{stem}ь"), *value))
        .chain(tens.map(|(word, value)| (word.to_owned(), value)))
        .find(|(spelled, _)| strsim::levenshtein(spelled, word) <= 1)
        .and_then(|(_, value)| plain(value, scale_of(value)))
}

fn english(word: &str) -> Option<Atom> {
    if let Some(atom) = ordinal_en(word) {
        return Some(atom);
    }
    let value = match word {
        "zero" => 0,
        "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        "eleven" => 11,
        "twelve" => 12,
        "thirteen" => 13,
        "fourteen" => 14,
        "fifteen" => 15,
        "sixteen" => 16,
        "seventeen" => 17,
        "eighteen" => 18,
        "nineteen" => 19,
        "twenty" => 20,
        "thirty" => 30,
        "forty" | "fourty" => 40,
        "fifty" => 50,
        "sixty" => 60,
        "seventy" => 70,
        "eighty" => 80,
        "ninety" | "ninty" => 90,
        "hundred" => return plain(100, Scale::Hundredfold),
        "thousand" => 1000,
        _ => return word.strip_suffix("ish").and_then(english),
    };
    plain(value, scale_of(value))
}

fn ordinal_en(word: &str) -> Option<Atom> {
    let value = match word {
        "first" => 1,
        "second" => 2,
        "third" => 3,
        "fourth" => 4,
        "fifth" => 5,
        "eighth" => 8,
        "ninth" => 9,
        "twelfth" | "twelth" => 12,
        "hundredth" => 100,
        _ => {
            let stem = word.strip_suffix("ieth").map(|stem| format!("{stem}y"));
            let stem = stem.or_else(|| word.strip_suffix("th").map(str::to_owned))?;
            let atom = english(&stem).filter(|atom| !atom.ordinal && atom.value > 5)?;
            return Some(Atom { ordinal: true, ..atom });
        }
    };
    let scale = if value == 100 { Scale::Hundredfold } else { scale_of(value) };
    Some(Atom { value, scale, ordinal: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(u64, bool, usize)> {
        number(&Tokens::of(text), 0).map(|number| (number.value, number.ordinal, number.len))
    }

    #[test]
    fn every_number_below_ten_thousand_comes_back_from_its_russian_words() {
        for value in 0..10_000 {
            let said = spell_ru(value);

            let words = said.split(' ').count();

            assert_eq!(read(&said), Some((value, false, words)), "{said}");
        }
    }

    #[test]
    fn every_number_below_ten_thousand_comes_back_from_its_english_words() {
        for value in 0..10_000 {
            let said = spell_en(value);

            let words = said.split([' ', '-']).count();

            assert_eq!(read(&said), Some((value, false, words)), "{said}");
        }
    }

    #[test]
    fn ordinals_are_read_in_every_form() {
        for (said, value) in [
            ("двадцать пятое", 25),
            ("двадцать пятого", 25),
            ("тридцатого", 30),
            ("третьего", 3),
            ("третьим", 3),
            ("сто девяностый", 190),
            ("сороковой", 40),
            ("восьмой", 8),
            ("седьмая", 7),
            ("двухсотый", 200),
            ("двадцать первую", 21),
            ("шестнадцатом", 16),
            ("thirtieth", 30),
            ("twenty-fifth", 25),
            ("third", 3),
            ("twelfth", 12),
            ("sixteenth", 16),
            ("hundred and first", 101),
            ("25-го", 25),
            ("30th", 30),
            ("7я", 7),
        ] {
            let found = read(said).map(|(value, ordinal, _)| (value, ordinal));

            assert_eq!(found, Some((value, true)), "{said}");
        }
    }

    #[test]
    fn oblique_and_misheard_cardinals_are_read() {
        for (said, value) in [
            ("двадцати пяти", 25),
            ("двенадцати", 12),
            ("семью", 7),
            ("двумстам", 200),
            ("пятисот", 500),
            ("сорока двух", 42),
            ("двацать", 20),
            ("одинадцать", 11),
            ("пятнацать", 15),
            ("писят", 50),
            ("тысяча пятьсот", 1500),
            ("две тысячи восемьсот", 2800),
            ("9-ти", 9),
            ("three hundred and five", 305),
            ("a hundred", 100),
            ("a hundred and fifty seven", 157),
        ] {
            let found = read(said).map_or(0, |(value, ..)| value);

            assert_eq!(found, value, "{said}");
        }
    }

    #[test]
    fn two_numbers_side_by_side_stay_two() {
        for (said, first) in [
            ("сорок два семнадцать", 42),
            ("двадцать один три", 21),
            ("десять тридцать", 10),
            ("сто двадцать сорок три", 120),
            ("двадцать тридцать", 20),
            ("seven thirty", 7),
            ("пять, шесть", 5),
        ] {
            let found = read(said).map_or(0, |(value, ..)| value);

            assert_eq!(found, first, "{said}");
        }
    }

    #[rustfmt::skip]
    const UNITS_RU: [&str; 20] = [
        "ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять",
        "десять", "одиннадцать", "двенадцать", "тринадцать", "четырнадцать", "пятнадцать",
        "шестнадцать", "семнадцать", "восемнадцать", "девятнадцать",
    ];
    const TENS_RU: [&str; 10] = [
        "",
        "",
        "двадцать",
        "тридцать",
        "сорок",
        "пятьдесят",
        "шестьдесят",
        "семьдесят",
        "восемьдесят",
        "девяносто",
    ];
    const HUNDREDS: [&str; 10] = [
        "",
        "сто",
        "двести",
        "триста",
        "четыреста",
        "пятьсот",
        "шестьсот",
        "семьсот",
        "восемьсот",
        "девятьсот",
    ];

    fn spell_ru(value: u64) -> String {
        let mut words = Vec::new();
        match value / 1000 {
            0 => {}
            1 => words.push("тысяча"),
            2 => words.extend(["две", "тысячи"]),
            n => words.extend([UNITS_RU[n as usize], if n < 5 { "тысячи" } else { "тысяч" }]),
        }
        let rest = (value % 1000) as usize;
        words.extend((rest >= 100).then(|| HUNDREDS[rest / 100]));
        match rest % 100 {
            0 if value > 0 => {}
            n @ 0..20 => words.push(UNITS_RU[n]),
            n => {
                words.push(TENS_RU[n / 10]);
                words.extend((n % 10 > 0).then(|| UNITS_RU[n % 10]));
            }
        }
        words.join(" ")
    }

    #[rustfmt::skip]
    const UNITS_EN: [&str; 20] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
        "eighteen", "nineteen",
    ];
    const TENS_EN: [&str; 10] =
        ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

    fn spell_en(value: u64) -> String {
        let below = |n: usize| match n {
            0..20 => UNITS_EN[n].to_owned(),
            n if n % 10 == 0 => TENS_EN[n / 10].to_owned(),
            n => format!("{}-{}", TENS_EN[n / 10], UNITS_EN[n % 10]),
        };
        let mut parts = Vec::new();
        let value = value as usize;
        if value >= 1000 {
            parts.push(format!("{} thousand", UNITS_EN[value / 1000]));
        }
        if value % 1000 >= 100 {
            parts.push(format!("{} hundred", UNITS_EN[value % 1000 / 100]));
        }
        if !value.is_multiple_of(100) && value >= 100 {
            parts.push(format!("and {}", below(value % 100)));
        } else if value < 100 {
            parts.push(below(value));
        }
        parts.join(" ")
    }
}
