//! Calls under way, as the office acts on them: hung up, kept out of the recording.
//!
//! **Never here:** how a call does it; whoever carries the calls is behind [`Live`].

use job_core::ids::{ConversationId, OrgId};

/// What becomes of a call under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    HangUp,
    /// From now on only silence is recorded, and what the caller says is not written down.
    PauseRecording,
    ResumeRecording,
}

/// Carries the calls.
pub trait Live: Send + Sync {
    /// False where no such call of that organisation is under way.
    fn order(&self, org: &OrgId, conversation: &ConversationId, order: Order) -> bool;
}

/// No telephone.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCalls;

impl Live for NoCalls {
    fn order(&self, _: &OrgId, _: &ConversationId, _: Order) -> bool {
        false
    }
}
