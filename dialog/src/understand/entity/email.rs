//! E-mail addresses, written or said: "ivan.petrov@mail.ru", "иван точка петров собака яндекс точка ру".
//!
//! What is said in Russian letters is written in Latin ones, as people spell their own names there.
//!
//! **Never here:** whether the address exists.

use super::quantity::quantity;
use crate::understand::token::Tokens;

/// An address and its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mail {
    pub address: String,
    pub from: usize,
    pub to: usize,
}

/// Parts before the sign; nobody's name there is longer.
const PARTS_MAX: usize = 24;

pub(super) fn emails(tokens: &Tokens<'_>) -> Vec<Mail> {
    let mut found: Vec<Mail> = Vec::new();
    for at in 0..tokens.len() {
        let mail = written(tokens, at).or_else(|| said(tokens, at));
        let after_last = |mail: &Mail| found.last().is_none_or(|last| mail.from >= last.to);
        if let Some(mail) = mail.filter(after_last) {
            found.push(mail);
        }
    }
    found
}

/// `at` is the first token after a written "@".
fn written(tokens: &Tokens<'_>, at: usize) -> Option<Mail> {
    if at == 0 || tokens.gap(at).trim() != "@" {
        return None;
    }
    let inside = |gap: &str| !gap.is_empty() && gap.chars().all(|c| "._%+-".contains(c));
    let joined = |i: usize| inside(tokens.gap(i)) || tokens.gap(i).is_empty();
    let from = (0..at).rev().find(|&i| i == 0 || !joined(i))?;
    let host = |i: usize| matches!(tokens.gap(i), "." | "-" | "");
    let to = (at + 1..tokens.len()).find(|&i| !host(i)).unwrap_or(tokens.len());
    let (start, end) = tokens.span(from, to);
    let address: String =
        tokens.text[start..end].to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let (name, host) = address.split_once('@')?;
    let (_, top) = host.rsplit_once('.')?;
    let latin = name.is_ascii() && host.is_ascii();
    (latin && top.len() >= 2 && !host.contains('@')).then_some(Mail { address, from, to })
}

const AT: &[&str] =
    &["собака", "собачка", "собакой", "собачкой", "собаку", "эт", "at", "at sign", "dog"];

/// `at` is the word for "@".
fn said(tokens: &Tokens<'_>, at: usize) -> Option<Mail> {
    let sign = tokens.any(at, AT).filter(|_| at > 0)?;
    let (host, to) = host(tokens, at + sign)?;
    let (name, from) = name(tokens, at)?;
    Some(Mail { address: format!("{name}@{host}"), from, to })
}

/// What stands before the sign, read backwards until a word that is no part of it.
fn name(tokens: &Tokens<'_>, at: usize) -> Option<(String, usize)> {
    let mut from = at;
    while from > 0 && at - from < PARTS_MAX && belongs(tokens, from - 1, at) {
        from -= 1;
    }
    let from = (from..at).find(|&i| !is_separator(tokens, i))?;
    let mut name = String::new();
    let mut i = from;
    while i < at {
        let (part, len) = part(tokens, i)?;
        name.push_str(&part);
        i += len;
    }
    let good = !name.is_empty() && name.is_ascii() && !name.ends_with('.');
    good.then_some((name, from))
}

fn is_separator(tokens: &Tokens<'_>, i: usize) -> bool {
    separator(tokens, i).is_some()
}

fn belongs(tokens: &Tokens<'_>, i: usize, at: usize) -> bool {
    #[rustfmt::skip]
    const STOP: &[&str] = &[
        "почта", "почту", "почты", "почте", "имейл", "емейл", "мейл", "email", "mail", "e",
        "адрес", "мой", "моя", "это", "вот", "пишите", "запишите", "записывайте", "записать",
        "на", "is", "it's", "its", "my", "the", "to", "address", "электронная", "электронный",
        "будет", "так", "значит", "ну", "да", "диктую", "присылайте", "пришлите", "отправьте", "such",
        "send", "write", "at", "uh", "um", "э", "эм", "нет", "и", "а", "you", "can", "use", "me",
        "would", "be", "yes", "no", "please", "it", "email's",
    ];
    let ends = tokens.marked(i + 1) && i + 1 < at && !matches!(tokens.gap(i + 1), "." | ",");
    let ends = ends || tokens.gap(i + 1).contains([',', ';', '!', '?', ':', '—']);
    let joined = !ends && !(tokens.gap(i + 1).starts_with(". "));
    let letter_alone = tokens.get(i).and_then(|token| token.letter()).is_some();
    let stop = tokens.is(i, STOP) && !(letter_alone && i + 1 < at && spelled(tokens, i + 1));
    joined && !stop
}

