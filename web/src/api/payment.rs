//! Payments for the master's terminal: what is due, cash, card and SBP, their state, money back. Every
//! request that moves money needs an `Idempotency-Key`; the same again with the same key is one.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use job_core::ids::{JobId, MasterId, PaymentId};
use job_core::job::JobStatus;
use job_core::money::Kopecks;
use job_core::payment::{Method, Payment, PaymentStatus};
use job_core::store::PaymentRequest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::Body;
use crate::House;
use crate::access::Integration;
use crate::refusal::Refusal;
use crate::till::TillError;

const KEY: &str = "idempotency-key";
/// Longer keys are somebody's mistake.
const KEY_MAX: usize = 64;

#[derive(Debug, Deserialize)]
pub(super) struct JobOnly {
    job_id: JobId,
}

#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    job_id: JobId,
    amount_kopecks: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Back {
    amount_kopecks: i64,
}

/// What a client may pay, and how.
#[derive(Debug, Serialize)]
pub(super) struct Due {
    job_id: JobId,
    number: String,
    /// The quoted total; the final sum is agreed on site.
    quoted_kopecks: i64,
    currency: String,
    paid: bool,
    methods: [Method; 3],
}

#[derive(Debug, Serialize)]
pub(super) struct PaymentView {
    payment_id: PaymentId,
    job_id: JobId,
    master_id: MasterId,
    method: Method,
    amount_kopecks: i64,
    refunded_kopecks: i64,
    status: PaymentStatus,
    /// Where the client pays; for SBP it shows the QR code.
    page: Option<String>,
}

impl From<Payment> for PaymentView {
    fn from(payment: Payment) -> Self {
        Self {
            payment_id: payment.id,
            job_id: payment.job,
            master_id: payment.master,
            method: payment.method,
            amount_kopecks: payment.amount.0,
            refunded_kopecks: payment.refunded.0,
            status: payment.status,
            page: payment.page,
        }
    }
}

/// `POST /terminal/payment/initialize`
pub(super) async fn initialize(
    key: Integration,
    Body(JobOnly { job_id }): Body<JobOnly>,
) -> Result<Json<Due>, Refusal> {
    let found = key.rows.job(&job_id).await.map_err(Refusal::trouble)?;
    let job = found.ok_or(Refusal::NotFound { what: "job", id: job_id.to_string() })?;
    let settings = key.rows.settings().await.map_err(Refusal::trouble)?;

    Ok(Json(Due {
        job_id,
        number: job.number,
        quoted_kopecks: Kopecks::roubles(job.total).0,
        currency: settings.currency,
        paid: job.status == JobStatus::Paid,
        methods: [Method::Cash, Method::Card, Method::Sbp],
    }))
}

/// `POST /terminal/payment/cash`: the master has it in hand.
pub(super) async fn cash(
    key: Integration,
    house: State<House>,
    headers: HeaderMap,
    wanted: Body<Wanted>,
) -> Result<Json<PaymentView>, Refusal> {
    begin(key, &house, &headers, wanted.0, Method::Cash).await
}

/// `POST /terminal/payment/card`
pub(super) async fn card(
    key: Integration,
    house: State<House>,
    headers: HeaderMap,
    wanted: Body<Wanted>,
) -> Result<Json<PaymentView>, Refusal> {
    begin(key, &house, &headers, wanted.0, Method::Card).await
}

/// `POST /terminal/payment/sbp`
pub(super) async fn sbp(
    key: Integration,
    house: State<House>,
    headers: HeaderMap,
    wanted: Body<Wanted>,
) -> Result<Json<PaymentView>, Refusal> {
    begin(key, &house, &headers, wanted.0, Method::Sbp).await
}

/// `GET /terminal/payment/{id}/status`
pub(super) async fn status(
    key: Integration,
    State(house): State<House>,
    Path(id): Path<String>,
) -> Result<Json<PaymentView>, Refusal> {
    let id = PaymentId::new(id);
    let payment = house.till.status(&key.rows, &id, (house.clock)()).await;

    payment.map(|it| Json(it.into())).map_err(refusal)
}

/// `POST /terminal/payment/{id}/refund`
pub(super) async fn refund(
    key: Integration,
    State(house): State<House>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(back): Body<Back>,
) -> Result<Json<PaymentView>, Refusal> {
    let (id, part, named) = (PaymentId::new(id), Kopecks(back.amount_kopecks), named(&headers)?);
    let given = house.till.give_back(&key.rows, (&id, part), &named, (house.clock)()).await;

    given.map(|it| Json(it.into())).map_err(refusal)
}

/// `POST /payments/yookassa`: something happened to a payment or a refund. Nothing in it is believed;
/// the provider is asked. It is sent again for a day unless we answer 200.
pub(super) async fn notice(
    State(house): State<House>,
    Body(notice): Body<Value>,
) -> Result<StatusCode, Refusal> {
    let object = &notice["object"];
    let name = object["payment_id"].as_str().or_else(|| object["id"].as_str());
    let name = name.ok_or_else(|| Refusal::Body("object.id: missing".into()))?;
    let ours = house.till.noticed(&house.store, name, (house.clock)()).await.map_err(refusal)?;
    if !ours {
        tracing::warn!("a notice of a payment that is not ours");
    }
    Ok(StatusCode::OK)
}

async fn begin(
    key: Integration,
    house: &House,
    headers: &HeaderMap,
    wanted: Wanted,
    method: Method,
) -> Result<Json<PaymentView>, Refusal> {
    let request = PaymentRequest {
        job: wanted.job_id,
        method,
        amount: Kopecks(wanted.amount_kopecks),
        key: named(headers)?,
    };
    let site = crate::paper::site(headers);
    let payment = house.till.begin(&key.rows, &request, &site, (house.clock)()).await;

    payment.map(|it| Json(it.into())).map_err(refusal)
}

/// The request's own name.
fn named(headers: &HeaderMap) -> Result<String, Refusal> {
    let key = headers.get(KEY).and_then(|it| it.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.len() > KEY_MAX {
        let fact =
            format!("send a header of 1 to {KEY_MAX} characters, a new one for each payment");
        return Err(Refusal::Invalid { field: "Idempotency-Key", fact });
    }
    Ok(key.to_owned())
}

fn refusal(error: TillError) -> Refusal {
    match error {
        TillError::Refused(refused) => Refusal::Payment(refused),
        TillError::Provider(error) => Refusal::Provider(error),
        TillError::Store(error) => Refusal::trouble(error),
    }
}
