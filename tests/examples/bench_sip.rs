//! `make bench-sip`: what the SIP stack costs, phoned by sipp. Every call is answered at once; nobody
//! speaks, nothing is written down: this is the telephone set alone, over real sockets.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use sip_gateway::clock;
use sip_gateway::net::phone::{Handset, Phone};
use sip_gateway::sip::agent::{Command as Order, Event, Settings};
use sip_gateway::sip::gate::Gate;
use sip_gateway::sip::sdp;
use tokio::sync::mpsc;

/// Clock ticks of /proc per second (Linux, every architecture).
const TICKS: f64 = 100.0;
const EVENTS_MAX: usize = 4_096;
/// Answered transactions linger for 32 s (RFC 3261 timers J and L); then all memory is free again.
const LINGERS: Duration = Duration::from_secs(34);
const IDLE: usize = 10_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::temp_dir().join(format!("gudok-bench-sip-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let settings = Settings {
        user_agent: "gudok".into(),
        contact_user: "gudok".into(),
        advertised: None,
        follows: false,
        seed: 1,
    };
    let gate = Arc::new(Mutex::new(Gate::new(Vec::new())));
    let (phone, handset) = Phone::open(([127, 0, 0, 1], 0).into(), false, settings, gate).await?;
    let address = phone.local().to_string();
    let (sender, events) = mpsc::channel(EVENTS_MAX);
    tokio::spawn(phone.run(sender));
    tokio::spawn(answer_all(events, handset));

    idle(&address, &folder).await?;
    println!(
        "\n| calls | at, 1/s | failed | CPU of one core | calls per second and core | answered in p50 / p99 |"
    );
    println!("|---|---|---|---|---|---|");
    for rate in [500, 1_000, 2_000] {
        set_up(&address, &folder, rate, rate * 10).await?;
    }
    flat(&address, &folder).await?;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

async fn answer_all(mut events: mpsc::Receiver<Event>, handset: Handset) {
    while let Some(event) = events.recv().await {
        if let Event::Invited { leg, offer: Some(offer), .. } = event {
            let local = sdp::Local {
                address: [127, 0, 0, 1].into(),
                port: 40_000,
                secret: sdp::Secret::default(),
            };
            if let Ok(answer) = sdp::answer(&offer, &local) {
                handset.order(Order::Answer { leg, sdp: answer.sdp });
            }
        }
    }
}

async fn set_up(address: &str, folder: &Path, rate: usize, calls: usize) -> anyhow::Result<()> {
    let (worked, began) = (worked()?, clock::now());
    let talked =
        sipp(address, folder, &["-r", &rate.to_string(), "-m", &calls.to_string()]).await?;
    let (share, seconds) = (self::worked()? - worked, (clock::now() - began).as_secs_f64());
    println!(
        "| {calls} | {:.0} | {} | {:.0} % | {:.0} | {:.1} / {:.1} ms |",
        calls as f64 / seconds,
        talked.failed,
        share * 100.0 / seconds,
        calls as f64 / share,
        at(&talked.answered_in, 50),
        at(&talked.answered_in, 99),
    );
    Ok(())
}

/// What an answered call weighs while nothing happens on it.
async fn idle(address: &str, folder: &Path) -> anyhow::Result<()> {
    let before = resident()?;
    let (calls, lasts) = (IDLE.to_string(), (LINGERS * 2).as_millis().to_string());
    let arguments = ["-r", "1000", "-m", &calls, "-l", &calls, "-d", &lasts];
    let sipp = start(address, folder, &arguments)?;
    tokio::time::sleep(LINGERS + Duration::from_secs(IDLE as u64 / 1_000)).await;
    let grown = resident()?.saturating_sub(before);
    println!("{IDLE} idle dialogs: {:.1} KiB each", grown as f64 / 1024.0 / IDLE as f64);
    finish(sipp, folder).await?;
    Ok(())
}

async fn flat(address: &str, folder: &Path) -> anyhow::Result<()> {
    print!("\nresident after so many calls more, all of them over:");
    for _ in 0..6 {
        sipp(address, folder, &["-r", "2000", "-m", "50000"]).await?;
        tokio::time::sleep(LINGERS).await;
        print!(" {} MiB", resident()? / 1024 / 1024);
    }
    println!(" (50,000 each)");
    Ok(())
}

struct Talked {
    failed: u64,
    /// In milliseconds, sorted.
    answered_in: Vec<f64>,
}

async fn sipp(address: &str, folder: &Path, arguments: &[&str]) -> anyhow::Result<Talked> {
    let program = start(address, folder, arguments)?;
    finish(program, folder).await
}

fn start(address: &str, folder: &Path, arguments: &[&str]) -> anyhow::Result<Child> {
    for file in logs(folder)? {
        std::fs::remove_file(file)?;
    }
    let mut program = Command::new("sipp");
    program
        .current_dir(folder)
        .arg(address)
        .args([
            "-sn",
            "uac",
            "-s",
            "100",
            "-i",
            "127.0.0.1",
            "-nostdin",
            "-trace_rtt",
            "-trace_stat",
        ])
        .args(["-rtt_freq", "1", "-fd", "600", "-timeout", "300", "-l", "12000"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    program.spawn().context("sipp: deploy/packages test installs it")
}

async fn finish(mut program: Child, folder: &Path) -> anyhow::Result<Talked> {
    let status = tokio::task::spawn_blocking(move || program.wait()).await??;
    ensure!(matches!(status.code(), Some(0 | 1)), "sipp ended with {status}");
    let mut answered_in = Vec::new();
    let mut failed = 0;
    for file in logs(folder)? {
        let text = std::fs::read_to_string(&file)?;
        if file.to_string_lossy().ends_with("_rtt.csv") {
            let time = |line: &str| line.split(';').nth(1)?.parse::<f64>().ok();
            answered_in.extend(text.lines().skip(1).filter_map(time));
        } else {
            failed += failures(&text).context("sipp's statistics")?;
        }
    }
    answered_in.sort_by(f64::total_cmp);
    Ok(Talked { failed, answered_in })
}

/// The last line's `FailedCall(C)`.
fn failures(statistics: &str) -> Option<u64> {
    let column = statistics.lines().next()?.split(';').position(|name| name == "FailedCall(C)")?;
    statistics.lines().last()?.split(';').nth(column)?.parse().ok()
}

fn logs(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    std::fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect()
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}

/// Seconds of CPU of this process so far, all threads.
fn worked() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |nth: usize| fields.get(nth).and_then(|it| it.parse::<f64>().ok());
    Ok((ticks(12).context("utime")? + ticks(13).context("stime")?) / TICKS)
}

fn resident() -> anyhow::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split(' ').nth(1).context("statm")?.parse()?;
    Ok(pages * 4096)
}
