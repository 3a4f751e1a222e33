//! What is kept of the health of conferences: points of ten seconds and the health log, for ninety days, in a SQLite file of its own
//! beside the journal. It is no journal: nothing waits for it. What cannot be written is tried again for a minute; what is lost then is
//! counted and told.

mod export;
mod report_key;
mod schema;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use health::{Spread, TenSeconds};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use wire::{CheckRun, ConferenceId, HealthEntry, SiteSlug};

pub use export::{POINT_SECONDS, Page, PointRow};
pub use report_key::{ALGORITHM, REPORT_KEY_FILE, ReportKey};

use writer::{Row, Writer};

/// The file in the data folder.
pub const HEALTH_FILE: &str = "health.db";
/// Points and entries are kept for so long.
pub const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Entries of one answer of the health log.
pub const MAX_LOG_PAGE: u32 = 1_000;
/// Stored points of one curve: a day of them, and means of more seconds where there are more.
pub const MAX_CURVE_POINTS: u32 = 8_640;
/// Connections: one writes, the others answer pages.
const CONNECTIONS: u32 = 4;
/// Another process may hold the file for so long, at a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Rows that are read ahead of who takes them: the thread that reads and the one that takes do not wake each other all the time.
const ROWS_AHEAD: usize = 2_048;

/// What the store cannot do.
#[derive(Debug, thiserror::Error)]
pub enum HealthStoreError {
    /// The file or its tables.
    #[error("health database: {0}")]
    Database(#[from] sqlx::Error),
    /// The key that reports are signed with.
    #[error("key of the line check's reports, {file}: {what}")]
    Key {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// A row that this version cannot read.
    #[error("health database holds {what}, which this version does not know")]
    Unreadable {
        /// What it holds.
        what: String,
    },
}

/// Ten seconds of a site.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPoint {
    /// The site.
    pub site: SiteSlug,
    /// The point; its second counts from the epoch.
    pub ten: TenSeconds,
}

/// All conferences' store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HealthDatabase {
    pool: SqlitePool,
    writer: Writer,
    key: Arc<ReportKey>,
}

/// The store of one conference. Cheap to clone; writing never waits.
#[derive(Debug, Clone)]
pub struct HealthStore {
    conference: ConferenceId,
    database: Option<HealthDatabase>,
}

impl HealthDatabase {
    /// Opens or creates the file in `data`, and begins to forget what is too old. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The file cannot be used.
    pub async fn open(data: &Path) -> Result<Self, HealthStoreError> {
        let key = Arc::new(ReportKey::load_or_create(data)?);
        let options = SqliteConnectOptions::new()
            .filename(data.join(HEALTH_FILE))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A power cut may take the last seconds of a curve; each of them is no promise to anybody.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_TIMEOUT)
            .row_buffer_size(ROWS_AHEAD);
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
        schema::create(&pool).await?;
        let writer = Writer::start(pool.clone());
        Ok(Self { pool, writer, key })
    }

    /// The store of a conference.
    pub fn of(&self, conference: &ConferenceId) -> HealthStore {
        HealthStore { conference: conference.clone(), database: Some(self.clone()) }
    }

    /// Rows that could not be written since the start.
    pub fn lost_rows(&self) -> u64 {
        self.writer.lost()
    }

    /// Writes what is still queued and closes the file.
    pub async fn close(&self) {
        self.writer.flush().await;
        self.pool.close().await;
    }
}

impl HealthStore {
    /// A store that keeps nothing, for tests of what does not need one.
    pub fn nowhere() -> Self {
        Self { conference: ConferenceId(String::new()), database: None }
    }

    /// Keeps a point.
    pub fn point(&self, point: StoredPoint) {
        self.put(|conference| Row::Point { conference, point });
    }

    /// Keeps an entry of the health log.
    pub fn entry(&self, entry: HealthEntry) {
        self.put(|conference| Row::Entry { conference, entry });
    }

    /// Keeps a line check that is over, signed.
    pub fn check(&self, run: CheckRun) {
        let Some(database) = &self.database else { return };
        let report = serde_json::to_string(&run).expect("plain JSON");
        let signature = database.key.sign(&report);
        let conference = self.conference.clone();
        database.writer.put_surely(Row::Check { conference, run, report, signature });
    }

    /// Rows of all conferences that could not be written since the start.
    pub fn lost_rows(&self) -> u64 {
        self.database.as_ref().map_or(0, HealthDatabase::lost_rows)
    }

    /// Waits until everything that was kept before can be read, as long as the file can be written.
    pub async fn flush(&self) {
        if let Some(database) = &self.database {
            database.writer.flush().await;
        }
    }

    fn put(&self, row: impl FnOnce(ConferenceId) -> Row) {
        let Some(database) = &self.database else { return };
        database.writer.put(row(self.conference.clone()));
    }
}

/// Mean, least and most as three columns.
fn columns(spread: Option<Spread>) -> [Option<f32>; 3] {
    [spread.map(|spread| spread.mean), spread.map(|spread| spread.min), spread.map(|spread| spread.max)]
}

#[cfg(test)]
mod tests;
