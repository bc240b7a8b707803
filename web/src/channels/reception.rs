//! The reception reads letters and has the desk answer them, one chat at a time and in order.
//!
//! Everything is done so that the same letter again, as after a crash, changes nothing: the desk knows
//! it by its name, and so does the outbox.
//!
//! **Never here:** a messenger's protocol, what is answered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use dialog::desk::{Answered, Desk, DeskError, Opening};
use dialog::pack::Pack;
use dialog::state::{Intent, State};
use jiff::{SignedDuration, Timestamp};
use job_core::chat::{Chat, ChatId, Enclosure, Letter, Line, Parcel, Said};
use job_core::conversation::Kind;
use job_core::ids::{ConversationId, OrgId};
use job_core::store::{Line as Number, OrgStore, StoreError};
use job_core::trade::Language;
use tokio::sync::Semaphore;

use super::bot::{self, Bot, Serves};
use super::bots::{NotFetched, channel, outward};
use super::files::NotKept;
use super::{progress, whatsapp};
use crate::House;

/// Chats that are read at the same time; more wait in the inbox.
const READERS: usize = 64;
/// A letter this old was left behind by a process that is gone, or for want of a reader.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_secs(5);
/// After so long a silence another conversation begins.
const SILENCE_MAX: SignedDuration = SignedDuration::from_hours(12);
/// So long after the end a word that asks nothing still belongs to it.
const PARTING: SignedDuration = SignedDuration::from_mins(15);
/// A master's day changes under the conversation.
const MASTERS_SILENCE_MAX: SignedDuration = SignedDuration::from_mins(10);
/// No message is longer; what is longer is no message to us.
const TEXT_MAX: usize = 8_000;

/// Which chats are being read in this process.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// Whether somebody has come with more meanwhile.
    under_way: Arc<Mutex<HashMap<(OrgId, ChatId), bool>>>,
    readers: Arc<Semaphore>,
}

impl Default for Reading {
    fn default() -> Self {
        Self { under_way: Arc::default(), readers: Arc::new(Semaphore::new(READERS)) }
    }
}

impl Reading {
    /// `false`: somebody reads it, and will look again.
    fn begin(&self, chat: &(OrgId, ChatId)) -> bool {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match under_way.get_mut(chat) {
            Some(more) => {
                *more = true;
                false
            }
            None => {
                under_way.insert(chat.clone(), false);
                true
            }
        }
    }

