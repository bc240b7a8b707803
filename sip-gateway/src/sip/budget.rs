//! Which numbers we phone by ourselves, and how often: a stolen key or a mad loop costs an hour's calls
//! and not a month's.
//!
//! **Never here:** the exchange, what is said.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const AN_HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    #[error("{0} begins with none of outgoing.prefixes")]
    Prefix(String),
    #[error("outgoing.per_hour = {per_hour} calls were placed this hour")]
    Spent { per_hour: usize, again_in: Duration },
}

#[derive(Debug)]
pub struct Budget {
    prefixes: Vec<String>,
    per_hour: usize,
    placed: VecDeque<Instant>,
}

impl Budget {
    /// Numbers are compared as they are dialled, `+7…`.
    pub fn new(prefixes: Vec<String>, per_hour: usize) -> Self {
        Budget { prefixes, per_hour, placed: VecDeque::new() }
    }

    /// One more call, if it may be.
    pub fn take(&mut self, now: Instant, number: &str) -> Result<(), NotAllowed> {
        if !self.prefixes.iter().any(|prefix| number.starts_with(prefix.as_str())) {
            return Err(NotAllowed::Prefix(number.to_owned()));
        }
        let past = |at: &Instant| now.saturating_duration_since(*at) >= AN_HOUR;
        while self.placed.pop_front_if(|at| past(at)).is_some() {}
        if self.placed.len() >= self.per_hour {
            let first = self.placed.front().copied().unwrap_or(now);
            let again_in = AN_HOUR.saturating_sub(now.saturating_duration_since(first));
            return Err(NotAllowed::Spent { per_hour: self.per_hour, again_in });
        }
        self.placed.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::start;
    use super::*;

    #[test]
    fn only_allowed_numbers_are_called_and_only_so_many_an_hour() {
        let mut budget = Budget::new(vec!["+7".into(), "+49".into()], 2);
        let now = start();
        let number = "+74012000000";

        assert_eq!(
            budget.take(now, "+88210000000"),
            Err(NotAllowed::Prefix("+88210000000".into()))
        );
        assert_eq!(budget.take(now, number), Ok(()));
        assert_eq!(budget.take(now + AN_HOUR / 2, "+4930000000"), Ok(()));
        let spent = NotAllowed::Spent { per_hour: 2, again_in: AN_HOUR / 4 };
        assert_eq!(budget.take(now + AN_HOUR * 3 / 4, number), Err(spent));
        assert_eq!(budget.take(now + AN_HOUR, number), Ok(()));
        assert!(Budget::new(vec![], 2).take(now, number).is_err(), "nothing is allowed by default");
    }
}
