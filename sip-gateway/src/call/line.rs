//! One end of a phone line: packets in become frames heard, frames said become packets out.
//!
//! Both ends of a call use it: the gateway and the simulated caller. Whatever codec and packet
//! length were agreed, inside there are frames of 20 ms. Beside the sound, both ends report how they
//! hear.
//!
//! **Never here:** sockets, who speaks when, what is said.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use media::audio::{FRAME, Frame, SILENCE, samples_in};
use media::codec::{Codec, Decoder, Encoder, PTIME};
use media::comfort_noise::{self, ComfortNoise};
use media::jitter::{JitterBuffer, Pulled};
use media::packets::Packets;
use media::reports::{Reports, Theirs};
use media::rtcp;
use media::rtp::{self, Header};
use media::telephone_event::{Keypad, Press, PressPacket};

use crate::sip::sdp::Session;

/// How long our own keys are held.
const KEY_HELD: Duration = Duration::from_millis(100);
/// A sequence number so far back is a restart, not a packet that comes late.
const RESTARTS_AFTER: i16 = 64;
/// Opus knows no other lengths between them (RFC 6716 section 2.1.4).
const OPUS_MILLIS: [u64; 4] = [60, 40, 20, 10];

/// What the two sides agreed on in SDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    pub codec: Codec,
    pub payload_type: u8,
    /// Payload type of RFC 4733 digits, where agreed.
    pub keypad: Option<u8>,
    /// How much sound one of our packets carries.
    pub ptime: Duration,
}

impl Agreed {
    /// As most telephones do: packets of 20 ms, digits as type 101.
    pub fn usual(codec: Codec) -> Self {
        Self {
            codec,
            payload_type: codec.static_payload_type().unwrap_or(111),
            keypad: Some(101),
            ptime: media::audio::FRAME_TIME,
        }
    }
}

/// Where the numbers in our packets begin; random on a real line, seeded in tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    pub ssrc: u32,
    pub sequence: u16,
    pub timestamp: u32,
}

impl From<&Session> for Agreed {
    fn from(session: &Session) -> Self {
        Self {
            codec: session.codec,
            payload_type: session.payload_type,
            keypad: session.telephone_event,
            ptime: session.ptime,
        }
    }
}

#[derive(Debug)]
pub struct Line {
    agreed: Agreed,
    jitter: JitterBuffer,
    keypad: Keypad,
    decoder: Decoder,
    encoder: Encoder,
    decoded: Vec<i16>,
    mended: Vec<i16>,
    clock: Clock,
    /// The sequence number that should come next.
    next_heard: Option<u16>,
    comfort: Option<ComfortNoise>,
    header: Header,
    reports: Reports,
    report: Vec<u8>,
    /// Sound that does not fill a packet yet.
    unsent: Vec<i16>,
    samples_per_packet: usize,
    last_packet: Option<Instant>,
    /// Keys still to be pressed on this side, the current one first.
    dialling: VecDeque<Press>,
    pressing: bool,
    /// How long the current key has been held, in ticks of the RTP clock.
    held: u32,
}

impl Line {
    pub fn new(agreed: Agreed, origin: Origin) -> Self {
        let samples_per_packet = samples_per_packet(&agreed);
        Self {
            agreed,
            jitter: JitterBuffer::new(),
            keypad: Keypad::new(agreed.codec.clock_hz()),
            decoder: Decoder::new(agreed.codec),
            encoder: Encoder::new(agreed.codec),
            decoded: Vec::with_capacity(FRAME * 3),
            mended: Vec::new(),
            clock: Clock::default(),
            next_heard: None,
            comfort: None,
            header: Header {
                payload_type: agreed.payload_type,
                marker: true,
                sequence: origin.sequence,
                timestamp: origin.timestamp,
                ssrc: origin.ssrc,
            },
            reports: Reports::new(origin.ssrc, agreed.codec.clock_hz()),
            report: Vec::new(),
            unsent: Vec::with_capacity(samples_per_packet + FRAME),
            samples_per_packet,
            last_packet: None,
            dialling: VecDeque::new(),
            pressing: false,
            held: 0,
        }
    }

