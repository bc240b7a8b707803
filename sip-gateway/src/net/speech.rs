//! Which engines hear and speak here, from the settings and the packs.
//!
//! **Never here:** how they do it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use dialog::pack::{Pack, Phrase as Said, Topic};
use dialog::rehearsal::{Cast, Split};
use dialog::understand::Place;
use job_core::trade::Language;
use media::speech::cache::Cached;
use media::speech::espeak::Espeak;
use media::speech::flite::Flite;
use media::speech::language_model::Phrase;
use media::speech::phrases::common;
use media::speech::pocketsphinx::{Pocketsphinx, Setup};
use media::speech::{
    Expect, Line, Meter, Recogniser, Sink, SpeechError, Synthesiser, Tongue, Voice,
};

use super::archive::Archive;
use super::house::PACKS;
use super::seat::{Ears, Studio, Voices};
use super::services;
use super::services::chorus::{Chorus, Singer};
use super::services::understudy::{Service, Understudies};
use super::switchboard::Shelf;
use super::tape::Tape;
use crate::call::sentences::sentences;
use crate::caller::scenario::Scenario;
use crate::config::{BUILT_IN, Settings, Speech};

/// Synthesiser processes at the same time, of each kind.
const PROCESSES: usize = 4;
/// Prompts kept on disk: an hour of sound.
const PROMPTS_MAX: u64 = 64 * 1024 * 1024;

/// Everything a call hears and speaks with. Takes a second or two, the first time longer.
pub fn studio(settings: &Settings, shelf: &Shelf) -> anyhow::Result<Studio> {
    let data = settings.data.join("speech");
    let voices = Voices {
        ru: Voice::plain(Tongue::Ru, &settings.speech.voice_ru),
        en: Voice::plain(Tongue::En, &settings.speech.voice_en),
    };
    let (ru, en) = std::thread::scope(|scope| {
        let ru = scope.spawn(|| recogniser(&settings.speech, shelf, &data, Language::Ru));
        let en = recogniser(&settings.speech, shelf, &data, Language::En);
        (ru.join(), en)
    });
    let ru = ru.map_err(|_| anyhow::anyhow!("the Russian recogniser panicked at its start"))??;
    Ok(Studio {
        recognisers: Ears {
            ru: ears(settings, shelf, Arc::new(ru), Language::Ru)?,
            en: ears(settings, shelf, Arc::new(en?), Language::En)?,
        },
        synthesiser: synthesiser(settings, &data, shelf, &voices)?,
        voices,
        tape: Tape::start(settings.calls.small_recordings.then(Archive::start).transpose()?)?,
    })
}

/// Whoever hears callers of this language, in the owner's order.
fn ears(
    settings: &Settings,
    shelf: &Shelf,
    built_in: Arc<dyn Recogniser>,
    language: Language,
) -> anyhow::Result<Arc<dyn Recogniser>> {
    let names = match language {
        Language::Ru => &settings.speech.recognise_ru,
        Language::En => &settings.speech.recognise_en,
    };
    if names.iter().all(|name| name == BUILT_IN) {
        return Ok(built_in);
    }
    let runtime = tokio::runtime::Handle::try_current().context("services need a runtime")?;
    let hot_words = hot_words(shelf, language);
    let service = |name: &String| -> anyhow::Result<Service> {
        let recogniser = match settings.services.get(name) {
            None => Arc::clone(&built_in),
            Some(service) => {
                services::recogniser(service, tongue(language), &hot_words, runtime.clone())
                    .with_context(|| format!("services.{name}"))?
            }
        };
        let costs = settings.services.contains_key(name);
        Ok(Service { costs, ..Service::new(name, recogniser) })
    };
    let services = with_built_in(names).iter().map(service).collect::<anyhow::Result<_>>()?;
    Ok(Arc::new(Understudies::new(services, runtime)))
}

/// Whatever else fails, what is inside the program is there.
fn with_built_in(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    if !names.iter().any(|name| name == BUILT_IN) {
        names.push(BUILT_IN.to_owned());
    }
    names
}

/// What no general recogniser knows: streets and towns.
fn hot_words(shelf: &Shelf, language: Language) -> Vec<String> {
    let packs = shelf.values().filter_map(|packs| packs.get(language));
    packs
        .flat_map(|pack| [spoken(&pack.places.streets), spoken(&pack.places.cities)].concat())
        .collect()
}

