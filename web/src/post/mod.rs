//! The post room: messages leave here. The core wrote them and decides what follows from each answer;
//! this room words them, hands them to providers and writes down what those said.
//!
//! **Never here:** what is written to whom (core), a provider's secrets in a log.

pub(crate) mod carrier;
pub mod email;
mod letter;
pub mod push;
pub mod sms_ru;
pub mod telegram;
pub mod twilio;
pub mod webhook;
pub mod whatsapp;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use job_core::chat::{ChatId, Parcel};
use job_core::ids::OrgId;
use job_core::outbox::{Channel, Next, Outcome, Routes};
use job_core::store::{Message, OrgStore, Store, StoreError};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::Chance;
use crate::channels::bots::Bots;
use carrier::Carrier;
pub use carrier::Telephone;
use letter::Reader;

const PATIENCE: Duration = Duration::from_secs(10);

/// Whoever writes to us, as the outbox names them.
const CHAT: &str = "chat";
/// Integrators that are told what happens.
const HOOK: &str = "hook";

/// Messages that wait for a provider to be set up are looked at so often.
const UNTIL_FURNISHED: SignedDuration = SignedDuration::from_mins(5);
/// Addresses that are written to at the same time.
const LANES_MAX: usize = 256;

/// Whoever is written to.
type Lane = (OrgId, String);

/// Messages taken from the outbox at once.
const AT_ONCE: usize = 16;

/// Which providers there are. Secrets come from the environment, e.g. `GUDOK_POST__SMS_RU__API_ID`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// `https://…` before the path of a client's link.
    pub site: String,
    pub sms_ru: Option<sms_ru::SmsRu>,
    pub twilio: Option<twilio::Twilio>,
    pub telegram: Option<telegram::Telegram>,
    pub whatsapp: Option<whatsapp::Whatsapp>,
    pub email: Option<email::Email>,
    pub push: Option<push::Push>,
    pub webhook: Option<webhook::Webhook>,
    /// A provider that says nothing for so long is tried again later; 0: ten seconds.
    pub patience_ms: u64,
}

impl Settings {
    fn patience(&self) -> Duration {
        match self.patience_ms {
            0 => PATIENCE,
            millis => Duration::from_millis(millis),
        }
    }
}

/// HTTPS needs its cryptography chosen once in a process, before the first client is made.
pub fn secure() {
    // An error says that it was chosen before.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

#[derive(Clone)]
pub struct PostRoom {
    store: Store,
    client: reqwest::Client,
    carriers: Arc<HashMap<Channel, Carrier>>,
    /// Chats are answered, and whoever is known to a messenger is written to.
    bots: Arc<Bots>,
    /// Rings when something should leave at once.
    bell: Arc<Notify>,
    /// What is on its way, by who is written to.
    lanes: Arc<Mutex<HashMap<Lane, VecDeque<Message>>>>,
    site: Arc<str>,
    chance: Chance,
}

impl std::fmt::Debug for PostRoom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostRoom").field("channels", &self.carriers.keys()).finish_non_exhaustive()
    }
}

impl PostRoom {
    /// Where no provider is set up messages wait. `None`: this machine has no way to HTTPS.
    pub fn open(
        store: Store,
        settings: Settings,
        telephone: Option<Arc<dyn Telephone>>,
        (bots, bell): (Arc<Bots>, Arc<Notify>),
        chance: Chance,
    ) -> Option<Self> {
        let patience = settings.patience();
        secure();
        let mailer = settings.email.as_ref().and_then(|it| {
            email::Mailer::open(it, patience)
                .inspect_err(|why| tracing::error!(%why, "post.email cannot be used"))
                .ok()
        });
        let carriers: HashMap<Channel, Carrier> = [
            settings.sms_ru.map(|it| (Channel::SmsRu, Carrier::SmsRu(it))),
            settings.twilio.map(|it| (Channel::Twilio, Carrier::Twilio(it))),
            settings.telegram.map(|it| (Channel::Telegram, Carrier::Telegram(it))),
            settings.whatsapp.map(|it| (Channel::Whatsapp, Carrier::Whatsapp(it))),
            mailer.map(|it| (Channel::Email, Carrier::Email(it))),
            settings.push.map(|it| (Channel::Push, Carrier::Push(it))),
            settings.webhook.map(|it| (Channel::Webhook, Carrier::Webhook(it))),
            telephone.map(|it| (Channel::Call, Carrier::Call(it))),
        ]
        .into_iter()
        .flatten()
        .collect();
        let client = reqwest::Client::builder().timeout(patience).build().ok()?;

        Some(Self {
            store,
            client,
            carriers: Arc::new(carriers),
            bots,
            bell,
            lanes: Arc::default(),
            site: settings.site.into(),
            chance,
        })
    }

