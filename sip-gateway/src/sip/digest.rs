//! Proof that one knows a password, without sending it (RFC 3261 section 22.4, RFC 7616, RFC 8760).
//!
//! **Never here:** which request is challenged, where passwords are kept.

use std::fmt::Write as _;

use md5::{Digest, Md5};
use sha2::Sha256;

use super::address;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    Md5,
    Sha256,
}

/// What somebody wants proven: `WWW-Authenticate` or `Proxy-Authenticate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// Our own nonce and a count go into the proof.
    counts: bool,
    /// The proof was right, only its nonce too old.
    pub stale: bool,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: String,
    pub password: String,
}

/// A challenge that was accepted: its nonce may serve several requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    challenge: Challenge,
    /// From a proxy rather than from the other end itself.
    pub by_proxy: bool,
    count: u32,
}

/// A password is nobody's business.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Algorithm::Md5 => hex(&Md5::digest(text)),
            Algorithm::Sha256 => hex(&Sha256::digest(text)),
        }
    }
}

impl Challenge {
    /// `None` for a scheme, an algorithm or a kind of protection we do not know.
    pub fn read(value: &str) -> Option<Self> {
        let (scheme, params) = value.trim().split_once(char::is_whitespace)?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let param = |name: &str| param(params, name);
        let algorithm = match param("algorithm") {
            None => Algorithm::Md5,
            Some(name) if name.eq_ignore_ascii_case("MD5") => Algorithm::Md5,
            Some(name) if name.eq_ignore_ascii_case("SHA-256") => Algorithm::Sha256,
            Some(_) => return None,
        };
        let qop = param("qop");
        let counts = qop.as_ref().is_some_and(|qop| {
            qop.split(',').any(|option| option.trim().eq_ignore_ascii_case("auth"))
        });
        if qop.is_some() && !counts {
            return None;
        }
        Some(Challenge {
            realm: param("realm")?,
            nonce: param("nonce")?,
            opaque: param("opaque"),
            algorithm,
            counts,
            stale: param("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }

    /// The strongest of several that we understand; of equals the first (RFC 8760 section 2.4).
    pub fn strongest<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let understood = values.filter_map(Challenge::read);
        understood.reduce(|best, next| if next.algorithm > best.algorithm { next } else { best })
    }
}

impl Proof {
    pub fn new(challenge: Challenge, by_proxy: bool) -> Self {
        Proof { challenge, by_proxy, count: 0 }
    }

    /// The header that carries it, and its value for this request. `cnonce` is a word nobody else uses.
    pub fn header(
        &mut self,
        method: &str,
        uri: &str,
        credentials: &Credentials,
        cnonce: &str,
    ) -> (&'static str, String) {
        let name = if self.by_proxy { "Proxy-Authorization" } else { "Authorization" };
        self.count += 1;
        (name, self.value(method, uri, credentials, cnonce))
    }

    fn value(&self, method: &str, uri: &str, credentials: &Credentials, cnonce: &str) -> String {
        let Challenge { realm, nonce, opaque, algorithm, counts, .. } = &self.challenge;
        let Credentials { user, password } = credentials;
        let secret = algorithm.hash(&format!("{user}:{realm}:{password}"));
        let request = algorithm.hash(&format!("{method}:{uri}"));
        let count = format!("{:08x}", self.count);
        let response = match counts {
            true => algorithm.hash(&format!("{secret}:{nonce}:{count}:{cnonce}:auth:{request}")),
            false => algorithm.hash(&format!("{secret}:{nonce}:{request}")),
        };

        let (user, realm, nonce) = (escaped(user), escaped(realm), escaped(nonce));
        let mut value = format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={}",
            algorithm.name()
        );
        if *counts {
            let _ = write!(value, ", qop=auth, nc={count}, cnonce=\"{cnonce}\"");
        }
        if let Some(opaque) = opaque {
            let _ = write!(value, ", opaque=\"{}\"", escaped(opaque));
        }
        value
    }
}

/// A parameter's value, quotes and backslashes taken away.
fn param(params: &str, name: &str) -> Option<String> {
    address::list(params).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        if !key.trim().eq_ignore_ascii_case(name) {
            return None;
        }
        let value = value.trim();
        let inside = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        Some(inside.map_or_else(|| value.to_owned(), address::unescaped))
    })
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MUFASA: &str = "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
        algorithm=MD5, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
        opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
    const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    fn credentials() -> Credentials {
        Credentials { user: "Mufasa".into(), password: "Circle of Life".into() }
    }

