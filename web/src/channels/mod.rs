//! Written channels: messengers' bots, the chat and the form on a page. The same desk answers them all.
//!
//! A letter is written down (`hooks`), answered in the order it was sent (`reception`), and the answer
//! leaves through the outbox. Each messenger's own protocol stands in its file and is pure but for the
//! requests it makes.

pub mod bot;
pub mod bots;
pub mod files;
pub(crate) mod form;
pub(crate) mod hooks;
mod max;
mod office;
pub(crate) mod page;
mod polling;
mod progress;
mod reading;
mod reception;
mod telegram;
mod viber;
mod vk;
mod waking;
mod whatsapp;

use std::future::Future;
use std::pin::Pin;

use job_core::media::Form;
use job_core::trade::Language;

pub(crate) use reception::Reading;
pub(crate) use waking::Wakes;

/// The letters in one update of that messenger.
pub fn hooks_letters(bot: &bot::Bot, update: &serde_json::Value) -> Vec<job_core::chat::Letter> {
    hooks::letters(bot, update)
}

/// Hears what was spoken into a messenger.
pub trait Scribe: Send + Sync {
    /// `None`: nothing was understood, or nobody is free to listen.
    fn written(&self, form: Form, sound: Vec<u8>, language: Language) -> Writing<'_>;
}

pub type Writing<'a> = Pin<Box<dyn Future<Output = Option<String>> + Send + 'a>>;
