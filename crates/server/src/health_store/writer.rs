//! Writes in batches of one transaction each, and forgets what is too old.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::{mpsc, oneshot};
use wire::{CheckRun, CheckVerdict, ConferenceId, HealthEntry, SiteCheck};

use super::{KEPT, StoredPoint, columns};
use crate::access::{millis, system_clock};
use crate::health_watch::level_of;

/// Rows that may wait: the points of a thousand sites, and as many entries, four times over. More are dropped.
const QUEUE: usize = 8_192;
/// Rows of one transaction.
const BATCH: usize = 1_024;
/// What was not written is tried again after so long: a full disk is emptied, a backup ends.
const TRY_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// So often. Meanwhile the queue holds what a conference of 64 sites has to keep in twenty minutes.
const TRIES: u32 = 60;
/// Nobody who reads waits longer for a file that cannot be written.
const FLUSH_PATIENCE: Duration = Duration::from_secs(2);
/// What is too old is looked for this often.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
/// Reports that are kept of the checks which a site began itself: a site that mends something looks again and again.
const OWN_CHECKS: i64 = 10;
/// Rows that are forgotten in one step, so that nobody waits for long for the file.
const FORGET_AT_ONCE: i64 = 5_000;

/// A row that nobody waits for.
#[derive(Debug)]
pub(super) enum Row {
    Point { conference: ConferenceId, point: StoredPoint },
    Entry { conference: ConferenceId, entry: HealthEntry },
    Check { conference: ConferenceId, run: CheckRun, report: String, signature: String },
    Flush(oneshot::Sender<()>),
}

#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Row>,
    /// Rows that were given up.
    lost: Arc<AtomicU64>,
}

impl Writer {
    pub(super) fn start(pool: SqlitePool) -> Self {
        let (queue, receiver) = mpsc::channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        tokio::spawn(run(pool, receiver, Arc::clone(&lost)));
        Self { queue, lost }
    }

    /// Queues a row; where too many wait it is lost, which is counted.
    pub(super) fn put(&self, row: Row) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.queue.try_send(row)
            && self.lost.fetch_add(1, Ordering::Relaxed) == 0
        {
            tracing::warn!("health database: rows come faster than they are written, some are lost");
        }
    }

    /// Queues a row that must not be lost, however many wait before it.
    pub(super) fn put_surely(&self, row: Row) {
        if let Err(mpsc::error::TrySendError::Full(row)) = self.queue.try_send(row) {
            let queue = self.queue.clone();
            tokio::spawn(async move { queue.send(row).await });
        }
    }

    /// Waits until everything that was queued before is written, but no longer than [`FLUSH_PATIENCE`].
    pub(super) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        let written = async {
            if self.queue.send(Row::Flush(done)).await.is_ok() {
                let _ = wait.await;
            }
        };
        let _ = tokio::time::timeout(FLUSH_PATIENCE, written).await;
    }

    /// Rows that were given up since the start.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

async fn run(pool: SqlitePool, mut receiver: mpsc::Receiver<Row>, lost: Arc<AtomicU64>) {
    let mut forget = tokio::time::interval(FORGET_EVERY);
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            count = receiver.recv_many(&mut batch, BATCH) => {
                if count == 0 {
                    return;
                }
                lost.fetch_add(write(&pool, &mut batch).await, Ordering::Relaxed);
            }
            _ = forget.tick() => {
                if let Err(error) = forget_old(&pool, system_clock()()).await {
                    tracing::warn!(%error, "health database: what is too old was not removed");
                }
            }
        }
    }
}

/// Writes the batch, if need be several times over. Gives how many rows it gave up.
async fn write(pool: &SqlitePool, batch: &mut Vec<Row>) -> u64 {
    let mut waiting = Vec::new();
    let mut rows = Vec::with_capacity(batch.len());
    for row in batch.drain(..) {
        match row {
            Row::Flush(done) => waiting.push(done),
            row => rows.push(row),
        }
    }
    let mut given_up = 0;
    for attempt in 1..=TRIES {
        let Err(error) = write_all(pool, &rows).await else { break };
        if attempt == 1 {
            tracing::warn!(%error, rows = rows.len(), "health database: not written, trying again");
        }
        if attempt == TRIES || pool.is_closed() {
            tracing::error!(%error, rows = rows.len(), "health database: given up");
            given_up = rows.len() as u64;
            break;
        }
        tokio::time::sleep(TRY_AGAIN_AFTER).await;
    }
    for done in waiting {
        let _ = done.send(());
    }
    given_up
}

async fn write_all(pool: &SqlitePool, rows: &[Row]) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    for row in rows {
        match row {
            Row::Point { conference, point } => insert_point(&mut transaction, conference, point).await?,
            Row::Entry { conference, entry } => insert_entry(&mut transaction, conference, entry).await?,
            Row::Check { conference, run, report, signature } => {
                insert_check(&mut transaction, conference, run, report, signature).await?;
            }
            Row::Flush(_) => unreachable!("flushes are taken out before"),
        }
    }
    transaction.commit().await
}

