//! A caller put through to a person: the order goes out once the words before it have been heard, and
//! how it ends the conversation is told.
//!
//! **Never here:** how one puts a line through.

use super::*;

/// How it goes, as far as the line can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handover {
    /// Somebody is being called.
    Rings,
    /// A person has taken over.
    Done,
    /// Nobody has, and why.
    Failed(String),
}

#[derive(Debug, Default)]
pub(super) enum PutThrough {
    #[default]
    No,
    /// As soon as the line is quiet.
    Asked(RequestId),
    Ordered {
        request: RequestId,
        rings: bool,
    },
}

impl Call {
    /// Everything before it has been said: now.
    pub(super) fn put_through(&mut self) {
        let PutThrough::Asked(request) = self.put_through else {
            return;
        };
        if self.saying.is_some() || !self.lines.is_empty() {
            return;
        }
        self.put_through = PutThrough::Ordered { request, rings: false };
        self.note_event("put_through", String::new());
        self.outputs.push_back(Output::HandOver);
    }

    pub(super) fn handed_over(&mut self, now: Instant, how: Handover) {
        let PutThrough::Ordered { request, rings } = &mut self.put_through else {
            return;
        };
        let request = *request;
        let done = match how {
            Handover::Rings if *rings => return,
            Handover::Rings => {
                *rings = true;
                return self.note_event("put_through_rings", String::new());
            }
            Handover::Done => true,
            Handover::Failed(why) => {
                self.note_event("put_through_failed", why);
                false
            }
        };
        self.put_through = PutThrough::No;
        self.tell(now, Word::Answered(request, Answer::PutThrough(done)));
        if done {
            self.hang_up(now, End::HandedOver);
        }
    }

    /// Whoever is taken over by somebody else leaves us; some exchanges say no more than that.
    pub(super) fn left_for_a_person(&mut self, now: Instant) -> bool {
        let rings = matches!(self.put_through, PutThrough::Ordered { rings: true, .. });
        if rings {
            self.handed_over(now, Handover::Done);
        }
        rings
    }
}
