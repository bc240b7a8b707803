//! What an organisation may decide for itself. One JSON document; what it leaves out is the default.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::money::Rates;
use crate::offer::Asking;
use crate::outbox::Routes;
use crate::place::District;
use crate::schedule::{Clock, Hours, Minutes, Pace};
use crate::trade::Language;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// IANA name.
    pub zone: String,
    pub currency: String,
    /// Where a client lives who names no city.
    pub city: String,
    pub language: Language,
    pub rates: Rates,
    /// The day of the week on which masters are paid out, from Monday, which is 0.
    pub payout_day: u8,
    pub pace: Pace,
    /// How long a slot is kept for a caller who has not said yes.
    pub hold: Minutes,
    /// A dropped call is carried on when the same number phones again within this time.
    pub resume_within: Minutes,
    pub districts: Vec<District>,
    pub routes: Routes,
    /// How masters are asked whether they come.
    pub asking: Asking,
    /// At this time of the day masters are asked whether they work tomorrow.
    pub confirm_at: Clock,
    pub retention: Retention,
    /// Hours in which somebody of the office answers chats; `None`: nobody does, they phone back.
    pub operators: Option<Hours>,
    /// The conversation API may be told what time it is.
    pub test_clock: bool,
    /// Everything in it is made up.
    pub demo: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: "Europe/Kaliningrad".into(),
            currency: "RUB".into(),
            city: "Калининград".into(),
            language: Language::Ru,
            rates: Rates::default(),
            payout_day: 4,
            pace: Pace::default(),
            hold: Minutes(10),
            resume_within: Minutes(15),
            districts: Vec::new(),
            routes: Routes::default(),
            asking: Asking::default(),
            confirm_at: Clock::at(18, 0),
            retention: Retention::default(),
            operators: None,
            test_clock: false,
            demo: false,
        }
    }
}

/// How many days something is kept; `None`: for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    pub recordings_days: Option<u32>,
    /// What was said and written.
    pub words_days: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone {0:?}")]
pub struct UnknownZone(pub String);

impl Settings {
    pub fn payout_weekday(&self) -> Weekday {
        Weekday::from_monday_zero_offset(self.payout_day as i8).unwrap_or(Weekday::Friday)
    }

    /// Somebody of the office answers chats now.
    pub fn is_staffed(&self, now: Timestamp) -> bool {
        let (Some(hours), Ok(zone)) = (self.operators, self.time_zone()) else { return false };
        let local = now.to_zoned(zone);
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        (hours.from.minutes()..hours.to.minutes()).contains(&minute)
    }

    pub fn time_zone(&self) -> Result<TimeZone, UnknownZone> {
        TimeZone::get(&self.zone).map_err(|_| UnknownZone(self.zone.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_the_default() {
        let settings: Settings =
            serde_json::from_str(r#"{"zone":"Asia/Almaty","hold":5}"#).unwrap();

        assert_eq!(settings.zone, "Asia/Almaty");
        assert_eq!(settings.hold, Minutes(5));
        assert_eq!(settings.pace, Pace::default());
        assert!(settings.time_zone().is_ok());
    }

    #[test]
    fn a_zone_nobody_knows_is_refused_by_name() {
        let settings = Settings { zone: "Europe/Königsberg".into(), ..Settings::default() };

        assert_eq!(settings.time_zone().unwrap_err(), UnknownZone("Europe/Königsberg".into()));
    }
}
