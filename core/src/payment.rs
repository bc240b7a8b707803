//! A client's payment for a job: pending until the money is certain, then refunded in parts at most.
//!
//! What the provider says is taken as the state it is in *now*, never as a step: the same word twice
//! or in another order changes nothing.
//!
//! **Never here:** HTTP, SQL, the provider's names of things.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{JobId, MasterId, PaymentId};
use crate::ledger::{self, Account, Posting};
use crate::money::{Kopecks, Rates, split};

/// No payment is larger: a misheard or mistyped sum is not taken.
pub const PAYMENT_MAX: Kopecks = Kopecks::roubles(1_000_000);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Logged by the master, who has it in hand.
    Cash,
    Card,
    /// By QR code from any bank.
    Sbp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Pending,
    Succeeded,
    /// Refused, expired or given up; another may be begun.
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: PaymentId,
    pub job: JobId,
    pub master: MasterId,
    pub method: Method,
    pub amount: Kopecks,
    /// Of the amount, what went back to the client.
    pub refunded: Kopecks,
    pub status: PaymentStatus,
    /// The organisation's rates when it began.
    pub rates: Rates,
    /// The provider's name of it.
    pub provider_id: Option<String>,
    /// Where the client pays, or what the QR code holds.
    pub page: Option<String>,
    pub created: Timestamp,
    pub paid: Option<Timestamp>,
}

/// The state of a payment as the provider has it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub status: PaymentStatus,
    pub amount: Kopecks,
    pub refunded: Kopecks,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentRefused {
    #[error("{0} kopecks is no sum to pay: more than 0 and at most 1,000,000 roubles")]
    NoSum(i64),
    #[error("there is no job {0}")]
    UnknownJob(JobId),
    #[error("there is no payment {0}")]
    Unknown(PaymentId),
    #[error("job {0} is paid")]
    PaidAlready(JobId),
    #[error("job {0} is cancelled")]
    JobCancelled(JobId),
    #[error("job {0} has no master yet whom the money would be for")]
    NoMaster(JobId),
    #[error("the key {0:?} was used for another request")]
    KeyReused(String),
    #[error("the provider has {theirs} kopecks for payment {id}, we have {ours}")]
    OtherSum { id: PaymentId, ours: i64, theirs: i64 },
    #[error("{asked} kopecks cannot go back: {left} of payment {id} are left")]
    TooMuchBack { id: PaymentId, asked: i64, left: i64 },
    #[error("payment {0} is the provider's to give back: ask it, its word counts")]
    OnlyTheProviders(PaymentId),
    #[error("payment {0} is not one that the provider confirms")]
    NotTheProviders(PaymentId),
}

/// A sum a client may pay.
pub fn payable(amount: Kopecks) -> Result<Kopecks, PaymentRefused> {
    let fits = amount > Kopecks(0) && amount <= PAYMENT_MAX;

    if fits { Ok(amount) } else { Err(PaymentRefused::NoSum(amount.0)) }
}

impl Payment {
    /// What is left of it with us.
    pub fn left(&self) -> Kopecks {
        Kopecks(self.amount.0 - self.refunded.0)
    }

    /// Takes over what the provider knows further than we do; the postings it brings, none where it
    /// is nothing new.
    pub fn take(&mut self, seen: &Seen, now: Timestamp) -> Result<Vec<Posting>, PaymentRefused> {
        if seen.amount != self.amount {
            let (id, ours, theirs) = (self.id.clone(), self.amount.0, seen.amount.0);
            return Err(PaymentRefused::OtherSum { id, ours, theirs });
        }
        if seen.refunded > seen.amount {
            let (id, asked, left) = (self.id.clone(), seen.refunded.0, self.left().0);
            return Err(PaymentRefused::TooMuchBack { id, asked, left });
        }
        let mut postings = Vec::new();
        match (self.status, seen.status) {
            (PaymentStatus::Pending | PaymentStatus::Cancelled, PaymentStatus::Succeeded) => {
                (self.status, self.paid) = (PaymentStatus::Succeeded, Some(now));
                let shares = split(self.amount, self.rates);
                postings.push(ledger::paid(self.place(), &self.master, shares));
            }
            (PaymentStatus::Pending, PaymentStatus::Cancelled) => self.status = seen.status,
            (PaymentStatus::Pending, PaymentStatus::Pending)
            | (PaymentStatus::Succeeded, _)
            | (PaymentStatus::Cancelled, PaymentStatus::Pending | PaymentStatus::Cancelled) => {}
        }
        if self.status == PaymentStatus::Succeeded && seen.refunded > self.refunded {
            postings.push(self.give_back(Kopecks(seen.refunded.0 - self.refunded.0))?);
        }
        Ok(postings)
    }