    /// Waits until something should leave at once.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Hands over what is due and waits until that is done; how many messages that were.
    pub async fn round(&self, now: Timestamp) -> Result<usize, StoreError> {
        let (count, under_way) = self.hand_out(now).await?;
        under_way.join_all().await;

        Ok(count)
    }

    /// Sets off what is due: a slow provider holds nobody up but whoever is written to through it. How
    /// many messages that were.
    pub async fn set_off(&self, now: Timestamp) -> Result<usize, StoreError> {
        let (count, mut under_way) = self.hand_out(now).await?;
        under_way.detach_all();

        Ok(count)
    }

    /// To one address messages go one after the other, in their order.
    async fn hand_out(&self, now: Timestamp) -> Result<(usize, JoinSet<()>), StoreError> {
        let mut new_lanes = JoinSet::new();
        if self.lanes().len() >= LANES_MAX {
            return Ok((0, new_lanes));
        }
        let due = self.store.due_messages(AT_ONCE, now).await?;
        let count = due.len();
        for (org, message) in due {
            let lane = (org, message.address.clone());
            let is_new = match self.lanes().entry(lane.clone()) {
                Entry::Occupied(mut lane) => {
                    lane.get_mut().push_back(message);
                    false
                }
                Entry::Vacant(lane) => {
                    lane.insert(VecDeque::from([message]));
                    true
                }
            };
            if is_new {
                let room = self.clone();
                new_lanes.spawn(async move { room.drive(&lane, now).await });
            }
        }

        Ok((count, new_lanes))
    }

