//! `gudok doctor`.
use crate::config::Settings;
pub fn doctor(_settings: &Settings) -> anyhow::Result<std::process::ExitCode> {
    Ok(super::code(false))
}
