//! Which calls are under way, and at which pacemaker each sits.
//!
//! **Never here:** why a call comes or goes, time.

use std::collections::HashMap;

use job_core::ids::{ConversationId, OrgId};

use crate::sip::agent::Leg;

/// A pacemaker with fewer calls takes the next one: every pacemaker at work wakes two hundred times a
/// second, and wakes for a few calls or for many.
const FULL: usize = 250;

#[derive(Debug)]
pub struct Lines {
    /// Calls at the same time.
    most: usize,
    open: HashMap<Leg, usize>,
    /// Whose conversation it is: those that are seated.
    talks: HashMap<ConversationId, (OrgId, Leg)>,
    /// Calls at each pacemaker.
    seated: Vec<usize>,
}

/// Why there is no line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoLine {
    AllTaken,
    /// One more call would make those under way stutter.
    Overloaded,
}

impl Lines {
    pub fn new(most: usize, pacemakers: usize) -> Self {
        let (open, talks) = (HashMap::new(), HashMap::new());
        Self { most, open, talks, seated: vec![0; pacemakers] }
    }

    /// A line at the first pacemaker that is not full, or else at the emptiest; never at a strained one.
    pub fn take(&mut self, leg: Leg, strained: impl Fn(usize) -> bool) -> Result<(), NoLine> {
        if self.open.len() >= self.most {
            return Err(NoLine::AllTaken);
        }
        let able = || (0..self.seated.len()).filter(|&nth| !strained(nth));
        let chosen = able()
            .find(|&nth| self.seated[nth] < FULL)
            .or_else(|| able().min_by_key(|&nth| self.seated[nth]))
            .ok_or(NoLine::Overloaded)?;
        self.seated[chosen] += 1;
        self.open.insert(leg, chosen);
        Ok(())
    }

    /// The pacemaker of a call under way.
    pub fn pacemaker(&self, leg: Leg) -> Option<usize> {
        self.open.get(&leg).copied()
    }

    /// What that call is about, for those who ask for it by its conversation.
    pub fn talks(&mut self, leg: Leg, org: OrgId, conversation: ConversationId) {
        if self.open.contains_key(&leg) {
            self.talks.insert(conversation, (org, leg));
        }
    }

    /// The call of that organisation's conversation, if it is under way.
    pub fn call_of(&self, org: &OrgId, conversation: &ConversationId) -> Option<Leg> {
        let (owner, leg) = self.talks.get(conversation)?;
        (owner == org).then_some(*leg)
    }

    /// The line is free again; says where the call sat.
    pub fn let_go(&mut self, leg: Leg) -> Option<usize> {
        let pacemaker = self.open.remove(&leg)?;
        self.talks.retain(|_, (_, talking)| *talking != leg);
        self.seated[pacemaker] -= 1;
        Some(pacemaker)
    }

    pub fn calls(&self) -> usize {
        self.open.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSTRAINED: fn(usize) -> bool = |_| false;

    #[test]
    fn one_pacemaker_is_filled_before_the_next_wakes_and_then_they_share() {
        let mut lines = Lines::new(10_000, 2);
        let calls = FULL as u64;

        (0..calls).for_each(|nth| lines.take(Leg(nth), UNSTRAINED).unwrap());
        assert_eq!(lines.seated, [FULL, 0]);
        (calls..4 * calls).for_each(|nth| lines.take(Leg(nth), UNSTRAINED).unwrap());
        assert_eq!(lines.seated, [2 * FULL, 2 * FULL]);

        assert_eq!(lines.let_go(Leg(0)), Some(0));
        assert_eq!(lines.let_go(Leg(0)), None);
        assert_eq!((lines.calls(), lines.pacemaker(Leg(1))), (4 * FULL - 1, Some(0)));
    }

    #[test]
    fn a_strained_pacemaker_gets_nobody_and_if_all_are_the_call_is_refused() {
        let mut lines = Lines::new(2, 2);

        lines.take(Leg(1), |nth| nth == 0).unwrap();
        assert_eq!(lines.pacemaker(Leg(1)), Some(1));
        assert_eq!(lines.take(Leg(2), |_| true), Err(NoLine::Overloaded));
        lines.take(Leg(2), UNSTRAINED).unwrap();
        assert_eq!(lines.take(Leg(3), UNSTRAINED), Err(NoLine::AllTaken));
    }
}
