//! Files made once from something, and kept under a name that changes with it.
//!
//! **Never here:** what is in them.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use super::SpeechError;

/// Names content: 64-bit FNV-1a over the parts and the lengths of the parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key(u64);

impl Default for Key {
    fn default() -> Key {
        Key(0xcbf2_9ce4_8422_2325)
    }
}

impl Key {
    pub(super) fn add(&mut self, part: &str) -> &mut Key {
        self.bytes(part.as_bytes())
    }

    pub(super) fn bytes(&mut self, part: &[u8]) -> &mut Key {
        let length = (part.len() as u64).to_le_bytes();
        for byte in part.iter().chain(&length) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The file `dir/name`, made by `make` where it is not there.
pub(super) fn once(
    dir: &Path,
    name: &str,
    make: impl FnOnce() -> Result<Vec<u8>, SpeechError>,
) -> Result<PathBuf, SpeechError> {
    let path = dir.join(name);
    if !path.is_file() {
        write_whole(&path, &make()?)?;
    }
    Ok(path)
}

/// Whoever reads it finds all of it or nothing, whenever this process is killed.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), SpeechError> {
    static NTH: AtomicU64 = AtomicU64::new(0);

    let nth = NTH.fetch_add(1, Ordering::Relaxed);
    let half = path.with_extension(format!("half-{}-{nth}", process::id()));
    let dir = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir).map_err(|e| SpeechError::file(dir, e))?;
    fs::write(&half, bytes).map_err(|e| SpeechError::file(&half, e))?;
    fs::rename(&half, path).map_err(|e| SpeechError::file(path, e))
}
