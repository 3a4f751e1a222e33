//! What is read again.

use serde::Serialize;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use utoipa::ToSchema;
use wire::{CheckSummary, HealthChange, HealthEntry, SignedCheck, SiteCurve, SiteSlug};

use super::{ALGORITHM, HealthStore, HealthStoreError, MAX_CURVE_POINTS, MAX_LOG_PAGE};
use crate::health_watch::{Before, Told, columns};

/// Points of one page of an export; a page of 64 sites is a quarter of an hour and more.
const MAX_POINTS: i64 = 10_000;

/// What a point stands for, seconds.
pub const POINT_SECONDS: u32 = 10;

/// A stored curve as it was kept: in the order of the key, so that nothing is sorted, as the groups of the means are.
const KEPT: &str = "SELECT second, worst, kbps_up, kbps_down, rtt_ms, loss, jitter_ms, fps, level_dbfs FROM point
    WHERE conference = ? AND site = ? AND second >= ? AND second < ? ORDER BY second";

/// The same in means of several points.
const MEANS: &str = "SELECT MIN(second), MAX(worst), AVG(kbps_up), AVG(kbps_down), AVG(rtt_ms), AVG(loss), AVG(jitter_ms), AVG(fps),
    AVG(level_dbfs) FROM point WHERE conference = ? AND site = ? AND second >= ? AND second < ? GROUP BY second / ? ORDER BY 1";

/// Ten seconds of a site, as they are exported.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PointRow {
    /// The site.
    pub site: String,
    /// First of the ten seconds, seconds since the epoch.
    pub second: i64,
    /// Seconds of them that were measured.
    pub points: i64,
    /// The worst verdict of them: 0 good, 1 weak, 2 bad, 3 lost.
    pub worst: i64,
    /// Mean, least and most of: kbit/s up, kbit/s down, round trip in ms, share of packets lost, jitter in ms, frames a second, level in
    /// dBFS.
    pub values: Vec<Option<f32>>,
}

/// Where an export goes on: after this site and second.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The last second.
    pub second: i64,
    /// The last site of that second.
    pub site: String,
}

