//! Who is there and what they may open: operators with passwords and sign-ins, one-time sign-in links, join tokens of
//! sites, and the bounded table of refusals.
//!
//! Everything lives in `access.db` beside the journal, never in it. Secrets are kept as hashes, except join tokens: an
//! operator must be able to print a site's link again, so that file is readable by the server's user alone.
//!
//! What a role may *do* to a conference is decided by the conference core; here it is decided who has which role.

mod audit;
mod leases;
mod limiter;
mod operators;
mod passwords;
mod revocation;
mod roles;
mod schema;
mod secret;
mod sign_in_links;
mod sign_ins;
mod surfaces;
mod tokens;
mod writer;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::broadcast;
use wire::Role;

pub use audit::{AUDIT_ROWS, AuditEntry, AuditRow, MAX_AUDIT_PAGE};
pub use limiter::{ATTEMPT_BURST, ATTEMPT_REFILL, NAME_BURST, NAME_REFILL};
pub use operators::{MAX_NAME_CHARS, MAX_OPERATORS, NewPassword, OperatorError, OperatorRow};
pub use passwords::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS};
pub use revocation::Revocation;
pub use secret::Secret;
pub use sign_ins::{COOKIE_NAME, Operator, SECURE_COOKIE_NAME, SIGN_IN_LIFETIME, SignInError, SignInId, SignedIn};
pub use surfaces::{MAX_SURFACES, SURFACE_PREFIX, SurfaceError, SurfaceId, SurfaceIdentity};
pub use tokens::{JoinIdentity, JoinToken, TokenError, TokenId};

/// File name of the database in the data folder.
pub const ACCESS_FILE: &str = "access.db";
/// Connections to the database: readers next to the one writer; more would only wait for the same two cores.
const CONNECTIONS: u32 = 4;
/// How long a statement waits for another process (`reset-password`) that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Milliseconds since the Unix epoch. Passed in so that expiry can be tested without waiting.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// A fault of the access database, not a refusal.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The database.
    #[error("access database: {0}")]
    Database(#[from] sqlx::Error),
    /// A file of the data folder.
    #[error("data folder: {0}")]
    File(#[from] std::io::Error),
    /// A row that this version cannot read.
    #[error("access database holds {what}, which this version does not know")]
    Unreadable {
        /// What it holds.
        what: String,
    },
    /// The password could not be hashed.
    #[error("hashing a password failed")]
    Hashing,
}

/// The way to everything about access. Cheap to clone.
#[derive(Clone)]
pub struct Access {
    pool: SqlitePool,
    clock: Clock,
    revocations: broadcast::Sender<Revocation>,
    attempts: Arc<limiter::Attempts>,
    links: Arc<sign_in_links::SignInLinks>,
    hashing: Arc<tokio::sync::Semaphore>,
    writer: writer::Writer,
    /// Who there is, for those who must not wait for the database. Changed with it.
    roll: Arc<RwLock<BTreeMap<String, Role>>>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}

impl Access {
    /// Opens (or creates) the database in `data`. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The folder or the database cannot be used.
    pub async fn open(data: &Path, clock: Clock) -> Result<Self, AccessError> {
        let file = data.join(ACCESS_FILE);
        create_private(&file)?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A revocation or a new password must survive a power cut once it was acknowledged.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
        schema::create(&pool).await?;
        let writer = writer::Writer::start(pool.clone());
        let (revocations, _) = broadcast::channel(revocation::REVOCATION_BACKLOG);
        let access = Self {
            pool,
            clock,
            revocations,
            attempts: Arc::default(),
            links: Arc::default(),
            hashing: Arc::new(tokio::sync::Semaphore::new(passwords::CONCURRENT_HASHES)),
            writer,
            roll: Arc::default(),
        };
        for operator in access.operators().await? {
            access.enrol(&operator.name, operator.role);
        }
        Ok(access)
    }

    /// Writes what is still queued and closes the database.
    pub async fn close(&self) {
        self.writer.flush().await;
        self.pool.close().await;
    }

    fn now(&self) -> u64 {
        (self.clock)()
    }
}

/// The machine's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        millis(elapsed)
    })
}

/// Whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// SQLite has signed integers only; times stay far below their end.
fn to_sql(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

fn from_sql(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or(0)
}

fn create_private(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(file)?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600))
}
