//! Amounts with fractions and scales: "полторы тысячи", "три с половиной", "1 500,50", "5к", "a dozen".
//!
//! **Never here:** what is measured (money, duration).

use crate::understand::number::{Number, cardinal};
use crate::understand::token::Tokens;

/// An amount and how many tokens it took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quantity {
    pub value: f64,
    pub len: usize,
    /// Said with a scale, "тысяч" or "к": more likely money than flats.
    pub scaled: bool,
}

/// The amount that starts at token `i`.
pub(super) fn quantity(tokens: &Tokens<'_>, i: usize) -> Option<Quantity> {
    let minus = usize::from(negative(tokens, i));
    let found = unsigned(tokens, i + minus)?;
    let value = if minus == 1 || dashed(tokens, i) { -found.value } else { found.value };
    Some(Quantity { value, len: found.len + minus, ..found })
}

fn negative(tokens: &Tokens<'_>, i: usize) -> bool {
    tokens.is(i, &["минус", "minus"])
}

/// "-5", but not "9-5" and not a dash in a sentence.
fn dashed(tokens: &Tokens<'_>, i: usize) -> bool {
    let gap = tokens.gap(i);
    let led = gap.ends_with(['-', '−']) && (gap.len() > '-'.len_utf8() || i == 0);
    led && gap.trim().chars().count() == 1 && tokens.get(i).is_some_and(|token| token.figures)
}

fn unsigned(tokens: &Tokens<'_>, i: usize) -> Option<Quantity> {
    let base = fixed(tokens, i).or_else(|| figures(tokens, i)).or_else(|| words(tokens, i))?;
    let base = with_half(tokens, i, base);
    let scaled = with_scale(tokens, i, base);
    Some(with_rest(tokens, i, scaled))
}

/// Amounts that are words of their own.
fn fixed(tokens: &Tokens<'_>, i: usize) -> Option<Quantity> {
    #[rustfmt::skip]
    const FIXED: &[(&str, f64)] = &[
        ("полтора", 1.5), ("полторы", 1.5), ("полутора", 1.5), ("полтораста", 150.0),
        ("полутораста", 150.0), ("половина", 0.5), ("половину", 0.5), ("половиной", 0.5),
        ("полсотни", 50.0), ("сотня", 100.0), ("сотню", 100.0), ("сотни", 100.0),
        ("дюжина", 12.0), ("дюжину", 12.0), ("полдюжины", 6.0), ("десяток", 10.0),
        ("полтысячи", 500.0), ("пол тысячи", 500.0), ("полтыщи", 500.0), ("косарь", 1000.0),
        ("полмиллиона", 500_000.0), ("пол миллиона", 500_000.0), ("миллион", 1_000_000.0),
        ("a dozen", 12.0), ("dozen", 12.0), ("half a dozen", 6.0), ("a hundred", 100.0),
        ("a thousand", 1000.0), ("a million", 1_000_000.0), ("half a million", 500_000.0),
        ("a grand", 1000.0), ("one and a half", 1.5), ("half a thousand", 500.0),
        ("пара сотен", 200.0), ("пару сотен", 200.0), ("пара тысяч", 2000.0),
        ("пару тысяч", 2000.0), ("a couple of thousand", 2000.0),
        ("a couple of hundred", 200.0), ("a couple hundred", 200.0),
        ("a couple thousand", 2000.0),
    ];
    let (value, len) = FIXED
        .iter()
        .filter_map(|(phrase, value)| Some((*value, tokens.phrase(i, phrase)?)))
        .max_by_key(|(_, len)| *len)?;
    let more = match (value, tokens.at(i)) {
        (100.0 | 1000.0 | 1_000_000.0, "a") => below(tokens, i + len, value),
        _ => None,
    };
    let (add, taken) = more.unwrap_or((0.0, 0));
    Some(Quantity { value: value + add, len: len + taken, scaled: value >= 100.0 })
}

/// "a hundred and twenty", "a thousand five hundred".
fn below(tokens: &Tokens<'_>, at: usize, scale: f64) -> Option<(f64, usize)> {
    let and = usize::from(tokens.at(at) == "and");
    let rest = cardinal(tokens, at + and).filter(|rest| !rest.figures)?;
    (as_float(rest.value) < scale).then(|| (as_float(rest.value), and + rest.len))
}

