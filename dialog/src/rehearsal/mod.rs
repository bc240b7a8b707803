//! Rehearsals: callers made of goals, manners and wordings talk to a conversation, and what must
//! come of it is known beforehand.
//!
//! A [`Cast`] is data of a line of business; it gives [`Scenario`]s; a [`Mind`] plays one of them
//! turn by turn; a [`Score`] sums up what the runs came to.
//!
//! A [`Stage`] plays them over a job core of its own, in words.
//!
//! **Never here:** sound, files, the clock.

mod cast;
mod chance;
mod mind;
mod noise;
mod score;
mod stage;

pub use cast::{Address, Cast, CastError, Expects, Hears, Outcome, Says, Scenario, Split};
pub use chance::Chance;
pub use mind::{Act, Mind};
pub use noise::Noise;
pub use score::{Run, Score};
pub use stage::{Hall, Stage, StageError, Turning, Way, slots};
