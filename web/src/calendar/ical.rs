//! The busy stretches of an iCalendar file (RFC 5545): single and recurring events, moved and cancelled
//! occurrences, whole days, times of other zones.

use std::collections::HashSet;

use icalendar::{Calendar, CalendarDateTime, Component, DatePerhapsTime, Event, EventLike};
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use job_core::schedule::Span;

use super::CalendarError;

/// Events of ours have it at the end of their names.
pub(crate) const UID_END: &str = "@gudok";

/// Of one recurring event so many occurrences are looked at.
const OCCURRENCES_MAX: u16 = 2_000;
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Floating times and whole days are those of `zone`.
pub fn busy(text: &str, zone: &TimeZone, window: Span) -> Result<Vec<Span>, CalendarError> {
    let calendar: Calendar = text.parse().map_err(CalendarError::NoCalendar)?;
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with("BEGIN:VCALENDAR") {
        return Err(CalendarError::NoCalendar("it does not begin with BEGIN:VCALENDAR".into()));
    }
    let events: Vec<&Event> = calendar.events().collect();
    let moved: HashSet<(&str, Timestamp)> =
        events.iter().filter_map(|it| replaced(it, zone)).collect();

    Ok(events.into_iter().flat_map(|it| spans(it, zone, window, &moved)).collect())
}

/// The occurrence of a recurring event that this event stands for.
fn replaced<'a>(event: &'a Event, zone: &TimeZone) -> Option<(&'a str, Timestamp)> {
    let original = event.properties().get("RECURRENCE-ID")?;
    let at = moment(&DatePerhapsTime::from_property(original)?, zone)?;

    Some((event.get_uid()?, at))
}

fn spans(
    event: &Event,
    zone: &TimeZone,
    window: Span,
    moved: &HashSet<(&str, Timestamp)>,
) -> Vec<Span> {
    let uid = event.get_uid().unwrap_or_default();
    let says = |name: &str, value: &str| {
        event.property_value(name).is_some_and(|it| it.eq_ignore_ascii_case(value))
    };
    if uid.ends_with(UID_END) || says("STATUS", "CANCELLED") || says("TRANSP", "TRANSPARENT") {
        return Vec::new();
    }
    let Some(first) = event.get_start() else { return Vec::new() };
    let Some(start) = moment(&first, zone) else { return Vec::new() };
    let length = length(event, &first, start, zone);
    let is_single = event.property_value("RRULE").is_none() || is_moved(event);
    let starts = if is_single { vec![start] } else { occurrences(event, zone, window, length) };

    starts
        .into_iter()
        .filter(|at| is_moved(event) || !moved.contains(&(uid, *at)))
        .filter_map(|at| Some(Span { start: at, end: at.checked_add(length).ok()? }))
        .collect()
}

fn is_moved(event: &Event) -> bool {
    event.properties().contains_key("RECURRENCE-ID")
}

/// A rule that cannot be understood is taken for its first occurrence.
fn occurrences(
    event: &Event,
    zone: &TimeZone,
    window: Span,
    length: SignedDuration,
) -> Vec<Timestamp> {
    let first = || event.get_start().and_then(|it| moment(&it, zone));
    let Ok(rule) = event.get_recurrence() else { return first().into_iter().collect() };
    let is_local = rule.get_dt_start().timezone().is_local();
    let from = window.start - length - A_DAY;
    let all = rule.into_iter().map(|at| {
        if is_local {
            local(&at.naive_local().format("%Y-%m-%dT%H:%M:%S").to_string(), zone)
        } else {
            Timestamp::from_millisecond(at.timestamp_millis()).ok()
        }
    });

    all.take(usize::from(OCCURRENCES_MAX))
        .flatten()
        .skip_while(|at| *at < from)
        .take_while(|at| *at < window.end)
        .collect()
}

fn length(
    event: &Event,
    first: &DatePerhapsTime,
    start: Timestamp,
    zone: &TimeZone,
) -> SignedDuration {
    let end = event.get_end().and_then(|it| moment(&it, zone));
    let told = event.property_value("DURATION").and_then(|it| it.parse::<jiff::Span>().ok());
    let told = told.and_then(|it| it.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok());
    let whole_day = matches!(first, DatePerhapsTime::Date(_)).then_some(A_DAY);
    let ended = end.map(|end| end.duration_since(start));

    ended.or(told).or(whole_day).unwrap_or(SignedDuration::ZERO).max(SignedDuration::ZERO)
}

