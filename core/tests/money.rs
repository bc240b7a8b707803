//! What the store promises about payments, refunds, the books and payouts, asked of SQLite always and
//! of Postgres where TEST_POSTGRES_URL holds the URL of a database for tests.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod world;

use jiff::civil::date;
use job_core::ids::{ConversationId, JobId};
use job_core::job::JobStatus;
use job_core::ledger::Balance;
use job_core::money::Kopecks;
use job_core::payment::{Method, PaymentRefused, PaymentStatus, Seen};
use job_core::store::{OrgStore, PaymentRequest};
use world::{World, conformance};

conformance! {
    a_job_paid_by_card_pays_the_master_on_friday,
    cash_is_paid_at_once_and_taken_off_the_payout,
    the_same_request_twice_is_one_payment,
    a_key_is_not_used_for_something_else,
    a_hundred_hooks_at_once_post_once,
    two_payments_begun_for_one_job_are_taken_but_a_third_is_refused,
    refunds_leave_the_books_as_if_less_had_been_paid,
    cash_goes_back_once_for_each_request,
    the_money_is_for_the_master_who_has_the_job,
    one_key_for_many_jobs_at_once_is_one_payment,
    money_of_one_organisation_is_not_anothers,
    a_sum_that_is_no_sum_is_refused,
    a_batch_pays_once_however_often_it_is_run,
}

async fn a_job_paid_by_card_pays_the_master_on_friday(world: World) {
    let (store, job) = done(&world).await;
    let payment = begun(&world, &store, &job, Method::Card, "k1").await;
    assert_eq!(payment.status, PaymentStatus::Pending);

    let paid = store.payment_seen(&payment.id, &paid_in_full(), world.now).await.unwrap().unwrap();

    assert_eq!(paid.status, PaymentStatus::Succeeded);
    assert_eq!(store.job(&job).await.unwrap().unwrap().status, JobStatus::Paid);
    let told = store.messages(&job).await.unwrap();
    let earned = told.iter().find(|it| it.template == "earned").unwrap();
    assert_eq!(earned.payload["share"], 220_500);
    assert_eq!(earned.payload["today"], 220_500);
    assert_eq!(earned.payload["payout"], "2026-11-27");
    assert!(told.iter().any(|it| it.template == "paid" && it.recipient == "client"));

    let paid_out = store.pay_out(date(2026, 11, 27), world.now).await.unwrap();

    assert_eq!(paid_out.len(), 1);
    assert_eq!(paid_out[0].amount, Kopecks(220_500));
    assert_eq!(store.balance(&payment.master).await.unwrap(), Balance::default());
    balanced(&store).await;
}

async fn cash_is_paid_at_once_and_taken_off_the_payout(world: World) {
    let (store, job) = done(&world).await;

    let payment = begun(&world, &store, &job, Method::Cash, "k1").await;

    assert_eq!(payment.status, PaymentStatus::Succeeded);
    assert_eq!(store.job(&job).await.unwrap().unwrap().status, JobStatus::Paid);
    let balance = store.balance(&payment.master).await.unwrap();
    assert_eq!(balance, Balance { earned: Kopecks(220_500), in_hand: Kopecks(300_000) });
    assert!(store.pay_out(date(2026, 11, 27), world.now).await.unwrap().is_empty());
    balanced(&store).await;
}

async fn the_same_request_twice_is_one_payment(world: World) {
    let (store, job) = done(&world).await;

    let mut tasks = Vec::new();
    for _ in 0..16 {
        let (store, request, now) = (store.clone(), request(&job, Method::Cash, "k1"), world.now);
        tasks.push(tokio::spawn(async move { store.begin_payment(&request, now).await }));
    }
    let mut names = std::collections::BTreeSet::new();
    for task in tasks {
        names.insert(task.await.unwrap().unwrap().unwrap().id.to_string());
    }

    assert_eq!(names.len(), 1);
    assert_eq!(store.payments_of_job(&job).await.unwrap().len(), 1);
    balanced(&store).await;
}

async fn a_key_is_not_used_for_something_else(world: World) {
    let (store, job) = done(&world).await;
    begun(&world, &store, &job, Method::Card, "k1").await;

    let other = PaymentRequest { amount: Kopecks(1), ..request(&job, Method::Card, "k1") };
    let refused = store.begin_payment(&other, world.now).await.unwrap();

    assert_eq!(refused, Err(PaymentRefused::KeyReused("k1".into())));
}

