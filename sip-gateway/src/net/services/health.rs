//! Whether a service is to be asked: the one that has failed lately rests, longer each time, and is then tried
//! with a single caller.
//!
//! **Never here:** which service, what was asked, the clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many of the last outcomes count.
const REMEMBERED: usize = 10;
/// So many failures among them, and it rests.
const FAILURES: usize = 3;
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(300);

#[derive(Debug, Default)]
pub struct Health {
    /// Newest last; true for what went well.
    outcomes: VecDeque<bool>,
    rests_until: Option<Instant>,
    rest: Duration,
    /// Somebody is trying it.
    tried: bool,
}

impl Health {
    /// Whether to ask it now. After a rest only one is let in until it is known how that went.
    pub fn admits(&mut self, now: Instant) -> bool {
        match self.rests_until {
            None => true,
            Some(until) if now < until || self.tried => false,
            Some(_) => {
                self.tried = true;
                true
            }
        }
    }

    pub fn went(&mut self, now: Instant, well: bool) {
        self.tried = false;
        if well && self.rests_until.is_some() {
            *self = Health::default();
        }
        if self.outcomes.len() >= REMEMBERED {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back(well);
        let failures = self.outcomes.iter().filter(|well| !**well).count();
        if !well && (failures >= FAILURES || self.rests_until.is_some()) {
            self.rest = (self.rest * 2).clamp(FIRST_REST, LONGEST_REST);
            self.rests_until = Some(now + self.rest);
        }
    }

    pub fn rests(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    #[test]
    fn a_service_that_fails_rests_and_is_tried_by_one_caller_then() {
        let (mut health, now) = (Health::default(), clock::now());
        for _ in 0..20 {
            health.went(now, true);
        }
        health.went(now, false);
        health.went(now, false);
        assert!(health.admits(now), "two of ten are no pattern");
        health.went(now, false);
        assert!(!health.admits(now) && health.rests(now));

        let later = now + FIRST_REST;
        assert!(health.admits(later) && !health.admits(later), "one at a time");
        health.went(later, false);
        assert!(!health.admits(later + FIRST_REST), "twice as long");
        let much_later = later + 2 * FIRST_REST;
        assert!(health.admits(much_later));
        health.went(much_later, true);
        assert!(health.admits(much_later) && health.admits(much_later));
    }

    #[test]
    fn no_rest_is_longer_than_five_minutes() {
        let (mut health, mut now) = (Health::default(), clock::now());
        for _ in 0..20 {
            health.went(now, false);
            now += LONGEST_REST;
            assert!(health.admits(now));
        }
    }
}
