//! What the house writes by itself, and what an audit finds: asked of SQLite always and of Postgres
//! where TEST_POSTGRES_URL holds the URL of a database for tests.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod world;

use jiff::{SignedDuration, Timestamp};
use job_core::day::DayAct;
use job_core::ids::{ConversationId, JobId};
use job_core::master::{Rating, Stars};
use job_core::money::Kopecks;
use job_core::payment::Method;
use job_core::store::{Message, OrgStore, PaymentRequest, ReviewRefused};
use world::{World, at, conformance};

conformance! {
    a_visit_is_reminded_of_a_day_and_two_hours_before,
    a_moved_visit_is_reminded_of_anew_and_a_cancelled_one_not,
    what_was_booked_a_moment_ago_needs_no_reminder,
    an_hour_after_the_work_the_client_is_asked_how_it_went,
    two_processes_remind_once,
    in_the_evening_masters_are_asked_about_tomorrow_once,
    a_review_is_given_once_after_the_work_and_moves_the_rating,
    changes_of_settings_and_hands_are_in_the_log,
    a_sound_database_has_no_faults,
}

async fn a_visit_is_reminded_of_a_day_and_two_hours_before(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, "2026-11-26T10:00")).await.job;

    let mut told = Vec::new();
    for half_hour in 0..150 {
        let now = world.now + SignedDuration::from_mins(30 * half_hour);
        if store.remind(now).await.unwrap() > 0 {
            told.push(now);
        }
    }

    assert_eq!(told, [at("2026-11-25T10:00"), at("2026-11-26T08:00")]);
    assert_eq!(reminders(&store, &job).await, ["reminder_day", "reminder_hours"]);
}

async fn in_the_evening_masters_are_asked_about_tomorrow_once(world: World) {
    let store = world.org("a").await;
    let mut idle = world.master("a", 2);
    idle.schedule = Default::default();
    store.put_master(&idle).await.unwrap();

    assert_eq!(store.ask_for_tomorrow(at("2026-11-23T17:59")).await.unwrap(), 0);
    assert_eq!(store.ask_for_tomorrow(at("2026-11-23T18:00")).await.unwrap(), 1);
    assert_eq!(store.ask_for_tomorrow(at("2026-11-23T19:00")).await.unwrap(), 0);
    assert_eq!(store.ask_for_tomorrow(at("2026-11-24T18:30")).await.unwrap(), 1);

    let mine = due_of(&world, &store, at("2026-11-24T19:00")).await;
    assert_eq!(mine.len(), 2);
    assert_eq!((mine[0].template.as_str(), mine[0].recipient.as_str()), ("confirm_day", "master"));
    assert_eq!(mine[0].payload["date"], "2026-11-24");
    let (master, date) = (world.master("a", 1).id, jiff::civil::date(2026, 11, 24));
    assert!(!store.has_confirmed(&master, date).await.unwrap());
    assert!(store.confirm_day(&master, date, world.now).await.unwrap());
    assert!(!store.confirm_day(&master, date, world.now).await.unwrap());
    assert!(store.has_confirmed(&master, date).await.unwrap());
    let theirs = world.org("b").await;
    let other = jiff::civil::date(2026, 11, 25);
    assert!(!theirs.confirm_day(&master, other, world.now).await.unwrap());

    for day in 2..40 {
        let evening = at("2026-11-23T18:00") + SignedDuration::from_hours(24 * day);
        assert_eq!(store.ask_for_tomorrow(evening).await.unwrap(), 1);
        let mine = due_of(&world, &store, evening).await;
        assert_eq!(mine.len() as i64, day + 1);
        assert!(mine.is_sorted_by_key(|it| it.created), "a later word overtakes an earlier one");
    }
}

/// Takes every organisation's messages with it, so that one test of this file may call it.
async fn due_of(world: &World, store: &OrgStore, now: Timestamp) -> Vec<Message> {
    let due = world.store.due_messages(10_000, now).await.unwrap();

    due.into_iter().filter(|it| it.0 == *store.id()).map(|it| it.1).collect()
}

