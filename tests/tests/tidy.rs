//! The house rules that a compiler does not check: arrows, pure rooms, sizes, names.

#![expect(clippy::unwrap_used, reason = "a missing source file is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms without I/O: words that must not stand in their code.
const PURE: &[&str] = &[
    "sip-gateway/src/sip/",
    "sip-gateway/src/call/",
    "dialog/src/understand/",
    "dialog/src/pack/",
    "dialog/src/phrase/",
    "dialog/src/conversation/",
];
const IMPURE_WORDS: &[&str] = &["tokio", "std::net::Udp", "std::net::Tcp", "sqlx", "reqwest"];

/// Which package may know which (DESIGN: the arrows).
const ARROWS: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("media", &[]),
    ("dialog", &["job-core"]),
    ("web", &["job-core", "dialog"]),
    ("sip-gateway", &["job-core", "dialog", "media", "web"]),
];
const PACKAGES: &[&str] = &["job-core", "dialog", "media", "web", "sip-gateway"];

const LINES_MAX: usize = 700;
const EMPTY_NAMES: &[&str] = &["Manager", "Helper", "Util", "Handler"];
const CLOCK: &str = "sip-gateway/src/clock.rs";
const CLOCK_READS: &[&str] =
    &["Instant::now(", "SystemTime::now(", "Timestamp::now(", "Zoned::now("];

#[test]
fn every_file_says_first_what_it_is() {
    let silent = sources().into_iter().filter(|(_, text)| !text.starts_with("//!"));

    assert_none(silent.map(|(file, _)| file));
}

#[test]
fn no_file_is_too_long_to_read() {
    let long = sources().into_iter().filter(|(_, text)| text.lines().count() > LINES_MAX);

    assert_none(long.map(|(file, _)| file));
}

#[test]
fn only_one_module_reads_the_clock() {
    let readers = sources().into_iter().filter(|(file, text)| {
        file != CLOCK
            && !TEST_PLACES.iter().any(|place| file.contains(place))
            && CLOCK_READS.iter().any(|read| text_before_tests(text).contains(read))
    });

    assert_none(readers.map(|(file, _)| file));
}

#[test]
fn pure_rooms_touch_nothing() {
    let touching = sources().into_iter().filter(|(file, text)| {
        PURE.iter().any(|room| file.starts_with(room))
            && code(text).any(|line| IMPURE_WORDS.iter().any(|word| line.contains(word)))
    });

    assert_none(touching.map(|(file, _)| file));
}

#[test]
fn arrows_point_one_way() {
    let wrong = ARROWS.iter().flat_map(|(room, allowed)| {
        let manifest = fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
        let known = PACKAGES.iter().filter(move |package| {
            manifest.lines().any(|line| line.starts_with(&format!("{package}.workspace")))
        });
        known
            .filter(|package| !allowed.contains(package))
            .map(|package| format!("{room} -> {package}"))
            .collect::<Vec<_>>()
    });

    assert_none(wrong);
}

#[test]
fn names_say_something() {
    let empty = sources().into_iter().flat_map(|(file, text)| {
        let types = text.lines().filter_map(|line| type_name(line).map(str::to_owned));
        let empty = types.filter(|name| EMPTY_NAMES.iter().any(|word| name.ends_with(word)));
        empty.map(move |name| format!("{file}: {name}")).collect::<Vec<_>>()
    });

    assert_none(empty);
}

/// Where any instant will do, because only differences count.
const TEST_PLACES: &[&str] = &["tests/", "/tests.rs", "/examples/"];

/// Every source file of the project, by its path from the top.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for room in ["core", "dialog", "media", "sip-gateway", "web", "tests"] {
        collect(&root().join(room), &mut found);
    }
    assert!(found.len() > 50, "only {} files found", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn text_before_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    text_before_tests(text).lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn type_name(line: &str) -> Option<&str> {
    let line = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(super) ");
    let name = ["struct ", "enum ", "trait "].iter().find_map(|kind| line.strip_prefix(kind))?;
    name.split(|letter: char| !letter.is_alphanumeric()).next()
}

fn assert_none(found: impl IntoIterator<Item = String>) {
    let found: Vec<String> = found.into_iter().collect();

    assert!(found.is_empty(), "against the house rules:\n{}", found.join("\n"));
}
