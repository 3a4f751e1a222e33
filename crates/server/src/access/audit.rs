//! The bounded table of refusals and of changes to access. It is a ring: a flood pushes out the oldest, never the disk.

use std::net::IpAddr;

use serde::Serialize;
use sqlx::{Sqlite, Transaction};
use utoipa::ToSchema;

use super::writer::Write;
use super::{Access, AccessError, from_sql, to_sql};

/// Entries that are kept: a day of one a minute from each of 63 sites is 90,720; an attack shows in far fewer.
pub const AUDIT_ROWS: i64 = 100_000;
/// Entries of one answer.
pub const MAX_AUDIT_PAGE: u32 = 1_000;
/// Longest text of an entry, in characters: names come from outside.
const MAX_FIELD_CHARS: usize = 500;

/// Something that was refused, or a change of who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Operator's name, `conference/site/endpoint`, or `-` if nobody is known.
    pub who: String,
    /// What was tried or done.
    pub what: String,
    /// Why it was refused, or `done`.
    pub reason: String,
    /// From where.
    pub address: Option<IpAddr>,
}

/// An entry as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditRow {
    /// Number; grows.
    pub id: i64,
    /// When, ms since the epoch.
    pub at: u64,
    /// Operator's name, `conference/site/endpoint`, or `-`.
    pub who: String,
    /// What was tried or done.
    pub what: String,
    /// Why it was refused, or `done`.
    pub reason: String,
    /// From where.
    pub address: Option<String>,
}

impl Access {
    /// Queues an entry. Never waits; false if the queue was full and the entry is lost.
    pub fn audit(&self, entry: AuditEntry) -> bool {
        tracing::info!(who = entry.who, what = entry.what, reason = entry.reason, address = ?entry.address, "audit");
        self.writer.put(Write::Audit { at: self.now(), entry })
    }

    /// The latest entries, newest first, of those numbered below `before`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn audit_rows(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>, AccessError> {
        self.writer.flush().await;
        let rows: Vec<(i64, i64, String, String, String, Option<String>)> = sqlx::query_as(
            "SELECT id, at, who, what, reason, address FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit.min(MAX_AUDIT_PAGE))
        .fetch_all(&self.pool)
        .await?;
        let row = |(id, at, who, what, reason, address)| AuditRow { id, at: from_sql(at), who, what, reason, address };
        Ok(rows.into_iter().map(row).collect())
    }
}

pub(super) async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    at: u64,
    entry: AuditEntry,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO audit (at, who, what, reason, address) VALUES (?, ?, ?, ?, ?)")
        .bind(to_sql(at))
        .bind(shortened(&entry.who))
        .bind(shortened(&entry.what))
        .bind(shortened(&entry.reason))
        .bind(entry.address.map(|address| address.to_string()))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Forgets what is beyond the ring.
pub(super) async fn trim(transaction: &mut Transaction<'_, Sqlite>) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM audit WHERE id <= (SELECT COALESCE(MAX(id), 0) FROM audit) - ?")
        .bind(AUDIT_ROWS)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_FIELD_CHARS).collect()
}
