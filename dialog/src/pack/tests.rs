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
    }
}

fn top(pack: &Pack, said: &str) -> Option<String> {
    pack.read(said)
        .symptoms
        .first()
        .map(|symptom| symptom.code.clone())
}

/// Sentences nobody tuned to: what was said and the codes that would be right.
const RUSSIAN_UNSEEN: &[(&str, &str)] = &[
    (
        "здравствуйте у меня на кухне из крана всё время капает вода",
        "tap_drip",
    ),
    (
        "слушайте стиралка постирала а воду сливать не хочет",
        "washer_not_drain",
    ),
    (
        "в ванной засор вода стоит и не уходит",
        "bath_clog sewer_clog sink_clog",
    ),
    (
        "холодильник работает но внутри тепло и мясо оттаяло",
        "fridge_warm",
    ),
    (
        "у нас по всей квартире света нет а соседи с электричеством",
        "no_power_flat",
    ),
    (
        "розетка возле кровати перестала заряжать телефон не работает",
        "socket_dead",
    ),
    ("надо бы люстру новую повесить в зале", "chandelier_install"),
    (
        "ключ в двери сломался домой попасть не можем",
        "lock_jammed",
    ),
    (
        "купили шкаф в разобранном виде соберите пожалуйста",
        "furniture_assembly",
    ),
    (
        "батарея в детской ледяная а остальные горячие",
        "radiator_cold",
    ),
    ("водонагреватель включен а вода холодная", "boiler_cold"),
    (
        "когда запускаю чайник и стиральную машину вышибает автомат",
        "breaker_trips",
    ),
    (
        "посудомойка закончила а вода осталась внизу не сливает",
        "dishwasher_not_drain",
    ),
    (
        "окно пластиковое не закрывается и дует холодом",
        "window_draft window_handle",
    ),
    ("унитаз подтекает вода бежит не переставая", "toilet_runs"),
    ("телевизор включаю звук идёт а изображения нет", "tv_dead"),
    (
        "смеситель хочу новый поставить вместо старого",
        "tap_replace",
    ),
    ("духовка еле греет пироги не пропекаются", "oven_cold"),
    (
        "машинка стиральная прыгает на отжиме и страшно грохочет",
        "washer_noise",
    ),
    ("плитка в ванной отвалилась со стены", "tile_fix"),
    (
        "мне телевизор нужно на стенку прикрепить кронштейн есть",
        "tv_mount",
    ),
    ("под мойкой на кухне вода собирается", "siphon_leak"),
];

const ENGLISH_UNSEEN: &[(&str, &str)] = &[
    (
        "hello my kitchen faucet has been dripping for two days",
        "tap_drip",
    ),
    (
        "the washer finished but the water did not drain",
        "washer_not_drain",
    ),
    (
        "my bathtub is blocked and the water is just standing there",
        "bath_clog",
    ),
    (
        "everything in the refrigerator is warm and the milk went bad",
        "fridge_warm",
    ),
    (
        "we have no electricity in the entire flat but the neighbours do",
        "no_power_flat",
    ),
    ("the outlet next to my bed stopped working", "socket_dead"),
    (
        "could someone hang a new chandelier in the living room",
        "chandelier_install",
    ),
    (
        "my key snapped in the lock and i cannot get in",
        "lock_jammed",
    ),
    (
        "i bought a wardrobe and need somebody to assemble it",
        "furniture_assembly",
    ),
    ("one radiator in the nursery is stone cold", "radiator_cold"),
    (
        "the water heater is on but the water stays cold",
        "boiler_cold",
    ),
    (
        "whenever i switch on the kettle the breaker trips",
        "breaker_trips",
    ),
    (
        "there is water left at the bottom of the dishwasher",
        "dishwasher_not_drain",
    ),
    (
        "cold air blows in through our bedroom window",
        "window_draft",
    ),
    ("the toilet never stops running", "toilet_runs"),
    (
        "the television has sound but the picture is gone",
        "tv_dead",
    ),
    (
        "i would like a new faucet fitted in the kitchen",
        "tap_replace",
    ),
    ("my oven will not get hot", "oven_cold"),
    (
        "the washing machine bangs and jumps when it spins",
        "washer_noise washer_not_spin",
    ),
    ("some tiles fell off the bathroom wall", "tile_fix"),
    ("i want my tv mounted on the wall", "tv_mount"),
    (
        "it is dripping inside the cupboard beneath the sink",
        "siphon_leak",
    ),
];

