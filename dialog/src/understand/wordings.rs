//! What people say, and what it must come to: tables of wordings in both languages.
//!
//! **Never here:** wordings of one word form, which stand beside their grammar.

mod addresses;
mod answers;
mod times;

use jiff::{Timestamp, Zoned};
use job_core::trade::{Address, Language};
use proptest::prelude::*;

use super::{Context, Facts, Place, Places, TimeWish, understand};
use crate::state::Awaiting;
use addresses::ADDRESSES;
use answers::{ANSWERS, NAMES};
use times::{NO_TIMES, TIMES};

/// Friday noon.
const NOON: &str = "2026-11-20T12:00[Europe/Kaliningrad]";

#[test]
fn times_come_to_the_moments_people_mean() {
    for (said, meant) in TIMES {
        assert_eq!(time(said, NOON, Awaiting::Time), *meant, "{said}");
    }
}

#[test]
fn a_time_is_understood_beside_other_words_and_at_other_hours() {
    for (now, said, meant) in [
        ("2026-11-20T08:30[Europe/Kaliningrad]", "утром", "20.11 08:00 – 20.11 12:00"),
        ("2026-11-20T11:30[Europe/Kaliningrad]", "утром", "21.11 08:00 – 21.11 12:00"),
        ("2026-11-20T08:30[Europe/Kaliningrad]", "в десять", "20.11 10:00 – 20.11 10:00"),
        ("2026-11-20T19:30[Europe/Kaliningrad]", "в семь", "21.11 19:00 – 21.11 19:00"),
        ("2026-11-20T23:30[Europe/Kaliningrad]", "через час", "21.11 00:30 – 21.11 00:30"),
        ("2026-11-21T10:00[Europe/Kaliningrad]", "в выходные", "21.11 00:00 – 23.11 00:00"),
        ("2026-11-22T10:00[Europe/Kaliningrad]", "на выходных", "22.11 00:00 – 23.11 00:00"),
        (
            "2026-11-16T10:00[Europe/Kaliningrad]",
            "на той неделе во вторник",
            "24.11 00:00 – 25.11 00:00",
        ),
        ("2026-11-16T10:00[Europe/Kaliningrad]", "в конце недели", "19.11 00:00 – 22.11 00:00"),
        ("2026-12-31T10:00[Europe/Kaliningrad]", "завтра в два", "01.01 14:00 – 01.01 14:00"),
        ("2026-12-31T10:00[Europe/Kaliningrad]", "третьего", "03.01 00:00 – 04.01 00:00"),
        ("2026-02-10T10:00[Europe/Kaliningrad]", "тридцатого", "30.03 00:00 – 31.03 00:00"),
        ("2028-02-10T10:00[Europe/Kaliningrad]", "29 февраля", "29.02 00:00 – 01.03 00:00"),
        ("2026-11-20T12:00[Europe/Moscow]", "в три", "20.11 15:00 – 20.11 15:00"),
    ] {
        assert_eq!(time(said, now, Awaiting::Time), meant, "{said} at {now}");
    }
}

#[test]
fn what_is_told_about_a_fault_is_no_wish() {
    for said in NO_TIMES {
        assert_eq!(time(said, NOON, Awaiting::Problem), "", "{said}");
    }
}

#[test]
fn a_wish_inside_a_story_is_heard() {
    for (said, meant) in [
        (
            "сегодня утром сломалась стиральная машина нужен мастер на завтра",
            "21.11 00:00 – 22.11 00:00",
        ),
        ("у меня искрит розетка приезжайте сегодня после шести", "20.11 18:00 – 21.11 00:00 today"),
        ("нужен сантехник завтра в десять утра", "21.11 10:00 – 21.11 10:00"),
        ("my tap broke yesterday, can you come on monday at ten", "23.11 10:00 – 23.11 10:00"),
        ("срочно течёт труба", "20.11 12:00 – … urgent"),
    ] {
        assert_eq!(time(said, NOON, Awaiting::Problem), meant, "{said}");
    }
}

#[test]
fn addresses_are_put_together_in_any_order() {
    for (said, meant) in ADDRESSES {
        assert_eq!(address(&facts(said, Awaiting::Address)), *meant, "{said}");
    }
}

