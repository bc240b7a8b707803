//! What the command line can ask for, one file a command.

mod call;
mod demo;
mod doctor;
mod eval;
mod measure;
mod pack;
mod serve;

use std::io::IsTerminal;
use std::process::ExitCode;

pub use call::call;
pub use demo::{Caller, demo};
pub use doctor::doctor;
pub use eval::{Rehearsal, eval};
pub use measure::measure;
pub use pack::{check as check_packs, print_schema};
pub use serve::serve;

/// A runtime for commands that talk to the world.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Logs to standard error; `RUST_LOG` decides how much.
fn log(usual: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(usual));
    let written = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
    if let Err(error) = written {
        eprintln!("gudok: logging: {error}");
    }
}

fn code(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
