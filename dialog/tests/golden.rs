//! Scripted callers against a core with a timetable; the transcripts are checked in under
//! `testdata/`. `UPDATE=1` writes them anew.

mod world;

use std::path::PathBuf;

use dialog::conversation::{Kind, Setup};
use job_core::trade::{Channel, Language};
use world::Act::{Cut, Deaf, HangUp, Keys, Mumble, PhoneAgain, Say, Silence};
use world::{Act, Core, PHONE, Scene, known_caller, setup};

struct Script {
    name: &'static str,
    kind: Kind,
    channel: Channel,
    language: Language,
    phone: Option<&'static str>,
    core: Core,
    acts: Vec<Act>,
}

fn by_phone(name: &'static str, acts: Vec<Act>) -> Script {
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
    fn core(mut self, core: Core) -> Self {
        self.core = core;
        self
    }

    fn english(mut self) -> Self {
        self.language = Language::En;
        self
    }

    fn hidden_number(mut self) -> Self {
        self.phone = None;
        self
    }

    fn in_writing(mut self) -> Self {
        self.channel = Channel::Web;
        self.phone = None;
        self
    }

    fn by_a_master(mut self) -> Self {
        self.kind = Kind::MasterOnboarding;
        self
    }

    /// Plays the script and compares the transcript with the one checked in.
    fn play(self) -> Scene {
        let mut scene = Scene::new(
            Setup {
                kind: self.kind,
                ..setup(self.channel, self.language, self.phone)
            },
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

fn compare(name: &str, transcript: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, transcript).expect("testdata can be written");
        return;
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        transcript, golden,
        "{name}: UPDATE=1 cargo test -p dialog writes it anew"
    );
}

fn reason(scene: &Scene) -> &str {
    scene
        .outcome
        .as_ref()
        .map_or("still active", |outcome| outcome.reason.as_str())
}

#[test]
fn a_straight_call_ends_in_a_booking() {
    let scene = by_phone(
        "straight_ru",
        vec![
            Say("здравствуйте, у меня не работает розетка на кухне"),
            Say("только одна"),
            Say("улица Черняховского дом двенадцать квартира пять"),
            Say("завтра после обеда"),
            Say("да, подходит"),
            Say("Анна"),
            Say("да, всё верно"),
        ],
    )
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn a_straight_english_call_ends_in_a_booking() {
    let scene = by_phone(
        "straight_en",
        vec![
            Say("hello, my kitchen tap is leaking"),
            Say("it drips from the spout"),
            Say("Chernyakhovskogo street twelve flat five"),
            Say("tomorrow afternoon"),
            Say("yes that works"),
            Say("my name is Peter"),
            Say("yes that's right"),
        ],
    )
    .english()
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn everything_told_at_once_is_not_asked_again() {
    let scene = by_phone(
        "all_at_once",
        vec![
            Say("меня зовут Иван Петров, течёт кран на кухне, капает из носика, улица Горького дом 21, квартира 7, можно завтра в два часа дня?"),
            Say("да"),
            Say("да, верно"),
        ],
    )
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn answers_out_of_order_are_all_taken() {
    let scene = by_phone(
        "out_of_order",
        vec![
            Say("мне нужен мастер завтра утром"),
            Say("проспект Мира 42 квартира 17"),
            Say("засорилась раковина"),
            Say("только раковина"),
            Say("да"),
            Say("Ольга"),
            Say("верно"),
        ],
    )
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn a_correction_after_the_read_back_is_read_back_again() {
    let scene = by_phone(
        "correction_after_read_back",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра в два"),
            Say("да"),
            Say("Иван"),
            Say("нет, квартира семьдесят два"),
            Say("теперь верно"),
        ],
    )
    .play();

    assert_eq!(reason(&scene), "booked");
    let flat = scene.core.orders[0].address.flat.as_deref();
    assert_eq!(flat, Some("72"));
}

#[test]
fn another_time_after_the_read_back_gives_another_offer() {
    let scene = by_phone(
        "time_after_read_back",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра в двенадцать"),
            Say("да"),
            Say("Иван"),
            Say("нет, давайте в понедельник в десять утра"),
            Say("да"),
            Say("да"),
        ],
    )
    .play();

    assert_eq!(reason(&scene), "booked");
    assert_eq!(scene.core.holds.len(), 1);
}

#[test]
fn what_was_said_is_repeated_on_request() {
    by_phone(
        "repeat",
        vec![
            Say("не работает розетка"),
            Say("повторите пожалуйста"),
            Say("что?"),
        ],
    )
    .play();
}

#[test]
fn a_price_asked_first_is_told_at_once() {
    let scene = by_phone(
        "price_first",
        vec![
            Say("сколько стоит поменять розетку?"),
            Say("а почему так дорого?"),
            Say("нет, спасибо"),
        ],
    )
    .play();

    assert_eq!(reason(&scene), "told_price");
}

#[test]
fn a_person_is_promised_to_who_wants_one() {
    let scene = by_phone("operator", vec![Say("соедините с оператором")]).play();

    assert_eq!(reason(&scene), "operator");
}

#[test]
fn a_hidden_number_is_asked_for_before_a_call_back_is_promised() {
    by_phone(
        "operator_hidden",
        vec![
            Keys("0"),
            Say("восемь девятьсот одиннадцать двести двадцать два тридцать три сорок четыре"),
        ],
    )
    .hidden_number()
    .play();
}

#[test]
fn silence_ends_the_call_after_three_times() {
    let scene = by_phone("silence", vec![Silence, Silence, Silence]).play();

    assert_eq!(reason(&scene), "silent");
}

#[test]
fn a_wrong_number_is_let_go() {
    let scene = by_phone("wrong_number", vec![Say("ой, я ошибся номером")]).play();

    assert_eq!(reason(&scene), "wrong_number");
}

#[test]
fn gas_is_answered_before_anything_else() {
    let scene = by_phone(
        "gas",
        vec![Say("у меня пахнет газом на кухне и не зажигается плита")],
    )
    .play();

    assert!(scene.conversation.state().safety.is_some());
}

#[test]
fn a_slot_lost_at_the_hold_is_replaced_at_once() {
    let core = Core {
        lost_at_hold: 1,
        ..Core::default()
    };
    let scene = by_phone(
        "lost_at_hold",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра"),
            Say("да"),
            Say("да"),
            Say("Иван"),
            Say("да"),
        ],
    )
    .core(core)
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn a_slot_lost_at_the_booking_is_replaced_at_once() {
    let core = Core {
        lost_at_book: 1,
        ..Core::default()
    };
    let scene = by_phone(
        "lost_at_book",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра"),
            Say("да"),
            Say("Иван"),
            Say("да"),
            Say("да"),
            Say("да"),
        ],
    )
    .core(core)
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn a_morning_that_is_full_is_answered_with_the_same_day() {
    let busy = ["2026-11-21T10:00:00+02:00", "2026-11-21T12:00:00+02:00"];
    let core = Core {
        busy: busy.iter().map(|at| at.parse().expect("time")).collect(),
        ..Core::default()
    };
    by_phone(
        "partly",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра утром"),
            Say("нет"),
            Say("нет"),
            Say("в понедельник"),
        ],
    )
    .core(core)
    .play();
}

#[test]
fn a_day_that_is_full_is_answered_with_the_next() {
    let hours = ["10", "12", "14", "16", "18"];
    let busy = hours.iter().map(|hour| {
        format!("2026-11-21T{hour}:00:00+02:00")
            .parse()
            .expect("time")
    });
    let core = Core {
        busy: busy.collect(),
        ..Core::default()
    };
    by_phone(
        "cannot",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра"),
            Say("хорошо"),
        ],
    )
    .core(core)
    .play();
}

#[test]
fn nobody_free_ends_in_a_call_back() {
    let core = Core {
        full: true,
        ..Core::default()
    };
    let scene = by_phone(
        "full",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра"),
            Say("да, перезвоните"),
        ],
    )
    .core(core)
    .play();

    assert_eq!(reason(&scene), "full");
}

