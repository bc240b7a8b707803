//! What a webhook must bear: strangers, nonsense, the same again, another order, a house that dies.

use axum::http::StatusCode;
use serde_json::{Value, json};
use web::channels::bot::{Kind, Serves};

use crate::platform::{CONFIRMATION, Does, KINDS, Platform, SECRET};
use crate::world::{BOT, World, morning};

const ANNA: i64 = 5_550_001;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_not_the_messenger_changes_nothing() {
    for kind in KINDS {
        let world = World::new(Platform::open(kind).await, Serves::Clients).await;
        let all =
            || async { world.rows().conversations(&Default::default(), Default::default()).await };
        let before = all().await.unwrap();
        let mut update = world.platform.update(ANNA, &Does::Writes("капает кран"), 0);
        let signed = world.platform.signed(&update.to_string());
        let forged: Vec<_> = signed
            .iter()
            .map(|(name, value)| {
                let last = if value.ends_with('0') { '1' } else { '0' };
                (*name, format!("{}{last}", &value[..value.len() - 1]))
            })
            .collect();
        let other = json!({ "some": "other body" }).to_string();
        let others = world.platform.signed(&other);
        if kind == Kind::Vk {
            update["secret"] = "the-secreT".into();
        }

        let mut answers = vec![
            world.post_raw(update.to_string(), &[]).await.0,
            world.post_raw(update.to_string(), &forged).await.0,
        ];
        if matches!(kind, Kind::Whatsapp | Kind::Viber) {
            answers.push(world.post_raw(update.to_string(), &others).await.0);
        }
        assert!(answers.iter().all(|it| *it == StatusCode::FORBIDDEN), "{kind:?}: {answers:?}");

        world.settled().await;
        assert_eq!(world.platform.taken(), [], "{kind:?}");
        assert_eq!(all().await.unwrap(), before, "{kind:?}");
        let nowhere = axum::http::Request::post("/hooks/nobody").body(axum::body::Body::empty());
        assert_eq!(world.send(nowhere.unwrap()).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_of_no_use_is_taken_with_thanks() {
    for kind in KINDS {
        let world = World::new(Platform::open(kind).await, Serves::Clients).await;
        let good = world.platform.update(ANNA, &Does::Writes("капает кран"), 0);
        let mut bodies = crippled(&good);
        bodies.extend(
            ["", "{", "null", "[]", "\"text\"", "\u{0}", "{\"a\":1e999}"].map(String::from),
        );

        for body in bodies {
            // VK's secret is part of the body: without it nobody is thanked.
            let secret = body.contains(&format!("\"secret\":\"{SECRET}\""));
            let parsed = serde_json::from_str::<Value>(&body).is_ok();
            let strange = kind == Kind::Vk && parsed && !secret;
            let signed = world.platform.signed(&body);
            let (status, words) = world.post_raw(body.clone(), &signed).await;
            let wanted = if strange { StatusCode::FORBIDDEN } else { StatusCode::OK };
            assert_eq!(status, wanted, "{kind:?}: {body}");
            if kind == Kind::Vk && !strange {
                assert_eq!(words, "ok");
            }
        }
        world.settled().await;
    }
}

/// The update without each of its parts, and with each of them of another kind.
fn crippled(good: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    walk(good, String::new(), &mut paths);
    let mut bodies = Vec::new();
    for path in paths {
        for other in [Value::Null, json!(-1), json!("?"), json!([]), json!({}), json!(1.5e300)] {
            let mut body = good.clone();
            if let Some(part) = body.pointer_mut(&path) {
                *part = other;
                bodies.push(body.to_string());
            }
        }
    }
    bodies
}

fn walk(value: &Value, at: String, paths: &mut Vec<String>) {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, it)| (name.clone(), it)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(number, it)| (number.to_string(), it)).collect()
        }
        _ => Vec::new(),
    };
    for (name, it) in below {
        let path = format!("{at}/{name}");
        paths.push(path.clone());
        walk(it, path, paths);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_again_at_the_same_time_and_later_is_one_conversation() {
    for kind in KINDS {
        let world = World::new(Platform::open(kind).await, Serves::Clients).await;
        let told = ["не работает розетка в спальне", "улица Багратиона 20 квартира 5", "завтра"];
        let mut updates = Vec::new();
        for (number, words) in told.into_iter().enumerate() {
            let update = world.platform.update(ANNA, &Does::Writes(words), 10 * number as i64);
            let (one, two, three) = tokio::join!(
                world.hand_over(&update),
                world.hand_over(&update),
                world.hand_over(&update)
            );
            assert!([one.0, two.0, three.0].iter().all(|it| it.is_success()), "{kind:?}");
            world.settled().await;
            updates.push(update);
        }
        let before = (world.record(ANNA).await, world.platform.taken());

        for update in updates.iter().rev() {
            world.hand_over(update).await;
        }
        world.settled().await;

        assert_eq!(world.record(ANNA).await, before.0, "{kind:?}");
        assert_eq!(world.platform.taken(), before.1, "{kind:?}");
        assert_eq!(before.1.len(), told.len(), "{kind:?}: each is answered once");
        let said = world.rows().transcript(&before.0.id).await.unwrap();
        assert_eq!(said.len(), 1 + 2 * told.len(), "{kind:?}");
    }
}

/// Updates that overtake one another on their way are answered as they were sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_left_behind_are_read_in_the_order_they_were_sent() {
    for kind in KINDS {
        let world = World::new(Platform::open(kind).await, Serves::Clients).await;
        let told = ["не работает розетка в спальне", "улица Багратиона 20 квартира 5", "завтра"];
        let updates: Vec<Value> = told
            .iter()
            .enumerate()
            .map(|(number, words)| world.platform.update(ANNA, &Does::Writes(words), number as i64))
            .collect();
        // Written down by a process that died before it read them.
        let bot = world.platform.bot(Serves::Clients);
        for update in updates.iter().rev() {
            for letter in web::channels::hooks_letters(&bot, update) {
                world.rows().receive(BOT, &letter, morning()).await.unwrap();
            }
        }

        let later = morning() + jiff::SignedDuration::from_secs(6);
        world.house.read_left_behind(later).await.unwrap();
        world.settled().await;

        let record = world.record(ANNA).await;
        let said = world.rows().transcript(&record.id).await.unwrap();
        let theirs = said.iter().filter(|it| it.speaker == job_core::conversation::Speaker::Client);
        let theirs: Vec<_> = theirs.map(|it| it.text.as_str()).collect();
        assert_eq!(theirs, told, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_messenger_that_is_down_for_a_while_gets_every_answer_in_order() {
    for kind in KINDS {
        let world = World::new(Platform::open(kind).await, Serves::Clients).await;
        world.platform.fail(1);
        world.does(ANNA, Does::Opens, 0).await;
        assert_eq!(world.platform.taken().len(), 0, "{kind:?}");

        let later = morning() + jiff::SignedDuration::from_secs(60);
        world.post.round(later).await.unwrap();

        assert_eq!(world.platform.taken().len(), 1, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatsapp_and_vk_are_told_that_we_know_each_other() {
    let world = World::new(Platform::open(Kind::Whatsapp).await, Serves::Clients).await;
    let asked = |token: &str| {
        let query = format!("hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
        axum::http::Request::get(format!("/hooks/{BOT}?{query}"))
            .body(axum::body::Body::empty())
            .unwrap()
    };
    assert_eq!(world.send(asked(CONFIRMATION)).await, (StatusCode::OK, "1158201444".into()));
    assert_eq!(world.send(asked("guess")).await.0, StatusCode::FORBIDDEN);

    let world = World::new(Platform::open(Kind::Vk).await, Serves::Clients).await;
    let group: i64 = crate::platform::ACCOUNT.parse().unwrap();
    let mut asked = json!({ "type": "confirmation", "group_id": group, "secret": SECRET });
    let (status, words) = world.post_raw(asked.to_string(), &[]).await;
    assert_eq!((status, words.as_str()), (StatusCode::OK, CONFIRMATION));
    asked["group_id"] = (group + 1).into();
    assert_eq!(world.post_raw(asked.to_string(), &[]).await.1, "ok", "another community's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegram_without_a_webhook_is_asked() {
    let platform = Platform::open(Kind::Telegram).await;
    let bot = web::channels::bot::Bot { polls: true, ..platform.bot(Serves::Clients) };
    let bots = std::collections::BTreeMap::from([(BOT.to_owned(), bot)]);
    let bots = std::sync::Arc::new(web::channels::bots::Bots::open(bots).unwrap());
    let world = World::with(platform, Serves::Clients, |house| {
        let bell = std::sync::Arc::clone(&house.bell);
        house.with_bots(bots, bell)
    })
    .await;
    for (second, words) in [(0, "не работает розетка в спальне"), (5, "улица Багратиона 20")]
    {
        let update = world.platform.update(ANNA, &Does::Writes(words), second);
        world.platform.offer_update(update);
    }

    world.house.poll_bots();
    for _ in 0..2_000 {
        world.settled().await;
        if world.platform.taken().len() == 2 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("not answered: {:?}", world.platform.taken());
}

/// The same person writes to the bots of two organisations: each knows only what it was told itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_organisations_bots_know_nothing_of_each_other() {
    let platform = Platform::open(Kind::Telegram).await;
    let theirs = Platform::open(Kind::Telegram).await;
    let other = web::channels::bot::Bot { number: "300".into(), ..theirs.bot(Serves::Clients) };
    let bots = [(BOT.to_owned(), platform.bot(Serves::Clients)), ("theirs".to_owned(), other)];
    let bots = web::channels::bots::Bots::open(bots.into_iter().collect()).unwrap();
    let bots = std::sync::Arc::new(bots);
    let world = World::with(platform, Serves::Clients, |house| {
        let bell = std::sync::Arc::clone(&house.bell);
        house.with_bots(bots, bell)
    })
    .await;
    let org = job_core::ids::OrgId::new("other");
    world.store.add_organisation(&org, "Other", &Default::default()).await.unwrap();
    let line = job_core::store::Line {
        org: org.clone(),
        pack: Some("home-repair".into()),
        language: job_core::trade::Language::Ru,
    };
    world.store.add_number("300", &line).await.unwrap();
    world.does(ANNA, Does::Writes("не работает розетка в спальне"), 0).await;
    let before = (world.record(ANNA).await, world.platform.taken());

    let update = theirs.update(ANNA, &Does::Writes("капает кран на кухне"), 5);
    let request = axum::http::Request::post("/hooks/theirs")
        .header("X-Telegram-Bot-Api-Secret-Token", SECRET)
        .body(axum::body::Body::from(update.to_string()));
    assert_eq!(world.send(request.unwrap()).await.0, StatusCode::OK);
    world.settled().await;

    assert_eq!(world.record(ANNA).await, before.0);
    assert_eq!(world.platform.taken(), before.1);
    let rows = world.store.org(&org);
    let all = rows.conversations(&Default::default(), Default::default()).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_ne!(all[0].id, before.0.id);
    assert_eq!(rows.attachments(&before.0.id).await.unwrap(), []);
    assert_eq!(rows.conversation(&before.0.id).await.unwrap(), None);
}
