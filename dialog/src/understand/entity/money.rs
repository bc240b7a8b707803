//! Sums of money: "полторы тысячи рублей", "пятьсот ре", "1 500 ₽", "$40", "fifty bucks".
//!
//! **Never here:** prices of this house; those are the job core's.

use super::quantity::{Quantity, quantity};
use crate::understand::token::Tokens;

/// A sum in hundredths of the currency's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sum {
    pub hundredths: i64,
    pub currency: &'static str,
    pub from: usize,
    pub to: usize,
}

/// `home`: the currency of a sum said without one, where the words speak of money.
pub(super) fn money(tokens: &Tokens<'_>, asked: bool, home: &'static str) -> Vec<Sum> {
    let mut sums = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        match sum(tokens, i, asked, home).filter(|_| tokens.free(i)) {
            Some(sum) => {
                i = sum.to;
                sums.push(sum);
            }
            None => i += 1,
        }
    }
    sums
}

fn sum(tokens: &Tokens<'_>, i: usize, asked: bool, home: &'static str) -> Option<Sum> {
    let found = bare_scale(tokens, i).or_else(|| quantity(tokens, i))?;
    let at = i + found.len;
    if let Some((currency, unit, len)) = currency(tokens, at) {
        let main = hundredths(found.value * unit)?;
        let (small, to) = small_change(tokens, at + len, unit).unwrap_or((0, at + len));
        return Some(Sum { hundredths: main + small, currency, from: i, to });
    }
    if let Some(currency) = sign_before(tokens, i) {
        let hundredths = hundredths(found.value * 100.0)?;
        return Some(Sum { hundredths, currency, from: i, to: at });
    }
    let spoken_of = asked || cued(tokens, i, at) && (found.scaled || found.value >= 100.0);
    let plain = spoken_of && !counted(tokens, at);
    let hundredths = hundredths(found.value * 100.0).filter(|_| plain)?;
    Some(Sum { hundredths, currency: home, from: i, to: at })
}

/// "тысяча рублей" is read by `quantity`; "тысяч пять" and "рублей пятьсот" turn round.
fn bare_scale(tokens: &Tokens<'_>, i: usize) -> Option<Quantity> {
    let thousands = tokens.is(i, &["тысяч", "тысячи", "тыщ"]);
    let count = quantity(tokens, i + 1).filter(|count| thousands && count.value < 1000.0)?;
    Some(Quantity { value: count.value * 1000.0, len: 1 + count.len, scaled: true })
}

fn hundredths(value: f64) -> Option<i64> {
    const MOST: f64 = 1e15;

    let rounded = value.round();
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the line before")]
    (rounded.abs() < MOST).then_some(rounded as i64)
}

