//! Who waits for news of a conversation, in this process; other processes' news is looked for now and
//! then by whoever waits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use job_core::ids::ConversationId;
use tokio::sync::watch;

/// Conversations nobody waits for any more are forgotten whenever so many have come.
const SWEPT_EVERY: usize = 256;

#[derive(Debug, Clone, Default)]
pub(crate) struct Wakes {
    waiting: Arc<Mutex<HashMap<ConversationId, watch::Sender<()>>>>,
}

impl Wakes {
    /// Changes when something is said there, also while nobody looks.
    pub(crate) fn of(&self, id: &ConversationId) -> watch::Receiver<()> {
        let mut waiting = self.lock();
        if waiting.len() % SWEPT_EVERY == SWEPT_EVERY - 1 {
            waiting.retain(|_, news| !news.is_closed());
        }
        waiting.entry(id.clone()).or_insert_with(|| watch::channel(()).0).subscribe()
    }

    pub(crate) fn ring(&self, id: &ConversationId) {
        if let Some(news) = self.lock().get(id) {
            news.send_replace(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConversationId, watch::Sender<()>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
