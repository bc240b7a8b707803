//! What the store promises about conversations, callers and who may come in, asked of SQLite always
//! and of Postgres where TEST_POSTGRES_URL holds the URL of a database for tests.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod world;

use jiff::ToSpan;
use job_core::conversation::{ConversationFilter, ConversationStatus, Page, Speaker, Utterance};
use job_core::demo;
use job_core::ids::ConversationId;
use job_core::order::Refused;
use job_core::settings::{Retention, Settings};
use job_core::store::{ApiKey, Line, Role, StoreError, User};
use job_core::trade::{Channel, Language};
use world::talk::{ending, event, line, talk};
use world::{World, conformance, work};

conformance! {
    one_organisation_never_sees_anothers_rows,
    a_known_caller_is_greeted_with_open_orders,
    a_conversation_is_kept_line_by_line,
    the_same_message_twice_changes_nothing,
    a_dropped_call_resumes_within_fifteen_minutes,
    numbers_keys_and_users_lead_to_their_organisation,
    the_demo_is_seeded_once,
    recordings_and_words_are_kept_as_long_as_was_said,
}

async fn one_organisation_never_sees_anothers_rows(world: World) {
    let (ours, theirs) = (world.org("a").await, world.org("b").await);
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let booked = world.booked(&ours, "call", &offer).await;
    let call = ConversationId::new(world.name("call"));
    ours.start_conversation(&talk(&call)).await.unwrap();
    ours.add_utterances(&call, &[line(0, Speaker::Client, "секрет")]).await.unwrap();
    ours.add_events(&call, &[event(1, "answered")]).await.unwrap();
    let held = ours
        .hold(&work(), &world.offer("a", 2, "2026-11-24T10:00"), &call, world.now)
        .await
        .unwrap()
        .unwrap();

    theirs.release(&held).await.unwrap();
    theirs.add_utterances(&call, &[line(1, Speaker::Client, "чужое")]).await.unwrap();
    theirs.save_memory(&call, "чужое", "{}").await.unwrap();

    assert_eq!(theirs.job(&booked.job).await.unwrap(), None);
    assert_eq!(theirs.job_file(&booked.job).await.unwrap(), None);
    assert!(theirs.jobs(&Default::default(), Page::default()).await.unwrap().is_empty());
    assert!(theirs.history(&booked.job).await.unwrap().is_empty());
    assert!(theirs.messages(&booked.job).await.unwrap().is_empty());
    assert_eq!(theirs.cancel(&booked.job, "x", world.now).await.unwrap(), Err(Refused::Unknown));
    assert_eq!(theirs.conversation(&call).await.unwrap(), None);
    assert!(theirs.transcript(&call).await.unwrap().is_empty());
    assert!(theirs.events(&call).await.unwrap().is_empty());
    assert_eq!(theirs.caller("+79110001234").await.unwrap(), None);
    assert_eq!(theirs.master(&offer.master_id).await.unwrap(), None);
    let foreign = theirs
        .hold(&work(), &world.offer("a", 1, "2026-11-24T15:00"), &call, world.now)
        .await
        .unwrap();
    assert!(foreign.is_err());
    assert_eq!(ours.transcript(&call).await.unwrap().len(), 1);
    assert_eq!(ours.conversation(&call).await.unwrap().unwrap().memory, None);
    let rival = ConversationId::new(world.name("rival"));
    let still_held = ours
        .hold(&work(), &world.offer("a", 2, "2026-11-24T10:00"), &rival, world.now)
        .await
        .unwrap();
    assert!(still_held.is_err());
}

