//! Google Calendar (developers.google.com/workspace/calendar/api/v3/reference/events) by a service
//! account: a master shares a calendar with it. Events of others keep the master busy; our visits are
//! written there under names made from the job's, so that the same visit twice is one.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use job_core::calendar::{Entry, window};
use job_core::schedule::Span;
use reqwest::{Client, Method, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::CalendarError;

const SCOPE: &str = "https://www.googleapis.com/auth/calendar.events";
const LIFE: SignedDuration = SignedDuration::from_hours(1);
/// A token is renewed so long before it ends.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);
/// A calendar has no more pages than this.
const PAGES_MAX: usize = 40;

/// The service account, from its key file: `client_email` and `private_key`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub email: String,
    /// PEM; `GUDOK_CALENDARS__GOOGLE__KEY`.
    #[serde(skip_serializing)]
    pub key: String,
    #[serde(default = "base")]
    pub base: String,
    #[serde(default = "token_url")]
    pub token_url: String,
}

fn base() -> String {
    "https://www.googleapis.com/calendar/v3".into()
}

fn token_url() -> String {
    "https://oauth2.googleapis.com/token".into()
}

pub(crate) struct Google {
    account: Account,
    key: RsaKeyPair,
    token: Mutex<Option<(String, Timestamp)>>,
}

impl std::fmt::Debug for Google {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Google").field("account", &self.account.email).finish_non_exhaustive()
    }
}

/// One of our visits as it stands in the calendar.
struct Written {
    event: String,
    revision: String,
}

/// What was found in a calendar: what keeps its master busy, and our visits by the event's name.
#[derive(Default)]
struct Found {
    busy: Vec<Span>,
    ours: HashMap<String, Written>,
}

