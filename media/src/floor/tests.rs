//! Calls told in voice and silence, and what the floor made of them.

use super::*;
use proptest::prelude::*;

const ONE: TurnId = TurnId(1);
const TWO: TurnId = TurnId(2);
const SENSES: [Sense; 5] =
    [Sense::Nothing, Sense::Listens, Sense::Unfinished, Sense::Words, Sense::Complete];

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
    crate::codec::g711::Law::Mu.decode(include_bytes!("../../testdata/caller-ru.ulaw"), &mut sound);
    sound.resize(sound.len() + 16_000, 0);

    for frame in sound.as_chunks().0 {
        let voiced = vad.hear(frame).voiced;
        call.frames(20, voiced);
    }

    assert_eq!(call.ends().len(), 1, "{:?}", call.log);
    assert!(call.said.len() <= 6, "{:?}", call.said);
}

#[test]
fn a_pause_ends_the_turn_once() {
    let mut call = Call::new();

    call.voice(800).silence(3_000);

    assert_eq!(call.ends(), [(1_400, Output::TurnEnded(ONE))]);
}

#[test]
fn yes_is_answered_sooner_than_a_story_and_a_story_sooner_than_a_number() {
    let pauses: Vec<u64> = [Patience::Short, Patience::Normal, Patience::Long, Patience::Dictation]
        .map(|patience| {
            let mut call = Call::new();
            call.tell(Input::Expect(patience)).voice(400).silence(2_200);
            call.ends()[0].0 - 400
        })
        .to_vec();

    assert_eq!(pauses, [400, 600, 800, 1_900]);
}

#[test]
fn what_was_said_so_far_makes_the_pause_longer_or_shorter() {
    let answered = |patience, sense| {
        let mut call = Call::new();
        call.tell(Input::Expect(patience)).voice(1_000);
        call.words(ONE, 11, sense).silence(2_200);
        call.ends()[0].0 - 1_000
    };

    assert_eq!(answered(Patience::Dictation, Sense::Unfinished), 1_900);
    assert_eq!(answered(Patience::Dictation, Sense::Complete), 500);
    assert_eq!(answered(Patience::Normal, Sense::Unfinished), 1_200);
    assert_eq!(answered(Patience::Short, Sense::Complete), 300);
}

#[test]
fn a_likely_end_is_told_in_time_and_taken_back_when_the_caller_goes_on() {
    let mut call = Call::new();

    call.voice(800).silence(400).voice(400).silence(700);

    let went_on = Output::WentOn { turn: ONE, frames_back: 11 };
    let told = [
        (1_140, Output::EndLikely(ONE)),
        (1_260, went_on),
        (1_940, Output::EndLikely(ONE)),
        (2_200, Output::TurnEnded(ONE)),
    ];
    assert_eq!(call.log[1..], told);
}

#[test]
fn a_click_is_not_a_turn() {
    let mut call = Call::new();

    call.voice(40).silence(2_000);
    assert_eq!(call.said, []);
    call.voice(80).silence(2_000);

    assert_eq!(call.said[1..], [Output::EndLikely(ONE), Output::TurnLapsed(ONE)]);
}

#[test]
fn clicks_in_the_pause_do_not_prolong_the_turn() {
    let mut call = Call::new();

    call.voice(800).silence(200).voice(20).silence(200).voice(20).silence(400);

    assert_eq!(call.ends(), [(1_400, Output::TurnEnded(ONE))]);
}

#[test]
fn the_agent_holds_its_breath_at_once_and_stops_for_words() {
    let mut call = Call::new();

    call.agent_speaks().silence(1_000).voice(280).words(ONE, 4, Sense::Words).voice(600);

    let began = Output::TurnBegan { turn: ONE, frames_back: 11 };
    let (held, stopped) = ((1_060, Output::Held(ONE)), (1_600, Output::Interrupted(ONE)));
    assert_eq!(call.log, [(1_060, began), held, stopped]);
    assert!(!call.floor.agent_speaks());
}

#[test]
fn voice_that_insists_takes_the_floor_without_a_recogniser() {
    let mut call = Call::new();

    call.agent_speaks().silence(1_000).voice(1_000);

    assert_eq!(call.log.last(), Some(&(1_800, Output::Interrupted(ONE))));
}

#[test]
fn a_hum_or_a_cough_gives_the_floor_back() {
    for (text_len, sense) in [(6, Sense::Listens), (0, Sense::Nothing)] {
        let mut call = Call::new();

        call.agent_speaks().silence(1_000).voice(300).silence(200).settled(ONE, text_len, sense);

        let told =
            [Output::Held(ONE), Output::EndLikely(ONE), Output::TurnLapsed(ONE), Output::Resumed];
        assert_eq!(call.said[1..], told);
        assert!(call.floor.agent_speaks());
    }
}

