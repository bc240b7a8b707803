//! Whole calls between two agents, in every weather.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::super::agent::{Command, Event, Leg, Transport, Why};
use super::super::sdp;
use super::super::timer::Timer;
use super::link::{End, Link, Weather};
use super::model;

const CALLS: u64 = 10_000;
/// Nothing may live longer than this after the last plan.
const LONGEST: Duration = Duration::from_secs(400);

/// What the two people are going to do.
#[derive(Debug, Clone, Copy)]
struct Story {
    rings: bool,
    callee: Callee,
    /// When the caller loses patience before an answer.
    cancels: Option<Duration>,
    caller_hangs_up: Option<Duration>,
    callee_hangs_up: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
enum Callee {
    Answers(Duration),
    Refuses(Duration),
    LetsItRing,
}

#[test]
fn ten_thousand_calls_in_all_weathers_end_as_they_must_and_leave_nothing() {
    let mut ends: HashMap<(End, Why), u32> = HashMap::new();
    let mut fired: BTreeSet<Timer> = BTreeSet::new();

    for seed in 0..CALLS {
        let link = play(seed);
        fired.extend(link.caller.fired().iter().chain(link.callee.fired()));

        for (end, legs) in [(End::Caller, 1), (End::Callee, invited(&link))] {
            let whys = endings(&link, end);
            assert_eq!(whys.len(), legs, "seed {seed}: {end:?} {:?}", link.facts);
            let lived = lived(&link, end);
            assert_eq!(
                whys.first().copied(),
                model::ending(&lived),
                "seed {seed}: {end:?} {lived:?}"
            );
            whys.iter().for_each(|why| *ends.entry((end, *why)).or_default() += 1);
        }
        assert!(invited(&link) <= 1, "seed {seed}: one INVITE made two legs");
        assert_eq!((link.caller.open(), link.callee.open()), (0, 0), "seed {seed}");
        assert!(link.now - link.began < LONGEST, "seed {seed}: lived {:?}", link.now - link.began);
    }

    for expected in [
        (End::Caller, Why::HungUp),
        (End::Caller, Why::CallerHungUp),
        (End::Caller, Why::Cancelled),
        (End::Caller, Why::Refused(486)),
        (End::Caller, Why::NoAnswer),
        (End::Callee, Why::HungUp),
        (End::Callee, Why::CallerHungUp),
        (End::Callee, Why::Cancelled),
        (End::Callee, Why::Refused(486)),
    ] {
        assert!(ends.contains_key(&expected), "{expected:?} never happened: {ends:?}");
    }
    use Timer::{A, B, C, D, E, F, G, H, I, J, K};
    for timer in [A, B, C, D, E, F, G, H, I, J, K] {
        assert!(fired.contains(&timer), "{timer:?} never fired: {fired:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (one, two, other) = (play(11), play(11), play(12));

    assert_eq!(one.trace, two.trace);
    assert_eq!(one.events, two.events);
    assert_ne!(one.trace, other.trace);
}

#[test]
fn in_fair_weather_a_call_goes_by_the_book() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut link = Link::new(transport, Weather::default(), ChaCha8Rng::seed_from_u64(1));
        let story = Story {
            rings: true,
            callee: Callee::Answers(Duration::from_secs(2)),
            cancels: None,
            caller_hangs_up: Some(Duration::from_secs(60)),
            callee_hangs_up: None,
        };

        tell(&mut link, story);

        let told: Vec<String> = link
            .events
            .iter()
            .map(|(at, end, event)| format!("{:>2} {end:?} {}", at.as_secs(), name(event)))
            .collect();
        assert_eq!(
            told,
            [
                " 0 Callee Invited",
                " 0 Caller Ringing",
                " 2 Caller Answered",
                " 2 Callee Confirmed",
                "62 Callee Ended CallerHungUp",
                "62 Caller Ended HungUp",
            ]
        );
    }
}

#[test]
fn a_network_that_carries_nothing_ends_with_no_answer_after_32_seconds() {
    let dead = Weather { lost: 1000, ..Weather::default() };
    let mut link = Link::new(Transport::Udp, dead, ChaCha8Rng::seed_from_u64(1));
    let story = Story {
        rings: false,
        callee: Callee::LetsItRing,
        cancels: None,
        caller_hangs_up: None,
        callee_hangs_up: None,
    };

    tell(&mut link, story);

    assert_eq!(endings(&link, End::Caller), [Why::NoAnswer]);
    assert_eq!(link.now - link.began, Duration::from_secs(32));
}

fn play(seed: u64) -> Link {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut up_to = |most: u64| chance.next_u64() % most;
    let transport = if up_to(5) == 0 { Transport::Tcp } else { Transport::Udp };
    let weather = Weather {
        lost: [0, 20, 100, 300][up_to(4) as usize],
        repeated: [0, 50, 300][up_to(3) as usize],
        delay_most: Duration::from_millis([1, 50, 900][up_to(3) as usize]),
        dies_after: (up_to(20) == 0).then(|| Duration::from_millis(up_to(5000))),
    };
    let decides = Duration::from_millis(up_to(3000));
    let mut maybe =
        |share: u64, most: u64| (up_to(share) == 0).then(|| Duration::from_millis(up_to(most)));
    let (cancels, caller, callee) = (maybe(3, 3000), maybe(2, 3000), maybe(2, 3000));
    // Whoever hears nothing any more leaves sooner or later.
    let leaves = weather.dies_after.map(|_| Duration::from_secs(100));
    let story = Story {
        rings: up_to(2) == 0,
        callee: match up_to(8) {
            0 => Callee::Refuses(decides),
            1 => Callee::LetsItRing,
            _ => Callee::Answers(decides),
        },
        cancels,
        caller_hangs_up: caller.or(leaves),
        callee_hangs_up: callee.or(leaves).or(caller.is_none().then_some(decides)),
    };

    let mut link = Link::new(transport, weather, chance);
    tell(&mut link, story);
    link
}

/// Play a story to the end of everything.
fn tell(link: &mut Link, story: Story) {
    let (leg, flow) = (link.caller.next_leg(), link.flow(End::Caller));
    let (to, from) = ("sip:100@192.0.2.2:5060".to_owned(), "sip:anna@192.0.2.1".to_owned());
    let sdp = sdp::offer(flow.local.ip(), 4000);
    link.plan(
        Duration::ZERO,
        End::Caller,
        Command::Call { leg, flow, to, from, sdp, credentials: None },
    );
    if let Some(after) = story.cancels {
        link.plan(after, End::Caller, Command::HangUp { leg });
    }
    while let Some(told) = link.step() {
        told.into_iter().for_each(|(end, event)| react(link, story, end, event));
    }
}

fn react(link: &mut Link, story: Story, end: End, event: Event) {
    match (end, event) {
        (End::Callee, Event::Invited { leg, offer, .. }) => {
            let here = link.flow(End::Callee).local.ip();
            let local = sdp::Local { address: here, port: 6000, secret: sdp::Secret::default() };
            let answer = sdp::answer(&offer.expect("offered"), &local).expect("ours");
            decide(link, story, leg, answer.sdp);
        }
        (End::Caller, Event::Answered { leg, sdp }) => {
            assert!(sdp::read_answer(&sdp).is_ok());
            if let Some(after) = story.caller_hangs_up {
                link.plan(after, End::Caller, Command::HangUp { leg });
            }
        }
        (End::Callee, Event::Confirmed { leg, .. }) => {
            if let Some(after) = story.callee_hangs_up {
                link.plan(after, End::Callee, Command::HangUp { leg });
            }
        }
        (_, _) => {}
    }
}

fn decide(link: &mut Link, story: Story, leg: Leg, sdp: Vec<u8>) {
    if story.rings {
        link.plan(Duration::ZERO, End::Callee, Command::Ring { leg });
    }
    match story.callee {
        Callee::Answers(after) => link.plan(after, End::Callee, Command::Answer { leg, sdp }),
        Callee::Refuses(after) => {
            let refuse = Command::Refuse { leg, status: 486, reason: "", retry_after: None };
            link.plan(after, End::Callee, refuse);
        }
        Callee::LetsItRing => {}
    }
}

fn lived(link: &Link, at: End) -> Vec<(Duration, model::Fact)> {
    let here = link.facts.iter().filter(|(_, end, _)| *end == at);
    here.map(|(when, _, fact)| (*when, *fact)).collect()
}

fn invited(link: &Link) -> usize {
    link.events.iter().filter(|(_, _, event)| matches!(event, Event::Invited { .. })).count()
}

fn endings(link: &Link, end: End) -> Vec<Why> {
    let why = |(_, at, event): &(Duration, End, Event)| match event {
        Event::Ended { why, .. } if *at == end => Some(*why),
        _ => None,
    };
    link.events.iter().filter_map(why).collect()
}

fn name(event: &Event) -> String {
    match event {
        Event::Invited { .. } => "Invited".to_owned(),
        Event::Confirmed { .. } => "Confirmed".to_owned(),
        Event::Ringing { .. } => "Ringing".to_owned(),
        Event::Answered { .. } => "Answered".to_owned(),
        Event::Pressed { .. } => "Pressed".to_owned(),
        Event::Reoffered { .. } => "Reoffered".to_owned(),
        Event::HandedOver { how, .. } => format!("HandedOver {how:?}"),
        Event::Ended { why, .. } => format!("Ended {why:?}"),
        Event::Registered { .. }
        | Event::NotRegistered { .. }
        | Event::Unregistered { .. }
        | Event::Stranded { .. } => format!("{event:?}"),
    }
}
