//! Whoever writes: from where, what came from there, and what goes back.
//!
//! **Never here:** a messenger's own protocol (web), what is answered (dialog).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::ConversationId;
use crate::trade::{Channel, Language};

/// One side of a messenger: the bot that is written to and the messenger's name of who writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChatId {
    /// The bot's name in the settings; `web` for pages.
    pub bot: String,
    pub address: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    pub id: ChatId,
    /// E.164, only where the messenger vouches for it.
    pub phone: Option<String>,
    /// The conversation under way, or the last one.
    pub conversation: Option<ConversationId>,
    /// When something was said last, by either side.
    pub seen: Timestamp,
}

/// What came in, whatever the messenger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// The messenger's name of the update: the same again is the same letter.
    pub update: String,
    /// The chat it comes from, as the messenger names it.
    pub chat: String,
    /// As the messenger says.
    pub sent: Timestamp,
    pub said: Said,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// The chat was opened; nothing is said yet.
    Opened,
    /// Written, or a button that stands for these words.
    Text(String),
    /// A telephone number the messenger vouches for.
    Phone(String),
    /// Degrees north and east.
    Place { latitude: f64, longitude: f64 },
    /// A photo, a video, a paper.
    File(Enclosure),
    /// Spoken into the messenger.
    Voice(Enclosure),
}

/// A file that lies with the messenger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    /// How it is fetched: the messenger's name of it, or its address.
    pub at: String,
    pub name: String,
    pub caption: String,
    /// As far as it is told before fetching.
    pub bytes: Option<u64>,
}

/// What goes back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    pub text: String,
    /// Answers that fit, each a button where the messenger has them.
    #[serde(default)]
    pub choices: Vec<String>,
    /// The telephone number is asked for: a messenger may offer to share it.
    #[serde(default)]
    pub wants_phone: bool,
    /// What the button says that shares it.
    #[serde(default)]
    pub share_phone: String,
}

/// Where a conversation's words go: the chat it is held in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub chat: ChatId,
    pub channel: Channel,
    pub language: Language,
}
