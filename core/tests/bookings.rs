//! What the store promises about holds, bookings and changes, asked of SQLite always and of Postgres
//! where TEST_POSTGRES_URL holds the URL of a database for tests.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod world;

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan};
use job_core::conversation::{CallEvent, Millis, Page, Speaker};
use job_core::ids::{ConversationId, JobId};
use job_core::job::JobStatus;
use job_core::money::Kopecks;
use job_core::order::Refused;
use job_core::slot::{Feasibility, Offer, Wish};
use job_core::store::{JobFilter, OrgStore};
use world::talk::{event, line, talk};
use world::{World, at, conformance, order, prices, work};

conformance! {
    a_held_slot_becomes_a_job_with_file_messages_and_history,
    one_conversation_books_one_job,
    sixty_four_callers_never_share_a_master,
    booking_moving_and_cancelling_at_once_never_overlap,
    a_hold_lasts_ten_minutes,
    a_hold_of_ones_own_does_not_stand_in_the_way,
    a_refused_hold_leaves_what_was_held,
    a_cancelled_job_frees_its_time,
    a_job_moves_and_may_overlap_where_it_was,
    a_job_in_work_is_neither_moved_nor_cancelled,
    an_illegal_step_is_refused,
    a_busy_trade_is_full_and_a_strange_city_has_nobody,
}

async fn a_held_slot_becomes_a_job_with_file_messages_and_history(world: World) {
    let (store, call) = (world.org("a").await, ConversationId::new(world.name("call")));
    store.start_conversation(&talk(&call)).await.unwrap();
    let wish = Wish { from: Some(at("2026-11-24T10:00")), to: Some(at("2026-11-24T10:00")) };
    let Feasibility::Can { offer, others } =
        store.feasible(&work(), &wish, Some(&call), world.now).await.unwrap()
    else {
        panic!("ten o'clock is free")
    };
    let hold = store.hold(&work(), &offer, &call, world.now).await.unwrap().unwrap();
    let lines =
        [line(0, Speaker::Agent, "Здравствуйте"), line(1, Speaker::Client, "Искрит розетка")];
    store.add_utterances(&call, &lines).await.unwrap();
    store
        .add_events(
            &call,
            &[event(41_000, CallEvent::PRICE_TOLD), event(55_000, CallEvent::PRICE_ACCEPTED)],
        )
        .await
        .unwrap();

    let order = order(&call, &hold, &offer);
    let booked = store.book(&order, &prices(), world.now, world.chance()).await.unwrap().unwrap();

    assert!(others.is_empty());
    assert_eq!(booked.offer, offer);
    assert_eq!(booked.number, "1001");
    assert_eq!(booked.door_code.len(), 4);
    assert_eq!((booked.quote.total, booked.quote.min, booked.quote.max), (1_900, 1_800, 2_000));
    let file = store.job_file(&booked.job).await.unwrap().unwrap();
    assert_eq!(file.transcript.len(), 2);
    assert_eq!(file.price_receipt.told, Some(Millis(41_000)));
    assert_eq!(file.price_receipt.accepted, Some(Millis(55_000)));
    assert_eq!(file.split.master, Kopecks(139_650)); // 1900 − 2 % = 1862, 75 %
    assert_eq!(file.assignment.chosen.as_ref(), Some(&offer.master_id));
    assert_eq!(file.assignment.considered.len(), 2);
    let templates: Vec<_> = store
        .messages(&booked.job)
        .await
        .unwrap()
        .into_iter()
        .map(|it| (it.recipient, it.template))
        .collect();
    assert!(templates.contains(&("client".into(), "booked".into())));
    assert!(templates.contains(&("master".into(), "offer".into())));
    let history = store.history(&booked.job).await.unwrap();
    let steps: Vec<_> = history.iter().map(|it| it.status).collect();
    assert_eq!(steps, [JobStatus::Booked, JobStatus::Offered]);
    let token = booked.tracking.strip_prefix("/t/").unwrap();
    let (org, job) = world.store.job_by_tracking(token).await.unwrap().unwrap();
    assert_eq!((org, job.id), (store.id().clone(), booked.job.clone()));
    let kept = store.conversation(&call).await.unwrap().unwrap();
    assert_eq!(kept.job, Some(booked.job));
}

