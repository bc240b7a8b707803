//! Messages by a Telegram bot (core.telegram.org/bots/api#sendmessage), to whoever has written to it
//! before: a bot cannot begin a conversation.

use job_core::outbox::Outcome;
use job_core::store::Message;
use reqwest::{Client, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::carrier::{asked, refused};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telegram {
    #[serde(skip_serializing)]
    pub token: String,
    #[serde(default = "base")]
    pub base: String,
}

fn base() -> String {
    "https://api.telegram.org".into()
}

impl Telegram {
    /// The message's address is a chat's id.
    pub(crate) async fn deliver(&self, client: &Client, message: &Message, text: &str) -> Outcome {
        let request = client
            .post(format!("{}/bot{}/sendMessage", self.base, self.token))
            .json(&json!({ "chat_id": message.address, "text": text }));
        let (status, answer) = match asked(request).await {
            Ok(answered) => answered,
            Err(outcome) => return outcome,
        };

        told(status, &answer)
    }
}

/// What an answer to a message means.
pub(crate) fn told(status: StatusCode, answer: &Value) -> Outcome {
    match answer["result"]["message_id"].as_i64() {
        Some(id) => Outcome::Delivered { id: Some(id.to_string()) },
        None if status.is_success() => {
            Outcome::Later { why: "answered without a message_id".into(), after: None }
        }
        None => {
            let code = answer["error_code"].as_i64().unwrap_or_else(|| status.as_u16().into());
            refused(code, answer["description"].as_str().unwrap_or_default())
        }
    }
}
