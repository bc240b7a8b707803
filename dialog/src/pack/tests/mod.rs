//! The shipped packs, put to the test by what people say.

use job_core::trade::Language;

use super::*;

mod danger;
mod schema;
mod unseen;

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

        assert!(strays.len() * 20 <= said, "{} of {said}:\n{}", strays.len(), strays.join("\n"));
    }
}

fn top(pack: &Pack, said: &str) -> Option<String> {
    pack.read(said).symptoms.first().map(|symptom| symptom.code.clone())
}

#[test]
fn one_wrong_letter_of_the_recogniser_is_forgiven() {
    let cases = [
        ("халодильник не морозит", "fridge_warm", russian()),
        ("холодельник не морозит", "fridge_warm", russian()),
        ("стериальная машина не отжимает", "washer_not_spin", russian()),
        ("не работает розедка", "socket_dead", russian()),
        ("the refridgerator is not cold", "fridge_warm", english()),
        ("the raditor is cold", "radiator_cold", english()),
    ];

    for (said, code, pack) in cases {
        assert_eq!(top(&pack, said).as_deref(), Some(code), "{said}");
    }
}

#[test]
fn intents_are_read_from_their_examples_and_their_like() {
    use Intent::{
        Book, Cancel, Complaint, Operator, Price, Reschedule, Status, WorkApplication, WrongNumber,
    };
    let cases = [
        ("соедините меня пожалуйста с живым человеком", Operator, russian()),
        ("я хочу отменить свою заявку на завтра", Cancel, russian()),
        ("можно перенести визит мастера на пятницу", Reschedule, russian()),
        ("скажите а когда мастер приедет", Status, russian()),
        ("хочу пожаловаться на вашего мастера", Complaint, russian()),
        ("а сколько будет стоить починить розетку", Price, russian()),
        ("я электрик хотел бы у вас работать", WorkApplication, russian()),
        ("ой извините я номером ошибся", WrongNumber, russian()),
        ("мне бы мастера вызвать", Book, russian()),
        ("could you connect me to a real human please", Operator, english()),
        ("please cancel my appointment for tomorrow", Cancel, english()),
        ("i would like to move my appointment to friday", Reschedule, english()),
        ("when is my master coming", Status, english()),
        ("i want to make a complaint about the repair", Complaint, english()),
        ("how much would it cost to fix a socket", Price, english()),
        ("hello are you hiring electricians", WorkApplication, english()),
        ("oh sorry wrong number", WrongNumber, english()),
        ("i would like to book a repair", Book, english()),
    ];

    for (said, intent, pack) in cases {
        assert_eq!(pack.read(said).intent, Some(intent), "{said}");
    }
}

#[test]
fn several_problems_are_counted() {
    let cases = [
        ("не работает розетка и ещё капает кран", true, russian()),
        ("течёт унитаз а также надо повесить полку", true, russian()),
        ("у меня капает кран и не работает холодильник", true, russian()),
        ("у меня две проблемы", true, russian()),
        ("не работает розетка и выключатель", false, russian()),
        ("холодильник не морозит и течёт", false, russian()),
        ("капает кран и ещё можно завтра вечером", false, russian()),
        ("the tap is dripping and also the outlet is dead", true, english()),
        ("the fridge is warm and the toilet is clogged", true, english()),
        ("the tap is dripping and also i can only do friday", false, english()),
        ("the washing machine leaks and is noisy", false, english()),
    ];

    for (said, several, pack) in cases {
        assert_eq!(pack.read(said).several, several, "{said} {:?}", pack.read(said));
    }
}

#[test]
fn haste_is_heard_and_its_denial_too() {
    let cases = [
        ("срочно нужен сантехник", true, russian()),
        ("как можно скорее пожалуйста", true, russian()),
        ("течёт прямо сейчас", true, russian()),
        ("не срочно можно на неделе", false, russian()),
        ("капает кран", false, russian()),
        ("it is urgent", true, english()),
        ("i need it as soon as possible", true, english()),
        ("not urgent at all", false, english()),
    ];

    for (said, urgent, pack) in cases {
        assert_eq!(pack.read(said).urgent, urgent, "{said}");
    }
}

#[test]
fn clarifications_change_the_diagnosis() {
    let cases = [
        ("socket_dead", "extent", "во всей комнате", "sockets_room_dead", russian()),
        ("socket_dead", "extent", "да нет только одна", "socket_dead", russian()),
        ("socket_dead", "extent", "не знаю", "socket_dead", russian()),
        ("tap_drip", "place", "ну внизу под краном", "tap_leak_joint", russian()),
        ("tap_drip", "place", "из носика", "tap_drip", russian()),
        ("washer_dead", "how", "она не отжимает", "washer_not_spin", russian()),
        ("washer_dead", "how", "воду не сливает", "washer_not_drain", russian()),
        ("washer_dead", "how", "вообще не включается", "washer_dead", russian()),
        ("hob_dead", "fuel", "газовая", "gas_stove", russian()),
        ("radiator_cold", "extent", "все батареи", "heating_cold", russian()),
        ("sink_clog", "extent", "и в ванне тоже", "sewer_clog", russian()),
        ("socket_dead", "extent", "the whole room", "sockets_room_dead", english()),
        ("socket_dead", "extent", "only this one", "socket_dead", english()),
        ("tap_drip", "place", "at the base", "tap_leak_joint", english()),
        ("tap_drip", "place", "i am not sure", "tap_drip", english()),
        ("washer_dead", "how", "it does not spin", "washer_not_spin", english()),
        ("hob_dead", "fuel", "it is a gas one", "gas_stove", english()),
        ("toilet_runs", "place", "on the floor", "toilet_leak_floor", english()),
    ];

    for (code, question, answer, to, pack) in cases {
        assert_eq!(pack.clarified(code, question, answer).as_deref(), Some(to), "{answer}");
    }
}

