//! How a visit comes to its master: asked one by one or all at once, refused, unanswered, dropped,
//! queued, found, sent by hand; on SQLite always and on Postgres where TEST_POSTGRES_URL is set.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod world;

use jiff::{Timestamp, ToSpan};
use job_core::assign::Rule;
use job_core::day::{DayAct, DayDone, DayRefused};
use job_core::ids::{ConversationId, JobId, MasterId};
use job_core::job::{JobStatus, StepRefused};
use job_core::offer::{Asking, Mode, ProposalState};
use job_core::order::Refused;
use job_core::schedule::Schedule;
use job_core::settings::Settings;
use job_core::store::{OrgStore, Passed};
use job_core::trade::Category;
use world::{World, conformance};

conformance! {
    the_best_is_asked_in_the_booking_itself,
    a_no_passes_the_visit_on_and_the_client_hears_who_comes_once_that_is_sure,
    silence_passes_it_on_and_by_night_waits_for_the_morning,
    nobody_left_is_a_queue_and_the_first_free_master_gets_it,
    a_queued_job_is_nobodys_and_can_still_be_cancelled_or_moved,
    a_visit_nobody_was_found_for_is_said_once,
    of_many_who_accept_at_once_one_has_it,
    a_promised_master_who_says_no_gives_way_to_one_who_was_asked_too,
    who_dropped_out_is_not_asked_again_until_the_visit_is_another,
    a_master_who_leaves_gives_up_all_visits,
    other_hours_pass_on_what_they_leave_out,
    an_operator_sends_whom_they_like_but_never_to_two_places,
    what_another_organisation_owns_cannot_be_passed_on,
    two_noes_at_once_are_one,
}

const TEN: &str = "2026-11-24T10:00";

async fn the_best_is_asked_in_the_booking_itself(world: World) {
    let store = world.org("a").await;

    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;

    let offers = store.offers(&job).await.unwrap();
    assert_eq!(offers.len(), 1);
    assert_eq!((&offers[0].master, offers[0].state), (&master(&world, 1), ProposalState::Open));
    assert_eq!(offers[0].until, world.now + 10.minutes());
    assert_eq!(steps(&store, &job).await, "booked offered");
    assert_eq!(told(&store, &job).await, "client booked, master offer");
}

async fn a_no_passes_the_visit_on_and_the_client_hears_who_comes_once_that_is_sure(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;

    let said = act(&store, &world, 1, &DayAct::DropOut { job: job.clone() }).await;

    assert_eq!(said, Ok(DayDone::DroppedOut { found: true }));
    let now = store.job(&job).await.unwrap().unwrap();
    assert_eq!((now.status, &now.offer.master_id), (JobStatus::Offered, &master(&world, 2)));
    assert_eq!(told(&store, &job).await, "client booked, master offer, master offer");
    let why = store.job_file(&job).await.unwrap().unwrap().assignment;
    assert_eq!(why.chosen, Some(master(&world, 2)));
    assert_eq!(why.rejected[0].rule, Rule::Declined);
    let taken = world.offer("a", 1, TEN);
    world.booked(&store, "somebody else", &taken).await;
    let late = act(&store, &world, 1, &accepts(&job)).await;
    assert_eq!(late, Err(DayRefused::NotYours(job.clone())));
    let accepted = act(&store, &world, 2, &accepts(&job)).await;
    assert_eq!(accepted, Ok(DayDone::Advanced(JobStatus::Accepted)));
    let after = told(&store, &job).await;
    assert_eq!(after, "client booked, client reassigned, master offer, master offer");
    let named = store.messages(&job).await.unwrap();
    let named = named.iter().find(|it| it.template == "reassigned").unwrap();
    assert_eq!(named.payload["master"], "Мастер 2");
    sound(&store).await;
}

async fn silence_passes_it_on_and_by_night_waits_for_the_morning(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;
    let (nearly, late) = (world.now + 9.minutes(), world.now + 10.minutes());

    assert_eq!(store.pass_on_lapsed(nearly).await.unwrap(), 0);
    assert_eq!(store.pass_on_lapsed(late).await.unwrap(), 1);
    assert_eq!(store.pass_on_lapsed(late).await.unwrap(), 0);

    let states: Vec<_> =
        store.offers(&job).await.unwrap().iter().map(|it| (it.master.clone(), it.state)).collect();
    let second = master(&world, 2);
    assert_eq!(
        states,
        [(master(&world, 1), ProposalState::Unanswered), (second, ProposalState::Open)]
    );
    let night = world::at("2026-11-23T23:30");
    let far = world.offer("a", 1, "2026-11-24T15:00");
    let next = book_at(&store, &world, "night", &far, night).await;
    let until = store.offers(&next).await.unwrap()[0].until;
    assert_eq!(until, world::at("2026-11-24T09:10"));
}

