//! The messages of `speechkit.tts.v3`, as far as they are said or read here.
//!
//! Field numbers: yandex-cloud/cloudapi, `yandex/cloud/ai/tts/v3/tts.proto`. An utterance is at most 250
//! characters long ("SpeechKit quotas and limits").

use crate::audio::RATE;

/// Characters in one utterance.
pub const CHARACTERS_MAX: usize = 250;
const LINEAR16_PCM: i32 = 1;

#[derive(Clone, PartialEq, prost::Message)]
pub struct Utterance {
    #[prost(string, tag = "2")]
    pub text: String,
    #[prost(message, repeated, tag = "4")]
    pub hints: Vec<Hint>,
    #[prost(message, optional, tag = "5")]
    pub output_audio_spec: Option<AudioSpec>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Hint {
    #[prost(oneof = "HintOf", tags = "1, 3")]
    pub of: Option<HintOf>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum HintOf {
    #[prost(string, tag = "1")]
    Voice(String),
    #[prost(double, tag = "3")]
    Speed(f64),
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct AudioSpec {
    #[prost(message, optional, tag = "1")]
    pub raw_audio: Option<RawAudio>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct RawAudio {
    #[prost(int32, tag = "1")]
    pub audio_encoding: i32,
    #[prost(int64, tag = "2")]
    pub sample_rate_hertz: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Spoken {
    #[prost(message, optional, tag = "1")]
    pub audio_chunk: Option<AudioChunk>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct AudioChunk {
    #[prost(bytes = "vec", tag = "1")]
    pub data: Vec<u8>,
}

impl Utterance {
    /// `speed` in percent of the usual.
    pub fn new(text: &str, voice: &str, speed: Option<u16>) -> Self {
        let hint = |of| Hint { of: Some(of) };
        let mut hints = vec![hint(HintOf::Voice(voice.to_owned()))];
        hints.extend(speed.map(|percent| hint(HintOf::Speed(f64::from(percent) / 100.0))));
        let raw_audio =
            RawAudio { audio_encoding: LINEAR16_PCM, sample_rate_hertz: i64::from(RATE) };
        let output_audio_spec = Some(AudioSpec { raw_audio: Some(raw_audio) });
        Utterance { text: text.to_owned(), hints, output_audio_spec }
    }
}

/// Pieces of at most that many characters, cut between words.
pub fn utterances(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word: String = word.chars().take(CHARACTERS_MAX).collect();
        match pieces.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= CHARACTERS_MAX => {
                last.push(' ');
                last.push_str(&word);
            }
            _ => pieces.push(word),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_words() {
        let text = "слово ".repeat(100);
        let pieces = utterances(&text);
        assert!(pieces.iter().all(|piece| piece.chars().count() <= CHARACTERS_MAX));
        assert_eq!(pieces.join(" "), text.trim());
        assert_eq!(pieces.len(), 3);
        assert!(utterances("  ").is_empty());
    }
}
