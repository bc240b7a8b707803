//! The whole house put together: database, packs, speech, telephone, pages.
//!
//! **Never here:** decisions; only what is built from what.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use dialog::conversation::Packs;
use dialog::llm::Thinker;
use dialog::pack::Pack;
use dialog::state::State;
use job_core::conversation::Page;
use job_core::ids::{ConversationId, Ids, JobId, OrgId};
use job_core::job::Job;
use job_core::store::{JobFilter, Store};
use job_core::trade::Language;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use web::calendar::CalendarRoom;
use web::channels::bots::Bots;
use web::metrics::{Gauge, Gauges};
use web::pace::Allowance;
use web::post::{PostRoom, Telephone};
use web::till::Till;

use super::browsers::Browsers;
use super::certificates::{self, Certificate};
use super::doors::Kind;
use super::lookup::Lookup;
use super::notes::Notes;
use super::outgoing::Outgoing;
use super::pacemaker::Beat;
use super::phone::Phone;
use super::ports::Ports;
use super::scribe::Scribe;
use super::seat::{Ears, Studio};
use super::services::tariff::Tariff;
use super::switchboard::{Parts, Shelf, Switchboard, lock};
use super::trunks::Trunks;
use super::{aftermath, demo, errands, ledger, services, speech};
use crate::clock;
use crate::config::{self, Settings};
use crate::sip;
use crate::sip::gate::Gate;

/// Packs the program carries.
pub const PACKS: &[&str] = &["home-repair"];
/// News from the telephone set waiting for the switchboard.
const EVENTS_MAX: usize = 4_096;
/// Database, pages, pipes to synthesisers.
const FILES_BESIDE_CALLS: u64 = 512;
/// How long running calls may take to end when the house closes.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// A running gateway.
pub struct House {
    pub sip: SocketAddr,
    pub http: SocketAddr,
    pub data: PathBuf,
    pub demo_file: Option<PathBuf>,
    /// Login and password of the demo's admin; empty outside the demo.
    pub admin: (String, String),
    pub scribe: Scribe,
    store: Store,
    board: Switchboard,
    trunks: Trunks,
    ledger: JoinHandle<()>,
}

/// What is left of a call, in words.
#[derive(Debug, Clone)]
pub struct Summary {
    pub conversation: ConversationId,
    pub job: Option<JobId>,
    pub quote: Option<String>,
    pub slot: Option<String>,
    pub master: Option<String>,
    pub recording: PathBuf,
    pub job_file: bool,
}

impl House {
    /// Opens everything; an error names what is missing and how to mend it.
    pub async fn open(settings: Settings, demo: bool) -> anyhow::Result<Self> {
        Self::open_with(settings, demo, speech::studio).await
    }