async fn nobody_left_is_a_queue_and_the_first_free_master_gets_it(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;
    lose(&store, &world, &job, 1).await.unwrap();

    let passed = lose(&store, &world, &job, 2).await;

    assert_eq!(passed, Ok(Passed::Queued));
    assert_eq!(store.job(&job).await.unwrap().unwrap().status, JobStatus::Queued);
    let told = told(&store, &job).await;
    assert!(told.contains("client searching"), "{told}");
    let calls = store.call_backs().await.unwrap();
    assert!(calls[0].reason.starts_with("no_master:"), "{calls:?}");
    assert_eq!(store.retry_queue(world.now).await.unwrap(), 0);
    sound(&store).await;

    store.put_master(&world.master("a", 3)).await.unwrap();
    assert_eq!(store.retry_queue(world.now).await.unwrap(), 1);

    let found = store.job(&job).await.unwrap().unwrap();
    assert_eq!((found.status, &found.offer.master_id), (JobStatus::Offered, &master(&world, 3)));
    assert_eq!(found.offer.start, world::at(TEN));
    assert_eq!(steps(&store, &job).await, "booked offered booked offered queued booked offered");
    sound(&store).await;
}

async fn a_queued_job_is_nobodys_and_can_still_be_cancelled_or_moved(world: World) {
    let store = world.org("a").await;
    let (moved, cancelled) =
        (queued(&store, &world, TEN).await, queued(&store, &world, "2026-11-24T13:00").await);
    let free = world.offer("a", 1, TEN);
    world.booked(&store, "somebody else", &free).await;

    let step = store.step(&moved, JobStatus::Accepted, "admin", world.now).await.unwrap().unwrap();
    assert_eq!(step, Err(StepRefused::NoMaster));
    let later = world.offer("a", 1, "2026-11-24T16:00");
    let call = ConversationId::new(world.name("mover"));
    assert_eq!(store.move_to(&moved, &later, &call, world.now).await.unwrap(), Ok(later));
    assert_eq!(store.cancel(&cancelled, "client", world.now).await.unwrap(), Ok(()));

    let told = told(&store, &cancelled).await;
    assert!(!told.contains("master cancelled"), "{told}");
    assert_eq!(store.job(&moved).await.unwrap().unwrap().status, JobStatus::Offered);
    sound(&store).await;
}

async fn a_visit_nobody_was_found_for_is_said_once(world: World) {
    let store = world.org("a").await;
    let job = queued(&store, &world, TEN).await;

    store.retry_queue(world::at("2026-11-24T09:59")).await.unwrap();
    assert!(!told(&store, &job).await.contains("no_master"));
    for minutes in [0, 1, 30] {
        store.retry_queue(world::at(TEN) + i64::from(minutes).minutes()).await.unwrap();
    }

    assert_eq!(told(&store, &job).await.matches("client no_master").count(), 1);
}

async fn of_many_who_accept_at_once_one_has_it(world: World) {
    let store = crowd(&world, Mode::Broadcast).await;
    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;
    assert_eq!(store.offers(&job).await.unwrap().len(), 5);

    let mut tasks = Vec::new();
    for number in 1..=5 {
        let (store, job, id, now) = (store.clone(), job.clone(), master(&world, number), world.now);
        tasks.push(tokio::spawn(async move { store.accept(&job, &id, "test", now).await }));
    }
    let mut won = Vec::new();
    for (at, task) in tasks.into_iter().enumerate() {
        match task.await.unwrap().unwrap() {
            Ok(()) => won.push(master(&world, at + 1)),
            Err(refused) => assert_eq!(refused, DayRefused::NotYours(job.clone())),
        }
    }

    assert_eq!(won.len(), 1);
    let now = store.job(&job).await.unwrap().unwrap();
    assert_eq!((now.status, &now.offer.master_id), (JobStatus::Accepted, &won[0]));
    assert_eq!(store.job_file(&job).await.unwrap().unwrap().visit.master_id, won[0]);
    let told = told(&store, &job).await;
    assert_eq!(told.matches("master withdrawn").count(), 4, "{told}");
    sound(&store).await;
}

async fn a_promised_master_who_says_no_gives_way_to_one_who_was_asked_too(world: World) {
    let store = crowd(&world, Mode::Broadcast).await;
    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;

    assert_eq!(lose(&store, &world, &job, 4).await, Ok(Passed::StillAsked));
    assert_eq!(lose(&store, &world, &job, 1).await, Ok(Passed::On));

    let now = store.job(&job).await.unwrap().unwrap();
    assert_eq!((now.status, &now.offer.master_id), (JobStatus::Offered, &master(&world, 2)));
    assert_eq!(store.offers(&job).await.unwrap().len(), 5);
    sound(&store).await;
    assert_eq!(store.pass_on_lapsed(world.now + 11.minutes()).await.unwrap(), 3);
    let next = store.job(&job).await.unwrap().unwrap();
    assert_eq!((next.status, &next.offer.master_id), (JobStatus::Offered, &master(&world, 6)));
    sound(&store).await;
}