#[test]
fn a_city_without_masters_makes_no_job() {
    let scene = by_phone(
        "no_masters",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("Москва, улица Тверская 5"),
            Say("нет, не надо"),
        ],
    )
    .play();

    assert_eq!(scene.conversation.state().job_id, None);
}

#[test]
fn a_known_caller_hears_how_the_order_stands() {
    let core = Core {
        card: Some(known_caller()),
        ..Core::default()
    };
    let scene = by_phone("status", vec![Say("когда приедет мастер?")])
        .core(core)
        .play();

    assert_eq!(reason(&scene), "told_status");
}

#[test]
fn a_known_caller_gives_an_order_up() {
    let core = Core {
        card: Some(known_caller()),
        ..Core::default()
    };
    let scene = by_phone("cancel", vec![Say("хочу отменить заказ"), Say("да")])
        .core(core)
        .play();

    assert_eq!(reason(&scene), "cancelled");
}

#[test]
fn a_known_caller_moves_an_order() {
    let core = Core {
        card: Some(known_caller()),
        ..Core::default()
    };
    let scene = by_phone(
        "move",
        vec![
            Say("хочу перенести визит"),
            Say("на понедельник в двенадцать"),
            Say("да"),
        ],
    )
    .core(core)
    .play();

    assert_eq!(reason(&scene), "moved");
}