    /// Other terms in the middle of a call: the sound goes on under them.
    pub fn reagree(&mut self, agreed: Agreed) {
        if agreed == self.agreed {
            return;
        }
        if agreed.codec != self.agreed.codec {
            self.decoder = Decoder::new(agreed.codec);
            self.encoder = Encoder::new(agreed.codec);
            self.keypad = Keypad::new(agreed.codec.clock_hz());
            self.reports.count_in(agreed.codec.clock_hz());
            self.clock = Clock::default();
        }
        self.samples_per_packet = samples_per_packet(&agreed);
        self.unsent.clear();
        self.header.payload_type = agreed.payload_type;
        self.header.marker = true;
        self.agreed = agreed;
    }

    /// Takes one datagram; a pressed key comes back once. What is not ours is dropped.
    pub fn receive(&mut self, now: Instant, datagram: &[u8]) -> Option<char> {
        if rtcp::is_report(datagram) {
            self.reports.hear(now, datagram);
            return None;
        }
        let packet = match rtp::parse(datagram) {
            Ok(packet) => packet,
            Err(error) => {
                tracing::trace!(%error, "datagram dropped");
                return None;
            }
        };
        self.last_packet = Some(now);

        let mut header = packet.header;
        if Some(header.payload_type) == self.agreed.keypad {
            self.next_heard = Some(header.sequence.wrapping_add(1));
            return self.keypad.hear(now, header.timestamp, packet.payload, header.marker);
        }
        header.timestamp = self.clock.in_samples(header.timestamp, self.agreed.codec);
        if header.payload_type == comfort_noise::PAYLOAD_TYPE {
            self.comfort = ComfortNoise::read(packet.payload);
            self.next_heard = Some(header.sequence.wrapping_add(1));
            self.jitter.insert(now, &header, &[]);
        } else if header.payload_type == self.agreed.payload_type {
            self.take_voice(now, &header, packet.payload);
        }
        None
    }

    fn take_voice(&mut self, now: Instant, header: &Header, payload: &[u8]) {
        let ahead = self.next_heard.map_or(0, |next| header.sequence.wrapping_sub(next) as i16);
        self.decoded.clear();
        self.mended.clear();
        if ahead >= 0 || self.decoder.takes_late() {
            self.decoder.recover(ahead.max(0) as usize, payload, &mut self.mended);
            self.decoder.decode(payload, &mut self.decoded);
        }
        if !(-RESTARTS_AFTER..0).contains(&ahead) {
            self.next_heard = Some(header.sequence.wrapping_add(1));
        }
        if !payload.is_empty() {
            self.comfort = None;
        }
        self.jitter.insert_mended(now, header, &self.mended, &self.decoded);
    }

    /// The next 20 ms heard; silence where nothing came.
    pub fn hear(&mut self, now: Instant) -> Frame {
        match (self.jitter.pull(now), &mut self.comfort) {
            (Pulled::Frame(frame) | Pulled::Concealed(frame), _) => frame,
            (Pulled::Nothing, Some(noise)) => noise.next_frame(),
            (Pulled::Nothing, None) => SILENCE,
        }
    }

    /// Adds the packets that are due once this frame is said: none, one or two.
    pub fn say(&mut self, frame: &Frame, out: &mut Packets) {
        if let Some(payload_type) = self.agreed.keypad
            && let Some(packet) = self.next_key_packet()
        {
            self.write_key(payload_type, packet, out);
            return;
        }
        if self.pressing {
            self.let_go();
        }
        self.unsent.extend_from_slice(frame);
        while self.unsent.len() >= self.samples_per_packet {
            self.write_voice(out);
        }
    }

    fn write_voice(&mut self, out: &mut Packets) {
        let samples = &self.unsent[..self.samples_per_packet];
        out.add(|bytes| {
            rtp::write(&self.header, &[], bytes);
            let payload_begins = bytes.len();
            self.encoder.encode(samples, bytes);
            self.reports.said(bytes.len() - payload_begins);
        });
        self.unsent.drain(..self.samples_per_packet);
        self.header.marker = false;
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.pass(self.samples_per_packet);
    }

    /// Presses these keys one after another, in place of sound.
    pub fn press(&mut self, keys: &str) {
        let clock = self.agreed.codec.clock_hz();
        self.dialling.extend(keys.chars().filter_map(|key| Press::new(key, KEY_HELD, clock)));
    }

    /// Lets 20 ms pass without a packet; the next one is marked as a new talkspurt.
    pub fn skip(&mut self) {
        self.unsent.clear();
        self.pass(FRAME);
        self.header.marker = true;
    }

    /// How long ago the frame just heard arrived.
    pub fn delay(&self) -> Duration {
        self.jitter.delay()
    }

