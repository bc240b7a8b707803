//! Who may come in: numbers that are dialled, users, API keys. Looked up before an organisation is
//! known, so these alone are asked of the whole store.

use serde::{Deserialize, Serialize};

use super::db::{values, word};
use super::{Store, StoreError, json};
use crate::ids::OrgId;
use crate::settings::Settings;
use crate::trade::Language;

/// What answers on a dialled number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub org: OrgId,
    /// `None`: a line for load tests, no conversation.
    pub pack: Option<String>,
    pub language: Language,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    Operator,
    Master,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub login: String,
    pub org: OrgId,
    pub role: Role,
    pub password_hash: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub org: OrgId,
    pub name: String,
    /// Words with spaces between; empty: everything.
    pub scopes: String,
}

/// A key as its organisation sees it; the key itself is known to its holder only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyNamed {
    /// The beginning of its hash.
    pub id: String,
    pub name: String,
    /// None: everything.
    pub scopes: Vec<String>,
}

/// So much of a hash names a key within its organisation.
const KEY_ID_LETTERS: usize = 16;

impl Store {
    pub async fn organisations(&self) -> Result<Vec<OrgId>, StoreError> {
        let rows = self.db.query("SELECT id FROM organisations ORDER BY id", &[]).await?;

        rows.iter().map(|row| Ok(OrgId::new(row.text("id")?))).collect()
    }

    /// Makes an organisation, or leaves the one of that name as it is; says whether it is new.
    pub async fn add_organisation(
        &self,
        org: &OrgId,
        name: &str,
        settings: &Settings,
    ) -> Result<bool, StoreError> {
        settings.time_zone()?;
        let made = self
            .db
            .execute(
                "INSERT INTO organisations (id, name, settings, next_number) VALUES ($1, $2, $3, 1000) \
                 ON CONFLICT (id) DO NOTHING",
                values![org, name, json(settings)],
            )
            .await?;

        Ok(made == 1)
    }

    /// Gives a number to an organisation; the same number again moves it.
    pub async fn add_number(&self, did: &str, line: &Line) -> Result<(), StoreError> {
        self.db
            .execute(
                "INSERT INTO numbers (did, org_id, pack, language) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (did) DO UPDATE SET org_id = excluded.org_id, pack = excluded.pack, \
                 language = excluded.language",
                values![did, &line.org, line.pack.clone(), word(line.language)],
            )
            .await?;
        Ok(())
    }

    /// What answers on that number, if anything.
    pub async fn organisation_by_number(&self, did: &str) -> Result<Option<Line>, StoreError> {
        let row = self
            .db
            .first("SELECT org_id, pack, language FROM numbers WHERE did = $1", values![did])
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some(Line {
            org: OrgId::new(row.text("org_id")?),
            pack: row.maybe_text("pack")?,
            language: row.word("language")?,
        }))
    }

    /// `hash` of the key; the key itself is never stored.
    pub async fn add_api_key(&self, hash: &str, key: &ApiKey) -> Result<(), StoreError> {
        self.db
            .execute(
                "INSERT INTO api_keys (hash, org_id, name, scopes) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (hash) DO NOTHING",
                values![hash, &key.org, &key.name, &key.scopes],
            )
            .await?;
        Ok(())
    }

    pub async fn api_key(&self, hash: &str) -> Result<Option<ApiKey>, StoreError> {
        let row = self
            .db
            .first("SELECT org_id, name, scopes FROM api_keys WHERE hash = $1", values![hash])
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some(ApiKey {
            org: OrgId::new(row.text("org_id")?),
            name: row.text("name")?,
            scopes: row.text("scopes")?,
        }))
    }

    /// By name.
    pub async fn api_keys(&self, org: &OrgId) -> Result<Vec<KeyNamed>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT hash, name, scopes FROM api_keys WHERE org_id = $1 ORDER BY name, hash",
                values![org],
            )
            .await?;

        rows.iter()
            .map(|row| {
                let scopes = row.text("scopes")?;
                Ok(KeyNamed {
                    id: row.text("hash")?.chars().take(KEY_ID_LETTERS).collect(),
                    name: row.text("name")?,
                    scopes: scopes.split_whitespace().map(str::to_owned).collect(),
                })
            })
            .collect()
    }

    /// `false`: the organisation has no such key.
    pub async fn drop_api_key(&self, org: &OrgId, id: &str) -> Result<bool, StoreError> {
        if id.len() != KEY_ID_LETTERS {
            return Ok(false);
        }
        let gone = self
            .db
            .execute(
                "DELETE FROM api_keys WHERE org_id = $1 AND SUBSTR(hash, 1, 16) = $2",
                values![org, id],
            )
            .await?;

        Ok(gone > 0)
    }

    /// Adds a user; the same login again changes role and password. `false`: the login belongs to
    /// another organisation and nothing was changed.
    pub async fn add_user(&self, user: &User) -> Result<bool, StoreError> {
        let changed = self
            .db
            .execute(
                "INSERT INTO users (login, org_id, role, password_hash) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (login) DO UPDATE SET role = excluded.role, \
                 password_hash = excluded.password_hash WHERE users.org_id = excluded.org_id",
                values![&user.login, &user.org, word(user.role), &user.password_hash],
            )
            .await?;

        Ok(changed == 1)
    }

    pub async fn user(&self, login: &str) -> Result<Option<User>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT login, org_id, role, password_hash FROM users WHERE login = $1",
                values![login],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some(User {
            login: row.text("login")?,
            org: OrgId::new(row.text("org_id")?),
            role: row.word("role")?,
            password_hash: row.text("password_hash")?,
        }))
    }
}
