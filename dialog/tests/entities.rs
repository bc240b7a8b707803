//! What people name, in wordings that were written before the readers were tried on them: times,
//! addresses, weekly hours, telephone numbers and self-corrections, and how many are read right.

use std::fmt::Write as _;

use dialog::pack::Pack;
use dialog::understand::{Asked, Context, Entity, Value, entities};
use jiff::Zoned;
use job_core::place::place_key;
use job_core::trade::Language;

const NOW: &str = "2026-11-20T10:00[Europe/Kaliningrad]";

#[test]
fn times_are_read_as_people_mean_them() {
    for (language, list) in [
        (Language::Ru, include_str!("../testdata/entities/time.ru.txt")),
        (Language::En, include_str!("../testdata/entities/time.en.txt")),
    ] {
        check("times", language, list, 0.95, |said, meant| {
            let found = read(language, said, None);
            let times: Vec<&Value> = found.iter().map(|it| &it.value).filter(is_time).collect();
            match times.as_slice() {
                [Value::Time { from, to, .. }] => is_meant(from.as_deref(), to.as_deref(), meant),
                _ => false,
            }
        });
    }
}

#[test]
fn addresses_are_read_in_all_their_parts() {
    for (language, list) in [
        (Language::Ru, include_str!("../testdata/entities/address.ru.txt")),
        (Language::En, include_str!("../testdata/entities/address.en.txt")),
    ] {
        check("addresses", language, list, 0.95, |said, meant| {
            let asked = Asked::named("address");
            let found = read(language, said, asked);
            let places: Vec<_> = found
                .iter()
                .filter_map(|it| match &it.value {
                    Value::Address(place) => Some(place),
                    _ => None,
                })
                .collect();
            let [place] = places.as_slice() else { return false };
            let parts = [
                &place.street,
                &place.house,
                &place.building,
                &place.entrance,
                &place.floor,
                &place.flat,
                &place.city,
            ];
            let mut wanted = meant.split(';');
            parts.iter().all(|part| {
                let wanted = wanted.next().unwrap_or_default().trim();
                match part {
                    Some(found) => {
                        !wanted.is_empty() && place_key(found).contains(&place_key(wanted))
                    }
                    None => wanted.is_empty(),
                }
            })
        });
    }
}

#[test]
fn weekly_hours_are_read_whole() {
    for (language, list) in [
        (Language::Ru, include_str!("../testdata/entities/schedule.ru.txt")),
        (Language::En, include_str!("../testdata/entities/schedule.en.txt")),
    ] {
        check("weekly hours", language, list, 0.95, |said, meant| {
            let told = read(language, said, Asked::named("schedule"));
            let shown: Vec<String> = told.iter().filter_map(hours).collect();
            shown.join(";") == meant
        });
    }
}

/// Two values and the words between them: only the second is meant.
#[test]
fn a_correction_leaves_only_what_was_meant() {
    let russian = [
        "{a} ой нет {b}",
        "{a} вернее {b}",
        "не {a} а {b}",
        "{a} то есть {b}",
        "{a} нет подождите {b}",
    ];
    let english =
        ["{a} oh no {b}", "{a} i mean {b}", "not {a} but {b}", "{a} sorry {b}", "{a} no wait {b}"];
    let ru_pairs = [
        ("в пять", "в шесть", "=11-20T18:00"),
        ("завтра в десять", "завтра в двенадцать", "=11-21T12:00"),
        ("в понедельник", "во вторник", "@11-24"),
        ("двадцать третьего", "двадцать пятого", "@11-25"),
        ("завтра утром", "завтра вечером", "~11-21T19:00"),
        ("в среду после трёх", "в четверг после трёх", ">11-26T15:00"),
        ("к девяти утра", "к одиннадцати утра", "=11-20T11:00"),
        ("с двух до четырёх", "с трёх до пяти", "[11-20T15:00,11-20T17:00]"),
        ("послезавтра", "завтра", "@11-21"),
        ("через час", "через два часа", "=11-20T12:00"),
    ];
    let en_pairs = [
        ("at five", "at six", "=11-20T18:00"),
        ("tomorrow at ten", "tomorrow at twelve", "=11-21T12:00"),
        ("on monday", "on tuesday", "@11-24"),
        ("the twenty third", "the twenty fifth", "@11-25"),
        ("tomorrow morning", "tomorrow evening", "~11-21T19:00"),
        ("wednesday after three", "thursday after three", ">11-26T15:00"),
        ("by nine am", "by eleven am", "=11-20T11:00"),
        ("from two to four", "from three to five", "[11-20T15:00,11-20T17:00]"),
        ("the day after tomorrow", "tomorrow", "@11-21"),
        ("in an hour", "in two hours", "=11-20T12:00"),
    ];
    for (language, forms, pairs) in
        [(Language::Ru, russian, ru_pairs), (Language::En, english, en_pairs)]
    {
        let list = corrections(&forms, &pairs);
        check("self-corrections of times", language, &list, 0.95, |said, meant| {
            let found = read(language, said, Asked::named("time"));
            let times: Vec<&Value> = found.iter().map(|it| &it.value).filter(is_time).collect();
            match times.as_slice() {
                [Value::Time { from, to, .. }] => is_meant(from.as_deref(), to.as_deref(), meant),
                _ => false,
            }
        });
    }
}

