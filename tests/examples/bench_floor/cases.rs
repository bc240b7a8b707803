//! What callers say over the agent, and how: every list is the bench's own, not the recogniser's.

use call_tests::booth::noise::Place;
use job_core::trade::Language;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Wants the floor.
    CutsIn,
    /// "угу": listens.
    Listens,
    Cough,
    Knock,
    /// Somebody else, further from the telephone.
    Aside,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) language: Language,
    pub(crate) kind: Kind,
    pub(crate) words: &'static str,
    pub(crate) voice: &'static str,
    /// In percent.
    pub(crate) speed: u16,
    pub(crate) place: Place,
    pub(crate) speech_dbfs: f32,
    /// Of the speech over the noise.
    pub(crate) snr_db: f32,
    /// After the agent's line began.
    pub(crate) after_ms: u64,
    pub(crate) seed: u64,
}

const CUTS_IN_RU: &[&str] = &[
    "стоп",
    "подождите",
    "подождите пожалуйста",
    "нет",
    "нет не так",
    "нет подождите",
    "стойте",
    "погодите минуту",
    "извините",
    "алло вы меня слышите",
    "а сколько это стоит",
    "а когда приедет мастер",
    "сколько будет стоить ремонт",
    "соедините с оператором",
    "позовите оператора",
    "мне нужно другое время",
    "можно завтра утром",
    "у меня ещё кран течёт",
    "не надо",
    "повторите пожалуйста",
    "что вы сказали",
    "я хочу изменить адрес",
    "это не тот адрес",
    "хватит",
    "вы робот",
    "можно вопрос",
    "послушайте",
    "давайте вечером",
];
const CUTS_IN_EN: &[&str] = &[
    "stop",
    "wait",
    "wait a minute",
    "no",
    "no that's wrong",
    "hold on",
    "hold on please",
    "excuse me",
    "sorry",
    "hello can you hear me",
    "how much does it cost",
    "when will the master come",
    "i want to talk to a person",
    "can i speak to an operator",
    "i need another time",
    "tomorrow morning please",
    "my tap is leaking too",
    "not that",
    "say that again please",
    "what did you say",
    "i want to change the address",
    "that is not my address",
    "listen",
    "are you a robot",
    "can i ask a question",
    "never mind",
    "in the evening please",
    "just a second",
];
/// "мгм" and "mhm" are hummed: synthesisers spell them out.
const LISTENS_RU: &[&str] =
    &["угу", "ага", "да-да", "угу угу", "мгм", "так", "понятно", "ну да", "хорошо", "да", "ясно"];
const LISTENS_EN: &[&str] = &[
    "mhm",
    "uh huh",
    "yeah",
    "right",
    "okay",
    "i see",
    "yeah yeah",
    "sure",
    "got it",
    "yes",
    "all right",
];
const ASIDE_RU: &[&str] = &[
    "ты куда положил мои ключи",
    "мама а можно мне мультики посмотреть",
    "в эфире новости добрый вечер",
    "закрой дверь пожалуйста",
    "давай быстрее мы опаздываем",
];
const ASIDE_EN: &[&str] = &[
    "where did you put my keys",
    "mum can i watch cartoons now",
    "here is the evening news",
    "close the door please",
    "hurry up we are going to be late",
];
pub(crate) const VOICES_RU: &[&str] =
    &["ru", "ru+f5", "ru+m7", "ru+steph", "ru+f2", "ru+m3", "ru+f4", "ru+m1", "ru+linda", "ru+max"];
pub(crate) const VOICES_EN: &[&str] = &["rms", "slt", "awb", "kal16"];

/// `count` cases of one kind, all different, the same every time.
pub(crate) fn cases(language: Language, kind: Kind, count: u64) -> Vec<Case> {
    (0..count).map(|nth| case(language, kind, nth)).collect()
}

fn case(language: Language, kind: Kind, nth: u64) -> Case {
    let mut dice = Dice(nth.wrapping_mul(0x9e37_79b9) ^ kind as u64 ^ (language as u64) << 32 | 1);
    let words = match (kind, language) {
        (Kind::CutsIn, Language::Ru) => CUTS_IN_RU,
        (Kind::CutsIn, Language::En) => CUTS_IN_EN,
        (Kind::Listens, Language::Ru) => LISTENS_RU,
        (Kind::Listens, Language::En) => LISTENS_EN,
        (Kind::Aside, Language::Ru) => ASIDE_RU,
        (Kind::Aside, Language::En) => ASIDE_EN,
        (Kind::Cough | Kind::Knock, _) => &[""],
    };
    let voices = match language {
        Language::Ru => VOICES_RU,
        Language::En => VOICES_EN,
    };
    Case {
        language,
        kind,
        words: words[nth as usize % words.len()],
        voice: voices[dice.under(voices.len() as u64) as usize],
        speed: 85 + dice.under(40) as u16,
        place: Place::ALL[dice.under(4) as usize],
        speech_dbfs: -24.0 + dice.under(9) as f32,
        snr_db: 12.0 + dice.under(19) as f32,
        after_ms: 700 + dice.under(1_800),
        seed: nth,
    }
}

/// Numbers that are the same every time.
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn under(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most.max(1)
    }

    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.under(most - least + 1)
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.under(from.len() as u64) as usize]
    }
}
