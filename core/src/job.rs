//! A job and its life: draft → quoted → booked → offered → accepted → on the way → started → done →
//! paid; queued while nobody can be sent, or cancelled on the way. An illegal step is refused with its
//! reason.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, JobId};
use crate::slot::Offer;
use crate::trade::{Address, Category, Urgency};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    Draft,
    Quoted,
    /// The visit is agreed and nobody can be sent; tried again whenever the masters' days change.
    Queued,
    /// A master's time is promised.
    Booked,
    /// That master, or several at once, are asked.
    Offered,
    Accepted,
    OnTheWay,
    Started,
    Done,
    Paid,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum StepRefused {
    #[error("a job that is {from} cannot become {to}: next comes {next}")]
    OutOfOrder { from: JobStatus, to: JobStatus, next: JobStatus },
    #[error("a job that is {from} is over")]
    Over { from: JobStatus },
    #[error("a job that is {from} can no longer be cancelled: the master is at work")]
    AtWork { from: JobStatus },
    #[error("nobody can be sent to a job that is queued: assign a master, or move it")]
    NoMaster,
}

impl JobStatus {
    /// The status after a step, or why there is none.
    pub fn step(self, to: Self) -> Result<Self, StepRefused> {
        let Some(next) = self.next() else {
            return Err(StepRefused::Over { from: self });
        };
        if to == Self::Cancelled {
            return if self.is_changeable() {
                Ok(to)
            } else {
                Err(StepRefused::AtWork { from: self })
            };
        }
        if self == Self::Queued {
            return Err(StepRefused::NoMaster);
        }

        if to == next { Ok(to) } else { Err(StepRefused::OutOfOrder { from: self, to, next }) }
    }

    /// Whether its master may still say that they will not come, or be replaced.
    pub fn may_lose_master(self) -> bool {
        (Self::Booked..=Self::OnTheWay).contains(&self)
    }

    /// Whether a master is kept busy by it, or was.
    pub fn has_master(self) -> bool {
        self >= Self::Booked && self != Self::Cancelled
    }

    /// The steps that lead from here to there, none where it is there already.
    pub fn steps_to(self, to: Self) -> Result<Vec<Self>, StepRefused> {
        let (mut at, mut steps) = (self, Vec::new());
        if self == Self::Queued {
            return Err(StepRefused::NoMaster);
        }
        while at != to {
            let Some(next) = at.next() else {
                return Err(StepRefused::Over { from: self });
            };
            if next > to {
                return Err(StepRefused::OutOfOrder { from: self, to, next });
            }
            steps.push(next);
            at = next;
        }
        Ok(steps)
    }

    /// Before the master has begun, a client may move or cancel.
    pub fn is_changeable(self) -> bool {
        self < Self::Started
    }

    /// A master is on the way or there.
    pub fn is_at_work(self) -> bool {
        matches!(self, Self::OnTheWay | Self::Started)
    }

    /// Neither finished nor cancelled.
    pub fn is_open(self) -> bool {
        self < Self::Done
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Draft => Some(Self::Quoted),
            Self::Quoted | Self::Queued => Some(Self::Booked),
            Self::Booked => Some(Self::Offered),
            Self::Offered => Some(Self::Accepted),
            Self::Accepted => Some(Self::OnTheWay),
            Self::OnTheWay => Some(Self::Started),
            Self::Started => Some(Self::Done),
            Self::Done => Some(Self::Paid),
            Self::Paid | Self::Cancelled => None,
        }
    }

    /// As the API and the database write it, e.g. `on_the_way`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Quoted => "quoted",
            Self::Queued => "queued",
            Self::Booked => "booked",
            Self::Offered => "offered",
            Self::Accepted => "accepted",
            Self::OnTheWay => "on_the_way",
            Self::Started => "started",
            Self::Done => "done",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One line of the list of jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    /// Short number a caller can say.
    pub number: String,
    pub status: JobStatus,
    pub conversation: ConversationId,
    pub category: Category,
    pub urgency: Urgency,
    pub diagnosis: String,
    pub client_name: String,
    /// E.164.
    pub client_phone: String,
    pub address: Address,
    pub offer: Offer,
    pub master_name: String,
    /// Whole roubles.
    pub total: i64,
    /// Secret part of the tracking link `/t/{tracking}`.
    pub tracking: String,
    pub door_code: String,
    pub booked: jiff::Timestamp,
}

/// One step of a job's life, as it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryLine {
    pub at: jiff::Timestamp,
    /// Status it became.
    pub status: JobStatus,
    /// Who or what did it: a conversation's id, a user's login, `system`.
    pub by: String,
    /// What else changed, e.g. "moved from 2026-11-23T08:00:00Z".
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: [JobStatus; 9] = [
        JobStatus::Draft,
        JobStatus::Quoted,
        JobStatus::Booked,
        JobStatus::Offered,
        JobStatus::Accepted,
        JobStatus::OnTheWay,
        JobStatus::Started,
        JobStatus::Done,
        JobStatus::Paid,
    ];

    #[test]
    fn a_job_lives_from_draft_to_paid() {
        for pair in LIFE.windows(2) {
            assert_eq!(pair[0].step(pair[1]), Ok(pair[1]));
        }
    }

    #[test]
    fn no_step_is_skipped_and_the_refusal_says_which() {
        let refused = JobStatus::Booked.step(JobStatus::Started).unwrap_err();

        assert_eq!(
            refused.to_string(),
            "a job that is booked cannot become started: next comes offered"
        );
    }

    #[test]
    fn a_master_is_lost_until_the_work_begins_and_no_step_goes_back() {
        for status in LIFE {
            let between = status >= JobStatus::Booked && status <= JobStatus::OnTheWay;
            assert_eq!(status.may_lose_master(), between);
        }
        assert!(JobStatus::Accepted.step(JobStatus::Booked).is_err());
        assert!(JobStatus::Booked.step(JobStatus::Queued).is_err());
        assert_eq!(JobStatus::Queued.step(JobStatus::Booked), Err(StepRefused::NoMaster));
        assert_eq!(JobStatus::Queued.step(JobStatus::Cancelled), Ok(JobStatus::Cancelled));
        assert!(!JobStatus::Queued.has_master() && !JobStatus::Cancelled.has_master());
    }

    #[test]
    fn a_job_is_cancelled_until_the_master_begins() {
        for status in LIFE {
            assert_eq!(status.step(JobStatus::Cancelled).is_ok(), status < JobStatus::Started);
        }
        assert!(JobStatus::Cancelled.step(JobStatus::Booked).is_err());
    }
}
