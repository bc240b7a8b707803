//! YooKassa (yookassa.ru/developers/api): payments by card and SBP, refunds. A request that failed on
//! the way is sent again with the same `Idempotence-Key`, which makes it one.

use std::time::Duration;

use job_core::money::Kopecks;
use job_core::payment::{Method, Payment, PaymentStatus, Seen};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Pauses before a request is tried again.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YooKassa {
    pub shop: String,
    #[serde(skip_serializing)]
    pub secret: String,
    #[serde(default = "base")]
    pub base: String,
}

fn base() -> String {
    "https://api.yookassa.ru/v3".into()
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    #[error("the payment provider {0}: send the same request again with the same key")]
    Away(String),
    #[error("the payment provider refuses: {0}")]
    Refused(String),
    #[error("no payment provider is set up: set till.yookassa, or take cash")]
    NotSetUp,
}

/// What a client is asked to pay for.
#[derive(Debug, Clone)]
pub(crate) struct Bill {
    /// E.164, where the receipt goes.
    pub(crate) phone: String,
    pub(crate) what: String,
    pub(crate) currency: String,
    /// Where the client's browser comes back to.
    pub(crate) back: String,
}

/// A payment as the provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: String,
    /// Where the client pays; for SBP the page shows the QR code.
    pub(crate) page: Option<String>,
    pub(crate) seen: Seen,
}

impl YooKassa {
    /// Opens a payment under our own id of it.
    pub(crate) async fn open(
        &self,
        client: &Client,
        payment: &Payment,
        bill: &Bill,
    ) -> Result<Known, ProviderError> {
        let amount = json!({ "value": roubles(payment.amount), "currency": bill.currency });
        let kind = match payment.method {
            Method::Sbp => "sbp",
            Method::Card | Method::Cash => "bank_card",
        };
        let body = json!({
            "amount": amount,
            "capture": true,
            "payment_method_data": { "type": kind },
            "confirmation": { "type": "redirect", "return_url": bill.back },
            "description": bill.what,
            "metadata": { "payment": payment.id },
            "receipt": {
                "customer": { "phone": bill.phone.trim_start_matches('+') },
                "items": [{
                    "description": bill.what,
                    "quantity": "1.00",
                    "amount": amount,
                    "vat_code": 1,
                    "payment_mode": "full_payment",
                    "payment_subject": "service",
                }],
            },
        });
        let ask = || self.post(client, "payments", payment.id.as_str(), &body);

        known(&patiently(ask).await?)
    }

    pub(crate) async fn look(&self, client: &Client, id: &str) -> Result<Known, ProviderError> {
        let ask = || {
            let request = client.get(format!("{}/payments/{id}", self.base));
            request.basic_auth(&self.shop, Some(&self.secret))
        };

        known(&patiently(ask).await?)
    }

    /// Asks that so much of a payment goes back; `key` makes the same request twice one.
    pub(crate) async fn give_back(
        &self,
        client: &Client,
        payment: &str,
        (part, currency): (Kopecks, &str),
        key: &str,
    ) -> Result<(), ProviderError> {
        let amount = json!({ "value": roubles(part), "currency": currency });
        let body = json!({ "payment_id": payment, "amount": amount });
        let ask = || self.post(client, "refunds", key, &body);
        let answer = patiently(ask).await?;

        match answer["status"].as_str() {
            Some("canceled") => {
                let why = answer["cancellation_details"]["reason"].as_str().unwrap_or("canceled");
                Err(ProviderError::Refused(why.to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn post(&self, client: &Client, path: &str, key: &str, body: &Value) -> RequestBuilder {
        client
            .post(format!("{}/{path}", self.base))
            .basic_auth(&self.shop, Some(&self.secret))
            .header("Idempotence-Key", key)
            .json(body)
    }
}

/// Again where it may help: no answer, 429, 5xx, and 202, which says "still at it".
async fn patiently(ask: impl Fn() -> RequestBuilder) -> Result<Value, ProviderError> {
    let mut pauses = PAUSES.into_iter();
    loop {
        match (once(ask()).await, pauses.next()) {
            (Err(ProviderError::Away(_)), Some(pause)) => tokio::time::sleep(pause).await,
            (done, _) => return done,
        }
    }
}

async fn once(request: RequestBuilder) -> Result<Value, ProviderError> {
    let away = |error: reqwest::Error| {
        ProviderError::Away(match error.is_timeout() {
            true => "does not answer".to_owned(),
            false => format!("cannot be reached ({})", error.without_url()),
        })
    };
    let answer = request.send().await.map_err(away)?;
    let status = answer.status();
    let body = answer.text().await.map_err(away)?;
    let json: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let later = status == StatusCode::ACCEPTED || status == StatusCode::TOO_MANY_REQUESTS;
    if later || status.is_server_error() {
        return Err(ProviderError::Away(format!("is busy ({status})")));
    }
    if !status.is_success() {
        let words = json["description"].as_str().unwrap_or_default();
        let code = json["code"].as_str().unwrap_or(status.as_str());
        return Err(ProviderError::Refused(format!("{code}: {words}")));
    }
    Ok(json)
}

fn known(payment: &Value) -> Result<Known, ProviderError> {
    let read = || {
        let status = match payment["status"].as_str()? {
            "succeeded" => PaymentStatus::Succeeded,
            "canceled" => PaymentStatus::Cancelled,
            "pending" | "waiting_for_capture" => PaymentStatus::Pending,
            _ => return None,
        };
        let amount = kopecks(&payment["amount"]["value"])?;
        let refunded = kopecks(&payment["refunded_amount"]["value"]).unwrap_or_default();
        let page = payment["confirmation"]["confirmation_url"].as_str().map(str::to_owned);

        Some(Known {
            id: payment["id"].as_str()?.to_owned(),
            page,
            seen: Seen { status, amount, refunded },
        })
    };

    read().ok_or_else(|| ProviderError::Away("answered what cannot be understood".into()))
}

/// "1900.00"
fn roubles(amount: Kopecks) -> String {
    format!("{}.{:02}", amount.0 / 100, amount.0 % 100)
}

/// Exact, or `None`.
fn kopecks(value: &Value) -> Option<Kopecks> {
    let (whole, part) = value.as_str()?.split_once('.')?;
    let (whole, part): (i64, i64) = match part.len() {
        2 => (whole.parse().ok()?, part.parse().ok()?),
        _ => return None,
    };
    let amount = whole.checked_mul(100)?.checked_add(part)?;

    (whole >= 0 && (0..100).contains(&part)).then_some(Kopecks(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_and_read_exactly() {
        for (sum, text) in [(1, "0.01"), (190_000, "1900.00"), (100_000_000, "1000000.00")] {
            assert_eq!(roubles(Kopecks(sum)), text);
            assert_eq!(kopecks(&json!(text)), Some(Kopecks(sum)));
        }
        for odd in [json!("1.5"), json!("-1.00"), json!(1.5), json!("1,00"), json!(null)] {
            assert_eq!(kopecks(&odd), None, "{odd}");
        }
    }
}
