//! Keys for encrypted sound, exchanged in the descriptions themselves (SDES, RFC 4568).
//!
//! **Never here:** encrypting.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Master key and master salt, one after the other; a cipher takes as much of it as it needs.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Secret(pub [u8; Secret::BYTES]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// The one everybody has.
    AesCm128HmacSha1_80,
    /// A shorter tag: six bytes less per packet.
    AesCm128HmacSha1_32,
    /// RFC 7714
    AeadAes128Gcm,
}

/// One way to encrypt what its sender sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crypto {
    /// Names this line in the answer.
    pub tag: u32,
    pub cipher: Cipher,
    pub secret: Secret,
}

impl Secret {
    pub const BYTES: usize = 30;
}

/// Nobody reads a key in a log.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Cipher {
    const ALL: [Cipher; 3] =
        [Cipher::AesCm128HmacSha1_80, Cipher::AesCm128HmacSha1_32, Cipher::AeadAes128Gcm];

    const fn name(self) -> &'static str {
        match self {
            Cipher::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Cipher::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
            Cipher::AeadAes128Gcm => "AEAD_AES_128_GCM",
        }
    }

    pub const fn key_bytes(self) -> usize {
        16
    }

    pub const fn salt_bytes(self) -> usize {
        match self {
            Cipher::AesCm128HmacSha1_80 | Cipher::AesCm128HmacSha1_32 => 14,
            Cipher::AeadAes128Gcm => 12,
        }
    }

    const fn bytes(self) -> usize {
        self.key_bytes() + self.salt_bytes()
    }
}

impl Crypto {
    /// The value of `a=crypto`; nothing for a cipher we lack, or for keys that change on the way
    /// (MKI, section 6.1) or leave something unencrypted (section 6.3).
    pub(super) fn read(value: &str) -> Option<Crypto> {
        let mut words = value.split_ascii_whitespace();
        let tag = words.next()?.parse().ok()?;
        let name = words.next()?;
        let cipher = Cipher::ALL.into_iter().find(|it| it.name().eq_ignore_ascii_case(name))?;
        let inline = words.next()?.strip_prefix("inline:")?;
        let mut parts = inline.split('|');
        let key = STANDARD.decode(parts.next()?).ok().filter(|key| key.len() == cipher.bytes())?;
        let plain = parts.all(|part| !part.contains(':')) && words.next().is_none();

        let mut secret = Secret::default();
        secret.0[..key.len()].copy_from_slice(&key);
        plain.then_some(Crypto { tag, cipher, secret })
    }

    /// The same way with our own key.
    pub(super) fn with(self, secret: &Secret) -> Crypto {
        let mut ours = Secret::default();
        let bytes = self.cipher.bytes();
        ours.0[..bytes].copy_from_slice(&secret.0[..bytes]);
        Crypto { secret: ours, ..self }
    }
}

/// As the value of `a=crypto`.
impl fmt::Display for Crypto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode(&self.secret.0[..self.cipher.bytes()]);
        write!(f, "{} {} inline:{key}", self.tag, self.cipher.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for cipher in Cipher::ALL {
            let ours = Crypto { tag: 7, cipher, secret: Secret::default() };
            let ours = ours.with(&Secret(std::array::from_fn(|n| n as u8)));

            assert_eq!(Crypto::read(&ours.to_string()), Some(ours));
        }
    }

    #[test]
    fn a_lifetime_is_passed_over_and_what_we_cannot_keep_is_refused() {
        let key = STANDARD.encode([1; 30]);
        let read = |rest: &str| Crypto::read(&format!("1 AES_CM_128_HMAC_SHA1_80 {rest}"));

        assert!(read(&format!("inline:{key}|2^31")).is_some());
        assert!(read(&format!("inline:{key}|2^31|1:4")).is_none());
        assert!(read(&format!("inline:{key} UNENCRYPTED_SRTP")).is_none());
        assert!(read("inline:c2hvcnQ=").is_none());
        assert!(Crypto::read(&format!("1 F8_128_HMAC_SHA1_80 inline:{key}")).is_none());
        assert!(Crypto::read("").is_none());
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!("{:?}", Secret([0xab; 30]));
        assert!(!shown.contains("ab") && !shown.contains("171"), "{shown}");
    }
}