async fn who_dropped_out_is_not_asked_again_until_the_visit_is_another(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;
    assert!(act(&store, &world, 1, &accepts(&job)).await.is_ok());
    lose(&store, &world, &job, 1).await.unwrap();
    let passed = lose(&store, &world, &job, 2).await;
    assert_eq!(passed, Ok(Passed::Queued));

    let later = world.offer("a", 1, "2026-11-24T16:00");
    let call = ConversationId::new(world.name("mover"));
    store.move_to(&job, &later, &call, world.now).await.unwrap().unwrap();

    let offers = store.offers(&job).await.unwrap();
    let open: Vec<_> = offers.iter().filter(|it| it.state == ProposalState::Open).collect();
    assert_eq!((open.len(), &open[0].master), (1, &master(&world, 1)));
    assert_eq!(lose(&store, &world, &job, 1).await, Ok(Passed::On));
    sound(&store).await;
}

async fn a_master_who_leaves_gives_up_all_visits(world: World) {
    let store = world.org("a").await;
    let (one, two) = (
        world.booked(&store, "1", &world.offer("a", 1, TEN)).await.job,
        world.booked(&store, "2", &world.offer("a", 1, "2026-11-24T13:00")).await.job,
    );
    assert!(act(&store, &world, 1, &accepts(&two)).await.is_ok());

    let mut gone = world.master("a", 1);
    gone.active = false;
    store.put_master(&gone).await.unwrap();

    assert_eq!(store.pass_on_lapsed(world.now).await.unwrap(), 2);
    for job in [one, two] {
        assert_eq!(store.job(&job).await.unwrap().unwrap().offer.master_id, master(&world, 2));
    }
    sound(&store).await;
}

async fn other_hours_pass_on_what_they_leave_out(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;
    let kept = world.booked(&store, "kept", &world.offer("a", 1, "2026-11-25T10:00")).await.job;
    let off = job_core::day::HoursChange {
        days: vec![],
        date: Some(jiff::civil::date(2026, 11, 24)),
        hours: vec![],
    };

    let said = act(&store, &world, 1, &DayAct::Hours(vec![off])).await;

    assert_eq!(said, Ok(DayDone::HoursSet { outside: 1 }));
    assert_eq!(store.job(&job).await.unwrap().unwrap().offer.master_id, master(&world, 2));
    assert_eq!(store.job(&kept).await.unwrap().unwrap().offer.master_id, master(&world, 1));
    sound(&store).await;
}

async fn an_operator_sends_whom_they_like_but_never_to_two_places(world: World) {
    let store = world.org("a").await;
    let mut odd = world.master("a", 3);
    (odd.trades, odd.schedule) = (vec![Category::General], Schedule::default());
    store.put_master(&odd).await.unwrap();
    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;
    let busy = world.booked(&store, "busy", &world.offer("a", 2, "2026-11-24T10:30")).await.job;

    let hand = |job: JobId, number| {
        let (store, id, now) = (store.clone(), master(&world, number), world.now);
        async move { store.assign_by_hand(&job, &id, "anna", now).await.unwrap() }
    };
    assert_eq!(hand(job.clone(), 2).await, Err(Refused::Taken(world::at(TEN))));
    assert_eq!(hand(job.clone(), 3).await, Ok(()));
    assert_eq!(hand(job.clone(), 9).await, Err(Refused::Taken(world::at(TEN))));
    assert_eq!(hand(JobId::new("none"), 3).await, Err(Refused::Unknown));

    let now = store.job(&job).await.unwrap().unwrap();
    assert_eq!((now.status, &now.offer.master_id), (JobStatus::Offered, &master(&world, 3)));
    let line = store.history(&job).await.unwrap();
    assert!(line.iter().any(|it| it.by == "anna" && it.note.contains("by hand")), "{line:?}");
    let waiting = queued(&store, &world, "2026-11-24T18:00").await;
    assert_eq!(hand(waiting.clone(), 3).await, Ok(()));
    store.cancel(&busy, "client", world.now).await.unwrap().unwrap();
    assert_eq!(
        hand(busy, 3).await,
        Err(Refused::TooLate(cancelled(&store).await, "cancelled".into()))
    );
    sound(&store).await;
}

