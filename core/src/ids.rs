//! Names of things: each kind has its own type, so that a master is never taken for a job.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

id! {
    /// The business whose clients phone in; every row belongs to one.
    OrgId,
    MasterId,
    JobId,
    ConversationId,
    /// A slot kept for a caller while the conversation goes on.
    HoldId,
}

id! {
    UserId,
    ComplaintId,
    /// One message on its way out.
    MessageId,
    PaymentId,
    /// A price asked for beyond what was told.
    ChangeId,
    /// A master's calendar elsewhere.
    CalendarId,
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Makes names that sort in the order they were made: 48 bits of milliseconds and 80 bits that never
/// repeat, as 26 letters (the ULID layout). Of those the first 16 are the process's own, and 24 count its
/// names of one millisecond.
///
/// They are unique, not secret: whatever must not be guessed (door codes, tracking links) takes
/// its randomness from the caller instead.
#[derive(Debug)]
pub struct Ids {
    state: AtomicU64,
    count: AtomicU64,
    /// Sets this process apart from others started with another seed.
    seed: u64,
}

impl Ids {
    /// `seed` from the operating system in a process, a constant in a test.
    pub fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed), count: AtomicU64::new(0), seed: scrambled(seed) }
    }

    pub fn next(&self, now: Timestamp) -> String {
        let step = self.state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let low = (count << 40) | (scrambled(step) >> 24);
        let time = u128::from(now.as_millisecond().max(0) as u64) & 0xffff_ffff_ffff;
        let high = u128::from(self.seed & 0xffff);

        base32((time << 80) | (high << 64) | u128::from(low), 26)
    }
}

/// `letters` digits of Crockford's base 32, most significant first.
pub fn base32(value: u128, letters: u32) -> String {
    let letter = |at: u32| char::from(ALPHABET[(value >> (5 * at)) as usize & 31]);

    (0..letters).rev().map(letter).collect()
}

/// A bijection that leaves no pattern in counting numbers (SplitMix64's finaliser).
fn scrambled(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_later_name_sorts_after_an_earlier_one() {
        let ids = Ids::new(1);

        let earlier = ids.next(Timestamp::from_millisecond(1_000).unwrap());
        let later = ids.next(Timestamp::from_millisecond(1_001).unwrap());

        assert!(earlier < later);
        assert_eq!(earlier.len(), 26);
    }

    #[test]
    fn names_of_one_millisecond_differ_and_keep_their_order() {
        let ids = Ids::new(7);

        let names: Vec<String> = (0..10_000).map(|_| ids.next(Timestamp::UNIX_EPOCH)).collect();

        assert!(names.is_sorted());
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 10_000);
    }
}
