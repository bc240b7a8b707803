//! Talks with known callers, in trouble, in writing, and about something else.

use crate::script::{by_phone, reason};
use crate::world::Act::{Cut, Deaf, HangUp, Keys, Mumble, PhoneAgain, Say};
use crate::world::{Core, known_caller};

#[test]
fn a_known_caller_hears_how_the_order_stands() {
    let core = Core { card: Some(known_caller()), ..Core::default() };
    let scene = by_phone("status", vec![Say("когда приедет мастер?")]).core(core).play();

    assert_eq!(reason(&scene), "told_status");
}

#[test]
fn a_known_caller_gives_an_order_up() {
    let core = Core { card: Some(known_caller()), ..Core::default() };
    let scene = by_phone("cancel", vec![Say("хочу отменить заказ"), Say("да")]).core(core).play();

    assert_eq!(reason(&scene), "cancelled");
}

#[test]
fn a_known_caller_moves_an_order() {
    let core = Core { card: Some(known_caller()), ..Core::default() };
    let scene = by_phone(
        "move",
        vec![Say("хочу перенести визит"), Say("на понедельник в двенадцать"), Say("да")],
    )
    .core(core)
    .play();

    assert_eq!(reason(&scene), "moved");
}

#[test]
fn a_known_caller_orders_again_at_the_old_address() {
    let core = Core { card: Some(known_caller()), ..Core::default() };
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
    let core = Core { card: Some(known_caller()), ..Core::default() };
    let scene =
        by_phone("complaint", vec![Say("хочу пожаловаться"), Say("мастер опоздал на три часа")])
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
    let core = Core { fails: true, ..Core::default() };
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
    by_phone("language", vec![Say("do you speak English?"), Say("my tap is leaking")]).play();
}

#[test]
fn nonsense_ends_in_a_call_back() {
    let scene = by_phone("nonsense", vec![Say("бла бла"), Say("трам пам"), Say("уху ыхы")]).play();

    assert_eq!(reason(&scene), "not_understood");
}

#[test]
fn changing_ones_mind_books_nothing() {
    let scene = by_phone(
        "changed_mind",
        vec![Say("не работает розетка"), Say("только одна"), Say("отмените, я передумал")],
    )
    .play();

    assert_eq!(reason(&scene), "changed_mind");
}

#[test]
fn a_master_who_wants_to_work_leaves_name_and_number() {
    let scene = by_phone("work", vec![Say("я электрик, хочу у вас работать"), Say("Олег")]).play();

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
