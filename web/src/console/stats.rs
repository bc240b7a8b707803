//! The page of figures: how business goes, who does how much, what looks odd.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use job_core::stats::Stats;

use super::zone;
use crate::House;
use crate::api::Days;
use crate::page::{Frame, Reader, form_encoded, shown};
use crate::refusal::Refusal;
use crate::session::Session;
use crate::words::Words;

#[derive(Template)]
#[template(path = "stats.html")]
struct StatsPage {
    frame: Frame,
    words: &'static Words,
    from: String,
    to: String,
    /// Key of the name, the figure, what it is of.
    figures: Vec<(&'static str, String, String)>,
    /// Key of the name, the count, per cent of all conversations.
    funnel: Vec<(&'static str, i64, i64)>,
    masters: Vec<MasterRow>,
    /// Trade, jobs, quoted, came to.
    categories: Vec<(String, i64, String, String)>,
    drift: Vec<DriftRow>,
    /// What it is, the job's number and page.
    flags: Vec<(String, String, String)>,
}

struct MasterRow {
    name: String,
    rating: String,
    jobs: i64,
    done: i64,
    declined: i64,
    unanswered: i64,
    came_to: String,
    utilisation: i64,
}

struct DriftRow {
    master: String,
    diagnosis: String,
    jobs: i64,
    above: i64,
    percent: i64,
    is_alarming: bool,
}

/// `GET /console/stats?from=2026-11-01&to=2026-11-30`
pub(super) async fn stats(
    session: Session,
    reader: Reader,
    State(house): State<House>,
    Query(days): Query<Days>,
) -> Result<Html<String>, Refusal> {
    let today = (house.clock)().to_zoned(zone(&session).await?).date();
    let (from, to) = days.within(today)?;
    let stats = session.rows.stats(from, to).await.map_err(Refusal::trouble)?;
    let words = reader.words;
    let frame = reader.frame(session.nameplate().await?);

    shown(&page(frame, words, &stats))
}

fn page(frame: Frame, words: &'static Words, stats: &Stats) -> StatsPage {
    StatsPage {
        frame,
        words,
        from: stats.from.to_string(),
        to: stats.to.to_string(),
        figures: figures(words, stats),
        funnel: funnel(stats),
        masters: masters(words, stats),
        categories: categories(words, stats),
        drift: drift(stats),
        flags: flags(words, stats),
    }
}

fn figures(words: &Words, stats: &Stats) -> Vec<(&'static str, String, String)> {
    let (money, sent) = (stats.money, stats.assignment);
    let wait = sent.median_seconds.map_or_else(|| "–".to_owned(), |it| words.lasted(it));

    vec![
        ("stats.revenue", words.money(money.revenue), money.payments.to_string()),
        ("stats.conversion", format!("{} %", stats.funnel.conversion()), String::new()),
        ("stats.automatic", format!("{} %", sent.automatic()), sent.jobs.to_string()),
        ("stats.wait", wait, sent.accepted.to_string()),
        ("stats.queued", sent.queued.to_string(), String::new()),
    ]
}

fn funnel(stats: &Stats) -> Vec<(&'static str, i64, i64)> {
    let it = stats.funnel;
    let of = |count: i64| if it.conversations == 0 { 0 } else { count * 100 / it.conversations };
    [
        ("stats.conversations", it.conversations),
        ("stats.booked", it.booked),
        ("stats.accepted", it.accepted),
        ("stats.done", it.done),
        ("stats.paid", it.paid),
        ("stats.cancelled", it.cancelled),
        ("stats.escalated", it.escalated),
        ("stats.abandoned", it.abandoned),
    ]
    .map(|(name, count)| (name, count, of(count)))
    .to_vec()
}

fn masters(words: &Words, stats: &Stats) -> Vec<MasterRow> {
    let row = |it: &job_core::stats::MasterStats| MasterRow {
        name: it.name.clone(),
        rating: words.factor(it.rating.0 as f64 / 100.0),
        jobs: it.jobs,
        done: it.done,
        declined: it.declined,
        unanswered: it.unanswered,
        came_to: words.money(it.came_to),
        utilisation: it.utilisation(),
    };

    stats.masters.iter().map(row).collect()
}

fn categories(words: &Words, stats: &Stats) -> Vec<(String, i64, String, String)> {
    let row = |it: &job_core::stats::CategoryStats| {
        let came_to = it.came_to.map_or_else(|| "–".to_owned(), |sum| words.money(sum));
        (words.named("category", it.category), it.jobs, words.money(it.quoted), came_to)
    };

    stats.categories.iter().map(row).collect()
}

fn drift(stats: &Stats) -> Vec<DriftRow> {
    let row = |it: &job_core::drift::Drift| DriftRow {
        master: it.master.clone(),
        diagnosis: it.diagnosis.clone(),
        jobs: it.jobs,
        above: it.above,
        percent: it.percent(),
        is_alarming: it.is_alarming(),
    };

    stats.drift.iter().map(row).collect()
}

fn flags(words: &Words, stats: &Stats) -> Vec<(String, String, String)> {
    let row = |it: &job_core::stats::Flag| {
        let page = format!("/console/jobs/{}", form_encoded(it.job.as_str()));
        (words.named("flag", it.kind), it.number.clone(), page)
    };

    stats.flags.iter().map(row).collect()
}
