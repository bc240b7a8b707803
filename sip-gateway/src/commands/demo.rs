//! `gudok demo`: the gateway, and a simulated caller who really phones in.
//!
//! The terminal shows the conversation as it happens: who, when, what was heard how surely, how
//! long the answer took.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use job_core::ids::ConversationId;
use tokio::process::{Child, Command};
use tokio::sync::broadcast::Receiver;

use super::serve::until_stopped;
use super::{code, log, runtime};
use crate::call::note::Note;
use crate::config::Settings;
use crate::net::house::{House, Summary};
use crate::net::scribe::Entry;

const RU: &str = include_str!("../../../tests/callers/demo-ru.toml");
const EN: &str = include_str!("../../../tests/callers/demo-en.toml");

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Caller {
    Ru,
    En,
}

pub fn demo(settings: Settings, caller: Caller, once: bool) -> anyhow::Result<ExitCode> {
    log("warn");
    runtime()?.block_on(async {
        println!("==> preparing the demo organisation in {}", settings.data.display());
        let house = House::open(settings, true).await?;
        println!("==> SIP {} · console http://{}/console", house.sip, house.http);
        println!("==> phoning {}, {}; Ctrl-C ends\n", number(caller), speaking(caller));

        let watch = house.scribe.watch();
        let mut phone = phone(&house, caller)?;
        let watcher = tokio::spawn(show(watch));
        tokio::select! {
            status = phone.wait() => anyhow::ensure!(status?.success(), "the caller failed"),
            stopped = until_stopped() => {
                stopped?;
                house.close().await;
                return Ok(ExitCode::FAILURE);
            }
        }
        let conversation = watcher.await.context("the watcher")?.context("no call was seen")?;
        let good = conclude(&house, &conversation).await?;
        if once {
            house.close().await;
            return Ok(code(good));
        }

        println!("\nThe gateway stays up: phone 100 or 200 yourself. Ctrl-C ends.");
        until_stopped().await?;
        house.close().await;
        Ok(code(good))
    })
}

fn number(caller: Caller) -> &'static str {
    match caller {
        Caller::Ru => "100",
        Caller::En => "200",
    }
}

fn speaking(caller: Caller) -> &'static str {
    match caller {
        Caller::Ru => "speaking Russian",
        Caller::En => "speaking English",
    }
}

/// The caller is a process of its own: nothing but sound and SIP connects it with the gateway.
fn phone(house: &House, caller: Caller) -> anyhow::Result<Child> {
    let (scenario, name) = match caller {
        Caller::Ru => (RU, "demo-ru.toml"),
        Caller::En => (EN, "demo-en.toml"),
    };
    let file = house.data.join(name);
    std::fs::write(&file, scenario)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("call")
        .args(["--to", &format!("sip:{}@{}", number(caller), house.sip)])
        .arg("--scenario")
        .arg(&file)
        .arg("--out")
        .arg(out(house))
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true);
    command.spawn().context("the caller's process")
}

fn out(house: &House) -> PathBuf {
    house.data.join("caller")
}

/// Prints what happens until the call ends; tells which call it was.
async fn show(mut watch: Receiver<(ConversationId, Entry)>) -> Option<ConversationId> {
    loop {
        let (conversation, entry) = watch.recv().await.ok()?;
        match entry {
            Entry::Note(note) => show_note(&note),
            Entry::End(end, _) => {
                println!("\n        the call ended: {}", end.name());
                return Some(conversation);
            }
            Entry::Begin(_) | Entry::Remember(_) | Entry::Used(..) => {}
        }
    }
}

fn show_note(note: &Note) {
    match note {
        Note::Caller { at, text, confidence } => {
            let sure = format!("heard {:3.0} %", confidence * 100.0);
            println!("{}  caller  {sure:18}  {text}", clock(*at));
        }
        Note::Agent { at, text, answered_in, .. } => {
            let took = answered_in.map_or_else(String::new, |time| {
                format!("answered in {:.2} s", time.as_secs_f32())
            });
            println!("{}  gudok   {took:18}  {text}", clock(*at));
        }
        Note::Cut { at, heard, .. } => {
            println!("{}  gudok   {:18}  … heard only: {heard}", clock(*at), "was cut");
        }
        Note::Keys { at, keys } => println!("{}  caller  {:18}  [{keys}]", clock(*at), "pressed"),
        Note::Event { at, kind, detail } => println!("{}  ·       {kind:18}  {detail}", clock(*at)),
    }
}

fn clock(at: Duration) -> String {
    format!("{:02}:{:04.1}", at.as_secs() / 60, at.as_secs_f32() % 60.0)
}

/// Shows what is left of the call; true when booking, recording and job file are all there.
async fn conclude(house: &House, conversation: &ConversationId) -> anyhow::Result<bool> {
    let summary = house.summary(conversation).await?;
    let both_voices = has_both_voices(&summary.recording);
    show_summary(house, &summary, both_voices);
    Ok(summary.job.is_some() && both_voices && summary.job_file)
}

fn show_summary(house: &House, summary: &Summary, both_voices: bool) {
    let missing = || "— none —".to_owned();
    println!("  quote      {}", summary.quote.clone().unwrap_or_else(missing));
    println!("  slot       {}", summary.slot.clone().unwrap_or_else(missing));
    println!("  master     {}", summary.master.clone().unwrap_or_else(missing));
    println!("  recording  {} ({})", summary.recording.display(), voices(both_voices));
    println!("  job file   {}", if summary.job_file { "complete" } else { "missing" });
    println!("  console    http://{}/console/calls/{}", house.http, summary.conversation);
    println!("  login      {} / {}", house.admin.0, house.admin.1);
}

fn voices(both: bool) -> &'static str {
    if both { "both voices" } else { "a voice is missing" }
}

/// Is there sound on both sides of the recording?
fn has_both_voices(recording: &Path) -> bool {
    let Ok(mut reader) = hound::WavReader::open(recording) else {
        return false;
    };
    let mut loudest = [0u16; 2];
    for (nth, sample) in reader.samples::<i16>().map_while(Result::ok).enumerate() {
        let side = &mut loudest[nth % 2];
        *side = (*side).max(sample.unsigned_abs());
    }
    loudest.iter().all(|&sample| sample > AUDIBLE)
}

/// A side whose loudest sample is below this holds no voice.
const AUDIBLE: u16 = 1_000;
