//! A person of the office in a written conversation: called, answering, gone again.

use jiff::Timestamp;
use job_core::conversation::{Conversation as Record, Speaker};
use job_core::ids::ConversationId;

use super::{Answered, Desk, DeskError, json};
use crate::conversation::{Answer, Conversation, Input};

impl Desk {
    /// The chat was opened again: the open question is put again.
    pub async fn take_up(
        &self,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Answered, DeskError> {
        self.take_up_with(id, None, now).await
    }

    /// An operator has handed the conversation back: so it is said, and the open question put again.
    pub async fn take_up_after_person(
        &self,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Answered, DeskError> {
        self.take_up_with(id, Some("person_gone"), now).await
    }

    async fn take_up_with(
        &self,
        id: &ConversationId,
        words: Option<&str>,
        now: Timestamp,
    ) -> Result<Answered, DeskError> {
        let (record, before, conversation) = self.opened(id).await?;
        let first = words.and_then(|name| conversation.pack().written(name)).map(str::to_owned);
        let mut turn = self.turn(conversation, Input::Opened, now).await;
        turn.replies.splice(0..0, first);
        let answered = turn.answered();
        let reply = self.next_line(&record, Speaker::Agent, &answered.reply, now).await?;
        self.keep_turn(&record, &before, &turn, &[reply], None, now).await?;
        Ok(answered)
    }

    /// While an operator answers, what is written is kept for them. `None`: it was kept before, and the
    /// answer to it is known.
    pub(super) async fn for_operator(
        &self,
        record: &Record,
        conversation: &Conversation,
        text: &str,
        message_id: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Answered>, DeskError> {
        let (reply, state) = (String::new(), conversation.state());
        let answered = Answered { reply, state, choices: Vec::new(), wants_phone: false };
        let kept = json(&answered);
        let message = message_id.map(|message| (message, kept.as_str()));
        let fresh = self.store.keep_for_operator(&record.id, text, message, now).await?;
        Ok(fresh.then_some(answered))
    }

    pub(super) async fn call_person(&self, of: &ConversationId, now: Timestamp) -> Answer {
        match self.store.want_person(of, "operator", now).await {
            Ok(_) => Answer::PersonCalled,
            Err(error) => {
                tracing::error!(conversation = %of, %error, "no person could be called");
                Answer::PutThrough(false)
            }
        }
    }
}
