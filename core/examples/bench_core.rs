//! What a caller waits for the database where an organisation is large: is there a slot, keep it, book
//! it, among 100, 1,000 and 10,000 masters of one city and trade with thirty days of visits.
//!
//! `cargo run -p job-core --release --example bench_core -- [URL]`; without a URL fresh SQLite files
//! in the temporary directory. Questions are asked one after the other.
#![expect(clippy::disallowed_methods, reason = "a measurement needs a stopwatch")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

#[path = "../tests/world/mod.rs"]
mod world;

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use job_core::ids::ConversationId;
use job_core::slot::{Feasibility, Offer, Wish};
use job_core::store::OrgStore;
use world::{World, at, order, prices, work};

const DAYS: i64 = 30;
const QUESTIONS: usize = 2_000;
const BOOKINGS: usize = 500;

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).filter(|it| !it.is_empty());
    println!("{} on {} cores", url.as_deref().map_or("SQLite", |_| "Postgres"), cores());
    println!("masters  visits  week      what      n  p50 ms  p95 ms  max ms");
    for (masters, full_days) in [(100, 0), (1_000, 0), (10_000, 0), (10_000, 7)] {
        measure(url.as_deref(), masters, full_days).await;
    }
}

async fn measure(url: Option<&str>, masters: i64, full_days: i64) {
    let world = match url {
        None => World::sqlite().await,
        Some(url) => World::at(url).await,
    };
    let store = world.org("measured").await;
    let visits = fill(&world.place(), store.id().as_str(), masters, full_days).await;
    let (mut first, mut asked) = (Vec::new(), Vec::new());
    let (mut hold, mut book) = (Vec::new(), Vec::new());

    let begun = Instant::now();
    ask(&store, Wish::default(), world.now).await;
    first.push(begun.elapsed());
    for number in 0..QUESTIONS {
        let begun = Instant::now();
        let answer = ask(&store, wish(number, world.now), world.now).await;
        asked.push(begun.elapsed());
        if let (Some(offer), true) = (answer, number % (QUESTIONS / BOOKINGS) == 0) {
            let call = ConversationId::new(world.name(&format!("call-{number}")));
            let begun = Instant::now();
            let held = store.hold(&work(), &offer, &call, world.now).await.unwrap().unwrap();
            hold.push(begun.elapsed());

            let order = order(&call, &held, &offer);
            let begun = Instant::now();
            store.book(&order, &prices(), world.now, world.chance()).await.unwrap().unwrap();
            book.push(begun.elapsed());
        }
    }

    let week = if full_days > 0 { "full" } else { "open" };
    for (what, times) in [("first", first), ("ask", asked), ("hold", hold), ("book", book)] {
        print(&format!("{masters:7} {visits:7}  {week:5} {what:>8}"), times);
    }
}

async fn ask(store: &OrgStore, wish: Wish, now: Timestamp) -> Option<Offer> {
    match store.feasible(&work(), &wish, None, now).await.unwrap() {
        Feasibility::Can { offer, .. }
        | Feasibility::Partly { offer, .. }
        | Feasibility::Cannot { next: offer, .. } => Some(offer),
        Feasibility::Full | Feasibility::NoMasters => None,
    }
}

/// As callers wish: any time, soon, one moment, a part of a day, an evening, all of it up to thirty
/// days ahead.
fn wish(number: usize, now: Timestamp) -> Wish {
    let day = (number / 5 * 7) as i64 % DAYS;
    let hour = |hour: i64| now + SignedDuration::from_hours(24 * day + hour - 10);
    let (from, to) = match number % 5 {
        0 => return Wish::default(),
        1 => (hour(9 + day % 9), hour(9 + day % 9)),
        2 => (hour(8), hour(12)),
        3 => (hour(18), hour(22)),
        _ => (hour(0), hour(24)),
    };

    Wish { from: Some(from), to: Some(to) }
}

