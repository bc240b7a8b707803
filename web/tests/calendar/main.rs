//! Masters' calendars: read from files and from Google, written to Google, served as a feed.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../post/booked.rs"]
mod booked;
mod google;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};
use job_core::calendar::{CalendarKind, window};
use job_core::ids::{ConversationId, Ids, JobId, MasterId, OrgId};
use job_core::settings::Settings;
use job_core::slot::{Feasibility, Wish, Work};
use job_core::store::{OrgStore, Store};
use job_core::trade::Category;
use serde_json::json;
use web::calendar::{CalendarRoom, google as account};

use google::{EMAIL, Google};

const CALENDAR: &str = "master@group.test";

#[tokio::test]
async fn whoever_is_away_in_their_own_calendar_is_not_sent() {
    let world = World::new().await;
    let file = File::open("DTSTART:20261124T060000Z\r\nDTEND:20261124T180000Z").await;
    let add = |address: String| {
        let (rows, master, now) = (world.rows.clone(), world.master.clone(), world.now);
        async move { rows.add_calendar(&master, CalendarKind::Ical, &address, now).await.unwrap() }
    };
    assert!(world.is_free("2026-11-24T12:00:00Z").await);

    let id = add(file.url.clone()).await.unwrap();
    assert_eq!(world.room.round(world.now).await.unwrap(), 1);

    assert!(!world.is_free("2026-11-24T12:00:00Z").await);
    assert!(world.is_free("2026-11-25T12:00:00Z").await);
    assert_eq!(world.room.round(world.now).await.unwrap(), 0, "it was read a moment ago");
    file.says("DTSTART:20261125T060000Z\r\nDTEND:20261125T180000Z");
    world.room.round(world.now + SignedDuration::from_mins(6)).await.unwrap();
    assert!(world.is_free("2026-11-24T12:00:00Z").await);
    assert!(!world.is_free("2026-11-25T12:00:00Z").await);
    assert!(world.rows.drop_calendar(&id).await.unwrap());
    assert!(world.is_free("2026-11-25T12:00:00Z").await);
}

#[tokio::test]
async fn a_calendar_that_cannot_be_read_still_counts_and_says_why() {
    let world = World::new().await;
    let file = File::open("DTSTART:20261124T060000Z\r\nDTEND:20261124T180000Z").await;
    let (rows, ical) = (&world.rows, CalendarKind::Ical);
    rows.add_calendar(&world.master, ical, &file.url, world.now).await.unwrap().unwrap();
    rows.add_calendar(&world.master, ical, "http://127.0.0.1:9/none.ics", world.now).await.unwrap();
    world.room.round(world.now).await.unwrap();

    file.breaks();
    world.room.round(world.now + SignedDuration::from_mins(6)).await.unwrap();

    let known = rows.calendars(&world.master).await.unwrap();
    assert_eq!(known[0].error.as_deref(), Some("answered 500 Internal Server Error"));
    assert!(known[1].error.is_some() && known[1].read.is_none(), "{:?}", known[1]);
    assert!(!world.is_free("2026-11-24T12:00:00Z").await, "what it said last still counts");
    let strange = world.store.org(&OrgId::new("other"));
    assert!(strange.calendars(&world.master).await.unwrap().is_empty());
    let theirs = strange.add_calendar(&world.master, ical, &file.url, world.now).await.unwrap();
    assert_eq!(theirs, None);
}

#[tokio::test]
async fn visits_are_written_to_google_and_its_events_are_read() {
    let world = World::new().await;
    let google = &world.google;
    for day in 25..28 {
        let at = |hour| json!({"dateTime": format!("2026-11-{day}T{hour}:00:00+02:00")});
        google.has(
            &format!("event{day}"),
            json!({"id": format!("event{day}"), "status": "confirmed",
            "start": at("08"), "end": at("20")}),
        );
    }
    google.has(
        "free1",
        json!({"id": "free1", "transparency": "transparent",
        "start": {"date": "2026-11-24"}, "end": {"date": "2026-11-25"}}),
    );
    let kind = CalendarKind::Google;
    world.rows.add_calendar(&world.master, kind, CALENDAR, world.now).await.unwrap().unwrap();

    world.round_at(0).await;
    world.round_at(6).await;

    let written = google.ours();
    assert_eq!((written.len(), google.writes(), google.tokens()), (1, 1, 1));
    assert_eq!(written[0]["start"]["dateTime"], "2026-11-24T08:00:00Z");
    assert!(written[0]["summary"].as_str().unwrap().starts_with("1001: "));
    for day in 25..28 {
        assert!(!world.is_free(&format!("2026-11-{day}T12:00:00Z")).await);
    }
    assert!(world.is_free("2026-11-24T12:00:00Z").await, "a free event and our own visit");

    google.revoke();
    world.rows.cancel(&world.job, "client", world.now).await.unwrap().unwrap();
    world.round_at(12).await;
    assert_eq!((google.ours().len(), google.tokens()), (0, 2));
    assert_eq!(world.error().await, None);
}