fn moment(at: &DatePerhapsTime, zone: &TimeZone) -> Option<Timestamp> {
    match at {
        DatePerhapsTime::Date(date) => {
            let date: Date = date.to_string().parse().ok()?;
            Some(date.to_zoned(zone.clone()).ok()?.timestamp())
        }
        DatePerhapsTime::DateTime(CalendarDateTime::Utc(utc)) => {
            Timestamp::from_millisecond(utc.timestamp_millis()).ok()
        }
        DatePerhapsTime::DateTime(CalendarDateTime::Floating(floating)) => {
            local(&floating.format("%Y-%m-%dT%H:%M:%S").to_string(), zone)
        }
        DatePerhapsTime::DateTime(CalendarDateTime::WithTimezone { date_time, tzid }) => {
            let named = TimeZone::get(tzid).unwrap_or_else(|_| zone.clone());
            local(&date_time.format("%Y-%m-%dT%H:%M:%S").to_string(), &named)
        }
    }
}

fn local(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let local: DateTime = text.parse().ok()?;

    Some(local.to_zoned(zone.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_events_keep_their_master_busy_whatever_their_zone() {
        let read = read(
            "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261124T080000Z\r\nDTEND:20261124T093000Z\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:2\r\nDTSTART;TZID=Asia/Tokyo:20261125T090000\r\nDURATION:PT45M\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:3\r\nDTSTART:20261126T100000\r\nDTEND:20261126T110000\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:4\r\nDTSTART;VALUE=DATE:20261127\r\nEND:VEVENT\r\n",
        );

        assert_eq!(
            read,
            ["24 10:00-24 11:30", "25 02:00-25 02:45", "26 10:00-26 11:00", "27 00:00-28 00:00"]
        );
    }

    #[test]
    fn what_is_free_cancelled_or_our_own_keeps_nobody() {
        let read = read(
            "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261124T080000Z\r\nDTEND:20261124T093000Z\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:2\r\nDTSTART:20261124T080000Z\r\nDTEND:20261124T093000Z\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:J1@gudok\r\nDTSTART:20261124T080000Z\r\nDTEND:20261124T093000Z\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:5\r\nSUMMARY:no time at all\r\nEND:VEVENT\r\n",
        );

        assert!(read.is_empty(), "{read:?}");
    }

    #[test]
    fn a_recurring_event_comes_again_but_for_what_was_taken_out_or_moved() {
        let read = read(
            "BEGIN:VEVENT\r\nUID:w\r\nDTSTART;TZID=Europe/Kaliningrad:20261005T090000\r\n\
             DTEND;TZID=Europe/Kaliningrad:20261005T100000\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,WE\r\n\
             EXDATE;TZID=Europe/Kaliningrad:20261125T090000\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:w\r\nRECURRENCE-ID;TZID=Europe/Kaliningrad:20261130T090000\r\n\
             DTSTART;TZID=Europe/Kaliningrad:20261130T150000\r\nDTEND;TZID=Europe/Kaliningrad:20261130T160000\r\nEND:VEVENT\r\n",
        );

        assert_eq!(read, ["23 09:00-23 10:00", "30 15:00-30 16:00"]);
    }

    #[test]
    fn an_endless_rule_ends_and_nonsense_is_refused_by_name() {
        let endless = "BEGIN:VEVENT\r\nUID:e\r\nDTSTART:20261122T000000Z\r\nDTEND:20261122T000100Z\r\nRRULE:FREQ=HOURLY\r\nEND:VEVENT\r\n";
        let odd = "BEGIN:VEVENT\r\nUID:o\r\nDTSTART:20261124T080000Z\r\nDTEND:20261124T090000Z\r\nRRULE:FREQ=SOMETIMES\r\nEND:VEVENT\r\n";

        assert!(read(endless).len() > 100);
        assert_eq!(read(odd), ["24 10:00-24 11:00"]);
        let refused = busy("<html>Sign in</html>", &zone(), window()).unwrap_err().to_string();
        assert!(refused.starts_with("the file is no calendar"), "{refused}");
    }

    fn read(events: &str) -> Vec<String> {
        let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n");
        let told = |at: Timestamp| at.to_zoned(zone()).strftime("%d %H:%M").to_string();
        let mut read = busy(&text, &zone(), window()).unwrap();
        read.sort_by_key(|it| it.start);
        read.iter().map(|it| format!("{}-{}", told(it.start), told(it.end))).collect()
    }

    fn window() -> Span {
        Span {
            start: "2026-11-22T00:00:00Z".parse().unwrap(),
            end: "2026-12-02T00:00:00Z".parse().unwrap(),
        }
    }

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Kaliningrad").unwrap()
    }
}
