//! How loud a voice speaks: every voice about equally loud, and never clipped.
//!
//! **Never here:** files, rates.

use crate::audio::{FRAME, level_dbfs};

/// The level of speech on a well-behaved telephone line, pauses not counted (ITU-T P.56 measures
/// it so; −20 to −26 dBFS is usual).
pub const SPEECH_DBFS: f32 = -20.0;
/// Frames this much below the loudest are pauses.
const PAUSE_BELOW_DB: f32 = 30.0;
/// From here on, loud is bent instead of cut.
const KNEE: f32 = 0.7 * 32_768.0;
const ROOM: f32 = 32_767.0 - KNEE;

/// The level of the speech in there, pauses not counted; `None` where nothing sounds.
pub fn of_speech(samples: &[i16]) -> Option<f32> {
    let levels: Vec<f32> = samples.chunks(FRAME).map(level_dbfs).collect();
    let loudest = levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if loudest < -60.0 {
        return None;
    }
    let spoken: Vec<f32> = levels.into_iter().filter(|l| *l > loudest - PAUSE_BELOW_DB).collect();
    let mean = spoken.iter().map(|l| 10_f32.powf(l / 10.0)).sum::<f32>() / spoken.len() as f32;
    Some(10.0 * mean.log10())
}

/// What brings speech of that level to [`SPEECH_DBFS`].
pub fn gain_for(level_dbfs: f32) -> f32 {
    10_f32.powf((SPEECH_DBFS - level_dbfs) / 20.0)
}

/// Louder or softer; what would be clipped is bent towards full scale instead.
pub fn turn_to(gain: f32, samples: &mut [i16]) {
    for sample in samples {
        let loud = f32::from(*sample) * gain;
        let over = loud.abs() - KNEE;
        let bent = if over > 0.0 { KNEE + ROOM * (over / ROOM).tanh() } else { loud.abs() };
        *sample = bent.copysign(loud) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_speech_with_pauses_comes_out_at_the_usual_level() {
        let mut speech = tone(500.0, 40);
        speech.extend([0; 10 * FRAME]);

        let level = of_speech(&speech).unwrap();
        turn_to(gain_for(level), &mut speech);

        assert!((of_speech(&speech).unwrap() - SPEECH_DBFS).abs() < 0.2);
    }

    #[test]
    fn the_loudest_sound_is_bent_and_keeps_its_order() {
        let mut loud = [10_000, 20_000, 25_000, 32_000, i16::MIN];

        turn_to(2.0, &mut loud);

        assert!(loud[0] == 20_000 && loud[1] < loud[2] && loud[2] < loud[3]);
        assert!(loud[4] < -32_000);
    }

    #[test]
    fn silence_has_no_level() {
        assert_eq!(of_speech(&[0; 4 * FRAME]), None);
        assert_eq!(of_speech(&[]), None);
    }

    fn tone(strength: f32, frames: usize) -> Vec<i16> {
        (0..frames * FRAME).map(|n| (strength * (n as f32 * 0.5).sin()) as i16).collect()
    }
}
