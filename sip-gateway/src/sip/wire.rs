//! Messages as bytes: reads what real peers send, writes what the RFC wants.
//!
//! Folded lines, short header names, bare line feeds, spaces before colons and bytes in foreign
//! encodings are read over. What cannot be read over becomes a `Fault` beside whatever could
//! still be understood, so that the sender can be told.
//!
//! **Never here:** what a message means.

use std::borrow::Cow;

use super::message::{Fault, Header, Message, Method, Start};

/// A longer message is refused unread; no datagram can exceed it.
pub const MESSAGE_BYTES_MAX: usize = 65_535;
/// Start line and headers of a message on a stream; longer breaks the stream.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Headers read from one message; more is a fault.
pub const HEADERS_MAX: usize = 128;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("nothing but line ends")]
    Empty,
    #[error("message of {len} bytes is longer than {MESSAGE_BYTES_MAX}")]
    Long { len: usize },
    #[error("head of a streamed message is longer than {HEAD_BYTES_MAX} bytes")]
    LongHead,
    #[error("Content-Length of a streamed message cannot be read")]
    Length,
    #[error("first line is not SIP")]
    NotSip,
}

/// A message and the first thing found wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub message: Message,
    pub fault: Option<Fault>,
}

/// Read one datagram, or one message cut out of a stream.
pub fn read(bytes: &[u8]) -> Result<Reading, WireError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(WireError::Long { len: bytes.len() });
    }
    let bytes = &bytes[leading_line_ends(bytes)..];
    if bytes.is_empty() {
        return Err(WireError::Empty);
    }

    let (line, mut rest) = take_line(bytes);
    let (start, mut fault) = read_start(&line_text(line))?;
    let mut headers: Vec<Header> = Vec::with_capacity(16);
    while !rest.is_empty() {
        let (line, after) = take_line(rest);
        rest = after;
        if line.is_empty() {
            break;
        }
        if headers.len() == HEADERS_MAX {
            fault = fault.or(Some(Fault::Headers));
            break;
        }
        take_header(&mut headers, line);
    }

    let (body, cut) = body(&headers, rest);
    let message = Message { start, headers, body: body.to_vec() };
    let fault = fault.or(cut).or_else(|| message.fault());
    Ok(Reading { message, fault })
}

fn leading_line_ends(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| b"\r\n".contains(byte)).count()
}

/// The line without its end, and what follows.
fn take_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match bytes.iter().position(|&byte| byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// A return that ends no line ends one for others, who would read what we repeat as two.
fn line_text(line: &[u8]) -> Cow<'_, str> {
    let text = text(line);
    match text.contains('\r') {
        true => Cow::Owned(text.replace('\r', " ")),
        false => text,
    }
}

fn read_start(line: &str) -> Result<(Start, Option<Fault>), WireError> {
    let line = line.trim();
    if let Some(rest) = strip_prefix_of_any_case(line, "SIP/2.0 ") {
        let (status, reason) = rest.trim_start().split_once(' ').unwrap_or((rest, ""));
        let status = status.parse().ok().filter(|status| (100..700).contains(status));
        let status = status.ok_or(WireError::NotSip)?;
        return Ok((Start::Response { status, reason: reason.trim().to_owned() }, None));
    }

    let (method, rest) = line.split_once(' ').ok_or(WireError::NotSip)?;
    let (uri, version) = rest.rsplit_once(' ').ok_or(WireError::NotSip)?;
    strip_prefix_of_any_case(version, "SIP/").ok_or(WireError::NotSip)?;
    let fault = if !version.eq_ignore_ascii_case("SIP/2.0") {
        Some(Fault::Version)
    } else if !method.chars().all(is_token) || uri != uri.trim() {
        Some(Fault::StartLine)
    } else {
        None
    };
    Ok((Start::Request { method: Method::read(method), uri: uri.trim().to_owned() }, fault))
}

