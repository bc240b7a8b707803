//! The job core: jobs, masters, prices, slots, assignment, money, conversations, outbox.
//!
//! Rules are pure functions and state machines; `store/` holds the only SQL.
//!
//! **Never here:** sockets, HTTP, sound, phrasing, reading the clock.

pub mod assign;
pub mod board;
pub mod calendar;
pub mod chat;
pub mod consent;
pub mod conversation;
pub mod day;
pub mod demo;
pub mod drift;
pub mod hook;
pub mod ids;
pub mod job;
pub mod job_file;
pub mod ledger;
pub mod master;
pub mod media;
pub mod money;
pub mod offer;
pub mod order;
pub mod outbox;
pub mod payment;
pub mod phone;
pub mod place;
pub mod price;
pub mod schedule;
pub mod settings;
pub mod slot;
pub mod stats;
pub mod store;
mod strip;
pub mod trade;
pub mod usage;
