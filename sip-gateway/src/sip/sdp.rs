//! Where the voice goes: reads offers and answers, writes ours.
//!
//! One audio stream in one of our codecs, with telephone events. Other streams of an offer are
//! answered with port 0, as RFC 3264 section 6 asks.
//!
//! **Never here:** RTP, sockets, which port is free.

mod crypto;
mod description;

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use media::codec::Codec;
use media::comfort_noise;

pub use crypto::{Cipher, Crypto, Secret};
use description::Description;

/// A longer description is refused unread.
pub const DESCRIPTION_BYTES_MAX: usize = 32 * 1024;
/// Streams in one offer; answering each costs a line.
pub const STREAMS_MAX: usize = 16;
/// The payload type we offer for telephone events.
const TELEPHONE_EVENT: u8 = 101;
/// What we offer, best for us first: a telephone network has nothing better than A-law anyway.
const OFFERED: [(u8, Codec); 4] =
    [(8, Codec::Pcma), (0, Codec::Pcmu), (9, Codec::G722), (111, Codec::Opus)];
/// Send narrow sound and repeat each packet in the next (RFC 7587 section 6.1): inside there are 8 kHz.
pub const OPUS_PARAMETERS: &str =
    "maxplaybackrate=8000;sprop-maxcapturerate=8000;useinbandfec=1;minptime=10";
/// What we send unless asked otherwise, and ask for.
const PTIME: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    #[error("session description of {len} bytes is too long")]
    Long { len: usize },
    #[error("session description has {0} streams")]
    Streams(usize),
    #[error("stream line \"{0}\" cannot be read")]
    Stream(String),
    #[error(
        "no stream of this description carries PCMU, PCMA, G722 or opus over RTP, plain or with keys in SDP"
    )]
    NothingInCommon,
    #[error("the audio stream has no usable address in \"{0}\"")]
    Address(String),
}

/// Who sends voice, seen from the side whose description it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    #[default]
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    fn attribute(self) -> &'static str {
        match self {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "sendonly",
            Direction::RecvOnly => "recvonly",
            Direction::Inactive => "inactive",
        }
    }

    fn from_attribute(name: &str) -> Option<Self> {
        match name {
            "sendrecv" => Some(Direction::SendRecv),
            "sendonly" => Some(Direction::SendOnly),
            "recvonly" => Some(Direction::RecvOnly),
            "inactive" => Some(Direction::Inactive),
            _ => None,
        }
    }

    /// The same agreement seen from the other side.
    fn mirrored(self) -> Self {
        match self {
            Direction::SendRecv => Direction::SendRecv,
            Direction::SendOnly => Direction::RecvOnly,
            Direction::RecvOnly => Direction::SendOnly,
            Direction::Inactive => Direction::Inactive,
        }
    }
}

/// What both sides agreed on, from the peer's description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Where the peer receives RTP.
    pub remote: SocketAddr,
    /// Where the peer receives RTCP: `a=rtcp` (RFC 3605), else one port up.
    pub remote_rtcp: SocketAddr,
    pub codec: Codec,
    /// What we send voice as; the peer's numbering.
    pub payload_type: u8,
    /// What we send keys as (RFC 4733), if the peer takes them.
    pub telephone_event: Option<u8>,
    /// The peer may send comfort noise instead of silence (RFC 3389).
    pub comfort_noise: bool,
    /// RTCP travels beside RTP on one port (RFC 5761).
    pub rtcp_mux: bool,
    /// Duration of one packet the peer asks for.
    pub ptime: Duration,
    /// How the peer encrypts what it sends; nothing on a plain line.
    pub crypto: Option<Crypto>,
    /// The peer's direction: `SendOnly` means the peer has put us on hold.
    pub direction: Direction,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Body for the 200.
    pub sdp: Vec<u8>,
    pub session: Session,
}

/// The identity of a description (RFC 4566 section 5.2): `version` grows with each change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub id: u64,
    pub version: u64,
}

/// Our end of the voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    pub address: IpAddr,
    pub port: u16,
    /// What we encrypt with, where the peer wants that.
    pub secret: Secret,
}

