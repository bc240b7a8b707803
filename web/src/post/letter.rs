//! What a message says: the wording of its event, recipient and language with the order's values in
//! it, for the eye.

use std::collections::HashMap;
use std::sync::LazyLock;

use dialog::pack::Spelling;
use dialog::phrase::{self, Case};
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use job_core::money::Kopecks;
use job_core::store::Message;
use job_core::trade::Language;
use serde_json::Value;

/// Wordings by recipient and template.
type Wordings = HashMap<String, HashMap<String, String>>;

static RU: LazyLock<Wordings> =
    LazyLock::new(|| wordings(include_str!("../../../prompts/messages/ru.toml")));
static EN: LazyLock<Wordings> =
    LazyLock::new(|| wordings(include_str!("../../../prompts/messages/en.toml")));

fn wordings(text: &str) -> Wordings {
    match toml::from_str(text) {
        Ok(wordings) => wordings,
        Err(error) => unreachable!("built-in messages, checked by a test: {error}"),
    }
}

/// Where and when a message is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) zone: &'a TimeZone,
    pub(crate) now: Timestamp,
    /// `https://…` before the client's link; without it the link is left out.
    pub(crate) site: &'a str,
}

/// A message for the eye and for the ear; `None` where no wording is known for it. Nobody is read a link.
pub(crate) fn spelling(message: &Message, reader: Reader<'_>) -> Option<Spelling> {
    let wordings = in_language(message.language);
    let wording = wordings.get(&message.recipient)?.get(&message.template)?;
    let shown = values(message, reader);

    // A link at the end is no beginning of a sentence, and stays as it is.
    let (sentences, link) = match wording.strip_suffix("{link}") {
        Some(sentences) => (sentences, shown.iter().find(|it| it.0 == "link")),
        None => (wording.as_str(), None),
    };
    let number = match message.language {
        Language::Ru => "номер ",
        Language::En => "number ",
    };
    let told = phrase::filled(sentences, &sentences.replace('№', number), &shown);
    let text = match link {
        Some((_, link)) => format!("{}{}", told.text, link.text),
        None => told.text.trim_end().to_owned(),
    };
    Some(Spelling { text, speech: told.speech.trim_end().to_owned() })
}

/// Answers that fit, for messengers with buttons.
pub(crate) fn choices(message: &Message) -> Vec<String> {
    let buttons = in_language(message.language).get("buttons");
    let words = buttons.and_then(|it| it.get(&message.template));
    let number = message.payload["number"].as_str().unwrap_or_default();
    let filled = |words: &str| words.replace("{number}", number);
    words.map(|it| it.split('|').map(filled).collect()).unwrap_or_default()
}

fn in_language(language: Language) -> &'static Wordings {
    match language {
        Language::Ru => &RU,
        Language::En => &EN,
    }
}