#[test]
fn a_known_caller_orders_again_at_the_old_address() {
    let core = Core {
        card: Some(known_caller()),
        ..Core::default()
    };
    let scene = by_phone(
        "known_again",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("да"),
            Say("завтра в два"),
            Say("да"),
            Say("да"),
        ],
    )
    .core(core)
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn a_complaint_is_taken() {
    let core = Core {
        card: Some(known_caller()),
        ..Core::default()
    };
    let scene = by_phone(
        "complaint",
        vec![Say("хочу пожаловаться"), Say("мастер опоздал на три часа")],
    )
    .core(core)
    .play();

    assert_eq!(reason(&scene), "complaint");
}

#[test]
fn a_phone_not_understood_is_keyed_in() {
    let scene = by_phone(
        "keypad_phone",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра в два"),
            Say("да"),
            Say("Иван"),
            Say("эээ ну мой обычный"),
            Say("ну этот"),
            Say("ммм"),
            Keys("89110001234"),
            Keys("1"),
        ],
    )
    .hidden_number()
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn a_call_gone_deaf_goes_on_by_keys() {
    let scene = by_phone(
        "deaf",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра в два"),
            Deaf,
            Keys("1"),
            Keys("1"),
        ],
    )
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn a_call_deaf_from_the_start_is_called_back() {
    let scene = by_phone("deaf_at_once", vec![Deaf]).play();

    assert_eq!(reason(&scene), "deaf");
}

#[test]
fn words_heard_badly_are_asked_for_again() {
    by_phone(
        "heard_badly",
        vec![
            Mumble("не работает розетка", 20),
            Say("не работает розетка"),
            Say("только одна"),
            Mumble("улица Горького 21 квартира 7", 45),
            Say("да"),
            Say("завтра в два"),
            Mumble("да", 50),
            Say("да"),
        ],
    )
    .play();
}

#[test]
fn a_read_back_cut_short_is_not_taken_as_heard() {
    by_phone(
        "cut",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра в два"),
            Say("да"),
            Say("Иван"),
            Cut(20),
            Say("да"),
            Say("да"),
        ],
    )
    .play();
}

#[test]
fn a_broken_call_goes_on_where_it_broke() {
    let scene = by_phone(
        "resume",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            HangUp,
            PhoneAgain,
            Say("завтра в два"),
            Say("да"),
            Say("Иван"),
            Say("да"),
        ],
    )
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn a_core_that_is_away_ends_in_a_promise() {
    let core = Core {
        fails: true,
        ..Core::default()
    };
    let scene = by_phone(
        "core_failed",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("улица Горького 21 квартира 7"),
            Say("завтра"),
        ],
    )
    .core(core)
    .play();

    assert_eq!(reason(&scene), "core_failed");
}

#[test]
fn a_written_request_asks_for_the_phone() {
    let scene = by_phone(
        "written",
        vec![
            Say("Не работает розетка"),
            Say("только одна"),
            Say("Горького 21, кв 7"),
            Say("завтра в 14:00"),
            Say("да"),
            Say("Иван"),
            Say("8 911 222-33-44"),
            Say("да"),
        ],
    )
    .in_writing()
    .play();

    assert_eq!(reason(&scene), "booked");
}

#[test]
fn the_language_is_switched_on_request() {
    by_phone(
        "language",
        vec![Say("do you speak English?"), Say("my tap is leaking")],
    )
    .play();
}

#[test]
fn nonsense_ends_in_a_call_back() {
    let scene = by_phone(
        "nonsense",
        vec![Say("бла бла"), Say("трам пам"), Say("уху ыхы")],
    )
    .play();

    assert_eq!(reason(&scene), "not_understood");
}

#[test]
fn changing_ones_mind_books_nothing() {
    let scene = by_phone(
        "changed_mind",
        vec![
            Say("не работает розетка"),
            Say("только одна"),
            Say("отмените, я передумал"),
        ],
    )
    .play();

    assert_eq!(reason(&scene), "changed_mind");
}

#[test]
fn a_master_who_wants_to_work_leaves_name_and_number() {
    let scene = by_phone(
        "work",
        vec![Say("я электрик, хочу у вас работать"), Say("Олег")],
    )
    .play();

    assert_eq!(reason(&scene), "work_application");
}

#[test]
fn a_master_joins_in_writing() {
    let scene = by_phone(
        "joining",
        vec![
            Say("Меня зовут Иван Сергеевич Петров"),
            Say("8 911 222-33-44"),
            Say("Калининград"),
            Say("электрика и мелкий ремонт"),
            Say("ну такое"),
            Say("двенадцать лет"),
            Say("допуск до 1000 В"),
            Say("по будням с 9 до 18, в субботу до обеда"),
            Say("нет"),
            Say("на смартфон"),
        ],
    )
    .in_writing()
    .by_a_master()
    .play();

    assert_eq!(reason(&scene), "joined");
}