    /// Until the lane is empty.
    async fn drive(&self, lane: &Lane, now: Timestamp) {
        loop {
            let next = match self.lanes().entry(lane.clone()) {
                Entry::Vacant(_) => None,
                Entry::Occupied(mut queue) => match queue.get_mut().pop_front() {
                    Some(message) => Some(message),
                    None => {
                        queue.remove();
                        None
                    }
                },
            };
            let Some(message) = next else { return };
            let (org, id) = (&lane.0, message.id.clone());
            if let Err(error) = self.hand_over(org, message, now).await {
                tracing::error!(%org, message = %id, %error, "a message stays in the outbox");
            }
        }
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Lane, VecDeque<Message>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn hand_over(
        &self,
        org: &OrgId,
        message: Message,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows = self.store.org(org);
        let settings = rows.settings().await?;
        let zone = settings.time_zone()?;
        let until = settings.routes.may_go(&message.template, now, &zone);
        if until > now && message.provider_id.is_none() {
            return rows.put_off(&message.id, until).await;
        }
        if self.is_unfurnished(&message) {
            return rows.put_off(&message.id, now + UNTIL_FURNISHED).await;
        }
        let route = self.route(&settings.routes, &message);
        let progress = message.progress();
        let channel = progress.channel(&route);
        let reader = Reader { zone: &zone, now, site: &self.site };
        let outcome = self.outcome(&rows, &message, channel, reader).await?;
        let next = progress.next(&route, outcome, now, (self.chance)());
        if let Next::Failed { why } = &next {
            tracing::warn!(%org, message = %message.id, template = message.template, %why, "a message failed");
        }

        rows.message_tried(&message.id, channel, &next, now).await
    }

    /// No provider is set up at all: messages to people wait for one.
    fn is_unfurnished(&self, message: &Message) -> bool {
        let to_people = !matches!(message.recipient.as_str(), CHAT | HOOK);
        to_people && self.carriers.is_empty() && self.bots.is_empty()
    }

    /// Back by the way it came, or by the organisation's own choice.
    fn route(&self, routes: &Routes, message: &Message) -> Vec<Channel> {
        if message.recipient == CHAT {
            let own = serde_json::from_value(message.payload["channel"].clone());
            return own.ok().into_iter().collect();
        }
        if message.recipient == HOOK {
            return vec![Channel::Webhook];
        }
        let set_up = |it: &Channel| self.carriers.contains_key(it) || self.bots.carry(*it);
        routes.of(&message.recipient).iter().copied().filter(set_up).collect()
    }

    async fn outcome(
        &self,
        rows: &OrgStore,
        message: &Message,
        channel: Option<Channel>,
        reader: Reader<'_>,
    ) -> Result<Outcome, StoreError> {
        let refused = |why: String| Ok(Outcome::Refused { why });
        let Some(channel) = channel else {
            return refused("no channel is set up for this recipient".into());
        };
        match message.recipient.as_str() {
            CHAT => return Ok(self.to_chat(message).await),
            HOOK => return self.to_hook(rows, message).await,
            _ => {}
        }
        let carrier = self.carriers.get(&channel);
        if let (Some(carrier), Some(id)) = (carrier, &message.provider_id) {
            return Ok(carrier.fate(&self.client, id).await);
        }
        let Some(address) = rows.address_on(channel, &message.address).await? else {
            return refused(format!("no {channel:?} address is known"));
        };
        let words = letter::spelling(message, reader).map(|it| match channel {
            Channel::Call => it.speech,
            _ => it.text,
        });
        let Some(text) = words else {
            return refused(format!(
                "no wording for {:?} to a {}",
                message.template, message.recipient
            ));
        };
        if let Some(chat) = self.bots.known(&address) {
            let parcel = Parcel { text, choices: letter::choices(message), ..Parcel::default() };
            return Ok(self.bots.deliver(&chat, &parcel, message.id.as_str()).await);
        }
        let Some(carrier) = carrier else {
            return refused(format!("{channel:?} is not set up"));
        };
        let paper = match channel {
            Channel::Email => self.paper(rows, message, reader).await?,
            _ => None,
        };
        let message = Message { address, ..message.clone() };

        Ok(carrier.deliver(&self.client, rows.id(), &message, &text, paper).await)
    }

    /// An integrator is told by the way they gave; one that was taken back is told nothing.
    async fn to_hook(&self, rows: &OrgStore, message: &Message) -> Result<Outcome, StoreError> {
        let Some(hook) = rows.hook(&message.address).await? else {
            return Ok(Outcome::Refused { why: "the webhook was taken back".into() });
        };
        let hook = webhook::Webhook { url: hook.url, secret: hook.secret };
        Ok(hook.deliver(&self.client, message, "").await)
    }

    async fn to_chat(&self, message: &Message) -> Outcome {
        let odd = || Outcome::Refused { why: "no words for a chat".into() };
        let bot = message.payload["bot"].as_str().unwrap_or_default().to_owned();
        let Ok(parcel) = serde_json::from_value::<Parcel>(message.payload.clone()) else {
            return odd();
        };
        let chat = ChatId { bot, address: message.address.clone() };
        self.bots.deliver(&chat, &parcel, message.id.as_str()).await
    }

    /// The job file of a master's offer; a text without it is better than none.
    async fn paper(
        &self,
        rows: &OrgStore,
        message: &Message,
        reader: Reader<'_>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let offered = matches!(message.template.as_str(), "offer" | "assigned");
        let Some(job) = message.job.as_ref().filter(|_| offered) else { return Ok(None) };
        let Some(file) = rows.job_file(job).await? else { return Ok(None) };
        let printed = crate::paper::job_file(&file, message.language, reader.zone, reader.site);

        Ok(printed.inspect_err(|error| tracing::warn!(%error, "no paper is attached")).ok())
    }
}
