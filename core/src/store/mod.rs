//! Where truth is kept: the only SQL of the house, one text for SQLite and Postgres.
//!
//! Every row belongs to an organisation; [`OrgStore`] carries its id into every statement. A booking
//! is one transaction, and that no master is promised twice is a primary key, not a check.
//!
//! **Never here:** rules of price, time and assignment (the pure modules), the clock, chance.

mod access;
mod attention;
mod audit;
mod audit_log;
mod board;
mod booking;
mod by_hand;
mod calendars;
mod callers;
mod changes;
mod chats;
mod consent;
mod conversations;
mod day;
pub(crate) mod db;
mod enrol;
mod free;
mod hooks;
mod jobs;
mod ledger;
mod lists;
mod masters;
mod media;
mod migrate;
mod offers;
mod outbox;
mod payments;
mod queue;
mod reassign;
mod reminders;
mod retention;
mod reviews;
mod sessions;
mod slots;
mod stats;
mod usage;

use std::sync::Arc;

use jiff::Timestamp;

pub use access::{ApiKey, KeyNamed, Line, Role, User};
pub use attention::TakeOverRefused;
pub use audit::Fault;
pub use audit_log::Deed;
pub use callers::{CallBack, Complaint};
pub use chats::WEB;
pub use jobs::JobFilter;
pub use ledger::{LedgerLine, Payout};
pub use outbox::{Message, MessageState};
pub use payments::PaymentRequest;
pub use reassign::Passed;
pub use reviews::{Review, ReviewRefused};
pub use sessions::Session;

use crate::ids::{Ids, OrgId};
use crate::settings::{Settings, UnknownZone};
use board::Boards;
use db::{Db, values};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database has schema {found}, this program knows {known}: start the newer one")]
    Newer { found: i64, known: i64 },
    #[error("there is no organisation {0}")]
    UnknownOrg(OrgId),
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    #[error("column {column} holds {fact}")]
    Odd { column: String, fact: String },
}

impl StoreError {
    fn odd(column: &str, fact: impl Into<String>) -> Self {
        Self::Odd { column: column.to_owned(), fact: fact.into() }
    }

    /// Two transactions were in each other's way and this one lost: nothing was changed, and the
    /// same again may pass (Postgres 40001 and 40P01, SQLite busy). So is XX000: now and then Postgres
    /// meets two lockers of one row, one of them killed, and gives up with "new multixact has more than
    /// one updating member".
    pub fn is_passing(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };

        matches!(error.code().as_deref(), Some("40001" | "40P01" | "XX000" | "5" | "517"))
    }
}

/// The database of all organisations.
#[derive(Debug, Clone)]
pub struct Store {
    db: Db,
    ids: Arc<Ids>,
    boards: Arc<Boards>,
}

/// The database as one organisation sees it.
#[derive(Debug, Clone)]
pub struct OrgStore {
    db: Db,
    ids: Arc<Ids>,
    boards: Arc<Boards>,
    org: OrgId,
}

impl Store {
    /// `url`: `postgres://…`, the path of an SQLite file (made if missing), or `:memory:`. Brings
    /// the schema forward. `ids` is seeded by the process.
    pub async fn open(url: &str, ids: Ids) -> Result<Self, StoreError> {
        let db = Db::open(url).await?;
        migrate::migrate(&db).await?;

        Ok(Self { db, ids: Arc::new(ids), boards: Arc::default() })
    }

    pub async fn close(&self) {
        self.db.close().await;
    }

    pub fn org(&self, org: &OrgId) -> OrgStore {
        OrgStore {
            db: self.db.clone(),
            ids: Arc::clone(&self.ids),
            boards: Arc::clone(&self.boards),
            org: org.clone(),
        }
    }

    /// A new name that sorts by time.
    pub fn new_id(&self, now: Timestamp) -> String {
        self.ids.next(now)
    }
}

impl OrgStore {
    pub fn id(&self) -> &OrgId {
        &self.org
    }

    /// A new name that sorts by time.
    pub fn new_id(&self, now: Timestamp) -> String {
        self.ids.next(now)
    }

    pub async fn settings(&self) -> Result<Settings, StoreError> {
        let row = self
            .db
            .first("SELECT settings FROM organisations WHERE id = $1", values![&self.org])
            .await?;

        row.ok_or_else(|| StoreError::UnknownOrg(self.org.clone()))?.json("settings")
    }

    /// As `settings`, on the transaction's own connection: a second one may not be to be had.
    async fn settings_in(&self, tx: &mut db::Tx) -> Result<Settings, StoreError> {
        let row = tx
            .first("SELECT settings FROM organisations WHERE id = $1", values![&self.org])
            .await?;

        row.ok_or_else(|| StoreError::UnknownOrg(self.org.clone()))?.json("settings")
    }

    pub async fn name(&self) -> Result<String, StoreError> {
        let row = self
            .db
            .first("SELECT name FROM organisations WHERE id = $1", values![&self.org])
            .await?;

        row.ok_or_else(|| StoreError::UnknownOrg(self.org.clone()))?.text("name")
    }

    pub async fn change_settings(&self, settings: &Settings) -> Result<(), StoreError> {
        settings.time_zone()?;
        self.db
            .execute(
                "UPDATE organisations SET settings = $2 WHERE id = $1",
                values![&self.org, json(settings)],
            )
            .await?;
        Ok(())
    }
}

/// A transaction that lost to another is tried so often in all.
const ATTEMPTS: u32 = 5;

/// `patiently!(self.move_once(…))`: the same transaction again while it only lost to another.
macro_rules! patiently {
    ($once:expr) => {{
        let mut tries = 1;
        loop {
            match $once.await {
                Err(error) if error.is_passing() && tries < $crate::store::ATTEMPTS => tries += 1,
                done => break done,
            }
        }
    }};
}
use patiently;

/// Nothing of the transaction stays, and the asker hears why.
async fn refuse<T, R>(tx: db::Tx, refused: R) -> Result<Result<T, R>, StoreError> {
    tx.roll_back().await?;

    Ok(Err(refused))
}

/// JSON text of one of our own structs.
fn json<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_string(value) {
        Ok(text) => text,
        Err(error) => unreachable!("our own structs are JSON: {error}"),
    }
}
