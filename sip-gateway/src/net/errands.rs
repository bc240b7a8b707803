//! What the house does by itself while calls come and go: messages leave, clients are reminded, offers
//! that nobody answered go to the next master, jobs without one are tried again, masters' calendars are
//! read, slots that nobody took are given back, what is kept no longer is removed.
//!
//! **Never here:** what a message says, whom to remind, who is next (core and web decide).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use job_core::store::{OrgStore, Store, StoreError};
use web::calendar::CalendarRoom;
use web::post::PostRoom;

use crate::clock;

/// How often the outbox is looked at.
const POST_EVERY: Duration = Duration::from_secs(1);
/// How often letters are looked for that nobody reads.
const LETTERS_EVERY: Duration = Duration::from_secs(5);
/// How often organisations are gone round.
const ROUND_EVERY: Duration = Duration::from_secs(10);

/// Runs until the process ends; a database that is away is asked again at the next turn.
pub(crate) fn run(
    store: Store,
    post: Option<PostRoom>,
    calendars: CalendarRoom,
    (pages, recordings): (web::House, PathBuf),
) {
    if let Some(post) = post {
        tokio::spawn(deliver(post));
    }
    tokio::spawn(read_calendars(calendars));
    tokio::spawn(read_letters(pages.clone()));
    tokio::spawn(go_round(store, pages, recordings));
}

async fn read_calendars(room: CalendarRoom) {
    loop {
        if let Err(error) = room.round(clock::wall()).await {
            tracing::error!(%error, "calendars cannot be read");
        }
        tokio::time::sleep(ROUND_EVERY).await;
    }
}

/// What messengers have handed over and nobody has read, as after a crash.
async fn read_letters(pages: web::House) {
    loop {
        if let Err(error) = pages.read_left_behind(clock::wall()).await {
            tracing::error!(%error, "letters stay unread");
        }
        tokio::time::sleep(LETTERS_EVERY).await;
    }
}

async fn deliver(post: PostRoom) {
    loop {
        match post.set_off(clock::wall()).await {
            // Whoever writes is answered at once.
            Ok(0) => tokio::select! {
                () = post.rung() => {}
                () = tokio::time::sleep(POST_EVERY) => {}
            },
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                tokio::time::sleep(POST_EVERY).await;
            }
        }
    }
}

/// Boards are read at the first round only; whoever asks later follows them.
async fn go_round(store: Store, pages: web::House, recordings: PathBuf) {
    let mut first = true;
    loop {
        match store.organisations().await {
            Ok(orgs) => {
                for org in orgs {
                    if let Err(error) = visit(&store.org(&org), &recordings, first).await {
                        tracing::error!(%org, %error, "errands are put off");
                    }
                    if let Err(error) = pages.sweep_files(&org, clock::wall()).await {
                        tracing::error!(%org, %error, "files stay");
                    }
                }
                first = false;
            }
            Err(error) => tracing::error!(%error, "errands are put off"),
        }
        tokio::time::sleep(ROUND_EVERY).await;
    }
}

async fn visit(rows: &OrgStore, recordings: &Path, first: bool) -> Result<(), StoreError> {
    let now = clock::wall();
    if first {
        rows.lay_out_board(now).await?;
    }
    rows.sweep_holds(now).await?;
    rows.pass_on_lapsed(now).await?;
    rows.retry_queue(now).await?;
    rows.remind(now).await?;
    rows.ask_for_tomorrow(now).await?;
    rows.forget_words(now).await?;
    for (conversation, file) in rows.old_recordings(now).await? {
        match remove(&recordings.join(&file)).await {
            Err(error) => {
                tracing::error!(%conversation, %error, "an old recording cannot be removed");
            }
            Ok(()) => rows.recording_gone(&conversation).await?,
        }
    }
    Ok(())
}

/// The recording and its small copy, whichever is there.
async fn remove(recording: &Path) -> std::io::Result<()> {
    for file in [web::sound::small(recording), recording.to_owned()] {
        match tokio::fs::remove_file(file).await {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}
