//! Deepgram's Flux, which has a mind of its own about turns: it is told to leave their ends to us
//! (`eot_threshold=1.0`).
//!
//! Source: developers.deepgram.com, "Flux" (`/v2/listen`), "Force End Turn", "Understanding the Flux State
//! Machine".
//!
//! **Never here:** the line to it.

use serde_json::{Value, json};

use super::transcript::plain;
use super::turns::Turns;
use super::{Act, Dialect, Piece, broken, linear};
use crate::audio::Frame;
use crate::speech::{Expect, SpeechError, Words};
use crate::turn::TurnId;

const ENGINE: &str = "flux";

#[derive(Debug, Default)]
pub struct Flux {
    turns: Turns,
}

impl Flux {
    fn turn_info(&mut self, told: &Value) {
        let words = words(told);
        match told["event"].as_str() {
            Some("EndOfTurn") => {
                // Half a minute of silence within a turn may end theirs, not ours.
                let ended = self.turns.oldest().is_some_and(|turn| turn.ended);
                self.turns.settle(words);
                if ended {
                    self.turns.finish();
                }
            }
            Some(_) => self.turns.guess(words),
            None => {}
        }
    }
}

impl Dialect for Flux {
    fn begin(&mut self, turn: TurnId, _: Expect) {
        if let Some(open) = self.turns.open() {
            self.end(open);
        }
        self.turns.begin(turn);
    }

    fn hear(&mut self, frame: &Frame) {
        self.turns.count_sound();
        self.turns.send(Piece::Bytes(linear(frame)));
    }

    fn end(&mut self, turn: TurnId) {
        if self.turns.end(turn) {
            self.turns.send(Piece::Text(json!({ "type": "ForceEndTurn" }).to_string()));
        }
    }

    fn forget(&mut self, turn: TurnId) {
        self.turns.forget(turn);
        self.end(turn);
    }

    fn take(&mut self, piece: &Piece) -> Result<(), SpeechError> {
        let told = super::json(ENGINE, piece)?;
        match told["type"].as_str() {
            Some("TurnInfo") => self.turn_info(&told),
            Some("Error") => {
                let fact = told["description"].as_str().unwrap_or("an error without a word");
                return Err(broken(ENGINE, fact));
            }
            Some(_) => {}
            None => return Err(broken(ENGINE, "a message without a type")),
        }
        Ok(())
    }

    fn poll(&mut self) -> Option<Act> {
        self.turns.poll()
    }

    fn owed(&self) -> Vec<TurnId> {
        self.turns.owed()
    }
}

/// It tells no times of words, only how sure it is of each.
fn words(told: &Value) -> Words {
    let each = told["words"].as_array().map(Vec::as_slice).unwrap_or_default();
    let sure: Vec<f64> = each.iter().filter_map(|word| word["confidence"].as_f64()).collect();
    let confidence = match sure.len() {
        0 => 1.0,
        count => sure.iter().sum::<f64>() / count as f64,
    };
    let text = plain(told["transcript"].as_str().unwrap_or_default());
    Words { text, words: Vec::new(), confidence: confidence as f32 }
}
