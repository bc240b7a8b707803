//! Sound: what is heard on a call, who has the floor, and what is said.
//!
//! One way through the room: [`rtp`] → [`codec`] → [`jitter`] → [`vad`] and [`ear`] → [`floor`] →
//! [`player`] → [`codec`] → [`rtp`] in [`packets`]; [`comfort_noise`] fills a silent sender's pauses; [`near`],
//! [`echo`] and [`timbre`] tell the caller's voice from other voices, from our own and from breath; the
//! [`recorder`] hears both ends, [`telephone_event`] and [`dtmf`] the keys; both ends tell each other
//! how they hear in [`reports`], written as [`rtcp`], and [`quality`] says how good that is.
//! Inside, sound is 8 kHz, mono, 16 bits, in frames of 20 ms ([`audio`]); [`resample`] brings
//! everything else there.
//!
//! **Never here:** sockets, pacing, what words mean.

pub mod answerer;
pub mod archive;
pub mod audio;
pub mod codec;
pub mod comfort_noise;
pub mod denoise;
pub mod dtmf;
pub mod ear;
pub mod echo;
pub mod floor;
pub mod jitter;
pub mod near;
pub mod packets;
pub mod player;
pub mod quality;
pub mod recorder;
pub mod reports;
pub mod resample;
pub mod rtcp;
pub mod rtp;
pub mod speech;
pub mod telephone_event;
pub mod timbre;
pub mod tone;
pub mod turn;
pub mod vad;
mod vad_ffi;
pub mod voice_note;