#[test]
fn counted_things_are_no_address() {
    for said in [
        "в квартире две розетки не работают",
        "у меня три комнаты",
        "нет света в подъезде",
        "на кухне две розетки не работают",
        "во всём доме нет воды",
        "я дома весь день",
        "машине пять лет",
        "two outlets in the flat do not work",
        "мир дому твоему",
    ] {
        assert_eq!(address(&facts(said, Awaiting::Problem)), "", "{said}");
    }
}

#[test]
fn yes_and_no_are_told_apart_in_all_colours() {
    for (said, meant) in ANSWERS {
        assert_eq!(facts(said, Awaiting::Confirmation).yes_no, *meant, "{said}");
    }
}

#[test]
fn names_are_heard_as_they_are_written() {
    for (said, meant) in NAMES {
        let name = facts(said, Awaiting::Name).name.map(|name| name.value).unwrap_or_default();

        assert_eq!(name, *meant, "{said}");
    }
}

#[test]
fn a_full_name_is_family_given_patronymic() {
    for (said, meant) in [
        ("Пётр Ильич Иванов", "Иванов Пётр Ильич"),
        ("смирнова анна сергеевна", "Смирнова Анна Сергеевна"),
        ("меня зовут сергей волков", "Волков Сергей"),
        ("John Smith", "Smith John"),
        ("фамилия Козлов, имя Артём", "Козлов Артём"),
    ] {
        let name = facts(said, Awaiting::FullName).name.map(|name| name.value).unwrap_or_default();

        assert_eq!(name, meant, "{said}");
    }
}

#[test]
fn outside_its_question_a_name_needs_its_phrase() {
    for (said, meant) in [
        ("меня зовут Ирина у меня течёт кран", "Ирина"),
        ("здравствуйте это Сергей у меня сломался замок", "Сергей"),
        ("this is John, my tap is leaking", "John"),
        ("это кран на кухне", ""),
        ("I'm calling about a leak", ""),
        ("я живу на горького", ""),
        ("у Марины течёт кран", ""),
    ] {
        let name = facts(said, Awaiting::Problem).name.map(|name| name.value).unwrap_or_default();

        assert_eq!(name, meant, "{said}");
    }
}

#[test]
fn choices_repeats_waits_and_refusals_are_heard() {
    type Test = fn(&Facts) -> bool;
    let rows: [(&[&str], Test); 5] = [
        (
            &[
                "повторите",
                "что?",
                "ещё раз пожалуйста",
                "не расслышала",
                "как вы сказали",
                "pardon",
                "say that again",
                "sorry, what?",
                "i didn't catch that",
            ],
            |f| f.repeat,
        ),
        (
            &[
                "подождите",
                "секундочку",
                "минутку я посмотрю",
                "сейчас",
                "hold on",
                "one moment please",
                "just a second",
                "let me check",
            ],
            |f| f.wait,
        ),
        (
            &[
                "другое время",
                "не подходит",
                "а попозже можно",
                "есть ещё варианты",
                "something else",
                "that doesn't work",
                "any other time?",
            ],
            |f| f.other,
        ),
        (
            &[
                "первый вариант",
                "давайте первое",
                "the first one",
                "option one",
                "первое",
                "первый",
            ],
            |f| f.choice == Some(1),
        ),
        (
            &[
                "второй",
                "лучше второе",
                "второй вариант пожалуйста",
                "the second one",
                "вариант два",
                "нет, не первый, а второй",
            ],
            |f| f.choice == Some(2),
        ),
    ];
    for (wordings, heard) in rows {
        for said in wordings {
            assert!(heard(&facts(said, Awaiting::SlotChoice)), "{said}");
        }
    }
}

#[test]
fn plain_answers_are_neither_repeats_nor_waits() {
    for said in [
        "да",
        "нет",
        "завтра в десять",
        "улица мира пять",
        "через минуту",
        "the second one",
        "анна",
    ] {
        let found = facts(said, Awaiting::SlotChoice);

        assert!(!found.repeat && !found.wait, "{said}");
    }
}

