//! What the house does by itself while calls come and go: messages leave, clients are reminded, slots
//! that nobody took are given back.
//!
//! **Never here:** what a message says, whom to remind (core and web decide).

use std::time::Duration;

use job_core::store::{Store, StoreError};
use web::post::PostRoom;

use crate::clock;

/// How often the outbox is looked at.
const POST_EVERY: Duration = Duration::from_secs(1);
/// How often organisations are gone round.
const ROUND_EVERY: Duration = Duration::from_secs(30);

/// Runs until the process ends; a database that is away is asked again at the next turn.
pub(crate) fn run(store: Store, post: Option<PostRoom>) {
    if let Some(post) = post {
        tokio::spawn(deliver(post));
    }
    tokio::spawn(go_round(store));
}

async fn deliver(post: PostRoom) {
    loop {
        match post.round(clock::wall()).await {
            Ok(0) => tokio::time::sleep(POST_EVERY).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                tokio::time::sleep(POST_EVERY).await;
            }
        }
    }
}

async fn go_round(store: Store) {
    loop {
        if let Err(error) = visit_all(&store).await {
            tracing::error!(%error, "errands are put off");
        }
        tokio::time::sleep(ROUND_EVERY).await;
    }
}

async fn visit_all(store: &Store) -> Result<(), StoreError> {
    for org in store.organisations().await? {
        let rows = store.org(&org);
        let now = clock::wall();
        rows.lay_out_board(now).await?;
        rows.sweep_holds(now).await?;
        rows.remind(now).await?;
    }
    Ok(())
}
