//! The demo organisation's keys: made once, written to `demo.json` beside its database.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::Context;
use job_core::ids::OrgId;
use job_core::store::Store;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use serde::{Deserialize, Serialize};

use super::switchboard::lock;
use crate::clock;

/// Name of the demo organisation.
pub const ORG: &str = job_core::demo::ORG;

/// `demo.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keys {
    pub http: String,
    pub sip: String,
    pub api_key: String,
    pub admin_user: String,
    pub admin_password: String,
    pub test_clock: bool,
}

/// Seeds the demo organisation where it is missing, and gives it fresh keys.
pub async fn prepare(store: &Store, random: &Mutex<ChaCha20Rng>) -> anyhow::Result<Keys> {
    job_core::demo::seed_demo(store, clock::wall()).await.context("the demo organisation")?;
    let keys = Keys {
        http: String::new(),
        sip: String::new(),
        api_key: format!("demo-{}", secret(random)),
        admin_user: "admin".into(),
        admin_password: secret(random),
        test_clock: true,
    };
    let org = OrgId::new(ORG);
    let salt = {
        let mut random = lock(random);
        u128::from(random.next_u64()) << 64 | u128::from(random.next_u64())
    };
    web::access::grant_key(store, &org, "demo", &keys.api_key).await?;
    web::access::set_password(store, &org, &keys.admin_user, &keys.admin_password, salt).await?;
    Ok(keys)
}

impl Keys {
    pub fn write(&self, data: &Path, sip: SocketAddr, http: SocketAddr) -> anyhow::Result<PathBuf> {
        let file = data.join("demo.json");
        let full = Self { http: format!("http://{http}"), sip: sip.to_string(), ..self.clone() };
        std::fs::write(&file, serde_json::to_vec_pretty(&full)?)?;
        Ok(file)
    }
}

/// 64 bits in letters that are easy to type.
fn secret(random: &Mutex<ChaCha20Rng>) -> String {
    job_core::ids::base32(u128::from(lock(random).next_u64()), 13).to_lowercase()
}
