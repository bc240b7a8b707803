//! Voices elsewhere: a sentence goes out, its sound is passed on as it comes.
//!
//! Sources: rhasspy/piper `piper.http_server` (POST, WAV back); developers.openai.com, "Create speech"
//! (`response_format: pcm` is 24 kHz); elevenlabs.io, "Text to speech WebSocket" (`stream-input`); yandex.cloud,
//! "SpeechKit API v3", `Synthesizer/UtteranceSynthesis`.
//!
//! **Never here:** which voice is asked, what is done where it fails.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use media::speech::service::sound::{Format, Sound};
use media::speech::service::streams::voice::{Spoken as YandexSpoken, Utterance, utterances};
use media::speech::{Go, Line, Meter, Share, Sink, SpeechError, Spoken, Synthesiser};
use prost::Message as _;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio_tungstenite::tungstenite::Message;
use tonic::transport::Channel;

use super::line::{self, Address};
use super::settings::{Kind, Service};
use super::streams::{Access, Key, Raw, channel, invalid, sign};
use crate::clock;
use crate::net::switchboard::lock;

/// The next piece of sound is waited for this long.
const PIECE_WITHIN: Duration = Duration::from_secs(2);
/// OpenAI's limit for one text.
const OPENAI_CHARACTERS: usize = 4_096;
const OPENAI_RATE: u32 = 24_000;
/// ElevenLabs closes a line that is silent for 20 s: a spare one is not kept so long.
const SPARE_FOR: Duration = Duration::from_secs(15);
const YANDEX_METHOD: &str = "/speechkit.tts.v3.Synthesizer/UtteranceSynthesis";

/// One service's voices.
pub struct Voice {
    asked: Arc<Asked>,
    runtime: Handle,
}

struct Asked {
    service: Service,
    engine: &'static str,
    http: reqwest::Client,
    channel: Option<Channel>,
    /// A line that stands and has carried nothing yet.
    spare: Mutex<Option<(line::Line, Instant)>>,
}

impl Voice {
    pub fn new(service: &Service, runtime: Handle) -> anyhow::Result<Self> {
        let _inside = runtime.enter();
        let engine = match service.kind {
            Kind::Piper => "piper",
            Kind::OpenAiVoice => "openai",
            Kind::ElevenLabs => "elevenlabs",
            Kind::YandexVoice => "yandex",
            _ => anyhow::bail!("is no voice"),
        };
        let channel = match service.kind {
            Kind::YandexVoice => Some(channel(&service.address())?),
            _ => None,
        };
        web::post::secure();
        let http = reqwest::Client::builder().connect_timeout(PIECE_WITHIN).build()?;
        let asked =
            Asked { service: service.clone(), engine, http, channel, spare: Mutex::default() };
        Ok(Voice { asked: Arc::new(asked), runtime })
    }
}

impl Synthesiser for Voice {
    fn speak(&self, line: Line, sink: Sink) {
        let asked = Arc::clone(&self.asked);
        self.runtime.spawn(async move {
            let mut mouth = Mouth { sink, stopped: false };
            let said = asked.say(&line, &mut mouth).await;
            match said {
                _ if mouth.stopped => {}
                Ok(()) => drop((mouth.sink)(Spoken::Done)),
                Err(error) => drop((mouth.sink)(Spoken::Failed(error))),
            }
            asked.lay_by(&line.voice.name).await;
        });
    }

    fn speak_metered(&self, line: Line, sink: Sink, meter: Meter) {
        meter(self.asked.engine, Share::Spoken(line.text.chars().count()));
        self.speak(line, sink);
    }

    fn version(&self) -> String {
        let service = &self.asked.service;
        format!("{} {} {} {}", self.asked.engine, service.address(), service.model(), service.voice)
    }
}

struct Mouth {
    sink: Sink,
    stopped: bool,
}

impl Mouth {
    /// False when nobody listens any more.
    fn pass_on(&mut self, samples: Vec<i16>) -> bool {
        if !samples.is_empty() && (self.sink)(Spoken::Samples(samples.into())) == Go::Stop {
            self.stopped = true;
        }
        !self.stopped
    }
}

