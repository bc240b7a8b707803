//! Money at the door: what a master's terminal asks, what the provider does meanwhile, what stands in
//! the books.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Request, StatusCode};
use job_core::ids::JobId;
use job_core::job::JobStatus;
use serde_json::{Value, json};

use crate::world::{Answer, KEY, OTHER_KEY, World, morning};
use crate::yookassa::{Provider, Trouble};

#[tokio::test]
async fn a_client_pays_by_sbp_and_the_master_has_earned() {
    let (world, provider, job) = till().await;
    let asked = json!({"job_id": job});
    let due = world.api_post(KEY, "/api/v1/terminal/payment/initialize", &asked).await.json();
    assert_eq!(due["paid"], false);

    let begun = world.pay("sbp", &job, 300_000, "k1").await.json();

    assert_eq!(begun["status"], "pending");
    assert_eq!(begun["page"], "https://pay.test/pay-0");
    let known = provider.payment();
    assert_eq!(known["amount"], json!({"value": "3000.00", "currency": "RUB"}));
    assert_eq!(known["payment_method"]["type"], "sbp");
    assert_eq!(known["receipt"]["items"][0]["payment_subject"], "service");
    assert_eq!(known["metadata"]["payment"], begun["payment_id"]);

    provider.becomes("succeeded");
    for _ in 0..3 {
        assert_eq!(world.notice("payment.succeeded").await, StatusCode::OK);
    }

    let status = world.status(&begun).await;
    assert_eq!(status["status"], "succeeded");
    world.has_earned(220_500).await;
    assert_eq!(world.job_status(&job).await, JobStatus::Paid);
    let again = world.pay("cash", &job, 300_000, "k2").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text().contains("is paid"));
}

#[tokio::test]
async fn whatever_happens_on_the_way_it_is_one_payment() {
    let troubles = [
        vec![Trouble::LateAnswer],
        vec![Trouble::Broken, Trouble::Busy],
        vec![Trouble::Processing],
        vec![Trouble::Nonsense],
        vec![Trouble::Broken; 3],
        vec![Trouble::LateAnswer, Trouble::LateAnswer, Trouble::LateAnswer],
    ];
    for trouble in troubles {
        let (world, provider, job) = till().await;
        provider.has_troubles(&trouble);

        let first = world.pay("card", &job, 300_000, "k1").await;
        let second = world.pay("card", &job, 300_000, "k1").await;

        if first.status != StatusCode::OK {
            assert_eq!(first.status, StatusCode::SERVICE_UNAVAILABLE, "{trouble:?}");
            assert!(first.text().contains("send the same request again with the same key"));
        }
        assert_eq!(second.status, StatusCode::OK, "{trouble:?}: {}", second.text());
        assert_eq!(second.json()["page"], "https://pay.test/pay-0", "{trouble:?}");
        provider.becomes("succeeded");
        assert_eq!(world.status(&second.json()).await["status"], "succeeded", "{trouble:?}");
        world.has_earned(220_500).await;
    }
}

#[tokio::test]
async fn notices_in_any_order_and_number_change_nothing_twice() {
    let (world, provider, job) = till().await;
    let begun = world.pay("card", &job, 300_000, "k1").await.json();
    provider.becomes("succeeded");
    let back = world.back(&begun, 100_000, "r1").await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text());

    for event in ["refund.succeeded", "payment.succeeded", "payment.canceled", "refund.succeeded"] {
        assert_eq!(world.notice(event).await, StatusCode::OK);
    }
    let again = world.back(&begun, 100_000, "r1").await.json();

    assert_eq!(
        (&again["status"], &again["refunded_kopecks"]),
        (&json!("succeeded"), &json!(100_000))
    );
    world.has_earned(147_000).await; // 2000 − 2 % = 1960, 75 %
}

