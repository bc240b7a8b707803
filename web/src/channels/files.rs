//! Files people send, kept once under the hash of their bytes, each organisation's apart.
//!
//! **Never here:** what a file is (core's `media`), who may see it.

use std::path::PathBuf;

use jiff::Timestamp;
use job_core::ids::OrgId;
use job_core::media::{Form, Kept, Unfit};
use sha2::{Digest, Sha256};
use tokio::fs;

#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    #[error(transparent)]
    Unfit(#[from] Unfit),
    #[error("the file cannot be written: {0}")]
    Disk(#[from] std::io::Error),
}

/// A folder of files.
#[derive(Debug, Clone)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The same bytes again are the same file. Whatever is written is whole: it is moved into its place.
    pub async fn keep(&self, org: &OrgId, bytes: &[u8], now: Timestamp) -> Result<Kept, NotKept> {
        let form = Form::of(bytes)?;
        let hash: String = Sha256::digest(bytes).iter().map(|it| format!("{it:02x}")).collect();
        let path = self.place(org, &hash);
        if !fs::try_exists(&path).await? {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).await?;
            }
            let draft = path.with_extension(format!("{}.part", now.as_nanosecond()));
            fs::write(&draft, bytes).await?;
            fs::rename(&draft, &path).await?;
        }
        Ok(Kept { hash, form, bytes: bytes.len() as i64, created: now })
    }

    /// One that is gone already is no error.
    pub async fn remove(&self, org: &OrgId, hash: &str) -> std::io::Result<()> {
        match fs::remove_file(self.place(org, hash)).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    pub async fn read(&self, org: &OrgId, hash: &str) -> std::io::Result<Vec<u8>> {
        fs::read(self.place(org, hash)).await
    }

    /// Organisations' names may hold anything: their hash is the folder's name.
    fn place(&self, org: &OrgId, hash: &str) -> PathBuf {
        let own = crate::access::digest(org.as_str());
        let hash: String = hash.chars().filter(char::is_ascii_hexdigit).collect();
        let first: String = hash.chars().take(2).collect();
        self.folder.join(&own[..16]).join(first).join(hash)
    }
}
