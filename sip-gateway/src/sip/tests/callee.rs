//! The callee's side by hand: every answer the wire must see, and the races.

use std::time::Duration;

use super::super::agent::{Command, Event, Input, Leg, Output, Transport, Why};
use super::super::sdp;
use super::*;

#[test]
fn an_invite_is_tried_at_once_and_its_caller_is_known() {
    let mut bench = Bench::new(Transport::Udp);

    bench.hear(&request("INVITE", 1, "a", "", ""));

    assert_eq!(bench.said(), ["100"]);
    let [Event::Invited { number, caller, call_id, offer, .. }] = &bench.events[..] else {
        panic!("{:?}", bench.events)
    };
    assert_eq!((number.as_str(), call_id.as_str()), ("100", "call-1"));
    assert_eq!(caller.number.as_deref(), Some("+74012000001"));
    assert_eq!(caller.display.as_deref(), Some("Anna"));
    assert_eq!(offer.as_deref(), Some(OFFER.as_bytes()));
}

#[test]
fn a_repeated_invite_never_makes_a_second_leg() {
    let mut bench = Bench::new(Transport::Udp);
    let invite = request("INVITE", 1, "a", "", "");
    bench.hear(&invite);

    bench.hear(&invite);
    let trying = bench.said();
    let tag = answer(&mut bench);
    bench.hear(&invite);

    assert_eq!(trying, ["100"]);
    assert_eq!((bench.said().len(), bench.agent.legs()), (0, 1), "{tag}");
}

#[test]
fn the_200_is_repeated_until_its_ack_and_no_longer() {
    let mut bench = Bench::new(Transport::Udp);
    bench.hear(&request("INVITE", 1, "a", "", ""));
    let tag = answer(&mut bench);

    let repeated = bench.wait(Duration::from_millis(1600));
    bench.hear(&request("ACK", 1, "b", &tag, ""));
    let confirmed = bench.events.clone();
    bench.hear(&request("ACK", 1, "b", &tag, ""));
    let later = bench.wait(Duration::from_secs(40));

    assert_eq!(repeated.iter().map(name).collect::<Vec<_>>(), ["200", "200"]);
    assert_eq!(confirmed, [Event::Confirmed { leg: Leg(1), answer: None }]);
    assert_eq!((later.len(), bench.events.len()), (0, 0));
}

#[test]
fn without_an_ack_the_call_is_hung_up_after_32_seconds() {
    let mut bench = Bench::new(Transport::Udp);
    bench.hear(&request("INVITE", 1, "a", "", ""));
    answer(&mut bench);

    let sent = bench.wait(Duration::from_secs(33));

    assert_eq!(sent.iter().filter(|message| name(message) == "200").count(), 10);
    assert!(sent.iter().any(|message| name(message) == "BYE"));
    assert_eq!(bench.events, [Event::Ended { leg: Leg(1), why: Why::NotConfirmed }]);
    bench.wait(Duration::from_secs(33));
    assert_eq!(bench.agent.open(), 0);
}

#[test]
fn a_hang_up_before_the_ack_waits_for_it() {
    let mut bench = Bench::new(Transport::Udp);
    bench.hear(&request("INVITE", 1, "a", "", ""));
    let tag = answer(&mut bench);

    bench.input(Input::Command(Command::HangUp { leg: Leg(1) }));
    let before = bench.said();
    bench.hear(&request("ACK", 1, "b", &tag, ""));

    assert_eq!((before.len(), bench.said()), (0, vec!["BYE".to_owned()]));
    let bye = bench.last();
    assert_eq!(bye.header("To"), Some("\"Anna\" <sip:+74012000001@192.0.2.2>;tag=them"));
    assert_eq!(bye.request_uri().and_then(|uri| uri.user), Some("anna"));
    assert_eq!(bye.header("CSeq"), Some("1 BYE"));
}

#[test]
fn crossing_byes_are_both_answered_and_end_once() {
    let mut bench = established();
    let tag = bench.1;
    let bench = &mut bench.0;
    bench.input(Input::Command(Command::HangUp { leg: Leg(1) }));

    bench.hear(&request("BYE", 2, "c", &tag, ""));
    let (said, events) = (bench.said(), bench.events.clone());
    bench.hear(&request("BYE", 2, "c", &tag, ""));

    assert_eq!(said, ["200"]);
    assert_eq!(events, [Event::Ended { leg: Leg(1), why: Why::HungUp }]);
    assert_eq!((bench.said(), bench.events.len()), (vec!["200".to_owned()], 0));
    bench.wait(Duration::from_secs(40));
    assert_eq!(bench.agent.open(), 0);
}

