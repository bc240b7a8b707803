//! Which city or settlement is named, whatever its case: "в Калининграде", "посёлок Васильково".
//!
//! **Never here:** whether a master works there.

use super::token::{Tokens, fold};
use super::{Place, Places};

/// A place found in tokens `from..to`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spot {
    pub name: String,
    pub from: usize,
    pub to: usize,
}

#[rustfmt::skip]
const MARKERS: &[&str] = &[
    "город", "города", "городе", "городу", "г", "гор", "поселок", "поселка", "поселке",
    "поселку", "пос", "село", "села", "селе", "деревня", "деревне", "деревни", "дер", "хутор",
    "хуторе", "пгт", "станица", "станице", "city of", "town of", "village of", "village", "town",
    "settlement", "the city of", "the town of", "the village of",
];

/// Towns a caller may live in though no pack knows them; said elsewhere, they are names or adjectives.
#[rustfmt::skip]
const WELL_KNOWN: &[&str] = &[
    "Москва", "Санкт-Петербург", "Новосибирск", "Екатеринбург", "Казань", "Нижний Новгород",
    "Челябинск", "Самара", "Омск", "Ростов-на-Дону", "Уфа", "Красноярск", "Воронеж", "Пермь",
    "Волгоград", "Краснодар", "Саратов", "Тюмень", "Тольятти", "Ижевск", "Барнаул", "Ульяновск",
    "Иркутск", "Хабаровск", "Ярославль", "Владивосток", "Махачкала", "Томск", "Оренбург",
    "Кемерово", "Новокузнецк", "Рязань", "Астрахань", "Пенза", "Липецк", "Тула", "Чебоксары",
    "Калининград", "Курск", "Ставрополь", "Сочи", "Тверь", "Магнитогорск", "Иваново", "Брянск",
    "Белгород", "Сургут", "Архангельск", "Чита", "Смоленск", "Калуга", "Курган", "Вологда",
    "Мурманск", "Якутск", "Грозный", "Кострома", "Новороссийск", "Таганрог", "Псков", "Выборг",
    "Химки", "Мытищи", "Балашиха", "Подольск", "Светлогорск", "Зеленоградск", "Балтийск",
    "Гурьевск", "Гвардейск", "Черняховск", "Янтарный", "Пионерский", "Минск", "Алматы", "Астана",
    "Багратионовск", "Полесск", "Правдинск", "Мамоново", "Ладушкин", "Неман", "Краснознаменск",
    "Славск", "Озёрск", "Нестеров",
];
#[rustfmt::skip]
const WELL_KNOWN_EN: &[&str] = &[
    "Moscow", "Saint Petersburg", "St Petersburg", "Kaliningrad", "London", "Berlin", "Warsaw",
    "Vilnius", "Riga", "Minsk", "Gdansk", "New York",
];

pub(super) fn city(tokens: &Tokens<'_>, places: &Places, asked: bool) -> Option<Spot> {
    let mut found = None;
    for i in 0..tokens.len() {
        if !tokens.free(i) {
            continue;
        }
        // "На Советском проспекте": a street's name, whatever town it is called after.
        let street = |spot: &Spot| {
            let adjective = ["ский", "ском", "ского", "скому", "ская", "ской", "скую"]
                .iter()
                .any(|end| tokens.at(spot.to - 1).ends_with(end));
            adjective && super::street::is_type(tokens.at(spot.to))
        };
        let spot = marked(tokens, i, places)
            .or_else(|| bare(tokens, i, places, asked).filter(|spot| !street(spot)));
        found = spot.or(found);
    }
    found
}

fn marked(tokens: &Tokens<'_>, i: usize, places: &Places) -> Option<Spot> {
    let len = tokens.any(i, MARKERS)?;
    let at = i + len;
    let abbreviated = matches!(tokens.at(i), "г" | "гор" | "пос" | "дер" | "пгт");
    if abbreviated && tokens.at(i) == "г" && tokens.gap(at) != "." && !tokens.get(at)?.capital() {
        return None;
    }
    if let Some((name, len)) = known(tokens, at, places) {
        return Some(Spot { name, from: i, to: at + len });
    }
    let (name, to) = stranger(tokens, at)?;
    let oblique =
        matches!(tokens.at(i), "городе" | "поселке" | "селе" | "деревне" | "станице" | "хуторе");
    let name = if oblique { nominative(&name) } else { name };
    Some(Spot { name, from: i, to })
}

/// A settlement nobody knows, as it was said.
fn stranger(tokens: &Tokens<'_>, at: usize) -> Option<(String, usize)> {
    #[rustfmt::skip]
    const GENERAL: &[&str] = &[
        "большое", "большая", "большой", "малое", "малый", "малая", "новый", "новое", "новая",
        "старый", "старая", "нижний", "нижняя", "нижнее", "верхний", "верхняя", "верхнее",
        "имени", "большом", "красный", "красная", "красное",
    ];
    let word = tokens.get(at)?;
    let named = !word.figures && word.atom.is_none() && word.fold.chars().count() > 2;
    if !named
        || super::street::is_type(&word.fold)
        || super::address::is_unit(&word.fold)
        || super::street::is_stop(&word.fold)
    {
        return None;
    }
    let two = tokens.is(at, GENERAL)
        && tokens.get(at + 1).is_some_and(|next| !next.figures && next.atom.is_none());
    let to = at + 1 + usize::from(two);
    let words: Vec<String> =
        (at..to).map(|j| title(tokens.get(j).map_or("", |t| t.text))).collect();
    Some((words.join(" "), to))
}