#[test]
fn sentences_nobody_tuned_to_are_understood() {
    for (pack, unseen) in [(russian(), RUSSIAN_UNSEEN), (english(), ENGLISH_UNSEEN)] {
        let missed: Vec<String> = unseen
            .iter()
            .filter(|(said, codes)| {
                !top(&pack, said).is_some_and(|top| codes.split(' ').any(|code| code == top))
            })
            .map(|(said, codes)| format!("{said}: {:?}, not {codes}", pack.read(said).symptoms))
            .collect();

        assert!(missed.len() * 20 <= unseen.len(), "{}", missed.join("\n"));
    }
}

const RUSSIAN_NONSENSE: &[&str] = &[
    "завтра будет дождь и ветер",
    "меня зовут иван петрович",
    "улица мира сорок два квартира семнадцать",
    "да конечно давайте",
    "нет спасибо",
    "завтра после обеда часа в три",
    "восемь девятьсот одиннадцать сто двадцать три сорок пять шестьдесят семь",
    "я люблю играть в шахматы по вечерам",
    "сколько звёзд на небе",
    "вчера ходили в кино на новый фильм",
    "кошка сидит на дереве",
    "какая сегодня погода",
    "расскажите анекдот",
    "у меня собака лает на почтальона",
    "бла бла бла",
    "ничего не слышно повторите",
];

const ENGLISH_NONSENSE: &[&str] = &[
    "it will rain tomorrow",
    "my name is john smith",
    "mira avenue forty two flat seventeen",
    "yes of course please do",
    "no thank you",
    "tomorrow afternoon around three",
    "plus seven nine one one one two three four five six seven",
    "i like playing chess in the evenings",
    "how many stars are in the sky",
    "we went to the cinema last night",
    "the cat sits in a tree",
    "what is the weather like",
    "tell me a joke",
    "my dog barks at the postman",
    "blah blah blah",
    "please repeat i did not hear you",
];

#[test]
fn what_is_not_understood_gives_nothing() {
    for (pack, nonsense) in [(russian(), RUSSIAN_NONSENSE), (english(), ENGLISH_NONSENSE)] {
        let understood: Vec<String> = nonsense
            .iter()
            .filter(|said| pack.read(said) != Reading::default())
            .map(|said| format!("{said}: {:?}", pack.read(said)))
            .collect();

        assert!(understood.is_empty(), "{}", understood.join("\n"));
    }
}

