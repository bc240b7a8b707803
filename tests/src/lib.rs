//! The simulated world: both ends of a call, the network between them, time that is injected; and
//! the booth: one caller's real sound into a call in injected time.
//!
//! **Never here:** sleeping, the clock, sockets (real-peer tests keep theirs in `tests/peers.rs`).

pub mod booth;
pub mod hostile;
pub mod world;
