//! HTTP: the API, the console, the client's pages. The same dialogue and the same job core as the
//! telephone, seen through a browser or an integration.
//!
//! **Never here:** rules of price, slot or dialogue; reading the clock; SQL.

pub mod access;
mod api;
mod assets;
pub mod calendar;
pub mod channels;
mod console;
mod cookie;
pub mod live;
mod manners;
pub mod metrics;
pub mod pace;
mod page;
pub mod paper;
pub mod post;
mod price;
pub mod refusal;
pub mod ring;
pub mod scope;
mod session;
pub mod sound;
mod telling;
pub mod till;
mod tracking;
pub mod trunk;
mod words;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use dialog::conversation::Packs;
use dialog::desk::Desk;
use dialog::llm::Thinker;
use jiff::Timestamp;
use job_core::ids::OrgId;
use job_core::media::BYTES_MAX;
use job_core::store::Store;
use tokio::sync::Notify;
use tower_http::cors::CorsLayer;

/// What one key may ask where nothing else is set.
const KEY_PACE: pace::Allowance = pace::Allowance { per_second: 300, at_once: 600 };

/// What one address may ask without a key: a page takes a dozen requests.
const DOOR_PACE: pace::Allowance = pace::Allowance { per_second: 30, at_once: 300 };

/// Randomness nobody can guess, 64 bits at a time.
pub type Chance = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What every page may use.
#[derive(Clone)]
pub struct House {
    pub store: Store,
    pub packs: Packs,
    /// One desk for each organisation that has written.
    desks: Arc<Mutex<HashMap<OrgId, Arc<Desk>>>>,
    /// Folder of the recordings.
    pub recordings: Arc<PathBuf>,
    pub clock: fn() -> Timestamp,
    pub chance: Chance,
    pub till: Arc<till::Till>,
    /// Takes calls from browsers, where there is a gateway behind these pages.
    exchange: Option<Arc<dyn ring::Exchange>>,
    helpers: Arc<ring::Helpers>,
    trunks: trunk::Trunks,
    gauges: metrics::Gauges,
    thinker: Option<Arc<dyn Thinker>>,
    live: Arc<dyn live::Live>,
    pub(crate) bots: Arc<channels::bots::Bots>,
    pub(crate) files: channels::files::Files,
    /// Hears voice messages.
    pub(crate) scribe: Option<Arc<dyn channels::Scribe>>,
    /// Rings when the outbox has something that should leave at once.
    pub bell: Arc<Notify>,
    pub(crate) reading: channels::Reading,
    pub(crate) wakes: channels::Wakes,
    pub(crate) keys_pace: Arc<pace::Pace>,
    pub(crate) doors_pace: Arc<pace::Pace>,
    /// Sites whose pages may use the API.
    origins: Vec<HeaderValue>,
}

impl House {
    pub fn new(
        store: Store,
        packs: Packs,
        recordings: PathBuf,
        clock: fn() -> Timestamp,
        chance: Chance,
    ) -> Self {
        let files = channels::files::Files::new(recordings.join("../media"));
        let recordings = Arc::new(recordings);
        let till = Arc::new(till::Till::open(till::Settings::default()));
        let helpers = Arc::default();
        Self {
            store,
            packs,
            desks: Arc::default(),
            recordings,
            clock,
            chance,
            till,
            exchange: None,
            helpers,
            trunks: Arc::new(Vec::new),
            gauges: Arc::new(Vec::new),
            thinker: None,
            live: Arc::new(live::NoCalls),
            bots: Arc::default(),
            files,
            scribe: None,
            bell: Arc::default(),
            reading: channels::Reading::default(),
            wakes: channels::Wakes::default(),
            keys_pace: Arc::new(pace::Pace::new(KEY_PACE)),
            doors_pace: Arc::new(pace::Pace::new(DOOR_PACE)),
            origins: Vec::new(),
        }
    }

    /// Takes money by this till.
    pub fn with_till(mut self, till: till::Till) -> Self {
        self.till = Arc::new(till);
        self
    }

    /// Tells how these stand.
    pub fn with_trunks(mut self, trunks: trunk::Trunks) -> Self {
        self.trunks = trunks;
        self
    }

