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
