//! SMS by SMS.ru (sms.ru/api/send, sms.ru/api/status): one message a request, its status asked after.

use job_core::outbox::Outcome;
use job_core::store::Message;
use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::carrier::{asked, refused};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsRu {
    #[serde(skip_serializing)]
    pub api_id: String,
    /// The sender's name agreed with SMS.ru; without it theirs.
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default = "base")]
    pub base: String,
}

fn base() -> String {
    "https://sms.ru".into()
}

impl SmsRu {
    pub(crate) async fn deliver(&self, client: &Client, message: &Message, text: &str) -> Outcome {
        let number = message.address.trim_start_matches('+');
        let mut form = vec![("api_id", self.api_id.as_str()), ("to", number), ("msg", text)];
        form.push(("json", "1"));
        form.extend(self.from.as_deref().map(|from| ("from", from)));
        let request = client.post(format!("{}/sms/send", self.base)).query(&form);
        let answer = match asked(request).await {
            Ok((_, answer)) => answer,
            Err(outcome) => return outcome,
        };
        let sms = &answer["sms"][number];

        match (code(&answer), code(sms), sms["sms_id"].as_str()) {
            (100, 100, Some(id)) => Outcome::Taken { id: id.to_owned() },
            (100, failed, _) => told(failed, sms),
            (failed, _, _) => told(failed, &answer),
        }
    }

    pub(crate) async fn fate(&self, client: &Client, id: &str) -> Outcome {
        let form = [("api_id", self.api_id.as_str()), ("sms_id", id), ("json", "1")];
        let request = client.post(format!("{}/sms/status", self.base)).query(&form);
        let answer = match asked(request).await {
            Ok((_, answer)) => answer,
            Err(outcome) => return outcome,
        };
        let sms = &answer["sms"][id];

        match code(sms) {
            // Delivered, and read.
            103 | 110 => Outcome::Delivered { id: Some(id.to_owned()) },
            // Queued, at the operator, on its way.
            100..=102 => Outcome::Taken { id: id.to_owned() },
            // Too old, deleted, phone off, unknown reason, rejected, no route.
            failed @ (104..=108 | 150) => told(failed, sms),
            _ => Outcome::Taken { id: id.to_owned() },
        }
    }
}

fn code(part: &Value) -> i64 {
    part["status_code"].as_i64().unwrap_or(-1)
}

/// 201: no money, 220, 221: for the moment, 230 to 233: too many for one number today; 500: their
/// error. An answer that is none says nothing against the message.
fn told(code: i64, part: &Value) -> Outcome {
    let words = part["status_text"].as_str().unwrap_or_default();
    match code {
        -1 => Outcome::Later { why: "answered without a status".into(), after: None },
        201 | 220 | 221 | 500 => {
            Outcome::Later { why: format!("cannot now ({code}): {words}"), after: None }
        }
        _ => refused(code, words),
    }
}
