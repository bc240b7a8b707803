//! Chats and persons in them: asked of SQLite always and of Postgres where TEST_POSTGRES_URL holds the
//! URL of a database for tests.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod world;

use jiff::{SignedDuration, Timestamp};
use job_core::chat::{ChatId, Letter, Line, Parcel, Said};
use job_core::conversation::{
    Conversation, ConversationFilter, ConversationStatus, Ending, Speaker,
};
use job_core::ids::ConversationId;
use job_core::media::{Form, Kept};
use job_core::store::{OrgStore, TakeOverRefused};
use job_core::trade::{Channel, Language};
use world::{World, conformance};

conformance! {
    a_letter_is_read_once_however_often_it_comes,
    letters_are_read_in_the_order_they_were_sent,
    a_letter_that_cannot_be_read_is_given_up_at_last,
    one_operator_at_a_time_and_every_word_kept,
    a_person_is_called_once,
    what_is_said_in_a_chat_leaves_once,
    a_file_is_kept_once_and_is_one_organisations,
    what_is_kept_no_longer_takes_its_files_and_answers_along,
}

async fn a_letter_is_read_once_however_often_it_comes(world: World) {
    let (store, other) = (world.org("a").await, world.org("b").await);
    let letter = letter("7", "chat", 0, &world);

    assert!(store.receive("bot", &letter, world.now).await.unwrap());
    assert!(!store.receive("bot", &letter, world.now).await.unwrap());
    assert!(store.receive("another", &letter, world.now).await.unwrap(), "a bot counts by itself");
    assert!(other.receive("bot", &letter, world.now).await.unwrap(), "so does an organisation");

    assert_eq!(store.unread(&chat("chat")).await.unwrap(), std::slice::from_ref(&letter));
    store.letter_read("bot", "7").await.unwrap();
    assert_eq!(store.unread(&chat("chat")).await.unwrap(), []);
    assert!(!store.receive("bot", &letter, world.now).await.unwrap(), "it was read");
    assert_eq!(other.unread(&chat("chat")).await.unwrap().len(), 1);
}

async fn letters_are_read_in_the_order_they_were_sent(world: World) {
    let store = world.org("a").await;
    for (update, second) in [("3", 30), ("1", 10), ("2", 20)] {
        store.receive("bot", &letter(update, "chat", second, &world), world.now).await.unwrap();
    }
    store.receive("bot", &letter("4", "elsewhere", 5, &world), world.now).await.unwrap();

    let read: Vec<_> = store.unread(&chat("chat")).await.unwrap();
    let read: Vec<_> = read.iter().map(|it| it.update.as_str()).collect();
    assert_eq!(read, ["1", "2", "3"]);
    let waiting = world.store.chats_with_mail(world.now + SignedDuration::from_secs(1)).await;
    let mine = waiting.unwrap().into_iter().filter(|it| it.0 == *store.id()).count();
    assert_eq!(mine, 2);
}

async fn a_letter_that_cannot_be_read_is_given_up_at_last(world: World) {
    let store = world.org("a").await;
    store.receive("bot", &letter("7", "chat", 0, &world), world.now).await.unwrap();

    for _ in 0..4 {
        assert!(store.letter_failed("bot", "7").await.unwrap());
    }
    assert!(!store.letter_failed("bot", "7").await.unwrap());
    assert_eq!(store.unread(&chat("chat")).await.unwrap(), []);
}

