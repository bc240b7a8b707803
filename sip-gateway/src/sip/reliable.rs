//! Provisional answers that arrive for certain (RFC 3262): what their headers say.
//!
//! **Never here:** sending, repeating.

use super::message::{Message, Method};

/// The option both ends know it by.
pub const OPTION: &str = "100rel";

/// Whether whoever asks knows of reliable answers, or insists on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    None,
    Possible,
    Required,
}

/// Which provisional answer a PRACK is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    /// RSeq of the answer.
    pub number: u32,
    /// CSeq number of the INVITE.
    pub invite: u32,
}

pub fn wish(invite: &Message) -> Wish {
    let names = |name| invite.members(name).any(|option| option.eq_ignore_ascii_case(OPTION));
    match (names("Require"), names("Supported")) {
        (true, _) => Wish::Required,
        (false, true) => Wish::Possible,
        (false, false) => Wish::None,
    }
}

/// The number of a provisional answer that wants a PRACK (section 4).
pub fn number(response: &Message) -> Option<u32> {
    let required = response.members("Require").any(|option| option.eq_ignore_ascii_case(OPTION));
    response.header("RSeq")?.trim().parse().ok().filter(|_| required)
}

/// RAck (section 7.2), of a PRACK for an INVITE.
pub fn acknowledged(prack: &Message) -> Option<Acknowledged> {
    let mut words = prack.header("RAck")?.split_ascii_whitespace();
    let (number, invite) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let method = Method::read(words.next()?);
    (method.is(rsip::Method::Invite)).then_some(Acknowledged { number, invite })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &'static str, value: &str) -> Message {
        Message::request(rsip::Method::PRack, "sip:100@h").with(name, value)
    }

    #[test]
    fn what_is_asked_and_acknowledged_is_read() {
        assert_eq!(wish(&message("Supported", "timer, 100rel")), Wish::Possible);
        assert_eq!(wish(&message("Require", "100REL")), Wish::Required);
        assert_eq!(wish(&message("Supported", "timer")), Wish::None);
        assert_eq!(number(&message("Require", "100rel").with("RSeq", "988789")), Some(988_789));
        assert_eq!(number(&message("RSeq", "988789")), None);
        let read = |value| acknowledged(&message("RAck", value));
        assert_eq!(read("776656 1 INVITE"), Some(Acknowledged { number: 776_656, invite: 1 }));
        for broken in ["", "1", "1 2", "1 2 BYE", "x 2 INVITE", "99999999999 1 INVITE"] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
