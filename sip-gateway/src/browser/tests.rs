//! Two ends over a simulated network: a browser's side made of the same library, and ours.

use std::net::SocketAddr;

use media::audio::{FRAME, level_dbfs};
use media::codec::{Decoder, Encoder};
use media::packets::Packets;
use media::rtp::{self, Header};
use rtc::peer_connection::configuration::interceptor_registry::register_default_interceptors;
use rtc::peer_connection::transport::RTCIceCandidateInit;

use super::*;
use crate::call::line::{Line, Origin};

const OURS: &str = "192.0.2.1:5070";
const THEIRS: &str = "198.51.100.7:40000";
const BROWSERS_OPUS: u8 = 109;
/// One way.
const TRAVELS_FOR: Duration = Duration::from_millis(30);
const STEP: Duration = Duration::from_millis(10);

#[test]
fn both_sides_hear_each_other_and_the_browsers_good_bye_is_noticed() {
    let mut world = World::open();

    world.run(Duration::from_secs(3));
    assert!(world.connected, "no connection");
    assert!(level_dbfs(&world.heard_by_us) > -30.0, "{}", level_dbfs(&world.heard_by_us));
    assert!(level_dbfs(&world.heard_by_them) > -30.0, "{}", level_dbfs(&world.heard_by_them));

    world.browser.close().expect("closes");
    world.run(Duration::from_millis(300));
    assert!(world.gone, "the good-bye went unnoticed");
}

/// The library's own reports answer ours.
#[test]
fn a_browser_says_how_it_hears_us_and_how_far_away_it_is() {
    let mut world = World::open();

    world.run(Duration::from_secs(15));

    let theirs = world.line.theirs().expect("a report");
    let round_trip = theirs.round_trip.expect("a round trip").as_millis();
    assert!((50..=90).contains(&round_trip), "{round_trip} ms");
    assert!(theirs.lost < 0.05, "{theirs:?}");
}

#[test]
fn our_good_bye_reaches_the_browser() {
    let mut world = World::open();
    world.run(Duration::from_secs(2));

    world.peer.close();
    world.run(Duration::from_millis(300));

    let sender = world.browser.rtp_sender(world.sender);
    let state = sender.and_then(|sender| sender.transport().map(|it| it.state()));
    assert_eq!(state, Some(RTCDtlsTransportState::Closed));
}

#[test]
fn a_browser_that_never_comes_is_given_up() {
    let mut world = World::open();
    world.loses_all = true;

    world.run(CONNECTS_WITHIN + Duration::from_secs(1));

    assert!(world.gone && !world.connected);
}

#[test]
fn an_offer_without_opus_or_without_sense_is_refused() {
    let terms = terms();
    let offer = World::offer(epoch()).1.replace("opus/48000/2", "speex/16000");

    for offer in [offer.as_str(), "", "v=0\r\n", "hello"] {
        let answered = Peer::answer(epoch(), offer, &terms);
        assert!(matches!(answered, Err(OfferError::Sdp(_))), "{offer}: {answered:?}");
    }
}

struct World {
    now: Instant,
    browser: RTCPeerConnection,
    sender: RTCRtpSenderId,
    peer: Peer,
    line: Line,
    voice: Encoder,
    header: Header,
    to_us: VecDeque<(Instant, Vec<u8>)>,
    to_them: VecDeque<(Instant, Vec<u8>)>,
    heard_by_us: Vec<i16>,
    heard_by_them: Vec<i16>,
    connected: bool,
    gone: bool,
    loses_all: bool,
}

impl World {
    fn open() -> World {
        let now = epoch();
        let (mut browser, offer, sender) = World::offer(now);
        let (peer, answer) = Peer::answer(now, &offer, &terms()).expect("answered");
        assert!(
            answer.contains(&format!("m=audio 9 UDP/TLS/RTP/SAVPF {BROWSERS_OPUS}")),
            "{answer}"
        );
        let answer = RTCSessionDescription::answer(answer).expect("an answer");
        browser.set_remote_description(now, answer).expect("taken");

        let origin = Origin { ssrc: terms().ssrc, sequence: 1, timestamp: 1 };
        let header = Header { payload_type: BROWSERS_OPUS, ssrc: 4_711, ..Header::default() };
        World {
            now,
            browser,
            sender,
            line: Line::new(peer.agreed(), origin),
            peer,
            voice: Encoder::new(Codec::Opus),
            header,
            to_us: VecDeque::new(),
            to_them: VecDeque::new(),
            heard_by_us: Vec::new(),
            heard_by_them: Vec::new(),
            connected: false,
            gone: false,
            loses_all: false,
        }
    }

