//! Who talks to whom: what both ends of a call must remember to go on talking (RFC 3261 section 12).
//!
//! **Never here:** transactions, timers, what is talked about.

use std::net::SocketAddr;

use super::address::{Address, Uri};
use super::message::Message;

/// More hops than this are no path but an attack.
const ROUTES_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    pub call_id: String,
    pub local_tag: String,
    /// `None` for a peer older than RFC 3261.
    pub remote_tag: Option<String>,
    /// Our From or To value in requests, tag included.
    local: String,
    remote: String,
    local_number: u32,
    remote_number: Option<u32>,
    /// The peer's Contact: where requests are addressed.
    target: String,
    routes: Vec<String>,
}

impl Dialog {
    /// Of the callee, from the INVITE and the tag given in its answers.
    pub fn of_callee(invite: &Message, local_tag: &str) -> Option<Self> {
        let from = invite.header("From")?;
        Some(Dialog {
            call_id: invite.call_id()?.to_owned(),
            local_tag: local_tag.to_owned(),
            remote_tag: invite.from_tag().map(str::to_owned),
            local: format!("{};tag={local_tag}", invite.header("To")?),
            remote: from.to_owned(),
            local_number: 0,
            remote_number: Some(invite.cseq()?.number),
            target: target_of(invite).unwrap_or(Address::read(from).ok()?.uri).to_owned(),
            routes: invite.members("Record-Route").take(ROUTES_MAX).map(str::to_owned).collect(),
        })
    }

    /// Of the caller, from the INVITE and its 2xx.
    pub fn of_caller(invite: &Message, answer: &Message) -> Option<Self> {
        let mut routes: Vec<String> =
            answer.members("Record-Route").take(ROUTES_MAX).map(str::to_owned).collect();
        routes.reverse();
        Some(Dialog {
            call_id: invite.call_id()?.to_owned(),
            local_tag: invite.from_tag()?.to_owned(),
            remote_tag: answer.to_tag().map(str::to_owned),
            local: invite.header("From")?.to_owned(),
            remote: answer.header("To")?.to_owned(),
            local_number: invite.cseq()?.number,
            remote_number: None,
            target: target_of(answer)
                .unwrap_or(Address::read(invite.header("To")?).ok()?.uri)
                .to_owned(),
            routes,
        })
    }

    /// The same dialog was begun by a provisional answer, and requests were sent within it.
    pub fn go_on_from(&mut self, early: &Dialog) {
        if self.remote_tag == early.remote_tag {
            self.local_number = self.local_number.max(early.local_number);
            self.remote_number = self.remote_number.max(early.remote_number);
        }
    }

    /// No exchange stands in the way.
    pub fn is_direct(&self) -> bool {
        self.routes.is_empty()
    }

    /// Who we are in it, a URI.
    pub fn us(&self) -> &str {
        Address::read(&self.local).map_or("", |address| address.uri)
    }

    /// Whom we talk to, a URI.
    pub fn them(&self) -> &str {
        Address::read(&self.remote).map_or("", |address| address.uri)
    }

    /// Whether this request was sent within this dialog.
    pub fn holds(&self, request: &Message) -> bool {
        request.call_id() == Some(&self.call_id) && request.from_tag() == self.remote_tag.as_deref()
    }

    /// Whether the peer's request is newer than all before it; takes note of its number.
    pub fn is_in_order(&mut self, request: &Message) -> bool {
        let Some(cseq) = request.cseq() else {
            return false;
        };
        let newer = self.remote_number.is_none_or(|last| cseq.number > last);
        if newer {
            self.remote_number = Some(cseq.number);
        }
        newer
    }

    /// The peer moved (RFC 3261 section 12.2.2).
    pub fn retarget(&mut self, request: &Message) {
        if let Some(target) = target_of(request) {
            self.target = target.to_owned();
        }
    }

    /// The next request within the dialog, without Via.
    pub fn request(&mut self, method: rsip::Method) -> Message {
        self.local_number += 1;
        self.numbered(method, self.local_number)
    }

    /// The ACK for the 2xx to our INVITE of this number, without Via.
    pub fn ack(&self, number: u32) -> Message {
        self.numbered(rsip::Method::Ack, number)
    }

