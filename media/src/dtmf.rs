//! Keys heard in the voice itself, for lines that carry no telephone events (ITU-T Q.24).
//!
//! Two tones, one of each group, alone in the frame and about equally strong, for two frames. Only
//! frames already known to be tones are looked at, so an ordinary call costs nothing.
//!
//! **Never here:** telephone events, what a key means.

use crate::audio::{FRAME, Frame, RATE};

const LOW_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH_HZ: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
const KEYS: [[char; 4]; 4] =
    [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// Q.24: a key sounds for at least 40 ms.
const FRAMES_MIN: u8 = 2;
/// So much of the frame's energy is in the two tones.
const SHARE_MIN: f32 = 0.8;
/// The strongest tone of a group is so much stronger than its neighbours: 6 dB.
const STANDS_OUT: f32 = 4.0;
/// Twist: the groups differ by at most 8 dB.
const TWIST_MAX: f32 = 6.3;
/// −40 dBFS
const FAINTEST: f32 = 327.0 * 327.0;

#[derive(Debug, Default)]
pub struct ToneKeypad {
    sounding: Option<(char, u8)>,
}

impl ToneKeypad {
    /// The next frame, and whether it is a tone at all; a key comes back once.
    pub fn hear(&mut self, frame: &Frame, tone: bool) -> Option<char> {
        let key = tone.then(|| key_in(frame)).flatten();
        let Some(key) = key else {
            // The frame in which a key ends is a tone, but no longer a key.
            if !tone {
                self.sounding = None;
            }
            return None;
        };

        let frames = match self.sounding {
            Some((same, frames)) if same == key => frames.saturating_add(1),
            Some(_) | None => 1,
        };
        self.sounding = Some((key, frames));
        (frames == FRAMES_MIN).then_some(key)
    }
}

fn key_in(frame: &Frame) -> Option<char> {
    let energy: f32 = frame.iter().map(|&sample| f32::from(sample).powi(2)).sum();
    if energy / (FRAME as f32) < FAINTEST {
        return None;
    }

    let (row, low) = strongest(frame, &LOW_HZ)?;
    let (column, high) = strongest(frame, &HIGH_HZ)?;
    let twist = (low / high).max(high / low);
    let share = (low + high) / energy;
    (twist <= TWIST_MAX && share >= SHARE_MIN).then_some(KEYS[row][column])
}

/// The one tone of the group that stands out, and its energy.
fn strongest(frame: &Frame, group: &[f32; 4]) -> Option<(usize, f32)> {
    let energies = group.map(|hz| energy_at(frame, hz));
    let (nth, &most) = energies.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    let alone =
        energies.iter().enumerate().all(|(n, &other)| n == nth || most > STANDS_OUT * other);
    alone.then_some((nth, most))
}

/// Goertzel: what a sine of that pitch contributes to the frame's sum of squares.
fn energy_at(frame: &Frame, hz: f32) -> f32 {
    let weight = 2.0 * (std::f32::consts::TAU * hz / RATE as f32).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in frame {
        (last, before) = (f32::from(sample) + weight * last - before, last);
    }
    let power = last * last + before * before - weight * last * before;
    power * 2.0 / FRAME as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::SILENCE;
    use crate::codec::g711::Law;
    use crate::vad::Vad;

    #[test]
    fn every_key_is_heard_once_however_long_it_is_held() {
        for (row, keys) in KEYS.iter().enumerate() {
            for (column, &key) in keys.iter().enumerate() {
                let pair = [LOW_HZ[row], HIGH_HZ[column]];
                assert_eq!(heard(&press(pair, [1.0, 1.0], 70)), key.to_string());
                assert_eq!(heard(&press(pair, [1.0, 0.5], 500)), key.to_string());
            }
        }
    }

    #[test]
    fn the_same_key_twice_is_two_presses() {
        let five = press([770.0, 1_336.0], [1.0, 1.0], 80);

        assert_eq!(heard(&[five.clone(), vec![0; 640], five].concat()), "55");
    }

    #[test]
    fn a_pitch_off_by_three_percent_a_single_tone_and_a_dial_tone_are_no_keys() {
        assert_eq!(heard(&press([770.0 * 1.035, 1_336.0], [1.0, 1.0], 100)), "");
        assert_eq!(heard(&press([770.0, 1_336.0], [1.0, 0.0], 100)), "");
        assert_eq!(heard(&press([350.0, 440.0], [1.0, 1.0], 400)), "");
    }

    #[test]
    fn speech_presses_nothing() {
        for speech in [
            &include_bytes!("../testdata/caller-ru.ulaw")[..],
            include_bytes!("../testdata/caller-en.ulaw"),
        ] {
            let mut sound = Vec::new();
            Law::Mu.decode(speech, &mut sound);
            let mut keypad = ToneKeypad::default();

            // Even if every frame were taken for a tone.
            let keys = sound.as_chunks().0.iter().filter_map(|frame| keypad.hear(frame, true));

            assert_eq!(keys.count(), 0);
        }
    }

    fn heard(sound: &[i16]) -> String {
        let (mut coded, mut line) = (Vec::new(), vec![0; 10 * FRAME]);
        Law::A.encode(sound, &mut coded);
        Law::A.decode(&coded, &mut line);
        line.extend(SILENCE);
        let (mut vad, mut keypad) = (Vad::new(), ToneKeypad::default());
        line.as_chunks()
            .0
            .iter()
            .filter_map(|frame| {
                let tone = vad.hear(frame).tone;
                keypad.hear(frame, tone)
            })
            .collect()
    }

    /// Begins in the middle of a frame.
    fn press(hz: [f32; 2], strength: [f32; 2], millis: usize) -> Vec<i16> {
        let sine = |n: usize, hz: f32| (n as f32 * hz * std::f32::consts::TAU / 8_000.0).sin();
        let sound = (0..millis * 8).map(|n| {
            (5_000.0 * (strength[0] * sine(n, hz[0]) + strength[1] * sine(n, hz[1]))) as i16
        });
        let mut press = vec![0; 70];
        press.extend(sound);
        press.resize(press.len().next_multiple_of(FRAME) + FRAME, 0);
        press
    }
}