#[test]
fn cancel_ends_a_ringing_call_but_not_an_answered_one() {
    let mut ringing = Bench::new(Transport::Udp);
    ringing.hear(&request("INVITE", 1, "a", "", ""));
    ringing.hear(&request("CANCEL", 1, "a", "", ""));
    let mut answered = Bench::new(Transport::Udp);
    answered.hear(&request("INVITE", 1, "a", "", ""));
    answer(&mut answered);

    answered.hear(&request("CANCEL", 1, "a", "", ""));
    let mut unknown = Bench::new(Transport::Udp);
    unknown.hear(&request("CANCEL", 1, "a", "", ""));

    assert_eq!(ringing.said(), ["200", "487"]);
    assert_eq!(ringing.events, [Event::Ended { leg: Leg(1), why: Why::Cancelled }]);
    assert_eq!((answered.said(), answered.agent.legs()), (vec!["200".to_owned()], 1));
    assert_eq!(unknown.said(), ["481"]);
}

#[test]
fn a_refusal_is_repeated_until_acknowledged() {
    let mut bench = Bench::new(Transport::Udp);
    bench.hear(&request("INVITE", 1, "a", "", ""));
    let refuse =
        Command::Refuse { leg: Leg(1), status: 486, reason: "All Busy", retry_after: Some(30) };

    bench.input(Input::Command(refuse));
    let refusal = bench.last().clone();
    let repeated = bench.wait(Duration::from_millis(600));
    bench.hear(&request("ACK", 1, "a", refusal.to_tag().expect("a tag"), ""));
    let later = bench.wait(Duration::from_secs(6));

    assert!(refusal.to_bytes().starts_with(b"SIP/2.0 486 All Busy\r\n"));
    assert_eq!(refusal.header("Retry-After"), Some("30"));
    assert_eq!((repeated.len(), later.len(), bench.agent.open()), (1, 0, 0));
}

