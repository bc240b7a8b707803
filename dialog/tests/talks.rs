//! Callers as they really talk, written down in `testdata/talks/*.script`; what came of each is
//! checked in beside it. `UPDATE=1` writes them anew.
//!
//! A script is `== name ; flags`, then lines: `> words`, `# keys`, `…` a silence, `c: words` only
//! where a clarification is asked. What the script does not answer, the caller's sheet does.

mod world;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use dialog::conversation::{Answer, Conversation, Input, Output, Request};
use dialog::state::Awaiting;
use jiff::ToSpan;
use job_core::trade::{Channel, Language};
use world::{Core, PHONE, Scene, known_caller, morning, packs, setup};

/// A caller who is still talking after as many turns is stuck.
const TURNS_MAX: usize = 40;
/// About twelve seconds of speech; more is not listened to.
const SPEECH_MAX: usize = 190;

struct Talk {
    name: String,
    flags: Vec<String>,
    lines: Vec<String>,
}

#[test]
fn callers_are_served_as_written_down() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/talks");

    for (file, language) in [("ru", Language::Ru), ("en", Language::En)] {
        let played = play_all(&dir.join(format!("{file}.script")), language);

        let golden = dir.join(format!("{file}.txt"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&golden, &played).expect("testdata can be written");
        }
        let written = std::fs::read_to_string(&golden).unwrap_or_default();
        assert!(played == written, "{file}: UPDATE=1 cargo test -p dialog writes it anew");
    }
}

#[test]
fn whoever_wants_a_person_is_put_through_where_one_is_near_and_else_phoned_back() {
    let setup = || setup(Channel::Phone, Language::Ru, Some(PHONE));
    let wants = |conversation: &mut Conversation| {
        conversation.handle(morning(), Input::Opened);
        while let Some(output) = conversation.poll() {
            if let Output::Ask(id, Request::Caller { .. }) = output {
                conversation.handle(morning(), Input::Answered(id, Answer::Caller(None)));
            }
        }
        conversation.handle(morning(), Input::Digits("0".into()));
        std::iter::from_fn(|| conversation.poll()).collect::<Vec<_>>()
    };

    let mut alone = Conversation::new(packs(Language::Ru), setup());
    assert!(matches!(&wants(&mut alone)[..], [Output::Ask(_, Request::CallBack { .. })]));

    for done in [true, false] {
        let mut near = Conversation::new(packs(Language::Ru), setup()).with_person_near(true);
        let asked = wants(&mut near);
        let [Output::Say(told), Output::Ask(id, Request::PutThrough)] = &asked[..] else {
            panic!("{asked:?}");
        };
        assert!(told.text.to_lowercase().contains("соединяю"), "{}", told.text);
        near.handle(morning(), Input::Silent);
        assert_eq!(near.poll(), None, "however long it rings");
        near.handle(morning(), Input::Answered(*id, Answer::PutThrough(done)));
        match near.poll() {
            Some(Output::End(outcome)) if done => assert_eq!(outcome.reason, "put_through"),
            Some(Output::Ask(_, Request::CallBack { reason, .. })) if !done => {
                assert_eq!(reason, "operator");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Any other script: `TALKS=/path/to.script TALKS_LANGUAGE=en`, printed.
#[test]
fn another_script_is_played_and_printed() {
    let Some(script) = std::env::var_os("TALKS") else {
        return;
    };
    let english = std::env::var_os("TALKS_LANGUAGE").is_some_and(|it| it == "en");
    let language = if english { Language::En } else { Language::Ru };

    let played = play_all(Path::new(&script), language);

    assert!(!played.is_empty());
    println!("{played}");
}

fn play_all(script: &Path, language: Language) -> String {
    let text = std::fs::read_to_string(script).expect("a script");
    talks(&text).iter().map(|talk| play(talk, language)).collect()
}

fn talks(text: &str) -> Vec<Talk> {
    let mut talks: Vec<Talk> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(head) = line.strip_prefix("== ") {
            let (name, flags) = head.split_once(';').unwrap_or((head, ""));
            talks.push(Talk {
                name: name.trim().to_owned(),
                flags: flags.split_whitespace().map(str::to_owned).collect(),
                lines: Vec::new(),
            });
        } else if let Some(talk) = talks.last_mut() {
            talk.lines.push(line.to_owned());
        }
    }
    talks
}

fn play(talk: &Talk, language: Language) -> String {
    let has = |flag: &str| talk.flags.iter().any(|it| it == flag);
    let core = Core { card: has("known").then(known_caller), full: has("full"), ..Core::default() };
    let phone = (!has("hidden")).then_some(PHONE);
    let mut scene = Scene::new(setup(Channel::Phone, language, phone), core);
    let mut lines = talk.lines.iter();
    for _ in 0..TURNS_MAX {
        if scene.outcome.is_some() {
            break;
        }
        turn(&mut scene, &mut lines, language);
    }
    let state = serde_json::to_string(&scene.conversation.state()).expect("state");
    format!("== {}\n{}{state}\n\n", talk.name, scene.transcript)
}

fn turn(scene: &mut Scene, lines: &mut std::slice::Iter<'_, String>, language: Language) {
    scene.now = scene.now.checked_add(10.seconds()).expect("time");
    let awaiting = scene.last.as_ref().map_or(Awaiting::Problem, |reply| reply.awaiting);
    let clarifying = awaiting == Awaiting::Clarification;
    let ahead = lines.as_slice();
    let line = ahead.iter().find(|line| clarifying || !line.starts_with("c: "));
    let skipped = ahead.iter().take_while(|it| Some(*it) != line).count();
    for _ in 0..=skipped {
        lines.next();
    }
    let words = match line.map(|line| line.split_at(line.find(' ').unwrap_or(line.len()))) {
        Some(("…", _)) => {
            let _ = writeln!(scene.transcript, "…");
            return scene.input(Input::Silent);
        }
        Some(("#", keys)) => {
            let _ = writeln!(scene.transcript, "#{keys}");
            return scene.input(Input::Digits(keys.trim().to_owned()));
        }
        Some((_, words)) => words.trim(),
        None => sheet(awaiting, language),
    };
    let _ = writeln!(scene.transcript, "> {words}");
    scene.input(Input::Said { text: words.to_owned(), confidence: 0.9 });
    if let Some(reply) = &scene.last
        && reply.speech.chars().count() > SPEECH_MAX
    {
        let chars = reply.speech.chars().count();
        let _ = writeln!(scene.transcript, "    (long: {chars})");
    }
}

fn sheet(awaiting: Awaiting, language: Language) -> &'static str {
    let (ru, en) = match awaiting {
        Awaiting::Problem => ("капает кран", "the tap drips"),
        Awaiting::Clarification => ("не знаю", "i don't know"),
        Awaiting::Address => ("горького 21 квартира 7", "gorkogo street 21 flat 7"),
        Awaiting::Time => ("завтра", "tomorrow"),
        Awaiting::Name => ("иван", "ivan"),
        Awaiting::Phone => ("8 911 222 33 44", "8 911 222 33 44"),
        Awaiting::SlotChoice | Awaiting::Confirmation => ("да", "yes"),
        Awaiting::FullName | Awaiting::City | Awaiting::Specializations => ("да", "yes"),
        Awaiting::Experience | Awaiting::Certificates | Awaiting::Schedule => ("да", "yes"),
        Awaiting::Email | Awaiting::Terminal | Awaiting::None => ("да", "yes"),
    };
    match language {
        Language::Ru => ru,
        Language::En => en,
    }
}
