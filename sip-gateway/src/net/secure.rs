//! Encrypted sound of a telephone (SRTP, RFC 3711) by keys that came in SDP.
//!
//! **Never here:** keys' ways, sockets.

use std::sync::Arc;

use anyhow::Context as _;
use media::rtcp;
use rtc::crypto::{RTCCryptoProvider, default_provider};
use rtc::shared::error::Error as RtcError;
use rtc::srtp::context::Context;
use rtc::srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc::srtp::protection_profile::ProtectionProfile;

use crate::sip::sdp::{Cipher, Crypto, Secret};

/// Packets that may overtake each other; one that comes twice is refused.
const REPLAY_WINDOW: usize = 64;

/// Both directions of one line.
pub struct Secure {
    ours: Context,
    theirs: Context,
    keys: Crypto,
    /// The contexts' keys live as long as their provider.
    _provider: Arc<dyn RTCCryptoProvider>,
}

impl Secure {
    pub fn new(theirs: &Crypto, ours: &Secret) -> anyhow::Result<Secure> {
        let provider = default_provider().context("no cryptography")?;
        let context = |secret: &Secret, replay: bool| {
            let (key, rest) = secret.0.split_at(theirs.cipher.key_bytes());
            Context::new(
                key,
                &rest[..theirs.cipher.salt_bytes()],
                profile(theirs.cipher),
                replay.then(|| srtp_replay_protection(REPLAY_WINDOW)),
                replay.then(|| srtcp_replay_protection(REPLAY_WINDOW)),
                provider.crypto(),
            )
        };
        let (ours, theirs_keys) = (context(ours, false)?, theirs);
        let theirs = context(&theirs.secret, true)?;
        Ok(Secure { ours, theirs, keys: *theirs_keys, _provider: provider })
    }

    /// What the other end encrypts with.
    pub fn keys(&self) -> &Crypto {
        &self.keys
    }

    /// What a packet or report of theirs holds; an error for one that is forged, broken or repeated.
    pub fn open(&mut self, packet: &[u8]) -> Result<impl AsRef<[u8]> + use<>, RtcError> {
        match rtcp::is_report(packet) {
            true => self.theirs.decrypt_rtcp(packet),
            false => self.theirs.decrypt_rtp(packet),
        }
    }

    pub fn seal(&mut self, packet: &[u8]) -> Result<impl AsRef<[u8]> + use<>, RtcError> {
        match rtcp::is_report(packet) {
            true => self.ours.encrypt_rtcp(packet),
            false => self.ours.encrypt_rtp(packet),
        }
    }
}

impl std::fmt::Debug for Secure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secure").finish_non_exhaustive()
    }
}

fn profile(cipher: Cipher) -> ProtectionProfile {
    match cipher {
        Cipher::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        Cipher::AesCm128HmacSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
        Cipher::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_end_seals_the_other_opens_once_and_only_unchanged() {
        for cipher in
            [Cipher::AesCm128HmacSha1_80, Cipher::AesCm128HmacSha1_32, Cipher::AeadAes128Gcm]
        {
            let (ours, theirs) = (Secret([1; 30]), Secret([2; 30]));
            let crypto = |secret| Crypto { tag: 1, cipher, secret };
            let mut here = Secure::new(&crypto(theirs), &ours).unwrap();
            let mut there = Secure::new(&crypto(ours), &theirs).unwrap();
            let packet = [&[0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4][..], b"a voice"].concat();
            let mut report = Vec::new();
            rtcp::write(7, None, None, "a voice", &mut report);

            let sealed_report = here.seal(&report).unwrap();
            assert_eq!(there.open(sealed_report.as_ref()).unwrap().as_ref(), report);
            assert!(!sealed_report.as_ref().windows(5).any(|bytes| bytes == b"voice"));

            let sealed = here.seal(&packet).unwrap();
            let mut forged = sealed.as_ref().to_vec();
            forged[14] ^= 1;

            assert!(!sealed.as_ref().windows(5).any(|bytes| bytes == b"voice"));
            assert!(there.open(&forged).is_err());
            assert_eq!(there.open(sealed.as_ref()).unwrap().as_ref(), packet);
            assert!(there.open(sealed.as_ref()).is_err(), "heard twice");
        }
    }
}