fn strip_prefix_of_any_case<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    let head = line.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &line[prefix.len()..])
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-.!%*_+`'~".contains(c)
}

/// A continued line joins the header before it; a line that is no header is passed over, as
/// RFC 3261 section 16.3 has it for headers one does not need.
fn take_header(headers: &mut Vec<Header>, line: &[u8]) {
    let line_text = line_text(line);
    if line_text.starts_with([' ', '\t']) {
        if let Some(header) = headers.last_mut() {
            header.value.push(' ');
            header.value.push_str(line_text.trim());
        }
        return;
    }

    let Some((name, value)) = line_text.split_once(':') else {
        return;
    };
    let name = name.trim_end();
    if !name.is_empty() && name.chars().all(is_token) {
        headers.push(Header { name: canonical(name), value: value.trim().to_owned() });
    }
}

/// Without Content-Length the body is all there is (RFC 3261 section 18.3).
fn body<'a>(headers: &[Header], rest: &'a [u8]) -> (&'a [u8], Option<Fault>) {
    let mut lengths = headers.iter().filter(|header| header.name == "Content-Length");
    let Some(said) = lengths.next() else {
        return (rest, None);
    };
    if lengths.any(|other| other.value != said.value) {
        return (rest, Some(Fault::Repeated("Content-Length")));
    }

    match said.value.parse::<usize>() {
        Ok(length) if length <= rest.len() => (&rest[..length], None),
        Ok(_) => (rest, Some(Fault::Truncated)),
        Err(_) => (rest, Some(Fault::Header("Content-Length"))),
    }
}

/// Long names with their short forms (IANA), spelt as the RFCs do.
const NAMES: [(&str, &str); 48] = [
    ("Via", "v"),
    ("From", "f"),
    ("To", "t"),
    ("Call-ID", "i"),
    ("CSeq", ""),
    ("Contact", "m"),
    ("Max-Forwards", ""),
    ("Content-Length", "l"),
    ("Content-Type", "c"),
    ("Content-Encoding", "e"),
    ("Content-Disposition", ""),
    ("Record-Route", ""),
    ("Route", ""),
    ("User-Agent", ""),
    ("Server", ""),
    ("Allow", ""),
    ("Accept", ""),
    ("Accept-Encoding", ""),
    ("Accept-Language", ""),
    ("Accept-Contact", "a"),
    ("Reject-Contact", "j"),
    ("Request-Disposition", "d"),
    ("Supported", "k"),
    ("Require", ""),
    ("Proxy-Require", ""),
    ("Unsupported", ""),
    ("Subject", "s"),
    ("Event", "o"),
    ("Allow-Events", "u"),
    ("Refer-To", "r"),
    ("Referred-By", "b"),
    ("Session-Expires", "x"),
    ("Min-SE", ""),
    ("Identity", "y"),
    ("Authorization", ""),
    ("WWW-Authenticate", ""),
    ("Proxy-Authorization", ""),
    ("Proxy-Authenticate", ""),
    ("P-Asserted-Identity", ""),
    ("Remote-Party-ID", ""),
    ("Retry-After", ""),
    ("Expires", ""),
    ("Reason", ""),
    ("Timestamp", ""),
    ("RSeq", ""),
    ("RAck", ""),
    ("Subscription-State", ""),
    ("Replaces", ""),
];

fn canonical(name: &str) -> Cow<'static, str> {
    let is_same = |(long, short): &&(&'static str, &str)| {
        long.eq_ignore_ascii_case(name) || (name.len() == 1 && short.eq_ignore_ascii_case(name))
    };
    match NAMES.iter().find(is_same) {
        Some((long, _)) => Cow::Borrowed(long),
        None => Cow::Owned(name.to_owned()),
    }
}

/// Bytes that are no UTF-8 become characters of this private block, one each, and become the same
/// bytes again when written.
const FOREIGN: u32 = 0xF700;

fn is_foreign(c: char) -> bool {
    (FOREIGN + 0x80..=FOREIGN + 0xFF).contains(&u32::from(c))
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() || !text.contains(is_foreign) => Cow::Borrowed(text),
        Ok(_) | Err(_) => Cow::Owned(foreign_text(bytes)),
    }
}

/// A line that is not all UTF-8 is none of it: two foreign letters can look like one of ours.
fn foreign_text(bytes: &[u8]) -> String {
    let letter = |&byte: &u8| {
        if byte.is_ascii() { char::from(byte) } else { foreign(byte) }
    };
    bytes.iter().map(letter).collect()
}

fn foreign(byte: u8) -> char {
    char::from_u32(FOREIGN + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Text for people: foreign bytes read as windows-1251, which is what Russian peers that do not
/// send UTF-8 send.
pub fn readable(text: &str) -> String {
    text.chars().map(|c| if is_foreign(c) { cyrillic(u32::from(c) - FOREIGN) } else { c }).collect()
}

fn cyrillic(byte: u32) -> char {
    let letter = match byte {
        0xC0..=0xFF => byte - 0xC0 + 0x410,
        0xA8 => 0x401,
        0xB8 => 0x451,
        0xA0 => 0x20,
        _ => 0xFFFD,
    };
    char::from_u32(letter).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The message as it goes out. No value can break out of its line.
pub fn write(message: &Message) -> Vec<u8> {
    let mut out = Vec::with_capacity(600 + message.body.len());
    match &message.start {
        Start::Request { method, uri } => push(&mut out, &format!("{method} {uri} SIP/2.0")),
        Start::Response { status, reason } => push(&mut out, &format!("SIP/2.0 {status} {reason}")),
    }
    out.extend_from_slice(b"\r\n");
    for header in message.headers.iter().filter(|header| header.name != "Content-Length") {
        push(&mut out, &header.name);
        out.extend_from_slice(b": ");
        push(&mut out, &header.value);
        out.extend_from_slice(b"\r\n");
    }
    push(&mut out, &format!("Content-Length: {}", message.body.len()));
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(&message.body);
    out
}

fn push(out: &mut Vec<u8>, text: &str) {
    let plain = |byte: &u8| byte.is_ascii() && !b"\r\n".contains(byte);
    if text.as_bytes().iter().all(plain) {
        out.extend_from_slice(text.as_bytes());
        return;
    }

    for c in text.chars() {
        match c {
            '\r' | '\n' => out.push(b' '),
            c if is_foreign(c) => out.push(u32::from(c).to_le_bytes()[0]),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// What a stream held next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Message(Vec<u8>),
    /// A keep-alive that asks for CRLF in return (RFC 5626 section 3.5.1).
    Ping,
}

/// Cuts a byte stream into messages. After an error the stream cannot be followed any more:
/// close it.
#[derive(Debug, Default)]
pub struct Stream {
    held: Vec<u8>,
    /// Bytes already searched for the end of the head.
    searched: usize,
}

impl Stream {
    pub fn feed(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// Whether a message has begun and not ended: a peer that never ends one is timed out by the
    /// shell. Line ends alone begin nothing.
    pub fn is_within_message(&self) -> bool {
        leading_line_ends(&self.held) < self.held.len()
    }

    /// The next whole piece, or `None` until more is fed.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, WireError> {
        if self.held.starts_with(b"\r\n\r\n") {
            self.held.drain(..4);
            return Ok(Some(Piece::Ping));
        }
        if self.searched == 0 && !self.skip_line_ends() {
            return Ok(None);
        }

        let Some(head) = self.find_head()? else {
            return Ok(None);
        };
        let length = streamed_length(&self.held[..head])?;
        let whole = head.saturating_add(length);
        if whole > MESSAGE_BYTES_MAX {
            return Err(WireError::Long { len: whole });
        }
        if whole > self.held.len() {
            return Ok(None);
        }

        self.searched = 0;
        let rest = self.held.split_off(whole);
        Ok(Some(Piece::Message(std::mem::replace(&mut self.held, rest))))
    }

    /// Whether a message follows the line ends; alone they may be half a ping.
    fn skip_line_ends(&mut self) -> bool {
        let line_ends = leading_line_ends(&self.held);
        let follows = line_ends < self.held.len();
        if follows || line_ends > 3 {
            self.held.drain(..line_ends);
        }
        follows
    }

    /// Where the head ends, its blank line included.
    fn find_head(&mut self) -> Result<Option<usize>, WireError> {
        let ends = (self.searched..self.held.len()).find(|&at| {
            let upto = &self.held[..=at];
            upto.ends_with(b"\n\r\n") || upto.ends_with(b"\n\n")
        });
        let head = ends.map(|at| at + 1);
        if head.unwrap_or(self.held.len()) > HEAD_BYTES_MAX {
            return Err(WireError::LongHead);
        }
        self.searched = ends.unwrap_or(self.held.len());
        Ok(head)
    }
}

/// Without Content-Length a streamed message has no body (RFC 3261 section 20.14 requires one).
fn streamed_length(head: &[u8]) -> Result<usize, WireError> {
    let mut headers = Vec::new();
    let (_, mut rest) = take_line(head);
    while !rest.is_empty() && headers.len() <= HEADERS_MAX {
        let (line, after) = take_line(rest);
        take_header(&mut headers, line);
        rest = after;
    }

    let mut lengths = headers.iter().filter(|header| header.name == "Content-Length");
    let Some(said) = lengths.next() else {
        return Ok(0);
    };
    if lengths.any(|other| other.value != said.value) {
        return Err(WireError::Length);
    }
    said.value.parse().map_err(|_| WireError::Length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "OPTIONS sip:100@h SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\n\
        From: <sip:a@h>;tag=1\r\nTo: <sip:100@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n";

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let message = plain("Subject: \u{cf} \u{f7a0}\r\nContent-Length: 2\r\n\r\nhi").message;

        let again = read(&message.to_bytes()).expect("readable");

        assert_eq!(again.fault, None);
        assert_eq!(again.message.to_bytes(), message.to_bytes());
        assert_eq!(again.message.body, b"hi");
    }

    #[test]
    fn a_return_within_a_line_is_no_end_of_it() {
        let reading = plain("WWW-Authenticate: Digest realm=\"a\rEvil: b\", nonce=\"n\"\r\n\r\n");

        let value = reading.message.header("WWW-Authenticate");
        assert_eq!(value, Some("Digest realm=\"a Evil: b\", nonce=\"n\""));
        assert_eq!(reading.message.header("Evil"), None);
    }

    #[test]
    fn foreign_bytes_leave_as_they_came_and_read_as_cyrillic() {
        let mut bytes = PLAIN.as_bytes().to_vec();
        bytes.extend_from_slice(b"Contact: \"\xcf\xb8\xf2\xf0\" <sip:p@h>\r\n\r\n");

        let message = read(&bytes).expect("readable").message;

        let display = message.contact().and_then(|contact| contact.display).expect("a name");
        assert_eq!(readable(&display), "Пётр");
        let written = message.to_bytes();
        assert!(written.windows(4).any(|bytes| bytes == b"\xcf\xb8\xf2\xf0"));
    }

    #[test]
    fn no_value_breaks_out_of_its_line() {
        let message = plain("\r\n").message.with("Subject", "a\r\nVia: evil");

        let text = String::from_utf8(message.to_bytes()).expect("text");

        assert!(text.contains("Subject: a  Via: evil\r\n"));
    }

    #[test]
    fn a_body_without_content_length_is_kept_and_a_short_one_is_a_fault() {
        assert_eq!(plain("\r\nv=0").message.body, b"v=0");
        assert_eq!(plain("l: 9\r\n\r\nv=0").fault, Some(Fault::Truncated));
        assert_eq!(plain("l: -9\r\n\r\n").fault, Some(Fault::Header("Content-Length")));
        assert_eq!(plain("l: 1\r\n\r\nv=0").message.body, b"v");
    }

    #[test]
    fn what_is_not_sip_is_nobodys_message() {
        assert_eq!(read(b"\r\n\r\n"), Err(WireError::Empty));
        assert_eq!(read(b"GET / HTTP/1.1\r\n\r\n"), Err(WireError::NotSip));
        assert_eq!(read(b"SIP/2.0 99 Low\r\n\r\n"), Err(WireError::NotSip));
        assert!(matches!(read(&[b'x'; 70_000]), Err(WireError::Long { len: 70_000 })));
    }

    #[test]
    fn too_many_headers_are_a_fault_and_not_read() {
        let reading = plain(&format!("{}\r\n", "X: y\r\n".repeat(500)));

        assert_eq!(reading.fault, Some(Fault::Headers));
        assert_eq!(reading.message.headers.len(), HEADERS_MAX);
    }

    #[test]
    fn a_stream_is_cut_whatever_the_pieces_it_arrives_in() {
        let one = format!("{PLAIN}l : 4\r\n\r\nbody");
        let bytes = format!("\r\n\r\n{one}\r\n{one}\r\n\r\n");
        let mut whole = Stream::default();
        let mut drops = Stream::default();
        let mut by_drops = Vec::new();

        whole.feed(bytes.as_bytes());
        for byte in bytes.as_bytes() {
            drops.feed(&[*byte]);
            by_drops.extend(drops.next_piece().expect("followed"));
        }

        let at_once: Vec<Piece> =
            std::iter::from_fn(|| whole.next_piece().expect("followed")).collect();
        let message = Piece::Message(one.into_bytes());
        assert_eq!(by_drops, [Piece::Ping, message.clone(), message, Piece::Ping]);
        assert_eq!(at_once, by_drops);
    }

    #[test]
    fn a_stream_that_cannot_be_followed_says_why() {
        let mut endless = Stream::default();
        endless.feed(&vec![b'a'; HEAD_BYTES_MAX + 1]);
        let mut huge = Stream::default();
        huge.feed(format!("{PLAIN}Content-Length: 18446744073709551615\r\n\r\n").as_bytes());
        let mut unclear = Stream::default();
        unclear.feed(format!("{PLAIN}l: 1\r\nl: 2\r\n\r\n").as_bytes());

        assert_eq!(endless.next_piece(), Err(WireError::LongHead));
        assert!(matches!(huge.next_piece(), Err(WireError::Long { .. })));
        assert_eq!(unclear.next_piece(), Err(WireError::Length));
    }

    fn plain(rest: &str) -> Reading {
        read(format!("{PLAIN}{rest}").as_bytes()).expect("readable")
    }
}
