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

/// Assent in passing; where a yes or no was asked for it is an answer.
#[rustfmt::skip]
const ASSENT: &[&str] = &[
    "да", "дада", "так", "понятно", "ясно", "понял", "поняла", "хорошо", "ладно", "конечно", "ну", "вот", "верно",
    "yes", "yeah", "yep", "yup", "right", "okay", "ok", "sure", "i", "see", "got", "it", "alright", "all", "good",
    "fine", "great", "course", "of", "oh", "ah",
];

/// Words that bind what follows to what stood before, and sounds of somebody looking for words.
#[rustfmt::skip]
const UNFINISHED: &[&str] = &[
    "и", "а", "но", "или", "либо", "что", "чтобы", "потому", "если", "когда", "где", "как", "который", "которая",
    "которое", "которые", "то", "в", "во", "на", "с", "со", "у", "к", "ко", "от", "ото", "из", "за", "по", "под", "над",
    "про", "при", "без", "для", "до", "об", "о", "около", "возле", "через", "между", "не", "ни", "мне", "меня", "нас",
    "нам", "мой", "моя", "мое", "моей", "мою", "наш", "наша", "нашей", "нашу", "этот", "эта", "это", "эту", "этой", "там", "тут", "ну",
    "вот", "значит", "короче", "типа", "э", "эээ", "ээ", "эм", "мм", "м", "нужен", "нужна", "нужно", "надо", "хочу",
    "хотел", "хотела", "можно", "очень", "сейчас", "вчера", "уже", "еще", "просто", "тоже", "опять", "сильно",
    "улица", "улице", "улицы", "проспект", "переулок", "дом", "дома", "квартира", "квартиры", "подъезд", "корпус", "номер", "этаж",
    "город", "городе", "зовут", "моему", "свой", "своей", "какой", "какая", "новый", "новая", "старый", "старая",
    "and", "or", "but", "the", "a", "an", "in", "on", "at", "of", "to", "for", "from", "with", "my", "our", "your",
    "his", "her", "is", "are", "was", "were", "am", "be", "been", "has", "have", "had", "i", "we", "it", "it's", "i'm",
    "there", "there's", "that", "this", "because", "if", "when", "where", "which", "who", "so", "um", "uh", "er",
    "like", "please", "need", "needs", "want", "would", "could", "can", "can't", "very", "just", "not", "no", "some",
    "street", "apartment", "flat", "house", "number", "building", "entrance", "under", "near", "behind", "about",
    "by", "into", "over", "its", "their", "i've", "we've", "don't", "doesn't", "keeps", "name", "name's", "new", "old", "really", "even",
];

/// Nothing was said but that somebody listens. `assent`: a "да" or "okay" counts as that too.
pub(crate) fn only_listens(text: &str, assent: bool) -> bool {
    let tokens = Tokens::of(text);
    tokens.len() > 0
        && tokens.list.iter().all(|token| {
            let word = token.fold.as_str();
            HUMS.contains(&word) || assent && ASSENT.contains(&word)
        })
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
    fn a_hum_listens_and_a_yes_does_so_only_in_passing() {
        for hum in ["угу", "ага, угу", "Mhm.", "uh huh"] {
            assert!(only_listens(hum, false), "{hum}");
        }
        for assent in ["да-да", "ну понятно", "okay, I see", "yeah right"] {
            assert!(only_listens(assent, true) && !only_listens(assent, false), "{assent}");
        }
        for words in ["да, но завтра", "стоп", "wait", "нет", ""] {
            assert!(!only_listens(words, true), "{words}");
        }
    }

    #[test]
    fn a_preposition_asks_for_its_noun() {
        assert!(is_unfinished("у меня течёт кран на"));
        assert!(is_unfinished("my tap is leaking and"));
        assert!(!is_unfinished("у меня течёт кран на кухне"));
        assert!(!is_unfinished(""));
    }
}