    fn numbered(&self, method: rsip::Method, number: u32) -> Message {
        let (uri, routes) = self.path();
        let mut request = Message::request(method, uri);
        for route in routes {
            request = request.with("Route", route);
        }
        request
            .with("Max-Forwards", "70")
            .with("From", self.local.clone())
            .with("To", self.remote.clone())
            .with("Call-ID", self.call_id.clone())
            .with("CSeq", format!("{number} {method}"))
    }

    /// Request URI and routes; a first hop that is no loose router takes the URI's place
    /// (RFC 3261 section 12.2.1.1).
    fn path(&self) -> (String, Vec<String>) {
        let first = self.routes.first().and_then(|route| Address::read(route).ok());
        let strict = first.filter(|hop| Uri::read(hop.uri).is_ok_and(|uri| !uri.is_loose()));
        let Some(strict) = strict else {
            return (self.target.clone(), self.routes.clone());
        };

        let mut routes = self.routes[1..].to_vec();
        routes.push(format!("<{}>", self.target));
        (strict.uri.to_owned(), routes)
    }

    /// The socket the next request goes to, if that can be told without DNS.
    pub fn next_hop(&self) -> Option<SocketAddr> {
        match self.routes.first() {
            Some(route) => Uri::read(Address::read(route).ok()?.uri).ok()?.socket(),
            None => Uri::read(&self.target).ok()?.socket(),
        }
    }
}

fn target_of(message: &Message) -> Option<&str> {
    let uri = message.contact()?.uri;
    Uri::read(uri).is_ok_and(|uri| uri.is_sip()).then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callee_goes_back_the_way_the_invite_came() {
        let mut dialog =
            Dialog::of_callee(&invite("<sip:p1;lr>, <sip:p2:5070;lr>"), "us").expect("a dialog");

        let bye = dialog.request(rsip::Method::Bye);

        let text = String::from_utf8(bye.to_bytes()).expect("text");
        assert!(text.starts_with("BYE sip:a@192.0.2.7:5071 SIP/2.0\r\n"), "{text}");
        assert!(text.contains("Route: <sip:p1;lr>\r\nRoute: <sip:p2:5070;lr>\r\n"), "{text}");
        assert!(text.contains("From: <sip:100@h>;tag=us\r\nTo: <sip:a@h>;tag=them\r\n"), "{text}");
        assert_eq!(dialog.next_hop(), None);
    }

    #[test]
    fn a_caller_goes_the_recorded_way_backwards() {
        let invite = invite("");
        let answer = Message::response(&invite, 200, "", "them")
            .with("Record-Route", "<sip:10.0.0.2;lr>, <sip:10.0.0.1:5070;lr>")
            .with("Contact", "<sip:b@10.0.0.9>");

        let dialog = Dialog::of_caller(&invite, &answer).expect("a dialog");
        let ack = dialog.ack(5);

        let routes: Vec<&str> = ack.values("Route").collect();
        assert_eq!(routes, ["<sip:10.0.0.1:5070;lr>", "<sip:10.0.0.2;lr>"]);
        assert_eq!(ack.header("CSeq"), Some("5 ACK"));
        assert_eq!(dialog.next_hop(), "10.0.0.1:5070".parse().ok());
    }

    #[test]
    fn a_strict_router_is_given_the_request_line() {
        let mut dialog = Dialog::of_callee(&invite("<sip:old.example>"), "us").expect("a dialog");

        let bye = dialog.request(rsip::Method::Bye);

        assert_eq!(bye.request_uri().map(|uri| uri.host), Some("old.example"));
        assert_eq!(bye.header("Route"), Some("<sip:a@192.0.2.7:5071>"));
    }

    #[test]
    fn an_older_number_is_out_of_order() {
        let mut dialog = Dialog::of_callee(&invite(""), "us").expect("a dialog");
        let again = invite("");

        assert!(dialog.holds(&again));
        assert!(!dialog.is_in_order(&again));
    }

    fn invite(record_route: &str) -> Message {
        Message::request(rsip::Method::Invite, "sip:100@h")
            .with("Via", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKx")
            .with("Record-Route", record_route)
            .with("From", "<sip:a@h>;tag=them")
            .with("To", "<sip:100@h>")
            .with("Call-ID", "c")
            .with("CSeq", "5 INVITE")
            .with("Contact", "<sip:a@192.0.2.7:5071>")
    }
}
