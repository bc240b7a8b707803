//! Brings a database forward to the schema this program knows; one from the future is refused.

use super::StoreError;
use super::db::{Db, Tx, values};

/// In order; a file's number is its place here, from 1.
const MIGRATIONS: [&str; 12] = [
    include_str!("../../../migrations/0001_first_call.sql"),
    include_str!("../../../migrations/0002_sessions.sql"),
    include_str!("../../../migrations/0003_final_price.sql"),
    include_str!("../../../migrations/0004_money.sql"),
    include_str!("../../../migrations/0005_board.sql"),
    include_str!("../../../migrations/0006_sending.sql"),
    include_str!("../../../migrations/0007_offers.sql"),
    include_str!("../../../migrations/0008_consent.sql"),
    include_str!("../../../migrations/0009_trust.sql"),
    include_str!("../../../migrations/0010_calendars.sql"),
    include_str!("../../../migrations/0011_usage.sql"),
    include_str!("../../../migrations/0012_chats.sql"),
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
    async fn a_database_with_data_comes_forward_from_every_schema() {
        for from in 1..KNOWN {
            with_data_from(&Db::open(":memory:").await.unwrap(), from).await;
        }
    }

    #[tokio::test]
    async fn a_postgres_with_data_comes_forward_from_every_schema() {
        let Ok(url) = std::env::var("TEST_POSTGRES_URL") else { return };
        let plain = Db::open(&url).await.unwrap();
        for from in 1..KNOWN {
            let (make, place) = SCHEMAS[from as usize - 1];
            plain.execute(make, &[]).await.unwrap();
            with_data_from(
                &Db::open(&format!("{url}?options=-c%20search_path%3D{place}")).await.unwrap(),
                from,
            )
            .await;
        }
    }

    const SCHEMAS: [(&str, &str); KNOWN as usize - 1] = [
        ("CREATE SCHEMA from_1", "from_1"),
        ("CREATE SCHEMA from_2", "from_2"),
        ("CREATE SCHEMA from_3", "from_3"),
        ("CREATE SCHEMA from_4", "from_4"),
        ("CREATE SCHEMA from_5", "from_5"),
        ("CREATE SCHEMA from_6", "from_6"),
        ("CREATE SCHEMA from_7", "from_7"),
        ("CREATE SCHEMA from_8", "from_8"),
        ("CREATE SCHEMA from_9", "from_9"),
        ("CREATE SCHEMA from_10", "from_10"),
        ("CREATE SCHEMA from_11", "from_11"),
    ];

    /// Brings the database to that schema, writes a job, and comes forward twice.
    async fn with_data_from(db: &Db, from: i64) {
        make_version(db).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        for statement in MIGRATIONS.iter().take(from as usize).flat_map(|it| statements(it)) {
            tx.execute(statement, &[]).await.unwrap();
        }
        tx.execute("UPDATE schema_version SET version = $1", values![from]).await.unwrap();
        tx.commit().await.unwrap();
        for row in [
            "INSERT INTO organisations VALUES ('o', 'Org', '{}', 1000)",
            "INSERT INTO masters VALUES ('m', 'o', 'Master', '+70000000001', NULL, 'City', 'city', NULL, \
             500, TRUE, '[]', '{}', 0)",
            "INSERT INTO jobs (id, org_id, number, status, conversation_id, category, urgency, diagnosis, \
             client_name, client_phone, address, city, master_id, start_ms, end_ms, minutes, total, tracking, \
             door_code, booked_ms, touched) VALUES ('j', 'o', '1001', 'booked', 'c', 'electrical', 'standard', \
             'd', 'n', '+70000000002', '{}', 'City', 'm', 1, 2, 60, 1900, 't', '1234', 1, 0)",
        ] {
            db.execute(row, &[]).await.unwrap();
        }

        migrate(db).await.unwrap();
        migrate(db).await.unwrap();

        let version = db.first("SELECT version FROM schema_version", &[]).await.unwrap().unwrap();
        assert_eq!(version.int("version").unwrap(), KNOWN);
        let job = db.first("SELECT * FROM jobs WHERE id = 'j'", &[]).await.unwrap().unwrap();
        assert_eq!(job.int("total").unwrap(), 1900);
        assert_eq!(job.maybe_int("final_kopecks").unwrap(), None);
        let ledger = db.query("SELECT * FROM ledger", &[]).await.unwrap();
        assert!(ledger.is_empty());
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