/// How two parts of the same ten seconds become one: the mean by the seconds that each has, the least, the most.
macro_rules! merged {
    ($($measure:literal),*) => { concat!($(
        ", ", $measure, " = CASE WHEN point.", $measure, " IS NULL THEN excluded.", $measure,
        " WHEN excluded.", $measure, " IS NULL THEN point.", $measure,
        " ELSE (point.", $measure, " * point.points + excluded.", $measure, " * excluded.points)",
        " / (point.points + excluded.points) END",
        ", ", $measure, "_min = MIN(COALESCE(point.", $measure, "_min, excluded.", $measure, "_min),",
        " COALESCE(excluded.", $measure, "_min, point.", $measure, "_min))",
        ", ", $measure, "_max = MAX(COALESCE(point.", $measure, "_max, excluded.", $measure, "_max),",
        " COALESCE(excluded.", $measure, "_max, point.", $measure, "_max))",
    )*) };
}

/// A site that went and came again, or a server that was started anew within the ten seconds, has two parts of them.
const INSERT_POINT: &str = concat!(
    "INSERT INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    " ON CONFLICT (conference, site, second) DO UPDATE SET",
    " points = point.points + excluded.points, worst = MAX(point.worst, excluded.worst)",
    merged!("kbps_up", "kbps_down", "rtt_ms", "loss", "jitter_ms", "fps", "level_dbfs")
);

async fn insert_point(
    transaction: &mut Transaction<'_, Sqlite>,
    conference: &ConferenceId,
    StoredPoint { site, ten }: &StoredPoint,
) -> Result<(), sqlx::Error> {
    let mut query = sqlx::query(INSERT_POINT)
        .bind(&conference.0)
        .bind(&site.0)
        .bind(i64::from(ten.second))
        .bind(i64::from(ten.points))
        .bind(i64::from(level_of(ten.worst)));
    for spread in [ten.kbps_up, ten.kbps_down, ten.rtt_ms, ten.loss, ten.jitter_ms, ten.fps, ten.level_dbfs] {
        for value in columns(spread) {
            query = query.bind(value);
        }
    }
    query.execute(&mut **transaction).await?;
    Ok(())
}

async fn insert_entry(
    transaction: &mut Transaction<'_, Sqlite>,
    conference: &ConferenceId,
    entry: &HealthEntry,
) -> Result<(), sqlx::Error> {
    let number = i64::try_from(entry.entry).unwrap_or(i64::MAX);
    sqlx::query("INSERT OR IGNORE INTO entry (conference, entry, at, body) VALUES (?, ?, ?, ?)")
        .bind(&conference.0)
        .bind(number)
        .bind(i64::try_from(entry.at).unwrap_or(i64::MAX))
        .bind(serde_json::to_string(&entry.what).expect("plain JSON"))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

const INSERT_CHECK: &str = "INSERT OR IGNORE INTO line_check
    (conference, number, started_at, ended_at, good, report, signature, sites) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const INSERT_OWN_CHECK: &str = "INSERT OR IGNORE INTO own_check
    (conference, number, started_at, ended_at, good, report, signature, site) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

async fn insert_check(
    transaction: &mut Transaction<'_, Sqlite>,
    conference: &ConferenceId,
    run: &CheckRun,
    report: &str,
    signature: &str,
) -> Result<(), sqlx::Error> {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let is_good = |site: &&SiteCheck| site.report.as_ref().is_some_and(|report| report.verdict == CheckVerdict::Good);
    let (sites, good) = (run.sites.len() as u64, run.sites.values().filter(is_good).count() as u64);
    let own = run.own_site();
    let query = sqlx::query(if own.is_some() { INSERT_OWN_CHECK } else { INSERT_CHECK })
        .bind(&conference.0)
        .bind(number(run.number))
        .bind(number(run.started_at))
        .bind(number(run.ended_at.unwrap_or(run.started_at)))
        .bind(number(good))
        .bind(report)
        .bind(signature);
    let query = match own {
        Some(site) => query.bind(&site.0),
        None => query.bind(number(sites)),
    };
    query.execute(&mut **transaction).await?;
    match own {
        Some(site) => forget_own_checks(transaction, conference, &site.0).await,
        None => Ok(()),
    }
}

/// Keeps the last [`OWN_CHECKS`] of a site.
async fn forget_own_checks(
    transaction: &mut Transaction<'_, Sqlite>,
    conference: &ConferenceId,
    site: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM own_check WHERE conference = ?1 AND site = ?2 AND number NOT IN
         (SELECT number FROM own_check WHERE conference = ?1 AND site = ?2 ORDER BY number DESC LIMIT ?3)",
    )
    .bind(&conference.0)
    .bind(site)
    .bind(OWN_CHECKS)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Removes what is older than [`KEPT`], a little at a time.
pub(super) async fn forget_old(pool: &SqlitePool, now_ms: u64) -> Result<(), sqlx::Error> {
    let oldest = i64::try_from(now_ms.saturating_sub(millis(KEPT))).unwrap_or(0);
    loop {
        let points = sqlx::query(
            "DELETE FROM point WHERE (conference, site, second) IN
             (SELECT conference, site, second FROM point WHERE second < ? LIMIT ?)",
        )
        .bind(oldest / 1_000)
        .bind(FORGET_AT_ONCE)
        .execute(pool)
        .await?;
        let entries = sqlx::query(
            "DELETE FROM entry WHERE (conference, entry) IN (SELECT conference, entry FROM entry WHERE at < ? LIMIT ?)",
        )
        .bind(oldest)
        .bind(FORGET_AT_ONCE)
        .execute(pool)
        .await?;
        if points.rows_affected() == 0 && entries.rows_affected() == 0 {
            return Ok(());
        }
    }
}
