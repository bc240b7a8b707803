//! A small organisation in a fresh database: two electricians who work every day from 8 to 20.
#![allow(dead_code, unused_imports, unused_macros, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

pub(crate) mod talk;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use job_core::ids::{ConversationId, HoldId, Ids, MasterId, OrgId};
use job_core::master::{Master, Rating};
use job_core::order::{Booked, Findings, Order, Part};
use job_core::price::{PriceFacts, PriceList};
use job_core::schedule::{Hours, Schedule};
use job_core::settings::Settings;
use job_core::slot::{Offer, Wish, Work};
use job_core::store::{OrgStore, Store};
use job_core::trade::{Address, Category, Channel, Complexity, Language, Urgency};

static WORLDS: AtomicU64 = AtomicU64::new(0);
static CHANCE: AtomicU64 = AtomicU64::new(1);

/// `conformance! { name, … }`: each test on both databases.
macro_rules! conformance {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::world::World::sqlite().await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                if let Some(world) = $crate::world::World::postgres().await {
                    super::$test(world).await;
                }
            })+
        }
    };
}
pub(crate) use conformance;

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) now: Timestamp,
    /// Where its database is.
    url: String,
    /// Sets this world's names apart from those of tests beside it in one database.
    prefix: String,
    file: Option<PathBuf>,
}

impl World {
    pub(crate) async fn sqlite() -> Self {
        let prefix = prefix();
        let file = std::env::temp_dir().join(format!("gudok-{prefix}.db"));

        Self::open(file.to_str().unwrap(), prefix, Some(file.clone())).await
    }

    /// `None` without TEST_POSTGRES_URL.
    pub(crate) async fn postgres() -> Option<Self> {
        let url = std::env::var("TEST_POSTGRES_URL").ok()?;

        Some(Self::at(&url).await)
    }

    pub(crate) async fn at(url: &str) -> Self {
        Self::open(url, prefix(), None).await
    }

    async fn open(url: &str, prefix: String, file: Option<PathBuf>) -> Self {
        let seed = u64::from(std::process::id()) << 32 | CHANCE.fetch_add(1, Ordering::Relaxed);
        let store = Store::open(url, Ids::new(seed)).await.unwrap();

        Self { store, now: at("2026-11-23T10:00"), url: url.into(), prefix, file }
    }

    /// For another process that is to work in the same database.
    pub(crate) fn place(&self) -> String {
        self.url.clone()
    }

    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// Never the same twice, in this run or another.
    pub(crate) fn chance(&self) -> u64 {
        let count = CHANCE.fetch_add(1, Ordering::Relaxed);

        (u64::from(std::process::id()) << 32 | count).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// An organisation with two electricians, the higher rated is number 1.
    pub(crate) async fn org(&self, name: &str) -> OrgStore {
        let org = OrgId::new(self.name(name));
        self.store.add_organisation(&org, name, &Settings::default()).await.unwrap();
        let store = self.store.org(&org);
        for number in 1..=2 {
            store.put_master(&self.master(name, number)).await.unwrap();
        }
        store
    }

    pub(crate) fn offer(&self, org: &str, master: usize, start: &str) -> Offer {
        let start = at(start);
        let master_id = MasterId::new(self.name(&format!("{org}-master-{master}")));

        Offer { start, end: start + jiff::SignedDuration::from_mins(60), master_id }
    }

    pub(crate) async fn booked(&self, store: &OrgStore, call: &str, offer: &Offer) -> Booked {
        let call = ConversationId::new(self.name(call));
        let hold = store.hold(&work(), offer, &call, self.now).await.unwrap().unwrap();
        let order = order(&call, &hold, offer);

        store.book(&order, &prices(), self.now, self.chance()).await.unwrap().unwrap()
    }

    pub(crate) fn master(&self, org: &str, number: usize) -> Master {
        let week = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ];

        Master {
            id: MasterId::new(self.name(&format!("{org}-master-{number}"))),
            name: format!("Мастер {number}"),
            phone: format!("+7000000000{number}"),
            email: None,
            city: "Калининград".into(),
            district: None,
            trades: vec![Category::Electrical],
            rating: Rating(500 - number as i64),
            active: true,
            schedule: Schedule::weekly(&week, &[Hours::new(8, 20)]),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let Some(file) = &self.file else { return };
        for ending in ["", "-wal", "-shm"] {
            let mut name = file.clone().into_os_string();
            name.push(ending);
            let _ = std::fs::remove_file(name);
        }
    }
}

pub(crate) fn work() -> Work {
    Work {
        category: Category::Electrical,
        minutes: 60,
        city: "Калининград".into(),
        street: None,
        urgent: false,
    }
}

pub(crate) fn order(call: &ConversationId, hold: &HoldId, offer: &Offer) -> Order {
    Order {
        conversation: call.clone(),
        channel: Channel::Phone,
        language: Language::Ru,
        name: "Анна".into(),
        phone: "+79110001234".into(),
        address: Address {
            city: Some("Калининград".into()),
            house: Some("21/3".into()),
            ..Address::default()
        },
        problem: "Искрит розетка на кухне".into(),
        findings: Findings {
            code: "socket".into(),
            diagnosis: "Подгорел контакт розетки".into(),
            urgency: Urgency::Standard,
            complexity: Complexity::Easy,
            minutes: 60,
            tools: vec!["Индикатор".into()],
            consumables: vec!["Изолента".into()],
            parts: vec![Part { name: "Розетка".into(), cost: 350 }],
            steps: vec!["Отключить автомат".into()],
            safety: vec!["Не включать автомат".into()],
            test: vec!["Нагрузка 10 минут".into()],
        },
        wish: Wish { from: Some(offer.start), to: Some(offer.start) },
        hold: hold.clone(),
        offer: offer.clone(),
        price: PriceFacts {
            category: Category::Electrical,
            urgent: false,
            today: false,
            long_description: false,
            several_problems: false,
            evening_or_weekend: false,
            parts: 350,
        },
    }
}

pub(crate) fn prices() -> PriceList {
    PriceList {
        currency: "RUB".into(),
        base: vec![
            (Category::Electrical, 1_500),
            (Category::Plumbing, 1_800),
            (Category::Appliance, 2_000),
            (Category::General, 1_200),
        ],
        urgent: 130,
        today: 120,
        long_description: 120,
        several_problems: 150,
        evening_or_weekend: 110,
        long_description_over: 200,
        evening_from_hour: 18,
    }
}

/// Wall-clock time in Kaliningrad.
pub(crate) fn at(local: &str) -> Timestamp {
    let local: jiff::civil::DateTime = local.parse().unwrap();

    local.to_zoned(TimeZone::get("Europe/Kaliningrad").unwrap()).unwrap().timestamp()
}

fn prefix() -> String {
    format!("{}-{}", std::process::id(), WORLDS.fetch_add(1, Ordering::Relaxed))
}
