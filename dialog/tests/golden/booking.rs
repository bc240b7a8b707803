//! Talks on the way to a booking.

use crate::script::{by_phone, reason};
use crate::world::Act::{Keys, Say, Silence};
use crate::world::Core;

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
    by_phone("repeat", vec![Say("не работает розетка"), Say("повторите пожалуйста"), Say("что?")])
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
    let scene =
        by_phone("gas", vec![Say("у меня пахнет газом на кухне и не зажигается плита")]).play();

    assert!(scene.conversation.state().safety.is_some());
}

#[test]
fn a_slot_lost_at_the_hold_is_replaced_at_once() {
    let core = Core { lost_at_hold: 1, ..Core::default() };
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
    let core = Core { lost_at_book: 1, ..Core::default() };
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
    let core =
        Core { busy: busy.iter().map(|at| at.parse().expect("time")).collect(), ..Core::default() };
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
    let busy =
        hours.iter().map(|hour| format!("2026-11-21T{hour}:00:00+02:00").parse().expect("time"));
    let core = Core { busy: busy.collect(), ..Core::default() };
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
    let core = Core { full: true, ..Core::default() };
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