    /// Measures these.
    pub fn with_gauges(mut self, gauges: metrics::Gauges) -> Self {
        self.gauges = gauges;
        self
    }

    /// Models that written conversations may ask.
    pub fn with_thinker(mut self, thinker: Option<Arc<dyn Thinker>>) -> Self {
        self.thinker = thinker;
        self
    }

    /// Calls under way may be acted on.
    pub fn with_live(mut self, live: Arc<dyn live::Live>) -> Self {
        self.live = live;
        self
    }

    /// Answers what these bots are written.
    pub fn with_bots(mut self, bots: Arc<channels::bots::Bots>, bell: Arc<Notify>) -> Self {
        self.bots = bots;
        self.bell = bell;
        self
    }

    /// One key, and one address without a key, may ask so often.
    pub fn with_pace(mut self, key: pace::Allowance, door: pace::Allowance) -> Self {
        self.keys_pace = Arc::new(pace::Pace::new(key));
        self.doors_pace = Arc::new(pace::Pace::new(door));
        self
    }

    /// Pages of these sites (`https://example.org`) may use the API.
    pub fn with_origins(mut self, origins: &[String]) -> Self {
        let header = |it: &String| HeaderValue::from_str(it.trim_end_matches('/')).ok();
        self.origins = origins.iter().filter_map(header).collect();
        self
    }

    /// Hears voice messages.
    pub fn with_scribe(mut self, scribe: Arc<dyn channels::Scribe>) -> Self {
        self.scribe = Some(scribe);
        self
    }

    /// Browsers may call.
    pub fn with_exchange(
        mut self,
        exchange: Arc<dyn ring::Exchange>,
        helpers: ring::Helpers,
    ) -> Self {
        self.exchange = Some(exchange);
        self.helpers = Arc::new(helpers);
        self
    }
}

impl House {
    /// The desk of that organisation.
    pub fn desk(&self, org: &OrgId) -> Arc<Desk> {
        let mut desks = self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let open = || {
            let chance = Arc::clone(&self.chance);
            let desk = Desk::new(self.store.org(org), self.packs.clone(), move || chance());
            Arc::new(desk.with_thinker(self.thinker.clone()))
        };
        Arc::clone(desks.entry(org.clone()).or_insert_with(open))
    }

    /// 256 bits nobody can guess, as hexadecimal digits.
    fn secret(&self) -> String {
        (0..4).map(|_| format!("{:016x}", (self.chance)())).collect()
    }
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("House").field("recordings", &self.recordings).finish_non_exhaustive()
    }
}

/// What browsers on other sites may ask (Fetch standard, CORS).
fn elsewhere(house: &House) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(house.origins.clone())
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("x-api-key")])
        .expose_headers([HeaderName::from_static("x-request-id"), RETRY_AFTER])
}

/// Everything that is served.
pub fn router(house: House) -> Router {
    Router::new()
        .route("/", get(page::door))
        .route("/healthz", get(api::health::health))
        .route("/metrics", get(metrics::metrics))
        .route("/assets/{name}", get(assets::asset))
        .route("/language", get(page::switch_language))
        .route("/calendar/{file}", get(calendar::feed::feed))
        .route("/ring/{number}", get(ring::page))
        .route("/ring/{number}/line", get(ring::line))
        .route("/chat/{number}", get(channels::page::page))
        .route("/chat/{number}/line", get(channels::page::line))
        .route(
            "/chat/{number}/media",
            post(channels::page::media).layer(DefaultBodyLimit::max(BYTES_MAX)),
        )
        .route("/form/{number}", get(channels::form::page).post(channels::form::send))
        .route("/t/{token}", get(tracking::tracking))
        .route("/t/{token}/price", post(tracking::answer))
        .route("/t/{token}/review", post(tracking::review))
        .route(
            "/hooks/{bot}",
            get(channels::hooks::subscribe)
                .post(channels::hooks::update)
                .layer(DefaultBodyLimit::max(channels::hooks::UPDATE_BYTES_MAX)),
        )
        .route("/api/v1/", get(api::reading_page))
        .nest("/api/v1", api::router().layer(elsewhere(&house)))
        .nest("/console", console::router())
        .fallback(page::nowhere)
        .layer(from_fn_with_state(house.clone(), manners::manners))
        .with_state(house)
}
