//! Sounds a listener makes while the other one speaks, and words after which more must follow.
//!
//! **Never here:** who has the floor, what was asked.

use super::token::Tokens;

/// "I am listening": said by somebody who does not want the floor.
#[rustfmt::skip]
const HUMS: &[&str] = &[
    "угу", "ага", "агась", "мгм", "мхм", "угум", "ыгы", "уху", "мм", "м", "хм", "гм", "э", "а", "о", "у",
    "mhm", "mmhmm", "hmm", "hm", "mm", "uh", "huh", "um", "uhuh", "hum",
];

/// Assent in passing; where a yes was asked for it is an answer.
#[rustfmt::skip]
const ASSENT: &[&str] = &[
    "да", "дада", "так", "понятно", "ясно", "понял", "поняла", "хорошо", "ладно", "конечно", "ну", "вот", "верно",
    "yes", "yeah", "yep", "yup", "right", "okay", "ok", "sure", "i", "see", "got", "it", "alright", "all", "good",
    "fine", "great", "course", "of", "oh", "ah",
];

/// Said by somebody who wants the other one to stop, or to listen, now.
#[rustfmt::skip]
const STOPS: &[&str] = &[
    "стоп", "стой", "стойте", "подождите", "подожди", "постойте", "погодите", "хватит", "минутку", "минуточку", "минуту",
    "секунду", "секундочку", "извините", "простите", "послушайте", "слушайте", "алло", "девушка", "нет", "надо",
    "оператора", "оператором", "робот", "вопрос", "повторите", "сколько", "стоит", "почему", "зачем", "когда", "адрес",
    "другое", "другой", "отменить", "перенести",
    "stop", "wait", "hold", "second", "minute", "moment", "excuse", "sorry", "pardon", "listen", "hello", "no", "nope",
    "never", "wrong", "operator", "robot", "question", "repeat", "when", "why", "much", "cost", "address", "another",
    "person", "cancel",
];

/// Words that bind what follows to what stood before, and sounds of somebody looking for words.
#[rustfmt::skip]
const UNFINISHED: &[&str] = &[
    "и", "а", "но", "или", "либо", "что", "чтобы", "потому", "если", "когда", "где", "как", "который", "которая",
    "которое", "которые", "то", "в", "во", "на", "с", "со", "у", "к", "ко", "от", "ото", "из", "за", "по", "под", "над",
    "про", "при", "без", "для", "до", "об", "о", "около", "возле", "через", "между", "не", "ни", "мне", "меня", "нас",
    "нам", "мой", "моя", "мое", "моей", "мою", "наш", "наша", "нашей", "нашу", "этот", "эта", "это", "эту", "этой", "ну",
    "вот", "значит", "короче", "типа", "э", "эээ", "ээ", "эм", "мм", "м",
    "очень",
    "улица", "улице", "улицы", "проспект", "переулок", "дом", "квартира", "квартиры", "подъезд", "корпус", "номер", "этаж",
    "город", "городе", "зовут", "моему", "свой", "своей", "какой", "какая", "новый", "новая", "старый", "старая",
    "and", "or", "but", "the", "a", "an", "in", "on", "at", "of", "to", "for", "from", "with", "my", "our", "your",
    "his", "her", "is", "are", "was", "were", "am", "be", "been", "has", "have", "had", "i", "we", "it's", "i'm",
    "there", "there's", "that", "this", "because", "if", "when", "where", "which", "who", "so", "um", "uh", "er",
    "would", "could", "can", "can't", "very", "just", "not", "some",
    "street", "apartment", "flat", "house", "number", "building", "entrance", "under", "near", "behind", "about",
    "by", "into", "over", "its", "their", "i've", "we've", "don't", "doesn't", "keeps", "name", "name's",
];

/// The flat, or that there is none, is called by its name.
const FLATS: &[&str] = &["кварт", "частн", "офис", "flat", "apart", "apt", "private", "office"];

/// Nothing was said but that somebody listens: hums, assent in passing, and the bits of words that a
/// recogniser makes of breath.
pub(crate) fn only_listens(text: &str) -> bool {
    let tokens = Tokens::of(text);
    tokens.len() > 0
        && tokens.list.iter().all(|token| {
            let word = token.fold.as_str();
            HUMS.contains(&word) || ASSENT.contains(&word) || word.chars().count() == 1
        })
}

/// Whoever says this does not want to go on listening.
pub fn wants_floor(text: &str) -> bool {
    Tokens::of(text).list.iter().any(|token| STOPS.contains(&token.fold.as_str()))
}

/// An address with its flat named ends there; a bare number more may be a slip of the ear.
pub(crate) fn names_flat(text: &str) -> bool {
    let is_flat = |word: &str| FLATS.iter().any(|start| word.starts_with(start)) || word == "кв";
    Tokens::of(text).list.iter().any(|token| is_flat(&token.fold))
}

/// The last word asks for another one.
pub(crate) fn is_unfinished(text: &str) -> bool {
    let tokens = Tokens::of(text);
    tokens.list.last().is_some_and(|token| UNFINISHED.contains(&token.fold.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hums_and_assent_listen_and_words_do_not() {
        for hum in
            ["угу", "ага, угу", "Mhm.", "uh huh", "да-да", "ну понятно", "okay, I see", "с с"]
        {
            assert!(only_listens(hum), "{hum}");
        }
        for words in ["да, но завтра", "стоп", "wait", "нет", ""] {
            assert!(!only_listens(words), "{words}");
        }
    }

    #[test]
    fn a_stop_wants_the_floor() {
        assert!(wants_floor("нет подождите") && wants_floor("hold on"));
        assert!(!wants_floor("угу понятно") && !wants_floor("i see"));
    }

    #[test]
    fn a_preposition_asks_for_its_noun() {
        assert!(is_unfinished("у меня течёт кран на"));
        assert!(is_unfinished("my tap is leaking and"));
        assert!(!is_unfinished("у меня течёт кран на кухне"));
        assert!(!is_unfinished(""));
    }
}
