//! `gudok`: the process. Reads the command line and hands over.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sip_gateway::commands::{self, Caller};
use sip_gateway::config::Settings;

/// Answers the phone, understands, quotes, books.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve calls (SIP) and pages (HTTP) until Ctrl-C.
    Serve(Serve),
    /// Serve the demo organisation, and have a simulated caller phone in.
    Demo {
        #[command(flatten)]
        serve: Serve,
        /// Who phones: `ru` or `en`.
        #[arg(long, default_value = "ru")]
        caller: Caller,
        /// Exit after the call: 0 only if booking, recording and job file exist.
        #[arg(long)]
        once: bool,
    },
    /// Phone a gateway as a simulated caller.
    Call {
        /// `sip:100@127.0.0.1:5060`
        #[arg(long)]
        to: String,
        /// What the caller says when asked for what (TOML).
        #[arg(long)]
        scenario: PathBuf,
        /// Recording, transcript and result go here.
        #[arg(long)]
        out: PathBuf,
    },
    /// Check ports, database, speech engines and packs, and say how to mend each.
    Doctor {
        #[command(flatten)]
        serve: Serve,
        /// Ask every speech and language service once: how soon does it answer, and is it right?
        #[arg(long)]
        live: bool,
    },
    /// Measure answer times and word error rates; prints the README's table.
    Measure {
        /// Turns per language.
        #[arg(long, default_value_t = 20)]
        turns: usize,
        /// Only word errors, and over noise too: decibels below the voice, as in 20,10.
        #[arg(long, value_delimiter = ',')]
        noise: Vec<f32>,
    },
    /// Let simulated callers talk to the house, in words or by voice, and count who is served.
    Eval(commands::Rehearsal),
    /// Packs of data.
    #[command(subcommand)]
    Pack(Pack),
}

#[derive(Debug, Subcommand)]
enum Pack {
    /// Check every pack under a folder (the built-in ones without it).
    Check { folder: Option<PathBuf> },
    /// Print the JSON Schema of a pack's file, for an editor.
    Schema,
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// Settings (TOML); `GUDOK_*` variables and `DATABASE_URL` override it.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Folder for the database, recordings and caches.
    #[arg(long)]
    data: Option<PathBuf>,
    /// SIP address, UDP and TCP.
    #[arg(long)]
    sip: Option<SocketAddr>,
    /// HTTP address.
    #[arg(long)]
    http: Option<SocketAddr>,
    /// Create the demo organisation and write `demo.json` into the data folder.
    #[arg(long)]
    demo: bool,
    /// Print the effective settings, secrets hidden, and exit.
    #[arg(long)]
    print_config: bool,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("gudok: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(serve) if serve.print_config => {
            print!("{}", serve.settings()?.print()?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Serve(serve) => commands::serve(serve.settings()?, serve.demo),
        Command::Demo { serve, caller, once } => commands::demo(serve.settings()?, caller, once),
        Command::Call { to, scenario, out } => commands::call(&to, &scenario, &out),
        Command::Doctor { serve, live } => commands::doctor(&serve.settings()?, live),
        Command::Measure { turns, noise } => commands::measure(turns, &noise),
        Command::Eval(rehearsal) => commands::eval(&rehearsal),
        Command::Pack(Pack::Check { folder }) => commands::check_packs(folder.as_deref()),
        Command::Pack(Pack::Schema) => commands::print_schema(),
    }
}

impl Serve {
    fn settings(&self) -> anyhow::Result<Settings> {
        let mut settings = Settings::load(self.config.as_deref())?;
        if let Some(data) = &self.data {
            settings.data.clone_from(data);
        }
        settings.sip.listen = self.sip.unwrap_or(settings.sip.listen);
        settings.http.listen = self.http.unwrap_or(settings.http.listen);
        Ok(settings)
    }
}
