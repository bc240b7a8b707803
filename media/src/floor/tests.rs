//! Calls told in voice and silence, and what the floor made of them.

use super::*;
use proptest::prelude::*;

const ONE: TurnId = TurnId(1);
const TWO: TurnId = TurnId(2);

#[test]
fn the_ear_is_opened_from_before_the_first_voice() {
    let mut call = Call::new();

    call.voice(200);

    assert_eq!(call.said, [Output::TurnBegan { turn: ONE, frames_back: 3 + 8 }]);
}

#[test]
fn a_breath_does_not_end_the_turn() {
    let mut call = Call::new();

    call.voice(800).silence(400).voice(600).silence(500);

    assert_eq!(call.ends(), []);
}

#[test]
fn a_spoken_sentence_is_one_turn() {
    let (mut call, mut vad) = (Call::new(), crate::vad::Vad::new());
    let mut sound = Vec::new();
    crate::codec::Codec::Pcmu.decode(include_bytes!("../../testdata/caller-ru.ulaw"), &mut sound);
    sound.resize(sound.len() + 16_000, 0);

    for frame in sound.as_chunks().0 {
        let voiced = vad.hear(frame).voiced;
        call.frames(20, voiced);
    }

    assert_eq!(call.ends().len(), 1, "{:?}", call.log);
    assert_eq!(call.said.len(), 2);
}

#[test]
fn a_pause_ends_the_turn_once() {
    let mut call = Call::new();

    call.voice(800).silence(3_000);

    assert_eq!(call.ends(), [(1_400, Output::TurnEnded(ONE))]);
}

#[test]
fn yes_is_answered_sooner_than_an_address_and_an_address_sooner_than_a_number() {
    let pauses: Vec<u64> = [Patience::Short, Patience::Normal, Patience::Long, Patience::Digits]
        .map(|patience| {
            let mut call = Call::new();
            call.tell(Input::Expect(patience)).voice(400).silence(2_000);
            call.ends()[0].0 - 400
        })
        .to_vec();

    assert_eq!(pauses, [400, 600, 900, 1_200]);
}

#[test]
fn an_answer_that_is_complete_needs_less_of_a_pause_and_a_settled_one_least() {
    let answered = |settled, complete| {
        let mut call = Call::new();
        call.tell(Input::Expect(Patience::Digits)).voice(1_000);
        call.words(ONE, 11, settled, complete).silence(2_000);
        call.ends()[0].0 - 1_000
    };

    assert_eq!(answered(false, false), 1_200);
    assert_eq!(answered(false, true), 400);
    assert_eq!(answered(true, true), 200);
}

#[test]
fn a_click_is_not_a_turn() {
    let mut call = Call::new();

    call.voice(40).silence(2_000);
    assert_eq!(call.said, []);
    call.voice(80).silence(2_000);

    assert_eq!(call.said[1..], [Output::TurnLapsed(ONE)]);
}

#[test]
fn clicks_in_the_pause_do_not_prolong_the_turn() {
    let mut call = Call::new();

    call.voice(800).silence(200).voice(20).silence(200).voice(20).silence(400);

    assert_eq!(call.ends(), [(1_400, Output::TurnEnded(ONE))]);
}

#[test]
fn the_caller_cuts_in_after_a_quarter_of_a_second() {
    let mut call = Call::new();

    call.agent_speaks().silence(1_000).voice(1_000);

    let began = Output::TurnBegan { turn: ONE, frames_back: 11 };
    assert_eq!(call.log, [(1_060, began), (1_240, Output::Interrupted(ONE))]);
    assert!(!call.floor.agent_speaks());
}

#[test]
fn a_cough_does_not_interrupt_and_is_forgotten() {
    let mut call = Call::new();

    call.agent_speaks().silence(1_000).voice(180).silence(2_000);

    assert_eq!(call.said[1..], [Output::TurnLapsed(ONE)]);
    assert!(call.floor.agent_speaks());
}

#[test]
fn words_that_answer_the_question_interrupt_at_once() {
    let mut call = Call::new();

    call.agent_speaks().voice(140).words(ONE, 2, false, true);

    assert_eq!(call.said[1..], [Output::Interrupted(ONE)]);
}

#[test]
fn a_safety_instruction_is_heard_out_and_the_caller_answered_then() {
    let mut call = Call::new();

    call.tell(Input::AgentSpeaks { protected: true }).voice(1_000).silence(1_000);
    assert_eq!(call.said[1..], [Output::TurnEnded(ONE)]);
    call.silence(1_500).voice(1_000);

    assert_eq!(call.log.last(), Some(&(4_000, Output::Interrupted(TWO))));
}

#[test]
fn a_key_stops_the_agent_but_not_a_safety_instruction() {
    let mut call = Call::new();

    call.tell(Input::AgentSpeaks { protected: true }).tell(Input::Key('1'));
    assert_eq!(call.said, []);
    call.tell(Input::AgentSilent).agent_speaks().tell(Input::Key('1'));

    assert_eq!(call.said, [Output::Interrupted(ONE)]);
}

#[test]
fn nobody_speaks_and_is_asked_again_and_again() {
    let mut call = Call::new();

    call.agent_speaks().silence(1_000).tell(Input::AgentSilent).silence(7_000);
    call.agent_speaks().silence(1_000).tell(Input::AgentSilent).silence(13_000);

    let asked = [(7_000, 1), (15_000, 2), (21_000, 3)];
    assert_eq!(call.log, asked.map(|(at, nth)| (at, Output::CallerSilent { nth })));
}

