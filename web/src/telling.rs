//! Times, money and telephone numbers as a reader expects them.
//!
//! **Never here:** the clock; markup.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use job_core::conversation::Millis;
use job_core::money::Kopecks;

use crate::words::Words;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

impl Words {
    /// "пн 23 ноября".
    pub(crate) fn day(&self, date: Date) -> String {
        let weekday = date.weekday().to_monday_one_offset();
        let (weekday, month) = (format!("weekday.{weekday}"), format!("month.{}", date.month()));
        format!("{} {} {}", self.say(&weekday), date.day(), self.say(&month))
    }

    /// "пн 23 ноября, 14:05".
    pub(crate) fn moment(&self, at: Timestamp, zone: &TimeZone) -> String {
        let local = at.to_zoned(zone.clone());
        format!("{}, {}", self.day(local.date()), local.strftime("%H:%M"))
    }

    /// "сегодня, 14:05" on the day itself.
    pub(crate) fn recent(&self, at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
        let (at_local, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
        if at_local.date() != today {
            return self.moment(at, zone);
        }
        format!("{}, {}", self.say("time.today"), at_local.strftime("%H:%M"))
    }

    /// "пн 23 ноября, 14:00–15:00".
    pub(crate) fn visit(&self, start: Timestamp, end: Timestamp, zone: &TimeZone) -> String {
        let ends = end.to_zoned(zone.clone());
        // The word joiners keep the two times on one line.
        format!("{}\u{2060}–\u{2060}{}", self.moment(start, zone), ends.strftime("%H:%M"))
    }

    /// "2 800 ₽".
    pub(crate) fn roubles(&self, roubles: i64) -> String {
        format!("{}\u{a0}{}", self.whole(roubles), self.say("number.currency"))
    }

    /// "2 800–3 200 ₽".
    pub(crate) fn range(&self, min: i64, max: i64) -> String {
        format!("{}–{}", self.whole(min), self.roubles(max))
    }

    /// "2 205 ₽", or "2 205,50 ₽" where there are kopecks.
    pub(crate) fn money(&self, amount: Kopecks) -> String {
        let kopecks = amount.0.unsigned_abs() % 100;
        let whole = self.whole(amount.whole_roubles());
        let currency = self.say("number.currency");
        match kopecks {
            0 => format!("{whole}\u{a0}{currency}"),
            _ => format!("{whole}{}{kopecks:02}\u{a0}{currency}", self.say("number.decimal")),
        }
    }

    /// "1,3": a factor without its idle zeros.
    pub(crate) fn factor(&self, factor: f64) -> String {
        let hundredths = (factor * 100.0).round() as i64;
        let digits = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        digits.replace('.', self.say("number.decimal"))
    }

    /// "0,8 с": a wait.
    pub(crate) fn wait(&self, wait: Millis) -> String {
        let tenths = (wait.0.max(0) + 50) / 100;
        let point = self.say("number.decimal");
        format!("{}{point}{}\u{a0}{}", tenths / 10, tenths % 10, self.say("time.seconds"))
    }

    /// "2 мин 14 с".
    pub(crate) fn lasted(&self, seconds: i64) -> String {
        let seconds = seconds.max(0);
        let part = |count: i64, key| format!("{count}\u{a0}{}", self.say(key));
        let (hours, minutes) = (seconds / HOUR, seconds % HOUR / MINUTE);
        match (hours, minutes) {
            (0, 0) => part(seconds, "time.seconds"),
            (0, _) if seconds % MINUTE == 0 => part(minutes, "time.minutes"),
            (0, _) => {
                let rest = part(seconds % MINUTE, "time.seconds");
                format!("{} {rest}", part(minutes, "time.minutes"))
            }
            _ => format!("{} {}", part(hours, "time.hours"), part(minutes, "time.minutes")),
        }
    }

    fn whole(&self, number: i64) -> String {
        let digits = number.unsigned_abs().to_string();
        let mut grouped = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push_str(self.say("number.thousands"));
            }
            grouped.push(digit);
        }
        if number < 0 { format!("−{grouped}") } else { grouped }
    }
}

/// "0:07", "12:30": a place on the recording's clock.
pub(crate) fn place(at: Millis) -> String {
    let seconds = at.0.max(0) / 1_000;
    format!("{}:{:02}", seconds / MINUTE, seconds % MINUTE)
}

/// "+7 911 456-78-90"; numbers of other countries as they are.
pub(crate) fn phone(number: &str) -> String {
    let Some(digits) = number.strip_prefix("+7") else {
        return number.to_owned();
    };
    if digits.len() != 10 || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return number.to_owned();
    }
    let (code, rest) = digits.split_at(3);
    format!("+7\u{a0}{code}\u{a0}{}-{}-{}", &rest[..3], &rest[3..5], &rest[5..])
}

/// "Андрей" of "Соколов Андрей Петрович": family, given, patronymic as far as known.
pub(crate) fn given_name(name: &str) -> &str {
    let mut parts = name.split_whitespace();
    let first = parts.next().unwrap_or_default();
    parts.next().unwrap_or(first)
}

/// The one in the middle of times in order of size.
pub(crate) fn median(times: &[Millis]) -> Option<Millis> {
    times.get(times.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use job_core::trade::Language;

    use super::*;

    #[test]
    fn money_is_told_in_the_readers_way() {
        let (ru, en) = (Words::of(Language::Ru), Words::of(Language::En));

        assert_eq!(ru.range(2_800, 3_200), "2\u{202f}800–3\u{202f}200\u{a0}₽");
        assert_eq!(en.range(900, 1_000_000), "900–1,000,000\u{a0}₽");
        assert_eq!(en.money(Kopecks(220_550)), "2,205.50\u{a0}₽");
        assert_eq!(ru.factor(1.3), "1,3");
        assert_eq!(ru.factor(2.0), "2");
    }

    #[test]
    fn times_are_told_in_the_organisations_zone() {
        let at = "2026-11-23T12:05:00Z".parse().expect("time");
        let zone = TimeZone::get("Europe/Kaliningrad").expect("zone");

        assert_eq!(Words::of(Language::Ru).moment(at, &zone), "пн 23 ноября, 14:05");
        assert_eq!(Words::of(Language::En).recent(at, at, &zone), "today, 14:05");
    }

    #[test]
    fn waits_are_told_as_long_as_they_are() {
        let ru = Words::of(Language::Ru);

        assert_eq!(ru.wait(Millis(849)), "0,8\u{a0}с");
        assert_eq!(ru.lasted(2_700), "45\u{a0}мин");
        assert_eq!(ru.lasted(134), "2\u{a0}мин 14\u{a0}с");
        assert_eq!(ru.lasted(3_700), "1\u{a0}ч 1\u{a0}мин");
        assert_eq!(place(Millis(67_900)), "1:07");
    }

    #[test]
    fn a_number_is_grouped_as_people_read_it() {
        assert_eq!(phone("+79114567890"), "+7\u{a0}911\u{a0}456-78-90");
        assert_eq!(phone("+4930123456"), "+4930123456");
        assert_eq!(phone("+7ёёёёё"), "+7ёёёёё");
    }

    #[test]
    fn only_the_given_name_is_told() {
        assert_eq!(given_name("Соколов Андрей Петрович"), "Андрей");
        assert_eq!(given_name("Сергей"), "Сергей");
    }
}
