//! Messages on their way to providers that are down, slow, busy, broken, or take a message and then
//! lose it. The providers are local servers that answer as their documentation says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod booked;
mod providers;
mod smtp;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use job_core::hook::Hook;
use job_core::ids::{Ids, JobId, OrgId};
use job_core::outbox::{Channel, Routes};
use job_core::settings::Settings;
use job_core::store::{Message, MessageState, Store};
use providers::{Mood, Provider};
use smtp::MailServer;
use web::post::{PostRoom, email, push, sms_ru, telegram, twilio, webhook, whatsapp};

const MOODS: [Mood; 8] = [
    Mood::Down,
    Mood::Slow,
    Mood::Busy,
    Mood::Broken,
    Mood::Refuses,
    Mood::Loses,
    Mood::Nonsense,
    Mood::Good,
];

#[tokio::test]
async fn a_message_is_taken_asked_after_and_delivered() {
    let world = World::new(&[Channel::SmsRu], Mood::Good, Mood::Good).await;

    let messages = world.settled().await;

    assert_eq!(sent_by(&messages), [Some(Channel::SmsRu)]);
    let texts = world.sms_ru.texts();
    assert_eq!(texts.len(), 1);
    assert!(texts[0].starts_with("79110001234: Заявка №1001: завтра в 10:00, мастер Мастер 1."));
    assert!(texts[0].contains("https://gudok.test/t/"), "{texts:?}");
}

