//! Money is whole kopecks, and how a payment is shared between gateway, platform and master.
//!
//! **Never here:** floats.

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

/// A share in hundredths of a per cent: 2500 is 25 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BasisPoints(pub u32);

impl BasisPoints {
    const WHOLE: i128 = 10_000;

    /// That share of an amount, half a kopeck rounded up, never more than the amount.
    fn of(self, amount: Kopecks) -> Kopecks {
        let share = i128::from(amount.0) * i128::from(self.0).min(Self::WHOLE);

        Kopecks(((share + Self::WHOLE / 2).div_euclid(Self::WHOLE)) as i64)
    }
}

/// The organisation's rates (SPEC section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// Of the amount, to the payment gateway.
    pub fee: BasisPoints,
    /// Of what is left, to the platform.
    pub platform: BasisPoints,
}

impl Default for Rates {
    fn default() -> Self {
        Self { fee: BasisPoints(200), platform: BasisPoints(2_500) }
    }
}

/// Who gets what of a payment: `fee + platform + master == amount`, `net == amount − fee`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    pub amount: Kopecks,
    pub fee: Kopecks,
    pub net: Kopecks,
    pub platform: Kopecks,
    pub master: Kopecks,
}

/// Shares an amount of zero or more. What rounding leaves over is the master's.
pub fn split(amount: Kopecks, rates: Rates) -> Split {
    let fee = rates.fee.of(amount);
    let net = Kopecks(amount.0 - fee.0);
    let platform = rates.platform.of(net);

    Split { amount, fee, net, platform, master: Kopecks(net.0 - platform.0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn three_thousand_roubles_are_shared_as_agreed() {
        let shared = split(Kopecks::roubles(3_000), Rates::default());

        assert_eq!(shared.fee, Kopecks::roubles(60));
        assert_eq!(shared.net, Kopecks::roubles(2_940));
        assert_eq!(shared.platform, Kopecks::roubles(735));
        assert_eq!(shared.master, Kopecks::roubles(2_205));
    }

    #[test]
    fn one_kopeck_goes_to_the_master() {
        let shared = split(Kopecks(1), Rates::default());

        assert_eq!(
            (shared.fee, shared.platform, shared.master),
            (Kopecks(0), Kopecks(0), Kopecks(1))
        );
    }

    /// Each from 0.01 to 1,000,000.00 at the usual rates, against whole-number arithmetic of its own.
    #[test]
    #[ignore = "a hundred million amounts: make test-long"]
    fn every_amount_is_shared_to_the_kopeck() {
        for amount in 1..=100_000_000 {
            let shared = split(Kopecks(amount), Rates::default());

            let fee = (2 * amount + 50) / 100;
            let platform = (amount - fee + 2) / 4;
            let told = (shared.fee.0, shared.platform.0, shared.master.0);
            assert_eq!(told, (fee, platform, amount - fee - platform), "{amount} kopecks");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn the_parts_always_add_up(
            amount in 1i64..=100_000_000,
            fee in 0u32..=10_000,
            platform in 0u32..=10_000,
        ) {
            let rates = Rates { fee: BasisPoints(fee), platform: BasisPoints(platform) };

            let shared = split(Kopecks(amount), rates);

            prop_assert_eq!(shared.fee.0 + shared.platform.0 + shared.master.0, amount);
            prop_assert_eq!(shared.net.0, amount - shared.fee.0);
            prop_assert!(shared.fee.0 >= 0 && shared.platform.0 >= 0 && shared.master.0 >= 0);
        }

        #[test]
        fn no_share_is_off_by_more_than_half_a_kopeck(amount in 1i64..=100_000_000) {
            let shared = split(Kopecks(amount), Rates::default());

            prop_assert!((shared.fee.0 * 10_000 - amount * 200).abs() <= 5_000);
            prop_assert!((shared.platform.0 * 10_000 - shared.net.0 * 2_500).abs() <= 5_000);
        }
    }
}
