//! Being known at an exchange: that calls for our number come to us (RFC 3261 section 10.2).
//!
//! One account at one registrar. Says what to send and how long to wait; never gives up.
//!
//! **Never here:** transactions, sockets, names that must be looked up.

use std::time::Duration;

use super::address::{self, Address};
use super::digest::{Challenge, Credentials, Proof};
use super::message::Message;

/// Asked for where the account says nothing.
pub const EXPIRES: Duration = Duration::from_secs(600);
/// A failure is followed by a wait of this, doubled each time (RFC 5626 section 4.5).
const RETRY_FIRST: Duration = Duration::from_secs(15);
const RETRY_MOST: Duration = Duration::from_secs(900);
/// A registrar that wants more than a day is not believed.
const EXPIRES_MOST: Duration = Duration::from_secs(86_400);
const EXPIRES_LEAST: Duration = Duration::from_secs(20);

/// What one is registered as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// `sip:sip.example.org`
    pub registrar: String,
    /// `sip:74012000000@sip.example.org`
    pub address: String,
    pub credentials: Credentials,
    pub expires: Duration,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The same again at once, as the registrar has just asked.
    Again,
    /// Registered; again after so long.
    Registered { again: Duration },
    /// Refused or unanswered; again after so long.
    Failed { why: String, again: Duration },
    /// Not registered any more, as we wished.
    Over,
}

#[derive(Debug)]
pub struct Registration {
    account: Account,
    call_id: String,
    tag: String,
    number: u32,
    expires: Duration,
    proof: Option<Proof>,
    /// The proof has been sent with the request under way.
    proven: bool,
    failures: u32,
    leaving: bool,
}

impl Registration {
    /// `call_id` and `tag` are words nobody else uses.
    pub fn new(account: Account, call_id: String, tag: String) -> Self {
        let expires = account.expires.clamp(EXPIRES_LEAST, EXPIRES_MOST);
        Registration {
            account,
            call_id,
            tag,
            number: 0,
            expires,
            proof: None,
            proven: false,
            failures: 0,
            leaving: false,
        }
    }

    /// The next REGISTER, without Via. `cnonce` is a word nobody else uses.
    pub fn request(&mut self, contact: &str, cnonce: &str) -> Message {
        self.number += 1;
        let Account { registrar, address, credentials, .. } = &self.account;
        let expires = if self.leaving { 0 } else { self.expires.as_secs() };
        let request = Message::request(rsip::Method::Register, registrar.clone())
            .with("Max-Forwards", "70")
            .with("From", format!("<{address}>;tag={}", self.tag))
            .with("To", format!("<{address}>"))
            .with("Call-ID", self.call_id.clone())
            .with("CSeq", format!("{} REGISTER", self.number))
            .with("Contact", contact)
            .with("Expires", expires.to_string());
        self.proven = self.proof.is_some();
        match &mut self.proof {
            None => request,
            Some(proof) => {
                let (name, value) = proof.header("REGISTER", registrar, credentials, cnonce);
                request.with(name, value)
            }
        }
    }

    pub fn credentials(&self) -> &Credentials {
        &self.account.credentials
    }

    /// We do not want to be known any more; the next request says so.
    pub fn leave(&mut self) {
        self.leaving = true;
    }

    /// A final answer. `contact` is what we registered, `chance` anything from 0 to 65,535.
    pub fn learn(&mut self, response: &Message, contact: &str, chance: u16) -> Next {
        let status = response.status().unwrap_or(500);
        match status {
            200..300 if self.leaving => Next::Over,
            200..300 => self.registered(response, contact),
            401 | 407 => self.challenged(response, status, chance),
            423 => self.asked_too_short(response, chance),
            300..=399 => self.moved(response, chance),
            _ => self.failed(said(response), chance),
        }
    }

    /// No answer came, or the way there is broken.
    pub fn unanswered(&mut self, chance: u16) -> Next {
        self.failed("no answer".to_owned(), chance)
    }

