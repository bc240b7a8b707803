//! What the embedded engines need from the machine, and what mends its absence.
//!
//! **Never here:** installing anything.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::models::Model;
use super::program::{self, Origin};
use super::{SpeechError, Tongue, lexicon, pocketsphinx_ffi};

const PATIENCE: Duration = Duration::from_secs(5);

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// "espeak-ng", "recogniser en", …
    pub name: String,
    /// What was found, or what is missing and the command that mends it.
    pub found: Result<String, String>,
}

/// Looks at every embedded engine; `data` is where the Russian model may be unpacked, `model` a
/// Russian model to use instead.
pub fn examine(data: &Path, model: Option<&Path>) -> Vec<Check> {
    let recogniser = |tongue: Tongue, path| {
        check(&format!("recogniser {tongue}"), || {
            pocketsphinx_ffi::available()?;
            Model::find(tongue, path, data).map(|model| model.dir.display().to_string())
        })
    };
    vec![
        check("espeak-ng", || answers(lexicon::ESPEAK, &["-v", "ru", "-q", "-x"], "да")),
        check("flite", || answers(super::flite::FLITE, &["-voice", "slt", "-t", "a", "none"], "")),
        recogniser(Tongue::Ru, model),
        recogniser(Tongue::En, None),
    ]
}

fn check(name: &str, look: impl FnOnce() -> Result<String, SpeechError>) -> Check {
    Check { name: name.into(), found: look().map_err(|error| error.to_string()) }
}

fn answers(origin: Origin, arguments: &[&str], text: &str) -> Result<String, SpeechError> {
    program::ask(origin, arguments, text.into(), PATIENCE).map(|_| "answers".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_this_machine_every_engine_is_well() {
        let data = std::env::temp_dir().join(format!("gudok-doctor-{}", std::process::id()));

        let checks = examine(&data, None);

        let ill: Vec<_> = checks.iter().filter(|check| check.found.is_err()).collect();
        assert!(ill.is_empty(), "{ill:#?}");
        std::fs::remove_dir_all(&data).unwrap();
    }

    #[test]
    fn a_missing_model_is_named_with_what_mends_it() {
        let checks = examine(Path::new("/tmp"), Some(Path::new("/nonexistent")));

        let ru = checks.into_iter().find(|check| check.name == "recogniser ru").unwrap();
        let said = ru.found.unwrap_err();
        assert!(said.contains("/nonexistent") && said.contains("train-ru.sh"), "{said}");
    }
}
