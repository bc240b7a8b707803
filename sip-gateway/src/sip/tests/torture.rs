//! The 49 messages of RFC 4475, bytes as in its appendix, and the addresses of RFC 5118, each read by a
//! live telephone.
//!
//! What the RFC leaves to taste (a 400, or understanding what was meant) is written as we decided.
//! We are no registrar, so a REGISTER that can be read is answered 405.

use super::super::sdp;
use super::*;

/// A call: it is tried and told.
const CALL: &str = "100";
/// Dropped without a word.
const NOTHING: &str = "";

/// Name, what we say, a header the answer must have.
#[rustfmt::skip]
const MESSAGES: [(&str, &str, &str); 49] = [
    // 3.1.1 valid
    ("wsinv", "481", ""), // its To has a tag, but there is no such dialog
    ("intmeth", "501", "Allow"),
    ("esc01", CALL, ""),
    ("escnull", "405", "Allow"),
    ("esc02", "501", "Allow"), // an escape in a method is no escape
    ("lwsdisp", "200", ""),
    ("longreq", CALL, ""),
    ("dblreq", "405", "Allow"), // the second request in one datagram is ignored
    ("semiuri", "200", ""),
    ("transports", "200", ""),
    ("mpart01", "405", "Allow"),
    ("unreason", NOTHING, ""), // nobody asked
    ("noreason", NOTHING, ""),
    // 3.1.2 invalid
    ("badinv01", "400", ""),
    ("clerr", "400", ""),
    ("ncl", "400", ""),
    ("scalar02", "400", ""),
    ("scalarlg", NOTHING, ""),
    ("quotbal", "400", ""),
    ("ltgtruri", "400", ""),
    ("lwsruri", "400", ""),
    ("lwsstart", "400", ""),
    ("trws", "200", ""), // 400 is allowed as well
    ("escruri", "400", ""),
    ("baddate", CALL, ""), // we need no Date
    ("regbadct", "405", "Allow"),
    ("badaspec", "200", ""), // 400 is allowed as well
    ("baddn", "200", ""), // 400 is allowed as well
    ("badvers", "505", ""),
    ("mismatch01", "400", ""),
    ("mismatch02", "400", ""), // 501 is allowed as well
    ("bigcode", NOTHING, ""),
    // 3.2 transactions
    ("badbranch", "200", ""),
    // 3.3 what the application says
    ("insuf", "400", ""),
    ("unkscm", "416", ""),
    ("novelsc", "416", ""),
    ("unksm2", "405", "Allow"),
    ("bext01", "420", "Unsupported"),
    ("invut", "415", "Accept"),
    ("regaut01", "405", "Allow"),
    ("multi01", "400", ""),
    ("mcl01", "400", ""),
    ("bcast", NOTHING, ""),
    ("zeromf", "200", ""), // it has arrived: nothing is forwarded
    ("cparam01", "405", "Allow"),
    ("cparam02", "405", "Allow"),
    ("regescrt", "405", "Allow"),
    ("sdp01", "406", ""),
    // 3.4 older than RFC 3261
    ("inv2543", CALL, ""),
];

#[test]
fn every_message_of_rfc_4475_gets_the_answer_it_asks_for() {
    let mut wrong = Vec::new();
    for (name, wanted, header) in MESSAGES {
        let file = format!("{}/testdata/rfc4475/{name}.sip", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(&file).expect("the message");

        let (said, events) = answers(&bytes);

        let statuses: Vec<String> = said.iter().map(super::name).collect();
        let called = matches!(events[..], [Event::Invited { .. }]);
        let explained = header.is_empty() || said.iter().all(|it| it.header(header).is_some());
        let said = statuses.join(" ");
        if said != wanted || called != (wanted == CALL) || !explained {
            wrong.push(format!("{name}: {said:?} {events:?}, wanted {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// An answer echoes what was wrong, so it need not be a good message itself.
fn answers(bytes: &[u8]) -> (Vec<Message>, Vec<Event>) {
    let mut agent = Agent::new(settings(7));
    agent.handle(start(), Input::Message { flow: flow(Transport::Udp), bytes });
    let (mut said, mut events) = (Vec::new(), Vec::new());
    while let Some(output) = agent.poll() {
        match output {
            Output::Send { bytes, .. } => said.push(wire::read(&bytes).expect("readable").message),
            Output::Event(event) => events.push(event),
        }
    }
    (said, events)
}

/// RFC 5118 section 4, one message each: what an IPv6 address may look like, and where.
#[test]
fn addresses_of_ipv6_are_understood_where_rfc_5118_writes_them() {
    let plain = "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111";
    let six = "c=IN IP6 2001:db8::9:1";
    #[rustfmt::skip]
    let cases = [
        ("4.1", "REGISTER sip:[2001:db8::10]", plain, "", "405"),
        ("4.2", "REGISTER sip:2001:db8::10", plain, "", "400"),
        ("4.3", "REGISTER sip:[2001:db8::10:5070]", plain, "", "405"),
        ("4.4", "REGISTER sip:[2001:db8::10]:5070", plain, "", "405"),
        ("4.5", "BYE sip:user@host.example.net", "SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111;received=[2001:db8::9:255]", "", "481"),
        ("4.6", "OPTIONS sip:user@example.com", "SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3", "", "200"),
        ("4.7", "INVITE sip:user@[2001:db8::10]", plain, six, "100"),
        ("4.8", "INVITE sip:user@[2001:db8::10]", plain, "c=IN IP6 2001:db8::9:1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1", "100"),
        ("4.9", "INVITE sip:user@example.com", "SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19", "c=IN IP6 ::ffff:192.0.2.10", "100"),
        ("4.10", "OPTIONS sip:user@[2001:db8:::192.0.2.1]", plain, "", "200"), // a colon too many, but not our address to judge
    ];
    for (section, line, via, sdp, wanted) in cases {
        let method = line.split(' ').next().unwrap_or_default();
        let body = match sdp {
            "" => String::new(),
            sdp => format!(
                "v=0\r\no=- 1 1 IN IP6 2001:db8::9:1\r\ns=-\r\n{sdp}\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n"
            ),
        };
        let text = format!(
            "{line} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: <sip:user@[2001:db8::9:1]>;tag=1\r\n\
             To: <sip:user@[2001:db8::10]>\r\nCall-ID: six\r\nCSeq: 1 {method}\r\n\
             Contact: <sip:user@[2001:db8::9:1]>\r\nContent-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );

        let (said, _) = answers(text.as_bytes());

        let said: Vec<String> = said.iter().map(super::name).collect();
        assert_eq!(said, [wanted], "{section}");
        if !body.is_empty() {
            let session = sdp::read_answer(body.as_bytes()).expect("an offer");
            assert!(session.remote.is_ipv6(), "{section}: {}", session.remote);
        }
    }
}

/// Over a stream a length that cannot be right ends the stream, for nobody knows where the next
/// message begins.
#[test]
fn a_length_that_lies_is_noticed_in_a_stream_too() {
    for (name, pieces) in [("wsinv", 1), ("ncl", 0), ("mcl01", 0)] {
        let file = format!("{}/testdata/rfc4475/{name}.sip", env!("CARGO_MANIFEST_DIR"));
        let mut stream = wire::Stream::default();
        stream.feed(&std::fs::read(&file).expect("the message"));

        let read = std::iter::from_fn(|| match stream.next_piece() {
            Ok(Some(wire::Piece::Message(_))) => Some(true),
            Ok(Some(wire::Piece::Ping)) => Some(false),
            Ok(None) | Err(_) => None,
        });

        assert_eq!(read.filter(|message| *message).count(), pieces, "{name}");
    }
}
