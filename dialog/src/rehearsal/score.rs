//! What rehearsals came to: how many callers got what they came for, once and every time.
//!
//! **Never here:** how it is shown.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One run of one scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub scenario: String,
    pub goal: String,
    pub persona: String,
    pub seed: u64,
    /// What went wrong; empty is a pass.
    pub faults: Vec<String>,
    /// Slots that are as they should be, of those that are known to.
    pub slots_right: usize,
    pub slots: usize,
    pub turns: usize,
    pub seconds: f64,
    /// Sentences of the caller cut in two, where sound was used.
    pub cut_offs: usize,
    /// Who said what, first to last.
    pub transcript: Vec<(String, String)>,
}

impl Run {
    pub fn passed(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Shares are of 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub runs: usize,
    pub scenarios: usize,
    /// Share of runs that passed.
    pub pass_1: f64,
    /// Share of scenarios that passed in all their runs.
    pub pass_all: f64,
    /// Runs of each scenario.
    pub tries: usize,
    pub slot_accuracy: f64,
    pub turns: f64,
    pub seconds: f64,
    pub cut_offs: usize,
    /// Passed and all, by manner and by goal.
    pub personas: BTreeMap<String, (usize, usize)>,
    pub goals: BTreeMap<String, (usize, usize)>,
    pub failed: BTreeSet<String>,
}

impl Score {
    pub fn of(runs: &[Run]) -> Self {
        let mut score = Self { runs: runs.len(), ..Self::default() };
        let mut tries: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut right, mut slots, mut turns, mut seconds) = (0, 0, 0, 0.0);
        for run in runs {
            *tries.entry(&run.scenario).or_default() += 1;
            if !run.passed() {
                score.failed.insert(run.scenario.clone());
            }
            count(&mut score.personas, &run.persona, run.passed());
            count(&mut score.goals, &run.goal, run.passed());
            score.cut_offs += run.cut_offs;
            right += run.slots_right;
            slots += run.slots;
            turns += run.turns;
            seconds += run.seconds;
        }
        score.scenarios = tries.len();
        score.tries = tries.values().copied().max().unwrap_or(0);
        score.pass_1 = share(runs.iter().filter(|run| run.passed()).count(), runs.len());
        score.pass_all = share(score.scenarios - score.failed.len(), score.scenarios);
        score.slot_accuracy = share(right, slots);
        score.turns = share(turns, runs.len());
        score.seconds = seconds / (runs.len().max(1)) as f64;
        score
    }

    /// Scenarios that fail now and did not before, and the other way round.
    pub fn against<'a>(&'a self, before: &'a Self) -> (Vec<&'a str>, Vec<&'a str>) {
        let lost = self.failed.difference(&before.failed).map(String::as_str).collect();
        let gained = before.failed.difference(&self.failed).map(String::as_str).collect();
        (lost, gained)
    }
}

fn count(table: &mut BTreeMap<String, (usize, usize)>, name: &str, passed: bool) {
    let (good, all) = table.entry(name.to_owned()).or_default();
    *good += usize::from(passed);
    *all += 1;
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_counts_as_always_passed_only_when_every_run_did() {
        let run = |scenario: &str, seed: u64, fault: Option<&str>| Run {
            scenario: scenario.into(),
            goal: "tap".into(),
            persona: "plain".into(),
            seed,
            faults: fault.map(str::to_owned).into_iter().collect(),
            slots_right: 1,
            slots: 2,
            turns: 4,
            seconds: 1.0,
            cut_offs: 0,
            transcript: Vec::new(),
        };
        let runs =
            [run("a", 1, None), run("a", 2, None), run("b", 1, None), run("b", 2, Some("no job"))];

        let score = Score::of(&runs);

        assert_eq!((score.pass_1, score.pass_all), (0.75, 0.5));
        assert_eq!((score.tries, score.slot_accuracy), (2, 0.5));
        assert_eq!(score.personas["plain"], (3, 4));
        let earlier = Score::of(&runs[..2]);
        assert_eq!(score.against(&earlier), (vec!["b"], vec![]));
    }
}