async fn a_known_caller_is_greeted_with_open_orders(world: World) {
    let store = world.org("a").await;
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let booked = world.booked(&store, "call", &offer).await;

    let card = store.caller("+79110001234").await.unwrap().unwrap();
    store.cancel(&booked.job, "client", world.now).await.unwrap().unwrap();
    let later = store.caller("+79110001234").await.unwrap().unwrap();

    assert_eq!(card.name, "Анна");
    assert_eq!(card.orders[0].number, booked.number);
    assert_eq!(card.orders[0].offer, offer);
    assert_eq!(card.orders[0].findings.minutes, 60);
    assert!(later.orders.is_empty());
    assert_eq!(store.caller("+79990000000").await.unwrap(), None);
    store.complain(Some(&booked.job), None, "опоздал", world.now).await.unwrap();
    store.call_back(Some("+79110001234"), "operator", world.now).await.unwrap();
    assert_eq!(store.complaints().await.unwrap()[0].words, "опоздал");
    assert!(!store.call_backs().await.unwrap()[0].done);
}

async fn a_conversation_is_kept_line_by_line(world: World) {
    let (store, call) = (world.org("a").await, ConversationId::new(world.name("call")));
    store.start_conversation(&talk(&call)).await.unwrap();
    let mut said = line(0, Speaker::Agent, "Здравствуйте! Чем помочь?");
    store.add_utterances(&call, std::slice::from_ref(&said)).await.unwrap();
    said.text = "Здравствуйте!".into();
    said.interrupted = true;
    let answer =
        Utterance {
            confidence: Some(87), latency: None, ..line(1, Speaker::Client, "Течёт кран")
        };

    store.add_utterances(&call, &[said.clone(), answer.clone()]).await.unwrap();
    store
        .end_conversation(&call, &ending(ConversationStatus::Completed, "booked"), world.now)
        .await
        .unwrap();
    store
        .end_conversation(&call, &ending(ConversationStatus::Abandoned, "late"), world.now)
        .await
        .unwrap();

    assert_eq!(store.transcript(&call).await.unwrap(), [said, answer]);
    let kept = store.conversation(&call).await.unwrap().unwrap();
    assert_eq!(kept.status, ConversationStatus::Completed);
    assert_eq!(kept.end_reason.as_deref(), Some("booked"));
    assert_eq!(kept.recording.as_deref(), Some("rec/1.wav"));
    let filter =
        ConversationFilter { status: Some(ConversationStatus::Completed), ..Default::default() };
    assert_eq!(store.conversations(&filter, Page::default()).await.unwrap(), [kept]);
    let other = ConversationFilter { channel: Some(Channel::Telegram), ..Default::default() };
    assert!(store.conversations(&other, Page::default()).await.unwrap().is_empty());
}

async fn recordings_and_words_are_kept_as_long_as_was_said(world: World) {
    let (store, call) = (world.org("a").await, ConversationId::new(world.name("call")));
    store.start_conversation(&talk(&call)).await.unwrap();
    store.add_utterances(&call, &[line(0, Speaker::Client, "Течёт кран")]).await.unwrap();
    let mut overheard = event(1, "went_on");
    overheard.detail = "угу".into();
    store.add_events(&call, &[overheard]).await.unwrap();
    store
        .end_conversation(&call, &ending(ConversationStatus::Completed, "booked"), world.now)
        .await
        .unwrap();
    let days = |days: i64| world.now + jiff::SignedDuration::from_hours(24 * days);
    assert_eq!(store.forget_words(days(9_000)).await.unwrap(), 0, "nothing was said");
    let retention = Retention { recordings_days: Some(30), words_days: Some(365) };
    store.change_settings(&Settings { retention, ..Settings::default() }).await.unwrap();

    assert!(store.old_recordings(days(29)).await.unwrap().is_empty());
    let old = store.old_recordings(days(31)).await.unwrap();
    assert_eq!(old, [(call.clone(), "rec/1.wav".to_owned())]);
    store.recording_gone(&call).await.unwrap();
    assert!(store.old_recordings(days(31)).await.unwrap().is_empty());
    assert_eq!(store.forget_words(days(364)).await.unwrap(), 0);
    assert_eq!(store.forget_words(days(366)).await.unwrap(), 1);
    assert_eq!(store.forget_words(days(366)).await.unwrap(), 0);

    assert!(store.transcript(&call).await.unwrap().is_empty());
    assert_eq!(store.events(&call).await.unwrap()[0].detail, "");
    let kept = store.conversation(&call).await.unwrap().unwrap();
    assert_eq!((kept.recording, kept.memory), (None, None));
    assert_eq!(kept.status, ConversationStatus::Completed);
}

