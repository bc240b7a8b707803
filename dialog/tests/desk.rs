//! The desk over a real store: a booking in writing, messages told twice or at the same moment.

mod world;

use std::sync::Arc;

use dialog::desk::{Answered, Desk, DeskError, Opening};
use dialog::state::{Awaiting, Status};
use job_core::conversation::{Kind, Speaker};
use job_core::demo::seed_demo;
use job_core::ids::{ConversationId, Ids};
use job_core::store::Store;
use job_core::trade::{Channel, Language};
use world::{morning, packs};

#[tokio::test]
async fn a_written_conversation_ends_in_a_job() {
    let store = store().await;
    let desk = desk_over(&store);
    let id = begun(&desk).await;
    let mut last = None;

    for text in [
        "Не работает розетка",
        "только одна",
        "Горького 21, кв 7",
        "в понедельник в 14:00",
        "да",
        "Иван",
        "8 911 222-33-44",
        "да, верно",
    ] {
        last = Some(desk.message(&id, text, None, morning()).await.expect("answer"));
    }

    let state = last.expect("answers").state;
    assert_eq!((state.status, state.awaiting), (Status::Completed, Awaiting::None), "{state:?}");
    assert!(state.job_id.is_some());
    let org = job_core::ids::OrgId::new(job_core::demo::ORG);
    let events = store.org(&org).events(&id).await.expect("events");
    assert_eq!(events.first().map(|it| it.kind.as_str()), Some("price_told"));
    assert_eq!(events.last().map(|it| it.kind.as_str()), Some("price_accepted"));
    let said = desk.transcript(&id).await.expect("transcript");
    assert_eq!(said.len(), 17);
    assert_eq!((said[1].speaker, said[2].speaker), (Speaker::Client, Speaker::Agent));
}

#[tokio::test]
async fn a_day_too_far_ahead_is_told_so_and_asked_again() {
    let desk = desk().await;
    let id = begun(&desk).await;
    for text in ["Не работает розетка", "только одна", "Горького 21, кв 7"]
    {
        desk.message(&id, text, None, morning()).await.expect("answer");
    }

    let far = desk.message(&id, "двадцатого июня в десять", None, morning()).await.expect("answer");

    assert!(far.reply.contains("вперёд"), "{}", far.reply);
    assert_eq!(far.state.awaiting, Awaiting::Time);
}

#[tokio::test]
async fn the_same_message_twice_changes_nothing() {
    let desk = desk().await;
    let id = begun(&desk).await;

    let first = desk.message(&id, "Не работает розетка", Some("m-1"), morning()).await;
    let again = desk.message(&id, "Не работает розетка", Some("m-1"), morning()).await;

    assert_eq!(first.expect("answer"), again.expect("answer"));
    assert_eq!(desk.transcript(&id).await.expect("transcript").len(), 3);
}

#[tokio::test]
async fn messages_of_one_moment_are_answered_one_after_the_other() {
    let store = store().await;
    let desks = [desk_over(&store), desk_over(&store)].map(Arc::new);
    let id = begun(&desks[0]).await;

    let answers: Vec<_> = (0..8)
        .map(|n| {
            let (desk, id) = (Arc::clone(&desks[n % 2]), id.clone());
            tokio::spawn(async move {
                desk.message(&id, "сколько стоит поменять розетку?", None, morning()).await
            })
        })
        .collect();
    let mut answered: Vec<Answered> = Vec::new();
    for answer in answers {
        answered.extend(answer.await.expect("task"));
    }

    let said = desks[0].transcript(&id).await.expect("transcript");
    assert_eq!(said.len(), 1 + 2 * answered.len());
    let order: Vec<i64> = said.iter().map(|line| line.seq).collect();
    assert_eq!(order, (0..said.len() as i64).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_conversation_nobody_began_is_unknown() {
    let desk = desk().await;
    let id = ConversationId::new("nobody");

    let answer = desk.message(&id, "да", None, morning()).await;

    assert!(matches!(answer, Err(DeskError::Unknown(unknown)) if unknown == id));
}

async fn store() -> Store {
    let store = Store::open(":memory:", Ids::new(1)).await.expect("store");
    seed_demo(&store, morning()).await.expect("demo");
    store
}

fn desk_over(store: &Store) -> Desk {
    let org = job_core::ids::OrgId::new(job_core::demo::ORG);
    Desk::new(store.org(&org), packs(Language::Ru), || 7)
}

async fn desk() -> Desk {
    desk_over(&store().await)
}

async fn begun(desk: &Desk) -> ConversationId {
    let opening = Opening {
        kind: Kind::ClientRequest,
        channel: Channel::Web,
        language: Language::Ru,
        phone: None,
        writer: None,
        vouched: false,
        test: true,
    };
    let started = desk.start(opening, morning()).await.expect("conversation");
    assert_eq!(started.state.awaiting, Awaiting::Problem);
    started.conversation_id
}
