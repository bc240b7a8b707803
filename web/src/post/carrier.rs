//! A provider that takes messages over HTTP, and what its answers mean.

use std::sync::Arc;

use jiff::SignedDuration;
use job_core::ids::OrgId;
use job_core::outbox::Outcome;
use job_core::store::Message;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;

use super::{email, push, sms_ru, telegram, twilio, webhook, whatsapp};

/// A provider's own words are kept up to so many letters.
const WORDS_MAX: usize = 200;

#[derive(Debug)]
pub(crate) enum Carrier {
    SmsRu(sms_ru::SmsRu),
    Twilio(twilio::Twilio),
    Telegram(telegram::Telegram),
    Whatsapp(whatsapp::Whatsapp),
    Email(email::Mailer),
    Push(push::Push),
    Webhook(webhook::Webhook),
    Call(Arc<dyn Telephone>),
}

/// Whoever phones and says a message.
pub trait Telephone: Send + Sync + std::fmt::Debug {
    /// Begins the call; what came of it is asked by `fate`. `words` are for the ear.
    fn tell(&self, org: &OrgId, message: &Message, words: &str) -> Outcome;
    fn fate(&self, id: &str) -> Outcome;
}

impl Carrier {
    /// `paper`: the job file, where it can be attached.
    pub(crate) async fn deliver(
        &self,
        client: &Client,
        org: &OrgId,
        message: &Message,
        text: &str,
        paper: Option<Vec<u8>>,
    ) -> Outcome {
        match self {
            Self::SmsRu(it) => it.deliver(client, message, text).await,
            Self::Twilio(it) => it.deliver(client, message, text).await,
            Self::Telegram(it) => it.deliver(client, message, text).await,
            Self::Whatsapp(it) => it.deliver(client, message, text).await,
            Self::Email(it) => it.deliver(message, text, paper).await,
            Self::Push(it) => it.deliver(client, message, text).await,
            Self::Webhook(it) => it.deliver(client, message, text).await,
            Self::Call(it) => it.tell(org, message, text),
        }
    }

    /// What became of a message that was taken.
    pub(crate) async fn fate(&self, client: &Client, id: &str) -> Outcome {
        match self {
            Self::SmsRu(it) => it.fate(client, id).await,
            Self::Twilio(it) => it.fate(client, id).await,
            Self::Call(it) => it.fate(id),
            Self::Telegram(_)
            | Self::Whatsapp(_)
            | Self::Email(_)
            | Self::Push(_)
            | Self::Webhook(_) => Outcome::Delivered { id: None },
        }
    }
}

/// The JSON of an answer that is good (2xx, or 4xx that `told` understands), or what else it means.
pub(crate) async fn asked(request: RequestBuilder) -> Result<(StatusCode, Value), Outcome> {
    let answer = request.send().await.map_err(unreachable)?;
    let status = answer.status();
    let after = answer
        .headers()
        .get("retry-after")
        .and_then(|it| it.to_str().ok()?.parse().ok())
        .map(SignedDuration::from_secs);
    let body = answer.text().await.map_err(unreachable)?;
    let json: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        // Telegram says it in the body.
        let told = || json["parameters"]["retry_after"].as_i64().map(SignedDuration::from_secs);
        let after = after.or_else(told);
        return Err(Outcome::Later { why: format!("answered {status}"), after });
    }

    Ok((status, json))
}

fn unreachable(error: reqwest::Error) -> Outcome {
    let why = match () {
        () if error.is_timeout() => "no answer in time".to_owned(),
        () if error.is_connect() => "cannot be reached".to_owned(),
        // The address may hold a key, and is left out.
        () => error.without_url().to_string(),
    };

    Outcome::Later { why, after: None }
}

/// A refusal in the provider's own words.
pub(crate) fn refused(code: impl std::fmt::Display, words: &str) -> Outcome {
    let words: String = words.chars().take(WORDS_MAX).collect();

    Outcome::Refused { why: format!("refused ({code}): {words}") }
}
