//! The list of calls and conversations, newest first.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use job_core::conversation::{Conversation, ConversationFilter, ConversationStatus, Millis, Page};
use job_core::phone;
use job_core::trade::{Channel, Language};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::zone;
use crate::House;
use crate::page::{Frame, Reader, form_encoded, shown};
use crate::refusal::Refusal;
use crate::session::Session;
use crate::telling::{self, median};
use crate::trunk::{self, Trunk};
use crate::words::{Words, code};

const ROWS: u16 = 50;
/// An answer slower than this is shown as slow.
pub(super) const SLOW: Millis = Millis(1_500);

const CHANNELS: [Channel; 8] = [
    Channel::Phone,
    Channel::Web,
    Channel::Telegram,
    Channel::Whatsapp,
    Channel::Viber,
    Channel::Vk,
    Channel::Max,
    Channel::Form,
];
const STATUSES: [ConversationStatus; 4] = [
    ConversationStatus::Active,
    ConversationStatus::Completed,
    ConversationStatus::Abandoned,
    ConversationStatus::Escalated,
];

/// Stands among the states: a person is wanted, or answers.
const WITH_PERSON: &str = "with_person";

/// As the form sends it: what is not chosen is empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    channel: String,
    status: String,
    phone: String,
    /// Rows passed over.
    after: u32,
    /// `rows`: only the live part.
    part: String,
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    frame: Frame,
    channels: Vec<Choice>,
    statuses: Vec<Choice>,
    phone: String,
    /// Exchanges that send us no calls, and why.
    down: Vec<(String, String)>,
    rows: Rows,
}

#[derive(Template)]
#[template(path = "list_rows.html")]
struct Rows {
    words: &'static Words,
    rows: Vec<Row>,
    is_filtered: bool,
    /// Where this very part is served.
    live: String,
    newer: Option<String>,
    older: Option<String>,
}

struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

struct Row {
    href: String,
    began: String,
    channel: String,
    channel_name: String,
    who: String,
    language: &'static str,
    status: String,
    status_name: String,
    /// How it ended, in words.
    ended: Option<String>,
    job: Option<(String, String)>,
    answer: Option<String>,
    is_slow: bool,
    lasted: Option<String>,
    test: bool,
}

/// `GET /console`
pub(super) async fn list(
    State(house): State<House>,
    session: Session,
    reader: Reader,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Refusal> {
    let rows = rows(&house, &session, reader.words, &asked).await?;
    if asked.part == "rows" {
        return shown(&rows);
    }
    let words = reader.words;
    let channels = choices(words, "channel", &CHANNELS, &asked.channel);
    let mut statuses = choices(words, "status", &STATUSES, &asked.status);
    statuses.push(Choice {
        name: words.say("list.with_person").to_owned(),
        chosen: asked.status == WITH_PERSON,
        value: WITH_PERSON.to_owned(),
    });
    let frame = reader.frame(session.nameplate().await?);
    shown(&ListPage { frame, channels, statuses, phone: asked.phone, down: down(&house), rows })
}

fn down(house: &House) -> Vec<(String, String)> {
    let why = |trunk: Trunk| match trunk.state {
        trunk::State::Down(why) => Some((trunk.name, why)),
        trunk::State::Up | trunk::State::Joining => None,
    };
    (house.trunks)().into_iter().filter_map(why).collect()
}

async fn rows(
    house: &House,
    session: &Session,
    words: &'static Words,
    asked: &Asked,
) -> Result<Rows, Refusal> {
    let (filter, zone) = (asked.filter(), zone(session).await?);
    let page = Page { limit: ROWS + 1, offset: asked.after };
    let rows = &session.rows;
    let mut found = rows.conversations(&filter, page).await.map_err(Refusal::trouble)?;
    let times = rows.answer_times(&filter, page).await.map_err(Refusal::trouble)?;
    let numbers = rows.job_numbers(&filter, page).await.map_err(Refusal::trouble)?;
    let more = found.len() > usize::from(ROWS);
    found.truncate(usize::from(ROWS));

    let view = View { words, zone: &zone, now: (house.clock)() };
    let row = |it: &Conversation| {
        let number = it.job.as_ref().and_then(|job| numbers.get(job));
        view.row(it, number, times.get(&it.id).and_then(|times| median(times)))
    };
    Ok(Rows {
        words,
        rows: found.iter().map(row).collect(),
        is_filtered: filter != ConversationFilter::default() || asked.after > 0,
        live: format!("{}&part=rows", asked.link(asked.after)),
        newer: (asked.after > 0).then(|| asked.link(asked.after.saturating_sub(ROWS.into()))),
        older: more.then(|| asked.link(asked.after.saturating_add(ROWS.into()))),
    })
}

impl Asked {
    /// What is no channel or status shows all.
    fn filter(&self) -> ConversationFilter {
        let typed = self.phone.trim();
        let participant = phone::e164(typed).unwrap_or_else(|| typed.to_owned());
        ConversationFilter {
            status: one_of(&self.status),
            channel: one_of(&self.channel),
            participant: Some(participant).filter(|it| !it.is_empty()),
            with_person: self.status == WITH_PERSON,
        }
    }

    fn link(&self, after: u32) -> String {
        let [channel, status, phone] =
            [&self.channel, &self.status, &self.phone].map(|it| form_encoded(it));
        format!("/console?channel={channel}&status={status}&phone={phone}&after={after}")
    }
}

fn one_of<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

fn choices<T: serde::Serialize + Copy>(
    words: &Words,
    group: &str,
    all: &[T],
    chosen: &str,
) -> Vec<Choice> {
    let choice = |it: &T| {
        let value = code(it);
        Choice { name: words.named(group, it), chosen: value == chosen, value }
    };
    all.iter().map(choice).collect()
}

/// How rows are told.
struct View<'a> {
    words: &'static Words,
    zone: &'a TimeZone,
    now: Timestamp,
}

impl View<'_> {
    fn row(&self, it: &Conversation, number: Option<&String>, answer: Option<Millis>) -> Row {
        let job = it.job.as_ref().map(|job| {
            let number = number.cloned().unwrap_or_else(|| job.as_str().to_owned());
            (format!("/console/jobs/{}", form_encoded(job.as_str())), number)
        });
        Row {
            href: format!("/console/calls/{}", form_encoded(it.id.as_str())),
            began: self.words.recent(it.started, self.now, self.zone),
            channel: code(it.channel),
            channel_name: self.words.named("channel", it.channel),
            who: who(self.words, it),
            language: language_code(it.language),
            status: code(it.status),
            status_name: self.words.named("status", it.status),
            ended: it.end_reason.as_ref().map(|reason| self.words.named("end", reason)),
            job,
            answer: answer.map(|answer| self.words.wait(answer)),
            is_slow: answer.is_some_and(|answer| answer > SLOW),
            lasted: lasted(self.words, it),
            test: it.test,
        }
    }
}

/// The participant as a reader knows them.
pub(super) fn who(words: &Words, it: &Conversation) -> String {
    match &it.participant {
        Some(participant) => telling::phone(participant),
        None if it.channel == Channel::Phone => words.say("list.withheld").to_owned(),
        None => words.named("channel", it.channel),
    }
}

pub(super) fn lasted(words: &Words, it: &Conversation) -> Option<String> {
    let seconds = it.ended?.as_second() - it.started.as_second();
    (seconds > 0).then(|| words.lasted(seconds))
}

fn language_code(language: Language) -> &'static str {
    Words::of(language).code()
}