#[tokio::test]
async fn whatever_providers_do_a_message_ends_sent_once_or_visibly_failed() {
    for first in MOODS {
        for second in MOODS {
            let world = World::new(&[Channel::SmsRu, Channel::Twilio], first, second).await;

            let messages = world.settled().await;

            let delivered = world.sms_ru.delivered() + world.twilio.delivered();
            let [message] = messages.as_slice() else { panic!("{messages:?}") };
            let what = format!("{first:?}, then {second:?}: {message:?}");
            match first.delivers() || second.delivers() {
                true => assert_eq!(message.state, MessageState::Sent, "{what}"),
                false => {
                    assert_eq!(message.state, MessageState::Failed, "{what}");
                    assert!(message.error.is_some(), "{what}");
                }
            }
            assert_eq!(delivered, usize::from(message.state == MessageState::Sent), "{what}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_recovers_gets_it_later() {
    for mood in [Mood::Down, Mood::Busy, Mood::Broken, Mood::Slow] {
        let world = World::new(&[Channel::SmsRu], mood, Mood::Good).await;
        world.rounds(2).await;
        world.sms_ru.feels(Mood::Good);

        let messages = world.settled().await;

        assert_eq!(sent_by(&messages), [Some(Channel::SmsRu)], "{mood:?}");
        assert_eq!(world.sms_ru.delivered(), 1);
    }
}

#[tokio::test]
async fn a_webhook_that_answers_too_late_gets_the_same_key_again() {
    let world = World::new(&[Channel::Webhook], Mood::Good, Mood::Good).await;
    world.webhook.feels(Mood::Slow);
    world.rounds(2).await;
    world.webhook.feels(Mood::Good);

    let messages = world.settled().await;

    assert_eq!(sent_by(&messages), [Some(Channel::Webhook)]);
    assert!(world.webhook.asked() > 1, "it was asked more than once");
    assert_eq!(world.webhook.delivered(), 1, "and took it once, by its key");
}

#[tokio::test]
async fn two_rooms_on_one_outbox_send_once() {
    let world = World::new(&[Channel::SmsRu], Mood::Good, Mood::Good).await;

    let now = world.now;
    let (one, other) = tokio::join!(world.room.round(now), world.room.round(now));

    assert_eq!(one.unwrap() + other.unwrap(), 2);
    assert_eq!(world.sms_ru.asked(), 1);
}

#[tokio::test]
async fn a_room_that_died_with_a_message_in_hand_leaves_it_to_another() {
    let world = World::new(&[Channel::SmsRu], Mood::Good, Mood::Good).await;
    let taken = world.store.due_messages(10, world.now).await.unwrap();
    assert_eq!(taken.len(), 2);

    let soon = world.room.round(world.now + SignedDuration::from_secs(60)).await.unwrap();
    let later = world.room.round(world.now + SignedDuration::from_secs(121)).await.unwrap();

    assert_eq!((soon, later), (0, 2));
}

#[tokio::test]
async fn a_channel_nobody_set_up_is_a_clear_failure() {
    let world = World::new(&[], Mood::Good, Mood::Good).await;

    let messages = world.settled().await;

    assert_eq!(messages[0].state, MessageState::Failed);
    let why = messages[0].error.as_deref().unwrap();
    assert_eq!(why, "no channel is set up for this recipient");
}

#[tokio::test]
async fn whoever_is_known_to_a_messenger_is_written_to_there_first() {
    let route = [Channel::Telegram, Channel::Whatsapp, Channel::SmsRu];
    let world = World::new(&route, Mood::Good, Mood::Good).await;
    let rows = world.store.org(&world.org);

    let stranger = world.settled().await;
    rows.add_contact("+79110001234", Channel::Telegram, "4711").await.unwrap();
    rows.cancel(&world.job, "client", world.now).await.unwrap().unwrap();
    let known = world.settled().await;

    assert_eq!(sent_by(&stranger), [Some(Channel::Whatsapp)]);
    assert!(world.whatsapp.texts()[0].contains("Код у двери"));
    assert_eq!(known[1].template, "cancelled");
    assert_eq!(sent_by(&known)[1], Some(Channel::Telegram));
    assert!(world.telegram.texts()[0].contains("отменена"));
}

#[tokio::test]
async fn messengers_and_mail_in_any_mood_end_sent_once_or_visibly_failed() {
    for channel in [Channel::Telegram, Channel::Whatsapp, Channel::Email, Channel::Push] {
        for mood in MOODS {
            let world = World::new(&[channel, Channel::Twilio], Mood::Good, Mood::Good).await;
            let rows = world.store.org(&world.org);
            rows.add_contact("+79110001234", Channel::Telegram, "4711").await.unwrap();
            rows.add_contact("+79110001234", Channel::Email, "anna@mail.test").await.unwrap();
            rows.add_contact("+79110001234", Channel::Push, "gudok-7f3a").await.unwrap();
            world.push.feels(mood);
            world.telegram.feels(mood);
            world.whatsapp.feels(mood);
            world.mail.feels(mood);

            let messages = world.settled().await;

            let expected = if mood.delivers() { channel } else { Channel::Twilio };
            assert_eq!(sent_by(&messages), [Some(expected)], "{channel:?} {mood:?}: {messages:?}");
            let delivered = world.telegram.delivered()
                + world.whatsapp.delivered()
                + world.mail.mails().len()
                + world.push.delivered()
                + world.twilio.delivered();
            assert_eq!(delivered, 1, "{channel:?} {mood:?}");
        }
    }
}

#[tokio::test]
async fn a_messenger_that_is_busy_says_how_long_to_wait() {
    let world = World::new(&[Channel::Telegram], Mood::Good, Mood::Good).await;
    let rows = world.store.org(&world.org);
    rows.add_contact("+79110001234", Channel::Telegram, "4711").await.unwrap();
    world.telegram.feels(Mood::Busy);
    world.room.round(world.now).await.unwrap();
    world.telegram.feels(Mood::Good);

    world.room.round(world.now + SignedDuration::from_secs(29)).await.unwrap();
    assert_eq!(world.telegram.delivered(), 0);
    world.room.round(world.now + SignedDuration::from_secs(31)).await.unwrap();
    assert_eq!(world.telegram.delivered(), 1);
}

#[tokio::test]
async fn a_masters_offer_by_mail_has_the_job_file_with_it() {
    let world = World::with_master(&[Channel::Email]).await;
    let mut master = world.store.org(&world.org).masters().await.unwrap().remove(0);
    master.email = Some("master@mail.test".into());
    world.store.org(&world.org).put_master(&master).await.unwrap();

    world.room.round(world.now).await.unwrap();

    let mails = world.mail.mails();
    assert_eq!(mails.len(), 1, "the client has no address");
    let mail = &mails[0];
    assert!(mail.contains("To: master@mail.test") && mail.contains("Message-ID: <"), "{mail}");
    assert!(mail.contains("Content-Type: application/pdf"), "{mail}");
    assert!(mail.contains("filename=\"1001.pdf\""), "{mail}");
}

fn sent_by(messages: &[Message]) -> Vec<Option<Channel>> {
    messages.iter().map(|it| it.channel.filter(|_| it.state == MessageState::Sent)).collect()
}

#[tokio::test]
async fn an_integrator_is_told_what_it_asked_for_until_it_has_taken_it() {
    let world = World::new(&[Channel::SmsRu], Mood::Good, Mood::Good).await;
    let (rows, listener) = (world.store.org(&world.org), Provider::webhook(Mood::Slow).await);
    let other = Provider::webhook(Mood::Good).await;
    let hook = |id: &str, url: String, events: &[&str]| Hook {
        id: id.into(),
        url,
        events: events.iter().map(|it| (*it).to_owned()).collect(),
        secret: "s".into(),
        created: world.now,
    };
    rows.add_hook(&hook("h1", listener.url(), &["job.cancelled"])).await.unwrap();
    rows.add_hook(&hook("h2", other.url(), &["review.given"])).await.unwrap();

    rows.cancel(&world.job, "test", world.now).await.unwrap().unwrap();
    world.rounds(2).await;
    listener.feels(Mood::Good);
    world.settled().await;

    assert!(listener.asked() > 1, "too slow at first");
    assert_eq!(listener.delivered(), 1, "taken once, by its key");
    assert_eq!(other.asked(), 0, "nobody is told what they have not asked for");
    assert!(rows.drop_hook("h1").await.unwrap());
    assert!(!rows.drop_hook("h1").await.unwrap());
}

/// One booked job whose client is told so, and the providers.
struct World {
    store: Store,
    org: OrgId,
    job: JobId,
    room: PostRoom,
    sms_ru: Provider,
    twilio: Provider,
    webhook: Provider,
    telegram: Provider,
    whatsapp: Provider,
    mail: MailServer,
    push: Provider,
    now: Timestamp,
}

impl World {
    async fn new(route: &[Channel], first: Mood, second: Mood) -> Self {
        Self::open((route, &[]), first, second).await
    }

    /// The master is written to as well.
    async fn with_master(route: &[Channel]) -> Self {
        Self::open((route, route), Mood::Good, Mood::Good).await
    }

    async fn open((client, master): (&[Channel], &[Channel]), first: Mood, second: Mood) -> Self {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let store = Store::open(":memory:", Ids::new(1)).await.unwrap();
        let org = OrgId::new("o");
        let routes =
            Routes { client: client.to_vec(), master: master.to_vec(), ..Routes::default() };
        let settings = Settings { routes, ..Settings::default() };
        store.add_organisation(&org, "Дом", &settings).await.unwrap();
        let job = booked::job(&store.org(&org), now).await;
        let (sms_ru, twilio) = (Provider::sms_ru(first).await, Provider::twilio(second).await);
        let webhook = Provider::webhook(Mood::Good).await;
        let telegram = Provider::telegram(Mood::Good).await;
        let whatsapp = Provider::whatsapp(Mood::Good).await;
        let mail = MailServer::open(Mood::Good).await;
        let push = Provider::push(Mood::Good).await;
        let carriers = web::post::Settings {
            site: "https://gudok.test".into(),
            sms_ru: Some(sms_ru::SmsRu { api_id: "key".into(), from: None, base: sms_ru.url() }),
            twilio: Some(twilio::Twilio {
                account: "AC1".into(),
                token: "secret".into(),
                from: "+70000000000".into(),
                base: twilio.url(),
            }),
            webhook: Some(webhook::Webhook { url: webhook.url(), secret: "s".into() }),
            telegram: Some(telegram::Telegram { token: "1:secret".into(), base: telegram.url() }),
            whatsapp: Some(whatsapp::Whatsapp {
                number_id: "5550".into(),
                token: "secret".into(),
                template: "gudok_notice".into(),
                base: whatsapp.url(),
            }),
            email: Some(email::Email {
                host: "127.0.0.1".into(),
                port: mail.port(),
                tls: email::Tls::None,
                from: "Дом <service@home.test>".into(),
                login: None,
                password: None,
            }),
            push: Some(push::Push { base: push.url(), token: Some("tk_1".into()) }),
            patience_ms: 150,
        };
        let room = PostRoom::open(
            store.clone(),
            carriers,
            None,
            Default::default(),
            std::sync::Arc::new(|| 0),
        )
        .unwrap();

        Self { store, org, job, room, sms_ru, twilio, webhook, telegram, whatsapp, mail, push, now }
    }

    /// A minute each.
    async fn rounds(&self, count: i64) {
        for minute in 0..count {
            self.room.round(self.now + SignedDuration::from_mins(minute)).await.unwrap();
        }
    }

    /// What became of the client's messages five hours later.
    async fn settled(&self) -> Vec<Message> {
        for minute in 0..60 {
            self.room.round(self.now + SignedDuration::from_mins(5 * minute)).await.unwrap();
        }
        let mut messages = self.store.org(&self.org).messages(&self.job).await.unwrap();
        messages.retain(|it| it.recipient == "client");
        for message in &messages {
            let over = matches!(message.state, MessageState::Sent | MessageState::Failed);
            assert!(over, "after five hours: {message:?}");
        }
        messages
    }
}

/// Providers take longer than the room waits for.
const TOO_SLOW: Duration = Duration::from_millis(400);