async fn the_same_message_twice_changes_nothing(world: World) {
    let (store, call) = (world.org("a").await, ConversationId::new(world.name("call")));
    store.start_conversation(&talk(&call)).await.unwrap();
    store.save_memory(&call, "{0}", "{}").await.unwrap();
    let lines = [line(0, Speaker::Client, "да"), line(1, Speaker::Agent, "Хорошо.")];
    let turn = async |before, lines, memory, message| {
        store.save_turn_over(before, &call, lines, memory, "{}", Some(message)).await.unwrap()
    };

    let first = turn("{0}", &lines[..], "{1}", ("m1", "Хорошо.")).await;
    let again = turn("{1}", &[], "{2}", ("m1", "Иначе.")).await;
    let stale = turn("{0}", &[], "{3}", ("m2", "Поздно.")).await;

    assert_eq!((first, again, stale), (true, false, false));
    assert_eq!(store.reply_to(&call, "m1").await.unwrap().as_deref(), Some("Хорошо."));
    assert_eq!(store.reply_to(&call, "m2").await.unwrap(), None);
    assert_eq!(store.conversation(&call).await.unwrap().unwrap().memory.as_deref(), Some("{1}"));
    assert_eq!(store.transcript(&call).await.unwrap(), lines);
}

async fn a_dropped_call_resumes_within_fifteen_minutes(world: World) {
    let (store, call) = (world.org("a").await, ConversationId::new(world.name("call")));
    store.start_conversation(&talk(&call)).await.unwrap();
    store.save_memory(&call, "{}", "{}").await.unwrap();
    let phone = "+79110001234";

    let running = store.resume_candidate(phone, world.now).await.unwrap();
    store
        .end_conversation(&call, &ending(ConversationStatus::Abandoned, "hung_up"), world.now)
        .await
        .unwrap();
    let soon = store.resume_candidate(phone, world.now + 15.minutes()).await.unwrap();
    let late = store.resume_candidate(phone, world.now + 16.minutes()).await.unwrap();
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
    let line = Line { org: org.clone(), pack: None, language: Language::En };
    let key = ApiKey { org: org.clone(), name: "tests".into(), scopes: String::new() };
    let user = User { login: login.clone(), org, role: Role::Admin, password_hash: "$".into() };

    world.store.add_number(&did, &line).await.unwrap();
    world.store.add_api_key(&hash, &key).await.unwrap();
    let added = world.store.add_user(&user).await.unwrap();
    let rival = User { org: world.org("b").await.id().clone(), ..user.clone() };
    let stolen = world.store.add_user(&rival).await.unwrap();

    assert_eq!(world.store.organisation_by_number(&did).await.unwrap(), Some(line));
    assert_eq!(world.store.organisation_by_number("no").await.unwrap(), None);
    assert_eq!(world.store.api_key(&hash).await.unwrap(), Some(key));
    assert_eq!(world.store.user(&login).await.unwrap(), Some(user));
    assert!(added && !stolen);
    let unknown = world.store.org(&job_core::ids::OrgId::new("nobody")).settings().await;
    assert!(matches!(unknown, Err(StoreError::UnknownOrg(_))));
}

async fn the_demo_is_seeded_once(world: World) {
    let org = demo::seed_demo(&world.store, world.now).await.unwrap();
    demo::seed_demo(&world.store, world.now + 1.hours()).await.unwrap();
    let store = world.store.org(&org);

    let masters = store.masters().await.unwrap();
    let jobs = store.jobs(&Default::default(), Page::default()).await.unwrap();
    let line = world.store.organisation_by_number(demo::NUMBER_EN).await.unwrap().unwrap();

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
