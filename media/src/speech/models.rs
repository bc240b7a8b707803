//! Acoustic models: Debian's English one where the package puts it, the Russian one inside this
//! program, unpacked where it runs first.
//!
//! **Never here:** decoding.

use std::fs;
use std::path::{Path, PathBuf};

use super::pocketsphinx_ffi::CEPSTRA;
use super::store::{self, Key};
use super::{SpeechError, Tongue};

/// From Debian's pocketsphinx-en-us.
pub const ENGLISH: &str = "/usr/share/pocketsphinx/model/en-us/en-us";
/// In the CMU format, 130,000 words.
pub const ENGLISH_DICTIONARY: &str = "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict";

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../models/ru/", $name)).as_slice())),*]
    };
}

const RUSSIAN: &[(&str, &[u8])] = files![
    "decoder.args",
    "feat.params",
    "mdef",
    "means",
    "mixture_weights",
    "noisedict",
    "transition_matrices",
    "variances",
];

/// Wide beams: narrow ones lose words over the telephone.
const USUAL_OPTIONS: &str = "-beam 1e-80\n-pbeam 1e-80\n-wbeam 1e-60\n-lw 6.5\n";

/// One model, ready to be opened.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) dir: PathBuf,
    /// Pronunciations that come with it.
    pub(super) dictionary: Option<String>,
    /// Decoder options, name and value.
    pub(super) options: Vec<(String, String)>,
    /// Samples per second it was trained on.
    pub(super) rate: u32,
    /// The cepstrum a telephone call starts with, where the model's own is of other sound.
    pub(super) mean: Option<[f32; CEPSTRA]>,
}

impl Model {
    /// The model in `path`, or the usual one of that language; `data` is where files may be made.
    pub(super) fn find(
        tongue: Tongue,
        path: Option<&Path>,
        data: &Path,
    ) -> Result<Model, SpeechError> {
        let dir = match (path, tongue) {
            (Some(path), _) => path.to_path_buf(),
            (None, Tongue::Ru) => unpack(data)?,
            (None, Tongue::En) => PathBuf::from(ENGLISH),
        };
        if !dir.join("mdef").is_file() {
            return Err(missing(tongue, &dir));
        }
        let options = fs::read_to_string(dir.join("decoder.args"));
        let features = fs::read_to_string(dir.join("feat.params")).unwrap_or_default();
        Ok(Model {
            dictionary: dictionary(tongue)?,
            options: pairs(options.as_deref().unwrap_or(USUAL_OPTIONS)),
            rate: rate(&features),
            mean: mean(tongue),
            dir,
        })
    }
}

fn missing(tongue: Tongue, dir: &Path) -> SpeechError {
    let what = format!("the acoustic model in {}", dir.display());
    let mend = match tongue {
        Tongue::En => "apt-get install pocketsphinx-en-us",
        Tongue::Ru => "run media/models/train-ru.sh",
    };
    SpeechError::Missing { what, mend: mend.into() }
}

fn dictionary(tongue: Tongue) -> Result<Option<String>, SpeechError> {
    match tongue {
        Tongue::Ru => Ok(None),
        Tongue::En => fs::read_to_string(ENGLISH_DICTIONARY)
            .map(Some)
            .map_err(|_| SpeechError::package(ENGLISH_DICTIONARY, "pocketsphinx-en-us")),
    }
}

/// Debian's English model was trained on 16 kHz: on the telephone nothing sounds above 3.4 kHz, and
/// its own mean is so far off that the first sentence would be lost.
fn mean(tongue: Tongue) -> Option<[f32; CEPSTRA]> {
    match tongue {
        Tongue::Ru => None,
        Tongue::En => {
            Some([45.3, 24.2, -22.3, 49.4, -22.5, 19.3, -2.8, -6.3, 1.7, -5.5, 9.9, 1.5, 7.8])
        }
    }
}

fn pairs(options: &str) -> Vec<(String, String)> {
    let lines = options.lines().filter(|line| line.starts_with('-'));
    lines
        .filter_map(|line| line.split_once(char::is_whitespace))
        .map(|(name, value)| (name.into(), value.trim().into()))
        .collect()
}

/// 16 kHz is what the library takes for granted.
fn rate(features: &str) -> u32 {
    let said = pairs(features).into_iter().find(|(name, _)| name == "-samprate");
    said.and_then(|(_, rate)| rate.parse::<f32>().ok()).map_or(16_000, |rate| rate as u32)
}

/// Writes the Russian model under `data`, once; answers where.
pub fn unpack(data: &Path) -> Result<PathBuf, SpeechError> {
    let mut key = Key::default();
    RUSSIAN.iter().for_each(|(_, bytes)| {
        key.bytes(bytes);
    });
    let dir = data.join(format!("ru-{key}"));
    for (name, bytes) in RUSSIAN {
        store::once(&dir, name, || Ok(bytes.to_vec()))?;
    }
    Ok(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_russian_model_is_a_telephone_model_wherever_the_program_runs() {
        let data = std::env::temp_dir().join(format!("gudok-unpack-{}", std::process::id()));

        let model = Model::find(Tongue::Ru, None, &data).unwrap();

        assert_eq!(model.rate, 8_000);
        assert!(model.options.iter().any(|(name, _)| name == "-beam"));
        fs::remove_dir_all(&data).unwrap();
    }

    #[test]
    fn an_empty_directory_is_no_model_and_the_error_says_what_to_do() {
        let error = Model::find(Tongue::En, Some(Path::new("/nonexistent")), Path::new("/tmp"));

        let said = error.unwrap_err().to_string();
        assert!(said.contains("/nonexistent") && said.contains("apt-get install"), "{said}");
    }
}
