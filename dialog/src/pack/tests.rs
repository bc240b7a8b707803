//! The shipped packs, put to the test by what people say.

use job_core::trade::Language;

use super::*;

fn russian() -> Pack {
    Pack::built_in("home-repair", Language::Ru).unwrap()
}

fn english() -> Pack {
    Pack::built_in("home-repair", Language::En).unwrap()
}

#[test]
fn the_shipped_packs_are_complete() {
    for language in [Language::Ru, Language::En] {
        let pack = Pack::built_in("home-repair", language).unwrap();

        let wrong: Vec<String> = pack.check().iter().map(ToString::to_string).collect();

        assert_eq!(wrong, Vec::<String>::new(), "{language:?}");
        assert!(pack.codes().count() >= 60);
    }
}

/// Wordings that read as another diagnosis first.
fn strays(pack: &Pack) -> (usize, Vec<String>) {
    let mut said = 0;
    let mut strays = Vec::new();
    for diagnosis in &pack.diagnoses {
        for wording in &diagnosis.said {
            said += 1;
            let read = pack.read(wording).symptoms;
            let top = read.first().map(|symptom| symptom.code.as_str());
            if top != Some(&diagnosis.code) {
                strays.push(format!("{wording}: {:?}, not {}", top, diagnosis.code));
            }
        }
    }
    (said, strays)
}

#[test]
fn every_wording_reads_as_its_own_diagnosis() {
    for pack in [russian(), english()] {
        let (said, strays) = strays(&pack);

        assert!(
            strays.len() * 20 <= said,
            "{} of {said}:\n{}",
            strays.len(),
            strays.join("\n")
        );
        eprintln!("{} of {said}:\n{}", strays.len(), strays.join("\n"));
    }
}
