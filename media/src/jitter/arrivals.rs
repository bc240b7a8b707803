//! Where on one endless timeline the samples of a packet belong, whatever its sender does to
//! sequence numbers, timestamps and sources; and the counts RTCP reports of it.
//!
//! **Never here:** samples, playing.

use std::time::{Duration, Instant};

use crate::audio::{RATE, lasts};
use crate::reports::Reception;
use crate::rtp::Header;

/// Packets further back than this cannot be told from duplicates.
const REMEMBERED: i64 = 64;
/// A sequence number further ahead than this is a restart (RFC 3550 A.1, MAX_DROPOUT).
const DROPOUT_MAX: i64 = 3_000;
/// No packet holds more: 120 ms.
const PACKET_MAX: i64 = RATE as i64 * 120 / 1_000;
/// A gap in timestamps this close to the time that passed is the sender's silence, not a jump.
const SILENCE_KEEPS_TIME: i64 = RATE as i64 / 2;
/// Packets of the former source may still be under way for this long after a change.
const FORMER_SOURCE_LINGERS: Duration = Duration::from_secs(1);

/// What to do with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Its first sample belongs here.
    At(i64),
    /// The sender's clock has jumped: its samples follow the last ones known.
    Spliced(i64),
    Duplicate,
    /// From before a jump or a change of source.
    Stale,
}

#[derive(Debug, Default)]
pub(super) struct Arrivals {
    stream: Option<Stream>,
    former: Option<(u32, Instant)>,
    /// Of streams that are over.
    expected_before: u64,
    pub(super) received: u64,
    pub(super) duplicate: u64,
    /// Runs of sequence numbers that were passed over.
    pub(super) gaps: u64,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    first_sequence: i64,
    highest_sequence: i64,
    received: u64,
    /// Bit n: the packet n before the highest was seen.
    seen: u64,
    /// After an impossible sequence number, the one that proves a restart.
    restarts_with: Option<u16>,
    timestamp: u32,
    at: i64,
    arrived: i64,
    transit: i64,
    jitter: f64,
}

impl Arrivals {
    /// `arrived` is the arrival time in samples; `free` is where samples may follow all known ones.
    pub(super) fn arrive(
        &mut self,
        now: Instant,
        arrived: i64,
        header: &Header,
        free: i64,
    ) -> Arrival {
        let Some(stream) = &mut self.stream else {
            return self.begin(header, arrived, free);
        };
        if stream.ssrc != header.ssrc {
            return self.change_source(now, header, arrived, free);
        }

        let step = i64::from(header.sequence.wrapping_sub(stream.highest_sequence as u16) as i16);
        if step > DROPOUT_MAX || step <= -REMEMBERED {
            return self.doubt(header, arrived, free);
        }
        stream.restarts_with = None;
        if !stream.remember(step) {
            self.duplicate += 1;
            return Arrival::Duplicate;
        }

        self.received += 1;
        stream.received += 1;
        self.gaps += u64::from(step > 1);
        stream.place(step, header, arrived, free)
    }

    /// Packets that were sent, as far as sequence numbers tell.
    pub(super) fn expected(&self) -> u64 {
        self.expected_before + self.stream.as_ref().map_or(0, Stream::expected)
    }

    /// Packets that should have come by now and did not (RFC 3550 A.3).
    pub(super) fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }

    /// Of the newest source alone.
    pub(super) fn reception(&self) -> Option<Reception> {
        let stream = self.stream.as_ref()?;
        Some(Reception {
            ssrc: stream.ssrc,
            highest: stream.highest_sequence as u32,
            expected: stream.expected(),
            received: stream.received,
            jitter: self.jitter(),
        })
    }

    /// Interarrival jitter (RFC 3550 A.8).
    pub(super) fn jitter(&self) -> Duration {
        lasts(self.stream.as_ref().map_or(0.0, |stream| stream.jitter) as usize)
    }

    fn begin(&mut self, header: &Header, arrived: i64, free: i64) -> Arrival {
        self.expected_before += self.stream.as_ref().map_or(0, Stream::expected);
        self.stream = Some(Stream::new(header, arrived, free));
        self.received += 1;
        Arrival::Spliced(free)
    }

    fn change_source(&mut self, now: Instant, header: &Header, arrived: i64, free: i64) -> Arrival {
        if let Some((ssrc, left)) = self.former
            && ssrc == header.ssrc
            && now.saturating_duration_since(left) < FORMER_SOURCE_LINGERS
        {
            return Arrival::Stale;
        }

        self.former = self.stream.as_ref().map(|stream| (stream.ssrc, now));
        self.begin(header, arrived, free)
    }

    /// Two packets in a row with impossible sequence numbers are a restart; one is a stray.
    fn doubt(&mut self, header: &Header, arrived: i64, free: i64) -> Arrival {
        let Some(stream) = &mut self.stream else {
            return Arrival::Stale;
        };
        if stream.restarts_with == Some(header.sequence) {
            return self.begin(header, arrived, free);
        }

        stream.restarts_with = Some(header.sequence.wrapping_add(1));
        Arrival::Stale
    }
}

impl Stream {
    fn new(header: &Header, arrived: i64, at: i64) -> Stream {
        Stream {
            ssrc: header.ssrc,
            first_sequence: i64::from(header.sequence),
            highest_sequence: i64::from(header.sequence),
            received: 1,
            seen: 1,
            restarts_with: None,
            timestamp: header.timestamp,
            at,
            arrived,
            transit: arrived - at,
            jitter: 0.0,
        }
    }

    fn expected(&self) -> u64 {
        (self.highest_sequence - self.first_sequence + 1) as u64
    }

    /// False if that packet was seen before. A packet from before the first moves the first.
    fn remember(&mut self, step: i64) -> bool {
        if step > 0 {
            self.seen = self.seen.checked_shl(step as u32).unwrap_or(0) | 1;
            self.highest_sequence += step;
            return true;
        }

        let bit = 1 << -step;
        let fresh = self.seen & bit == 0;
        self.seen |= bit;
        self.first_sequence = self.first_sequence.min(self.highest_sequence + step);
        fresh
    }

    fn place(&mut self, step: i64, header: &Header, arrived: i64, free: i64) -> Arrival {
        let moved = i64::from(header.timestamp.wrapping_sub(self.timestamp) as i32);
        if step < 0 {
            let overtaken = (-PACKET_MAX * -step..0).contains(&moved);
            return if overtaken { Arrival::At(self.at + moved) } else { Arrival::Stale };
        }

        let follows = moved <= step * PACKET_MAX;
        let keeps_time = (moved - (arrived - self.arrived)).abs() < SILENCE_KEEPS_TIME;
        let jumps = moved <= 0 || !(follows || keeps_time);
        self.at = if jumps { free } else { self.at + moved };
        self.timestamp = header.timestamp;
        self.arrived = arrived;
        self.measure(jumps);
        if jumps { Arrival::Spliced(self.at) } else { Arrival::At(self.at) }
    }

    fn measure(&mut self, jumps: bool) {
        let transit = self.arrived - self.at;
        if !jumps {
            let change = (transit - self.transit).abs() as f64;
            self.jitter += (change - self.jitter) / 16.0;
        }
        self.transit = transit;
    }
}