    /// As `open`, with other engines to hear and speak.
    pub async fn open_with(
        settings: Settings,
        demo: bool,
        studio: impl FnOnce(&Settings, &Shelf) -> anyhow::Result<Studio>,
    ) -> anyhow::Result<Self> {
        allow_many_sockets(settings.calls.most);
        let data = settings.data.clone();
        std::fs::create_dir_all(&data)
            .with_context(|| format!("data folder {}", data.display()))?;
        let random = Arc::new(Mutex::new(chance()?));
        let store = open_store(&settings, &random).await?;
        let shelf = load_packs()?;
        let keys = match demo {
            true => Some(demo::prepare(&store, &random).await?),
            false => None,
        };
        let studio = studio(&settings, &shelf)?;
        let agent = agent_settings(&settings, &random);
        let guests =
            settings.sip.guests.iter().map(|guests| guests.parse()).collect::<Result<_, _>>()?;
        let gate = Arc::new(Mutex::new(Gate::new(guests)));
        let (mut phone, handset) =
            Phone::open(settings.sip.listen, true, agent, Arc::clone(&gate)).await?;
        open_doors(&mut phone, &settings.sip).await?;
        let sip = phone.local();
        let listener = TcpListener::bind(settings.http.listen).await.with_context(|| {
            format!(
                "HTTP port {}: is another program using it? set http.listen",
                settings.http.listen
            )
        })?;
        let http = listener.local_addr()?;
        let recordings = data.join("recordings");
        std::fs::create_dir_all(&recordings)?;
        aftermath::close_pages(&store, &recordings).await?;
        studio.tape.archive_left_behind(&recordings);

        let (scribe, entries) = Scribe::new();
        let ledger = tokio::spawn(ledger::keep(store.clone(), entries));
        let seed = lock(&random).next_u64();
        let lookup = Lookup::new(&settings.sip.name_servers, Arc::clone(&random))?;
        let operator = settings.operator();
        let tariff = Arc::new(Tariff::of(&settings.services, settings.calls.price));
        let thinker =
            services::mind::Minds::of(&settings).map(|it| Arc::new(it) as Arc<dyn Thinker>);
        let trunks = Trunks::new(settings.trunks, handset.clone(), gate, lookup, sip)?;
        let ears = studio.recognisers.clone();
        let board = Switchboard::new(Parts {
            runtime: tokio::runtime::Handle::current(),
            store: store.clone(),
            trunks: trunks.clone(),
            shelf: shelf.clone(),
            studio,
            handset,
            beats: beats()?,
            ports: Ports::new(sip.ip(), settings.media.ports),
            scribe: scribe.clone(),
            random: Mutex::new(ChaCha20Rng::seed_from_u64(seed)),
            recordings: recordings.clone(),
            most: settings.calls.most,
            longest: Duration::from_secs(settings.calls.longest_seconds),
            drafts: settings.speech.drafts,
            denoises: settings.speech.denoise,
            tariff: Arc::clone(&tariff),
            thinker: thinker.clone(),
            operator,
            load_line: settings.load_line,
            media_address: settings.sip.advertise.unwrap_or(sip.ip()),
        });
        let port = browser_port(settings.browser.listen).await?;
        let chances = Arc::clone(&random);
        let browsers = Browsers::open(port, settings.browser.advertise, board.clone(), chances)?;
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        tokio::spawn(phone.run(sender));
        tokio::spawn(board.clone().run(events));
        trunks.join();
        let packs = shelf.get(PACKS[0]).context("the pack")?.clone();
        let chance: web::Chance = Arc::new({
            let random = Arc::clone(&random);
            move || lock(&random).next_u64()
        });
        let outgoing = Outgoing::new(settings.outgoing, board.clone());
        let telephone = outgoing.map(|it| Arc::new(it) as Arc<dyn Telephone>);
        let (bots, bell) = (Arc::new(Bots::open(settings.bots)?), Arc::new(Notify::new()));
        let carriers = (Arc::clone(&bots), Arc::clone(&bell));
        let post =
            PostRoom::open(store.clone(), settings.post, telephone, carriers, Arc::clone(&chance));
        let calendars = CalendarRoom::open(store.clone(), settings.calendars)?;
        let till = Till::open(settings.till);
        let left = recordings.clone();
        let pages = web::House::new(store.clone(), packs, recordings, clock::wall, chance);
        let standing = trunks.clone();
        let pages = pages
            .with_till(till)
            .with_thinker(thinker)
            .with_gauges(gauges(&board, &ears))
            .with_origins(&settings.http.origins)
            .with_pace(
                allowance(settings.http.per_key, 2),
                allowance(settings.http.per_address, 10),
            )
            .with_trunks(Arc::new(move || standing.told()))
            .with_live(Arc::new(board.clone()))
            .with_bots(bots, bell)
            .with_scribe(Arc::new(Notes::new(ears)));
        errands::run(store.clone(), post, calendars, (pages.clone(), left));
        pages.poll_bots();
        serve_pages(listener, pages.with_exchange(Arc::new(browsers), settings.browser.helpers));

        let demo_file = match &keys {
            Some(keys) => Some(keys.write(&data, sip, http)?),
            None => None,
        };
        let admin = keys.map(|keys| (keys.admin_user, keys.admin_password)).unwrap_or_default();
        Ok(Self { sip, http, data, demo_file, admin, scribe, store, board, trunks, ledger })
    }

