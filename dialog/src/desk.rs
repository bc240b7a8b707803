//! The desk serves every written channel and the API: a message comes in, a reply and a state go out.
//!
//! Nothing of a conversation stays here between two messages: it is read from the store and written
//! back, so that any node may answer the next one. The same message twice gets the same reply.
//!
//! **Never here:** HTTP, a messenger's own protocol, sound, the clock, chance.

mod person;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use job_core::conversation::{
    CallEvent, Conversation as Record, ConversationStatus, Ending, Kind, Millis, Speaker, Utterance,
};
use job_core::ids::ConversationId;
use job_core::phone;
use job_core::settings::UnknownZone;
use job_core::store::{OrgStore, StoreError};
use job_core::trade::{Channel, Language};
use serde::{Deserialize, Serialize};

use crate::clerk;
use crate::conversation::{
    Answer, Conversation, Input, Mark, Memory, Outcome, Output, Packs, Request, Setup,
};
use crate::llm::Thinker;
use crate::state::{Awaiting, Intent, State, Status};
use crate::understand::{Asked, Context, Entity, entities};

/// How often a message is tried again when another node answered one at the same moment.
const ATTEMPTS: u32 = 5;

#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error("there is no conversation {0}")]
    Unknown(ConversationId),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    #[error("conversation {id} cannot be read: {source}")]
    Unreadable { id: ConversationId, source: serde_json::Error },
    #[error("conversation {0} is written to from too many sides at once")]
    Crowded(ConversationId),
}

/// Who writes, where and in which language.
#[derive(Debug, Clone)]
pub struct Opening {
    pub kind: Kind,
    pub channel: Channel,
    pub language: Language,
    /// As the channel gives it; what is no phone number counts as none.
    pub phone: Option<String>,
    /// Who writes, as the channel names them.
    pub writer: Option<String>,
    /// The channel vouches for the number: what it broke off elsewhere a moment ago goes on here.
    pub vouched: bool,
    /// Made by a test or a simulated caller.
    pub test: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    pub conversation_id: ConversationId,
    pub reply: String,
    pub state: State,
    /// Answers that fit, for channels with buttons.
    #[serde(default)]
    pub choices: Vec<String>,
    #[serde(default)]
    pub wants_phone: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// Empty while an operator answers.
    pub reply: String,
    pub state: State,
    /// Answers that fit, for channels with buttons.
    #[serde(default)]
    pub choices: Vec<String>,
    /// A telephone number is asked for.
    #[serde(default)]
    pub wants_phone: bool,
}

/// What one utterance says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Understood {
    pub intent: Intent,
    pub entities: Vec<Entity>,
}

/// One organisation's desk.
pub struct Desk {
    store: OrgStore,
    packs: Packs,
    /// 64 bits nobody can guess, from the process.
    chance: Box<dyn Fn() -> u64 + Send + Sync>,
    thinker: Option<Arc<dyn Thinker>>,
    busy: Mutex<HashMap<ConversationId, Arc<tokio::sync::Mutex<()>>>>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("org", self.store.id()).finish_non_exhaustive()
    }
}

/// What one turn came to.
struct Turn {
    conversation: Conversation,
    replies: Vec<String>,
    marks: Vec<Mark>,
    outcome: Option<Outcome>,
}

impl Desk {
    pub fn new(
        store: OrgStore,
        packs: impl Into<Packs>,
        chance: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        let busy = Mutex::new(HashMap::new());
        let thinker = None;
        Self { store, packs: packs.into(), chance: Box::new(chance), thinker, busy }
    }

    /// Models may be asked.
    #[must_use]
    pub fn with_thinker(mut self, thinker: Option<Arc<dyn Thinker>>) -> Self {
        self.thinker = thinker;
        self
    }

    pub async fn start(&self, opening: Opening, now: Timestamp) -> Result<Started, DeskError> {
        self.start_as(ConversationId::new(self.store.new_id(now)), opening, now).await
    }

