//! The job core: jobs, masters, prices, slots, assignment, money, conversations, outbox.
//!
//! Rules are pure functions and state machines; `store/` holds the only SQL.
//!
//! **Never here:** sockets, HTTP, sound, phrasing, reading the clock.

pub mod ids;
pub mod money;
pub mod order;
pub mod price;
pub mod slot;
pub mod trade;
