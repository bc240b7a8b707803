//! One conversation for every channel: understanding, policy and phrasing over a pack of data.
//!
//! **Never here:** sockets, sound, SQL, reading the clock, and any price, slot or booking of its own:
//! those are the job core's.

pub mod clerk;
pub mod conversation;
pub mod desk;
pub mod llm;
pub mod pack;
pub mod phrase;
pub mod rehearsal;
pub mod state;
pub mod understand;
