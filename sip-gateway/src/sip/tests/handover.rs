//! A call handed over to somebody else, and every way that goes.

use std::time::Duration;

use super::super::agent::{Command, Event, Input, Leg, Transport};
use super::super::refer::{Failure, Handover};
use super::*;

const LEG: Leg = Leg(1);

/// A call that is up, and the REFER just sent.
fn handing_over(to: &str) -> Bench {
    let mut bench = Bench::new(Transport::Udp);
    bench.hear(&request("INVITE", 1, "a", "", ""));
    bench.input(Input::Command(Command::Answer { leg: LEG, sdp: OFFER.into() }));
    let tag = bench.last().to_tag().expect("ours").to_owned();
    bench.hear(&request("ACK", 1, "b", &tag, ""));
    bench.input(Input::Command(Command::HandOver { leg: LEG, to: to.into() }));
    bench
}

fn answered(bench: &mut Bench, status: u16) {
    let refer = bench.last().clone();
    let (flow, answer) = (bench.flow, Message::response(&refer, status, "", "them"));
    bench.input(Input::Message { flow, bytes: &answer.to_bytes() });
}

fn notified(bench: &mut Bench, number: u32, state: &str, fragment: &str) {
    let tag = bench.our_tag.clone();
    let text = request(
        "NOTIFY",
        number,
        &format!("n{number}"),
        &tag,
        &format!(
            "Event: refer\r\nSubscription-State: {state}\r\nContent-Type: message/sipfrag\r\n"
        ),
    );
    let head = text.replace("Content-Length: 0", &format!("Content-Length: {}", fragment.len()));
    bench.hear(&format!("{head}{fragment}"));
}

fn told(bench: &Bench) -> Vec<Handover> {
    let how = |event: &Event| match event {
        Event::HandedOver { how, .. } => Some(*how),
        _ => None,
    };
    bench.events.iter().filter_map(how).collect()
}

#[test]
fn a_handover_is_followed_to_its_good_end_and_told_once() {
    let mut bench = handing_over("sip:+74012999999@pbx.test");
    let refer = bench.last().clone();
    assert_eq!(refer.header("Refer-To"), Some("<sip:+74012999999@pbx.test>"));
    assert_eq!(refer.header("Referred-By"), Some("<sip:gudok@192.0.2.1:5060>"));

    answered(&mut bench, 202);
    assert_eq!(told(&bench), [Handover::Begun]);
    notified(&mut bench, 2, "active;expires=60", "SIP/2.0 180 Ringing\r\n");
    assert_eq!((bench.said(), told(&bench)), (vec!["200".into()], vec![Handover::Rings]));
    notified(&mut bench, 3, "terminated;reason=noresource", "SIP/2.0 200 OK\r\n");
    assert_eq!((bench.said(), told(&bench)), (vec!["200".into()], vec![Handover::Done]));
    notified(&mut bench, 4, "terminated", "SIP/2.0 486 Busy\r\n");
    assert_eq!((bench.said(), told(&bench)), (vec!["481".into()], vec![]));
}

#[test]
fn every_failure_of_a_handover_has_its_name() {
    let mut refused = handing_over("sip:200@pbx.test");
    answered(&mut refused, 405);
    assert_eq!(told(&refused), [Handover::Failed(Failure::Refused(405))]);

    let mut busy = handing_over("sip:200@pbx.test");
    answered(&mut busy, 202);
    notified(&mut busy, 2, "terminated", "SIP/2.0 486 Busy Here\r\n");
    assert_eq!(told(&busy), [Handover::Failed(Failure::NotAnswered(486))]);

    let mut silent = handing_over("sip:200@pbx.test");
    answered(&mut silent, 202);
    silent.wait(Duration::from_secs(61));
    assert_eq!(told(&silent), [Handover::Failed(Failure::Silent)]);

    let nobody = handing_over("200");
    assert_eq!(told(&nobody), [Handover::Failed(Failure::NoAddress)]);
    assert_eq!(nobody.sent.len(), 0);
}

#[test]
fn a_call_lives_on_after_a_handover_that_failed() {
    let mut bench = handing_over("sip:200@pbx.test");
    answered(&mut bench, 603);

    bench.input(Input::Command(Command::HangUp { leg: LEG }));

    assert_eq!(bench.said(), ["BYE"]);
}
