//! How often somebody may ask: a bucket of tokens for each key and each address.
//!
//! **Never here:** who somebody is (access), the clock.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Buckets kept; when there are more, the full ones are forgotten.
const BUCKETS_MAX: usize = 50_000;

/// So many a second, and so many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    pub per_second: u32,
    pub at_once: u32,
}

#[derive(Debug)]
pub(crate) struct Pace {
    allowance: Allowance,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Thousandths.
    tokens: i64,
    at: Timestamp,
}

impl Pace {
    pub(crate) fn new(allowance: Allowance) -> Self {
        Self { allowance, buckets: Mutex::default() }
    }

    /// How long to wait, or nothing where it may be done now.
    pub(crate) fn wait(&self, who: &str, now: Timestamp) -> Option<SignedDuration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let full = i64::from(self.allowance.at_once) * 1_000;
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(who) {
            buckets.retain(|_, bucket| self.filled(bucket, now) < full);
        }
        let bucket = buckets.entry(who.to_owned()).or_insert(Bucket { tokens: full, at: now });
        bucket.tokens = self.filled(bucket, now);
        bucket.at = bucket.at.max(now);
        if bucket.tokens >= 1_000 {
            bucket.tokens -= 1_000;
            return None;
        }
        let short = 1_000 - bucket.tokens;
        let millis = short / i64::from(self.allowance.per_second.max(1)) + 1;
        Some(SignedDuration::from_millis(millis))
    }

    fn filled(&self, bucket: &Bucket, now: Timestamp) -> i64 {
        let millis = now.as_millisecond().saturating_sub(bucket.at.as_millisecond()).max(0);
        let grown = millis.saturating_mul(i64::from(self.allowance.per_second));
        bucket.tokens.saturating_add(grown).min(i64::from(self.allowance.at_once) * 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_the_pace_holds() {
        let pace = Pace::new(Allowance { per_second: 10, at_once: 5 });
        let at = |millis: i64| Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap();

        let through = (0..20).filter(|_| pace.wait("one", at(0)).is_none()).count();
        assert_eq!(through, 5);
        assert_eq!(pace.wait("one", at(0)), Some(SignedDuration::from_millis(101)));
        assert_eq!(pace.wait("other", at(0)), None, "each by itself");
        let later = (0..1_000).filter(|it| pace.wait("one", at(*it)).is_none()).count();
        assert_eq!(later, 9);
        assert!(pace.wait("one", at(100_000)).is_none());
        let burst = (0..20).filter(|_| pace.wait("one", at(100_000)).is_none()).count();
        assert_eq!(burst, 4, "no more is saved than fits");
    }
}
