//! Messages by the WhatsApp Cloud API (developers.facebook.com/docs/whatsapp/cloud-api/reference/messages).
//! A business may begin a conversation only by a template it had approved: ours has one parameter, the
//! text. What becomes of a message afterwards comes by webhook only.

use job_core::outbox::Outcome;
use job_core::store::Message;
use job_core::trade::Language;
use reqwest::{Client, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::carrier::{asked, refused};

/// Rate limits that are answered as a client's error: of the app, of spam, of this pair of numbers.
const LATER: [i64; 4] = [80_007, 130_429, 131_048, 131_056];

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whatsapp {
    /// The id of the business's phone number.
    pub number_id: String,
    #[serde(skip_serializing)]
    pub token: String,
    /// The approved template, with one parameter in its body.
    pub template: String,
    #[serde(default = "base")]
    pub base: String,
}

fn base() -> String {
    "https://graph.facebook.com/v23.0".into()
}

impl Whatsapp {
    pub(crate) async fn deliver(&self, client: &Client, message: &Message, text: &str) -> Outcome {
        let language = match message.language {
            Language::Ru => "ru",
            Language::En => "en",
        };
        let request = client
            .post(format!("{}/{}/messages", self.base, self.number_id))
            .bearer_auth(&self.token)
            .json(&json!({
                "messaging_product": "whatsapp",
                "to": message.address.trim_start_matches('+'),
                "type": "template",
                "template": {
                    "name": self.template,
                    "language": { "code": language },
                    "components": [{
                        "type": "body",
                        "parameters": [{ "type": "text", "text": text }],
                    }],
                },
            }));
        let (status, answer) = match asked(request).await {
            Ok(answered) => answered,
            Err(outcome) => return outcome,
        };
        told(status, &answer)
    }
}

/// What an answer to a message means.
pub(crate) fn told(status: StatusCode, answer: &Value) -> Outcome {
    if let Some(id) = answer["messages"][0]["id"].as_str() {
        return Outcome::Delivered { id: Some(id.to_owned()) };
    }
    let error = &answer["error"];
    let code = error["code"].as_i64().unwrap_or_else(|| status.as_u16().into());
    if status.is_success() || LATER.contains(&code) {
        return Outcome::Later { why: format!("answered {status}, code {code}"), after: None };
    }

    refused(code, error["message"].as_str().unwrap_or_default())
}
