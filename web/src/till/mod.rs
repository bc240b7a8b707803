//! The till: payments begun, looked after and given back, between the job core, which keeps the books,
//! and the provider, which has the money. What the provider says is taken as a state, never as a step.
//!
//! **Never here:** shares and books (core).

pub mod yookassa;

use std::time::Duration;

use jiff::Timestamp;
use job_core::ids::{JobId, PaymentId};
use job_core::money::Kopecks;
use job_core::payment::{Method, Payment, PaymentRefused, PaymentStatus, Seen};
use job_core::store::{OrgStore, PaymentRequest, Store, StoreError};
use serde::{Deserialize, Serialize};

use yookassa::{Bill, ProviderError, YooKassa};

/// A provider that says nothing for so long is asked again.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The secret comes from the environment: `GUDOK_TILL__YOOKASSA__SECRET`.
    pub yookassa: Option<YooKassa>,
    /// 0: ten seconds.
    pub patience_ms: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum TillError {
    #[error(transparent)]
    Refused(#[from] PaymentRefused),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug)]
pub struct Till {
    provider: Option<YooKassa>,
    client: Option<reqwest::Client>,
}

impl Till {
    pub fn open(settings: Settings) -> Self {
        crate::post::secure();
        let patience = match settings.patience_ms {
            0 => PATIENCE,
            millis => Duration::from_millis(millis),
        };
        let client = reqwest::Client::builder().timeout(patience).build().ok();

        Self { provider: settings.yookassa, client }
    }

    /// Begins a payment, or goes on with the one of that key. `back`: where the client's browser
    /// returns to.
    pub async fn begin(
        &self,
        rows: &OrgStore,
        request: &PaymentRequest,
        back: &str,
        now: Timestamp,
    ) -> Result<Payment, TillError> {
        if request.method != Method::Cash {
            self.provider()?;
        }
        let payment = rows.begin_payment(request, now).await??;
        if payment.method == Method::Cash || payment.provider_id.is_some() {
            return Ok(payment);
        }
        let (provider, client) = self.provider()?;
        let bill = bill(rows, &payment.job, back).await?;
        let known = match provider.open(client, &payment, &bill).await {
            Ok(known) => known,
            Err(refused @ ProviderError::Refused(_)) => {
                let never = Seen {
                    status: PaymentStatus::Cancelled,
                    amount: payment.amount,
                    refunded: Kopecks(0),
                };
                rows.payment_seen(&payment.id, &never, now).await??;
                return Err(refused.into());
            }
            Err(away) => return Err(away.into()),
        };
        rows.payment_opened(&payment.id, &known.id, known.page.as_deref()).await?;
        rows.payment_seen(&payment.id, &known.seen, now).await??;

        Ok(rows.payment(&payment.id).await?.unwrap_or(payment))
    }

    /// The payment as it is now; while it is pending the provider is asked, and where that is away
    /// what was known last is told.
    pub async fn status(
        &self,
        rows: &OrgStore,
        id: &PaymentId,
        now: Timestamp,
    ) -> Result<Payment, TillError> {
        let payment = rows.payment(id).await?.ok_or_else(|| PaymentRefused::Unknown(id.clone()))?;
        if payment.status != PaymentStatus::Pending {
            return Ok(payment);
        }
        match self.look(rows, &payment, now).await {
            Err(TillError::Provider(error)) => {
                tracing::warn!(payment = %id, %error, "a payment's state is told as it was");
                Ok(payment)
            }
            looked => looked,
        }
    }

    /// Gives part of a payment back; `key` makes the same request twice one.
    pub async fn give_back(
        &self,
        rows: &OrgStore,
        (id, part): (&PaymentId, Kopecks),
        key: &str,
        now: Timestamp,
    ) -> Result<Payment, TillError> {
        let payment = rows.payment(id).await?.ok_or_else(|| PaymentRefused::Unknown(id.clone()))?;
        let Some(name) = payment.provider_id.as_deref() else {
            return Ok(rows.refund_cash(id, part, key, now).await??);
        };
        let (provider, client) = self.provider()?;
        let currency = rows.settings().await?.currency;
        provider.give_back(client, name, (part, &currency), key).await?;

        self.look(rows, &payment, now).await
    }

    /// Something happened to a payment, says a message anybody could have sent: the provider is asked
    /// what. `false`: no payment of ours.
    pub async fn noticed(
        &self,
        store: &Store,
        provider_id: &str,
        now: Timestamp,
    ) -> Result<bool, TillError> {
        let Some((org, payment)) = store.payment_by_provider(provider_id).await? else {
            return Ok(false);
        };
        self.look(&store.org(&org), &payment, now).await?;

        Ok(true)
    }

    async fn look(
        &self,
        rows: &OrgStore,
        payment: &Payment,
        now: Timestamp,
    ) -> Result<Payment, TillError> {
        let Some(name) = payment.provider_id.as_deref() else { return Ok(payment.clone()) };
        let (provider, client) = self.provider()?;
        let known = provider.look(client, name).await?;

        Ok(rows.payment_seen(&payment.id, &known.seen, now).await??)
    }

    fn provider(&self) -> Result<(&YooKassa, &reqwest::Client), ProviderError> {
        self.provider.as_ref().zip(self.client.as_ref()).ok_or(ProviderError::NotSetUp)
    }
}

async fn bill(rows: &OrgStore, job: &JobId, back: &str) -> Result<Bill, TillError> {
    let known = rows.job(job).await?.ok_or_else(|| PaymentRefused::UnknownJob(job.clone()))?;
    let settings = rows.settings().await?;

    Ok(Bill {
        what: format!("{} № {}", known.diagnosis, known.number),
        phone: known.client_phone,
        currency: settings.currency,
        back: format!("{back}/t/{}", known.tracking),
    })
}
