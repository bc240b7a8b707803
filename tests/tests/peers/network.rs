//! Exchanges, doors, transfers and dialogues that go wrong: the telephone network's side of the gateway.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use crate::doors::{Doors, options};
use crate::exchange::{Exchange, Names, Relay};
use crate::gateway::{Gateway, until};
use crate::pages::{self, Recording};
use crate::phones::{
    Peer, baresip_by, data, earpiece, heard_in, linphone, natted, person, recognised, sipp,
    sipp_scenario, sipp_to, telephone, waiting_linphone, waiting_softphone,
};
use crate::scanner::scanned;
use crate::{A_CALL, HUNG_UP_AT_ONCE, beside_others};

/// "Здравствуйте! Это автоматический помощник службы ремонта": so long.
const HEARS_WHO_PHONES: Duration = Duration::from_secs(8);
/// Each is one call, of a caller named like its scenario, and ends so.
const ODD_DIALOGUES: &[(&str, &[&str])] = &[
    ("late-ack", HUNG_UP_AT_ONCE),
    ("asks-twice", HUNG_UP_AT_ONCE),
    ("cancels-late", HUNG_UP_AT_ONCE),
    ("glares", HUNG_UP_AT_ONCE),
    ("offers-late", HUNG_UP_AT_ONCE),
    // It sends no sound either, which may be noticed first.
    ("no-ack", &["not_confirmed", "media_lost"]),
];

#[test]
fn an_exchange_with_a_password_sends_its_calls_to_whoever_is_registered() {
    let _machine = beside_others();
    for algorithm in ["MD5", "SHA-256"] {
        let exchange = Exchange::start(algorithm);
        let settings = [
            ("GUDOK_TRUNKS__PBX__EXCHANGE", exchange.address.as_str()),
            ("GUDOK_TRUNKS__PBX__USER", "100"),
            ("GUDOK_TRUNKS__PBX__PASSWORD", "secret"),
            ("GUDOK_TRUNKS__PBX__DOMAIN", "pbx.test"),
        ];
        let gateway = Gateway::start_with("exchange", &settings);
        gateway.says("trunks: registered trunk=\"pbx\"");

        let scenario = |name| data(&format!("{name}.xml")).display().to_string();
        let five = ["-m", "5", "-sf", &scenario("by-exchange")];
        sipp_to(&exchange.address, &gateway.folder("peers"), "uac", &five).finish();
        for call in gateway.calls_over(5) {
            assert_eq!(call.participant.as_deref(), Some("+74012555777"));
            assert!(HUNG_UP_AT_ONCE.contains(&call.reason()), "{call:?}");
        }

        gateway.stop();
        let one = ["-m", "1", "-sf", &scenario("is-not-found")];
        sipp_to(&exchange.address, &exchange.folder, "not-found", &one).finish();
    }
}

#[test]
fn an_exchange_is_found_by_its_records_reached_by_tls_and_joined_again_when_it_comes_back() {
    let _machine = beside_others();
    let mut exchange = Exchange::start_secure();
    let nobody_listens = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let names = Names::start(&[
        "--naptr-record=pbx.test,10,10,s,SIPS+D2T,,_sips._tcp.pbx.test".to_owned(),
        format!("--srv-host=_sips._tcp.pbx.test,dead.pbx.test,{nobody_listens},10,1"),
        format!("--srv-host=_sips._tcp.pbx.test,live.pbx.test,{},20,1", exchange.secure_port),
        "--host-record=dead.pbx.test,127.0.0.1".to_owned(),
        "--host-record=live.pbx.test,127.0.0.1".to_owned(),
    ]);
    let trust = exchange.folder.join("certificate.pem").display().to_string();
    let settings = [
        ("GUDOK_SIP__NAME_SERVERS", names.address.as_str()),
        ("GUDOK_TRUNKS__PBX__EXCHANGE", "pbx.test"),
        ("GUDOK_TRUNKS__PBX__USER", "100"),
        ("GUDOK_TRUNKS__PBX__PASSWORD", "secret"),
        ("GUDOK_TRUNKS__PBX__TRUST", &trust),
    ];
    let gateway = Gateway::start_with("secure-exchange", &settings);
    gateway.says("the next place is tried");
    gateway.says("trunks: registered trunk=\"pbx\"");

    let scenario = data("by-exchange.xml").display().to_string();
    let one = ["-m", "1", "-sf", &scenario];
    sipp_to(&exchange.address, &gateway.folder("peers"), "before", &one).finish();
    exchange.restart();
    gateway.says("the connection was lost");
    gateway.says_again("trunks: registered trunk=\"pbx\"", 2);
    sipp_to(&exchange.address, &gateway.folder("peers"), "after", &one).finish();

    gateway.calls_over(2);
    gateway.stop();
}

