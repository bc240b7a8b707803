//! A call from a browser: ICE, DTLS and SRTP around the packets a telephone would send (RFC 8825).
//!
//! The browser offers over the signalling channel and is answered at once; then its datagrams come
//! to the one port of all browser calls. What is decrypted is a plain RTP packet for the call; what
//! the call sends is encrypted here. All a state machine: datagrams, time and packets in, the same out.
//!
//! **Never here:** sockets, HTTP, what is said.

mod overheard;
pub mod stun;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use media::codec::Codec;
use media::rtcp;
use rtc::interceptor::{Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::RTCPeerConnectionEvent;
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{
    CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCDtlsTransportState, RTCIceCandidate,
};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use rtc::sansio::Protocol;
use rtc::shared::error::Error as RtcError;
use rtc::shared::marshal::{Marshal, Unmarshal};
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use self::overheard::{Listener, Overheard};
use crate::call::line::Agreed;
use crate::sip::sdp::{self, SdpError};

/// A browser that has not connected by then is given up.
const CONNECTS_WITHIN: Duration = Duration::from_secs(15);
/// Decrypted packets waiting for their call; more are dropped.
const HEARD_MAX: usize = 64;

/// What a browser's call is answered with.
#[derive(Debug, Clone)]
pub struct Terms {
    /// Names this call in every check the browser sends: how its datagrams find it.
    pub ufrag: String,
    pub password: String,
    /// Of our packets.
    pub ssrc: u32,
    /// Where browsers reach us; the same port for all of them.
    pub address: SocketAddr,
}

#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    #[error(transparent)]
    Sdp(#[from] SdpError),
    #[error("the browser's offer cannot be answered: {0}")]
    Refused(#[from] RtcError),
    #[error("the answer to the browser's offer came out empty")]
    NoAnswer,
}

#[derive(Debug)]
pub enum Output {
    /// A datagram for the browser.
    Send { to: SocketAddr, datagram: Vec<u8> },
    /// Both sides hear each other from now on.
    Connected,
    /// One RTP packet for the call, or a report about its sound.
    Heard(Vec<u8>),
    /// The browser has gone, or never came.
    Gone,
}

/// One browser.
pub struct Peer {
    connection: RTCPeerConnection,
    sender: RTCRtpSenderId,
    address: SocketAddr,
    overheard: Overheard,
    agreed: Agreed,
    connected: bool,
    gone: bool,
    gives_up_at: Instant,
    outputs: VecDeque<Output>,
}

impl Peer {
    /// Answers an offer; the second is the answer's SDP.
    pub fn answer(now: Instant, offer: &str, terms: &Terms) -> Result<(Peer, String), OfferError> {
        let audio = sdp::browser_audio(offer.as_bytes())?;
        let overheard = Overheard::default();
        let reports = Registry::new().with(Slot::from(1), Listener::new(overheard.clone()));
        let mut connection = connection(now, engine(audio)?, reports, terms)?;
        let sender = connection.add_track(track(terms.ssrc))?;
        connection.set_remote_description(now, RTCSessionDescription::offer(offer.to_owned())?)?;
        connection.add_local_candidate(candidate(terms.address)?)?;
        connection.add_local_candidate(Default::default())?;
        let answer = connection.create_answer(None)?;
        connection.set_local_description(now, answer)?;
        let answer = connection.local_description().ok_or(OfferError::NoAnswer)?.sdp;

        let agreed = Agreed {
            codec: Codec::Opus,
            payload_type: audio.opus,
            keypad: audio.telephone_event,
            ptime: media::audio::FRAME_TIME,
        };
        let peer = Peer {
            connection,
            sender,
            address: terms.address,
            overheard,
            agreed,
            connected: false,
            gone: false,
            gives_up_at: now + CONNECTS_WITHIN,
            outputs: VecDeque::new(),
        };
        Ok((peer, answer))
    }

    /// What its packets are.
    pub fn agreed(&self) -> Agreed {
        self.agreed
    }

    /// A datagram that came from there.
    pub fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let transport = TransportContext {
            local_addr: self.address,
            peer_addr: from,
            transport_protocol: TransportProtocol::UDP,
            ecn: None,
        };
        let read = TaggedBytesMut { now, transport, message: datagram.into() };
        if let Err(error) = self.connection.handle_read(read) {
            tracing::trace!(%error, "datagram of a browser dropped");
        }
        self.follow();
    }

    /// An RTP packet of the call, or a report about it.
    pub fn say(&mut self, now: Instant, packet: &[u8]) {
        if rtcp::is_report(packet) {
            self.report(now, packet);
            return;
        }
        let Ok(packet) = rtc::rtp::Packet::unmarshal(&mut &*packet) else {
            return;
        };
        if let Some(mut sender) = self.connection.rtp_sender(self.sender)
            && let Err(error) = sender.write_rtp(now, packet)
        {
            tracing::trace!(%error, "packet to a browser dropped");
        }
        self.follow();
    }

    fn report(&mut self, now: Instant, mut report: &[u8]) {
        let Ok(packets) = rtc::rtcp::packet::unmarshal(&mut report) else {
            return;
        };
        if let Some(mut sender) = self.connection.rtp_sender(self.sender)
            && let Err(error) = sender.write_rtcp(now, packets)
        {
            tracing::trace!(%error, "report to a browser dropped");
        }
        self.follow();
    }

    /// To be called at `deadline`.
    pub fn pass(&mut self, now: Instant) {
        if !self.connected && now >= self.gives_up_at {
            self.leave();
            return;
        }
        if let Err(error) = self.connection.handle_timeout(now) {
            tracing::debug!(%error, "a browser's timer");
        }
        self.follow();
    }

    pub fn deadline(&mut self) -> Instant {
        let timeout = self.connection.poll_timeout().unwrap_or(self.gives_up_at);
        if self.connected { timeout } else { timeout.min(self.gives_up_at) }
    }

    /// Says good-bye; what is left to send comes out of `poll`.
    pub fn close(&mut self) {
        self.gone = true;
        if let Err(error) = self.connection.close() {
            tracing::debug!(%error, "a browser's call not closed cleanly");
        }
        self.follow();
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn follow(&mut self) {
        while let Some(written) = self.connection.poll_write() {
            let (to, datagram) = (written.transport.peer_addr, written.message.to_vec());
            self.outputs.push_back(Output::Send { to, datagram });
        }
        while let Some(TaggedRTCMessage { message, .. }) = self.connection.poll_read() {
            if let RTCMessage::RtpPacket(_, packet) = message
                && let Ok(packet) = packet.marshal()
            {
                self.hear(packet.to_vec());
            }
        }
        while let Some(report) = self.overheard.next() {
            self.hear(report);
        }
        while let Some(event) = self.connection.poll_event() {
            if let RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) = event {
                self.change(state);
            }
        }
        self.notice_good_bye();
    }

    fn hear(&mut self, packet: Vec<u8>) {
        if self.outputs.len() < HEARD_MAX {
            self.outputs.push_back(Output::Heard(packet));
        }
    }

    /// A lost connection may come back; a failed one does not.
    fn change(&mut self, state: RTCPeerConnectionState) {
        match state {
            RTCPeerConnectionState::Connected if !self.connected => {
                self.connected = true;
                self.outputs.push_back(Output::Connected);
            }
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => self.leave(),
            _ => {}
        }
    }

    /// A browser's `close` shows here seconds before the connection's own state tells it.
    fn notice_good_bye(&mut self) {
        if !self.connected || self.gone {
            return;
        }
        let sender = self.connection.rtp_sender(self.sender);
        let transport = sender.as_ref().and_then(|sender| sender.transport());
        if transport.is_some_and(|transport| transport.state() == RTCDtlsTransportState::Closed) {
            self.leave();
        }
    }

    fn leave(&mut self) {
        if !std::mem::replace(&mut self.gone, true) {
            self.outputs.push_back(Output::Gone);
        }
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer").field("connected", &self.connected).finish_non_exhaustive()
    }
}

fn engine(audio: sdp::BrowserAudio) -> Result<MediaEngine, RtcError> {
    let mut engine = MediaEngine::default();
    engine.register_codec(opus(audio.opus), RtpCodecKind::Audio)?;
    if let Some(events) = audio.telephone_event {
        engine.register_codec(telephone_event(events), RtpCodecKind::Audio)?;
    }
    Ok(engine)
}

/// Reports are the call's own, as on a telephone's line: `interceptors` needs none for them.
fn connection(
    now: Instant,
    engine: MediaEngine,
    interceptors: Registry,
    terms: &Terms,
) -> Result<RTCPeerConnection, RtcError> {
    // The browser begins the handshake: one round trip sooner.
    let settings = SettingEngineBuilder::new()
        .with_ice_credentials(terms.ufrag.clone(), terms.password.clone())
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
        .with_include_loopback_candidate(terms.address.ip().is_loopback())
        .build();
    RTCPeerConnectionBuilder::new()
        .with_setting_engine(settings)
        .with_media_engine(engine)
        .with_interceptor_registry(interceptors)
        .build(now)
}

fn opus(payload_type: u8) -> RTCRtpCodecParameters {
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: MIME_TYPE_OPUS.to_owned(),
            clock_rate: Codec::Opus.clock_hz(),
            channels: u16::from(Codec::Opus.channels()),
            sdp_fmtp_line: sdp::OPUS_PARAMETERS.to_owned(),
            rtcp_feedback: Vec::new(),
        },
        payload_type,
    }
}

fn telephone_event(payload_type: u8) -> RTCRtpCodecParameters {
    RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: "audio/telephone-event".to_owned(),
            clock_rate: Codec::Opus.clock_hz(),
            channels: 0,
            sdp_fmtp_line: String::new(),
            rtcp_feedback: Vec::new(),
        },
        payload_type,
    }
}

fn track(ssrc: u32) -> MediaStreamTrack {
    let coding = RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() };
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: coding,
        codec: opus(0).rtp_codec,
        ..Default::default()
    };
    let name = |part: &str| format!("agent-{part}");
    let kind = RtpCodecKind::Audio;
    MediaStreamTrack::new(name("stream"), name("track"), name("label"), kind, vec![encoding])
}

fn candidate(
    address: SocketAddr,
) -> Result<rtc::peer_connection::transport::RTCIceCandidateInit, RtcError> {
    let base_config = CandidateConfig {
        network: "udp".to_owned(),
        address: address.ip().to_string(),
        port: address.port(),
        component: 1,
        ..Default::default()
    };
    let candidate =
        CandidateHostConfig { base_config, ..Default::default() }.new_candidate_host()?;
    RTCIceCandidate::from(&candidate).to_json()
}
