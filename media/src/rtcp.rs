//! Reports about sound, on the wire: how much was sent, how much of it was heard (RFC 3550 section 6).
//!
//! A datagram holds several packets one behind another. What is none of ours is stepped over.
//!
//! **Never here:** sockets, when a report is due, what the numbers mean for a caller.

/// Packet types that share a port with sound (RFC 5761 section 4).
const TYPES: std::ops::RangeInclusive<u8> = 192..=223;
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
/// The item of a source description that names it for good.
const CNAME: u8 = 1;

const VERSION: u8 = 2;
const COUNT: u8 = 0x1f;
/// Lost packets are counted in 24 bits with a sign.
const LOST_MOST: i32 = 0x7f_ffff;
const WORD: usize = 4;

/// What a source has sent so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Seconds since 1900 or since anything else, in 1/2³² (RFC 3550 section 4).
    pub ntp: u64,
    /// The same moment on the clock of its RTP packets.
    pub timestamp: u32,
    pub packets: u32,
    /// Of payload.
    pub octets: u32,
}

/// What somebody has heard of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    pub ssrc: u32,
    /// Since the report before, in 1/256.
    pub fraction_lost: u8,
    /// Since the beginning; below zero where packets came twice.
    pub lost: i32,
    /// The highest sequence number, with how often it has wrapped in its upper half.
    pub highest: u32,
    /// In ticks of the RTP clock.
    pub jitter: u32,
    /// The middle of the `ntp` last heard from there; 0 before the first.
    pub last_sent: u32,
    /// How long ago that was, in 1/65536 s.
    pub since: u32,
}

/// One thing a datagram says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Sent(u32, Sent),
    Heard(Heard),
    /// A source has left.
    Goodbye(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    #[error("RTCP packet of {len} bytes is cut off")]
    Short { len: usize },
    #[error("RTCP version {0} is not 2")]
    Version(u8),
}

/// Whether a datagram that shares a port with sound is a report.
pub fn is_report(datagram: &[u8]) -> bool {
    datagram.get(1).is_some_and(|kind| TYPES.contains(kind))
}

/// Tells what a datagram says, up to where it is broken. Never panics, whatever the bytes.
pub fn read(datagram: &[u8], mut tell: impl FnMut(Told)) -> Result<(), ReportError> {
    let mut rest = datagram;
    while !rest.is_empty() {
        let short = ReportError::Short { len: rest.len() };
        let (head, body) = rest.split_first_chunk::<WORD>().ok_or(short)?;
        if head[0] >> 6 != VERSION {
            return Err(ReportError::Version(head[0] >> 6));
        }
        let length = usize::from(u16::from_be_bytes([head[2], head[3]])) * WORD;
        let (body, behind) = body.split_at_checked(length).ok_or(short)?;
        read_packet(head[1], usize::from(head[0] & COUNT), body, &mut tell).ok_or(short)?;
        rest = behind;
    }
    Ok(())
}

fn read_packet(kind: u8, count: usize, body: &[u8], tell: &mut impl FnMut(Told)) -> Option<()> {
    let mut words = Words(body);
    match kind {
        SENDER_REPORT => {
            tell(Told::Sent(words.next()?, sent(&mut words)?));
            heard(&mut words, count, tell)
        }
        RECEIVER_REPORT => {
            words.next()?;
            heard(&mut words, count, tell)
        }
        GOODBYE => {
            for _ in 0..count {
                tell(Told::Goodbye(words.next()?));
            }
            Some(())
        }
        _ => Some(()),
    }
}

fn sent(words: &mut Words<'_>) -> Option<Sent> {
    Some(Sent {
        ntp: u64::from(words.next()?) << 32 | u64::from(words.next()?),
        timestamp: words.next()?,
        packets: words.next()?,
        octets: words.next()?,
    })
}

fn heard(words: &mut Words<'_>, count: usize, tell: &mut impl FnMut(Told)) -> Option<()> {
    for _ in 0..count {
        let (ssrc, loss) = (words.next()?, words.next()?);
        tell(Told::Heard(Heard {
            ssrc,
            fraction_lost: (loss >> 24) as u8,
            // The sign of 24 bits is carried into 32.
            lost: (loss << 8) as i32 >> 8,
            highest: words.next()?,
            jitter: words.next()?,
            last_sent: words.next()?,
            since: words.next()?,
        }));
    }
    Some(())
}

struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn next(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk::<WORD>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*word))
    }
}