/// "1500", "1 500", "1,500", "2,5", "3.75".
fn figures(tokens: &Tokens<'_>, i: usize) -> Option<Quantity> {
    let first = tokens.get(i).filter(|token| token.figures && token.fold.len() <= 12)?;
    let mut digits = first.fold.clone();
    let mut len = 1;
    while let Some(next) = group(tokens, i + len, &digits) {
        digits.push_str(next);
        len += 1;
    }
    let mut value: f64 = digits.parse().ok()?;
    if let Some(cents) = decimals(tokens, i + len) {
        value += cents;
        len += 1;
    }
    if is_ordinal_ending(tokens, i + len) {
        return None;
    }
    Some(Quantity { value, len, scaled: false })
}

/// Three more digits after a space or a comma.
fn group<'a>(tokens: &'a Tokens<'_>, at: usize, so_far: &str) -> Option<&'a str> {
    let token = tokens.get(at).filter(|token| token.figures && token.fold.len() == 3)?;
    let joined = matches!(token.gap, " " | "\u{a0}" | "\u{202f}" | ",");
    let opens = so_far.len() <= 3 || so_far.len() % 3 == so_far.len() % 3 && so_far.len() > 3;
    let whole = so_far.len() <= 3 && so_far != "0" && !so_far.starts_with('0') || so_far.len() > 3;
    (joined && opens && whole).then_some(token.fold.as_str())
}

fn decimals(tokens: &Tokens<'_>, at: usize) -> Option<f64> {
    let token = tokens.get(at).filter(|token| token.figures && token.fold.len() <= 2)?;
    let places = i32::try_from(token.fold.len()).ok()?;
    let value: f64 = token.fold.parse().ok()?;
    // "25.11.2026" is a date.
    let longer = tokens.get(at + 1).is_some_and(|next| next.figures && next.gap == ".");
    (matches!(token.gap, "," | ".") && !longer).then(|| value / 10f64.powi(places))
}

fn is_ordinal_ending(tokens: &Tokens<'_>, at: usize) -> bool {
    matches!(tokens.gap(at), "" | "-")
        && tokens.is(at, &["й", "го", "ого", "я", "ая", "е", "ое", "ый", "th", "st", "nd", "rd"])
}

fn words(tokens: &Tokens<'_>, i: usize) -> Option<Quantity> {
    let Number { value, len, .. } = cardinal(tokens, i).filter(|number| !number.figures)?;
    let whole = Quantity { value: as_float(value), len, scaled: value >= 1000 };
    Some(pointed(tokens, i, whole))
}

/// "two point five", "две целых пять десятых".
fn pointed(tokens: &Tokens<'_>, i: usize, whole: Quantity) -> Quantity {
    let at = i + whole.len;
    if tokens.at(at) == "point"
        && let Some(tenths) = cardinal(tokens, at + 1).filter(|tenths| tenths.value < 100)
    {
        let places = if tenths.value < 10 { 10.0 } else { 100.0 };
        let value = whole.value + as_float(tenths.value) / places;
        return Quantity { value, len: whole.len + 1 + tenths.len, ..whole };
    }
    if tokens.is(at, &["целых", "целая", "целые"]) {
        let and = usize::from(tokens.at(at + 1) == "и");
        let part = cardinal(tokens, at + 1 + and);
        let parts = part.and_then(|part| {
            let end = at + 1 + and + part.len;
            let places = match tokens.at(end) {
                "десятых" | "десятая" => 10.0,
                "сотых" | "сотая" => 100.0,
                _ => return None,
            };
            Some((as_float(part.value) / places, end + 1))
        });
        if let Some((value, end)) = parts {
            return Quantity { value: whole.value + value, len: end - i, ..whole };
        }
    }
    whole
}