async fn what_another_organisation_owns_cannot_be_passed_on(world: World) {
    let (store, other) = (world.org("a").await, world.org("b").await);
    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;
    let theirs = MasterId::new(world.name("b-master-1"));

    let taken = other.accept(&job, &theirs, "b", world.now).await.unwrap();
    let lost = lose(&other, &world, &job, 1).await;
    let sent = other.assign_by_hand(&job, &theirs, "b", world.now).await.unwrap();
    let lent = store.assign_by_hand(&job, &theirs, "a", world.now).await.unwrap();

    assert_eq!(taken, Err(DayRefused::NotYours(job.clone())));
    assert_eq!(lost, Err(DayRefused::NotYours(job.clone())));
    assert_eq!(sent, Err(Refused::Unknown));
    assert_eq!(lent, Err(Refused::Taken(world::at(TEN))));
    assert!(other.offers(&job).await.unwrap().is_empty());
    assert_eq!(other.pass_on_lapsed(world.now + 60.minutes()).await.unwrap(), 0);
}

async fn two_noes_at_once_are_one(world: World) {
    let store = crowd(&world, Mode::OneByOne).await;
    let job = world.booked(&store, "call", &world.offer("a", 1, TEN)).await.job;

    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (store, job, id, now) = (store.clone(), job.clone(), master(&world, 1), world.now);
        tasks.push(tokio::spawn(async move {
            store.lose_master((&job, &id), ProposalState::Declined, "test", now).await.unwrap()
        }));
    }
    let mut passed = 0;
    for task in tasks {
        passed += usize::from(task.await.unwrap().is_ok());
    }

    assert_eq!(passed, 1);
    assert_eq!(store.job(&job).await.unwrap().unwrap().offer.master_id, master(&world, 2));
    sound(&store).await;
}

/// Eight electricians, best first.
async fn crowd(world: &World, mode: Mode) -> OrgStore {
    let store = world.org("a").await;
    for number in 3..=8 {
        store.put_master(&world.master("a", number)).await.unwrap();
    }
    let asking = Asking { mode, ..Asking::default() };
    store.change_settings(&Settings { asking, ..Settings::default() }).await.unwrap();
    store
}

/// A job both masters said no to.
async fn queued(store: &OrgStore, world: &World, start: &str) -> JobId {
    let job = world.booked(store, start, &world.offer("a", 1, start)).await.job;
    lose(store, world, &job, 1).await.unwrap();
    let passed = lose(store, world, &job, 2).await;
    assert_eq!(passed, Ok(Passed::Queued));
    job
}

async fn lose(
    store: &OrgStore,
    world: &World,
    job: &JobId,
    number: usize,
) -> Result<Passed, DayRefused> {
    let id = master(world, number);
    store.lose_master((job, &id), ProposalState::Declined, "test", world.now).await.unwrap()
}

async fn act(
    store: &OrgStore,
    world: &World,
    number: usize,
    act: &DayAct,
) -> Result<DayDone, DayRefused> {
    let phone = world.master("a", number).phone;
    store.day(&phone, act, "test", world.now).await.unwrap().unwrap().done
}

fn accepts(job: &JobId) -> DayAct {
    DayAct::Advance { job: job.clone(), to: JobStatus::Accepted }
}

async fn book_at(
    store: &OrgStore,
    world: &World,
    name: &str,
    offer: &job_core::slot::Offer,
    now: Timestamp,
) -> JobId {
    let call = ConversationId::new(world.name(name));
    let hold = store.hold(&world::work(), offer, &call, now).await.unwrap().unwrap();
    let order = world::order(&call, &hold, offer);
    store.book(&order, &world::prices(), now, world.chance()).await.unwrap().unwrap().job
}

async fn cancelled(store: &OrgStore) -> JobId {
    let filter =
        job_core::store::JobFilter { status: Some(JobStatus::Cancelled), ..Default::default() };
    store.jobs(&filter, Default::default()).await.unwrap().remove(0).id
}

fn master(world: &World, number: usize) -> MasterId {
    MasterId::new(world.name(&format!("a-master-{number}")))
}

async fn steps(store: &OrgStore, job: &JobId) -> String {
    let lines = store.history(job).await.unwrap();
    lines.iter().map(|it| it.status.as_str()).collect::<Vec<_>>().join(" ")
}

/// What was written to whom, in order of the words.
async fn told(store: &OrgStore, job: &JobId) -> String {
    let told = store.messages(job).await.unwrap();
    let mut told: Vec<String> =
        told.iter().map(|it| format!("{} {}", it.recipient, it.template)).collect();
    told.sort();
    told.join(", ")
}

async fn sound(store: &OrgStore) {
    assert_eq!(store.faults().await.unwrap(), []);
}
