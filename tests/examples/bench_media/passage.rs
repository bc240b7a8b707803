//! Recorded speech sent over a network that loses and delays it, and what comes out.

use std::time::Duration;

use call_tests::world::link::{Link, Weather};
use media::audio::{FRAME_TIME, Frame, SILENCE};
use media::codec::Codec;
use media::codec::g711::Law;
use media::jitter::Stats;
use media::packets::Packets;
use media::quality::{Gaps, Passage};
use sip_gateway::call::line::{Agreed, Line, Origin};
use sip_gateway::clock;

use crate::pesq;

/// Networks for each figure.
const SEEDS: u64 = 12;
/// Of speech, a silent second between two utterances.
const UTTERANCES: usize = 4;
const LOSSES_PER_CENT: [u32; 5] = [0, 1, 3, 5, 10];
const JITTERS: [u64; 5] = [0, 10, 20, 30, 60];
const MINUTE: usize = 3_000;
const MILLISECOND: Duration = Duration::from_millis(1);

/// What came out at the other end, frame by frame.
struct Heard {
    sound: Vec<i16>,
    /// The same with nothing in place of what was lost.
    unmended: Vec<i16>,
    delays: Vec<Duration>,
    stats: Stats,
}

pub(crate) fn loss() -> anyhow::Result<()> {
    println!(
        "Recorded speech, {} s, over {SEEDS} networks that lose packets of 20 ms at random.\n",
        seconds()
    );
    println!(
        "| loss | E-model MOS: silence | mended | gain | PESQ: silence | PCMU mended | Opus mended | gain, PCMU |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for per_cent in LOSSES_PER_CENT {
        let weather = Weather { loss: per_cent * 10, ..Weather::CLEAR };
        let score = |lost, gaps| Passage { lost, burst: 1.0, delay: Duration::ZERO, gaps }.mos();
        let [silent, mended] =
            [Gaps::Silent, Gaps::Concealed].map(|gaps| score(f64::from(per_cent) / 100.0, gaps));
        let pesq = scores(weather)?;
        println!(
            "| {per_cent} % | {silent:.2} | {mended:.2} | {:+.2} | {} |",
            mended - silent,
            pesq.map_or_else(
                || "— | — | — | —".to_owned(),
                |[silent, pcmu, opus]| {
                    format!("{silent:.2} | {pcmu:.2} | {opus:.2} | {:+.2}", pcmu - silent)
                }
            )
        );
    }
    if pesq::is_missing() {
        println!("\nWithout PESQ (ITU-T P.862): `pip install numpy pesq` brings it.");
    }
    Ok(())
}

/// Silence, PCMU mended, Opus mended: the mean over all networks.
fn scores(weather: Weather) -> anyhow::Result<Option<[f64; 3]>> {
    let spoken = speech();
    let mut pairs = Vec::new();
    for seed in 0..SEEDS {
        let pcmu = across(Codec::Pcmu, &spoken, weather, seed);
        let opus = across(Codec::Opus, &spoken, weather, seed);
        pairs.extend([pcmu.unmended, pcmu.sound, opus.sound]);
    }
    let sent: Vec<i16> = spoken.concat();
    let Some(all) = pesq::scores(&sent, &pairs)? else {
        return Ok(None);
    };
    let mean = |of: usize| all.iter().skip(of).step_by(3).sum::<f64>() / SEEDS as f64;
    Ok(Some([mean(0), mean(1), mean(2)]))
}

pub(crate) fn jitter() {
    println!("\nA minute of PCMU over {SEEDS} networks whose packets come up to so much later.\n");
    println!(
        "| later by up to | buffer p50 | p99 | longest | late | frames made up | RFC 3550 jitter |"
    );
    println!("|---|---|---|---|---|---|---|");
    let spoken: Vec<Frame> = speech().into_iter().cycle().take(MINUTE).collect();
    for millis in JITTERS {
        let weather = Weather { jitter: Duration::from_millis(millis), ..Weather::CLEAR };
        let all: Vec<Heard> =
            (0..SEEDS).map(|seed| across(Codec::Pcmu, &spoken, weather, seed)).collect();
        let mut delays: Vec<u128> =
            all.iter().flat_map(|heard| &heard.delays).map(Duration::as_millis).collect();
        delays.sort_unstable();
        let at = |percent: usize| delays[(delays.len() - 1) * percent / 100];
        let received: u64 = all.iter().map(|heard| heard.stats.received).sum();
        let late: u64 = all.iter().map(|heard| heard.stats.late).sum();
        let made_up: u64 = all.iter().map(|heard| heard.stats.concealed).sum();
        println!(
            "| {millis} ms | {} ms | {} ms | {} ms | {:.2} % | {:.2} % | {} ms |",
            at(50),
            at(99),
            at(100),
            late as f64 * 100.0 / received as f64,
            made_up as f64 * 100.0 / received as f64,
            all[0].stats.jitter.as_millis()
        );
    }
}

/// Two recorded callers in turn, a second of quiet between them.
fn speech() -> Vec<Frame> {
    let recorded: [&[u8]; 2] = [
        include_bytes!("../../../media/testdata/caller-ru.ulaw"),
        include_bytes!("../../../media/testdata/caller-en.ulaw"),
    ];
    let mut frames = vec![SILENCE; 25];
    for sound in recorded.into_iter().cycle().take(UTTERANCES) {
        let mut samples = Vec::new();
        Law::Mu.decode(sound, &mut samples);
        frames.extend_from_slice(samples.as_chunks().0);
        frames.extend([SILENCE; 50]);
    }
    frames
}

fn seconds() -> usize {
    speech().len() / 50
}

fn across(codec: Codec, spoken: &[Frame], weather: Weather, seed: u64) -> Heard {
    let origin = Origin { ssrc: 7, sequence: 1, timestamp: 1 };
    let [mut here, mut there] = [0, 1].map(|_| Line::new(Agreed::usual(codec), origin));
    let mut link = Link::new(weather, seed);
    let (mut now, mut sound, mut unmended, mut delays) =
        (clock::now(), Vec::new(), Vec::new(), Vec::new());
    let mut made_up = 0;
    for frame in spoken {
        let mut packets = Packets::default();
        here.say(frame, &mut packets);
        packets.iter().for_each(|packet| link.send(now, packet));
        for _ in 0..FRAME_TIME.as_millis() {
            now += MILLISECOND;
            while let Some(packet) = link.receive(now) {
                there.receive(now, &packet);
            }
        }
        let frame = there.hear(now);
        let mended =
            there.stats().concealed > std::mem::replace(&mut made_up, there.stats().concealed);
        sound.extend_from_slice(&frame);
        unmended.extend_from_slice(if mended { &SILENCE } else { &frame });
        delays.push(there.delay());
    }
    Heard { sound, unmended, delays, stats: there.stats() }
}