/// "три с половиной", "two and a half": half of what the scale after it makes.
fn with_half(tokens: &Tokens<'_>, i: usize, base: Quantity) -> Quantity {
    let half = tokens.any(i + base.len, &["с половиной", "and a half", "и пол"]);
    match half {
        Some(more) if base.value >= 1000.0 && base.value % 1000.0 == 0.0 => {
            Quantity { value: base.value + 500.0, len: base.len + more, ..base }
        }
        Some(more) => Quantity { value: base.value + 0.5, len: base.len + more, ..base },
        None => base,
    }
}

fn with_scale(tokens: &Tokens<'_>, i: usize, base: Quantity) -> Quantity {
    let at = i + base.len;
    let Some((scale, len)) = scale(tokens, at).filter(|(scale, _)| base.value < *scale) else {
        return base;
    };
    Quantity { value: base.value * scale, len: base.len + len, scaled: true }
}

fn scale(tokens: &Tokens<'_>, at: usize) -> Option<(f64, usize)> {
    let near = tokens.gap(at).trim().is_empty() && tokens.gap(at).len() <= 2;
    let word = tokens.at(at);
    let scale = match word {
        "к" | "k" if tokens.gap(at).is_empty() && at > 0 && !tokens.gap(at + 1).is_empty() => {
            1000.0
        }
        "к" | "k" if tokens.gap(at).is_empty() && at + 1 == tokens.len() => 1000.0,
        "тыс" | "тысяча" | "тысячи" | "тысяч" | "тысячу" | "тысячей" | "тысячам" | "тысячами"
        | "тыщ" | "тыщи" | "тыща" | "тыщу" | "косарей" | "косаря" | "штук" | "thousand"
        | "thousands" | "grand" | "т" => 1000.0,
        "млн" | "миллион" | "миллиона" | "миллионов" | "лям" | "ляма" | "million" | "millions" => {
            1_000_000.0
        }
        "сотни" | "сотен" | "hundred" => 100.0,
        _ => return None,
    };
    // "пять штук" are pieces as often as thousands, "5 т" tonnes.
    let slang = matches!(word, "штук" | "т");
    (near && !slang).then_some((scale, 1))
}

/// "полтора миллиона двести тысяч", "two thousand and five": what follows a scale.
fn with_rest(tokens: &Tokens<'_>, i: usize, base: Quantity) -> Quantity {
    if !base.scaled || base.value < 1_000_000.0 {
        return base;
    }
    let rest = cardinal(tokens, i + base.len).filter(|rest| !rest.figures);
    match rest.filter(|rest| as_float(rest.value) < 1_000_000.0) {
        Some(rest) => Quantity {
            value: base.value + as_float(rest.value),
            len: base.len + rest.len,
            scaled: true,
        },
        None => base,
    }
}

#[expect(clippy::cast_precision_loss, reason = "no number people say has over 52 bits")]
pub(super) fn as_float(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_words_and_figures() {
        for (said, value) in [
            ("полторы тысячи", 1500.0),
            ("три с половиной тысячи", 3500.0),
            ("тысяча сто", 1100.0),
            ("1 500", 1500.0),
            ("1,500", 1500.0),
            ("2,5", 2.5),
            ("3.75", 3.75),
            ("5к", 5000.0),
            ("2.5k", 2500.0),
            ("минус пять", -5.0),
            ("-7", -7.0),
            ("полтора миллиона", 1_500_000.0),
            ("два миллиона триста тысяч", 2_300_000.0),
            ("двумястами сорока", 240.0),
            ("twelve hundred", 1200.0),
            ("twenty five hundred", 2500.0),
            ("two and a half thousand", 2500.0),
            ("a dozen", 12.0),
            ("a hundred and twenty", 120.0),
            ("two point five", 2.5),
            ("две целых пять десятых", 2.5),
            ("полтысячи", 500.0),
            ("12 тыс", 12_000.0),
            ("ноль", 0.0),
        ] {
            let found = quantity(&Tokens::of(said), 0);

            assert_eq!(found.map(|found| found.value), Some(value), "{said}");
            assert_eq!(found.map(|found| found.len), Some(Tokens::of(said).len()), "{said}");
        }
    }

    #[test]
    fn what_is_no_amount_is_left_alone() {
        for said in ["кран", "25-го", "первый", ""] {
            assert_eq!(quantity(&Tokens::of(said), 0), None, "{said}");
        }
    }
}