#[test]
fn one_wrong_letter_of_the_recogniser_is_forgiven() {
    let cases = [
        ("халодильник не морозит", "fridge_warm", russian()),
        ("холодельник не морозит", "fridge_warm", russian()),
        (
            "стериальная машина не отжимает",
            "washer_not_spin",
            russian(),
        ),
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
        (
            "соедините меня пожалуйста с живым человеком",
            Operator,
            russian(),
        ),
        ("я хочу отменить свою заявку на завтра", Cancel, russian()),
        (
            "можно перенести визит мастера на пятницу",
            Reschedule,
            russian(),
        ),
        ("скажите а когда мастер приедет", Status, russian()),
        ("хочу пожаловаться на вашего мастера", Complaint, russian()),
        ("а сколько будет стоить починить розетку", Price, russian()),
        (
            "я электрик хотел бы у вас работать",
            WorkApplication,
            russian(),
        ),
        ("ой извините я номером ошибся", WrongNumber, russian()),
        ("мне бы мастера вызвать", Book, russian()),
        (
            "could you connect me to a real human please",
            Operator,
            english(),
        ),
        (
            "please cancel my appointment for tomorrow",
            Cancel,
            english(),
        ),
        (
            "i would like to move my appointment to friday",
            Reschedule,
            english(),
        ),
        ("when is my master coming", Status, english()),
        (
            "i want to make a complaint about the repair",
            Complaint,
            english(),
        ),
        ("how much would it cost to fix a socket", Price, english()),
        (
            "hello are you hiring electricians",
            WorkApplication,
            english(),
        ),
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
        (
            "у меня капает кран и не работает холодильник",
            true,
            russian(),
        ),
        ("у меня две проблемы", true, russian()),
        ("не работает розетка и выключатель", false, russian()),
        ("холодильник не морозит и течёт", false, russian()),
        ("капает кран и ещё можно завтра вечером", false, russian()),
        (
            "the tap is dripping and also the outlet is dead",
            true,
            english(),
        ),
        (
            "the fridge is warm and the toilet is clogged",
            true,
            english(),
        ),
        (
            "the tap is dripping and also i can only do friday",
            false,
            english(),
        ),
        ("the washing machine leaks and is noisy", false, english()),
    ];

    for (said, several, pack) in cases {
        assert_eq!(
            pack.read(said).several,
            several,
            "{said} {:?}",
            pack.read(said)
        );
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
        (
            "socket_dead",
            "extent",
            "во всей комнате",
            "sockets_room_dead",
            russian(),
        ),
        (
            "socket_dead",
            "extent",
            "да нет только одна",
            "socket_dead",
            russian(),
        ),
        ("socket_dead", "extent", "не знаю", "socket_dead", russian()),
        (
            "tap_drip",
            "place",
            "ну внизу под краном",
            "tap_leak_joint",
            russian(),
        ),
        ("tap_drip", "place", "из носика", "tap_drip", russian()),
        (
            "washer_dead",
            "how",
            "она не отжимает",
            "washer_not_spin",
            russian(),
        ),
        (
            "washer_dead",
            "how",
            "воду не сливает",
            "washer_not_drain",
            russian(),
        ),
        (
            "washer_dead",
            "how",
            "вообще не включается",
            "washer_dead",
            russian(),
        ),
        ("hob_dead", "fuel", "газовая", "gas_stove", russian()),
        (
            "radiator_cold",
            "extent",
            "все батареи",
            "heating_cold",
            russian(),
        ),
        (
            "sink_clog",
            "extent",
            "и в ванне тоже",
            "sewer_clog",
            russian(),
        ),
        (
            "socket_dead",
            "extent",
            "the whole room",
            "sockets_room_dead",
            english(),
        ),
        (
            "socket_dead",
            "extent",
            "only this one",
            "socket_dead",
            english(),
        ),
        (
            "tap_drip",
            "place",
            "at the base",
            "tap_leak_joint",
            english(),
        ),
        ("tap_drip", "place", "i am not sure", "tap_drip", english()),
        (
            "washer_dead",
            "how",
            "it does not spin",
            "washer_not_spin",
            english(),
        ),
        (
            "hob_dead",
            "fuel",
            "it is a gas one",
            "gas_stove",
            english(),
        ),
        (
            "toilet_runs",
            "place",
            "on the floor",
            "toilet_leak_floor",
            english(),
        ),
    ];

    for (code, question, answer, to, pack) in cases {
        assert_eq!(
            pack.clarified(code, question, answer).as_deref(),
            Some(to),
            "{answer}"
        );
    }
}