fn values(message: &Message, reader: Reader<'_>) -> Vec<(&'static str, Spelling)> {
    let language = message.language;
    let of = |name: &str| message.payload.get(name);
    let text = |name: &str| of(name).and_then(Value::as_str).map(str::to_owned);
    let words = |name: &str| text(name).map(|it| phrase::plain(&it));
    let code = |name: &str| text(name).map(|it| phrase::code(&it, language));
    let money = |name: &str| {
        let kopecks = of(name).and_then(Value::as_i64)?;
        Some(phrase::money(Kopecks(kopecks).whole_roubles(), language))
    };
    let moment = |name: &str| {
        let at: Timestamp = text(name)?.parse().ok()?;
        Some(phrase::moment(at, reader.now, reader.zone, language))
    };
    let price = of("min").and_then(Value::as_i64).zip(of("max").and_then(Value::as_i64));
    let day = |name: &str| {
        let today = reader.now.to_zoned(reader.zone.clone()).date();
        let date: Date = text(name)?.parse().ok()?;
        Some(phrase::day(date, today, language))
    };
    // "Завтра, во вторник, 24 ноября": with its weekday, however near it is.
    let long_ago = Date::constant(2000, 1, 1);
    let date = text("date").and_then(|it| it.parse().ok()).map(|date: Date| Spelling {
        text: date.strftime("%d.%m").to_string(),
        speech: phrase::day(date, long_ago, language).speech,
    });
    let link = text("tracking").filter(|_| !reader.site.is_empty());
    let link = link.map(|path| Spelling {
        text: format!("{}{path}", reader.site.trim_end_matches('/')),
        speech: String::new(),
    });

    [
        ("number", code("number")),
        ("start", moment("start")),
        ("until", moment("until")),
        ("master", words("master")),
        ("door_code", code("door_code")),
        ("diagnosis", words("diagnosis")),
        ("address", words("address")),
        ("price", price.map(|(min, max)| phrase::money_range(min, max, language))),
        ("amount", money("amount")),
        ("most", money("most")),
        ("share", money("share")),
        ("today", money("today")),
        ("payout", day("payout")),
        ("date", date),
        ("hours", of("hours").and_then(|it| hours(it, language))),
        ("link", link),
        ("conversation", code("conversation")),
        ("why", words("why")),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// "08:00–12:00, 13:00–17:00"; for the ear hours and minutes in words.
fn hours(told: &Value, language: Language) -> Option<Spelling> {
    let between = match language {
        Language::Ru => ["с ", " до "],
        Language::En => ["from ", " to "],
    };
    let spoken = |clock: &str| {
        let (hour, minute) = clock.split_once(':')?;
        let (hour, minute) = (hour.parse().ok()?, minute.parse().ok()?);
        Some(phrase::hour(hour, minute, Case::Genitive, language).speech)
    };
    let stretch = |it: &Value| {
        let (from, to) = (it["from"].as_str()?, it["to"].as_str()?);
        let [before, then] = between;
        let speech = format!("{before}{}{then}{}", spoken(from)?, spoken(to)?);
        Some(Spelling { text: format!("{from}–{to}"), speech })
    };
    let stretches: Vec<Spelling> = told.as_array()?.iter().filter_map(stretch).collect();
    let joined =
        |part: fn(&Spelling) -> &str| stretches.iter().map(part).collect::<Vec<_>>().join(", ");

    Some(Spelling { text: joined(|it| &it.text), speech: joined(|it| &it.speech) })
}

#[cfg(test)]
mod tests {
    use job_core::ids::MessageId;
    use job_core::store::MessageState;
    use serde_json::json;

    use super::*;

    #[test]
    fn both_languages_know_the_same_messages() {
        for (recipient, wordings) in RU.iter() {
            for template in wordings.keys() {
                assert!(EN[recipient].contains_key(template), "{recipient} {template}");
            }
        }
        assert_eq!(RU["client"].len(), EN["client"].len());
        assert_eq!(RU["master"].len(), EN["master"].len());
    }

    #[test]
    fn a_booking_is_told_with_time_price_code_and_link() {
        let booked = json!({
            "number": "1042", "start": "2026-11-24T12:00:00Z", "master": "Сергей", "door_code": "4821",
            "min": 2_800, "max": 3_200, "tracking": "/t/abc",
        });

        assert_eq!(
            told("client", "booked", Language::Ru, &booked).text,
            "Заявка №1042: завтра в 14:00, мастер Сергей. Цена 2800–3200 ₽. Код у двери 4821: мастер его \
             назовёт. https://gudok.test/t/abc"
        );
        assert_eq!(
            told("client", "booked", Language::En, &booked).text,
            "Order 1042: tomorrow at 2 PM, master Сергей. Price 2800–3200 ₽. Door code 4821: the master \
             will tell it to you. https://gudok.test/t/abc"
        );
    }

    #[test]
    fn a_master_reads_what_was_earned() {
        let earned = json!({
            "number": "1042", "share": 220_500, "today": 441_000, "payout": "2026-11-27",
        });

        assert_eq!(
            told("master", "earned", Language::Ru, &earned).text,
            "Заявка №1042 оплачена. Вы заработали 2205 ₽, за сегодня 4410 ₽. Выплата в пятницу, 27 ноября."
        );
    }

    #[test]
    fn a_reminder_is_spoken_without_signs_figures_and_link() {
        let reminder = json!({
            "number": "1042", "start": "2026-11-24T12:00:00Z", "master": "Сергей", "door_code": "4821",
            "tracking": "/t/abc",
        });

        let spoken = told("client", "reminder_day", Language::Ru, &reminder).speech;
        assert!(spoken.contains("завтра в") && spoken.contains("Сергей"), "{spoken}");
        let figures = |c: char| c.is_ascii_digit() || "№/{}".contains(c);
        assert!(!spoken.contains(figures), "{spoken}");
        let day = json!({ "date": "2026-11-24", "hours": [{ "from": "08:00", "to": "17:30" }] });
        for language in [Language::Ru, Language::En] {
            let spoken = told("master", "confirm_day", language, &day).speech;
            assert!(!spoken.contains(figures), "{spoken}");
        }
    }

    fn told(recipient: &str, template: &str, language: Language, payload: &Value) -> Spelling {
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let message = Message {
            id: MessageId::new("m"),
            job: None,
            recipient: recipient.into(),
            address: "+79110001234".into(),
            template: template.into(),
            language,
            payload: payload.clone(),
            state: MessageState::Waiting,
            channel: None,
            attempts: 0,
            provider_id: None,
            error: None,
            created: now,
            settled: None,
        };
        let zone = TimeZone::get("Europe/Kaliningrad").unwrap();

        spelling(&message, Reader { zone: &zone, now, site: "https://gudok.test/" }).unwrap()
    }
}
