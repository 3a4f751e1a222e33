//! The log in SQLite: WAL, `synchronous=FULL`, one connection that writes, a few that read.

mod inspect;
mod rows;
mod schema;
mod verify;
mod writer;

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, SqlitePool};

use crate::findings_file::FindingsFile;
use crate::high_water::{HighWater, HighWaterFile};
use crate::{
    Answer, Appended, BUSY_TIMEOUT, Cause, CommandId, FIRST_LINK, Finding, Head, Journal, JournalError,
    MAX_READ_EVENTS, NewEvent, OpenError, Seq, StoredEvent, StreamId,
};
pub use inspect::{Inspected, acknowledge, inspect};
use writer::Writer;

/// Connections for reading and for the server's own tables. Reads of pages and operators are short; more connections
/// would only hold more of the page cache.
const READ_CONNECTIONS: u32 = 4;
/// A connection that is not free after this time is refused, so that a reader is answered before an operator gives up.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// How long an opening waits for a process that is just ending.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
const LOCK_RETRY: Duration = Duration::from_millis(20);

/// The log in one SQLite file. See [`Journal`] for what its methods promise.
#[derive(Debug)]
pub struct SqliteJournal {
    pool: SqlitePool,
    mark_file: HighWaterFile,
    /// None once closed.
    running: Mutex<Option<Running>>,
}

/// What only an open journal has.
#[derive(Debug)]
struct Running {
    writer: Writer,
    mark: HighWater,
}

/// A journal that was opened, and what is wrong with its content.
#[derive(Debug)]
pub struct Opened {
    /// Ready for use, whatever the findings: whether to go on is for the caller to decide and to report.
    pub journal: SqliteJournal,
    /// What the verification of the newest part found, then what was found earlier and is not acknowledged; empty if all is well.
    pub findings: Vec<Finding>,
}

/// Opens a pool on the database file, with the settings that the journal needs and without its lock: for tables of the
/// server in the same file, also while another process runs the journal.
///
/// # Errors
/// [`JournalError::Unavailable`] or [`JournalError::Damaged`] if the file cannot be opened.
pub async fn open_pool(database: &Path, connections: u32) -> Result<SqlitePool, JournalError> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_TIMEOUT);
    Ok(pool.connect_with(options).await?)
}

impl SqliteJournal {
    /// Opens or creates the journal in the file `database`; its folder must exist. Two files are kept beside it:
    /// `….lock` and `….high-water.json`; and a third, `….findings.json`, while something was found and not acknowledged.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another process has it open for two seconds more; see [`OpenError`] for the rest.
    pub async fn open(database: &Path) -> Result<Opened, OpenError> {
        let lock = Arc::new(lock(database.with_extension("lock")).await?);
        let write_pool = open_pool(database, 1).await?;
        schema::prepare(&write_pool).await?;
        let pool = open_pool(database, READ_CONNECTIONS).await?;
        let mark_file = HighWaterFile::new(database.with_extension("high-water.json"));

        let remembered = mark_file.load();
        let findings = verify::newest(&pool, &remembered).await?;
        for finding in &findings {
            tracing::error!(%finding, "the journal is not as it was left");
        }
        // Before anything is appended: the first event would move the mark past what is missing.
        let findings_file = FindingsFile::beside(database);
        let all = findings_file.add(&findings).unwrap_or_else(|error| {
            // A full disk must not keep the conference from coming back.
            tracing::error!(%error, path = %findings_file.path().display(), "the findings cannot be written down");
            findings.clone()
        });
        let marks = verify::marks_to_keep(&pool, remembered, &findings).await?;
        let mark = HighWater::start(mark_file.clone(), marks, lock.clone())
            .await
            .map_err(|source| OpenError::File { path: mark_file.path().to_owned(), source })?;
        let writer = Writer::start(write_pool, mark.clone(), lock);
        let running = Mutex::new(Some(Running { writer, mark }));
        Ok(Opened { journal: Self { pool, mark_file, running }, findings: all })
    }

    /// Connections to the same file for the server's own tables. A write through it waits for the journal's own commit
    /// at most [`BUSY_TIMEOUT`], and the other way round: keep its transactions short.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// Takes these for the ends of all streams that later starts compare with.
    fn replace_marks(&self, heads: BTreeMap<StreamId, Head>) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_ref() {
            running.mark.replace(heads);
        }
    }

    fn writer(&self) -> Result<Writer, JournalError> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(|running| running.writer.clone()).ok_or(JournalError::Unavailable { cause: Cause::Closed })
    }
}

impl Journal for SqliteJournal {
    fn append<'a>(&'a self, stream: &'a StreamId, after: Seq, events: Vec<NewEvent>) -> Answer<'a, Appended> {
        Box::pin(async move { self.writer()?.append(stream.clone(), after, events).await })
    }

    fn read<'a>(&'a self, stream: &'a StreamId, after: Seq, limit: u32) -> Answer<'a, Vec<StoredEvent>> {
        Box::pin(async move {
            let rows = sqlx::query(rows::READ_AFTER)
                .bind(&stream.0)
                .bind(rows::to_sql(after))
                .bind(limit.min(MAX_READ_EVENTS))
                .fetch_all(&self.pool)
                .await?;
            rows.iter().map(|row| Ok(rows::parse(row)?.stored)).collect()
        })
    }

    fn head<'a>(&'a self, stream: &'a StreamId) -> Answer<'a, Head> {
        Box::pin(async move {
            let mut connection = self.pool.acquire().await?;
            rows::head(&mut connection, stream).await
        })
    }

    fn find_command<'a>(&'a self, stream: &'a StreamId, command: &'a CommandId) -> Answer<'a, Vec<StoredEvent>> {
        Box::pin(async move {
            let rows = sqlx::query(rows::READ_COMMAND).bind(&stream.0).bind(&command.0).fetch_all(&self.pool).await?;
            rows.iter().map(|row| Ok(rows::parse(row)?.stored)).collect()
        })
    }

    fn streams(&self) -> Answer<'_, Vec<StreamId>> {
        Box::pin(async move {
            let rows = sqlx::query(rows::STREAMS).fetch_all(&self.pool).await?;
            rows.iter().map(|row| Ok(StreamId(row.try_get(0)?))).collect()
        })
    }

    fn verify(&self) -> Answer<'_, Vec<Finding>> {
        Box::pin(async move { verify::everything(&self.pool, &self.mark_file.load()).await })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(Running { writer, mark }) = running else { return Ok(()) };
            writer.stop().await;
            self.pool.close().await;
            mark.stop().await.map_err(|error| {
                tracing::warn!(%error, "the high-water mark could not be written");
                JournalError::Unavailable { cause: Cause::Io }
            })
        })
    }
}

/// Takes the lock. The tasks that write hold it, not the journal itself: one that was dropped may still be finishing.
/// The system lets go of it when the process ends, however it ends.
async fn lock(path: PathBuf) -> Result<File, OpenError> {
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        let fault = |source| OpenError::File { path: path.clone(), source };
        let file = File::options().create(true).append(true).open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => tokio::time::sleep(LOCK_RETRY).await,
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { path }),
            Err(TryLockError::Error(source)) => return Err(fault(source)),
        }
    }
}

/// The head of a stream without events.
pub(crate) const EMPTY: Head = Head { seq: Seq::START, hash: FIRST_LINK };
