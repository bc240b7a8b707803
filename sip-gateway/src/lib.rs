//! The process: telephone lines on one side, everything gudok can do on the other.
//!
//! `sip/` and `call/` decide and touch nothing; `net/` touches everything and decides nothing.

pub mod browser;
pub mod call;
pub mod caller;
pub mod clock;
pub mod commands;
pub mod config;
pub mod net;
pub mod sip;
