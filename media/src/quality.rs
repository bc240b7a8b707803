//! How good a call sounds to the one who listens, from what became of its packets: the E-model.
//!
//! R = 93.2 − delay − loss (ITU-T G.107 section 7 with its default values); delay as Cole and
//! Rosenbluth simplified it ("Voice over IP performance monitoring", 2001, equation 6).
//!
//! **Never here:** counting packets.

use std::time::Duration;

/// What nothing is lost or late leaves of 100.
const BEST: f64 = 93.2;
/// A call whose packets never come.
const WORST_LOSS: f64 = 95.0;
/// Delay is noticed more from here on.
const FREELY: Duration = Duration::from_micros(177_300);

/// What stands where a packet is missing: G.711's robustness against loss (ITU-T G.113 appendix I).
/// Other codecs of ours have no better figure than it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    Silent,
    Concealed,
}

/// How one direction of a call has come through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Passage {
    /// Share of the packets that could not be played, lost or too late: 0.0..=1.0
    pub lost: f64,
    /// How long a run of lost packets is, against chance (1.0); longer ones hurt more.
    pub burst: f64,
    /// From mouth to ear.
    pub delay: Duration,
    pub gaps: Gaps,
}

impl Passage {
    /// Mean opinion score: 1.0 is useless, 4.4 as good as a telephone is.
    pub fn mos(&self) -> f64 {
        let rating = self.rating();
        match rating {
            ..=0.0 => 1.0,
            100.0.. => 4.5,
            _ => 1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7e-6,
        }
    }

    fn rating(&self) -> f64 {
        let robustness = match self.gaps {
            Gaps::Silent => 4.3,
            Gaps::Concealed => 25.1,
        };
        let lost = self.lost.clamp(0.0, 1.0) * 100.0;
        let loss = WORST_LOSS * lost / (lost / self.burst.max(1.0) + robustness);
        let late = self.delay.saturating_sub(FREELY).as_secs_f64() * 1e3;
        BEST - 0.024 * self.delay.as_secs_f64() * 1e3 - 0.11 * late - loss
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mos(lost: f64, millis: u64, gaps: Gaps) -> f64 {
        Passage { lost, burst: 1.0, delay: Duration::from_millis(millis), gaps }.mos()
    }

    /// R = 93.2 is 4.41 (G.107 annex B); the others are the formula worked out by hand.
    #[test]
    fn a_clean_call_a_lossy_one_and_a_far_one_score_as_the_standard_says() {
        assert!((mos(0.0, 0, Gaps::Concealed) - 4.41).abs() < 0.01);
        assert!((mos(0.05, 0, Gaps::Concealed) - 3.95).abs() < 0.05);
        assert!((mos(0.05, 0, Gaps::Silent) - 2.17).abs() < 0.05);
        assert!((mos(0.0, 400, Gaps::Concealed) - 3.1).abs() < 0.3);
        assert!((mos(1.0, 0, Gaps::Silent) - 1.0).abs() < 0.02);
    }

    #[test]
    fn a_run_of_lost_packets_is_worse_than_as_many_apart() {
        let apart =
            Passage { lost: 0.05, burst: 1.0, delay: Duration::ZERO, gaps: Gaps::Concealed };
        let together = Passage { burst: 4.0, ..apart };

        assert!(together.mos() < apart.mos() - 0.05, "{} {}", together.mos(), apart.mos());
    }
}