async fn a_review_is_given_once_after_the_work_and_moves_the_rating(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, "2026-11-24T10:00")).await.job;
    let five = Stars::new(5).unwrap();
    let early = store.review(&job, five, "", world.now).await.unwrap();
    let finish =
        DayAct::Finish { job: job.clone(), amount: Kopecks::roubles(2_000), client_agreed: false };
    let phone = world.master("a", 1).phone;
    store.day(&phone, &finish, "test", world.now).await.unwrap().unwrap().done.unwrap();

    let one = store.review(&job, Stars::new(1).unwrap(), "опоздал", world.now).await.unwrap();
    let again = store.review(&job, five, "", world.now).await.unwrap();
    let theirs = world.org("b").await.review(&job, five, "", world.now).await.unwrap();

    assert_eq!(early, Err(ReviewRefused::NotDone(job.clone())));
    assert_eq!(one, Ok(Rating(479)), "499 was the rating before");
    assert_eq!(again, Err(ReviewRefused::Rated(job.clone())));
    assert_eq!(theirs, Err(ReviewRefused::NotDone(job.clone())));
    let kept = store.review_of(&job).await.unwrap().unwrap();
    assert_eq!((kept.stars.count(), kept.words.as_str()), (1, "опоздал"));
    let master = store.master(&kept.master).await.unwrap().unwrap();
    assert_eq!(master.rating, Rating(479));
}

async fn changes_of_settings_and_hands_are_in_the_log(world: World) {
    let (store, other) = (world.org("a").await, world.org("b").await);
    let job = world.booked(&store, "call", &world.offer("a", 1, "2026-11-24T10:00")).await.job;
    let mut settings = store.settings().await.unwrap();
    settings.payout_day = 0;

    store.set_settings(&settings, "anna", world.now).await.unwrap();
    let second = world.master("a", 2).id;
    let (next, last) =
        (world.now + SignedDuration::from_secs(1), world.now + SignedDuration::from_secs(2));
    store.assign_by_hand(&job, &second, "anna", next).await.unwrap().unwrap();
    store.note("boris", "recording_heard", "conversation c", last).await.unwrap();
    settings.zone = "Nowhere".into();
    assert!(store.set_settings(&settings, "anna", world.now).await.is_err());

    let deeds = store.deeds(Default::default()).await.unwrap();
    let told: Vec<_> = deeds.iter().map(|it| (it.who.as_str(), it.deed.as_str())).collect();
    assert_eq!(
        told,
        [("boris", "recording_heard"), ("anna", "job_assigned"), ("anna", "settings_changed")]
    );
    assert!(deeds[1].what.contains(job.as_str()) && deeds[1].detail.contains(second.as_str()));
    assert!(deeds[2].detail.contains("\"payout_day\":4"), "what was before: {}", deeds[2].detail);
    assert!(other.deeds(Default::default()).await.unwrap().is_empty());
}

async fn a_moved_visit_is_reminded_of_anew_and_a_cancelled_one_not(world: World) {
    let store = world.org("a").await;
    let moved = world.booked(&store, "one", &world.offer("a", 1, "2026-11-25T10:00")).await.job;
    let gone = world.booked(&store, "two", &world.offer("a", 2, "2026-11-25T10:00")).await.job;
    store.remind(at("2026-11-24T11:00")).await.unwrap();
    let (later, by) = (world.offer("a", 1, "2026-11-27T10:00"), ConversationId::new("by"));
    store.move_to(&moved, &later, &by, at("2026-11-24T12:00")).await.unwrap().unwrap();
    store.cancel(&gone, "client", at("2026-11-24T12:00")).await.unwrap().unwrap();

    for hour in 0..96 {
        let now = at("2026-11-24T12:00") + SignedDuration::from_hours(hour);
        store.remind(now).await.unwrap();
    }

    let of_moved = reminders(&store, &moved).await;
    assert_eq!(of_moved, ["reminder_day", "reminder_day", "reminder_hours"]);
    assert_eq!(reminders(&store, &gone).await, ["reminder_day"]);
}

async fn what_was_booked_a_moment_ago_needs_no_reminder(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, "2026-11-23T12:30")).await.job;

    store.remind(at("2026-11-23T10:45")).await.unwrap();

    assert!(reminders(&store, &job).await.is_empty());
}