async fn a_hundred_hooks_at_once_post_once(world: World) {
    let (store, job) = done(&world).await;
    let payment = begun(&world, &store, &job, Method::Sbp, "k1").await;

    let mut tasks = Vec::new();
    for turn in 0..100 {
        let status = [PaymentStatus::Succeeded, PaymentStatus::Pending][turn % 2];
        let seen = Seen { status, ..paid_in_full() };
        let (store, id, now) = (store.clone(), payment.id.clone(), world.now);
        tasks.push(tokio::spawn(async move { store.payment_seen(&id, &seen, now).await }));
    }
    for task in tasks {
        task.await.unwrap().unwrap().unwrap();
    }

    assert_eq!(store.ledger_of(payment.id.as_str()).await.unwrap().len(), 4);
    let earned = store.messages(&job).await.unwrap();
    assert_eq!(earned.iter().filter(|it| it.template == "earned").count(), 1);
    balanced(&store).await;
}

async fn two_payments_begun_for_one_job_are_taken_but_a_third_is_refused(world: World) {
    let (store, job) = done(&world).await;
    let first = begun(&world, &store, &job, Method::Card, "k1").await;
    let second = begun(&world, &store, &job, Method::Sbp, "k2").await;

    for id in [&first.id, &second.id] {
        store.payment_seen(id, &paid_in_full(), world.now).await.unwrap().unwrap();
    }
    let third = store.begin_payment(&request(&job, Method::Cash, "k3"), world.now).await.unwrap();

    assert_eq!(third, Err(PaymentRefused::PaidAlready(job)));
    let balance = store.balance(&first.master).await.unwrap();
    assert_eq!(balance.earned, Kopecks(2 * 220_500));
    balanced(&store).await;
}

async fn refunds_leave_the_books_as_if_less_had_been_paid(world: World) {
    let (store, job) = done(&world).await;
    let payment = begun(&world, &store, &job, Method::Card, "k1").await;

    for back in [0, 100_000, 200_000, 200_000, 100_000] {
        let seen = Seen { refunded: Kopecks(back), ..paid_in_full() };
        store.payment_seen(&payment.id, &seen, world.now).await.unwrap().unwrap();
    }
    let ours = store.refund_cash(&payment.id, Kopecks(1), "r1", world.now).await.unwrap();
    let seen = Seen { refunded: Kopecks(300_001), ..paid_in_full() };
    let too_much = store.payment_seen(&payment.id, &seen, world.now).await.unwrap();

    assert_eq!(ours, Err(PaymentRefused::OnlyTheProviders(payment.id.clone())));
    assert!(matches!(too_much, Err(PaymentRefused::TooMuchBack { left: 100_000, .. })));
    let balance = store.balance(&payment.master).await.unwrap();
    assert_eq!(balance.earned, Kopecks(73_500)); // 1000 − 2 % = 980, 75 %
    balanced(&store).await;
}

async fn cash_goes_back_once_for_each_request(world: World) {
    let (store, job) = done(&world).await;
    let payment = begun(&world, &store, &job, Method::Cash, "k1").await;

    for key in ["r1", "r2", "r2"] {
        store.refund_cash(&payment.id, Kopecks(100_000), key, world.now).await.unwrap().unwrap();
    }
    let other = store.refund_cash(&payment.id, Kopecks(1), "r1", world.now).await.unwrap();
    let too_much = store.refund_cash(&payment.id, Kopecks(100_001), "r3", world.now).await.unwrap();

    assert_eq!(other, Err(PaymentRefused::KeyReused("r1".into())));
    assert!(matches!(too_much, Err(PaymentRefused::TooMuchBack { left: 100_000, .. })));
    let balance = store.balance(&payment.master).await.unwrap();
    assert_eq!(balance, Balance { earned: Kopecks(73_500), in_hand: Kopecks(100_000) });
    balanced(&store).await;
}

async fn the_money_is_for_the_master_who_has_the_job(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, "2026-11-24T10:00")).await.job;
    let payment = begun(&world, &store, &job, Method::Card, "k1").await;
    let (elsewhere, call) =
        (world.offer("a", 2, "2026-11-24T12:00"), ConversationId::new(world.name("move")));
    store.move_to(&job, &elsewhere, &call, world.now).await.unwrap().unwrap();

    let paid = store.payment_seen(&payment.id, &paid_in_full(), world.now).await.unwrap().unwrap();

    assert_eq!(paid.master, elsewhere.master_id);
    assert_eq!(store.payment(&payment.id).await.unwrap().unwrap().master, elsewhere.master_id);
    assert_eq!(store.balance(&payment.master).await.unwrap(), Balance::default());
    assert_eq!(store.balance(&elsewhere.master_id).await.unwrap().earned, Kopecks(220_500));
}

