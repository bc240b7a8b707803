//! Who a caller is, by their own word and by the word of an exchange.
//!
//! **Never here:** whom to believe.

use super::address::{Address, Uri};
use super::event::Caller;
use super::message::Message;
use super::wire;

/// What From says, for a caller who does not hide.
pub fn caller_of(invite: &Message) -> Caller {
    let Some(from) = invite.from() else {
        return Caller::default();
    };
    let uri = Uri::read(from.uri).ok().filter(|uri| uri.host != "anonymous.invalid");
    let number = uri.map(|uri| uri.number()).map(|number| wire::readable(&number));
    Caller {
        number: number.filter(|number| !number.is_empty() && number != "anonymous"),
        display: from.display.map(|display| wire::readable(&display)),
        asserted: asserted(invite),
        diverted: diverted(invite),
    }
}

/// The number that was dialled before the call was sent on to ours (RFC 5806; RFC 7044, where the first
/// entry is what the caller dialled).
fn diverted(invite: &Message) -> Option<String> {
    let number = |member: &str| Some(Uri::read(Address::read(member).ok()?.uri).ok()?.number());
    let dialled = invite.request_uri().map(|uri| uri.number());
    let said = ["Diversion", "History-Info"].into_iter().flat_map(|name| invite.members(name));
    let number = said.filter_map(number).find(|number| Some(number) != dialled.as_ref())?;
    (!number.is_empty()).then(|| wire::readable(&number))
}

/// The first number among what was asserted: a header may hold a `sip:` and a `tel:` address.
fn asserted(invite: &Message) -> Option<String> {
    let said = ["P-Asserted-Identity", "Remote-Party-ID"]
        .into_iter()
        .flat_map(|name| invite.members(name))
        .filter_map(|member| Address::read(member).ok());
    let numbers = said.filter_map(|address| Some(Uri::read(address.uri).ok()?.number()));
    numbers
        .map(|number| wire::readable(&number))
        .find(|number| number.len() > 2 && number.chars().all(|c| c.is_ascii_digit() || c == '+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diverted_by(name: &'static str, value: &str) -> Option<String> {
        let invite = Message::request(rsip::Method::Invite, "sip:100@h").with(name, value);
        caller_of(&invite.with("From", "<sip:a@h>;tag=1")).diverted
    }

    #[test]
    fn a_call_sent_on_says_what_was_dialled_at_first() {
        let diversion = "<sip:+74012000007@pbx>;reason=unconditional;counter=1";
        assert_eq!(diverted_by("Diversion", diversion), Some("+74012000007".into()));
        let history = "<sip:+74012000007@pbx>;index=1, <sip:100@h;cause=302>;index=1.1";
        assert_eq!(diverted_by("History-Info", history), Some("+74012000007".into()));
        assert_eq!(diverted_by("History-Info", "<sip:100@h>;index=1"), None);
        for nothing in ["", "<sip:", "unknown"] {
            assert_eq!(diverted_by("Diversion", nothing), None, "{nothing}");
        }
    }
}
