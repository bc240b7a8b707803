//! Each organisation's dispatch board in this process, brought in step with the database before every
//! question: whoever changes a master's promises says so in a log, and only those are read again.
//!
//! Whoever asks while it is brought in step waits and shares the outcome, if that began after they came.
//!
//! The board proposes; that nobody is promised twice is decided where the promise is written.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::db::{Row, Tx, values};
use super::masters::master;
use super::{OrgStore, StoreError};
use crate::board::{Board, Promise, Promised, REACH};
use crate::ids::{ConversationId, JobId, MasterId, OrgId};
use crate::master::Master;
use crate::schedule::{Span, Visit};
use crate::settings::Settings;

/// So many organisations' boards are kept; one that was dropped is read again.
const BOARDS_MAX: usize = 64;

/// Lines of the log are kept so long; a board that slept longer is read again as a whole.
const LOG_KEPT_MS: i64 = 3_600_000;

/// Masters whose promises are read together: all of a large organisation's at once would be gigabytes.
const READ_AT_ONCE: usize = 128;

const A_DAY: SignedDuration = SignedDuration::from_hours(24);

#[derive(Debug, Default)]
pub(super) struct Boards {
    kept: Mutex<HashMap<OrgId, Arc<Desk>>>,
    /// A promise on their behalf was refused, so what the board says of them may be old.
    doubted: Mutex<HashSet<(OrgId, MasterId)>>,
}

/// One organisation's board, and how many have come to ask it.
#[derive(Debug, Default)]
struct Desk {
    askers: AtomicU64,
    kept: tokio::sync::Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    board: Option<Board>,
    /// The board was brought in step after so many had come; they need not do it again.
    in_step_for: u64,
    /// Visits that ended before are not on it.
    from: Timestamp,
    /// The newest line of the log that was read, by the database's clock.
    read_to: i64,
    /// Lines read that the next reading meets again.
    seen: HashMap<String, i64>,
}

impl Boards {
    fn of(&self, org: &OrgId) -> Arc<Desk> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= BOARDS_MAX && !kept.contains_key(org) {
            let some = kept.keys().next().cloned();
            some.and_then(|some| kept.remove(&some));
        }

        Arc::clone(kept.entry(org.clone()).or_default())
    }

    fn doubts_of(&self, org: &OrgId) -> Vec<MasterId> {
        let mut doubted = self.doubted.lock().unwrap_or_else(PoisonError::into_inner);

        doubted.extract_if(|(of, _)| of == org).map(|(_, master)| master).collect()
    }
}

impl OrgStore {
    /// Asks the board as the database stands now.
    pub(super) async fn on_board<T>(
        &self,
        settings: &Settings,
        now: Timestamp,
        ask: impl FnOnce(&mut Board) -> T,
    ) -> Result<T, StoreError> {
        let desk = self.boards.of(&self.org);
        let asker = desk.askers.fetch_add(1, Ordering::SeqCst) + 1;
        let mut kept = desk.kept.lock().await;
        let zone = settings.time_zone()?;
        if kept.board.is_none() || kept.in_step_for < asker || now - REACH < kept.from {
            let come = desk.askers.load(Ordering::SeqCst);
            let doubted = self.boards.doubts_of(&self.org);
            if !self.follow(&mut kept, &doubted, now).await? {
                let board = Board::new(zone.clone(), settings.pace);
                *kept = self.read_board(board, now - REACH).await?;
            }
            kept.in_step_for = come;
        }
        let from = kept.from;
        let Some(board) = &mut kept.board else {
            unreachable!("it was followed, or read");
        };
        board.rule(zone, settings.pace);
        let recent = now - REACH;
        if recent > from + A_DAY {
            board.forget(recent);
        }
        let answer = ask(board);
        kept.from = if recent > from + A_DAY { recent } else { from };

        Ok(answer)
    }

    /// Reads the board before anybody asks, so that the first caller does not wait for it.
    pub async fn lay_out_board(&self, now: Timestamp) -> Result<(), StoreError> {
        let settings = self.settings().await?;
        self.on_board(&settings, now, |_| ()).await
    }

    /// The master's promises may be other than the board has them.
    pub(super) fn doubt(&self, master: &MasterId) {
        let mut doubted = self.boards.doubted.lock().unwrap_or_else(PoisonError::into_inner);
        doubted.insert((self.org.clone(), master.clone()));
    }

    /// Says in the transaction that changes them whose promises it changes.
    pub(super) async fn promises_changed(
        &self,
        tx: &mut Tx,
        master: &MasterId,
    ) -> Result<(), StoreError> {
        let line = tx.one_of(
            "INSERT INTO board_changes (id, org_id, master_id, at_ms) \
             VALUES ($1, $2, $3, CAST(unixepoch('subsec') * 1000 AS INTEGER))",
            "INSERT INTO board_changes (id, org_id, master_id, at_ms) \
             VALUES ($1, $2, $3, CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT))",
        );
        let id = self.new_id(Timestamp::UNIX_EPOCH);
        tx.execute(line, values![id, &self.org, master]).await?;
        Ok(())
    }

    /// Drops lines of the log that every board has read or will not miss.
    pub(super) async fn cut_log(&self) -> Result<(), StoreError> {
        self.db
            .execute(
                "DELETE FROM board_changes WHERE org_id = $1 AND at_ms < \
                 (SELECT MAX(at_ms) FROM board_changes WHERE org_id = $1) - $2",
                values![&self.org, LOG_KEPT_MS],
            )
            .await?;
        Ok(())
    }

