//! Prompts said once and kept: what is always said the same way starts at once.
//!
//! Only lines warmed beforehand are kept; what is said to one caller (a name, an address) is never
//! written to disk.
//!
//! **Never here:** synthesis.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use super::measure::sound_of;
use super::store::{self, Key};
use super::{Go, Line, Meter, Sink, SpeechError, Spoken, Synthesiser, Voice};

/// Changes with the form of the files.
const FORM: &str = "gudok prompt 1";
const SUFFIX: &str = "prompt";

/// A synthesiser that remembers its prompts.
#[derive(Debug)]
pub struct Cached<S> {
    synthesiser: S,
    dir: PathBuf,
    bytes_max: u64,
    version: String,
    prompts: RwLock<HashMap<Name, Arc<[i16]>>>,
}

type Name = (String, Voice);

impl<S: Synthesiser> Cached<S> {
    /// Keeps at most `bytes_max` of files in `dir`; a minute of prompts takes 1 MB.
    pub fn new(synthesiser: S, dir: &Path, bytes_max: u64) -> Cached<S> {
        let version = synthesiser.version();
        let (dir, prompts) = (dir.to_path_buf(), RwLock::default());
        Cached { synthesiser, dir, bytes_max, version, prompts }
    }

    /// Says every line to itself, those on disk excepted; `progress` hears how many are ready, of
    /// how many. Waits: 20 ms per new line.
    pub fn warm(
        &self,
        lines: &[(String, Voice)],
        mut progress: impl FnMut(usize, usize),
    ) -> Result<(), SpeechError> {
        for (n, (text, voice)) in (1..).zip(lines) {
            self.prompt(text, voice)?;
            progress(n, lines.len());
        }
        self.shrink()
    }

    fn prompt(&self, text: &str, voice: &Voice) -> Result<(), SpeechError> {
        let path = self.dir.join(format!("{}.{SUFFIX}", self.key(text, voice)));
        let head = format!("{FORM}\n{}\n{voice:?}\n{text}\n\n", self.version);
        let known = fs::read(&path).ok().and_then(|bytes| samples(&bytes, head.as_bytes()));
        let sound = match known {
            Some(sound) => sound,
            None => {
                let sound = sound_of(&self.synthesiser, text, voice)?;
                store::write_whole(&path, &bytes(&head, &sound))?;
                sound
            }
        };
        let mut prompts = self.prompts.write().unwrap_or_else(PoisonError::into_inner);
        prompts.insert((text.into(), voice.clone()), sound.into());
        Ok(())
    }

    fn key(&self, text: &str, voice: &Voice) -> Key {
        let mut key = Key::default();
        key.add(FORM).add(&self.version).add(&format!("{voice:?}")).add(text);
        key
    }

    fn known(&self, line: &Line) -> Option<Arc<[i16]>> {
        let name = (line.text.clone(), line.voice.clone());
        self.prompts.read().unwrap_or_else(PoisonError::into_inner).get(&name).cloned()
    }

    /// Removes the oldest files that are too many. What is in memory stays.
    fn shrink(&self) -> Result<(), SpeechError> {
        let fact = |e: std::io::Error| SpeechError::file(&self.dir, e);
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.dir).into_iter().flatten() {
            let path = entry.map_err(fact)?.path();
            let about = fs::metadata(&path).map_err(fact)?;
            if path.extension().is_some_and(|suffix| suffix == SUFFIX) {
                files.push((about.modified().map_err(fact)?, about.len(), path));
            }
        }
        files.sort();
        let mut all: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files {
            if all <= self.bytes_max {
                break;
            }
            fs::remove_file(&path).map_err(fact)?;
            all -= bytes;
        }
        Ok(())
    }
}

