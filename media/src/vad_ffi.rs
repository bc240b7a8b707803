//! The WebRTC voice detector, a C library behind the `webrtc-vad` crate.
//!
//! **Never here:** any judgement of our own.

#![allow(unsafe_code, reason = "the crate hides a C pointer and so cannot say that it may move")]

use std::fmt;

use webrtc_vad::{SampleRate, Vad, VadMode};

use crate::audio::Frame;

pub(crate) struct Detector(Vad);

// SAFETY: the pointer owns a heap block that no other value refers to; the library keeps no state
// of its own per thread or process, so the block may be used from whichever thread owns it.
unsafe impl Send for Detector {}

impl Detector {
    pub(crate) fn new() -> Detector {
        Detector(Vad::new_with_rate_and_mode(SampleRate::Rate8kHz, VadMode::VeryAggressive))
    }

    pub(crate) fn is_speech(&mut self, frame: &Frame) -> bool {
        self.0.is_voice_segment(frame).unwrap_or(false)
    }
}

impl fmt::Debug for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detector").finish_non_exhaustive()
    }
}
