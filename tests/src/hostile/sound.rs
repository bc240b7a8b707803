//! Sound, reports, checks and keys from strangers.
//!
//! **Never here:** SIP.

use std::time::Duration;

use media::audio::{FRAME, Frame, SILENCE};
use media::dtmf::ToneKeypad;
use media::jitter::JitterBuffer;
use media::reports::Reports;
use media::telephone_event::Keypad;
use media::{rtcp as report, rtp as packet};
use sip_gateway::browser::stun::called_ufrag;

use super::start;

/// Packets of one stream at most.
const PACKETS_MAX: usize = 200;

/// Pieces with their length before them, one byte each, as a datagram or a frame.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first()?;
        let (piece, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        Some(piece)
    })
    .take(PACKETS_MAX)
}

/// Packets a frame apart into a jitter buffer that is emptied as fast; its counts stay true.
pub fn rtp(bytes: &[u8]) {
    let (mut buffer, mut now, mut pulled) = (JitterBuffer::new(), start(), 0);
    for datagram in pieces(bytes) {
        now += Duration::from_millis(20);
        if let Ok(packet) = packet::parse(datagram) {
            let samples: Vec<i16> =
                packet.payload.iter().map(|byte| i16::from(*byte) << 8).collect();
            buffer.insert(now, &packet.header, &samples);
            let mut again = Vec::new();
            packet::write(&packet.header, packet.payload, &mut again);
            let same = packet::parse(&again).expect("what we write we can read");
            assert_eq!(same, packet);
        }
        let _ = buffer.pull(now);
        pulled += 1;
        assert!(buffer.stats().concealed <= pulled, "{:?}", buffer.stats());
    }
}

/// Reports into a call's own; what we then write can be read.
pub fn rtcp(bytes: &[u8]) {
    let (mut reports, mut now) = (Reports::new(7, 8_000), start());
    for datagram in pieces(bytes) {
        now += Duration::from_millis(500);
        let _ = report::is_report(datagram);
        reports.hear(now, datagram);
        if let Some(theirs) = reports.theirs() {
            assert!((0.0..=1.0).contains(&theirs.lost), "{theirs:?}");
        }
    }
    let mut ours = Vec::new();
    report::write_goodbye(7, &mut ours);
    assert_eq!(report::read(&ours, |_| {}), Ok(()));
}

/// A datagram at the browsers' port.
pub fn stun(bytes: &[u8]) {
    if let Some(name) = called_ufrag(bytes) {
        assert!(name.len() < bytes.len() && !name.contains(':'));
    }
}

/// Keys as events, each a time step and a payload, and the same bytes as sound.
pub fn dtmf(bytes: &[u8]) {
    let (mut keypad, mut now, mut timestamp) = (Keypad::new(8_000), start(), 0_u32);
    for event in pieces(bytes) {
        let (step, payload) = event.split_first().map_or((0, event), |(step, rest)| (*step, rest));
        now += Duration::from_millis(u64::from(step));
        timestamp = timestamp.wrapping_add(u32::from(step) << (step % 20));
        if let Some(key) = keypad.hear(now, timestamp, payload, step & 1 == 1) {
            assert!("0123456789*#ABCD".contains(key), "{key:?}");
        }
    }
    let mut tones = ToneKeypad::default();
    for sound in bytes.chunks(2 * FRAME).take(PACKETS_MAX) {
        let tone = sound.first().is_some_and(|byte| byte & 1 == 1);
        let _ = tones.hear(&frame(sound), tone);
    }
}

fn frame(bytes: &[u8]) -> Frame {
    let mut frame = SILENCE;
    for (sample, pair) in frame.iter_mut().zip(bytes.chunks_exact(2)) {
        *sample = i16::from_le_bytes([pair[0], pair[1]]);
    }
    frame
}
