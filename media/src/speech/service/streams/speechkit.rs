//! The messages of `speechkit.stt.v3`, as far as they are said or read here.
//!
//! Field numbers: yandex-cloud/cloudapi, `yandex/cloud/ai/stt/v3/stt.proto`.

use prost::Message as _;

use super::{Phrase, Told};
use crate::audio::RATE;
use crate::speech::Tongue;
use crate::speech::service::transcript::word;

pub(super) const METHOD: &str = "/speechkit.stt.v3.Recognizer/RecognizeStreaming";

const LINEAR16_PCM: i32 = 1;
const REAL_TIME: i32 = 1;
const NO_NORMALIZATION: i32 = 2;
const WHITELIST: i32 = 1;

#[derive(Clone, PartialEq, prost::Message)]
pub struct Request {
    #[prost(oneof = "Ask", tags = "1, 2, 3, 4")]
    pub ask: Option<Ask>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Ask {
    #[prost(message, tag = "1")]
    SessionOptions(StreamingOptions),
    #[prost(message, tag = "2")]
    Chunk(AudioChunk),
    #[prost(message, tag = "3")]
    SilenceChunk(SilenceChunk),
    #[prost(message, tag = "4")]
    Eou(Empty),
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct AudioChunk {
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct SilenceChunk {
    #[prost(int64, tag = "1")]
    pub duration_ms: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Empty {}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StreamingOptions {
    #[prost(message, optional, tag = "1")]
    pub recognition_model: Option<RecognitionModel>,
    #[prost(message, optional, tag = "2")]
    pub eou_classifier: Option<EouClassifier>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RecognitionModel {
    #[prost(string, tag = "1")]
    pub model: String,
    #[prost(message, optional, tag = "2")]
    pub audio_format: Option<AudioFormat>,
    #[prost(message, optional, tag = "3")]
    pub text_normalization: Option<TextNormalization>,
    #[prost(message, optional, tag = "4")]
    pub language_restriction: Option<LanguageRestriction>,
    #[prost(int32, tag = "5")]
    pub audio_processing_type: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct AudioFormat {
    #[prost(message, optional, tag = "1")]
    pub raw_audio: Option<RawAudio>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RawAudio {
    #[prost(int32, tag = "1")]
    pub audio_encoding: i32,
    #[prost(int64, tag = "2")]
    pub sample_rate_hertz: i64,
    #[prost(int64, tag = "3")]
    pub audio_channel_count: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct TextNormalization {
    #[prost(int32, tag = "1")]
    pub text_normalization: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct LanguageRestriction {
    #[prost(int32, tag = "1")]
    pub restriction_type: i32,
    #[prost(string, repeated, tag = "2")]
    pub language_code: Vec<String>,
}

/// Turns end by our own word.
#[derive(Clone, PartialEq, prost::Message)]
pub struct EouClassifier {
    #[prost(message, optional, tag = "2")]
    pub external_classifier: Option<Empty>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Response {
    #[prost(oneof = "Event", tags = "4, 5, 6, 7, 8")]
    pub event: Option<Event>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Event {
    #[prost(message, tag = "4")]
    Partial(AlternativeUpdate),
    #[prost(message, tag = "5")]
    Final(AlternativeUpdate),
    #[prost(message, tag = "6")]
    EouUpdate(Empty),
    #[prost(message, tag = "7")]
    FinalRefinement(Empty),
    #[prost(message, tag = "8")]
    StatusCode(StatusCode),
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct AlternativeUpdate {
    #[prost(message, repeated, tag = "1")]
    pub alternatives: Vec<Alternative>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Alternative {
    #[prost(message, repeated, tag = "1")]
    pub words: Vec<Word>,
    #[prost(string, tag = "2")]
    pub text: String,
    #[prost(int64, tag = "3")]
    pub start_time_ms: i64,
    #[prost(int64, tag = "4")]
    pub end_time_ms: i64,
    #[prost(double, tag = "5")]
    pub confidence: f64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Word {
    #[prost(string, tag = "1")]
    pub text: String,
    #[prost(int64, tag = "2")]
    pub start_time_ms: i64,
    #[prost(int64, tag = "3")]
    pub end_time_ms: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct StatusCode {
    #[prost(int32, tag = "1")]
    pub code_type: i32,
    #[prost(string, tag = "2")]
    pub message: String,
}

impl Request {
    /// The first of a stream.
    pub fn options(model: &str, tongue: Tongue) -> Request {
        let code = match tongue {
            Tongue::Ru => "ru-RU",
            Tongue::En => "en-US",
        };
        let raw_audio = RawAudio {
            audio_encoding: LINEAR16_PCM,
            sample_rate_hertz: i64::from(RATE),
            audio_channel_count: 1,
        };
        let model = RecognitionModel {
            model: model.to_owned(),
            audio_format: Some(AudioFormat { raw_audio: Some(raw_audio) }),
            text_normalization: Some(TextNormalization { text_normalization: NO_NORMALIZATION }),
            language_restriction: Some(LanguageRestriction {
                restriction_type: WHITELIST,
                language_code: vec![code.to_owned()],
            }),
            audio_processing_type: REAL_TIME,
        };
        let options = StreamingOptions {
            recognition_model: Some(model),
            eou_classifier: Some(EouClassifier { external_classifier: Some(Empty {}) }),
        };
        Request { ask: Some(Ask::SessionOptions(options)) }
    }

    pub fn chunk(data: Vec<u8>) -> Request {
        Request { ask: Some(Ask::Chunk(AudioChunk { data })) }
    }
}

pub(super) fn read(message: &[u8]) -> Result<Vec<Told>, prost::DecodeError> {
    Ok(match Response::decode(message)?.event {
        Some(Event::Partial(update)) => vec![Told::Guess(phrase(&update))],
        Some(Event::Final(update)) => vec![Told::Settled(phrase(&update))],
        Some(Event::EouUpdate(_) | Event::FinalRefinement(_) | Event::StatusCode(_)) | None => {
            Vec::new()
        }
    })
}

fn phrase(update: &AlternativeUpdate) -> Phrase {
    let Some(best) = update.alternatives.first() else {
        return Phrase::default();
    };
    let at = |milliseconds: i64| milliseconds as f64 / 1_000.0;
    let one = |text: &str, from: i64, to: i64| word(text, at(from), at(to), 1.0);
    let words = match best.words.is_empty() {
        true => one(&best.text, best.start_time_ms, best.end_time_ms).into_iter().collect(),
        false => best
            .words
            .iter()
            .filter_map(|it| one(&it.text, it.start_time_ms, it.end_time_ms))
            .collect(),
    };
    Phrase { words, confidence: best.confidence as f32 }
}