/// A caller's recogniser knows what gudok says, not what callers say.
pub fn caller_recogniser(cache: &Path, language: Language) -> anyhow::Result<Arc<Pocketsphinx>> {
    let mut phrases = Vec::new();
    for name in PACKS {
        let said = Pack::built_in(name, language)?.agent_phrases();
        phrases.extend(said.into_iter().map(|text| Phrase {
            text,
            weight: 1.0,
            about: Expect::Anything,
        }));
    }
    let setup = Setup {
        tongue: tongue(language),
        model: None,
        phrases: &phrases,
        data: cache.join("recogniser"),
        decoders: 1,
    };
    Ok(Arc::new(Pocketsphinx::start(&setup).context("the caller's recogniser")?))
}

/// The caller's voice, as the scenario names it.
pub fn caller_voice(
    cache: &Path,
    scenario: &Scenario,
) -> anyhow::Result<(Arc<dyn Synthesiser>, Voice)> {
    let voice = Voice::plain(tongue(scenario.language), &scenario.voice);
    Ok((Arc::new(Mouths::open(cache)?), voice))
}

/// The two programs behind one voice: flite for its own English voices, espeak-ng for the rest.
#[derive(Debug)]
pub struct Mouths {
    espeak: Espeak,
    flite: Flite,
}

/// Voices that flite has.
const FLITE_VOICES: &[&str] = &["rms", "slt", "awb", "kal", "kal16"];

impl Mouths {
    pub fn open(data: &Path) -> Result<Self, SpeechError> {
        std::fs::create_dir_all(data).map_err(|error| SpeechError::Engine {
            engine: "speech",
            fact: format!("{}: {error}", data.display()),
        })?;
        Ok(Self {
            espeak: Espeak::new(PROCESSES)?,
            flite: Flite::new(PROCESSES, &data.join("flite"))?,
        })
    }
}

impl Synthesiser for Mouths {
    fn speak(&self, line: Line, sink: Sink) {
        if FLITE_VOICES.contains(&line.voice.name.as_str()) {
            self.flite.speak(line, sink);
        } else {
            self.espeak.speak(line, sink);
        }
    }

    fn version(&self) -> String {
        format!("{} {}", self.espeak.version(), self.flite.version())
    }
}

/// The recogniser of one language, knowing what its packs' callers say.
pub fn recogniser(
    speech: &Speech,
    shelf: &Shelf,
    data: &Path,
    language: Language,
) -> anyhow::Result<Pocketsphinx> {
    let model = match language {
        Language::Ru => &speech.model_ru,
        Language::En => &speech.model_en,
    };
    let tongue = tongue(language);
    let mut phrases = Vec::new();
    for pack in shelf.values().filter_map(|packs| packs.get(language)) {
        let (streets, cities) = (spoken(&pack.places.streets), spoken(&pack.places.cities));
        phrases.extend(common(tongue, &streets, &cities));
        phrases.extend(pack.caller_phrases().into_iter().map(phrase));
    }
    for name in PACKS {
        phrases.extend(rehearsed(name, language)?);
    }
    let setup = Setup {
        tongue,
        model: Some(model).filter(|path| **path != PathBuf::new()).cloned(),
        phrases: &phrases,
        data: data.join("recogniser"),
        decoders: speech.recognisers,
    };
    Pocketsphinx::start(&setup).with_context(|| format!("the {language:?} recogniser"))
}

/// What the rehearsals' callers say, but for the wordings that are kept for measuring.
fn rehearsed(pack: &str, language: Language) -> anyhow::Result<Vec<Phrase>> {
    let cast = Cast::built_in(pack, language)?;
    let known = cast.wordings().into_iter().filter(|(split, _)| *split == Split::Tune);
    let phrase = |text: &str| Phrase { text: text.into(), weight: 1.0, about: Expect::Anything };
    Ok(known.map(|(_, text)| phrase(text)).collect())
}

/// Speaks through the two programs; fixed lines come from the cache, which fills in the background.
fn synthesiser(
    settings: &Settings,
    data: &Path,
    shelf: &Shelf,
    voices: &Voices,
) -> anyhow::Result<Arc<dyn Synthesiser>> {
    let built_in: Arc<dyn Synthesiser> =
        warmed(Mouths::open(data)?, &data.join("prompts"), shelf, voices)?;
    let plain = |names: &[String]| names.iter().all(|name| name == BUILT_IN);
    let Speech { speak_ru, speak_en, .. } = &settings.speech;
    if plain(speak_ru) && plain(speak_en) {
        return Ok(built_in);
    }
    let chorus = |names: &[String]| chorus(settings, names, data, shelf, voices, &built_in);
    Ok(Arc::new(ByTongue { ru: chorus(speak_ru)?, en: chorus(speak_en)? }))
}