#[test]
fn what_we_do_not_do_is_refused_with_the_reason() {
    let cases = [
        (request("REGISTER", 1, "a", "", ""), 405, "Allow"),
        (request("MESSAGE", 1, "b", "", ""), 405, "Allow"),
        (request("NEWMETHOD", 1, "c", "", ""), 501, "Allow"),
        (request("INVITE", 1, "d", "", "Require: 100rel, x\r\n"), 420, "Unsupported"),
        (request("INVITE", 1, "e", "", "Content-Encoding: gzip\r\n"), 415, "Accept-Encoding"),
        (request("INVITE", 1, "f", "", "Accept: text/plain\r\n"), 406, ""),
        (request("INVITE", 1, "g", "", "").replace("application/sdp", "text/plain"), 415, "Accept"),
        (request("INVITE", 1, "h", "", "").replace("INVITE sip:", "INVITE fax:"), 416, ""),
        (request("INVITE", 1, "i", "", "").replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"), 505, ""),
        (request("INVITE", 1, "j", "", "").replace("CSeq: 1", "CSeq: x"), 400, ""),
        (request("INVITE", 1, "k", "", "").replace("To: ", "Tu: "), 400, ""),
        (request("INVITE", 1, "l", "gone", ""), 481, ""),
        (request("BYE", 1, "m", "gone", ""), 481, ""),
        (request("BYE", 1, "n", "", ""), 481, ""),
        (request("OPTIONS", 1, "o", "", ""), 200, "Accept"),
        (
            request("OPTIONS", 1, "p", "", "").replace("Max-Forwards: 70", "Max-Forwards: 0"),
            200,
            "",
        ),
    ];

    for (text, status, explained) in cases {
        let mut bench = Bench::new(Transport::Udp);
        bench.hear_unchecked(&text);
        let answer = bench.last();
        assert_eq!(answer.status(), Some(status), "{text}");
        assert!(explained.is_empty() || answer.header(explained).is_some(), "{text}");
        assert_eq!((bench.events.len(), bench.agent.open()), (0, 0), "{text}");
    }
}

#[test]
fn a_400_names_the_fault() {
    let mut bench = Bench::new(Transport::Udp);

    bench.hear_unchecked(&request("INVITE", 1, "a", "", "").replace("Call-ID: ", "X: "));

    assert!(bench.last().to_bytes().starts_with(b"SIP/2.0 400 Missing Call-ID header\r\n"));
}

#[test]
fn answers_find_their_way_back_through_a_nat() {
    let mut bench = Bench::new(Transport::Udp);
    bench.flow.remote = ([203, 0, 113, 9], 40_000).into();
    let invite = request("INVITE", 1, "a", "", "");

    bench.hear(&invite.replace("branch=z9hG4bKa", "rport;branch=z9hG4bKa"));
    let (asked, stamped) = (bench.sent[0].0, bench.last().clone());
    bench.hear(&invite.replace("call-1", "call-2").replace("bKa", "bKb"));
    let unasked = bench.sent[0].0;

    assert_eq!(asked.remote.to_string(), "203.0.113.9:40000");
    assert_eq!(
        stamped.header("Via"),
        Some("SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKa;received=203.0.113.9;rport=40000")
    );
    assert_eq!(unasked.remote.to_string(), "203.0.113.9:5060");
}

#[test]
fn the_same_request_by_another_path_is_a_loop() {
    let mut bench = Bench::new(Transport::Udp);
    bench.hear(&request("INVITE", 1, "a", "", ""));

    bench.hear(&request("INVITE", 1, "b", "", ""));

    assert_eq!((bench.said(), bench.agent.legs()), (vec!["482".to_owned()], 1));
}

#[test]
fn an_invite_without_offer_is_offered_to_and_the_ack_answers() {
    let mut bench = Bench::new(Transport::Udp);
    let invite = request("INVITE", 1, "a", "", "").replace(OFFER, "");
    let invite = invite.replace(&format!("Content-Length: {}", OFFER.len()), "Content-Length: 0");
    bench.hear(&invite);
    let none = matches!(bench.events[..], [Event::Invited { offer: None, .. }]);

    let tag = answer(&mut bench);
    let ack = request("INVITE", 1, "b", &tag, "").replace("INVITE", "ACK");
    bench.hear(&ack);

    assert!(none);
    let answer = Some(OFFER.as_bytes().to_vec());
    assert_eq!(bench.events, [Event::Confirmed { leg: Leg(1), answer }]);
}

#[test]
fn a_reinvite_is_answered_on_the_same_terms_or_refused() {
    let (mut bench, tag) = established();

    bench.hear(&request("INVITE", 2, "c", &tag, ""));
    let (again, events) = (bench.last().clone(), bench.events.clone());
    bench.hear(&request("ACK", 2, "d", &tag, ""));
    bench.hear(&request("INVITE", 3, "e", &tag, "").replace("RTP/AVP 0", "RTP/AVP 3"));
    let unmet = bench.said();
    bench.hear(&request("INVITE", 2, "f", &tag, ""));

    assert_eq!(String::from_utf8_lossy(&again.body), String::from_utf8_lossy(&our_answer()));
    assert_eq!(
        events,
        [Event::Reoffered { leg: Leg(1), offer: OFFER.into(), ours: our_answer(), with: None }]
    );
    assert_eq!((unmet, bench.said()), (vec!["488".to_owned()], vec!["500".to_owned()]));
    assert_eq!(bench.agent.legs(), 1);
}

#[test]
fn an_update_changes_the_terms_without_an_ack_or_is_a_sign_of_life() {
    let (mut bench, tag) = established();
    let hold =
        OFFER.replace("m=audio 4000 RTP/AVP 0\r\n", "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n");
    let update = request("INVITE", 2, "c", &tag, "").replace("INVITE", "UPDATE");

    bench.hear(&update.replace(OFFER, &hold).replace("Content-Length: ", "X-Length: "));
    let (held, events) = (bench.last().clone(), bench.events.clone());
    bench.hear(&request("UPDATE", 3, "d", &tag, ""));
    let alive = bench.last().clone();
    bench.hear(&request("UPDATE", 4, "e", "nobody", ""));

    assert!(String::from_utf8_lossy(&held.body).contains("a=recvonly"), "{held:?}");
    assert_eq!(
        events,
        [Event::Reoffered { leg: Leg(1), offer: hold.into(), ours: held.body.clone(), with: None }]
    );
    assert_eq!((alive.status(), alive.body.is_empty()), (Some(200), true));
    assert_eq!(bench.said(), ["481"]);
    assert_eq!(bench.wait(Duration::from_secs(3)).len(), 0, "nothing is repeated");
}

const TIMER: &str = "Supported: timer\r\nSession-Expires: 1800\r\n";

#[test]
fn a_caller_that_gives_no_sign_of_life_in_the_time_agreed_is_let_go() {
    let mut bench = Bench::new(Transport::Udp);
    bench.hear(&request("INVITE", 1, "a", "", TIMER));
    let tag = answer(&mut bench);
    let ok = bench.last().clone();
    bench.hear(&request("ACK", 1, "b", &tag, ""));

    assert_eq!(ok.header("Session-Expires"), Some("1800;refresher=uac"));
    assert_eq!(ok.header("Require"), Some("timer"));
    assert_eq!(bench.wait(Duration::from_secs(1_700)).len(), 0);
    bench.hear(&request("UPDATE", 2, "c", &tag, TIMER));
    assert_eq!(bench.last().header("Session-Expires"), Some("1800;refresher=uac"));
    let sent = bench.wait(Duration::from_secs(1_767));
    assert!(sent.is_empty(), "{sent:?}");
    let sent = bench.wait(Duration::from_secs(2));
    assert_eq!(sent.iter().map(name).collect::<Vec<_>>()[..1], ["BYE"]);
    bench.wait(Duration::from_secs(40));
    assert_eq!(bench.events, [Event::Ended { leg: Leg(1), why: Why::Lapsed }]);
}

#[test]
fn where_the_signs_of_life_are_ours_they_are_given_until_nobody_knows_the_call() {
    let mut bench = Bench::new(Transport::Udp);
    let asked = TIMER.replace("1800", "1800;refresher=uas") + "Require: timer\r\n";
    bench.hear(&request("INVITE", 1, "a", "", &asked));
    let tag = answer(&mut bench);
    bench.hear(&request("ACK", 1, "b", &tag, ""));

    for status in [200, 481] {
        let sent = bench.wait(Duration::from_secs(900));
        assert_eq!(sent.iter().map(name).collect::<Vec<_>>(), ["UPDATE"], "{status}");
        assert_eq!(sent[0].header("Session-Expires"), Some("1800;refresher=uac"));
        let answer = Message::response(&sent[0], status, "", "");
        bench.hear(&String::from_utf8(answer.to_bytes()).expect("text"));
    }
    assert_eq!(bench.said(), ["BYE"]);
}

#[test]
fn signs_of_life_that_would_come_too_often_are_refused() {
    let mut bench = Bench::new(Transport::Udp);

    bench.hear(&request("INVITE", 1, "a", "", &TIMER.replace("1800", "60")));

    assert_eq!(bench.said(), ["422"]);
    assert_eq!(bench.last().header("Min-SE"), Some("90"));
    assert_eq!(bench.agent.open(), 0);
}

#[test]
fn keys_by_info_are_told_and_anything_else_by_info_is_not_for_us() {
    let (mut bench, tag) = established();
    let info = |number: u32, kind: &str, body: &str| {
        let more = format!("Content-Type: {kind}\r\n");
        let head = request("INFO", number, &format!("i{number}"), &tag, &more);
        head.replace(
            "Content-Length: 0\r\n\r\n",
            &format!("Content-Length: {}\r\n\r\n{body}", body.len()),
        )
    };
    let relay = "application/dtmf-relay";
    let cases = [
        (info(2, relay, "Signal=5\r\nDuration=160\r\n"), Some('5')),
        (info(3, relay, "Duration=100\r\nsignal= # \r\n"), Some('#')),
        (info(4, "application/dtmf", "11"), Some('#')),
        (info(5, "application/dtmf;x=y", "a"), Some('A')),
        (info(6, relay, "Signal=flash"), None),
        (info(7, "application/xml", "<x/>"), None),
    ];
    for (text, key) in cases {
        bench.hear(&text);

        let told = key.map(|key| Event::Pressed { leg: Leg(1), key });
        assert_eq!(bench.events, told.into_iter().collect::<Vec<_>>(), "{text}");
        assert_eq!(bench.said(), [if key.is_some() { "200" } else { "415" }], "{text}");
    }
    bench.hear(&request("INFO", 8, "j", &tag, ""));
    assert_eq!((bench.said(), bench.events.len()), (vec!["200".to_owned()], 0));
}

#[test]
fn a_request_that_only_knows_our_tag_is_a_strangers() {
    let (mut bench, tag) = established();

    bench.hear(&request("BYE", 2, "c", &tag, "").replace("tag=them", "tag=else"));
    let stranger = bench.said();
    bench.hear(&request("BYE", 2, "d", &tag, "").replace("call-1", "call-9"));

    assert_eq!((stranger, bench.said()), (vec!["481".to_owned()], vec!["481".to_owned()]));
    assert_eq!(bench.agent.legs(), 1);
}

#[test]
fn a_lost_stream_ends_its_calls_and_leaves_nothing() {
    let mut bench = Bench::new(Transport::Tcp);
    bench.hear(&request("INVITE", 1, "a", "", "").replace("/UDP", "/TCP"));
    let flow = bench.flow;

    bench.input(Input::FlowLost(flow));

    assert_eq!(bench.events, [Event::Ended { leg: Leg(1), why: Why::FlowLost }]);
    assert_eq!((bench.agent.open(), bench.agent.deadline()), (0, None));
}

#[test]
fn over_a_stream_the_contact_says_so_and_the_way_back_is_the_stream() {
    let mut bench = Bench::new(Transport::Tcp);
    bench.hear(&request("INVITE", 1, "a", "", "").replace("/UDP", "/TCP"));

    answer(&mut bench);

    assert_eq!(bench.last().header("Contact"), Some("<sip:gudok@192.0.2.1:5060;transport=tcp>"));
    assert_eq!(bench.sent[0].0, bench.flow);
}

#[test]
fn when_full_a_call_is_asked_to_come_back() {
    let mut bench = Bench::new(Transport::Udp);
    for number in 0..super::super::agent::LEGS_MAX {
        let invite = request("INVITE", 1, &format!("x{number}"), "", "");
        let flow = bench.flow;
        let bytes = invite.replace("call-1", &format!("call-{number}")).into_bytes();
        bench.agent.handle(bench.now, Input::Message { flow, bytes: &bytes });
        while bench.agent.poll().is_some() {}
    }

    bench.hear(&request("INVITE", 1, "full", "", "").replace("call-1", "call-full"));

    assert_eq!(bench.said(), ["503"]);
    assert!(bench.last().header("Retry-After").is_some());
}

/// Answers leg 1 and returns our tag.
pub(super) fn answer(bench: &mut Bench) -> String {
    let sdp = our_answer();
    bench.input(Input::Command(Command::Answer { leg: Leg(1), sdp }));
    assert_eq!(bench.said(), ["200"]);
    bench.last().to_tag().expect("a tag").to_owned()
}

pub(super) fn our_answer() -> Vec<u8> {
    let address = [192, 0, 2, 1].into();
    let local = sdp::Local { address, port: 6000, secret: sdp::Secret::default() };
    sdp::answer(OFFER.as_bytes(), &local).expect("ours").sdp
}

pub(super) fn established() -> (Bench, String) {
    establish(Bench::new(Transport::Udp))
}

pub(super) fn establish(mut bench: Bench) -> (Bench, String) {
    let more = bench.more.clone();
    bench.hear(&request("INVITE", 1, "a", "", &more));
    let tag = answer(&mut bench);
    bench.hear(&request("ACK", 1, "b", &tag, ""));
    (bench, tag)
}

impl Bench {
    /// As `hear`, where the answer to a broken request must itself lack something.
    fn hear_unchecked(&mut self, text: &str) {
        let flow = self.flow;
        self.sent.clear();
        self.events.clear();
        self.agent.handle(self.now, Input::Message { flow, bytes: text.as_bytes() });
        while let Some(output) = self.agent.poll() {
            match output {
                Output::Send { flow, bytes } => {
                    self.sent.push((flow, wire::read(&bytes).expect("readable").message));
                }
                Output::Event(event) => self.events.push(event),
            }
        }
    }
}
