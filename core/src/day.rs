//! A master's working day as it is told by phone or message: what comes next, what is done, what
//! was earned.
//!
//! **Never here:** words, SQL.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{JobId, MasterId};
use crate::job::{JobStatus, StepRefused};
use crate::money::Kopecks;
use crate::schedule::{Hours, Span};
use crate::trade::Address;

/// Open jobs of one master in order of start, and the money of the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MasterDay {
    pub master: MasterId,
    /// Family, given, patronymic as far as known.
    pub name: String,
    pub jobs: Vec<DayJob>,
    /// The master's share of jobs finished since midnight.
    pub earned: Kopecks,
    pub finished: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayJob {
    pub job: JobId,
    pub number: String,
    pub status: JobStatus,
    pub span: Span,
    pub client_name: String,
    /// E.164.
    pub client_phone: String,
    pub address: Address,
    pub diagnosis: String,
    pub door_code: String,
    /// The range told to the client, up to what they agreed to since, whole roubles.
    pub told: (i64, i64),
}

/// One thing a master does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DayAct {
    Look,
    Advance {
        job: JobId,
        to: JobStatus,
    },
    /// Done, for this sum. `client_agreed`: the client said so in this very conversation.
    Finish {
        job: JobId,
        amount: Kopecks,
        client_agreed: bool,
    },
    /// The client is to be asked whether that sum is all right.
    AskClient {
        job: JobId,
        amount: Kopecks,
        reason: String,
    },
    /// Will not come: somebody else is found.
    DropOut {
        job: JobId,
    },
    Hours(Vec<HoursChange>),
}

/// Hours of some weekdays from now on, or of one date; no hours: a day off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursChange {
    /// From Monday, which is 0.
    pub days: Vec<usize>,
    pub date: Option<Date>,
    pub hours: Vec<Hours>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum DayRefused {
    #[error("{0}")]
    Step(#[from] StepRefused),
    #[error("job {0} is not this master's")]
    NotYours(JobId),
    #[error("{0} kopecks is no price of a job")]
    NoPrice(i64),
    #[error("{amount} kopecks are more than the {most} the client was told: ask the client")]
    NeedsConsent { amount: i64, most: i64 },
    #[error("job {0} would overlap another visit of this master")]
    Busy(JobId),
}

/// What became of an act, and the day after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayTold {
    pub day: MasterDay,
    pub done: Result<DayDone, DayRefused>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DayDone {
    Looked,
    Advanced(JobStatus),
    /// The master's share of this job.
    Earned(Kopecks),
    /// The client has been written to.
    ClientAsked,
    /// Somebody else was found, or is being looked for.
    DroppedOut {
        found: bool,
    },
    /// Visits outside the new hours that were passed to others.
    HoursSet {
        outside: u32,
    },
}
