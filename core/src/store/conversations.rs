//! Conversations as they are kept: begun, added to line by line, ended, listed, resumed.

use jiff::Timestamp;

use super::db::{Row, Tx, values, word};
use super::{OrgStore, Store, StoreError};
use crate::conversation::{
    CallEvent, Conversation, ConversationFilter, ConversationStatus, Ending, Millis, Page,
    Utterance,
};
use crate::ids::{ConversationId, JobId, OrgId};
use crate::trade::Channel;

impl Store {
    /// Phone calls of every organisation that have no end: under way somewhere, or left behind by a
    /// process that was killed.
    pub async fn calls_without_end(&self) -> Result<Vec<(OrgId, Conversation)>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM conversations WHERE channel = $1 AND ended_ms IS NULL \
                 ORDER BY started_ms, id",
                values![word(Channel::Phone)],
            )
            .await?;

        rows.iter().map(|row| Ok((OrgId::new(row.text("org_id")?), conversation(row)?))).collect()
    }
}

impl OrgStore {
    /// The same id again changes nothing.
    pub async fn start_conversation(&self, it: &Conversation) -> Result<(), StoreError> {
        self.db
            .execute(
                "INSERT INTO conversations (id, org_id, kind, channel, language, participant, dialled, \
                 started_ms, ended_ms, status, end_reason, recording, memory, state, job_id, test) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
                 ON CONFLICT (id) DO NOTHING",
                values![
                    &it.id,
                    &self.org,
                    word(it.kind),
                    word(it.channel),
                    word(it.language),
                    it.participant.clone(),
                    it.dialled.clone(),
                    it.started,
                    it.ended,
                    word(it.status),
                    it.end_reason.clone(),
                    it.recording.clone(),
                    it.memory.clone(),
                    it.state.clone(),
                    it.job.as_ref(),
                    it.test,
                ],
            )
            .await?;
        Ok(())
    }

    /// What was said, in one transaction; the same `seq` again replaces the line.
    pub async fn add_utterances(
        &self,
        conversation: &ConversationId,
        lines: &[Utterance],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        self.write_lines(&mut tx, conversation, lines).await?;
        tx.commit().await
    }

    /// One turn of a text channel, all or nothing: what was said, memory, state, and the reply to
    /// that message. `before` is the memory the turn began with, for several nodes may answer at
    /// once. `false`: the message was answered before, or somebody has written since; nothing was
    /// changed.
    pub async fn save_turn_over(
        &self,
        before: &str,
        conversation: &ConversationId,
        lines: &[Utterance],
        memory: &str,
        state: &str,
        message: Option<(&str, &str)>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        let written = tx
            .execute(
                "UPDATE conversations SET memory = $4, state = $5 \
                 WHERE org_id = $1 AND id = $2 AND memory = $3 AND operator IS NULL",
                values![&self.org, conversation, before, memory, state],
            )
            .await?;
        let fresh = match message {
            Some((id, reply)) => self.write_reply(&mut tx, conversation, id, reply).await?,
            None => true,
        };
        if written != 1 || !fresh {
            tx.roll_back().await?;
            return Ok(false);
        }
        self.write_lines(&mut tx, conversation, lines).await?;
        tx.commit().await?;

        Ok(true)
    }

