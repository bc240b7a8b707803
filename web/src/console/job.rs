//! The job file as a page, to be read in the van or printed.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{Html, Redirect, Response};
use axum::{Form, Json};
use jiff::tz::TimeZone;
use job_core::consent::PriceChange;
use job_core::ids::{JobId, MasterId};
use job_core::job::{HistoryLine, JobStatus};
use job_core::job_file::JobFile;
use job_core::offer::Proposal;
use job_core::order::Refused;
use job_core::slot::Wish;
use job_core::store::{Message, MessageState};
use serde::Deserialize;

use super::lines::{Line, lines};
use super::zone;
use crate::House;
use crate::page::{Frame, Reader, form_encoded, shown};
use crate::paper::printed;
use crate::price::Price;
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
    offers: Vec<Asked>,
    changes: Vec<Change>,
    assigning: Option<Assigning>,
    /// Key of what stood in the way of the last form.
    refused: Option<&'static str>,
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

/// A master who was asked whether they come.
struct Asked {
    at: String,
    name: String,
    state: String,
    state_name: String,
}

/// A price asked for beyond what was told.
struct Change {
    at: String,
    /// "3000 ₽ → 4000 ₽".
    sums: String,
    reason: String,
    state: String,
    state_name: String,
    /// How the client answered.
    how: String,
    /// Where a spoken yes is recorded.
    call: Option<String>,
}

/// The form by which an operator sends somebody.
struct Assigning {
    form_token: String,
    path: String,
    /// Id and name.
    masters: Vec<(String, String)>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    form_token: String,
    master: String,
}

/// What a form before came to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Before {
    refused: String,
}

/// `POST /console/jobs/{id}/assign`
pub(super) async fn assign(
    session: Session,
    State(house): State<House>,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Redirect, Refusal> {
    session.check_form(&sent.form_token)?;
    let (job, master, now) = (JobId::new(&*id), MasterId::new(sent.master), (house.clock)());
    let done = session.rows.assign_by_hand(&job, &master, &session.login, now).await;
    let page = format!("/console/jobs/{}", form_encoded(&id));

    Ok(match done.map_err(Refusal::trouble)? {
        Ok(()) => Redirect::to(&page),
        Err(Refused::Unknown) => return Err(Refusal::NotFound { what: "job", id }),
        Err(Refused::TooLate(..)) => Redirect::to(&format!("{page}?refused=late")),
        Err(_) => Redirect::to(&format!("{page}?refused=busy")),
    })
}

/// `GET /console/jobs/{id}`
pub(super) async fn job(
    State(house): State<House>,
    session: Session,
    reader: Reader,
    Path(id): Path<String>,
    Query(before): Query<Before>,
) -> Result<Html<String>, Refusal> {
    let file = read(&session, &id).await?;
    session.saw(&house, "job_read", &format!("job {id}")).await?;
    let history = session.rows.history(&JobId::new(&*id)).await.map_err(Refusal::trouble)?;
    let messages = session.rows.messages(&JobId::new(&*id)).await.map_err(Refusal::trouble)?;
    let zone = zone(&session).await?;
    let words = reader.words;
    let frame = reader.frame(session.nameplate().await?);
    let offers = session.rows.offers(&JobId::new(&*id)).await.map_err(Refusal::trouble)?;
    let open = file.status.may_lose_master() || file.status == JobStatus::Queued;
    let mut page = page(frame, words, &zone, file, &history);
    page.messages = messages.iter().map(|it| told(words, &zone, it)).collect();
    let changes = session.rows.price_changes(&JobId::new(&*id)).await.map_err(Refusal::trouble)?;
    page.changes = changes.iter().map(|it| changed(words, &zone, it)).collect();
    page.offers = offers.iter().map(|it| asked(words, &zone, it)).collect();
    if open {
        page.assigning = Some(assigning(&session, &id).await?);
    }
    page.refused = match before.refused.as_str() {
        "busy" => Some("job.assign_busy"),
        "late" => Some("job.assign_late"),
        _ => None,
    };
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
        offers: Vec::new(),
        changes: Vec::new(),
        assigning: None,
        refused: None,
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

async fn assigning(session: &Session, id: &str) -> Result<Assigning, Refusal> {
    let masters = session.rows.masters().await.map_err(Refusal::trouble)?;
    let active = masters.into_iter().filter(|it| it.active);

    Ok(Assigning {
        form_token: session.form_token.clone(),
        path: format!("/console/jobs/{}/assign", form_encoded(id)),
        masters: active.map(|it| (it.id.to_string(), it.name)).collect(),
    })
}

fn asked(words: &Words, zone: &TimeZone, proposal: &Proposal) -> Asked {
    Asked {
        at: words.moment(proposal.answered.unwrap_or(proposal.made), zone),
        name: proposal.name.clone(),
        state: code(proposal.state),
        state_name: words.named("proposal", proposal.state),
    }
}

fn changed(words: &Words, zone: &TimeZone, change: &PriceChange) -> Change {
    let call = change.conversation.as_ref();
    Change {
        at: words.moment(change.answered.unwrap_or(change.asked), zone),
        sums: format!("{} → {}", words.money(change.most), words.money(change.amount)),
        reason: change.reason.clone(),
        state: code(change.state),
        state_name: words.named("change", change.state),
        how: change.how.map_or_else(String::new, |how| words.named("consent", how)),
        call: call.map(|it| format!("/console/calls/{}", form_encoded(it.as_str()))),
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
