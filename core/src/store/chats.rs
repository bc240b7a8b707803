//! Chats: what messengers hand over, whose conversation it belongs to, and what goes back.
//!
//! A letter is written down before it is answered, so that none is lost and none is read twice: the
//! messenger's own name of the update is its key.

use jiff::{SignedDuration, Timestamp};

use super::db::{Row, Tx, values, word};
use super::outbox::{Draft, Message, message};
use super::{OrgStore, Store, StoreError, json};
use crate::chat::{Chat, ChatId, Letter, Line, Parcel};
use crate::ids::{ConversationId, OrgId};
use crate::outbox;
use crate::trade::Channel;

/// A letter that could not be read so often is given up.
const TRIES_MAX: i64 = 5;
/// That an update was seen is known for so long; no messenger repeats one later (WhatsApp: 7 days).
const KNOWN: SignedDuration = SignedDuration::from_hours(24 * 8);
/// Letters of one chat read in one go.
const AT_ONCE: i64 = 50;

/// The bot of pages: what is said there is fetched, not sent.
pub const WEB: &str = "web";

impl Store {
    /// Chats with letters that nobody has read since `before`, as after a process was killed.
    pub async fn chats_with_mail(
        &self,
        before: Timestamp,
    ) -> Result<Vec<(OrgId, ChatId)>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT DISTINCT org_id, bot, chat FROM inbox \
                 WHERE letter IS NOT NULL AND received_ms < $1 LIMIT $2",
                values![before, AT_ONCE],
            )
            .await?;

        rows.iter()
            .map(|row| {
                let chat = ChatId { bot: row.text("bot")?, address: row.text("chat")? };
                Ok((OrgId::new(row.text("org_id")?), chat))
            })
            .collect()
    }

    /// Forgets updates no messenger will repeat.
    pub async fn sweep_inbox(&self, now: Timestamp) -> Result<(), StoreError> {
        self.db
            .execute(
                "DELETE FROM inbox WHERE received_ms < $1 AND letter IS NULL",
                values![now - KNOWN],
            )
            .await?;
        Ok(())
    }
}

impl OrgStore {
    /// Writes a letter down. `false`: it came before.
    pub async fn receive(
        &self,
        bot: &str,
        letter: &Letter,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let made = self
            .db
            .execute(
                "INSERT INTO inbox (org_id, bot, update_id, chat, received_ms, sent_ms, letter, tries) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT (org_id, bot, update_id) DO NOTHING",
                values![
                    &self.org,
                    bot,
                    &letter.update,
                    &letter.chat,
                    now,
                    letter.sent,
                    json(letter),
                ],
            )
            .await?;

        Ok(made == 1)
    }