    /// RFC 7616 section 3.9.1.
    #[test]
    fn the_proofs_of_the_standard_come_out() {
        let answers = [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ];
        for (algorithm, response) in answers {
            let asked = MUFASA.replace("algorithm=MD5", &format!("algorithm={algorithm}"));
            let mut proof = Proof::new(Challenge::read(&asked).unwrap(), false);

            let (name, value) = proof.header("GET", "/dir/index.html", &credentials(), CNONCE);

            assert_eq!(name, "Authorization");
            assert!(value.contains(&format!("response=\"{response}\"")), "{value}");
            assert!(value.contains("qop=auth, nc=00000001"), "{value}");
            assert!(value.contains("opaque=\"FQhe/"), "{value}");
        }
    }

    /// RFC 2617 section 3.5 without qop, worked out by hand with md5sum.
    #[test]
    fn an_old_challenge_without_protection_is_answered_the_old_way() {
        let asked = "Digest realm=\"r\", nonce=\"n\"";
        let mut proof = Proof::new(Challenge::read(asked).unwrap(), true);
        let credentials = Credentials { user: "u".into(), password: "p".into() };

        let (name, value) = proof.header("REGISTER", "sip:h", &credentials, "c");

        assert_eq!(name, "Proxy-Authorization");
        assert!(value.contains("response=\"f7949f33797a7abbe390eaa95b1ca294\""), "{value}");
        assert!(!value.contains("nc=") && !value.contains("cnonce="), "{value}");
    }

    #[test]
    fn each_use_of_a_nonce_is_counted() {
        let mut proof = Proof::new(Challenge::read(MUFASA).unwrap(), false);

        proof.header("GET", "/", &credentials(), "c");
        let (_, second) = proof.header("GET", "/", &credentials(), "c");

        assert!(second.contains("nc=00000002"), "{second}");
    }

    #[test]
    fn the_strongest_challenge_we_understand_is_taken() {
        let offered = [
            "Basic realm=\"a\"",
            "Digest realm=\"a\", nonce=\"1\", algorithm=SHA-512-256",
            "Digest realm=\"a\", nonce=\"2\"",
            "Digest realm=\"a\", nonce=\"3\", algorithm=sha-256, stale=TRUE",
            "Digest realm=\"a\", nonce=\"4\", algorithm=SHA-256, qop=\"auth-int\"",
        ];

        let strongest = Challenge::strongest(offered.into_iter()).unwrap();

        assert_eq!((strongest.nonce.as_str(), strongest.stale), ("3", true));
        assert_eq!(Challenge::strongest(offered[..2].iter().copied()), None);
    }

    #[test]
    fn quotes_and_commas_inside_quotes_stay_inside() {
        let asked = r#"Digest nonce="a,b=\"c\"", realm="x \\ y""#;

        let challenge = Challenge::read(asked).unwrap();
        let mut proof = Proof::new(challenge.clone(), false);
        let (_, value) = proof.header("REGISTER", "sip:h", &credentials(), "c");

        assert_eq!((challenge.nonce.as_str(), challenge.realm.as_str()), ("a,b=\"c\"", "x \\ y"));
        assert!(value.contains(r#"nonce="a,b=\"c\"""#), "{value}");
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic(value in "(Digest )?[ -~а-я\"\\\\,=]{0,80}") {
            let _ = Challenge::read(&value);
        }
    }
}
