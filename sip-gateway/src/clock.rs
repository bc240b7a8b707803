//! The one place the process reads the clock. Everything else is told the time.
#![expect(clippy::disallowed_methods, reason = "the one place the process reads the clock")]

use std::time::Instant;

use jiff::Timestamp;

/// For timers and pacing: never goes back.
pub fn now() -> Instant {
    Instant::now()
}

/// For people and rows: the date and the hour.
pub fn wall() -> Timestamp {
    Timestamp::now()
}