async fn one_conversation_books_one_job(world: World) {
    let (store, call) = (world.org("a").await, ConversationId::new(world.name("call")));
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let hold = store.hold(&work(), &offer, &call, world.now).await.unwrap().unwrap();
    let order = order(&call, &hold, &offer);

    let mut tasks = Vec::new();
    for _ in 0..16 {
        let (store, order, now, chance) = (store.clone(), order.clone(), world.now, world.chance());
        tasks.push(tokio::spawn(async move { store.book(&order, &prices(), now, chance).await }));
    }
    let mut jobs = BTreeSet::new();
    for task in tasks {
        jobs.insert(task.await.unwrap().unwrap().unwrap().job);
    }

    assert_eq!(jobs.len(), 1);
    assert_eq!(store.jobs(&Default::default(), Page::default()).await.unwrap().len(), 1);
}

async fn sixty_four_callers_never_share_a_master(world: World) {
    let store = world.org("a").await;
    let starts = ["2026-11-24T10:00", "2026-11-24T10:30", "2026-11-24T11:00", "2026-11-24T12:30"];

    let mut tasks = Vec::new();
    for caller in 0..64 {
        let offer = world.offer("a", 1 + caller % 2, starts[caller / 2 % starts.len()]);
        let call = ConversationId::new(world.name(&format!("call-{caller}")));
        let (store, now, chance) = (store.clone(), world.now, world.chance());
        tasks.push(tokio::spawn(async move {
            let hold = store.hold(&work(), &offer, &call, now).await.unwrap().ok()?;
            let order = order(&call, &hold, &offer);
            Some(store.book(&order, &prices(), now, chance).await.unwrap().unwrap())
        }));
    }
    let mut booked = Vec::new();
    for task in tasks {
        booked.extend(task.await.unwrap());
    }

    booked.sort_by_key(|it| (it.offer.master_id.clone(), it.offer.start));
    assert!((4..=6).contains(&booked.len()), "{} bookings", booked.len());
    for pair in booked.windows(2) {
        let (one, other) = (&pair[0].offer, &pair[1].offer);
        assert!(one.master_id != other.master_id || one.end <= other.start);
    }
    let numbers: BTreeSet<_> = booked.iter().map(|it| &it.number).collect();
    assert_eq!(numbers.len(), booked.len());
}

async fn booking_moving_and_cancelling_at_once_never_overlap(world: World) {
    let store = world.org("a").await;

    let mut tasks = Vec::new();
    for task in 0..64u64 {
        let steps = (0..12).map(|step| chance_step(&world, task, step)).collect();
        tasks.push(tokio::spawn(live(store.clone(), steps, world.now)));
    }
    let mut standing = 0;
    for task in tasks {
        standing += task.await.unwrap();
    }

    let filter = JobFilter { status: Some(JobStatus::Offered), ..Default::default() };
    let mut jobs = store.jobs(&filter, Page { limit: 1_000, offset: 0 }).await.unwrap();
    jobs.sort_by_key(|it| (it.offer.master_id.clone(), it.offer.start));
    assert_eq!(jobs.len(), standing);
    assert!(jobs.len() > 5, "{} jobs", jobs.len());
    for pair in jobs.windows(2) {
        let (one, other) = (&pair[0].offer, &pair[1].offer);
        assert!(one.master_id != other.master_id || one.end + 15.minutes() <= other.start);
    }
    for job in jobs {
        assert_eq!(store.job_file(&job.id).await.unwrap().unwrap().visit, job.offer);
    }
}

struct ChanceStep {
    dice: u64,
    offer: Offer,
    call: ConversationId,
    random: u64,
}

