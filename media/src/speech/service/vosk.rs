//! A Vosk server, the self-hosted recogniser: one answer to every message, and a final one to a reset.
//!
//! Source: alphacep/vosk-server, `websocket/asr_server.py`: configuration is not answered, sound is (with
//! `partial` or, at a pause, with `text`), and the two orders are compared byte for byte.
//!
//! **Never here:** the line to it.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::transcript::{plain, word};
use super::turns::Turns;
use super::{Act, Dialect, Piece, broken, linear};
use crate::audio::{Frame, RATE};
use crate::speech::{Expect, SpeechError, Words};
use crate::turn::TurnId;

const ENGINE: &str = "vosk";
/// Ends what was heard and goes on; with this very space.
const RESET: &str = "{\"reset\" : 1}";
/// Frames in one message: answers come as often.
const FRAMES_AT_ONCE: usize = 5;

#[derive(Debug, Default)]
pub struct Vosk {
    turns: Turns,
    /// Words worth knowing beforehand.
    phrases: Vec<String>,
    waiting: Vec<u8>,
    waiting_frames: usize,
    /// What the next answers answer, oldest first.
    asked: VecDeque<Asked>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Sound,
    End,
}

impl Vosk {
    pub fn new(phrases: Vec<String>) -> Self {
        Vosk { phrases, ..Vosk::default() }
    }

    fn send_waiting(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        self.waiting_frames = 0;
        let sound = std::mem::take(&mut self.waiting);
        self.turns.send(Piece::Bytes(sound));
        self.asked.push_back(Asked::Sound);
    }

    fn words(&mut self, result: &Value) -> Words {
        let began = self.turns.oldest().map_or(0.0, |turn| turn.began);
        let told = result["result"].as_array().map(Vec::as_slice).unwrap_or_default();
        let words: Vec<_> = told
            .iter()
            .filter_map(|told| {
                let (from, to) = (told["start"].as_f64()?, told["end"].as_f64()?);
                let confidence = told["conf"].as_f64().unwrap_or(1.0) as f32;
                word(told["word"].as_str()?, from - began, to - began, confidence)
            })
            .collect();
        let sum: f32 = words.iter().map(|word| word.confidence).sum();
        let confidence = if words.is_empty() { 1.0 } else { sum / words.len() as f32 };
        Words { text: plain(result["text"].as_str().unwrap_or_default()), words, confidence }
    }
}

impl Dialect for Vosk {
    fn greet(&mut self) {
        let mut config = json!({ "sample_rate": RATE, "words": true });
        if !self.phrases.is_empty() {
            config["phrase_list"] = json!(self.phrases);
        }
        self.turns.send(Piece::Text(json!({ "config": config }).to_string()));
    }

    fn begin(&mut self, turn: TurnId, _: Expect) {
        if let Some(open) = self.turns.open() {
            self.end(open);
        }
        self.turns.begin(turn);
    }

    fn hear(&mut self, frame: &Frame) {
        self.waiting.extend(linear(frame));
        self.waiting_frames += 1;
        self.turns.count_sound();
        if self.waiting_frames >= FRAMES_AT_ONCE {
            self.send_waiting();
        }
    }

    fn end(&mut self, turn: TurnId) {
        if self.turns.end(turn) {
            self.send_waiting();
            self.turns.send(Piece::Text(RESET.into()));
            self.asked.push_back(Asked::End);
        }
    }

    fn forget(&mut self, turn: TurnId) {
        self.turns.forget(turn);
        self.end(turn);
    }

    fn take(&mut self, piece: &Piece) -> Result<(), SpeechError> {
        let told = super::json(ENGINE, piece)?;
        let asked = self.asked.pop_front().ok_or_else(|| broken(ENGINE, "an answer to nothing"))?;
        let settled = told["text"].is_string();
        let guess = told["partial"].as_str();
        match (asked, settled, guess) {
            (Asked::Sound, true, _) => {
                let words = self.words(&told);
                self.turns.settle(words);
            }
            (Asked::Sound, false, Some(guess)) => {
                let text = plain(guess);
                self.turns.guess(Words { text, words: Vec::new(), confidence: 1.0 });
            }
            (Asked::End, true, _) => {
                let words = self.words(&told);
                if let Some(turn) = self.turns.oldest() {
                    turn.transcript.settle(words);
                }
                self.turns.finish();
            }
            (_, false, _) => return Err(broken(ENGINE, "neither text nor partial")),
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
