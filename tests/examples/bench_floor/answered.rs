//! Who picked up: people's first words and machines' greetings, in voices over noise.

use std::time::Duration;

use call_tests::booth::noise::{Noise, Place};
use call_tests::booth::studio::Studio;
use job_core::trade::Language;
use media::answerer::{Answerer, Greeting};
use media::audio::{FRAME, FRAME_TIME, Frame, SILENCE};
use media::codec::g711::Law;
use media::vad::Vad;

use crate::{all, at, percent};

/// The line is quiet so long before somebody speaks.
const PAUSES_MS: [u64; 3] = [200, 700, 1_500];
const SPEECH_DBFS: f32 = -24.0;
const NOISE_BELOW_DB: [f32; 2] = [12.0, 25.0];
/// Where a voice begins: 6 % of full scale.
const LOUD: u16 = 2_000;
/// Whoever has said their word waits so long.
const THEN: Duration = Duration::from_secs(4);

const PEOPLE_RU: &[&str] = &[
    "алло",
    "да",
    "да слушаю",
    "слушаю вас",
    "алло кто это",
    "алло здравствуйте",
    "добрый день",
    "иванов слушает",
    "да алло говорите",
    "аптека слушаю вас",
    "слушаю говорите",
    "кто говорит",
    "минуточку",
    "ало ало",
];
const MACHINES_RU: &[&str] = &[
    "абонент не отвечает или временно недоступен попробуйте позвонить позднее",
    "здравствуйте вы позвонили в компанию ваш звонок очень важен для нас оставайтесь на линии",
    "оставьте сообщение после звукового сигнала",
    "вас приветствует автоответчик сейчас я не могу подойти к телефону",
    "телефон абонента выключен или находится вне зоны действия сети",
    "привет это голосовая почта говорите после гудка я перезвоню",
    "данный вид связи недоступен для абонента уточните номер и перезвоните",
    "к сожалению сейчас все операторы заняты пожалуйста дождитесь ответа",
    "набранный вами номер не существует проверьте правильность набора",
];
const PEOPLE_EN: &[&str] = &[
    "hello",
    "yes",
    "hello who is this",
    "good morning",
    "speaking",
    "yes hello",
    "john speaking",
    "hi",
    "hello can i help you",
    "yeah go ahead",
    "hello anyone there",
    "smith residence",
    "one moment",
    "hey what is up",
];
const MACHINES_EN: &[&str] = &[
    "the person you are calling is not available please leave a message after the tone",
    "hi you have reached my voice mail leave your name and number and i will call you back",
    "thank you for calling our office is closed at the moment please call again tomorrow",
    "your call has been forwarded to an automatic voice message system",
    "sorry i cannot come to the phone right now please leave a message",
    "we are unable to take your call please try again later",
    "the number you have dialed is not in service please check the number and dial again",
    "all our agents are busy please hold the line and your call will be answered",
    "hello this is mary i am away from my desk please record your message at the beep",
];

struct Case {
    who: Answerer,
    words: &'static str,
    voice: &'static str,
    speed: u16,
    place: Place,
    noise_below: f32,
    pause: Duration,
    seed: u64,
}

pub(crate) fn run(studio: &Studio, verbose: bool) -> anyhow::Result<()> {
    println!("answered: who picked up, decided from the first word");
    for language in [Language::Ru, Language::En] {
        let cases = cases(language);
        let heard = all(&cases, |case| decided(studio, language, case))?;
        for who in [Answerer::Person, Answerer::Machine] {
            let of: Vec<_> = cases.iter().zip(&heard).filter(|(it, _)| it.who == who).collect();
            let right = of.iter().filter(|(case, (said, _))| *said == case.who).count();
            let mut times: Vec<Duration> = of.iter().map(|(_, (_, after))| *after).collect();
            let (half, last) = (at(&mut times, 50), at(&mut times, 100));
            let share = percent(right, of.len());
            println!(
                "  {language:?} {who:?}: {share} of {}, after p50 {half}, most {last}",
                of.len()
            );
            for (case, (said, after)) in
                of.iter().filter(|(case, (said, _))| *said != case.who && verbose)
            {
                println!(
                    "    {said:?} after {after:?}: {} ({}, {:?})",
                    case.words, case.voice, case.place
                );
            }
        }
    }
    Ok(())
}

