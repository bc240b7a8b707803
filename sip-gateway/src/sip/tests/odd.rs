//! Messages as real peers write them; each must be understood as meant.

use super::super::agent::{Caller, Event, Transport};
use super::*;

/// Headers every case has, long and proper; cases replace some.
const REST: &str =
    "Max-Forwards: 70\r\nCall-ID: odd\r\nCSeq: 1 INVITE\r\nContact: <sip:a@192.0.2.2>\r\n";
const VIA: &str = "Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKodd\r\n";
const FROM: &str = "From: \"Anna\" <sip:7@192.0.2.2>;tag=1\r\n";
const TO: &str = "To: <sip:100@192.0.2.1>\r\n";

#[test]
fn odd_but_meaningful_invites_are_calls() {
    let line = "INVITE sip:100@192.0.2.1 SIP/2.0\r\n";
    let plain = format!("{line}{VIA}{FROM}{TO}{REST}");
    let with_from = |from: &str| format!("{line}{VIA}{from}{TO}{REST}\r\n").into_bytes();
    let with_line =
        |uri: &str| format!("INVITE {uri} SIP/2.0\r\n{VIA}{FROM}{TO}{REST}\r\n").into_bytes();
    let mut cp1251 = format!("{line}{VIA}From: \"").into_bytes();
    cp1251.extend_from_slice(b"\xc0\xed\xed\xe0");
    cp1251.extend_from_slice(format!("\" <sip:7@h>;tag=1\r\n{TO}{REST}\r\n").as_bytes());
    let compact = plain.replace("Via:", "v:").replace("From:", "f:").replace("To:", "t:");
    let compact = compact.replace("Call-ID:", "i:").replace("Contact:", "m:");
    let folded = plain.replace("From: \"Anna\" ", "From:\r\n \"Anna\"\r\n\t");

    #[rustfmt::skip]
    let cases: Vec<(&str, Vec<u8>, &str, &str, &str)> = vec![
        ("plain", format!("{plain}\r\n").into(), "100", "7", "Anna"),
        ("tel: request URI", with_line("tel:+7-401-200;phone-context=x"), "+7401200", "7", "Anna"),
        ("IPv6 reference", with_line("sip:100@[2001:db8::1]:5060;lr"), "100", "7", "Anna"),
        ("%23", with_line("sip:*21%23@192.0.2.1"), "*21#", "7", "Anna"),
        ("no user", with_line("sip:192.0.2.1"), "", "7", "Anna"),
        ("folded", format!("{folded}\r\n").into(), "100", "7", "Anna"),
        ("space before colon", format!("{}\r\n", plain.replace(": ", "  :  ")).into(), "100", "7", "Anna"),
        ("no space after colon", format!("{}\r\n", plain.replace(": ", ":")).into(), "100", "7", "Anna"),
        ("bare line feeds", format!("{plain}\r\n").replace("\r\n", "\n").into(), "100", "7", "Anna"),
        ("leading line ends", format!("\r\n\r\n{plain}\r\n").into(), "100", "7", "Anna"),
        ("windows-1251 name", cp1251, "100", "7", "Анна"),
        ("compact names", format!("{compact}\r\n").into(), "100", "7", "Anna"),
        ("shouted names", format!("{}\r\n", plain.replace("Call-ID", "CALL-ID").replace("CSeq", "cseq")).into(), "100", "7", "Anna"),
        ("bracket in name", with_from("From: \"a <b> c\" <sip:7@h>;tag=1\r\n"), "100", "7", "a <b> c"),
        ("comma in name", with_from("From: \"Doe, J\" <sip:7@h>;tag=1\r\n"), "100", "7", "Doe, J"),
        ("URI in name", with_from("From: \"<sip:112@x>;tag=2\" <sip:7@h>;tag=1\r\n"), "100", "7", "<sip:112@x>;tag=2"),
        ("escaped quote", with_from("From: \"a\\\" <sip:112@x>\" <sip:7@h>;tag=1\r\n"), "100", "7", "a\" <sip:112@x>"),
        ("bare words", with_from("From: Anna Maria <sip:7@h>;tag=1\r\n"), "100", "7", "Anna Maria"),
        ("no brackets", with_from("From: sip:7@h;tag=1\r\n"), "100", "7", ""),
        ("anonymous", with_from("From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1\r\n"), "100", "", "Anonymous"),
        ("header that is none", format!("{plain}this is no header\r\nX-Y: z\r\n\r\n").into(), "100", "7", "Anna"),
        ("Via in a list", format!("{line}Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKodd, SIP/2.0/TCP p;branch=z9hG4bK2\r\n{FROM}{TO}{REST}\r\n").into(), "100", "7", "Anna"),
    ];
    for (case, bytes, number, caller, display) in cases {
        let (said, event) = hear(&bytes);
        let Some(Event::Invited { number: dialled, caller: who, .. }) = event else {
            panic!("{case}: {said:?}")
        };
        assert_eq!(dialled, number, "{case}");
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        assert_eq!(
            who,
            Caller { number: some(caller), display: some(display), ..Caller::default() },
            "{case}"
        );
        assert_eq!(said, ["100"], "{case}");
    }
}

