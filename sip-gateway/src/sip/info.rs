//! Keys by INFO, as exchanges send them that know no RFC 4733.
//!
//! **Never here:** what a key means.

use super::message::{Message, media_type};

/// What we read in an INFO.
pub const ACCEPT: &str = "application/dtmf-relay, application/dtmf";

/// The key it tells, if it is of a kind we read.
pub fn key_told(info: &Message) -> Option<char> {
    match media_type(info.header("Content-Type")?).as_str() {
        "application/dtmf-relay" => key_of_relay(&info.body),
        "application/dtmf" => key_of(&String::from_utf8_lossy(&info.body)),
        _ => None,
    }
}

/// `Signal=5` among lines of its kind.
fn key_of_relay(body: &[u8]) -> Option<char> {
    let text = String::from_utf8_lossy(body);
    text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        name.trim().eq_ignore_ascii_case("Signal").then(|| key_of(value))?
    })
}

/// A key by its sign, or by its number as RFC 4733 counts them.
fn key_of(text: &str) -> Option<char> {
    let text = text.trim();
    let mut signs = text.chars();
    match (signs.next(), signs.next()) {
        (Some(key @ ('0'..='9' | '*' | '#' | 'A'..='D' | 'a'..='d')), None) => {
            Some(key.to_ascii_uppercase())
        }
        (Some(_), Some(_)) => match text {
            "10" => Some('*'),
            "11" => Some('#'),
            _ => None,
        },
        (Some(_) | None, None) | (None, Some(_)) => None,
    }
}
