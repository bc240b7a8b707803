//! A caller put through to a person: the order goes out once the words before it have been heard, and
//! how it ends the conversation is told.
//!
//! **Never here:** how one puts a line through.

use media::audio::RATE;

use super::*;

/// How it goes, as far as the line can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handover {
    /// Somebody is being called, and the exchange takes the caller there.
    Rings,
    /// We are calling somebody; the caller's line stays ours until it is joined.
    WePhone,
    /// A person has taken over.
    Done,
    /// Nobody has, and why.
    Failed(String),
}

/// While somebody is called for the caller, a tone says so: 425 Hz, a second in five (ITU-T E.180).
const RING_BACK_HZ: f32 = 425.0;
const RING_BACK_LEVEL: f32 = 1_500.0;
const RING_BACK_FRAMES: u32 = 50;
const RING_BACK_EVERY: u32 = 250;

#[derive(Debug, Default)]
pub(super) enum PutThrough {
    #[default]
    No,
    /// As soon as the line is quiet.
    Asked(RequestId),
    Ordered {
        request: RequestId,
        rings: bool,
        /// The tick of the order.
        at: u32,
    },
}

impl PutThrough {
    /// Somebody is there: nothing more to wait for.
    pub(super) fn take(&mut self) -> Option<RequestId> {
        match std::mem::take(self) {
            PutThrough::No => None,
            PutThrough::Asked(request) | PutThrough::Ordered { request, .. } => Some(request),
        }
    }
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
        self.put_through = PutThrough::Ordered { request, rings: false, at: self.ticks };
        self.note_event("put_through", String::new());
        self.outputs.push_back(Output::HandOver);
    }

    /// What the caller hears while somebody is called.
    pub(super) fn ring_back(&self) -> Frame {
        let PutThrough::Ordered { at, .. } = self.put_through else {
            return SILENCE;
        };
        let nth = self.ticks.wrapping_sub(at) % RING_BACK_EVERY;
        let mut frame = SILENCE;
        if nth < RING_BACK_FRAMES {
            let first = nth as usize * frame.len();
            for (nth, sample) in frame.iter_mut().enumerate() {
                let time = (first + nth) as f32 / RATE as f32;
                let phase = std::f32::consts::TAU * RING_BACK_HZ * time;
                *sample = (RING_BACK_LEVEL * phase.sin()) as i16;
            }
        }
        frame
    }

    pub(super) fn handed_over(&mut self, now: Instant, how: Handover) {
        let PutThrough::Ordered { request, rings, .. } = &mut self.put_through else {
            return;
        };
        let request = *request;
        let done = match how {
            Handover::Rings if *rings => return,
            Handover::Rings => {
                *rings = true;
                return self.note_event("put_through_rings", String::new());
            }
            Handover::WePhone => return self.note_event("put_through_rings", String::new()),
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
