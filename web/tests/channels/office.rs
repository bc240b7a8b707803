//! Somebody of the office in a written conversation.

use axum::http::StatusCode;
use job_core::conversation::{ConversationFilter, Speaker};
use serde_json::json;
use web::channels::bot::{Kind, Serves};

use crate::platform::{Does, Platform};
use crate::world::{World, morning};

const ANNA: i64 = 5_550_001;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_steps_in_writes_and_hands_back() {
    let world = World::new(Platform::open(Kind::Telegram).await, Serves::Clients).await;
    world.does(ANNA, Does::Writes("не работает розетка в спальне"), 0).await;
    let id = world.record(ANNA).await.id;
    let at = |deed: &str| format!("/conversations/{id}/{deed}");
    let said = json!({ "operator": "anna", "text": "Здравствуйте, это Анна.", "message_id": "1" });
    let who = json!({ "operator": "anna" });

    assert_eq!(world.api(&at("reply"), said.clone()).await.0, StatusCode::CONFLICT);
    for _ in 0..2 {
        assert_eq!(world.api(&at("take-over"), who.clone()).await.0, StatusCode::NO_CONTENT);
        assert_eq!(world.api(&at("reply"), said.clone()).await.0, StatusCode::NO_CONTENT);
    }
    let boris = json!({ "operator": "boris" });
    assert_eq!(world.api(&at("take-over"), boris.clone()).await.0, StatusCode::CONFLICT);
    let silent = world.does(ANNA, Does::Writes("слава богу, человек"), 20).await;
    let told: Vec<_> = silent.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(told, ["К разговору подключился сотрудник.", "Здравствуйте, это Анна."]);
    assert!(world.does(ANNA, Does::Writes("улица Багратиона 20"), 25).await.is_empty());

    assert_eq!(world.api(&at("hand-back"), who).await.0, StatusCode::NO_CONTENT);
    world.settled().await;
    let back = world.platform.taken().pop().unwrap().text;
    assert!(back.starts_with("Снова отвечаю я"), "{back}");
    let on = world.does(ANNA, Does::Writes("улица Багратиона 20 квартира 5"), 40).await;
    assert_eq!(on.len(), 1);
    assert_eq!(
        world.state(ANNA).await.slots.address.house.as_deref(),
        Some("20"),
        "the agent goes on where it was"
    );
    let lines = world.rows().transcript(&id).await.unwrap();
    let by = |who| lines.iter().filter(|it| it.speaker == who).count();
    assert_eq!((by(Speaker::Operator), by(Speaker::Client)), (1, 4));
    let deeds = world.rows().deeds(Default::default()).await.unwrap();
    assert!(
        deeds.iter().any(|it| it.deed == "conversation_taken_over" && it.who == "api:demo/anna")
    );
    let nobody = world.api("/conversations/nobody/take-over", boris).await;
    assert_eq!(nobody.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_angry_client_and_one_who_asks_bring_a_person() {
    let world = World::new(Platform::open(Kind::Telegram).await, Serves::Clients).await;
    let mut settings = world.rows().settings().await.unwrap();
    settings.operators = Some(job_core::schedule::Hours::new(8, 20));
    world.rows().set_settings(&settings, "test", morning()).await.unwrap();

    world.does(ANNA, Does::Opens, 0).await;
    world.does(ANNA, Does::Writes("вы мошенники, пойду в прокуратуру"), 5).await;
    world.does(ANNA + 1, Does::Opens, 0).await;
    let called = world.does(ANNA + 1, Does::Writes("позовите оператора"), 5).await;

    assert!(called[0].text.contains("ответит прямо здесь"), "{called:?}");
    assert_eq!(world.record(ANNA + 1).await.ended, None, "it goes on until somebody comes");
    let filter = ConversationFilter { with_person: true, ..ConversationFilter::default() };
    let wanted = world.rows().conversations(&filter, Default::default()).await.unwrap();
    let mut why: Vec<_> = wanted.iter().map(|it| it.wanted_why.as_deref().unwrap()).collect();
    why.sort();
    assert_eq!(why, ["angry", "operator"]);
    let again = world.does(ANNA + 1, Does::Writes("позовите оператора"), 10).await;
    assert!(!again[0].text.contains("ответит прямо здесь"), "{again:?}");
}

/// Out of hours nobody is promised.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_night_a_person_phones_back() {
    let world = World::new(Platform::open(Kind::Telegram).await, Serves::Clients).await;
    let mut settings = world.rows().settings().await.unwrap();
    settings.operators = Some(job_core::schedule::Hours::new(10, 20));
    world.rows().set_settings(&settings, "test", morning()).await.unwrap();
    world.does(ANNA, Does::Opens, 0).await;

    let told = world.does(ANNA, Does::Writes("позовите оператора"), 5).await;

    assert!(!told[0].text.contains("ответит прямо здесь"), "{told:?}");
    assert_eq!(world.record(ANNA).await.wanted, None);
}
