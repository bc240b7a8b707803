//! A message's way out: which channel carries it, what follows from what a provider answered, and when
//! it may ring.
//!
//! **Never here:** HTTP, wording, SQL.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::schedule::{Clock, Hours};

/// On one channel a message is tried so often.
const TRIES_MAX: u32 = 5;
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(5);
/// No provider puts a message off for longer.
const WAIT_MAX: SignedDuration = SignedDuration::from_mins(10);
/// What a provider took is asked after so often, then it counts as sent.
const CHECKS_MAX: u32 = 3;
const FIRST_CHECK: SignedDuration = SignedDuration::from_secs(20);
/// A message that could not be sent for a day is of no use any more.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    SmsRu,
    Twilio,
    Telegram,
    Whatsapp,
    Viber,
    Vk,
    Max,
    Email,
    Push,
    /// The customer's own system.
    Webhook,
    /// We phone and say it.
    Call,
}

/// Which channels carry messages to whom; the next one where the one before failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Routes {
    pub client: Vec<Channel>,
    pub master: Vec<Channel>,
    pub operator: Vec<Channel>,
    /// Outside these hours nobody is written to who can wait.
    pub awake: Hours,
}

impl Channel {
    /// Whether it goes to a telephone number, as everybody has one.
    pub fn goes_to_phone(self) -> bool {
        matches!(self, Self::SmsRu | Self::Twilio | Self::Whatsapp | Self::Webhook | Self::Call)
    }
}

impl Default for Routes {
    fn default() -> Self {
        Self {
            client: vec![
                Channel::Telegram,
                Channel::Whatsapp,
                Channel::Max,
                Channel::Viber,
                Channel::Vk,
                Channel::SmsRu,
                Channel::Twilio,
                Channel::Call,
            ],
            master: vec![
                Channel::Push,
                Channel::Telegram,
                Channel::Max,
                Channel::SmsRu,
                Channel::Twilio,
                Channel::Email,
                Channel::Call,
            ],
            operator: vec![Channel::Webhook],
            awake: Hours { from: Clock::at(9, 0), to: Clock::at(21, 0) },
        }
    }
}

impl Routes {
    /// `recipient` as the outbox writes it.
    pub fn of(&self, recipient: &str) -> &[Channel] {
        match recipient {
            "master" => &self.master,
            "operator" => &self.operator,
            _ => &self.client,
        }
    }

    /// When such a message may go; now, unless it can wait and people sleep.
    pub fn may_go(&self, template: &str, now: Timestamp, zone: &TimeZone) -> Timestamp {
        if can_wait(template) { self.next_awake(now, zone) } else { now }
    }

    /// Now, or the morning after it where people sleep.
    pub fn next_awake(&self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let local = now.to_zoned(zone.clone());
        let today = self.awake.from.on(local.date(), zone);
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        if self.awake.from.minutes() <= minute && minute < self.awake.to.minutes() {
            return now;
        }
        let morning = match today {
            Some(today) if today > now => Some(today),
            _ => local.date().tomorrow().ok().and_then(|date| self.awake.from.on(date, zone)),
        };

        morning.unwrap_or(now)
    }
}

/// What a booking sets off goes at once, at whatever hour it was made.
fn can_wait(template: &str) -> bool {
    matches!(template, "review" | "earned" | "reminder_day" | "confirm_day")
}

/// What came of handing a message to a provider, or of asking after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived, or this provider tells no more.
    Delivered { id: Option<String> },
    /// The provider has it; whether it arrives will be known later.
    Taken { id: String },
    /// Not now: down, slow, busy.
    Later { why: String, after: Option<SignedDuration> },
    /// Not through this channel, however often.
    Refused { why: String },
}

/// Where a message stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// `None` before the first try.
    pub channel: Option<Channel>,
    /// Tries on this channel, or checks once the provider has it.
    pub attempts: u32,
    /// The provider's name of it, once the provider has it.
    pub provider_id: Option<String>,
    pub created: Timestamp,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    Sent {
        id: Option<String>,
    },
    /// Ask the provider again what became of it.
    Check {
        id: String,
        at: Timestamp,
    },
    Again {
        channel: Channel,
        at: Timestamp,
        why: String,
    },
    /// The next channel of the route, from the beginning.
    Fallback {
        channel: Channel,
        why: String,
    },
    Failed {
        why: String,
    },
}

impl Progress {
    /// The channel to try now; `None` where the route is empty.
    pub fn channel(&self, route: &[Channel]) -> Option<Channel> {
        self.channel.or_else(|| route.first().copied())
    }

    /// `chance` spreads what was refused at the same moment.
    pub fn next(&self, route: &[Channel], outcome: Outcome, now: Timestamp, chance: u64) -> Next {
        match outcome {
            Outcome::Delivered { id } => Next::Sent { id: id.or_else(|| self.provider_id.clone()) },
            Outcome::Taken { id } => self.taken(id, now),
            Outcome::Refused { why } => self.fallback(route, why),
            Outcome::Later { why, .. } if now > self.created + KEPT => {
                Next::Failed { why: format!("older than a day: {why}") }
            }
            Outcome::Later { why, after } => self.later(route, (why, after), now, chance),
        }
    }

    fn taken(&self, id: String, now: Timestamp) -> Next {
        let checks = if self.provider_id.is_some() { self.attempts + 1 } else { 0 };
        if checks >= CHECKS_MAX {
            return Next::Sent { id: Some(id) };
        }

        Next::Check { id, at: now + FIRST_CHECK * 4i32.pow(checks) }
    }

