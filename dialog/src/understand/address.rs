//! Where to come: street, house, building, entrance, floor and flat, in any order.
//!
//! **Never here:** the pack's list itself, and what is still missing (policy).

use job_core::trade::Address;

use super::number::{Number, cardinal, number, number_before};
use super::token::Tokens;
use super::{Context, Found, city, street};
use crate::state::Awaiting;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    House,
    Building,
    Entrance,
    Floor,
    Flat,
}

/// A house number has no more digits than this.
const HOUSE_MAX: u64 = 9999;

fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "дом" | "dom" | "дома" | "доме" | "дому" | "домом" | "д" | "house" | "участок"
        | "участке" | "участка" | "уч" | "plot" => Unit::House,
        "корпус" | "korpus" | "корпуса" | "корпусе" | "корп" | "к" | "строение" | "строении"
        | "стр" | "блок" | "building" | "bldg" | "block" => Unit::Building,
        "подъезд" | "подъезда" | "подъезде" | "подьезд" | "подезд" | "под" | "парадная"
        | "парадное" | "парадной" | "п" | "entrance" | "entry" | "stairwell" | "staircase" => {
            Unit::Entrance
        }
        "этаж" | "этажа" | "этаже" | "этажу" | "эт" | "floor" | "fl" | "storey" => {
            Unit::Floor
        }
        "квартира"
        | "kvartira"
        | "kv"
        | "комната"
        | "квартиры"
        | "квартире"
        | "квартиру"
        | "кв"
        | "квартирка"
        | "офис"
        | "офисе"
        | "офиса"
        | "оф"
        | "помещение"
        | "пом"
        | "апартаменты"
        | "апартамент"
        | "apartment"
        | "apt"
        | "appartment"
        | "flat"
        | "unit"
        | "suite"
        | "office" => Unit::Flat,
        _ => return None,
    })
}

pub(super) fn is_unit(word: &str) -> bool {
    !matches!(word, "к" | "д" | "п" | "под" | "дома" | "block") && unit(word).is_some()
}

/// A unit's word at `i`, abbreviations only where a number follows.
pub(super) fn is_unit_here(tokens: &Tokens<'_>, i: usize) -> bool {
    is_unit(tokens.at(i)) || unit(tokens.at(i)).is_some() && number(tokens, i + 1).is_some()
}

/// One labelled number: what it is, its value, and its tokens.
#[derive(Debug, Clone, PartialEq)]
struct Labelled {
    unit: Unit,
    value: String,
    from: usize,
    to: usize,
}

/// What was said of the address, and a number that could be any part of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Heard {
    pub address: Option<Found<Address>>,
    pub bare_number: Option<Found<u32>>,
}

pub(super) fn address(tokens: &mut Tokens<'_>, context: &Context<'_>) -> Heard {
    let asked = matches!(context.awaiting, Awaiting::Address | Awaiting::City);
    if matches!(context.awaiting, Awaiting::Name | Awaiting::FullName)
        && !tokens.has(&["улица", "адрес", "дом", "квартира", "street"])
    {
        return Heard::default();
    }
    drop_refused(tokens);
    let city = city::city(tokens, context.places, asked);
    if let Some(city) = &city {
        tokens.take(city.from, city.to);
    }
    let foreign = city.as_ref().is_some_and(|city| city.name != context.places.home_city);
    let street = street::street(tokens, context.places, asked, foreign);
    if let Some(street) = &street {
        tokens.take(street.from, street.to);
    }
    let mut parts = labelled(tokens, asked || street.is_some());
    for part in &parts {
        tokens.take(part.from, part.to);
    }
    if let Some(street) = &street {
        parts.extend(unlabelled(tokens, street.from, street.to, &parts));
    } else if asked && city.is_none() {
        parts.extend(house_and_flat(tokens, &parts));
    }
    for part in &parts {
        tokens.take(part.from, part.to);
    }
    let spots = city.iter().chain(&street).map(|spot| (spot.from, spot.to));
    let ends = spots.chain(parts.iter().map(|part| (part.from, part.to)));
    let placed = street.is_some() || city.is_some() || asked;
    let reading_back = context.awaiting == Awaiting::Confirmation && !parts.is_empty();
    let bounds = ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let Some((from, to)) = bounds.filter(|_| worth(&parts, placed, reading_back, tokens)) else {
        return Heard { address: None, bare_number: bare(tokens, context.awaiting) };
    };
    let mut found = Address {
        city: city.map(|city| city.name),
        street: street.map(|street| street.name),
        ..Address::default()
    };
    for part in parts {
        let field = match part.unit {
            Unit::House => &mut found.house,
            Unit::Building => &mut found.building,
            Unit::Entrance => &mut found.entrance,
            Unit::Floor => &mut found.floor,
            Unit::Flat => &mut found.flat,
        };
        *field = Some(part.value);
    }
    let span = tokens.span(from, to);
    Heard { address: Some(Found { value: found, span }), bare_number: None }
}

