//! Both ends tell each other every few seconds how they hear: our side of it (RFC 3550 section 6).
//!
//! **Never here:** sockets, the clock, what the numbers mean for a caller ([`crate::quality`]).

use std::time::{Duration, Instant};

use crate::rtcp::{self, Heard, Sent, Told};

/// Reports go out this often in the mean, the first after half of it (RFC 3550 section 6.2).
const EVERY: Duration = Duration::from_secs(5);
/// A round trip longer than this is a wrong clock.
const ROUND_TRIP_MOST: Duration = Duration::from_secs(10);
/// Fractions of a second in the middle 32 bits of an NTP time.
const PER_SECOND: u64 = 1 << 16;

/// What has come of the other end's newest source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reception {
    pub ssrc: u32,
    /// The highest sequence number, with its wraps.
    pub highest: u32,
    pub expected: u64,
    pub received: u64,
    pub jitter: Duration,
}

/// What the other end says of our sound.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Theirs {
    /// Share of our packets that never came there: 0.0..=1.0
    pub lost: f64,
    pub jitter: Duration,
    /// There and back through the network; unknown until they have had a report of ours.
    pub round_trip: Option<Duration>,
}

#[derive(Debug)]
pub struct Reports {
    ssrc: u32,
    clock_hz: u32,
    packets: u32,
    octets: u32,
    began: Option<Instant>,
    due: Option<Instant>,
    /// Stands for chance in when reports go out; begins with the random source number.
    spread: u32,
    /// Expected and received at the report before.
    before: (u64, u64),
    /// The other end's last report: the middle of its time, and when it came.
    last_sent: Option<(u32, Instant)>,
    theirs: Option<Theirs>,
}

impl Reports {
    pub fn new(ssrc: u32, clock_hz: u32) -> Reports {
        Reports {
            ssrc,
            clock_hz,
            packets: 0,
            octets: 0,
            began: None,
            due: None,
            spread: ssrc | 1,
            before: (0, 0),
            last_sent: None,
            theirs: None,
        }
    }

    /// A packet of ours went out with so much payload.
    pub fn said(&mut self, octets: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(octets as u32);
    }

    /// A datagram of the other end's; what is broken is dropped from where it breaks.
    pub fn hear(&mut self, now: Instant, datagram: &[u8]) {
        let read = rtcp::read(datagram, |told| match told {
            Told::Sent(_, sent) => self.last_sent = Some(((sent.ntp >> 16) as u32, now)),
            Told::Heard(heard) if heard.ssrc == self.ssrc => self.weigh(now, &heard),
            Told::Heard(_) | Told::Goodbye(_) => {}
        });
        if let Err(error) = read {
            tracing::trace!(%error, "report dropped");
        }
    }

    fn weigh(&mut self, now: Instant, heard: &Heard) {
        let lost = f64::from(heard.lost.max(0)) / f64::from(self.packets.max(1));
        let round_trip = self.round_trip(now, heard);
        let before = self.theirs.and_then(|theirs| theirs.round_trip);
        self.theirs = Some(Theirs {
            lost: lost.min(1.0),
            jitter: Duration::from_secs_f64(f64::from(heard.jitter) / f64::from(self.clock_hz)),
            round_trip: round_trip.or(before),
        });
    }

    /// RFC 3550 section 6.4.1: now, minus when our report left, minus how long they kept it.
    fn round_trip(&self, now: Instant, heard: &Heard) -> Option<Duration> {
        if heard.last_sent == 0 {
            return None;
        }
        let middle = (self.ntp(now) >> 16) as u32;
        let ticks = middle.wrapping_sub(heard.last_sent).wrapping_sub(heard.since);
        // A tick of rounding may bring it below zero.
        let ticks = (ticks as i32).max(0) as u64;
        let time = Duration::from_micros(ticks * 1_000_000 / PER_SECOND);
        (time <= ROUND_TRIP_MOST).then_some(time)
    }

    /// What the other end said last.
    pub fn theirs(&self) -> Option<Theirs> {
        self.theirs
    }

    /// The sound goes on with another clock.
    pub fn count_in(&mut self, clock_hz: u32) {
        self.clock_hz = clock_hz;
    }

    /// Whether it is time to write one; says yes once and then counts anew.
    pub fn are_due(&mut self, now: Instant) -> bool {
        match self.due {
            None => {
                self.began = Some(now);
                self.due = Some(now + self.interval() / 2);
                false
            }
            Some(due) if due <= now => {
                self.due = Some(now + self.interval());
                true
            }
            Some(_) => false,
        }
    }

    /// Appends the last report and a farewell.
    pub fn write_goodbye(
        &mut self,
        now: Instant,
        timestamp: u32,
        reception: Option<Reception>,
        out: &mut Vec<u8>,
    ) {
        self.write(now, timestamp, reception, out);
        rtcp::write_goodbye(self.ssrc, out);
    }

    /// Appends a report; `timestamp` is where our sound is now.
    pub fn write(
        &mut self,
        now: Instant,
        timestamp: u32,
        reception: Option<Reception>,
        out: &mut Vec<u8>,
    ) {
        let (packets, octets) = (self.packets, self.octets);
        let sent = Sent { ntp: self.ntp(now), timestamp, packets, octets };
        let heard = reception.map(|reception| self.heard(now, &reception));
        let sent = (packets > 0).then_some(&sent);
        rtcp::write(self.ssrc, sent, heard.as_ref(), &format!("{:08x}@gudok", self.ssrc), out);
    }

