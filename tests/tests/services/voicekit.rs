//! T-Bank VoiceKit on this machine, as far as it differs from SpeechKit: its messages, and its tokens.
//!
//! Sources: Tinkoff/voicekit-examples, `apis/tinkoff/cloud/stt/v1/stt.proto`, `python/auth.py`; RFC 7519.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use media::audio::FRAME;
use serde_json::Value;
use sha2::Sha256;
use sip_gateway::clock;

use crate::code::Hearing;
use crate::speechkit::{Wording, fields, put, put_number, varint};

const ID: &str = "the-id";
const SECRET: &[u8] = b"a secret of its own";

/// As the owner writes it down.
pub(crate) fn key() -> String {
    format!("{ID}:{}", STANDARD.encode(SECRET))
}

pub(crate) const VOICEKIT: Wording =
    Wording { fits, sound: <[u8]>::to_vec, told, pauses_settle: false };

/// A bearer token signed with the secret, for the recogniser, and not for long.
pub(crate) fn is_signed(authorization: &str) -> bool {
    let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
    let [head, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        return false;
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(format!("{head}.{claims}").as_bytes());
    let signed = URL_SAFE_NO_PAD.decode(signature).is_ok_and(|it| mac.verify_slice(&it).is_ok());
    let told = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice::<Value>(&bytes).unwrap_or_default()
    };
    let (head, claims) = (told(head), told(claims));
    let now = clock::wall().as_second();
    let until = claims["exp"].as_i64().unwrap_or_default();
    let named = claims["iss"].is_string() && claims["sub"].is_string();
    let fits = head["alg"] == "HS256" && head["kid"] == ID && claims["aud"] == "tinkoff.cloud.stt";
    signed && fits && named && (now..=now + 600).contains(&until)
}

/// Linear sound of 8 kHz in one channel, one phrase to a stream, guesses on the way.
fn fits(options: &[u8]) -> bool {
    let options = fields(options);
    let inside = |field: u64| options.get(&field).map(|it| fields(it)).unwrap_or_default();
    let (config, interim) = (inside(1), inside(3));
    let number = |field: u64| config.get(&field).and_then(|it| varint(it)).map(|(value, _)| value);
    let sound = (number(1), number(2), number(12)) == (Some(1), Some(8_000), Some(1));
    sound && number(13) == Some(1) && interim.get(&1).is_some_and(|it| it[..] == [1])
}

/// Words come with their times once they are settled.
fn told(hearing: &Hearing, told: usize, settled: bool) -> Vec<u8> {
    let words = &hearing.words[told..];
    let mut alternative = Vec::new();
    let text = words.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
    put(1, text.as_bytes(), &mut alternative);
    for word in words.iter().filter(|_| settled) {
        let mut inside = Vec::new();
        put(1, &time(word.from), &mut inside);
        put(2, &time(word.to), &mut inside);
        put(3, word.text.as_bytes(), &mut inside);
        put(3, &inside, &mut alternative);
    }
    let (mut result, mut streaming, mut message) = (Vec::new(), Vec::new(), Vec::new());
    put(1, &alternative, &mut result);
    if let (Some(first), Some(last)) = (words.first(), words.last()) {
        put(3, &time(first.from), &mut result);
        put(4, &time(last.to), &mut result);
    }
    put(1, &result, &mut streaming);
    put_number(2, u64::from(settled), &mut streaming);
    put(2, &streaming, &mut message);
    message
}

fn time(frames: usize) -> Vec<u8> {
    let milliseconds = (frames * FRAME / 8) as u64;
    let mut time = Vec::new();
    put_number(1, milliseconds / 1_000, &mut time);
    put_number(2, milliseconds % 1_000 * 1_000_000, &mut time);
    time
}