/// Answer an offer with one audio stream received at `local`. Anything that cannot be met is an
/// error that deserves 488.
pub fn answer(offer: &[u8], local: &Local) -> Result<Answer, SdpError> {
    answer_as(offer, local, Origin { id: fingerprint(offer, local.port), version: 1 })
}

/// As `answer`, for a description that continues an earlier one.
pub fn answer_as(offer: &[u8], local: &Local, origin: Origin) -> Result<Answer, SdpError> {
    let description = Description::read(offer)?;
    let (index, session) = description.session()?;

    let mut sdp = head(local.address, origin);
    for (at, stream) in description.streams.iter().enumerate() {
        if at == index {
            write_audio(&mut sdp, local, stream.proto, &session);
        } else {
            let _ = write!(sdp, "m={} 0 {} {}\r\n", stream.kind, stream.proto, stream.formats);
        }
    }
    Ok(Answer { sdp: sdp.into_bytes(), session })
}

/// Offer all our codecs and telephone events at `local`:`port`.
pub fn offer(local: IpAddr, port: u16) -> Vec<u8> {
    let mut sdp = head(local, Origin { id: fingerprint(b"offer", port), version: 1 });
    let _ = write!(sdp, "m=audio {port} RTP/AVP");
    for (payload, _) in OFFERED {
        let _ = write!(sdp, " {payload}");
    }
    let _ = write!(sdp, " {TELEPHONE_EVENT}\r\n");
    for (payload, codec) in OFFERED {
        write_codec(&mut sdp, payload, codec);
    }
    write_events(&mut sdp, TELEPHONE_EVENT, 8_000);
    let _ = write!(sdp, "a=ptime:{}\r\na=rtcp-mux\r\na=sendrecv\r\n", PTIME.as_millis());
    sdp.into_bytes()
}

/// What the peer's answer to our offer settles.
pub fn read_answer(answer: &[u8]) -> Result<Session, SdpError> {
    Description::read(answer)?.session().map(|(_, session)| session)
}

/// What a browser offers for its voice, in its own numbering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrowserAudio {
    pub opus: u8,
    pub telephone_event: Option<u8>,
}

/// Reads a browser's offer, of which everything but the voice is somebody else's business.
pub fn browser_audio(offer: &[u8]) -> Result<BrowserAudio, SdpError> {
    let description = Description::read(offer)?;
    let mut streams = description.streams.iter().filter(|stream| stream.kind == "audio");
    streams.find_map(|stream| stream.browser_audio()).ok_or(SdpError::NothingInCommon)
}

/// Our end and the identity of one of our own descriptions.
pub fn own(sdp: &[u8]) -> Option<(Local, Origin)> {
    let description = Description::read(sdp).ok()?;
    let stream = description.streams.iter().find(|stream| stream.port != 0)?;
    let address = description.address_of(stream).ok()?;
    let secret = stream.crypto().map(|crypto| crypto.secret).unwrap_or_default();
    Some((Local { address, port: stream.port, secret }, description.origin?))
}

fn head(local: IpAddr, origin: Origin) -> String {
    let family = if local.is_ipv4() { "IP4" } else { "IP6" };
    let Origin { id, version } = origin;
    format!(
        "v=0\r\no=- {id} {version} IN {family} {local}\r\ns=-\r\nc=IN {family} {local}\r\nt=0 0\r\n"
    )
}

fn write_audio(sdp: &mut String, local: &Local, proto: &str, session: &Session) {
    let (voice, port) = (session.payload_type, local.port);
    let _ = write!(sdp, "m=audio {port} {proto} {voice}");
    if session.comfort_noise {
        let _ = write!(sdp, " {}", comfort_noise::PAYLOAD_TYPE);
    }
    if let Some(events) = session.telephone_event {
        let _ = write!(sdp, " {events}");
    }
    sdp.push_str("\r\n");
    write_codec(sdp, voice, session.codec);
    if session.comfort_noise {
        let _ = write!(sdp, "a=rtpmap:{} CN/8000\r\n", comfort_noise::PAYLOAD_TYPE);
    }
    if let Some(events) = session.telephone_event {
        write_events(sdp, events, session.codec.clock_hz());
    }
    if let Some(crypto) = session.crypto {
        let _ = write!(sdp, "a=crypto:{}\r\n", crypto.with(&local.secret));
    }
    let direction = session.direction.mirrored().attribute();
    let ptime = session.ptime.as_millis();
    let _ = write!(sdp, "a=ptime:{ptime}\r\n");
    if session.rtcp_mux {
        sdp.push_str("a=rtcp-mux\r\n");
    }
    let _ = write!(sdp, "a={direction}\r\n");
}

