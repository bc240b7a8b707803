//! Figures of a stretch of days.

use axum::Json;
use axum::extract::State;
use jiff::ToSpan;
use jiff::civil::Date;
use job_core::stats::Stats;
use job_core::usage::Used;
use serde::{Deserialize, Serialize};

use super::body::Asked;
use super::call::roubles;
use crate::House;
use crate::access::Integration;
use crate::refusal::Refusal;

/// No question reaches further.
const DAYS_MAX: i32 = 370;

/// First and last day; the last 30 days where they are left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Days {
    from: Option<Date>,
    to: Option<Date>,
}

impl Days {
    /// In order, and no more than a year of them.
    pub(crate) fn within(self, today: Date) -> Result<(Date, Date), Refusal> {
        let to = self.to.unwrap_or(today);
        let from = self.from.unwrap_or_else(|| to.saturating_sub(29.days()));
        let days = (to - from).get_days();
        if !(0..DAYS_MAX).contains(&days) {
            let fact = format!("{from} to {to}: name 1 to {DAYS_MAX} days, the first one first");
            return Err(Refusal::Invalid { field: "from", fact });
        }
        Ok((from, to))
    }
}

#[derive(Debug, Serialize)]
pub(super) struct StatsView {
    #[serde(flatten)]
    stats: Stats,
    /// Booked of all conversations.
    conversion_percent: i64,
    /// Jobs that needed no operator.
    automatic_percent: i64,
}

/// `GET /stats?from=2026-11-01&to=2026-11-30`
pub(super) async fn stats(
    key: Integration,
    State(house): State<House>,
    Asked(days): Asked<Days>,
) -> Result<Json<StatsView>, Refusal> {
    let zone = key.rows.settings().await.map_err(Refusal::trouble)?.time_zone();
    let today = (house.clock)().to_zoned(zone.map_err(Refusal::trouble)?).date();
    let (from, to) = days.within(today)?;
    let stats = key.rows.stats(from, to).await.map_err(Refusal::trouble)?;

    Ok(Json(StatsView {
        conversion_percent: stats.funnel.conversion(),
        automatic_percent: stats.assignment.automatic(),
        stats,
    }))
}

#[derive(Debug, Serialize)]
pub(super) struct UsageView {
    from: Date,
    to: Date,
    usage: Vec<Used>,
    cost_roubles: f64,
}

/// `GET /usage?from=2026-11-01&to=2026-11-30`: what services were used and what that cost.
pub(super) async fn usage(
    key: Integration,
    State(house): State<House>,
    Asked(days): Asked<Days>,
) -> Result<Json<UsageView>, Refusal> {
    let zone = key.rows.settings().await.map_err(Refusal::trouble)?.time_zone();
    let zone = zone.map_err(Refusal::trouble)?;
    let (from, to) = days.within((house.clock)().to_zoned(zone.clone()).date())?;
    let midnight =
        |day: Date| day.to_zoned(zone.clone()).map(|it| it.timestamp()).map_err(Refusal::trouble);
    let end = to.saturating_add(1.day());
    let usage = key.rows.usage_between(midnight(from)?, midnight(end)?).await;
    let usage = usage.map_err(Refusal::trouble)?;
    Ok(Json(UsageView { from, to, cost_roubles: roubles(&usage), usage }))
}