#[test]
fn an_exchange_whose_certificate_nobody_vouches_for_is_not_told_our_password() {
    let _machine = beside_others();
    let exchange = Exchange::start_secure();
    let address = format!("127.0.0.1:{}", exchange.secure_port);
    let settings = [
        ("GUDOK_TRUNKS__PBX__EXCHANGE", address.as_str()),
        ("GUDOK_TRUNKS__PBX__TRANSPORT", "tls"),
        ("GUDOK_TRUNKS__PBX__USER", "100"),
        ("GUDOK_TRUNKS__PBX__PASSWORD", "secret"),
    ];
    let gateway = Gateway::start_with("unknown-certificate", &settings);

    gateway.says("invalid peer certificate");

    gateway.stop();
}

#[test]
fn a_wrong_password_is_named_and_not_tried_again_at_once() {
    let _machine = beside_others();
    let exchange = Exchange::start("MD5");
    let settings = [
        ("GUDOK_TRUNKS__PBX__EXCHANGE", exchange.address.as_str()),
        ("GUDOK_TRUNKS__PBX__USER", "100"),
        ("GUDOK_TRUNKS__PBX__PASSWORD", "guess"),
    ];
    let gateway = Gateway::start_with("wrong-password", &settings);

    gateway.says("user or password is wrong");

    gateway.stop();
}

#[test]
fn a_scanner_finds_nobody_and_a_guest_finds_us() {
    let _machine = beside_others();

    let found = scanned("stranger", "");
    assert_eq!(found.matches("found nothing").count(), 3, "{found}");

    let found = scanned("guest", "10.77.0.2");
    assert!(found.contains("10.77.0.1:5060 | gudok"), "{found}");
}

#[test]
fn a_caller_puts_us_on_hold_comes_back_and_presses_a_key_by_info() {
    let _machine = beside_others();
    let gateway = Gateway::start("hold");

    sipp_scenario(&gateway, "holds").finish();

    let call = gateway.call_of("holds");
    let page = gateway.page(&call);
    let happened: Vec<&str> = page.events.iter().map(|event| event.kind.as_str()).collect();
    let at =
        |kind| happened.iter().position(|it| *it == kind).unwrap_or_else(|| panic!("no {kind}"));
    assert!(at("held") < at("held_no_more"), "{happened:?}");
    assert!(at("held_no_more") < at("keys"), "{happened:?}");
    assert!(call.reason().starts_with("caller_hung_up"), "{call:?}");
    gateway.stop();
}

