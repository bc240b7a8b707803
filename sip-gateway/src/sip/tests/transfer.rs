//! Somebody else takes over at the far end, by their own call or on our partner's order.

use std::time::Duration;

use super::super::agent::{Event, Leg, Settings, Transport, Why};
use super::callee::{establish, established, our_answer};
use super::caller::response;
use super::*;

const LEG: Leg = Leg(1);

/// A new caller's INVITE that names the call of `tag`.
fn replacing(tag: &str, flags: &str) -> String {
    request(
        "INVITE",
        1,
        "r",
        "",
        &format!("Replaces: call-1;to-tag={tag};from-tag=them{flags}\r\n"),
    )
    .replace("Call-ID: call-1", "Call-ID: call-2")
    .replace("tag=them\r\nTo:", "tag=new\r\nTo:")
}

#[test]
fn a_caller_in_place_of_another_is_answered_on_the_same_leg_and_the_other_hung_up_on() {
    let (mut bench, tag) = established();

    bench.hear(&replacing(&tag, ""));

    assert_eq!(bench.said(), ["200", "BYE"]);
    let (ok, bye) = (bench.sent[0].1.clone(), bench.sent[1].1.clone());
    assert_eq!((ok.call_id(), bye.call_id()), (Some("call-2"), Some("call-1")));
    assert_ne!(ok.to_tag(), Some(tag.as_str()));
    let (ours, with) = (our_answer(), Some("+74012000001".to_owned()));
    assert_eq!(String::from_utf8_lossy(&ok.body), String::from_utf8_lossy(&ours));
    assert_eq!(bench.events, [Event::Reoffered { leg: LEG, offer: OFFER.into(), ours, with }]);

    let new = ok.to_tag().expect("a tag").to_owned();
    bench.hear(&response(&bye, 200, "", ""));
    assert!(bench.events.iter().all(|event| !matches!(event, Event::Ended { leg: LEG, .. })));
    bench.hear(
        &request("ACK", 1, "s", &new, "")
            .replace("Call-ID: call-1", "Call-ID: call-2")
            .replace("tag=them\r\nTo:", "tag=new\r\nTo:"),
    );
    assert_eq!(bench.events, [Event::Confirmed { leg: LEG, answer: None }]);
    assert_eq!(bench.agent.legs(), 1);
    assert_eq!(bench.wait(Duration::from_secs(40)).len(), 0, "the 200 is confirmed");
}

#[test]
fn nobody_takes_the_place_of_a_call_they_cannot_name() {
    let (mut bench, tag) = established();
    let refused = |bench: &mut Bench, invite: &str| {
        bench.hear(invite);
        assert_eq!((bench.events.len(), bench.agent.legs()), (0, 1));
        bench.said().join(" ")
    };
    assert_eq!(refused(&mut bench, &replacing("nobody", "")), "481");
    assert_eq!(refused(&mut bench, &replacing(&tag, ";early-only")), "486");
    let forged = replacing(&tag, "").replace("from-tag=them", "from-tag=me");
    assert_eq!(refused(&mut bench, &forged), "481");
    let unclear = replacing(&tag, "").replace(";from-tag=them", "");
    assert_eq!(refused(&mut bench, &unclear), "400");
    let silent = replacing(&tag, "").replace("RTP/AVP 0", "RTP/AVP 3");
    assert_eq!(refused(&mut bench, &silent), "488");
}

fn following() -> (Bench, String) {
    let follows = Settings { follows: true, ..settings(7) };
    establish(Bench::with(follows, Transport::Udp))
}

fn refer(tag: &str, to: &str) -> String {
    request(
        "REFER",
        2,
        "f",
        tag,
        &format!("Refer-To: {to}\r\nReferred-By: <sip:anna@192.0.2.2>\r\n"),
    )
}

fn sent(bench: &Bench, method: &str) -> Message {
    let found = bench.sent.iter().find(|(_, message)| name(message) == method);
    found.unwrap_or_else(|| panic!("no {method} in {:?}", bench.said())).1.clone()
}

fn fragment(bench: &Bench) -> String {
    String::from_utf8(sent(bench, "NOTIFY").body).expect("text").trim().to_owned()
}

