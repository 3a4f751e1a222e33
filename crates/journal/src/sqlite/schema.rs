//! The tables.

use sqlx::SqlitePool;

use crate::{JournalError, OpenError};

/// Version of these tables. A newer program may raise it; an older one then refuses to touch the file.
const FORMAT: i64 = 1;

/// `event` is clustered by stream and place, because it is read that way. The index on commands holds "a command id is
/// in a stream once"; `ordinal` counts the events of one command, so that a command can cause several.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS journal_format (format INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS event (
    stream     TEXT    NOT NULL,
    seq        INTEGER NOT NULL CHECK (seq > 0),
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    command_id TEXT,
    ordinal    INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    body       BLOB    NOT NULL,
    prev_hash  BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS event_command ON event (stream, command_id, ordinal) WHERE command_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS checkpoint (
    stream TEXT    NOT NULL,
    seq    INTEGER NOT NULL,
    hash   BLOB    NOT NULL,
    PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;
";

/// Refuses a file of a newer program; changes nothing.
pub(super) async fn check(pool: &SqlitePool) -> Result<(), OpenError> {
    let found: Option<i64> = sqlx::query_scalar("SELECT format FROM journal_format")
        .fetch_optional(pool)
        .await
        .map_err(JournalError::from)?;
    match found.filter(|found| *found > FORMAT) {
        Some(found) => Err(OpenError::NewerFormat { found, known: FORMAT }),
        None => Ok(()),
    }
}

/// Creates the tables in a new file and refuses a file of a newer program.
pub(super) async fn prepare(pool: &SqlitePool) -> Result<(), OpenError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(JournalError::from)?;
    sqlx::raw_sql(TABLES).execute(&mut *transaction).await.map_err(JournalError::from)?;
    let found: Option<i64> = sqlx::query_scalar("SELECT format FROM journal_format")
        .fetch_optional(&mut *transaction)
        .await
        .map_err(JournalError::from)?;
    match found {
        None => {
            let insert = sqlx::query("INSERT INTO journal_format (format) VALUES (?)").bind(FORMAT);
            insert.execute(&mut *transaction).await.map_err(JournalError::from)?;
        }
        Some(found) if found > FORMAT => return Err(OpenError::NewerFormat { found, known: FORMAT }),
        Some(_) => {}
    }
    transaction.commit().await.map_err(JournalError::from)?;
    Ok(())
}
