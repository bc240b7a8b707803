//! How both directions of a call sounded, for its page: score, loss, jitter, delay.
//!
//! **Never here:** counting packets, formulas.

use std::time::Duration;

use media::audio::FRAME_TIME;
use media::quality::{Gaps, Passage};

use super::line::Line;

/// Of what the other end keeps back against jitter nothing is told: as much as its jitter twice.
const BUFFER_OF_JITTERS: u32 = 2;

/// One direction of a call, from mouth to ear.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// 1.0 is useless, 4.4 as good as a telephone is.
    pub mos: f64,
    /// Share of packets that could not be played: 0.0..=1.0
    pub lost: f64,
    pub jitter: Duration,
    pub delay: Duration,
}

impl Quality {
    fn of(passage: &Passage, jitter: Duration) -> Self {
        Self { mos: passage.mos(), lost: passage.lost, jitter, delay: passage.delay }
    }

    /// What we heard; nothing if nothing came.
    pub fn heard(line: &Line) -> Option<Self> {
        let stats = line.stats();
        if stats.received == 0 {
            return None;
        }
        let lost = share(stats.lost + stats.late, stats.expected);
        let by_chance = 1.0 / (1.0 - share(stats.lost, stats.expected)).max(0.01);
        let run = stats.lost as f64 / stats.gaps.max(1) as f64;
        let passage = Passage {
            lost,
            burst: run / by_chance,
            delay: way(line) + line.agreed().ptime + stats.delay,
            gaps: Gaps::Concealed,
        };
        Some(Self::of(&passage, stats.jitter))
    }

    /// What the other end heard, where it said so.
    pub fn said(line: &Line) -> Option<Self> {
        let theirs = line.theirs()?;
        let held = (theirs.jitter * BUFFER_OF_JITTERS).max(FRAME_TIME);
        let passage = Passage {
            lost: theirs.lost,
            burst: 1.0,
            delay: way(line) + line.agreed().ptime + held,
            gaps: Gaps::Concealed,
        };
        Some(Self::of(&passage, theirs.jitter))
    }
}

/// `4.3, 0.5 %, 4 ms, 38 ms`
impl std::fmt::Display for Quality {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { mos, lost, jitter, delay } = self;
        let (jitter, delay) = (jitter.as_millis(), delay.as_millis());
        write!(f, "{mos:.1}, {:.1} %, {jitter} ms, {delay} ms", lost * 100.0)
    }
}

/// One way through the network.
fn way(line: &Line) -> Duration {
    line.theirs().and_then(|theirs| theirs.round_trip).unwrap_or_default() / 2
}

fn share(part: u64, whole: u64) -> f64 {
    (part as f64 / whole.max(1) as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use media::audio::SILENCE;
    use media::codec::Codec;
    use media::packets::Packets;

    use super::*;
    use crate::call::line::{Agreed, Origin};

    /// Two lines 40 ms apart; every tenth packet to us is lost, every twentieth of ours.
    #[test]
    fn what_is_lost_on_the_way_shows_in_the_direction_it_was_lost() {
        let origin = |ssrc| Origin { ssrc, sequence: 1, timestamp: 1 };
        let agreed = Agreed::usual(Codec::Pcma);
        let (mut here, mut there) = (Line::new(agreed, origin(1)), Line::new(agreed, origin(2)));
        let (mut now, mut to_us, mut to_them) = (crate::clock::now(), Vec::new(), Vec::new());
        assert!(Quality::heard(&here).is_none() && Quality::said(&here).is_none());

        for nth in 0..1_500 {
            now += FRAME_TIME;
            let ends = [(&mut here, &mut to_them, 20), (&mut there, &mut to_us, 10)];
            for (line, way, every) in ends {
                let mut packets = Packets::default();
                line.hear(now);
                line.say(&SILENCE, &mut packets);
                let kept = packets.iter().filter(|_| nth % every != 0);
                let report = line.report(now).map(<[u8]>::to_vec);
                way.extend(kept.map(<[u8]>::to_vec).chain(report).map(|it| (nth + 2, it)));
            }
            for (line, way) in [(&mut here, &mut to_us), (&mut there, &mut to_them)] {
                for (_, datagram) in way.extract_if(.., |(due, _)| *due <= nth) {
                    line.receive(now, &datagram);
                }
            }
        }

        let (heard, said) = (Quality::heard(&here).unwrap(), Quality::said(&here).unwrap());
        assert!((heard.lost - 0.1).abs() < 0.01, "{heard}");
        assert!((said.lost - 0.05).abs() < 0.01, "{said}");
        assert!(heard.mos < said.mos && said.mos < 4.1, "{heard}; {said}");
        assert!((60..=160).contains(&heard.delay.as_millis()), "{heard}");
    }
}
