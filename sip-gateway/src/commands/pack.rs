//! `gudok pack check`: is the data of a line of business complete? `gudok pack schema`: its shape.

use std::path::Path;
use std::process::ExitCode;

use dialog::pack::{Pack, SCHEMA};
use job_core::trade::Language;

use super::code;
use crate::net::house::PACKS;

/// Checks the packs under `folder`, or the built-in ones; 0 when all are complete.
pub fn check(folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    let names = match folder {
        Some(folder) => folders(folder)?,
        None => PACKS.iter().map(|name| (*name).to_owned()).collect(),
    };
    let mut good = !names.is_empty();
    for name in names {
        for language in [Language::Ru, Language::En] {
            good &= check_one(folder, &name, language);
        }
    }
    Ok(code(good))
}

/// The JSON Schema of a pack's file.
pub fn print_schema() -> anyhow::Result<ExitCode> {
    print!("{SCHEMA}");
    Ok(ExitCode::SUCCESS)
}

fn check_one(folder: Option<&Path>, name: &str, language: Language) -> bool {
    let loaded = match folder {
        Some(folder) => Pack::load(folder, name, language),
        None => Pack::built_in(name, language),
    };
    match loaded {
        Ok(_) => println!("{name}/{language:?}: complete"),
        Err(ref error) => println!("{name}/{language:?}: {error}"),
    }
    loaded.is_ok()
}

fn folders(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
