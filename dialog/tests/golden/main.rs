//! Scripted callers against a core with a timetable; the transcripts are checked in under
//! `testdata/`. `UPDATE=1` writes them anew.

mod beyond;
mod booking;
mod script;
#[path = "../world/mod.rs"]
mod world;