/// "Гурьевске" back to "Гурьевск" where only one reading is possible.
fn nominative(name: &str) -> String {
    for (oblique, plain) in
        [("ске", "ск"), ("цке", "цк"), ("граде", "град"), ("бурге", "бург"), ("горске", "горск")]
    {
        if let Some(stem) = name.strip_suffix(oblique) {
            return format!("{stem}{plain}");
        }
    }
    name.to_owned()
}

/// First letter of every word and of every part after a hyphen in capitals.
pub(super) fn title(word: &str) -> String {
    let mut start = true;
    word.chars()
        .flat_map(|c| {
            let shown: Vec<char> = if start { c.to_uppercase().collect() } else { vec![c] };
            start = c == '-' || c == ' ';
            shown
        })
        .collect()
}

fn bare(tokens: &Tokens<'_>, i: usize, places: &Places, asked: bool) -> Option<Spot> {
    let (name, len) = known(tokens, i, places)?;
    let to = i + len;
    let after_type = i > 0 && super::street::is_type(tokens.at(i - 1));
    let before_type = super::street::is_type(tokens.at(to)) && adjective(&fold(&name));
    let led = tokens.is(i.wrapping_sub(1), &["в", "во", "из", "город", "г", "in", "from"]);
    let doubtful = adjective(&fold(&name))
        || fold(&name) == "неман"
        || fold(&name) == "ладушкин"
        || fold(&name) == "нестеров";
    let sure = asked || led || !doubtful;
    (!after_type && !before_type && sure).then_some(Spot { name, from: i, to })
}

/// A city whose name is an adjective may as well be anything else.
fn adjective(name: &str) -> bool {
    name.ends_with("ый") || name.ends_with("ий") || name.ends_with("ой")
}

fn known(tokens: &Tokens<'_>, i: usize, places: &Places) -> Option<(String, usize)> {
    if tokens.any(i, &["питер", "питере", "спб", "питера"]).is_some() {
        return Some(("Санкт-Петербург".to_owned(), 1));
    }
    let home = Place::new(places.home_city.clone(), Vec::new());
    let pack = places.cities.iter().chain(std::iter::once(&home));
    let listed = pack.filter_map(|place| Some((place.name.clone(), one_of(tokens, i, place)?)));
    if let Some(best) = listed.max_by_key(|(_, len)| *len) {
        return Some(best);
    }
    let names = if tokens.at(i).is_ascii() { WELL_KNOWN_EN } else { WELL_KNOWN };
    names.iter().find_map(|name| Some(((*name).to_owned(), said(tokens, i, name)?)))
}

fn one_of(tokens: &Tokens<'_>, i: usize, place: &Place) -> Option<usize> {
    std::iter::once(&place.name).chain(&place.also).filter_map(|name| said(tokens, i, name)).max()
}

/// The name in any case at `i`, in tokens.
fn said(tokens: &Tokens<'_>, i: usize, name: &str) -> Option<usize> {
    let mut len = 0;
    let first = tokens.at(i).chars().next()?;
    let initial = name.chars().next()?.to_lowercase().next()?;
    if first != initial && !(initial == 'ё' && first == 'е') {
        return None;
    }
    for word in fold(name).split([' ', '-']).filter(|word| !word.is_empty()) {
        if len == 0 && MARKERS.contains(&word) {
            continue;
        }
        if !same_noun(tokens.at(i + len), word) {
            return None;
        }
        len += 1;
    }
    (len > 0).then_some(len)
}

/// One noun or adjective in two cases, with a letter misheard in a long one.
fn same_noun(spoken: &str, name: &str) -> bool {
    if spoken == name {
        return true;
    }
    if spoken.is_empty() || name.is_ascii() {
        return false;
    }
    const FORMS: [(&str, &[&str]); 8] = [
        ("ый", &["ого", "ому", "ым", "ом"]),
        ("ий", &["ого", "ому", "им", "ом", "его", "ему", "ем"]),
        ("ое", &["ого", "ому", "ым", "ом"]),
        ("а", &["ы", "и", "е", "у", "ой"]),
        ("я", &["и", "е", "ю", "ей"]),
        ("ь", &["и", "ью", "ю", "я", "е"]),
        ("о", &["а", "у", "е", "ом"]),
        ("ы", &["ов", "ах", "ам", "", "и"]),
    ];
    for (ending, oblique) in FORMS {
        if let Some(stem) = name.strip_suffix(ending) {
            let end = spoken.strip_prefix(stem);
            return end.is_some_and(|end| oblique.contains(&end)) || misheard(spoken, name);
        }
    }
    let end = spoken.strip_prefix(name);
    end.is_some_and(|end| matches!(end, "а" | "у" | "е" | "ом" | "ем")) || misheard(spoken, name)
}

fn misheard(spoken: &str, name: &str) -> bool {
    let long = name.chars().count();
    long >= 8
        && spoken.chars().count().abs_diff(long) <= 2
        && strsim::levenshtein(spoken, name) <= 1
        && !spoken.ends_with("ий")
        && !spoken.ends_with("ая")
}
