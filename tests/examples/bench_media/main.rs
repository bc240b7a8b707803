//! `make bench-media`: what networks and load do to sound.
//!
//! With a part's name as argument (`loss`, `jitter`, `load`) only that part runs. Loss and jitter run
//! in injected time; load phones the release build and wants the machine for itself.

mod load;
mod passage;
mod pesq;

fn main() -> anyhow::Result<()> {
    let part = std::env::args().nth(1);
    let wanted = |name: &str| part.as_deref().is_none_or(|part| part == name);
    if wanted("loss") {
        passage::loss()?;
    }
    if wanted("jitter") {
        passage::jitter();
    }
    if wanted("load") {
        load::measure()?;
    }
    Ok(())
}