fn cases(language: Language) -> Vec<Case> {
    let (people, machines, voices): (_, _, &[&str]) = match language {
        Language::Ru => (PEOPLE_RU, MACHINES_RU, &["ru+f5", "ru+steph", "ru+m7", "ru"]),
        Language::En => (PEOPLE_EN, MACHINES_EN, &["slt", "rms", "kal16"]),
    };
    let mut cases = Vec::new();
    let all = people.iter().map(|it| (Answerer::Person, it));
    for (who, words) in all.chain(machines.iter().map(|it| (Answerer::Machine, it))) {
        for voice in voices {
            for nth in 0..4 {
                let seed = cases.len() as u64;
                cases.push(Case {
                    who,
                    words,
                    voice,
                    speed: [90, 100, 110, 120][nth],
                    place: Place::ALL[(seed as usize / 4 + nth) % 4],
                    noise_below: NOISE_BELOW_DB[nth % 2],
                    pause: Duration::from_millis(PAUSES_MS[seed as usize % 3]),
                    seed,
                });
            }
        }
    }
    cases
}

/// Who it was taken for, and how long after the first word.
fn decided(
    studio: &Studio,
    language: Language,
    case: &Case,
) -> anyhow::Result<(Answerer, Duration)> {
    let spoken = as_loud(&studio.spoken(language, case.voice, case.speed, case.words));
    anyhow::ensure!(!spoken.is_empty(), "no sound for {}", case.words);
    let loud = |chunk: &[i16]| chunk.iter().any(|it| it.unsigned_abs() > LOUD);
    let first_word = spoken.chunks(FRAME).position(loud).unwrap_or_default();
    let first_word = case.pause + FRAME_TIME * first_word as u32;
    let before = case.pause.as_millis() as usize * 8;
    let after = (THEN.as_secs() * 8_000) as usize;
    let sound: Vec<i16> =
        std::iter::repeat_n(0, before).chain(spoken).chain(std::iter::repeat_n(0, after)).collect();
    let mut noise = Noise::new(case.place, SPEECH_DBFS - case.noise_below, case.seed);
    let (mut vad, mut greeting) = (Vad::new(), Greeting::default());
    for (nth, chunk) in sound.chunks(FRAME).enumerate() {
        let mut frame: Frame = SILENCE;
        frame[..chunk.len()].copy_from_slice(chunk);
        let voicing = vad.hear(&by_telephone(&noise.over(&frame)));
        if let Some(who) = greeting.hear(voicing.voiced, voicing.tone) {
            let at = FRAME_TIME * (nth as u32 + 1);
            return Ok((who, at.saturating_sub(first_word)));
        }
    }
    anyhow::bail!("undecided: {}", case.words)
}

/// The same sound at the strength of the bench.
fn as_loud(sound: &[i16]) -> Vec<i16> {
    let energy: f64 = sound.iter().map(|&it| f64::from(it).powi(2)).sum();
    let strength = (energy / sound.len().max(1) as f64).sqrt().max(1.0);
    let wanted = 32_768.0 * 10_f64.powf(f64::from(SPEECH_DBFS) / 20.0);
    let louder = |&it: &i16| (f64::from(it) * wanted / strength).clamp(-32_768.0, 32_767.0) as i16;
    sound.iter().map(louder).collect()
}

fn by_telephone(frame: &Frame) -> Frame {
    let mut coded = Vec::with_capacity(FRAME);
    Law::A.encode(frame, &mut coded);
    let mut back = Vec::with_capacity(FRAME);
    Law::A.decode(&coded, &mut back);
    let mut out = SILENCE;
    out.copy_from_slice(&back);
    out
}