    /// Reads again whose promises have changed; `false`: all has to be read.
    async fn follow(
        &self,
        kept: &mut Kept,
        doubted: &[MasterId],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if kept.board.is_none()
            || now - REACH < kept.from
            || self.oldest_line().await? > kept.read_to
        {
            return Ok(false);
        }
        let behind = self.db.written_behind_ms();
        let lines = self.lines_after(kept.read_to - behind).await?;
        let mut again: HashSet<&MasterId> = doubted.iter().collect();
        again.extend(lines.iter().filter(|it| !kept.seen.contains_key(&it.0)).map(|it| &it.1));
        for id in again {
            let seat = self.read_seat(id, kept.from).await?;
            if let (Some(board), Some((master, promises))) = (&mut kept.board, seat) {
                board.seat(master, promises);
            }
        }
        kept.read_to = lines.last().map_or(kept.read_to, |(_, _, at)| *at);
        kept.seen.extend(lines.into_iter().map(|(id, _, at)| (id, at)));
        let met_again = kept.read_to - behind;
        kept.seen.retain(|_, at| *at > met_again);

        Ok(true)
    }

    async fn oldest_line(&self) -> Result<i64, StoreError> {
        let oldest = "SELECT MIN(at_ms) AS at_ms FROM board_changes WHERE org_id = $1";

        self.one_time(oldest).await
    }

    async fn one_time(&self, sql: &'static str) -> Result<i64, StoreError> {
        let row = self.db.first(sql, values![&self.org]).await?;

        Ok(row.map(|row| row.maybe_int("at_ms")).transpose()?.flatten().unwrap_or(0))
    }

    async fn lines_after(&self, at_ms: i64) -> Result<Vec<(String, MasterId, i64)>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT id, master_id, at_ms FROM board_changes WHERE org_id = $1 AND at_ms > $2 \
                 ORDER BY at_ms",
                values![&self.org, at_ms],
            )
            .await?;

        rows.iter()
            .map(|row| {
                Ok((row.text("id")?, MasterId::new(row.text("master_id")?), row.int("at_ms")?))
            })
            .collect()
    }

    /// The log first, so that what changes meanwhile is met again.
    async fn read_board(&self, mut board: Board, from: Timestamp) -> Result<Kept, StoreError> {
        let newest = "SELECT MAX(at_ms) AS at_ms FROM board_changes WHERE org_id = $1";
        let read_to = self.one_time(newest).await?;
        let rows = self
            .db
            .query("SELECT * FROM masters WHERE org_id = $1 ORDER BY id", values![&self.org])
            .await?;
        let masters = rows.iter().map(master).collect::<Result<Vec<_>, _>>()?;
        for some in masters.chunks(READ_AT_ONCE) {
            let mut promised = self.promises_of(some, from).await?;
            for master in some {
                let promises = promised.remove(master.id.as_str()).unwrap_or_default();
                board.seat(master.clone(), promises);
            }
        }
        tracing::debug!(org = %self.org, masters = masters.len(), "the board was read");

        Ok(Kept { board: Some(board), from, read_to, ..Kept::default() })
    }

    /// By master, for masters in order of id.
    async fn promises_of(
        &self,
        masters: &[Master],
        from: Timestamp,
    ) -> Result<HashMap<String, Vec<Promise>>, StoreError> {
        let (first, last) = (masters.first(), masters.last());
        let ends = (first.map(|it| &it.id), last.map(|it| &it.id));
        let rows = self.db.query(PROMISES, values![&self.org, ends.0, ends.1, from]).await?;
        let mut promised: HashMap<String, Vec<Promise>> = HashMap::new();
        for row in &rows {
            promised.entry(row.text("master_id")?).or_default().push(promise(row)?);
        }
        Ok(promised)
    }

    async fn read_seat(
        &self,
        id: &MasterId,
        from: Timestamp,
    ) -> Result<Option<(Master, Vec<Promise>)>, StoreError> {
        let Some(master) = self.master(id).await? else { return Ok(None) };
        let mut promised = self.promises_of(std::slice::from_ref(&master), from).await?;
        let promises = promised.remove(id.as_str()).unwrap_or_default();

        Ok(Some((master, promises)))
    }
}

/// What masters `$2` to `$3` are promised to; holds that have expired are told apart by who asks.
/// `|| ''` keeps SQLite from reading the organisation's whole time line for a few masters.
const PROMISES: &str = "SELECT master_id, start_ms, end_ms, district, id AS job_id, \
     NULL AS conversation_id, CAST(NULL AS BIGINT) AS expires_ms FROM jobs \
     WHERE org_id || '' = $1 AND master_id >= $2 AND master_id <= $3 AND status NOT IN ('cancelled', 'queued') \
     AND end_ms > $4 UNION ALL \
     SELECT master_id, start_ms, end_ms, district, NULL, conversation_id, expires_ms \
     FROM holds WHERE org_id || '' = $1 AND master_id >= $2 AND master_id <= $3 UNION ALL \
     SELECT master_id, start_ms, end_ms, NULL, NULL, NULL, NULL FROM absences \
     WHERE org_id || '' = $1 AND master_id >= $2 AND master_id <= $3 AND end_ms > $4";

fn promise(row: &Row) -> Result<Promise, StoreError> {
    let span = Span { start: row.time("start_ms")?, end: row.time("end_ms")? };
    let to = match (row.maybe_text("job_id")?, row.maybe_text("conversation_id")?) {
        (Some(job), _) => Promised::Job(JobId::new(job)),
        (None, Some(call)) => Promised::Hold(ConversationId::new(call), row.time("expires_ms")?),
        (None, None) => Promised::Elsewhere,
    };

    Ok(Promise { visit: Visit { span, district: row.maybe_text("district")? }, to })
}
