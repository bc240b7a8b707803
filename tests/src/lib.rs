//! The simulated world: both ends of a call, the network between them, time that is injected.
//!
//! **Never here:** sleeping, the clock, sockets (real-peer tests keep theirs in `tests/peers.rs`).

pub mod world;