    pub fn last_packet(&self) -> Option<Instant> {
        self.last_packet
    }

    pub fn stats(&self) -> media::jitter::Stats {
        self.jitter.stats()
    }

    /// A report to send, every few seconds; asked for every frame.
    pub fn report(&mut self, now: Instant) -> Option<&[u8]> {
        if !self.reports.are_due(now) {
            return None;
        }
        self.report.clear();
        let heard = self.jitter.reception();
        self.reports.write(now, self.header.timestamp, heard, &mut self.report);
        Some(&self.report)
    }

    /// The last report.
    pub fn farewell(&mut self, now: Instant) -> &[u8] {
        self.report.clear();
        let heard = self.jitter.reception();
        self.reports.write_goodbye(now, self.header.timestamp, heard, &mut self.report);
        &self.report
    }

    /// What the other end says of our sound.
    pub fn theirs(&self) -> Option<Theirs> {
        self.reports.theirs()
    }

    pub fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    fn next_key_packet(&mut self) -> Option<PressPacket> {
        let packet = self.dialling.front_mut()?.next();
        if packet.is_none() {
            self.dialling.pop_front();
            self.let_go();
        }
        packet
    }

    /// All packets of a key carry the timestamp of its first (RFC 4733 section 2.5.1.2).
    fn write_key(&mut self, payload_type: u8, packet: PressPacket, out: &mut Packets) {
        self.unsent.clear();
        let header = Header { payload_type, marker: packet.marker, ..self.header };
        out.add(|bytes| rtp::write(&header, &packet.payload, bytes));
        self.reports.said(packet.payload.len());
        self.header.sequence = self.header.sequence.wrapping_add(1);
        self.held = self.held.wrapping_add(FRAME as u32 * self.agreed.codec.ticks_per_sample());
        self.pressing = true;
    }

    /// Sound goes on where the key has left the clock.
    fn let_go(&mut self) {
        self.header.timestamp = self.header.timestamp.wrapping_add(self.held);
        self.header.marker = true;
        self.held = 0;
        self.pressing = false;
    }

    fn pass(&mut self, samples: usize) {
        let ticks = samples as u32 * self.agreed.codec.ticks_per_sample();
        self.header.timestamp = self.header.timestamp.wrapping_add(ticks);
    }
}

/// The codec's timestamps, counted in our samples without a jump where they wrap.
#[derive(Debug, Default)]
struct Clock {
    last: Option<(u32, u32)>,
}

impl Clock {
    fn in_samples(&mut self, ticks: u32, codec: Codec) -> u32 {
        let per_sample = codec.ticks_per_sample() as i32;
        let (before, samples) = self.last.unwrap_or((ticks, ticks / per_sample as u32));
        let moved = ticks.wrapping_sub(before) as i32 / per_sample;
        // What is left of the division stays in the clock: no drift.
        let (ticks, samples) =
            (before.wrapping_add_signed(moved * per_sample), samples.wrapping_add_signed(moved));
        self.last = Some((ticks, samples));
        samples
    }
}

fn samples_per_packet(agreed: &Agreed) -> usize {
    let wanted = agreed.ptime.clamp(*PTIME.start(), *PTIME.end());
    let fits = |millis: &&u64| Duration::from_millis(**millis) <= wanted;
    let ptime = match agreed.codec {
        Codec::Opus => {
            OPUS_MILLIS.iter().find(fits).map_or(wanted, |&ms| Duration::from_millis(ms))
        }
        Codec::Pcmu | Codec::Pcma | Codec::G722 => wanted,
    };
    samples_in(ptime)
}

#[cfg(test)]
mod tests {
    use media::audio::{FRAME_TIME, level_dbfs};
    use media::codec::g711::Law;

    use super::*;

    /// Ticks after which the buffer has settled.
    const WARMED_UP: usize = 50;
    const ORIGIN: Origin = Origin { ssrc: 7, sequence: 65_530, timestamp: u32::MAX - 5_000 };

