//! A master's calendar elsewhere: what keeps them busy there keeps us from sending them, and what we
//! promise on their behalf is written there.
//!
//! **Never here:** how calendars are read and written (web), SQL.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ids::{CalendarId, JobId, MasterId};
use crate::schedule::Span;

/// How far back and ahead a calendar is looked at.
pub const BACK: SignedDuration = SignedDuration::from_hours(24);
pub const AHEAD: SignedDuration = SignedDuration::from_hours(24 * 92);

/// Read again so long after it was read, or could not be.
const READ_EVERY: SignedDuration = SignedDuration::from_mins(5);
const TRY_AGAIN: SignedDuration = SignedDuration::from_mins(15);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarKind {
    /// A file at an address (RFC 5545); it is only read.
    Ical,
    /// A calendar shared with our service account; it is read and written.
    Google,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    pub id: CalendarId,
    pub master: MasterId,
    pub kind: CalendarKind,
    pub address: String,
    pub read: Option<Timestamp>,
    /// Why it could not be read last time.
    pub error: Option<String>,
}

/// A visit as it is written into a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub job: JobId,
    pub span: Span,
    /// "Заявка 1042: подгорел контакт розетки".
    pub title: String,
    pub address: String,
    /// Changes whenever any of it does.
    pub revision: i64,
}

/// When a calendar is read next.
pub fn next_reading(went_well: bool, now: Timestamp) -> Timestamp {
    now + if went_well { READ_EVERY } else { TRY_AGAIN }
}

/// The stretch of time that is read.
pub fn window(now: Timestamp) -> Span {
    Span { start: now - BACK, end: now + AHEAD }
}

/// What is busy of the read stretches: in order, joined where they touch, nothing outside the window.
pub fn busy(read: impl IntoIterator<Item = Span>, window: Span) -> Vec<Span> {
    let inside = |it: &Span| it.end > window.start && it.start < window.end && it.start < it.end;
    let mut spans: Vec<Span> = read.into_iter().filter(inside).collect();
    spans.sort_by_key(|it| (it.start, it.end));
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_stretches_are_joined_and_cut_to_what_matters() {
        let at = |minute: i64| Timestamp::from_second(1_000_000_000 + 60 * minute).unwrap();
        let span = |from, to| Span { start: at(from), end: at(to) };
        let read =
            [span(60, 90), span(0, 30), span(20, 40), span(40, 50), span(5, 5), span(500, 600)];

        let busy = busy(read, span(10, 200));

        assert_eq!(busy, [span(0, 50), span(60, 90)]);
    }
}