#[test]
fn words_and_keys_begin_the_silences_anew_but_noises_do_not() {
    let mut call = Call::new();
    call.agent_speaks().tell(Input::AgentSilent).silence(6_000);

    call.voice(80).silence(6_000);
    assert_eq!(call.said.last(), Some(&Output::CallerSilent { nth: 2 }));
    call.tell(Input::Key('1')).silence(6_000);
    assert_eq!(call.said.last(), Some(&Output::CallerSilent { nth: 1 }));
    call.voice(500).words(TWO, 5, false, false).silence(700);
    call.agent_speaks().tell(Input::AgentSilent).silence(6_000);

    assert_eq!(call.said.last(), Some(&Output::CallerSilent { nth: 1 }));
}

#[test]
fn an_answer_that_stays_away_ends_in_a_question_too() {
    let mut call = Call::new();

    call.voice(400).silence(13_000);

    assert_eq!(call.said[1..], [Output::TurnEnded(ONE), Output::CallerSilent { nth: 1 }]);
}

#[test]
fn words_of_an_older_turn_are_dropped() {
    let mut call = Call::new();
    call.voice(400).silence(700).agent_speaks().voice(100);

    call.words(ONE, 20, true, true);

    assert!(call.floor.agent_speaks());
}

#[test]
fn endless_noise_is_given_up_and_then_counts_as_silence() {
    let mut call = Call::new();

    call.voice(40_000);
    assert_eq!(
        call.log[1..],
        [(30_060, Output::StuckNoise(ONE)), (36_060, Output::CallerSilent { nth: 1 }),]
    );
    call.silence(400).voice(100);

    assert!(matches!(call.said.last(), Some(Output::TurnBegan { turn: TWO, .. })));
}

#[test]
fn a_long_story_with_words_is_not_noise() {
    let mut call = Call::new();

    for len in 1..10 {
        call.voice(10_000).words(ONE, len * 100, false, false);
    }

    assert_eq!(call.said.len(), 1);
}

#[test]
fn every_call_ends_once_even_if_no_frame_comes() {
    let start = epoch();
    let mut floor = Floor::new(start, LONGEST_CALL);
    let mut ends = 0;

    for _ in 0..200 {
        let deadline = floor.deadline().unwrap();
        floor.handle(deadline, Input::Timeout);
        while let Some(output) = floor.poll() {
            ends += usize::from(output == Output::TimeUp);
        }
    }

    assert_eq!(ends, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn turns_open_and_close_one_after_the_other(
        steps in proptest::collection::vec((0u8..10, 1u64..80, any::<bool>()), 0..120),
    ) {
        let mut call = Call::new();
        for (step, length, flag) in steps {
            let turn = call.floor.turn();
            match step {
                0..=2 => call.voice(length * 20),
                3..=4 => call.silence(length * 20),
                5 => call.tell(Input::AgentSpeaks { protected: flag }),
                6 => call.tell(Input::AgentSilent),
                7 => call.tell(Input::Key('5')),
                8 => call.words(turn, length as usize, flag, length % 3 == 0),
                _ => call.tell(Input::Expect(Patience::Long)),
            };
        }

        let mut open = None;
        let mut newest = TurnId::first();
        for output in call.said {
            match output {
                Output::TurnBegan { turn, frames_back } => {
                    prop_assert!(open.is_none() && turn > newest);
                    prop_assert!(frames_back <= crate::ear::PRE_ROLL_FRAMES);
                    (open, newest) = (Some(turn), turn);
                }
                Output::Interrupted(turn) => {
                    prop_assert!(turn >= newest);
                    newest = turn;
                }
                Output::TurnEnded(turn)
                | Output::TurnLapsed(turn)
                | Output::StuckNoise(turn) => prop_assert_eq!(open.take(), Some(turn)),
                Output::CallerSilent { nth } => prop_assert!(open.is_none() && nth > 0),
                Output::TimeUp => {}
            }
        }
    }
}

/// A call told in milliseconds; keeps what the floor said and when.
struct Call {
    floor: Floor,
    start: Instant,
    now: u64,
    said: Vec<Output>,
    log: Vec<(u64, Output)>,
}

impl Call {
    fn new() -> Call {
        let start = epoch();
        let floor = Floor::new(start, LONGEST_CALL);
        Call { floor, start, now: 0, said: Vec::new(), log: Vec::new() }
    }

    fn voice(&mut self, millis: u64) -> &mut Call {
        self.frames(millis, true)
    }

    fn silence(&mut self, millis: u64) -> &mut Call {
        self.frames(millis, false)
    }

    fn agent_speaks(&mut self) -> &mut Call {
        self.tell(Input::AgentSpeaks { protected: false })
    }

    fn words(&mut self, turn: TurnId, text_len: usize, settled: bool, complete: bool) -> &mut Call {
        self.tell(Input::Words { turn, text_len, settled, complete })
    }

    fn frames(&mut self, millis: u64, voiced: bool) -> &mut Call {
        for _ in 0..millis / 20 {
            self.now += 20;
            self.tell(Input::Frame { voiced });
        }
        self
    }

    fn tell(&mut self, input: Input) -> &mut Call {
        self.floor.handle(self.start + Duration::from_millis(self.now), input);
        while let Some(output) = self.floor.poll() {
            self.said.push(output);
            self.log.push((self.now, output));
        }
        self
    }

    fn ends(&self) -> Vec<(u64, Output)> {
        let ends = |output: &Output| matches!(output, Output::TurnEnded(_));
        self.log.iter().filter(|(_, output)| ends(output)).copied().collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "any instant will do as the test's zero")]
fn epoch() -> Instant {
    Instant::now()
}
