//! Money is whole kopecks. No floats ever touch it.

use serde::{Deserialize, Serialize};

#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Kopecks(pub i64);

impl Kopecks {
    pub const fn roubles(roubles: i64) -> Self {
        Self(roubles * 100)
    }

    /// Whole roubles, kopecks cut off.
    pub const fn whole_roubles(self) -> i64 {
        self.0 / 100
    }
}
