//! A call's own time: what a hold does to it, and a second line joined with it.

use dialog::state::Awaiting;
use media::codec::Codec;

use super::line::Origin;
use super::*;

const ORIGIN: Origin = Origin { ssrc: 1, sequence: 1, timestamp: 1 };

/// Seconds of a call to the load line, its other end sending nothing: packets sent, and the end.
fn live(call: &mut Call, now: &mut Instant, seconds: u32) -> (usize, Option<End>) {
    let (mut packets, mut end) = (0, None);
    for _ in 0..seconds * 50 {
        *now += FRAME_TIME;
        call.handle(*now, Input::Tick);
        while let Some(output) = call.poll() {
            match output {
                Output::Packets => packets += call.packets().iter().count(),
                Output::HangUp(why) => end = end.or(Some(why)),
                _ => {}
            }
        }
        if end.is_some() {
            break;
        }
    }
    (packets, end)
}

fn prompting(now: Instant) -> Call {
    let text = "Прошу подождать".to_owned();
    let reply = Reply { speech: text.clone(), text, awaiting: Awaiting::None };
    Call::new(Start {
        agreed: Agreed::usual(Codec::Pcma),
        origin: ORIGIN,
        talk: Talk::Prompt { reply, language: Language::Ru, listens: true },
        at: (now, Timestamp::UNIX_EPOCH),
        longest: Duration::from_secs(3_600),
        words_late: Duration::ZERO,
        drafts: false,
        denoises: false,
        errand: None,
    })
}

#[test]
fn a_caller_on_hold_hears_nothing_and_is_not_taken_for_lost() {
    let mut now = crate::clock::now();
    let mut call = prompting(now);
    call.handle(now, Input::Answered);
    assert_eq!(live(&mut call, &mut now, 2), (100, None));

    let agreed = Agreed::usual(Codec::Pcma);
    call.handle(now, Input::Reagreed { agreed, held: true });
    assert_eq!(live(&mut call, &mut now, 120), (0, None));

    let agreed = Agreed::usual(Codec::Pcmu);
    call.handle(now, Input::Reagreed { agreed, held: false });
    assert_eq!(live(&mut call, &mut now, 29), (29 * 50, None));
    assert_eq!(call.packets().iter().next().map(|packet| packet[1] & 0x7f), Some(0), "PCMU now");
    assert_eq!(live(&mut call, &mut now, 2).1, Some(End::MediaLost));
}

#[test]
fn a_hold_nobody_comes_back_from_ends() {
    let mut now = crate::clock::now();
    let mut call = prompting(now);
    call.handle(now, Input::Answered);

    call.handle(now, Input::Reagreed { agreed: Agreed::usual(Codec::Pcma), held: true });

    assert_eq!(live(&mut call, &mut now, 700), (0, Some(End::MediaLost)));
}

#[test]
fn a_hidden_call_is_recorded_as_silence_and_heard_as_ever() {
    let mut now = crate::clock::now();
    let mut call = prompting(now);
    call.handle(now, Input::Answered);
    let line = std::iter::from_fn(|| call.poll()).find_map(|output| match output {
        Output::Speak { line, .. } => Some(line),
        _ => None,
    });
    let sound = Spoken::Samples([900; 8_000].into());
    call.handle(now, Input::Spoken(line.unwrap(), sound));

    let mut recorded = Vec::new();
    for hides in [false, true, false] {
        call.handle(now, Input::Hide(hides));
        live(&mut call, &mut now, 1);
        // The last frame of each second; one second of sound was given for each but the last.
        recorded.push((call.frames().1 != &SILENCE, call.recorded().1 != &SILENCE));
        let more = Spoken::Samples([900; 8_000].into());
        call.handle(now, Input::Spoken(line.unwrap(), more));
    }

    assert_eq!(recorded, [(true, true), (true, false), (true, true)]);
}

#[test]
fn a_joined_line_says_what_the_other_hears_and_keeps_no_stale_sound() {
    let mut now = crate::clock::now();
    let mut call = prompting(now);
    call.handle(now, Input::Answered);
    live(&mut call, &mut now, 1);
    let loud = |level: i16| Input::Across([level; media::audio::FRAME]);
    call.handle(now, loud(1));
    assert_eq!(call.frames().1, &SILENCE, "not before it is joined");

    call.handle(now, Input::Joined);
    (1..=8).for_each(|level| call.handle(now, loud(level)));

    let mut said = Vec::new();
    let mut across = 0;
    for _ in 0..6 {
        now += FRAME_TIME;
        call.handle(now, Input::Tick);
        said.push(call.frames().1[0]);
        while let Some(output) = call.poll() {
            across += usize::from(matches!(output, Output::Across(_)));
        }
    }
    assert_eq!((said, across), (vec![4, 5, 6, 7, 8, 0], 6));

    call.handle(now, Input::Key('0'));
    call.handle(now, Input::Heard(TurnId::first(), Heard::Final(Words::default())));
    assert_eq!(live(&mut call, &mut now, 1).1, None, "the agent minds its own business");
    call.handle(now, Input::HungUp);
    assert_eq!(live(&mut call, &mut now, 1).1, Some(End::HandedOver));
}

/// Their exchange takes them there by hanging up on us; whoever waits for a call of ours has given up.
#[test]
fn a_caller_who_leaves_while_it_rings_is_handed_over_only_by_their_exchange() {
    for (how, end) in [
        (handover::Handover::Rings, End::HandedOver),
        (handover::Handover::WePhone, End::CallerHungUpOverAgent),
    ] {
        let mut now = crate::clock::now();
        let mut call = prompting(now);
        call.handle(now, Input::Answered);
        live(&mut call, &mut now, 1);
        call.put_through = PutThrough::Ordered { request: RequestId(1), rings: false, at: 0 };

        call.handle(now, Input::HandedOver(how));
        call.handle(now, Input::HungUp);

        assert_eq!(live(&mut call, &mut now, 1).1, Some(end));
    }
}
