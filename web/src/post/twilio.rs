//! SMS by Twilio (twilio.com/docs/messaging/api/message-resource): made by POST, asked after by GET.

use job_core::outbox::Outcome;
use job_core::store::Message;
use reqwest::Client;
use serde::{Deserialize, Serialize};

use super::carrier::{asked, refused};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twilio {
    pub account: String,
    #[serde(skip_serializing)]
    pub token: String,
    /// The number or sender it is sent from.
    pub from: String,
    #[serde(default = "base")]
    pub base: String,
}

fn base() -> String {
    "https://api.twilio.com".into()
}

impl Twilio {
    pub(crate) async fn deliver(&self, client: &Client, message: &Message, text: &str) -> Outcome {
        let form = [("To", message.address.as_str()), ("From", &self.from), ("Body", text)];
        let request = client
            .post(format!("{}/2010-04-01/Accounts/{}/Messages.json", self.base, self.account))
            .basic_auth(&self.account, Some(&self.token))
            .form(&form);
        let (status, answer) = match asked(request).await {
            Ok(answered) => answered,
            Err(outcome) => return outcome,
        };

        match answer["sid"].as_str() {
            Some(sid) if status.is_success() => Outcome::Taken { id: sid.to_owned() },
            _ if status.is_success() => {
                Outcome::Later { why: "answered without a sid".into(), after: None }
            }
            _ => {
                let code = answer["code"].as_i64().unwrap_or_else(|| status.as_u16().into());
                refused(code, answer["message"].as_str().unwrap_or_default())
            }
        }
    }

    pub(crate) async fn fate(&self, client: &Client, id: &str) -> Outcome {
        let path = format!("/2010-04-01/Accounts/{}/Messages/{id}.json", self.account);
        let request =
            client.get(format!("{}{path}", self.base)).basic_auth(&self.account, Some(&self.token));
        let answer = match asked(request).await {
            Ok((_, answer)) => answer,
            Err(outcome) => return outcome,
        };

        match answer["status"].as_str() {
            Some("delivered" | "read") => Outcome::Delivered { id: Some(id.to_owned()) },
            Some(status @ ("failed" | "undelivered" | "canceled")) => {
                let code = answer["error_code"].as_i64().unwrap_or_default();
                refused(code, answer["error_message"].as_str().unwrap_or(status))
            }
            _ => Outcome::Taken { id: id.to_owned() },
        }
    }
}
