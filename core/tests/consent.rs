//! A price above what the client was told is charged only with the client's own word; on SQLite always
//! and on Postgres where TEST_POSTGRES_URL is set.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod world;

use jiff::ToSpan;
use job_core::consent::{ChangeRefused, ChangeState, Consent};
use job_core::day::{DayAct, DayDone, DayRefused};
use job_core::ids::{ChangeId, JobId};
use job_core::job::JobStatus;
use job_core::money::Kopecks;
use job_core::store::OrgStore;
use world::{World, conformance};

conformance! {
    more_than_was_told_is_refused_without_the_clients_word,
    a_tapped_yes_makes_it_chargeable_and_the_master_hears,
    a_no_stands_and_the_told_price_may_still_be_charged,
    a_spoken_yes_is_kept_with_the_conversation_that_proves_it,
    the_first_answer_stands_and_the_same_again_changes_nothing,
    a_second_question_takes_the_place_of_the_first,
    only_the_master_at_work_may_ask_and_only_for_more,
    whose_jobs_come_out_dearer_is_seen,
}

const TOLD_MOST: Kopecks = Kopecks::roubles(2_000);
const MORE: Kopecks = Kopecks::roubles(3_500);

async fn more_than_was_told_is_refused_without_the_clients_word(world: World) {
    let (store, job) = at_work(&world, 1, "10:00").await;

    let refused = finish(&store, &world, &job, MORE, false).await;

    assert_eq!(refused, Err(DayRefused::NeedsConsent { amount: MORE.0, most: TOLD_MOST.0 }));
    assert_eq!(status(&store, &job).await, JobStatus::Started);
    assert!(finish(&store, &world, &job, TOLD_MOST, false).await.is_ok());
    assert_eq!(status(&store, &job).await, JobStatus::Done);
    assert!(store.price_changes(&job).await.unwrap().is_empty());
}

async fn a_tapped_yes_makes_it_chargeable_and_the_master_hears(world: World) {
    let (store, job) = at_work(&world, 1, "10:00").await;
    let change = store.ask_client(&job, MORE, "сгорел щиток", world.now).await.unwrap().unwrap();
    assert_eq!((change.most, change.state), (TOLD_MOST, ChangeState::Open));
    assert!(finish(&store, &world, &job, MORE, false).await.is_err());

    let answered = store.answer_change(&job, &change.id, true, world.now).await.unwrap();

    assert_eq!(answered, Ok(ChangeState::Agreed));
    let above = Kopecks(MORE.0 + 1);
    assert_eq!(
        finish(&store, &world, &job, above, false).await,
        Err(DayRefused::NeedsConsent { amount: above.0, most: MORE.0 })
    );
    assert!(matches!(finish(&store, &world, &job, MORE, false).await, Ok(DayDone::Earned(_))));
    let kept = store.price_changes(&job).await.unwrap().remove(0);
    assert_eq!((kept.how, kept.reason.as_str()), (Some(Consent::Tapped), "сгорел щиток"));
    let told: Vec<_> =
        store.messages(&job).await.unwrap().into_iter().map(|it| it.template).collect();
    assert!(told.contains(&"price_change".into()) && told.contains(&"change_agreed".into()));
}

async fn a_no_stands_and_the_told_price_may_still_be_charged(world: World) {
    let (store, job) = at_work(&world, 1, "10:00").await;
    let change = store.ask_client(&job, MORE, "", world.now).await.unwrap().unwrap();

    let answered = store.answer_change(&job, &change.id, false, world.now).await.unwrap();

    assert_eq!(answered, Ok(ChangeState::Refused));
    assert!(finish(&store, &world, &job, MORE, false).await.is_err());
    assert!(finish(&store, &world, &job, TOLD_MOST, false).await.is_ok());
}

async fn a_spoken_yes_is_kept_with_the_conversation_that_proves_it(world: World) {
    let (store, job) = at_work(&world, 1, "10:00").await;

    assert!(finish(&store, &world, &job, MORE, true).await.is_ok());

    let kept = store.price_changes(&job).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].state, kept[0].how), (ChangeState::Agreed, Some(Consent::Spoken)));
    assert_eq!(kept[0].conversation.as_ref().unwrap().as_str(), "the call");
    assert_eq!((kept[0].most, kept[0].amount), (TOLD_MOST, MORE));
}

async fn the_first_answer_stands_and_the_same_again_changes_nothing(world: World) {
    let (store, job) = at_work(&world, 1, "10:00").await;
    let change = store.ask_client(&job, MORE, "", world.now).await.unwrap().unwrap().id;
    let answer = |agreed| store.answer_change(&job, &change, agreed, world.now);

    assert_eq!(answer(true).await.unwrap(), Ok(ChangeState::Agreed));
    assert_eq!(answer(true).await.unwrap(), Ok(ChangeState::Agreed));
    let late = answer(false).await.unwrap();

    assert_eq!(late, Err(ChangeRefused::Settled(change.clone())));
    let told = store.messages(&job).await.unwrap();
    assert_eq!(told.iter().filter(|it| it.template == "change_agreed").count(), 1);
    let other = world.org("b").await;
    let strange = other.answer_change(&job, &change, true, world.now).await.unwrap();
    assert_eq!(strange, Err(ChangeRefused::Unknown(change)));
    let none = ChangeId::new("none");
    let nothing = store.answer_change(&job, &none, true, world.now).await.unwrap();
    assert_eq!(nothing, Err(ChangeRefused::Unknown(none)));
}

