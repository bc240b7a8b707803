//! Made-up noise: what lies under a call, and the sounds that are not speech.
//!
//! All of it is computed from a seed; nothing was recorded.

use std::f32::consts::TAU;

use media::audio::{FRAME, Frame, RATE};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::world::voice::Resonance;

/// What a caller stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A telephone's own hiss.
    Room,
    /// Low rumble that swells and falls.
    Street,
    /// Hum of the mains and a fan.
    Kitchen,
    /// Rain on a roof.
    Rain,
}

impl Place {
    pub const ALL: [Place; 4] = [Place::Room, Place::Street, Place::Kitchen, Place::Rain];
}

/// Noise under everything the caller says.
#[derive(Debug)]
pub struct Noise {
    place: Place,
    strength: f32,
    random: ChaCha8Rng,
    slow: f32,
    slower: f32,
    samples: u64,
}

impl Noise {
    /// Root mean square of about `dbfs`.
    pub fn new(place: Place, dbfs: f32, seed: u64) -> Self {
        let strength = 32_768.0 * 10_f32.powf(dbfs / 20.0);
        let random = ChaCha8Rng::seed_from_u64(seed);
        Self { place, strength, random, slow: 0.0, slower: 0.0, samples: 0 }
    }

    pub fn none() -> Self {
        Self::new(Place::Room, -96.0, 0)
    }

    pub fn over(&mut self, spoken: &Frame) -> Frame {
        let mut frame = *spoken;
        for sample in &mut frame {
            let mixed = f32::from(*sample) + self.strength * self.next();
            *sample = mixed.clamp(-32_768.0, 32_767.0) as i16;
        }
        frame
    }

    /// Mean square near one.
    fn next(&mut self) -> f32 {
        self.samples += 1;
        let time = self.samples as f32 / RATE as f32;
        let white = unit(&mut self.random) * 1.73;
        self.slow += (white - self.slow) * 0.08;
        self.slower += (white - self.slower) * 0.01;
        match self.place {
            Place::Room => white,
            Place::Rain => 0.8 * white + 3.0 * (white - self.slow).max(1.5) - 4.5,
            Place::Street => (self.slow * 4.5) * (1.0 + 0.5 * (time * 0.9).sin()),
            Place::Kitchen => {
                let hum = (TAU * 100.0 * time).sin() + 0.5 * (TAU * 200.0 * time).sin();
                0.7 * hum + 3.0 * self.slow + 0.3 * white
            }
        }
    }
}

/// A cough: one to three bursts of breath through a throat, 120 to 280 ms each.
pub fn cough(seed: u64, dbfs: f32) -> Vec<i16> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let peak = 32_768.0 * 10_f32.powf((dbfs + 9.0) / 20.0);
    let mut out = Vec::new();
    for _ in 0..1 + random.next_u32() % 3 {
        let samples = (RATE as f32 * (0.12 + 0.16 * share(&mut random))) as usize;
        let (hertz, width) = (450.0 + 500.0 * share(&mut random), 350.0);
        let mut throat = Resonance::new(hertz, width);
        let mut mouth = Resonance::new(hertz * 2.6, width * 1.5);
        let burst: Vec<f32> = (0..samples)
            .map(|n| {
                let place = n as f32 / samples as f32;
                let loudness = (place * 25.0).min(1.0) * (1.0 - place).powf(1.6);
                let breath = unit(&mut random);
                (throat.ring(breath) + 0.6 * mouth.ring(breath) + 0.3 * breath) * loudness
            })
            .collect();
        let loudest = burst.iter().fold(1e-3_f32, |most, sample| most.max(sample.abs()));
        out.extend(burst.iter().map(|sample| (sample / loudest * peak) as i16));
        out.resize(out.len() + (RATE as f32 * (0.05 + 0.15 * share(&mut random))) as usize, 0);
    }
    out
}

/// "Mhm": two hums through a closed mouth, the second higher, a breath between.
pub fn hum(seed: u64, dbfs: f32) -> Vec<i16> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let pitch = 95.0 + 130.0 * share(&mut random);
    let mut nose = Resonance::new(220.0 + 80.0 * share(&mut random), 60.0);
    let mut head = Resonance::new(1_000.0 + 250.0 * share(&mut random), 200.0);
    let (first, breath) = (0.09 + 0.06 * share(&mut random), 0.04);
    let all = first + breath + 0.12 + 0.08 * share(&mut random);
    let mut phase = 0.0;
    let sound: Vec<f32> = (0..(all * RATE as f32) as usize)
        .map(|n| {
            let time = n as f32 / RATE as f32;
            let second = time >= first + breath;
            phase += (pitch * if second { 1.15 } else { 1.0 }) / RATE as f32;
            let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase -= phase.floor();
            let silent = (first..first + breath).contains(&time);
            let push = if silent { 0.05 * unit(&mut random) } else { pulse };
            let edge = (time * 30.0).min((all - time) * 20.0).clamp(0.0, 1.0);
            (nose.ring(push) + 0.12 * head.ring(push)) * edge
        })
        .collect();
    let loudest = sound.iter().fold(1e-3_f32, |most, sample| most.max(sample.abs()));
    let sound: Vec<i16> = sound.iter().map(|sample| (sample / loudest * 9_000.0) as i16).collect();
    at_level(&sound, dbfs)
}

/// Something falls, a door shuts: a knock of 30 to 90 ms that dies away.
pub fn knock(seed: u64, dbfs: f32) -> Vec<i16> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let peak = 32_768.0 * 10_f32.powf((dbfs + 12.0) / 20.0);
    let samples = (RATE as f32 * (0.2 + 0.2 * share(&mut random))) as usize;
    let decay = RATE as f32 * (0.03 + 0.06 * share(&mut random));
    let mut body = Resonance::new(120.0 + 300.0 * share(&mut random), 60.0);
    let sound: Vec<f32> = (0..samples)
        .map(|n| {
            let push = if n < 40 { unit(&mut random) * 8.0 } else { 0.0 };
            (body.ring(push) + 0.1 * unit(&mut random)) * (-(n as f32) / decay).exp()
        })
        .collect();
    let loudest = sound.iter().fold(1e-3_f32, |most, sample| most.max(sample.abs()));
    sound.iter().map(|sample| (sample / loudest * peak) as i16).collect()
}

/// Turned to that root mean square, silence left out.
pub fn at_level(sound: &[i16], dbfs: f32) -> Vec<i16> {
    let loud = sound.chunks(FRAME).map(media::audio::level_dbfs).filter(|level| *level > -50.0);
    let (count, sum) = loud.fold((0, 0.0), |(count, sum), level| (count + 1, sum + level));
    let gain = 10_f32.powf((dbfs - sum / (count.max(1)) as f32) / 20.0);
    sound
        .iter()
        .map(|sample| (f32::from(*sample) * gain).clamp(-32_000.0, 32_000.0) as i16)
        .collect()
}

/// As from another room: duller by a simple low pass at about 1.2 kHz.
pub fn muffled(sound: &[i16]) -> Vec<i16> {
    let mut held = 0.0;
    let dull = |sample: &i16| {
        held += (f32::from(*sample) - held) * 0.6;
        held as i16
    };
    sound.iter().map(dull).collect()
}

/// −1..1
fn unit(random: &mut ChaCha8Rng) -> f32 {
    random.next_u32() as f32 / u32::MAX as f32 * 2.0 - 1.0
}

/// 0..1
fn share(random: &mut ChaCha8Rng) -> f32 {
    random.next_u32() as f32 / u32::MAX as f32
}