async fn one_key_for_many_jobs_at_once_is_one_payment(world: World) {
    let store = world.org("a").await;
    let mut tasks = Vec::new();
    for hour in 9..17 {
        let offer = world.offer("a", 1 + hour % 2, &format!("2026-11-24T{hour:02}:00"));
        let job = world.booked(&store, &format!("call-{hour}"), &offer).await.job;
        let (store, request, now) = (store.clone(), request(&job, Method::Cash, "k1"), world.now);
        tasks.push(tokio::spawn(async move { store.begin_payment(&request, now).await }));
    }
    let mut begun = 0;
    for task in tasks {
        match task.await.unwrap().unwrap() {
            Ok(_) => begun += 1,
            Err(refused) => assert_eq!(refused, PaymentRefused::KeyReused("k1".into())),
        }
    }

    assert_eq!(begun, 1);
    balanced(&store).await;
}

async fn money_of_one_organisation_is_not_anothers(world: World) {
    let (ours, job) = done(&world).await;
    let theirs = world.org("b").await;
    let payment = begun(&world, &ours, &job, Method::Card, "k1").await;

    let begun = theirs.begin_payment(&request(&job, Method::Cash, "k1"), world.now).await.unwrap();
    let seen = theirs.payment_seen(&payment.id, &paid_in_full(), world.now).await.unwrap();
    let back = theirs.refund_cash(&payment.id, Kopecks(1), "r", world.now).await.unwrap();

    assert_eq!(begun, Err(PaymentRefused::UnknownJob(job.clone())));
    assert_eq!(seen, Err(PaymentRefused::Unknown(payment.id.clone())));
    assert_eq!(back, Err(PaymentRefused::Unknown(payment.id.clone())));
    assert_eq!(theirs.payment(&payment.id).await.unwrap(), None);
    assert!(theirs.payments_of_job(&job).await.unwrap().is_empty());
    assert!(theirs.balances().await.unwrap().is_empty());
    assert_eq!(ours.payment(&payment.id).await.unwrap().unwrap().status, PaymentStatus::Pending);
}

async fn a_sum_that_is_no_sum_is_refused(world: World) {
    let (store, job) = done(&world).await;

    for amount in [0, -1, 100_000_001] {
        let wrong = PaymentRequest { amount: Kopecks(amount), ..request(&job, Method::Cash, "k1") };
        let refused = store.begin_payment(&wrong, world.now).await.unwrap();
        assert_eq!(refused, Err(PaymentRefused::NoSum(amount)));
    }
    assert!(store.payments_of_job(&job).await.unwrap().is_empty());
}

async fn a_batch_pays_once_however_often_it_is_run(world: World) {
    let (store, job) = done(&world).await;
    let payment = begun(&world, &store, &job, Method::Card, "k1").await;
    store.payment_seen(&payment.id, &paid_in_full(), world.now).await.unwrap().unwrap();

    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (store, now) = (store.clone(), world.now);
        tasks.push(tokio::spawn(async move { store.pay_out(date(2026, 11, 27), now).await }));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().len(), 1);
    }

    let lines = store.ledger_of("payout:2026-11-27").await.unwrap();
    assert_eq!(lines.len(), 2);
    balanced(&store).await;
}

/// A job of 3000 ₽ whose work is done.
async fn done(world: &World) -> (OrgStore, JobId) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, "2026-11-24T10:00")).await.job;
    for status in [JobStatus::Accepted, JobStatus::OnTheWay, JobStatus::Started, JobStatus::Done] {
        store.step(&job, status, "master", world.now).await.unwrap().unwrap().unwrap();
    }
    (store, job)
}

async fn begun(
    world: &World,
    store: &OrgStore,
    job: &JobId,
    method: Method,
    key: &str,
) -> job_core::payment::Payment {
    store.begin_payment(&request(job, method, key), world.now).await.unwrap().unwrap()
}

fn request(job: &JobId, method: Method, key: &str) -> PaymentRequest {
    PaymentRequest { job: job.clone(), method, amount: Kopecks::roubles(3_000), key: key.into() }
}

fn paid_in_full() -> Seen {
    Seen { status: PaymentStatus::Succeeded, amount: Kopecks::roubles(3_000), refunded: Kopecks(0) }
}

/// Every posting, and so all accounts together, add up to zero.
async fn balanced(store: &OrgStore) {
    assert!(store.out_of_balance().await.unwrap().is_empty());
    let accounts = store.balances().await.unwrap();
    assert!(!accounts.is_empty());
    assert_eq!(accounts.iter().map(|(_, amount)| amount.0).sum::<i64>(), 0, "{accounts:?}");
}
