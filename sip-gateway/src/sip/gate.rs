//! Who may speak SIP to us at all. Strangers get no answer: to a scanner nobody is here.
//!
//! **Never here:** sockets, what a message says, who may call which number.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// A guest may say so much at once, and then so much a second.
const BURST: f64 = 60.0;
const A_SECOND: f64 = 20.0;
/// Guests and strangers remembered; beyond it the oldest news are forgotten.
const SOURCES_MAX: usize = 10_000;
/// What was dropped is told so often.
const TELLS_EVERY: Duration = Duration::from_secs(60);

/// Addresses whose first bits are the same: `192.0.2.0/24`, or a single one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Net {
    address: IpAddr,
    bits: u8,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: write 192.0.2.0/24, 2001:db8::/32 or a single address")]
pub struct NetError(String);

/// What became of strangers and of guests who said too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub dropped: u64,
    pub sources: usize,
}

#[derive(Debug)]
pub struct Gate {
    guests: Vec<Net>,
    /// Exchanges: as much as they like.
    friends: HashSet<IpAddr>,
    allowances: HashMap<IpAddr, Allowance>,
    strangers: HashSet<IpAddr>,
    tally: Tally,
    told: Option<Instant>,
}

#[derive(Debug)]
struct Allowance {
    left: f64,
    since: Instant,
}

impl FromStr for Net {
    type Err = NetError;

    fn from_str(text: &str) -> Result<Self, NetError> {
        let error = || NetError(text.to_owned());
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.trim().parse().map_err(|_| error())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => {
                bits.trim().parse().ok().filter(|bits| *bits <= most).ok_or_else(error)?
            }
            None => most,
        };
        Ok(Net { address, bits })
    }
}

