//! Hostile datagrams: whatever arrives, nothing panics, and nothing grows without bound.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::super::agent::{Command, Transport};
use super::super::sdp;
use super::*;

/// Bits that change what a parser does.
const SPLICES: [&[u8]; 14] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\"",
    b"<",
    b">",
    b";",
    b",",
    b":",
    b"\xff",
    b"%",
    b"[",
    b"@",
    b"\\",
    b"99999999999999999999",
];

#[test]
fn a_hundred_thousand_mutated_datagrams_do_no_harm() {
    mutated(3, 100_000);
}

#[test]
#[ignore = "part of make test-long"]
fn a_million_mutated_datagrams_do_no_harm() {
    mutated(5, 1_000_000);
}

/// So many datagrams at an agent that answers, refuses and hangs up.
fn mutated(seed: u64, datagrams: u32) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut agent = Agent::new(settings(1));
    let (mut now, flow) = (start(), flow(Transport::Udp));
    let seeds = seeds();

    for _ in 0..datagrams {
        let mut bytes = seeds[pick(&mut chance, seeds.len())].clone().into_bytes();
        for _ in 0..=pick(&mut chance, 6) {
            mutate(&mut bytes, &mut chance);
        }
        now += Duration::from_millis(20);
        agent.handle(now, Input::Message { flow, bytes: &bytes });
        drain(&mut agent, now, &mut chance);
    }

    let later = now + Duration::from_secs(300);
    while let Some(at) = agent.deadline().filter(|at| *at < later) {
        agent.handle(at, Input::Timeout);
        drain(&mut agent, at, &mut chance);
    }
    assert_eq!(agent.open(), 0);
}

#[test]
fn mutated_streams_and_descriptions_do_no_harm() {
    let mut chance = ChaCha8Rng::seed_from_u64(4);
    let seeds = seeds();

    for _ in 0..20_000 {
        let mut bytes = seeds[pick(&mut chance, seeds.len())].clone().into_bytes();
        mutate(&mut bytes, &mut chance);
        let mut stream = wire::Stream::default();
        for piece in bytes.chunks(1 + pick(&mut chance, 400)) {
            stream.feed(piece);
            while let Ok(Some(_)) = stream.next_piece() {}
        }
        let mut offer = OFFER.as_bytes().to_vec();
        mutate(&mut offer, &mut chance);
        let address = flow(Transport::Udp).local.ip();
        let local = sdp::Local { address, port: 4000, secret: sdp::Secret::default() };
        let answer = sdp::answer(&offer, &local);
        assert!(answer.is_err() || sdp::own(&answer.expect("checked").sdp).is_some());
    }
}

/// Every invited leg is answered or refused, as a call would.
fn drain(agent: &mut Agent, now: Instant, chance: &mut ChaCha8Rng) {
    let mut decided = Vec::new();
    while let Some(output) = agent.poll() {
        match output {
            Output::Send { bytes, .. } => assert!(wire::read(&bytes).is_ok()),
            Output::Event(Event::Invited { leg, .. }) if pick(chance, 2) == 0 => {
                decided.push(Command::Answer { leg, sdp: OFFER.into() });
            }
            Output::Event(Event::Invited { leg, .. }) => {
                decided.push(Command::Refuse { leg, status: 404, reason: "", retry_after: None });
            }
            Output::Event(Event::Confirmed { leg, .. }) => {
                decided.push(Command::HangUp { leg });
            }
            Output::Event(_) => {}
        }
    }
    for command in decided {
        agent.handle(now, Input::Command(command));
    }
    while agent.poll().is_some() {}
}

fn mutate(bytes: &mut Vec<u8>, chance: &mut ChaCha8Rng) {
    let at = pick(chance, bytes.len().max(1)).min(bytes.len());
    let end = (at + pick(chance, 40)).min(bytes.len());
    match pick(chance, 6) {
        0 if at < bytes.len() => bytes[at] = chance.next_u32() as u8,
        1 => drop(bytes.drain(at..end)),
        2 => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        3 => bytes.truncate(at),
        4 => {
            let line = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let part = bytes[line..end].to_vec();
            bytes.extend(part);
        }
        _ => {
            let splice = SPLICES[pick(chance, SPLICES.len())];
            bytes.splice(at..at, splice.iter().copied());
        }
    }
}

fn seeds() -> Vec<String> {
    let invite = request("INVITE", 1, "a", "", "Record-Route: <sip:192.0.2.9;lr>\r\n");
    vec![
        invite.clone(),
        invite.replace("call-1", "call-2").replace("z9hG4bKa", "z9hG4bKa2;rport"),
        request("ACK", 1, "a", "x", ""),
        request("BYE", 2, "b", "x", ""),
        request("CANCEL", 1, "a", "", ""),
        request("PRACK", 2, "d", "x", "RAck: 1 1 INVITE\r\n"),
        request("UPDATE", 2, "e", "x", "Session-Expires: 90;refresher=uac\r\n"),
        request("NOTIFY", 2, "f", "x", "Event: refer\r\nSubscription-State: terminated\r\n"),
        request("INFO", 2, "g", "x", "Content-Type: application/dtmf-relay\r\n"),
        request("OPTIONS", 1, "c", "", "Accept: */*\r\nRequire: a\r\n"),
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n\
         To: <sip:b@h>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n"
            .to_owned(),
    ]
}

fn pick(chance: &mut ChaCha8Rng, most: usize) -> usize {
    (chance.next_u64() % most as u64) as usize
}
