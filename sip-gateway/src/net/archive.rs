//! The archive: recordings of calls that are over are made small, one after another, on a thread nobody waits for.
//!
//! A recording is WAV while it grows and stays so until its small copy is whole: a process killed meanwhile loses
//! nothing.
//!
//! **Never here:** how sound is coded.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use media::archive::archive;
use web::sound::{SMALL, small};

/// Recordings waiting; those beyond stay as they are until the next start.
const WAITING_MAX: usize = 10_000;

#[derive(Debug, Clone)]
pub struct Archive {
    finished: SyncSender<PathBuf>,
}

impl Archive {
    pub fn start() -> std::io::Result<Self> {
        let (finished, inbox) = sync_channel(WAITING_MAX);
        thread::Builder::new().name("archive".into()).spawn(move || run(&inbox))?;
        Ok(Self { finished })
    }

    /// A recording nobody writes to any more.
    pub fn put(&self, file: PathBuf) {
        if self.finished.try_send(file).is_err() {
            tracing::warn!("a recording stays large for now");
        }
    }

    /// What an earlier process left there, before any call of this one is recorded.
    pub fn put_left_behind(&self, recordings: &Path) {
        let files = std::fs::read_dir(recordings).into_iter().flatten();
        let files = files.filter_map(|entry| Some(entry.ok()?.path()));
        files
            .filter(|file| file.extension().is_some_and(|it| it == "wav"))
            .for_each(|it| self.put(it));
    }
}

fn run(inbox: &Receiver<PathBuf>) {
    while let Ok(file) = inbox.recv() {
        put_away(&file);
    }
}

fn put_away(file: &Path) {
    if let Err(error) = make_small(file) {
        tracing::error!(%error, file = %file.display(), "a recording stays large");
    }
}

/// The large one goes once the small one is whole and on the disk.
fn make_small(file: &Path) -> anyhow::Result<()> {
    let (whole, growing) = (small(file), file.with_extension(format!("{SMALL}.part")));
    let mut out = BufWriter::new(File::create(&growing)?);
    archive(BufReader::new(File::open(file)?), &mut out)?;
    out.flush()?;
    out.into_inner()?.sync_all()?;
    std::fs::rename(&growing, whole)?;
    std::fs::remove_file(file)?;
    Ok(())
}