async fn an_hour_after_the_work_the_client_is_asked_how_it_went(world: World) {
    let store = world.org("a").await;
    let offer = world.offer("a", 1, "2026-11-24T10:00");
    let job = world.booked(&store, "call", &offer).await.job;
    let master = store.master(&offer.master_id).await.unwrap().unwrap();
    let done = at("2026-11-24T11:30");
    let finish =
        DayAct::Finish { job: job.clone(), amount: Kopecks::roubles(2_000), client_agreed: false };
    store.day(&master.phone, &finish, "master", done).await.unwrap().unwrap().done.unwrap();

    for minute in [0, 59, 61, 120] {
        store.remind(done + SignedDuration::from_mins(minute)).await.unwrap();
    }

    assert_eq!(reminders(&store, &job).await, ["review"]);
}

async fn two_processes_remind_once(world: World) {
    let store = world.org("a").await;
    let job = world.booked(&store, "call", &world.offer("a", 1, "2026-11-26T10:00")).await.job;

    let now = at("2026-11-25T12:00");
    let (one, other) = tokio::join!(store.remind(now), store.remind(now));

    assert!(one.unwrap() + other.unwrap() >= 1);
    assert_eq!(reminders(&store, &job).await, ["reminder_day"]);
}

async fn a_sound_database_has_no_faults(world: World) {
    let store = busy(&world).await;

    assert_eq!(store.faults().await.unwrap(), []);
}

#[tokio::test]
async fn every_rule_of_the_audit_is_found_broken() {
    for (damage, rule) in [
        (
            "UPDATE jobs SET start_ms = (SELECT MIN(start_ms) FROM jobs), \
          end_ms = (SELECT MIN(end_ms) FROM jobs)",
            "two visits of one master overlap",
        ),
        (
            "DELETE FROM occupied WHERE cell = (SELECT MAX(cell) - 2 FROM occupied)",
            "a job does not own the time of its visit",
        ),
        ("UPDATE jobs SET status = 'cancelled'", "a job that nobody goes to still owns time"),
        ("DELETE FROM offers", "an offered job has nobody asked"),
        ("UPDATE jobs SET status = 'accepted'", "a master is asked for a visit that is settled"),
        (
            "DROP INDEX jobs_one_per_conversation; UPDATE jobs SET conversation_id = 'one'",
            "a conversation has two jobs that stand",
        ),
        ("DELETE FROM job_history", "a job lacks its file, its history or its messages"),
        (
            "UPDATE ledger SET amount = amount + 1 WHERE account = 'fee'",
            "a posting does not add up to zero",
        ),
        ("UPDATE payments SET refunded = 1", "the books and a payment disagree"),
    ] {
        let world = World::sqlite().await;
        let store = busy(&world).await;
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", world.place())).await.unwrap();
        sqlx::raw_sql(damage).execute(&pool).await.unwrap();

        let faults = store.faults().await.unwrap();

        assert!(faults.iter().any(|it| it.rule == rule), "{damage}: {faults:?}");
    }
}

/// Two visits of one master, one of them paid in cash.
async fn busy(world: &World) -> OrgStore {
    let store = world.org("a").await;
    let job = world.booked(&store, "one", &world.offer("a", 1, "2026-11-24T10:00")).await.job;
    world.booked(&store, "two", &world.offer("a", 1, "2026-11-24T14:00")).await;
    let amount = Kopecks::roubles(2_000);
    let request = PaymentRequest { job, method: Method::Cash, amount, key: "k".into() };
    store.begin_payment(&request, world.now).await.unwrap().unwrap();
    store
}

/// What was written by itself, in order.
async fn reminders(store: &OrgStore, job: &JobId) -> Vec<String> {
    let mut told: Vec<(Timestamp, String)> = store
        .messages(job)
        .await
        .unwrap()
        .into_iter()
        .filter(|it| it.template.starts_with("reminder") || it.template == "review")
        .map(|it| (it.created, it.template))
        .collect();
    told.sort();
    told.into_iter().map(|it| it.1).collect()
}
