//! The messages of `tinkoff.cloud.stt.v1`, as far as they are said or read here.
//!
//! Field numbers: Tinkoff/voicekit-examples, `apis/tinkoff/cloud/stt/v1/stt.proto`.

use prost::Message as _;

use super::{Phrase, Told};
use crate::audio::RATE;
use crate::speech::Tongue;
use crate::speech::service::transcript::word;

pub(super) const METHOD: &str = "/tinkoff.cloud.stt.v1.SpeechToText/StreamingRecognize";
const LINEAR16: i32 = 1;
/// Seconds between two guesses.
const GUESS_EVERY: f32 = 0.1;

#[derive(Clone, PartialEq, prost::Message)]
pub struct Request {
    #[prost(oneof = "Ask", tags = "1, 2")]
    pub ask: Option<Ask>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Ask {
    #[prost(message, tag = "1")]
    Config(StreamingConfig),
    #[prost(bytes, tag = "2")]
    Sound(Vec<u8>),
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamingConfig {
    #[prost(message, optional, tag = "1")]
    pub config: Option<Config>,
    #[prost(message, optional, tag = "3")]
    pub interim_results: Option<InterimResults>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Config {
    #[prost(int32, tag = "1")]
    pub encoding: i32,
    #[prost(uint32, tag = "2")]
    pub sample_rate_hertz: u32,
    #[prost(string, tag = "3")]
    pub language_code: String,
    #[prost(uint32, tag = "4")]
    pub max_alternatives: u32,
    #[prost(string, tag = "10")]
    pub model: String,
    #[prost(uint32, tag = "12")]
    pub num_channels: u32,
    /// Turns end by our own word.
    #[prost(bool, tag = "13")]
    pub do_not_perform_vad: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct InterimResults {
    #[prost(bool, tag = "1")]
    pub enabled: bool,
    #[prost(float, tag = "2")]
    pub interval: f32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Response {
    #[prost(message, repeated, tag = "2")]
    pub results: Vec<StreamingResult>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamingResult {
    #[prost(message, optional, tag = "1")]
    pub result: Option<RecognitionResult>,
    #[prost(bool, tag = "2")]
    pub is_final: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RecognitionResult {
    #[prost(message, repeated, tag = "1")]
    pub alternatives: Vec<Alternative>,
    #[prost(message, optional, tag = "3")]
    pub start_time: Option<Time>,
    #[prost(message, optional, tag = "4")]
    pub end_time: Option<Time>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Alternative {
    #[prost(string, tag = "1")]
    pub transcript: String,
    #[prost(message, repeated, tag = "3")]
    pub words: Vec<WordInfo>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct WordInfo {
    #[prost(message, optional, tag = "1")]
    pub start_time: Option<Time>,
    #[prost(message, optional, tag = "2")]
    pub end_time: Option<Time>,
    #[prost(string, tag = "3")]
    pub word: String,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Time {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl Request {
    /// The first of a stream.
    pub fn options(model: &str, tongue: Tongue) -> Request {
        let code = match tongue {
            Tongue::Ru => "ru-RU",
            Tongue::En => "en-US",
        };
        let config = Config {
            encoding: LINEAR16,
            sample_rate_hertz: RATE,
            language_code: code.to_owned(),
            max_alternatives: 1,
            model: model.to_owned(),
            num_channels: 1,
            do_not_perform_vad: true,
        };
        let interim = InterimResults { enabled: true, interval: GUESS_EVERY };
        let streaming = StreamingConfig { config: Some(config), interim_results: Some(interim) };
        Request { ask: Some(Ask::Config(streaming)) }
    }

    pub fn chunk(sound: Vec<u8>) -> Request {
        Request { ask: Some(Ask::Sound(sound)) }
    }
}

pub(super) fn read(message: &[u8]) -> Result<Vec<Told>, prost::DecodeError> {
    let results = Response::decode(message)?.results;
    let told = results.iter().map(|told| {
        let phrase = told.result.as_ref().map(phrase).unwrap_or_default();
        if told.is_final { Told::Settled(phrase) } else { Told::Guess(phrase) }
    });
    Ok(told.collect())
}

/// Its confidence is relative to other phrases, below zero at times: it says nothing of this one.
fn phrase(result: &RecognitionResult) -> Phrase {
    let Some(best) = result.alternatives.first() else {
        return Phrase::default();
    };
    let one = |text: &str, from: &Option<Time>, to: &Option<Time>| {
        word(text, seconds(from), seconds(to), 1.0)
    };
    let words = match best.words.is_empty() {
        true => {
            let whole = one(&best.transcript, &result.start_time, &result.end_time);
            whole.into_iter().collect()
        }
        false => {
            best.words.iter().filter_map(|it| one(&it.word, &it.start_time, &it.end_time)).collect()
        }
    };
    Phrase { words, confidence: 0.0 }
}

fn seconds(time: &Option<Time>) -> f64 {
    time.as_ref().map_or(0.0, |it| it.seconds as f64 + f64::from(it.nanos) / 1e9)
}