/// A single letter said by itself or by its name.
fn spelled(tokens: &Tokens<'_>, i: usize) -> bool {
    tokens
        .get(i)
        .is_some_and(|token| token.letter().is_some() || letter_name(&token.fold).is_some())
}

/// One part of an address as it is written.
fn part(tokens: &Tokens<'_>, i: usize) -> Option<(String, usize)> {
    if let Some((sign, len)) = separator(tokens, i) {
        return Some((sign.to_owned(), len));
    }
    let token = tokens.get(i)?;
    if token.figures {
        return Some((joined(tokens, i, &token.fold), 1));
    }
    if let Some(number) = quantity(tokens, i).filter(|number| number.value.fract() == 0.0) {
        return Some((format!("{:.0}", number.value), number.len));
    }
    let spelled_out = letter_name(&token.fold).filter(|_| alone(tokens, i));
    let word = spelled_out.map_or_else(|| latin(&token.fold), str::to_owned);
    Some((joined(tokens, i, &word), 1))
}

/// Written signs inside a half-written address are kept: "ivan.petrov собака …".
fn joined(tokens: &Tokens<'_>, i: usize, word: &str) -> String {
    let gap = tokens.gap(i);
    if matches!(gap, "." | "-" | "_") { format!("{gap}{word}") } else { word.to_owned() }
}

/// Names of letters count where another letter stands beside them.
fn alone(tokens: &Tokens<'_>, i: usize) -> bool {
    i > 0 && spelled(tokens, i - 1) || spelled(tokens, i + 1)
}

#[rustfmt::skip]
const SEPARATORS: &[(&str, &str)] = &[
    ("точка", "."), ("тчк", "."), ("dot", "."), ("point", "."), ("period", "."), ("тире", "-"),
    ("дефис", "-"), ("минус", "-"), ("черточка", "-"), ("dash", "-"), ("hyphen", "-"),
    ("minus", "-"), ("подчеркивание", "_"), ("нижнее подчеркивание", "_"), ("подчерк", "_"),
    ("нижний прочерк", "_"), ("нижнее тире", "_"), ("нижний дефис", "_"), ("underscore", "_"),
    ("under score", "_"), ("подчеркивание нижнее", "_"), ("плюс", "+"), ("plus", "+"),
];

fn separator(tokens: &Tokens<'_>, i: usize) -> Option<(&'static str, usize)> {
    SEPARATORS
        .iter()
        .filter_map(|(phrase, sign)| Some((*sign, tokens.phrase(i, phrase)?)))
        .max_by_key(|(_, len)| *len)
}

/// The host after the sign: providers by their names, then "точка" and a top-level domain.
fn host(tokens: &Tokens<'_>, start: usize) -> Option<(String, usize)> {
    let mut host = String::new();
    let mut i = start;
    while i < tokens.len() && i - start < 10 {
        if tokens.marked(i) && i > start && tokens.gap(i) != "." {
            break;
        }
        let dotted = tokens.gap(i) == "." && i > start;
        let said_dot = separator(tokens, i).filter(|(sign, _)| matches!(*sign, "." | "-"));
        if let Some((sign, len)) = said_dot {
            host.push_str(sign);
            i += len;
            continue;
        }
        let provider = provider(tokens, i);
        let after_dot = dotted || host.ends_with('.');
        if !after_dot && !host.is_empty() && !host.ends_with('-') {
            // "gmail com": the dot was swallowed.
            let Some(top) = top(tokens.at(i)) else { break };
            return Some((format!("{host}.{top}"), i + 1));
        }
        if dotted {
            host.push('.');
        }
        match (after_dot.then(|| top(tokens.at(i))).flatten(), provider) {
            (Some(top), _) => {
                host.push_str(top);
                i += 1;
                if separator(tokens, i).is_none_or(|(sign, _)| sign != ".") && tokens.gap(i) != "."
                {
                    return Some((host, i));
                }
            }
            (None, Some((name, len))) => {
                host.push_str(name);
                i += len;
            }
            (None, None) => {
                let (word, len) = part(tokens, i)?;
                host.push_str(word.trim_start_matches('.'));
                i += len;
            }
        }
    }
    let (_, last) = host.rsplit_once('.')?;
    (last.len() >= 2 && host.is_ascii()).then_some((host.clone(), i))
}