    /// Running calls go on to their end, new ones are sent away; after `most` it is over for all.
    pub async fn drain(&self, most: Duration) {
        self.board.take_no_more();
        self.trunks.leave().await;
        let deadline = clock::now() + most;
        while self.board.calls() > 0 && clock::now() < deadline {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Calls end with their reason on their pages, rows are written, then it is over.
    pub async fn close(self) {
        self.board.stop_all();
        self.trunks.leave().await;
        let deadline = clock::now() + CLOSE_WITHIN;
        while self.board.calls() > 0 && clock::now() < deadline {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop((self.board, self.scribe));
        let _ = tokio::time::timeout(CLOSE_WITHIN, self.ledger).await;
        self.store.close().await;
    }

    /// The job booked for that number, the newest of several.
    pub async fn job_of(&self, phone: &str) -> anyhow::Result<Option<Job>> {
        let rows = self.store.org(&OrgId::new(demo::ORG));
        let of = JobFilter { client_phone: Some(phone.to_owned()), ..JobFilter::default() };
        let jobs = rows.jobs(&of, Page::default()).await?;
        Ok(jobs.into_iter().max_by_key(|job| job.booked))
    }

    /// What is left of that call, once its page is closed.
    pub async fn summary(&self, conversation: &ConversationId) -> anyhow::Result<Summary> {
        let rows = self.store.org(&OrgId::new(demo::ORG));
        let deadline = clock::now() + CLOSE_WITHIN;
        let record = loop {
            let record = rows.conversation(conversation).await?.context("the call's page")?;
            if record.ended.is_some() || clock::now() > deadline {
                break record;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let state: Option<State> =
            record.state.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let state = state.unwrap_or_default();
        let master = match &state.offer {
            Some(offer) => rows.master(&offer.master_id).await?.map(|master| master.name),
            None => None,
        };
        let job_file = match &record.job {
            Some(job) => rows.job_file(job).await?.is_some(),
            None => false,
        };
        Ok(Summary {
            conversation: conversation.clone(),
            quote: state
                .quote
                .map(|quote| format!("{}–{} {}", quote.min, quote.max, quote.currency)),
            slot: state.offer.map(|offer| format!("{} … {}", offer.start, offer.end)),
            master,
            recording: self.data.join("recordings").join(record.recording.unwrap_or_default()),
            job: record.job,
            job_file,
        })
    }
}

/// Every call holds two sockets and a recording; the usual limit of 1,024 files is too low for that.
fn allow_many_sockets(calls: usize) {
    let wanted = 3 * calls as u64 + FILES_BESIDE_CALLS;
    match rlimit::increase_nofile_limit(wanted) {
        Ok(files) if files < wanted => {
            tracing::warn!(
                files,
                wanted,
                "few open files allowed: raise the hard limit (ulimit -Hn)"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, wanted, "the limit of open files stays as it is"),
    }
}

async fn open_store(settings: &Settings, random: &Mutex<ChaCha20Rng>) -> anyhow::Result<Store> {
    let url = settings.database_url();
    let path = url.strip_prefix("sqlite:").unwrap_or(&url);
    let seed = lock(random).next_u64();
    Store::open(path, Ids::new(seed)).await.context("the database")
}

/// The packs the program carries, each in all its languages.
pub fn load_packs() -> anyhow::Result<Shelf> {
    let mut shelf = Shelf::new();
    for name in PACKS {
        let [ru, en] = [Language::Ru, Language::En].map(|language| Pack::built_in(name, language));
        shelf.insert((*name).to_owned(), Packs::new(Arc::new(ru?), [Arc::new(en?)]));
    }
    Ok(shelf)
}

async fn browser_port(listen: SocketAddr) -> anyhow::Result<UdpSocket> {
    UdpSocket::bind(listen).await.with_context(|| {
        format!("UDP port {listen}: is another program using it? set browser.listen")
    })
}

fn beats() -> std::io::Result<Vec<Beat>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (0..cores).map(Beat::start).collect()
}

fn gauges(board: &Switchboard, ears: &Ears) -> Gauges {
    let (board, ears) = (board.clone(), ears.clone());
    Arc::new(move || {
        let free = |language| ears.of(language).capacity().free as f64;
        let gauge = |name, help, value| Gauge { name, help, value };
        vec![
            gauge("gudok_calls", "Calls under way.", board.calls() as f64),
            gauge(
                "gudok_recognisers_free_ru",
                "Russian callers that can be heard.",
                free(Language::Ru),
            ),
            gauge(
                "gudok_recognisers_free_en",
                "English callers that can be heard.",
                free(Language::En),
            ),
        ]
    })
}

fn agent_settings(settings: &Settings, random: &Mutex<ChaCha20Rng>) -> sip::agent::Settings {
    sip::agent::Settings {
        user_agent: concat!("gudok/", env!("CARGO_PKG_VERSION")).into(),
        contact_user: "gudok".into(),
        advertised: settings.sip.advertise,
        follows: settings.calls.follows_transfers,
        seed: lock(random).next_u64(),
    }
}

/// The doors besides UDP and TCP, where the owner wants them.
async fn open_doors(phone: &mut Phone, sip: &config::Sip) -> anyhow::Result<()> {
    let (tls, websocket) = (&sip.tls, &sip.websocket);
    let encrypts = tls.listen.is_some() || (websocket.listen.is_some() && websocket.encrypted);
    if !encrypts && websocket.listen.is_none() {
        return Ok(());
    }
    let ours = Certificate { certificate: tls.certificate.clone(), key: tls.key.clone() };
    let acceptor = encrypts.then(|| certificates::acceptor(&ours)).transpose()?;
    if let (Some(listen), Some(acceptor)) = (tls.listen, &acceptor) {
        let kind = Kind::Tls(acceptor.clone());
        let address = phone.add_door(listen, kind, "sip.tls.listen").await?;
        tracing::info!(%address, "SIP over TLS");
    }
    if let Some(listen) = websocket.listen {
        let kind = Kind::WebSocket(acceptor.filter(|_| websocket.encrypted));
        let address = phone.add_door(listen, kind, "sip.websocket.listen").await?;
        tracing::info!(%address, encrypted = websocket.encrypted, "SIP over WebSocket");
    }
    Ok(())
}

/// So many a second, and so many seconds' worth at once.
fn allowance(per_second: u32, seconds: u32) -> Allowance {
    Allowance { per_second, at_once: per_second.saturating_mul(seconds) }
}

fn serve_pages(listener: TcpListener, house: web::House) {
    let pages = web::router(house).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, pages).await {
            tracing::error!(%error, "pages are no longer served");
        }
    });
}

/// The operating system's randomness.
pub(crate) fn chance() -> anyhow::Result<ChaCha20Rng> {
    use std::io::Read as _;
    let mut seed = [0; 32];
    std::fs::File::open(Path::new("/dev/urandom"))?.read_exact(&mut seed)?;
    Ok(ChaCha20Rng::from_seed(seed))
}