    /// What was answered to that message before.
    pub async fn reply_to(
        &self,
        conversation: &ConversationId,
        message: &str,
    ) -> Result<Option<String>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT reply FROM replies \
                 WHERE org_id = $1 AND conversation_id = $2 AND message_id = $3",
                values![&self.org, conversation, message],
            )
            .await?;

        row.map(|row| row.text("reply")).transpose()
    }

    pub async fn add_events(
        &self,
        conversation: &ConversationId,
        events: &[CallEvent],
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        for event in events {
            self.write_event(&mut tx, conversation, event).await?;
        }
        tx.commit().await
    }

    pub(super) async fn write_event(
        &self,
        tx: &mut Tx,
        conversation: &ConversationId,
        event: &CallEvent,
    ) -> Result<(), StoreError> {
        tx.execute(
            "INSERT INTO call_events (org_id, conversation_id, seq, at_ms, kind, detail) \
             SELECT c.org_id, c.id, (SELECT COALESCE(MAX(e.seq), 0) + 1 FROM call_events e \
             WHERE e.conversation_id = c.id), $3, $4, $5 \
             FROM conversations c WHERE c.org_id = $1 AND c.id = $2",
            values![&self.org, conversation, event.at.0, &event.kind, &event.detail],
        )
        .await?;
        Ok(())
    }

    /// The dialogue's memory and the API's state, both JSON text.
    pub async fn save_memory(
        &self,
        conversation: &ConversationId,
        memory: &str,
        state: &str,
    ) -> Result<(), StoreError> {
        self.db
            .execute(
                "UPDATE conversations SET memory = $3, state = $4 WHERE org_id = $1 AND id = $2",
                values![&self.org, conversation, memory, state],
            )
            .await?;
        Ok(())
    }

    /// Ends a conversation and gives back what it held; only a dropped one keeps it until it
    /// expires, in case the same number phones again. One that has ended stays as it ended.
    pub async fn end_conversation(
        &self,
        conversation: &ConversationId,
        ending: &Ending,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let ended = tx
            .execute(
                "UPDATE conversations SET status = $3, end_reason = $4, ended_ms = $5, \
             recording = COALESCE($6, recording), job_id = COALESCE($7, job_id) \
             WHERE org_id = $1 AND id = $2 AND ended_ms IS NULL",
                values![
                    &self.org,
                    conversation,
                    word(ending.status),
                    &ending.reason,
                    now,
                    ending.recording.clone(),
                    ending.job.as_ref(),
                ],
            )
            .await?;
        if ended == 1 {
            let told = serde_json::json!({
                "conversation_id": conversation,
                "status": ending.status,
                "reason": ending.reason,
                "job_id": ending.job,
            });
            self.tell_hooks(&mut tx, "conversation.ended", &told, now).await?;
        }
        if ending.status != ConversationStatus::Abandoned {
            self.drop_holds_of(&mut tx, conversation).await?;
        }
        tx.commit().await
    }

    /// A call goes on in a conversation that had ended: it is open again.
    pub async fn resume_conversation(
        &self,
        conversation: &ConversationId,
    ) -> Result<(), StoreError> {
        self.db
            .execute(
                "UPDATE conversations SET status = 'active', end_reason = NULL, ended_ms = NULL \
                 WHERE org_id = $1 AND id = $2",
                values![&self.org, conversation],
            )
            .await?;
        Ok(())
    }

    /// Newest first.
    pub async fn conversations(
        &self,
        filter: &ConversationFilter,
        page: Page,
    ) -> Result<Vec<Conversation>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM conversations WHERE org_id = $1 AND ($2 = '' OR status = $2) \
                 AND ($3 = '' OR channel = $3) AND ($4 = '' OR participant = $4) \
                 AND (NOT $7 OR wanted_ms IS NOT NULL OR operator IS NOT NULL) ORDER BY started_ms DESC, id DESC LIMIT $5 OFFSET $6",
                values![
                    &self.org,
                    filter.status.map(word).unwrap_or_default(),
                    filter.channel.map(word).unwrap_or_default(),
                    filter.participant.as_deref().unwrap_or(""),
                    i64::from(page.limit),
                    i64::from(page.offset),
                    filter.with_person,
                ],
            )
            .await?;

        rows.iter().map(conversation).collect()
    }

    pub async fn conversation(
        &self,
        id: &ConversationId,
    ) -> Result<Option<Conversation>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT * FROM conversations WHERE org_id = $1 AND id = $2",
                values![&self.org, id],
            )
            .await?;

        row.as_ref().map(conversation).transpose()
    }

    /// Everything that was said, in order.
    pub async fn transcript(&self, id: &ConversationId) -> Result<Vec<Utterance>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM utterances WHERE org_id = $1 AND conversation_id = $2 ORDER BY seq",
                values![&self.org, id],
            )
            .await?;

        rows.iter().map(utterance).collect()
    }

    /// What was said after that line, in order.
    pub async fn transcript_after(
        &self,
        id: &ConversationId,
        seq: i64,
    ) -> Result<Vec<Utterance>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM utterances WHERE org_id = $1 AND conversation_id = $2 AND seq > $3 \
                 ORDER BY seq",
                values![&self.org, id, seq],
            )
            .await?;

        rows.iter().map(utterance).collect()
    }

    /// The number of the line that comes next.
    pub async fn next_seq(&self, id: &ConversationId) -> Result<i64, StoreError> {
        let row = self
            .db
            .first(
                "SELECT COALESCE(MAX(seq), -1) + 1 AS next FROM utterances \
                 WHERE org_id = $1 AND conversation_id = $2",
                values![&self.org, id],
            )
            .await?;

        row.map_or(Ok(0), |row| row.int("next"))
    }

    /// Everything that happened, in order.
    pub async fn events(&self, id: &ConversationId) -> Result<Vec<CallEvent>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT at_ms, kind, detail FROM call_events \
                 WHERE org_id = $1 AND conversation_id = $2 ORDER BY seq",
                values![&self.org, id],
            )
            .await?;

        rows.iter()
            .map(|row| {
                Ok(CallEvent {
                    at: Millis(row.int("at_ms")?),
                    kind: row.text("kind")?,
                    detail: row.text("detail")?,
                })
            })
            .collect()
    }

    /// The conversation this number broke off lately (15 minutes unless the settings say
    /// otherwise), to be carried on where it broke.
    pub async fn resume_candidate(
        &self,
        phone: &str,
        now: Timestamp,
    ) -> Result<Option<Conversation>, StoreError> {
        let within = self.settings().await?.resume_within;
        let row = self
            .db
            .first(
                "SELECT * FROM conversations WHERE org_id = $1 AND participant = $2 \
                 AND status = $3 AND ended_ms >= $4 AND memory IS NOT NULL \
                 ORDER BY ended_ms DESC, id DESC LIMIT 1",
                values![
                    &self.org,
                    phone,
                    word(ConversationStatus::Abandoned),
                    now - within.duration(),
                ],
            )
            .await?;

        row.as_ref().map(conversation).transpose()
    }

    pub(super) async fn write_lines(
        &self,
        tx: &mut Tx,
        conversation: &ConversationId,
        lines: &[Utterance],
    ) -> Result<(), StoreError> {
        for line in lines {
            tx.execute(
                "INSERT INTO utterances (org_id, conversation_id, seq, at_ms, speaker, text, \
                 confidence, latency_ms, interrupted) \
                 SELECT org_id, id, $3, $4, $5, $6, $7, $8, $9 FROM conversations \
                 WHERE org_id = $1 AND id = $2 \
                 ON CONFLICT (conversation_id, seq) DO UPDATE SET at_ms = excluded.at_ms, \
                 speaker = excluded.speaker, text = excluded.text, \
                 confidence = excluded.confidence, latency_ms = excluded.latency_ms, \
                 interrupted = excluded.interrupted",
                values![
                    &self.org,
                    conversation,
                    line.seq,
                    line.at.0,
                    word(line.speaker),
                    &line.text,
                    line.confidence,
                    line.latency.map(|it| it.0),
                    line.interrupted,
                ],
            )
            .await?;
        }
        Ok(())
    }

    pub(super) async fn write_reply(
        &self,
        tx: &mut Tx,
        conversation: &ConversationId,
        message: &str,
        reply: &str,
    ) -> Result<bool, StoreError> {
        let made = tx
            .execute(
                "INSERT INTO replies (org_id, conversation_id, message_id, reply) \
                 SELECT org_id, id, $3, $4 FROM conversations WHERE org_id = $1 AND id = $2 \
                 ON CONFLICT (conversation_id, message_id) DO NOTHING",
                values![&self.org, conversation, message, reply],
            )
            .await?;

        Ok(made == 1)
    }
}