impl Google {
    pub(crate) fn open(account: Account) -> Result<Self, CalendarError> {
        let wrong = |why: String| CalendarError::Refused(format!("calendars.google.key: {why}"));
        // Environment variables often hold the line ends as two characters.
        let pem = account.key.replace("\\n", "\n");
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| wrong(error.to_string()))?;
        let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der())
            .map_err(|error| wrong(error.to_string()))?;

        Ok(Self { account, key, token: Mutex::new(None) })
    }

    /// Writes our visits where they are missing or old, takes out those that are no more; what keeps the
    /// master busy besides.
    pub(crate) async fn exchange(
        &self,
        client: &Client,
        (calendar, zone): (&str, &TimeZone),
        entries: &[Entry],
        now: Timestamp,
    ) -> Result<Vec<Span>, CalendarError> {
        let path = format!("{}/calendars/{}/events", self.account.base, encoded(calendar));
        let found = self.events(client, &path, zone, now).await?;
        for entry in entries {
            let revision = entry.revision.to_string();
            let name = name_of(entry);
            if found.ours.get(&name).is_none_or(|it| it.revision != revision) {
                self.write(client, &path, entry, now).await?;
            }
        }
        let names: Vec<String> = entries.iter().map(name_of).collect();
        for written in found.ours.into_values().filter(|it| !names.contains(&it.event)) {
            self.remove(client, &path, &written.event, now).await?;
        }

        Ok(found.busy)
    }

    async fn events(
        &self,
        client: &Client,
        path: &str,
        zone: &TimeZone,
        now: Timestamp,
    ) -> Result<Found, CalendarError> {
        let (window, mut found, mut page) = (window(now), Found::default(), String::new());
        for _ in 0..PAGES_MAX {
            let (from, to) = (window.start.to_string(), window.end.to_string());
            let query = [
                ("timeMin", from.as_str()),
                ("timeMax", &to),
                ("singleEvents", "true"),
                ("maxResults", "2500"),
                ("pageToken", &page),
            ];
            let asked = query.iter().filter(|it| !it.1.is_empty());
            let asked: Vec<(&str, &str)> = asked.copied().collect();
            let url = client.get(path).query(&asked).build().map_err(away)?.url().to_string();
            let (status, answer) = self.ask(client, Method::GET, &url, None, now).await?;
            if !status.is_success() {
                return Err(refusal(status, &answer));
            }
            for event in answer["items"].as_array().into_iter().flatten() {
                found.take(event, zone);
            }
            match answer["nextPageToken"].as_str() {
                Some(next) => page = next.to_owned(),
                None => return Ok(found),
            }
        }
        Ok(found)
    }

    /// Inserted under our own name; one that is there already, or was deleted once, is updated.
    async fn write(
        &self,
        client: &Client,
        path: &str,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<(), CalendarError> {
        let name = name_of(entry);
        let body = json!({
            "id": name,
            "status": "confirmed",
            "summary": entry.title,
            "location": entry.address,
            "start": { "dateTime": entry.span.start.to_string() },
            "end": { "dateTime": entry.span.end.to_string() },
            "extendedProperties": { "private": {
                "gudok_job": entry.job,
                "gudok_revision": entry.revision.to_string(),
            }},
        });
        let (status, answer) = self.ask(client, Method::POST, path, Some(&body), now).await?;
        let (status, answer) = match status {
            StatusCode::CONFLICT => {
                let one = format!("{path}/{name}");
                self.ask(client, Method::PUT, &one, Some(&body), now).await?
            }
            status => (status, answer),
        };

        if status.is_success() { Ok(()) } else { Err(refusal(status, &answer)) }
    }

    /// One that is gone already is gone.
    async fn remove(
        &self,
        client: &Client,
        path: &str,
        event: &str,
        now: Timestamp,
    ) -> Result<(), CalendarError> {
        let url = format!("{path}/{event}");
        let (status, answer) = self.ask(client, Method::DELETE, &url, None, now).await?;
        let gone = matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE);

        if status.is_success() || gone { Ok(()) } else { Err(refusal(status, &answer)) }
    }

    /// A token that is refused is made anew, once.
    async fn ask(
        &self,
        client: &Client,
        method: Method,
        url: &str,
        body: Option<&Value>,
        now: Timestamp,
    ) -> Result<(StatusCode, Value), CalendarError> {
        for last in [false, true] {
            let token = self.token(client, now).await?;
            let request = client.request(method.clone(), url).bearer_auth(token);
            let request = match body {
                Some(body) => request.json(body),
                None => request,
            };
            let answer = request.send().await.map_err(away)?;
            let status = answer.status();
            if status == StatusCode::UNAUTHORIZED && !last {
                *self.token.lock().await = None;
                continue;
            }
            let text = answer.text().await.map_err(away)?;
            return Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)));
        }
        Err(CalendarError::Refused("the token is refused".into()))
    }

    /// OAuth 2.0 for service accounts: a signed claim is exchanged for a token of an hour.
    async fn token(&self, client: &Client, now: Timestamp) -> Result<String, CalendarError> {
        let mut kept = self.token.lock().await;
        if let Some((token, until)) = kept.as_ref().filter(|it| it.1 > now + MARGIN) {
            tracing::trace!(%until, "the token still holds");
            return Ok(token.clone());
        }
        let claim = self.claim(now)?;
        let form =
            [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &claim)];
        let answer = client.post(&self.account.token_url).form(&form).send().await.map_err(away)?;
        let status = answer.status();
        let answer: Value =
            serde_json::from_str(&answer.text().await.map_err(away)?).unwrap_or(Value::Null);
        let Some(token) = answer["access_token"].as_str() else {
            let why = answer["error_description"].as_str().or(answer["error"].as_str());
            return Err(CalendarError::Refused(why.unwrap_or(status.as_str()).to_owned()));
        };
        let life = answer["expires_in"].as_i64().map_or(LIFE, SignedDuration::from_secs);
        *kept = Some((token.to_owned(), now + life));

        Ok(token.to_owned())
    }

    /// A JWT (RFC 7519) signed with the account's key.
    fn claim(&self, now: Timestamp) -> Result<String, CalendarError> {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({
            "iss": self.account.email,
            "scope": SCOPE,
            "aud": self.account.token_url,
            "iat": now.as_second(),
            "exp": (now + LIFE).as_second(),
        });
        let told = format!("{}.{}", part(json!({ "alg": "RS256", "typ": "JWT" })), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), told.as_bytes(), &mut signature)
            .map_err(|error| CalendarError::Refused(format!("the key does not sign: {error}")))?;

        Ok(format!("{told}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Found {
    fn take(&mut self, event: &Value, zone: &TimeZone) {
        let name = event["id"].as_str().unwrap_or_default();
        let ours = &event["extendedProperties"]["private"];
        if ours["gudok_job"].is_string() {
            let revision = ours["gudok_revision"].as_str().unwrap_or_default().to_owned();
            self.ours.insert(name.to_owned(), Written { event: name.to_owned(), revision });
            return;
        }
        if event["status"] == "cancelled" || event["transparency"] == "transparent" {
            return;
        }
        let (start, end) = (moment(&event["start"], zone), moment(&event["end"], zone));
        if let (Some(start), Some(end)) = (start, end) {
            self.busy.push(Span { start, end });
        }
    }
}

/// `{"dateTime": …}`, or `{"date": …}` of a whole day.
fn moment(told: &Value, zone: &TimeZone) -> Option<Timestamp> {
    if let Some(at) = told["dateTime"].as_str() {
        return at.parse().ok();
    }
    let date: Date = told["date"].as_str()?.parse().ok()?;

    Some(date.to_zoned(zone.clone()).ok()?.timestamp())
}

/// Events may be named with 0–9 and a–v only.
fn name_of(entry: &Entry) -> String {
    let hash = Sha256::digest(entry.job.as_str().as_bytes());

    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn encoded(calendar: &str) -> String {
    crate::page::form_encoded(calendar)
}

fn refusal(status: StatusCode, answer: &Value) -> CalendarError {
    let why = answer["error"]["message"].as_str().unwrap_or_default();

    CalendarError::Refused(format!("{status} {why}"))
}

fn away(error: reqwest::Error) -> CalendarError {
    CalendarError::Away(error.without_url().to_string())
}