    fn heard(&mut self, now: Instant, reception: &Reception) -> Heard {
        let (expected, received) = (reception.expected, reception.received);
        let (expected_before, received_before) =
            std::mem::replace(&mut self.before, (expected, received));
        let missed = expected.saturating_sub(expected_before);
        let lost = missed.saturating_sub(received.saturating_sub(received_before));
        let (last_sent, since) = match self.last_sent {
            Some((middle, at)) => (middle, now.saturating_duration_since(at)),
            None => (0, Duration::ZERO),
        };
        Heard {
            ssrc: reception.ssrc,
            fraction_lost: (lost * 256).checked_div(missed).unwrap_or(0).min(255) as u8,
            lost: (expected as i64 - received as i64) as i32,
            highest: reception.highest,
            jitter: (reception.jitter.as_secs_f64() * f64::from(self.clock_hz)) as u32,
            last_sent,
            since: (since.as_micros() as u64 * PER_SECOND / 1_000_000) as u32,
        }
    }

    /// Counted from our first frame; nothing asks for the true time of day.
    fn ntp(&self, now: Instant) -> u64 {
        let passed =
            self.began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
        // One second in: 0 means "never".
        let fraction = (u64::from(passed.subsec_nanos()) << 32) / 1_000_000_000;
        ((passed.as_secs() + 1) << 32) | fraction
    }

    /// Half to one and a half of the mean, so that a thousand calls do not report at once.
    fn interval(&mut self) -> Duration {
        self.spread ^= self.spread << 13;
        self.spread ^= self.spread >> 17;
        self.spread ^= self.spread << 5;
        EVERY / 2 + EVERY * (self.spread >> 16) / (1 << 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(20);

    /// Two ends, `delay` apart: what each says of the other after half a minute.
    fn talk(delay: Duration, received: u64) -> (Reports, usize) {
        let (mut here, mut there) = (Reports::new(1, 8_000), Reports::new(2, 8_000));
        let mut now = epoch();
        let mut under_way: Vec<(Instant, bool, Vec<u8>)> = Vec::new();
        let mut sent = 0;
        for nth in 1..1_500_u64 {
            now += STEP;
            for (due, to_us, datagram) in under_way.extract_if(.., |(due, ..)| *due <= now) {
                let end = if to_us { &mut here } else { &mut there };
                end.hear(due, &datagram);
            }
            here.said(160);
            let reception = Reception {
                ssrc: 1,
                highest: nth as u32,
                expected: nth,
                received: nth * received / 100,
                jitter: Duration::from_millis(5),
            };
            let mut out = [Vec::new(), Vec::new()];
            if here.are_due(now) {
                here.write(now, 0, None, &mut out[0]);
            }
            if there.are_due(now) {
                there.write(now, 0, Some(reception), &mut out[1]);
            }
            sent += usize::from(!out[0].is_empty());
            let out = out.into_iter().zip([false, true]).filter(|(out, _)| !out.is_empty());
            under_way.extend(out.map(|(out, to_us)| (now + delay, to_us, out)));
        }
        (here, sent)
    }

    #[test]
    fn each_end_learns_what_the_other_hears_and_how_far_away_it_is() {
        let (here, sent) = talk(Duration::from_millis(60), 90);

        let theirs = here.theirs().expect("a report");
        let round_trip = theirs.round_trip.expect("a round trip").as_millis();
        assert!((119..=121).contains(&round_trip), "{round_trip}");
        assert!((theirs.lost - 0.1).abs() < 0.01, "{}", theirs.lost);
        assert_eq!(theirs.jitter, Duration::from_millis(5));
        assert!((4..=13).contains(&sent), "{sent} reports in half a minute");
    }

    #[test]
    fn a_report_counts_what_was_lost_since_the_one_before() {
        let mut reports = Reports::new(1, 8_000);
        let now = epoch();
        let reception =
            |expected, received| Reception { expected, received, ..Reception::default() };

        assert_eq!(reports.heard(now, &reception(100, 50)).fraction_lost, 128);
        let next = reports.heard(now, &reception(200, 150));
        assert_eq!((next.fraction_lost, next.lost), (0, 50));
    }

    #[test]
    fn a_round_trip_of_a_wrong_clock_is_not_believed() {
        let mut reports = Reports::new(1, 8_000);
        let now = epoch();
        assert!(!reports.are_due(now));
        let heard = |last_sent, since| Heard { ssrc: 1, last_sent, since, ..Heard::default() };

        reports.weigh(now + STEP * 1_000, &heard(1 << 16, 0));
        assert_eq!(reports.theirs().unwrap().round_trip, None, "twenty seconds");
        reports.weigh(now, &heard(1 << 16, 20));
        assert_eq!(reports.theirs().unwrap().round_trip, Some(Duration::ZERO));
    }

    #[expect(clippy::disallowed_methods, reason = "any instant will do as the test's zero")]
    fn epoch() -> Instant {
        Instant::now()
    }
}
