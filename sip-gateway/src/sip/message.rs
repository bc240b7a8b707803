//! One SIP message: a start line, headers in their order, a body.
//!
//! Header values stay text until someone asks for one of them, so a broken header costs only
//! itself. Bytes that are not UTF-8 are kept inside the text (see `wire`) and leave as they came.
//!
//! **Never here:** line ends, limits, which answer a request deserves.

use std::borrow::Cow;

use rsip::headers::{ToTypedHeader, UntypedHeader};

use super::address::{self, Address, AddressError, Uri, Via};
use super::wire;

/// A method we may not know; it is answered all the same. Methods differ by case (RFC 3261
/// section 7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    Known(rsip::Method),
    Other(String),
}

impl Method {
    pub fn read(token: &str) -> Self {
        match token.parse::<rsip::Method>() {
            Ok(known) if known.to_string() == token => Method::Known(known),
            Ok(_) | Err(_) => Method::Other(token.to_owned()),
        }
    }

    pub fn is(&self, method: rsip::Method) -> bool {
        *self == Method::Known(method)
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Method::Known(known) => known.fmt(f),
            Method::Other(token) => f.write_str(token),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    Request { method: Method, uri: String },
    Response { status: u16, reason: String },
}

/// `name` is the long canonical spelling where the header is a known one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub name: Cow<'static, str>,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub start: Start,
    pub headers: Vec<Header>,
    pub body: Vec<u8>,
}

