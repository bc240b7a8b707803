//! Word errors of the embedded recognisers, as they are set up for calls.

use std::path::Path;
use std::time::Duration;

use media::speech::measure::{Hearing, Sample, Watch, hearing};
use media::speech::{Expect, Tongue, Voice};

use crate::clock;
use crate::config::Settings;
use crate::net::house::load_packs;
use crate::net::speech;

/// Held-out sentences: Russian `sentence`, English `about | sentence`; `#` begins a comment.
const RU: &str = include_str!("../../../../media/models/texts/held-out.txt");
const EN: &str = include_str!("../../../../media/src/speech/texts/en-held-out.txt");
/// Voices that no recogniser was trained on.
const VOICES: [(Tongue, &str); 5] = [
    (Tongue::Ru, "ru+f5"),
    (Tongue::Ru, "ru+steph"),
    (Tongue::Ru, "ru+m7"),
    (Tongue::En, "slt"),
    (Tongue::En, "rms"),
];
/// Four times as fast as speech; the times of final words are a little too long for it.
const PACE: Duration = Duration::from_millis(5);

/// One hearing per voice; each once more for every noise, in decibels below the voice.
pub(super) fn all(data: &Path, noises: &[f32]) -> anyhow::Result<Vec<Hearing>> {
    // Another model than the usual one: GUDOK_SPEECH__MODEL_RU, GUDOK_SPEECH__MODEL_EN.
    let speech = Settings::load(None)?.speech;
    let mut settings = Settings { data: data.to_owned(), speech, ..Settings::default() };
    settings.speech.recognisers = 1;
    let shelf = load_packs()?;
    let studio = speech::studio(&settings, &shelf)?;
    let began = clock::now();
    let now = || clock::now() - began;
    let watch = Watch { now: &now, wait: &|_| std::thread::sleep(PACE) };

    let mut found = Vec::new();
    for (tongue, name) in VOICES {
        eprintln!("==> word errors: {name}");
        let voice = Voice::plain(tongue, name);
        let samples: Result<Vec<Sample>, _> = sentences(tongue)
            .map(|(expect, text)| Sample::of(&*studio.synthesiser, &voice, text, expect))
            .collect();
        let recogniser = match tongue {
            Tongue::Ru => &studio.recognisers.ru,
            Tongue::En => &studio.recognisers.en,
        };
        let (title, samples) = (format!("{tongue}, {name}"), samples?);
        found.push(hearing(&title, &**recogniser, &samples, &watch)?);
        for below in noises {
            let noisy: Vec<Sample> = samples.iter().map(|it| it.in_noise(*below)).collect();
            let title = format!("{title}, noise {below} dB below");
            found.push(hearing(&title, &**recogniser, &noisy, &watch)?);
            let cleaner: Vec<Sample> = noisy.iter().map(Sample::denoised).collect();
            let title = format!("{title}, denoised");
            found.push(hearing(&title, &**recogniser, &cleaner, &watch)?);
        }
    }
    Ok(found)
}

fn sentences(tongue: Tongue) -> impl Iterator<Item = (Expect, &'static str)> {
    let text = match tongue {
        Tongue::Ru => RU,
        Tongue::En => EN,
    };
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let (about, sentence) = line.split_once(" | ").unwrap_or(("anything", line));
        (expect(about), sentence)
    })
}

fn expect(about: &str) -> Expect {
    Expect::ALL.into_iter().find(|expect| expect.code() == about).unwrap_or(Expect::Anything)
}
