//! Quoted against final: with whom, and at what, it comes out dearer than the client was told.
//!
//! **Never here:** SQL, what is done about it.

use serde::{Deserialize, Serialize};

use crate::ids::MasterId;
use crate::money::Kopecks;

/// Fewer jobs than this say nothing about anybody.
const JOBS_MIN: i64 = 5;
/// Sums this much above what was quoted, per cent, are looked at.
const DEARER: i64 = 115;
/// So are this many jobs of a hundred beyond the range that was told.
const ABOVE: i64 = 30;

/// The finished jobs of one master and diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    pub master_id: MasterId,
    pub master: String,
    /// The pack's name of the diagnosis.
    pub diagnosis: String,
    pub jobs: i64,
    pub quoted: Kopecks,
    pub came_to: Kopecks,
    /// Jobs that came to more than the range the client was told.
    pub above: i64,
}

impl Drift {
    /// What the jobs came to, in per cent of what was quoted.
    pub fn percent(&self) -> i64 {
        self.came_to.0 * 100 / self.quoted.0.max(1)
    }

    /// Whether a person should look at it.
    pub fn is_alarming(&self) -> bool {
        self.jobs >= JOBS_MIN && (self.percent() >= DEARER || self.above * 100 >= self.jobs * ABOVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_jobs_say_nothing_and_dear_or_broken_promises_do() {
        assert!(!drift(4, 200, 4).is_alarming());
        assert!(!drift(10, 110, 2).is_alarming());
        assert!(drift(10, 115, 0).is_alarming());
        assert!(drift(10, 100, 3).is_alarming());
        assert!(!Drift { quoted: Kopecks(0), ..drift(4, 0, 0) }.is_alarming());
    }

    fn drift(jobs: i64, percent: i64, above: i64) -> Drift {
        Drift {
            master_id: MasterId::new("m"),
            master: "Мастер".into(),
            diagnosis: "socket".into(),
            jobs,
            quoted: Kopecks::roubles(1_000 * jobs),
            came_to: Kopecks::roubles(10 * percent * jobs),
            above,
        }
    }
}
