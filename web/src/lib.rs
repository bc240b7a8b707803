//! HTTP: the API, the console, the client's pages. The same dialogue and the same job core as the
//! telephone, seen through a browser or an integration.
//!
//! **Never here:** rules of price, slot or dialogue; reading the clock; SQL.

pub mod access;
mod api;
mod assets;
pub mod calendar;
mod console;
mod cookie;
pub mod live;
mod manners;
pub mod metrics;
mod page;
pub mod paper;
pub mod post;
mod price;
pub mod refusal;
pub mod ring;
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
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use dialog::conversation::Packs;
use dialog::desk::Desk;
use dialog::llm::Thinker;
use jiff::Timestamp;
use job_core::ids::OrgId;
use job_core::store::Store;

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
}

impl House {
    pub fn new(
        store: Store,
        packs: Packs,
        recordings: PathBuf,
        clock: fn() -> Timestamp,
        chance: Chance,
    ) -> Self {
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
        .route("/t/{token}", get(tracking::tracking))
        .route("/t/{token}/price", post(tracking::answer))
        .route("/t/{token}/review", post(tracking::review))
        .nest("/api/v1", api::router())
        .nest("/console", console::router())
        .fallback(page::nowhere)
        .layer(from_fn_with_state(house.clone(), manners::manners))
        .with_state(house)
}