    fn registered(&mut self, response: &Message, contact: &str) -> Next {
        self.failures = 0;
        let granted = granted(response, contact).unwrap_or(self.expires);
        // At four fifths of it, so that a lost request can be repeated in time.
        Next::Registered { again: granted.clamp(EXPIRES_LEAST, EXPIRES_MOST) * 4 / 5 }
    }

    fn challenged(&mut self, response: &Message, status: u16, chance: u16) -> Next {
        let name = if status == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
        let Some(challenge) = Challenge::strongest(response.values(name)) else {
            return self.failed("asks for a proof we do not know".to_owned(), chance);
        };
        let refused = self.proven && !challenge.stale;
        self.proof = Some(Proof::new(challenge, status == 407));
        match refused {
            true => {
                self.proof = None;
                self.failed(format!("{}: user or password is wrong", said(response)), chance)
            }
            false => Next::Again,
        }
    }

    /// RFC 3261 section 10.2.8.
    fn asked_too_short(&mut self, response: &Message, chance: u16) -> Next {
        let least = response.header("Min-Expires").and_then(|least| least.trim().parse().ok());
        match least.map(Duration::from_secs) {
            Some(least) if least > self.expires && least <= EXPIRES_MOST => {
                self.expires = least;
                Next::Again
            }
            Some(_) | None => self.failed(said(response), chance),
        }
    }

    /// Whom we register with is the owner's to say: told, not followed.
    fn moved(&mut self, response: &Message, chance: u16) -> Next {
        let to = response.contact().map(|contact| contact.uri.to_owned());
        self.failed(format!("moved to {}", to.as_deref().unwrap_or("nowhere")), chance)
    }

    fn failed(&mut self, why: String, chance: u16) -> Next {
        if self.leaving {
            return Next::Over;
        }
        let doubled = RETRY_FIRST.saturating_mul(1 << self.failures.min(16)).min(RETRY_MOST);
        self.failures += 1;
        // Between a half and the whole of it, so that a registrar that was away is not stormed.
        let again = doubled / 2 + doubled / 2 * u32::from(chance) / u32::from(u16::MAX);
        Next::Failed { why, again }
    }

    pub fn address(&self) -> &str {
        &self.account.address
    }
}

/// How long our contact is kept: by its own parameter, or else by the header.
fn granted(response: &Message, contact: &str) -> Option<Duration> {
    let ours = Address::read(contact).ok()?.uri;
    let listed = response.members("Contact").find_map(|member| {
        let address = Address::read(member).ok()?;
        let same = address.uri == ours;
        same.then(|| address::param(address.params, "expires")?.parse().ok()).flatten()
    });
    let header = || response.header("Expires")?.trim().parse().ok();
    listed.or_else(header).map(Duration::from_secs)
}

