//! Networks of every temper, and what a listener hears at their end.

use super::*;
use proptest::prelude::*;

const PTIME: u32 = FRAME as u32;

#[test]
fn an_even_stream_comes_out_as_it_was_sent_with_a_frame_of_delay() {
    let mut line = Line::new();
    (0..500).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

    let heard = line.listen(10_000);

    let first = heard.iter().position(|frame| *frame != Pulled::Nothing).unwrap();
    assert!(first <= 2, "first frame at pull {first}");
    assert!(heard[first..500].iter().all(|frame| matches!(frame, Pulled::Frame(_))));
    assert!(in_order(&heard));
    assert_eq!(line.buffer.stats().lost + line.buffer.stats().late, 0);
    assert!(line.buffer.stats().delay <= Duration::from_millis(45));
}

#[test]
fn sequence_and_timestamp_wrap_unheard() {
    let mut line = Line::new();
    line.sequence_base = 65_530;
    line.timestamp_base = u32::MAX - 1_000;
    (0..100).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

    let heard = line.listen(2_000);

    assert_eq!(made_up(&heard), 0);
    assert_eq!(line.buffer.stats().lost, 0);
    assert!(in_order(&heard));
}

#[test]
fn swapped_packets_and_doubles_are_put_right() {
    let mut line = Line::new();
    for nth in 0..100 {
        let swapped = nth ^ 1;
        line.packet(swapped, 20 * u64::from(nth));
        line.packet(swapped, 20 * u64::from(nth) + 1);
    }

    let heard = line.listen(2_000);

    assert_eq!(line.buffer.stats().duplicate, 100);
    assert_eq!(line.buffer.stats().received, 100);
    assert_eq!(line.buffer.stats().lost, 0);
    assert!(in_order(&heard));
    assert!(made_up(&heard) <= 1);
}

#[test]
fn a_lost_packet_is_made_up_for_and_time_goes_on() {
    let mut line = Line::new();
    (0..200).filter(|nth| nth % 20 != 7).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

    let heard = line.listen(4_000);

    assert_eq!(line.buffer.stats().lost, 10);
    assert_eq!(made_up(&heard), 10);
    assert!(in_order(&heard));
    assert!(line.buffer.stats().delay <= Duration::from_millis(45));
}

#[test]
fn two_lost_in_a_row_do_not_lengthen_the_delay() {
    let mut line = Line::new();
    (0..400).filter(|nth| nth % 20 > 1).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

    let heard = line.listen(8_000);

    assert!(in_order(&heard));
    assert!(line.buffer.stats().delay <= Duration::from_millis(60));
    assert_eq!(line.buffer.stats().late, 0);
}

#[test]
fn other_packet_lengths_are_cut_into_frames() {
    for ptime in [80, 240, 320, 480] {
        let mut line = Line::new();
        line.ptime = ptime;
        let every = u64::from(ptime) / 8;
        (0..100).for_each(|nth| line.packet(nth, every * u64::from(nth)));

        let heard = line.listen(every * 100);

        assert!(in_order(&heard), "{ptime}");
        assert!(made_up(&heard) <= 1, "{ptime}: {}", made_up(&heard));
    }
}

#[test]
fn a_sender_that_suppresses_silence_is_not_missed() {
    let mut line = Line::new();
    (0..50).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));
    line.timestamp_base += 8_000 * 5;
    line.marker = true;
    (50..100).for_each(|nth| line.packet(nth, 20 * u64::from(nth) + 5_000));

    let heard = line.listen(7_200);

    assert_eq!(line.buffer.stats().lost, 0);
    assert_eq!(line.buffer.stats().late, 0);
    assert!(made_up(&heard) <= 10, "{}", made_up(&heard));
    assert_eq!(real(&heard), 100);
    assert!(line.buffer.stats().skipped.is_zero());
}

#[test]
fn a_clock_that_stands_still_while_the_sender_is_on_hold_does_no_harm() {
    let mut line = Line::new();
    (0..50).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));
    (50..100).for_each(|nth| line.packet(nth, 20 * u64::from(nth) + 30_000));

    let heard = line.listen(32_200);

    assert_eq!(real(&heard), 100);
}

