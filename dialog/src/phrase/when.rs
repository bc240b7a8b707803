//! Days, hours and durations as people say them.
//!
//! **Never here:** understanding them (that is `understand`), the clock.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use job_core::trade::Language;

use super::{Case, Gender, english, number, russian};
use crate::pack::Spelling;

const MONTHS_RU: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// When a visit begins, as seen from `now`: "завтра в 14:00" and "завтра в два часа дня". Today and
/// tomorrow go by name, other days by weekday and date.
pub fn moment(start: Timestamp, now: Timestamp, zone: &TimeZone, lang: Language) -> Spelling {
    let at = start.to_zoned(zone.clone());
    let day = day(at.date(), now.to_zoned(zone.clone()).date(), lang);
    let hour = hour(at.hour(), at.minute(), Case::Accusative, lang);
    let comma = if day.text.contains(',') { "," } else { "" };
    let join = |day: &str, hour: &str| match lang {
        Language::Ru => format!("{day}{comma} в {hour}"),
        Language::En => format!("{day}{comma} at {hour}"),
    };
    Spelling { text: join(&day.text, &hour.text), speech: join(&day.speech, &hour.speech) }
}

/// "сегодня", "завтра", "послезавтра", "в четверг, 24 ноября", ready to stand in a sentence.
pub fn day(date: Date, today: Date, lang: Language) -> Spelling {
    let ahead = today.until((Unit::Day, date)).map_or(i32::MAX, |span| span.get_days());
    let near = match (lang, ahead) {
        (Language::Ru, 0) => Some("сегодня"),
        (Language::Ru, 1) => Some("завтра"),
        (Language::Ru, 2) => Some("послезавтра"),
        (Language::En, 0) => Some("today"),
        (Language::En, 1) => Some("tomorrow"),
        (Language::Ru | Language::En, _) => None,
    };
    match near {
        Some(word) => super::plain(word),
        None => dated(date, lang),
    }
}

fn dated(date: Date, lang: Language) -> Spelling {
    let day = u64::from(date.day().unsigned_abs());
    let month = usize::from(date.month().unsigned_abs()) - 1;
    match lang {
        Language::Ru => {
            let (weekday, month) = (on_weekday(date.weekday()), MONTHS_RU[month]);
            Spelling {
                text: format!("{weekday}, {day} {month}"),
                speech: format!("{weekday}, {}", date_words(day, month, lang)),
            }
        }
        Language::En => {
            let (weekday, month) = (on_weekday_en(date.weekday()), MONTHS_EN[month]);
            Spelling {
                text: format!("on {weekday}, {month} {day}"),
                speech: format!("on {weekday}, {}", date_words(day, month, lang)),
            }
        }
    }
}

/// "двадцать первого ноября", "November twenty-first"; the month as the language writes it in dates.
pub fn date_words(day: u64, month: &str, lang: Language) -> String {
    match lang {
        Language::Ru => format!("{} {month}", russian::day_of_month(day, Case::Genitive)),
        Language::En => format!("{month} {}", english::ordinal(day)),
    }
}

fn on_weekday(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "в понедельник",
        Weekday::Tuesday => "во вторник",
        Weekday::Wednesday => "в среду",
        Weekday::Thursday => "в четверг",
        Weekday::Friday => "в пятницу",
        Weekday::Saturday => "в субботу",
        Weekday::Sunday => "в воскресенье",
    }
}

