//! A master's visits as an iCalendar file (RFC 5545) under a link nobody can guess, for any calendar
//! program to subscribe to.

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use icalendar::{Calendar, Component, Event, EventLike, Property};
use job_core::calendar::{Entry, window};

use super::ical::UID_END;
use crate::House;
use crate::access::digest;
use crate::refusal::Refusal;

/// `GET /calendar/{token}.ics`
pub(crate) async fn feed(
    State(house): State<House>,
    Path(file): Path<String>,
) -> Result<impl IntoResponse, Refusal> {
    let token = file.strip_suffix(".ics").ok_or(Refusal::NoPage)?;
    let found = house.store.feed(&digest(token)).await.map_err(Refusal::trouble)?;
    let (org, master) = found.ok_or(Refusal::NoPage)?;
    let within = window((house.clock)());
    let entries = house.store.org(&org).entries(&master, within).await;
    let text = written(&entries.map_err(Refusal::trouble)?);

    Ok(([(CONTENT_TYPE, "text/calendar; charset=utf-8")], text))
}

fn written(entries: &[Entry]) -> String {
    let mut calendar = Calendar::new();
    calendar.append_property(Property::new("PRODID", "-//gudok//visits//EN"));
    for entry in entries {
        calendar.push(event(entry));
    }

    calendar.done().to_string()
}

fn event(entry: &Entry) -> Event {
    let time = |at: jiff::Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut event = Event::with_uid(&format!("{}{UID_END}", entry.job));
    event
        .summary(&entry.title)
        .location(&entry.address)
        .append_property(Property::new("DTSTAMP", time(entry.span.start)))
        .append_property(Property::new("DTSTART", time(entry.span.start)))
        .append_property(Property::new("DTEND", time(entry.span.end)))
        .append_property(Property::new("SEQUENCE", entry.revision.to_string()));

    event.done()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use job_core::ids::JobId;
    use job_core::schedule::Span;

    use super::*;

    #[test]
    fn a_visit_is_written_so_that_it_can_be_read_back() {
        let at = |text: &str| text.parse().unwrap();
        let span = Span { start: at("2026-11-24T08:00:00Z"), end: at("2026-11-24T09:00:00Z") };
        let entry = Entry {
            job: JobId::new("J1"),
            span,
            title: "1042: подгорел контакт; розетка, кухня".into(),
            address: "Калининград, проспект Мира, 21/3".into(),
            revision: 3,
        };

        let text = written(&[entry]);

        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.contains("UID:J1@gudok"), "{text}");
        assert!(text.contains("DTSTART:20261124T080000Z"), "{text}");
        let read: Calendar = text.parse().unwrap();
        let event = read.events().next().unwrap();
        assert_eq!(event.get_summary(), Some("1042: подгорел контакт; розетка, кухня"));
        let utc = TimeZone::UTC;
        let wide = Span { start: at("2026-11-01T00:00:00Z"), end: at("2026-12-01T00:00:00Z") };
        let busy = crate::calendar::ical::busy(&text, &utc, wide).unwrap();
        assert!(busy.is_empty(), "our own visits keep nobody busy twice: {busy:?}");
    }
}