/// "не десять, а двенадцать", "десять, ой нет, двенадцать": what is refused is not read again.
fn drop_refused(tokens: &mut Tokens<'_>) {
    const AMENDS: &[&str] = &[
        "нет",
        "ой нет",
        "ой",
        "вернее",
        "точнее",
        "извините",
        "no",
        "oh no",
        "no wait",
        "wait no",
        "sorry",
        "i mean",
        "rather",
    ];
    for i in 0..tokens.len() {
        if let Some(said) = number(tokens, i) {
            let end = i + said.len;
            let after = tokens.any(end, AMENDS).map(|len| end + len);
            if let Some(after) = after.filter(|after| number(tokens, *after).is_some()) {
                tokens.take(i, after);
                continue;
            }
        }
        if let Some(after) = super::correction::not_but(tokens, i) {
            tokens.take(i, after);
        }
    }
}

/// A lone house or flat outside a talk about the address proves little.
fn worth(parts: &[Labelled], placed: bool, reading_back: bool, tokens: &Tokens<'_>) -> bool {
    placed
        || parts.len() > 1
        || tokens.len() <= 8
        || reading_back
        || super::correction::correction(tokens).is_some()
}

/// Labelled numbers, read from the right: each label prefers the number after it that is still free.
fn labelled(tokens: &Tokens<'_>, placed: bool) -> Vec<Labelled> {
    let mut parts: Vec<Labelled> = Vec::new();
    let mut used = tokens.taken.clone();
    for k in (0..tokens.len()).rev() {
        let Some(unit) = unit(tokens.at(k)).filter(|_| !used[k] && label(tokens, k, placed)) else {
            continue;
        };
        let after =
            after(tokens, k, unit).filter(|(_, from, to)| !used[*from..*to].contains(&true));
        let before = before(tokens, k).filter(|(_, from, to, _)| !used[*from..*to].contains(&true));
        let ordinal_after = number(tokens, k + 1).is_some_and(|n| n.ordinal);
        let part = match (before, after) {
            (Some((value, from, _, true)), _) if !ordinal_after => {
                suffixed(tokens, Labelled { unit, value, from, to: k + 1 })
            }
            (Some((value, from, ..)), Some(_)) if tokens.gap(k + 1).contains(',') => {
                Labelled { unit, value, from, to: k + 1 }
            }
            (_, Some((value, _, to))) => Labelled { unit, value, from: k, to },
            (Some((value, from, ..)), None) => {
                suffixed(tokens, Labelled { unit, value, from, to: k + 1 })
            }
            (None, None) => continue,
        };
        used[part.from..part.to.min(tokens.len())].fill(true);
        parts.push(part);
    }
    // Of two flats the last said stands.
    parts.reverse();
    parts
}

