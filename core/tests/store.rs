//! What the store promises, asked of SQLite always and of Postgres where GUDOK_TEST_POSTGRES holds
//! the URL of a database for tests.

mod world;

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan};
use job_core::conversation::{
    CallEvent, Conversation, ConversationFilter, ConversationStatus, Ending, Millis, Page, Speaker,
    Utterance,
};
use job_core::demo;
use job_core::ids::{ConversationId, JobId};
use job_core::job::JobStatus;
use job_core::money::Kopecks;
use job_core::order::Refused;
use job_core::slot::{Feasibility, Offer, Wish};
use job_core::store::{ApiKey, JobFilter, Line, OrgStore, Role, StoreError, User};
use job_core::trade::{Channel, Language};
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
    one_organisation_never_sees_anothers_rows,
    a_known_caller_is_greeted_with_open_orders,
    a_conversation_is_kept_line_by_line,
    the_same_message_twice_changes_nothing,
    a_dropped_call_resumes_within_fifteen_minutes,
    numbers_keys_and_users_lead_to_their_organisation,
    the_demo_is_seeded_once,
    a_busy_trade_is_full_and_a_strange_city_has_nobody,
}

async fn a_held_slot_becomes_a_job_with_file_messages_and_history(world: World) {
    let (store, call) = (
        world.org("a").await,
        ConversationId::new(world.name("call")),
    );
    store.start_conversation(&talk(&call)).await.unwrap();
    let wish = Wish {
        from: Some(at("2026-11-24T10:00")),
        to: Some(at("2026-11-24T10:00")),
    };
    let Feasibility::Can { offer, others } = store
        .feasible(&work(), &wish, Some(&call), world.now)
        .await
        .unwrap()
    else {
        panic!("ten o'clock is free")
    };
    let hold = store
        .hold(&work(), &offer, &call, world.now)
        .await
        .unwrap()
        .unwrap();
    let lines = [
        line(0, Speaker::Agent, "Здравствуйте"),
        line(1, Speaker::Client, "Искрит розетка"),
    ];
    store.add_utterances(&call, &lines).await.unwrap();
    store
        .add_events(
            &call,
            &[
                event(41_000, CallEvent::PRICE_TOLD),
                event(55_000, CallEvent::PRICE_ACCEPTED),
            ],
        )
        .await
        .unwrap();

    let order = order(&call, &hold, &offer);
    let booked = store
        .book(&order, &prices(), world.now, world.chance())
        .await
        .unwrap()
        .unwrap();

    assert!(others.is_empty());
    assert_eq!(booked.offer, offer);
    assert_eq!(booked.number, "1001");
    assert_eq!(booked.door_code.len(), 4);
    assert_eq!(
        (booked.quote.total, booked.quote.min, booked.quote.max),
        (1_900, 1_800, 2_000)
    );
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
    assert_eq!(
        history.iter().map(|it| it.status).collect::<Vec<_>>(),
        [JobStatus::Booked]
    );
    let token = booked.tracking.strip_prefix("/t/").unwrap();
    let (org, job) = world.store.job_by_tracking(token).await.unwrap().unwrap();
    assert_eq!((org, job.id), (store.id().clone(), booked.job.clone()));
    let kept = store.conversation(&call).await.unwrap().unwrap();
    assert_eq!(kept.job, Some(booked.job));
}

async fn one_conversation_books_one_job(world: World) {
    let (store, call) = (
        world.org("a").await,
        ConversationId::new(world.name("call")),
    );
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let hold = store
        .hold(&work(), &offer, &call, world.now)
        .await
        .unwrap()
        .unwrap();
    let order = order(&call, &hold, &offer);

    let mut tasks = Vec::new();
    for _ in 0..16 {
        let (store, order, now, chance) = (store.clone(), order.clone(), world.now, world.chance());
        tasks.push(tokio::spawn(async move {
            store.book(&order, &prices(), now, chance).await
        }));
    }
    let mut jobs = BTreeSet::new();
    for task in tasks {
        jobs.insert(task.await.unwrap().unwrap().unwrap().job);
    }

    assert_eq!(jobs.len(), 1);
    assert_eq!(
        store
            .jobs(&Default::default(), Page::default())
            .await
            .unwrap()
            .len(),
        1
    );
}

