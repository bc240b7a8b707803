//! The shell: sockets, threads, files and the database around the call.
//!
//! **Never here:** decisions. They are made in `sip/`, `call/` and the rooms below.

#![expect(
    missing_debug_implementations,
    reason = "shells hold engines, sockets and handles, which have nothing to show"
)]

pub mod aftermath;
pub mod archive;
pub mod beside;
pub mod browsers;
pub mod certificates;
pub mod clerk;
pub mod demo;
pub mod doors;
pub mod errands;
pub mod house;
pub mod ledger;
pub mod lines;
pub mod lookup;
pub mod notes;
pub mod outgoing;
pub mod pacemaker;
pub mod phone;
pub mod ports;
pub mod scribe;
pub mod seat;
pub mod secure;
pub mod services;
pub mod speech;
pub mod stream;
pub mod switchboard;
pub mod tape;
pub mod trunks;
pub mod websocket;
pub mod wire;
