//! Messages to the customer's own system: JSON, signed, with a key that makes the same message twice
//! one. Any answer of 2xx is "taken over"; 429 and 5xx are tried again, other answers are refusals.

use hmac::{Hmac, KeyInit as _, Mac as _};
use job_core::outbox::Outcome;
use job_core::store::Message;
use reqwest::Client;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::Sha256;

use super::carrier::{asked, refused};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    pub url: String,
    /// `X-Gudok-Signature` is `sha256=` and the HMAC-SHA-256 of the body with it, in hexadecimal.
    #[serde(skip_serializing)]
    pub secret: String,
}

impl Webhook {
    pub(crate) async fn deliver(&self, client: &Client, message: &Message, text: &str) -> Outcome {
        let body = json!({
            "id": message.id,
            "event": message.template,
            "recipient": message.recipient,
            "address": message.address,
            "job_id": message.job,
            "language": message.language,
            "values": message.payload,
            "text": text,
            "created": message.created,
        })
        .to_string();
        let request = client
            .post(&self.url)
            .header("content-type", "application/json")
            .header("idempotency-key", message.id.as_str())
            .header("x-gudok-signature", signature(&self.secret, body.as_bytes()))
            .body(body);

        match asked(request).await {
            Ok((status, _)) if status.is_success() => Outcome::Delivered { id: None },
            Ok((status, _)) => {
                refused(status.as_u16(), status.canonical_reason().unwrap_or_default())
            }
            Err(outcome) => outcome,
        }
    }
}

/// As the receiver computes it anew.
fn signature(secret: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        unreachable!("HMAC takes keys of any length");
    };
    mac.update(body);
    let bytes = mac.finalize().into_bytes();

    format!("sha256={}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_of_rfc_4231_case_2() {
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?"),
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