#[test]
fn an_answer_that_answers_nothing_is_not_taken() {
    let pack = russian();

    assert_eq!(
        pack.clarified("socket_dead", "extent", "какая погода"),
        None
    );
    assert_eq!(
        pack.clarified("socket_dead", "no_such_question", "одна"),
        None
    );
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
    let one = pack.settled(
        "socket_dead",
        "не работает только одна розетка остальные работают",
    );
    let tap = pack.settled("tap_drip", "капает кран");

    assert_eq!(
        gas,
        Settled {
            code: "gas_stove".into(),
            answered: vec!["fuel".into()]
        }
    );
    assert_eq!(
        plain,
        Settled {
            code: "socket_dead".into(),
            answered: vec![]
        }
    );
    assert_eq!(
        one,
        Settled {
            code: "socket_dead".into(),
            answered: vec!["extent".into()]
        }
    );
    assert_eq!(
        tap,
        Settled {
            code: "tap_drip".into(),
            answered: vec![]
        }
    );
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
        assert_eq!(
            ru.clarification(code, &[]).is_some(),
            en.clarification(code, &[]).is_some()
        );
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
            assert!(
                !sentence.chars().any(|c| c.is_ascii_digit() || c == '₽'),
                "{sentence}"
            );
        }
        assert!(pack.places.streets.len() >= 150);
    }
}

#[test]
fn the_callers_phrases_cover_every_topic_in_words() {
    for pack in [russian(), english()] {
        let phrases = pack.caller_phrases();

        for topic in [
            Topic::Anything,
            Topic::YesNo,
            Topic::Digits,
            Topic::Time,
            Topic::Address,
            Topic::Name,
        ] {
            let count = phrases
                .iter()
                .filter(|phrase| phrase.about == topic)
                .count();
            assert!(count >= 30, "{topic:?} {count}");
        }
        assert!(phrases.len() >= 3000, "{}", phrases.len());
        assert!(phrases.iter().all(|p| !p.text.contains(['{', '.', ','])));
        assert_eq!(phrases, pack.caller_phrases());
    }
}

#[test]
fn a_wrong_pack_is_refused_with_file_and_key() {
    let good = include_str!("../../../prompts/home-repair/ru.toml");
    let no_line = good.replace("\nask_name =", "\nask_naem =");
    let strange = good.replace("\nask_city = [\"", "\nask_city = [\"{price} ");
    let nowhere = good.replacen("to = \"sockets_room_dead\"", "to = \"nowhere\"", 1);
    let typo = good.replace("complexity = \"easy\"", "komplexity = \"easy\"");
    let fact = |text: &str| load::parse("ru.toml", text).unwrap_err().to_string();

    assert_eq!(fact(&no_line), "ru.toml: lines.ask_name: has no wording");
    assert_eq!(
        fact(&strange),
        "ru.toml: lines.ask_city: {price} is not given to it"
    );
    assert!(
        fact(&nowhere).contains("leads to nowhere"),
        "{}",
        fact(&nowhere)
    );
    assert!(fact(&typo).contains("komplexity"), "{}", fact(&typo));
}

const RUSSIAN_DANGERS: &[(&str, &str)] = &[
    ("у нас на кухне сильно пахнет газом", "gas_smell"),
    ("чувствую запах газа в подъезде", "gas_smell"),
    ("воняет газом от плиты", "gas_smell"),
    ("кажется утечка газа", "gas_smell"),
    ("газ шипит из трубы", "gas_smell"),
    ("не пойму откуда газом тянет", "gas_smell"),
    ("розетка искрит", "sparks_smoke"),
    ("из розетки идёт дым", "sparks_smoke"),
    ("пахнет горелой проводкой", "sparks_smoke"),
    ("дымится щиток на площадке", "sparks_smoke"),
    ("искры летят из выключателя", "sparks_smoke"),
    ("стиральная машина задымилась", "sparks_smoke"),
    ("запах гари от холодильника", "sparks_smoke"),
    ("розетка горячая и плавится", "sparks_smoke"),
    ("вода капает на розетку", "water_electricity"),
    ("с люстры течёт вода", "water_electricity"),
    ("залило щиток водой", "water_electricity"),
    (
        "соседи затопили вода на проводке",
        "water_electricity flooding",
    ),
    ("прорвало трубу в ванной", "flooding"),
    ("вода хлещет из стояка", "flooding"),
    ("мы заливаем соседей снизу", "flooding"),
    ("лопнул шланг вода по всей квартире", "flooding"),
    ("сорвало кран и вода фонтаном", "flooding"),
    ("с потолка льётся вода ручьём", "flooding"),
    ("меня ударило током от стиральной машины", "electric_shock"),
    ("бьётся током холодильник", "electric_shock"),
    ("когда моюсь кран током щиплет", "electric_shock"),
    ("колонка дымит и голова болит", "carbon_monoxide"),
    ("сработал датчик угарного газа", "carbon_monoxide gas_smell"),
    ("загорелась проводка в коридоре", "fire"),
    ("ребёнок заперся в ванной", "trapped"),
    ("дверь захлопнулась а на плите суп", "trapped"),
];

