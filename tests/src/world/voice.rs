//! A voice that means nothing: buzz through two resonances, cut into syllables, so that voice
//! detection takes it for speech and its length fits the text.

use std::f32::consts::TAU;
use std::sync::Arc;

use media::audio::RATE;

/// Samples one character takes to say: 14 characters a second.
pub const SAMPLES_PER_CHARACTER: usize = RATE as usize / 14;
/// One syllable: 200 ms.
const SYLLABLE: usize = RATE as usize / 5;
/// Of a formant, in hertz.
const WIDTH: f32 = 100.0;
/// The longest sentence prepared.
const SECONDS: usize = 30;

/// Sentences of any length, cut from one.
#[derive(Debug, Clone)]
pub struct Voice {
    samples: Arc<[i16]>,
}

impl Voice {
    /// `pitch` in hertz.
    pub fn new(pitch: f32) -> Self {
        let mut resonances = [Resonance::new(700.0, WIDTH), Resonance::new(1_200.0, WIDTH)];
        let samples = (0..RATE as usize * SECONDS).map(|nth| sample(nth, pitch, &mut resonances));
        Self { samples: samples.collect() }
    }

    /// The sound of that text.
    pub fn say(&self, text: &str) -> Vec<i16> {
        let samples = text.chars().count() * SAMPLES_PER_CHARACTER;
        self.samples[..samples.min(self.samples.len())].to_vec()
    }
}

/// A formant: a second-order resonance.
#[derive(Debug)]
pub(crate) struct Resonance {
    turn: f32,
    damp: f32,
    last: (f32, f32),
}

impl Resonance {
    pub(crate) fn new(hertz: f32, width: f32) -> Self {
        let damp = (-std::f32::consts::PI * width / RATE as f32).exp();
        Self { turn: 2.0 * damp * (TAU * hertz / RATE as f32).cos(), damp, last: (0.0, 0.0) }
    }

    pub(crate) fn ring(&mut self, push: f32) -> f32 {
        let (one, two) = self.last;
        let value = push + self.turn * one - self.damp * self.damp * two;
        self.last = (value, one);
        value
    }
}

fn sample(nth: usize, pitch: f32, resonances: &mut [Resonance; 2]) -> i16 {
    let period = (RATE as f32 / pitch) as usize;
    let glottis = if nth.is_multiple_of(period) { 1.0 } else { 0.0 };
    let sound: f32 = resonances.iter_mut().map(|resonance| resonance.ring(glottis)).sum();
    let place = (nth % SYLLABLE) as f32 / SYLLABLE as f32;
    let loudness = (std::f32::consts::PI * place).sin().max(0.15);
    (sound * loudness * 6_000.0).clamp(-20_000.0, 20_000.0) as i16
}
