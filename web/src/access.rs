//! Who may come in: API keys and passwords. Only their hashes are kept.

use argon2::Argon2;
use argon2::password_hash::phc::{PasswordHash, Salt};
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use job_core::ids::OrgId;
use job_core::store::{ApiKey, OrgStore, Role, Store, StoreError, User};
use sha2::{Digest, Sha256};

use crate::House;
use crate::refusal::Refusal;
use crate::scope::Scope;

#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("password: {0}")]
    Password(String),
    #[error("login {0} belongs to another organisation")]
    TakenLogin(String),
}

/// So much of a key's hash names it within its organisation.
pub(crate) const KEY_ID_LETTERS: usize = 16;

/// The organisation whose key came with the request.
#[derive(Debug, Clone)]
pub struct Integration {
    pub rows: OrgStore,
    /// The key's own name.
    pub name: String,
    /// By which it is taken back.
    pub key_id: String,
}

impl FromRequestParts<House> for Integration {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, Refusal> {
        let hash = digest(presented_key(parts).ok_or(Refusal::NoKey)?);
        if let Some(wait) = house.keys_pace.wait(&hash, (house.clock)()) {
            return Err(Refusal::TooMany { wait });
        }
        let found = house.store.api_key(&hash).await.map_err(Refusal::trouble)?;
        let key = found.ok_or(Refusal::WrongKey)?;
        let scope = Scope::needed(&parts.method, parts.uri.path());
        if !scope.is_in(&key.scopes) {
            return Err(Refusal::OutOfScope { scope: scope.name() });
        }
        let key_id = hash[..KEY_ID_LETTERS].to_owned();
        Ok(Self { rows: house.store.org(&key.org), name: key.name, key_id })
    }
}

/// Lets whoever holds `key` speak for the organisation.
pub async fn grant_key(
    store: &Store,
    org: &OrgId,
    name: &str,
    key: &str,
) -> Result<(), AccessError> {
    grant_scopes(store, org, name, key, &[]).await
}

/// Lets whoever holds `key` do that much; nothing named: everything.
pub async fn grant_scopes(
    store: &Store,
    org: &OrgId,
    name: &str,
    key: &str,
    scopes: &[Scope],
) -> Result<(), AccessError> {
    let scopes: Vec<&str> = scopes.iter().map(|it| it.name()).collect();
    let named = ApiKey { org: org.clone(), name: name.to_owned(), scopes: scopes.join(" ") };
    Ok(store.add_api_key(&digest(key), &named).await?)
}

/// Makes an admin, or gives an existing one a new password, which signs them out everywhere.
/// `salt`: 128 random bits.
pub async fn set_password(
    store: &Store,
    org: &OrgId,
    login: &str,
    password: &str,
    salt: u128,
) -> Result<(), AccessError> {
    let user = User {
        login: login.to_owned(),
        org: org.clone(),
        role: Role::Admin,
        password_hash: hash(password, salt)?,
    };
    if !store.add_user(&user).await? {
        return Err(AccessError::TakenLogin(login.into()));
    }
    Ok(store.close_sessions_of(login).await?)
}

/// Is this the password? Takes as long for a user who does not exist.
pub fn is_password(user: Option<&User>, password: &str) -> bool {
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let hash = user.map_or(NOBODY, |user| user.password_hash.as_str());
    let Ok(hash) = PasswordHash::new(hash) else {
        return false;
    };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && user.is_some()
}

/// SHA-256 in hex: keys and session tokens are long and random, so no salt is needed.
pub fn digest(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(password: &str, salt: u128) -> Result<String, AccessError> {
    let failed = |error: &dyn std::fmt::Display| AccessError::Password(error.to_string());
    let salt = Salt::new(&salt.to_be_bytes()).map_err(|error| failed(&error))?;
    let hash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| failed(&error))?;
    Ok(hash.to_string())
}

/// Whoever shows two different keys, or one in a way that is not ours, has shown none.
fn presented_key(parts: &Parts) -> Option<&str> {
    let header = |name: &str| parts.headers.get(name);
    let plain = header("x-api-key").map(|value| value.to_str().unwrap_or_default().trim());
    let Some(bearer) = header(AUTHORIZATION.as_str()) else {
        return plain.filter(|key| !key.is_empty());
    };
    let bearer = bearer.to_str().ok()?.strip_prefix("Bearer ")?.trim();
    let same = plain.is_none_or(|plain| plain == bearer);
    (same && !bearer.is_empty()).then_some(bearer)
}
