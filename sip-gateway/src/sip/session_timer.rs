//! How long a call may go on without a sign of life, and whose turn it is to give one (RFC 4028).
//!
//! **Never here:** clocks; the dialog.

use std::time::Duration;

use super::message::Message;

/// Shorter ones are refused (RFC 4028 section 4).
pub const LEAST: Duration = Duration::from_secs(90);
/// Usual between exchanges (RFC 4028 section 4 recommends it).
pub const USUAL: Duration = Duration::from_secs(1_800);
/// Longer ones are as good as none.
const MOST: Duration = Duration::from_secs(86_400);
/// The call ends this long before its time is up (section 10).
const EARLY: Duration = Duration::from_secs(32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimer {
    interval: Duration,
    /// We give the signs of life.
    pub ours: bool,
    /// The other end knows of timers itself, not only an exchange on the way.
    supported: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort;

impl SessionTimer {
    /// What a request asks for, if anything.
    pub fn asked(request: &Message) -> Result<Option<Self>, TooShort> {
        let Some(value) = request.header("Session-Expires") else {
            return Ok(None);
        };
        let (seconds, params) = value.split_once(';').unwrap_or((value, ""));
        let Ok(seconds) = seconds.trim().parse() else {
            return Ok(None);
        };
        let interval = Duration::from_secs(seconds).min(MOST);
        if interval < LEAST {
            return Err(TooShort);
        }
        let supported = ["Supported", "Require"]
            .into_iter()
            .any(|name| request.members(name).any(|option| option.eq_ignore_ascii_case("timer")));
        let ours = match super::address::param(params, "refresher") {
            Some(who) if who.eq_ignore_ascii_case("uas") => true,
            Some(_) => false,
            None => !supported,
        };
        Ok(Some(SessionTimer { interval, ours, supported }))
    }

    /// As asked for in a request of ours: long enough for every network, short enough that a call whose
    /// other end is gone does not stay.
    /// `least` is what somebody on the way insists on.
    pub fn ask(request: Message, interval: Duration, least: Duration) -> Message {
        request
            .with("Session-Expires", interval.as_secs().to_string())
            .with("Min-SE", least.as_secs().to_string())
    }

    /// What the answer to our request agreed to; nothing: no signs of life.
    pub fn agreed(answer: &Message) -> Option<Self> {
        let value = answer.header("Session-Expires")?;
        let (seconds, params) = value.split_once(';').unwrap_or((value, ""));
        let interval = Duration::from_secs(seconds.trim().parse().ok()?).clamp(LEAST, MOST);
        let theirs = super::address::param(params, "refresher")
            .is_some_and(|who| who.eq_ignore_ascii_case("uas"));
        Some(SessionTimer { interval, ours: !theirs, supported: true })
    }

    /// The least somebody on the way of our request insists on (422).
    pub fn least(refusal: &Message) -> Option<Duration> {
        let least = Duration::from_secs(refusal.header("Min-SE")?.trim().parse().ok()?);
        (LEAST..=MOST).contains(&least).then_some(least)
    }

    /// As said in the answer to their request.
    pub fn agree(&self, answer: Message) -> Message {
        let who = if self.ours { "uas" } else { "uac" };
        let seconds = self.interval.as_secs();
        let answer = answer.with("Session-Expires", format!("{seconds};refresher={who}"));
        match !self.ours && self.supported {
            true => answer.with("Require", "timer"),
            false => answer,
        }
    }

    /// As said in a sign of life of ours.
    pub fn renew(&self, request: Message) -> Message {
        let seconds = self.interval.as_secs();
        request
            .with("Supported", "timer")
            .with("Session-Expires", format!("{seconds};refresher=uac"))
    }

    /// After so long it is our turn, or theirs has been missed.
    pub fn due(&self) -> Duration {
        match self.ours {
            true => self.interval / 2,
            false => self.interval - EARLY.min(self.interval / 3),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers = &'static [(&'static str, &'static str)];

    fn asked(headers: Headers) -> Result<Option<SessionTimer>, TooShort> {
        let request = Message::request(rsip::Method::Invite, "sip:100@h");
        let with = |request: Message, (name, value): &(&'static str, &'static str)| {
            request.with(name, (*value).to_owned())
        };
        SessionTimer::asked(&headers.iter().fold(request, with))
    }

    #[test]
    fn who_gives_the_signs_of_life_is_said_or_follows_from_who_can() {
        let cases: [(Headers, bool, &str, u64); 4] = [
            (
                &[("Session-Expires", "1800"), ("Supported", "100rel, timer")],
                false,
                "1800;refresher=uac",
                1_768,
            ),
            (
                &[("Session-Expires", "1800;refresher=uas"), ("Supported", "timer")],
                true,
                "1800;refresher=uas",
                900,
            ),
            (
                &[("Session-Expires", " 90 ; refresher = uac"), ("Require", "timer")],
                false,
                "90;refresher=uac",
                60,
            ),
            (&[("Session-Expires", "3600")], true, "3600;refresher=uas", 1_800),
        ];
        for (headers, ours, said, due) in cases {
            let timer = asked(headers).unwrap().unwrap();
            let answer = timer.agree(Message::request(rsip::Method::Invite, "sip:100@h"));

            assert_eq!(timer.ours, ours, "{headers:?}");
            assert_eq!(answer.header("Session-Expires"), Some(said));
            assert_eq!(answer.header("Require").is_some(), !ours, "{headers:?}");
            assert_eq!(timer.due(), Duration::from_secs(due));
        }
    }

    #[test]
    fn what_is_too_short_is_refused_and_what_is_no_number_ignored() {
        assert_eq!(asked(&[("Session-Expires", "89")]), Err(TooShort));
        assert_eq!(asked(&[("Session-Expires", "soon")]), Ok(None));
        assert_eq!(asked(&[]), Ok(None));
        assert!(asked(&[("Session-Expires", "99999999999999999999")]).is_ok());
    }
}