    fn offer(now: Instant) -> (RTCPeerConnection, String, RTCRtpSenderId) {
        let audio = sdp::BrowserAudio { opus: BROWSERS_OPUS, telephone_event: Some(110) };
        let theirs = Terms { address: address(THEIRS), ssrc: 4_711, ..terms() };
        let theirs = Terms { ufrag: "theirs".into(), ..theirs };
        let mut engine = engine(audio).expect("an engine");
        let reports = register_default_interceptors(Registry::new(), &mut engine).expect("reports");
        let mut browser = connection(now, engine, reports, &theirs).expect("a connection");
        let sender = browser.add_track(track(theirs.ssrc)).expect("a track");
        let offer = browser.create_offer(None).expect("an offer");
        browser.set_local_description(now, offer).expect("taken");
        browser
            .add_local_candidate(candidate(theirs.address).expect("a candidate"))
            .expect("taken");
        browser.add_local_candidate(RTCIceCandidateInit::default()).expect("taken");
        let offer = browser.local_description().expect("an offer").sdp;
        (browser, offer, sender)
    }

    fn run(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.now += STEP;
            self.deliver();
            self.peer.pass(self.now);
            let _ = self.browser.handle_timeout(self.now);
            if self.connected && !self.gone {
                self.talk();
            }
            self.fetch();
        }
    }

    fn deliver(&mut self) {
        let now = self.now;
        while let Some((_, datagram)) = self.to_us.pop_front_if(|(due, _)| *due <= now) {
            assert_ne!(stun::called_ufrag(&datagram), Some("theirs"));
            self.peer.receive(now, address(THEIRS), &datagram);
        }
        while let Some((_, datagram)) = self.to_them.pop_front_if(|(due, _)| *due <= now) {
            let transport = TransportContext {
                local_addr: address(THEIRS),
                peer_addr: address(OURS),
                transport_protocol: TransportProtocol::UDP,
                ecn: None,
            };
            let read = TaggedBytesMut { now, transport, message: datagram[..].into() };
            let _ = self.browser.handle_read(read);
        }
    }

    /// Half a frame each: both say a tone.
    fn talk(&mut self) {
        let tone: Vec<i16> =
            (0..FRAME).map(|n| (8_000.0 * (n as f32 * 0.55).sin()) as i16).collect();
        if self.header.sequence.is_multiple_of(2) {
            let frame = tone[..].try_into().expect("a frame");
            let mut packets = Packets::default();
            self.line.say(&frame, &mut packets);
            packets.iter().for_each(|packet| self.peer.say(self.now, packet));
            if let Some(report) = self.line.report(self.now) {
                self.peer.say(self.now, report);
            }
        }
        let mut packet = Vec::new();
        rtp::write(&self.header, &[], &mut packet);
        self.voice.encode(&tone[..FRAME / 2], &mut packet);
        self.header.sequence += 1;
        self.header.timestamp += 480;
        if let (Some(mut sender), Ok(packet)) =
            (self.browser.rtp_sender(self.sender), rtc::rtp::Packet::unmarshal(&mut &packet[..]))
        {
            let _ = sender.write_rtp(self.now, packet);
        }
    }

    fn fetch(&mut self) {
        let due = self.now + TRAVELS_FOR;
        while let Some(output) = self.peer.poll() {
            match output {
                Output::Send { datagram, .. } if !self.loses_all => {
                    self.to_them.push_back((due, datagram));
                }
                Output::Send { .. } => {}
                Output::Connected => self.connected = true,
                Output::Heard(packet) => {
                    self.line.receive(self.now, &packet);
                    self.heard_by_us.extend(self.line.hear(self.now));
                }
                Output::Gone => self.gone = true,
            }
        }
        let mut decoder = Decoder::new(Codec::Opus);
        while let Some(TaggedRTCMessage { message, .. }) = self.browser.poll_read() {
            if let RTCMessage::RtpPacket(_, packet) = message {
                decoder.decode(&packet.payload, &mut self.heard_by_them);
            }
        }
        while let Some(written) = self.browser.poll_write() {
            if !self.loses_all {
                self.to_us.push_back((due, written.message.to_vec()));
            }
        }
        while self.browser.poll_event().is_some() {}
    }
}

fn terms() -> Terms {
    Terms {
        ufrag: "oursoursours".into(),
        password: "a password of twenty-two".replace(' ', "x"),
        ssrc: 0x0102_0304,
        address: address(OURS),
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn epoch() -> Instant {
    crate::clock::now()
}
