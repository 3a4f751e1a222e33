//! Why something could not be done.

use std::path::PathBuf;

use crate::{Appended, CommandId, Seq};

/// Why the log cannot be written or read for the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Somebody else holds the database's lock.
    Locked,
    /// No room on the device, or a quota is reached.
    DiskFull,
    /// The device failed a read, a write or an fsync.
    Io,
    /// The file system is mounted read-only, or the file may not be written.
    ReadOnly,
    /// Too many appends wait already.
    Overloaded,
    /// Not done within [`crate::APPEND_DEADLINE`]; it had not begun to commit and will not be done.
    Late,
    /// The journal was closed.
    Closed,
}

/// An append, a read or a verification failed.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Nothing was written. The same call may succeed later.
    #[error("the journal is unavailable: {cause:?}")]
    Unavailable {
        /// Why.
        cause: Cause,
    },
    /// The commit itself did not come back within [`crate::APPEND_DEADLINE`]: the batch may appear in the log later, or
    /// not. A sender goes on by reading what follows its own head until that read succeeds and appends again with the
    /// head it found; its command id keeps the retry from being applied twice.
    #[error("the commit has not come back; its outcome is unknown")]
    OutcomeUnknown,
    /// The sender's `after` is not the stream's head: it has missed events, or somebody else writes to the stream.
    #[error("the stream's head is {head}, not the expected place")]
    HeadMoved {
        /// The head as it is.
        head: Seq,
    },
    /// The command is in the log already; answer as the first time.
    #[error("command {command_id} is in the log already")]
    Repeated {
        /// The command.
        command_id: CommandId,
        /// Where its events lie.
        events: Appended,
    },
    /// The batch has no event.
    #[error("an empty batch")]
    EmptyBatch,
    /// A bound of this crate is exceeded.
    #[error("{what} is {size}, more than {limit}")]
    TooLarge {
        /// The field.
        what: &'static str,
        /// What was given.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// A stored row does not have the shape that this crate writes.
    #[error("event {seq} of the log cannot be read: {what}")]
    Malformed {
        /// Where.
        seq: Seq,
        /// The field.
        what: &'static str,
    },
    /// The database file is damaged.
    #[error("the database is damaged: {detail}")]
    Damaged {
        /// What the database said.
        detail: String,
    },
    /// A fault that is none of the above.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

/// The journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has this journal open for writing.
    #[error("a running server has this journal open; stop it first (it holds {})", path.display())]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// A newer program wrote this journal.
    #[error("the journal has format {found}, this program knows {known}")]
    NewerFormat {
        /// As stored.
        found: i64,
        /// As known.
        known: i64,
    },
    /// A file beside the database cannot be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be opened or read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Primary result codes of SQLite (<https://www.sqlite.org/rescode.html>); extended codes carry them in the low byte.
mod sqlite_code {
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const NOTADB: i32 = 26;
}

impl From<sqlx::Error> for JournalError {
    fn from(error: sqlx::Error) -> Self {
        let unavailable = |cause| Self::Unavailable { cause };
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().and_then(|code| code.parse::<i32>().ok()).map_or(0, |code| code & 0xff);
                match code {
                    sqlite_code::BUSY | sqlite_code::LOCKED => unavailable(Cause::Locked),
                    sqlite_code::FULL => unavailable(Cause::DiskFull),
                    sqlite_code::IOERR | sqlite_code::CANTOPEN => unavailable(Cause::Io),
                    sqlite_code::READONLY => unavailable(Cause::ReadOnly),
                    sqlite_code::CORRUPT | sqlite_code::NOTADB => {
                        Self::Damaged { detail: database.message().to_owned() }
                    }
                    _ => Self::Database(error),
                }
            }
            sqlx::Error::PoolTimedOut => unavailable(Cause::Overloaded),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => unavailable(Cause::Closed),
            sqlx::Error::Io(_) => unavailable(Cause::Io),
            _ => Self::Database(error),
        }
    }
}