fn write_codec(sdp: &mut String, payload: u8, codec: Codec) {
    let (name, clock) = (codec.name(), codec.clock_hz());
    let _ = match codec.channels() {
        1 => write!(sdp, "a=rtpmap:{payload} {name}/{clock}\r\n"),
        channels => write!(sdp, "a=rtpmap:{payload} {name}/{clock}/{channels}\r\n"),
    };
    if codec == Codec::Opus {
        let _ = write!(sdp, "a=fmtp:{payload} {OPUS_PARAMETERS}\r\n");
    }
}

fn write_events(sdp: &mut String, events: u8, clock_hz: u32) {
    let _ = write!(sdp, "a=rtpmap:{events} telephone-event/{clock_hz}\r\na=fmtp:{events} 0-15\r\n");
}

/// FNV-1a: a number for `o=` that differs between calls without drawing on chance.
fn fingerprint(bytes: &[u8], port: u16) -> u64 {
    let seed = 0xcbf2_9ce4_8422_2325 ^ u64::from(port);
    let hash = bytes
        .iter()
        .fold(seed, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    hash >> 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 9));

    #[test]
    fn the_offerers_first_codec_is_taken_with_its_telephone_events() {
        let answer =
            answer(offered("8 0 96", "a=rtpmap:96 telephone-event/8000").as_bytes(), &at(4000))
                .expect("acceptable");

        assert_eq!(answer.session.codec, Codec::Pcma);
        assert_eq!(answer.session.telephone_event, Some(96));
        assert_eq!(answer.session.remote.to_string(), "198.51.100.1:3456");
        assert_eq!(answer.session.remote_rtcp.port(), 3457);
        let text = String::from_utf8(answer.sdp).expect("text");
        assert!(text.contains("m=audio 4000 RTP/AVP 8 96\r\na=rtpmap:8 PCMA/8000\r\n"), "{text}");
        assert!(text.contains("a=fmtp:96 0-15\r\na=ptime:20\r\na=sendrecv\r\n"), "{text}");
        assert!(text.contains("c=IN IP4 192.0.2.9\r\n"), "{text}");
    }

    #[test]
    fn a_wideband_rtpmap_or_an_unknown_codec_is_nothing_in_common() {
        let wide = answer(offered("96", "a=rtpmap:96 PCMU/16000").as_bytes(), &at(4000));
        let other = answer(
            offered("18 3", "a=rtpmap:18 G729/8000\r\na=rtpmap:3 GSM/8000").as_bytes(),
            &at(4000),
        );
        let secure = offered("0", "").replace("RTP/AVP", "RTP/SAVP");

        assert_eq!(wide, Err(SdpError::NothingInCommon));
        assert_eq!(other, Err(SdpError::NothingInCommon));
        assert_eq!(answer(secure.as_bytes(), &at(4000)), Err(SdpError::NothingInCommon));
    }

    #[test]
    fn every_stream_is_answered_in_its_place() {
        let offer = format!(
            "{}m=video 5000 RTP/AVP 31 32\r\nm=audio 0 RTP/AVP 0\r\nm=audio 6000 RTP/AVP 0\r\n\
             c=IN IP4 203.0.113.5\r\na=sendonly\r\nm=text 7000 TCP/MSRP *\r\n",
            session_level()
        );

        let answer = answer(offer.as_bytes(), &at(4000)).expect("acceptable");

        let text = String::from_utf8(answer.sdp).expect("text");
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(
            lines,
            [
                "m=video 0 RTP/AVP 31 32",
                "m=audio 0 RTP/AVP 0",
                "m=audio 4000 RTP/AVP 0",
                "m=text 0 TCP/MSRP *"
            ]
        );
        assert_eq!(answer.session.remote.to_string(), "203.0.113.5:6000");
        assert_eq!(answer.session.direction, Direction::SendOnly);
        assert!(text.contains("a=recvonly"));
    }

    #[test]
    fn a_hold_by_zero_address_keeps_us_from_sending() {
        let offer = offered("0", "").replace("198.51.100.1", "0.0.0.0");

        let answer = answer(offer.as_bytes(), &at(4000)).expect("acceptable");

        assert_eq!(answer.session.direction, Direction::SendOnly);
        assert!(String::from_utf8_lossy(&answer.sdp).contains("a=recvonly"));
    }

    #[test]
    fn bare_line_feeds_odd_spaces_and_foreign_bytes_are_read_over() {
        let mut offer = offered("0", "a=ptime: 30").replace("\r\n", "\n").into_bytes();
        offer.extend_from_slice(b"i=\xcf\xf0\xe8\xe2\xe5\xf2\n");

        let answer = answer(&offer, &at(4000)).expect("acceptable");

        assert_eq!(answer.session.ptime, Duration::from_millis(30));
    }

    #[test]
    fn a_host_name_or_no_address_is_said_to_be_the_fault() {
        let named = offered("0", "").replace("198.51.100.1", "media.example.com");
        let none = "v=0\r\nm=audio 3456 RTP/AVP 0\r\n";

        assert!(matches!(answer(named.as_bytes(), &at(1)), Err(SdpError::Address(_))));
        assert_eq!(answer(none.as_bytes(), &at(1)), Err(SdpError::Address(String::new())));
        assert!(matches!(answer(b"m=audio", &at(1)), Err(SdpError::Stream(_))));
    }

    #[test]
    fn our_offer_is_answered_by_ourselves_and_the_answer_read() {
        let offer = offer("2001:db8::1".parse().expect("address"), 5000);

        let local = Local { address: "2001:db8::2".parse().expect("address"), ..at(6000) };
        let answer = answer(&offer, &local).expect("ours");
        let session = read_answer(&answer.sdp).expect("ours");

        assert_eq!(session.remote.to_string(), "[2001:db8::2]:6000");
        assert_eq!((session.codec, session.payload_type), (Codec::Pcma, 8));
        assert_eq!(session.telephone_event, Some(101));
        assert_eq!(own(&offer).map(|(at, _)| at.port), Some(5000));
    }

    #[test]
    fn an_encrypted_stream_is_answered_with_a_key_of_our_own_and_keeps_it() {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";
        let lines = format!(
            "a=crypto:4 F8_128_HMAC_SHA1_80 inline:{key}\r\n\
             a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:{key}|2^20"
        );
        let offer = offered("0", &lines).replace("RTP/AVP", "RTP/SAVP");
        let local = Local { secret: Secret([7; Secret::BYTES]), ..at(4000) };

        let answer = answer(offer.as_bytes(), &local).expect("acceptable");

        let theirs = answer.session.crypto.expect("encrypted");
        assert_eq!((theirs.tag, theirs.cipher), (9, Cipher::AesCm128HmacSha1_80));
        assert_eq!(theirs.secret.0[29], 29);
        let text = String::from_utf8_lossy(&answer.sdp);
        assert!(text.contains("m=audio 4000 RTP/SAVP 0\r\n"), "{text}");
        assert!(text.contains("a=crypto:9 AES_CM_128_HMAC_SHA1_80 inline:BwcH"), "{text}");
        assert_eq!(own(&answer.sdp).map(|(own, _)| own), Some(local));
    }

    fn at(port: u16) -> Local {
        Local { address: LOCAL, port, secret: Secret::default() }
    }

    fn session_level() -> String {
        "v=0\r\no=u 1 1 IN IP4 198.51.100.1\r\ns=x\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n".to_owned()
    }

    fn offered(formats: &str, attributes: &str) -> String {
        format!("{}m=audio 3456 RTP/AVP {formats}\r\n{attributes}\r\n", session_level())
    }
}
