//! Everything that waits, in one table.
//!
//! **Never here:** what happens when the waiting is over.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::time::{Duration, Instant};

use super::event::Transport;

/// Round-trip estimate (RFC 3261 section 17.1.1.1).
pub const T1: Duration = Duration::from_millis(500);
/// The longest pause between two sendings of anything but INVITE.
pub const T2: Duration = Duration::from_secs(4);
/// The longest a message stays in the network.
pub const T4: Duration = Duration::from_secs(5);
/// 64 × T1: the patience of every transaction.
const PATIENCE: Duration = Duration::from_secs(32);
/// Longer than three minutes, as RFC 3261 section 16.6 step 11 asks.
const RING_LIMIT: Duration = Duration::from_secs(181);
/// Somebody who is called answers or does not within so long.
const HANDED_OVER_WITHIN: Duration = Duration::from_secs(60);
/// Routers keep a way by UDP open for 30 s or more (RFC 4787 asks for two minutes, few obey).
const ALIVE_EVERY: Duration = Duration::from_secs(25);

/// RFC 3261 table 4 (A to K), RFC 6026 (L, M), and what dialogs and accounts wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timer {
    /// Send the INVITE again.
    A,
    /// Nobody answers the INVITE.
    B,
    /// It has rung long enough.
    C,
    /// Answer repeated final responses to INVITE this long.
    D,
    /// Send the request again.
    E,
    /// Nobody answers the request.
    F,
    /// Send the final response to INVITE again.
    G,
    /// Nobody acknowledges the final response.
    H,
    /// Absorb repeated ACKs this long.
    I,
    /// Answer repeated requests this long.
    J,
    /// Absorb repeated responses this long.
    K,
    /// Absorb repeated INVITEs after our 2xx this long.
    L,
    /// Pass up repeated 2xx this long.
    M,
    /// Send the 2xx to INVITE again.
    OkAgain,
    /// Nobody acknowledges the 2xx.
    AckMissing,
    /// Send the ringing again (RFC 3262 section 3).
    RingAgain,
    /// Nobody says that the ringing arrived.
    PrackMissing,
    /// Nothing is heard of a handover any more.
    HandoverSilent,
    /// Nobody on our side has decided about an INVITE, and its caller may be gone unheard.
    Undecided,
    /// A sign of life is due, ours or theirs; how long that waits was agreed (RFC 4028).
    Session,
    /// Register again; how long that waits is the registrar's to say.
    Register,
    /// Two offers have crossed, and ours may be made again; how long that waits is drawn.
    GlareOver,
    /// The way to the registrar is kept open: networks between forget it within half a minute.
    KeepAlive,
}

/// How a timer behaves over datagrams, and what is left of it over streams.
struct Row {
    first: Duration,
    /// Each next pause doubles up to this; `None`: it fires once.
    doubles_to: Option<Duration>,
    over_streams: OverStreams,
}

enum OverStreams {
    Same,
    /// The state it guards is left at once.
    Zero,
    /// The transport repeats, so we do not.
    Off,
}

impl Timer {
    fn row(self) -> Row {
        use OverStreams::{Off, Same, Zero};
        let (first, doubles_to, over_streams) = match self {
            Timer::A => (T1, Some(Duration::MAX), Off),
            Timer::B => (PATIENCE, None, Same),
            Timer::C => (RING_LIMIT, None, Same),
            Timer::D => (PATIENCE, None, Zero),
            Timer::E => (T1, Some(T2), Off),
            Timer::F => (PATIENCE, None, Same),
            Timer::G => (T1, Some(T2), Off),
            Timer::H => (PATIENCE, None, Same),
            Timer::I => (T4, None, Zero),
            Timer::J => (PATIENCE, None, Zero),
            Timer::K => (T4, None, Zero),
            Timer::L => (PATIENCE, None, Same),
            Timer::M => (PATIENCE, None, Same),
            Timer::OkAgain => (T1, Some(T2), Same),
            Timer::RingAgain => (T1, Some(Duration::MAX), Same),
            Timer::PrackMissing => (PATIENCE, None, Same),
            Timer::HandoverSilent => (HANDED_OVER_WITHIN, None, Same),
            Timer::Undecided => (RING_LIMIT, None, Same),
            Timer::KeepAlive => (ALIVE_EVERY, None, Off),
            Timer::AckMissing | Timer::Session | Timer::Register | Timer::GlareOver => {
                (PATIENCE, None, Same)
            }
        };
        Row { first, doubles_to, over_streams }
    }