const ENGLISH_DANGERS: &[(&str, &str)] = &[
    ("i can smell gas in the kitchen", "gas_smell"),
    ("there is a strong smell of gas", "gas_smell"),
    ("it stinks of gas by the stove", "gas_smell"),
    ("i think we have a gas leak", "gas_smell"),
    ("gas is hissing from the pipe", "gas_smell"),
    ("the gas is escaping somewhere", "gas_smell"),
    ("the outlet is sparking", "sparks_smoke"),
    ("smoke is coming out of the socket", "sparks_smoke"),
    ("there is a burning smell from the panel", "sparks_smoke"),
    ("my washing machine is smoking", "sparks_smoke"),
    ("sparks fly from the light switch", "sparks_smoke"),
    (
        "it smells like burnt plastic near the outlet",
        "sparks_smoke",
    ),
    ("the socket is hot and melting", "sparks_smoke"),
    ("the wires are crackling there are sparks", "sparks_smoke"),
    ("water is dripping on the outlet", "water_electricity"),
    ("water runs out of the chandelier", "water_electricity"),
    ("the fuse box got wet", "water_electricity"),
    ("there is water in the socket", "water_electricity"),
    ("a pipe burst in the bathroom", "flooding"),
    ("water is gushing from the riser", "flooding"),
    ("we are flooding the neighbours below", "flooding"),
    ("the hose burst and the kitchen is flooded", "flooding"),
    ("the tap came off and water is spraying", "flooding"),
    ("water is pouring through the ceiling", "flooding"),
    ("i got an electric shock from the washer", "electric_shock"),
    (
        "the fridge gives me a shock when i touch it",
        "electric_shock",
    ),
    ("the tap zaps me", "electric_shock"),
    ("the boiler is smoking and i feel dizzy", "carbon_monoxide"),
    ("our carbon monoxide alarm went off", "carbon_monoxide"),
    ("the wiring caught fire", "fire"),
    ("my child is locked in the bathroom", "trapped"),
    ("the door slammed and the stove is on", "trapped"),
];

const RUSSIAN_HARMLESS: &[&str] = &[
    "газовая плита не греет",
    "газовая плита не зажигается",
    "запах краски после ремонта",
    "розетка не искрит просто не работает",
    "дыма нет",
    "нет запаха газа",
    "запаха газа нет",
    "газом не пахнет",
    "не работает розетка",
    "капает кран",
    "свет моргает",
    "подключить газовую плиту",
    "газовая колонка не включается",
    "повесить датчик дыма",
    "установить датчик угарного газа",
    "поменять розетку",
    "установить розетку в ванной",
    "лампочка не горит",
    "на стиральной машине горит ошибка",
    "в холодильнике не горит лампочка",
    "духовка не греет",
    "пироги в духовке подгорают",
    "вода не уходит из раковины",
    "течёт унитаз",
    "подтекает батарея",
    "нет горячей воды",
    "слабый напор воды",
    "телевизор не включается",
    "стиральная машина не сливает воду",
    "посудомойка не заливает воду",
    "не заливает порошок в стиралку",
    "дверь не закрывается",
    "замок заклинил",
    "ключ застрял в замке",
    "потерял ключи от квартиры",
    "собрать детскую кроватку",
    "ребёнок сломал ручку двери",
    "ребёнок разбил стекло",
    "дует из окна",
    "холодильник гудит",
    "кондиционер капает",
    "батарея не греет",
    "плохо топят в доме",
    "повесить люстру",
    "поклеить обои",
    "выбивает автомат",
    "срабатывает узо",
    "поменять автоматы в щитке",
    "запах из канализации",
    "воняет из раковины",
    "микроволновка не греет",
    "вытяжка плохо тянет",
    "нужен электрик",
    "вызвать сантехника",
    "сколько стоит заменить кран",
    "дымчатое стекло в двери поменять",
    "прочистить дымоход",
    "бьёт слабая струя воды",
    "капает кран и ещё розетка не работает",
    "мастер придёт завтра в два часа",
    "горит зелёная лампочка а не стирает",
    "поменять газовый шланг к плите",
];

