//! What the work costs: base per category, modifiers, parts; a range is told, never a bare number.

use jiff::civil::Weekday;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::trade::Category;

/// Prices are told in whole hundreds of roubles.
const ROUNDED_TO: i128 = 100;
const RANGE_FROM_PERCENT: i128 = 93;
const RANGE_TO_PERCENT: i128 = 107;

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

impl PriceList {
    /// Categories without a base price: a pack with any is refused when it is loaded.
    pub fn missing(&self) -> Vec<Category> {
        Category::ALL.into_iter().filter(|category| self.find(*category).is_none()).collect()
    }

    /// Base price in whole roubles. A category the list forgot costs as much as its dearest.
    pub fn base_of(&self, category: Category) -> i64 {
        let dearest = || self.base.iter().map(|(_, base)| *base).max();

        self.find(category).or_else(dearest).unwrap_or(0)
    }

    fn find(&self, category: Category) -> Option<i64> {
        self.base.iter().find(|(known, _)| *known == category).map(|(_, base)| *base)
    }
}

impl PriceFacts {
    /// The same work in the slot that begins then: what the slot decides is taken from the slot.
    /// `today` stays only where the caller asked for today and gets it.
    pub fn in_slot(
        mut self,
        list: &PriceList,
        start: Timestamp,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Self {
        let (start, now) = (start.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
        let weekend = matches!(start.weekday(), Weekday::Saturday | Weekday::Sunday);

        self.evening_or_weekend = weekend || start.hour() >= list.evening_from_hour;
        self.today = self.today && start.date() == now.date();
        self
    }
}

/// The price of a piece of work (SPEC section 3): base, modifiers multiplied, parts added, and only
/// then rounded, once, half up.
pub fn quote(list: &PriceList, facts: &PriceFacts) -> Quote {
    let modifiers = modifiers(list, facts);
    let scale = 100i128.pow(modifiers.len() as u32);
    let work =
        modifiers.iter().fold(i128::from(list.base_of(facts.category)), |price, (_, factor)| {
            price * i128::from(*factor)
        });
    let total = rounded(work + i128::from(facts.parts) * scale, scale);

    Quote {
        total: total as i64,
        min: rounded(total * RANGE_FROM_PERCENT, 100) as i64,
        max: rounded(total * RANGE_TO_PERCENT, 100) as i64,
        currency: list.currency.clone(),
        parts: facts.parts,
        modifiers: modifiers.into_iter().map(|(name, factor)| told(name, factor)).collect(),
    }
}

/// Names and factors in hundredths. Of "urgent" and "today" the larger counts, once.
fn modifiers(list: &PriceList, facts: &PriceFacts) -> Vec<(&'static str, i64)> {
    let urgent = facts.urgent.then_some(("urgent", list.urgent));
    let today = facts.today.then_some(("today", list.today));
    let hurry = match (urgent, today) {
        (Some(urgent), Some(today)) if today.1 > urgent.1 => Some(today),
        (Some(urgent), _) => Some(urgent),
        (None, today) => today,
    };
    let long = facts.long_description.then_some(("long_description", list.long_description));
    let several = facts.several_problems.then_some(("several_problems", list.several_problems));
    let late = facts.evening_or_weekend.then_some(("evening_or_weekend", list.evening_or_weekend));

    [hurry, long, several, late].into_iter().flatten().collect()
}

/// `numerator / denominator` to the nearest hundred, half up.
fn rounded(numerator: i128, denominator: i128) -> i128 {
    let unit = denominator * ROUNDED_TO;

    (numerator + unit / 2).div_euclid(unit) * ROUNDED_TO
}

fn told(name: &str, hundredths: i64) -> Modifier {
    Modifier { name: name.to_owned(), factor: hundredths as f64 / 100.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_base_price_is_told_as_a_range() {
        let told = |category| {
            let quote = quote(&list(), &facts(category));
            (quote.total, quote.min, quote.max)
        };

        assert_eq!(told(Category::Electrical), (1_500, 1_400, 1_600));
        assert_eq!(told(Category::Plumbing), (1_800, 1_700, 1_900));
        assert_eq!(told(Category::Appliance), (2_000, 1_900, 2_100));
        assert_eq!(told(Category::General), (1_200, 1_100, 1_300));
    }

    #[test]
    fn three_thousand_is_told_as_2800_to_3200() {
        let plain = facts(Category::Appliance);

        let told = quote(&list(), &PriceFacts { parts: 1_000, ..plain });

        assert_eq!((told.total, told.min, told.max), (3_000, 2_800, 3_200));
    }

    #[test]
    fn urgent_and_today_count_once_and_the_larger_wins() {
        let both = PriceFacts { urgent: true, today: true, ..facts(Category::Plumbing) };
        let only_today = PriceFacts { today: true, ..facts(Category::Plumbing) };

        assert_eq!(quote(&list(), &both).total, 2_300); // 2340
        assert_eq!(names(&quote(&list(), &both)), ["urgent"]);
        assert_eq!(quote(&list(), &only_today).total, 2_200); // 2160
        assert_eq!(names(&quote(&list(), &only_today)), ["today"]);
    }

    #[test]
    fn modifiers_multiply_and_parts_come_after() {
        let all = PriceFacts {
            category: Category::Electrical,
            urgent: true,
            today: true,
            long_description: true,
            several_problems: true,
            evening_or_weekend: true,
            parts: 350,
        };

        let told = quote(&list(), &all); // 1500 × 1.3 × 1.2 × 1.5 × 1.1 + 350 = 4211

        assert_eq!((told.total, told.min, told.max), (4_200, 3_900, 4_500));
        assert_eq!(
            names(&told),
            ["urgent", "long_description", "several_problems", "evening_or_weekend"]
        );
        assert_eq!(told.modifiers[3].factor, 1.1);
    }

    #[test]
    fn half_a_hundred_is_rounded_up() {
        let half = PriceFacts { parts: 50, ..facts(Category::Electrical) };
        let under = PriceFacts { parts: 49, ..facts(Category::Electrical) };

        assert_eq!(quote(&list(), &half).total, 1_600);
        assert_eq!(quote(&list(), &under).total, 1_500);
    }

    #[test]
    fn the_slot_decides_evening_weekend_and_today() {
        let zone = TimeZone::get("Europe/Kaliningrad").unwrap();
        let now: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap(); // Friday 10:00
        let asked = PriceFacts { today: true, ..facts(Category::General) };
        let at = |start: &str| {
            let facts = asked.clone().in_slot(&list(), start.parse().unwrap(), now, &zone);
            (facts.today, facts.evening_or_weekend)
        };

        assert_eq!(at("2026-11-20T15:30:00Z"), (true, false)); // 17:30
        assert_eq!(at("2026-11-20T16:00:00Z"), (true, true)); // 18:00
        assert_eq!(at("2026-11-21T08:00:00Z"), (false, true)); // Saturday
        assert_eq!(at("2026-11-23T08:00:00Z"), (false, false)); // Monday
    }

    proptest! {
        #[test]
        fn a_quote_is_in_whole_hundreds_and_its_range_holds_the_total(
            category in 0usize..4,
            flags in 0u8..32,
            parts in 0i64..200_000,
        ) {
            let flag = |bit: u8| flags & (1 << bit) != 0;
            let told = quote(&list(), &PriceFacts {
                category: Category::ALL[category],
                urgent: flag(0),
                today: flag(1),
                long_description: flag(2),
                several_problems: flag(3),
                evening_or_weekend: flag(4),
                parts,
            });

            prop_assert!(told.min <= told.total && told.total <= told.max);
            prop_assert!(told.total % 100 == 0 && told.min % 100 == 0 && told.max % 100 == 0);
            prop_assert!((told.total * 93 - told.min * 100).abs() <= 5_000);
            prop_assert!((told.total * 107 - told.max * 100).abs() <= 5_000);
        }
    }

    fn names(quote: &Quote) -> Vec<&str> {
        quote.modifiers.iter().map(|modifier| modifier.name.as_str()).collect()
    }

    fn facts(category: Category) -> PriceFacts {
        PriceFacts {
            category,
            urgent: false,
            today: false,
            long_description: false,
            several_problems: false,
            evening_or_weekend: false,
            parts: 0,
        }
    }

    fn list() -> PriceList {
        PriceList {
            currency: "RUB".into(),
            base: vec![
                (Category::Electrical, 1_500),
                (Category::Plumbing, 1_800),
                (Category::Appliance, 2_000),
                (Category::General, 1_200),
            ],
            urgent: 130,
            today: 120,
            long_description: 120,
            several_problems: 150,
            evening_or_weekend: 110,
            long_description_over: 200,
            evening_from_hour: 18,
        }
    }
}
