//! What the owner can set: a TOML file, overridden by `GUDOK_*` variables and `DATABASE_URL`.
//!
//! `GUDOK_SIP__LISTEN=0.0.0.0:5060` sets `listen` of `[sip]`. Secrets come from the environment only.
//!
//! **Never here:** opening what is configured.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::net::services::settings::{Service, Use};
use crate::net::trunks::Trunk;
use crate::sip::gate::Net;
use crate::sip::refer;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where recordings, caches and the SQLite file live.
    pub data: PathBuf,
    pub database: Database,
    pub sip: Sip,
    /// Exchanges that carry our numbers, by name.
    pub trunks: BTreeMap<String, Trunk>,
    pub media: Media,
    pub http: Http,
    pub speech: Speech,
    /// Speech services elsewhere, by name.
    pub services: BTreeMap<String, Service>,
    pub models: Models,
    pub calls: Calls,
    /// Calls we place ourselves.
    pub outgoing: crate::net::outgoing::Settings,
    pub load_line: LoadLine,
    pub browser: Browser,
    /// Messengers that are answered, by name.
    pub bots: BTreeMap<String, web::channels::bot::Bot>,
    /// Providers that carry messages.
    pub post: web::post::Settings,
    /// The provider that takes payments.
    pub till: web::till::Settings,
    /// Masters' calendars elsewhere.
    pub calendars: web::calendar::Settings,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://…`; empty: `gudok.db` in the data folder.
    pub url: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sip {
    /// UDP and TCP.
    pub listen: SocketAddr,
    /// Address told to peers, where it differs from `listen` (NAT).
    pub advertise: Option<IpAddr>,
    /// Networks that may phone besides the trunks and this machine, as in `192.168.0.0/16`; strangers get
    /// no answer.
    pub guests: Vec<String>,
    /// The door for TLS; none unless it listens somewhere.
    pub tls: Tls,
    /// The door for telephones in web pages (SIP over WebSocket); none unless it listens somewhere.
    pub websocket: WebSocket,
    /// Name servers that know the exchanges, as in `192.0.2.53:53`; empty: this machine's.
    pub name_servers: Vec<SocketAddr>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// Usually port 5061.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// PEM files, read again every hour; empty: a certificate that nobody vouches for.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebSocket {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// With the certificate of `sip.tls`; off where a web server in front does that.
    pub encrypted: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// First and last UDP port for RTP.
    pub ports: (u16, u16),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    pub listen: SocketAddr,
    /// Sites whose pages may use the API, as in `https://example.org`.
    pub origins: Vec<String>,
    /// Requests a second of one API key.
    pub per_key: u32,
    /// Requests a second of one address without a key.
    pub per_address: u32,
}

/// Language models that help where the rules have not understood: names under `[services]`, best first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Models {
    pub small: Vec<String>,
    pub large: Vec<String>,
    /// In the owner's own house: the only ones that read names, numbers and addresses.
    pub local: Vec<String>,
    /// Once a conversation's services have cost so many roubles, or the organisation's in a month, no model is
    /// asked any more; 0: no limit.
    pub per_call: f64,
    pub per_month: f64,
}

/// The recogniser or voice inside the program.
pub const BUILT_IN: &str = "built_in";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Speech {
    /// Callers understood at the same time, per language.
    pub recognisers: usize,
    /// Folder of the English acoustic model; empty: Debian's.
    pub model_en: PathBuf,
    /// Folder of the Russian acoustic model; empty: the one inside the program.
    pub model_ru: PathBuf,
    pub voice_ru: String,
    pub voice_en: String,
    /// Who hears Russian callers: names under `[services]`, best first; `built_in`, the recogniser inside, comes
    /// last where it is not named.
    pub recognise_ru: Vec<String>,
    pub recognise_en: Vec<String>,
    /// Who speaks to them, likewise.
    pub speak_ru: Vec<String>,
    pub speak_en: Vec<String>,
    /// Answers are synthesised while the caller still speaks; some of that work is thrown away.
    pub drafts: bool,
    /// The recogniser hears callers with less noise around them, 30 ms later; `gudok measure --noise 20,10` says
    /// whether that helps it.
    pub denoise: bool,
}

