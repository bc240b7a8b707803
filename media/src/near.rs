//! Is this voice the caller's own, or does it come from behind: a television, somebody in the room?
//!
//! The caller's mouth is the nearest thing to the telephone, so the caller is the loudest voice on
//! the line. How loud, is learnt from what the caller has said.
//!
//! **Never here:** what is voice at all, who has the floor.

/// A voice this much weaker than the caller's is somebody else's.
const BEHIND_DB: f32 = 15.0;
/// And so is a whole sentence whose loudest frame is this much weaker.
const SENTENCE_BEHIND_DB: f32 = 10.0;
/// Voiced frames until the caller's loudness is known: a second.
const KNOWN_AFTER: u32 = 50;
/// A frame louder than the caller so far moves the measure by this share, a weaker one by less.
const RISE: f32 = 0.1;
const FALL: f32 = 0.004;

/// Follows one caller.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nearness {
    caller_dbfs: f32,
    frames: u32,
}

impl Nearness {
    pub fn new() -> Nearness {
        Nearness::default()
    }

    /// A voiced frame of a turn that is the caller's for certain.
    pub fn learn(&mut self, level_dbfs: f32) {
        let share = match self.frames {
            0 => 1.0,
            _ if level_dbfs > self.caller_dbfs => RISE,
            _ => FALL,
        };
        self.caller_dbfs += (level_dbfs - self.caller_dbfs) * share;
        self.frames = self.frames.saturating_add(1);
    }

    /// Loud enough to be the caller; everybody is until the caller is known.
    pub fn is_near(&self, level_dbfs: f32) -> bool {
        self.frames < KNOWN_AFTER || level_dbfs >= self.caller_dbfs - BEHIND_DB
    }

    /// The same of several words by their loudest frame, which says more.
    pub fn is_as_loud(&self, loudest_dbfs: f32) -> bool {
        self.frames < KNOWN_AFTER || loudest_dbfs >= self.caller_dbfs - SENTENCE_BEHIND_DB
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_television_is_behind_a_caller_who_is_known() {
        let mut near = Nearness::new();
        assert!(near.is_near(-50.0));

        (0..100).for_each(|nth| near.learn(if nth % 3 == 0 { -34.0 } else { -20.0 }));

        assert!(near.is_near(-30.0));
        assert!(!near.is_near(-40.0));
        assert!(near.is_as_loud(-28.0) && !near.is_as_loud(-32.0));
    }

    #[test]
    fn a_caller_who_moves_away_is_followed_slowly() {
        let mut near = Nearness::new();
        (0..100).for_each(|_| near.learn(-20.0));

        (0..1_500).for_each(|_| near.learn(-32.0));

        assert!(near.is_near(-42.0), "{near:?}");
    }
}
