//! RTP packets on the wire, read and written (RFC 3550 section 5.1).
//!
//! Contributing sources, header extensions and padding are stepped over, never interpreted.
//!
//! **Never here:** sockets, payload formats, order or timing of packets.

/// The first twelve bytes are always there.
const FIXED: usize = 12;
const VERSION: u8 = 2;

const PADDING: u8 = 0x20;
const EXTENSION: u8 = 0x10;
const CSRC_COUNT: u8 = 0x0f;
const MARKER: u8 = 0x80;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// 0..=127
    pub payload_type: u8,
    /// The first packet of a talk spurt or of a telephone event.
    pub marker: bool,
    pub sequence: u16,
    /// In units of the payload's clock, 8 kHz for telephone audio.
    pub timestamp: u32,
    pub ssrc: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    pub header: Header,
    pub payload: &'a [u8],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    #[error("RTP packet of {len} bytes is shorter than its header")]
    Short { len: usize },
    #[error("RTP version {0} is not 2")]
    Version(u8),
    #[error("RTP padding of {padding} bytes does not fit into {room} bytes of payload")]
    Padding { padding: usize, room: usize },
}

/// Reads one datagram. Never panics, whatever the bytes.
pub fn parse(packet: &[u8]) -> Result<Packet<'_>, PacketError> {
    let short = PacketError::Short { len: packet.len() };
    let Some((fixed, rest)) = packet.split_first_chunk::<FIXED>() else {
        return Err(short);
    };
    if fixed[0] >> 6 != VERSION {
        return Err(PacketError::Version(fixed[0] >> 6));
    }

    let sources = usize::from(fixed[0] & CSRC_COUNT) * 4;
    let rest = rest.get(sources..).ok_or(short)?;
    let rest = if fixed[0] & EXTENSION == 0 { rest } else { after_extension(rest).ok_or(short)? };
    let payload = if fixed[0] & PADDING == 0 { rest } else { before_padding(rest)? };

    Ok(Packet { header: header(fixed), payload })
}

/// Appends one packet to `out`.
pub fn write(header: &Header, payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(FIXED + payload.len());
    out.push(VERSION << 6);
    out.push(header.payload_type & !MARKER | if header.marker { MARKER } else { 0 });
    out.extend_from_slice(&header.sequence.to_be_bytes());
    out.extend_from_slice(&header.timestamp.to_be_bytes());
    out.extend_from_slice(&header.ssrc.to_be_bytes());
    out.extend_from_slice(payload);
}

fn header(fixed: &[u8; FIXED]) -> Header {
    Header {
        payload_type: fixed[1] & !MARKER,
        marker: fixed[1] & MARKER != 0,
        sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
        timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
        ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
    }
}

/// RFC 3550 section 5.3.1: two bytes of profile, two of length in 32-bit words.
fn after_extension(rest: &[u8]) -> Option<&[u8]> {
    let (head, rest) = rest.split_first_chunk::<4>()?;
    rest.get(usize::from(u16::from_be_bytes([head[2], head[3]])) * 4..)
}

/// The last byte counts the padding, itself included.
fn before_padding(rest: &[u8]) -> Result<&[u8], PacketError> {
    let room = rest.len();
    let padding = usize::from(rest.last().copied().unwrap_or_default());
    if padding == 0 || padding > room {
        return Err(PacketError::Padding { padding, room });
    }

    Ok(&rest[..room - padding])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: Header = Header {
        payload_type: 8,
        marker: true,
        sequence: 65_535,
        timestamp: 0xdead_beef,
        ssrc: 0x0102_0304,
    };

    #[test]
    fn sources_extension_and_padding_are_stepped_over() {
        let mut packet = Vec::new();
        write(&HEADER, &[0; 8], &mut packet);
        packet[0] |= PADDING | EXTENSION | 2;
        packet.extend_from_slice(&[0xbe, 0xde, 0, 1, 9, 9, 9, 9]);
        packet.extend_from_slice(b"voice");
        packet.extend_from_slice(&[0, 0, 3]);

        let read = parse(&packet);

        assert_eq!(read, Ok(Packet { header: HEADER, payload: b"voice" }));
    }

    #[test]
    fn a_packet_that_lies_about_its_length_is_refused() {
        let mut packet = Vec::new();
        write(&HEADER, &[200], &mut packet);

        packet[0] |= PADDING;
        assert_eq!(parse(&packet), Err(PacketError::Padding { padding: 200, room: 1 }));
        packet[0] = VERSION << 6 | 15;
        assert_eq!(parse(&packet), Err(PacketError::Short { len: 13 }));
        packet[0] = 0;
        assert_eq!(parse(&packet), Err(PacketError::Version(0)));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn what_is_written_is_read_back(
            payload_type in 0u8..128, marker: bool, sequence: u16, timestamp: u32, ssrc: u32,
            payload in proptest::collection::vec(any::<u8>(), 0..500),
        ) {
            let header = Header { payload_type, marker, sequence, timestamp, ssrc };
            let mut out = Vec::new();

            write(&header, &payload, &mut out);

            prop_assert_eq!(parse(&out), Ok(Packet { header, payload: &payload }));
        }
    }
}
