//! The client's page of their order: whoever has the link sees when who comes, what it costs and why,
//! and says yes or no to a higher price. No phone number is on it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use job_core::consent::{ChangeRefused, ChangeState, PriceChange};
use job_core::conversation::Millis;
use job_core::ids::{ChangeId, OrgId};
use job_core::job::{Job, JobStatus};
use job_core::master::Stars;
use serde::Deserialize;

use crate::House;
use crate::page::{Frame, Reader, form_encoded, shown};
use crate::price::Price;
use crate::refusal::Refusal;
use crate::telling::given_name;
use crate::words::{Words, code};

#[derive(Template)]
#[template(path = "tracking.html")]
struct TrackingPage {
    frame: Frame,
    words: &'static Words,
    number: String,
    status: String,
    status_name: String,
    is_cancelled: bool,
    /// Nobody can be named: a master is being looked for.
    is_queued: bool,
    what: String,
    when: String,
    master: String,
    door_code: String,
    price: String,
    receipt: Option<Receipt>,
    changes: Vec<Change>,
    /// Of this page, before what is answered.
    path: String,
    /// The work is done and nobody has said yet how it was.
    asks_review: bool,
    /// Stars given.
    stars: Option<String>,
    steps: Vec<Step>,
}

/// How the price came about, and when in the recording it was told and accepted.
struct Receipt {
    price: Price,
    told: Option<String>,
    accepted: Option<String>,
}

/// What the master asks for beyond what was told.
struct Change {
    id: String,
    amount: String,
    most: String,
    state: String,
    state_name: String,
    is_open: bool,
}

/// The client's answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    change: String,
    agree: bool,
}

struct Step {
    name: &'static str,
    done: bool,
    /// The job stands here.
    now: bool,
}

const STEPS: [(JobStatus, &str); 5] = [
    (JobStatus::Booked, "track.step_booked"),
    (JobStatus::Accepted, "track.step_accepted"),
    (JobStatus::OnTheWay, "track.step_on_the_way"),
    (JobStatus::Started, "track.step_started"),
    (JobStatus::Done, "track.step_done"),
];

/// `GET /t/{token}`
pub(crate) async fn tracking(
    State(house): State<House>,
    reader: Reader,
    Path(token): Path<String>,
) -> Result<Html<String>, Refusal> {
    let (org, job) = behind(&house, &token).await?;
    let rows = house.store.org(&org);
    let settings = rows.settings().await.map_err(Refusal::trouble)?;
    let zone = settings.time_zone().map_err(Refusal::trouble)?;
    let file = rows.job_file(&job.id).await.map_err(Refusal::trouble)?;
    let changes = rows.price_changes(&job.id).await.map_err(Refusal::trouble)?;
    let review = rows.review_of(&job.id).await.map_err(Refusal::trouble)?;
    let is_done = matches!(job.status, JobStatus::Done | JobStatus::Paid);
    let words = reader.words;
    let receipt = file.map(|file| Receipt {
        price: Price::of_file(words, &file),
        told: file.price_receipt.told.map(position),
        accepted: file.price_receipt.accepted.map(position),
    });

    shown(&TrackingPage {
        frame: Frame::of_stranger(words, &reader.here),
        words,
        status: code(job.status),
        status_name: words.named("jobstatus", job.status),
        is_cancelled: job.status == JobStatus::Cancelled,
        is_queued: job.status == JobStatus::Queued,
        what: job.diagnosis,
        when: words.visit(job.offer.start, job.offer.end, &zone),
        master: given_name(&job.master_name).to_owned(),
        door_code: job.door_code,
        price: receipt
            .as_ref()
            .map_or_else(|| words.roubles(job.total), |it| it.price.range.clone()),
        receipt,
        changes: changes.iter().filter_map(|it| changed(words, it)).collect(),
        path: format!("/t/{}", form_encoded(&token)),
        asks_review: is_done && review.is_none(),
        stars: review.map(|it| "★".repeat(usize::from(it.stars.count()))),
        steps: steps(job.status),
        number: job.number,
    })
}

/// `POST /t/{token}/price`: whoever has the link is the client; the first answer stands.
pub(crate) async fn answer(
    State(house): State<House>,
    Path(token): Path<String>,
    Form(said): Form<Answer>,
) -> Result<Redirect, Refusal> {
    let (org, job) = behind(&house, &token).await?;
    let change = ChangeId::new(said.change);
    let rows = house.store.org(&org);
    let took = rows.answer_change(&job.id, &change, said.agree, (house.clock)()).await;

    match took.map_err(Refusal::trouble)? {
        // Somebody who answered otherwise before sees on the page what stands.
        Ok(_) | Err(ChangeRefused::Settled(_)) => {
            Ok(Redirect::to(&format!("/t/{}", form_encoded(&token))))
        }
        Err(_) => Err(Refusal::NoPage),
    }
}

/// How it was, by the client.
#[derive(Debug, Deserialize)]
pub(crate) struct Opinion {
    stars: Stars,
    #[serde(default)]
    words: String,
}

/// `POST /t/{token}/review`: once, after the work; a second one changes nothing.
pub(crate) async fn review(
    State(house): State<House>,
    Path(token): Path<String>,
    Form(said): Form<Opinion>,
) -> Result<Redirect, Refusal> {
    let (org, job) = behind(&house, &token).await?;
    let rows = house.store.org(&org);
    let took = rows.review(&job.id, said.stars, &said.words, (house.clock)()).await;
    if let Err(refused) = took.map_err(Refusal::trouble)? {
        tracing::debug!(%refused, "a review was not taken");
    }

    Ok(Redirect::to(&format!("/t/{}", form_encoded(&token))))
}

async fn behind(house: &House, token: &str) -> Result<(OrgId, Job), Refusal> {
    let found = house.store.job_by_tracking(token).await.map_err(Refusal::trouble)?;

    found.ok_or(Refusal::NoPage)
}

/// What was withdrawn is nobody's business any more.
fn changed(words: &Words, change: &PriceChange) -> Option<Change> {
    (change.state != ChangeState::Withdrawn).then(|| Change {
        id: change.id.to_string(),
        amount: words.money(change.amount),
        most: words.money(change.most),
        state: code(change.state),
        state_name: words.named("change", change.state),
        is_open: change.state == ChangeState::Open,
    })
}

/// "1:05" into the recording.
fn position(at: Millis) -> String {
    let seconds = at.0 / 1_000;

    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn steps(status: JobStatus) -> Vec<Step> {
    let reached = STEPS.iter().rposition(|(step, _)| status >= *step).unwrap_or(0);
    let step = |(at, (_, name)): (usize, &(JobStatus, &'static str))| Step {
        name,
        done: at <= reached,
        now: at == reached,
    };
    STEPS.iter().enumerate().map(step).collect()
}
