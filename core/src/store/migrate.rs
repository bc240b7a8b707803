//! Brings a database forward to the schema this program knows; one from the future is refused.

use super::StoreError;
use super::db::{Db, Tx, values};

/// In order; a file's number is its place here, from 1.
const MIGRATIONS: [&str; 1] = [include_str!("../../../migrations/0001_first_call.sql")];

/// The newest schema this program knows.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

pub(super) async fn migrate(db: &Db) -> Result<(), StoreError> {
    db.execute("CREATE TABLE IF NOT EXISTS schema_version (only_row BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)", &[])
        .await?;
    db.execute(
        "INSERT INTO schema_version (only_row, version) VALUES (1, 0) ON CONFLICT (only_row) DO NOTHING",
        &[],
    )
    .await?;

    let mut tx = db.begin().await?;
    let found = version(&mut tx).await?;
    if found > KNOWN {
        return Err(StoreError::Newer {
            found,
            known: KNOWN,
        });
    }
    for migration in MIGRATIONS.iter().skip(found as usize) {
        for statement in statements(migration) {
            tx.execute(statement, &[]).await?;
        }
    }
    tx.execute("UPDATE schema_version SET version = $1", values![KNOWN])
        .await?;
    tx.commit().await
}

/// Locks the row, so that of two processes starting together one migrates and one waits.
async fn version(tx: &mut Tx) -> Result<i64, StoreError> {
    let locked = "UPDATE schema_version SET version = version RETURNING version";

    match tx.first(locked, &[]).await? {
        Some(row) => row.int("version"),
        None => Ok(0),
    }
}

fn statements(migration: &'static str) -> impl Iterator<Item = &'static str> {
    migration
        .split(";\n")
        .map(str::trim)
        .filter(|statement| !statement.is_empty())
}
