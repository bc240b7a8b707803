//! `gudok serve`: the gateway until Ctrl-C.

use std::process::ExitCode;
use std::time::Duration;

use super::{log, runtime};
use crate::config::Settings;
use crate::net::house::House;

pub fn serve(settings: Settings, demo: bool) -> anyhow::Result<ExitCode> {
    log("info,sqlx=warn");
    let most = Duration::from_secs(settings.calls.drain_seconds);
    let heard = !settings.sip.guests.is_empty() || !settings.trunks.is_empty();
    runtime()?.block_on(async {
        let house = House::open(settings, demo).await?;
        eprintln!("gudok: SIP {} · HTTP http://{}", house.sip, house.http);
        if !heard && !house.sip.ip().is_loopback() {
            eprintln!(
                "gudok: SIP is heard from this machine only: name an exchange in [trunks.NAME], or networks in \
                 sip.guests (GUDOK_SIP__GUESTS=192.168.0.0/16)"
            );
        }
        if let Some(file) = &house.demo_file {
            eprintln!(
                "gudok: demo organisation; numbers 100 (ru), 200 (en), from a page http://{}/ring/100; \
                 keys in {}",
                house.http,
                file.display()
            );
        }
        if until_stopped().await? == Stop::Term {
            eprintln!("gudok: no new calls; running ones may end within {} s", most.as_secs());
            tokio::select! {
                () = house.drain(most) => {}
                again = until_stopped() => { again?; }
            }
        }
        eprintln!("gudok: closing the line");
        house.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// How the process was asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Interrupt,
    Term,
}

/// Ctrl-C or SIGTERM.
pub(super) async fn until_stopped() -> std::io::Result<Stop> {
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result.map(|()| Stop::Interrupt),
        _ = term.recv() => Ok(Stop::Term),
    }
}