    /// `false`: there is more.
    fn end(&self, chat: &(OrgId, ChatId)) -> bool {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let more = under_way.get_mut(chat).is_some_and(std::mem::take);
        if !more {
            under_way.remove(chat);
        }
        !more
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAnswered {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    File(#[from] NotFetched),
    #[error("{0}")]
    Disk(#[from] std::io::Error),
    #[error("bots.{0}: nobody has its number")]
    NoNumber(String),
}

impl House {
    /// Writes letters down and has them read; an error means that they must come again.
    pub(crate) async fn take_letters(
        &self,
        name: &str,
        bot: &Bot,
        letters: Vec<Letter>,
    ) -> Result<(), NotAnswered> {
        if letters.is_empty() {
            return Ok(());
        }
        let number = self.store.organisation_by_number(&bot.number).await?;
        let number = number.ok_or_else(|| NotAnswered::NoNumber(name.to_owned()))?;
        let (rows, now) = (self.store.org(&number.org), (self.clock)());
        for letter in letters {
            let chat = ChatId { bot: name.to_owned(), address: letter.chat.clone() };
            if rows.receive(name, &letter, now).await? {
                self.read_soon(number.org.clone(), chat);
            }
        }
        Ok(())
    }

    /// Letters that nobody has read since a while.
    pub async fn read_left_behind(&self, now: Timestamp) -> Result<(), StoreError> {
        for (org, chat) in self.store.chats_with_mail(now - LEFT_BEHIND).await? {
            self.read_soon(org, chat);
        }
        self.store.sweep_inbox(now).await
    }

    /// Removes the files that organisation keeps no longer.
    pub async fn sweep_files(&self, org: &OrgId, now: Timestamp) -> Result<(), StoreError> {
        let rows = self.store.org(org);
        for hash in rows.unheld_media(now).await? {
            match self.files.remove(org, &hash).await {
                Ok(()) => rows.media_gone(&hash).await?,
                Err(error) => tracing::error!(%org, %error, "a file cannot be removed"),
            }
        }
        Ok(())
    }

    fn read_soon(&self, org: OrgId, chat: ChatId) {
        let chat = (org, chat);
        if !self.reading.begin(&chat) {
            return;
        }
        let Ok(permit) = Arc::clone(&self.reading.readers).try_acquire_owned() else {
            self.reading.end(&chat);
            return;
        };
        let house = self.clone();
        tokio::spawn(async move {
            house.read_chat(&chat).await;
            drop(permit);
        });
    }

    async fn read_chat(&self, chat: &(OrgId, ChatId)) {
        loop {
            let read = self.read_once(&chat.0, &chat.1).await;
            let failed = read.inspect_err(|error| {
                tracing::error!(org = %chat.0, bot = chat.1.bot, %error, "letters stay unread");
            });
            if self.reading.end(chat) || failed.is_err() {
                return;
            }
        }
    }

    /// Everything that is there; an error leaves the rest for later.
    async fn read_once(&self, org: &OrgId, id: &ChatId) -> Result<(), NotAnswered> {
        let rows = self.store.org(org);
        let Some(bot) = self.bots.get(&id.bot).cloned() else { return Ok(()) };
        let number = self.store.organisation_by_number(&bot.number).await?;
        let number = number.filter(|it| it.org == *org);
        let number = number.ok_or_else(|| NotAnswered::NoNumber(id.bot.clone()))?;
        loop {
            let letters = rows.unread(id).await?;
            if letters.is_empty() {
                return Ok(());
            }
            for letter in letters {
                let desk = self.desk(org);
                let counter = Counter {
                    house: self,
                    rows: &rows,
                    desk: &desk,
                    bot: &bot,
                    number: &number,
                    id,
                    letter: &letter,
                    now: (self.clock)(),
                };
                counter.serve().await?;
            }
        }
    }

    /// Answers leave at once.
    pub(crate) fn ring(&self, id: &ConversationId) {
        self.bell.notify_one();
        self.wakes.ring(id);
    }
}

/// One letter and everything around it.
struct Counter<'a> {
    house: &'a House,
    rows: &'a OrgStore,
    desk: &'a Desk,
    bot: &'a Bot,
    number: &'a Number,
    id: &'a ChatId,
    letter: &'a Letter,
    now: Timestamp,
}

/// The conversation a letter belongs to.
struct Held {
    id: ConversationId,
    before: Option<State>,
    /// Somebody of the office answers.
    by_operator: bool,
    /// It has just begun, with these words.
    greeting: Option<Parcel>,
}

impl Counter<'_> {
    async fn serve(&self) -> Result<(), NotAnswered> {
        let (bot, update) = (&self.id.bot, &self.letter.update);
        match self.answer().await {
            Ok(()) => Ok(self.rows.letter_read(bot, update).await?),
            Err(error) => {
                if !self.rows.letter_failed(bot, update).await? {
                    tracing::error!(%bot, update, %error, "a letter is given up");
                    self.say(self.written("trouble"), "trouble").await?;
                    return Ok(());
                }
                Err(error)
            }
        }
    }

    async fn answer(&self) -> Result<(), NotAnswered> {
        let mut chat = self.chat().await?;
        if let Said::Phone(phone) = &self.letter.said {
            self.vouch(phone).await?;
            chat.phone = Some(phone.clone());
            if self.begins_anew(&chat, phone).await? {
                return self.begin_anew(&chat, phone).await;
            }
        }
        if let Some(parted) = self.parted(&chat).await? {
            return self.say(parted, "1").await.map_err(Into::into);
        }
        let mut held = self.held(&chat).await?;
        if matches!(self.letter.said, Said::File(_) | Said::Voice(_)) {
            self.greet_first(&mut held).await?;
        }
        let parcel = match &self.letter.said {
            Said::Opened if held.greeting.is_some() => Parcel::default(),
            Said::Opened if held.by_operator => Parcel::default(),
            Said::Opened => self.parcel(self.desk.take_up(&held.id, self.now).await?, &held),
            Said::Text(text) => self.told(&held, text).await?,
            Said::Phone(phone) if held.greeting.is_none() => self.told(&held, phone).await?,
            Said::Phone(_) => Parcel::default(),
            Said::Place { .. } => self.aside("place_noted", &held),
            Said::File(file) => self.file(&held, file).await?,
            Said::Voice(file) => self.voice(&held, file).await?,
        };
        let parcel = joined(held.greeting, parcel);
        self.say(parcel, "1").await?;
        self.rows.talk_in(self.id, &held.id, self.now).await?;
        self.house.ring(&held.id);
        Ok(())
    }

    /// A word of thanks after the end is no new conversation.
    async fn parted(&self, chat: &Chat) -> Result<Option<Parcel>, NotAnswered> {
        let (Said::Text(text), Some(id)) = (&self.letter.said, &chat.conversation) else {
            return Ok(None);
        };
        let record = self.rows.conversation(id).await?;
        let ended = record.and_then(|it| it.ended).is_some_and(|it| it + PARTING > self.now);
        if !ended {
            return Ok(None);
        }
        let language = self.number.language;
        let said = self.desk.understand(text, language, None, self.now).await?;
        if said.intent != Intent::Unknown || !said.entities.is_empty() {
            return Ok(None);
        }
        let name = format!("{}:{}", self.id.bot, self.letter.update);
        let answered = self.desk.message(id, text, Some(&name), self.now).await?;
        Ok(Some(self.dressed(answered)))
    }

    /// A file may have to be fetched several times: the conversation it belongs to is begun once.
    async fn greet_first(&self, held: &mut Held) -> Result<(), StoreError> {
        let Some(greeting) = held.greeting.take() else { return Ok(()) };
        self.say(greeting, "0").await?;
        self.rows.talk_in(self.id, &held.id, self.now).await
    }

    /// The chat as it is known; WhatsApp's is a telephone number, and vouched for.
    async fn chat(&self) -> Result<Chat, StoreError> {
        let known = self.rows.chat(self.id).await?;
        let phone = match self.bot.kind {
            bot::Kind::Whatsapp => whatsapp::phone(&self.id.address),
            _ => None,
        };
        let new = Chat { id: self.id.clone(), phone: None, conversation: None, seen: self.now };
        let chat = known.unwrap_or(new);
        match phone {
            Some(phone) if chat.phone.is_none() => {
                self.rows.vouch(self.id, &phone, self.now).await?;
                Ok(Chat { phone: Some(phone), ..chat })
            }
            _ => Ok(chat),
        }
    }

    /// From now on whoever has that number is written to here as well.
    async fn vouch(&self, phone: &str) -> Result<(), StoreError> {
        self.rows.vouch(self.id, phone, self.now).await?;
        let address = format!("{}:{}", self.id.bot, self.id.address);
        self.rows.add_contact(phone, outward(self.bot.kind), &address).await
    }

    /// The number tells that another conversation is meant: a master's day, or one that broke off.
    async fn begins_anew(&self, chat: &Chat, phone: &str) -> Result<bool, StoreError> {
        let Some(id) = &chat.conversation else { return Ok(false) };
        let Some(record) = self.rows.conversation(id).await? else { return Ok(false) };
        if record.operator.is_some() || record.ended.is_some() {
            return Ok(false);
        }
        if self.bot.serves == Serves::Masters {
            let joins = record.kind == Kind::MasterOnboarding;
            return Ok(joins && self.rows.master_by_phone(phone).await?.is_some());
        }
        let state = record.state.as_deref().and_then(|it| serde_json::from_str::<State>(it).ok());
        let untold = state.is_some_and(|it| it.phase == "problem" && it.slots.category.is_none());
        Ok(untold && self.rows.resume_candidate(phone, self.now).await?.is_some())
    }

    async fn begin_anew(&self, chat: &Chat, phone: &str) -> Result<(), NotAnswered> {
        let (id, greeting) = self.begin(Some(phone)).await?;
        if let Some(before) = &chat.conversation {
            self.desk.give_up(before, self.now).await?;
        }
        self.say(greeting, "1").await?;
        self.rows.talk_in(self.id, &id, self.now).await?;
        self.house.ring(&id);
        Ok(())
    }

    /// The conversation under way, or a new one.
    async fn held(&self, chat: &Chat) -> Result<Held, NotAnswered> {
        if let Some(id) = &chat.conversation
            && let Some(record) = self.rows.conversation(id).await?
            && record.ended.is_none()
        {
            let by_operator = record.operator.is_some();
            let patience = match self.bot.serves {
                Serves::Masters if record.kind == Kind::ClientRequest => MASTERS_SILENCE_MAX,
                Serves::Masters | Serves::Clients => SILENCE_MAX,
            };
            if by_operator || chat.seen + patience > self.now {
                let before = record.state.as_deref().and_then(|it| serde_json::from_str(it).ok());
                return Ok(Held { id: id.clone(), before, by_operator, greeting: None });
            }
            self.desk.give_up(id, self.now).await?;
        }
        let (id, greeting) = self.begin(chat.phone.as_deref()).await?;
        Ok(Held { id, before: None, by_operator: false, greeting: Some(greeting) })
    }

    async fn begin(&self, phone: Option<&str>) -> Result<(ConversationId, Parcel), NotAnswered> {
        let master = match (self.bot.serves, phone) {
            (Serves::Masters, Some(phone)) => self.rows.master_by_phone(phone).await?.is_some(),
            _ => false,
        };
        let joins = self.bot.serves == Serves::Masters && !master;
        let opening = Opening {
            kind: if joins { Kind::MasterOnboarding } else { Kind::ClientRequest },
            channel: channel(self.bot.kind),
            language: self.number.language,
            phone: phone.map(str::to_owned),
            writer: Some(self.id.address.clone()),
            vouched: phone.is_some(),
            test: self.rows.settings().await?.demo,
        };
        let started = self.desk.start(opening, self.now).await?;
        let id = started.conversation_id;
        let answered = Answered {
            reply: started.reply,
            state: started.state,
            choices: started.choices,
            // Whoever works here already is known by the number.
            wants_phone: started.wants_phone || (joins && phone.is_none()),
        };
        Ok((id, self.dressed(answered)))
    }

    async fn told(&self, held: &Held, text: &str) -> Result<Parcel, NotAnswered> {
        let text: String = text.chars().take(TEXT_MAX).collect();
        let name = format!("{}:{}", self.id.bot, self.letter.update);
        let answered = self.desk.message(&held.id, &text, Some(&name), self.now).await?;
        Ok(self.parcel(answered, held))
    }

    async fn file(&self, held: &Held, file: &Enclosure) -> Result<Parcel, NotAnswered> {
        match self.kept(held, file).await? {
            Ok(_) if file.caption.is_empty() => Ok(self.aside("file_kept", held)),
            Ok(_) => {
                let told = self.told(held, &file.caption).await?;
                Ok(followed(&self.aside("file_kept", held), told))
            }
            Err(why) => Ok(self.aside(why, held)),
        }
    }

    async fn voice(&self, held: &Held, file: &Enclosure) -> Result<Parcel, NotAnswered> {
        let (form, sound) = match self.kept(held, file).await? {
            Ok(kept) => kept,
            Err(why) => return Ok(self.aside(why, held)),
        };
        let Some(scribe) = &self.house.scribe else {
            return Ok(self.aside("voice_unclear", held));
        };
        match scribe.written(form, sound, self.language(held)).await {
            Some(words) if !words.trim().is_empty() => self.told(held, &words).await,
            _ => Ok(self.aside("voice_unclear", held)),
        }
    }

    /// Fetches a file and puts it into the conversation, or says by which words it is refused.
    async fn kept(
        &self,
        held: &Held,
        file: &Enclosure,
    ) -> Result<Result<(job_core::media::Form, Vec<u8>), &'static str>, NotAnswered> {
        let bytes = match self.house.bots.fetch(&self.id.bot, file).await {
            Ok(bytes) => bytes,
            Err(NotFetched::TooLarge) => return Ok(Err("file_unfit")),
            Err(NotFetched::Refused(why)) => {
                tracing::warn!(bot = self.id.bot, why, "a file was not given out");
                return Ok(Err("file_lost"));
            }
            Err(later @ NotFetched::Later(_)) => return Err(later.into()),
        };
        let kept = match self.house.files.keep(self.rows.id(), &bytes, self.now).await {
            Ok(kept) => kept,
            Err(NotKept::Unfit(_)) => return Ok(Err("file_unfit")),
            Err(NotKept::Disk(error)) => return Err(error.into()),
        };
        self.rows.keep_media(&kept).await?;
        let name = (file.name.as_str(), file.caption.as_str());
        self.rows.attach(&held.id, &kept.hash, name, self.now).await?;
        Ok(Ok((kept.form, bytes)))
    }

    /// A word beside the conversation; none while somebody of the office answers.
    fn aside(&self, name: &str, held: &Held) -> Parcel {
        if held.by_operator { Parcel::default() } else { self.written(name) }
    }

    fn written(&self, name: &str) -> Parcel {
        let words = self.pack(self.number.language).and_then(|pack| pack.written(name));
        Parcel { text: words.unwrap_or_default().to_owned(), ..Parcel::default() }
    }

    fn language(&self, held: &Held) -> Language {
        held.before.as_ref().map_or(self.number.language, |state| state.language)
    }

    fn pack(&self, language: Language) -> Option<&Pack> {
        self.house.packs.get(language).map(|pack| &**pack)
    }

    /// A reply with the step the order has come to.
    fn parcel(&self, answered: Answered, held: &Held) -> Parcel {
        let pack = self.pack(answered.state.language);
        let line = pack.and_then(|it| progress::line(held.before.as_ref(), &answered.state, it));
        let mut parcel = self.dressed(answered);
        if let Some(line) = line.filter(|_| !parcel.text.is_empty()) {
            parcel.text = format!("{}\n\n{line}", parcel.text);
        }
        parcel
    }

    fn dressed(&self, answered: Answered) -> Parcel {
        let pack = self.pack(answered.state.language);
        let share = pack.and_then(|pack| pack.written("share_phone")).unwrap_or_default();
        Parcel {
            text: answered.reply,
            choices: answered.choices,
            wants_phone: answered.wants_phone,
            share_phone: share.to_owned(),
        }
    }

    async fn say(&self, parcel: Parcel, part: &str) -> Result<(), StoreError> {
        if parcel.text.is_empty() {
            return Ok(());
        }
        let line = Line {
            chat: self.id.clone(),
            channel: channel(self.bot.kind),
            language: self.number.language,
        };
        let key = format!("{}:{part}", self.letter.update);
        self.rows.say_in_chat(&line, &parcel, &key, self.now).await?;
        self.house.bell.notify_one();
        Ok(())
    }
}

/// One word before another.
fn followed(first: &Parcel, then: Parcel) -> Parcel {
    let text = format!("{}\n{}", first.text, then.text);
    Parcel { text: text.trim().to_owned(), ..then }
}

/// A greeting ends with a question; it is not put where the answer has been given already.
fn joined(greeting: Option<Parcel>, reply: Parcel) -> Parcel {
    let Some(greeting) = greeting else { return reply };
    if reply.text.is_empty() {
        return greeting;
    }
    let text = without_last_sentence(&greeting.text).to_owned();
    followed(&Parcel { text, ..Parcel::default() }, reply)
}

fn without_last_sentence(text: &str) -> &str {
    let text = text.trim_end();
    let before = text.trim_end_matches(['.', '!', '?']);
    let end = before.rfind(['.', '!', '?', '\n']).map_or(0, |at| at + 1);
    text[..end].trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_already_is_not_asked() {
        let greeting = "Здравствуйте! Это помощник. Опишите, что случилось.";
        assert_eq!(without_last_sentence(greeting), "Здравствуйте! Это помощник.");
        assert_eq!(without_last_sentence("Что случилось?!"), "");
    }

    #[test]
    fn whoever_comes_while_a_chat_is_read_is_served_by_its_reader() {
        let reading = Reading::default();
        let chat = (OrgId::new("org"), ChatId { bot: "bot".into(), address: "1".into() });

        assert!(reading.begin(&chat));
        assert!(!reading.begin(&chat));
        assert!(!reading.end(&chat), "there is more");
        assert!(reading.end(&chat));
        assert!(reading.begin(&chat));
    }
}
