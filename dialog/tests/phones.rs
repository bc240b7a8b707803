//! Telephone numbers dictated in groups of all kinds, one digit in ten misheard, read back, and put
//! right in at most one more turn. Every number must be exact then.

mod world;

use dialog::conversation::{Conversation, Input, Memory};
use dialog::phrase::{Case, Gender, number};
use dialog::rehearsal::Chance;
use dialog::state::Awaiting;
use job_core::trade::{Channel, Language};
use world::{Core, answer, packs, setup};

const NUMBERS: u64 = 1_000;
const EXACT: f64 = 0.995;
/// Of a hundred digits.
const MISHEARD: usize = 10;

#[test]
fn numbers_are_exact_after_one_more_turn() {
    for language in [Language::Ru, Language::En] {
        let before = up_to_the_phone(language);
        let (mut first, mut wrong) = (0, Vec::new());
        for seed in 0..NUMBERS {
            let talk = Dictation::new(language, seed).play(&before);
            first += usize::from(talk.turns == 1 && talk.exact);
            if !talk.exact {
                wrong.push(talk.log.join("\n  "));
            }
        }
        let share = 1.0 - wrong.len() as f64 / NUMBERS as f64;
        println!("{language:?}: {first} of {NUMBERS} at once, {:.1} % after", share * 100.0);
        wrong.truncate(8);
        assert!(share >= EXACT, "{language:?} {share:.3}\n{}", wrong.join("\n"));
    }
}

/// Everything is told but the number.
fn up_to_the_phone(language: Language) -> Memory {
    let said = match language {
        Language::Ru => [
            "не работает розетка",
            "только одна",
            "горького 21 квартира 7",
            "завтра в два",
            "да",
            "анна",
        ],
        Language::En => [
            "a socket is dead",
            "just one",
            "gorkogo street 21 flat 7",
            "tomorrow at two",
            "yes",
            "anna",
        ],
    };
    let mut conversation = Conversation::new(packs(language), setup(Channel::Web, language, None));
    let mut core = Core::default();
    answer(&mut conversation, &mut core, Input::Opened);
    for text in said {
        answer(&mut conversation, &mut core, Input::Said { text: text.into(), confidence: 1.0 });
    }
    assert_eq!(conversation.state().awaiting, Awaiting::Phone);
    conversation.memory().clone()
}

struct Dictation {
    language: Language,
    chance: Chance,
    /// Ten digits after the country's.
    meant: Vec<usize>,
    log: Vec<String>,
}

struct Talk {
    exact: bool,
    turns: usize,
    log: Vec<String>,
}

impl Dictation {
    fn new(language: Language, seed: u64) -> Self {
        let mut chance = Chance::new(seed * 7 + 1);
        let area = [[9, 1, 1], [9, 0, 6], [9, 5, 2], [9, 2, 1], [4, 0, 1]][chance.roll(5)];
        let mut meant = area.to_vec();
        meant.push(1 + chance.roll(9));
        meant.extend((0..6).map(|_| chance.roll(10)));
        Self { language, chance, meant, log: Vec::new() }
    }

    fn play(mut self, before: &Memory) -> Talk {
        let mut conversation = Conversation::resume(packs(self.language), before.clone());
        let mut core = Core::default();
        let heard = self.misheard();
        let mut said = self.dictated(&heard);
        let mut turns = 1;
        loop {
            self.log.push(format!("> {said}"));
            let input = Input::Said { text: said, confidence: 0.9 };
            let reply = answer(&mut conversation, &mut core, input);
            self.log.push(format!("< {}", reply.join(" ")));
            let taken = conversation.state().slots.phone;
            let exact = taken.as_deref() == Some(self.e164().as_str());
            if exact || turns == 2 {
                return Talk { exact, turns, log: self.log };
            }
            turns += 1;
            said = self.corrected(&heard, taken.is_some());
        }
    }

    fn e164(&self) -> String {
        format!("+7{}", self.meant.iter().map(usize::to_string).collect::<String>())
    }

    fn misheard(&mut self) -> Vec<usize> {
        let mut heard = self.meant.clone();
        for digit in &mut heard {
            if self.chance.happens(MISHEARD) {
                *digit = (*digit + 1 + self.chance.roll(9)) % 10;
            }
        }
        heard
    }

    fn dictated(&mut self, digits: &[usize]) -> String {
        let (ru, en) =
            [("восемь", "eight"), ("плюс семь", "plus seven"), ("", "")][self.chance.roll(3)];
        let country = if self.language == Language::Ru { ru } else { en };
        let mut words = vec![country.to_owned()];
        let one_by_one = self.chance.happens(if self.language == Language::Ru { 20 } else { 70 });
        for group in groups(digits) {
            words.push(self.spoken(group, one_by_one));
        }
        words.join(" ").trim().to_owned()
    }

    fn spoken(&self, group: &[usize], one_by_one: bool) -> String {
        let word =
            |value: usize| number(value as u64, Gender::Masculine, Case::Nominative, self.language);
        let value = group.iter().fold(0, |sum, digit| sum * 10 + digit);
        let english_hundreds = self.language == Language::En && group.len() == 3;
        if one_by_one || group[0] == 0 || english_hundreds {
            return group.iter().map(|digit| word(*digit)).collect::<Vec<_>>().join(" ");
        }
        word(value)
    }

    /// The whole number again, or the group that is wrong.
    fn corrected(&mut self, heard: &[usize], taken: bool) -> String {
        let meant = self.meant.clone();
        let wrong: Vec<usize> =
            (0..4).filter(|nth| groups(heard)[*nth] != groups(&meant)[*nth]).collect();
        let no = if self.language == Language::Ru { "нет" } else { "no" };
        if let [nth] = wrong.as_slice()
            && taken
            && self.chance.happens(50)
        {
            let was = self.spoken(groups(heard)[*nth], false);
            let is = self.spoken(groups(&meant)[*nth], false);
            return match (self.language, *nth == 3) {
                (Language::Ru, true) => format!("{no} в конце {is}"),
                (Language::Ru, false) => format!("{no} не {was} а {is}"),
                (Language::En, true) => format!("{no} the last two digits are {is}"),
                (Language::En, false) => format!("{no} not {was} but {is}"),
            };
        }
        let again = self.dictated(&meant);
        match self.chance.roll(4) {
            0 => format!("{no} {again}"),
            1 if self.language == Language::Ru => format!("неправильно номер {again}"),
            1 => format!("that's wrong the number is {again}"),
            2 if self.language == Language::Ru => format!("нет телефон другой {again}"),
            2 => format!("no my phone is {again}"),
            _ => again,
        }
    }
}

/// 911 222 33 44
fn groups(digits: &[usize]) -> [&[usize]; 4] {
    [&digits[..3], &digits[3..6], &digits[6..8], &digits[8..]]
}