/// How a caller comes to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorBy {
    /// The caller's exchange is asked to put them through (REFER). Where it does not do that, and we phone at
    /// all, as below.
    Transfer,
    /// We phone the person over `outgoing.trunk`, tell what it is about, and join both lines.
    Joining,
}

/// Who takes over callers that ask for a person.
#[derive(Debug, Clone)]
pub struct Operator {
    pub address: String,
    pub by: OperatorBy,
    /// Over which we phone them.
    pub trunk: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calls {
    /// Calls at the same time, the politely refused included; more are answered 486.
    pub most: usize,
    /// A call ends after this many seconds whatever happens.
    pub longest_seconds: u64,
    /// On SIGTERM running calls may go on for so long; new ones are sent away. Ctrl-C ends all at once.
    pub drain_seconds: u64,
    /// Who takes over callers that ask for a person, as in `sip:200@sip.example.org`. Empty, or nobody there: a
    /// person phones back.
    pub operator: String,
    /// Roubles for a minute of a telephone line.
    pub price: f64,
    /// How they come together.
    pub operator_by: OperatorBy,
    /// Finished recordings are made ten times smaller: Ogg with Opus instead of WAV.
    pub small_recordings: bool,
    /// Whoever calls may have us talk to somebody else (REFER), at the owner's cost.
    pub follows_transfers: bool,
}

/// Calls from web pages.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Browser {
    /// UDP; all browser calls share this port. Port 0 is any free one.
    pub listen: SocketAddr,
    /// Address told to browsers, where it differs from `listen` (NAT).
    pub advertise: Option<IpAddr>,
    /// What browsers use to find a way through firewalls.
    pub helpers: web::ring::Helpers,
}

/// What the line for load tests does besides playing its prompt.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoadLine {
    pub voice_activity: bool,
    pub recording: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0}")]
    Read(#[from] config::ConfigError),
    #[error("{key} = {value}: {fact}")]
    Impossible { key: &'static str, value: String, fact: &'static str },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            database: Database::default(),
            sip: Sip::default(),
            trunks: BTreeMap::new(),
            services: BTreeMap::new(),
            models: Models::default(),
            media: Media::default(),
            http: Http::default(),
            speech: Speech::default(),
            calls: Calls::default(),
            outgoing: crate::net::outgoing::Settings::default(),
            load_line: LoadLine::default(),
            browser: Browser::default(),
            bots: BTreeMap::new(),
            post: web::post::Settings::default(),
            till: web::till::Settings::default(),
            calendars: web::calendar::Settings::default(),
        }
    }
}

impl Default for Sip {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 5060)),
            advertise: None,
            guests: Vec::new(),
            tls: Tls::default(),
            websocket: WebSocket::default(),
            name_servers: Vec::new(),
        }
    }
}

impl Default for WebSocket {
    fn default() -> Self {
        Self { listen: None, encrypted: true }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self { ports: (20_000, 29_999) }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            origins: Vec::new(),
            per_key: 300,
            per_address: 30,
        }
    }
}

impl Default for Speech {
    fn default() -> Self {
        Self {
            recognisers: 8,
            model_en: PathBuf::new(),
            model_ru: PathBuf::new(),
            voice_ru: "ru".into(),
            voice_en: "slt".into(),
            recognise_ru: vec![BUILT_IN.into()],
            recognise_en: vec![BUILT_IN.into()],
            speak_ru: vec![BUILT_IN.into()],
            speak_en: vec![BUILT_IN.into()],
            drafts: true,
            denoise: false,
        }
    }
}

impl Default for Browser {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { listen, advertise: None, helpers: web::ring::Helpers::default() }
    }
}

