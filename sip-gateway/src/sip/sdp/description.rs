//! A session description taken apart, as peers write them.
//!
//! Bare line feeds, foreign bytes and unknown lines are read over; only what keeps the voice from
//! being placed is an error.
//!
//! **Never here:** what we answer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use media::codec::{self, Codec};
use media::comfort_noise;

use super::{
    BrowserAudio, Crypto, DESCRIPTION_BYTES_MAX, Direction, Origin, PTIME, STREAMS_MAX, SdpError,
    Session,
};

/// Ways to encrypt looked at per stream.
const CRYPTOS_MAX: usize = 16;
/// Payload types looked at per stream.
const FORMATS_MAX: usize = 64;

/// A description as far as we care, borrowed from its text.
#[derive(Debug, Default)]
pub(super) struct Description<'a> {
    pub(super) origin: Option<Origin>,
    connection: Option<&'a str>,
    direction: Option<Direction>,
    pub(super) streams: Vec<Stream<'a>>,
}

#[derive(Debug)]
pub(super) struct Stream<'a> {
    pub(super) kind: &'a str,
    pub(super) port: u16,
    pub(super) proto: &'a str,
    pub(super) formats: &'a str,
    connection: Option<&'a str>,
    direction: Option<Direction>,
    ptime: Option<Duration>,
    rtcp: Option<&'a str>,
    rtcp_mux: bool,
    cryptos: Vec<&'a str>,
    rtpmaps: Vec<(u8, &'a str)>,
}

impl<'a> Description<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, SdpError> {
        if bytes.len() > DESCRIPTION_BYTES_MAX {
            return Err(SdpError::Long { len: bytes.len() });
        }

        let mut description = Description::default();
        for line in bytes.split(|&byte| byte == b'\n' || byte == b'\r') {
            let Ok(line) = std::str::from_utf8(line) else {
                continue;
            };
            let Some((kind, value)) = line.trim().split_once('=') else {
                continue;
            };
            description.take(kind, value.trim())?;
        }
        match description.streams.len() {
            0 => Err(SdpError::NothingInCommon),
            1..=STREAMS_MAX => Ok(description),
            more => Err(SdpError::Streams(more)),
        }
    }

    fn take(&mut self, kind: &str, value: &'a str) -> Result<(), SdpError> {
        match (kind, self.streams.last_mut()) {
            ("m", _) => self.streams.push(Stream::read(value)?),
            ("o", None) => self.origin = read_origin(value),
            ("c", None) => self.connection = Some(value),
            ("c", Some(stream)) => stream.connection = Some(value),
            ("a", None) => self.direction = Direction::from_attribute(value).or(self.direction),
            ("a", Some(stream)) => stream.take(value),
            (_, _) => {}
        }
        Ok(())
    }

    /// The first audio stream we can carry, and its number.
    pub(super) fn session(&self) -> Result<(usize, Session), SdpError> {
        let carried = |stream: &Stream<'_>| stream.is_audio().then(|| stream.voice())?;
        let (index, (codec, payload_type)) = self
            .streams
            .iter()
            .enumerate()
            .find_map(|(index, stream)| Some((index, carried(stream)?)))
            .ok_or(SdpError::NothingInCommon)?;

        let stream = &self.streams[index];
        let address = self.address_of(stream)?;
        let held = address.is_unspecified();
        let said = stream.direction.or(self.direction).unwrap_or_default();
        let session = Session {
            remote: SocketAddr::new(address, stream.port),
            remote_rtcp: stream.rtcp_beside(address),
            codec,
            payload_type,
            telephone_event: stream.events(codec),
            comfort_noise: stream.takes_comfort_noise(codec),
            rtcp_mux: stream.rtcp_mux,
            crypto: stream.crypto(),
            ptime: stream.ptime.unwrap_or(PTIME).clamp(*codec::PTIME.start(), *codec::PTIME.end()),
            direction: if held { held_by_address(said) } else { said },
        };
        Ok((index, session))
    }

    pub(super) fn address_of(&self, stream: &Stream<'_>) -> Result<IpAddr, SdpError> {
        let line = stream.connection.or(self.connection).unwrap_or_default();
        read_connection(line).ok_or_else(|| SdpError::Address(line.to_owned()))
    }
}

/// `c=IN IP4 0.0.0.0` is how RFC 2543 said "I hold": nothing may be sent there.
fn held_by_address(said: Direction) -> Direction {
    match said {
        Direction::SendRecv | Direction::SendOnly => Direction::SendOnly,
        Direction::RecvOnly | Direction::Inactive => Direction::Inactive,
    }
}

fn read_origin(value: &str) -> Option<Origin> {
    let mut words = value.split_ascii_whitespace().skip(1);
    Some(Origin { id: words.next()?.parse().ok()?, version: words.next()?.parse().ok()? })
}

fn read_connection(value: &str) -> Option<IpAddr> {
    let mut words = value.split_ascii_whitespace();
    let (_net, family, address) = (words.next()?, words.next()?, words.next()?);
    let address: IpAddr = address.split('/').next()?.parse().ok()?;
    let fits = family.eq_ignore_ascii_case(if address.is_ipv4() { "IP4" } else { "IP6" });
    (fits && !address.is_multicast()).then_some(address)
}