#[test]
fn a_softphone_behind_a_router_hears_and_is_heard() {
    let _machine = beside_others();

    let (heard, data) = natted("здравствуйте у меня течёт кран");

    let greeting = recognised(&heard);
    assert!(greeting.contains("помощник"), "{greeting}");
    let recording = Recording::only_one(&data.join("recordings"));
    assert!(recording.has_caller() && recording.has_agent(), "{recording:?}");
    let question = recognised(&recording.caller);
    assert!(question.contains("кран"), "{question}");
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn a_caller_who_wants_a_person_is_put_through_or_told_that_nobody_is_there() {
    let _machine = beside_others();
    let operator = [("GUDOK_CALLS__OPERATOR", "sip:200@pbx.test")];
    let gateway = Gateway::start_with("person", &operator);

    let through = sipp_scenario(&gateway, "handed-over");
    let in_vain = sipp_scenario(&gateway, "nobody-there");
    through.finish();
    in_vain.finish();

    gateway.calls_over(2);
    let through = gateway.call_of("handed-over");
    assert_eq!(through.reason(), "handed_over", "{}", gateway.page(&through).told());
    let page = gateway.page(&gateway.call_of("nobody-there"));
    let failed = page.events.iter().find(|event| event.kind == "put_through_failed");
    assert_eq!(failed.map(|event| event.detail.as_str()), Some("not answered: 486"));
    let said = page.said("agent");
    assert!(said.contains("никто не подошёл") || said.contains("свободных людей"), "{said}");
    gateway.stop();
}

/// Their exchange puts nobody through, so the person is phoned, told, and joined with them.
#[test]
fn a_person_is_phoned_told_what_it_is_about_and_joined_with_the_caller() {
    let _machine = beside_others();
    let (person, address) = person("алло", 16, "здравствуйте у вас течёт кран");
    let operator = format!("sip:200@{address}");
    let settings = [
        ("GUDOK_CALLS__OPERATOR", operator.as_str()),
        ("GUDOK_TRUNKS__PBX__EXCHANGE", address.as_str()),
        ("GUDOK_OUTGOING__TRUNK", "pbx"),
        ("GUDOK_OUTGOING__PREFIXES", "+0"),
        ("GUDOK_OUTGOING__PER_HOUR", "1"),
    ];
    let gateway = Gateway::start_with("joined", &settings);

    std::fs::write(gateway.folder("peers").join("quiet.ulaw"), [0xff; 8_000]).unwrap();
    sipp_scenario(&gateway, "is-joined").finish();
    person.finish();

    let (caller, told) = (gateway.call_of("is-joined"), gateway.call_of("200"));
    let page = gateway.page(&caller);
    assert_eq!((caller.reason(), told.reason()), ("handed_over", "handed_over"), "{}", page.told());
    let mut happened = page.events.iter().map(|event| event.kind.as_str());
    let in_turn = ["put_through", "put_through_rings", "joined"];
    assert!(in_turn.iter().all(|kind| happened.any(|it| it == *kind)), "{:?}", page.told());
    let heard_by_caller = recognised(&gateway.recording(&caller).agent);
    assert!(heard_by_caller.contains("кран"), "{heard_by_caller}");
    let heard_by_person = gateway.page(&told).said("agent");
    assert!(heard_by_person.contains("хочет говорить с человеком"), "{heard_by_person}");
    gateway.stop();
}

#[test]
fn linphone_holds_comes_back_and_is_put_through() {
    let _machine = beside_others();
    // The person is the load line of the same gateway, which nobody knows before it is there.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let operator = format!("sip:900@127.0.0.1:{port}");
    let settings = [("GUDOK_CALLS__OPERATOR", operator.as_str())];
    let gateway = Gateway::start_at("linphone", &format!("127.0.0.1:{port}"), &settings);

    let told = linphone(&gateway);

    assert!(told.contains(&format!("Call 2 with {operator} connected")), "{told}");
    let calls = gateway.calls_over(2);
    let ended = |reason: &str| calls.iter().find(|call| call.reason() == reason);
    let through = ended("handed_over").unwrap_or_else(|| panic!("{calls:?}"));
    let happened: Vec<_> =
        gateway.page(through).events.iter().map(|event| event.kind.clone()).collect();
    let in_turn = ["held", "held_no_more", "keys", "put_through", "put_through_rings"];
    let mut rest = happened.iter();
    assert!(in_turn.iter().all(|kind| rest.any(|it| it == kind)), "{happened:?}");
    assert!(ended("caller_hung_up_over_agent").is_some(), "{calls:?}");
    gateway.stop();
}

/// By a call of their own, or because whoever phoned wants it so.
#[test]
fn a_call_goes_on_with_somebody_else_at_the_far_end() {
    let _machine = beside_others();
    // Who was sent to the load line talks to it for ever.
    let follows = [("GUDOK_CALLS__FOLLOWS_TRANSFERS", "true"), ("GUDOK_CALLS__DRAIN_SECONDS", "1")];
    let gateway = Gateway::start_with("transfers", &follows);
    let load_line = format!("sip:900@{}", gateway.keys.sip);

    for (name, with) in [("taken-over", "takes-over"), ("sends-us-on", load_line.as_str())] {
        sipp_scenario(&gateway, name).finish();

        let theirs = |call: &pages::Call| call.participant.as_deref() == Some(name);
        until(with, A_CALL, || {
            let page = gateway.page(&gateway.calls().into_iter().find(theirs)?);
            page.events
                .iter()
                .any(|it| it.kind == "goes_on_with" && it.detail == with)
                .then_some(())
        });
    }
    gateway.call_of("taken-over");
    gateway.stop();
}

/// The demo's messages wait when the gateway starts; the first of them is a call.
#[test]
fn whoever_we_phone_is_told_and_machines_and_the_busy_are_not_talked_to() {
    let _machine = beside_others();
    std::thread::scope(|threads| {
        threads.spawn(|| we_phone("picks-up", "алло", "Delivered", Some("person_answered")));
        threads.spawn(|| we_phone("rings-reliably", "алло", "Delivered", Some("person_answered")));
        let machine =
            "здравствуйте вы позвонили на голосовую почту оставьте сообщение после сигнала";
        threads.spawn(|| we_phone("picks-up", machine, "an answering machine picked up", None));
        threads.spawn(|| we_phone("is-busy", "", "busy: 486", None));
    });
}

#[test]
fn dialogues_that_go_wrong_end_as_the_book_says() {
    let _machine = beside_others();
    let gateway = Gateway::start("dialogues");

    let peers: Vec<_> =
        ODD_DIALOGUES.iter().map(|(name, _)| sipp_scenario(&gateway, name)).collect();
    peers.into_iter().for_each(Peer::finish);

    gateway.calls_over(ODD_DIALOGUES.len());
    for (name, ends) in ODD_DIALOGUES {
        let call = gateway.call_of(name);
        assert!(ends.contains(&call.reason()), "{call:?}");
    }
    gateway.stop();
}

/// Half the time agreed goes by before a sign of life of ours is due.
#[test]
fn offers_that_cross_are_both_taken_back_and_ours_comes_again() {
    let _machine = beside_others();
    let gateway = Gateway::start("crosses");
    std::fs::write(gateway.folder("peers").join("quiet.ulaw"), [0xff; 8_000]).unwrap();

    let scenario = data("crosses.xml").display().to_string();
    sipp(&gateway, "crosses", &["-s", "900", "-m", "1", "-sf", &scenario]).finish();

    let call = gateway.call_of("crosses");
    assert!(call.reason().starts_with("caller_hung_up"), "{call:?}");
    gateway.stop();
}

#[test]
fn calls_over_tcp_are_answered_and_end() {
    let _machine = beside_others();
    let gateway = Gateway::start("tcp");

    sipp(&gateway, "tcp", &["-sn", "uac", "-t", "t1", "-r", "10", "-m", "20"]).finish();

    for call in gateway.calls_over(20) {
        assert!(HUNG_UP_AT_ONCE.contains(&call.reason()), "{call:?}");
    }
    gateway.stop();
}

#[test]
fn sip_is_heard_by_tls_and_from_a_page_by_websocket() {
    let _machine = beside_others();
    let doors = Doors::open();

    for heard in [doors.by_tls(&options("TLS")), doors.by_page("sip", &options("WSS"))] {
        assert!(heard.starts_with("SIP/2.0 200 OK\r\n"), "{heard}");
        assert!(heard.contains("\r\nAllow: INVITE,"), "{heard}");
    }
    assert_eq!(doors.by_page("chat", &options("WSS")), "not connected");

    doors.gateway.stop();
}

#[test]
fn a_relay_that_encrypts_carries_both_voices() {
    let _machine = beside_others();
    let folder = std::env::temp_dir().join(format!("gudok-relay-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let relay = Relay::start(&folder);
    let exchange = Exchange::start_encrypting(&relay);
    let settings = [
        ("GUDOK_TRUNKS__PBX__EXCHANGE", exchange.address.as_str()),
        ("GUDOK_TRUNKS__PBX__USER", "100"),
        ("GUDOK_TRUNKS__PBX__PASSWORD", "secret"),
    ];
    let gateway = Gateway::start_with("relay", &settings);
    gateway.says("trunks: registered trunk=\"pbx\"");

    let phone = baresip_by(&exchange.address, &gateway, "здравствуйте у меня течёт кран");
    until("the caller to be understood", A_CALL, || {
        gateway.page(&gateway.calls().pop()?).said("client").contains("кран").then_some(())
    });
    let carried = relay.calls();
    phone.close();

    assert!(carried.contains("RTP/AVP") && carried.contains("RTP/SAVP"), "{carried}");
    let greeting = recognised(&earpiece(&gateway));
    assert!(greeting.contains("помощник"), "{greeting}");
    gateway.stop();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn softphones_that_are_phoned_hear_what_for() {
    let _machine = beside_others();
    std::thread::scope(|threads| {
        threads.spawn(|| is_phoned("baresip", waiting_softphone, |phone, _| phone.close()));
        threads.spawn(|| {
            is_phoned("linphone", waiting_linphone, |phone, folder| {
                std::fs::write(folder.join("enough"), "").unwrap();
                phone.finish();
            });
        });
    });
}

fn is_phoned(
    name: &str,
    wait_for_us: fn(&Path) -> (Peer, String),
    puts_down: impl FnOnce(Peer, &Path),
) {
    let folder = std::env::temp_dir().join(format!("gudok-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (phone, address) = wait_for_us(&folder);
    let settings = [
        ("GUDOK_TRUNKS__PBX__EXCHANGE", address.as_str()),
        ("GUDOK_OUTGOING__TRUNK", "pbx"),
        ("GUDOK_OUTGOING__PREFIXES", "+7"),
        ("GUDOK_OUTGOING__PER_HOUR", "1"),
    ];
    let gateway = Gateway::start_with(&format!("phones-{name}"), &settings);

    let told = |call: &pages::Call| {
        let events = gateway.page(call).events;
        events.iter().any(|it| it.kind == "person_answered").then(|| call.id.clone())
    };
    until("a person to answer", A_CALL, || gateway.calls().iter().find_map(told));
    std::thread::sleep(HEARS_WHO_PHONES);
    puts_down(phone, &folder);

    let heard = recognised(&heard_in(&folder));
    assert!(heard.contains("помощник"), "{name}: {heard}");
    gateway.stop();
    std::fs::remove_dir_all(folder).unwrap();
}

fn we_phone(scenario: &str, words: &str, outcome: &str, event: Option<&str>) {
    let (telephone, address) = telephone(scenario, words);
    let settings = [
        ("GUDOK_TRUNKS__PBX__EXCHANGE", address.as_str()),
        ("GUDOK_OUTGOING__TRUNK", "pbx"),
        ("GUDOK_OUTGOING__PREFIXES", "+7"),
        ("GUDOK_OUTGOING__PER_HOUR", "1"),
    ];
    let name = format!("phones-{}", address.trim_start_matches("127.0.0.1:"));
    let gateway = Gateway::start_with(&name, &settings);

    until(outcome, A_CALL, || gateway.log_holds(outcome).then_some(()));
    telephone.finish();

    if let Some(event) = event {
        let ours = |call: &pages::Call| {
            gateway.page(call).events.iter().any(|it| it.kind == event).then_some(())
        };
        until(event, A_CALL, || gateway.calls().iter().find_map(ours));
    }
    gateway.stop();
}
