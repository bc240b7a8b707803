//! Is this frame a tone: dialling, ringing, a fax, a beep?
//!
//! One or two steady sines are predicted almost perfectly from the samples before them; a voice,
//! with its breath and its pulses, never is.
//!
//! **Never here:** which tone it is.

use crate::audio::{FRAME, Frame};

/// Two sines need four earlier samples; the rest average the codec's noise away.
const ORDER: usize = 6;

/// How far the unpredictable part of the frame lies below the frame itself, in decibels.
pub fn purity_db(frame: &Frame) -> f32 {
    let products = products(frame);
    let energy = products[0][0];
    if energy <= 0.0 {
        return 0.0;
    }

    let left = unpredicted(&products).max(energy * 1e-6);
    (10.0 * (energy / left).log10()) as f32
}

/// `[i][j]`: the frame delayed by i times the frame delayed by j, summed. Each diagonal is the one
/// sum at its start with a sample let in and a sample let out.
fn products(frame: &Frame) -> [[f64; ORDER + 1]; ORDER + 1] {
    let x = |n: usize| i64::from(frame[n]);
    let mut sums = [[0.0; ORDER + 1]; ORDER + 1];
    for lag in 0..=ORDER {
        let mut sum: i64 =
            frame[ORDER..].iter().zip(&frame[ORDER - lag..]).map(|(&a, &b)| product(a, b)).sum();
        for (i, j) in (0..=ORDER - lag).map(|i| (i, i + lag)) {
            sums[i][j] = sum as f64;
            sums[j][i] = sum as f64;
            if j < ORDER {
                sum += x(ORDER - 1 - i) * x(ORDER - 1 - j) - x(FRAME - 1 - i) * x(FRAME - 1 - j);
            }
        }
    }
    sums
}

fn product(a: i16, b: i16) -> i64 {
    i64::from(i32::from(a) * i32::from(b))
}

/// The energy of the frame that no weighting of its six predecessors explains: what elimination
/// leaves of the first sum once the others are eliminated.
fn unpredicted(products: &[[f64; ORDER + 1]; ORDER + 1]) -> f64 {
    let mut left = *products;
    let grain = products[0][0] * 1e-9;
    for pivot in (1..=ORDER).rev() {
        let weight = left[pivot][pivot] + grain;
        let known = left[pivot];
        for row in &mut left[..pivot] {
            let share = row[pivot] / weight;
            for (value, known) in row[..pivot].iter_mut().zip(&known) {
                *value -= share * known;
            }
        }
    }
    left[0][0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_sines_are_pure_and_noise_is_not() {
        let sine = |n: usize, step: f32| (8_000.0 * (n as f32 * step).sin()) as i16;
        let tones: Frame = std::array::from_fn(|n| sine(n, 0.6) + sine(n, 1.1));
        let noise: Frame = std::array::from_fn(|n| (n * n * 7_919 % 20_011) as i16 - 10_000);

        assert!(purity_db(&tones) > 45.0, "{}", purity_db(&tones));
        assert!(purity_db(&noise) < 6.0, "{}", purity_db(&noise));
        assert_eq!(purity_db(&[0; FRAME]), 0.0);
    }
}
