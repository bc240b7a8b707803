//! The client's page of their order: whoever has the link sees when who comes, and no phone number.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;
use job_core::job::JobStatus;

use crate::House;
use crate::page::{Frame, Reader, shown};
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
    steps: Vec<Step>,
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
    let found = house.store.job_by_tracking(&token).await.map_err(Refusal::trouble)?;
    let (org, job) = found.ok_or(Refusal::NoPage)?;
    let rows = house.store.org(&org);
    let settings = rows.settings().await.map_err(Refusal::trouble)?;
    let zone = settings.time_zone().map_err(Refusal::trouble)?;
    let file = rows.job_file(&job.id).await.map_err(Refusal::trouble)?;
    let words = reader.words;
    let price = file.map(|file| words.range(file.quote.min, file.quote.max));

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
        price: price.unwrap_or_else(|| words.roubles(job.total)),
        steps: steps(job.status),
        number: job.number,
    })
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
