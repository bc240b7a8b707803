//! Who owes whom: double entries in kopecks. The entries of one event always add up to zero, so the
//! whole ledger does.
//!
//! A positive balance is what the organisation has or is owed, a negative one what it owes or earned.
//!
//! **Never here:** SQL, providers, what a payment's status means (payment).

use std::fmt;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::ids::MasterId;
use crate::money::{Kopecks, Split};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Money that clients paid and the payment provider holds for us.
    Provider,
    /// Cash that a master took from clients.
    Hand(MasterId),
    /// The gateway's fee.
    Fee,
    /// The platform's earnings.
    Platform,
    /// What a master has earned.
    Master(MasterId),
    /// What was paid out to masters, or in by them.
    Bank,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider => f.write_str("provider"),
            Self::Hand(master) => write!(f, "hand:{master}"),
            Self::Fee => f.write_str("fee"),
            Self::Platform => f.write_str("platform"),
            Self::Master(master) => write!(f, "master:{master}"),
            Self::Bank => f.write_str("bank"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub account: Account,
    pub amount: Kopecks,
}

/// The entries of one event; made only by the functions of this module, so it sums to zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    what: What,
    entries: Vec<Entry>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Paid,
    Refunded,
    PaidOut,
}

impl What {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Refunded => "refunded",
            Self::PaidOut => "paid_out",
        }
    }
}

impl Posting {
    /// Drops what is nothing; our own arithmetic that does not balance must not reach the books.
    fn of(what: What, entries: impl IntoIterator<Item = (Account, i64)>) -> Self {
        let entries: Vec<Entry> = entries
            .into_iter()
            .filter(|(_, amount)| *amount != 0)
            .map(|(account, amount)| Entry { account, amount: Kopecks(amount) })
            .collect();
        let sum: i64 = entries.iter().map(|entry| entry.amount.0).sum();
        assert_eq!(sum, 0, "a posting of {} is out of balance", what.as_str());

        Self { what, entries }
    }

    pub fn what(&self) -> What {
        self.what
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// A client's payment arrived at `place` (the provider, or the master's hand).
pub fn paid(place: Account, master: &MasterId, shares: Split) -> Posting {
    Posting::of(
        What::Paid,
        [
            (place, shares.amount.0),
            (Account::Fee, -shares.fee.0),
            (Account::Platform, -shares.platform.0),
            (Account::Master(master.clone()), -shares.master.0),
        ],
    )
}

/// Part of a payment went back: what is left is shared anew, so that many small refunds come to
/// the same kopeck as one large one.
pub fn refunded(place: Account, master: &MasterId, before: Split, after: Split) -> Posting {
    Posting::of(
        What::Refunded,
        [
            (place, after.amount.0 - before.amount.0),
            (Account::Fee, before.fee.0 - after.fee.0),
            (Account::Platform, before.platform.0 - after.platform.0),
            (Account::Master(master.clone()), before.master.0 - after.master.0),
        ],
    )
}

/// What stands between the organisation and one master.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Balance {
    /// Earned and not yet paid out.
    pub earned: Kopecks,
    /// Cash of clients in the master's hand.
    pub in_hand: Kopecks,
}

impl Balance {
    /// What the next payout brings; negative: the master took more cash than they earned, and it is
    /// carried over.
    pub fn due(self) -> Kopecks {
        Kopecks(self.earned.0 - self.in_hand.0)
    }
}

/// Pays a master out; `None` where nothing is due.
pub fn paid_out(master: &MasterId, balance: Balance) -> Option<Posting> {
    let due = balance.due().0;
    if due <= 0 {
        return None;
    }

    Some(Posting::of(
        What::PaidOut,
        [
            (Account::Master(master.clone()), balance.earned.0),
            (Account::Hand(master.clone()), -balance.in_hand.0),
            (Account::Bank, -due),
        ],
    ))
}

/// The next payout day after that date.
pub fn next_payout(date: Date, on: Weekday) -> Date {
    let days = (1..=7i64).map(|ahead| date.saturating_add(ahead.days()));

    days.into_iter().find(|day| day.weekday() == on).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::money::{BasisPoints, Rates, split};

    #[test]
    fn a_card_payment_is_owed_to_the_master() {
        let posting = paid(Account::Provider, &master(), shares(300_000));

        let lines: Vec<_> =
            posting.entries().iter().map(|it| format!("{} {}", it.account, it.amount.0)).collect();
        assert_eq!(lines, ["provider 300000", "fee -6000", "platform -73500", "master:m -220500"]);
    }

    #[test]
    fn cash_in_hand_is_taken_off_what_is_due() {
        let balance = Balance { earned: Kopecks(500 * 100), in_hand: Kopecks(200 * 100) };

        let posting = paid_out(&master(), balance).unwrap();

        assert_eq!(balance.due(), Kopecks(300 * 100));
        assert_eq!(
            posting.entries().last(),
            Some(&Entry { account: Account::Bank, amount: Kopecks(-300 * 100) })
        );
    }

    #[test]
    fn who_took_more_cash_than_they_earned_is_paid_nothing() {
        let balance = Balance { earned: Kopecks(100 * 100), in_hand: Kopecks(200 * 100) };

        assert_eq!(paid_out(&master(), balance), None);
    }

    #[test]
    fn friday_comes_next_even_on_a_friday() {
        let next = |day| next_payout(date(2026, 11, day), Weekday::Friday);

        assert_eq!(next(26), date(2026, 11, 27));
        assert_eq!(next(27), date(2026, 12, 4));
        assert_eq!(next(28), date(2026, 12, 4));
    }

    proptest! {
        #[test]
        fn refunds_in_pieces_come_to_the_same_as_one(
            amount in 1i64..=100_000_000,
            fee in 0u32..=10_000,
            platform in 0u32..=10_000,
            cuts in prop::collection::vec(0i64..=100, 1..8),
        ) {
            let rates = Rates { fee: BasisPoints(fee), platform: BasisPoints(platform) };
            let mut left: Vec<i64> = cuts.iter().map(|cut| amount * cut / 100).collect();
            left.extend([amount, 0]);
            left.sort_unstable_by(|a, b| b.cmp(a));

            let mut books: std::collections::BTreeMap<Account, i64> = Default::default();
            let whole = split(Kopecks(amount), rates);
            let mut postings = vec![paid(Account::Provider, &master(), whole)];
            for pair in left.windows(2) {
                let (before, after) = (split(Kopecks(pair[0]), rates), split(Kopecks(pair[1]), rates));
                postings.push(refunded(Account::Provider, &master(), before, after));
            }
            for entry in postings.iter().flat_map(Posting::entries) {
                *books.entry(entry.account.clone()).or_default() += entry.amount.0;
            }

            prop_assert!(books.values().all(|balance| *balance == 0), "{books:?}");
        }
    }

    fn shares(amount: i64) -> Split {
        split(Kopecks(amount), Rates::default())
    }

    fn master() -> MasterId {
        MasterId::new("m")
    }
}
