//! Jobs change hands and prices change, by the API, the console and the client's own page.

use axum::http::StatusCode;
use job_core::day::DayAct;
use job_core::ids::JobId;
use job_core::job::JobStatus;
use serde_json::json;

use crate::world::{KEY, OTHER_KEY, World, morning};

#[tokio::test]
async fn a_job_is_declined_assigned_and_accepted_by_the_api() {
    let world = World::new().await;
    let job = world.a_job().await;
    let first = world.master_of(&job).await;
    let path = |what: &str| format!("/api/v1/jobs/{job}/{what}");

    let declined = world.api_post(KEY, &path("decline"), &json!({ "master_id": first })).await;
    let second = world.master_of(&job).await;
    let again = world.api_post(KEY, &path("decline"), &json!({ "master_id": first })).await;
    let back = world.api_post(KEY, &path("assign"), &json!({ "master_id": first })).await;
    let taken = world.api_post(KEY, &path("accept"), &json!({ "master_id": first })).await;
    let late = world.api_post(KEY, &path("accept"), &json!({ "master_id": second })).await;
    let strange = world.api_post(OTHER_KEY, &path("assign"), &json!({ "master_id": first })).await;

    assert_eq!(declined.json(), json!({ "passed_on": true }));
    assert_ne!(second, first);
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(back.json()["status"], "offered");
    assert_eq!(taken.json()["status"], "accepted");
    let states: Vec<_> = taken.json()["offers"]
        .as_array()
        .expect("offers")
        .iter()
        .map(|it| it["state"].clone())
        .collect();
    assert!(
        states.contains(&json!("accepted")) && states.contains(&json!("dropped_out")) || {
            states.contains(&json!("accepted")) && states.contains(&json!("declined"))
        }
    );
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(strange.status, StatusCode::NOT_FOUND);
    let listed = world.api_get(KEY, "/api/v1/jobs?status=accepted&limit=5").await.json();
    assert_eq!(listed["jobs"][0]["id"], json!(job));
    let odd = world.api_get(KEY, "/api/v1/jobs?status=lost").await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_operator_sends_somebody_else_from_the_jobs_page() {
    let world = World::new().await;
    let job = world.a_job().await;
    let session = world.signed_in().await;
    let path = format!("/console/jobs/{job}");
    let page = world.look(&session, &path).await;
    let (token, first) = (page.form_token(), world.master_of(&job).await);
    let masters = world.demo().masters().await.expect("masters");
    let other = masters.iter().find(|it| it.id.as_str() != first && it.active).expect("another");
    let form = format!("form_token={token}&master={}", other.id);

    let sent = world.post_form(&format!("{path}/assign"), &session, &form).await;
    let forged =
        world.post_form(&format!("{path}/assign"), &session, "form_token=x&master=y").await;

    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let shown = world.look(&session, sent.header("location")).await.text();
    let busy = sent.header("location").contains("refused=busy");
    let expected = if busy { "другой выезд" } else { "Кому предлагали" };
    assert!(shown.contains(expected) && shown.contains(&other.name), "{shown}");
}

#[tokio::test]
async fn a_higher_price_needs_the_clients_tap() {
    let world = World::new().await;
    let job = world.a_job().await;
    let (tracking, phone) = (world.tracking_of(&job).await, world.phone_of_master(&job).await);
    let change = format!("/api/v1/jobs/{job}/price-change");
    let more = json!({ "amount_kopecks": 900_000, "reason": "сгорел щиток" });
    let early = world.api_post(KEY, &change, &more).await;
    let start = DayAct::Advance { job: JobId::new(&*job), to: JobStatus::Started };
    let begun = world.demo().day(&phone, &start, "test", morning()).await.expect("store");
    assert!(begun.expect("a master").done.is_ok());

    let asked = world.api_post(KEY, &change, &more).await.json();
    let page = world.get(&tracking).await.text();
    let id = asked["id"].as_str().expect("id");
    let answer = format!("{tracking}/price");
    let agreed = world.post_form(&answer, "", &format!("change={id}&agree=true")).await;
    let late = world.post_form(&answer, "", &format!("change={id}&agree=false")).await;
    let wrong = world.post_form(&answer, "", "change=none&agree=true").await;

    assert_eq!(early.status, StatusCode::CONFLICT);
    assert!(page.contains("Мастер просит другую цену") && page.contains("9\u{202f}000"), "{page}");
    assert!(page.contains("Из чего цена"), "{page}");
    assert_eq!((agreed.status, late.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    let page = world.get(&tracking).await.text();
    assert!(page.contains("Клиент согласен") && !page.contains("name=\"agree\""), "{page}");
    let kept = world.api_get(KEY, &format!("/api/v1/jobs/{job}")).await.json();
    assert_eq!(kept["price_changes"][0]["state"], "agreed");
    let little = json!({ "amount_kopecks": 100 });
    let needless = world.api_post(KEY, &change, &little).await;
    assert_eq!(needless.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_client_rates_the_work_once_it_is_done() {
    let world = World::new().await;
    let job = world.a_job().await;
    let (tracking, phone) = (world.tracking_of(&job).await, world.phone_of_master(&job).await);
    let early = world.get(&tracking).await.text();
    let sum = job_core::money::Kopecks::roubles(1_000);
    let done = DayAct::Finish { job: JobId::new(&*job), amount: sum, client_agreed: false };
    let told = world.demo().day(&phone, &done, "test", morning()).await.expect("store");
    assert!(told.expect("a master").done.is_ok());

    let asked = world.get(&tracking).await.text();
    let path = format!("{tracking}/review");
    let sent = world.post_form(&path, "", "stars=4&words=быстро").await;
    world.post_form(&path, "", "stars=1").await;
    let six = world.post_form(&path, "", "stars=6").await;

    assert!(!early.contains("Как прошло?") && asked.contains("Как прошло?"), "{asked}");
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert!(six.status.is_client_error());
    let rated = world.get(&tracking).await.text();
    assert!(rated.contains("Ваша оценка: ★★★★<") && !rated.contains("Как прошло?"), "{rated}");
}

#[tokio::test]
async fn the_figures_are_told_by_page_and_api() {
    let world = World::new().await;
    let job = world.a_job().await;
    world.paid_in_cash(&job).await;
    let session = world.signed_in().await;

    let told = world.api_get(KEY, "/api/v1/stats?from=2026-11-01&to=2026-11-30").await.json();
    let russian = world.look(&session, "/console/stats").await;
    let backwards = world.api_get(KEY, "/api/v1/stats?from=2026-11-30&to=2026-11-01").await;
    let odd = world.api_get(KEY, "/api/v1/stats?from=yesterday").await;
    let stranger = world.get("/console/stats").await;

    assert!(told["funnel"]["booked"].as_i64() >= Some(1), "{told}");
    assert_eq!(told["money"]["payments"], 1);
    assert_eq!(russian.status, StatusCode::OK);
    let page = russian.text();
    assert!(page.contains("От разговора до оплаты") && page.contains("Рейтинг"), "{page}");
    assert_eq!(backwards.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
}

impl World {
    /// Booked by a conversation.
    async fn a_job(&self) -> String {
        let (_, state, replies) = self.booking("ru").await;
        state["job_id"].as_str().unwrap_or_else(|| panic!("{replies:?}")).to_owned()
    }

    async fn master_of(&self, job: &str) -> String {
        let found = self.demo().job(&JobId::new(job)).await.expect("store").expect("a job");
        found.offer.master_id.to_string()
    }

    async fn phone_of_master(&self, job: &str) -> String {
        let found = self.demo().job(&JobId::new(job)).await.expect("store").expect("a job");
        let master = self.demo().master(&found.offer.master_id).await.expect("store");
        master.expect("a master").phone
    }

    async fn tracking_of(&self, job: &str) -> String {
        let file = self.demo().job_file(&JobId::new(job)).await.expect("store").expect("a file");
        file.tracking
    }
}
