//! A master: who comes to repair, where from, what for, and when.

use serde::{Deserialize, Serialize};

use crate::ids::MasterId;
use crate::schedule::Schedule;
use crate::trade::Category;

/// Hundredths of a star: 480 is 4.8.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Rating(pub i64);

/// What a client gives: one to five.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Stars(u8);

/// A review counts as one of so many.
const REVIEWS: i64 = 20;

impl Stars {
    pub fn new(count: i64) -> Option<Self> {
        (1..=5).contains(&count).then_some(Self(count as u8))
    }

    pub fn count(self) -> u8 {
        self.0
    }
}

impl TryFrom<i64> for Stars {
    type Error = String;

    fn try_from(count: i64) -> Result<Self, String> {
        Self::new(count).ok_or_else(|| format!("{count} stars: give 1 to 5"))
    }
}

impl From<Stars> for i64 {
    fn from(stars: Stars) -> Self {
        Self::from(stars.0)
    }
}

impl Rating {
    /// The rating after one more review; one bad day does not undo years.
    pub fn after(self, stars: Stars) -> Self {
        let sum = self.0 * (REVIEWS - 1) + i64::from(stars.0) * 100;

        Self((sum + REVIEWS / 2) / REVIEWS)
    }
}

/// Somebody who wants to work here, as they have told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applicant {
    /// Family, given, patronymic as far as known.
    pub name: String,
    /// E.164.
    pub phone: String,
    pub email: Option<String>,
    pub city: String,
    pub trades: Vec<Category>,
    /// Whole years.
    pub experience: u32,
    pub certificates: Option<String>,
    pub schedule: Schedule,
    /// `smartphone` or `physical`.
    pub terminal: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Master {
    pub id: MasterId,
    /// Family, given, patronymic as far as known.
    pub name: String,
    /// E.164.
    pub phone: String,
    pub email: Option<String>,
    pub city: String,
    /// Where the master sets out from.
    pub district: Option<String>,
    pub trades: Vec<Category>,
    pub rating: Rating,
    pub active: bool,
    pub schedule: Schedule,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_moves_a_rating_a_little_and_never_beyond_five() {
        let after = |rating, stars| Rating(rating).after(Stars::new(stars).unwrap()).0;

        assert_eq!(after(480, 5), 481);
        assert_eq!(after(480, 1), 461);
        assert_eq!(after(500, 5), 500);
        assert_eq!(after(100, 1), 100);
        let years_of_praise = (0..500).fold(300, |rating, _| after(rating, 5));
        assert!((490..=500).contains(&years_of_praise), "{years_of_praise}");
    }

    #[test]
    fn nobody_gives_six_stars_or_none() {
        assert_eq!((Stars::new(0), Stars::new(6)), (None, None));
        assert!(serde_json::from_str::<Stars>("6").is_err());
    }
}