#[test]
fn a_correction_leaves_the_last_value() {
    for (said, meant) in [
        ("нет, не в десять, а в двенадцать", "21.11 12:00 – 21.11 12:00"),
        ("завтра в десять, ой нет, в одиннадцать", "21.11 11:00 – 21.11 11:00"),
        ("в четверг, вернее в пятницу", "27.11 00:00 – 28.11 00:00"),
        ("в три то есть нет в четыре", "20.11 16:00 – 20.11 16:00"),
        ("no, I mean Thursday", "26.11 00:00 – 27.11 00:00"),
        ("tomorrow at five, actually six", "21.11 18:00 – 21.11 18:00"),
        ("утром, нет, лучше вечером в семь", "20.11 19:00 – 20.11 19:00"),
    ] {
        let found = facts(said, Awaiting::Time);

        assert!(found.correction, "{said}");
        assert_eq!(time(said, NOON, Awaiting::Time), meant, "{said}");
    }
}

#[test]
fn a_lone_number_is_left_to_whoever_asked() {
    let flat = facts("двенадцать", Awaiting::Address);
    let hour = facts("двенадцать", Awaiting::Time);

    assert_eq!(flat.bare_number.map(|number| number.value), Some(12));
    assert_eq!(flat.time, None);
    assert_eq!(hour.bare_number, None);
    assert!(hour.time.is_some());
}

#[test]
fn several_facts_in_one_breath_are_all_heard() {
    let said = "Улица Горького дом пять квартира семь, завтра после шести, телефон 8 911 222 33 44, меня зовут Анна";

    let found = facts(said, Awaiting::Address);

    assert_eq!(address(&found), "улица Горького, h 5, fl 7");
    assert_eq!(
        found.time.map(|time| shown(time.value)).as_deref(),
        Some("21.11 18:00 – 22.11 00:00")
    );
    assert_eq!(found.phone.map(|phone| phone.value).as_deref(), Some("+79112223344"));
    assert_eq!(found.name.map(|name| name.value).as_deref(), Some("Анна"));
}

#[test]
fn the_span_is_the_stretch_it_came_from() {
    let said = "мне удобно завтра в десять, улица Горького дом 5";

    let found = facts(said, Awaiting::Address);

    let (from, to) = found.time.map(|time| time.span).unwrap_or_default();
    assert_eq!(&said[from..to], "завтра в десять");
    let (from, to) = found.address.map(|address| address.span).unwrap_or_default();
    assert_eq!(&said[from..to], "улица Горького дом 5");
}

proptest! {
    #[test]
    fn no_salad_of_words_panics_and_spans_stay_inside(
        words in proptest::collection::vec(prop_oneof![
            proptest::sample::select(SALAD).prop_map(str::to_owned),
            "[0-9]{1,12}",
            "\\PC{0,6}",
        ], 0..14),
        marks in proptest::collection::vec(proptest::sample::select(&[" ", ", ", "-", ".", "/", ": ", ""][..]), 14),
        awaiting in proptest::sample::select(AWAITING),
    ) {
        let said: String = words.iter().zip(&marks).flat_map(|(word, mark)| [word.as_str(), mark]).collect();

        let found = facts(&said, awaiting);

        let spans = [
            found.time.map(|found| found.span),
            found.phone.map(|found| found.span),
            found.address.map(|found| found.span),
            found.name.map(|found| found.span),
            found.bare_number.map(|found| found.span),
        ];
        for (from, to) in spans.into_iter().flatten() {
            prop_assert!(from < to && said.get(from..to).is_some(), "{said:?} {from}..{to}");
        }
    }
}

const AWAITING: &[Awaiting] = &[
    Awaiting::Problem,
    Awaiting::Address,
    Awaiting::Time,
    Awaiting::SlotChoice,
    Awaiting::Name,
    Awaiting::FullName,
    Awaiting::Phone,
    Awaiting::Confirmation,
    Awaiting::City,
];

