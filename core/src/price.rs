//! What the work costs: base per category, modifiers, parts; a range is told, never a bare number.

use serde::{Deserialize, Serialize};

use crate::trade::Category;

/// One organisation's prices, from the pack. Roubles are whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PriceList {
    pub currency: String,
    pub base: Vec<(Category, i64)>,
    /// Factors in hundredths: 130 is ×1.3.
    pub urgent: i64,
    pub today: i64,
    pub long_description: i64,
    pub several_problems: i64,
    pub evening_or_weekend: i64,
    /// A description is long above this many characters.
    pub long_description_over: usize,
    /// Evening begins at this hour.
    pub evening_from_hour: i8,
}

/// What a price depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceFacts {
    pub category: Category,
    pub urgent: bool,
    /// The caller asked for today, and the slot is today.
    pub today: bool,
    pub long_description: bool,
    pub several_problems: bool,
    /// The slot begins from 18:00 or on a weekend.
    pub evening_or_weekend: bool,
    /// Estimated parts, whole roubles.
    pub parts: i64,
}

/// The price as told, whole roubles, each rounded to 100. JSON shape of the API's `quote`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    pub total: i64,
    pub min: i64,
    pub max: i64,
    pub currency: String,
    pub parts: i64,
    pub modifiers: Vec<Modifier>,
}

/// `name` is `urgent`, `today`, `long_description`, `several_problems` or `evening_or_weekend`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Modifier {
    pub name: String,
    pub factor: f64,
}