#[test]
fn on_our_partners_order_the_call_goes_on_with_whoever_they_name() {
    let (mut bench, tag) = following();

    bench.hear(&refer(
        &tag,
        "<sip:200@192.0.2.9:5070?Replaces=c%3Bto-tag%3Da%3Bfrom-tag%3Db&Route=x>",
    ));
    assert_eq!(bench.said(), ["202", "INVITE", "NOTIFY"]);
    assert_eq!(fragment(&bench), "SIP/2.0 100 Trying");
    let invite = sent(&bench, "INVITE");
    assert_eq!(bench.sent[1].0.remote.to_string(), "192.0.2.9:5070");
    assert_eq!(invite.header("Replaces"), Some("c;to-tag=a;from-tag=b"));
    assert_eq!(invite.header("Referred-By"), Some("<sip:anna@192.0.2.2>"));
    assert_eq!(invite.header("Route"), None);

    bench.hear(&response(&invite, 180, "far", ""));
    assert_eq!((fragment(&bench).as_str(), bench.events.len()), ("SIP/2.0 180 Ringing", 0));
    let ok = response(
        &invite,
        200,
        "far",
        "Contact: <sip:b@192.0.2.9:5070>\r\nContent-Type: application/sdp\r\n",
    );
    bench.hear(
        &ok.replace("Content-Length: 0", &format!("Content-Length: {}", OFFER.len()))
            .replace("\r\n\r\n", &format!("\r\n\r\n{OFFER}")),
    );
    assert_eq!(bench.said(), ["ACK", "NOTIFY", "BYE"]);
    assert_eq!(fragment(&bench), "SIP/2.0 200 OK");
    assert!(matches!(&bench.events[..], [Event::Reoffered { leg: LEG, .. }]), "{:?}", bench.events);

    let bye = sent(&bench, "BYE");
    bench.hear(&response(&bye, 200, "", ""));
    assert_eq!(bench.agent.legs(), 1);
}

#[test]
fn who_is_not_there_leaves_the_call_where_it_was() {
    let (mut bench, tag) = following();
    bench.hear(&refer(&tag, "<sip:200@192.0.2.9>"));
    let invite = sent(&bench, "INVITE");

    bench.hear(&response(&invite, 486, "far", ""));

    assert_eq!(fragment(&bench), "SIP/2.0 486 Busy Here");
    bench.hear(&request("BYE", 3, "g", &tag, ""));
    assert_eq!(bench.events, [Event::Ended { leg: LEG, why: Why::CallerHungUp }]);
}

/// A blind transfer: they hang up as soon as the order is taken.
#[test]
fn a_partner_who_leaves_after_the_order_need_not_wait_for_its_end() {
    for (status, ends) in [(200, false), (404, true)] {
        let (mut bench, tag) = following();
        bench.hear(&refer(&tag, "<sip:200@192.0.2.9>"));
        let invite = sent(&bench, "INVITE");
        bench.hear(&request("BYE", 3, "g", &tag, ""));
        assert_eq!((bench.said(), bench.events.len()), (vec!["200".into()], 0));

        bench.hear(&response(&invite, status, "far", "Contact: <sip:b@192.0.2.9>\r\n"));

        let ended = Event::Ended { leg: LEG, why: Why::CallerHungUp };
        assert_eq!(bench.events.contains(&ended), ends, "{:?}", bench.events);
        assert!(
            !bench.said().contains(&"NOTIFY".to_owned())
                && !bench.said().contains(&"BYE".to_owned())
        );
        assert_eq!(bench.agent.legs(), usize::from(!ends));
    }
}

#[test]
fn orders_are_refused_where_they_are_unclear_or_not_wanted() {
    let (mut unwilling, tag) = established();
    unwilling.hear(&refer(&tag, "<sip:200@192.0.2.9>"));
    assert_eq!(unwilling.said(), ["603"]);

    for unclear in [
        "<mailto:a@b>",
        "<sip:200@192.0.2.9?Replaces=a>",
        "<sip:200@192.0.2.9?Replaces=a%0D%0AX%3Bto-tag%3Db%3Bfrom-tag%3Dc>",
    ] {
        let (mut bench, tag) = following();
        bench.hear(&refer(&tag, unclear));
        assert_eq!(bench.said(), ["400"], "{unclear}");
    }
    let (mut bench, tag) = following();
    bench.hear(&refer(&tag, "<sip:200@192.0.2.9>"));
    bench.hear(
        &refer(&tag, "<sip:201@192.0.2.9>").replace("CSeq: 2", "CSeq: 3").replace("bKf", "bKh"),
    );
    assert_eq!(bench.said(), ["491"]);
}
