//! How long a caller who is owed a sound waits for it: what they take for a dead line.
//!
//! A sound is owed from the answer of the call to the greeting, from the caller's last sound to the agent's next, and
//! within whatever the agent is saying. A caller who has been asked something owes the next sound themselves.
//!
//! **Never here:** what is said.

use std::time::Duration;

use media::audio::{FRAME_TIME, Frame, level_dbfs};

/// Softer frames are silence.
const AUDIBLE_DBFS: f32 = -50.0;

#[derive(Debug, Clone, Copy)]
pub struct Quiet {
    owed: bool,
    frames: u32,
    longest: u32,
}

impl Default for Quiet {
    fn default() -> Self {
        Self { owed: true, frames: 0, longest: 0 }
    }
}

impl Quiet {
    /// The last 20 ms of the caller and of the agent, and whether the agent has more of a line to say.
    pub fn hear(&mut self, (heard, said): (&Frame, &Frame), saying: bool) {
        let sounds = |frame| level_dbfs(frame) > AUDIBLE_DBFS;
        match (sounds(heard), sounds(said)) {
            (_, true) => (self.owed, self.frames) = (false, 0),
            (true, false) => (self.owed, self.frames) = (true, 0),
            (false, false) if self.owed || saying => self.frames += 1,
            (false, false) => {}
        }
        self.longest = self.longest.max(self.frames);
    }

    pub fn longest(self) -> Duration {
        FRAME_TIME * self.longest
    }
}
