//! Speech that a local service can truly hear: every word is a level of its own, held for as long as that word
//! takes, so that whoever misses part of it does not know it.
//!
//! **Never here:** how a service tells what it has heard.

use media::audio::{FRAME, Frame, SILENCE};

pub(crate) const VOCABULARY: [&str; 16] = [
    "течёт",
    "кран",
    "кухня",
    "ванна",
    "завтра",
    "утром",
    "вечером",
    "улица",
    "дом",
    "пять",
    "сорок",
    "два",
    "квартира",
    "звонок",
    "свет",
    "труба",
];
/// Levels far enough apart to be told from each other after µ-law.
const SOFTEST: f64 = 900.0;
const STEP: f64 = 1.2;
/// A pause: so many quiet frames end a phrase.
pub(crate) const PAUSE: usize = 20;

/// How many frames the word takes.
pub(crate) fn length(word: usize) -> usize {
    10 + 2 * word
}

pub(crate) fn say(word: usize) -> Vec<Frame> {
    let level = (SOFTEST * STEP.powi(word as i32)) as i16;
    let frame: Frame = std::array::from_fn(|nth| if nth % 2 == 0 { level } else { -level });
    vec![frame; length(word)]
}

pub(crate) fn pause(frames: usize) -> Vec<Frame> {
    vec![SILENCE; frames]
}

/// Those words, a little pause between them.
pub(crate) fn phrase(words: &[usize]) -> Vec<Frame> {
    words.iter().flat_map(|word| [say(*word), pause(3)].concat()).collect()
}

pub(crate) fn text(words: &[usize]) -> String {
    words.iter().map(|word| VOCABULARY[*word]).collect::<Vec<_>>().join(" ")
}

/// A word that was heard, in frames since the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) text: &'static str,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// Hears samples, frame by frame.
#[derive(Debug, Default)]
pub(crate) struct Hearing {
    rest: Vec<i16>,
    pub(crate) frames: usize,
    word: Option<(usize, usize)>,
    pub(crate) quiet: usize,
    pub(crate) words: Vec<Heard>,
}

impl Hearing {
    pub(crate) fn hear(&mut self, samples: &[i16]) {
        self.rest.extend_from_slice(samples);
        let frames = self.rest.len() / FRAME;
        let whole: Vec<i16> = self.rest.drain(..frames * FRAME).collect();
        whole.chunks_exact(FRAME).for_each(|frame| self.frame(frame));
    }

    pub(crate) fn hear_bytes(&mut self, sound: &[u8]) {
        let samples = sound.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
        self.hear(&samples.collect::<Vec<_>>());
    }

    fn frame(&mut self, frame: &[i16]) {
        let level = frame.iter().map(|it| f64::from(it.unsigned_abs())).sum::<f64>() / FRAME as f64;
        let heard = (level > SOFTEST / 2.0)
            .then(|| ((level / SOFTEST).ln() / STEP.ln()).round().max(0.0) as usize);
        self.quiet = if heard.is_some() { 0 } else { self.quiet + 1 };
        if self.word.map(|(word, _)| word) != heard {
            self.close();
            self.word = heard.map(|word| (word, self.frames));
        }
        self.frames += 1;
    }

    /// The word under way is over; cut short, it is not understood.
    pub(crate) fn close(&mut self) {
        let Some((word, from)) = self.word.take() else {
            return;
        };
        let whole = word < VOCABULARY.len() && self.frames - from == length(word);
        let text = if whole { VOCABULARY[word] } else { "хм" };
        self.words.push(Heard { text, from, to: self.frames });
    }
}
