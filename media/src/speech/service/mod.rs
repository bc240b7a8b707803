//! Recognisers elsewhere: what is said to each, and what its answers mean for the turn.
//!
//! A dialect is one caller's talk with one service, without the line between them: sound and turns go in,
//! pieces to send and findings come out. Each names the page its words are taken from.
//!
//! **Never here:** sockets, addresses, keys, the clock.

mod deepgram;
mod flux;
mod openai;
pub mod sound;
pub mod streams;
mod transcript;
mod turns;
mod vosk;

pub use deepgram::Deepgram;
pub use flux::Flux;
pub use openai::OpenAi;
pub use vosk::Vosk;

use super::{Expect, Heard, SpeechError};
use crate::audio::Frame;
use crate::turn::TurnId;

/// One message on the line, either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Bytes(Vec<u8>),
}

/// What a dialect wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    Send(Piece),
    Tell(TurnId, Heard),
}

/// One caller's talk with one service. Turns come one after another; the words of one that has ended may
/// still be on their way when the next begins.
pub trait Dialect: Send {
    /// The line stands.
    fn greet(&mut self) {}

    fn begin(&mut self, turn: TurnId, expect: Expect);

    /// 20 ms of the open turn.
    fn hear(&mut self, frame: &Frame);

    /// All of its words are wanted now.
    fn end(&mut self, turn: TurnId);

    /// None are any more.
    fn forget(&mut self, turn: TurnId);

    /// The service has said something; an error is the end of the talk.
    fn take(&mut self, piece: &Piece) -> Result<(), SpeechError>;

    /// Nothing was sent for a while: a word that keeps the line, where the service wants one.
    fn keep_alive(&mut self) {}

    fn poll(&mut self) -> Option<Act>;

    /// Turns whose words are owed: told as failed when the line breaks.
    fn owed(&self) -> Vec<TurnId>;
}

/// 16-bit samples, least significant byte first.
fn linear(frame: &Frame) -> Vec<u8> {
    frame.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn broken(engine: &'static str, fact: impl ToString) -> SpeechError {
    SpeechError::Engine { engine, fact: fact.to_string() }
}

fn json(engine: &'static str, piece: &Piece) -> Result<serde_json::Value, SpeechError> {
    match piece {
        Piece::Text(text) => serde_json::from_str(text).map_err(|error| broken(engine, error)),
        Piece::Bytes(_) => Err(broken(engine, "bytes where text belongs")),
    }
}
