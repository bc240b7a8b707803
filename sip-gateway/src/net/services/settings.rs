//! Services as the owner names them: `[services.NAME]`, with the key from the environment.
//!
//! **Never here:** which of them is used for what.

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::streams::Key;

/// Callers of one service at once, unless said otherwise.
const PLACES: usize = 100;

/// What a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A Vosk server of one's own.
    Vosk,
    /// Deepgram's nova models.
    Deepgram,
    /// Deepgram's Flux.
    Flux,
    #[serde(rename = "openai")]
    OpenAi,
    /// Yandex SpeechKit.
    Yandex,
    /// T-Bank VoiceKit; its key is `ID:SECRET`.
    #[serde(rename = "voicekit")]
    VoiceKit,
    /// Voices: Piper's HTTP server,
    Piper,
    /// OpenAI's,
    #[serde(rename = "openai_voice")]
    OpenAiVoice,
    /// ElevenLabs',
    #[serde(rename = "elevenlabs")]
    ElevenLabs,
    /// Yandex SpeechKit's.
    YandexVoice,
    /// Language models: chat completions as OpenAI, OpenRouter, Ollama, vLLM and YandexGPT have them,
    Chat,
    /// Anthropic's,
    Anthropic,
    /// Google's Gemini.
    Gemini,
}

/// What a service is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Hears,
    Speaks,
    Thinks,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    pub kind: Kind,
    /// Empty: where the service is for everybody.
    #[serde(default)]
    pub address: String,
    /// Empty: its usual one.
    #[serde(default)]
    pub model: String,
    /// Of a voice: the service's own name for it.
    #[serde(default)]
    pub voice: String,
    #[serde(default, skip_serializing)]
    pub key: String,
    /// Yandex: with it the key is a token (`Bearer`), without it an API key.
    #[serde(default)]
    pub folder: String,
    /// Roubles for a minute heard, a thousand characters spoken, a thousand tokens read.
    #[serde(default)]
    pub price: f64,
    /// … and for a thousand tokens written.
    #[serde(default)]
    pub price_written: f64,
    /// Callers at once; more go to the next service.
    #[serde(default = "places")]
    pub places: usize,
}

fn places() -> usize {
    PLACES
}

/// The key is for nobody to read.
impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Service { kind, address, model, .. } = self;
        let mut shown = f.debug_struct("Service");
        shown.field("kind", kind).field("address", address).field("model", model);
        shown.finish_non_exhaustive()
    }
}

impl Service {
    pub fn address(&self) -> String {
        let usual = match self.kind {
            Kind::Vosk => "ws://127.0.0.1:2700",
            Kind::Deepgram | Kind::Flux => "wss://api.deepgram.com",
            Kind::OpenAi => "wss://api.openai.com",
            Kind::Yandex => "https://stt.api.cloud.yandex.net:443",
            Kind::VoiceKit => "https://api.tinkoff.ai:443",
            Kind::Piper => "http://127.0.0.1:5000",
            Kind::OpenAiVoice => "https://api.openai.com",
            Kind::ElevenLabs => "wss://api.elevenlabs.io",
            Kind::YandexVoice => "https://tts.api.cloud.yandex.net:443",
            Kind::Chat => "https://api.openai.com/v1",
            Kind::Anthropic => "https://api.anthropic.com",
            Kind::Gemini => "https://generativelanguage.googleapis.com",
        };
        let given = self.address.trim_end_matches('/');
        if given.is_empty() { usual.to_owned() } else { given.to_owned() }
    }

    pub fn model(&self) -> String {
        let usual = match self.kind {
            Kind::Vosk | Kind::Piper | Kind::YandexVoice | Kind::VoiceKit => "",
            Kind::OpenAiVoice => "gpt-4o-mini-tts",
            Kind::ElevenLabs => "eleven_flash_v2_5",
            Kind::Chat | Kind::Anthropic | Kind::Gemini => "",
            Kind::Deepgram => "nova-3",
            Kind::Flux => "flux-general-multi",
            Kind::OpenAi => "gpt-live-transcribe",
            Kind::Yandex => "general",
        };
        if self.model.is_empty() { usual.to_owned() } else { self.model.clone() }
    }

    pub fn good_for(&self) -> Use {
        match self.kind {
            Kind::Vosk | Kind::Deepgram | Kind::Flux => Use::Hears,
            Kind::OpenAi | Kind::Yandex | Kind::VoiceKit => Use::Hears,
            Kind::Piper | Kind::OpenAiVoice | Kind::ElevenLabs | Kind::YandexVoice => Use::Speaks,
            Kind::Chat | Kind::Anthropic | Kind::Gemini => Use::Thinks,
        }
    }

    pub fn authorization(&self) -> String {
        let scheme = if self.folder.is_empty() { "Api-Key" } else { "Bearer" };
        format!("{scheme} {}", self.key)
    }

    /// VoiceKit's two keys, as they were given out: the second in base64, for addresses or not.
    pub fn signing_key(&self) -> anyhow::Result<Key> {
        let (id, secret) = self.key.split_once(':').context("its key is no ID:SECRET")?;
        let plain = secret.trim_end_matches('=').replace('+', "-").replace('/', "_");
        let secret = URL_SAFE_NO_PAD.decode(plain).context("its secret is no base64")?;
        Ok(Key::Signs { id: id.to_owned(), secret })
    }

    /// What is wrong with it, in words for its owner.
    pub fn fault(&self) -> Option<&'static str> {
        let address = self.address();
        let schemes: &[&str] = match self.kind {
            Kind::Vosk | Kind::Deepgram | Kind::Flux | Kind::OpenAi | Kind::ElevenLabs => {
                &["wss://", "ws://"]
            }
            _ => &["https://", "http://"],
        };
        if !schemes.iter().any(|scheme| address.starts_with(scheme)) {
            return Some(
                "its address must begin with https:// (or http://), or, where the service talks over a WebSocket, with wss:// (or ws://)",
            );
        }
        if !matches!(self.kind, Kind::Vosk | Kind::Piper | Kind::Chat) && self.key.is_empty() {
            return Some("has no key; it comes from GUDOK_SERVICES__NAME__KEY");
        }
        if self.kind == Kind::VoiceKit && self.signing_key().is_err() {
            return Some("its key must be the API key and the secret key with a colon between");
        }
        if self.good_for() == Use::Thinks && self.model.is_empty() {
            return Some("has no model: its name, as the service calls it");
        }
        if self.good_for() == Use::Speaks && self.voice.is_empty() {
            return Some("has no voice: the service's own name for one");
        }
        (self.places == 0).then_some("places = 0 lets nobody in")
    }
}