/// A word that could be a label really is one here.
fn label(tokens: &Tokens<'_>, k: usize, placed: bool) -> bool {
    let figure = |j: usize| tokens.get(j).is_some_and(|t| t.figures);
    let counted = number(tokens, k + 1).is_some();
    match tokens.at(k) {
        "д" => counted && tokens.get(k).is_some_and(|t| !t.glued() || !figure(k.wrapping_sub(1))),
        "к" | "п" | "под" | "стр" | "fl" => {
            counted
                && k > 0
                && (figure(k - 1)
                    || tokens.get(k - 1).is_some_and(|t| {
                        t.atom.is_some() || t.fold.chars().count() == 1 || unit(&t.fold).is_some()
                    })
                    || tokens.gap(k + 1) == ".")
        }
        "дома" => counted && placed,
        "доме" | "квартире" | "офисе" => placed || tokens.before(k, 1) != "в",
        "block" | "office" | "unit" | "комната" | "dom" | "kv" => counted,
        _ => true,
    }
}

type After = (String, usize, usize);

fn after(tokens: &Tokens<'_>, k: usize, unit: Unit) -> Option<After> {
    let refused = (k + 1..tokens.len())
        .take_while(|&j| tokens.is(k + 1, &["не", "not"]) && !tokens.free(j))
        .count();
    let k = k + refused;
    let at = number_led(tokens, number_led(tokens, k + 1));
    if let Some((value, len)) = value(tokens, at, unit) {
        return Some((value, at, at + len));
    }
    let letter = tokens
        .get(at)
        .and_then(|t| t.letter().or_else(|| spoken_letter(&t.fold)))
        .filter(|_| unit == Unit::Building && tokens.at(k - refused).len() > 2);
    letter.map(|letter| (letter.to_string(), at, at + 1))
}

/// Past a word that may stand between a label and its number.
fn number_led(tokens: &Tokens<'_>, at: usize) -> usize {
    #[rustfmt::skip]
    const BETWEEN: &[&str] = &[
        "номер", "number", "no", "n", "это", "будет", "под номером", "is", "у нас", "моя", "н",
    ];
    at + tokens.any(at, BETWEEN).unwrap_or(0)
}

type Before = (String, usize, usize, bool);

fn before(tokens: &Tokens<'_>, k: usize) -> Option<Before> {
    let (from, found) = number_before(tokens, k)
        .filter(|(from, found)| plausible(found) && !tokens.marked_between(*from, k))?;
    let claimed = claimed(tokens, from);
    let numbered = from > 0 && tokens.is(from - 1, &["номер", "number"]);
    let fraction = from > 0 && (tokens.gap(from).contains('/') || tokens.at(from - 1) == "дробь");
    (!claimed && !numbered && !fraction).then(|| (found.value.to_string(), from, k, found.ordinal))
}

/// "дом 5 квартира": the five is the house's; "этаж первый подъезд второй" goes on likewise.
fn claimed(tokens: &Tokens<'_>, from: usize) -> bool {
    let labelled =
        from > 0 && unit(tokens.at(from - 1)).is_some() && !tokens.marked_between(from - 1, from);
    labelled && number_before(tokens, from - 1).is_none_or(|(before, _)| claimed(tokens, before))
}

/// "сто девяностый дом д"
fn suffixed(tokens: &Tokens<'_>, part: Labelled) -> Labelled {
    match letter(tokens, part.to).filter(|_| part.unit == Unit::House) {
        Some((letter, len)) => {
            Labelled { value: format!("{}{letter}", part.value), to: part.to + len, ..part }
        }
        None => part,
    }
}

fn plausible(found: &Number) -> bool {
    found.value <= HOUSE_MAX
}

