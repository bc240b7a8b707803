//! When a master can come: the caller's wish, free slots, and the honest answer to the wish.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::MasterId;
use crate::trade::Category;

/// The caller's wish; an open end is `None`, both open is "any time".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wish {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// What has to be fitted into somebody's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    pub category: Category,
    pub minutes: i64,
    pub city: String,
    /// Name of the street, where known, for travel and district.
    pub street: Option<String>,
    pub urgent: bool,
}

/// A free slot with the master who would come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub start: Timestamp,
    pub end: Timestamp,
    pub master_id: MasterId,
}

/// The honest answer to a wish (SPEC 2.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Feasibility {
    /// "Yes, tomorrow at 2 PM"; `others` are next best inside the wish.
    Can { offer: Offer, others: Vec<Offer> },
    /// "Not in the morning, but today at 6 PM": same day as the wish, outside it.
    Partly { offer: Offer, others: Vec<Offer> },
    /// "All electricians are busy until Thursday; Thursday at 10 works?"
    Cannot { next: Offer, others: Vec<Offer> },
    /// Masters exist, none has a free slot within the horizon.
    Full,
    /// No master works in that city at all.
    NoMasters,
}
