//! The clerk at the telephone: takes a conversation's questions to the job core, off the beat.
//!
//! **Never here:** the answers; `dialog::clerk` knows how to ask.

use std::sync::Arc;
use std::time::Duration;

use dialog::conversation::{Answer, Packs, Request};
use dialog::llm::Thought;
use job_core::ids::ConversationId;
use job_core::store::OrgStore;
use job_core::trade::Language;
use rand_chacha::rand_core::Rng;

use super::switchboard::{Parts, lock};
use crate::clock;

/// The job core answers a conversation within this, or the caller is told that it could not.
const CORE_WITHIN: Duration = Duration::from_secs(3);

/// Takes a conversation's questions to the job core and brings back the answers.
#[derive(Clone)]
pub struct Clerk {
    pub(super) rows: OrgStore,
    pub(super) packs: Packs,
    pub(super) conversation: ConversationId,
    pub(super) parts: Arc<Parts>,
    pub(super) runtime: tokio::runtime::Handle,
}

impl Clerk {
    /// Answers on some other thread, and always answers.
    pub fn ask(
        &self,
        language: Language,
        request: Request,
        reply: impl FnOnce(Answer) + Send + 'static,
    ) {
        let clerk = self.clone();
        self.runtime.spawn(async move {
            if let Request::Think(thought) = &request {
                return reply(clerk.think(thought).await);
            }
            let answer = tokio::time::timeout(CORE_WITHIN, clerk.answer(language, &request)).await;
            reply(answer.unwrap_or_else(|_| Answer::Failed("the job core took too long".into())));
        });
    }

    async fn think(&self, thought: &Thought) -> Answer {
        let (thinker, now) = (self.parts.thinker.as_deref(), clock::wall());
        dialog::clerk::think(&self.rows, &self.conversation, now, thinker, thought).await
    }

    async fn answer(&self, language: Language, request: &Request) -> Answer {
        let Some(pack) = self.packs.get(language) else {
            return Answer::Failed(format!("no pack in {language:?}"));
        };
        let random = lock(&self.parts.random).next_u64();
        let now = clock::wall();
        dialog::clerk::answer(&self.rows, pack, &self.conversation, random, now, request).await
    }
}
