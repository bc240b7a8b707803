//! What all booths share: packs, the embedded recognisers, voices, sentences already spoken once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Context;
use dialog::conversation::{Conversation, Kind, Packs, Setup};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use job_core::ids::ConversationId;
use job_core::trade::{Channel, Language};
use media::speech::measure::sound_of;
use media::speech::pocketsphinx::Pocketsphinx;
use media::speech::{Recogniser, Tongue, Voice};
use sip_gateway::config::Settings;
use sip_gateway::net::house::{PACKS, load_packs};
use sip_gateway::net::speech::{Mouths, recogniser};

/// Friday noon in Kaliningrad.
const BEGAN: &str = "2026-11-20T12:00:00+02:00";

/// Voice, words and speed in percent.
type Sentence = (String, String, u16);

pub struct Studio {
    packs: Packs,
    ru: Pocketsphinx,
    en: Pocketsphinx,
    mouths: Mouths,
    settings: Settings,
    spoken: Mutex<HashMap<Sentence, Arc<[i16]>>>,
    pub began: (Instant, Timestamp),
}

impl Studio {
    /// `data` keeps dictionaries and language models between starts; `callers` at once.
    pub fn open(data: &Path, callers: usize) -> anyhow::Result<Self> {
        let mut settings = Settings::default();
        settings.speech.recognisers = callers;
        let shelf = load_packs()?;
        let start = |language| recogniser(&settings.speech, &shelf, data, language);
        Ok(Self {
            packs: shelf.get(PACKS[0]).context("the pack")?.clone(),
            ru: start(Language::Ru)?,
            en: start(Language::En)?,
            mouths: Mouths::open(&data.join("mouths"))?,
            settings,
            spoken: Mutex::default(),
            began: (sip_gateway::clock::now(), BEGAN.parse().context("a timestamp")?),
        })
    }

    pub fn conversation(&self, language: Language, phone: Option<&str>) -> Conversation {
        let setup = Setup {
            id: ConversationId::new("c1"),
            kind: Kind::ClientRequest,
            channel: Channel::Phone,
            language,
            phone: phone.map(str::to_owned),
            zone: TimeZone::get("Europe/Kaliningrad").unwrap_or(TimeZone::UTC),
        };
        let pack = self.packs.get(language).cloned();
        match pack {
            Some(pack) => Conversation::new(pack, setup),
            None => Conversation::new(self.packs.clone(), setup),
        }
    }

    pub fn recogniser(&self, language: Language) -> &dyn Recogniser {
        match language {
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }

    /// The agent's own voice.
    pub fn said(&self, language: Language, text: &str) -> Arc<[i16]> {
        let name = match language {
            Language::Ru => self.settings.speech.voice_ru.clone(),
            Language::En => self.settings.speech.voice_en.clone(),
        };
        self.spoken(language, &name, 100, text)
    }

    /// Any voice; empty where the synthesiser fails.
    pub fn spoken(&self, language: Language, name: &str, speed: u16, text: &str) -> Arc<[i16]> {
        let key = (name.to_owned(), text.to_owned(), speed);
        let known = |spoken: &Mutex<HashMap<_, Arc<[i16]>>>| {
            spoken.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
        };
        if let Some(sound) = known(&self.spoken) {
            return sound;
        }
        let tongue = match language {
            Language::Ru => Tongue::Ru,
            Language::En => Tongue::En,
        };
        let voice = Voice { speed: Some(speed), ..Voice::plain(tongue, name) };
        let sound: Arc<[i16]> = sound_of(&self.mouths, text, &voice).unwrap_or_default().into();
        let mut spoken = self.spoken.lock().unwrap_or_else(PoisonError::into_inner);
        spoken.insert(key.clone(), Arc::clone(&sound));
        sound
    }
}

impl std::fmt::Debug for Studio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Studio").finish_non_exhaustive()
    }
}