    /// What nobody has read yet, in the order it was sent.
    pub async fn unread(&self, chat: &ChatId) -> Result<Vec<Letter>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT letter FROM inbox WHERE org_id = $1 AND bot = $2 AND chat = $3 \
                 AND letter IS NOT NULL ORDER BY sent_ms, received_ms, update_id LIMIT $4",
                values![&self.org, &chat.bot, &chat.address, AT_ONCE],
            )
            .await?;

        rows.iter().map(|row| row.json("letter")).collect()
    }

    /// It is answered; its words stay in the conversation only.
    pub async fn letter_read(&self, bot: &str, update: &str) -> Result<(), StoreError> {
        self.db
            .execute(
                "UPDATE inbox SET letter = NULL WHERE org_id = $1 AND bot = $2 AND update_id = $3",
                values![&self.org, bot, update],
            )
            .await?;
        Ok(())
    }

    /// It could not be answered now. `false`: it is given up.
    pub async fn letter_failed(&self, bot: &str, update: &str) -> Result<bool, StoreError> {
        self.db
            .execute(
                "UPDATE inbox SET tries = tries + 1, \
                 letter = CASE WHEN tries + 1 >= $4 THEN NULL ELSE letter END \
                 WHERE org_id = $1 AND bot = $2 AND update_id = $3",
                values![&self.org, bot, update, TRIES_MAX],
            )
            .await?;
        let left = self
            .db
            .first(
                "SELECT letter FROM inbox WHERE org_id = $1 AND bot = $2 AND update_id = $3 \
                 AND letter IS NOT NULL",
                values![&self.org, bot, update],
            )
            .await?;

        Ok(left.is_some())
    }

    pub async fn chat(&self, id: &ChatId) -> Result<Option<Chat>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT * FROM chats WHERE org_id = $1 AND bot = $2 AND address = $3",
                values![&self.org, &id.bot, &id.address],
            )
            .await?;

        row.as_ref().map(chat).transpose()
    }

    /// From now on that conversation is held there.
    pub async fn talk_in(
        &self,
        id: &ChatId,
        conversation: &ConversationId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.db
            .execute(
                "INSERT INTO chats (org_id, bot, address, conversation_id, seen_ms) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (org_id, bot, address) DO UPDATE SET \
                 conversation_id = excluded.conversation_id, seen_ms = excluded.seen_ms",
                values![&self.org, &id.bot, &id.address, conversation, now],
            )
            .await?;
        Ok(())
    }

    /// The messenger vouches for the number of whoever writes there.
    pub async fn vouch(&self, id: &ChatId, phone: &str, now: Timestamp) -> Result<(), StoreError> {
        self.db
            .execute(
                "INSERT INTO chats (org_id, bot, address, phone, seen_ms) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (org_id, bot, address) DO UPDATE SET phone = excluded.phone",
                values![&self.org, &id.bot, &id.address, phone, now],
            )
            .await?;
        Ok(())
    }

    /// Where that conversation is held, if it is written.
    pub async fn line_of(&self, conversation: &ConversationId) -> Result<Option<Line>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT h.bot, h.address, c.channel, c.language FROM chats h \
                 JOIN conversations c ON c.org_id = h.org_id AND c.id = h.conversation_id \
                 WHERE h.org_id = $1 AND h.conversation_id = $2 ORDER BY h.seen_ms DESC LIMIT 1",
                values![&self.org, conversation],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some(Line {
            chat: ChatId { bot: row.text("bot")?, address: row.text("address")? },
            channel: row.word("channel")?,
            language: row.word("language")?,
        }))
    }

    /// Sends words to a chat, once for each key.
    pub async fn say_in_chat(
        &self,
        line: &Line,
        parcel: &Parcel,
        key: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        self.say_in_chat_in(&mut tx, line, parcel, key, now).await?;
        tx.commit().await
    }

    pub(super) async fn say_in_chat_in(
        &self,
        tx: &mut Tx,
        line: &Line,
        parcel: &Parcel,
        key: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(channel) = outward(line.channel) else { return Ok(()) };
        let mut payload = serde_json::to_value(parcel).unwrap_or_default();
        payload["bot"] = line.chat.bot.clone().into();
        payload["channel"] = word(channel).into();
        let draft = Draft {
            job: None,
            recipient: "chat",
            address: &line.chat.address,
            template: "chat",
            language: line.language,
            payload,
        };
        let key = format!("chat:{}:{}:{key}", line.chat.bot, line.chat.address);

        self.send_once(tx, draft, Some(key), now).await
    }
}

impl OrgStore {
    /// What was or will be sent to a chat, oldest first.
    pub async fn chat_messages(
        &self,
        bot: &str,
        address: &str,
    ) -> Result<Vec<Message>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM outbox WHERE org_id = $1 AND recipient = 'chat' AND address = $2 \
                 ORDER BY created_ms, id",
                values![&self.org, address],
            )
            .await?;
        let messages = rows.iter().map(message).collect::<Result<Vec<_>, _>>()?;

        Ok(messages.into_iter().filter(|it| it.payload["bot"] == bot).collect())
    }
}

/// The channel a messenger's words leave by; pages fetch theirs.
fn outward(channel: Channel) -> Option<outbox::Channel> {
    match channel {
        Channel::Telegram => Some(outbox::Channel::Telegram),
        Channel::Whatsapp => Some(outbox::Channel::Whatsapp),
        Channel::Viber => Some(outbox::Channel::Viber),
        Channel::Vk => Some(outbox::Channel::Vk),
        Channel::Max => Some(outbox::Channel::Max),
        Channel::Phone | Channel::Web | Channel::Form => None,
    }
}

fn chat(row: &Row) -> Result<Chat, StoreError> {
    Ok(Chat {
        id: ChatId { bot: row.text("bot")?, address: row.text("address")? },
        phone: row.maybe_text("phone")?,
        conversation: row.maybe_text("conversation_id")?.map(ConversationId::new),
        seen: row.time("seen_ms")?,
    })
}
