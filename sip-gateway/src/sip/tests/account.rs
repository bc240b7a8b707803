//! Being known at a registrar, and proving who calls.

use std::time::Duration;

use super::super::agent::{AccountId, Command, Event, Input, Leg, Transport, Why};
use super::super::digest::Credentials;
use super::super::registration::{Account, EXPIRES};
use super::*;

const ID: AccountId = AccountId(1);
const CHALLENGE: &str = "Digest realm=\"pbx\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256";

#[test]
fn an_account_is_registered_with_a_proof_renewed_in_time_and_left() {
    let mut bench = registering();
    let bare = bench.last().clone();
    bench.hear(&answer(&bare, 401, &format!("WWW-Authenticate: {CHALLENGE}\r\n")));
    let proven = bench.last().clone();
    let contact = proven.header("Contact").unwrap_or_default().to_owned();
    bench.hear(&answer(&proven, 200, &format!("Contact: {contact};expires=100\r\n")));

    assert_eq!(contact, "<sip:100@192.0.2.1:5060>");
    assert!(proven.header("Authorization").is_some_and(|it| it.contains("SHA-256")));
    let again = Duration::from_secs(80);
    assert_eq!(bench.events, [Event::Registered { id: ID, again }]);

    let renewed = bench.wait(again);
    assert_eq!((renewed.len(), bench.kept_alive), (1, 3));
    assert!(renewed[0].header("Authorization").is_some_and(|it| it.contains("nc=00000002")));
    assert_eq!(renewed[0].call_id(), bare.call_id());

    bench.input(Input::Command(Command::Unregister { id: ID }));
    let leaving = bench.last().clone();
    bench.hear(&answer(&leaving, 200, ""));
    assert_eq!(leaving.header("Expires"), Some("0"));
    assert_eq!(bench.events, [Event::Unregistered { id: ID }]);
    bench.wait(Duration::from_secs(60));
    assert_eq!((bench.agent.deadline(), bench.agent.open()), (None, 0));
}

#[test]
fn an_account_whose_stream_breaks_waits_for_another_and_goes_on_there() {
    let mut bench = registering_over(Transport::Tls);
    let bare = bench.last().clone();
    bench.hear(&answer(&bare, 200, ""));
    assert!(bare.header("Via").is_some_and(|via| via.starts_with("SIP/2.0/TLS ")));
    let contact = bare.header("Contact").unwrap_or_default();
    assert_eq!(contact, "<sip:100@192.0.2.1:5060;transport=tls>");

    let lost = bench.flow;
    bench.input(Input::FlowLost(lost));
    assert_eq!(bench.events, [Event::Stranded { id: ID }]);
    assert_eq!(bench.wait(EXPIRES * 2), []);

    bench.flow.connection += 1;
    let (flow, account) = (bench.flow, account());
    bench.input(Input::Command(Command::Register { id: ID, flow, account }));
    assert_eq!(bench.said(), ["REGISTER"]);
    assert_eq!(bench.sent[0].0, flow);
    assert_eq!(bench.last().call_id(), bare.call_id());
}

#[test]
fn a_registrar_that_is_away_is_asked_again_after_longer_and_longer_waits() {
    let mut bench = registering();

    bench.wait(Duration::from_secs(33));
    let [Event::NotRegistered { id, why, again }] = &bench.events[..] else {
        panic!("{:?}", bench.events)
    };
    assert_eq!((*id, why.as_str()), (ID, "no answer"));
    let again = *again;
    assert!((7..=15).contains(&again.as_secs()), "{again:?}");

    let sent = bench.wait(again);
    assert!(sent.iter().any(|message| name(message) == "REGISTER"));
}

#[test]
fn an_exchange_that_wants_every_request_proven_gets_its_proof_within_a_call_too() {
    let mut bench = registering();
    let bare = bench.last().clone();
    bench.hear(&answer(&bare, 200, ""));
    bench.hear(&super::request("INVITE", 1, "a", "", ""));
    let leg = Leg(1);
    bench.input(Input::Command(Command::Answer { leg, sdp: OFFER.into() }));
    let tag = bench.our_tag.clone();
    bench.hear(&super::request("ACK", 1, "b", &tag, ""));
    bench.input(Input::Command(Command::HandOver { leg, to: "sip:200@pbx".into() }));
    let refer = bench.last().clone();
    assert_eq!(refer.header("Authorization"), None);

    bench.hear(&answer(&refer, 401, &format!("WWW-Authenticate: {CHALLENGE}\r\n")));
    let proven = bench.last().clone();
    assert_eq!(name(&proven), "REFER");
    assert_eq!(proven.header("Refer-To"), refer.header("Refer-To"));
    assert!(proven.header("Authorization").is_some_and(|it| it.contains("nc=00000001")));
    bench.hear(&answer(&proven, 202, ""));

    bench.input(Input::Command(Command::HangUp { leg }));
    let bye = bench.last().clone();
    assert!(bye.header("Authorization").is_some_and(|it| it.contains("nc=00000002")), "at once");
    bench.hear(&answer(&bye, 401, &format!("WWW-Authenticate: {CHALLENGE}\r\n")));
    assert_eq!(bench.events, [Event::Ended { leg, why: Why::HungUp }], "asked twice, not believed");
}

#[test]
fn a_proxy_that_asks_who_calls_is_told_once() {
    for right in [true, false] {
        let mut bench = Bench::new(Transport::Udp);
        let (leg, flow) = (bench.agent.next_leg(), bench.flow);
        bench.input(Input::Command(Command::Call {
            leg,
            flow,
            to: "sip:200@pbx".into(),
            from: "sip:100@pbx".into(),
            sdp: OFFER.into(),
            credentials: Some(credentials()),
        }));
        let bare = bench.last().clone();
        bench.hear(&answer(&bare, 407, &format!("Proxy-Authenticate: {CHALLENGE}\r\n")));

        assert_eq!(bench.said(), ["ACK", "INVITE"]);
        let proven = bench.last().clone();
        assert_eq!(proven.cseq().map(|cseq| cseq.number), Some(2));
        assert_eq!((proven.call_id(), &proven.body), (bare.call_id(), &bare.body));
        assert!(proven.header("Proxy-Authorization").is_some());
        assert_eq!(proven.values("Via").count(), 1);

        if right {
            bench.hear(&answer(&proven, 200, "Contact: <sip:b@192.0.2.2>\r\n"));
            assert!(matches!(bench.events[..], [Event::Answered { .. }]), "{:?}", bench.events);
        } else {
            bench.hear(&answer(&proven, 407, &format!("Proxy-Authenticate: {CHALLENGE}\r\n")));
            assert_eq!(bench.events, [Event::Ended { leg, why: Why::Refused(407) }]);
        }
    }
}

fn registering() -> Bench {
    registering_over(Transport::Udp)
}

fn account() -> Account {
    Account {
        registrar: "sip:pbx".into(),
        address: "sip:100@pbx".into(),
        credentials: credentials(),
        expires: EXPIRES,
    }
}

fn registering_over(transport: Transport) -> Bench {
    let mut bench = Bench::new(transport);
    let (flow, account) = (bench.flow, account());
    bench.input(Input::Command(Command::Register { id: ID, flow, account }));
    bench
}

fn credentials() -> Credentials {
    Credentials { user: "100".into(), password: "secret".into() }
}

fn answer(request: &Message, status: u16, more: &str) -> String {
    let text = Message::response(request, status, "", "far").to_bytes();
    let text = String::from_utf8(text).expect("text");
    text.replacen("\r\n", &format!("\r\n{more}"), 1)
}
