//! The ledger: the scribe's entries become rows, one call after the other, in order.
//!
//! **Never here:** waiting calls; a slow database only delays pages.

use std::collections::HashMap;
use std::time::Duration;

use dialog::state::{State, Status};
use job_core::conversation::{CallEvent, ConversationStatus, Ending, Millis, Speaker, Utterance};
use job_core::ids::{ConversationId, OrgId};
use job_core::store::{OrgStore, Store, StoreError};
use media::turn::TurnId;
use tokio::sync::mpsc::Receiver;

use super::scribe::{Entry, Keepsake};
use crate::call::end::End;
use crate::call::note::Note;
use crate::clock;

/// One call's page while it is being written.
struct Page {
    rows: OrgStore,
    next: i64,
    /// The agent's last line, which an interruption may shorten.
    agent: Option<(TurnId, Utterance)>,
}

/// Writes until every scribe is gone.
pub async fn keep(store: Store, mut entries: Receiver<(ConversationId, Entry)>) {
    let mut pages = HashMap::new();
    while let Some((conversation, entry)) = entries.recv().await {
        if let Err(error) = write(&store, &mut pages, &conversation, entry).await {
            tracing::error!(%error, %conversation, "a line of the call's page is lost");
        }
    }
}

async fn write(
    store: &Store,
    pages: &mut HashMap<ConversationId, Page>,
    conversation: &ConversationId,
    entry: Entry,
) -> Result<(), StoreError> {
    if let Entry::Begin(begin) = entry {
        let (org, record) = *begin;
        let page = open(store, &org);
        page.rows.start_conversation(&record).await?;
        pages.insert(conversation.clone(), page);
        return Ok(());
    }
    // May come after the end: the last words of a call are counted late.
    if let Entry::Used(org, used) = &entry {
        let used = std::slice::from_ref(used);
        return store.org(org).add_usage(conversation, used, clock::wall()).await;
    }
    let Some(page) = pages.get_mut(conversation) else {
        return Ok(());
    };

    match entry {
        Entry::Begin(_) | Entry::Used(..) => Ok(()),
        Entry::Note(note) => page.note(conversation, note).await,
        Entry::Remember(keepsake) => page.remember(conversation, &keepsake).await,
        Entry::End(end, keepsake) => {
            let result = page.end(conversation, end, &keepsake).await;
            pages.remove(conversation);
            result
        }
    }
}

fn open(store: &Store, org: &OrgId) -> Page {
    Page { rows: store.org(org), next: 0, agent: None }
}

impl Page {
    async fn note(&mut self, id: &ConversationId, note: Note) -> Result<(), StoreError> {
        match note {
            Note::Caller { at, text, confidence } => {
                let confidence = Some((f64::from(confidence) * 100.0).round() as i64);
                let line = self.line(Speaker::Client, at, text, confidence, None);
                self.rows.add_utterances(id, &[line]).await
            }
            Note::Agent { at, line, text, answered_in } => {
                let latency = answered_in.map(millis);
                let said = self.line(Speaker::Agent, at, text, None, latency);
                self.agent = Some((line, said.clone()));
                self.rows.add_utterances(id, &[said]).await
            }
            Note::Cut { at, line, heard } => {
                let Some((_, mut said)) = self.agent.take_if(|(last, _)| *last == line) else {
                    return self.event(id, at, "cut_before_a_sound", String::new()).await;
                };
                said.text = heard;
                said.interrupted = true;
                self.rows.add_utterances(id, &[said]).await
            }
            Note::Keys { at, keys } => self.event(id, at, "keys", keys).await,
            Note::Event { at, kind, detail } => self.event(id, at, kind, detail).await,
        }
    }

    async fn remember(&self, id: &ConversationId, keepsake: &Keepsake) -> Result<(), StoreError> {
        let state = serde_json::to_string(&keepsake.state).unwrap_or_default();
        self.rows.save_memory(id, &keepsake.memory, &state).await
    }

    async fn end(
        &self,
        id: &ConversationId,
        end: End,
        keepsake: &Keepsake,
    ) -> Result<(), StoreError> {
        if keepsake.state.is_some() {
            self.remember(id, keepsake).await?;
        }
        let ending = ending(end, keepsake.state.as_ref());
        self.rows.end_conversation(id, &ending, clock::wall()).await
    }

    async fn event(
        &self,
        id: &ConversationId,
        at: Duration,
        kind: &str,
        detail: String,
    ) -> Result<(), StoreError> {
        let event = CallEvent { at: millis(at), kind: kind.into(), detail };
        self.rows.add_events(id, &[event]).await
    }

    fn line(
        &mut self,
        speaker: Speaker,
        at: Duration,
        text: String,
        confidence: Option<i64>,
        latency: Option<Millis>,
    ) -> Utterance {
        let seq = self.next;
        self.next += 1;
        Utterance { seq, at: millis(at), speaker, text, confidence, latency, interrupted: false }
    }
}

/// What the last line of a call's page says.
pub(super) fn ending(end: End, state: Option<&State>) -> Ending {
    Ending {
        status: status(end, state),
        reason: end.name().into(),
        recording: None,
        job: state.and_then(|state| state.job_id.clone()),
    }
}

/// What the conversation made of itself; one cut off in the middle was abandoned.
fn status(end: End, state: Option<&State>) -> ConversationStatus {
    match state.map(|state| state.status) {
        Some(Status::Completed) => ConversationStatus::Completed,
        Some(Status::Escalated) => ConversationStatus::Escalated,
        Some(Status::Abandoned) => ConversationStatus::Abandoned,
        Some(Status::Active) | None if end == End::Completed => ConversationStatus::Completed,
        Some(Status::Active) | None => ConversationStatus::Abandoned,
    }
}

fn millis(time: Duration) -> Millis {
    Millis(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}