fn chance_step(world: &World, task: u64, step: u64) -> ChanceStep {
    let dice = (task * 12 + step + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let mut offer = world.offer("a", 1 + (dice >> 8) as usize % 2, "2026-11-24T08:00");
    offer.start += (30 * (dice % 60) as i64).minutes();
    offer.end = offer.start + 60.minutes();
    let call = ConversationId::new(world.name(&format!("{task}-{step}")));

    ChanceStep { dice: dice >> 16, offer, call, random: world.chance() }
}

/// Books, moves and cancels as the dice fall; how many jobs stand at the end.
async fn live(store: OrgStore, steps: Vec<ChanceStep>, now: Timestamp) -> usize {
    let mut mine: Vec<JobId> = Vec::new();
    for ChanceStep { dice, offer, call, random } in steps {
        match (dice % 4, mine.last().cloned()) {
            (0, Some(job)) => drop(store.move_to(&job, &offer, &call, now).await.unwrap()),
            (1, Some(job)) => {
                store.cancel(&job, "client", now).await.unwrap().unwrap();
                mine.pop();
            }
            (_, _) => {
                let Ok(hold) = store.hold(&work(), &offer, &call, now).await.unwrap() else {
                    continue;
                };
                let order = order(&call, &hold, &offer);
                mine.push(store.book(&order, &prices(), now, random).await.unwrap().unwrap().job);
            }
        }
    }
    mine.len()
}

async fn a_hold_lasts_ten_minutes(world: World) {
    let store = world.org("a").await;
    let (first, second) =
        (ConversationId::new(world.name("1")), ConversationId::new(world.name("2")));
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let held = store.hold(&work(), &offer, &first, world.now).await.unwrap().unwrap();
    let order = order(&first, &held, &offer);

    let early = store.hold(&work(), &offer, &second, world.now + 9.minutes()).await.unwrap();
    let late = store.hold(&work(), &offer, &second, world.now + 10.minutes()).await.unwrap();
    let booked =
        store.book(&order, &prices(), world.now + 11.minutes(), world.chance()).await.unwrap();

    assert_eq!(early, Err(Refused::Taken(offer.start)));
    assert!(late.is_ok());
    assert_eq!(booked, Err(Refused::HoldExpired(held)));
}

async fn a_hold_of_ones_own_does_not_stand_in_the_way(world: World) {
    let (store, call) = (world.org("a").await, ConversationId::new(world.name("call")));
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    store.hold(&work(), &offer, &call, world.now).await.unwrap().unwrap();
    let wish = Wish { from: Some(offer.start), to: Some(offer.start) };

    let own = store.feasible(&work(), &wish, Some(&call), world.now).await.unwrap();
    let other = store.feasible(&work(), &wish, None, world.now).await.unwrap();

    let master = |answer| match answer {
        Feasibility::Can { offer, .. } => offer.master_id,
        other => panic!("{other:?}"),
    };
    assert_eq!(master(own), offer.master_id);
    assert_ne!(master(other), offer.master_id);
    assert!(store.hold(&work(), &offer, &call, world.now).await.unwrap().is_ok());
}

async fn a_refused_hold_leaves_what_was_held(world: World) {
    let store = world.org("a").await;
    let (one, two) = (ConversationId::new(world.name("1")), ConversationId::new(world.name("2")));
    let (ten, noon) =
        (world.offer("a", 1, "2026-11-24T10:00"), world.offer("a", 1, "2026-11-24T12:00"));
    store.hold(&work(), &ten, &one, world.now).await.unwrap().unwrap();
    let mine = store.hold(&work(), &noon, &two, world.now).await.unwrap().unwrap();

    let refused = store.hold(&work(), &ten, &two, world.now).await.unwrap();

    assert_eq!(refused, Err(Refused::Taken(ten.start)));
    let order = order(&two, &mine, &noon);
    assert!(store.book(&order, &prices(), world.now, world.chance()).await.unwrap().is_ok());
}

async fn a_cancelled_job_frees_its_time(world: World) {
    let store = world.org("a").await;
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let job = world.booked(&store, "first", &offer).await.job;

    let done = store.cancel(&job, "client", world.now).await.unwrap();
    let again = store.cancel(&job, "client", world.now).await.unwrap();

    assert_eq!(done, Ok(()));
    assert_eq!(again, Err(Refused::TooLate(job.clone(), "cancelled".into())));
    assert_eq!(
        store.cancel(&JobId::new("none"), "client", world.now).await.unwrap(),
        Err(Refused::Unknown)
    );
    assert_ne!(world.booked(&store, "first", &offer).await.job, job);
}

async fn a_job_moves_and_may_overlap_where_it_was(world: World) {
    let (store, call) = (world.org("a").await, ConversationId::new(world.name("mover")));
    let (ten, half_past) =
        (world.offer("a", 1, "2026-11-24T10:00"), world.offer("a", 1, "2026-11-24T10:30"));
    let job = world.booked(&store, "first", &ten).await.job;
    let taken = world.offer("a", 2, "2026-11-24T14:00");
    world.booked(&store, "second", &taken).await;

    let refused = store.move_to(&job, &taken, &call, world.now).await.unwrap();
    let still = store.job(&job).await.unwrap().unwrap().offer;
    let moved = store.move_to(&job, &half_past, &call, world.now).await.unwrap();

    assert_eq!(refused, Err(Refused::Taken(taken.start)));
    assert_eq!(still, ten);
    assert_eq!(moved, Ok(half_past.clone()));
    assert_eq!(store.job_file(&job).await.unwrap().unwrap().visit, half_past);
    let why = store.job_file(&job).await.unwrap().unwrap().assignment;
    assert_eq!(why.considered[0].master_id, half_past.master_id);
    assert_eq!(store.history(&job).await.unwrap().len(), 4);
    let before = world.offer("a", 1, "2026-11-24T09:00");
    world.booked(&store, "third", &before).await;
}

async fn a_job_in_work_is_neither_moved_nor_cancelled(world: World) {
    let (store, call) = (world.org("a").await, ConversationId::new(world.name("call")));
    let job = world.booked(&store, "first", &world.offer("a", 1, "2026-11-24T10:00")).await.job;
    for status in [JobStatus::Accepted, JobStatus::OnTheWay, JobStatus::Started] {
        store.step(&job, status, "master", world.now).await.unwrap().unwrap().unwrap();
    }

    let cancelled = store.cancel(&job, "client", world.now).await.unwrap();
    let moved = store
        .move_to(&job, &world.offer("a", 1, "2026-11-24T14:00"), &call, world.now)
        .await
        .unwrap();

    let late = Refused::TooLate(job, "started".into());
    assert_eq!(cancelled, Err(late.clone()));
    assert_eq!(moved, Err(late));
}

async fn an_illegal_step_is_refused(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "first", &world.offer("a", 1, "2026-11-24T10:00")).await.job;

    let skipped = store.step(&job, JobStatus::Done, "master", world.now).await.unwrap().unwrap();

    assert_eq!(
        skipped.unwrap_err().to_string(),
        "a job that is offered cannot become done: next comes accepted"
    );
    assert_eq!(store.job(&job).await.unwrap().unwrap().status, JobStatus::Offered);
}

async fn a_busy_trade_is_full_and_a_strange_city_has_nobody(world: World) {
    let store = world.org("a").await;
    let mut idle = store.masters().await.unwrap();
    for master in &mut idle {
        master.schedule = Default::default();
        store.put_master(master).await.unwrap();
    }
    let away = job_core::slot::Work { city: "Москва".into(), ..work() };

    let full = store.feasible(&work(), &Wish::default(), None, world.now).await.unwrap();
    let nobody = store.feasible(&away, &Wish::default(), None, world.now).await.unwrap();

    assert_eq!(full, Feasibility::Full);
    assert_eq!(nobody, Feasibility::NoMasters);
}