    /// Under that name: the same again is the same conversation, told as it began.
    pub async fn start_once(
        &self,
        id: ConversationId,
        opening: Opening,
        now: Timestamp,
    ) -> Result<Started, DeskError> {
        let alone = self.lock_of(&id);
        let guard = alone.lock().await;
        let started = match self.store.conversation(&id).await? {
            Some(_) => self.began(&id).await,
            None => self.start_as(id.clone(), opening, now).await,
        };
        drop(guard);
        self.unlock(&id, &alone);
        started
    }

    /// The first words, and how it stands now.
    async fn began(&self, id: &ConversationId) -> Result<Started, DeskError> {
        let standing = self.standing(id).await?;
        let first = self.store.transcript(id).await?.into_iter().next();
        Ok(Started {
            conversation_id: id.clone(),
            reply: first.map(|line| line.text).unwrap_or_default(),
            state: standing.state,
            choices: standing.choices,
            wants_phone: standing.wants_phone,
        })
    }

    async fn start_as(
        &self,
        id: ConversationId,
        opening: Opening,
        now: Timestamp,
    ) -> Result<Started, DeskError> {
        let phone = opening.phone.as_deref().and_then(phone::e164);
        let setup = Setup {
            id: id.clone(),
            kind: opening.kind,
            channel: opening.channel,
            language: opening.language,
            phone: phone.clone(),
            zone: self.store.settings().await?.time_zone()?,
        };
        let before =
            if opening.vouched { self.broken_off(phone.as_deref(), now).await? } else { None };
        let conversation = match before {
            Some(mut memory) => {
                memory.setup = setup;
                Conversation::resume(self.packs.clone(), memory)
            }
            None => Conversation::new(self.packs.clone(), setup),
        };
        let conversation = conversation.with_models(self.thinker.is_some());
        let turn = self.turn(conversation, Input::Opened, now).await;
        let record = Record {
            kind: opening.kind,
            participant: phone.or(opening.phone).or(opening.writer),
            memory: Some(json(turn.conversation.memory())),
            state: Some(json(&turn.conversation.state())),
            test: opening.test,
            ..Record::beginning(id.clone(), opening.channel, opening.language, now)
        };
        self.store.start_conversation(&record).await?;
        let reply = turn.replies.join("\n");
        let line = line(0, Millis(0), Speaker::Agent, &reply);
        self.store.add_utterances(&id, &[line]).await?;
        Ok(Started {
            conversation_id: id,
            reply,
            state: turn.conversation.state(),
            choices: turn.conversation.choices(),
            wants_phone: turn.conversation.wants_phone(),
        })
    }

