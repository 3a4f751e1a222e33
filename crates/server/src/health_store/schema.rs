//! Tables of the health database.

use sqlx::SqlitePool;

use super::HealthStoreError;

/// Version of the tables, in `PRAGMA user_version`.
const SCHEMA_VERSION: i64 = 1;

const TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS point (
        conference TEXT NOT NULL,
        site TEXT NOT NULL,
        second INTEGER NOT NULL,
        points INTEGER NOT NULL,
        worst INTEGER NOT NULL,
        kbps_up REAL, kbps_up_min REAL, kbps_up_max REAL,
        kbps_down REAL, kbps_down_min REAL, kbps_down_max REAL,
        rtt_ms REAL, rtt_ms_min REAL, rtt_ms_max REAL,
        loss REAL, loss_min REAL, loss_max REAL,
        jitter_ms REAL, jitter_ms_min REAL, jitter_ms_max REAL,
        fps REAL, fps_min REAL, fps_max REAL,
        level_dbfs REAL, level_dbfs_min REAL, level_dbfs_max REAL,
        PRIMARY KEY (conference, site, second)
    ) STRICT, WITHOUT ROWID",
    // By time, to forget what is too old and to export a part.
    "CREATE INDEX IF NOT EXISTS point_second ON point (second)",
    "CREATE TABLE IF NOT EXISTS entry (
        conference TEXT NOT NULL,
        entry INTEGER NOT NULL,
        at INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (conference, entry)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS entry_at ON entry (conference, at)",
    "CREATE TABLE IF NOT EXISTS line_check (
        conference TEXT NOT NULL,
        number INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        ended_at INTEGER NOT NULL,
        sites INTEGER NOT NULL,
        good INTEGER NOT NULL,
        report TEXT NOT NULL,
        signature TEXT NOT NULL,
        PRIMARY KEY (conference, number)
    ) STRICT, WITHOUT ROWID",
    // Of sites that checked themselves: of each the last few.
    "CREATE TABLE IF NOT EXISTS own_check (
        conference TEXT NOT NULL,
        number INTEGER NOT NULL,
        site TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        ended_at INTEGER NOT NULL,
        good INTEGER NOT NULL,
        report TEXT NOT NULL,
        signature TEXT NOT NULL,
        PRIMARY KEY (conference, number)
    ) STRICT, WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS own_check_site ON own_check (conference, site, number)",
];

/// Creates what is missing.
pub(super) async fn create(pool: &SqlitePool) -> Result<(), HealthStoreError> {
    let (found,): (i64,) = sqlx::query_as("PRAGMA user_version").fetch_one(pool).await?;
    if found > SCHEMA_VERSION {
        return Err(HealthStoreError::Unreadable { what: format!("tables of version {found}") });
    }
    for table in TABLES {
        sqlx::query(*table).execute(pool).await?;
    }
    sqlx::query("PRAGMA user_version = 1").execute(pool).await?;
    Ok(())
}
