//! Lines played, held, cut, and what was heard of them.

use super::line::{FADE, MOMENT};
use super::*;
use proptest::prelude::*;

const FIRST: TurnId = TurnId::first();
const SECOND: TurnId = FIRST.next();

#[test]
fn a_line_is_played_to_its_end_and_done_once() {
    let mut player = Player::new();
    player.say(FIRST, "Good morning.");
    assert_eq!(player.next_frame(), Played::Waiting);
    assert_eq!(player.push(FIRST, &[7; FRAME + 10]), FRAME + 10);

    assert_eq!(player.next_frame(), Played::Frame([7; FRAME]));
    assert_eq!(player.next_frame(), Played::Waiting);
    player.finish(FIRST);
    let Played::Frame(last) = player.next_frame() else { panic!("the rest is played") };

    assert_eq!((last[9], last[10]), (7, 0));
    assert_eq!(player.next_frame(), Played::Done(FIRST));
    assert_eq!(player.next_frame(), Played::Idle);
    assert_eq!(player.heard().unwrap().text, "Good morning.");
}

#[test]
fn sentences_of_a_turn_follow_each_other_and_are_one_text() {
    let mut player = Player::new();
    for (text, sound) in [("One.", 1), ("Two.", 2)] {
        player.say(FIRST, text);
        assert_eq!(player.push(FIRST, &[sound; FRAME]), FRAME);
        player.finish(FIRST);
    }

    assert_eq!(player.next_frame(), Played::Frame([1; FRAME]));
    assert_eq!(player.next_frame(), Played::Frame([2; FRAME]));
    assert_eq!(player.next_frame(), Played::Done(FIRST));
    assert_eq!(player.cut(SECOND), Some(heard(FIRST, "One. Two.")));
}

#[test]
fn an_interrupted_line_keeps_only_the_words_that_sounded() {
    let mut player = ready("один два три четыре", 400);

    (0..200).for_each(|_| assert!(matches!(player.next_frame(), Played::Frame(_))));

    assert_eq!(player.cut(SECOND), Some(heard(FIRST, "один два")));
}

#[test]
fn a_line_still_being_synthesised_is_judged_by_how_fast_people_speak() {
    let mut player = Player::new();
    player.say(FIRST, "abcd efgh ijkl mnop qrst uvwx");
    let _ = player.push(FIRST, &[1; 8_000]);

    (0..50).for_each(|_| assert!(matches!(player.next_frame(), Played::Frame(_))));

    assert_eq!(player.cut(SECOND).unwrap().text, "abcd efgh ijkl");
}

#[test]
fn the_synthesisers_word_times_are_believed() {
    let mut player = Player::new();
    player.say(FIRST, "slowly quick");
    let _ = player.push(FIRST, &[1; 100 * FRAME]);
    player.mark(FIRST, 6, 90 * FRAME);
    player.mark(FIRST, 12, 100 * FRAME);
    player.finish(FIRST);

    (0..44).for_each(|_| assert!(matches!(player.next_frame(), Played::Frame(_))));
    let before_half = player.heard().unwrap();
    (0..50).for_each(|_| assert!(matches!(player.next_frame(), Played::Frame(_))));

    assert_eq!(before_half.text, "");
    assert_eq!(player.cut(SECOND).unwrap().text, "slowly");
}

#[test]
fn a_cut_sound_fades_within_ten_milliseconds() {
    let mut player = ready("something long", 50);
    player.next_frame();

    player.cut(SECOND);
    let Played::Frame(fade) = player.next_frame() else { panic!("a fade is played") };

    assert!(fade[0] > 900 && fade[..FADE].is_sorted_by(|a, b| a >= b));
    assert_eq!(fade[FADE - 1..], [0; FRAME - FADE + 1]);
    assert_eq!(player.next_frame(), Played::Idle);
}

#[test]
fn what_was_never_played_was_not_heard() {
    let mut player = ready("not a word", 50);

    assert_eq!(player.cut(SECOND), None);
    assert_eq!(player.next_frame(), Played::Idle);
}

#[test]
fn a_line_without_sound_was_not_heard() {
    let mut player = Player::new();
    player.say(FIRST, "the synthesiser failed");
    player.finish(FIRST);

    assert_eq!(player.next_frame(), Played::Done(FIRST));
    assert_eq!(player.heard().unwrap().text, "");
}

#[test]
fn a_reply_to_an_older_turn_is_dropped_where_it_arrives() {
    let mut player = Player::new();
    player.cut(SECOND);

    assert!(!player.say(FIRST, "too late"));
    assert_eq!(player.push(FIRST, &[1; FRAME]), FRAME);
    assert_eq!(player.next_frame(), Played::Idle);
    assert!(player.say(SECOND, "in time"));
}