/// What is wrong with a message; the text is fit for a reason phrase.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("Missing {0} header")]
    Missing(&'static str),
    #[error("Bad {0} header: {1}")]
    Address(&'static str, AddressError),
    #[error("Bad {0} header")]
    Header(&'static str),
    #[error("More than one {0} header")]
    Repeated(&'static str),
    #[error("CSeq method does not match the request")]
    OtherMethod,
    #[error("Bad request line")]
    StartLine,
    #[error("Bad request URI: {0}")]
    RequestUri(AddressError),
    #[error("More than {} headers", wire::HEADERS_MAX)]
    Headers,
    #[error("Body is shorter than Content-Length says")]
    Truncated,
    #[error("Version Not Supported")]
    Version,
}

impl Fault {
    /// The status that answers a request with this fault.
    pub fn status(&self) -> u16 {
        match self {
            Fault::Version => 505,
            Fault::Missing(_)
            | Fault::Address(_, _)
            | Fault::Header(_)
            | Fault::Repeated(_)
            | Fault::OtherMethod
            | Fault::StartLine
            | Fault::RequestUri(_)
            | Fault::Headers
            | Fault::Truncated => 400,
        }
    }
}

/// Sequence number and method of a CSeq header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CSeq {
    pub number: u32,
    pub method: Method,
}

impl Message {
    pub fn request(method: rsip::Method, uri: impl Into<String>) -> Self {
        let start = Start::Request { method: Method::Known(method), uri: uri.into() };
        Message { start, headers: Vec::with_capacity(14), body: Vec::new() }
    }

    /// An answer to `request`: its Vias, dialog headers and CSeq, with `to_tag` where the To has
    /// none (RFC 3261 section 8.2.6.2), and its Record-Route where it may begin a dialog.
    pub fn response(request: &Message, status: u16, reason: &str, to_tag: &str) -> Self {
        let reason = if reason.is_empty() { phrase(status) } else { reason };
        let start = Start::Response { status, reason: reason.to_owned() };
        let mut response = Message { start, headers: Vec::with_capacity(12), body: Vec::new() };

        let begins_dialog = (101..300).contains(&status);
        for header in &request.headers {
            let copied = match header.name.as_ref() {
                "Via" | "From" | "Call-ID" | "CSeq" => true,
                "Record-Route" => begins_dialog,
                "Timestamp" => status == 100,
                _ => false,
            };
            if copied {
                response.headers.push(header.clone());
            } else if header.name == "To" {
                response.headers.push(tagged(header, if status == 100 { "" } else { to_tag }));
            }
        }
        response
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push(Header { name: Cow::Borrowed(name), value: value.into() });
        self
    }

    #[must_use]
    pub fn with_sdp(self, sdp: Vec<u8>) -> Self {
        if sdp.is_empty() {
            return self;
        }
        Message { body: sdp, ..self.with("Content-Type", "application/sdp") }
    }

    /// The first header of this canonical name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    pub fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let named = move |header: &&'a Header| header.name == name;
        self.headers.iter().filter(named).map(|header| header.value.as_str())
    }

    /// Every member of every header of this name, lists taken apart.
    pub fn members<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.values(name).flat_map(address::list)
    }

    /// The first header of this name as `rsip` types it: `None` if absent, `Some(Err)` if broken.
    pub fn typed<'a, H>(&'a self, name: &str) -> Option<Result<H::Typed, rsip::Error>>
    where
        H: UntypedHeader<'a> + ToTypedHeader<'a>,
    {
        self.header(name).map(|value| H::new(value).into_typed())
    }

    pub fn method(&self) -> Option<&Method> {
        match &self.start {
            Start::Request { method, .. } => Some(method),
            Start::Response { .. } => None,
        }
    }

    pub fn is(&self, method: rsip::Method) -> bool {
        self.method().is_some_and(|said| said.is(method))
    }

    pub fn status(&self) -> Option<u16> {
        match &self.start {
            Start::Request { .. } => None,
            Start::Response { status, .. } => Some(*status),
        }
    }

    pub fn request_uri(&self) -> Option<Uri<'_>> {
        match &self.start {
            Start::Request { uri, .. } => Uri::read(uri).ok(),
            Start::Response { .. } => None,
        }
    }

    pub fn via(&self) -> Option<Via<'_>> {
        Via::read(self.members("Via").next()?).ok()
    }

    pub fn from(&self) -> Option<Address<'_>> {
        Address::read(self.header("From")?).ok()
    }

    pub fn to(&self) -> Option<Address<'_>> {
        Address::read(self.header("To")?).ok()
    }

    pub fn from_tag(&self) -> Option<&str> {
        self.from()?.tag()
    }

    pub fn to_tag(&self) -> Option<&str> {
        self.to()?.tag()
    }

    pub fn call_id(&self) -> Option<&str> {
        self.header("Call-ID")
    }

    pub fn contact(&self) -> Option<Address<'_>> {
        Address::read(self.members("Contact").next()?).ok()
    }

    pub fn cseq(&self) -> Option<CSeq> {
        let (number, method) =
            self.header("CSeq")?.split_once(|c: char| c.is_ascii_whitespace())?;
        let number = number.parse().ok().filter(|number| *number < 1 << 31)?;
        Some(CSeq { number, method: Method::read(method.trim()) })
    }

    /// The first thing that keeps this message from being understood, if any (RFC 3261 section
    /// 8.1.1 names the headers every request has).
    pub fn fault(&self) -> Option<Fault> {
        for name in ["From", "To", "Call-ID", "CSeq", "Max-Forwards"] {
            match self.values(name).count() {
                0 if name != "Max-Forwards" => return Some(Fault::Missing(name)),
                0 | 1 => {}
                _ => return Some(Fault::Repeated(name)),
            }
        }
        self.via_fault().or_else(|| self.dialog_fault()).or_else(|| self.request_fault())
    }

    fn via_fault(&self) -> Option<Fault> {
        let Some(first) = self.members("Via").next() else {
            return Some(Fault::Missing("Via"));
        };
        if self.values("Via").any(address::has_gap) {
            return Some(Fault::Header("Via"));
        }
        Via::read(first).err().map(|error| Fault::Address("Via", error))
    }

    fn dialog_fault(&self) -> Option<Fault> {
        for name in ["From", "To"] {
            let address = Address::read(self.header(name).unwrap_or_default());
            let uri = address.and_then(|address| Uri::read(address.uri).map(|_| ()));
            if let Err(error) = uri {
                return Some(Fault::Address(name, error));
            }
        }
        if self.call_id().is_none_or(str::is_empty) {
            return Some(Fault::Header("Call-ID"));
        }
        let whole = |value: &str| value.parse::<u8>().is_ok();
        if self.header("Max-Forwards").is_some_and(|value| !whole(value)) {
            return Some(Fault::Header("Max-Forwards"));
        }
        self.cseq().is_none().then_some(Fault::Header("CSeq"))
    }

    fn request_fault(&self) -> Option<Fault> {
        let Start::Request { method, uri } = &self.start else {
            return None;
        };
        if self.cseq().is_some_and(|cseq| cseq.method != *method) {
            return Some(Fault::OtherMethod);
        }
        match Uri::read(uri) {
            // They would be ours to obey (RFC 3261 section 19.1.5).
            Ok(uri) if !uri.headers.is_empty() => Some(Fault::RequestUri(AddressError::Headers)),
            Ok(_) => None,
            Err(error) => Some(Fault::RequestUri(error)),
        }
    }

    /// As it goes onto the wire, Content-Length last.
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::write(self)
    }
}

