//! Masters' calendars: theirs are read so that nobody is sent while they are away, ours can be read as a
//! feed, and a Google calendar shared with our account gets the visits written into it.
//!
//! **Never here:** what a busy stretch means for a booking (core).

pub(crate) mod feed;
pub mod google;
pub mod ical;

use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use job_core::calendar::{Calendar, CalendarKind, window};
use job_core::ids::OrgId;
use job_core::schedule::Span;
use job_core::store::{OrgStore, Store, StoreError};
use serde::{Deserialize, Serialize};

use google::Google;

const PATIENCE: Duration = Duration::from_secs(20);
/// A calendar's file is read up to so many bytes.
const FILE_MAX: usize = 4 * 1024 * 1024;

/// Which calendars can be read, besides files at an address.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub google: Option<google::Account>,
    /// Files are read from `https` addresses only, unless this is set.
    pub plain_http: bool,
}

/// Why a calendar could not be read or written, for the admin.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    #[error("{0}")]
    Away(String),
    #[error("the file is no calendar: {0}")]
    NoCalendar(String),
    #[error("{0}: only https addresses are read")]
    NotHttps(String),
    #[error("no Google account is set up: set calendars.google")]
    NoGoogle,
    #[error("google refuses: {0}")]
    Refused(String),
}

/// Reads and writes what is due.
#[derive(Debug, Clone)]
pub struct CalendarRoom {
    store: Store,
    client: reqwest::Client,
    google: Option<Arc<Google>>,
    plain_http: bool,
}

impl CalendarRoom {
    pub fn open(store: Store, settings: Settings) -> Result<Self, CalendarError> {
        crate::post::secure();
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::limited(3))
            .build()
            .map_err(|error| CalendarError::Away(error.to_string()))?;
        let google = settings.google.map(Google::open).transpose()?.map(Arc::new);

        Ok(Self { store, client, google, plain_http: settings.plain_http })
    }

    /// Reads the calendars whose time has come; how many those were.
    pub async fn round(&self, now: Timestamp) -> Result<usize, StoreError> {
        let due = self.store.due_calendars(now).await?;
        let count = due.len();
        for (org, calendar) in due {
            self.look_at(&org, &calendar, now).await?;
        }
        Ok(count)
    }

    async fn look_at(
        &self,
        org: &OrgId,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let rows = self.store.org(org);
        let zone = rows.settings().await?.time_zone()?;
        let read = match calendar.kind {
            CalendarKind::Ical => self.file(&calendar.address, &zone, now).await,
            CalendarKind::Google => self.google(&rows, calendar, &zone, now).await?,
        };
        match read {
            Ok(spans) => rows.calendar_read(calendar, spans, now).await.map(|_| ()),
            Err(error) => {
                tracing::warn!(%org, calendar = %calendar.id, %error, "a calendar was not read");
                rows.calendar_failed(&calendar.id, &error.to_string(), now).await
            }
        }
    }

    async fn file(
        &self,
        address: &str,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Vec<Span>, CalendarError> {
        if !address.starts_with("https://") && !self.plain_http {
            return Err(CalendarError::NotHttps(address.to_owned()));
        }
        let away = |error: reqwest::Error| CalendarError::Away(error.without_url().to_string());
        let mut answer = self.client.get(address).send().await.map_err(away)?;
        if !answer.status().is_success() {
            return Err(CalendarError::Away(format!("answered {}", answer.status())));
        }
        let mut file = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(away)? {
            file.extend_from_slice(&piece);
            if file.len() > FILE_MAX {
                return Err(CalendarError::NoCalendar(format!("more than {FILE_MAX} bytes")));
            }
        }

        ical::busy(&String::from_utf8_lossy(&file), zone, window(now))
    }

    async fn google(
        &self,
        rows: &OrgStore,
        calendar: &Calendar,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Result<Vec<Span>, CalendarError>, StoreError> {
        let Some(google) = &self.google else { return Ok(Err(CalendarError::NoGoogle)) };
        let entries = rows.entries(&calendar.master, window(now)).await?;

        Ok(google.exchange(&self.client, (&calendar.address, zone), &entries, now).await)
    }
}
