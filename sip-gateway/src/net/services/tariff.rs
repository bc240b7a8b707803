//! What services cost, as the owner has written it down.
//!
//! **Never here:** who pays, how much was used.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use job_core::usage::{MicroRoubles, Unit, Used};
use media::speech::Share;

use super::settings::{Service, Use};

/// A telephone line, in usage.
pub const LINE: &str = "line";

/// Roubles by service and unit.
#[derive(Debug, Clone, Default)]
pub struct Tariff(HashMap<(String, Unit), f64>);

impl Tariff {
    /// `line`: roubles for a minute of a telephone line.
    pub fn of(services: &BTreeMap<String, Service>, line: f64) -> Self {
        let mut prices = HashMap::from([((LINE.to_owned(), Unit::Line), line)]);
        for (name, service) in services {
            let unit = match service.good_for() {
                Use::Hears => Unit::Heard,
                Use::Speaks => Unit::Spoken,
                Use::Thinks => Unit::Read,
            };
            prices.insert((name.clone(), unit), service.price);
            prices.insert((name.clone(), Unit::Written), service.price_written);
        }
        Tariff(prices)
    }

    pub fn used(&self, service: &str, unit: Unit, amount: i64) -> Used {
        let price = self.0.get(&(service.to_owned(), unit)).copied().unwrap_or_default();
        let cost = MicroRoubles::of(price, unit.per(), amount);
        Used { service: service.to_owned(), unit, amount, cost }
    }

    pub fn share(&self, service: &str, share: Share) -> Used {
        let milliseconds = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        match share {
            Share::Heard(time) => self.used(service, Unit::Heard, milliseconds(time)),
            Share::Spoken(characters) => {
                self.used(service, Unit::Spoken, i64::try_from(characters).unwrap_or(i64::MAX))
            }
        }
    }

    pub fn line(&self, time: Duration) -> Used {
        self.used(LINE, Unit::Line, i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }
}
