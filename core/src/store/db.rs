//! Two databases behind one small door: every statement is written once, with `$N` placeholders.
//!
//! SQLite has one writer and several readers; Postgres one pool for both.
//!
//! **Never here:** what the statements mean.

use std::time::Duration;

use jiff::Timestamp;
use sqlx::postgres::{PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Postgres, Row as _, Sqlite, Transaction};

use super::StoreError;

const READERS: u32 = 4;
/// Pages each connection keeps, as SQLite writes KiB; its own default of 2 MB reads a large
/// organisation from the file again and again.
const CACHE_KIB: &str = "-32768";
/// Rows SQLite's thread reads before it waits for their reader.
const ROWS_AHEAD: usize = 1_024;
const POSTGRES_CONNECTIONS: u32 = 16;
/// Another process may be writing: so long a statement waits for it.
const BUSY: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub(crate) enum Db {
    Sqlite { readers: SqlitePool, writer: SqlitePool },
    Postgres(PgPool),
}

/// A transaction; dropped without `commit`, it never was.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A parameter. An absent one keeps its kind, because Postgres asks for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Bool(bool),
}

#[derive(Debug)]
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// `values![a, b]`: parameters in the order of `$1`, `$2`.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::db::Value::from($value)),*] };
}
pub(crate) use values;

macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match value.clone() {
                Value::Text(text) => query.bind(text),
                Value::Int(int) => query.bind(int),
                Value::Bool(flag) => query.bind(flag),
            };
        }
        query
    }};
}

macro_rules! column {
    ($row:expr, $name:expr) => {
        match $row {
            Row::Sqlite(row) => row.try_get($name),
            Row::Postgres(row) => row.try_get($name),
        }
        .map_err(StoreError::from)
    };
}

impl Db {
    /// `postgres://…`, `:memory:` (one connection, gone when closed), or the path of a file with or
    /// without `sqlite:`.
    pub(crate) async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS);
            return Ok(Self::Postgres(options.connect(url).await?));
        }
        let path = url.strip_prefix("sqlite:").unwrap_or(url);
        let path = path.strip_prefix("//").unwrap_or(path);
        let writer = sqlite(path, 1).await?;
        let readers =
            if path == ":memory:" { writer.clone() } else { sqlite(path, READERS).await? };

        Ok(Self::Sqlite { readers, writer })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    pub(crate) async fn query(
        &self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => {
                rows(bound!(sql, values).fetch_all(readers).await?, Row::Sqlite)
            }
            Self::Postgres(pool) => rows(bound!(sql, values).fetch_all(pool).await?, Row::Postgres),
        })
    }

    pub(crate) async fn first(
        &self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// Rows affected.
    pub(crate) async fn execute(
        &self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => {
                bound!(sql, values).execute(writer).await?.rows_affected()
            }
            Self::Postgres(pool) => bound!(sql, values).execute(pool).await?.rows_affected(),
        })
    }

    /// A line that was written first is seen at most so much after the others: where one writes at
    /// a time, not at all.
    pub(crate) fn written_behind_ms(&self) -> i64 {
        match self {
            Self::Sqlite { .. } => 1,
            Self::Postgres(_) => 10_000,
        }
    }

    /// A transaction for writing; on SQLite it is the only one from its first moment.
    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }
}

async fn sqlite(path: &str, connections: u32) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", CACHE_KIB)
        .row_buffer_size(ROWS_AHEAD)
        .foreign_keys(true)
        .busy_timeout(BUSY);
    // A database in memory lives as long as its one connection.
    let pool = SqlitePoolOptions::new().max_connections(connections).idle_timeout(None);

    Ok(pool.max_lifetime(None).connect_with(options).await?)
}

impl Tx {
    /// Where the two databases have no words in common.
    pub(crate) fn one_of(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }

    pub(crate) async fn query(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(tx) => rows(bound!(sql, values).fetch_all(&mut **tx).await?, Row::Sqlite),
            Self::Postgres(tx) => {
                rows(bound!(sql, values).fetch_all(&mut **tx).await?, Row::Postgres)
            }
        })
    }

    pub(crate) async fn first(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// Rows affected.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value],
    ) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(tx) => bound!(sql, values).execute(&mut **tx).await?.rows_affected(),
            Self::Postgres(tx) => bound!(sql, values).execute(&mut **tx).await?.rows_affected(),
        })
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Says that nothing is to stay; dropping does the same, later.
    pub(crate) async fn roll_back(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}

impl Row {
    pub(crate) fn text(&self, column: &str) -> Result<String, StoreError> {
        column!(self, column)
    }

    pub(crate) fn maybe_text(&self, column: &str) -> Result<Option<String>, StoreError> {
        column!(self, column)
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64, StoreError> {
        column!(self, column)
    }

    pub(crate) fn maybe_int(&self, column: &str) -> Result<Option<i64>, StoreError> {
        column!(self, column)
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool, StoreError> {
        column!(self, column)
    }

    /// A column of milliseconds since 1970.
    pub(crate) fn time(&self, column: &str) -> Result<Timestamp, StoreError> {
        let millis = self.int(column)?;

        Timestamp::from_millisecond(millis).map_err(|_| StoreError::odd(column, millis.to_string()))
    }

    pub(crate) fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>, StoreError> {
        match self.maybe_int(column)? {
            Some(_) => self.time(column).map(Some),
            None => Ok(None),
        }
    }

    /// A column of JSON text.
    pub(crate) fn json<T: serde::de::DeserializeOwned>(
        &self,
        column: &str,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;

        serde_json::from_str(&text).map_err(|error| StoreError::odd(column, error.to_string()))
    }

    /// A column that holds one of our words, e.g. a status.
    pub(crate) fn word<T: serde::de::DeserializeOwned>(
        &self,
        column: &str,
    ) -> Result<T, StoreError> {
        let text = self.text(column)?;
        let word = serde_json::Value::String(text.clone());

        serde_json::from_value(word).map_err(|_| StoreError::odd(column, text))
    }
}

/// The word one of our enums is written with, as its JSON.
pub(crate) fn word<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("not one of our words: {other:?}"),
    }
}

fn rows<N>(native: Vec<N>, own: fn(N) -> Row) -> Vec<Row> {
    native.into_iter().map(own).collect()
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(Some(int))
    }
}

impl From<Option<i64>> for Value {
    fn from(int: Option<i64>) -> Self {
        Self::Int(int)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Int(Some(at.as_millisecond()))
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(at: Option<Timestamp>) -> Self {
        Self::Int(at.map(Timestamp::as_millisecond))
    }
}

macro_rules! ids_are_text {
    ($($id:ident),+) => {$(
        impl From<&crate::ids::$id> for Value {
            fn from(id: &crate::ids::$id) -> Self {
                Self::Text(Some(id.as_str().to_owned()))
            }
        }

        impl From<Option<&crate::ids::$id>> for Value {
            fn from(id: Option<&crate::ids::$id>) -> Self {
                Self::Text(id.map(|id| id.as_str().to_owned()))
            }
        }
    )+};
}
ids_are_text!(
    OrgId,
    MasterId,
    JobId,
    ConversationId,
    HoldId,
    PaymentId,
    MessageId,
    ChangeId,
    CalendarId
);