#[test]
fn an_answer_that_answers_nothing_is_not_taken() {
    let pack = russian();

    assert_eq!(pack.clarified("socket_dead", "extent", "какая погода"), None);
    assert_eq!(pack.clarified("socket_dead", "no_such_question", "одна"), None);
    assert_eq!(pack.clarified("no_such_code", "extent", "одна"), None);
}

#[test]
fn every_clarification_takes_its_own_answers() {
    for pack in [russian(), english()] {
        for diagnosis in &pack.diagnoses {
            for ask in &diagnosis.ask {
                for answer in &ask.answers {
                    for said in &answer.said {
                        let to = pack.clarified(&diagnosis.code, &ask.name, said);

                        assert_eq!(to.as_ref(), Some(&answer.to), "{} {said}", diagnosis.code);
                    }
                }
            }
        }
    }
}

#[test]
fn what_the_caller_volunteered_is_not_asked_again() {
    let pack = russian();

    let gas = pack.settled("hob_dead", "не работает плита газовая");
    let plain = pack.settled("socket_dead", "не работает розетка");
    let one = pack.settled("socket_dead", "не работает только одна розетка остальные работают");
    let tap = pack.settled("tap_drip", "капает кран");

    assert_eq!(gas, Settled { code: "gas_stove".into(), answered: vec!["fuel".into()] });
    assert_eq!(plain, Settled { code: "socket_dead".into(), answered: vec![] });
    assert_eq!(one, Settled { code: "socket_dead".into(), answered: vec!["extent".into()] });
    assert_eq!(tap, Settled { code: "tap_drip".into(), answered: vec![] });
}

#[test]
fn both_languages_know_the_same_diagnoses() {
    let (ru, en) = (russian(), english());

    for code in ru.codes() {
        let (one, other) = (ru.findings(code).unwrap(), en.findings(code).unwrap());

        assert_eq!(one.minutes, other.minutes, "{code}");
        let cost = |f: &Findings| f.parts.iter().map(|part| part.cost).sum::<i64>();
        assert_eq!(cost(&one), cost(&other), "{code}");
        assert_eq!(ru.category(code), en.category(code), "{code}");
        assert_eq!(ru.clarification(code, &[]).is_some(), en.clarification(code, &[]).is_some());
    }
    assert_eq!(ru.codes().count(), en.codes().count());
    assert_eq!(ru.prices, en.prices);
}

#[test]
fn every_line_speaks_in_every_wording_without_leftovers() {
    for pack in [russian(), english()] {
        for sentence in pack.agent_phrases() {
            assert!(!sentence.is_empty());
            assert!(!sentence.contains(['{', '}']), "{sentence}");
            assert!(!sentence.chars().any(|c| c.is_ascii_digit() || c == '₽'), "{sentence}");
        }
        assert!(pack.places.streets.len() >= 150);
    }
}

#[test]
fn the_callers_phrases_cover_every_topic_in_words() {
    for pack in [russian(), english()] {
        let phrases = pack.caller_phrases();

        for topic in
            [Topic::Anything, Topic::YesNo, Topic::Digits, Topic::Time, Topic::Address, Topic::Name]
        {
            let count = phrases.iter().filter(|phrase| phrase.about == topic).count();
            assert!(count >= 30, "{topic:?} {count}");
        }
        assert!(phrases.len() >= 3000, "{}", phrases.len());
        assert!(phrases.iter().all(|p| !p.text.contains(['{', '.', ','])));
        assert_eq!(phrases, pack.caller_phrases());
    }
}

#[test]
fn a_wrong_pack_is_refused_with_file_and_key() {
    let good = include_str!("../../../../prompts/home-repair/ru.toml");
    let no_line = good.replace("\nask_name =", "\nask_naem =");
    let strange = good.replace("\nask_city = [\"", "\nask_city = [\"{price} ");
    let nowhere = good.replacen("to = \"sockets_room_dead\"", "to = \"nowhere\"", 1);
    let typo = good.replace("complexity = \"easy\"", "komplexity = \"easy\"");
    let fact = |text: &str| load::parse("ru.toml", text).unwrap_err().to_string();

    assert_eq!(fact(&no_line), "ru.toml: lines.ask_name: has no wording");
    assert_eq!(fact(&strange), "ru.toml: lines.ask_city: {price} is not given to it");
    assert!(fact(&nowhere).contains("leads to nowhere"), "{}", fact(&nowhere));
    assert!(fact(&typo).contains("komplexity"), "{}", fact(&typo));
}