async fn one_operator_at_a_time_and_every_word_kept(world: World) {
    let store = world.org("a").await;
    let id = begun(&world, &store, Channel::Telegram).await;
    store.talk_in(&chat("chat"), &id, world.now).await.unwrap();

    let unasked = store.operator_says(&id, ("anna", "Здравствуйте"), "1", world.now).await.unwrap();
    assert_eq!(unasked, Err(TakeOverRefused::NotTaken));
    store.step_in(&id, "anna", world.now).await.unwrap().unwrap();
    store.step_in(&id, "anna", world.now).await.unwrap().unwrap();
    let others = TakeOverRefused::Others { who: "anna".into() };
    assert_eq!(store.step_in(&id, "boris", world.now).await.unwrap(), Err(others.clone()));
    assert_eq!(store.hand_back(&id, "boris", world.now).await.unwrap(), Err(others));

    for _ in 0..2 {
        store.operator_says(&id, ("anna", "Здравствуйте"), "1", world.now).await.unwrap().unwrap();
        let message = Some(("m1", "{}"));
        store.keep_for_operator(&id, "наконец-то", message, world.now).await.unwrap();
    }
    let said: Vec<_> = store.transcript(&id).await.unwrap();
    let said: Vec<_> = said.iter().map(|it| (it.speaker, it.text.as_str())).collect();
    assert_eq!(said, [(Speaker::Operator, "Здравствуйте"), (Speaker::Client, "наконец-то")]);
    assert!(!store.save_turn_over("{}", &id, &[], "{}", "{}", None).await.unwrap(), "it is taken");

    store.hand_back(&id, "anna", world.now).await.unwrap().unwrap();
    assert!(store.save_turn_over("{}", &id, &[], "{}", "{}", None).await.unwrap());
    let events = store.events(&id).await.unwrap();
    let events: Vec<_> = events.iter().map(|it| (it.kind.as_str(), it.detail.as_str())).collect();
    assert_eq!(events, [("taken_over", "anna"), ("handed_back", "anna")]);
    let unknown = ConversationId::new("nobody's");
    let refused = store.step_in(&unknown, "anna", world.now).await.unwrap();
    assert_eq!(refused, Err(TakeOverRefused::Unknown(unknown)));
    let theirs = world.org("b").await.step_in(&id, "eve", world.now).await.unwrap();
    assert_eq!(theirs, Err(TakeOverRefused::Unknown(id.clone())));
    let ending = Ending {
        status: ConversationStatus::Completed,
        reason: "done".into(),
        recording: None,
        job: None,
    };
    store.end_conversation(&id, &ending, world.now).await.unwrap();
    assert_eq!(
        store.step_in(&id, "anna", world.now).await.unwrap(),
        Err(TakeOverRefused::Over(id.clone()))
    );
    let call = begun(&world, &store, Channel::Phone).await;
    let spoken = store.step_in(&call, "anna", world.now).await.unwrap();
    assert_eq!(spoken, Err(TakeOverRefused::Spoken));
}

async fn a_person_is_called_once(world: World) {
    let store = world.org("a").await;
    let id = begun(&world, &store, Channel::Web).await;
    begun(&world, &store, Channel::Web).await;

    assert!(store.want_person(&id, "angry", world.now).await.unwrap());
    assert!(!store.want_person(&id, "operator", world.now).await.unwrap());

    let filter = ConversationFilter { with_person: true, ..ConversationFilter::default() };
    let wanted = store.conversations(&filter, Default::default()).await.unwrap();
    assert_eq!(wanted.len(), 1);
    assert_eq!(wanted[0].wanted_why.as_deref(), Some("angry"));
    store.step_in(&id, "anna", world.now).await.unwrap().unwrap();
    let taken = store.conversation(&id).await.unwrap().unwrap();
    assert_eq!((taken.wanted, taken.operator.as_deref()), (None, Some("anna")));
    assert!(!store.want_person(&id, "angry", world.now).await.unwrap(), "one is there");
}

async fn what_is_said_in_a_chat_leaves_once(world: World) {
    let store = world.org("a").await;
    let id = begun(&world, &store, Channel::Telegram).await;
    store.talk_in(&chat("chat"), &id, world.now).await.unwrap();
    let line = store.line_of(&id).await.unwrap().unwrap();
    let known = Line { chat: chat("chat"), channel: Channel::Telegram, language: Language::Ru };
    assert_eq!(line, known);

    let parcel = Parcel { text: "Что случилось?".into(), ..Parcel::default() };
    for key in ["1", "1", "2"] {
        store.say_in_chat(&line, &parcel, key, world.now).await.unwrap();
    }
    let page = Line { channel: Channel::Web, ..line };
    store.say_in_chat(&page, &parcel, "3", world.now).await.unwrap();

    let left = store.chat_messages("bot", "chat").await.unwrap();
    assert_eq!(left.len(), 2, "pages fetch theirs");
    assert!(left.iter().all(|it| it.payload["text"] == "Что случилось?"));
    assert!(left.iter().all(|it| (it.recipient.as_str(), it.address.as_str()) == ("chat", "chat")));
}

