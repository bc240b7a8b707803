//! `gudok serve`: the gateway until Ctrl-C.

use std::process::ExitCode;

use super::{log, runtime};
use crate::config::Settings;
use crate::net::house::House;

pub fn serve(settings: Settings, demo: bool) -> anyhow::Result<ExitCode> {
    log("info,sqlx=warn");
    runtime()?.block_on(async {
        let house = House::open(settings, demo).await?;
        eprintln!("gudok: SIP {} · HTTP http://{}", house.sip, house.http);
        if let Some(file) = &house.demo_file {
            eprintln!(
                "gudok: demo organisation; numbers 100 (ru), 200 (en); keys in {}",
                file.display()
            );
        }
        until_stopped().await?;
        eprintln!("gudok: closing the line");
        house.close().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Ctrl-C or SIGTERM.
pub(super) async fn until_stopped() -> std::io::Result<()> {
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = term.recv() => Ok(()),
    }
}
