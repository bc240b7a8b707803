//! The way to the messengers: words go out, files come in. What each of them wants stands beside.
//!
//! **Never here:** what is said (reception), whether it is tried again (the outbox).

use std::collections::BTreeMap;
use std::time::Duration;

use job_core::chat::{ChatId, Enclosure, Parcel};
use job_core::media::BYTES_MAX;
use job_core::outbox::{Channel, Outcome};
use job_core::trade;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::bot::{Bot, Incomplete, Kind};
use super::{max, telegram, viber, vk, whatsapp};
use crate::post::carrier::asked;

/// No messenger takes longer over a message.
const PATIENCE: Duration = Duration::from_secs(10);
/// A video of 20 MB on a slow line.
const FILE_PATIENCE: Duration = Duration::from_secs(60);

/// All bots of this process, by name.
#[derive(Debug, Clone)]
pub struct Bots {
    bots: BTreeMap<String, Bot>,
    client: Client,
}

/// Why a file did not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFetched {
    #[error("the messenger does not give the file out: {0}")]
    Refused(String),
    #[error("the file cannot be fetched now: {0}")]
    Later(String),
    #[error("the file is larger than {BYTES_MAX} bytes")]
    TooLarge,
}

impl Default for Bots {
    /// None.
    fn default() -> Self {
        crate::post::secure();
        let client = Client::builder().timeout(PATIENCE).build().unwrap_or_default();
        Self { bots: BTreeMap::new(), client }
    }
}

impl Bots {
    /// An error names what is missing and how to mend it.
    pub fn open(bots: BTreeMap<String, Bot>) -> Result<Self, Incomplete> {
        for (name, bot) in &bots {
            bot.check(name)?;
        }
        Ok(Self { bots, ..Self::default() })
    }

