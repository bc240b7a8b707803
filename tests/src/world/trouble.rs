//! Services that fail in every way one can, with nobody to take over.
//!
//! **Never here:** what the gateway makes of it.

use std::time::Duration;

/// So much more than a slow answer's time …
pub(super) const SLOW: Duration = Duration::from_millis(1_200);
/// … and than that of one nobody waits for any more.
pub(super) const LATE: Duration = Duration::from_secs(5);
/// What a confused recogniser hears.
pub(super) const GARBLED: &str = "бш кхм зззт вв";

/// What goes wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mishap {
    #[default]
    Nothing,
    /// The recogniser's thread dies at this many seconds, `times` times.
    RecogniserDies { at: u64, times: u8 },
    /// A service fails from then on, for so long.
    Service { role: Role, how: How, from: Duration, lasts: Duration },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Recogniser,
    Voice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Says at once that it is dead.
    Dead,
    /// Says nothing, ever.
    Hung,
    Slow,
    /// Answers when nobody waits any more.
    Late,
    /// Answers nonsense.
    Garbage,
    /// Begins to answer and breaks off.
    Cut,
}

impl How {
    pub const ALL: [How; 6] = [How::Dead, How::Hung, How::Slow, How::Late, How::Garbage, How::Cut];
}

impl Mishap {
    /// How that service fails at this time of the call, having died so often.
    pub(super) fn now(self, asked: Role, at: Duration, deaths: u8) -> Option<How> {
        match self {
            Mishap::Nothing => None,
            Mishap::RecogniserDies { at: second, times } => {
                (asked == Role::Recogniser && deaths < times && at >= Duration::from_secs(second))
                    .then_some(How::Cut)
            }
            Mishap::Service { role, how, from, lasts } => {
                (asked == role && at >= from && at < from + lasts).then_some(how)
            }
        }
    }
}