/// The sound of a file that begins with just that head.
fn samples(file: &[u8], head: &[u8]) -> Option<Vec<i16>> {
    let sound = file.strip_prefix(head)?;
    Some(sound.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
}

fn bytes(head: &str, sound: &[i16]) -> Vec<u8> {
    head.bytes().chain(sound.iter().flat_map(|sample| sample.to_le_bytes())).collect()
}

impl<S: Synthesiser> Synthesiser for Cached<S> {
    fn speak(&self, line: Line, mut sink: Sink) {
        let Some(prompt) = self.known(&line) else {
            return self.synthesiser.speak(line, sink);
        };
        if sink(Spoken::Samples(prompt)) == Go::On {
            sink(Spoken::Done);
        }
    }

    /// A kept prompt costs nothing.
    fn speak_metered(&self, line: Line, sink: Sink, meter: Meter) {
        match self.known(&line) {
            Some(_) => self.speak(line, sink),
            None => self.synthesiser.speak_metered(line, sink, meter),
        }
    }

    fn version(&self) -> String {
        self.version.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::Tongue;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_warmed_prompt_is_said_once_and_then_played_in_one_piece() {
        let dir = Dir::new("hit");
        let cached = Cached::new(Parrot::default(), &dir.0, u64::MAX);
        let mut steps = Vec::new();

        cached.warm(&[line("hello"), line("bye")], |n, of| steps.push((n, of))).unwrap();
        let sound = sound_of(&cached, "hello", &line("").1).unwrap();

        assert_eq!(sound, Parrot::sound("hello"));
        assert_eq!(steps, [(1, 2), (2, 2)]);
        assert_eq!(cached.synthesiser.said.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn the_next_start_finds_the_prompts_of_the_same_version_only() {
        let dir = Dir::new("start");
        Cached::new(Parrot::default(), &dir.0, u64::MAX).warm(&[line("hello")], |_, _| {}).unwrap();

        let same = Cached::new(Parrot::default(), &dir.0, u64::MAX);
        let newer = Cached::new(Parrot { version: 2, ..Parrot::default() }, &dir.0, u64::MAX);
        same.warm(&[line("hello")], |_, _| {}).unwrap();
        newer.warm(&[line("hello")], |_, _| {}).unwrap();

        assert_eq!(same.synthesiser.said.load(Ordering::Relaxed), 0);
        assert_eq!(newer.synthesiser.said.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_was_not_warmed_is_said_and_not_kept() {
        let dir = Dir::new("miss");
        let cached = Cached::new(Parrot::default(), &dir.0, u64::MAX);

        sound_of(&cached, "Ivan Petrov, flat nine", &line("").1).unwrap();

        assert!(!dir.0.exists());
    }

    #[test]
    fn files_over_the_limit_go_oldest_first() {
        let dir = Dir::new("limit");
        let cached = Cached::new(Parrot::default(), &dir.0, 200);

        cached.warm(&[line("one"), line("two"), line("three")], |_, _| {}).unwrap();

        assert!(fs::read_dir(&dir.0).unwrap().count() < 3);
        assert_eq!(sound_of(&cached, "one", &line("").1).unwrap(), Parrot::sound("one"));
    }

    /// Says every letter as one sample.
    #[derive(Default)]
    struct Parrot {
        version: u32,
        said: AtomicUsize,
    }

    impl Parrot {
        fn sound(text: &str) -> Vec<i16> {
            text.bytes().map(i16::from).collect()
        }
    }

    impl Synthesiser for Parrot {
        fn speak(&self, line: Line, mut sink: Sink) {
            self.said.fetch_add(1, Ordering::Relaxed);
            sink(Spoken::Samples(Parrot::sound(&line.text).into()));
            sink(Spoken::Done);
        }

        fn version(&self) -> String {
            format!("parrot {}", self.version)
        }
    }

    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str) -> Dir {
            let unique = format!("gudok-cache-{name}-{}", std::process::id());
            Dir(std::env::temp_dir().join(unique))
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn line(text: &str) -> (String, Voice) {
        (text.into(), Voice::plain(Tongue::En, "parrot"))
    }
}
