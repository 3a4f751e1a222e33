//! Rows and what they mean.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::EMPTY;
use crate::{CommandId, EventHash, Head, JournalError, NewEvent, Seq, StoredEvent, StreamId};

/// Parameters: stream, after, limit.
pub(super) const READ_AFTER: &str = "SELECT seq, at, actor, command_id, ordinal, kind, version, body, prev_hash, hash \
     FROM event WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?";
/// Parameters: stream, command.
pub(super) const READ_COMMAND: &str = "SELECT seq, at, actor, command_id, ordinal, kind, version, body, prev_hash, hash \
     FROM event WHERE stream = ? AND command_id = ? ORDER BY ordinal";
/// No parameters.
pub(super) const STREAMS: &str = "SELECT DISTINCT stream FROM event ORDER BY stream";
/// Parameter: stream.
const HEAD: &str = "SELECT seq, hash FROM event WHERE stream = ? ORDER BY seq DESC LIMIT 1";
/// Parameters: stream, seq, at, actor, command, ordinal, kind, version, body, previous link, link.
pub(super) const INSERT: &str = "INSERT INTO event \
     (stream, seq, at, actor, command_id, ordinal, kind, version, body, prev_hash, hash) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
/// Parameters: stream, seq, link. Replaces one that stood beyond a tail that was lost.
pub(super) const INSERT_CHECKPOINT: &str = "INSERT OR REPLACE INTO checkpoint (stream, seq, hash) VALUES (?, ?, ?)";
/// Parameters: stream, command.
pub(super) const COMMAND_RANGE: &str = "SELECT MIN(seq), MAX(seq) FROM event WHERE stream = ? AND command_id = ?";

/// A row of `event`, also with what only a verification needs.
pub(super) struct EventRow {
    pub(super) stored: StoredEvent,
    pub(super) ordinal: u32,
    pub(super) previous: EventHash,
}

/// SQLite has signed integers only; a place never comes near 2^63, because every event costs a commit.
pub(super) fn to_sql(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

/// The place of a row, readable whatever became of the rest.
pub(super) fn seq(row: &SqliteRow) -> Result<Seq, JournalError> {
    let seq: i64 = row.try_get(0)?;
    u64::try_from(seq).map(Seq).map_err(|_| JournalError::Malformed { seq: Seq::START, what: "seq" })
}

/// A row as an event; [`JournalError::Malformed`] names the field that this crate cannot have written.
pub(super) fn parse(row: &SqliteRow) -> Result<EventRow, JournalError> {
    let seq = seq(row)?;
    let malformed = |what| JournalError::Malformed { seq, what };
    let hash = |column: usize, what| {
        let bytes: &[u8] = row.try_get(column).map_err(|_| malformed(what))?;
        EventHash::from_bytes(bytes).ok_or_else(|| malformed(what))
    };
    let command_id: Option<String> = row.try_get(3).map_err(|_| malformed("command_id"))?;
    Ok(EventRow {
        stored: StoredEvent {
            seq,
            event: NewEvent {
                at_ms: row.try_get(1).map_err(|_| malformed("at"))?,
                actor: row.try_get(2).map_err(|_| malformed("actor"))?,
                command_id: command_id.map(CommandId),
                kind: row.try_get(5).map_err(|_| malformed("kind"))?,
                version: row.try_get(6).map_err(|_| malformed("version"))?,
                body: row.try_get(7).map_err(|_| malformed("body"))?,
            },
            hash: hash(9, "hash")?,
        },
        ordinal: row.try_get(4).map_err(|_| malformed("ordinal"))?,
        previous: hash(8, "prev_hash")?,
    })
}

/// The last event of a stream, through this connection.
pub(super) async fn head(connection: &mut SqliteConnection, stream: &StreamId) -> Result<Head, JournalError> {
    let Some(row) = sqlx::query(HEAD).bind(&stream.0).fetch_optional(connection).await? else {
        return Ok(EMPTY);
    };
    head_of(&row)
}

/// A place and a link from the first two columns.
pub(super) fn head_of(row: &SqliteRow) -> Result<Head, JournalError> {
    let seq = seq(row)?;
    let bytes: &[u8] = row.try_get(1)?;
    let hash = EventHash::from_bytes(bytes).ok_or(JournalError::Malformed { seq, what: "hash" })?;
    Ok(Head { seq, hash })
}