impl HealthStore {
    /// Points of all sites from `from` to `to`, seconds since the epoch, in order of time, after `page`. Empty: no more.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn points(&self, from: u32, to: u32, page: &Page) -> Result<Vec<PointRow>, HealthStoreError> {
        let Some(database) = &self.database else { return Ok(Vec::new()) };
        let rows = sqlx::query(
            "SELECT * FROM point WHERE conference = ? AND second BETWEEN ? AND ? AND (second, site) > (?, ?)
             ORDER BY second, site LIMIT ?",
        )
        .bind(&self.conference.0)
        .bind(i64::from(from))
        .bind(i64::from(to))
        .bind(page.second)
        .bind(&page.site)
        .bind(MAX_POINTS)
        .fetch_all(&database.pool)
        .await?;
        rows.iter().map(point_row).collect()
    }

    /// The stored curve of a site, from `from` to before `to`, seconds since the epoch: means of ten seconds, or of as many times ten that an
    /// unbroken one is no longer than [`MAX_CURVE_POINTS`].
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn curve(&self, site: &SiteSlug, from: u32, to: u32) -> Result<SiteCurve, HealthStoreError> {
        let mut curve = SiteCurve { site: Some(site.clone()), ..SiteCurve::default() };
        let Some(database) = &self.database else { return Ok(curve) };
        let (from, to) = (i64::from(from), i64::from(to));
        let (points,): (i64,) = sqlx::query_as(
            "SELECT COUNT(*) FROM point WHERE conference = ? AND site = ? AND second >= ? AND second < ?",
        )
        .bind(&self.conference.0)
        .bind(&site.0)
        .bind(from)
        .bind(to)
        .fetch_one(&database.pool)
        .await?;
        // Seconds of the epoch do not begin with the curve, so that its first part may be a short one.
        let width = i64::from(POINT_SECONDS) * (points / (i64::from(MAX_CURVE_POINTS) - 1) + 1);
        let is_whole = width == i64::from(POINT_SECONDS);
        let query = sqlx::query_as(if is_whole { KEPT } else { MEANS });
        let query = query.bind(&self.conference.0).bind(&site.0).bind(from).bind(to);
        let query = if is_whole { query } else { query.bind(width) };
        let rows: Vec<Mean> = query.fetch_all(&database.pool).await?;
        for (second, worst, kbps_up, kbps_down, rtt_ms, loss, jitter_ms, fps, level_dbfs) in rows {
            let (at, quality) = (u32::try_from(second).unwrap_or(0), u8::try_from(worst).unwrap_or(3));
            columns::push(&mut curve, at, quality, [kbps_up, kbps_down, rtt_ms, loss, jitter_ms, fps, level_dbfs]);
        }
        Ok(curve)
    }

    /// Entries of the health log numbered below `before`, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn log(&self, before: Option<u64>, limit: u32) -> Result<Vec<HealthEntry>, HealthStoreError> {
        let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let sql = "SELECT entry, at, body FROM entry WHERE conference = ? AND entry < ? ORDER BY entry DESC LIMIT ?";
        self.entries(sql, before, limit).await
    }

    /// Entries numbered above `after`, the oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn log_after(&self, after: u64, limit: u32) -> Result<Vec<HealthEntry>, HealthStoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let sql = "SELECT entry, at, body FROM entry WHERE conference = ? AND entry > ? ORDER BY entry LIMIT ?";
        self.entries(sql, after, limit).await
    }

    /// What people had been told by a moment, ms since the epoch.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn told(&self, at: u64) -> Result<Before, HealthStoreError> {
        let (mut told, mut entry) = (Told::default(), self.start_before(at).await?.saturating_sub(1));
        loop {
            let entries = self.log_after(entry, MAX_LOG_PAGE).await?;
            if entries.is_empty() {
                return Ok(Before { told, entry });
            }
            for one in entries {
                if one.at > at {
                    return Ok(Before { told, entry });
                }
                told.apply(&one.what);
                entry = one.entry;
            }
        }
    }

    /// Line checks that were kept, the newest first: those of the centre, and the last one of each site that checked itself. None of
    /// those pushes one of the others out.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn checks(&self, limit: u32) -> Result<Vec<CheckSummary>, HealthStoreError> {
        let Some(database) = &self.database else { return Ok(Vec::new()) };
        let rows: Vec<(i64, i64, i64, i64, i64, Option<String>)> = sqlx::query_as(
            "SELECT * FROM (SELECT number, started_at, ended_at, sites, good, NULL AS site FROM line_check WHERE conference = ?1
             ORDER BY number DESC LIMIT ?2)
             UNION ALL
             SELECT number, started_at, ended_at, 1, good, site FROM own_check WHERE conference = ?1 AND number IN
             (SELECT MAX(number) FROM own_check WHERE conference = ?1 GROUP BY site)
             ORDER BY number DESC",
        )
        .bind(&self.conference.0)
        .bind(limit.min(MAX_LOG_PAGE))
        .fetch_all(&database.pool)
        .await?;
        let number = |value: i64| u64::try_from(value).unwrap_or(0);
        let small = |value: i64| u32::try_from(value).unwrap_or(0);
        let summary = |(check, started_at, ended_at, sites, good, own): (_, _, _, _, _, Option<String>)| CheckSummary {
            number: number(check),
            started_at: number(started_at),
            ended_at: number(ended_at),
            sites: small(sites),
            good: small(good),
            own: own.map(SiteSlug),
        };
        Ok(rows.into_iter().map(summary).collect())
    }

    /// A line check that was kept, with its signature.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn signed_check(&self, number: u64) -> Result<Option<SignedCheck>, HealthStoreError> {
        let Some(database) = &self.database else { return Ok(None) };
        let row: Option<(String, String)> = sqlx::query_as(
            "SELECT report, signature FROM line_check WHERE conference = ?1 AND number = ?2
                 UNION ALL SELECT report, signature FROM own_check WHERE conference = ?1 AND number = ?2",
        )
        .bind(&self.conference.0)
        .bind(i64::try_from(number).unwrap_or(i64::MAX))
        .fetch_optional(&database.pool)
        .await?;
        Ok(row.map(|(report, signature)| SignedCheck {
            report,
            algorithm: ALGORITHM.to_owned(),
            public_key: database.key.public(),
            signature,
        }))
    }

    /// Number of the last line check; 0: there is none.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn last_check(&self) -> Result<u64, HealthStoreError> {
        Ok(self.checks(1).await?.first().map_or(0, |check| check.number))
    }

    /// Number of the last start of the server that was noted until `at`, ms since the epoch; 0: none was.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn start_before(&self, at: u64) -> Result<u64, HealthStoreError> {
        let Some(database) = &self.database else { return Ok(0) };
        let started = serde_json::to_string(&HealthChange::Started).expect("plain JSON");
        let (last,): (Option<i64>,) =
            sqlx::query_as("SELECT MAX(entry) FROM entry WHERE conference = ? AND at <= ? AND body = ?")
                .bind(&self.conference.0)
                .bind(i64::try_from(at).unwrap_or(i64::MAX))
                .bind(started)
                .fetch_one(&database.pool)
                .await?;
        Ok(last.and_then(|last| u64::try_from(last).ok()).unwrap_or(0))
    }

    async fn entries(&self, sql: &'static str, bound: i64, limit: u32) -> Result<Vec<HealthEntry>, HealthStoreError> {
        let Some(database) = &self.database else { return Ok(Vec::new()) };
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(sql)
            .bind(&self.conference.0)
            .bind(bound)
            .bind(limit.min(MAX_LOG_PAGE))
            .fetch_all(&database.pool)
            .await?;
        let entry = |(entry, at, body): (i64, i64, String)| {
            let what: HealthChange = serde_json::from_str(&body)
                .map_err(|error| HealthStoreError::Unreadable { what: format!("entry {entry}: {error}") })?;
            let number = |value: i64| u64::try_from(value).unwrap_or(0);
            Ok(HealthEntry { entry: number(entry), at: number(at), what })
        };
        rows.into_iter().map(entry).collect()
    }
}

/// Second, worst verdict, and the means.
type Mean = (i64, i64, Option<f32>, Option<f32>, Option<f32>, Option<f32>, Option<f32>, Option<f32>, Option<f32>);

/// Columns before the values: conference, site, second, points, worst.
const LEADING: usize = 5;

fn point_row(row: &SqliteRow) -> Result<PointRow, HealthStoreError> {
    let values = (LEADING..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>()?;
    Ok(PointRow {
        site: row.try_get("site")?,
        second: row.try_get("second")?,
        points: row.try_get("points")?,
        worst: row.try_get("worst")?,
        values,
    })
}
