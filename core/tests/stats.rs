//! The figures of a few days are those of what happened in them; on SQLite always and on Postgres where
//! TEST_POSTGRES_URL is set.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod world;

use jiff::ToSpan;
use jiff::civil::date;
use job_core::conversation::{ConversationStatus, Ending};
use job_core::day::DayAct;
use job_core::ids::{ConversationId, JobId, MasterId};
use job_core::job::JobStatus;
use job_core::money::Kopecks;
use job_core::offer::ProposalState;
use job_core::payment::Method;
use job_core::stats::{FlagKind, Stats};
use job_core::store::{OrgStore, PaymentRequest};
use world::talk::talk;
use world::{World, conformance};

conformance! {
    a_day_of_business_is_added_up,
    what_is_odd_is_flagged,
    an_empty_day_is_all_zeros,
    figures_of_another_organisation_are_its_own,
}

async fn a_day_of_business_is_added_up(world: World) {
    let store = world.org("a").await;
    let paid = done_and_paid(&store, &world, "first", "2026-11-23T12:00").await;
    let cancelled = from_call(&store, &world, "second", "2026-11-23T14:00").await;
    store.cancel(&cancelled, "client", world.now).await.unwrap().unwrap();
    let declined = from_call(&store, &world, "third", "2026-11-23T16:00").await;
    let (no, best) = (ProposalState::Declined, master(&world, 1));
    store.lose_master((&declined, &best), no, "test", world.now).await.unwrap().unwrap();
    ended(&store, &world, "lost", ConversationStatus::Abandoned).await;

    let stats = today(&store).await;

    let funnel = stats.funnel;
    assert_eq!((funnel.conversations, funnel.booked, funnel.abandoned), (4, 3, 1));
    assert_eq!((funnel.accepted, funnel.done, funnel.paid, funnel.cancelled), (1, 1, 1, 1));
    assert_eq!(funnel.conversion(), 75);
    assert_eq!((stats.money.revenue, stats.money.payments), (Kopecks::roubles(1_900), 1));
    let sent = stats.assignment;
    assert_eq!((sent.offers, sent.accepted, sent.declined, sent.unanswered), (4, 1, 1, 0));
    assert_eq!((sent.jobs, sent.by_hand, sent.median_seconds), (3, 0, Some(0)));
    assert_eq!(stats.categories.len(), 1);
    assert_eq!(stats.categories[0].came_to, Some(Kopecks::roubles(1_900)));
    let (first, second) = (&stats.masters[0], &stats.masters[1]);
    assert_eq!((first.jobs, first.done, first.declined), (1, 1, 1));
    assert_eq!((first.busy_minutes, first.working_minutes), (60, 12 * 60));
    assert_eq!((first.utilisation(), second.jobs), (8, 1));
    assert_eq!(store.job(&paid).await.unwrap().unwrap().status, JobStatus::Paid);
}

async fn what_is_odd_is_flagged(mut world: World) {
    let store = world.org("a").await;
    from_call(&store, &world, "1", "2026-11-23T12:00").await;
    world.now += 1.minute();
    let again = from_call(&store, &world, "2", "2026-11-23T14:00").await;
    let early: Vec<JobId> = today(&store).await.flags.into_iter().map(|it| it.job).collect();
    store.cancel(&again, "client", world.now).await.unwrap().unwrap();
    let dear = from_call(&store, &world, "3", "2026-11-23T16:00").await;
    pay(&store, &world, &dear, 3_800).await;
    store.cancel(&dear, "client", world.now).await.unwrap().unwrap();

    let flags = today(&store).await.flags;

    let of = |kind| -> Vec<&JobId> {
        flags.iter().filter(|it| it.kind == kind).map(|it| &it.job).collect()
    };
    assert_eq!(early, [again]);
    assert!(of(FlagKind::DuplicateRequest).is_empty(), "both are cancelled");
    assert_eq!(of(FlagKind::UnusualPayment), [&dear]);
    assert_eq!(of(FlagKind::PaidAndCancelled), [&dear]);
    assert!(of(FlagKind::PaidTwice).is_empty());
}

async fn an_empty_day_is_all_zeros(world: World) {
    let store = world.org("a").await;

    let stats = today(&store).await;

    assert_eq!((stats.funnel.conversations, stats.funnel.conversion()), (0, 0));
    assert_eq!((stats.money.revenue, stats.assignment.automatic()), (Kopecks(0), 0));
    assert!(stats.categories.is_empty() && stats.flags.is_empty() && stats.drift.is_empty());
    assert!(stats.masters.iter().all(|it| it.jobs == 0 && it.utilisation() == 0));
}

async fn figures_of_another_organisation_are_its_own(world: World) {
    let (store, other) = (world.org("a").await, world.org("b").await);
    done_and_paid(&store, &world, "first", "2026-11-23T12:00").await;

    let stats = today(&other).await;

    assert_eq!((stats.funnel.conversations, stats.money.payments), (0, 0));
    assert_eq!((stats.assignment.offers, stats.assignment.jobs), (0, 0));
    assert!(stats.masters.iter().all(|it| it.jobs == 0));
}

async fn today(store: &OrgStore) -> Stats {
    store.stats(date(2026, 11, 23), date(2026, 11, 23)).await.unwrap()
}

/// A job booked by a conversation of that name.
async fn from_call(store: &OrgStore, world: &World, name: &str, start: &str) -> JobId {
    ended(store, world, name, ConversationStatus::Completed).await;
    world.booked(store, name, &world.offer("a", 1, start)).await.job
}

async fn ended(store: &OrgStore, world: &World, name: &str, status: ConversationStatus) {
    let call = ConversationId::new(world.name(name));
    store.start_conversation(&talk(&call)).await.unwrap();
    let ending = Ending { status, reason: "test".into(), recording: None, job: None };
    store.end_conversation(&call, &ending, world.now + 1.minute()).await.unwrap();
}

async fn done_and_paid(store: &OrgStore, world: &World, name: &str, start: &str) -> JobId {
    let job = from_call(store, world, name, start).await;
    let act =
        DayAct::Finish { job: job.clone(), amount: Kopecks::roubles(1_900), client_agreed: false };
    let phone = world.master("a", 1).phone;
    store.day(&phone, &act, "test", world.now).await.unwrap().unwrap().done.unwrap();
    pay(store, world, &job, 1_900).await;
    job
}

async fn pay(store: &OrgStore, world: &World, job: &JobId, roubles: i64) {
    let request = PaymentRequest {
        job: job.clone(),
        method: Method::Cash,
        amount: Kopecks::roubles(roubles),
        key: format!("key-{job}"),
    };
    store.begin_payment(&request, world.now).await.unwrap().unwrap();
}

fn master(world: &World, number: usize) -> MasterId {
    MasterId::new(world.name(&format!("a-master-{number}")))
}