fn on_weekday_en(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// A time of day without its preposition: "14:00" and "два часа дня" (dative "двум часам дня");
/// "2 PM" and "two in the afternoon".
pub fn hour(hour: i8, minute: i8, case: Case, lang: Language) -> Spelling {
    let (h, m) = (u64::from(hour.unsigned_abs()), u64::from(minute.unsigned_abs()));
    match lang {
        Language::Ru => {
            Spelling { text: format!("{h}:{m:02}"), speech: russian::clock(h, m, case) }
        }
        Language::En => Spelling { text: clock_text(h, m), speech: clock_words(h, m) },
    }
}

fn clock_text(hour: u64, minute: u64) -> String {
    let half = if hour < 12 { "AM" } else { "PM" };
    let small = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    match minute {
        0 => format!("{small} {half}"),
        _ => format!("{small}:{minute:02} {half}"),
    }
}

fn clock_words(hour: u64, minute: u64) -> String {
    let part = match hour {
        0..=3 => "at night",
        4..=11 => "in the morning",
        12..=16 => "in the afternoon",
        _ => "in the evening",
    };
    let small = english::cardinal(if hour.is_multiple_of(12) { 12 } else { hour % 12 });
    match minute {
        0 if hour == 12 => "noon".into(),
        0 => format!("{small} {part}"),
        1..=9 => format!("{small} oh {} {part}", english::cardinal(minute)),
        _ => format!("{small} {} {part}", english::cardinal(minute)),
    }
}

/// How long the work takes, in a promise one can keep: "около часа", "от одного до двух часов".
pub fn duration(minutes: i64, lang: Language) -> Spelling {
    let (ru, en) = match minutes {
        ..=30 => ("около получаса", "about half an hour"),
        31..=60 => ("около часа", "about an hour"),
        61..=90 => ("около полутора часов", "about an hour and a half"),
        _ => return hours(minutes, lang),
    };
    match lang {
        Language::Ru => super::plain(ru),
        Language::En => super::plain(en),
    }
}

fn hours(minutes: i64, lang: Language) -> Spelling {
    let most = minutes.unsigned_abs().div_ceil(60);
    let least = most - 1;
    let words = |n| number(n, Gender::Masculine, Case::Genitive, lang);
    match lang {
        Language::Ru => Spelling {
            text: format!("от {least} до {most} часов"),
            speech: format!("от {} до {} часов", words(least), words(most)),
        },
        Language::En => Spelling {
            text: format!("{least} to {most} hours"),
            speech: format!("{} to {} hours", words(least), words(most)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{En, Ru};

    /// Sunday 20 November 2033, 15:00 in Kaliningrad.
    fn now() -> Timestamp {
        "2033-11-20T13:00:00Z".parse().unwrap()
    }

    fn told(start: &str, lang: Language) -> Spelling {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        moment(start.parse().unwrap(), now(), &zone, lang)
    }

    #[test]
    fn moments_go_by_name_then_by_weekday() {
        let cases = [
            ("2033-11-20T16:30:00Z", "сегодня в 18:30", "сегодня в восемнадцать тридцать"),
            ("2033-11-21T12:00:00Z", "завтра в 14:00", "завтра в два часа дня"),
            ("2033-11-22T08:00:00Z", "послезавтра в 10:00", "послезавтра в десять часов утра"),
            (
                "2033-11-24T11:00:00Z",
                "в четверг, 24 ноября, в 13:00",
                "в четверг, двадцать четвёртого ноября, в час дня",
            ),
            (
                "2033-11-29T11:00:00Z",
                "во вторник, 29 ноября, в 13:00",
                "во вторник, двадцать девятого ноября, в час дня",
            ),
        ];

        for (start, text, speech) in cases {
            assert_eq!(told(start, Ru), Spelling { text: text.into(), speech: speech.into() });
        }
    }

    #[test]
    fn english_moments_sound_english() {
        let cases = [
            ("2033-11-21T12:00:00Z", "tomorrow at 2 PM", "tomorrow at two in the afternoon"),
            (
                "2033-11-24T08:30:00Z",
                "on Thursday, November 24, at 10:30 AM",
                "on Thursday, November twenty-fourth, at ten thirty in the morning",
            ),
            ("2033-11-20T10:00:00Z", "today at 12 PM", "today at noon"),
        ];

        for (start, text, speech) in cases {
            assert_eq!(told(start, En), Spelling { text: text.into(), speech: speech.into() });
        }
    }

    #[test]
    fn the_day_after_midnight_in_the_zone_is_tomorrow() {
        assert_eq!(told("2033-11-20T22:30:00Z", Ru).text, "завтра в 0:30");
    }

    #[test]
    fn durations_are_ranges() {
        let cases = [
            (30, "около получаса", "about half an hour"),
            (60, "около часа", "about an hour"),
            (90, "около полутора часов", "about an hour and a half"),
            (120, "от одного до двух часов", "one to two hours"),
            (180, "от двух до трёх часов", "two to three hours"),
        ];

        for (minutes, ru, en) in cases {
            assert_eq!(duration(minutes, Ru).speech, ru);
            assert_eq!(duration(minutes, En).speech, en);
        }
        assert_eq!(duration(120, Ru).text, "от 1 до 2 часов");
    }

    #[test]
    fn an_hour_can_be_a_deadline() {
        assert_eq!(hour(14, 0, Case::Dative, Ru).speech, "двум часам дня");
    }
}
