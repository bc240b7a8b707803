//! The aftermath of a process that was killed: its calls never got an end, and get one now, so that
//! no page stays open and the same caller can be taken up where it broke off.
//!
//! **Never here:** calls of other processes on the same database; a call belongs to the data folder
//! that holds its recording.

use std::path::Path;

use dialog::state::State;
use jiff::Timestamp;
use job_core::conversation::Conversation;
use job_core::store::{Store, StoreError};

use super::ledger;
use crate::call::end::End;

/// Gives every call this data folder recorded an end: when its last sound was written.
pub async fn close_pages(store: &Store, recordings: &Path) -> Result<(), StoreError> {
    for (org, call) in store.calls_without_end().await? {
        let Some(last_sound) = last_sound(recordings, &call) else {
            continue;
        };
        let state: Option<State> =
            call.state.as_deref().and_then(|state| serde_json::from_str(state).ok());
        let ending = ledger::ending(End::Crashed, state.as_ref());
        tracing::warn!(conversation = %call.id, "a call was broken off by a crash");
        store.org(&org).end_conversation(&call.id, &ending, last_sound.max(call.started)).await?;
    }
    Ok(())
}

/// When this call's recording was last written, where it lies in this folder.
fn last_sound(recordings: &Path, call: &Conversation) -> Option<Timestamp> {
    let file = recordings.join(call.recording.as_deref()?);
    let written = std::fs::metadata(file).ok()?.modified().ok()?;
    Timestamp::try_from(written).ok()
}

#[cfg(test)]
mod tests {
    use job_core::conversation::{Conversation, ConversationStatus};
    use job_core::demo;
    use job_core::ids::{ConversationId, Ids, OrgId};
    use job_core::trade::{Channel, Language};

    use super::*;
    use crate::clock;

    #[tokio::test]
    async fn a_call_recorded_here_gets_its_end_and_one_recorded_elsewhere_goes_on() {
        let recordings =
            std::env::temp_dir().join(format!("gudok-aftermath-{}", std::process::id()));
        std::fs::create_dir_all(&recordings).unwrap();
        std::fs::write(recordings.join("ours.wav"), "").unwrap();
        let store = Store::open(":memory:", Ids::new(1)).await.unwrap();
        demo::seed_demo(&store, clock::wall()).await.unwrap();
        let rows = store.org(&OrgId::new(demo::ORG));
        for name in ["ours", "theirs"] {
            rows.start_conversation(&call(name)).await.unwrap();
        }

        close_pages(&store, &recordings).await.unwrap();

        let of = |name| ConversationId::new(name);
        let ours = rows.conversation(&of("ours")).await.unwrap().unwrap();
        let theirs = rows.conversation(&of("theirs")).await.unwrap().unwrap();
        std::fs::remove_dir_all(&recordings).unwrap();
        assert_eq!(ours.end_reason.as_deref(), Some("crashed"));
        assert_eq!(ours.status, ConversationStatus::Abandoned);
        assert!(ours.ended >= Some(ours.started));
        assert_eq!(theirs.ended, None);
    }

    fn call(name: &str) -> Conversation {
        let id = ConversationId::new(name);
        Conversation {
            recording: Some(format!("{name}.wav")),
            ..Conversation::beginning(id, Channel::Phone, Language::Ru, clock::wall())
        }
    }
}