    fn later(
        &self,
        route: &[Channel],
        (why, after): (String, Option<SignedDuration>),
        now: Timestamp,
        chance: u64,
    ) -> Next {
        let Some(channel) = self.channel(route) else {
            return Next::Failed { why: "no channel is set up".into() };
        };
        if let Some(id) = &self.provider_id {
            return self.taken(id.clone(), now);
        }
        if self.attempts + 1 >= TRIES_MAX {
            return self.fallback(route, why);
        }
        let wait = (FIRST_WAIT * 4i32.pow(self.attempts)).max(after.unwrap_or_default());
        let spread = SignedDuration::from_millis((chance % 2_000) as i64);

        Next::Again { channel, at: now + wait.min(WAIT_MAX) + spread, why }
    }

    fn fallback(&self, route: &[Channel], why: String) -> Next {
        let place = self.channel(route).and_then(|it| route.iter().position(|at| *at == it));

        match place.and_then(|at| route.get(at + 1)) {
            Some(channel) => Next::Fallback { channel: *channel, why },
            None => Next::Failed { why },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: [Channel; 2] = [Channel::SmsRu, Channel::Twilio];

    #[test]
    fn a_provider_that_is_down_is_tried_five_times_and_then_another() {
        let mut progress = fresh();
        let mut waits = Vec::new();
        let next = loop {
            match progress.next(&ROUTE, down(None), now(), 0) {
                Next::Again { at, .. } => waits.push(at.duration_since(now()).as_secs()),
                other => break other,
            }
            progress.attempts += 1;
        };

        assert_eq!(waits, [5, 20, 80, 320]);
        assert_eq!(next, Next::Fallback { channel: Channel::Twilio, why: "down".into() });
        let last = Progress { channel: Some(Channel::Twilio), attempts: 4, ..fresh() };
        let failed = last.next(&ROUTE, down(None), now(), 0);
        assert_eq!(failed, Next::Failed { why: "down".into() });
    }

    #[test]
    fn a_provider_says_how_long_to_wait() {
        let told = down(Some(SignedDuration::from_secs(90)));
        let forever = down(Some(SignedDuration::from_hours(9)));

        let at = |outcome| match fresh().next(&ROUTE, outcome, now(), 0) {
            Next::Again { at, .. } => at.duration_since(now()).as_secs(),
            other => panic!("{other:?}"),
        };

        assert_eq!(at(told), 90);
        assert_eq!(at(forever), 600);
    }

    #[test]
    fn what_was_refused_goes_another_way_at_once() {
        let refused = Outcome::Refused { why: "no such chat".into() };

        let next = fresh().next(&ROUTE, refused.clone(), now(), 0);
        let last = Progress { channel: Some(Channel::Twilio), ..fresh() };

        assert_eq!(next, Next::Fallback { channel: Channel::Twilio, why: "no such chat".into() });
        let failed = last.next(&ROUTE, refused, now(), 0);
        assert_eq!(failed, Next::Failed { why: "no such chat".into() });
    }

    #[test]
    fn what_was_taken_is_asked_after_and_never_sent_again() {
        let taken = || Outcome::Taken { id: "p1".into() };
        let had = |attempts| Progress { provider_id: Some("p1".into()), attempts, ..fresh() };
        let wait = |next| match next {
            Next::Check { id, at } if id == "p1" => at.duration_since(now()).as_secs(),
            other => panic!("{other:?}"),
        };

        assert_eq!(wait(fresh().next(&ROUTE, taken(), now(), 0)), 20);
        assert_eq!(wait(had(0).next(&ROUTE, taken(), now(), 0)), 80);
        assert_eq!(wait(had(1).next(&ROUTE, down(None), now(), 0)), 320);
        let sent = had(2).next(&ROUTE, taken(), now(), 0);
        assert_eq!(sent, Next::Sent { id: Some("p1".into()) });
    }

    #[test]
    fn a_day_later_it_is_of_no_use() {
        let old = Progress { created: now() - SignedDuration::from_hours(25), ..fresh() };

        assert!(matches!(old.next(&ROUTE, down(None), now(), 0), Next::Failed { .. }));
    }

    #[test]
    fn nobody_is_woken_for_a_review() {
        let zone = TimeZone::get("Europe/Kaliningrad").unwrap();
        let at = |local: &str| {
            local
                .parse::<jiff::civil::DateTime>()
                .unwrap()
                .to_zoned(zone.clone())
                .unwrap()
                .timestamp()
        };
        let routes = Routes::default();
        let may_go = |template, local| routes.may_go(template, at(local), &zone);

        assert_eq!(may_go("review", "2026-11-23T22:00"), at("2026-11-24T09:00"));
        assert_eq!(may_go("review", "2026-11-24T05:00"), at("2026-11-24T09:00"));
        assert_eq!(may_go("review", "2026-11-24T12:00"), at("2026-11-24T12:00"));
        assert_eq!(may_go("booked", "2026-11-23T23:30"), at("2026-11-23T23:30"));
    }

    fn down(after: Option<SignedDuration>) -> Outcome {
        Outcome::Later { why: "down".into(), after }
    }

    fn fresh() -> Progress {
        Progress { channel: None, attempts: 0, provider_id: None, created: now() }
    }

    fn now() -> Timestamp {
        "2026-11-23T10:00:00Z".parse().unwrap()
    }
}