/// A number with its fraction and letter: "21/3", "21 дробь 3", "190д".
fn value(tokens: &Tokens<'_>, at: usize, unit: Unit) -> Option<(String, usize)> {
    let found = number(tokens, at).filter(plausible)?;
    let mut shown = found.value.to_string();
    let mut len = found.len;
    if matches!(unit, Unit::House | Unit::Building)
        && let Some((more, to)) = fraction(tokens, at + len)
    {
        shown = format!("{shown}/{more}");
        len = to - at;
    }
    if matches!(unit, Unit::House | Unit::Building | Unit::Flat)
        && let Some((letter, more)) = letter(tokens, at + len)
    {
        shown = format!("{shown}{letter}");
        len += more;
    }
    Some((shown, len))
}

fn fraction(tokens: &Tokens<'_>, at: usize) -> Option<(u64, usize)> {
    let said = tokens.any(
        at,
        &["дробь", "дроби", "через дробь", "slash", "stroke", "drob", "черта", "наклонная черта"],
    );
    let from = match said {
        Some(len) => at + len,
        None if matches!(tokens.gap(at).trim(), "/" | "\\") => at,
        None => return None,
    };
    let found = cardinal(tokens, from).filter(|n| n.value < 1000)?;
    Some((found.value, from + found.len))
}

/// A letter that belongs to the number before it, in tokens.
fn letter(tokens: &Tokens<'_>, at: usize) -> Option<(char, usize)> {
    let spelled = tokens
        .any(
            at,
            &["литера", "литер", "лит", "буква", "литерой", "letter", "с буквой", "под буквой"],
        )
        .unwrap_or(0);
    let at_letter = at + spelled;
    let token = tokens.get(at_letter)?;
    let said =
        token.letter().or_else(|| spoken_letter(&token.fold)).filter(|c| c.is_alphabetic())?;
    let next = at_letter + 1;
    let numbered = number(tokens, next).is_some();
    let ends = next >= tokens.len()
        || tokens.marked(next)
        || is_unit(tokens.at(next))
        || super::yes_no::is_short(tokens.at(next));
    let glued = token.glued() || token.gap == "-";
    let short = matches!(token.fold.as_str(), "к" | "с" | "в" | "у" | "о" | "и" | "я" | "i" | "k");
    let alone = ends && !numbered && (!short || next >= tokens.len() || is_unit(tokens.at(next)));
    let block = glued && numbered && matches!(said, 'к' | 'с');
    (spelled > 0 || glued && !block || !glued && alone).then_some((said, spelled + 1))
}

fn spoken_letter(word: &str) -> Option<char> {
    Some(match word {
        "бэ" => 'б',
        "вэ" => 'в',
        "гэ" => 'г',
        "дэ" => 'д',
        "жэ" => 'ж',
        "зэ" => 'з',
        "ка" => 'к',
        "эл" => 'л',
        "эм" => 'м',
        "эн" => 'н',
        _ => return None,
    })
}

/// "Мира 42-17", "42 Mira street": the house, then the flat, right beside the street.
fn unlabelled(tokens: &Tokens<'_>, from: usize, to: usize, parts: &[Labelled]) -> Vec<Labelled> {
    let has = |unit: Unit| parts.iter().any(|part| part.unit == unit);
    let mut found = Vec::new();
    let labelled_at = |at: usize| parts.iter().any(|part| (part.from..part.to).contains(&at));
    let refused = |at: &usize| *at < tokens.len() && !tokens.free(*at) && !labelled_at(*at);
    let to = (to..).find(|at| !refused(at)).unwrap_or(to);
    let to = to + usize::from(tokens.is(to, &["number", "номер"]) && tokens.free(to));
    let mut at = to;
    if !has(Unit::House) {
        let free = |at: usize, len: usize| (at..at + len).all(|j| tokens.free(j));
        let after = value(tokens, at, Unit::House).filter(|(_, len)| free(at, *len));
        if let Some((value, len)) = after {
            at += len;
            found.push(Labelled { unit: Unit::House, value, from: to, to: at });
            if let Some(block) = block(tokens, at).filter(|_| !has(Unit::Building)) {
                at = block.to;
                found.push(block);
            }
        } else if let Some((start, number)) = house_before(tokens, from) {
            let lettered = start + number.len < from;
            let letter = if lettered { tokens.at(from - 1) } else { "" };
            let value = format!("{}{letter}", number.value);
            found.push(Labelled { unit: Unit::House, value, from: start, to: from });
        }
    } else if let Some(house) = parts.iter().find(|part| part.unit == Unit::House) {
        at = house.to;
    }
    let flat = value(tokens, at, Unit::Flat).filter(|(_, len)| {
        !has(Unit::Flat)
            && at > to
            && (at..at + len).all(|j| tokens.free(j))
            && !tokens.gap(at).contains(['.', '!', '?'])
    });
    if let Some((value, len)) = flat {
        found.push(Labelled { unit: Unit::Flat, value, from: at, to: at + len });
    }
    found
}

