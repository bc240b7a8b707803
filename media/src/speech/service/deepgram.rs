//! Deepgram's nova models: interim results while somebody speaks, and the rest on demand.
//!
//! Source: developers.deepgram.com, "Live Audio" (`/v1/listen`), "Finalize", "Keep Alive", "Interim Results".
//!
//! **Never here:** the line to it.

use serde_json::{Value, json};

use super::transcript::{plain, word};
use super::turns::Turns;
use super::{Act, Dialect, Piece, broken, linear};
use crate::audio::Frame;
use crate::speech::{Expect, SpeechError, Words};
use crate::turn::TurnId;

const ENGINE: &str = "deepgram";

#[derive(Debug, Default)]
pub struct Deepgram {
    turns: Turns,
}

impl Deepgram {
    fn results(&mut self, told: &Value) -> Result<(), SpeechError> {
        let told_words = &told["channel"]["alternatives"][0];
        if !told_words.is_object() {
            return Err(broken(ENGINE, "results without alternatives"));
        }
        let words = self.words(told_words);
        match told["is_final"].as_bool().unwrap_or_default() {
            true => self.turns.settle(words),
            false => self.turns.guess(words),
        }
        let last = told["from_finalize"].as_bool().unwrap_or_default();
        if last && self.turns.oldest().is_some_and(|turn| turn.ended) {
            self.turns.finish();
        }
        Ok(())
    }

    fn words(&mut self, told: &Value) -> Words {
        let began = self.turns.oldest().map_or(0.0, |turn| turn.began);
        let each = told["words"].as_array().map(Vec::as_slice).unwrap_or_default();
        let words = each.iter().filter_map(|told| {
            let (from, to) = (told["start"].as_f64()?, told["end"].as_f64()?);
            let confidence = told["confidence"].as_f64().unwrap_or(1.0) as f32;
            word(told["word"].as_str()?, from - began, to - began, confidence)
        });
        Words {
            text: plain(told["transcript"].as_str().unwrap_or_default()),
            words: words.collect(),
            confidence: told["confidence"].as_f64().unwrap_or_default() as f32,
        }
    }
}

impl Dialect for Deepgram {
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
            self.turns.send(Piece::Text(json!({ "type": "Finalize" }).to_string()));
        }
    }

    fn forget(&mut self, turn: TurnId) {
        self.turns.forget(turn);
        self.end(turn);
    }

    fn take(&mut self, piece: &Piece) -> Result<(), SpeechError> {
        let told = super::json(ENGINE, piece)?;
        match told["type"].as_str() {
            Some("Results") => self.results(&told),
            Some("Error") => {
                let fact = told["description"].as_str().or(told["message"].as_str());
                Err(broken(ENGINE, fact.unwrap_or("an error without a word")))
            }
            // Metadata, SpeechStarted, UtteranceEnd: nothing follows from them here.
            Some(_) => Ok(()),
            None => Err(broken(ENGINE, "a message without a type")),
        }
    }

    /// Ten seconds without sound or this close the line.
    fn keep_alive(&mut self) {
        self.turns.send(Piece::Text(json!({ "type": "KeepAlive" }).to_string()));
    }

    fn poll(&mut self) -> Option<Act> {
        self.turns.poll()
    }

    fn owed(&self) -> Vec<TurnId> {
        self.turns.owed()
    }
}
