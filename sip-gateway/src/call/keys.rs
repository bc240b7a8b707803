//! Keys pressed on the phone, gathered into one entry.

use std::time::{Duration, Instant};

/// An entry is complete when no key follows for this long.
const KEYS_PAUSE: Duration = Duration::from_millis(2500);
/// No number a caller enters is longer.
const KEYS_MAX: usize = 20;

#[derive(Debug, Default)]
pub struct Keys {
    entry: String,
    complete_at: Option<Instant>,
}

impl Keys {
    /// `single`: one key is a whole answer (yes or no, a choice).
    pub fn press(&mut self, now: Instant, key: char, single: bool) {
        if key == '#' {
            self.complete_at = Some(now);
            return;
        }
        if self.entry.len() < KEYS_MAX {
            self.entry.push(key);
        }
        self.complete_at = Some(if single { now } else { now + KEYS_PAUSE });
    }

    /// The entry, once complete.
    pub fn due(&mut self, now: Instant) -> Option<String> {
        if self.complete_at.is_none_or(|at| now < at) {
            return None;
        }

        self.complete_at = None;
        Some(std::mem::take(&mut self.entry)).filter(|entry| !entry.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_one_entry_and_a_choice_does_not_wait() {
        let (mut keys, start) = (Keys::default(), crate::clock::now());

        for key in "8911".chars() {
            keys.press(start, key, false);
        }

        assert_eq!(keys.due(start + Duration::from_secs(1)), None);
        assert_eq!(keys.due(start + Duration::from_secs(3)), Some("8911".into()));

        keys.press(start, '1', true);

        assert_eq!(keys.due(start), Some("1".into()));
    }
}