#[tokio::test]
async fn a_notice_is_not_believed() {
    let (world, provider, job) = till().await;
    let begun = world.pay("card", &job, 300_000, "k1").await.json();

    let ours = world.notice("payment.succeeded").await;
    let body = json!({"event": "payment.succeeded", "object": {"id": "made-up"}});
    let strange = world.api_post(KEY, "/api/v1/payments/yookassa", &body).await.status;
    let empty = world.api_post(KEY, "/api/v1/payments/yookassa", &json!({})).await.status;

    assert_eq!((ours, strange, empty), (StatusCode::OK, StatusCode::OK, StatusCode::BAD_REQUEST));
    assert_eq!(world.status(&begun).await["status"], "pending");
    provider.has_troubles(&[Trouble::Broken; 3]);
    assert_eq!(world.notice("payment.succeeded").await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_provider_that_is_away_is_told_as_it_was() {
    let (world, provider, job) = till().await;
    let begun = world.pay("sbp", &job, 300_000, "k1").await.json();
    provider.becomes("succeeded");
    provider.has_troubles(&[Trouble::Broken; 3]);

    assert_eq!(world.status(&begun).await["status"], "pending");
    assert_eq!(world.status(&begun).await["status"], "succeeded");
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_reason() {
    let (world, provider, job) = till().await;
    let keyless = json!({"job_id": job, "amount_kopecks": 1_000});
    let keyless = world.api_post(KEY, "/api/v1/terminal/payment/cash", &keyless).await;
    let nothing = world.pay("cash", &job, 0, "k1").await;
    let too_little = world.pay("card", &job, 50, "k2").await;
    let stranger = world.pay_as(OTHER_KEY, "cash", &job, 1_000, "k3").await;
    let cash = world.pay("cash", &job, 300_000, "k4").await.json();
    let too_much = world.back(&cash, 300_001, "r1").await;

    assert_eq!(keyless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(keyless.text().contains("Idempotency-Key"));
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(too_little.status, StatusCode::BAD_GATEWAY);
    assert!(too_little.text().contains("Amount is less than the minimum"));
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    assert_eq!(too_much.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn without_a_provider_only_cash_is_taken() {
    let world = World::new().await;
    let job = booked(&world).await;

    let card = world.pay("card", &job, 300_000, "k1").await;
    let cash = world.pay("cash", &job, 300_000, "k1").await;

    assert_eq!(card.status, StatusCode::CONFLICT);
    assert!(card.text().contains("no payment provider is set up"));
    assert_eq!(cash.json()["status"], "succeeded");
}

async fn till() -> (World, Provider, String) {
    let provider = Provider::new().await;
    let world = World::paying(provider.till()).await;
    let job = booked(&world).await;
    (world, provider, job)
}

/// A job whose work is done.
async fn booked(world: &World) -> String {
    let (_, state, _) = world.booking("ru").await;
    let job = state["job_id"].as_str().unwrap().to_owned();
    let (rows, id) = (world.demo(), JobId::new(&*job));
    for step in JobStatus::Booked.steps_to(JobStatus::Done).unwrap() {
        rows.step(&id, step, "master", morning()).await.unwrap().unwrap().unwrap();
    }
    job
}

impl World {
    /// The payment's id.
    pub(crate) async fn paid_in_cash(&self, job: &str) -> String {
        let paid = self.pay("cash", job, 190_000, "in cash").await.json();
        paid["payment_id"].as_str().unwrap().to_owned()
    }

    async fn pay(&self, how: &str, job: &str, kopecks: i64, key: &str) -> Answer {
        self.pay_as(KEY, how, job, kopecks, key).await
    }

    async fn pay_as(&self, who: &str, how: &str, job: &str, kopecks: i64, key: &str) -> Answer {
        let body = json!({"job_id": job, "amount_kopecks": kopecks});
        self.keyed(who, &format!("/api/v1/terminal/payment/{how}"), key, &body).await
    }

    async fn back(&self, payment: &Value, kopecks: i64, key: &str) -> Answer {
        let id = payment["payment_id"].as_str().unwrap();
        let path = format!("/api/v1/terminal/payment/{id}/refund");
        self.keyed(KEY, &path, key, &json!({"amount_kopecks": kopecks})).await
    }

    async fn keyed(&self, who: &str, path: &str, key: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header("authorization", format!("Bearer {who}"))
            .header("idempotency-key", key)
            .header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn status(&self, payment: &Value) -> Value {
        let id = payment["payment_id"].as_str().unwrap();
        self.api_get(KEY, &format!("/api/v1/terminal/payment/{id}/status")).await.json()
    }

    /// Of the only payment, from nobody in particular.
    async fn notice(&self, event: &str) -> StatusCode {
        let object = match event.starts_with("refund") {
            true => json!({"id": "back-1", "payment_id": "pay-0"}),
            false => json!({"id": "pay-0", "status": "succeeded"}),
        };
        let body = json!({"type": "notification", "event": event, "object": object}).to_string();
        let request = Request::post("/api/v1/payments/yookassa")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await.status
    }

    /// All masters together, and the books add up.
    async fn has_earned(&self, kopecks: i64) {
        let rows = self.demo();
        let mut earned = 0;
        for master in rows.masters().await.unwrap() {
            earned += rows.balance(&master.id).await.unwrap().earned.0;
        }
        assert_eq!(earned, kopecks);
        assert!(rows.out_of_balance().await.unwrap().is_empty());
        assert_eq!(rows.balances().await.unwrap().iter().map(|it| it.1.0).sum::<i64>(), 0);
    }

    async fn job_status(&self, job: &str) -> JobStatus {
        self.demo().job(&JobId::new(job)).await.unwrap().unwrap().status
    }
}
