//! Every way a call can end, each with its own name on the call's page.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The conversation came to its end and the agent hung up.
    Completed,
    /// We phoned, and a machine picked up.
    AnsweringMachine,
    /// A person has taken the caller over.
    HandedOver,
    /// The caller hung up after the conversation had come to its end.
    CallerLeft,
    /// The caller hung up in the middle.
    CallerHungUp,
    /// The caller hung up while the agent was speaking.
    CallerHungUpOverAgent,
    /// The caller never spoke or pressed a key, or fell silent for good.
    CallerSilent,
    /// No sound packets arrived for a while: the network or the phone is gone.
    MediaLost,
    /// Somebody in the office hung up.
    HungUpByOffice,
    /// The wall-clock limit.
    TimeLimit,
    /// The recogniser was lost and the caller did not carry on by keypad.
    RecogniserLost,
    /// No voice could say anything more: whoever phoned is phoned back.
    VoiceLost,
    /// All recognisers were taken: the caller was told so.
    Busy,
    /// The 200 was never confirmed by an ACK.
    NotConfirmed,
    /// The process was told to stop.
    ShutDown,
    /// The process died; written at its next start.
    Crashed,
}

impl End {
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::AnsweringMachine => "answering_machine",
            Self::HandedOver => "handed_over",
            Self::CallerLeft => "caller_left",
            Self::CallerHungUp => "caller_hung_up",
            Self::CallerHungUpOverAgent => "caller_hung_up_over_agent",
            Self::CallerSilent => "caller_silent",
            Self::MediaLost => "media_lost",
            Self::HungUpByOffice => "hung_up_by_office",
            Self::TimeLimit => "time_limit",
            Self::RecogniserLost => "recogniser_lost",
            Self::VoiceLost => "voice_lost",
            Self::Busy => "busy",
            Self::NotConfirmed => "not_confirmed",
            Self::ShutDown => "shut_down",
            Self::Crashed => "crashed",
        }
    }
}
