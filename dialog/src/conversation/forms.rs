//! The small answers of a master's form: trades, years, hours, e-mail, terminal.
//!
//! **Never here:** what is asked when (joining).

use jiff::Zoned;
use job_core::trade::Category;

use crate::state::{Shift, Terminal};
use crate::understand::Places;

/// Names are no longer than this many words.
const NAME_WORDS_MAX: usize = 4;

/// Family, given, patronymic, as far as they can be told apart.
pub(super) fn full_name(text: &str) -> Option<String> {
    let said = text.trim().trim_matches(['.', ',', '!']);
    let lowered = said.to_lowercase();
    let said = ["меня зовут ", "my name is ", "я "]
        .iter()
        .find(|opening| lowered.starts_with(**opening))
        .and_then(|opening| said.get(opening.len()..))
        .unwrap_or(said);
    let mut words: Vec<String> = said.split_whitespace().map(capitalised).collect();
    let letters = |word: &String| word.chars().all(|c| c.is_alphabetic() || c == '-');
    if words.is_empty() || words.len() > NAME_WORDS_MAX || !words.iter().all(letters) {
        return None;
    }
    family_first(&mut words);
    Some(words.join(" "))
}

fn family_first(words: &mut [String]) {
    let patronymic = |word: &str| ["вич", "вна", "ична"].iter().any(|end| word.ends_with(end));
    match words {
        [_, second, last] if patronymic(second) && !patronymic(last) => words.rotate_right(1),
        [first, last] if is_family(last) && !is_family(first) => words.rotate_right(1),
        _ => {}
    }
}