#[test]
fn thirty_seconds_wait_and_the_rest_stays_with_the_synthesiser() {
    let mut player = Player::new();
    player.say(FIRST, "endless");
    let prompt: Arc<[i16]> = Arc::from(vec![1; SAMPLES_MAX]);

    assert_eq!(player.push(FIRST, &vec![1; SAMPLES_MAX + 5]), SAMPLES_MAX);
    assert_eq!(player.push(FIRST, &[1; FRAME]), 0);
    assert!(!player.push_shared(FIRST, &prompt));
    player.next_frame();
    assert_eq!(player.push(FIRST, &[1; FRAME + 1]), FRAME);
}

#[test]
fn a_held_line_fades_waits_and_goes_on_from_a_quiet_moment_before() {
    let mut sound = vec![3_000; 100 * FRAME];
    sound[40 * FRAME..42 * FRAME].fill(5);
    let mut player = Player::new();
    player.say(FIRST, "one two");
    assert_eq!(player.push(FIRST, &sound), sound.len());
    player.finish(FIRST);
    (0..50).for_each(|_| assert!(matches!(player.next_frame(), Played::Frame(_))));

    player.hold();
    let Played::Frame(fade) = player.next_frame() else { panic!("a fade is played") };
    assert!(fade[0] > 2_900 && fade[FRAME - 1] == 0);
    assert_eq!(player.next_frame(), Played::Waiting);
    player.go_on();
    let rest: Vec<Frame> = std::iter::from_fn(|| match player.next_frame() {
        Played::Frame(frame) => Some(frame),
        _ => None,
    })
    .collect();

    assert_eq!((rest[0][MOMENT - 1], rest[0][MOMENT]), (5, 3_000));
    assert_eq!(rest.len(), 59);
    assert_eq!(player.heard().unwrap().text, "one two");
}

#[test]
fn a_line_cut_while_it_is_held_has_been_heard_up_to_the_hold() {
    let mut player = ready("один два три четыре", 400);
    (0..200).for_each(|_| assert!(matches!(player.next_frame(), Played::Frame(_))));

    player.hold();
    player.next_frame();

    assert_eq!(player.cut(SECOND), Some(heard(FIRST, "один два")));
    assert_eq!(player.next_frame(), Played::Idle);
}

proptest! {
    #[test]
    fn heard_is_a_prefix_and_after_a_cut_only_the_fade_comes(
        text in "([а-яa-z]{1,9}[ ,.]{0,2}){0,12}",
        pieces in proptest::collection::vec(0usize..3_000, 0..20),
        finished: bool,
        ticks in 0usize..200,
    ) {
        let mut player = Player::new();
        player.say(FIRST, &text);
        for piece in pieces {
            let _ = player.push(FIRST, &vec![500; piece]);
        }
        if finished {
            player.finish(FIRST);
        }
        (0..ticks).for_each(|_| {
            player.next_frame();
        });

        let heard = player.cut(SECOND);

        prop_assert!(heard.is_none_or(|heard| text.starts_with(&heard.text)));
        let _ = player.push(FIRST, &[500; FRAME]);
        player.say(FIRST, "more");
        let after: Vec<Played> = (0..5).map(|_| player.next_frame()).collect();
        prop_assert!(matches!(after[0], Played::Frame(_) | Played::Idle));
        prop_assert!(after[1..].iter().all(|played| *played == Played::Idle));
    }

    #[test]
    fn every_sample_comes_out_once_and_in_order(
        pieces in proptest::collection::vec(0usize..700, 0..30),
    ) {
        let total: usize = pieces.iter().sum();
        let sound: Vec<i16> = (0..total).map(|n| 1 + n as i16).collect();
        let mut player = Player::new();
        player.say(FIRST, "sound");
        let mut rest = &sound[..];
        for piece in pieces {
            let (now, later) = rest.split_at(piece);
            prop_assert_eq!(player.push(FIRST, now), piece);
            rest = later;
        }
        player.finish(FIRST);

        let mut out = Vec::new();
        while let Played::Frame(frame) = player.next_frame() {
            out.extend_from_slice(&frame);
        }

        prop_assert!(out.len() < total + FRAME);
        prop_assert_eq!(&out[..total], &sound[..]);
        prop_assert!(out[total..].iter().all(|&sample| sample == 0));
    }
}

fn ready(text: &str, frames: usize) -> Player {
    let mut player = Player::new();
    player.say(FIRST, text);
    let _ = player.push(FIRST, &vec![1_000; frames * FRAME]);
    player.finish(FIRST);
    player
}

fn heard(turn: TurnId, text: &str) -> Heard {
    Heard { turn, text: text.to_owned() }
}
