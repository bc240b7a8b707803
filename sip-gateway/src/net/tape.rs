//! The tape: recordings written beside the calls, so that a slow disk never holds up a frame.
//!
//! Seats hand over one second of both sides at a time; a killed process loses at most that second.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use media::audio::Frame;
use media::recorder::{self, Recording};

use super::archive::Archive;
use crate::sip::agent::Leg;

/// Seconds of sound waiting for the disk, over all calls; beyond it a second is lost and said so.
const SECONDS_WAITING_MAX: usize = 2_000;
/// A second of both sides is written to disk in one piece: stereo, 16 bits, 8 kHz.
const SECOND: usize = 4 * 8_000;

/// One tick of a call: caller, agent.
pub type Pair = (Frame, Frame);

enum Order {
    Begin(Leg, PathBuf),
    Sound(Leg, Vec<Pair>),
    Blank(Leg, Range<Duration>),
    End(Leg),
}

#[derive(Debug, Clone)]
pub struct Tape {
    orders: SyncSender<Order>,
    archive: Option<Archive>,
}

impl Tape {
    /// `archive`: where finished recordings go, if they are to be made small.
    pub fn start(archive: Option<Archive>) -> std::io::Result<Self> {
        let (orders, inbox) = sync_channel(SECONDS_WAITING_MAX);
        let finished = archive.clone();
        thread::Builder::new().name("tape".into()).spawn(move || run(&inbox, finished.as_ref()))?;
        Ok(Self { orders, archive })
    }

    /// What an earlier process has recorded, once nobody asks for its last sound any more.
    pub fn archive_left_behind(&self, recordings: &Path) {
        if let Some(archive) = &self.archive {
            archive.put_left_behind(recordings);
        }
    }

    pub fn begin(&self, leg: Leg, file: PathBuf) {
        self.order(Order::Begin(leg, file));
    }

    pub fn record(&self, leg: Leg, sound: Vec<Pair>) {
        self.order(Order::Sound(leg, sound));
    }

    /// What was recorded in that time is silence from now on.
    pub fn blank(&self, leg: Leg, from: Duration, to: Duration) {
        self.order(Order::Blank(leg, from..to));
    }

    /// Returns once the order is queued; the file is complete a moment later.
    pub fn end(&self, leg: Leg) {
        self.order(Order::End(leg));
    }

    fn order(&self, order: Order) {
        match self.orders.try_send(order) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => tracing::error!("the disk is too slow: sound lost"),
            Err(TrySendError::Disconnected(_)) => tracing::error!("the tape has stopped"),
        }
    }
}

/// One call's recording, and where it is.
struct Reel {
    recording: Recording<BufWriter<File>>,
    file: PathBuf,
}

impl Reel {
    fn blank(&mut self, time: Range<Duration>) -> anyhow::Result<()> {
        self.recording.flush()?;
        let time = time.start..time.end.min(self.recording.duration());
        let mut file = File::options().write(true).open(&self.file)?;
        Ok(recorder::blank(&mut file, time)?)
    }
}

fn run(inbox: &Receiver<Order>, archive: Option<&Archive>) {
    let mut open: HashMap<Leg, Reel> = HashMap::new();
    while let Ok(order) = inbox.recv() {
        match order {
            Order::Begin(leg, file) => match create(&file) {
                Ok(recording) => {
                    open.insert(leg, Reel { recording, file });
                }
                Err(error) => tracing::error!(%error, file = %file.display(), "no recording"),
            },
            Order::Sound(leg, sound) => {
                let Some(reel) = open.get_mut(&leg) else {
                    continue;
                };
                if let Err(error) = write(&mut reel.recording, &sound) {
                    tracing::error!(%error, "recording broken off");
                    open.remove(&leg);
                }
            }
            Order::Blank(leg, time) => {
                let blanked = open.get_mut(&leg).map(|reel| reel.blank(time));
                if let Some(Err(error)) = blanked {
                    tracing::error!(%error, "what was to be hidden is still in a recording");
                }
            }
            Order::End(leg) => {
                let Some(Reel { recording, file }) = open.remove(&leg) else {
                    continue;
                };
                match (recording.finish(), archive) {
                    (Ok(_), Some(archive)) => archive.put(file),
                    (Ok(_), None) => {}
                    (Err(error), _) => tracing::error!(%error, "recording not closed"),
                }
            }
        }
    }
}

fn create(file: &std::path::Path) -> anyhow::Result<Recording<BufWriter<File>>> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(Recording::new(BufWriter::with_capacity(SECOND, File::create(file)?))?)
}

fn write(recording: &mut Recording<BufWriter<File>>, sound: &[Pair]) -> anyhow::Result<()> {
    for (caller, agent) in sound {
        recording.push(caller, agent)?;
    }
    Ok(())
}