#[test]
fn a_jump_of_the_timestamp_loses_nothing() {
    for jump in [1_000_000, u32::MAX - 1_000_000, 0x8000_0000] {
        let mut line = Line::new();
        (0..50).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));
        line.timestamp_base = line.timestamp_base.wrapping_add(jump);
        (50..100).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

        let heard = line.listen(2_000);

        assert_eq!((real(&heard), made_up(&heard)), (99, 0), "{jump}");
        assert!(in_order(&heard));
    }
}

#[test]
fn another_source_takes_over_and_stragglers_of_the_first_are_dropped() {
    let mut line = Line::new();
    (0..50).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));
    let straggler = line.sent.pop().unwrap();
    line.ssrc = 2;
    line.sequence_base = 40_000;
    line.timestamp_base = 7;
    (50..100).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));
    line.sent.push((1_030, straggler.1, straggler.2));

    let heard = line.listen(2_000);

    assert_eq!(line.buffer.stats().late, 1);
    assert!(in_order(&heard));
    assert!(real(&heard) >= 97);
}

#[test]
fn a_burst_after_a_stall_is_cut_down_to_the_newest() {
    let mut line = Line::new();
    for nth in 0..200 {
        let stalled = (50..80).contains(&nth);
        line.packet(nth, if stalled { 1_600 } else { 20 * u64::from(nth) });
    }

    let heard = line.listen(4_000);

    assert!(in_order(&heard));
    assert!(line.buffer.stats().delay <= DELAY_MAX);
    assert!(line.buffer.stats().skipped > Duration::ZERO);
}

#[test]
fn the_delay_follows_the_network_up_and_down_again() {
    let mut line = Line::new();
    line.quiet = true;
    for nth in 0..3_000_u32 {
        let uneven = (nth < 1_000) as u64 * u64::from(nth * 7_919 % 31);
        line.packet(nth, 20 * u64::from(nth) + uneven);
    }

    let uneven = line.listen(19_000);
    let while_uneven = line.buffer.stats();
    line.listen(60_000);

    assert!(while_uneven.delay >= Duration::from_millis(25), "{:?}", while_uneven.delay);
    assert!(while_uneven.delay <= Duration::from_millis(60), "{:?}", while_uneven.delay);
    assert!(while_uneven.late <= 5, "{}", while_uneven.late);
    assert!(made_up(&uneven) <= 15, "{}", made_up(&uneven));
    // Each packet comes 14 ms later or 17 ms earlier than the one before.
    assert_eq!(while_uneven.jitter.as_millis(), 15);
    assert!(line.buffer.stats().delay <= Duration::from_millis(45));
}

#[test]
fn a_sender_whose_clock_runs_fast_or_slow_is_followed() {
    for per_mille in [999_u64, 1_001] {
        let mut line = Line::new();
        line.quiet = true;
        (0..6_000).for_each(|nth| line.packet(nth, 20 * u64::from(nth) * per_mille / 1_000));

        line.listen(20 * 6_000 * per_mille / 1_000);

        let stats = line.buffer.stats();
        assert!(stats.delay <= Duration::from_millis(60), "{per_mille}: {stats:?}");
        assert_eq!(stats.late, 0, "{per_mille}");
    }
}

