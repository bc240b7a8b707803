//! Who is signed in to the pages, and how often a password was tried.
//!
//! **Never here:** the cookie itself (only its hash), passwords, the clock.

use jiff::{SignedDuration, Timestamp};

use super::db::values;
use super::{Role, Store, StoreError};
use crate::ids::OrgId;

/// After so many wrong passwords a login is locked …
const WRONG_TRIES_MAX: i64 = 10;
/// … for so long.
const LOCKED_FOR: SignedDuration = SignedDuration::from_mins(5);

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub org: OrgId,
    pub login: String,
    pub role: Role,
    pub expires: Timestamp,
}

impl Store {
    /// Signs a user in until `expires`; `hash` of the cookie, which itself is never stored. Sessions
    /// that are over are cleared away.
    pub async fn open_session(
        &self,
        hash: &str,
        login: &str,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        tx.execute("DELETE FROM sessions WHERE expires_ms <= $1", values![now]).await?;
        tx.execute(
            "INSERT INTO sessions (hash, login, expires_ms) VALUES ($1, $2, $3)",
            values![hash, login, expires],
        )
        .await?;
        tx.commit().await
    }

    /// Who holds the cookie with that hash, unless the session is over.
    pub async fn session(&self, hash: &str, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT u.org_id, u.login, u.role, s.expires_ms FROM sessions s \
                 JOIN users u ON u.login = s.login WHERE s.hash = $1 AND s.expires_ms > $2",
                values![hash, now],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some(Session {
            org: OrgId::new(row.text("org_id")?),
            login: row.text("login")?,
            role: row.word("role")?,
            expires: row.time("expires_ms")?,
        }))
    }

    /// Signs out; a session that is gone already is no error.
    pub async fn close_session(&self, hash: &str) -> Result<(), StoreError> {
        self.db.execute("DELETE FROM sessions WHERE hash = $1", values![hash]).await?;
        Ok(())
    }

    /// Signs a user out everywhere, as when the password has changed.
    pub async fn close_sessions_of(&self, login: &str) -> Result<(), StoreError> {
        self.db.execute("DELETE FROM sessions WHERE login = $1", values![login]).await?;
        Ok(())
    }

    /// Whether a password may be tried for that login now. Counted before the password is looked at,
    /// so that many tries at once are not more than ten; a right one forgets them.
    pub async fn may_try_login(&self, login: &str, now: Timestamp) -> Result<bool, StoreError> {
        let since = now - LOCKED_FOR;
        let mut tx = self.db.begin().await?;
        tx.execute("DELETE FROM login_tries WHERE last_ms <= $1", values![since]).await?;
        let counted = tx
            .execute(
                "INSERT INTO login_tries (login, tries, last_ms) VALUES ($1, 1, $2) \
                 ON CONFLICT (login) DO UPDATE SET tries = login_tries.tries + 1, \
                 last_ms = excluded.last_ms WHERE login_tries.tries < $3",
                values![login, now, WRONG_TRIES_MAX],
            )
            .await?;
        tx.commit().await?;

        Ok(counted == 1)
    }

    /// The right password was given.
    pub async fn forget_tries(&self, login: &str) -> Result<(), StoreError> {
        self.db.execute("DELETE FROM login_tries WHERE login = $1", values![login]).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Ids;
    use crate::settings::Settings;
    use crate::store::User;

    #[tokio::test]
    async fn a_session_lasts_until_it_expires() {
        let store = with_admin().await;
        let expires = at(60);

        store.open_session("hash", "admin", at(0), expires).await.unwrap();

        let found = store.session("hash", at(59)).await.unwrap().unwrap();
        assert_eq!((found.login.as_str(), found.org.as_str()), ("admin", "org"));
        assert_eq!(store.session("hash", at(60)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_changed_password_signs_out_everywhere() {
        let store = with_admin().await;
        store.open_session("one", "admin", at(0), at(60)).await.unwrap();
        store.open_session("two", "admin", at(0), at(60)).await.unwrap();

        store.close_sessions_of("admin").await.unwrap();

        assert_eq!(store.session("one", at(1)).await.unwrap(), None);
        assert_eq!(store.session("two", at(1)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_eleventh_wrong_password_waits_five_minutes() {
        let store = with_admin().await;

        for second in 0..10 {
            assert!(store.may_try_login("admin", at(second)).await.unwrap());
        }

        assert!(!store.may_try_login("admin", at(10)).await.unwrap());
        assert!(!store.may_try_login("admin", at(308)).await.unwrap());
        assert!(store.may_try_login("admin", at(309)).await.unwrap());
        assert!(store.may_try_login("other", at(10)).await.unwrap());
    }

    #[tokio::test]
    async fn the_right_password_forgets_the_wrong_ones() {
        let store = with_admin().await;
        for second in 0..10 {
            store.may_try_login("admin", at(second)).await.unwrap();
        }

        store.forget_tries("admin").await.unwrap();

        assert!(store.may_try_login("admin", at(10)).await.unwrap());
    }

    async fn with_admin() -> Store {
        let store = Store::open(":memory:", Ids::new(1)).await.unwrap();
        let org = OrgId::new("org");
        store.add_organisation(&org, "Org", &Settings::default()).await.unwrap();
        let user =
            User { login: "admin".into(), org, role: Role::Admin, password_hash: String::new() };
        store.add_user(&user).await.unwrap();
        store
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }
}