impl Asked {
    fn broken(&self, fact: impl ToString) -> SpeechError {
        SpeechError::Engine { engine: self.engine, fact: fact.to_string() }
    }

    async fn soon<T>(&self, coming: impl Future<Output = T>) -> Result<T, SpeechError> {
        let silent = SpeechError::Silent { engine: self.engine, after: PIECE_WITHIN };
        tokio::time::timeout(PIECE_WITHIN, coming).await.map_err(|_| silent)
    }

    async fn say(&self, line: &Line, mouth: &mut Mouth) -> Result<(), SpeechError> {
        match self.service.kind {
            Kind::ElevenLabs => self.elevenlabs(line, mouth).await,
            Kind::YandexVoice => self.yandex(line, mouth).await,
            Kind::OpenAiVoice if line.text.chars().count() > OPENAI_CHARACTERS => {
                Err(self.broken(format!("more than {OPENAI_CHARACTERS} characters")))
            }
            Kind::OpenAiVoice => {
                let body = json!({
                    "model": self.service.model(), "voice": line.voice.name, "input": line.text,
                    "response_format": "pcm", "speed": speed(line),
                });
                let url = format!("{}/v1/audio/speech", self.service.address());
                self.post(&url, &body, Format::Linear(OPENAI_RATE), mouth).await
            }
            _ => {
                let body = json!({
                    "text": line.text, "voice": line.voice.name, "length_scale": 1.0 / speed(line),
                });
                let url = format!("{}/synthesize", self.service.address());
                self.post(&url, &body, Format::Wav, mouth).await
            }
        }
    }

    async fn post(
        &self,
        url: &str,
        body: &Value,
        format: Format,
        mouth: &mut Mouth,
    ) -> Result<(), SpeechError> {
        let key = &self.service.key;
        let request = self.http.post(url).json(body);
        let request = if key.is_empty() { request } else { request.bearer_auth(key) };
        let answer = self.soon(request.send()).await?;
        let mut answer = answer.map_err(|error| self.broken(error.without_url()))?;
        if !answer.status().is_success() {
            let status = answer.status();
            let told = self.soon(answer.text()).await?.unwrap_or_default();
            return Err(self.broken(format!("{status}: {}", fact(&told))));
        }
        let mut sound = Sound::new(self.engine, format)?;
        loop {
            let piece = self.soon(answer.chunk()).await?;
            let Some(piece) = piece.map_err(|error| self.broken(error.without_url()))? else {
                break;
            };
            if !mouth.pass_on(sound.push(&piece)?) {
                return Ok(());
            }
        }
        mouth.pass_on(sound.finish());
        Ok(())
    }