    /// The memory of this number's last conversation, where it broke off a short while ago.
    async fn broken_off(
        &self,
        phone: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Memory>, DeskError> {
        let Some(phone) = phone else { return Ok(None) };
        let found = self.store.resume_candidate(phone, now).await?;
        let memory = found.and_then(|record| record.memory);
        Ok(memory.and_then(|memory| serde_json::from_str(&memory).ok()))
    }

    /// How it stands, without a word said: an empty reply.
    pub async fn standing(&self, id: &ConversationId) -> Result<Answered, DeskError> {
        let (record, _, conversation) = self.opened(id).await?;
        let by_person = record.operator.is_some();
        let choices = if by_person { Vec::new() } else { conversation.choices() };
        Ok(Answered {
            reply: String::new(),
            state: conversation.state(),
            choices,
            wants_phone: !by_person && conversation.wants_phone(),
        })
    }

    /// Nobody has written for long: what is held is given back, and the conversation is over.
    pub async fn give_up(&self, id: &ConversationId, now: Timestamp) -> Result<(), DeskError> {
        let (record, before, conversation) = self.opened(id).await?;
        let turn = self.turn(conversation, Input::Closed, now).await;
        self.keep_turn(&record, &before, &turn, &[], None, now).await?;
        Ok(())
    }

    /// `message_id` as the channel names the message: the same again changes nothing.
    pub async fn message(
        &self,
        id: &ConversationId,
        text: &str,
        message_id: Option<&str>,
        now: Timestamp,
    ) -> Result<Answered, DeskError> {
        let alone = self.lock_of(id);
        let guard = alone.lock().await;
        let answered = self.message_alone(id, text, message_id, now).await;
        drop(guard);
        self.unlock(id, &alone);
        answered
    }

    /// What one utterance says, outside of any conversation.
    pub async fn understand(
        &self,
        text: &str,
        language: Language,
        asked: Option<Asked>,
        now: Timestamp,
    ) -> Result<Understood, DeskError> {
        let zone = self.store.settings().await?.time_zone()?;
        let pack = self.packs.get_or_first(language);
        let context = Context {
            language: pack.language,
            now: now.to_zoned(zone),
            awaiting: asked.map_or(Awaiting::Problem, Asked::awaiting),
            day: None,
            places: &pack.places,
        };
        Ok(Understood { intent: pack.wanted(text), entities: entities(text, &context, asked) })
    }

    pub async fn transcript(&self, id: &ConversationId) -> Result<Vec<Utterance>, DeskError> {
        if self.store.conversation(id).await?.is_none() {
            return Err(DeskError::Unknown(id.clone()));
        }
        Ok(self.store.transcript(id).await?)
    }

    async fn message_alone(
        &self,
        id: &ConversationId,
        text: &str,
        message_id: Option<&str>,
        now: Timestamp,
    ) -> Result<Answered, DeskError> {
        for _ in 0..ATTEMPTS {
            if let Some(message) = message_id
                && let Some(reply) = self.store.reply_to(id, message).await?
            {
                return serde_json::from_str(&reply).map_err(unreadable(id));
            }
            if let Some(answered) = self.try_message(id, text, message_id, now).await? {
                return Ok(answered);
            }
        }
        Err(DeskError::Crowded(id.clone()))
    }

    /// `None`: another node wrote this conversation meanwhile, and nothing was kept of this turn.
    async fn try_message(
        &self,
        id: &ConversationId,
        text: &str,
        message_id: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Answered>, DeskError> {
        let (record, before, conversation) = self.opened(id).await?;
        if record.operator.is_some() {
            return self.for_operator(&record, &conversation, text, message_id, now).await;
        }
        let near = record.wanted.is_none() && self.store.settings().await?.is_staffed(now);
        let conversation = conversation.with_person_near(near);
        let angry = record.wanted.is_none() && conversation.pack().is_angry(text);
        let input = Input::Said { text: text.to_owned(), confidence: 1.0 };
        let turn = self.turn(conversation, input, now).await;

        let answered = turn.answered();
        let said = self.next_line(&record, Speaker::Client, text, now).await?;
        let reply = line(said.seq + 1, said.at, Speaker::Agent, &answered.reply);
        let kept = json(&answered);
        let message = message_id.map(|message| (message, kept.as_str()));
        if !self.keep_turn(&record, &before, &turn, &[said, reply], message, now).await? {
            return Ok(None);
        }
        if angry {
            self.store.want_person(id, "angry", now).await?;
        }
        Ok(Some(answered))
    }

    /// The record, its memory as it is kept, and the conversation it holds.
    async fn opened(
        &self,
        id: &ConversationId,
    ) -> Result<(Record, String, Conversation), DeskError> {
        let unknown = || DeskError::Unknown(id.clone());
        let record = self.store.conversation(id).await?.ok_or_else(unknown)?;
        let before = record.memory.clone().ok_or_else(unknown)?;
        let memory: Memory = serde_json::from_str(&before).map_err(unreadable(id))?;
        Ok((record, before, Conversation::resume(self.packs.clone(), memory)))
    }

    /// All or nothing. `false`: somebody has written meanwhile, and nothing was kept.
    async fn keep_turn(
        &self,
        record: &Record,
        before: &str,
        turn: &Turn,
        lines: &[Utterance],
        message: Option<(&str, &str)>,
        now: Timestamp,
    ) -> Result<bool, DeskError> {
        let memory = json(turn.conversation.memory());
        let state = json(&turn.conversation.state());
        let saved =
            self.store.save_turn_over(before, &record.id, lines, &memory, &state, message).await?;
        if !saved {
            return Ok(false);
        }
        let events = marked(&turn.marks, since(record, now));
        self.store.add_events(&record.id, &events).await?;
        if let Some(outcome) = turn.outcome.clone() {
            self.store.end_conversation(&record.id, &ending(outcome), now).await?;
        }
        Ok(true)
    }

    async fn next_line(
        &self,
        record: &Record,
        speaker: Speaker,
        text: &str,
        now: Timestamp,
    ) -> Result<Utterance, DeskError> {
        let next = self.store.next_seq(&record.id).await?;
        Ok(line(next, since(record, now), speaker, text))
    }

    /// Drives the conversation until it waits for the participant again.
    async fn turn(&self, mut conversation: Conversation, input: Input, now: Timestamp) -> Turn {
        let (mut replies, mut marks, mut outcome) = (Vec::new(), Vec::new(), None);
        conversation.handle(now, input);
        while let Some(output) = conversation.poll() {
            match output {
                Output::Say(reply) => replies.push(reply.text),
                Output::Mark(mark) => marks.push(mark),
                Output::End(end) => outcome = Some(end),
                Output::Ask(id, request) => {
                    let answer = self.answer(&conversation, &request, now).await;
                    conversation.handle(now, Input::Answered(id, answer));
                }
            }
        }
        Turn { conversation, replies, marks, outcome }
    }

    async fn answer(
        &self,
        conversation: &Conversation,
        request: &Request,
        now: Timestamp,
    ) -> Answer {
        let of = &conversation.memory().setup.id;
        if *request == Request::PutThrough {
            return self.call_person(of, now).await;
        }
        if let Request::Think(thought) = request {
            return clerk::think(&self.store, of, now, self.thinker.as_deref(), thought).await;
        }
        let random = (self.chance)();
        clerk::answer(&self.store, conversation.pack(), of, random, now, request).await
    }

    fn lock_of(&self, id: &ConversationId) -> Arc<tokio::sync::Mutex<()>> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(busy.entry(id.clone()).or_default())
    }

    /// The last one out takes the lock away.
    fn unlock(&self, id: &ConversationId, own: &Arc<tokio::sync::Mutex<()>>) {
        /// The map's and our own.
        const LAST: usize = 2;

        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::strong_count(own) <= LAST {
            busy.remove(id);
        }
    }
}

impl Turn {
    fn answered(&self) -> Answered {
        Answered {
            reply: self.replies.join("\n"),
            state: self.conversation.state(),
            choices: self.conversation.choices(),
            wants_phone: self.conversation.wants_phone(),
        }
    }
}

/// Time since the conversation began.
fn since(record: &Record, now: Timestamp) -> Millis {
    Millis(now.as_millisecond() - record.started.as_millisecond())
}

fn marked(marks: &[Mark], at: Millis) -> Vec<CallEvent> {
    let event = |mark: &Mark| CallEvent { at, kind: mark.name().to_owned(), detail: String::new() };
    marks.iter().map(event).collect()
}

fn line(seq: i64, at: Millis, speaker: Speaker, text: &str) -> Utterance {
    Utterance {
        seq,
        at,
        speaker,
        text: text.to_owned(),
        confidence: None,
        latency: None,
        interrupted: false,
    }
}

/// How the store writes down an end.
pub fn ending(outcome: Outcome) -> Ending {
    let status = match outcome.status {
        Status::Active => ConversationStatus::Active,
        Status::Completed => ConversationStatus::Completed,
        Status::Abandoned => ConversationStatus::Abandoned,
        Status::Escalated => ConversationStatus::Escalated,
    };
    Ending { status, reason: outcome.reason, recording: None, job: outcome.job }
}

fn unreadable(id: &ConversationId) -> impl FnOnce(serde_json::Error) -> DeskError {
    let id = id.clone();
    move |source| DeskError::Unreadable { id, source }
}

/// JSON text of one of our own structs.
fn json<T: Serialize>(value: &T) -> String {
    match serde_json::to_string(value) {
        Ok(text) => text,
        Err(error) => unreachable!("our own structs are JSON: {error}"),
    }
}