type Unit = (&'static str, f64, usize);

/// The currency's word or sign, what its unit is in hundredths, and its length in tokens.
fn currency(tokens: &Tokens<'_>, at: usize) -> Option<Unit> {
    let gap = tokens.gap(at);
    let sign = |signs: &[(char, &'static str)]| {
        signs.iter().find(|(sign, _)| gap.trim_start().starts_with(*sign)).map(|(_, code)| *code)
    };
    if let Some(code) =
        sign(&[('₽', "RUB"), ('€', "EUR"), ('£', "GBP"), ('₸', "KZT"), ('$', "USD")])
    {
        return Some((code, 100.0, 0));
    }
    if !gap.trim().is_empty() && gap.trim() != "-" {
        return None;
    }
    let word = tokens.at(at);
    let stem = |stems: &[&str]| stems.iter().any(|stem| word.starts_with(stem));
    Some(match word {
        "р" | "руб" | "ре" | "рэ" | "rub" | "rubs" | "деревянных" => {
            ("RUB", 100.0, 1)
        }
        "usd" | "баксов" | "бакса" | "bucks" | "buck" => ("USD", 100.0, 1),
        "eur" | "евро" => ("EUR", 100.0, 1),
        "gbp" | "quid" => ("GBP", 100.0, 1),
        "коп" => ("RUB", 1.0, 1),
        _ if stem(&["рубл", "rubl", "roubl"]) => ("RUB", 100.0, 1),
        _ if stem(&["копе", "kopek", "kopeck"]) => ("RUB", 1.0, 1),
        _ if stem(&["доллар", "dollar"]) => ("USD", 100.0, 1),
        _ if stem(&["euro"]) => ("EUR", 100.0, 1),
        _ if stem(&["тенге", "tenge"]) => ("KZT", 100.0, 1),
        _ if stem(&["фунт"]) && stem(&["фунтов", "фунта", "фунт"]) => {
            ("GBP", 100.0, 1)
        }
        _ if stem(&["cent"]) && matches!(word, "cent" | "cents") => ("USD", 1.0, 1),
        _ => return None,
    })
}

/// "двести рублей пятьдесят копеек".
fn small_change(tokens: &Tokens<'_>, at: usize, unit: f64) -> Option<(i64, usize)> {
    let and = usize::from(tokens.is(at, &["и", "and"]));
    let count = quantity(tokens, at + and).filter(|count| unit > 1.0 && count.value < 100.0)?;
    let end = at + and + count.len;
    let (_, _, len) = currency(tokens, end).filter(|(_, unit, _)| *unit <= 1.0)?;
    Some((hundredths(count.value)?, end + len))
}

fn sign_before(tokens: &Tokens<'_>, i: usize) -> Option<&'static str> {
    let gap = tokens.gap(i).trim_end();
    let signs = [('₽', "RUB"), ('€', "EUR"), ('£', "GBP"), ('$', "USD"), ('₸', "KZT")];
    signs.iter().find(|(sign, _)| gap.ends_with(*sign)).map(|(_, code)| *code)
}

/// The words nearby speak of money.
fn cued(tokens: &Tokens<'_>, i: usize, to: usize) -> bool {
    #[rustfmt::skip]
    const STEMS: &[&str] = &[
        "стои", "цен", "плат", "плач", "заплат", "заплач", "бюджет", "дорог", "дешев", "сумм", "обойд", "обош",
        "берет", "возьм", "скидк", "денег", "деньг", "предоплат", "аванс", "чек", "price", "pay",
        "paid", "cost", "budget", "charge", "spend", "fee", "sum", "afford", "deposit",
    ];
    let near = i.saturating_sub(4)..(to + 3).min(tokens.len());
    near.filter(|j| !(i..to).contains(j))
        .any(|j| STEMS.iter().any(|stem| tokens.at(j).starts_with(stem)))
}

/// What follows is counted, not paid.
fn counted(tokens: &Tokens<'_>, at: usize) -> bool {
    #[rustfmt::skip]
    const THINGS: &[&str] = &[
        "час", "минут", "дн", "день", "недел", "месяц", "год", "лет", "раз", "штук", "розет",
        "кран", "процент", "метр", "hour", "minute", "day", "week", "month", "year", "time",
        "percent", "metre", "meter", "socket",
    ];
    let word = tokens.at(at);
    tokens.gap(at).contains('%')
        || !word.is_empty() && THINGS.iter().any(|thing| word.starts_with(thing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_with_their_currency() {
        for (said, hundredths, currency) in [
            ("полторы тысячи рублей", 150_000, "RUB"),
            ("пятьсот ре", 50_000, "RUB"),
            ("1 500 ₽", 150_000, "RUB"),
            ("1500р", 150_000, "RUB"),
            ("бюджет до трёх тысяч", 300_000, "RUB"),
            ("двести рублей пятьдесят копеек", 20_050, "RUB"),
            ("$40", 4_000, "USD"),
            ("fifty bucks", 5_000, "USD"),
            ("twenty five hundred rubles", 250_000, "RUB"),
            ("заплачу тысяч пять", 500_000, "RUB"),
            ("99,90 руб", 9_990, "RUB"),
            ("пятьдесят копеек", 50, "RUB"),
            ("I can pay 2,000", 200_000, "RUB"),
        ] {
            let found = money(&Tokens::of(said), false, "RUB");

            assert_eq!(found.len(), 1, "{said}");
            assert_eq!((found[0].hundredths, found[0].currency), (hundredths, currency), "{said}");
        }
    }

    #[test]
    fn numbers_that_are_no_money_are_left_alone() {
        for said in
            ["дом пять", "платить картой можно через два часа", "квартира 105", "две розетки"]
        {
            assert_eq!(money(&Tokens::of(said), false, "RUB"), [], "{said}");
        }
    }
}
