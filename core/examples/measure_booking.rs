//! How long a caller waits for the database: feasibility, hold and booking, one after the other.
//!
//! `cargo run -p job-core --release --example measure_booking -- [URL] [BOOKINGS]`; without a URL a
//! fresh SQLite file in the temporary directory.
#![expect(clippy::disallowed_methods, reason = "a measurement needs a stopwatch")]
#![allow(clippy::unwrap_used, reason = "a measurement that fails has nothing to say")]

#[path = "../tests/world/mod.rs"]
mod world;

use std::time::{Duration, Instant};

use jiff::ToSpan;
use job_core::ids::ConversationId;
use job_core::slot::{Feasibility, Wish};
use world::{World, order, prices, work};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let world = match arguments.next().as_deref() {
        None | Some("") => World::sqlite().await,
        Some(url) => World::at(url).await,
    };
    let count: usize = arguments.next().and_then(|it| it.parse().ok()).unwrap_or(1_000);
    let store = world.org("measured").await;
    let (mut feasible, mut hold, mut book) = (Vec::new(), Vec::new(), Vec::new());

    for number in 0..count {
        let now = world.now + (6 * number as i64).hours();
        let call = ConversationId::new(world.name(&number.to_string()));
        let begun = Instant::now();
        let answer = store.feasible(&work(), &Wish::default(), Some(&call), now).await.unwrap();
        feasible.push(begun.elapsed());
        let Feasibility::Can { offer, .. } = answer else {
            continue;
        };

        let begun = Instant::now();
        let held = store.hold(&work(), &offer, &call, now).await.unwrap().unwrap();
        hold.push(begun.elapsed());

        let order = order(&call, &held, &offer);
        let begun = Instant::now();
        store.book(&order, &prices(), now, world.chance()).await.unwrap().unwrap();
        book.push(begun.elapsed());
    }

    for (name, times) in [("feasible", feasible), ("hold", hold), ("book", book)] {
        print(name, times);
    }
}

fn print(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |per_cent: usize| times.get((times.len() * per_cent / 100).min(times.len() - 1));

    println!("{name:9} n={:5} p50={:?} p95={:?}", times.len(), at(50).unwrap(), at(95).unwrap());
}