async fn sixty_four_callers_never_share_a_master(world: World) {
    let store = world.org("a").await;
    let starts = [
        "2026-11-24T10:00",
        "2026-11-24T10:30",
        "2026-11-24T11:00",
        "2026-11-24T12:30",
    ];

    let mut tasks = Vec::new();
    for caller in 0..64 {
        let offer = world.offer("a", 1 + caller % 2, starts[caller / 2 % starts.len()]);
        let call = ConversationId::new(world.name(&format!("call-{caller}")));
        let (store, now, chance) = (store.clone(), world.now, world.chance());
        tasks.push(tokio::spawn(async move {
            let hold = store
                .hold(&work(), &offer, &call, now)
                .await
                .unwrap()
                .ok()?;
            let order = order(&call, &hold, &offer);
            Some(
                store
                    .book(&order, &prices(), now, chance)
                    .await
                    .unwrap()
                    .unwrap(),
            )
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
        let steps = (0..12)
            .map(|step| chance_step(&world, task, step))
            .collect();
        tasks.push(tokio::spawn(live(store.clone(), steps, world.now)));
    }
    let mut standing = 0;
    for task in tasks {
        standing += task.await.unwrap();
    }

    let filter = JobFilter {
        status: Some(JobStatus::Booked),
        ..Default::default()
    };
    let mut jobs = store
        .jobs(
            &filter,
            Page {
                limit: 1_000,
                offset: 0,
            },
        )
        .await
        .unwrap();
    jobs.sort_by_key(|it| (it.offer.master_id.clone(), it.offer.start));
    assert_eq!(jobs.len(), standing);
    assert!(jobs.len() > 5, "{} jobs", jobs.len());
    for pair in jobs.windows(2) {
        let (one, other) = (&pair[0].offer, &pair[1].offer);
        assert!(one.master_id != other.master_id || one.end + 15.minutes() <= other.start);
    }
    for job in jobs {
        assert_eq!(
            store.job_file(&job.id).await.unwrap().unwrap().visit,
            job.offer
        );
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

    ChanceStep {
        dice: dice >> 16,
        offer,
        call,
        random: world.chance(),
    }
}

/// Books, moves and cancels as the dice fall; how many jobs stand at the end.
async fn live(store: OrgStore, steps: Vec<ChanceStep>, now: Timestamp) -> usize {
    let mut mine: Vec<JobId> = Vec::new();
    for ChanceStep {
        dice,
        offer,
        call,
        random,
    } in steps
    {
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
                mine.push(
                    store
                        .book(&order, &prices(), now, random)
                        .await
                        .unwrap()
                        .unwrap()
                        .job,
                );
            }
        }
    }
    mine.len()
}

async fn a_hold_lasts_ten_minutes(world: World) {
    let store = world.org("a").await;
    let (first, second) = (
        ConversationId::new(world.name("1")),
        ConversationId::new(world.name("2")),
    );
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let held = store
        .hold(&work(), &offer, &first, world.now)
        .await
        .unwrap()
        .unwrap();
    let order = order(&first, &held, &offer);

    let early = store
        .hold(&work(), &offer, &second, world.now + 9.minutes())
        .await
        .unwrap();
    let late = store
        .hold(&work(), &offer, &second, world.now + 10.minutes())
        .await
        .unwrap();
    let booked = store
        .book(&order, &prices(), world.now + 11.minutes(), world.chance())
        .await
        .unwrap();

    assert_eq!(early, Err(Refused::Taken(offer.start)));
    assert!(late.is_ok());
    assert_eq!(booked, Err(Refused::HoldExpired(held)));
}

async fn a_hold_of_ones_own_does_not_stand_in_the_way(world: World) {
    let (store, call) = (
        world.org("a").await,
        ConversationId::new(world.name("call")),
    );
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    store
        .hold(&work(), &offer, &call, world.now)
        .await
        .unwrap()
        .unwrap();
    let wish = Wish {
        from: Some(offer.start),
        to: Some(offer.start),
    };

    let own = store
        .feasible(&work(), &wish, Some(&call), world.now)
        .await
        .unwrap();
    let other = store
        .feasible(&work(), &wish, None, world.now)
        .await
        .unwrap();

    let master = |answer| match answer {
        Feasibility::Can { offer, .. } => offer.master_id,
        other => panic!("{other:?}"),
    };
    assert_eq!(master(own), offer.master_id);
    assert_ne!(master(other), offer.master_id);
    assert!(
        store
            .hold(&work(), &offer, &call, world.now)
            .await
            .unwrap()
            .is_ok()
    );
}

async fn a_refused_hold_leaves_what_was_held(world: World) {
    let store = world.org("a").await;
    let (one, two) = (
        ConversationId::new(world.name("1")),
        ConversationId::new(world.name("2")),
    );
    let (ten, noon) = (
        world.offer("a", 1, "2026-11-24T10:00"),
        world.offer("a", 1, "2026-11-24T12:00"),
    );
    store
        .hold(&work(), &ten, &one, world.now)
        .await
        .unwrap()
        .unwrap();
    let mine = store
        .hold(&work(), &noon, &two, world.now)
        .await
        .unwrap()
        .unwrap();

    let refused = store.hold(&work(), &ten, &two, world.now).await.unwrap();

    assert_eq!(refused, Err(Refused::Taken(ten.start)));
    let order = order(&two, &mine, &noon);
    assert!(
        store
            .book(&order, &prices(), world.now, world.chance())
            .await
            .unwrap()
            .is_ok()
    );
}

async fn a_cancelled_job_frees_its_time(world: World) {
    let store = world.org("a").await;
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let job = world.booked(&store, "first", &offer).await.job;

    let done = store.cancel(&job, "client", world.now).await.unwrap();
    let again = store.cancel(&job, "client", world.now).await.unwrap();

    assert_eq!(done, Ok(()));
    assert_eq!(
        again,
        Err(Refused::TooLate(job.clone(), "cancelled".into()))
    );
    assert_eq!(
        store
            .cancel(&JobId::new("none"), "client", world.now)
            .await
            .unwrap(),
        Err(Refused::Unknown)
    );
    assert_ne!(world.booked(&store, "first", &offer).await.job, job);
}

async fn a_job_moves_and_may_overlap_where_it_was(world: World) {
    let (store, call) = (
        world.org("a").await,
        ConversationId::new(world.name("mover")),
    );
    let (ten, half_past) = (
        world.offer("a", 1, "2026-11-24T10:00"),
        world.offer("a", 1, "2026-11-24T10:30"),
    );
    let job = world.booked(&store, "first", &ten).await.job;
    let taken = world.offer("a", 2, "2026-11-24T14:00");
    world.booked(&store, "second", &taken).await;

    let refused = store.move_to(&job, &taken, &call, world.now).await.unwrap();
    let still = store.job(&job).await.unwrap().unwrap().offer;
    let moved = store
        .move_to(&job, &half_past, &call, world.now)
        .await
        .unwrap();

    assert_eq!(refused, Err(Refused::Taken(taken.start)));
    assert_eq!(still, ten);
    assert_eq!(moved, Ok(half_past.clone()));
    assert_eq!(
        store.job_file(&job).await.unwrap().unwrap().visit,
        half_past
    );
    assert_eq!(store.history(&job).await.unwrap().len(), 2);
    let before = world.offer("a", 1, "2026-11-24T09:00");
    world.booked(&store, "third", &before).await;
}

async fn a_job_in_work_is_neither_moved_nor_cancelled(world: World) {
    let (store, call) = (
        world.org("a").await,
        ConversationId::new(world.name("call")),
    );
    let job = world
        .booked(&store, "first", &world.offer("a", 1, "2026-11-24T10:00"))
        .await
        .job;
    for status in [
        JobStatus::Offered,
        JobStatus::Accepted,
        JobStatus::OnTheWay,
        JobStatus::Started,
    ] {
        store
            .step(&job, status, "master", world.now)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }

    let cancelled = store.cancel(&job, "client", world.now).await.unwrap();
    let moved = store
        .move_to(
            &job,
            &world.offer("a", 1, "2026-11-24T14:00"),
            &call,
            world.now,
        )
        .await
        .unwrap();

    let late = Refused::TooLate(job, "started".into());
    assert_eq!(cancelled, Err(late.clone()));
    assert_eq!(moved, Err(late));
}

async fn an_illegal_step_is_refused(world: World) {
    let store = world.org("a").await;
    let job = world
        .booked(&store, "first", &world.offer("a", 1, "2026-11-24T10:00"))
        .await
        .job;

    let skipped = store
        .step(&job, JobStatus::Done, "master", world.now)
        .await
        .unwrap()
        .unwrap();

    assert_eq!(
        skipped.unwrap_err().to_string(),
        "a job that is booked cannot become done: next comes offered"
    );
    assert_eq!(
        store.job(&job).await.unwrap().unwrap().status,
        JobStatus::Booked
    );
}

async fn one_organisation_never_sees_anothers_rows(world: World) {
    let (ours, theirs) = (world.org("a").await, world.org("b").await);
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let booked = world.booked(&ours, "call", &offer).await;
    let call = ConversationId::new(world.name("call"));
    ours.start_conversation(&talk(&call)).await.unwrap();
    ours.add_utterances(&call, &[line(0, Speaker::Client, "секрет")])
        .await
        .unwrap();
    ours.add_events(&call, &[event(1, "answered")])
        .await
        .unwrap();
    let held = ours
        .hold(
            &work(),
            &world.offer("a", 2, "2026-11-24T10:00"),
            &call,
            world.now,
        )
        .await
        .unwrap()
        .unwrap();

    theirs.release(&held).await.unwrap();
    theirs
        .add_utterances(&call, &[line(1, Speaker::Client, "чужое")])
        .await
        .unwrap();
    theirs.save_memory(&call, "чужое", "{}").await.unwrap();

    assert_eq!(theirs.job(&booked.job).await.unwrap(), None);
    assert_eq!(theirs.job_file(&booked.job).await.unwrap(), None);
    assert!(
        theirs
            .jobs(&Default::default(), Page::default())
            .await
            .unwrap()
            .is_empty()
    );
    assert!(theirs.history(&booked.job).await.unwrap().is_empty());
    assert!(theirs.messages(&booked.job).await.unwrap().is_empty());
    assert_eq!(
        theirs.cancel(&booked.job, "x", world.now).await.unwrap(),
        Err(Refused::Unknown)
    );
    assert_eq!(theirs.conversation(&call).await.unwrap(), None);
    assert!(theirs.transcript(&call).await.unwrap().is_empty());
    assert!(theirs.events(&call).await.unwrap().is_empty());
    assert_eq!(theirs.caller("+79110001234").await.unwrap(), None);
    assert_eq!(theirs.master(&offer.master_id).await.unwrap(), None);
    let foreign = theirs
        .hold(
            &work(),
            &world.offer("a", 1, "2026-11-24T15:00"),
            &call,
            world.now,
        )
        .await
        .unwrap();
    assert!(foreign.is_err());
    assert_eq!(ours.transcript(&call).await.unwrap().len(), 1);
    assert_eq!(
        ours.conversation(&call).await.unwrap().unwrap().memory,
        None
    );
    let rival = ConversationId::new(world.name("rival"));
    let still_held = ours
        .hold(
            &work(),
            &world.offer("a", 2, "2026-11-24T10:00"),
            &rival,
            world.now,
        )
        .await
        .unwrap();
    assert!(still_held.is_err());
}

async fn a_known_caller_is_greeted_with_open_orders(world: World) {
    let store = world.org("a").await;
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let booked = world.booked(&store, "call", &offer).await;

    let card = store.caller("+79110001234").await.unwrap().unwrap();
    store
        .cancel(&booked.job, "client", world.now)
        .await
        .unwrap()
        .unwrap();
    let later = store.caller("+79110001234").await.unwrap().unwrap();

    assert_eq!(card.name, "Анна");
    assert_eq!(card.orders[0].number, booked.number);
    assert_eq!(card.orders[0].offer, offer);
    assert_eq!(card.orders[0].findings.minutes, 60);
    assert!(later.orders.is_empty());
    assert_eq!(store.caller("+79990000000").await.unwrap(), None);
    store
        .complain(Some(&booked.job), None, "опоздал", world.now)
        .await
        .unwrap();
    store
        .call_back(Some("+79110001234"), "operator", world.now)
        .await
        .unwrap();
    assert_eq!(store.complaints().await.unwrap()[0].words, "опоздал");
    assert!(!store.call_backs().await.unwrap()[0].done);
}

async fn a_conversation_is_kept_line_by_line(world: World) {
    let (store, call) = (
        world.org("a").await,
        ConversationId::new(world.name("call")),
    );
    store.start_conversation(&talk(&call)).await.unwrap();
    let mut said = line(0, Speaker::Agent, "Здравствуйте! Чем помочь?");
    store
        .add_utterances(&call, std::slice::from_ref(&said))
        .await
        .unwrap();
    said.text = "Здравствуйте!".into();
    said.interrupted = true;
    let answer = Utterance {
        confidence: Some(87),
        latency: None,
        ..line(1, Speaker::Client, "Течёт кран")
    };

    store
        .add_utterances(&call, &[said.clone(), answer.clone()])
        .await
        .unwrap();
    store
        .end_conversation(
            &call,
            &ending(ConversationStatus::Completed, "booked"),
            world.now,
        )
        .await
        .unwrap();
    store
        .end_conversation(
            &call,
            &ending(ConversationStatus::Abandoned, "late"),
            world.now,
        )
        .await
        .unwrap();

    assert_eq!(store.transcript(&call).await.unwrap(), [said, answer]);
    let kept = store.conversation(&call).await.unwrap().unwrap();
    assert_eq!(kept.status, ConversationStatus::Completed);
    assert_eq!(kept.end_reason.as_deref(), Some("booked"));
    assert_eq!(kept.recording.as_deref(), Some("rec/1.wav"));
    let filter = ConversationFilter {
        status: Some(ConversationStatus::Completed),
        ..Default::default()
    };
    assert_eq!(
        store.conversations(&filter, Page::default()).await.unwrap(),
        [kept]
    );
    let other = ConversationFilter {
        channel: Some(Channel::Telegram),
        ..Default::default()
    };
    assert!(
        store
            .conversations(&other, Page::default())
            .await
            .unwrap()
            .is_empty()
    );
}

async fn the_same_message_twice_changes_nothing(world: World) {
    let (store, call) = (
        world.org("a").await,
        ConversationId::new(world.name("call")),
    );
    store.start_conversation(&talk(&call)).await.unwrap();
    let lines = [
        line(0, Speaker::Client, "да"),
        line(1, Speaker::Agent, "Хорошо."),
    ];

    let first = store
        .save_turn(&call, &lines, "{1}", "{}", Some(("m1", "Хорошо.")))
        .await
        .unwrap();
    let second = store
        .save_turn(&call, &[], "{2}", "{}", Some(("m1", "Иначе.")))
        .await
        .unwrap();

    assert!(first && !second);
    assert_eq!(
        store.reply_to(&call, "m1").await.unwrap().as_deref(),
        Some("Хорошо.")
    );
    assert_eq!(
        store
            .conversation(&call)
            .await
            .unwrap()
            .unwrap()
            .memory
            .as_deref(),
        Some("{1}")
    );
    assert_eq!(store.reply_to(&call, "m2").await.unwrap(), None);
}

async fn a_dropped_call_resumes_within_fifteen_minutes(world: World) {
    let (store, call) = (
        world.org("a").await,
        ConversationId::new(world.name("call")),
    );
    store.start_conversation(&talk(&call)).await.unwrap();
    store.save_memory(&call, "{}", "{}").await.unwrap();
    let phone = "+79110001234";

    let running = store.resume_candidate(phone, world.now).await.unwrap();
    store
        .end_conversation(
            &call,
            &ending(ConversationStatus::Abandoned, "hung_up"),
            world.now,
        )
        .await
        .unwrap();
    let soon = store
        .resume_candidate(phone, world.now + 15.minutes())
        .await
        .unwrap();
    let late = store
        .resume_candidate(phone, world.now + 16.minutes())
        .await
        .unwrap();
    store.resume_conversation(&call).await.unwrap();

    assert_eq!(running, None);
    assert_eq!(soon.map(|it| it.id), Some(call.clone()));
    assert_eq!(late, None);
    assert_eq!(
        store.conversation(&call).await.unwrap().unwrap().status,
        ConversationStatus::Active
    );
}

async fn numbers_keys_and_users_lead_to_their_organisation(world: World) {
    let org = world.org("a").await.id().clone();
    let (did, hash, login) = (world.name("100"), world.name("hash"), world.name("admin"));
    let line = Line {
        org: org.clone(),
        pack: None,
        language: Language::En,
    };
    let key = ApiKey {
        org: org.clone(),
        name: "tests".into(),
    };
    let user = User {
        login: login.clone(),
        org,
        role: Role::Admin,
        password_hash: "$".into(),
    };

    world.store.add_number(&did, &line).await.unwrap();
    world.store.add_api_key(&hash, &key).await.unwrap();
    let added = world.store.add_user(&user).await.unwrap();
    let rival = User {
        org: world.org("b").await.id().clone(),
        ..user.clone()
    };
    let stolen = world.store.add_user(&rival).await.unwrap();

    assert_eq!(
        world.store.organisation_by_number(&did).await.unwrap(),
        Some(line)
    );
    assert_eq!(
        world.store.organisation_by_number("no").await.unwrap(),
        None
    );
    assert_eq!(world.store.api_key(&hash).await.unwrap(), Some(key));
    assert_eq!(world.store.user(&login).await.unwrap(), Some(user));
    assert!(added && !stolen);
    let unknown = world
        .store
        .org(&job_core::ids::OrgId::new("nobody"))
        .settings()
        .await;
    assert!(matches!(unknown, Err(StoreError::UnknownOrg(_))));
}

async fn the_demo_is_seeded_once(world: World) {
    let org = demo::seed_demo(&world.store, &prices(), world.now)
        .await
        .unwrap();
    demo::seed_demo(&world.store, &prices(), world.now + 1.hours())
        .await
        .unwrap();
    let store = world.store.org(&org);

    let masters = store.masters().await.unwrap();
    let jobs = store
        .jobs(&Default::default(), Page::default())
        .await
        .unwrap();
    let line = world
        .store
        .organisation_by_number(demo::NUMBER_EN)
        .await
        .unwrap()
        .unwrap();

    assert_eq!(masters.len(), 8);
    assert!(jobs.len() >= 6, "{} jobs", jobs.len());
    assert_eq!((line.org, line.language), (org, Language::En));
    assert!(store.settings().await.unwrap().test_clock);
    assert!(
        store
            .conversations(&Default::default(), Page::default())
            .await
            .unwrap()
            .iter()
            .all(|it| it.test)
    );
}

async fn a_busy_trade_is_full_and_a_strange_city_has_nobody(world: World) {
    let store = world.org("a").await;
    let mut idle = store.masters().await.unwrap();
    for master in &mut idle {
        master.schedule = Default::default();
        store.put_master(master).await.unwrap();
    }
    let away = job_core::slot::Work {
        city: "Москва".into(),
        ..work()
    };

    let full = store
        .feasible(&work(), &Wish::default(), None, world.now)
        .await
        .unwrap();
    let nobody = store
        .feasible(&away, &Wish::default(), None, world.now)
        .await
        .unwrap();

    assert_eq!(full, Feasibility::Full);
    assert_eq!(nobody, Feasibility::NoMasters);
}

fn talk(id: &ConversationId) -> Conversation {
    let mut talk = Conversation::beginning(
        id.clone(),
        Channel::Phone,
        Language::Ru,
        at("2026-11-23T10:00"),
    );
    talk.participant = Some("+79110001234".into());
    talk
}

fn ending(status: ConversationStatus, reason: &str) -> Ending {
    Ending {
        status,
        reason: reason.into(),
        recording: Some("rec/1.wav".into()),
        job: None,
    }
}

fn line(seq: i64, speaker: Speaker, text: &str) -> Utterance {
    let latency = (speaker == Speaker::Agent).then_some(Millis(640));

    Utterance {
        seq,
        at: Millis(seq * 1_000),
        speaker,
        text: text.into(),
        confidence: None,
        latency,
        interrupted: false,
    }
}

fn event(at: i64, kind: &str) -> CallEvent {
    CallEvent {
        at: Millis(at),
        kind: kind.into(),
        detail: String::new(),
    }
}
