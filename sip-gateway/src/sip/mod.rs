//! The telephone exchange's language, spoken by both ends of a call.
//!
//! At the door stands the `gate`. From the bytes up: `wire` reads and writes messages, `message` and `address` say what is in
//! them, `transaction` gets each request answered exactly once over a lossy network, `dialog`
//! remembers who talks to whom, `leg` is one end of one call, `registration` makes us known at an
//! exchange with a proof by `digest`, `locate` says where its name leads, `agent` joins them all. `sdp` says where the voice goes. `timer` is
//! the one table of everything that waits.
//!
//! **Never here:** tokio, sockets, SQL, `Instant::now`, unseeded randomness, who may call whom.

pub mod address;
pub mod agent;
pub mod budget;
pub mod dialog;
pub mod digest;
pub mod event;
pub mod gate;
pub mod identity;
pub mod info;
mod leg;
pub mod locate;
pub mod message;
pub mod refer;
pub mod registration;
pub mod reliable;
pub mod replaces;
pub mod sdp;
pub mod session_timer;
pub mod timer;
pub mod transaction;
pub mod wire;

#[cfg(test)]
mod tests;