fn tagged(to: &Header, tag: &str) -> Header {
    let has_tag = Address::read(&to.value).is_ok_and(|address| address.tag().is_some());
    if has_tag || tag.is_empty() {
        return to.clone();
    }
    Header { name: to.name.clone(), value: format!("{};tag={tag}", to.value) }
}

/// `application/sdp` of `Application/SDP; charset=x`.
pub fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase()
}

/// The usual words for a status.
pub fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        603 => "Decline",
        _ => "Unnamed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_broken_header_leaves_the_others_readable() {
        let message = request().with("Contact", "\"x <sip:y").with("WWW-Authenticate", "nonsense");

        let typed = message.typed::<rsip::headers::WwwAuthenticate>("WWW-Authenticate");

        assert!(typed.is_some_and(|header| header.is_err()));
        assert_eq!(message.contact(), None);
        assert_eq!(message.cseq().map(|cseq| cseq.number), Some(7));
        assert_eq!(message.fault(), None);
    }

    #[test]
    fn a_response_carries_the_way_back_and_one_tag() {
        let request = request().with("Via", "SIP/2.0/UDP far").with("Record-Route", "<sip:p;lr>");

        let ok = Message::response(&request, 200, "", "here");
        let trying = Message::response(&request, 100, "", "here");

        assert_eq!(ok.values("Via").count(), 2);
        assert_eq!(ok.to_tag(), Some("here"));
        assert_eq!(ok.header("Record-Route"), Some("<sip:p;lr>"));
        assert_eq!((trying.to_tag(), trying.header("Record-Route")), (None, None));
    }

    #[test]
    fn methods_differ_by_case_and_unknown_ones_are_kept() {
        assert!(Method::read("INVITE").is(rsip::Method::Invite));
        assert_eq!(Method::read("invite"), Method::Other("invite".to_owned()));
        assert_eq!(Method::read("NEWMETHOD").to_string(), "NEWMETHOD");
    }

    #[test]
    fn faults_say_which_header_is_wrong() {
        let mut twice = request();
        twice.headers.push(twice.headers[1].clone());
        let mut huge = request();
        huge.headers[4].value = "36893488147419103232 OPTIONS".to_owned();
        let mut other = request();
        other.headers[4].value = "7 INVITE".to_owned();

        assert_eq!(twice.fault(), Some(Fault::Repeated("From")));
        assert_eq!(huge.fault(), Some(Fault::Header("CSeq")));
        assert_eq!(other.fault(), Some(Fault::OtherMethod));
    }

    fn request() -> Message {
        Message::request(rsip::Method::Options, "sip:100@h")
            .with("Via", "SIP/2.0/UDP near;branch=z9hG4bK1")
            .with("From", "<sip:a@h>;tag=1")
            .with("To", "sip:100@h")
            .with("Call-ID", "c")
            .with("CSeq", "7 OPTIONS")
    }
}
