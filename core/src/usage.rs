//! What a conversation uses of services that cost money, and what that costs.
//!
//! **Never here:** prices (the owner's settings), what a client pays.

use serde::{Deserialize, Serialize};

/// Millionths of a rouble: a token costs less than a kopeck.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MicroRoubles(pub i64);

impl MicroRoubles {
    pub const ROUBLE: i64 = 1_000_000;

    /// From a price in roubles for so many units.
    pub fn of(price: f64, per: i64, amount: i64) -> Self {
        let cost = price * Self::ROUBLE as f64 * amount as f64 / per as f64;
        MicroRoubles(cost.round() as i64)
    }

    pub fn roubles(self) -> f64 {
        self.0 as f64 / Self::ROUBLE as f64
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Milliseconds of sound.
    Heard,
    /// Characters.
    Spoken,
    /// Tokens of a model.
    Read,
    Written,
    /// Milliseconds of a telephone line.
    Line,
}

impl Unit {
    pub const ALL: [Unit; 5] = [Unit::Heard, Unit::Spoken, Unit::Read, Unit::Written, Unit::Line];
    const MINUTE: i64 = 60_000;

    /// So many of them have the price the owner names: a minute, or a thousand.
    pub fn per(self) -> i64 {
        match self {
            Unit::Heard | Unit::Line => Self::MINUTE,
            Unit::Spoken | Unit::Read | Unit::Written => 1_000,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Unit::Heard => "heard",
            Unit::Spoken => "spoken",
            Unit::Read => "read",
            Unit::Written => "written",
            Unit::Line => "line",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name)
    }
}

/// So much of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    pub service: String,
    pub unit: Unit,
    pub amount: i64,
    pub cost: MicroRoubles,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_for_a_minute_or_a_thousand() {
        let cost =
            |unit: Unit, price, amount| MicroRoubles::of(price, unit.per(), amount).roubles();
        assert!((cost(Unit::Heard, 0.6, 30_000) - 0.3).abs() < 1e-9);
        assert!((cost(Unit::Spoken, 1.5, 200) - 0.3).abs() < 1e-9);
        assert!((cost(Unit::Read, 0.02, 450) - 0.009).abs() < 1e-9);
        assert_eq!(MicroRoubles::of(f64::NAN, 1, 5), MicroRoubles(0));
        assert!(Unit::ALL.iter().all(|unit| Unit::from_name(unit.name()) == Some(*unit)));
    }
}