    async fn elevenlabs(&self, said: &Line, mouth: &mut Mouth) -> Result<(), SpeechError> {
        let address = self.elevenlabs_address(&said.voice.name);
        let spare = lock(&self.spare).take().filter(|(_, at)| clock::now() - *at < SPARE_FOR);
        let mut line = match spare {
            Some((line, _)) => line,
            None => line::open(&address).await.map_err(|fact| self.broken(fact))?,
        };
        let texts = [
            json!({ "text": " ", "voice_settings": { "speed": speed(said) } }),
            json!({ "text": format!("{} ", said.text), "flush": true }),
            json!({ "text": "" }),
        ];
        for text in texts {
            let sent = self.soon(line.send(Message::text(text.to_string()))).await?;
            sent.map_err(|error| self.broken(error))?;
        }
        let mut sound = Sound::new(self.engine, Format::Mulaw)?;
        loop {
            let told = match self.soon(line.next()).await? {
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Close(_))) | None => return Err(self.broken("closed too early")),
                Some(Ok(_)) => continue,
                Some(Err(error)) => return Err(self.broken(error)),
            };
            let told: Value = serde_json::from_str(&told).map_err(|error| self.broken(error))?;
            if let Some(error) = told["error"].as_str().or(told["message"].as_str()) {
                return Err(self.broken(error));
            }
            if let Some(audio) = told["audio"].as_str() {
                let bytes = STANDARD.decode(audio).map_err(|error| self.broken(error))?;
                if !mouth.pass_on(sound.push(&bytes)?) {
                    return Ok(());
                }
            }
            if told["isFinal"].as_bool() == Some(true) {
                break;
            }
        }
        Ok(())
    }

    /// The next sentence of a reply comes at once: a line stands ready for it.
    async fn lay_by(&self, voice: &str) {
        if self.service.kind != Kind::ElevenLabs {
            return;
        }
        if let Ok(next) = line::open(&self.elevenlabs_address(voice)).await {
            *lock(&self.spare) = Some((next, clock::now()));
        }
    }

    fn elevenlabs_address(&self, voice: &str) -> Address {
        let (base, model) = (self.service.address(), self.service.model());
        let url = format!(
            "{base}/v1/text-to-speech/{}/stream-input?model_id={}&output_format=ulaw_8000",
            super::escaped(voice),
            super::escaped(&model)
        );
        Address { url, headers: vec![("xi-api-key".to_owned(), self.service.key.clone())] }
    }

    async fn yandex(&self, said: &Line, mouth: &mut Mouth) -> Result<(), SpeechError> {
        let access = Access {
            address: self.service.address(),
            key: Key::Plain(self.service.authorization()),
            folder: self.service.folder.clone(),
            model: String::new(),
        };
        let channel = self.channel.clone().ok_or_else(|| self.broken("no channel"))?;
        for text in utterances(&said.text) {
            let utterance = Utterance::new(&text, &said.voice.name, said.voice.speed);
            let answered = self.utter(&access, channel.clone(), &utterance, mouth).await;
            let refused = |status: tonic::Status| {
                self.broken(format!("{:?}: {}", status.code(), status.message()))
            };
            if !answered?.map_err(refused)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// False when nobody listens any more.
    async fn utter(
        &self,
        access: &Access,
        channel: Channel,
        utterance: &Utterance,
        mouth: &mut Mouth,
    ) -> Result<Result<bool, tonic::Status>, SpeechError> {
        let asking = async {
            let mut request = tonic::Request::new(utterance.encode_to_vec());
            sign(&mut request, access)?;
            let mut client = tonic::client::Grpc::new(channel);
            let ready = client.ready().await;
            ready.map_err(|error| tonic::Status::unavailable(error.to_string()))?;
            let method = YANDEX_METHOD.parse().map_err(invalid)?;
            client.server_streaming(request, method, Raw).await
        };
        let mut answers = match self.soon(asking).await? {
            Ok(answer) => answer.into_inner(),
            Err(status) => return Ok(Err(status)),
        };
        let mut sound = Sound::new(self.engine, Format::Linear(media::audio::RATE))?;
        loop {
            let message = match self.soon(answers.message()).await? {
                Ok(Some(message)) => message,
                Ok(None) => return Ok(Ok(mouth.pass_on(sound.finish()))),
                Err(status) => return Ok(Err(status)),
            };
            let spoken = YandexSpoken::decode(&message[..]).map_err(|it| self.broken(it))?;
            let bytes = spoken.audio_chunk.map(|chunk| chunk.data).unwrap_or_default();
            if !mouth.pass_on(sound.push(&bytes)?) {
                return Ok(Ok(false));
            }
        }
    }
}

/// 1 is usual.
fn speed(line: &Line) -> f64 {
    f64::from(line.voice.speed.unwrap_or(100)) / 100.0
}

/// A service's own words for what is wrong, from whichever form of error it has.
fn fact(told: &str) -> String {
    let json: Value = serde_json::from_str(told).unwrap_or_default();
    let error = &json["error"];
    let message = error["message"].as_str().or(error.as_str()).or(json["detail"].as_str());
    message.unwrap_or(told).chars().take(200).collect()
}