fn conversation(row: &Row) -> Result<Conversation, StoreError> {
    let ended = row.maybe_int("ended_ms")?.map(|_| row.time("ended_ms")).transpose()?;

    Ok(Conversation {
        id: ConversationId::new(row.text("id")?),
        kind: row.word("kind")?,
        channel: row.word("channel")?,
        language: row.word("language")?,
        participant: row.maybe_text("participant")?,
        dialled: row.maybe_text("dialled")?,
        started: row.time("started_ms")?,
        ended,
        status: row.word("status")?,
        end_reason: row.maybe_text("end_reason")?,
        recording: row.maybe_text("recording")?,
        memory: row.maybe_text("memory")?,
        state: row.maybe_text("state")?,
        job: row.maybe_text("job_id")?.map(JobId::new),
        test: row.flag("test")?,
        wanted: row.maybe_time("wanted_ms")?,
        wanted_why: row.maybe_text("wanted_why")?,
        operator: row.maybe_text("operator")?,
    })
}

fn utterance(row: &Row) -> Result<Utterance, StoreError> {
    Ok(Utterance {
        seq: row.int("seq")?,
        at: Millis(row.int("at_ms")?),
        speaker: row.word("speaker")?,
        text: row.text("text")?,
        confidence: row.maybe_int("confidence")?,
        latency: row.maybe_int("latency_ms")?.map(Millis),
        interrupted: row.flag("interrupted")?,
    })
}
