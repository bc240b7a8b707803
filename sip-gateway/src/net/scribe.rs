//! The scribe: writes each call's page while the call goes on.
//!
//! Pages hand their notes over a bounded queue and never wait; the rows appear a moment later, in
//! order. Whoever watches live hears of a note at the same time.
//!
//! **Never here:** what is worth noting.

use dialog::conversation::Conversation;
use job_core::conversation::Conversation as Record;
use job_core::ids::{ConversationId, OrgId};
use job_core::usage::Used;
use tokio::sync::{broadcast, mpsc};

use crate::call::end::End;
use crate::call::note::Note;

/// Notes waiting for the database, over all calls; one more is lost and said so.
const NOTES_WAITING_MAX: usize = 20_000;
/// Notes a slow watcher may fall behind.
const WATCH_MAX: usize = 1_024;

/// What is written on a page.
#[derive(Debug, Clone)]
pub enum Entry {
    Begin(Box<(OrgId, Record)>),
    Note(Note),
    /// Something that costs money was used.
    Used(OrgId, Used),
    /// Memory and state of the conversation after a turn.
    Remember(Box<Keepsake>),
    End(End, Box<Keepsake>),
}

/// What the conversation knows, ready to be stored.
#[derive(Debug, Clone, Default)]
pub struct Keepsake {
    pub memory: String,
    pub state: Option<dialog::state::State>,
}

/// One call's page.
#[derive(Debug, Clone)]
pub struct Page {
    pub conversation: ConversationId,
    scribe: Scribe,
}

#[derive(Debug, Clone)]
pub struct Scribe {
    entries: mpsc::Sender<(ConversationId, Entry)>,
    watchers: broadcast::Sender<(ConversationId, Entry)>,
}

impl Scribe {
    /// The scribe, and the entries for whoever writes them down.
    pub fn new() -> (Self, mpsc::Receiver<(ConversationId, Entry)>) {
        let (entries, inbox) = mpsc::channel(NOTES_WAITING_MAX);
        let (watchers, _) = broadcast::channel(WATCH_MAX);
        (Self { entries, watchers }, inbox)
    }

    pub fn watch(&self) -> broadcast::Receiver<(ConversationId, Entry)> {
        self.watchers.subscribe()
    }

    pub fn page(&self, conversation: ConversationId) -> Page {
        Page { conversation, scribe: self.clone() }
    }
}

impl Page {
    /// Opens the page; everything else on it comes later.
    pub fn begin(&self, org: OrgId, record: Record) {
        self.write(Entry::Begin(Box::new((org, record))));
    }

    pub fn note(&self, note: Note) {
        self.write(Entry::Note(note));
    }

    pub fn used(&self, org: &OrgId, used: Used) {
        self.write(Entry::Used(org.clone(), used));
    }

    pub fn remember(&self, conversation: &Conversation) {
        self.write(Entry::Remember(Box::new(keepsake(conversation))));
    }

    /// Closes the page. Nothing about this call follows.
    pub fn end(&self, end: End, conversation: Option<&Conversation>) {
        let keepsake = conversation.map(keepsake).unwrap_or_default();
        self.write(Entry::End(end, Box::new(keepsake)));
    }

    fn write(&self, entry: Entry) {
        let _ = self.scribe.watchers.send((self.conversation.clone(), entry.clone()));
        if self.scribe.entries.try_send((self.conversation.clone(), entry)).is_err() {
            tracing::error!("the database is too slow: a note is lost");
        }
    }
}

fn keepsake(conversation: &Conversation) -> Keepsake {
    Keepsake {
        memory: serde_json::to_string(conversation.memory()).unwrap_or_default(),
        state: Some(conversation.state()),
    }
}