#[rustfmt::skip]
const SALAD: &[&str] = &[
    "да", "нет", "не", "а", "в", "с", "до", "после", "между", "через", "час", "часа", "минут",
    "без", "четверть", "половине", "пол", "восьмого", "пятое", "двадцать", "сто", "девятьсот",
    "тысяча", "три", "нуля", "семёрки", "дом", "квартира", "корпус", "подъезд", "этаж", "д",
    "кв", "к", "улица", "проспект", "пр", "т", "мира", "горького", "снт", "дробь", "литера",
    "калининград", "посёлок", "завтра", "понедельник", "выходные", "неделе", "следующей",
    "утром", "вечера", "ноября", "меня", "зовут", "на", "Петра", "имя", "Иванович", "или", "ой",
    "вернее", "первый", "вариант", "half", "past", "to", "quarter", "ten", "hundred", "and",
    "the", "one", "double", "oh", "plus", "плюс", "street", "flat", "am", "p.m.", "next", "from",
    "between", "not", "but", "my name is", "it's", "ё", "й",
];

fn facts(said: &str, awaiting: Awaiting) -> Facts {
    facts_at(said, NOON, awaiting)
}

fn facts_at(said: &str, now: &str, awaiting: Awaiting) -> Facts {
    let now: Zoned = now.parse().expect("a moment with its zone");
    let places = places();
    understand(said, &Context { language: Language::Ru, now, awaiting, day: None, places: &places })
}

fn time(said: &str, now: &str, awaiting: Awaiting) -> String {
    let zone = now.rsplit('[').next().and_then(|zone| zone.strip_suffix(']')).unwrap_or("UTC");
    facts_at(said, now, awaiting).time.map(|time| shown_in(time.value, zone)).unwrap_or_default()
}

fn shown(wish: TimeWish) -> String {
    shown_in(wish, "Europe/Kaliningrad")
}

/// "21.11 13:00 – 21.11 18:00", "…" for an open end.
fn shown_in(wish: TimeWish, zone: &str) -> String {
    let moment = |at: Option<Timestamp>| {
        let zoned = at.and_then(|at| at.in_tz(zone).ok());
        zoned.map_or("…".to_owned(), |at| at.strftime("%d.%m %H:%M").to_string())
    };
    let marks = [(wish.urgent, " urgent"), (wish.today, " today")];
    let marks: String = marks.iter().filter(|(on, _)| *on).map(|(_, mark)| *mark).collect();
    format!("{} – {}{marks}", moment(wish.wish.from), moment(wish.wish.to))
}

/// "Гурьевск; улица Киевская, h 34, fl 12"
fn address(facts: &Facts) -> String {
    let Some(Address { city, street, house, building, entrance, floor, flat }) =
        facts.address.as_ref().map(|found| found.value.clone())
    else {
        return String::new();
    };
    let parts = [("h", house), ("b", building), ("e", entrance), ("f", floor), ("fl", flat)];
    let parts = parts.into_iter().filter_map(|(label, value)| Some(format!("{label} {}", value?)));
    let place: Vec<String> = street.into_iter().chain(parts).collect();
    city.map_or(place.join(", "), |city| format!("{city}; {}", place.join(", ")))
}

fn places() -> Places {
    let place = |name: &str, also: &[&str]| {
        let also = also.iter().map(|name| (*name).to_owned()).collect();
        Place::new(name.to_owned(), also)
    };
    let streets = [
        "Ленинский проспект",
        "Московский проспект",
        "Советский проспект",
        "улица Горького",
        "улица Черняховского",
        "улица Киевская",
        "улица Александра Невского",
        "улица Багратиона",
        "улица Карла Маркса",
        "улица Юрия Гагарина",
        "улица Гагарина",
        "улица Аллея смелых",
        "улица Подполковника Емельянова",
        "улица Театральная",
        "улица Садовая",
        "улица 9 Апреля",
        "переулок Грибоедова",
        "бульвар Борзова",
        "улица Красная",
        "улица Нарвская",
    ];
    Places {
        home_city: "Калининград".to_owned(),
        cities: vec![
            place("Калининград", &["Kaliningrad"]),
            place("Светлогорск", &["Svetlogorsk"]),
            place("Гурьевск", &[]),
            place("Светлый", &[]),
            place("Советск", &[]),
            place("Васильково", &[]),
            place("Большое Исаково", &[]),
        ],
        streets: std::iter::once(place("проспект Мира", &["Mira Avenue"]))
            .chain(streets.iter().map(|name| place(name, &[])))
            .collect(),
    }
}