/// Everybody works from 8 to 20 each day; three visits a day, or six on days that are full.
async fn fill(place: &str, org: &str, masters: i64, full_days: i64) -> i64 {
    let midnight = at("2026-11-23T00:00").as_millisecond();
    let numbers = "WITH RECURSIVE m (n) AS (SELECT CAST(3 AS BIGINT) UNION ALL SELECT n + 1 FROM m \
                   WHERE n < $2)";
    let hours = r#"[{"from":"08:00","to":"20:00"}]"#;
    let statements = [
        format!(
            "INSERT INTO masters (id, org_id, name, phone, city, city_key, district, rating, active, \
             trades, schedule, touched) {numbers} SELECT $1 || '-master-' || n, $1, 'Мастер ' || n, \
             '+7' || (9000000000 + n), 'Калининград', 'kaliningrad', NULL, 350 + n * 7 % 150, TRUE, \
             '[\"electrical\"]', '{{\"week\":[{hours},{hours},{hours},{hours},{hours},{hours},{hours}]}}', 0 \
             FROM m",
        ),
        format!(
            "INSERT INTO master_trades (org_id, master_id, category) {numbers} \
             SELECT $1, $1 || '-master-' || n, 'electrical' FROM m"
        ),
        format!(
            "INSERT INTO jobs (id, org_id, number, status, conversation_id, category, urgency, \
             diagnosis, client_name, client_phone, address, city, master_id, start_ms, end_ms, minutes, \
             total, tracking, door_code, booked_ms, touched) {numbers}, \
             d (n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM d WHERE n < {DAYS} - 1), \
             k (n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM k WHERE n < 5), \
             v (name, m, start) AS (SELECT $1 || '-' || m.n || '-' || d.n || '-' || k.n, m.n, \
             {midnight} + d.n * 86400000 + CASE WHEN d.n < {full_days} THEN (480 + k.n * 120) * 60000 \
             ELSE (480 + k.n * 240 + (m.n * 7 + d.n * 3 + k.n * 5) % 5 * 30) * 60000 END \
             FROM m, d, k WHERE d.n < {full_days} OR k.n < 3) \
             SELECT name, $1, name, 'booked', name, 'electrical', 'standard', 'd', 'n', '+70000000002', \
             '{{}}', 'Калининград', $1 || '-master-' || m, start, start + 5400000, 90, 1900, name, '1234', \
             1, 0 FROM v"
        ),
        "INSERT INTO occupied (org_id, master_id, cell, job_id) WITH RECURSIVE c (n) AS \
         (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM c WHERE n < 6) \
         SELECT org_id, master_id, start_ms / 900000 + c.n, id FROM jobs, c WHERE org_id = $1"
            .to_owned(),
    ];
    let count = "SELECT COUNT(*) FROM jobs WHERE org_id = $1";
    if place.starts_with("postgres") {
        let pool = sqlx::PgPool::connect(place).await.unwrap();
        for sql in statements {
            let query = sqlx::query(sqlx::AssertSqlSafe(sql.clone())).bind(org);
            let query = if sql.contains("$2") { query.bind(masters) } else { query };
            query.execute(&pool).await.unwrap();
        }
        sqlx::query("ANALYZE").execute(&pool).await.unwrap();
        return sqlx::query_scalar(count).bind(org).fetch_one(&pool).await.unwrap();
    }
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{place}")).await.unwrap();
    for sql in statements {
        let query = sqlx::query(sqlx::AssertSqlSafe(sql.clone())).bind(org);
        let query = if sql.contains("$2") { query.bind(masters) } else { query };
        query.execute(&pool).await.unwrap();
    }
    sqlx::query_scalar(count).bind(org).fetch_one(&pool).await.unwrap()
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn print(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |per_cent: usize| {
        let place = (times.len() * per_cent / 100).min(times.len() - 1);
        times[place].as_secs_f64() * 1_000.0
    };

    println!("{name}  {:5} {:7.2} {:7.2} {:7.2}", times.len(), at(50), at(95), at(100));
}
