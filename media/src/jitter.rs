//! Packets come early, late, twice, out of order or not at all; a frame leaves every 20 ms.
//!
//! **Never here:** sockets, codecs, the clock.

use std::time::{Duration, Instant};

use crate::audio::Frame;
use crate::rtp::Header;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// As it was sent.
    Frame(Frame),
    /// Wholly or partly made up for packets that are missing.
    Concealed(Frame),
    /// The other side sends nothing, or nothing can be played yet.
    Nothing,
}

/// Counts of one stream since its beginning, as RTCP reports them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Stats {
    pub received: u64,
    pub lost: u64,
    pub late: u64,
    pub duplicate: u64,
    pub concealed: u64,
    pub jitter: Duration,
    pub delay: Duration,
}

#[derive(Debug)]
pub struct JitterBuffer {
    stats: Stats,
}

impl JitterBuffer {
    pub fn new() -> JitterBuffer {
        JitterBuffer {
            stats: Stats::default(),
        }
    }

    pub fn insert(&mut self, _now: Instant, _header: &Header, _samples: &[i16]) {}

    pub fn pull(&mut self, _now: Instant) -> Pulled {
        Pulled::Nothing
    }

    pub fn stats(&self) -> Stats {
        self.stats
    }
}

impl Default for JitterBuffer {
    fn default() -> JitterBuffer {
        JitterBuffer::new()
    }
}