/// Whoever speaks in this language, in the owner's order, each with its own kept prompts.
fn chorus(
    settings: &Settings,
    names: &[String],
    data: &Path,
    shelf: &Shelf,
    voices: &Voices,
    built_in: &Arc<dyn Synthesiser>,
) -> anyhow::Result<Arc<dyn Synthesiser>> {
    let runtime = tokio::runtime::Handle::try_current().context("services need a runtime")?;
    let singer = |name: &String| -> anyhow::Result<Singer> {
        let Some(service) = settings.services.get(name) else {
            return Ok(Singer::new(name, Arc::clone(built_in), None));
        };
        let voice = services::mouth::Voice::new(service, runtime.clone());
        let voice = voice.with_context(|| format!("services.{name}"))?;
        let named = |voice: &Voice| Voice { name: service.voice.clone(), ..voice.clone() };
        let voices = Voices { ru: named(&voices.ru), en: named(&voices.en) };
        let mouth = warmed(voice, &data.join("prompts").join(name), shelf, &voices)?;
        Ok(Singer::new(name, mouth, Some(service.voice.clone())))
    };
    let singers = with_built_in(names).iter().map(singer).collect::<anyhow::Result<_>>()?;
    Ok(Arc::new(Chorus::new(singers, runtime)))
}

/// One synthesiser for each language.
struct ByTongue {
    ru: Arc<dyn Synthesiser>,
    en: Arc<dyn Synthesiser>,
}

impl Synthesiser for ByTongue {
    fn speak(&self, line: Line, sink: Sink) {
        match line.voice.tongue {
            Tongue::Ru => self.ru.speak(line, sink),
            Tongue::En => self.en.speak(line, sink),
        }
    }

    fn speak_metered(&self, line: Line, sink: Sink, meter: Meter) {
        match line.voice.tongue {
            Tongue::Ru => self.ru.speak_metered(line, sink, meter),
            Tongue::En => self.en.speak_metered(line, sink, meter),
        }
    }

    fn version(&self) -> String {
        format!("{} / {}", self.ru.version(), self.en.version())
    }
}

/// A synthesiser that keeps the fixed lines of all packs, and says them to itself in the background.
fn warmed<S: Synthesiser + 'static>(
    synthesiser: S,
    folder: &Path,
    shelf: &Shelf,
    voices: &Voices,
) -> anyhow::Result<Arc<Cached<S>>> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let cached = Arc::new(Cached::new(synthesiser, folder, PROMPTS_MAX));
    let mut lines = Vec::new();
    for packs in shelf.values() {
        for language in [Language::Ru, Language::En] {
            let fixed = packs.get(language).map(|pack| pack.fixed_phrases()).unwrap_or_default();
            let spoken = fixed.iter().flat_map(|line| sentences(line));
            lines.extend(spoken.map(|line| (line.to_owned(), voices.of(language).clone())));
        }
    }
    let warming = Arc::clone(&cached);
    std::thread::Builder::new().name("prompts".into()).spawn(move || {
        if let Err(error) = warming.warm(&lines, |_, _| {}) {
            tracing::warn!(%error, "fixed prompts are not kept");
        }
    })?;
    Ok(cached)
}

/// Names as they are said: lower case, without the kind of street where English says it after.
fn spoken(places: &[Place]) -> Vec<String> {
    let names = places.iter().map(|place| place.name.to_lowercase());
    names.map(|name| name.trim_end_matches(" street").to_owned()).collect()
}

fn phrase(said: Said) -> Phrase {
    let about = match said.about {
        Topic::Anything => Expect::Anything,
        Topic::YesNo => Expect::YesNo,
        Topic::Digits => Expect::Digits,
        Topic::Time => Expect::Time,
        Topic::Address => Expect::Address,
        Topic::Name => Expect::Name,
    };
    Phrase { text: said.text, weight: said.weight as f32, about }
}

fn tongue(language: Language) -> Tongue {
    match language {
        Language::Ru => Tongue::Ru,
        Language::En => Tongue::En,
    }
}
