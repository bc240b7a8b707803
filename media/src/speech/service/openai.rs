//! OpenAI's realtime transcription, turns by our own word: the buffer is committed where one ends.
//!
//! Source: developers.openai.com, "Realtime transcription" and the reference of client and server events.
//!
//! **Never here:** the line to it.

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
}

impl OpenAi {
    pub fn new(model: String, tongue: Tongue, prompt: String) -> Self {
        OpenAi { turns: Turns::default(), model, tongue, prompt, frames: 0, item: None }
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
        let text = self.item.as_ref().map(|(_, text)| plain(text)).unwrap_or_default();
        self.turns.guess(sure(text));
    }

    fn completed(&mut self, told: &Value) {
        self.item = None;
        let text = plain(told["transcript"].as_str().unwrap_or_default());
        if let Some(turn) = self.turns.oldest() {
            turn.transcript.settle(sure(text));
        }
        self.turns.finish();
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
            Some("conversation.item.input_audio_transcription.completed") => self.completed(&told),
            Some("conversation.item.input_audio_transcription.failed") => {
                self.item = None;
                self.turns.fail(broken(ENGINE, told_error(&told)));
            }
            Some("error") => return Err(broken(ENGINE, told_error(&told))),
            // session.created, …committed, conversation.item.added: nothing follows from them here.
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