impl Default for LoadLine {
    fn default() -> Self {
        Self { voice_activity: true, recording: true }
    }
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            most: 2_000,
            longest_seconds: 900,
            drain_seconds: 300,
            operator: String::new(),
            price: 0.0,
            operator_by: OperatorBy::Transfer,
            small_recordings: false,
            follows_transfers: false,
        }
    }
}

impl Settings {
    /// Who takes over callers that ask for a person, if anybody.
    pub fn operator(&self) -> Option<Operator> {
        let named = |name: &String| Some(name.clone()).filter(|name| !name.is_empty());
        let address = named(&self.calls.operator)?;
        let trunk = named(&self.outgoing.trunk);
        Some(Operator { address, by: self.calls.operator_by, trunk })
    }

    /// File (if given), then environment; every value checked.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut sources = config::Config::builder();
        if let Some(file) = file {
            sources = sources.add_source(config::File::from(file));
        }
        let environment = config::Environment::with_prefix("GUDOK")
            .prefix_separator("_")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("media.ports")
            .with_list_parse_key("speech.recognise_ru")
            .with_list_parse_key("speech.recognise_en")
            .with_list_parse_key("speech.speak_ru")
            .with_list_parse_key("speech.speak_en")
            .with_list_parse_key("models.small")
            .with_list_parse_key("models.large")
            .with_list_parse_key("models.local")
            .with_list_parse_key("sip.guests")
            .with_list_parse_key("sip.name_servers")
            .with_list_parse_key("outgoing.prefixes");
        let mut settings: Self = sources.add_source(environment).build()?.try_deserialize()?;
        if let Ok(url) = std::env::var("DATABASE_URL") {
            settings.database.url = url;
        }

