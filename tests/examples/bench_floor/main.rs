//! `make bench-floor`: turn-taking, measured on real calls in injected time.
//!
//! Callers are synthesised voices over made-up noise, the recogniser is the embedded one. With a
//! part's name as argument only that part runs; `-v` tells every case that went wrong.

mod answered;
mod cases;
mod delays;
mod dictation;
mod heard;
mod interruptions;
mod own_share;
mod stories;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use call_tests::booth::studio::Studio;

/// Booths at the same time.
const BOOTHS: usize = 2;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let verbose = arguments.iter().any(|argument| argument == "-v");
    let wanted = |part: &str| {
        arguments.iter().all(|it| it.starts_with('-')) || arguments.iter().any(|it| it == part)
    };
    if wanted("own-share") {
        own_share::run()?;
    }
    if wanted("delays") {
        delays::run(verbose);
    }
    let data = PathBuf::from("data/bench-floor");
    let studio = Studio::open(&data, BOOTHS)?;
    if wanted("answered") {
        answered::run(&studio, verbose)?;
    }
    if wanted("heard") {
        heard::run(&studio, &data)?;
    }
    if wanted("interruptions") {
        interruptions::run(&studio, verbose)?;
    }
    if wanted("dictation") {
        dictation::run(&studio, verbose)?;
    }
    if wanted("stories") {
        stories::run(&studio, verbose)?;
    }
    Ok(())
}

/// Every case on its own, on all booths, answers in the order of the cases.
pub(crate) fn all<C: Sync, O: Send>(
    cases: &[C],
    one: impl Fn(&C) -> anyhow::Result<O> + Sync,
) -> anyhow::Result<Vec<O>> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, anyhow::Result<O>)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..BOOTHS {
            scope.spawn(|| {
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(nth) else { return };
                    let outcome = one(case);
                    done.lock().map(|mut done| done.push((nth, outcome))).unwrap_or_default();
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(nth, _)| *nth);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

pub(crate) fn percent(part: usize, of: usize) -> String {
    format!("{:.1} %", part as f64 * 100.0 / of.max(1) as f64)
}

pub(crate) fn at(all: &mut [Duration], percent: usize) -> String {
    all.sort_unstable();
    match all.get((all.len() * percent).div_ceil(100).saturating_sub(1)) {
        Some(time) => format!("{} ms", time.as_millis()),
        None => "–".into(),
    }
}
