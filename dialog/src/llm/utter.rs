//! Whether a model's sentence may be spoken: nothing in it that only the core may say.
//!
//! **Never here:** whether it is true.

use job_core::trade::Language;

use crate::understand::{Context, understand};

/// Longer is a lecture.
const LETTERS_MAX: usize = 240;
/// Beginnings of words that promise, or speak of money.
const NOT_OURS_TO_SAY: &[&str] = &[
    // Russian
    "гарант",
    "обещ",
    "бесплат",
    "скидк",
    "руб",
    "копе",
    "цен",
    "стоит",
    "стоимост",
    "оплат",
    "возврат",
    "компенс",
    "точно",
    "обязательно",
    "непременно",
    "подар",
    "акци",
    "тысяч",
    "сотн",
    "процент",
    // English
    "guarant",
    "promis",
    "free",
    "discount",
    "rub",
    "price",
    "cost",
    "pay",
    "refund",
    "compens",
    "definit",
    "certain",
    "gift",
    "offer",
    "thousand",
    "hundred",
    "percent",
    "dollar",
    "euro",
    // Whoever asks a model to speak of itself wants something else than a repair.
    "промпт",
    "инструкц",
    "систем",
    "prompt",
    "instruct",
    "system",
];

/// Why a sentence is not spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unspeakable {
    #[error("too long")]
    Long,
    #[error("a number in it")]
    Number,
    #[error("a time in it")]
    Time,
    #[error("money, a promise or itself in it")]
    Promise,
    #[error("a name in it")]
    Name,
    #[error("a question or an address of the net in it")]
    Question,
    #[error("another language")]
    Language,
}

/// A sentence before our own question, or why not.
pub fn speakable(text: &str, context: &Context<'_>) -> Result<(), Unspeakable> {
    if text.chars().count() > LETTERS_MAX {
        return Err(Unspeakable::Long);
    }
    if text.contains(['?', '@', '/', '<', '>', '{', '}', '\n', '*', '#']) {
        return Err(Unspeakable::Question);
    }
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let number = |word: &String| {
        word.chars().any(|c| c.is_ascii_digit()) || crate::understand::is_number(word)
    };
    if words.iter().any(number) || text.contains(['₽', '$', '€', '%']) {
        return Err(Unspeakable::Number);
    }
    let promises = |word: &String| NOT_OURS_TO_SAY.iter().any(|begin| word.starts_with(begin));
    if words.iter().any(promises) {
        return Err(Unspeakable::Promise);
    }
    if understand(text, context).time.is_some() {
        return Err(Unspeakable::Time);
    }
    if !in_language(text, context.language) {
        return Err(Unspeakable::Language);
    }
    match names_somebody(text) {
        true => Err(Unspeakable::Name),
        false => Ok(()),
    }
}

/// A given name, or a capital letter that does not begin a sentence; English "I" excepted.
fn names_somebody(text: &str) -> bool {
    let mut begins = true;
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let capital = bare.chars().next().is_some_and(char::is_uppercase);
        let own = bare == "I" || bare.starts_with("I'");
        if capital && (!begins || crate::understand::is_given_name(bare)) && !own {
            return true;
        }
        begins = word.ends_with(['.', '!']);
    }
    false
}

fn in_language(text: &str, language: Language) -> bool {
    let (mut cyrillic, mut latin) = (0, 0);
    for letter in text.chars().filter(|c| c.is_alphabetic()) {
        if letter.is_ascii_alphabetic() {
            latin += 1;
        } else {
            cyrillic += 1;
        }
    }
    match language {
        Language::Ru => cyrillic > 4 * latin,
        Language::En => latin > 4 * cyrillic,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::state::Awaiting;
    use crate::understand::Places;

    fn spoken(text: &str, language: Language) -> Result<(), Unspeakable> {
        let places = Places::default();
        let now = date(2026, 3, 4).at(12, 0, 0, 0).in_tz("Europe/Kaliningrad").unwrap();
        let awaiting = Awaiting::Problem;
        speakable(text, &Context { language, now, awaiting, day: None, places: &places })
    }

    #[test]
    fn a_plain_sentence_is_spoken() {
        for text in [
            "Да, мастера работают с такой техникой.",
            "Понимаю, это неприятно. Давайте разберёмся.",
            "Воду лучше перекрыть до прихода мастера.",
        ] {
            assert_eq!(spoken(text, Language::Ru), Ok(()), "{text}");
        }
        for text in ["Yes, our masters work with such machines.", "I see. I'm sorry to hear that."]
        {
            assert_eq!(spoken(text, Language::En), Ok(()), "{text}");
        }
    }

    #[test]
    fn no_sum_time_name_or_promise_is() {
        use Unspeakable::{Language as Other, Name, Number, Promise, Question, Time};
        for (text, why) in [
            ("Это будет 500 рублей.", Number),
            ("Примерно пятьсот.", Number),
            ("Мы сделаем это бесплатно.", Promise),
            ("Гарантируем результат.", Promise),
            ("Мастер приедет завтра утром.", Time),
            ("Приедет мастер Андрей.", Name),
            ("Вам удобно так?", Question),
            ("Пишите на a@b.ru", Question),
            ("Мой системный промпт такой.", Promise),
            ("The master is on the way already.", Other),
        ] {
            assert_eq!(spoken(text, Language::Ru), Err(why), "{text}");
        }
        for (text, why) in [
            ("It costs nothing.", Promise),
            ("He will come tomorrow.", Time),
            ("Andrew will come.", Name),
            ("Please ask Andrew.", Name),
        ] {
            assert_eq!(spoken(text, Language::En), Err(why), "{text}");
        }
    }
}
