//! Writes in batches of one transaction each, and forgets what is too old.

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
/// What is too old is looked for this often.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
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
}

impl Writer {
    pub(super) fn start(pool: SqlitePool) -> Self {
        let (queue, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(pool, receiver));
        Self { queue }
    }

    /// Queues a row; false if it had to be dropped because too many wait.
    pub(super) fn put(&self, row: Row) -> bool {
        !matches!(self.queue.try_send(row), Err(mpsc::error::TrySendError::Full(_)))
    }

    /// Waits until everything that was queued before is written.
    pub(super) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Row::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }
}

async fn run(pool: SqlitePool, mut receiver: mpsc::Receiver<Row>) {
    let mut forget = tokio::time::interval(FORGET_EVERY);
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            count = receiver.recv_many(&mut batch, BATCH) => {
                if count == 0 {
                    return;
                }
                write(&pool, &mut batch).await;
            }
            _ = forget.tick() => {
                if let Err(error) = forget_old(&pool, system_clock()()).await {
                    tracing::warn!(%error, "health database: what is too old was not removed");
                }
            }
        }
    }
}

async fn write(pool: &SqlitePool, batch: &mut Vec<Row>) {
    let mut waiting = Vec::new();
    let mut rows = Vec::with_capacity(batch.len());
    for row in batch.drain(..) {
        match row {
            Row::Flush(done) => waiting.push(done),
            row => rows.push(row),
        }
    }
    if let Err(error) = write_all(pool, rows).await {
        tracing::warn!(%error, "health database: a batch was not written");
    }
    for done in waiting {
        let _ = done.send(());
    }
}

async fn write_all(pool: &SqlitePool, rows: Vec<Row>) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut transaction = pool.begin().await?;
    for row in rows {
        match row {
            Row::Point { conference, point } => insert_point(&mut transaction, &conference, &point).await?,
            Row::Entry { conference, entry } => insert_entry(&mut transaction, &conference, &entry).await?,
            Row::Check { conference, run, report, signature } => {
                insert_check(&mut transaction, &conference, &run, report, signature).await?;
            }
            Row::Flush(_) => unreachable!("flushes are taken out before"),
        }
    }
    transaction.commit().await
}

async fn insert_point(
    transaction: &mut Transaction<'_, Sqlite>,
    conference: &ConferenceId,
    StoredPoint { site, ten }: &StoredPoint,
) -> Result<(), sqlx::Error> {
    // After a restart the same ten seconds may come once more: what is newer stands.
    let mut query = sqlx::query(
        "INSERT OR REPLACE INTO point VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
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

async fn insert_check(
    transaction: &mut Transaction<'_, Sqlite>,
    conference: &ConferenceId,
    run: &CheckRun,
    report: String,
    signature: String,
) -> Result<(), sqlx::Error> {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let is_good = |site: &&SiteCheck| site.report.as_ref().is_some_and(|report| report.verdict == CheckVerdict::Good);
    let (sites, good) = (run.sites.len() as u64, run.sites.values().filter(is_good).count() as u64);
    sqlx::query("INSERT OR IGNORE INTO line_check VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(&conference.0)
        .bind(number(run.number))
        .bind(number(run.started_at))
        .bind(number(run.ended_at.unwrap_or(run.started_at)))
        .bind(number(sites))
        .bind(number(good))
        .bind(report)
        .bind(signature)
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