#[test]
fn made_up_sound_continues_a_vowel_and_fades() {
    let mut line = Line::new();
    line.vowel = true;
    (0..50).for_each(|nth| line.packet(nth, 20 * u64::from(nth)));

    let heard = line.listen(1_200);

    let made_up: Vec<f32> = heard.iter().filter_map(level_if_made_up).collect();
    let loud = heard.iter().filter_map(level_if_real).fold(f32::MIN, f32::max);
    assert!((loud - made_up[0]).abs() < 2.0, "{loud} {made_up:?}");
    assert!(made_up[1] < made_up[0] && made_up[2] < made_up[1]);
    assert_eq!(made_up[3], -96.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_the_network_does_frames_come_in_order(
        arrivals in proptest::collection::vec((0u32..300, 0u64..150), 0..600),
        sequence_base: u16, timestamp_base: u32,
    ) {
        let mut line = Line::new();
        line.sequence_base = sequence_base;
        line.timestamp_base = timestamp_base;
        for (nth, late) in arrivals {
            line.packet(nth, 20 * u64::from(nth) + late);
        }

        let heard = line.listen(7_000);

        prop_assert!(in_order(&heard));
        prop_assert_eq!(heard.len(), 350);
    }

    #[test]
    fn senseless_headers_never_panic(
        packets in proptest::collection::vec(
            (any::<u16>(), any::<u32>(), 0u32..3, any::<bool>(), 0usize..1_000, 0u64..2_000),
            0..300,
        ),
    ) {
        let (mut buffer, start) = (JitterBuffer::new(), epoch());
        for (nth, (sequence, timestamp, ssrc, marker, len, at)) in packets.iter().enumerate() {
            let header = Header {
                payload_type: 0, marker: *marker, sequence: *sequence,
                timestamp: *timestamp, ssrc: *ssrc,
            };
            let now = start + Duration::from_millis(*at);

            buffer.insert(now, &header, &vec![1; *len]);
            buffer.pull(start + Duration::from_millis(20 * nth as u64));
        }
    }
}

/// A network between a sender, whose packets hold their own number, and the buffer.
struct Line {
    buffer: JitterBuffer,
    start: Instant,
    /// Arrival in milliseconds.
    sent: Vec<(u64, Header, Vec<i16>)>,
    pulled: u64,
    sequence_base: u16,
    timestamp_base: u32,
    ssrc: u32,
    ptime: u32,
    marker: bool,
    quiet: bool,
    vowel: bool,
}

impl Line {
    fn new() -> Line {
        Line {
            buffer: JitterBuffer::new(),
            start: epoch(),
            sent: Vec::new(),
            pulled: 0,
            sequence_base: 100,
            timestamp_base: 5_000,
            ssrc: 1,
            ptime: PTIME,
            marker: false,
            quiet: false,
            vowel: false,
        }
    }

    fn packet(&mut self, nth: u32, arrives: u64) {
        let header = Header {
            payload_type: 0,
            marker: std::mem::take(&mut self.marker),
            sequence: self.sequence_base.wrapping_add(nth as u16),
            timestamp: self.timestamp_base.wrapping_add(nth.wrapping_mul(self.ptime)),
            ssrc: self.ssrc,
        };
        let samples = (0..self.ptime).map(|n| self.sample(nth, n)).collect();
        self.sent.push((arrives, header, samples));
    }

    fn sample(&self, nth: u32, n: u32) -> i16 {
        if self.quiet {
            return 1 + (nth / 100) as i16;
        }
        if self.vowel {
            return (8_000.0 * ((nth * self.ptime + n) as f32 * 0.1).sin()) as i16;
        }
        1_000 + nth as i16
    }

    fn listen(&mut self, until: u64) -> Vec<Pulled> {
        self.sent.sort_by_key(|(arrives, _, _)| *arrives);
        let mut sent = std::mem::take(&mut self.sent).into_iter().peekable();
        let mut heard = Vec::new();
        while self.pulled * 20 < until {
            let now = self.pulled * 20 + 3;
            while let Some((arrives, header, samples)) = sent.next_if(|packet| packet.0 <= now) {
                let arrived = self.start + Duration::from_millis(arrives);
                self.buffer.insert(arrived, &header, &samples);
            }
            heard.push(self.buffer.pull(self.start + Duration::from_millis(now)));
            self.pulled += 1;
        }
        self.sent = sent.collect();
        heard
    }
}

/// After the blend at its start, a real frame holds the numbers of its packets.
fn in_order(heard: &[Pulled]) -> bool {
    let numbers: Vec<i16> = heard.iter().filter_map(real_samples).flatten().collect();
    numbers.is_sorted()
}

fn real_samples(pulled: &Pulled) -> Option<Vec<i16>> {
    match pulled {
        Pulled::Frame(frame) => Some(frame[40..].to_vec()),
        Pulled::Concealed(_) | Pulled::Nothing => None,
    }
}

fn level_if_made_up(pulled: &Pulled) -> Option<f32> {
    match pulled {
        Pulled::Concealed(frame) => Some(crate::audio::level_dbfs(&frame[..80])),
        Pulled::Frame(_) | Pulled::Nothing => None,
    }
}

fn level_if_real(pulled: &Pulled) -> Option<f32> {
    real_samples(pulled).map(|frame| crate::audio::level_dbfs(&frame))
}

fn real(heard: &[Pulled]) -> usize {
    heard.iter().filter(|pulled| matches!(pulled, Pulled::Frame(_))).count()
}

fn made_up(heard: &[Pulled]) -> usize {
    heard.iter().filter(|pulled| matches!(pulled, Pulled::Concealed(_))).count()
}

#[expect(clippy::disallowed_methods, reason = "any instant will do as the test's zero")]
fn epoch() -> Instant {
    Instant::now()
}