/// The house number before an English street: "42", "221B".
fn house_before(tokens: &Tokens<'_>, from: usize) -> Option<(usize, Number)> {
    let lettered =
        from > 0 && tokens.get(from - 1).is_some_and(|t| t.glued() && t.letter().is_some());
    let (start, number) = number_before(tokens, from - usize::from(lettered))?;
    (plausible(&number) && tokens.free(start) && !number.ordinal).then_some((start, number))
}

/// "5к2", "5 с 2": a building glued to its house.
fn block(tokens: &Tokens<'_>, at: usize) -> Option<Labelled> {
    let glued = tokens.is(at, &["к", "с", "стр", "k"])
        && tokens.get(at).is_some_and(|t| t.glued() || tokens.at(at) == "к");
    let found = cardinal(tokens, at + 1).filter(|n| glued && n.figures && n.value < 100)?;
    Some(Labelled {
        unit: Unit::Building,
        value: found.value.to_string(),
        from: at,
        to: at + 1 + found.len,
    })
}

/// Two numbers and nothing else, when an address was asked for.
fn house_and_flat(tokens: &Tokens<'_>, parts: &[Labelled]) -> Vec<Labelled> {
    let Some(from) = (0..tokens.len())
        .find(|&i| tokens.free(i) && number(tokens, i).is_some())
        .filter(|_| parts.is_empty())
    else {
        return Vec::new();
    };
    let Some((house, len)) = value(tokens, from, Unit::House) else {
        return Vec::new();
    };
    let second = from + len;
    let Some((flat, more)) =
        value(tokens, second, Unit::Flat).filter(|(_, more)| second + more == tokens.len())
    else {
        let certain = house.contains(|c: char| !c.is_ascii_digit());
        let part = Labelled { unit: Unit::House, value: house, from, to: second };
        return if certain { vec![part] } else { Vec::new() };
    };
    vec![
        Labelled { unit: Unit::House, value: house, from, to: second },
        Labelled { unit: Unit::Flat, value: flat, from: second, to: second + more },
    ]
}

/// A single number left over.
fn bare(tokens: &Tokens<'_>, awaiting: Awaiting) -> Option<Found<u32>> {
    if awaiting == Awaiting::Phone {
        return None;
    }
    let free = (0..tokens.len()).filter(|&i| tokens.free(i));
    let mut numbers = free.filter_map(|i| Some((i, number(tokens, i)?)));
    let start = super::correction::correction(tokens).unwrap_or(0);
    let all: Vec<(usize, Number)> = numbers.by_ref().filter(|(i, _)| *i >= start).take(8).collect();
    let (at, found) = *all.first()?;
    let rest = all.iter().any(|(i, _)| *i >= at + found.len);
    // "пятый" answers a question about the floor; elsewhere it is a choice.
    if found.ordinal && awaiting != Awaiting::Address {
        return None;
    }
    let value = u32::try_from(found.value).ok().filter(|_| !rest)?;
    Some(Found { value, span: tokens.span(at, at + found.len) })
}
