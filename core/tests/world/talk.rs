//! Lines, events and endings of a made-up conversation.

use job_core::conversation::{
    CallEvent, Conversation, ConversationStatus, Ending, Millis, Speaker, Utterance,
};
use job_core::ids::ConversationId;
use job_core::trade::{Channel, Language};

use super::at;

pub(crate) fn talk(id: &ConversationId) -> Conversation {
    let mut talk =
        Conversation::beginning(id.clone(), Channel::Phone, Language::Ru, at("2026-11-23T10:00"));
    talk.participant = Some("+79110001234".into());
    talk
}

pub(crate) fn ending(status: ConversationStatus, reason: &str) -> Ending {
    Ending { status, reason: reason.into(), recording: Some("rec/1.wav".into()), job: None }
}

pub(crate) fn line(seq: i64, speaker: Speaker, text: &str) -> Utterance {
    let latency = (speaker == Speaker::Agent).then_some(Millis(640));

    Utterance {
        seq,
        at: Millis(seq * 1_000),
        speaker,
        text: text.into(),
        confidence: None,
        latency,
        interrupted: false,
    }
}

pub(crate) fn event(at: i64, kind: &str) -> CallEvent {
    CallEvent { at: Millis(at), kind: kind.into(), detail: String::new() }
}
