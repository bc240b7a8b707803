//! OpenAI's realtime transcription, turns by our own word: the buffer is committed where one ends.
//!
//! Source: developers.openai.com, "Realtime transcription" and the reference of client and server events.
//!
//! **Never here:** the line to it.

use std::collections::{HashMap, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::transcript::plain;
use super::turns::Turns;
use super::{Act, Dialect, Piece, broken};
use crate::audio::Frame;
use crate::codec::g711::Law;
use crate::speech::{Expect, SpeechError, Tongue, Words};
use crate::turn::TurnId;

const ENGINE: &str = "openai";
/// A commit of less than 100 ms of sound is refused.
const FRAMES_MIN: usize = 5;

#[derive(Debug)]
pub struct OpenAi {
    turns: Turns,
    model: String,
    tongue: Tongue,
    /// Words worth knowing beforehand.
    prompt: String,
    frames: usize,
    /// The item whose words come now, and those of it so far.
    item: Option<(String, String)>,
    /// Items of the turns that have ended, oldest first.
    committed: VecDeque<String>,
    /// What came of them; the service tells it in any order.
    done: HashMap<String, Result<String, SpeechError>>,
}

impl OpenAi {
    pub fn new(model: String, tongue: Tongue, prompt: String) -> Self {
        OpenAi {
            turns: Turns::default(),
            model,
            tongue,
            prompt,
            frames: 0,
            item: None,
            committed: VecDeque::new(),
            done: HashMap::new(),
        }
    }

    fn append(&mut self, sound: &[u8]) {
        let audio = STANDARD.encode(sound);
        let event = json!({ "type": "input_audio_buffer.append", "audio": audio });
        self.turns.send(Piece::Text(event.to_string()));
    }

    fn delta(&mut self, told: &Value) {
        let (Some(item), Some(delta)) = (told["item_id"].as_str(), told["delta"].as_str()) else {
            return;
        };
        match &mut self.item {
            Some((known, text)) if known == item => text.push_str(delta),
            _ => self.item = Some((item.to_owned(), delta.to_owned())),
        }
        // Words of a turn behind the oldest are told once they are whole.
        let oldest = self.committed.front().is_none_or(|oldest| oldest == item);
        if oldest && let Some((_, text)) = &self.item {
            self.turns.guess(sure(plain(text)));
        }
    }

    /// A turn's sound is an item now.
    fn committed(&mut self, told: &Value) {
        if let Some(item) = told["item_id"].as_str() {
            self.committed.push_back(item.to_owned());
        }
    }

    /// The turns are told in their own order, whichever of them is done first.
    fn done(&mut self, told: &Value, what: Result<String, SpeechError>) {
        let item = told["item_id"].as_str().unwrap_or_default();
        if self.item.as_ref().is_some_and(|(known, _)| known == item) {
            self.item = None;
        }
        if !self.committed.iter().any(|known| known == item) {
            return;
        }
        self.done.insert(item.to_owned(), what);
        while let Some(what) = self.committed.front().and_then(|oldest| self.done.remove(oldest)) {
            self.committed.pop_front();
            match what {
                Ok(text) => {
                    if let Some(turn) = self.turns.oldest() {
                        turn.transcript.settle(sure(text));
                    }
                    self.turns.finish();
                }
                Err(error) => self.turns.fail(error),
            }
        }
    }
}

/// It says nothing of how sure it is.
fn sure(text: String) -> Words {
    Words { text, words: Vec::new(), confidence: 0.9 }
}

fn told_error(told: &Value) -> String {
    let error = &told["error"];
    let fact = error["message"].as_str().unwrap_or("an error without a word");
    match error["code"].as_str() {
        Some(code) => format!("{code}: {fact}"),
        None => fact.to_owned(),
    }
}

impl Dialect for OpenAi {
    fn greet(&mut self) {
        let mut transcription = json!({ "model": self.model, "language": self.tongue.code() });
        if !self.prompt.is_empty() {
            transcription["prompt"] = json!(self.prompt);
        }
        let input = json!({
            "format": { "type": "audio/pcmu" },
            "transcription": transcription,
            "turn_detection": null,
        });
        let session = json!({ "type": "transcription", "audio": { "input": input } });
        let event = json!({ "type": "session.update", "session": session });
        self.turns.send(Piece::Text(event.to_string()));
    }

    fn begin(&mut self, turn: TurnId, _: Expect) {
        if let Some(open) = self.turns.open() {
            self.end(open);
        }
        self.frames = 0;
        self.turns.begin(turn);
    }

    fn hear(&mut self, frame: &Frame) {
        let mut sound = Vec::with_capacity(frame.len());
        Law::Mu.encode(frame, &mut sound);
        self.frames += 1;
        self.turns.count_sound();
        self.append(&sound);
    }

    fn end(&mut self, turn: TurnId) {
        if !self.turns.end(turn) {
            return;
        }
        let mut silence = Vec::new();
        Law::Mu.encode(&crate::audio::SILENCE, &mut silence);
        for _ in self.frames..FRAMES_MIN {
            self.append(&silence);
        }
        let event = json!({ "type": "input_audio_buffer.commit" });
        self.turns.send(Piece::Text(event.to_string()));
    }

    fn forget(&mut self, turn: TurnId) {
        self.turns.forget(turn);
        self.end(turn);
    }

    fn take(&mut self, piece: &Piece) -> Result<(), SpeechError> {
        let told = super::json(ENGINE, piece)?;
        match told["type"].as_str() {
            Some("conversation.item.input_audio_transcription.delta") => self.delta(&told),
            Some("input_audio_buffer.committed") => self.committed(&told),
            Some("conversation.item.input_audio_transcription.completed") => {
                let text = plain(told["transcript"].as_str().unwrap_or_default());
                self.done(&told, Ok(text));
            }
            Some("conversation.item.input_audio_transcription.failed") => {
                self.done(&told, Err(broken(ENGINE, told_error(&told))));
            }
            Some("error") => return Err(broken(ENGINE, told_error(&told))),
            // session.created, conversation.item.added: nothing follows from them here.
            Some(_) => {}
            None => return Err(broken(ENGINE, "an event without a type")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::Heard;

    #[test]
    fn turns_are_told_in_their_order_though_the_second_is_done_first() {
        let mut talk = OpenAi::new("m".into(), Tongue::Ru, String::new());
        let turns = [TurnId(1), TurnId(2), TurnId(3)];
        for turn in turns {
            talk.begin(turn, Expect::Anything);
            talk.end(turn);
        }
        let mut hear = |told: Value| talk.take(&Piece::Text(told.to_string())).unwrap();
        let of = |kind: &str, item: &str| {
            let kind = format!("conversation.item.input_audio_transcription.{kind}");
            json!({ "type": kind, "item_id": item, "transcript": item, "error": { "message": "no" } })
        };
        for item in ["a", "b", "c"] {
            hear(json!({ "type": "input_audio_buffer.committed", "item_id": item }));
        }
        hear(of("failed", "b"));
        hear(of("completed", "a"));
        hear(of("completed", "nobody"));
        hear(of("completed", "c"));

        let told = std::iter::from_fn(|| talk.poll()).filter_map(|act| match act {
            Act::Tell(turn, Heard::Final(words)) => Some((turn, words.text)),
            Act::Tell(turn, Heard::Failed(_)) => Some((turn, "failed".to_owned())),
            Act::Tell(..) | Act::Send(_) => None,
        });
        let wanted = ["a", "failed", "c"].map(str::to_owned);
        assert!(told.eq(turns.into_iter().zip(wanted)));
    }
}
