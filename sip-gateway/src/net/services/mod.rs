//! Speech services elsewhere: reached, watched, and replaced within the turn where they fail.
//!
//! `line` and `ear` carry a dialect of `media/speech/service` over a WebSocket, `streams` over gRPC, `mouth`
//! has a sentence spoken; `health` says who is well, `understudy` and `chorus` have the next one take over.
//!
//! **Never here:** what is said to a service, what becomes of the words.

pub mod chorus;
pub mod ear;
pub mod health;
pub mod line;
pub mod mind;
pub mod mouth;
pub mod settings;
pub mod streams;
pub mod tariff;
pub mod understudy;

use std::sync::Arc;

use media::speech::service::streams::Protocol;
use media::speech::service::{Deepgram, Dialect, Flux, OpenAi, Vosk};
use media::speech::{Recogniser, Tongue};
use tokio::runtime::Handle;

use self::ear::{Remote, Talk};
use self::line::Address;
use self::settings::{Kind, Service};
use self::streams::{Access, Key, Streams};

/// Words a service is told to expect; more are not read by some.
const HOT_WORDS_MAX: usize = 100;

/// The recogniser a service is, for one language.
pub fn recogniser(
    service: &Service,
    tongue: Tongue,
    hot_words: &[String],
    runtime: Handle,
) -> anyhow::Result<Arc<dyn Recogniser>> {
    let hot_words: Vec<String> = hot_words.iter().take(HOT_WORDS_MAX).cloned().collect();
    let (base, model) = (service.address(), service.model());
    let remote = |engine, url: String, headers, talk| -> Arc<dyn Recogniser> {
        let address = Address { url, headers };
        Arc::new(Remote::new(engine, address, talk, service.places, runtime.clone()))
    };
    let secret =
        |scheme: &str| vec![("authorization".to_owned(), format!("{scheme} {}", service.key))];
    Ok(match service.kind {
        Kind::Vosk => {
            let talk = talk(move || Vosk::new(hot_words.clone()));
            remote("vosk", base, Vec::new(), talk)
        }
        Kind::Deepgram => {
            let url = deepgram_url(&base, &model, tongue, &hot_words);
            remote("deepgram", url, secret("Token"), talk(Deepgram::default))
        }
        Kind::Flux => {
            let url = flux_url(&base, &model, tongue, &hot_words);
            remote("flux", url, secret("Token"), talk(Flux::default))
        }
        Kind::OpenAi => {
            let url = format!("{base}/v1/realtime?intent=transcription");
            let prompt = hot_words.join(", ");
            let talk = talk(move || OpenAi::new(model.clone(), tongue, prompt.clone()));
            remote("openai", url, secret("Bearer"), talk)
        }
        Kind::Yandex | Kind::VoiceKit => {
            let (protocol, key) = match service.kind {
                Kind::Yandex => (Protocol::SpeechKit, Key::Plain(service.authorization())),
                _ => (Protocol::VoiceKit, service.signing_key()?),
            };
            let folder = service.folder.clone();
            let access = Access { address: base, key, folder, model };
            Arc::new(Streams::new(protocol, access, tongue, service.places, runtime)?)
        }
        _ => {
            anyhow::bail!("is no recogniser")
        }
    })
}

fn talk<D: Dialect + 'static>(make: impl Fn() -> D + Send + Sync + 'static) -> Talk {
    Arc::new(move || Box::new(make()))
}

/// Numbers stay words, and turns are ours to end.
fn deepgram_url(base: &str, model: &str, tongue: Tongue, hot_words: &[String]) -> String {
    let mut url = format!(
        "{base}/v1/listen?model={}&language={}&encoding=linear16&sample_rate=8000&channels=1\
         &interim_results=true&punctuate=false&smart_format=false&endpointing=false",
        escaped(model),
        tongue.code()
    );
    hot_words.iter().for_each(|word| url.push_str(&format!("&keyterm={}", escaped(word))));
    url
}

fn flux_url(base: &str, model: &str, tongue: Tongue, hot_words: &[String]) -> String {
    let mut url = format!(
        "{base}/v2/listen?model={}&encoding=linear16&sample_rate=8000&eot_threshold=1.0",
        escaped(model)
    );
    if model.ends_with("multi") {
        url.push_str(&format!("&language_hint={}", tongue.code()));
    }
    hot_words.iter().for_each(|word| url.push_str(&format!("&keyterm={}", escaped(word))));
    url
}

/// For a query (RFC 3986 section 2.1).
fn escaped(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut out = String::new();
    for byte in text.bytes() {
        match unreserved(byte) {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_to_expect_are_escaped_into_the_address() {
        let url = deepgram_url("wss://h", "nova-3", Tongue::Ru, &["Мира".into(), "a b".into()]);
        assert!(url.starts_with("wss://h/v1/listen?model=nova-3&language=ru&"), "{url}");
        assert!(url.ends_with("&keyterm=%D0%9C%D0%B8%D1%80%D0%B0&keyterm=a%20b"), "{url}");
        assert!(!flux_url("wss://h", "flux-general-en", Tongue::En, &[]).contains("hint"));
    }
}
