//! Ringing that must be heard, on either side.

use std::time::Duration;

use super::super::agent::{Command, Event, Input, Leg, Transport, Why};
use super::*;

fn ringing(more: &str) -> Bench {
    let mut bench = Bench::new(Transport::Udp);
    bench.hear(&request("INVITE", 1, "a", "", more));
    bench.input(Input::Command(Command::Ring { leg: Leg(1) }));
    bench
}

fn prack(bench: &Bench, branch: &str, ringing: &str) -> String {
    let tag = bench.last().to_tag().unwrap_or_default().to_owned();
    request("PRACK", 2, branch, &tag, &format!("RAck: {ringing}\r\n"))
}

#[test]
fn ringing_goes_out_again_until_its_prack_and_then_no_more() {
    let mut bench = ringing("Require: 100rel\r\n");
    let rung = bench.last().clone();
    let number = rung.header("RSeq").expect("a number").to_owned();
    assert_eq!((rung.status(), rung.header("Require")), (Some(180), Some("100rel")));
    let wrong = prack(&bench, "w", "1 1 INVITE");
    let right = prack(&bench, "r", &format!("{number} 1 INVITE"));

    let again = bench.wait(Duration::from_millis(3_600));
    assert_eq!(again.len(), 3, "after 0.5, 1.5 and 3.5 s");
    assert!(again.iter().all(|message| message.to_bytes() == rung.to_bytes()));

    bench.hear(&wrong);
    assert_eq!(bench.said(), ["481"]);
    bench.hear(&right.replace("CSeq: 2", "CSeq: 3"));
    assert_eq!(bench.said(), ["200"]);
    assert_eq!(bench.wait(Duration::from_secs(40)), []);

    bench.input(Input::Command(Command::Answer { leg: Leg(1), sdp: OFFER.into() }));
    assert_eq!(bench.said(), ["200"]);
}

#[test]
fn ringing_nobody_hears_ends_in_a_refusal() {
    let mut bench = ringing("Supported: timer, 100rel\r\n");

    let sent = bench.wait(Duration::from_secs(33));

    assert!(sent.iter().any(|message| name(message) == "504"));
    assert_eq!(bench.events, [Event::Ended { leg: Leg(1), why: Why::Refused(504) }]);
}

#[test]
fn whoever_knows_nothing_of_it_is_rung_the_old_way() {
    let mut bench = ringing("Supported: timer\r\n");

    assert_eq!((bench.said(), bench.last().header("RSeq")), (vec!["180".to_owned()], None));
    assert_eq!(bench.wait(Duration::from_secs(60)), []);
}

#[test]
fn ringing_of_theirs_is_acknowledged_once_and_its_sound_told() {
    let mut bench = Bench::new(Transport::Udp);
    let (leg, flow) = (bench.agent.next_leg(), bench.flow);
    bench.input(Input::Command(Command::Call {
        leg,
        flow,
        to: "sip:200@192.0.2.2".into(),
        from: "sip:100@192.0.2.1".into(),
        sdp: OFFER.into(),
        credentials: None,
    }));
    let invite = bench.last().clone();
    assert_eq!(invite.header("Supported"), Some("100rel, timer, replaces"));
    let early = |number: u32| {
        Message::response(&invite, 183, "", "far")
            .with("Require", "100rel")
            .with("RSeq", number.to_string())
            .with("Contact", "<sip:200@192.0.2.2>")
            .with_sdp(OFFER.into())
            .to_bytes()
    };
    let hear = |bench: &mut Bench, bytes: &[u8]| bench.input(Input::Message { flow, bytes });

    hear(&mut bench, &early(17));
    assert_eq!(bench.said(), ["PRACK"]);
    let prack = bench.last().clone();
    assert_eq!(prack.header("RAck"), Some("17 1 INVITE"));
    assert_eq!(prack.header("CSeq"), Some("2 PRACK"));
    assert_eq!(bench.events, [Event::Ringing { leg, early: Some(OFFER.into()) }]);
    hear(&mut bench, &early(17));
    assert!(!bench.said().contains(&"PRACK".to_owned()));
    hear(&mut bench, &Message::response(&prack, 200, "", "far").to_bytes());
    hear(&mut bench, &early(18));
    assert_eq!(bench.last().header("CSeq"), Some("3 PRACK"));

    let ok = Message::response(&invite, 200, "", "far").with("Contact", "<sip:200@192.0.2.2>");
    hear(&mut bench, &ok.with_sdp(OFFER.into()).to_bytes());
    assert_eq!(bench.last().header("CSeq"), Some("1 ACK"));
    bench.input(Input::Command(Command::HangUp { leg }));
    assert_eq!(bench.last().header("CSeq"), Some("4 BYE"));
}