    pub fn is_empty(&self) -> bool {
        self.bots.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<&Bot> {
        self.bots.get(name)
    }

    /// Bots that ask for their updates.
    pub(crate) fn polling(&self) -> Vec<String> {
        self.bots.iter().filter(|(_, bot)| bot.polls).map(|(name, _)| name.clone()).collect()
    }

    /// Whether a bot of that messenger can write to somebody first.
    pub(crate) fn carry(&self, channel: Channel) -> bool {
        // WhatsApp wants an approved template for that: it has a carrier of its own.
        self.bots.values().any(|bot| outward(bot.kind) == channel && bot.kind != Kind::Whatsapp)
    }

    /// The bot and chat of a contact's address: `NAME:CHAT`.
    pub(crate) fn known(&self, address: &str) -> Option<ChatId> {
        let (bot, chat) = address.split_once(':')?;
        self.bots.get(bot)?;
        Some(ChatId { bot: bot.to_owned(), address: chat.to_owned() })
    }

    /// `id`: the outbox's name of the message, the same for the same one.
    pub(crate) async fn deliver(&self, chat: &ChatId, parcel: &Parcel, id: &str) -> Outcome {
        let Some(bot) = self.bots.get(&chat.bot) else {
            return Outcome::Refused { why: format!("there is no bot {}", chat.bot) };
        };
        match asked(self.letter(bot, &chat.address, parcel, id)).await {
            Err(outcome) => outcome,
            Ok((status, answer)) => match bot.kind {
                Kind::Telegram => crate::post::telegram::told(status, &answer),
                Kind::Whatsapp => crate::post::whatsapp::told(status, &answer),
                Kind::Viber => viber::sent(status, &answer),
                Kind::Vk => vk::sent(status, &answer),
                Kind::Max => max::sent(status, &answer),
            },
        }
    }

    fn letter(&self, bot: &Bot, chat: &str, parcel: &Parcel, id: &str) -> RequestBuilder {
        match bot.kind {
            Kind::Telegram => telegram::send(bot, &self.client, chat, parcel),
            Kind::Whatsapp => whatsapp::send(bot, &self.client, chat, parcel),
            Kind::Viber => viber::send(bot, &self.client, chat, parcel),
            Kind::Vk => vk::send(bot, &self.client, chat, parcel, fingerprint(id)),
            Kind::Max => max::send(bot, &self.client, chat, parcel),
        }
    }

    /// The bytes of a file that lies with the messenger.
    pub(crate) async fn fetch(&self, bot: &str, file: &Enclosure) -> Result<Vec<u8>, NotFetched> {
        let gone = || NotFetched::Refused(format!("there is no bot {bot}"));
        let bot = self.bots.get(bot).ok_or_else(gone)?;
        if file.bytes.is_some_and(|bytes| bytes > BYTES_MAX as u64) {
            return Err(NotFetched::TooLarge);
        }
        let place = match bot.kind {
            Kind::Telegram => {
                let answer = self.told(telegram::place_of(bot, &self.client, &file.at)).await?;
                telegram::place(bot, &answer)
            }
            Kind::Whatsapp => {
                let answer = self.told(whatsapp::place_of(bot, &self.client, &file.at)).await?;
                whatsapp::place(&answer)
            }
            Kind::Viber | Kind::Vk | Kind::Max => Some(file.at.clone()),
        };
        let place = place.filter(|place| is_outside(place, bot));
        let place = place.ok_or_else(|| NotFetched::Refused("no address".into()))?;
        let mut request = self.client.get(place).timeout(FILE_PATIENCE);
        if bot.kind == Kind::Whatsapp {
            request = request.bearer_auth(&bot.token);
        }
        taken(request).await
    }

    async fn told(&self, request: RequestBuilder) -> Result<Value, NotFetched> {
        match asked(request).await {
            Ok((status, answer)) if status.is_success() => Ok(answer),
            Ok((status, _)) => Err(NotFetched::Refused(format!("answered {status}"))),
            Err(Outcome::Later { why, .. }) => Err(NotFetched::Later(why)),
            Err(other) => Err(NotFetched::Refused(format!("{other:?}"))),
        }
    }

    /// `getUpdates`: what came after `offset`, waiting so long for the first.
    pub(crate) async fn updates(
        &self,
        bot: &Bot,
        offset: i64,
        wait: Duration,
    ) -> Result<Vec<Value>, NotFetched> {
        let request = telegram::updates_after(bot, &self.client, offset, wait.as_secs());
        let answer = self.told(request.timeout(wait + PATIENCE)).await?;
        Ok(answer["result"].as_array().cloned().unwrap_or_default())
    }
}

/// The channel of conversations held with such a bot.
pub(crate) fn channel(kind: Kind) -> trade::Channel {
    match kind {
        Kind::Telegram => trade::Channel::Telegram,
        Kind::Whatsapp => trade::Channel::Whatsapp,
        Kind::Viber => trade::Channel::Viber,
        Kind::Vk => trade::Channel::Vk,
        Kind::Max => trade::Channel::Max,
    }
}

/// The channel its messages leave by.
pub(crate) fn outward(kind: Kind) -> Channel {
    match kind {
        Kind::Telegram => Channel::Telegram,
        Kind::Whatsapp => Channel::Whatsapp,
        Kind::Viber => Channel::Viber,
        Kind::Vk => Channel::Vk,
        Kind::Max => Channel::Max,
    }
}

/// Files come over HTTPS, or from where the owner has put the messenger's API.
fn is_outside(place: &str, bot: &Bot) -> bool {
    place.starts_with("https://") || (!bot.base.is_empty() && place.starts_with(bot.base()))
}

async fn taken(request: RequestBuilder) -> Result<Vec<u8>, NotFetched> {
    let later = |error: reqwest::Error| NotFetched::Later(error.without_url().to_string());
    let mut answer = request.send().await.map_err(later)?;
    let status = answer.status();
    if status.is_server_error() || status.as_u16() == 429 {
        return Err(NotFetched::Later(format!("answered {status}")));
    }
    if !status.is_success() {
        return Err(NotFetched::Refused(format!("answered {status}")));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(later)? {
        if bytes.len() + chunk.len() > BYTES_MAX {
            return Err(NotFetched::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A number that goes with an id, as VK wants.
fn fingerprint(id: &str) -> i32 {
    let hash = Sha256::digest(id.as_bytes());
    i32::from_be_bytes([hash[0] & 0x7f, hash[1], hash[2], hash[3]])
}
