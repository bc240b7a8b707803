//! A voice message, recorded as messengers record it, is heard by the recogniser of the calls.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use dialog::rehearsal::{Hall, Way as _};
use job_core::ids::{Ids, OrgId};
use job_core::store::Store;
use job_core::trade::Language;
use sip_gateway::config::Settings;
use sip_gateway::net::house::load_packs;
use sip_gateway::net::notes::Notes;
use sip_gateway::net::speech;

use crate::packs;
use crate::ways::Telegram;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_voice_message_is_heard_kept_and_answered() {
    let folder = std::env::temp_dir().join(format!("gudok-voice-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut settings = Settings { data: folder.clone(), ..Settings::default() };
    settings.speech.recognisers = 2;
    let studio = speech::studio(&settings, &load_packs().unwrap()).unwrap();
    let notes = Arc::new(Notes::new(studio.recognisers.clone()));
    let now = "2026-11-20T10:00:00+02:00".parse().unwrap();
    let store = Store::open(":memory:", Ids::new(1)).await.unwrap();
    job_core::demo::seed_demo(&store, now).await.unwrap();
    let rows = store.org(&OrgId::new(job_core::demo::ORG));
    let phone = Some("+79114441122".to_owned());
    let hall = Hall { store, rows: rows.clone(), phone, now };
    let mut chat = Telegram::heard_by(hall, packs(Language::Ru), notes).await.unwrap();

    chat.open().await.unwrap();
    let told = spoken("у меня капает кран на кухне", &folder);
    let (reply, state) = chat.speak(told).await.unwrap();
    let (unclear, _) = chat.speak(b"OggS that is none".to_vec()).await.unwrap();

    assert_eq!(
        state.slots.category,
        Some(job_core::trade::Category::Plumbing),
        "{reply}: {:?}",
        state.slots
    );
    assert!(unclear.contains("Не разобрал"), "{unclear}");
    let talks = rows.conversations(&Default::default(), Default::default()).await.unwrap();
    let talk = talks.iter().find(|it| it.participant.as_deref() == Some("+79114441122")).unwrap();
    let files = rows.attachments(&talk.id).await.unwrap();
    assert_eq!(files.len(), 2, "what was sent is kept, heard or not");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// As a messenger records it: 48 kHz, Opus, Ogg.
fn spoken(text: &str, folder: &Path) -> Vec<u8> {
    let (wav, ogg) = (folder.join("note.wav"), folder.join("note.ogg"));
    let said = Command::new("espeak-ng").args(["-v", "ru+m7", "-w"]).arg(&wav).arg(text).status();
    assert!(said.unwrap().success(), "espeak-ng");
    let coded = Command::new("opusenc")
        .args(["--quiet", "--bitrate", "24"])
        .args([&wav, &ogg])
        .stderr(Stdio::null())
        .status();
    assert!(coded.unwrap().success(), "opusenc");
    std::fs::read(ogg).unwrap()
}