impl Net {
    /// Of IPv4 and IPv6 alike; an IPv4 address written as IPv6 is what it is.
    pub fn holds(&self, address: IpAddr) -> bool {
        let shared = |ours: u128, theirs: u128, width: u32| {
            let kept = u32::from(self.bits).min(width);
            kept == 0 || (ours ^ theirs) >> (width - kept) == 0
        };
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => shared(bits4(ours), bits4(theirs), 32),
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => shared(bits6(ours), bits6(theirs), 128),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn bits4(address: Ipv4Addr) -> u128 {
    u128::from(address.to_bits())
}

fn bits6(address: Ipv6Addr) -> u128 {
    address.to_bits()
}

impl Gate {
    /// Guests may speak, but not too much; everybody else only on the machine itself.
    pub fn new(guests: Vec<Net>) -> Self {
        Gate {
            guests,
            friends: HashSet::new(),
            allowances: HashMap::new(),
            strangers: HashSet::new(),
            tally: Tally::default(),
            told: None,
        }
    }

    pub fn befriend(&mut self, address: IpAddr) {
        self.friends.insert(address.to_canonical());
    }

    pub fn is_friend(&self, address: IpAddr) -> bool {
        self.friends.contains(&address.to_canonical())
    }

    /// Whether something from there is let in.
    pub fn lets_in(&mut self, now: Instant, from: IpAddr) -> bool {
        let from = from.to_canonical();
        let free = from.is_loopback() || self.friends.contains(&from);
        let let_in = free || (self.is_guest(from) && self.may_say_more(now, from));
        if !let_in {
            self.tally.dropped += 1;
            if self.strangers.len() < SOURCES_MAX {
                self.strangers.insert(from);
            }
        }
        let_in
    }

    fn is_guest(&self, from: IpAddr) -> bool {
        self.guests.iter().any(|net| net.holds(from))
    }

    fn may_say_more(&mut self, now: Instant, from: IpAddr) -> bool {
        if self.allowances.len() >= SOURCES_MAX && !self.allowances.contains_key(&from) {
            self.allowances.retain(|_, allowance| allowance.regained(now) < BURST);
            if self.allowances.len() >= SOURCES_MAX {
                return false;
            }
        }
        let fresh = Allowance { left: BURST, since: now };
        let allowance = self.allowances.entry(from).or_insert(fresh);
        *allowance = Allowance { left: allowance.regained(now), since: now };
        let may = allowance.left >= 1.0;
        if may {
            allowance.left -= 1.0;
        }
        may
    }

    /// What was dropped since it was last told, once a minute.
    pub fn tell(&mut self, now: Instant) -> Option<Tally> {
        let told = *self.told.get_or_insert(now);
        if self.tally.dropped == 0 || now.saturating_duration_since(told) < TELLS_EVERY {
            return None;
        }
        self.told = Some(now);
        let tally = Tally { sources: self.strangers.len(), ..self.tally };
        self.strangers.clear();
        self.tally = Tally::default();
        Some(tally)
    }
}

impl Allowance {
    fn regained(&self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        (self.left + passed * A_SECOND).min(BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::start;
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_hold_the_addresses_they_say() {
        let net: Net = "192.0.2.0/24".parse().unwrap();
        assert!(net.holds(ip("192.0.2.255")) && net.holds(ip("::ffff:192.0.2.1")));
        assert!(!net.holds(ip("192.0.3.0")) && !net.holds(ip("2001:db8::1")));
        let all: Net = "0.0.0.0/0".parse().unwrap();
        assert!(all.holds(ip("203.0.113.7")));
        let six: Net = "2001:db8::/33".parse().unwrap();
        assert!(six.holds(ip("2001:db8:7fff::1")) && !six.holds(ip("2001:db8:8000::1")));
        let one: Net = "192.0.2.7".parse().unwrap();
        assert!(one.holds(ip("192.0.2.7")) && !one.holds(ip("192.0.2.8")));
        for wrong in ["", "example.org", "192.0.2.0/33", "192.0.2.0/x", "::/129"] {
            assert!(wrong.parse::<Net>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn strangers_are_not_let_in_friends_always_are() {
        let (mut gate, now) = (Gate::new(vec![]), start());
        gate.befriend(ip("192.0.2.1"));

        assert!(!gate.lets_in(now, ip("192.0.2.2")));
        for _ in 0..10_000 {
            assert!(gate.lets_in(now, ip("192.0.2.1")) && gate.lets_in(now, ip("127.0.0.1")));
        }
    }

    #[test]
    fn a_guest_who_says_too_much_is_heard_again_a_moment_later() {
        let (mut gate, now) = (Gate::new(vec!["198.51.100.0/24".parse().unwrap()]), start());
        let heard = |gate: &mut Gate, at: Duration| {
            (0..200).filter(|_| gate.lets_in(now + at, ip("198.51.100.9"))).count()
        };

        assert_eq!(heard(&mut gate, Duration::ZERO), BURST as usize);
        assert_eq!(heard(&mut gate, Duration::from_millis(500)), A_SECOND as usize / 2);
        assert!(gate.lets_in(now, ip("198.51.100.10")), "another guest is another guest");
    }

    #[test]
    fn what_was_dropped_is_told_once_a_minute() {
        let (mut gate, now) = (Gate::new(vec![]), start());
        assert_eq!(gate.tell(now), None);
        for last in 1..=3 {
            gate.lets_in(now, IpAddr::from([203, 0, 113, last]));
            gate.lets_in(now, IpAddr::from([203, 0, 113, last]));
        }

        assert_eq!(gate.tell(now + TELLS_EVERY / 2), None);
        assert_eq!(gate.tell(now + TELLS_EVERY), Some(Tally { dropped: 6, sources: 3 }));
        assert_eq!(gate.tell(now + TELLS_EVERY * 3), None);
    }

    #[test]
    fn a_flood_from_everywhere_fills_no_memory() {
        let (mut gate, now) = (Gate::new(vec!["10.0.0.0/8".parse().unwrap()]), start());

        for source in 0..3 * SOURCES_MAX as u32 {
            gate.lets_in(now, IpAddr::from(Ipv4Addr::from_bits(0x0a00_0000 + source)));
        }

        assert!(gate.allowances.len() <= SOURCES_MAX && gate.strangers.len() <= SOURCES_MAX);
    }
}
