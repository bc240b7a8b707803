//! Brings a database forward to the schema this program knows; one from the future is refused.

use super::StoreError;
use super::db::{Db, Tx, values};

/// In order; a file's number is its place here, from 1.
const MIGRATIONS: [&str; 4] = [
    include_str!("../../../migrations/0001_first_call.sql"),
    include_str!("../../../migrations/0002_sessions.sql"),
    include_str!("../../../migrations/0003_final_price.sql"),
    include_str!("../../../migrations/0004_money.sql"),
];

/// The newest schema this program knows.
pub(super) const KNOWN: i64 = MIGRATIONS.len() as i64;

pub(super) async fn migrate(db: &Db) -> Result<(), StoreError> {
    make_version(db).await?;

    let mut tx = db.begin().await?;
    let found = version(&mut tx).await?;
    if found > KNOWN {
        return Err(StoreError::Newer { found, known: KNOWN });
    }
    for migration in MIGRATIONS.iter().skip(found as usize) {
        for statement in statements(migration) {
            tx.execute(statement, &[]).await?;
        }
    }
    tx.execute("UPDATE schema_version SET version = $1", values![KNOWN]).await?;
    tx.commit().await
}

/// Postgres lets two processes that start together both try to make the table, and one fails: the
/// second try finds it.
async fn make_version(db: &Db) -> Result<(), StoreError> {
    let table = "CREATE TABLE IF NOT EXISTS schema_version \
                 (only_row BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL)";
    let row = "INSERT INTO schema_version (only_row, version) VALUES (1, 0) \
               ON CONFLICT (only_row) DO NOTHING";
    if db.execute(table, &[]).await.is_err() {
        db.execute(table, &[]).await?;
    }
    db.execute(row, &[]).await?;
    Ok(())
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
    migration.split(";\n").map(str::trim).filter(|statement| !statement.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn migrating_twice_is_migrating_once() {
        let db = Db::open(":memory:").await.unwrap();

        migrate(&db).await.unwrap();
        migrate(&db).await.unwrap();

        let row = db.first("SELECT version FROM schema_version", &[]).await.unwrap().unwrap();
        assert_eq!(row.int("version").unwrap(), KNOWN);
    }

    #[tokio::test]
    async fn a_database_from_the_future_is_refused() {
        let db = Db::open(":memory:").await.unwrap();
        migrate(&db).await.unwrap();
        db.execute("UPDATE schema_version SET version = $1", values![KNOWN + 1]).await.unwrap();

        let refused = migrate(&db).await.unwrap_err().to_string();

        assert_eq!(
            refused,
            format!(
                "the database has schema {}, this program knows {KNOWN}: start the newer one",
                KNOWN + 1
            )
        );
    }

    #[test]
    fn a_migration_is_cut_at_its_statements() {
        let pieces: Vec<_> =
            statements("CREATE TABLE a (b TEXT);\n\nCREATE TABLE c (d TEXT);\n").collect();

        assert_eq!(pieces, ["CREATE TABLE a (b TEXT)", "CREATE TABLE c (d TEXT)"]);
    }
}