/// Appends a sender's report, or a receiver's where nothing was sent, and who it is from.
pub fn write(ssrc: u32, sent: Option<&Sent>, heard: Option<&Heard>, name: &str, out: &mut Vec<u8>) {
    let kind = if sent.is_some() { SENDER_REPORT } else { RECEIVER_REPORT };
    packet(kind, u8::from(heard.is_some()), out, |out| {
        put(out, &[ssrc]);
        if let Some(sent) = sent {
            let (seconds, fraction) = ((sent.ntp >> 32) as u32, sent.ntp as u32);
            put(out, &[seconds, fraction, sent.timestamp, sent.packets, sent.octets]);
        }
        if let Some(heard) = heard {
            let lost = heard.lost.clamp(-LOST_MOST, LOST_MOST) as u32 & 0xff_ffff;
            let loss = u32::from(heard.fraction_lost) << 24 | lost;
            put(out, &[heard.ssrc, loss, heard.highest, heard.jitter]);
            put(out, &[heard.last_sent, heard.since]);
        }
    });
    packet(SOURCE_DESCRIPTION, 1, out, |out| {
        let name = &name.as_bytes()[..name.len().min(usize::from(u8::MAX))];
        put(out, &[ssrc]);
        out.extend_from_slice(&[CNAME, name.len() as u8]);
        out.extend_from_slice(name);
        // At least one zero ends the items.
        out.push(0);
    });
}

/// Appends a farewell.
pub fn write_goodbye(ssrc: u32, out: &mut Vec<u8>) {
    packet(GOODBYE, 1, out, |out| put(out, &[ssrc]));
}

/// A packet around `body`, filled up to whole words.
fn packet(kind: u8, count: u8, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    let begin = out.len();
    out.extend_from_slice(&[VERSION << 6 | count & COUNT, kind, 0, 0]);
    body(out);
    let words = (out.len() - begin).div_ceil(WORD);
    out.resize(begin + words * WORD, 0);
    out[begin + 2..begin + WORD].copy_from_slice(&(words as u16 - 1).to_be_bytes());
}

fn put(out: &mut Vec<u8>, words: &[u32]) {
    words.iter().for_each(|word| out.extend_from_slice(&word.to_be_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(datagram: &[u8]) -> (Vec<Told>, Result<(), ReportError>) {
        let mut all = Vec::new();
        let read = read(datagram, |it| all.push(it));
        (all, read)
    }

    /// The layout of RFC 3550 sections 6.4.1 and 6.5, written down word by word.
    #[test]
    fn a_report_lies_as_the_standard_draws_it() {
        let sent = Sent { ntp: 0x0102_0304_0506_0708, timestamp: 9, packets: 10, octets: 1_600 };
        let heard =
            Heard { ssrc: 7, fraction_lost: 64, lost: -2, highest: 0x1_0005, ..Heard::default() };
        let mut out = Vec::new();

        write(5, Some(&sent), Some(&heard), "me", &mut out);

        let sender = [0x81, 200, 0, 12, 0, 0, 0, 5, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9];
        let counts = [0, 0, 0, 10, 0, 0, 6, 64, 0, 0, 0, 7, 64, 0xff, 0xff, 0xfe, 0, 1, 0, 5];
        let rest = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let source = [0x81, 202, 0, 3, 0, 0, 0, 5, 1, 2, b'm', b'e', 0, 0, 0, 0];
        assert_eq!(out, [&sender[..], &counts, &rest, &source].concat());
        assert!(is_report(&out));
        assert_eq!(told(&out), (vec![Told::Sent(5, sent), Told::Heard(heard)], Ok(())));
    }

    #[test]
    fn what_is_broken_is_refused_and_what_is_foreign_stepped_over() {
        let mut out = Vec::new();
        packet(206, 1, &mut out, |out| put(out, &[1, 2]));
        write_goodbye(9, &mut out);
        assert_eq!(told(&out), (vec![Told::Goodbye(9)], Ok(())));

        let cut = &out[..out.len() - 1];
        assert_eq!(told(cut).1, Err(ReportError::Short { len: 7 }));
        out[0] = 0;
        assert_eq!(told(&out).1, Err(ReportError::Version(0)));
        assert!(!is_report(&[0x80, 8]) && !is_report(&[]));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(
            kind in 200u8..=204, count in 0u8..32, body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut out = Vec::new();
            packet(kind, count, &mut out, |out| out.extend_from_slice(&body));
            let _ = told(&out);
            let _ = told(&body);
        }

        #[test]
        fn what_is_written_is_read_back(
            ssrc: u32, ntp: u64, packets: u32, fraction_lost: u8, lost in -LOST_MOST..=LOST_MOST,
            highest: u32, jitter: u32, last_sent: u32, since: u32, name in "[a-z@.]{0,40}",
        ) {
            let sent = Sent { ntp, timestamp: jitter, packets, octets: highest };
            let heard = Heard { ssrc: !ssrc, fraction_lost, lost, highest, jitter, last_sent, since };
            let mut out = Vec::new();

            write(ssrc, Some(&sent), Some(&heard), &name, &mut out);

            prop_assert_eq!(told(&out), (vec![Told::Sent(ssrc, sent), Told::Heard(heard)], Ok(())));
        }
    }
}