impl<'a> Stream<'a> {
    fn read(value: &'a str) -> Result<Self, SdpError> {
        let broken = || SdpError::Stream(value.chars().take(80).collect());
        let mut words = value.splitn(4, ' ');
        let kind = words.next().filter(|kind| !kind.is_empty()).ok_or_else(broken)?;
        let port = words.next().and_then(|port| port.split('/').next()).ok_or_else(broken)?;
        Ok(Stream {
            kind,
            port: port.parse().map_err(|_| broken())?,
            proto: words.next().ok_or_else(broken)?,
            formats: words.next().ok_or_else(broken)?.trim(),
            connection: None,
            direction: None,
            ptime: None,
            rtcp: None,
            rtcp_mux: false,
            cryptos: Vec::new(),
            rtpmaps: Vec::new(),
        })
    }

    fn take(&mut self, attribute: &'a str) {
        if let Some(direction) = Direction::from_attribute(attribute) {
            self.direction = Some(direction);
            return;
        }

        if attribute == "rtcp-mux" {
            self.rtcp_mux = true;
            return;
        }
        let Some((name, value)) = attribute.split_once(':') else {
            return;
        };
        match name {
            "rtpmap" if self.rtpmaps.len() < FORMATS_MAX => {
                let Some((payload, map)) = value.trim().split_once(' ') else {
                    return;
                };
                let Ok(payload) = payload.parse() else { return };
                self.rtpmaps.push((payload, map.trim()));
            }
            "ptime" => {
                let millis = value.trim().parse().ok().filter(|ms| (5..=200).contains(ms));
                self.ptime = millis.map(Duration::from_millis);
            }
            "crypto" if self.cryptos.len() < CRYPTOS_MAX => self.cryptos.push(value),
            "rtcp" => self.rtcp = Some(value.trim()),
            _ => {}
        }
    }

    /// Audio over plain RTP, or encrypted in a way we know.
    fn is_audio(&self) -> bool {
        let carried = match self.proto {
            "RTP/AVP" | "RTP/AVPF" => true,
            "RTP/SAVP" | "RTP/SAVPF" => self.crypto().is_some(),
            _ => false,
        };
        self.kind == "audio" && self.port != 0 && carried
    }

    /// The first way to encrypt that we know; a plain stream has none, whatever it lists.
    pub(super) fn crypto(&self) -> Option<Crypto> {
        let known = || self.cryptos.iter().find_map(|value| Crypto::read(value));
        self.proto.starts_with("RTP/SAVP").then(known)?
    }

    fn payloads(&self) -> impl Iterator<Item = u8> {
        let words = self.formats.split_ascii_whitespace().take(FORMATS_MAX);
        words.filter_map(|word| word.parse().ok()).filter(|payload: &u8| *payload < 128)
    }

    /// Whether this payload type is `name` with that clock and so many channels; unknown where no map
    /// says what it is.
    fn is(&self, payload: u8, name: &str, clock_hz: u32, channels: u8) -> Option<bool> {
        let (_, map) = self.rtpmaps.iter().find(|(number, _)| *number == payload)?;
        let mut parts = map.split('/').map(str::trim);
        let same_name = parts.next().is_some_and(|said| said.eq_ignore_ascii_case(name));
        let same_clock = parts.next().and_then(|clock| clock.parse().ok()) == Some(clock_hz);
        let said = parts.next().unwrap_or("1").parse::<u8>();
        Some(same_name && same_clock && said == Ok(channels))
    }

    /// The first codec in the offerer's order that we speak; a type's own rtpmap outweighs the
    /// static table.
    fn voice(&self) -> Option<(Codec, u8)> {
        self.payloads().find_map(|payload| {
            let speaks = |codec: &Codec| {
                let mapped = self.is(payload, codec.name(), codec.clock_hz(), codec.channels());
                mapped.unwrap_or(Some(payload) == codec.static_payload_type())
            };
            Codec::ALL.into_iter().find(speaks).map(|codec| (codec, payload))
        })
    }

    pub(super) fn browser_audio(&self) -> Option<BrowserAudio> {
        let opus = |payload: &u8| {
            let codec = Codec::Opus;
            self.is(*payload, codec.name(), codec.clock_hz(), codec.channels()) == Some(true)
        };
        let opus = self.payloads().find(opus)?;
        Some(BrowserAudio { opus, telephone_event: self.events(Codec::Opus) })
    }

    /// Keys on the clock of the voice (RFC 4733 section 2.1).
    fn events(&self, codec: Codec) -> Option<u8> {
        let events = |payload: &u8| self.is(*payload, "telephone-event", codec.clock_hz(), 1);
        self.payloads().find(|payload| events(payload) == Some(true))
    }

    /// Comfort noise has a clock of 8 kHz, and Opus its own way of being silent.
    fn takes_comfort_noise(&self, codec: Codec) -> bool {
        let noise = comfort_noise::PAYLOAD_TYPE;
        codec != Codec::Opus && self.payloads().any(|payload| payload == noise)
    }

    fn rtcp_beside(&self, address: IpAddr) -> SocketAddr {
        if self.rtcp_mux {
            return SocketAddr::new(address, self.port);
        }
        let one_up = SocketAddr::new(address, self.port.saturating_add(1));
        let Some(rtcp) = self.rtcp else { return one_up };
        let (port, elsewhere) = rtcp.split_once(' ').unwrap_or((rtcp, ""));
        let Ok(port) = port.parse() else {
            return one_up;
        };
        SocketAddr::new(read_connection(elsewhere).unwrap_or(address), port)
    }
}