const ENGLISH_HARMLESS: &[&str] = &[
    "the gas stove does not heat",
    "the gas stove will not light",
    "it smells of paint after the renovation",
    "the outlet is not sparking it just does not work",
    "there is no smoke",
    "no smell of gas",
    "there is no gas smell",
    "it does not smell of gas",
    "the socket is not working",
    "the tap is dripping",
    "the light flickers",
    "connect a gas stove",
    "the gas boiler does not start",
    "hang a smoke detector",
    "install a carbon monoxide alarm",
    "replace an outlet",
    "install an outlet in the bathroom",
    "the bulb burnt out",
    "a red light is on at the washing machine",
    "the fridge light does not work",
    "the oven does not heat",
    "the oven burns my cakes",
    "the sink does not drain",
    "the toilet leaks",
    "the radiator is dripping",
    "there is no hot water",
    "low water pressure",
    "the tv will not turn on",
    "the washing machine does not drain",
    "the dishwasher does not fill with water",
    "the door will not close",
    "the lock is jammed",
    "the key is stuck in the lock",
    "i lost my keys",
    "assemble a crib for the baby",
    "my son broke the door handle",
    "my daughter broke a window",
    "there is a draft from the window",
    "the fridge hums loudly",
    "the air conditioner drips",
    "the radiator is cold",
    "hang a chandelier",
    "hang wallpaper",
    "the breaker trips",
    "the rcd keeps tripping",
    "change the breakers in the panel",
    "the drain smells",
    "a bad smell from the sink",
    "the microwave does not heat",
    "the kitchen hood does not pull",
    "i need an electrician",
    "send a plumber please",
    "how much to replace a tap",
    "the drawer is stuck",
    "the washing machine door is stuck",
    "clothes are stuck in the washer",
    "i was shocked by the price",
    "the outlet for the washing machine is dead",
    "the tap is dripping and also the outlet is dead",
    "hot water is gone",
    "replace the gas hose",
    "the fireplace tiles fell off",
];

#[test]
fn danger_is_never_missed() {
    for (pack, dangers) in [(russian(), RUSSIAN_DANGERS), (english(), ENGLISH_DANGERS)] {
        let missed: Vec<String> = dangers
            .iter()
            .filter(|(said, rules)| {
                let fired = pack.read(said).safety;
                !fired.is_some_and(|fired| rules.split(' ').any(|rule| rule == fired))
            })
            .map(|(said, rules)| format!("{said}: {:?}, not {rules}", pack.read(said).safety))
            .collect();

        assert!(missed.is_empty(), "{}", missed.join("\n"));
    }
}

#[test]
fn harmless_words_raise_no_alarm() {
    for (pack, harmless) in [(russian(), RUSSIAN_HARMLESS), (english(), ENGLISH_HARMLESS)] {
        let alarms: Vec<String> = harmless
            .iter()
            .filter_map(|said| Some(format!("{said}: {}", pack.read(said).safety?)))
            .collect();

        assert!(alarms.is_empty(), "{}", alarms.join("\n"));
    }
}

#[test]
fn every_rule_of_safety_begins_with_what_to_do() {
    for pack in [russian(), english()] {
        for rule in &pack.dangers {
            let told = pack.safety(&rule.name).unwrap();

            assert!(!told.text.is_empty());
            assert!(
                !told.speech.chars().any(|c| c.is_ascii_digit()),
                "{}",
                told.speech
            );
        }
        assert!(pack.safety("no_such_rule").is_none());
    }
}
