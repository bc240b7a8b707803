//! A network between two ends: loses, delays, doubles and reorders, all from one seed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What the network does to packets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    /// Lost packets, in thousandths.
    pub loss: u32,
    /// Doubled packets, in thousandths.
    pub doubled: u32,
    pub delay: Duration,
    /// Each packet is late by up to this much more.
    pub jitter: Duration,
}

impl Weather {
    pub const CLEAR: Self =
        Self { loss: 0, doubled: 0, delay: Duration::from_millis(10), jitter: Duration::ZERO };

    /// 2 % loss, 30 ms jitter.
    pub const ROUGH: Self = Self {
        loss: 20,
        doubled: 5,
        delay: Duration::from_millis(40),
        jitter: Duration::from_millis(30),
    };
}

/// One direction of the network.
#[derive(Debug)]
pub struct Link {
    weather: Weather,
    random: ChaCha8Rng,
    under_way: BinaryHeap<Reverse<(Instant, u64, Vec<u8>)>>,
    sent: u64,
}

impl Link {
    pub fn new(weather: Weather, seed: u64) -> Self {
        Self {
            weather,
            random: ChaCha8Rng::seed_from_u64(seed),
            under_way: BinaryHeap::new(),
            sent: 0,
        }
    }

    pub fn send(&mut self, now: Instant, bytes: &[u8]) {
        let copies = if self.chance(self.weather.doubled) { 2 } else { 1 };
        for _ in 0..copies {
            if self.chance(self.weather.loss) {
                continue;
            }
            let at = now + self.weather.delay + self.lateness();
            self.sent += 1;
            self.under_way.push(Reverse((at, self.sent, bytes.to_vec())));
        }
    }

    /// The next packet that has arrived by now.
    pub fn receive(&mut self, now: Instant) -> Option<Vec<u8>> {
        let Reverse((at, ..)) = self.under_way.peek()?;
        if *at > now {
            return None;
        }
        self.under_way.pop().map(|Reverse((_, _, bytes))| bytes)
    }

    fn chance(&mut self, thousandths: u32) -> bool {
        thousandths > 0 && self.random.next_u32() % 1000 < thousandths
    }

    fn lateness(&mut self) -> Duration {
        let most = self.weather.jitter.as_micros() as u32;
        if most == 0 {
            return Duration::ZERO;
        }
        Duration::from_micros(u64::from(self.random.next_u32() % most))
    }
}