    /// Part of it goes back to the client.
    pub fn give_back(&mut self, part: Kopecks) -> Result<Posting, PaymentRefused> {
        let left = if self.status == PaymentStatus::Succeeded { self.left() } else { Kopecks(0) };
        if part <= Kopecks(0) || part > left {
            let (id, asked, left) = (self.id.clone(), part.0, left.0);
            return Err(PaymentRefused::TooMuchBack { id, asked, left });
        }
        let before = split(self.left(), self.rates);
        self.refunded = Kopecks(self.refunded.0 + part.0);

        Ok(ledger::refunded(self.place(), &self.master, before, split(self.left(), self.rates)))
    }

    /// Where the money lies.
    fn place(&self) -> Account {
        match self.method {
            Method::Cash => Account::Hand(self.master.clone()),
            Method::Card | Method::Sbp => Account::Provider,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_word_twice_changes_nothing() {
        let mut payment = pending();

        let first = payment.take(&seen(PaymentStatus::Succeeded, 0), now()).unwrap();
        let again = payment.take(&seen(PaymentStatus::Succeeded, 0), now()).unwrap();

        assert_eq!((first.len(), again.len()), (1, 0));
        assert_eq!(payment.status, PaymentStatus::Succeeded);
    }

    #[test]
    fn money_that_came_after_all_counts() {
        let mut payment = pending();
        payment.take(&seen(PaymentStatus::Cancelled, 0), now()).unwrap();

        let postings = payment.take(&seen(PaymentStatus::Succeeded, 0), now()).unwrap();

        assert_eq!(postings.len(), 1);
    }

    #[test]
    fn another_sum_is_refused_and_changes_nothing() {
        let mut payment = pending();
        let other = Seen { amount: Kopecks(1), ..seen(PaymentStatus::Succeeded, 0) };

        let refused = payment.take(&other, now()).unwrap_err();

        assert_eq!(refused.to_string(), "the provider has 1 kopecks for payment p, we have 300000");
        assert_eq!(payment, pending());
    }

    #[test]
    fn no_more_goes_back_than_came() {
        let mut payment = pending();
        assert!(payment.give_back(Kopecks(1)).is_err());
        payment.take(&seen(PaymentStatus::Succeeded, 0), now()).unwrap();

        payment.give_back(Kopecks(200_000)).unwrap();

        assert!(payment.give_back(Kopecks(100_001)).is_err());
        assert!(payment.give_back(Kopecks(100_000)).is_ok());
    }

    proptest! {
        /// Words of the provider in any order, any number of times: the books end as if only the
        /// last state had been told.
        #[test]
        fn the_order_of_words_does_not_matter(
            words in prop::collection::vec((0usize..3, 0i64..=300_000), 0..12),
        ) {
            let states =
                [PaymentStatus::Pending, PaymentStatus::Cancelled, PaymentStatus::Succeeded];
            let (mut payment, mut books) = (pending(), std::collections::BTreeMap::new());
            for (status, back) in &words {
                let back = if *status == 2 { *back } else { 0 };
                for posting in payment.take(&seen(states[*status], back), now()).unwrap() {
                    for entry in posting.entries() {
                        *books.entry(entry.account.clone()).or_insert(0) += entry.amount.0;
                    }
                }
            }

            let paid = words.iter().filter(|(status, _)| *status == 2);
            let back = paid.clone().map(|(_, back)| *back).max();
            let left = back.map_or(0, |back| 300_000 - back);
            let shares = split(Kopecks(left), Rates::default());
            let balance = |account: Account| books.get(&account).copied().unwrap_or(0);
            prop_assert_eq!(balance(Account::Provider), left);
            prop_assert_eq!(balance(Account::Master(MasterId::new("m"))), -shares.master.0);
            prop_assert_eq!(balance(Account::Platform), -shares.platform.0);
        }
    }

    fn seen(status: PaymentStatus, refunded: i64) -> Seen {
        Seen { status, amount: Kopecks(300_000), refunded: Kopecks(refunded) }
    }

    fn pending() -> Payment {
        Payment {
            id: PaymentId::new("p"),
            job: JobId::new("j"),
            master: MasterId::new("m"),
            method: Method::Sbp,
            amount: Kopecks(300_000),
            refunded: Kopecks(0),
            status: PaymentStatus::Pending,
            rates: Rates::default(),
            provider_id: None,
            page: None,
            created: now(),
            paid: None,
        }
    }

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}
