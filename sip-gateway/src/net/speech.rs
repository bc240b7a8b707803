//! Which engines hear and speak here, from the settings.

use std::path::Path;
use std::sync::Arc;

use job_core::trade::Language;
use media::speech::{Recogniser, Synthesiser, Voice};

use super::seat::Studio;
use super::switchboard::Shelf;
use crate::caller::scenario::Scenario;
use crate::config::Settings;

pub fn studio(_settings: &Settings, _shelf: &Shelf) -> anyhow::Result<Studio> {
    anyhow::bail!("engines")
}

pub fn caller_recogniser(
    _cache: &Path,
    _language: Language,
) -> anyhow::Result<Arc<dyn Recogniser>> {
    anyhow::bail!("engines")
}

pub fn caller_voice(
    _cache: &Path,
    _scenario: &Scenario,
) -> anyhow::Result<(Arc<dyn Synthesiser>, Voice)> {
    anyhow::bail!("engines")
}
