//! A price above what the client was told: the master asks for it, and only the client's own word,
//! tapped on their page or spoken into the recording, makes it chargeable.
//!
//! **Never here:** SQL, the words in which the client is asked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{ChangeId, ConversationId, JobId};
use crate::money::Kopecks;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    Open,
    Agreed,
    Refused,
    /// The master asked for another sum instead.
    Withdrawn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// On the client's page of the order.
    Tapped,
    /// Into a telephone whose recording is kept.
    Spoken,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceChange {
    pub id: ChangeId,
    pub job: JobId,
    /// What might be charged before.
    pub most: Kopecks,
    pub amount: Kopecks,
    /// In the master's words.
    pub reason: String,
    pub state: ChangeState,
    pub asked: Timestamp,
    pub answered: Option<Timestamp>,
    pub how: Option<Consent>,
    /// Whose recording holds a spoken yes.
    pub conversation: Option<ConversationId>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    #[error("there is no job {0} at which a master is at work")]
    NotAtWork(JobId),
    #[error("{amount} kopecks need no consent: up to {most} were told to the client")]
    NotNeeded { amount: i64, most: i64 },
    #[error("{0} kopecks is no price of a job")]
    NoPrice(i64),
    #[error("there is no price change {0}")]
    Unknown(ChangeId),
    #[error("price change {0} is settled already")]
    Settled(ChangeId),
}

/// The most that may be charged: what was told, or what the client agreed to last.
pub fn chargeable(told_most: Kopecks, changes: &[PriceChange]) -> Kopecks {
    let agreed = changes.iter().rev().find(|it| it.state == ChangeState::Agreed);

    agreed.map_or(told_most, |it| it.amount.max(told_most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_client_agreed_to_last_may_be_charged() {
        let told = Kopecks::roubles(2_000);
        let of = |changes: &[(i64, ChangeState)]| {
            let changes: Vec<_> = changes.iter().map(|(sum, state)| change(*sum, *state)).collect();
            chargeable(told, &changes)
        };
        use ChangeState::{Agreed, Open, Refused, Withdrawn};

        assert_eq!(of(&[]), told);
        assert_eq!(of(&[(3_000, Open), (4_000, Refused), (5_000, Withdrawn)]), told);
        assert_eq!(of(&[(3_000, Agreed), (4_000, Refused)]), Kopecks::roubles(3_000));
        assert_eq!(of(&[(4_000, Agreed), (3_000, Agreed)]), Kopecks::roubles(3_000));
        assert_eq!(of(&[(1_000, Agreed)]), told);
    }

    fn change(roubles: i64, state: ChangeState) -> PriceChange {
        PriceChange {
            id: ChangeId::new("c"),
            job: JobId::new("j"),
            most: Kopecks::roubles(2_000),
            amount: Kopecks::roubles(roubles),
            reason: String::new(),
            state,
            asked: Timestamp::UNIX_EPOCH,
            answered: None,
            how: None,
            conversation: None,
        }
    }
}