async fn a_file_is_kept_once_and_is_one_organisations(world: World) {
    let (store, other) = (world.org("a").await, world.org("b").await);
    let id = begun(&world, &store, Channel::Telegram).await;
    let kept = Kept { hash: "ab".repeat(32), form: Form::Jpeg, bytes: 1_000, created: world.now };
    let later = world.now + SignedDuration::from_secs(5);

    store.keep_media(&kept).await.unwrap();
    store.keep_media(&kept).await.unwrap();
    assert!(store.attach(&id, &kept.hash, ("1.jpg", "кран"), later).await.unwrap());
    assert!(!store.attach(&id, &kept.hash, ("1.jpg", "кран"), later).await.unwrap());

    let found = store.attachments(&id).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].form, found[0].at.0, found[0].caption.as_str()),
        (Form::Jpeg, 5_000, "кран")
    );
    assert_eq!(store.media(&kept.hash).await.unwrap(), Some(kept.clone()));
    assert_eq!(other.media(&kept.hash).await.unwrap(), None);
    assert!(!other.attach(&id, &kept.hash, ("1.jpg", ""), later).await.unwrap());
    assert_eq!(other.attachments(&id).await.unwrap(), []);
}

async fn what_is_kept_no_longer_takes_its_files_and_answers_along(world: World) {
    let store = world.org("a").await;
    let mut settings = store.settings().await.unwrap();
    settings.retention.words_days = Some(30);
    store.set_settings(&settings, "test", world.now).await.unwrap();
    let id = begun(&world, &store, Channel::Telegram).await;
    store.talk_in(&chat("chat"), &id, world.now).await.unwrap();
    let kept = Kept { hash: "cd".repeat(32), form: Form::Jpeg, bytes: 9, created: world.now };
    store.keep_media(&kept).await.unwrap();
    store.attach(&id, &kept.hash, ("", ""), world.now).await.unwrap();
    let line = store.line_of(&id).await.unwrap().unwrap();
    let parcel = Parcel { text: "Багратиона 20".into(), ..Parcel::default() };
    store.say_in_chat(&line, &parcel, "1", world.now).await.unwrap();
    let sent = store.chat_messages("bot", "chat").await.unwrap().remove(0);
    let next = job_core::outbox::Next::Sent { id: None };
    let by = Some(job_core::outbox::Channel::Telegram);
    store.message_tried(&sent.id, by, &next, world.now).await.unwrap();
    let ending = Ending {
        status: ConversationStatus::Completed,
        reason: "done".into(),
        recording: None,
        job: None,
    };
    store.end_conversation(&id, &ending, world.now).await.unwrap();
    let days = |days: i64| world.now + SignedDuration::from_hours(24 * days);

    store.forget_words(days(29)).await.unwrap();
    assert!(store.unheld_media(days(29)).await.unwrap().is_empty());
    store.forget_words(days(31)).await.unwrap();
    assert_eq!(store.unheld_media(days(31)).await.unwrap(), std::slice::from_ref(&kept.hash));
    assert_eq!(store.attachments(&id).await.unwrap(), []);
    let left = world.store.org(store.id()).chat_messages("bot", "chat").await.unwrap();
    assert!(left.is_empty(), "its words are gone: {left:?}");
    store.media_gone(&kept.hash).await.unwrap();
    assert!(store.unheld_media(days(31)).await.unwrap().is_empty());
}

fn chat(address: &str) -> ChatId {
    ChatId { bot: "bot".into(), address: address.into() }
}

fn letter(update: &str, chat: &str, second: i64, world: &World) -> Letter {
    let sent: Timestamp = world.now + SignedDuration::from_secs(second);

    Letter { update: update.into(), chat: chat.into(), sent, said: Said::Text("да".into()) }
}

async fn begun(world: &World, store: &OrgStore, channel: Channel) -> ConversationId {
    let id = ConversationId::new(store.new_id(world.now));
    let record = Conversation {
        memory: Some("{}".into()),
        ..Conversation::beginning(id.clone(), channel, Language::Ru, world.now)
    };
    store.start_conversation(&record).await.unwrap();
    id
}
