//! Push messages to a phone by ntfy (docs.ntfy.sh/publish): a free app that listens to a topic nobody
//! else knows, at ntfy.sh or on a server of one's own.

use job_core::outbox::Outcome;
use job_core::store::Message;
use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::carrier::{asked, refused};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    #[serde(default = "base")]
    pub base: String,
    /// Where the server lets only those publish who have one.
    #[serde(default, skip_serializing)]
    pub token: Option<String>,
}

fn base() -> String {
    "https://ntfy.sh".into()
}

impl Push {
    /// The message's address is a topic. What is urgent for a master rings.
    pub(crate) async fn deliver(&self, client: &Client, message: &Message, text: &str) -> Outcome {
        let priority = if message.template == "offer" { 5 } else { 3 };
        let request = client.post(&self.base).json(&json!({
            "topic": message.address,
            "message": text,
            "priority": priority,
        }));
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let (status, answer) = match asked(request).await {
            Ok(answered) => answered,
            Err(outcome) => return outcome,
        };

        match answer["id"].as_str() {
            Some(id) if status.is_success() => Outcome::Delivered { id: Some(id.to_owned()) },
            _ if status.is_success() => {
                Outcome::Later { why: "answered without an id".into(), after: None }
            }
            _ => {
                let code = answer["code"].as_i64().unwrap_or_else(|| status.as_u16().into());
                refused(code, answer["error"].as_str().unwrap_or_default())
            }
        }
    }
}
