//! Does the line send back what we are saying?
//!
//! An echo is our own loudness again, some time later and some decibels lower, for seconds on end. A
//! caller's voice rises and falls by itself. Only loudness is compared, frame by frame, so codecs and
//! drifting delays do not matter; nothing is taken out of the sound.
//!
//! **Never here:** who has the floor, samples.

/// The longest way there and back: 600 ms.
const DELAYS: usize = 30;
/// Our own loudness is remembered for that long and a little more.
const SAID: usize = 64;
/// Below this nothing of ours comes back.
const AUDIBLE_DBFS: f32 = -50.0;
/// What comes back is never louder than this much below what left.
const LOSS_MIN_DB: f32 = 3.0;
/// A fit is trusted from so many frames on, and forgotten over about as many.
const FRAMES_MIN: f32 = 40.0;
const FORGET: f32 = 1.0 / 150.0;
/// The loudness that came back misses the expected one by no more than this, squared, on average.
const FIT_MAX: f32 = 4.5 * 4.5;
/// Louder than expected by this much: somebody speaks as well.
const DOUBLE_TALK_DB: f32 = 7.0;

/// For one delay: by how much what came back was weaker, its mean and its spread.
#[derive(Debug, Clone, Copy, Default)]
struct Path {
    frames: f32,
    loss: f32,
    spread: f32,
}

/// Follows one call.
#[derive(Debug)]
pub struct EchoGuard {
    /// Levels sent, the newest last written.
    said: [f32; SAID],
    next: usize,
    paths: [Path; DELAYS],
}

impl EchoGuard {
    pub fn new() -> EchoGuard {
        EchoGuard { said: [-96.0; SAID], next: 0, paths: [Path::default(); DELAYS] }
    }

    /// The frame we sent.
    pub fn say(&mut self, level_dbfs: f32) {
        self.said[self.next % SAID] = level_dbfs;
        self.next += 1;
    }

    /// The frame heard next: is it ours coming back? Learns the way it takes.
    pub fn is_echo(&mut self, level_dbfs: f32) -> bool {
        let echo = self.expected().is_some_and(|expected| level_dbfs < expected + DOUBLE_TALK_DB);
        if !self.said_anything() {
            return false;
        }
        for delay in 0..DELAYS {
            let said = self.said_before(delay);
            if said > AUDIBLE_DBFS {
                self.paths[delay].learn(said - level_dbfs);
            }
        }
        echo
    }

    fn said_anything(&self) -> bool {
        (0..DELAYS).any(|delay| self.said_before(delay) > AUDIBLE_DBFS)
    }

    /// How loud the echo of now would be, if there is a path that fits.
    fn expected(&self) -> Option<f32> {
        let fits = |(_, path): &(usize, &Path)| path.fits();
        let best = self.paths.iter().enumerate().filter(fits);
        let (delay, path) = best.min_by(|(_, a), (_, b)| a.spread.total_cmp(&b.spread))?;
        let around = delay.saturating_sub(1)..=(delay + 1).min(DELAYS - 1);
        let loudest = around.map(|delay| self.said_before(delay)).fold(-96.0, f32::max);
        (loudest > AUDIBLE_DBFS).then_some(loudest - path.loss)
    }

    fn said_before(&self, delay: usize) -> f32 {
        match self.next.checked_sub(delay + 1) {
            Some(nth) => self.said[nth % SAID],
            None => -96.0,
        }
    }
}

impl Default for EchoGuard {
    fn default() -> EchoGuard {
        EchoGuard::new()
    }
}

impl Path {
    fn learn(&mut self, loss: f32) {
        let weight = FORGET.max(1.0 / (self.frames + 1.0));
        let off = loss - self.loss;
        self.loss += off * weight;
        self.spread += (off * off - self.spread) * weight;
        self.frames += 1.0;
    }

    fn fits(&self) -> bool {
        self.frames >= FRAMES_MIN && self.spread <= FIT_MAX && self.loss >= LOSS_MIN_DB
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A voice's loudness: syllables of 200 ms, no two alike, with pauses.
    fn voice(seed: u32) -> impl Fn(usize) -> f32 {
        move |frame| {
            let syllable = (frame / 10) as u32;
            let mixed = (syllable ^ seed).wrapping_mul(2_654_435_761) >> 24;
            let shape = [-9.0, -3.0, 0.0, -1.0, -2.0, -4.0, -6.0, -9.0, -14.0, -20.0][frame % 10];
            if mixed < 30 { -80.0 } else { -20.0 + shape - (mixed % 12) as f32 }
        }
    }

    #[test]
    fn our_own_voice_coming_back_is_known_after_a_second() {
        let (mut guard, ours) = (EchoGuard::new(), voice(1));
        let mut missed = 0;

        for frame in 0..600 {
            let back = if frame >= 8 { ours(frame - 8) - 15.0 } else { -80.0 };
            let echo = guard.is_echo(back);
            guard.say(ours(frame));
            missed += usize::from(frame > 100 && back > -50.0 && !echo);
        }

        assert!(missed <= 5, "{missed}");
    }

    #[test]
    fn a_caller_over_the_echo_is_heard() {
        let (mut guard, ours, theirs) = (EchoGuard::new(), voice(1), voice(99));
        let (mut heard, mut spoken) = (0, 0);

        for frame in 0..600 {
            let echo = if frame >= 8 { ours(frame - 8) - 25.0 } else { -80.0 };
            let caller = if frame >= 400 { theirs(frame) } else { -80.0 };
            let taken = !guard.is_echo(echo.max(caller));
            guard.say(ours(frame));
            if caller > -36.0 {
                spoken += 1;
                heard += usize::from(taken);
            }
        }

        assert!(heard * 10 >= spoken * 8, "{heard} of {spoken}");
    }

    #[test]
    fn a_caller_on_a_line_without_echo_is_never_taken_for_one() {
        let (mut guard, ours, theirs) = (EchoGuard::new(), voice(1), voice(7));
        let mut lost = 0;

        for frame in 0..1_500 {
            lost += usize::from(guard.is_echo(theirs(frame)));
            guard.say(ours(frame));
        }

        assert_eq!(lost, 0);
    }
}
