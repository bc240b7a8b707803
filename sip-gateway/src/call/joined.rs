//! Two lines joined: what one end says the other hears. The agent is silent, and both are recorded.
//!
//! **Never here:** which two lines, and how frames travel between them.

use super::*;

/// No two people talk longer; a line both have forgotten does not stay for ever.
const LONGEST: Duration = Duration::from_secs(4 * 3_600);
/// Frames that wait to be said; older ones are stale.
const WAITING_MAX: usize = 5;

/// Frames from the other line.
#[derive(Debug, Default)]
pub(super) struct Joined {
    waiting: VecDeque<Frame>,
}

impl Call {
    pub fn is_joined(&self) -> bool {
        self.joined.is_some()
    }

    /// From now on the other line speaks here.
    pub(super) fn join(&mut self, now: Instant) {
        if self.joined.is_some() {
            return;
        }
        if let Some(request) = self.put_through.take() {
            self.tell(now, Word::Answered(request, Answer::PutThrough(true)));
        }
        self.cut_line(now);
        self.lines.clear();
        self.ending = None;
        self.joined = Some(Joined::default());
        self.note_event("joined", String::new());
    }

    pub(super) fn hear_across(&mut self, frame: Frame) {
        let Some(joined) = &mut self.joined else {
            return;
        };
        if joined.waiting.len() >= WAITING_MAX {
            joined.waiting.pop_front();
        }
        joined.waiting.push_back(frame);
    }

    /// Whether this line is joined; then its 20 ms are done.
    pub(super) fn pass_across(&mut self, now: Instant) -> bool {
        let Some(joined) = &mut self.joined else {
            return false;
        };
        self.said = joined.waiting.pop_front().unwrap_or(SILENCE);
        self.outputs.push_back(Output::Across(Box::new(self.heard)));
        self.send();
        self.report(now);
        self.close(now);
        if now.saturating_duration_since(self.at.0) >= LONGEST {
            self.hang_up(now, End::TimeLimit);
        }
        true
    }
}