    /// The first wait over this transport: zero where the state is to be left at once, `None`
    /// where the timer is not used.
    pub fn first(self, transport: Transport) -> Option<Duration> {
        let row = self.row();
        match row.over_streams {
            OverStreams::Zero if transport.is_reliable() => Some(Duration::ZERO),
            OverStreams::Off if transport.is_reliable() => None,
            OverStreams::Same | OverStreams::Zero | OverStreams::Off => Some(row.first),
        }
    }

    /// The wait that follows a wait of `last`.
    pub fn next(self, last: Duration) -> Option<Duration> {
        self.row().doubles_to.map(|most| last.saturating_mul(2).min(most))
    }
}

/// All pending waits of one agent, soonest first. A timer set twice keeps the later setting.
#[derive(Debug)]
pub struct Timers<Owner> {
    due: BTreeSet<(Instant, Owner, Timer)>,
    set: HashMap<(Owner, Timer), Instant>,
}

impl<Owner> Default for Timers<Owner> {
    fn default() -> Self {
        Timers { due: BTreeSet::new(), set: HashMap::new() }
    }
}

impl<Owner: Copy + Ord + Hash> Timers<Owner> {
    pub fn set(&mut self, owner: Owner, timer: Timer, at: Instant) {
        if let Some(earlier) = self.set.insert((owner, timer), at) {
            self.due.remove(&(earlier, owner, timer));
        }
        self.due.insert((at, owner, timer));
    }

    pub fn stop(&mut self, owner: Owner, timer: Timer) {
        if let Some(at) = self.set.remove(&(owner, timer)) {
            self.due.remove(&(at, owner, timer));
        }
    }

    pub fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _, _)| *at)
    }

    /// The soonest timer due by `now`, no longer pending.
    pub fn pop(&mut self, now: Instant) -> Option<(Owner, Timer)> {
        let (at, owner, timer) = *self.due.first()?;
        if at > now {
            return None;
        }

        self.due.pop_first();
        self.set.remove(&(owner, timer));
        Some((owner, timer))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::start;
    use super::*;

    #[test]
    fn resending_doubles_up_to_its_ceiling() {
        let mut wait = Timer::E.first(Transport::Udp);
        let mut waits = Vec::new();

        for _ in 0..5 {
            waits.extend(wait);
            wait = wait.and_then(|last| Timer::E.next(last));
        }

        let millis: Vec<u128> = waits.iter().map(Duration::as_millis).collect();
        assert_eq!(millis, [500, 1000, 2000, 4000, 4000]);
    }

    #[test]
    fn streams_neither_resend_nor_linger() {
        assert_eq!(Timer::A.first(Transport::Tcp), None);
        assert_eq!(Timer::K.first(Transport::Tcp), Some(Duration::ZERO));
        assert_eq!(Timer::B.first(Transport::Tcp), Some(PATIENCE));
        assert_eq!(Timer::B.next(PATIENCE), None);
    }

    #[test]
    fn a_stopped_or_moved_timer_does_not_fire() {
        let (mut timers, start) = (Timers::default(), start());
        timers.set(1, Timer::A, start + T1);
        timers.set(1, Timer::A, start + T2);
        timers.set(2, Timer::B, start + T1);
        timers.stop(2, Timer::B);

        let early = timers.pop(start + T1);
        let late = timers.pop(start + T2);

        assert_eq!((early, late), (None, Some((1, Timer::A))));
        assert_eq!(timers.next(), None);
    }
}
