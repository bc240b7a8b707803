//! A call that takes the place of another (RFC 3891): which one it names.
//!
//! **Never here:** whether there is such a call, and what becomes of it.

use super::address::param;
use super::message::Message;

/// The dialog to be replaced, seen from the side that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaces {
    pub call_id: String,
    pub local_tag: String,
    pub remote_tag: String,
    /// Only if it still rings.
    pub early_only: bool,
}

/// More than one, or one without both tags (RFC 3891 section 3): 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclear;

impl Replaces {
    pub fn of(invite: &Message) -> Result<Option<Self>, Unclear> {
        let mut values = invite.values("Replaces");
        let Some(value) = values.next() else {
            return Ok(None);
        };
        match values.next() {
            Some(_) => Err(Unclear),
            None => Self::read(value).map(Some).ok_or(Unclear),
        }
    }

    pub fn read(value: &str) -> Option<Self> {
        let (call_id, params) = value.split_once(';')?;
        let tag = |name| param(params, name).filter(|tag| !tag.is_empty()).map(str::to_owned);
        Some(Replaces {
            call_id: Some(call_id.trim()).filter(|it| !it.is_empty())?.to_owned(),
            local_tag: tag("to-tag")?,
            remote_tag: tag("from-tag")?,
            early_only: param(params, "early-only").is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_is_named_with_both_its_tags_or_none_is() {
        let invite = |values: &[&str]| {
            let plain = Message::request(rsip::Method::Invite, "sip:100@h");
            Replaces::of(&values.iter().fold(plain, |it, value| it.with("Replaces", *value)))
        };
        assert_eq!(invite(&[]), Ok(None));
        let named = invite(&["98732@sip.example.com ;from-tag=r33th4x0r;to-tag=ff87ff"]);
        let named = named.expect("clear").expect("named");
        assert_eq!(named.call_id, "98732@sip.example.com");
        assert_eq!((named.local_tag.as_str(), named.remote_tag.as_str()), ("ff87ff", "r33th4x0r"));
        assert!(!named.early_only);
        assert!(invite(&["a;to-tag=b;from-tag=c;early-only"]).unwrap().unwrap().early_only);
        for unclear in ["a", "a;to-tag=b", ";to-tag=b;from-tag=c", "a;to-tag=;from-tag=c"] {
            assert_eq!(invite(&[unclear]), Err(Unclear), "{unclear}");
        }
        assert_eq!(invite(&["a;to-tag=b;from-tag=c", "a;to-tag=b;from-tag=c"]), Err(Unclear));
    }
}