#[test]
fn a_short_word_takes_the_floor_once_it_is_known() {
    let mut call = Call::new();

    call.agent_speaks().voice(300).silence(200).settled(ONE, 8, Sense::Words).silence(1_000);

    let told = [
        Output::Held(ONE),
        Output::EndLikely(ONE),
        Output::Interrupted(ONE),
        Output::TurnEnded(ONE),
    ];
    assert_eq!(call.said[1..], told);
}

#[test]
fn without_a_recogniser_a_short_sound_is_nothing() {
    let mut call = Call::new();

    call.agent_speaks().voice(300).silence(2_000);

    assert_eq!(call.log.last(), Some(&(1_160, Output::Resumed)));
}

#[test]
fn another_sentence_does_not_end_a_hold_but_a_warning_does() {
    let mut call = Call::new();

    call.agent_speaks().voice(100).agent_speaks().voice(100);
    assert_eq!(call.said[1..], [Output::Held(ONE)]);
    call.tell(Input::AgentSpeaks { protected: true }).voice(100);

    assert_eq!(call.said[2..], [Output::Resumed]);
}

#[test]
fn holds_for_nothing_make_the_agent_stubborn() {
    let mut call = Call::new();
    call.agent_speaks();

    let held: Vec<u64> = (1..=3)
        .map(|nth| {
            let from = call.now;
            call.voice(400).silence(200).settled(TurnId(nth), 0, Sense::Nothing).silence(400);
            let held = |(at, output): &(u64, Output)| {
                (*at >= from && matches!(output, Output::Held(_))).then(|| *at - from)
            };
            call.log.iter().find_map(held).unwrap()
        })
        .collect();

    assert_eq!(held, [60, 120, 180]);
}

#[test]
fn words_that_answer_the_question_interrupt_sooner() {
    let mut call = Call::new();

    call.agent_speaks().voice(140).words(ONE, 2, Sense::Complete).voice(400);

    assert_eq!(call.log.last(), Some(&(400, Output::Interrupted(ONE))));
}

#[test]
fn a_safety_instruction_is_heard_out_and_the_caller_answered_then() {
    let mut call = Call::new();

    call.tell(Input::AgentSpeaks { protected: true }).voice(1_000).silence(1_000);
    assert_eq!(call.said[1..], [Output::EndLikely(ONE), Output::TurnEnded(ONE)]);
    call.silence(1_500).voice(1_000);

    let told = [(4_000, Output::Held(TWO)), (4_300, Output::Interrupted(TWO))];
    assert_eq!(call.log[call.log.len() - 2..], told);
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
    call.voice(500).words(TWO, 5, Sense::Words).silence(700);
    call.agent_speaks().tell(Input::AgentSilent).silence(6_000);

    assert_eq!(call.said.last(), Some(&Output::CallerSilent { nth: 1 }));
}

#[test]
fn an_answer_that_stays_away_ends_in_a_question_too() {
    let mut call = Call::new();

    call.voice(400).silence(13_000);

    let told = [Output::EndLikely(ONE), Output::TurnEnded(ONE), Output::CallerSilent { nth: 1 }];
    assert_eq!(call.said[1..], told);
}

#[test]
fn words_of_an_older_turn_are_dropped() {
    let mut call = Call::new();
    call.voice(400).silence(700).agent_speaks().voice(100);

    call.words(ONE, 20, Sense::Complete);

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
        call.voice(10_000).words(ONE, len * 100, Sense::Words);
    }

    assert_eq!(call.said.len(), 1);
}

#[test]
fn every_call_ends_once_even_if_no_frame_comes() {
    let start = epoch();
    let mut floor = Floor::new(start, LONGEST_CALL, Duration::from_millis(260));
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
                8 => call.words(turn, length as usize, SENSES[length as usize % 5]),
                9 if length == 7 => call.tell(Input::Deaf),
                9 if flag => call.settled(turn, length as usize, SENSES[length as usize % 5]),
                _ => call.tell(Input::Expect(Patience::Long)),
            };
        }

        let mut open = None;
        let mut newest = TurnId::first();
        let mut held = false;
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
                    held = false;
                }
                Output::Held(turn) => {
                    prop_assert!(!held && open == Some(turn));
                    held = true;
                }
                Output::Resumed => prop_assert!(std::mem::take(&mut held)),
                Output::EndLikely(turn) | Output::WentOn { turn, .. } => {
                    prop_assert_eq!(open, Some(turn));
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
        let floor = Floor::new(start, LONGEST_CALL, Duration::from_millis(260));
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

    fn words(&mut self, turn: TurnId, text_len: usize, sense: Sense) -> &mut Call {
        self.tell(Input::Words { turn, text_len, sense, settled: false })
    }

    fn settled(&mut self, turn: TurnId, text_len: usize, sense: Sense) -> &mut Call {
        self.tell(Input::Words { turn, text_len, sense, settled: true })
    }

    fn frames(&mut self, millis: u64, voiced: bool) -> &mut Call {
        for _ in 0..millis / 20 {
            self.now += 20;
            self.tell(Input::Frame { voiced, ago: Duration::ZERO });
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