#[rustfmt::skip]
const PROVIDERS: &[(&str, &str)] = &[
    ("яндекс", "yandex"), ("яндех", "yandex"), ("мейл", "mail"), ("мэйл", "mail"),
    ("майл", "mail"), ("маил", "mail"), ("мыло", "mail"), ("джимейл", "gmail"),
    ("джи мейл", "gmail"), ("джи мэйл", "gmail"), ("джимэйл", "gmail"), ("гмейл", "gmail"),
    ("гмаил", "gmail"), ("гмайл", "gmail"), ("жмейл", "gmail"), ("g mail", "gmail"),
    ("рамблер", "rambler"), ("лист", "list"), ("инбокс", "inbox"), ("бк", "bk"),
    ("бэ ка", "bk"), ("хотмейл", "hotmail"), ("хотмайл", "hotmail"), ("аутлук", "outlook"),
    ("айклауд", "icloud"), ("ай клауд", "icloud"), ("i cloud", "icloud"),
    ("протонмейл", "protonmail"), ("протон", "proton"), ("яху", "yahoo"), ("вк", "vk"),
    ("я", "ya"),
];

fn provider(tokens: &Tokens<'_>, i: usize) -> Option<(&'static str, usize)> {
    PROVIDERS
        .iter()
        .filter_map(|(phrase, name)| Some((*name, tokens.phrase(i, phrase)?)))
        .max_by_key(|(_, len)| *len)
}

fn top(word: &str) -> Option<&'static str> {
    Some(match word {
        "ру" | "ru" => "ru",
        "ком" | "com" | "кам" => "com",
        "нет" | "net" => "net",
        "орг" | "org" => "org",
        "су" | "su" => "su",
        "инфо" | "info" => "info",
        "де" | "de" => "de",
        "uk" => "uk",
        "co" => "co",
        "ме" | "me" => "me",
        "ио" | "io" => "io",
        "by" => "by",
        "kz" => "kz",
        "ua" => "ua",
        "edu" => "edu",
        "eu" => "eu",
        _ => return None,
    })
}

/// Names of Latin letters as Russian speakers say them.
fn letter_name(word: &str) -> Option<&'static str> {
    Some(match word {
        "эй" => "a",
        "би" | "бэ" => "b",
        "си" | "цэ" | "це" => "c",
        "ди" | "дэ" => "d",
        "эф" => "f",
        "джи" | "гэ" => "g",
        "эйч" | "аш" => "h",
        "ай" => "i",
        "джей" => "j",
        "кей" | "ка" => "k",
        "эл" | "эль" => "l",
        "эм" => "m",
        "эн" => "n",
        "пи" | "пэ" => "p",
        "кью" => "q",
        "ар" | "эр" => "r",
        "эс" => "s",
        "ти" | "тэ" => "t",
        "ви" | "вэ" => "v",
        "дабл ю" | "даблю" => "w",
        "икс" => "x",
        "игрек" | "уай" => "y",
        "зет" | "зэт" | "зед" => "z",
        _ => return None,
    })
}

/// Russian letters in Latin ones, as names are written in addresses.
fn latin(word: &str) -> String {
    word.chars().map(latin_letter).collect()
}

fn latin_letter(letter: char) -> String {
    let written = match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'е' | 'ё' | 'э' => "e",
        'ж' => "zh",
        'з' => "z",
        'и' => "i",
        'й' | 'ы' => "y",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "h",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "sch",
        'ъ' | 'ь' | '\'' => "",
        'ю' => "yu",
        'я' => "ya",
        other => return other.to_string(),
    };
    written.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_written_and_said() {
        for (said, address) in [
            ("моя почта Ivan.Petrov@mail.ru, спасибо", "ivan.petrov@mail.ru"),
            ("иван точка петров собака яндекс точка ру", "ivan.petrov@yandex.ru"),
            ("ivan dot petrov at gmail dot com", "ivan.petrov@gmail.com"),
            ("почта анна нижнее подчеркивание кот собака мейл ру", "anna_kot@mail.ru"),
            ("my email is j o h n 42 at outlook dot com", "john42@outlook.com"),
            ("записывайте света дефис сорок два собака бк точка ру", "sveta-42@bk.ru"),
            ("ivan собака mail точка ru", "ivan@mail.ru"),
            ("sarah_k@firm.co.uk", "sarah_k@firm.co.uk"),
            ("kate at company dot co dot uk", "kate@company.co.uk"),
            ("эй би си собака джимейл точка ком", "abc@gmail.com"),
        ] {
            let found = emails(&Tokens::of(said));

            assert_eq!(found.len(), 1, "{said}");
            assert_eq!(found[0].address, address, "{said}");
        }
    }

    #[test]
    fn dogs_and_meetings_are_no_addresses() {
        for said in ["у меня дома собака", "meet me at five", "приходите завтра точка", "@"]
        {
            assert_eq!(emails(&Tokens::of(said)), [], "{said}");
        }
    }
}
