//! What goes into a call and what comes out of it.
//!
//! **Never here:** how any of it is decided.

use std::time::{Duration, Instant};

use dialog::conversation::{Answer, Conversation, Reply, Request, RequestId};
use jiff::Timestamp;
use job_core::trade::Language;
use media::audio::Frame;
use media::speech::{Expect, Heard, Spoken};
use media::turn::TurnId;

use super::end::End;
use super::handover::Handover;
use super::line::{Agreed, Origin};
use super::note::Note;

#[derive(Debug)]
pub enum Input<'a> {
    /// The call is answered: greet.
    Answered,
    /// A datagram of the media socket.
    Packet(&'a [u8]),
    /// 20 ms have passed: hear one frame, send one frame.
    Tick,
    Heard(TurnId, Heard),
    Spoken(TurnId, Spoken),
    Core(RequestId, Answer),
    /// A key that came beside the sound.
    Key(char),
    /// The other end has changed the terms; `held` while it wants to hear nothing.
    Reagreed {
        agreed: Agreed,
        held: bool,
    },
    /// Somebody else has taken the other end's place.
    GoesOnWith(String),
    /// How putting the caller through goes.
    HandedOver(Handover),
    /// The line is joined with another.
    Joined,
    /// 20 ms from there.
    Across(Frame),
    /// From now on nothing is recorded but silence, or everything again.
    Hide(bool),
    /// The other end hung up.
    HungUp,
    /// End the call for this reason without another word.
    Stop(End),
}

impl Input<'_> {
    /// Words, sound and answers that only the agent has a use for.
    pub(super) fn is_for_the_agent(&self) -> bool {
        match self {
            Input::Heard(..) | Input::Spoken(..) | Input::Core(..) | Input::Key(_) => true,
            Input::Answered | Input::Packet(_) | Input::Tick | Input::Reagreed { .. } => false,
            Input::GoesOnWith(_) | Input::HandedOver(_) | Input::Joined | Input::Across(_) => false,
            Input::HungUp | Input::Stop(_) | Input::Hide(_) => false,
        }
    }
}

#[derive(Debug)]
pub enum Output {
    /// `Call::packets` holds packets to send.
    Packets,
    /// To tell the other end how it is heard.
    Report(Vec<u8>),
    /// The recogniser: an utterance begins; `back` holds the frames of its first moments. A turn of
    /// the caller is one utterance, or several where they paused.
    Listen { turn: TurnId, expect: Expect, back: Vec<Frame> },
    /// The recogniser: `Call::heard` belongs to this utterance.
    Hear(TurnId),
    /// The recogniser: the utterance is over, final words please.
    Settle(TurnId),
    /// The recogniser: it was no utterance after all.
    Forget(TurnId),
    /// The recogniser failed: open another stream.
    Reopen,
    /// The synthesiser: speak.
    Speak { line: TurnId, text: String, language: Language },
    /// The synthesiser: what it still makes of this line is not wanted.
    Hush(TurnId),
    /// The job core.
    Ask(RequestId, Request),
    /// The call's page.
    Note(Note),
    /// What was recorded from then to then is silence from now on.
    Blank { from: Duration, to: Duration },
    /// The conversation's memory changed: keep it, so that a dropped call can go on.
    Remember,
    /// Put the caller through to a person; how that goes comes back as `Input::HandedOver`.
    HandOver,
    /// Join the line with the one it was phoned for.
    Join,
    /// 20 ms for the line joined with this one.
    Across(Box<Frame>),
    /// Hang up and close everything.
    HangUp(End),
}

/// What a call begins with.
#[derive(Debug)]
pub struct Start {
    pub agreed: Agreed,
    pub origin: Origin,
    pub talk: Talk,
    /// Both clocks at the moment of answering.
    pub at: (Instant, Timestamp),
    pub longest: Duration,
    /// The recogniser's final words come this long after they are asked for.
    pub words_late: Duration,
    /// Draft answers while the caller still speaks: sooner, for more work of the synthesiser.
    pub drafts: bool,
    /// The recogniser hears the caller with less noise around them.
    pub denoises: bool,
    /// We have phoned: whoever picked up speaks first, and is told this before anything else.
    pub errand: Option<Errand>,
}

/// What we have phoned for.
#[derive(Debug)]
pub struct Errand {
    pub reply: Reply,
    /// Whoever picked up is joined with somebody else's line, once all is said.
    pub joins: bool,
}

/// Who answers.
#[derive(Debug)]
pub enum Talk {
    Conversation(Box<Conversation>),
    /// One line, then the end: all recognisers are taken.
    Notice {
        reply: Reply,
        language: Language,
        end: End,
    },
    /// One line over and over until the caller hangs up; nobody listens, both sides are recorded.
    Prompt {
        reply: Reply,
        language: Language,
        /// Voice activity is looked for all the same.
        listens: bool,
    },
}