fn is_family(word: &str) -> bool {
    const ENDS: [&str; 14] = [
        "ов", "ова", "ев", "ева", "ёв", "ёва", "ин", "ина", "ский", "ская", "ко", "юк", "чук", "ян",
    ];
    word.chars().count() > 4 && ENDS.iter().any(|end| word.ends_with(end))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// A city of the pack, or a single word taken as it is.
pub(super) fn city(text: &str, places: &Places) -> Option<String> {
    let said = text.trim().trim_matches(['.', ',', '!']);
    let lowered = said.to_lowercase();
    let named = |name: &String| lowered.contains(&name.to_lowercase());
    let known = places.cities.iter().find(|city| named(&city.name) || city.also.iter().any(named));
    if let Some(city) = known {
        return Some(city.name.clone());
    }
    let plain = said.chars().all(|c| c.is_alphabetic() || c == '-') && said.chars().count() > 2;
    plain.then(|| capitalised(said))
}

pub(super) fn trades(text: &str) -> Vec<Category> {
    const STEMS: [(Category, &[&str]); 4] = [
        (Category::Electrical, &["электр", "проводк", "electr", "wiring"]),
        (Category::Plumbing, &["сантех", "водопров", "труб", "plumb", "pipe"]),
        (Category::Appliance, &["техник", "стиральн", "холодильн", "applianc", "fridge"]),
        (Category::General, &["мелк", "мебел", "муж на час", "разн", "отделк", "general", "handy"]),
    ];
    let text = text.to_lowercase().replace("сантехник", "сантех");
    let every = ["всё", "все", "любые", "everything", "all of", "anything"];
    if text.split(|c: char| !c.is_alphabetic()).any(|word| every.contains(&word)) {
        return Category::ALL.to_vec();
    }
    let said = |stems: &&[&str]| stems.iter().any(|stem| text.contains(stem));
    STEMS.iter().filter(|(_, stems)| said(stems)).map(|(trade, _)| *trade).collect()
}

/// Whole years; "без опыта" is 0.
pub(super) fn years(text: &str) -> Option<u32> {
    const WORDS: [(&str, u32); 34] = [
        ("год", 1),
        ("полтора", 1),
        ("один", 1),
        ("два", 2),
        ("две", 2),
        ("три", 3),
        ("четыре", 4),
        ("пять", 5),
        ("шесть", 6),
        ("семь", 7),
        ("восемь", 8),
        ("девять", 9),
        ("десять", 10),
        ("двенадцать", 12),
        ("пятнадцать", 15),
        ("двадцать", 20),
        ("тридцать", 30),
        ("без", 0),
        ("нету", 0),
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("seven", 7),
        ("eight", 8),
        ("nine", 9),
        ("ten", 10),
        ("twelve", 12),
        ("fifteen", 15),
        ("twenty", 20),
        ("thirty", 30),
        ("none", 0),
    ];
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    if let Some(years) = words.iter().find_map(|word| word.parse().ok()) {
        return Some(years);
    }
    let told: Vec<u32> = words
        .iter()
        .filter(|word| **word != "год" || words.len() <= 2)
        .filter_map(|word| WORDS.iter().find(|(name, _)| name == word).map(|(_, years)| *years))
        .collect();
    (!told.is_empty()).then(|| told.iter().sum())
}

/// Written, or said with "собака" and "точка".
pub(super) fn email(text: &str) -> Option<String> {
    const SAID: [(&str, &str); 8] = [
        (" собака ", "@"),
        (" собачка ", "@"),
        (" эт ", "@"),
        (" at ", "@"),
        (" точка ", "."),
        (" dot ", "."),
        (" тире ", "-"),
        (" подчеркивание ", "_"),
    ];
    let mut text = text.to_lowercase();
    for (word, sign) in SAID {
        text = text.replace(word, sign);
    }
    let part = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let whole = text.split(|c: char| !(part(c) || c == '@')).find(|word| {
        let Some((name, host)) = word.split_once('@') else {
            return false;
        };
        let Some((_, top)) = host.rsplit_once('.') else {
            return false;
        };
        !name.is_empty() && top.len() >= 2 && !host.starts_with('.') && !host.contains('@')
    });
    whole.map(|word| word.trim_matches('.').to_owned())
}

/// "без почты", "нету", "I don't have one".
pub(super) fn declines(text: &str) -> bool {
    const WORDS: [&str; 9] =
        ["без", "нету", "нет", "without", "don't", "none", "no", "обойдусь", "пропустим"];
    let text = text.to_lowercase();
    text.split(|c: char| !c.is_alphabetic() && c != '\'').any(|word| WORDS.contains(&word))
}

pub(super) fn terminal(text: &str) -> Option<Terminal> {
    let text = text.to_lowercase();
    let any = |stems: &[&str]| stems.iter().any(|stem| text.contains(stem));
    if any(&["терминал", "физич", "отдельн", "кнопоч", "physical", "terminal", "separate"])
    {
        return Some(Terminal::Physical);
    }
    any(&["смартфон", "телефон", "прилож", "айфон", "андроид", "phone", "app"])
        .then_some(Terminal::Smartphone)
}

/// Days and hours in free form: "по будням с 9 до 18, в субботу до обеда".
pub(super) fn schedule(text: &str, now: &Zoned) -> Vec<Shift> {
    let text = text.to_lowercase().replace(['—', '–'], "-");
    let mut shifts = Vec::new();
    let mut days = Days::default();
    for stretch in text.split([',', ';']).flat_map(|part| part.split(" а ")) {
        let named = Days::named(stretch, now);
        if !named.is_empty() {
            days = named;
        }
        let Some((from, to)) = hours(stretch) else {
            continue;
        };
        shifts.push(days.shift(from, to));
    }
    if shifts.is_empty() && !days.is_empty() {
        shifts.push(days.shift(9, 18));
    }
    shifts
}

#[derive(Debug, Default)]
struct Days {
    weekly: Vec<&'static str>,
    date: Option<String>,
}

const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const STEMS: [(&str, usize); 21] = [
    ("понедельник", 0),
    ("вторник", 1),
    ("сред", 2),
    ("четверг", 3),
    ("пятниц", 4),
    ("суббот", 5),
    ("воскресен", 6),
    ("monday", 0),
    ("tuesday", 1),
    ("wednesday", 2),
    ("thursday", 3),
    ("friday", 4),
    ("saturday", 5),
    ("sunday", 6),
    ("пн", 0),
    ("вт", 1),
    ("ср", 2),
    ("чт", 3),
    ("пт", 4),
    ("сб", 5),
    ("вс", 6),
];

impl Days {
    fn is_empty(&self) -> bool {
        self.weekly.is_empty() && self.date.is_none()
    }

    fn named(text: &str, now: &Zoned) -> Self {
        let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let dated = |days: i64| {
            let date = now.date().checked_add(jiff::Span::new().days(days)).ok();
            Self { weekly: Vec::new(), date: date.map(|date| date.to_string()) }
        };
        let weekly = |days: &[&'static str]| Self { weekly: days.to_vec(), date: None };
        if any(&["будн", "рабочим дням", "weekday"]) {
            return weekly(&WEEK[..5]);
        }
        if any(&["выходн", "weekend"]) {
            return weekly(&WEEK[5..]);
        }
        if any(&["ежедневн", "каждый день", "без выходных", "every day", "daily", "всегда"])
        {
            return weekly(&WEEK);
        }
        if any(&["послезавтра"]) {
            return dated(2);
        }
        if any(&["завтра", "tomorrow"]) {
            return dated(1);
        }
        if any(&["сегодня", "today"]) {
            return dated(0);
        }
        Self::listed(text)
    }

    /// "пн-пт", "с понедельника по пятницу", "суббота и воскресенье".
    fn listed(text: &str) -> Self {
        let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
        let named: Vec<usize> = words
            .filter_map(|word| {
                STEMS.iter().find(|(stem, _)| {
                    if stem.chars().count() > 2 { word.starts_with(stem) } else { word == *stem }
                })
            })
            .map(|(_, day)| *day)
            .collect();
        let range = text.contains('-') || text.contains(" по ") || text.contains(" to ");
        let weekly = match named.as_slice() {
            [first, last] if range && first < last => WEEK[*first..=*last].to_vec(),
            days => days.iter().map(|day| WEEK[*day]).collect(),
        };
        Self { weekly, date: None }
    }

    fn shift(&self, from: u32, to: u32) -> Shift {
        let every = self.is_empty().then(|| WEEK.to_vec());
        let weekly = every.unwrap_or_else(|| self.weekly.clone());
        Shift {
            days: weekly.into_iter().map(str::to_owned).collect(),
            date: self.date.clone(),
            from: format!("{from:02}:00"),
            to: format!("{to:02}:00"),
        }
    }
}

/// Two hours of a day, in figures or words; "до обеда" ends at 13.
fn hours(text: &str) -> Option<(u32, u32)> {
    const WORDS: [(&str, u32); 36] = [
        ("шести", 6),
        ("семи", 7),
        ("восьми", 8),
        ("девяти", 9),
        ("десяти", 10),
        ("одиннадцати", 11),
        ("двенадцати", 12),
        ("часа", 1),
        ("двух", 2),
        ("трех", 3),
        ("трёх", 3),
        ("четырех", 4),
        ("четырёх", 4),
        ("пяти", 5),
        ("четырнадцати", 14),
        ("пятнадцати", 15),
        ("шестнадцати", 16),
        ("семнадцати", 17),
        ("восемнадцати", 18),
        ("девятнадцати", 19),
        ("двадцати", 20),
        ("обеда", 13),
        ("one", 1),
        ("two", 2),
        ("three", 3),
        ("four", 4),
        ("five", 5),
        ("six", 6),
        ("seven", 7),
        ("eight", 8),
        ("nine", 9),
        ("ten", 10),
        ("eleven", 11),
        ("twelve", 12),
        ("noon", 12),
        ("полуночи", 24),
    ];
    let named = |word: &str| WORDS.iter().find(|(name, _)| *name == word).map(|(_, hour)| *hour);
    let told: Vec<u32> = text
        .replace(":00", "")
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| word.parse().ok().or_else(|| named(word)))
        .filter(|hour| *hour <= 24)
        .collect();
    match told.as_slice() {
        [from, to] if from < to => Some((*from, *to)),
        [from, to] if to + 12 > *from && *to < 12 => Some((*from, to + 12)),
        [to] if text.contains("до ") || text.contains("until") => Some((9, *to)),
        [from] if text.contains("с ") || text.contains("after") => Some((*from, 20.max(from + 1))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_in_free_form_become_shifts() {
        let now: Zoned = "2026-11-20T09:00:00+02:00[Europe/Kaliningrad]".parse().unwrap();
        let told = |text: &str| {
            let shifts = schedule(text, &now);
            shifts
                .iter()
                .map(|it| {
                    let days = it.date.clone().unwrap_or_else(|| it.days.join(" "));
                    format!("{days} {}-{}", it.from, it.to)
                })
                .collect::<Vec<_>>()
                .join("; ")
        };

        assert_eq!(told("завтра с 8 до 20"), "2026-11-21 08:00-20:00");
        assert_eq!(told("по будням 9–18"), "mon tue wed thu fri 09:00-18:00");
        assert_eq!(told("weekends only"), "sat sun 09:00-18:00");
        assert_eq!(
            told("по будням с девяти до шести, в субботу до обеда"),
            "mon tue wed thu fri 09:00-18:00; sat 09:00-13:00"
        );
        assert_eq!(told("пн-пт с 10 до 19"), "mon tue wed thu fri 10:00-19:00");
        assert_eq!(told("не знаю"), "");
    }

    #[test]
    fn a_full_name_is_family_first() {
        assert_eq!(full_name("Иван Петров").as_deref(), Some("Петров Иван"));
        assert_eq!(
            full_name("меня зовут иван сергеевич петров").as_deref(),
            Some("Петров Иван Сергеевич")
        );
        assert_eq!(full_name("Петров Иван").as_deref(), Some("Петров Иван"));
        assert_eq!(full_name("8 911"), None);
    }

    #[test]
    fn an_address_is_read_written_or_said() {
        assert_eq!(email("моя почта ivan@mail.ru").as_deref(), Some("ivan@mail.ru"));
        assert_eq!(email("ivan собака mail точка ru").as_deref(), Some("ivan@mail.ru"));
        assert_eq!(email("нет"), None);
    }

    #[test]
    fn years_are_whole() {
        assert_eq!(years("пять лет"), Some(5));
        assert_eq!(years("больше 10 лет"), Some(10));
        assert_eq!(years("двадцать пять лет"), Some(25));
        assert_eq!(years("без опыта"), Some(0));
        assert_eq!(years("давно"), None);
    }

    #[test]
    fn trades_are_told_apart() {
        assert_eq!(trades("сантехника"), vec![Category::Plumbing]);
        assert_eq!(trades("электрик и сантехник"), vec![Category::Electrical, Category::Plumbing]);
        assert_eq!(trades("всё"), Category::ALL.to_vec());
    }
}
