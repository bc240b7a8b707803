//! What clients thought of the work, and the master's rating that follows from it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::db::{Row, values};
use super::{OrgStore, StoreError, refuse};
use crate::ids::{JobId, MasterId};
use crate::job::JobStatus;
use crate::master::{Rating, Stars};

/// A client's words are kept up to so many characters.
const WORDS_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub job: JobId,
    pub master: MasterId,
    pub stars: Stars,
    pub words: String,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewRefused {
    #[error("job {0} is not done yet")]
    NotDone(JobId),
    #[error("job {0} has been rated already")]
    Rated(JobId),
}

impl OrgStore {
    /// A client rates a finished job, once; the master's new rating.
    pub async fn review(
        &self,
        job: &JobId,
        stars: Stars,
        words: &str,
        now: Timestamp,
    ) -> Result<Result<Rating, ReviewRefused>, StoreError> {
        let mut tx = self.db.begin().await?;
        let row = self.locked(&mut tx, job).await?;
        let done = |row: &Row| {
            row.word("status").is_ok_and(|it: JobStatus| it >= JobStatus::Done && it.has_master())
        };
        let Some(row) = row.filter(done) else {
            return refuse(tx, ReviewRefused::NotDone(job.clone())).await;
        };
        let master = MasterId::new(row.text("master_id")?);
        let words: String = words.chars().take(WORDS_MAX).collect();
        let made = tx
            .execute(
                "INSERT INTO reviews (job_id, org_id, master_id, stars, words, at_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                values![job, &self.org, &master, i64::from(stars.count()), words, now],
            )
            .await?;
        if made == 0 {
            return refuse(tx, ReviewRefused::Rated(job.clone())).await;
        }
        let row = tx
            .first(
                "UPDATE masters SET touched = touched + 1 WHERE org_id = $1 AND id = $2 \
                 RETURNING rating",
                values![&self.org, &master],
            )
            .await?;
        let before = row.map(|row| row.int("rating")).transpose()?.unwrap_or_default();
        let rating = Rating(before).after(stars);
        tx.execute(
            "UPDATE masters SET rating = $3 WHERE org_id = $1 AND id = $2",
            values![&self.org, &master, rating.0],
        )
        .await?;
        self.promises_changed(&mut tx, &master).await?;
        let told = serde_json::json!({ "job_id": job, "master_id": master, "stars": stars });
        self.tell_hooks(&mut tx, "review.given", &told, now).await?;
        tx.commit().await?;

        Ok(Ok(rating))
    }

    pub async fn review_of(&self, job: &JobId) -> Result<Option<Review>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT * FROM reviews WHERE org_id = $1 AND job_id = $2",
                values![&self.org, job],
            )
            .await?;

        row.as_ref().map(review).transpose()
    }
}

fn review(row: &Row) -> Result<Review, StoreError> {
    let stars = row.int("stars")?;
    Ok(Review {
        job: JobId::new(row.text("job_id")?),
        master: MasterId::new(row.text("master_id")?),
        stars: Stars::new(stars).ok_or_else(|| StoreError::odd("stars", stars.to_string()))?,
        words: row.text("words")?,
        at: row.time("at_ms")?,
    })
}
