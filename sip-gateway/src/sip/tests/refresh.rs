//! Our signs of life where the other end knows no UPDATE, and two that cross.

use std::time::Duration;

use super::super::agent::{Event, Leg, Transport, Why};
use super::callee::establish;
use super::caller::{calling, response};
use super::*;

const OURS: &str = "Session-Expires: 1800;refresher=uas\r\nSupported: timer\r\n";

/// A call to us whose signs of life are ours to give, right after the first.
fn offered(allow: &str) -> (Bench, String, Vec<Message>) {
    let mut bench = Bench::new(Transport::Udp);
    bench.more = format!("{OURS}{allow}");
    let (mut bench, tag) = establish(bench);
    let sent = bench.wait(Duration::from_secs(901));
    (bench, tag, sent)
}

#[test]
fn whoever_knows_no_update_gets_the_same_offer_again() {
    let (_, _, sent) = offered("Allow: INVITE, UPDATE\r\n");
    assert_eq!(name(&sent[0]), "UPDATE");

    let (mut bench, _, sent) = offered("Allow: INVITE, ACK, BYE\r\n");
    let invite = &sent[0];
    assert_eq!(name(invite), "INVITE");
    assert_eq!(invite.body, super::callee::our_answer());
    assert_eq!(invite.header("Session-Expires"), Some("1800;refresher=uac"));
    bench.hear(&response(invite, 200, "them", "Session-Expires: 1800;refresher=uac\r\n"));
    assert_eq!((bench.said(), bench.events.len()), (vec!["ACK".to_owned()], 0));
    let next = bench.wait(Duration::from_secs(901));
    assert_eq!(next.last().map(name).as_deref(), Some("INVITE"));
}

#[test]
fn whoever_says_only_then_that_it_knows_no_update_gets_an_offer_too() {
    let (mut bench, _, sent) = offered("");
    assert_eq!(name(&sent[0]), "UPDATE");

    bench.hear(&response(&sent[0], 405, "them", ""));

    assert_eq!(bench.said(), ["INVITE"]);
    bench.hear(&response(&bench.last().clone(), 488, "them", ""));
    assert_eq!((bench.said(), bench.agent.legs()), (vec!["ACK".to_owned()], 1));
}

#[test]
fn offers_that_cross_are_both_refused_and_ours_comes_again_after_a_while() {
    let (mut bench, tag, sent) = offered("Allow: INVITE\r\n");
    bench.more.clear();

    bench.hear(&request("INVITE", 2, "c", &tag, ""));
    assert_eq!(bench.said(), ["491"]);
    bench.hear(&request("ACK", 2, "c", &tag, ""));
    bench.hear(&response(&sent[0], 491, "them", ""));
    assert_eq!(bench.said(), ["ACK"]);

    let again = bench.wait(Duration::from_millis(2_000));
    assert_eq!(again.first().map(name).as_deref(), Some("INVITE"), "they made the call's name");
    bench.hear(&response(&again[0], 200, "them", ""));
    bench.hear(&request("INVITE", 3, "d", &tag, ""));
    assert_eq!(bench.said(), ["200"]);
}

#[test]
fn whoever_placed_the_call_waits_longer() {
    let (mut bench, invite) = calling();
    let ok =
        "Contact: <sip:b@192.0.2.2>\r\nAllow: INVITE\r\nSession-Expires: 1800;refresher=uac\r\n";
    bench.hear(&response(&invite, 200, "far", ok));
    let sent = bench.wait(Duration::from_secs(901));

    bench.hear(&response(&sent[0], 491, "far", ""));

    assert_eq!(bench.wait(Duration::from_millis(2_099)).len(), 0);
    assert_eq!(
        bench.wait(Duration::from_millis(1_902)).first().map(name).as_deref(),
        Some("INVITE")
    );
}

#[test]
fn an_offer_for_a_call_that_is_gone_ends_it_here_too() {
    let (mut bench, _, sent) = offered("Allow: INVITE\r\n");

    bench.hear(&response(&sent[0], 481, "them", ""));

    assert_eq!(bench.said(), ["ACK", "BYE"]);
    let bye = bench.last().clone();
    bench.hear(&response(&bye, 481, "them", ""));
    assert_eq!(bench.events, [Event::Ended { leg: Leg(1), why: Why::Lapsed }]);
}
