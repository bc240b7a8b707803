//! Handing a call over to somebody else (RFC 3515): what is asked, of them or of us, and how it went on.
//!
//! **Never here:** who that is, the call itself.

use super::address::{Address, Uri, percent_decoded};
use super::message::{Message, media_type, phrase};
use super::replaces::Replaces;

/// What a NOTIFY about it carries (RFC 3420).
const FRAGMENT: &str = "message/sipfrag";

/// How a handover goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Handover {
    /// The other end has taken the order.
    Begun,
    /// It rings there.
    Rings,
    Done,
    Failed(Failure),
}

/// Every way a handover fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The other end does not do that, or may not: its answer to the order.
    Refused(u16),
    /// Whom we named does not answer the call: 486 busy, 404 unknown, …
    NotAnswered(u16),
    /// Nothing was heard of it in time.
    Silent,
    /// The name is no address one can call.
    NoAddress,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Refused(status) => write!(f, "the exchange refused: {status}"),
            Failure::NotAnswered(status) => write!(f, "not answered: {status}"),
            Failure::Silent => f.write_str("nothing was heard of it"),
            Failure::NoAddress => f.write_str("no address one can call"),
        }
    }
}

/// Refer-To for an address as the owner writes it; `None` if nobody can be called there. Headers in the
/// URI would be somebody else's orders.
pub fn target(to: &str) -> Option<String> {
    let uri = Address::read(to).ok()?.uri;
    let read = Uri::read(uri).ok()?;
    let callable = (read.is_sip() || read.is_tel()) && read.headers.is_empty();
    callable.then(|| format!("<{uri}>"))
}

/// What a NOTIFY says of the handover; `None` where it is about something else or cannot be read.
pub fn told(notify: &Message) -> Option<Handover> {
    let about = notify.header("Event")?.split(';').next()?.trim();
    if !about.eq_ignore_ascii_case("refer") {
        return None;
    }
    let fragment = notify.header("Content-Type").is_some_and(|it| media_type(it) == FRAGMENT);
    let text = std::str::from_utf8(&notify.body).ok().filter(|_| fragment);
    let status = text.and_then(status);
    let state = notify.header("Subscription-State").unwrap_or_default();
    let over =
        state.split(';').next().is_some_and(|it| it.trim().eq_ignore_ascii_case("terminated"));
    match (status, over) {
        (Some(200..300), _) => Some(Handover::Done),
        (Some(status @ 300..), _) => Some(Handover::Failed(Failure::NotAnswered(status))),
        (_, true) => Some(Handover::Failed(Failure::Silent)),
        (Some(180 | 183), false) => Some(Handover::Rings),
        (Some(_), false) => Some(Handover::Begun),
        (None, false) => None,
    }
}

/// What we tell of it, the first line of a response.
pub fn fragment(status: u16) -> String {
    format!("SIP/2.0 {status} {}\r\n", phrase(status))
}

/// Somebody asks us to talk to somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Whom, without headers.
    pub uri: String,
    /// In place of this call of theirs.
    replaces: Option<String>,
    by: Option<String>,
}

impl Order {
    /// `None` if it names nobody one can call, or several. Of the headers in the URI only Replaces is taken.
    pub fn read(refer: &Message) -> Option<Self> {
        let mut named = refer.values("Refer-To");
        let (to, None) = (named.next()?, named.next()) else {
            return None;
        };
        let uri = Address::read(to).ok()?.uri;
        let read = Uri::read(uri).ok()?;
        if !(read.is_sip() || read.is_tel()) {
            return None;
        }
        let replaces = read.headers.split('&').find_map(|header| {
            let (name, value) = header.split_once('=')?;
            name.eq_ignore_ascii_case("Replaces").then(|| percent_decoded(value))
        });
        let readable = replaces.as_deref().is_none_or(|it| {
            Replaces::read(it).is_some() && !it.contains(|c: char| c.is_control())
        });
        let uri = uri.split('?').next().unwrap_or(uri).to_owned();
        let by = refer.header("Referred-By").map(str::to_owned);
        readable.then_some(Order { uri, replaces, by })
    }

    /// Of the call it asks for (RFC 3891, RFC 3892).
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let replaces = self.replaces.clone().map(|it| ("Replaces", it));
        let by = self.by.clone().map(|it| ("Referred-By", it));
        replaces.into_iter().chain(by).collect()
    }
}

/// The status of a response cut down to its first line.
fn status(fragment: &str) -> Option<u16> {
    let line = fragment.trim_start().lines().next()?;
    let mut words = line.split_ascii_whitespace();
    let version = words.next()?;
    let status: u16 = words.next()?.parse().ok()?;
    (version.eq_ignore_ascii_case("SIP/2.0") && (100..700).contains(&status)).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notify(state: &str, body: &str) -> Message {
        let notify = Message::request(rsip::Method::Notify, "sip:100@h")
            .with("Event", "refer;id=2")
            .with("Subscription-State", state)
            .with("Content-Type", "message/sipfrag;version=2.0");
        Message { body: body.into(), ..notify }
    }

    #[test]
    fn every_word_about_a_handover_has_its_meaning() {
        let active = |body| told(&notify("active;expires=60", body));
        assert_eq!(active("SIP/2.0 100 Trying\r\n"), Some(Handover::Begun));
        assert_eq!(active("SIP/2.0 180 Ringing"), Some(Handover::Rings));
        assert_eq!(active("SIP/2.0 200 OK\r\n"), Some(Handover::Done));
        let busy = Some(Handover::Failed(Failure::NotAnswered(486)));
        assert_eq!(active("SIP/2.0 486 Busy Here"), busy);
        for broken in ["", "200 OK", "SIP/2.0 OK", "SIP/2.0 99999 ?"] {
            assert_eq!(active(broken), None, "{broken}");
        }
        let over = told(&notify("terminated;reason=timeout", "SIP/2.0 100 Trying"));
        assert_eq!(over, Some(Handover::Failed(Failure::Silent)));
        let other = Message::request(rsip::Method::Notify, "sip:100@h").with("Event", "talk");
        assert_eq!(told(&other), None);
    }

    #[test]
    fn only_addresses_without_orders_in_them_are_called() {
        assert_eq!(target("sip:200@pbx.test"), Some("<sip:200@pbx.test>".into()));
        assert_eq!(target("\"Anna\" <tel:+74012000000>"), Some("<tel:+74012000000>".into()));
        for wrong in ["200", "mailto:a@b", "sip:200@pbx?Replaces=x", "<sip:200@pbx"] {
            assert_eq!(target(wrong), None, "{wrong}");
        }
    }
}