#[test]
fn a_corrected_flat_or_house_is_the_second_one() {
    let forms = [
        ["{a} ой нет {b}", "{a} вернее {b}", "не {a} а {b}", "{a} то есть {b}", "нет {b}"],
        ["{a} oh no {b}", "{a} i mean {b}", "not {a} but {b}", "{a} sorry {b}", "no {b}"],
    ];
    let values = [
        [
            "пять",
            "семь",
            "двадцать один",
            "семьдесят два",
            "сто четыре",
            "тридцать",
            "восемь",
            "сорок шесть",
            "двенадцать",
            "девяносто",
        ],
        [
            "five",
            "seven",
            "twenty one",
            "seventy two",
            "one hundred and four",
            "thirty",
            "eight",
            "forty six",
            "twelve",
            "ninety",
        ],
    ];
    let numbers = ["5", "7", "21", "72", "104", "30", "8", "46", "12", "90"];
    for (nth, language) in [Language::Ru, Language::En].into_iter().enumerate() {
        let label = ["квартира", "flat"][nth];
        let pairs: Vec<(String, String, &str)> = (0..10)
            .map(|at| {
                let (a, b) = (values[nth][at], values[nth][(at + 3) % 10]);
                (format!("{label} {a}"), format!("{label} {b}"), numbers[(at + 3) % 10])
            })
            .collect();
        let pairs: Vec<(&str, &str, &str)> =
            pairs.iter().map(|(a, b, meant)| (a.as_str(), b.as_str(), *meant)).collect();
        let list = corrections(&forms[nth], &pairs);
        check("self-corrections of flats", language, &list, 0.95, |said, meant| {
            let found = read(language, said, Asked::named("address"));
            let flats: Vec<_> = found
                .iter()
                .filter_map(|it| match &it.value {
                    Value::Address(place) => place.flat.as_deref(),
                    _ => None,
                })
                .collect();
            flats == [meant]
        });
    }
}

fn corrections(forms: &[&str], pairs: &[(&str, &str, &str)]) -> String {
    let mut list = String::new();
    for form in forms {
        for (first, second, meant) in pairs {
            let said = form.replace("{a}", first).replace("{b}", second);
            let _ = writeln!(list, "{said} | {meant}");
        }
    }
    list
}

fn check(
    what: &str,
    language: Language,
    list: &str,
    floor: f64,
    right: impl Fn(&str, &str) -> bool,
) {
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let pairs: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(" | ")).collect();
    let wrong: Vec<&str> = pairs
        .iter()
        .filter(|(said, meant)| !right(said, meant.trim()))
        .map(|(said, _)| *said)
        .collect();
    let share = 1.0 - wrong.len() as f64 / pairs.len() as f64;
    println!("{what}, {language:?}: {:.1} % of {}", share * 100.0, pairs.len());
    let told: Vec<String> = wrong
        .iter()
        .map(|said| format!("{said}\n      {}", json(&read(language, said, None))))
        .collect();
    assert!(share >= floor, "{what}, {language:?}: {share:.3}\n  {}", told.join("\n  "));
}

fn json(found: &[Entity]) -> String {
    serde_json::to_string(found).expect("entities are plain")
}

fn read(language: Language, said: &str, asked: Option<Asked>) -> Vec<Entity> {
    static PACKS: std::sync::OnceLock<[Pack; 2]> = std::sync::OnceLock::new();
    let load = |language| Pack::built_in("home-repair", language).expect("the built-in pack");
    let packs = PACKS.get_or_init(|| [load(Language::Ru), load(Language::En)]);
    let pack = &packs[usize::from(language == Language::En)];
    let now: Zoned = NOW.parse().expect("a moment");
    let awaiting = asked.map_or_else(Default::default, Asked::awaiting);
    let context = Context { language, now, awaiting, day: None, places: &pack.places };
    entities(said, &context, asked)
}

fn is_time(value: &&Value) -> bool {
    matches!(value, Value::Time { .. })
}

fn hours(entity: &Entity) -> Option<String> {
    let Value::Schedule(hours) = &entity.value else { return None };
    let end = |at: &Option<String>| at.clone().unwrap_or_else(|| "…".to_owned());
    let days = hours.date.clone().unwrap_or_else(|| hours.days.join(" "));
    Some(format!("{days} {}-{}", end(&hours.from), end(&hours.to)))
}

/// Whether `from` and `to` are what the sign before `meant` says.
fn is_meant(from: Option<&str>, to: Option<&str>, meant: &str) -> bool {
    let full = |short: &str| {
        let dated =
            if short.starts_with("20") { short.to_owned() } else { format!("2026-{short}") };
        format!("{dated}:00+02:00")
    };
    let (sign, rest) = meant.split_at(1);
    match sign {
        "=" => from == Some(&full(rest)) && to == from,
        ">" => from == Some(&full(rest)),
        "<" => to == Some(&full(rest)),
        "[" => {
            let Some((first, last)) = rest.trim_end_matches(']').split_once(',') else {
                return false;
            };
            from == Some(&full(first)) && to == Some(&full(last))
        }
        "@" => {
            let day = full(&format!("{rest}T00:00"));
            from == Some(&day)
                && from.zip(to).is_some_and(|(from, to)| hours_between(from, to) == 24)
        }
        "~" => {
            let at = full(rest);
            from.zip(to).is_some_and(|(from, to)| {
                from <= at.as_str() && at.as_str() <= to && hours_between(from, to) <= 12
            })
        }
        _ => false,
    }
}

fn hours_between(from: &str, to: &str) -> i64 {
    let at = |text: &str| text.parse::<jiff::Timestamp>().expect("RFC 3339");
    at(from).duration_until(at(to)).as_hours()
}