fn said(response: &Message) -> String {
    match &response.start {
        super::message::Start::Response { status, reason } => format!("{status} {reason}"),
        super::message::Start::Request { .. } => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTACT: &str = "<sip:100@192.0.2.1:5060>";

    #[test]
    fn a_challenge_is_answered_once_and_a_wrong_password_is_not_repeated_at_once() {
        let mut registration = registration();
        let bare = registration.request(CONTACT, "c");
        assert_eq!(bare.header("Authorization"), None);

        let challenge = answer(&bare, 401).with("WWW-Authenticate", asks("1", false));
        assert_eq!(registration.learn(&challenge, CONTACT, 0), Next::Again);
        let proven = registration.request(CONTACT, "c");
        assert!(proven.header("Authorization").is_some_and(|it| it.contains("nonce=\"1\"")));
        assert_eq!(proven.header("CSeq"), Some("2 REGISTER"));

        let again = answer(&proven, 401).with("WWW-Authenticate", asks("2", false));
        let next = registration.learn(&again, CONTACT, 0);
        let Next::Failed { why, again } = next else { panic!("{next:?}") };
        assert!(why.contains("password is wrong"), "{why}");
        assert!(again >= RETRY_FIRST / 2);
    }

    #[test]
    fn a_nonce_that_is_too_old_is_replaced() {
        let mut registration = registration();
        let bare = registration.request(CONTACT, "c");
        registration.learn(
            &answer(&bare, 407).with("Proxy-Authenticate", asks("1", false)),
            CONTACT,
            0,
        );
        let proven = registration.request(CONTACT, "c");
        assert!(proven.header("Proxy-Authorization").is_some());

        let stale = answer(&proven, 407).with("Proxy-Authenticate", asks("2", true));
        assert_eq!(registration.learn(&stale, CONTACT, 0), Next::Again);
        let proven = registration.request(CONTACT, "c");
        assert!(proven.header("Proxy-Authorization").is_some_and(|it| it.contains("\"2\"")));
    }

    #[test]
    fn what_is_granted_is_renewed_in_time() {
        let mut registration = registration();
        let request = registration.request(CONTACT, "c");
        assert_eq!(request.header("Expires"), Some("600"));

        let ok = answer(&request, 200).with(
            "Contact",
            "<sip:100@198.51.100.9>;expires=3000, <sip:100@192.0.2.1:5060>;expires=100",
        );
        let next = registration.learn(&ok, CONTACT, 0);
        assert_eq!(next, Next::Registered { again: Duration::from_secs(80) });

        let ok = answer(&request, 200).with("Expires", "60").with("Contact", CONTACT);
        let next = registration.learn(&ok, CONTACT, 0);
        assert_eq!(next, Next::Registered { again: Duration::from_secs(48) });
    }

    #[test]
    fn a_registrar_that_wants_longer_gets_it_once() {
        let mut registration = registration();
        let request = registration.request(CONTACT, "c");

        let brief = answer(&request, 423).with("Min-Expires", "1800");
        assert_eq!(registration.learn(&brief, CONTACT, 0), Next::Again);
        assert_eq!(registration.request(CONTACT, "c").header("Expires"), Some("1800"));
        assert!(matches!(registration.learn(&brief, CONTACT, 0), Next::Failed { .. }));
    }

    #[test]
    fn failures_are_followed_by_longer_and_longer_waits_and_success_forgets_them() {
        let mut registration = registration();
        let wait = |next| match next {
            Next::Failed { again, .. } => again,
            other => panic!("{other:?}"),
        };

        let waits: Vec<u64> =
            (0..9).map(|_| wait(registration.unanswered(u16::MAX)).as_secs()).collect();
        assert_eq!(waits, [15, 30, 60, 120, 240, 480, 900, 900, 900]);

        let request = registration.request(CONTACT, "c");
        registration.learn(&answer(&request, 200), CONTACT, 0);
        assert_eq!(wait(registration.unanswered(0)), RETRY_FIRST / 2);
    }

    #[test]
    fn leaving_asks_for_nothing_and_is_over_whatever_the_answer() {
        let mut registration = registration();
        registration.leave();

        let request = registration.request(CONTACT, "c");
        assert_eq!(request.header("Expires"), Some("0"));
        assert_eq!(registration.learn(&answer(&request, 200), CONTACT, 0), Next::Over);
        assert_eq!(registration.unanswered(0), Next::Over);
    }

    fn registration() -> Registration {
        let account = Account {
            registrar: "sip:example.org".into(),
            address: "sip:100@example.org".into(),
            credentials: Credentials { user: "100".into(), password: "secret".into() },
            expires: EXPIRES,
        };
        Registration::new(account, "id".into(), "tag".into())
    }

    fn asks(nonce: &str, stale: bool) -> String {
        format!("Digest realm=\"r\", nonce=\"{nonce}\", qop=\"auth\", stale={stale}")
    }

    fn answer(request: &Message, status: u16) -> Message {
        Message::response(request, status, "", "them")
    }
}