#[tokio::test]
async fn a_moved_visit_moves_in_google_and_a_limit_is_waited_out() {
    let world = World::new().await;
    let google = &world.google;
    let kind = CalendarKind::Google;
    world.rows.add_calendar(&world.master, kind, CALENDAR, world.now).await.unwrap().unwrap();
    world.round_at(0).await;
    let mut offer = world.rows.job(&world.job).await.unwrap().unwrap().offer;
    offer.start = "2026-11-24T12:00:00Z".parse().unwrap();
    let call = ConversationId::new("mover");
    world.rows.move_to(&world.job, &offer, &call, world.now).await.unwrap().unwrap();

    google.limit(true);
    world.round_at(6).await;
    assert!(world.error().await.unwrap().contains("Rate Limit Exceeded"));
    google.limit(false);
    world.round_at(22).await;

    let written = google.ours();
    assert_eq!((written.len(), world.error().await), (1, None));
    assert_eq!(written[0]["start"]["dateTime"], "2026-11-24T12:00:00Z");
}

#[tokio::test]
async fn a_wrong_key_and_no_account_are_told_by_name() {
    let world = World::new().await;
    let other = Google::open().await;
    let wrong = account_of(&world.google, &other.key);
    let settings = web::calendar::Settings { google: Some(wrong), plain_http: true };
    let room = CalendarRoom::open(world.store.clone(), settings).unwrap();
    let kind = CalendarKind::Google;
    world.rows.add_calendar(&world.master, kind, CALENDAR, world.now).await.unwrap().unwrap();

    room.round(world.now).await.unwrap();
    assert_eq!(world.error().await.as_deref(), Some("google refuses: Invalid JWT Signature."));
    let none = CalendarRoom::open(world.store.clone(), web::calendar::Settings::default()).unwrap();
    none.round(world.now + SignedDuration::from_mins(16)).await.unwrap();
    let told = world.error().await.unwrap();
    assert_eq!(told, "no Google account is set up: set calendars.google");
    let odd = account_of(&world.google, "-----BEGIN NONSENSE-----");
    let settings = web::calendar::Settings { google: Some(odd), plain_http: false };
    let refused = CalendarRoom::open(world.store.clone(), settings).unwrap_err().to_string();
    assert!(refused.contains("calendars.google.key"), "{refused}");
}

/// One master who works every day, with a job on 24 November at 10:00, and whose calendars are read.
struct World {
    store: Store,
    rows: OrgStore,
    job: JobId,
    master: MasterId,
    google: Google,
    room: CalendarRoom,
    now: Timestamp,
}

impl World {
    async fn new() -> Self {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let store = Store::open(":memory:", Ids::new(1)).await.unwrap();
        for name in ["o", "other"] {
            store.add_organisation(&OrgId::new(name), name, &Settings::default()).await.unwrap();
        }
        let rows = store.org(&OrgId::new("o"));
        let job = booked::job(&rows, now).await;
        let master = rows.masters().await.unwrap().remove(0).id;
        let google = Google::open().await;
        let settings = web::calendar::Settings {
            google: Some(account_of(&google, &google.key)),
            plain_http: true,
        };
        let room = CalendarRoom::open(store.clone(), settings).unwrap();

        Self { store, rows, job, master, google, room, now }
    }

    async fn round_at(&self, minute: i64) {
        self.room.round(self.now + SignedDuration::from_mins(minute)).await.unwrap();
    }

    async fn is_free(&self, at: &str) -> bool {
        let at: Timestamp = at.parse().unwrap();
        let job = self.rows.job(&self.job).await.unwrap().unwrap();
        let work = Work {
            category: Category::Electrical,
            minutes: 60,
            city: job.address.city.unwrap_or_default(),
            street: None,
            urgent: false,
        };
        let wish = Wish { from: Some(at), to: Some(at) };
        let answer = self.rows.feasible(&work, &wish, None, self.now).await.unwrap();
        matches!(answer, Feasibility::Can { .. })
    }

    async fn error(&self) -> Option<String> {
        self.rows.calendars(&self.master).await.unwrap().remove(0).error
    }
}

fn account_of(google: &Google, key: &str) -> account::Account {
    account::Account {
        email: EMAIL.into(),
        key: key.to_owned(),
        base: format!("{}/v3", google.url),
        token_url: format!("{}/token", google.url),
    }
}

/// A calendar's file at an address.
struct File {
    url: String,
    event: Arc<Mutex<Option<String>>>,
}

impl File {
    async fn open(event: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/me.ics", listener.local_addr().unwrap());
        let event = Arc::new(Mutex::new(Some(event.to_owned())));
        let served = Arc::clone(&event);
        let file = move || {
            let event = served.lock().unwrap().clone();
            async move {
                match event {
                    Some(event) => (
                        StatusCode::OK,
                        format!(
                            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n{event}\r\n\
                         END:VEVENT\r\nEND:VCALENDAR\r\n"
                        ),
                    ),
                    None => (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
                }
            }
        };
        let app = Router::new().route("/me.ics", get(file));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, event }
    }

    fn says(&self, event: &str) {
        *self.event.lock().unwrap() = Some(event.to_owned());
    }

    fn breaks(&self) {
        *self.event.lock().unwrap() = None;
    }
}

#[tokio::test]
async fn the_window_reaches_three_months_ahead() {
    let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();

    assert!(window(now).end > now + SignedDuration::from_hours(24 * 90));
}
