//! What an administrator does with a log while no server runs on it: look without touching anything, and acknowledge.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::{SqliteJournal, rows, schema, verify};
use crate::findings_file::FindingsFile;
use crate::high_water::HighWaterFile;
use crate::{BUSY_TIMEOUT, Finding, Journal as _, JournalError, OpenError, Seq, StreamId};

/// What a log holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// All streams with their last event.
    pub streams: Vec<(StreamId, Seq)>,
    /// What is wrong: what was found earlier and is not acknowledged, and what every event shows now. Empty: the log is whole.
    pub findings: Vec<Finding>,
}

/// Verifies the whole log and changes nothing: no mark, no finding, no table. (SQLite itself may leave empty files beside the
/// database.)
///
/// # Errors
/// [`OpenError::InUse`] while a server runs on it; see [`OpenError`] for the rest.
pub async fn inspect(database: &Path) -> Result<Inspected, OpenError> {
    let _lock = lock_if_there(&database.with_extension("lock"))?;
    let options = SqliteConnectOptions::new().filename(database).read_only(true).busy_timeout(BUSY_TIMEOUT);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(JournalError::from)?;
    schema::check(&pool).await?;
    let remembered = HighWaterFile::new(database.with_extension("high-water.json")).load();
    let mut findings = FindingsFile::beside(database).load();
    findings.extend(verify::everything(&pool, &remembered).await?);
    findings.sort();
    findings.dedup();
    let mut streams = Vec::new();
    for stream in verify::stored_streams(&pool, rows::STREAMS).await? {
        let mut connection = pool.acquire().await.map_err(JournalError::from)?;
        let head = rows::head(&mut connection, &stream).await?;
        streams.push((stream, head.seq));
    }
    pool.close().await;
    Ok(Inspected { streams, findings })
}

/// Somebody has taken note: what was found is forgotten, and the log as it is now is what later starts compare with. Events that
/// do not fit the chain are found again. Answers with what was acknowledged.
///
/// # Errors
/// [`OpenError::InUse`] while a server runs on it; see [`OpenError`] for the rest.
pub async fn acknowledge(database: &Path) -> Result<Vec<Finding>, OpenError> {
    let opened = SqliteJournal::open(database).await?;
    let journal = opened.journal;
    let mut heads = BTreeMap::new();
    for stream in journal.streams().await? {
        let head = journal.head(&stream).await?;
        heads.insert(stream, head);
    }
    journal.replace_marks(heads);
    let file = FindingsFile::beside(database);
    let removed = file.remove().map_err(|source| OpenError::File { path: file.path().to_owned(), source });
    journal.close().await?;
    removed?;
    Ok(opened.findings)
}

/// Keeps a server from starting meanwhile, if there ever was one: the lock file is not made here.
fn lock_if_there(path: &Path) -> Result<Option<File>, OpenError> {
    let fault = |source| OpenError::File { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(fault(source)),
    }
}