    #[test]
    fn every_codec_and_packet_length_carries_a_tone_across_the_wrap_of_its_numbers() {
        let tone: Vec<i16> =
            (0..100 * FRAME).map(|n| (8_000.0 * (n as f32 * 0.55).sin()) as i16).collect();
        for codec in Codec::ALL {
            for millis in [10, 20, 30, 40, 60] {
                let ptime = Duration::from_millis(millis);
                let agreed = Agreed { ptime, ..Agreed::usual(codec) };
                let (heard, stats) = across(agreed, &tone, |_| Some(0));

                let level = level_dbfs(&heard[40 * FRAME..]);
                assert!((level + 15.3).abs() < 1.5, "{codec:?} {millis} ms: {level} dB");
                assert_eq!((stats.lost, stats.late), (0, 0), "{codec:?} {millis} ms");
            }
        }
    }

    /// Once the buffer waits long enough for the packet that repeats the lost one.
    #[test]
    fn speech_by_opus_misses_lost_packets_less_than_speech_that_repeats_nothing() {
        let missing = |codec: Codec| {
            let (whole, _) = across(Agreed::usual(codec), &speech(), uneven);
            let lossy = |nth: usize| uneven(nth).filter(|_| nth % 10 != 9);
            let (heard, stats) = across(Agreed::usual(codec), &speech(), lossy);
            assert!(stats.lost > 5, "{codec:?}: {} lost", stats.lost);
            let pairs = whole.iter().zip(&heard).skip(WARMED_UP * FRAME);
            let error: Vec<i16> = pairs.map(|(a, b)| a.saturating_sub(*b)).collect();
            (stats.concealed, level_dbfs(&error) - level_dbfs(&whole[WARMED_UP * FRAME..]))
        };

        let (repeating, plain) = (missing(Codec::Opus), missing(Codec::Pcmu));
        assert!(repeating.0 * 3 < plain.0, "{} frames made up, {} without", repeating.0, plain.0);
        assert!(repeating.1 < plain.1 - 2.0, "{} dB off, {} without", repeating.1, plain.1);
    }

    #[test]
    fn a_silent_line_sounds_as_its_sender_says() {
        let (mut line, now) = (Line::new(Agreed::usual(Codec::Pcma), ORIGIN), crate::clock::now());
        let header = Header { payload_type: comfort_noise::PAYLOAD_TYPE, ..Header::default() };
        let mut packet = Vec::new();
        rtp::write(&header, &[45], &mut packet);

        assert_eq!(line.hear(now), SILENCE);
        line.receive(now, &packet);

        assert!((level_dbfs(&line.hear(now)) + 45.0).abs() < 3.0);
    }

    #[test]
    fn keys_beside_opus_count_on_its_own_clock() {
        let agreed = Agreed::usual(Codec::Opus);
        let (mut here, mut there) = (Line::new(agreed, ORIGIN), Line::new(agreed, ORIGIN));
        let (mut now, mut pressed) = (crate::clock::now(), String::new());

        here.press("15#");
        for _ in 0..40 {
            let mut packets = Packets::default();
            here.say(&SILENCE, &mut packets);
            pressed.extend(packets.iter().filter_map(|packet| there.receive(now, packet)));
            now += FRAME_TIME;
        }

        assert_eq!(pressed, "15#");
    }

    /// Every third packet comes 20 ms late: the buffer learns to wait.
    fn uneven(nth: usize) -> Option<usize> {
        Some(usize::from(nth % 3 == 1))
    }

    fn speech() -> Vec<i16> {
        let mut sound = Vec::new();
        Law::Mu.decode(include_bytes!("../../../media/testdata/caller-ru.ulaw"), &mut sound);
        sound
    }

    /// A sound over a network: each packet is lost, or comes so many ticks late.
    fn across(
        agreed: Agreed,
        sound: &[i16],
        fate: impl Fn(usize) -> Option<usize>,
    ) -> (Vec<i16>, media::jitter::Stats) {
        let (mut here, mut there) = (Line::new(agreed, ORIGIN), Line::new(agreed, ORIGIN));
        let (mut now, mut heard, mut sent) = (crate::clock::now(), Vec::new(), 0);
        let mut under_way: Vec<(usize, Vec<u8>)> = Vec::new();

        for (tick, frame) in sound.as_chunks().0.iter().enumerate() {
            let mut packets = Packets::default();
            here.say(frame, &mut packets);
            for packet in packets.iter() {
                under_way.extend(fate(sent).map(|late| (tick + late, packet.to_vec())));
                sent += 1;
            }
            for (_, packet) in under_way.extract_if(.., |(due, _)| *due <= tick) {
                there.receive(now, &packet);
            }
            now += FRAME_TIME;
            heard.extend(there.hear(now));
        }
        (heard, there.stats())
    }
}