        settings.check()?;
        Ok(settings)
    }

    /// `sqlite:PATH` or `postgres://…`.
    pub fn database_url(&self) -> String {
        match self.database.url.as_str() {
            "" => format!("sqlite:{}", self.data.join("gudok.db").display()),
            url => url.to_owned(),
        }
    }

    /// The effective configuration as TOML, the database's password hidden.
    pub fn print(&self) -> Result<String, toml::ser::Error> {
        let mut shown = self.clone();
        shown.database.url = hide_password(&self.database_url());
        toml::to_string_pretty(&shown)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let (first, last) = self.media.ports;
        refuse(
            first >= 1024 && first < last,
            "media.ports",
            format!("[{first}, {last}]"),
            "the first port must be at least 1024 and below the last",
        )?;
        refuse(
            (1..=256).contains(&self.speech.recognisers),
            "speech.recognisers",
            self.speech.recognisers.to_string(),
            "must be between 1 and 256",
        )?;
        refuse(
            (1..=100_000).contains(&self.calls.most),
            "calls.most",
            self.calls.most.to_string(),
            "must be between 1 and 100000",
        )?;
        refuse(
            (30..=14_400).contains(&self.calls.longest_seconds),
            "calls.longest_seconds",
            self.calls.longest_seconds.to_string(),
            "must be between 30 and 14400",
        )?;
        for guests in &self.sip.guests {
            if let Err(error) = guests.parse::<Net>() {
                let fact = "must be a network such as 192.168.0.0/16 or an address";
                return refuse(false, "sip.guests", error.to_string(), fact);
            }
        }
        let tls = &self.sip.tls;
        refuse(
            tls.certificate.as_os_str().is_empty() == tls.key.as_os_str().is_empty(),
            "sip.tls.certificate",
            format!("{:?} with the key {:?}", tls.certificate, tls.key),
            "a certificate needs its key, and the other way round",
        )?;
        for (name, service) in &self.services {
            let fault = service.fault();
            refuse(fault.is_none(), "services", name.clone(), fault.unwrap_or_default())?;
        }
        let Speech { recognise_ru, recognise_en, speak_ru, speak_en, .. } = &self.speech;
        let lists = [
            (recognise_ru, Use::Hears),
            (recognise_en, Use::Hears),
            (speak_ru, Use::Speaks),
            (speak_en, Use::Speaks),
        ];
        for (names, good_for) in lists {
            let fits = |name: &String| {
                let service = self.services.get(name);
                name == BUILT_IN || service.is_some_and(|it| it.good_for() == good_for)
            };
            refuse(
                !names.is_empty() && names.iter().all(fits),
                if good_for == Use::Speaks { "speech.speak_…" } else { "speech.recognise_…" },
                format!("{names:?}"),
                "must name services of that kind under [services], or \"built_in\"",
            )?;
        }
        let Models { small, large, local, .. } = &self.models;
        for names in [small, large, local] {
            let thinks = |name: &String| {
                self.services.get(name).is_some_and(|it| it.good_for() == Use::Thinks)
            };
            refuse(
                names.iter().all(thinks),
                "models",
                format!("{names:?}"),
                "must name language models under [services]",
            )?;
        }
        for (name, trunk) in &self.trunks {
            refuse(
                !trunk.exchange.is_empty(),
                "trunks.….exchange",
                format!("\"\" for {name}"),
                "must name the exchange, as in sip.example.org",
            )?;
        }
        let outgoing = &self.outgoing;
        refuse(
            outgoing.trunk.is_empty() || self.trunks.contains_key(&outgoing.trunk),
            "outgoing.trunk",
            format!("{:?}", outgoing.trunk),
            "must be the name of one of [trunks]",
        )?;
        refuse(
            outgoing.trunk.is_empty() || (!outgoing.prefixes.is_empty() && outgoing.per_hour > 0),
            "outgoing.prefixes",
            format!("{:?} with per_hour = {}", outgoing.prefixes, outgoing.per_hour),
            "name what our calls may begin with, as in [\"+7\"], and how many an hour, as in 60",
        )?;
        refuse(
            self.calls.operator_by == OperatorBy::Transfer || !outgoing.trunk.is_empty(),
            "calls.operator_by",
            "\"joining\"".to_owned(),
            "needs outgoing.trunk: we phone the person ourselves",
        )?;
        let operator = &self.calls.operator;
        refuse(
            operator.is_empty() || refer::target(operator).is_some(),
            "calls.operator",
            format!("{operator:?}"),
            "must be an address one can call, as in sip:200@sip.example.org",
        )?;
        refuse(
            self.calls.drain_seconds <= 14_400,
            "calls.drain_seconds",
            self.calls.drain_seconds.to_string(),
            "must be at most 14400",
        )
    }
}

fn refuse(
    good: bool,
    key: &'static str,
    value: String,
    fact: &'static str,
) -> Result<(), ConfigError> {
    if good { Ok(()) } else { Err(ConfigError::Impossible { key, value, fact }) }
}

fn hide_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let Some((user, host)) = rest.rsplit_once('@') else {
        return url.to_owned();
    };
    let user = user.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}:***@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_by_its_name() {
        let error =
            toml::from_str::<Settings>("[sip]\nlisten_on = \"127.0.0.1:5060\"").unwrap_err();

        assert!(error.to_string().contains("listen_on"), "{error}");
    }

    #[test]
    fn an_impossible_value_is_refused_by_its_key() {
        let settings = Settings { media: Media { ports: (30_000, 20_000) }, ..Settings::default() };

        let error = settings.check().unwrap_err();

        assert!(error.to_string().starts_with("media.ports = [30000, 20000]"), "{error}");
    }

    #[test]
    fn a_password_is_never_printed() {
        let mut settings = Settings::default();
        settings.database.url = "postgres://gudok:secret@db/gudok".into();

        let shown = settings.print().unwrap();

        assert!(shown.contains("postgres://gudok:***@db/gudok"), "{shown}");
        assert!(!shown.contains("secret"));
    }
}
