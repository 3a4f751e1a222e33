//! Tables of the access database.

use sqlx::SqlitePool;

use super::AccessError;

/// Version of the tables, in `PRAGMA user_version`.
const SCHEMA_VERSION: i64 = 1;

const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS operator (
        name TEXT PRIMARY KEY NOT NULL,
        role TEXT NOT NULL,
        password_hash TEXT,
        created_at INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS sign_in (
        id_hash BLOB PRIMARY KEY NOT NULL,
        operator TEXT NOT NULL REFERENCES operator(name) ON DELETE CASCADE,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS join_token (
        id TEXT PRIMARY KEY NOT NULL,
        token TEXT NOT NULL UNIQUE,
        conference TEXT NOT NULL,
        site TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        expires_at INTEGER,
        last_used_at INTEGER,
        revoked_at INTEGER
    ) STRICT",
    // At most one valid token for an endpoint, whatever two requests do at once.
    "CREATE UNIQUE INDEX IF NOT EXISTS join_token_valid ON join_token (conference, site, endpoint) WHERE revoked_at IS NULL",
    // A table more is no other version: an earlier program may open the database again.
    "CREATE TABLE IF NOT EXISTS surface (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        token_hash BLOB NOT NULL UNIQUE,
        operator TEXT NOT NULL REFERENCES operator(name) ON DELETE CASCADE,
        conference TEXT NOT NULL,
        label TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        last_used_at INTEGER
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS lease (
        conference TEXT PRIMARY KEY NOT NULL,
        operator TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        reason TEXT NOT NULL,
        address TEXT
    ) STRICT",
];

/// Creates what is missing.
pub(super) async fn create(pool: &SqlitePool) -> Result<(), AccessError> {
    let (found,): (i64,) = sqlx::query_as("PRAGMA user_version").fetch_one(pool).await?;
    if found > SCHEMA_VERSION {
        return Err(AccessError::Unreadable { what: format!("tables of version {found}") });
    }
    for table in TABLES {
        sqlx::query(*table).execute(pool).await?;
    }
    sqlx::query("PRAGMA user_version = 1").execute(pool).await?;
    Ok(())
}