#[test]
fn an_exchange_vouches_for_a_number_by_either_header() {
    let cases = [
        (
            "P-Asserted-Identity: \"Anna\" <sip:+74012555777@pbx>, <tel:+74012555777>\r\n",
            Some("+74012555777"),
        ),
        (
            "P-Asserted-Identity: <sip:anna@pbx>\r\nP-Asserted-Identity: tel:+74012555777\r\n",
            Some("+74012555777"),
        ),
        (
            "Remote-Party-ID: \"x\" <sip:84012555777@pbx>;party=calling;screen=yes\r\n",
            Some("84012555777"),
        ),
        ("P-Asserted-Identity: <sip:anonymous@pbx>\r\n", None),
        ("P-Asserted-Identity: \"<\r\n", None),
        ("", None),
    ];
    for (headers, number) in cases {
        let text =
            format!("INVITE sip:100@192.0.2.1 SIP/2.0\r\n{VIA}{FROM}{TO}{headers}{REST}\r\n");

        let (_, event) = hear(text.as_bytes());

        let Some(Event::Invited { caller, .. }) = event else { panic!("{event:?}") };
        assert_eq!(caller.asserted.as_deref(), number, "{headers}");
        assert_eq!(caller.number.as_deref(), Some("7"), "{headers}");
    }
}

#[test]
fn an_offer_survives_a_missing_or_overshot_length() {
    let head = format!(
        "INVITE sip:100@h SIP/2.0\r\n{VIA}{FROM}{TO}{REST}Content-Type: application/sdp\r\n"
    );

    let (_, missing) = hear(format!("{head}\r\n{OFFER}").as_bytes());
    let (_, trailing) = hear(format!("{head}l: {}\r\n\r\n{OFFER}junk", OFFER.len()).as_bytes());

    for event in [missing, trailing] {
        let Some(Event::Invited { offer, .. }) = event else { panic!("{event:?}") };
        assert_eq!(offer.as_deref(), Some(OFFER.as_bytes()));
    }
}

#[test]
fn spelling_is_echoed_as_it_came() {
    let uri = "To: <sip:*21%23@192.0.2.1;user=phone>\r\n";
    let mut bytes = format!("OPTIONS sip:100@h SIP/2.0\r\n{VIA}{uri}").into_bytes();
    bytes.extend_from_slice(b"From: \"\xc0 <,\" <sip:%61@h>;tag=1\r\n");
    bytes.extend_from_slice(b"CSeq: 1 OPTIONS\r\nCall-ID: odd\r\n\r\n");
    let mut bench = Bench::new(Transport::Udp);
    let flow = bench.flow;

    bench.input(Input::Message { flow, bytes: &bytes });

    let answer = bench.last().to_bytes();
    let holds = |part: &[u8]| answer.windows(part.len()).any(|window| window == part);
    assert!(holds(b"To: <sip:*21%23@192.0.2.1;user=phone>;tag="));
    assert!(holds(b"From: \"\xc0 <,\" <sip:%61@h>;tag=1\r\n"));
}

#[test]
fn keep_alives_and_noise_are_passed_over() {
    for bytes in
        [&b"\r\n\r\n"[..], b"\0\0", b"", b"GET / HTTP/1.1\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n"]
    {
        let (said, event) = hear(bytes);
        assert_eq!((said.len(), event), (0, None));
    }
}

fn hear(bytes: &[u8]) -> (Vec<String>, Option<Event>) {
    let mut bench = Bench::new(Transport::Udp);
    let flow = bench.flow;
    bench.input(Input::Message { flow, bytes });
    (bench.said(), bench.events.pop())
}
