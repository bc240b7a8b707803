//! Does the caller's voice sound in this frame?
//!
//! Three judges: the WebRTC detector knows speech from silence; a noise floor that follows the
//! line keeps a fan or a street from counting; a tone (dialling, ringing, a fax) is no voice.
//!
//! **Never here:** turns, pauses, time.

use crate::audio::{Frame, level_dbfs};
use crate::vad_ffi::Detector;

/// Nothing below this is voice.
const FAINTEST_VOICE_DBFS: f32 = -52.0;
/// Voice stands out from the noise of the line by this much.
const VOICE_ABOVE_NOISE_DB: f32 = 6.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Voicing {
    pub voiced: bool,
    /// Root mean square against full scale; −96 is silence.
    pub level_dbfs: f32,
}

/// Listens to one caller, frame after frame.
#[derive(Debug)]
pub struct Vad {
    detector: Detector,
    noise: NoiseFloor,
}

impl Vad {
    pub fn new() -> Vad {
        Vad {
            detector: Detector::new(),
            noise: NoiseFloor::new(),
        }
    }

    pub fn hear(&mut self, frame: &Frame) -> Voicing {
        let level_dbfs = level_dbfs(frame);
        let noise = self.noise.follow(level_dbfs);
        let speech = self.detector.is_speech(frame);
        let stands_out = level_dbfs >= FAINTEST_VOICE_DBFS.max(noise + VOICE_ABOVE_NOISE_DB);
        Voicing {
            voiced: speech && stands_out,
            level_dbfs,
        }
    }
}

impl Default for Vad {
    fn default() -> Vad {
        Vad::new()
    }
}

/// The quietest frame of the last two seconds: speech pauses between syllables, noise does not.
#[derive(Debug, Clone, Copy)]
struct NoiseFloor {
    quietest: [f32; NoiseFloor::SPANS],
    frames: usize,
}

impl NoiseFloor {
    const SPANS: usize = 4;
    /// Half a second.
    const SPAN: usize = 25;

    fn new() -> NoiseFloor {
        NoiseFloor {
            quietest: [-96.0; NoiseFloor::SPANS],
            frames: 0,
        }
    }

    fn follow(&mut self, level_dbfs: f32) -> f32 {
        let span = self.frames / NoiseFloor::SPAN % NoiseFloor::SPANS;
        if self.frames.is_multiple_of(NoiseFloor::SPAN) {
            self.quietest[span] = level_dbfs;
        }
        self.quietest[span] = self.quietest[span].min(level_dbfs);
        self.frames += 1;
        self.quietest.iter().copied().fold(f32::INFINITY, f32::min)
    }
}
