//! The job file as a page, to be read in the van or printed.

use askama::Template;
use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::{Html, Response};
use jiff::tz::TimeZone;
use job_core::ids::JobId;
use job_core::job::HistoryLine;
use job_core::job_file::JobFile;
use job_core::slot::Wish;
use job_core::store::{Message, MessageState};

use super::call::Price;
use super::lines::{Line, lines};
use super::zone;
use crate::page::{Frame, Reader, form_encoded, shown};
use crate::paper::printed;
use crate::refusal::Refusal;
use crate::session::Session;
use crate::telling::phone;
use crate::words::{Words, code};

#[derive(Template)]
#[template(path = "job.html")]
struct JobPage {
    frame: Frame,
    words: &'static Words,
    number: String,
    status: String,
    status_name: String,
    diagnosis: String,
    problem: String,
    when: String,
    asked_time: String,
    address: String,
    map: String,
    client: (String, String),
    master: (String, String),
    door_code: String,
    /// Key of the name, and the value.
    facts: Vec<(&'static str, String)>,
    price: Price,
    share: String,
    safety: Vec<String>,
    steps: Vec<String>,
    test: Vec<String>,
    tools: Vec<String>,
    consumables: Vec<String>,
    /// Name and cost.
    parts: Vec<(String, String)>,
    lines: Vec<Line>,
    /// Moment, status, note.
    history: Vec<(String, String, String)>,
    messages: Vec<Told>,
    call: String,
    tracking: String,
    json: String,
    pdf: String,
}

/// A message as it stands.
struct Told {
    at: String,
    /// To whom, about what.
    what: String,
    state: String,
    state_name: String,
    /// What stood in its way.
    error: String,
}

/// `GET /console/jobs/{id}`
pub(super) async fn job(
    session: Session,
    reader: Reader,
    Path(id): Path<String>,
) -> Result<Html<String>, Refusal> {
    let file = read(&session, &id).await?;
    let history = session.rows.history(&JobId::new(&*id)).await.map_err(Refusal::trouble)?;
    let messages = session.rows.messages(&JobId::new(&*id)).await.map_err(Refusal::trouble)?;
    let zone = zone(&session).await?;
    let words = reader.words;
    let frame = reader.frame(session.nameplate().await?);
    let mut page = page(frame, words, &zone, file, &history);
    page.messages = messages.iter().map(|it| told(words, &zone, it)).collect();
    shown(&page)
}

/// `GET /console/jobs/{id}/file.json`
pub(super) async fn file(
    session: Session,
    Path(id): Path<String>,
) -> Result<Json<JobFile>, Refusal> {
    read(&session, &id).await.map(Json)
}

/// `GET /console/jobs/{id}/file.pdf`
pub(super) async fn paper(
    session: Session,
    reader: Reader,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let file = read(&session, &id).await?;
    let zone = zone(&session).await?;
    printed(&file, reader.words.language, &zone, &headers)
}

async fn read(session: &Session, id: &str) -> Result<JobFile, Refusal> {
    let file = session.rows.job_file(&JobId::new(id)).await.map_err(Refusal::trouble)?;
    file.ok_or(Refusal::NotFound { what: "job", id: id.to_owned() })
}

fn page(
    frame: Frame,
    words: &'static Words,
    zone: &TimeZone,
    file: JobFile,
    history: &[HistoryLine],
) -> JobPage {
    let step = |it: &HistoryLine| {
        (words.moment(it.at, zone), words.named("jobstatus", it.status), it.note.clone())
    };
    let share = [words.money(file.split.master), words.money(file.split.amount)];
    let job = form_encoded(file.job.as_str());
    JobPage {
        frame,
        words,
        status: code(file.status),
        status_name: words.named("jobstatus", file.status),
        when: words.visit(file.visit.start, file.visit.end, zone),
        asked_time: asked_time(words, zone, file.preferred_time),
        address: file.address.line(),
        facts: facts(words, &file),
        price: Price::of_file(words, &file),
        share: format!("{} {} {}", share[0], words.say("job.share_of"), share[1]),
        parts: file.parts.iter().map(|it| (it.name.clone(), words.roubles(it.cost))).collect(),
        lines: lines(words, &file.transcript, &[]),
        history: history.iter().map(step).collect(),
        messages: Vec::new(),
        call: format!("/console/calls/{}", form_encoded(file.conversation.as_str())),
        json: format!("/console/jobs/{job}/file.json"),
        pdf: format!("/console/jobs/{job}/file.pdf"),
        client: (file.client.name, phone(&file.client.phone)),
        master: (file.master.name, phone(&file.master.phone)),
        number: file.number,
        diagnosis: file.diagnosis,
        problem: file.problem,
        map: file.map_link,
        door_code: file.door_code,
        safety: file.safety,
        steps: file.steps,
        test: file.test,
        tools: file.tools,
        consumables: file.consumables,
        tracking: file.tracking,
    }
}

fn told(words: &Words, zone: &TimeZone, message: &Message) -> Told {
    let what =
        [words.named("recipient", &message.recipient), words.named("message", &message.template)];
    Told {
        at: words.moment(message.settled.unwrap_or(message.created), zone),
        what: what.join(": "),
        state: code(message.state),
        state_name: words.named("sending", message.state),
        error: match message.state {
            MessageState::Sent => String::new(),
            MessageState::Waiting | MessageState::Taken | MessageState::Failed => {
                message.error.clone().unwrap_or_default()
            }
        },
    }
}

fn facts(words: &Words, file: &JobFile) -> Vec<(&'static str, String)> {
    vec![
        ("job.category", words.named("category", file.category)),
        ("job.urgency", words.named("urgency", file.urgency)),
        ("job.difficulty", words.named("difficulty", file.difficulty)),
        ("job.minutes", words.lasted(file.expected_minutes * 60)),
        ("job.payment", words.named("payment", file.payment_preference)),
    ]
}

/// "с пн 23 ноября, 12:00 до пн 23 ноября, 18:00".
fn asked_time(words: &Words, zone: &TimeZone, wish: Wish) -> String {
    let end =
        |key, at: Option<_>| at.map(|at| format!("{} {}", words.say(key), words.moment(at, zone)));
    let told = [end("job.from", wish.from), end("job.until", wish.to)];
    let told: Vec<String> = told.into_iter().flatten().collect();
    if told.is_empty() { words.say("job.any_time").to_owned() } else { told.join(" ") }
}
