//! Messengers as their users meet them: every one of them a local server written from its
//! documentation, and the house behind its webhook.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod hooks;
mod office;
mod platform;
mod world;

use job_core::conversation::{Kind as Talk, Speaker};
use job_core::job::JobStatus;
use job_core::media::Form;
use job_core::outbox;
use job_core::trade::Channel;
use web::channels::bot::{Kind, Serves};

use platform::{Does, KINDS, Platform};
use world::{World, morning};

const ANNA: i64 = 5_550_001;
const PHONE: &str = "+79115550001";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_every_messenger_an_order_is_booked_with_words_and_buttons() {
    for kind in KINDS {
        let world = World::new(Platform::open(kind).await, Serves::Clients).await;

        let hello = world.does(ANNA, Does::Opens, 0).await;
        assert_eq!(hello.len(), 1, "{kind:?}");
        assert!(hello[0].text.contains("помощник"), "{kind:?}: {}", hello[0].text);
        world.does(ANNA, Does::Writes("капает кран на кухне"), 10).await;
        if world.state(ANNA).await.phase == "problem" {
            world.does(ANNA, Does::Writes("из носика"), 15).await;
        }
        let time = world.does(ANNA, Does::Writes("улица Багратиона 20 квартира 5"), 20).await;
        assert!(time[0].buttons.contains(&"Завтра".to_owned()), "{kind:?}: {time:?}");
        assert!(time[0].text.contains("✓ Адрес"), "{kind:?}: {}", time[0].text);
        let offer = world.does(ANNA, Does::Presses("Завтра".into()), 30).await;
        assert!(offer[0].buttons.contains(&"Да".to_owned()), "{kind:?}: {offer:?}");
        let mut last = world.does(ANNA, Does::Presses("Да".into()), 40).await;
        for second in [50, 60, 70, 80] {
            let state = world.state(ANNA).await;
            let deed = match serde_json::to_value(state.awaiting).unwrap().as_str().unwrap() {
                "name" => Does::Writes("Анна"),
                "phone" if last[0].asks_number => Does::SharesOwnNumber(PHONE),
                "phone" => Does::Writes(PHONE),
                "confirmation" => Does::Presses("Да".into()),
                _ => break,
            };
            last = world.does(ANNA, deed, second).await;
        }

        let record = world.record(ANNA).await;
        let job = record.job.unwrap_or_else(|| panic!("{kind:?}: no job: {last:?}"));
        let job = world.rows().job(&job).await.unwrap().unwrap();
        assert!(job.client_phone.ends_with("5550001"), "{kind:?}: {}", job.client_phone);
        assert!(last.iter().any(|it| it.text.contains("✓ Готово")), "{kind:?}: {last:?}");
        let said = world.rows().transcript(&record.id).await.unwrap();
        let theirs: Vec<_> = said.iter().filter(|it| it.speaker == Speaker::Agent).collect();
        assert_eq!(theirs.iter().filter(|it| it.text.is_empty()).count(), 0);
        let told = world.platform.taken();
        assert!(told.iter().all(|it| it.chat == world.platform.chat(ANNA)));
        let thanks = world.does(ANNA, Does::Writes("спасибо большое"), 100).await;
        assert_eq!(world.record(ANNA).await.id, record.id, "{kind:?}: thanks begin nothing");
        assert!(!thanks[0].text.contains("помощник"), "{kind:?}: {thanks:?}");
        world.does(ANNA, Does::Writes("ещё не работает розетка"), 110).await;
        assert_ne!(world.record(ANNA).await.id, record.id, "{kind:?}: another trouble does");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_at_once_is_greeted_and_not_asked_what_they_have_told() {
    let world = World::new(Platform::open(Kind::Telegram).await, Serves::Clients).await;

    let answer = world.does(ANNA, Does::Writes("не работает розетка в спальне"), 0).await;

    assert_eq!(answer.len(), 1);
    assert!(answer[0].text.contains("помощник"), "{}", answer[0].text);
    let questions = answer[0].text.matches('?').count();
    assert_eq!(questions, 1, "{}", answer[0].text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_is_kept_with_the_order_and_a_page_in_disguise_is_not() {
    for kind in KINDS {
        let world = World::new(Platform::open(kind).await, Serves::Clients).await;
        let mut photo = b"\xff\xd8\xff\xe0".to_vec();
        photo.resize(60_000, 7);
        world.platform.keep_file("photo", photo.clone());
        world.platform.keep_file("page", b"<html><script>alert(1)</script>".to_vec());

        let kept = Does::Sends { file: "photo", caption: "капает кран на кухне" };
        let kept = world.does(ANNA, kept, 0).await;
        let page = world.does(ANNA, Does::Sends { file: "page", caption: "" }, 5).await;
        let lost = world.does(ANNA, Does::Sends { file: "gone", caption: "" }, 10).await;
        let again = world.does(ANNA, Does::Sends { file: "photo", caption: "" }, 15).await;

        assert!(kept[0].text.contains("помощник"), "{kind:?}: {}", kept[0].text);
        assert!(kept[1].text.contains("приложу к заявке"), "{kind:?}: {}", kept[1].text);
        assert!(page[0].text.contains("принять не могу"), "{kind:?}: {}", page[0].text);
        assert!(lost[0].text.contains("не дошёл"), "{kind:?}: {}", lost[0].text);
        assert!(again[0].text.contains("приложу"), "{kind:?}: {}", again[0].text);
        let record = world.record(ANNA).await;
        let files = world.rows().attachments(&record.id).await.unwrap();
        assert_eq!(files.len(), 1, "{kind:?}");
        assert_eq!((files[0].form, files[0].bytes), (Form::Jpeg, 60_000));
        assert!(world.state(ANNA).await.slots.category.is_some(), "{kind:?}: the caption counts");
        let path = format!("/api/v1/media/{}", files[0].hash);
        let request = axum::http::Request::get(path)
            .header("x-api-key", world::KEY)
            .body(axum::body::Body::empty());
        let (status, _) = world.send(request.unwrap()).await;
        assert_eq!(status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_on_the_map_is_no_address_and_a_voice_nobody_hears_is_asked_for_in_words() {
    for kind in KINDS {
        let world = World::new(Platform::open(kind).await, Serves::Clients).await;
        world.platform.keep_file("voice", b"OggS\0voice".to_vec());
        world.does(ANNA, Does::Opens, 0).await;

        let place = world.does(ANNA, Does::Place, 5).await;
        assert!(place[0].text.contains("улица"), "{kind:?}: {place:?}");
        if kind != Kind::Viber {
            let voice = world.does(ANNA, Does::Speaks("voice"), 10).await;
            assert!(voice[0].text.contains("Не разобрал"), "{kind:?}: {voice:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_their_own_number_is_vouched_for() {
    for kind in [Kind::Telegram, Kind::Viber, Kind::Max] {
        let world = World::new(Platform::open(kind).await, Serves::Clients).await;
        world.does(ANNA, Does::Opens, 0).await;

        world.does(ANNA, Does::SharesAnothersNumber("+79110009999"), 5).await;
        let rows = world.rows();
        let channel = serde_json::from_value(serde_json::to_value(kind).unwrap()).unwrap();
        let theirs = rows.address_on(channel, "+79110009999").await.unwrap();
        assert_eq!(theirs, None, "{kind:?}");

        world.does(ANNA, Does::SharesOwnNumber(PHONE), 10).await;
        let own = rows.address_on(channel, PHONE).await.unwrap();
        assert_eq!(own, Some(format!("bot:{}", world.platform.chat(ANNA))), "{kind:?}");
    }
}

/// The same person, first on the telephone, then here: nothing is asked again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_broke_off_goes_on_in_the_messenger() {
    let world = World::new(Platform::open(Kind::Telegram).await, Serves::Clients).await;
    let desk = world.house.desk(world.rows().id());
    let opening = dialog::desk::Opening {
        kind: Talk::ClientRequest,
        channel: Channel::Phone,
        language: job_core::trade::Language::Ru,
        phone: Some(PHONE.into()),
        writer: None,
        vouched: false,
        test: true,
    };
    let call = desk.start(opening, morning()).await.unwrap().conversation_id;
    desk.message(&call, "не работает розетка в спальне", None, morning()).await.unwrap();
    desk.message(&call, "улица Багратиона 20 квартира 5", None, morning()).await.unwrap();
    desk.give_up(&call, morning()).await.unwrap();

    world.does(ANNA, Does::Opens, 0).await;
    let on = world.does(ANNA, Does::SharesOwnNumber(PHONE), 10).await;

    let (state, record) = (world.state(ANNA).await, world.record(ANNA).await);
    assert_eq!(state.slots.address.street.as_deref(), Some("улица Багратиона"), "{on:?}");
    assert!(state.slots.category.is_some());
    assert_eq!(record.participant.as_deref(), Some(PHONE));
    assert_ne!(record.id, call);
    assert_eq!(on.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_is_offered_a_job_with_a_button_and_accepts_it() {
    let world = World::new(Platform::open(Kind::Telegram).await, Serves::Masters).await;
    let rows = world.rows();
    let mut settings = rows.settings().await.unwrap();
    settings.asking.mode = job_core::offer::Mode::OneByOne;
    rows.set_settings(&settings, "test", morning()).await.unwrap();
    let masters = rows.masters().await.unwrap();
    let hello = world.does(ANNA, Does::Opens, 0).await;
    assert!(hello[0].asks_number, "whoever works here shows it by the number: {hello:?}");
    for (number, master) in masters.iter().enumerate() {
        let phone: &'static str = master.phone.clone().leak();
        world.does(ANNA + number as i64 + 1, Does::SharesOwnNumber(phone), 5).await;
    }
    let before = world.platform.taken().len();

    let job = booked(&world).await;
    world.settled().await;
    let told = world.platform.taken().split_off(before);
    let number = rows.job(&job).await.unwrap().unwrap().number;
    let accept = format!("Принимаю {number}");
    let offer = told.iter().find(|it| it.buttons.contains(&accept));
    let offer = offer.unwrap_or_else(|| panic!("nobody is asked: {told:?}"));
    let chat: i64 = offer.chat.parse().unwrap();
    let answer = world.does(chat, Does::Presses(accept), 60).await;

    let job = rows.job(&job).await.unwrap().unwrap();
    assert_eq!(job.status, JobStatus::Accepted, "{answer:?}");
    let channel = rows.messages(&job.id).await.unwrap();
    let offered = channel.iter().find(|it| it.template == "offer").unwrap();
    assert_eq!(offered.channel, Some(outbox::Channel::Telegram));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_who_wants_to_work_here_joins_in_the_masters_bot() {
    let world = World::new(Platform::open(Kind::Telegram).await, Serves::Masters).await;

    world.does(ANNA, Does::Opens, 0).await;

    assert_eq!(world.record(ANNA).await.kind, Talk::MasterOnboarding);
    world.does(ANNA, Does::Writes("Петров Иван Сергеевич"), 5).await;
    let joined = world.state(ANNA).await.slots.joined.unwrap();
    assert_eq!(joined.full_name.as_deref(), Some("Петров Иван Сергеевич"));
}

async fn booked(world: &World) -> job_core::ids::JobId {
    let desk = world.house.desk(world.rows().id());
    let opening = dialog::desk::Opening {
        kind: Talk::ClientRequest,
        channel: Channel::Web,
        language: job_core::trade::Language::Ru,
        phone: Some("+79114567890".into()),
        writer: None,
        vouched: false,
        test: true,
    };
    let id = desk.start(opening, morning()).await.unwrap().conversation_id;
    for said in [
        "капает кран на кухне",
        "из носика",
        "улица Багратиона 20 квартира 5",
        "завтра после обеда",
        "да",
        "Анна",
        "да",
        "да",
    ] {
        let answered = desk.message(&id, said, None, morning()).await.unwrap();
        if let Some(job) = answered.state.job_id {
            return job;
        }
    }
    panic!("not booked: {:?}", desk.standing(&id).await.unwrap().state);
}