async fn a_second_question_takes_the_place_of_the_first(world: World) {
    let (store, job) = at_work(&world, 1, "10:00").await;
    let first = store.ask_client(&job, MORE, "", world.now).await.unwrap().unwrap().id;
    let sum = Kopecks::roubles(3_000);
    let second = store.ask_client(&job, sum, "", world.now + 1.minute()).await.unwrap().unwrap().id;

    let old = store.answer_change(&job, &first, true, world.now).await.unwrap();
    let new = store.answer_change(&job, &second, true, world.now).await.unwrap();

    assert_eq!(old, Err(ChangeRefused::Settled(first)));
    assert_eq!(new, Ok(ChangeState::Agreed));
    assert!(finish(&store, &world, &job, MORE, false).await.is_err());
    assert!(finish(&store, &world, &job, sum, false).await.is_ok());
}

async fn only_the_master_at_work_may_ask_and_only_for_more(world: World) {
    let (store, job) = at_work(&world, 1, "10:00").await;
    let waiting = world.booked(&store, "later", &world.offer("a", 1, "2026-11-24T15:00")).await.job;
    let ask = |job: JobId, sum: Kopecks| {
        let (store, now) = (store.clone(), world.now);
        async move { store.ask_client(&job, sum, "", now).await.unwrap().map(|it| it.amount) }
    };

    let told = ask(job.clone(), TOLD_MOST).await;
    let (amount, most) = (TOLD_MOST.0, TOLD_MOST.0);
    assert_eq!(told, Err(ChangeRefused::NotNeeded { amount, most }));
    assert_eq!(ask(job.clone(), Kopecks(0)).await, Err(ChangeRefused::NoPrice(0)));
    let early = ask(waiting.clone(), MORE).await;
    assert_eq!(early, Err(ChangeRefused::NotAtWork(waiting)));
    let theirs = DayAct::AskClient { job: job.clone(), amount: MORE, reason: String::new() };
    let phone = world.master("a", 2).phone;
    let other = store.day(&phone, &theirs, "test", world.now).await.unwrap().unwrap();
    assert_eq!(other.done, Err(DayRefused::NotYours(job)));
}

async fn whose_jobs_come_out_dearer_is_seen(world: World) {
    let store = world.org("a").await;
    for (number, hour) in (9..15).enumerate() {
        let master = 1 + number % 2;
        let start = format!("{hour}:00").replace("9:", "09:");
        let job = work_at(&store, &world, master, &start).await;
        let sum = if master == 1 { MORE } else { TOLD_MOST };
        let act = DayAct::Finish { job, amount: sum, client_agreed: true };
        let phone = world.master("a", master).phone;
        store.day(&phone, &act, "the call", world.now).await.unwrap().unwrap().done.unwrap();
    }

    let seen = store.price_drift(world.now - 1.hour()).await.unwrap();

    assert_eq!(seen.len(), 2);
    let dear = &seen[0];
    assert_eq!((dear.master.as_str(), dear.diagnosis.as_str()), ("Мастер 1", "socket"));
    assert_eq!((dear.jobs, dear.above, dear.percent()), (3, 3, 184));
    assert_eq!((seen[1].jobs, seen[1].above, seen[1].percent()), (3, 0, 105));
    assert!(store.price_drift(world.now + 1.hour()).await.unwrap().is_empty());
}

/// A job of 1800–2000 ₽ at which the master is working.
async fn at_work(world: &World, master: usize, start: &str) -> (OrgStore, JobId) {
    let store = world.org("a").await;
    let job = work_at(&store, world, master, start).await;
    (store, job)
}

async fn work_at(store: &OrgStore, world: &World, master: usize, start: &str) -> JobId {
    let offer = world.offer("a", master, &format!("2026-11-24T{start}"));
    let job = world.booked(store, start, &offer).await.job;
    let phone = world.master("a", master).phone;
    let act = DayAct::Advance { job: job.clone(), to: JobStatus::Started };
    store.day(&phone, &act, "test", world.now).await.unwrap().unwrap().done.unwrap();
    job
}

async fn finish(
    store: &OrgStore,
    world: &World,
    job: &JobId,
    amount: Kopecks,
    client_agreed: bool,
) -> Result<DayDone, DayRefused> {
    let act = DayAct::Finish { job: job.clone(), amount, client_agreed };
    let phone = world.master("a", 1).phone;
    store.day(&phone, &act, "the call", world.now).await.unwrap().unwrap().done
}

async fn status(store: &OrgStore, job: &JobId) -> JobStatus {
    store.job(job).await.unwrap().unwrap().status
}
