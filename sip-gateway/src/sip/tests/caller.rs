//! The caller's side by hand: ringing, answers, and second thoughts.

use std::time::Duration;

use super::super::agent::{Command, Event, Input, Leg, Transport, Why};
use super::super::sdp;
use super::*;

#[test]
fn a_call_that_rings_three_minutes_is_cancelled() {
    let (mut bench, invite) = calling();
    bench.hear(&response(&invite, 180, "far", ""));
    let rang = bench.events.clone();

    let sent = bench.wait(Duration::from_secs(182));
    let cancel = sent.iter().find(|message| name(message) == "CANCEL").expect("a CANCEL");
    bench.hear(&response(&invite, 487, "far", ""));

    assert_eq!(rang, [Event::Ringing { leg: Leg(1), early: None }]);
    assert_eq!(cancel.header("Via"), invite.header("Via"));
    assert_eq!(bench.said(), ["ACK"]);
    assert_eq!(bench.events, [Event::Ended { leg: Leg(1), why: Why::NoAnswer }]);
}

#[test]
fn an_answer_that_crosses_our_cancel_is_acknowledged_and_hung_up() {
    let (mut bench, invite) = calling();
    bench.hear(&response(&invite, 180, "far", ""));
    bench.input(Input::Command(Command::HangUp { leg: Leg(1) }));
    let cancelled = bench.said();

    bench.hear(&response(&invite, 200, "far", "Contact: <sip:b@192.0.2.2>\r\n"));
    let (hung_up, bye) = (bench.said(), bench.last().clone());
    bench.hear(&response(&bye, 200, "", ""));

    assert_eq!(cancelled, ["CANCEL"]);
    assert_eq!(hung_up, ["ACK", "BYE"]);
    assert_eq!(bench.events, [Event::Ended { leg: Leg(1), why: Why::Cancelled }]);
}

#[test]
fn a_second_end_that_answers_is_hung_up_on_and_a_repeated_200_gets_its_ack() {
    let (mut bench, invite) = calling();
    let ok = response(&invite, 200, "far", "Contact: <sip:b@192.0.2.2>\r\n");
    bench.hear(&ok);
    let first = bench.last().to_bytes();

    bench.hear(&ok);
    let (again, events) = (bench.last().to_bytes(), bench.events.clone());
    bench.hear(&response(&invite, 200, "other", "Contact: <sip:c@192.0.2.3:5070>\r\n"));

    assert_eq!((again, events), (first, vec![]));
    assert_eq!(bench.said(), ["ACK", "BYE"]);
    assert_eq!(bench.sent[1].0.remote.to_string(), "192.0.2.3:5070");
    assert_eq!(bench.agent.legs(), 1);
}

#[test]
fn signs_of_life_are_asked_for_and_given_or_missed_as_the_answer_says() {
    for (refresher, due, gives) in [("uac", 900, true), ("uas", 1_768, false)] {
        let (mut bench, invite) = calling();
        assert_eq!(invite.header("Session-Expires"), Some("1800"));
        let agreed = format!(
            "Contact: <sip:b@192.0.2.2>\r\nSession-Expires: 1800;refresher={refresher}\r\n"
        );
        bench.hear(&response(&invite, 200, "far", &agreed));
        bench.wait(Duration::from_secs(due - 1));

        let sent: Vec<String> = bench.wait(Duration::from_secs(2)).iter().map(name).collect();

        assert_eq!(sent.first().map(String::as_str), Some(if gives { "UPDATE" } else { "BYE" }));
    }
}

#[test]
fn an_exchange_that_wants_fewer_signs_of_life_is_asked_again_once() {
    let (mut bench, invite) = calling();
    bench.hear(&response(&invite, 422, "far", "Min-SE: 3600\r\n"));
    assert_eq!(bench.said(), ["ACK", "INVITE"]);
    let again = bench.last().clone();
    assert_eq!(again.header("Session-Expires"), Some("3600"));
    assert_eq!((again.call_id(), again.cseq().map(|it| it.number)), (invite.call_id(), Some(2)));

    bench.hear(&response(&again, 422, "far", "Min-SE: 3600\r\n"));

    assert_eq!(bench.events, [Event::Ended { leg: Leg(1), why: Why::Refused(422) }]);
}

#[test]
fn an_address_that_is_none_is_not_called() {
    let mut bench = Bench::new(Transport::Udp);
    let (leg, flow) = (bench.agent.next_leg(), bench.flow);
    let (to, from) = ("master".to_owned(), "sip:us@192.0.2.1".to_owned());

    bench.input(Input::Command(Command::Call {
        leg,
        flow,
        to,
        from,
        sdp: vec![],
        credentials: None,
    }));

    assert_eq!(bench.events, [Event::Ended { leg, why: Why::NotPlaced }]);
    assert_eq!(bench.agent.open(), 0);
}

pub(super) fn calling() -> (Bench, Message) {
    let mut bench = Bench::new(Transport::Udp);
    let (leg, flow) = (bench.agent.next_leg(), bench.flow);
    let (to, from) = ("sip:b@192.0.2.2".to_owned(), "\"G\" <sip:us@192.0.2.1>".to_owned());
    let sdp = sdp::offer(flow.local.ip(), 4000);
    bench.input(Input::Command(Command::Call { leg, flow, to, from, sdp, credentials: None }));
    let invite = bench.last().clone();
    (bench, invite)
}

pub(super) fn response(request: &Message, status: u16, to_tag: &str, more: &str) -> String {
    let bytes = Message::response(request, status, "", to_tag).to_bytes();
    let text = String::from_utf8(bytes).expect("text");
    text.replace("Content-Length", &format!("{more}Content-Length"))
}
