//! A scripted caller, and the transcript kept of the talk.

use std::path::PathBuf;

use dialog::conversation::{Kind, Setup};
use job_core::trade::{Channel, Language};

use crate::world::{Act, Core, PHONE, Scene, setup};

pub(crate) struct Script {
    name: &'static str,
    kind: Kind,
    channel: Channel,
    language: Language,
    phone: Option<&'static str>,
    core: Core,
    acts: Vec<Act>,
}

pub(crate) fn by_phone(name: &'static str, acts: Vec<Act>) -> Script {
    Script {
        name,
        kind: Kind::ClientRequest,
        channel: Channel::Phone,
        language: Language::Ru,
        phone: Some(PHONE),
        core: Core::default(),
        acts,
    }
}

impl Script {
    pub(crate) fn core(mut self, core: Core) -> Self {
        self.core = core;
        self
    }

    pub(crate) fn english(mut self) -> Self {
        self.language = Language::En;
        self
    }

    pub(crate) fn hidden_number(mut self) -> Self {
        self.phone = None;
        self
    }

    pub(crate) fn in_writing(mut self) -> Self {
        self.channel = Channel::Web;
        self.phone = None;
        self
    }

    pub(crate) fn by_a_master(mut self) -> Self {
        self.kind = Kind::MasterOnboarding;
        self
    }

    /// Plays the script and compares the transcript with the one checked in.
    pub(crate) fn play(self) -> Scene {
        let mut scene = Scene::new(
            Setup { kind: self.kind, ..setup(self.channel, self.language, self.phone) },
            self.core,
        );
        for act in &self.acts {
            scene.act(act);
        }
        let state = serde_json::to_string(&scene.conversation.state()).expect("state");
        let transcript = format!("{}{state}\n", scene.transcript);
        compare(self.name, &transcript);
        scene
    }
}

pub(crate) fn compare(name: &str, transcript: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, transcript).expect("testdata can be written");
        return;
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(transcript, golden, "{name}: UPDATE=1 cargo test -p dialog writes it anew");
}

pub(crate) fn reason(scene: &Scene) -> &str {
    scene.outcome.as_ref().map_or("still active", |outcome| outcome.reason.as_str())
}
