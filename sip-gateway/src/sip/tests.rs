//! Both ends of a call over a simulated network, and peers that write oddly.

use std::time::Instant;

/// Tests count from here; what the clock says does not matter to them.
#[expect(
    clippy::disallowed_methods,
    reason = "an Instant can only be had from the clock"
)]
pub(super) fn start() -> Instant {
    Instant::now()
}
